//! A headless node with a thousand contacts, all of them away: its start, its memory, and what it does while nobody does
//! anything, with a network and without one.
//!
//! The profile is made by the first run, which takes a minute, and kept in the build's folder. Another number of contacts
//! can be given as an argument.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use kith_node::{Command, Node, Reply};
use kith_tests::{
    child::{self, Child},
    figures::Figure,
    fill, machine,
};

const CONTACTS: usize = 1_000;

/// Everybody is tried once after a start, few at a time, and an attempt at an address where nobody answers takes seconds:
/// that is the first round, and looked at by itself.
const FIRST_ROUND: Duration = Duration::from_secs(330);
const SETTLE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_secs(30);

/// Design section 10.
const BUDGET_MB: f64 = 100.0;
const BUDGET_PERCENT: f64 = 0.5;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    if let Some(dir) = child::wanted() {
        let begun = Instant::now();
        let node = child::node(&dir).await;
        Figure::ms("conversations.start", begun.elapsed()).print();
        chat_list(&node).await;
        child::stay();
        return;
    }
    machine::tell();
    let given = std::env::args().find_map(|argument| argument.parse().ok());
    let contacts = given.unwrap_or(CONTACTS);
    let profile = fill::crowded(Path::new(env!("CARGO_TARGET_TMPDIR")), contacts);
    println!("# {contacts} contacts, nobody of them there");

    let node = Child::start(&[], &profile).expect("a node of its own");
    rest("conversations.first_round", node.pid(), None).await;
    tokio::time::sleep(FIRST_ROUND).await;
    rest("conversations.idle", node.pid(), Some(BUDGET_PERCENT)).await;
    let memory = machine::memory(node.pid()).expect("a running process");
    Figure::megabytes("conversations.memory.resident", memory.resident_bytes)
        .budget(BUDGET_MB)
        .print();
    Figure::megabytes("conversations.memory.proportional", memory.proportional_bytes).print();
    drop(node);

    // A network namespace of its own has no interface that is up, not even loopback.
    match Child::start(&["unshare", "--net"], &profile) {
        Ok(node) => rest("conversations.no_network", node.pid(), Some(BUDGET_PERCENT)).await,
        Err(error) => println!("# conversations.no_network was not measured: {error}"),
    }
}

async fn chat_list(node: &Node) {
    let begun = Instant::now();
    match node.call(Command::ListConversations {}).await {
        Ok(Reply::Conversations(chats)) => {
            Figure::ms("conversations.chat_list", begun.elapsed()).print();
            println!("# {} conversations", chats.len());
        }
        other => panic!("no conversations: {other:?}"),
    }
}

async fn rest(name: &str, pid: u32, budget_percent: Option<f64>) {
    tokio::time::sleep(SETTLE).await;
    let activity = machine::activity(pid, LOOK).await.expect("a running process");
    let cpu = Figure::new(format!("{name}.cpu"), activity.cpu_percent, "%");
    match budget_percent {
        Some(percent) => cpu.budget(percent).print(),
        None => cpu.print(),
    }
    Figure::new(format!("{name}.wakes"), activity.wakes_per_second, "/s").print();
}
