//! The program itself: what it prints, how it ends, and what it says when it cannot start.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
};

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kith-bootstrap"));
    command.arg("--data").arg(data);
    command
}

/// A started program and the first address it printed.
struct Started {
    child: Child,
    address: String,
    metrics: Option<String>,
}

impl Started {
    fn new(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut metrics = None;
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.map(Result::unwrap) {
            match line.split_once(' ') {
                Some(("address", address)) => {
                    return Self {
                        child,
                        address: address.to_owned(),
                        metrics,
                    };
                }
                Some(("metrics", url)) => metrics = Some(url.to_owned()),
                _ => panic!("unexpected line on standard output: {line}"),
            }
        }
        panic!("it ended without an address: {:?}", child.wait());
    }

    fn terminate(mut self) -> ExitStatus {
        let signalled = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(signalled.success());
        self.child.wait().unwrap()
    }
}

fn fails(mut command: Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn it_prints_its_address_ends_cleanly_on_sigterm_and_is_the_same_node_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let listen = ["--listen", "/ip4/127.0.0.1/tcp/0", "--metrics-port", "0"];
    let start = || {
        let mut command = command(folder.path());
        command.args(listen);
        Started::new(command)
    };
    let first = start();
    assert!(
        first.address.starts_with("/ip4/127.0.0.1/tcp/"),
        "{}",
        first.address
    );
    assert!(
        first
            .metrics
            .as_deref()
            .is_some_and(|url| url.starts_with("http://127.0.0.1:"))
    );
    let id = |address: &str| address.rsplit_once("/p2p/").unwrap().1.to_owned();
    let first_id = id(&first.address);
    assert_eq!(first.terminate().code(), Some(0));
    let second = start();
    assert_eq!(id(&second.address), first_id);
    assert_eq!(second.terminate().code(), Some(0));
}

#[test]
fn settings_come_from_the_file_and_flags_win() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.toml");
    std::fs::write(
        &file,
        "listen = [\"/ip4/127.0.0.1/tcp/0\"]\nexternal = [\"/dns4/file.example/tcp/1\"]\n",
    )
    .unwrap();
    let mut from_file = command(folder.path());
    from_file.arg("--config").arg(&file);
    let started = Started::new(from_file);
    assert!(
        started.address.starts_with("/dns4/file.example/tcp/1/p2p/"),
        "{}",
        started.address
    );
    assert!(started.terminate().success());
    let mut with_flag = command(folder.path());
    with_flag
        .arg("--config")
        .arg(&file)
        .args(["--external", "/dns4/flag.example/tcp/2"]);
    let started = Started::new(with_flag);
    assert!(
        started.address.starts_with("/dns4/flag.example/tcp/2/p2p/"),
        "{}",
        started.address
    );
    assert!(started.terminate().success());
}

#[test]
fn a_taken_port_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut on_taken = command(folder.path());
    on_taken.args(["--listen", &format!("/ip4/127.0.0.1/tcp/{port}")]);
    let (code, text) = fails(on_taken);
    assert_eq!(code, Some(1));
    assert!(text.contains("in use") && text.contains("--listen"), "{text}");
    let mut metrics = command(folder.path());
    metrics.args([
        "--listen",
        "/ip4/127.0.0.1/tcp/0",
        "--metrics-port",
        &port.to_string(),
    ]);
    let (code, text) = fails(metrics);
    assert_eq!(code, Some(1));
    assert!(text.contains("--metrics-port"), "{text}");
}

#[test]
fn mistakes_in_flags_file_and_identity_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut unknown = command(folder.path());
    unknown.arg("--no-such-flag");
    assert_eq!(fails(unknown).0, Some(2));
    let file = folder.path().join("kith.toml");
    std::fs::write(&file, "prot = 1").unwrap();
    let mut typo = command(folder.path());
    typo.arg("--config").arg(&file);
    let (code, text) = fails(typo);
    assert_eq!(code, Some(1));
    assert!(text.contains("prot"), "{text}");
    std::fs::write(folder.path().join("identity.key"), "gone").unwrap();
    let (code, text) = fails(command(folder.path()));
    assert_eq!(code, Some(1));
    assert!(text.contains("damaged") && text.contains("backup"), "{text}");
}
