//! The real programs, as people start them: found beside the running test, started with temporary profiles, spoken to
//! over JSON-RPC, and killed without warning.
//!
//! Nothing here waits forever. Every wait has a limit, and an error names what was waited for; [`NodeProgram::log`]
//! holds the last words of a program for a report. A program that is dropped is killed.

use std::{
    collections::VecDeque,
    fmt, fs, io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use kith_node::Command;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};

/// How long a program may take to come up, to make a profile or to end: Argon2id, a database and listeners, on a busy
/// machine.
const PROGRAM_LIMIT: Duration = Duration::from_secs(60);

/// How long one call may take. Unlocking is the slowest.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// Lines from a program that wait to be read.
const LINES_CAPACITY: usize = 1_024;

/// News that are kept for the next wait. Only that there was some matters, so older ones may go.
const EVENTS_KEPT: usize = 256;

/// Lines of a program's log that are kept for a report.
const LOG_LINES_KEPT: usize = 40;

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs that were built together with the one that runs.
    ///
    /// # Errors
    /// When they were not built; the error says how to.
    pub fn beside_this() -> Result<Self> {
        let this = std::env::current_exe().context("The running program cannot be found.")?;
        // A program lies in the profile's folder, a test in `deps` below it.
        let folder = this
            .ancestors()
            .skip(1)
            .take(2)
            .find(|folder| program(folder, "kith-node").is_file());
        let folder = folder
            .map(Path::to_path_buf)
            .with_context(|| format!("There is no kith-node beside {}. {BUILD_FIRST}", this.display()))?;
        let bootstrap = program(&folder, "kith-bootstrap");
        ensure!(
            bootstrap.is_file(),
            "There is no {}. {BUILD_FIRST}",
            bootstrap.display()
        );
        Ok(Self { folder })
    }

    fn command(&self, name: &str) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(program(&self.folder, name));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

const BUILD_FIRST: &str = "Build it first: cargo build --workspace --bins";

fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The last lines that a program wrote to standard error.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    /// Follows a program's standard error until it ends.
    fn follow(stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let log = Self::default();
        let kept = log.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).lines();
            // Bytes that are no UTF-8 end the log, not the program.
            while let Ok(Some(line)) = lines.next_line().await {
                let mut kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == LOG_LINES_KEPT {
                    kept.pop_front();
                }
                kept.push_back(line);
            }
        });
        log
    }
}

impl fmt::Display for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

/// A running `kith-bootstrap` that only this machine can reach.
#[derive(Debug)]
pub struct BootstrapProgram {
    child: Child,
    address: String,
    log: Log,
}

impl BootstrapProgram {
    /// Starts one with its identity in `data`, and returns when it has printed its address.
    ///
    /// # Errors
    /// When it ends before, or prints none in time.
    pub async fn start(programs: &Programs, data: &Path) -> Result<Self> {
        let mut command = programs.command("kith-bootstrap");
        command
            .arg("--data")
            .arg(data)
            .args(["--listen", "/ip4/127.0.0.1/tcp/0"]);
        let mut child = command.spawn().context("kith-bootstrap cannot be started.")?;
        let log = Log::follow(child.stderr.take().context("It has no standard error.")?);
        let stdout = child.stdout.take().context("It has no standard output.")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = timeout(PROGRAM_LIMIT, first_address(&mut lines)).await;
        let address = address
            .map_err(|_| anyhow!("kith-bootstrap printed no address within {PROGRAM_LIMIT:?}."))
            .and_then(|address| address)
            .with_context(|| format!("Its last words:\n{log}"))?;
        Ok(Self { child, address, log })
    }

    /// The multiaddr to hand out.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its last words.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Kills it without warning (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    /// When it does not go.
    pub async fn kill(&mut self) -> Result<()> {
        kill(&mut self.child).await
    }
}

async fn first_address(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<String> {
    while let Some(line) = lines.next_line().await? {
        if let Some(address) = line.strip_prefix("address ") {
            return Ok(address.to_owned());
        }
    }
    bail!("kith-bootstrap ended without an address.")
}

async fn kill(child: &mut Child) -> Result<()> {
    match timeout(PROGRAM_LIMIT, child.kill()).await {
        Ok(killed) => killed.context("A program cannot be killed."),
        Err(_) => bail!("A killed program is still there after {PROGRAM_LIMIT:?}."),
    }
}

/// A profile in a folder of its own, and the file that holds its passphrase.
#[derive(Clone, Debug)]
pub struct Profile {
    name: String,
    data: PathBuf,
    passphrase_file: PathBuf,
}

impl Profile {
    /// Makes a profile with `kith-node create`, below `folder`. Returns the recovery words that it printed, too.
    ///
    /// # Errors
    /// When the program fails; with what it said.
    pub async fn create(programs: &Programs, folder: &Path, name: &str) -> Result<(Self, Vec<String>)> {
        let profile = Self {
            name: name.to_owned(),
            data: folder.join(name),
            passphrase_file: folder.join(format!("{name}.passphrase")),
        };
        // Long and not in any dictionary, since a weak one would be refused. It protects nothing.
        fs::write(&profile.passphrase_file, format!("{name} vormt glazen torens 47"))?;
        let mut command = programs.command("kith-node");
        command
            .arg("--data")
            .arg(&profile.data)
            .args(["create", "--name", name]);
        command.arg("--passphrase-file").arg(&profile.passphrase_file);
        let output = timeout(PROGRAM_LIMIT, command.output()).await;
        let output = output.with_context(|| format!("kith-node create took over {PROGRAM_LIMIT:?}."))??;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "kith-node create failed ({}): {said}",
            output.status
        );
        let words = String::from_utf8(output.stdout).context("The recovery words are no UTF-8.")?;
        let words = words
            .split_whitespace()
            .filter(|word| word.chars().all(char::is_alphabetic));
        Ok((profile, words.map(str::to_owned).collect()))
    }

    /// The name others see.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder that holds it.
    pub fn data(&self) -> &Path {
        &self.data
    }
}

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

