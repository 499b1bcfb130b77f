//! The window with 100,000 and 1,000,000 messages: how long until it shows something, and what it costs in memory above
//! a bare window of the same library. On a display of its own (Xvfb, drawn in software), driven as a person would.
//!
//! Wants `cargo build --release -p kith-ui --bin kith --example bare_window` first, and xdotool.

#![allow(
    clippy::expect_used,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

use std::{path::Path, time::Duration};

use kith_tests::{
    display::{self, Display, FOCUS, Program},
    figures::{Figure, Times},
    fill, machine,
    world::PASSPHRASE,
};

const ROUNDS: usize = 5;
/// After the last thing was painted, before memory is looked at.
const SETTLE: Duration = Duration::from_secs(3);

/// Design section 10.
const BUDGET_FIRST_FRAME_MS: f64 = 500.0;
const BUDGET_MEMORY_MB: f64 = 60.0;

fn main() {
    machine::tell();
    let Some(programs) = display::programs() else {
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

/// What the process takes once it rests.
fn memory(window: &Program) -> u64 {
    std::thread::sleep(SETTLE);
    machine::memory(window.pid())
        .expect("a running process")
        .proportional_bytes
}

fn bare(program: &Path, display: &Display) -> u64 {
    let mut times = Times::new();
    let mut sizes = Vec::new();
    for _ in 0..ROUNDS {
        let window = Program::start(display.command(program));
        times.push(window.paints(""));
        sizes.push(memory(&window));
    }
    sizes.sort_unstable();
    let memory = sizes.get(ROUNDS / 2).copied().unwrap_or_default();
    Figure::ms("startup.bare.first_frame", times.median()).print();
    Figure::megabytes("startup.bare.memory", memory).print();
    memory
}

fn window(messages: u64, program: &Path, data: &Path, display: &Display, bare: u64) {
    let [mut first, mut chats, mut conversation] = [Times::new(), Times::new(), Times::new()];
    let mut sizes = Vec::new();
    for _ in 0..ROUNDS {
        let mut command = display.command(program);
        command.arg("--data").arg(data).arg("--loopback");
        command.env("RUST_LOG", "kith_ui=debug");
        let window = Program::start(command);
        first.push(window.paints("Frame"));
        display.focus();
        display.keys(&["type", "--delay", "0", PASSPHRASE]);
        let entered = window.begun.elapsed();
        display.keys(&["key", "Return"]);
        chats.push(window.paints("Chats").saturating_sub(entered + FOCUS));
        let opened = window.begun.elapsed();
        display.keys(&["key", "alt+Down"]);
        conversation.push(window.paints("Conversation").saturating_sub(opened + FOCUS));
        sizes.push(memory(&window));
    }
    sizes.sort_unstable();
    let above = sizes
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
