//! What a window costs while nothing happens: frames it paints and time it takes, with a conversation open, first while
//! the contact is online, then when they have gone. On a display of its own (Xvfb), drawn in software.
//!
//! Wants `cargo build --release -p kith-ui --bin kith --example bare_window` first, and xdotool.

#![allow(
    clippy::expect_used,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

use std::time::Duration;

use kith_tests::{
    display::{self, Display, Program},
    figures::Figure,
    machine,
    world::{PASSPHRASE, World},
};

/// What follows a change (first links, a fading bar) is not rest.
const SETTLE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_secs(30);

/// Design section 10, percent of a core.
const BUDGET_PERCENT: f64 = 0.5;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    machine::tell();
    let Some(programs) = display::programs() else {
        println!("# window_idle was not measured: build kith and bare_window first (see this bench's head)");
        return;
    };
    let display = Display::start();
    let bare = Program::start(display.command(programs.join("examples/bare_window")));
    bare.paints("");
    rest("window_idle.bare", &bare, None).await;
    drop(bare);

    let world = World::new();
    let mut alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "hi").await;
    bob.sees("hi").await;
    bob.sleeps().await;
    let data = bob.folder().with_extension("data");
    std::fs::create_dir_all(data.join("profiles")).expect("a folder for the window");
    std::fs::rename(bob.folder(), data.join("profiles/bob")).expect("the profile is moved");

    let mut command = display.command(programs.join("kith"));
    command.arg("--data").arg(&data).arg("--loopback");
    command.env("RUST_LOG", "kith_ui=debug,kith_ui::milestones=trace");
    let window = Program::start(command);
    window.paints("Frame");
    display.focus();
    display.keys(&["type", "--delay", "0", PASSPHRASE]);
    display.keys(&["key", "Return"]);
    window.paints("Chats");
    display.keys(&["key", "alt+Down"]);
    window.paints("Conversation");
    alice.sees_online(&bob).await;
    rest("window_idle.linked", &window, Some(0.0)).await;
    alice.sleeps().await;
    // "Last seen just now", then "1 minute ago": once a minute something does change.
    rest("window_idle.contact_away", &window, None).await;
}

/// Looks at a window that rests.
async fn rest(name: &str, window: &Program, frames_budget: Option<f64>) {
    tokio::time::sleep(SETTLE).await;
    window.frames();
    let before = machine::cpu_time(window.pid()).expect("a running process");
    tokio::time::sleep(LOOK).await;
    let after = machine::cpu_time(window.pid()).expect("a running process");
    let frames = Figure::new(
        format!("{name}.frames"),
        window.frames() as f64 / LOOK.as_secs_f64(),
        "frames/s",
    );
    match frames_budget {
        Some(most) => frames.budget(most).print(),
        None => frames.print(),
    }
    let percent = (after - before).as_secs_f64() / LOOK.as_secs_f64() * 100.0;
    Figure::new(format!("{name}.cpu"), percent, "%")
        .budget(BUDGET_PERCENT)
        .print();
}
