//! The program around the node: making profiles, sources of passphrases, exit codes, the socket and the schema.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use crate::{
    client::Client,
    person::{PASSPHRASE, Profile, kith_node},
};

fn code_and_text(output: &std::process::Output) -> (i32, String) {
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
    )
}

/// A process that no failed test leaves behind.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_words_bring_the_account_back_on_another_device() {
    let first = Profile::create("Asha");
    assert_eq!(first.words.split_whitespace().count(), 24, "{}", first.words);
    assert_eq!(first.words.lines().count(), 1);
    let second = Profile::restore("Asha again", &first.words.to_uppercase());
    let before = first.starts().client.calls("get_profile", json!({}));
    let after = second.starts().client.calls("get_profile", json!({}));
    assert_eq!(before["account"], after["account"]);
    assert_ne!(before["device"], after["device"]);
    assert_eq!(
        [&before["restored"], &after["restored"]],
        [&json!(false), &json!(true)]
    );
}

#[test]
fn a_profile_is_made_under_a_name_without_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("passphrase"), PASSPHRASE).unwrap();
    let create = [
        "--data",
        "asha",
        "create",
        "--name",
        "Asha",
        "--passphrase-file",
        "passphrase",
    ];
    let made = kith_node(&create).current_dir(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(
        String::from_utf8(made.stdout).unwrap().split_whitespace().count(),
        24
    );
}

#[test]
fn each_way_to_fail_has_its_exit_code() {
    let profile = Profile::create("Asha");
    let wrong = profile.beside("wrong");
    std::fs::write(&wrong, "guess").unwrap();
    let wrong = wrong.to_str().unwrap();

    let (code, text) = code_and_text(&profile.runs(&["--loopback", "rpc", "--passphrase-file", wrong]));
    assert_eq!(code, 3, "{text}");
    assert!(!text.contains("guess"));
    let (code, text) = code_and_text(&profile.runs(&["create", "--name", "Again"]));
    assert_eq!(code, 5, "{text}");
    let (code, text) = code_and_text(&profile.runs(&["rpc", "--passphrase-file", "/nowhere/at/all"]));
    assert_eq!(code, 6, "{text}");
    assert!(text.contains("/nowhere/at/all"), "{text}");
    let nowhere = kith_node(&["--data", "/nowhere/at/all", "rpc"]).output().unwrap();
    assert_eq!(code_and_text(&nowhere).0, 5);
    let without = kith_node(&["rpc"]).output().unwrap();
    assert_eq!(code_and_text(&without).0, 2);
    let words = profile.beside("not-words");
    std::fs::write(&words, "abandon ".repeat(24)).unwrap();
    let restore = [
        "restore",
        "--name",
        "Asha",
        "--words-file",
        words.to_str().unwrap(),
    ];
    let (code, text) = code_and_text(&profile.runs(&restore));
    assert_eq!(code, 6, "{text}");

    let online = profile.starts();
    let (code, text) = code_and_text(&profile.runs(&["--loopback", "rpc"]));
    assert_eq!(code, 4, "{text}");
    drop(online);
    let socket = profile.beside("words-are-here");
    std::fs::write(&socket, "").unwrap();
    let (code, text) =
        code_and_text(&profile.runs(&["--loopback", "rpc", "--socket", socket.to_str().unwrap()]));
    assert_eq!(code, 8, "{text}");
    // An address of nobody's machine (RFC 5737), and a disk on which nothing can be written.
    let elsewhere = ["--listen", "/ip4/192.0.2.1/tcp/1", "rpc"];
    let (code, text) = code_and_text(&profile.runs(&elsewhere));
    assert_eq!(code, 9, "{text}");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let unprinted = kith_node(&["rpc-schema"]).stdout(full).output().unwrap();
    let (code, text) = code_and_text(&unprinted);
    assert_eq!(code, 1, "{text}");
}

