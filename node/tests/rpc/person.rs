//! A person with a profile in a temporary folder and a `kith-node` of their own.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use serde_json::{Value, json};

use crate::client::Client;

/// Strong enough that nothing warns about it.
pub const PASSPHRASE: &str = "violet harbour tambourine eleven glacier";

/// A `kith-node` command line.
pub fn kith_node(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kith-node"));
    command.args(args).stdin(Stdio::null());
    command
}

/// A profile on disk.
pub struct Profile {
    folder: tempfile::TempDir,
    pub words: String,
    /// Kept over restarts: with neither a bootstrap node nor multicast DNS, that is how contacts find each other again.
    port: u16,
}

impl Profile {
    /// Makes a profile by the `create` command.
    pub fn create(name: &str) -> Self {
        let folder = folder_with_passphrase(PASSPHRASE);
        let output = run(folder.path(), &["create", "--name", name]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let words = String::from_utf8(output.stdout).unwrap();
        Self {
            folder,
            words,
            port: free_port(),
        }
    }

    /// Makes a profile by the `restore` command.
    pub fn restore(name: &str, words: &str) -> Self {
        let folder = folder_with_passphrase(PASSPHRASE);
        let file = folder.path().join("words");
        std::fs::write(&file, words).unwrap();
        let output = run(
            folder.path(),
            &["restore", "--name", name, "--words-file", file.to_str().unwrap()],
        );
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Self {
            folder,
            words: words.to_owned(),
            port: free_port(),
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("profile")
    }

    /// Somewhere beside the profile.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command of `kith-node` on this profile to its end.
    pub fn runs(&self, args: &[&str]) -> Output {
        run(self.folder.path(), args)
    }

    /// Starts the node, locked, on standard input and output.
    pub fn starts_locked(&self) -> Online {
        let listen = format!("/ip4/127.0.0.1/tcp/{}", self.port);
        let data = self.data();
        let args = [
            "--no-lan-discovery",
            "--listen",
            &listen,
            "--data",
            data.to_str().unwrap(),
            "rpc",
        ];
        let mut command = kith_node(&args);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let client = Client::new(child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Online { child, client }
    }

    /// Starts the node and unlocks it.
    pub fn starts(&self) -> Online {
        let mut online = self.starts_locked();
        assert_eq!(
            online.client.calls("unlock", json!({ "passphrase": PASSPHRASE })),
            Value::Null
        );
        online
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn folder_with_passphrase(passphrase: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("passphrase"), format!("{passphrase}\n")).unwrap();
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = kith_node(args);
    command.arg("--data").arg(folder.join("profile"));
    if !args.contains(&"--passphrase-file") {
        command.arg("--passphrase-file").arg(folder.join("passphrase"));
    }
    command.output().unwrap()
}

/// A node that runs. It is killed when dropped, so that no test leaves one behind.
pub struct Online {
    child: Child,
    pub client: Client,
}

impl Online {
    /// As if the machine had lost its power.
    pub fn loses_power(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends its input and waits for it.
    pub fn leaves(mut self) -> ExitStatus {
        self.client.hangs_up();
        self.child.wait().unwrap()
    }

    /// A fresh invite link.
    pub fn invites(&mut self) -> String {
        self.client.calls("create_invite", json!({}))["link"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Opens a link and waits until both sides are contacts; gives back the conversation.
    pub fn befriends(&mut self, link: &str) -> String {
        let contact = self.client.calls("add_contact", json!({ "link": link }));
        let account = contact["account"].clone();
        self.client.event("accepted contact", |event| {
            let conversation = &event["params"]["value"];
            let accepted = event["params"]["event"] == json!("conversation")
                && conversation["contact"]["account"] == account
                && conversation["contact"]["state"] == json!("accepted");
            accepted.then(|| conversation["id"].as_str().unwrap().to_owned())
        })
    }

    /// Sends a text and gives back its id.
    pub fn sends(&mut self, conversation: &str, text: &str) -> String {
        let sent = self.client.calls(
            "send_message",
            json!({ "conversation": conversation, "text": text }),
        );
        sent["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a text is shown.
    pub fn sees(&mut self, text: &str) {
        self.client.event(&format!("message {text:?}"), |event| {
            (event["params"]["value"]["body"]["text"] == json!(text)).then_some(())
        });
    }

    /// Waits until a message of ours has come so far.
    pub fn learns_of(&mut self, id: &str, state: &str) {
        self.client.event(&format!("{state} of {id}"), |event| {
            let value = &event["params"]["value"];
            (value["id"] == json!(id) && value["state"] == json!(state)).then_some(())
        });
    }

    /// Every text in a conversation, oldest first.
    pub fn texts(&mut self, conversation: &str) -> Vec<String> {
        let params = json!({ "conversation": conversation, "anchor": { "kind": "newest" }, "before": 100, "after": 100 });
        let page = self.client.calls("get_messages", params);
        let rows = page["messages"].as_array().unwrap().iter();
        rows.filter_map(|row| row["body"]["text"].as_str().map(str::to_owned))
            .collect()
    }
}

impl Drop for Online {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
