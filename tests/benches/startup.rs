//! The window with 100,000 and 1,000,000 messages: how long until it shows something, and what it costs in memory above
//! a bare window of the same library. On a display of its own (Xvfb, drawn in software), driven as a person would.
//!
//! Wants `cargo build --release -p kith-ui --bin kith --example bare_window` first, and xdotool.

// A bench that meets the unexpected should fail where it stands.
#![allow(clippy::expect_used, clippy::panic)]

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use kith_tests::{
    figures::{Figure, Times},
    fill, machine,
    world::PASSPHRASE,
};

const ROUNDS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(60);
/// After the last thing was painted, before memory is looked at.
const SETTLE: Duration = Duration::from_secs(3);
/// A little longer than a frame: key presses that come before the window listens are lost.
const FOCUS: Duration = Duration::from_millis(300);

/// Design section 10.
const BUDGET_FIRST_FRAME_MS: f64 = 500.0;
const BUDGET_MEMORY_MB: f64 = 60.0;

fn main() {
    machine::tell();
    let Some(programs) = programs() else {
        println!("# startup was not measured: build kith and bare_window first (see this bench's head)");
        return;
    };
    let display = Display::start();
    let bare = bare(&programs.join("examples/bare_window"), &display);
    for messages in fill::sizes() {
        let filled = fill::filled(Path::new(env!("CARGO_TARGET_TMPDIR")), messages);
        window(messages, &programs.join("kith"), &filled.data, &display, bare);
    }
}

/// The folder of the programs that were built together with this one.
fn programs() -> Option<PathBuf> {
    let this = std::env::current_exe().ok()?;
    let folder = this.ancestors().nth(2)?.to_path_buf();
    let built = folder.join("kith").is_file() && folder.join("examples/bare_window").is_file();
    built.then_some(folder)
}

/// A display of our own.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-noreset",
                "-nolisten",
                "tcp",
                "-screen",
                "0",
                "1600x1000x24",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut number = String::new();
        let output = server.stdout.take().expect("its output is a pipe");
        BufReader::new(output)
            .read_line(&mut number)
            .expect("Xvfb names its display");
        Self {
            server,
            name: format!(":{}", number.trim()),
        }
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.name)
            .env_remove("WAYLAND_DISPLAY")
            .env("LIBGL_ALWAYS_SOFTWARE", "1");
        command
    }

    fn keys(&self, arguments: &[&str]) {
        std::thread::sleep(FOCUS);
        let done = self.command("xdotool").args(arguments).status();
        assert!(
            done.expect("xdotool starts").success(),
            "xdotool {arguments:?} failed"
        );
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A program with a window, and what it says.
struct Program {
    process: Child,
    begun: Instant,
    lines: Receiver<(Instant, String)>,
}

impl Program {
    fn start(mut command: Command) -> Self {
        let begun = Instant::now();
        let mut process = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = process.stderr.take().expect("its errors are a pipe");
        let (said, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if said.send((Instant::now(), line)).is_err() {
                    return;
                }
            }
        });
        Self {
            process,
            begun,
            lines,
        }
    }

    /// Since its start, until it says this.
    fn says(&self, what: &str) -> Duration {
        loop {
            let (at, line) = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("the window never said “{what}”"));
            if line.contains("painted for the first time") && line.contains(what) {
                return at - self.begun;
            }
        }
    }

    fn memory(&self) -> u64 {
        std::thread::sleep(SETTLE);
        machine::memory(self.process.id())
            .expect("a running process")
            .proportional_bytes
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn bare(program: &Path, display: &Display) -> u64 {
    let mut times = Times::new();
    let mut memory = Vec::new();
    for _ in 0..ROUNDS {
        let window = Program::start(display.command(program));
        times.push(window.says(""));
        memory.push(window.memory());
    }
    memory.sort_unstable();
    let memory = memory.get(ROUNDS / 2).copied().unwrap_or_default();
    Figure::ms("startup.bare.first_frame", times.median()).print();
    Figure::megabytes("startup.bare.memory", memory).print();
    memory
}

fn window(messages: u64, program: &Path, data: &Path, display: &Display, bare: u64) {
    let [mut first, mut chats, mut conversation] = [Times::new(), Times::new(), Times::new()];
    let mut memory = Vec::new();
    for _ in 0..ROUNDS {
        let mut command = display.command(program);
        command.arg("--data").arg(data).arg("--loopback");
        command.env("RUST_LOG", "kith_ui=debug");
        let window = Program::start(command);
        first.push(window.says("Frame"));
        display.keys(&["type", "--delay", "0", PASSPHRASE]);
        let entered = window.begun.elapsed();
        display.keys(&["key", "Return"]);
        chats.push(window.says("Chats").saturating_sub(entered + FOCUS));
        let opened = window.begun.elapsed();
        display.keys(&["key", "alt+Down"]);
        conversation.push(window.says("Conversation").saturating_sub(opened + FOCUS));
        memory.push(window.memory());
    }
    memory.sort_unstable();
    let above = memory
        .get(ROUNDS / 2)
        .copied()
        .unwrap_or_default()
        .saturating_sub(bare);
    let name = format!("startup.{messages}");
    Figure::ms(format!("{name}.first_frame"), first.median())
        .budget(BUDGET_FIRST_FRAME_MS)
        .print();
    Figure::ms(format!("{name}.unlock_to_chats"), chats.median()).print();
    Figure::ms(format!("{name}.open_conversation"), conversation.median()).print();
    Figure::megabytes(format!("{name}.memory_above_bare"), above)
        .budget(BUDGET_MEMORY_MB)
        .print();
}