/// A running `kith-node … rpc` that only this machine can reach and that does not search the local network.
#[derive(Debug)]
pub struct NodeProgram {
    name: String,
    child: Child,
    calls: ChildStdin,
    lines: mpsc::Receiver<String>,
    events: VecDeque<Value>,
    next_id: u64,
    log: Log,
}

impl NodeProgram {
    /// Starts a node for a profile, unlocked, with these bootstrap nodes.
    ///
    /// # Errors
    /// When the program cannot be started. When it ends by itself, the first call says so.
    pub fn start(programs: &Programs, profile: &Profile, bootstraps: &[&str]) -> Result<Self> {
        let mut command = programs.command("kith-node");
        command.stdin(Stdio::piped()).arg("--data").arg(profile.data());
        for bootstrap in bootstraps {
            command.args(["--bootstrap", bootstrap]);
        }
        command
            .args([
                "--log",
                "kith_node=info,warn",
                "rpc",
                "--loopback",
                "--passphrase-file",
            ])
            .arg(&profile.passphrase_file);
        let mut child = command.spawn().context("kith-node cannot be started.")?;
        let stdout = child.stdout.take().context("It has no standard output.")?;
        Ok(Self {
            name: profile.name.clone(),
            calls: child.stdin.take().context("It has no standard input.")?,
            lines: follow_lines(stdout),
            events: VecDeque::new(),
            next_id: 1,
            log: Log::follow(child.stderr.take().context("It has no standard error.")?),
            child,
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
        self.child.id()
    }

    /// Asks for something and waits for the answer.
    ///
    /// # Errors
    /// [`RpcFailure`] when the node answers with an error; else when it is gone, says nothing in time, or the answer
    /// does not fit `T`.
    pub async fn call<T: DeserializeOwned>(&mut self, command: &Command) -> Result<T> {
        let tagged = serde_json::to_value(command)?;
        let method = tagged
            .get("method")
            .and_then(Value::as_str)
            .context("A command has no name.")?
            .to_owned();
        let params = tagged.get("params").cloned().unwrap_or_else(|| json!({}));
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
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let call = format!("{call}\n");
        let deadline = Instant::now() + CALL_LIMIT;
        let asked = self.calls.write_all(call.as_bytes());
        let asked = timeout_at(deadline, asked)
            .await
            .map_err(io::Error::from)
            .and_then(|written| written);
        asked.with_context(|| format!("{}'s node cannot be asked for {method}.", self.name))?;
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
                bail!("{what}: not within {limit:?}.");
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
                None => Err(anyhow!("{what}: not within {limit:?}.")),
            };
        }
    }

    /// Kills it without warning (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    /// When it does not go.
    pub async fn kill(mut self) -> Result<()> {
        kill(&mut self.child)
            .await
            .with_context(|| format!("It is {}'s node.", self.name))
    }

    /// Ends it as a person would, by closing its input, and waits for it.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn close(mut self) -> Result<ExitStatus> {
        drop(self.calls);
        // It may have news to tell until the end; unread, they would keep it from ending.
        let drain = async { while self.lines.recv().await.is_some() {} };
        let ended = timeout(PROGRAM_LIMIT, async { tokio::join!(drain, self.child.wait()).1 }).await;
        ended
            .map_err(|_| anyhow!("{}'s node did not end within {PROGRAM_LIMIT:?}.", self.name))?
            .context("A program cannot be waited for.")
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
        self.events
            .push_back(value.get_mut("params").map(Value::take).unwrap_or_default());
        Ok(None)
    }

    fn gone(&mut self) -> anyhow::Error {
        let status = self.child.try_wait().ok().flatten();
        let status = status.map_or_else(String::new, |status| format!(" ({status})"));
        anyhow!("{}'s node ended by itself{status}.", self.name)
    }
}

fn follow_lines(stdout: ChildStdout) -> mpsc::Receiver<String> {
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
