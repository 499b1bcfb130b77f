//! For the benches of the window: a display of its own (Xvfb, drawn in software), programs that show a window on it, and
//! keys as a person would press them.
//!
//! A window tells by its log what it has painted, so no picture has to be taken while something is measured.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "bench code: what cannot go on says where"
)]

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// A little longer than a frame: key presses that come before the window listens are lost.
pub const FOCUS: Duration = Duration::from_millis(300);

/// The folder of the programs that were built together with this one: `None` when the window was not.
pub fn programs() -> Option<PathBuf> {
    let this = std::env::current_exe().ok()?;
    let folder = this.ancestors().nth(2)?.to_path_buf();
    let built = folder.join("kith").is_file() && folder.join("examples/bare_window").is_file();
    built.then_some(folder)
}

/// A display of our own; gone when dropped.
pub struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts it.
    ///
    /// # Panics
    /// If there is no Xvfb.
    pub fn start() -> Self {
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

    /// A program on this display.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.name)
            .env_remove("WAYLAND_DISPLAY")
            .env("LIBGL_ALWAYS_SOFTWARE", "1");
        command
    }

    /// Gives the window of Kith the keyboard: there is no window manager here that would.
    ///
    /// # Panics
    /// If there is none.
    pub fn focus(&self) {
        self.xdotool(&[
            "search",
            "--sync",
            "--onlyvisible",
            "--name",
            "Kith",
            "windowfocus",
            "--sync",
        ]);
    }

    /// Runs xdotool, once the window has had time to listen.
    ///
    /// # Panics
    /// If it fails.
    pub fn keys(&self, arguments: &[&str]) {
        std::thread::sleep(FOCUS);
        self.xdotool(arguments);
    }

    fn xdotool(&self, arguments: &[&str]) {
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

/// A program with a window, and what it says; killed when dropped.
pub struct Program {
    process: Child,
    /// When it was started.
    pub begun: Instant,
    lines: Receiver<(Instant, String)>,
}

impl Program {
    /// Starts it.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(mut command: Command) -> Self {
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

    /// Since its start, until it has painted this for the first time.
    ///
    /// # Panics
    /// If it does not in a minute.
    pub fn paints(&self, what: &str) -> Duration {
        loop {
            let (at, line) = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("the window never painted “{what}”"));
            if line.contains("painted for the first time") && line.contains(what) {
                return at - self.begun;
            }
        }
    }

    /// How many frames it has painted since this was asked last, if its log tells of them.
    pub fn frames(&self) -> usize {
        let lines = self.lines.try_iter();
        lines
            .filter(|(_, line)| line.contains("a frame was painted"))
            .count()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
