//! Writes the profile folder that `tests/old_folders.rs` opens, with a `kith-node` of any version:
//! `cargo run -p kith-tests --bin fixture -- --kith-node PATH --schema NUMBER`.
//!
//! Asha has two contacts, chats, a draft and a carrier; a group, too, if the program knows groups. It speaks plain JSON-RPC and no
//! types, since an older program's views lack what was added later.

#![allow(
    clippy::indexing_slicing,
    reason = "what is missing in a JSON value is null, and no view is an array that is indexed"
)]

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use kith_tests::fixture;
use serde_json::{Value, json};

/// What opens the profile of each, below the folder of all.
const PASSPHRASE_FILE: &str = "passphrase";
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(100);

/// Writes a fixture.
#[derive(Debug, Parser)]
struct Flags {
    /// The program whose folders are kept.
    #[arg(long)]
    kith_node: PathBuf,
    /// The schema that its stores have (`SCHEMA` in its `node/src/store/migrate.rs`).
    #[arg(long)]
    schema: u32,
}

/// Somebody's running node.
struct Side {
    name: &'static str,
    child: Child,
    calls: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    next: u64,
}

impl Side {
    /// Makes a profile below `root` and starts its node.
    fn start(program: &Path, root: &Path, name: &'static str) -> Result<Self> {
        let passphrase = root.join(PASSPHRASE_FILE);
        let command = || {
            let mut command = Command::new(program);
            command.arg("--data").arg(root.join(name));
            command
        };
        let made = command()
            .args(["create", "--name", name, "--passphrase-file"])
            .arg(&passphrase)
            .output()?;
        ensure!(
            made.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut child = command()
            .args(["--loopback", "rpc", "--passphrase-file"])
            .arg(&passphrase)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let stdout = child.stdout.take().context("It has no standard output.")?;
        Ok(Self {
            name,
            calls: child.stdin.take(),
            child,
            lines: BufReader::new(stdout).lines(),
            next: 1,
        })
    }

    /// The answer to a call, which may be an error.
    fn ask(&mut self, method: &str, params: &Value) -> Result<Value> {
        self.next += 1;
        let call = json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params });
        let calls = self.calls.as_mut().context("Its node was closed.")?;
        writeln!(calls, "{call}")?;
        loop {
            let line = self.lines.next().context("The node has ended.")??;
            let answer: Value = serde_json::from_str(&line)?;
            if answer.get("id") == Some(&json!(self.next)) {
                return Ok(answer);
            }
        }
    }

    /// The result of a call that must succeed.
    fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        let mut answer = self.ask(method, params)?;
        match answer.get_mut("result").map(Value::take) {
            Some(result) => Ok(result),
            None => bail!("{}: {method} {params}: {answer}", self.name),
        }
    }

    /// Looks again and again until something is found.
    fn until(&mut self, what: &str, look: impl Fn(&mut Self) -> Result<Option<Value>>) -> Result<Value> {
        let since = Instant::now();
        loop {
            if let Some(found) = look(self)? {
                return Ok(found);
            }
            ensure!(since.elapsed() < PATIENCE, "{}: {what}", self.name);
            std::thread::sleep(PAUSE);
        }
    }

    fn account(&mut self) -> Result<Value> {
        Ok(self.call("get_profile", &json!({}))?["account"].take())
    }

    /// The conversation with a contact, or the group of that name.
    fn chat(&mut self, name: &str) -> Result<Value> {
        self.until(&format!("no chat {name}"), |side| {
            let chats = side.call("list_conversations", &json!({}))?;
            let chats = chats.as_array().into_iter().flatten();
            let mut named = chats.filter(|chat| chat["contact"]["name"] == *name || chat["name"] == *name);
            Ok(named.next().map(|chat| chat["id"].clone()))
        })
    }

    fn writes(&mut self, chat: &Value, text: &str) -> Result<Value> {
        self.call("send_message", &json!({ "conversation": chat, "text": text }))
    }

    /// Waits for a text in a chat, at this state if one is given; gives its row.
    fn sees(&mut self, chat: &Value, text: &str, state: Option<&str>) -> Result<Value> {
        self.until(&format!("no message {text} at {state:?}"), |side| {
            let page =
                json!({ "conversation": chat, "anchor": { "kind": "newest" }, "before": 100, "after": 1 });
            let page = side.call("get_messages", &page)?;
            let rows = page["messages"].as_array().into_iter().flatten();
            let mut rows = rows.filter(|row| {
                row["body"]["text"] == *text && state.is_none_or(|state| row["state"] == *state)
            });
            Ok(rows.next().cloned())
        })
    }

    fn reads(&mut self, chat: &Value, row: &Value) -> Result<()> {
        let mark = json!({ "conversation": chat, "up_to": row["position"] });
        self.call("mark_read", &mark).map(drop)
    }

    /// Opens an invite of somebody else, and waits until both are linked.
    fn meets(&mut self, other: &mut Self) -> Result<()> {
        other.until("it does not listen", |side| {
            let network = side.call("get_network", &json!({}))?;
            let listens = network["listening"].as_array().is_some_and(|all| !all.is_empty());
            Ok(listens.then_some(Value::Null))
        })?;
        let invite = other.call("create_invite", &json!({}))?;
        self.call("add_contact", &json!({ "link": invite["link"] }))?;
        let (own, theirs) = (self.name, other.name);
        for (side, name) in [(self, theirs), (other, own)] {
            side.until(&format!("{name} is not online"), |side| {
                let contacts = side.call("list_contacts", &json!({}))?;
                let mut contacts = contacts.as_array().into_iter().flatten();
                let online =
                    contacts.any(|them| them["name"] == *name && them["presence"]["kind"] == "online");
                Ok(online.then_some(Value::Null))
            })?;
        }
        Ok(())
    }

    /// Ends it as a person would.
    fn close(&mut self) -> Result<()> {
        self.calls = None;
        for line in self.lines.by_ref() {
            line?;
        }
        ensure!(self.child.wait()?.success(), "{} did not end well", self.name);
        Ok(())
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn direct_chats(asha: &mut Side, ravi: &mut Side, mira: &mut Side) -> Result<()> {
    let account = ravi.account()?;
    let (chat, theirs) = (asha.chat("Ravi")?, ravi.chat("Asha")?);
    asha.writes(&chat, "Tea at six?")?;
    let row = ravi.sees(&theirs, "Tea at six?", None)?;
    ravi.reads(&theirs, &row)?;
    asha.sees(&chat, "Tea at six?", Some("read"))?;
    ravi.writes(&theirs, "Yes, gladly.")?;
    let row = asha.sees(&chat, "Yes, gladly.", None)?;
    asha.reads(&chat, &row)?;
    ravi.writes(&theirs, "Bring the map.")?;
    asha.sees(&chat, "Bring the map.", None)?;
    asha.call("set_draft", &json!({ "conversation": chat, "text": "I bring" }))?;
    asha.call("set_verified", &json!({ "account": account, "verified": true }))?;

    let own = asha.account()?;
    ravi.call("set_carrying", &json!({ "account": own, "carry": true }))?;
    asha.call("use_carrier", &json!({ "account": account, "used": true }))?;
    asha.until("nobody carries for her", |side| {
        let carrying = side.call("get_carrying", &json!({}))?;
        let mut carriers = carrying["carriers"].as_array().into_iter().flatten();
        Ok(carriers
            .any(|carrier| carrier["offered"] == true)
            .then_some(Value::Null))
    })?;

    let chat = asha.chat("Mira")?;
    mira.close()?;
    asha.writes(&chat, "Are you awake?")?;
    asha.sees(&chat, "Are you awake?", Some("saved")).map(drop)
}

/// A group, if the program knows what that is.
fn group(asha: &mut Side, ravi: &mut Side, mira: &mut Side) -> Result<()> {
    const NO_SUCH_METHOD: i64 = -32601;
    let members = [ravi.account()?, mira.account()?];
    let wish = json!({ "name": "Hiking", "members": members });
    let begun = asha.ask("create_group", &wish)?;
    if begun["error"]["code"] == NO_SUCH_METHOD {
        eprintln!("This kith-node knows no groups.");
        return Ok(());
    }
    let chat = asha.chat("Hiking")?;
    asha.writes(&chat, "Who comes?")?;
    for other in [ravi, mira] {
        let theirs = other.chat("Hiking")?;
        other.sees(&theirs, "Who comes?", None)?;
        other.writes(&theirs, &format!("{} does.", other.name))?;
        asha.sees(&chat, &format!("{} does.", other.name), None)?;
    }
    asha.sees(&chat, "Who comes?", Some("delivered")).map(drop)
}

fn main() -> Result<()> {
    let flags = Flags::parse();
    let root = tempfile::tempdir()?;
    fs::write(root.path().join(PASSPHRASE_FILE), fixture::PASSPHRASE)?;
    let start = |name| Side::start(&flags.kith_node, root.path(), name);
    let (mut asha, mut ravi, mut mira) = (start("Asha")?, start("Ravi")?, start("Mira")?);
    asha.call("set_profile", &json!({ "name": "Asha", "status": "at the lake" }))?;
    asha.meets(&mut ravi)?;
    asha.meets(&mut mira)?;
    group(&mut asha, &mut ravi, &mut mira)?;
    direct_chats(&mut asha, &mut ravi, &mut mira)?;
    asha.close()?;
    let packed = fixture::pack(&root.path().join("Asha"))?;
    let path = fixture::of_schema(flags.schema);
    fs::write(&path, &packed)?;
    println!("{}: {} bytes", path.display(), packed.len());
    Ok(())
}
