//! A running `kith-node … rpc`: calls, news, and its end.

use std::{
    collections::VecDeque,
    fmt, io, iter,
    net::Ipv4Addr,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use kith_node::{Command, Event};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::UnixStream,
    process::Child,
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};

use super::{Log, PROGRAM_LIMIT, Profile, Programs, kill};

/// How long one call may take. Unlocking is the slowest.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// Lines from a program that wait to be read.
const LINES_CAPACITY: usize = 1_024;

/// News that are kept until somebody asks; then the oldest go.
const EVENTS_KEPT: usize = 4_096;

/// An error that a node answered with.
#[derive(Clone, Debug, Deserialize)]
pub struct RpcFailure {
    /// As docs/rpc.md lists them.
    pub code: i64,
    /// A sentence for people.
    pub message: String,
    /// Its name and fields.
    #[serde(default)]
    pub data: Value,
}

impl fmt::Display for RpcFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (code {})", self.message, self.code)
    }
}

impl std::error::Error for RpcFailure {}

/// Where calls are written to: a program's standard input, or a socket.
type Calls = Box<dyn AsyncWrite + Send + Unpin>;

/// A running `kith-node … rpc`.
pub struct NodeProgram {
    name: String,
    /// `None` where the node runs in a process of somebody else's: the desktop app's.
    child: Option<Child>,
    calls: Calls,
    lines: mpsc::Receiver<String>,
    events: VecDeque<Event>,
    next_id: u64,
    log: Log,
}

impl fmt::Debug for NodeProgram {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NodeProgram")
            .field("name", &self.name)
            .field("child", &self.child)
            .finish_non_exhaustive()
    }
}

impl NodeProgram {
    /// Starts a node for a profile, unlocked, with these bootstrap nodes. Only this machine can reach it, and it does not
    /// search the local network.
    ///
    /// # Errors
    /// When the program cannot be started. When it ends by itself, the first call says so.
    pub fn start(programs: &Programs, profile: &Profile, bootstraps: &[&str]) -> Result<Self> {
        let bootstraps = bootstraps.iter().flat_map(|address| ["--bootstrap", address]);
        Self::start_with(programs, profile, iter::once("--loopback").chain(bootstraps))
    }

    /// Starts it at another address of this machine than 127.0.0.1, with no bootstrap node: who knew where it was finds it
    /// no more.
    ///
    /// # Errors
    /// As [`NodeProgram::start`].
    pub fn start_hidden(programs: &Programs, profile: &Profile, address: Ipv4Addr) -> Result<Self> {
        let listen = [
            format!("/ip4/{address}/tcp/0"),
            format!("/ip4/{address}/udp/0/quic-v1"),
        ];
        let listen = listen.iter().flat_map(|address| ["--listen", address]);
        Self::start_with(programs, profile, iter::once("--no-lan-discovery").chain(listen))
    }

    /// Starts it in a network namespace, as people do: on all interfaces, searching the local network, with these bootstrap
    /// nodes.
    ///
    /// # Errors
    /// As [`NodeProgram::start`].
    pub fn start_in_namespace(
        programs: &Programs,
        profile: &Profile,
        namespace: &str,
        bootstraps: &[&str],
    ) -> Result<Self> {
        let command = programs.command_in_namespace("kith-node", namespace);
        let bootstraps = bootstraps.iter().flat_map(|address| ["--bootstrap", address]);
        Self::start_command(command, profile, bootstraps)
    }