/// Runs the program at a terminal of its own (script(1)), where each question is answered in turn. What the terminal showed.
fn answering(arguments: &[&str], answers: &[(&str, &str)]) -> (i32, String) {
    let program = kith_node(arguments);
    let words = std::iter::once(program.get_program()).chain(program.get_args());
    let line: Vec<String> = words
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let mut terminal = Guarded(
        std::process::Command::new("script")
            .args(["--quiet", "--return", "--command", &line.join(" "), "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut keyboard = terminal.0.stdin.take().unwrap();
    let mut screen = terminal.0.stdout.take().unwrap();
    let mut shown = String::new();
    let mut read = [0];
    for (question, answer) in answers {
        let from = shown.len();
        while !shown[from..].contains(question) {
            assert_eq!(screen.read(&mut read).unwrap(), 1, "{question} in {shown}");
            shown.push(char::from(read[0]));
        }
        if question.ends_with(": ") {
            waits_until_hidden(terminal.0.id());
        }
        keyboard.write_all(format!("{answer}\n").as_bytes()).unwrap();
    }
    while screen.read(&mut read).unwrap() == 1 {
        shown.push(char::from(read[0]));
    }
    (terminal.0.wait().unwrap().code().unwrap(), shown)
}

/// The question is shown a moment before the terminal stops showing what is typed.
fn waits_until_hidden(script: u32) {
    let children = std::fs::read_to_string(format!("/proc/{script}/task/{script}/children")).unwrap();
    let terminal = std::fs::read_link(format!("/proc/{}/fd/0", children.trim())).unwrap();
    let shows = || {
        let settings = std::process::Command::new("stty")
            .arg("--file")
            .arg(&terminal)
            .arg("--all")
            .output()
            .unwrap();
        !String::from_utf8(settings.stdout).unwrap().contains(" -echo ")
    };
    while shows() {
        std::thread::yield_now();
    }
}

#[test]
fn a_passphrase_is_asked_for_at_the_terminal_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("asha");
    let create = ["--data", data.to_str().unwrap(), "create", "--name", "Asha"];
    let differing = [("New passphrase: ", PASSPHRASE), ("The same again: ", "another")];
    let (code, shown) = answering(&create, &differing);
    assert_eq!(code, 6, "{shown}");
    assert!(!data.exists(), "nothing was made: {shown}");
    let same = [("New passphrase: ", PASSPHRASE), ("The same again: ", PASSPHRASE)];
    let (code, shown) = answering(&create, &same);
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains(PASSPHRASE), "{shown}");
    let rpc = ["--data", data.to_str().unwrap(), "--loopback", "rpc", "--ask"];
    let (code, shown) = answering(&rpc, &[("Passphrase: ", "guess")]);
    assert_eq!(code, 3, "{shown}");
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"get_profile","params":{}}"#;
    let (code, shown) = answering(
        &rpc,
        &[("Passphrase: ", PASSPHRASE), ("", call), ("\"result\"", "\u{4}")],
    );
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains("\"name\":\"Asha\"") && !shown.contains(PASSPHRASE),
        "{shown}"
    );
}

#[test]
fn a_changed_passphrase_opens_and_the_old_one_does_not() {
    let profile = Profile::create("Asha");
    let new = profile.beside("new");
    std::fs::write(&new, "quiet lantern mosaic twelve orchard\n").unwrap();
    let changed = profile.runs(&[
        "change-passphrase",
        "--new-passphrase-file",
        new.to_str().unwrap(),
    ]);
    assert!(changed.status.success(), "{}", code_and_text(&changed).1);
    let mut online = profile.starts_locked();
    let old = online.client.tries("unlock", json!({ "passphrase": PASSPHRASE }));
    assert_eq!(old["error"]["code"], json!(2003));
    online.client.calls(
        "unlock",
        json!({ "passphrase": "quiet lantern mosaic twelve orchard" }),
    );
    assert_eq!(
        online.client.calls("get_profile", json!({}))["name"],
        json!("Asha")
    );
    assert!(online.leaves().success());
}

#[test]
fn the_passphrase_may_come_before_the_calls_on_the_same_input() {
    let profile = Profile::create("Asha");
    let data = profile.data();
    let mut command = kith_node(&[
        "--loopback",
        "--data",
        data.to_str().unwrap(),
        "rpc",
        "--passphrase-fd",
        "0",
    ]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut client = Client::new(child.stdin.take().unwrap(), child.stdout.take().unwrap());
    client.says(PASSPHRASE);
    assert_eq!(client.calls("get_profile", json!({}))["name"], json!("Asha"));
    client.hangs_up();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_socket_serves_several_clients_until_sigterm() {
    let profile = Profile::create("Asha");
    let path = profile.beside("kith.sock");
    let data = profile.data();
    let args = [
        "--loopback",
        "--data",
        data.to_str().unwrap(),
        "rpc",
        "--socket",
        path.to_str().unwrap(),
    ];
    let mut child = Guarded(kith_node(&args).stdout(Stdio::piped()).spawn().unwrap());
    let mut ready = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.0.stdout.take().unwrap()),
        &mut ready,
    )
    .unwrap();
    assert_eq!(ready, format!("socket {}\n", path.display()));

    let connect = || {
        let stream = UnixStream::connect(&path).unwrap();
        Client::new(stream.try_clone().unwrap(), stream)
    };
    let [mut phone, mut script] = [connect(), connect()];
    assert_eq!(
        script.tries("get_profile", json!({}))["error"]["code"],
        json!(2001)
    );
    phone.calls("unlock", json!({ "passphrase": PASSPHRASE }));
    script.calls("set_profile", json!({ "name": "Asha K.", "status": "here" }));
    let name = phone.event("profile", |event| {
        let profile = event["params"]["event"] == json!("profile");
        profile.then(|| event["params"]["value"]["name"].clone())
    });
    assert_eq!(name, json!("Asha K."));

    let signalled = std::process::Command::new("kill")
        .args(["-TERM", &child.0.id().to_string()])
        .status()
        .unwrap();
    assert!(signalled.success());
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn the_schema_is_printed_without_any_profile() {
    let output = kith_node(&["rpc-schema"]).output().unwrap();
    assert!(output.status.success());
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    for method in ["unlock", "send_message", "get_network"] {
        assert!(schema["x-methods"][method].is_object(), "{method}");
    }
}