    fn start_with<'a>(
        programs: &Programs,
        profile: &Profile,
        network: impl Iterator<Item = &'a str>,
    ) -> Result<Self> {
        Self::start_command(programs.command("kith-node"), profile, network)
    }

    fn start_command<'a>(
        mut command: tokio::process::Command,
        profile: &Profile,
        network: impl Iterator<Item = &'a str>,
    ) -> Result<Self> {
        command.stdin(Stdio::piped()).arg("--data").arg(profile.data());
        command
            .args(network)
            .args(["--log", "kith_node=info,warn", "rpc"]);
        command.arg("--passphrase-file").arg(&profile.passphrase_file);
        let mut child = command.spawn().context("kith-node cannot be started.")?;
        let stdout = child.stdout.take().context("It has no standard output.")?;
        Ok(Self {
            name: profile.name().to_owned(),
            calls: Box::new(child.stdin.take().context("It has no standard input.")?),
            lines: follow_lines(stdout),
            events: VecDeque::new(),
            next_id: 1,
            log: Log::follow(child.stderr.take().context("It has no standard error.")?),
            child: Some(child),
        })
    }

    /// Speaks to a node that serves a Unix socket: a running desktop app's, for one. Whoever runs it ends it.
    ///
    /// # Errors
    /// When nobody answers there.
    pub async fn attach(name: &str, socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).await;
        let stream = stream.with_context(|| format!("Nobody answers at {}.", socket.display()))?;
        let (answers, calls) = stream.into_split();
        Ok(Self {
            name: name.to_owned(),
            calls: Box::new(calls),
            lines: follow_lines(answers),
            events: VecDeque::new(),
            next_id: 1,
            log: Log::default(),
            child: None,
        })
    }

    /// Whose node it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its last words.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The process's number, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// Asks for something and waits for the answer.
    ///
    /// # Errors
    /// [`RpcFailure`] when the node answers with an error; else when it is gone, says nothing in time, or the answer
    /// does not fit `T`.
    pub async fn call<T: DeserializeOwned>(&mut self, command: &Command) -> Result<T> {
        let (method, params) = method_and_params(command)?;
        let answer = self.call_raw(&method, params).await?;
        serde_json::from_value(answer)
            .with_context(|| format!("{} answered {method} in an unknown form.", self.name))
    }

    /// Asks by a method's name, and gives its result as it came.
    ///
    /// # Errors
    /// As [`NodeProgram::call`].
    pub async fn call_raw(&mut self, method: &str, params: Value) -> Result<Value> {
        let id = self.next_id;
        self.next_id += 1;
        let deadline = Instant::now() + CALL_LIMIT;
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.send(&call, deadline).await?;
        loop {
            let line = self
                .next_line(deadline)
                .await
                .with_context(|| format!("It was asked for {method}."))?;
            let Some(mut answer) = self.sort(&line)? else {
                continue;
            };
            ensure!(
                answer.get("id") == Some(&json!(id)),
                "{}'s node answered nobody's call: {line}",
                self.name
            );
            if let Some(error) = answer.get_mut("error") {
                return Err(serde_json::from_value::<RpcFailure>(error.take())?.into());
            }
            return Ok(answer.get_mut("result").map(Value::take).unwrap_or_default());
        }
    }

    /// Asks for something without waiting, and wants no answer: what became of it is told by news.
    ///
    /// # Errors
    /// When the node is gone or does not read.
    pub async fn tell(&mut self, command: &Command) -> Result<()> {
        let (method, params) = method_and_params(command)?;
        let call = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        self.send(&call, Instant::now() + CALL_LIMIT).await
    }

    /// The next piece of news, in the order they came; `None` when there is none within `limit`.
    ///
    /// # Errors
    /// When the node is gone.
    pub async fn next_event(&mut self, limit: Duration) -> Result<Option<Event>> {
        self.wait_for_news(Instant::now() + limit).await?;
        Ok(self.events.pop_front())
    }

    /// Looks again after each piece of news until `look` finds something; then returns that.
    ///
    /// # Errors
    /// When `limit` is over, with `what` was waited for; or when looking itself fails.
    pub async fn until<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut look: impl AsyncFnMut(&mut Self) -> Result<Option<T>>,
    ) -> Result<T> {
        let deadline = Instant::now() + limit;
        loop {
            // News that come while looking count for the next look: nothing is missed.
            self.events.clear();
            if let Some(found) = look(self).await? {
                return Ok(found);
            }
            if Instant::now() >= deadline {
                bail!("This did not happen within {limit:?}: {what}.");
            }
            if self.wait_for_news(deadline).await? {
                continue;
            }
            // The time is up. If it is there all the same, then no event told of it, and no window would show it.
            return match look(self).await? {
                Some(_) => Err(anyhow!(
                    "{what}: it happened, but {}'s node told of it in no event.",
                    self.name
                )),
                None => Err(anyhow!("This did not happen within {limit:?}: {what}.")),
            };
        }
    }

    /// Kills it without warning (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    /// When it does not go.
    pub async fn kill(mut self) -> Result<()> {
        let child = self.child.as_mut().context("It is not ours to kill.")?;
        kill(child)
            .await
            .with_context(|| format!("It is {}'s node.", self.name))
    }

    /// Kills it without warning (SIGKILL), and gives the news that it had told by then and nobody had asked for yet:
    /// what it wrote before it died, it has promised.
    ///
    /// # Errors
    /// When it does not go, or had told what is no news.
    pub async fn kill_and_hear(self) -> Result<Vec<Event>> {
        self.kill_after(Duration::ZERO).await
    }

    /// Ends it as a person would, by closing its input, and kills it so much later, wherever it has come by then; gives
    /// the news as [`NodeProgram::kill_and_hear`] does.
    ///
    /// # Errors
    /// As [`NodeProgram::kill_and_hear`].
    pub async fn close_and_kill(mut self, after: Duration) -> Result<Vec<Event>> {
        self.calls = Box::new(tokio::io::sink());
        self.kill_after(after).await
    }

    async fn kill_after(mut self, after: Duration) -> Result<Vec<Event>> {
        tokio::time::sleep(after).await;
        let child = self.child.as_mut().context("It is not ours to kill.")?;
        kill(child)
            .await
            .with_context(|| format!("It is {}'s node.", self.name))?;
        let mut lines = Vec::new();
        while let Some(line) = self.lines.recv().await {
            lines.push(line);
        }
        // The last line may have been cut by the end; a cut line has promised nothing.
        lines.pop_if(|line| serde_json::from_str::<Value>(line).is_err());
        for line in lines {
            self.sort(&line)?;
        }
        Ok(self.events.into())
    }

    /// Ends it as a person would, by closing its input, and waits for it.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn close(mut self) -> Result<ExitStatus> {
        drop(self.calls);
        let mut child = self.child.take().context("It is not ours to end.")?;
        // It may have news to tell until the end; unread, they would keep it from ending.
        let drain = async { while self.lines.recv().await.is_some() {} };
        let ended = timeout(PROGRAM_LIMIT, async { tokio::join!(drain, child.wait()).1 }).await;
        ended
            .map_err(|_| anyhow!("{}'s node did not end within {PROGRAM_LIMIT:?}.", self.name))?
            .context("A program cannot be waited for.")
    }

    async fn send(&mut self, call: &Value, deadline: Instant) -> Result<()> {
        let line = format!("{call}\n");
        let sent = timeout_at(deadline, self.calls.write_all(line.as_bytes())).await;
        let sent = sent.map_err(io::Error::from).and_then(|sent| sent);
        sent.with_context(|| format!("{}'s node takes no more calls.", self.name))
    }

    /// False when the time is up.
    async fn wait_for_news(&mut self, deadline: Instant) -> Result<bool> {
        while self.events.is_empty() {
            match timeout_at(deadline, self.lines.recv()).await {
                Err(_) => return Ok(false),
                Ok(None) => return Err(self.gone()),
                Ok(Some(line)) => {
                    let answer = self.sort(&line)?;
                    ensure!(
                        answer.is_none(),
                        "{}'s node answered without being asked: {line}",
                        self.name
                    );
                }
            }
        }
        Ok(true)
    }

    async fn next_line(&mut self, deadline: Instant) -> Result<String> {
        match timeout_at(deadline, self.lines.recv()).await {
            Ok(Some(line)) => Ok(line),
            Ok(None) => Err(self.gone()),
            Err(_) => bail!("{}'s node did not answer within {CALL_LIMIT:?}.", self.name),
        }
    }

    /// Puts news aside; gives back what is an answer.
    fn sort(&mut self, line: &str) -> Result<Option<Value>> {
        let mut value: Value = serde_json::from_str(line)
            .with_context(|| format!("{}'s node printed what is not JSON: {line}", self.name))?;
        if value.get("method").is_none() {
            return Ok(Some(value));
        }
        if self.events.len() == EVENTS_KEPT {
            self.events.pop_front();
        }
        let params = value.get_mut("params").map(Value::take).unwrap_or_default();
        let event = serde_json::from_value(params)
            .with_context(|| format!("{}'s node told unknown news: {line}", self.name))?;
        self.events.push_back(event);
        Ok(None)
    }

    fn gone(&mut self) -> anyhow::Error {
        let status = self
            .child
            .as_mut()
            .and_then(|child| child.try_wait().ok().flatten());
        let status = status.map_or_else(String::new, |status| format!(" ({status})"));
        anyhow!("{}'s node ended by itself{status}.", self.name)
    }
}

fn method_and_params(command: &Command) -> Result<(String, Value)> {
    let mut tagged = serde_json::to_value(command)?;
    let method = tagged.get("method").and_then(Value::as_str);
    let method = method.context("A command has no name.")?.to_owned();
    Ok((
        method,
        tagged.get_mut("params").map_or_else(|| json!({}), Value::take),
    ))
}

fn follow_lines(stdout: impl AsyncRead + Send + Unpin + 'static) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(LINES_CAPACITY);
    tokio::spawn(async move {
        let mut stdout = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = stdout.next_line().await {
            if sender.send(line).await.is_err() {
                return;
            }
        }
    });
    lines
}
