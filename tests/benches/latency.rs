//! How long a message takes, from sending to the other person's screen, between two real nodes on loopback.
//!
//! `shown` ends when the receiver's listener is told of the row; by then the sender's disk has it, since nothing leaves
//! before. `durable` ends when the sender learns that it is durable at the receiver as well: the way back is in it.
//!
//! Then the same between two `kith-node` processes, spoken to as other programs do, in JSON over their standard input
//! and output: `cargo build --release -p kith-node -p kith-bootstrap` first. With the argument `processes`, this part alone.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

use std::time::{Duration, Instant};

use kith_node::{
    Command, Event,
    id::EntryId,
    view::{DeliveryState, MessageView},
};
use kith_tests::{
    figures::Figure,
    machine,
    measure::{self, Taken, WARM_UP},
    proc::{NodeProgram, Profile, Programs},
    world::{Person, World},
};

const MESSAGES: usize = 2_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// Design section 10, milliseconds.
const BUDGET_P50_MS: f64 = 2.0;
const BUDGET_P99_MS: f64 = 10.0;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    machine::tell();
    if !std::env::args().any(|argument| argument == "processes") {
        one_process().await;
    }
    match Programs::beside_this() {
        Ok(programs) => processes(&programs).await,
        Err(error) => println!("# latency.processes was not measured: {error}"),
    }
}

async fn one_process() {
    let world = World::new();
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    bob.befriends(&alice).await;
    direction("latency.alice_to_bob", &alice, &bob).await;
    direction("latency.bob_to_alice", &bob, &alice).await;
}

async fn processes(programs: &Programs) {
    let folder = tempfile::tempdir().expect("a folder");
    let made = |name| Profile::create(programs, folder.path(), name);
    let (ann, _) = made("Ann").await.expect("a profile");
    let (ben, _) = made("Ben").await.expect("a profile");
    let mut ann = NodeProgram::start(programs, &ann, &[]).expect("a node");
    let mut ben = NodeProgram::start(programs, &ben, &[]).expect("a node");
    ann.meets(&mut ben).await.expect("they meet");
    let conversation = ann.conversation().await.expect("a conversation").id;
    let mut taken = Taken::default();
    for number in 0..WARM_UP + MESSAGES {
        let text = measure::text(number);
        let begun = Instant::now();
        let send = Command::SendMessage { conversation, text };
        let sent: MessageView = ann.call(&send).await.expect("it is taken");
        let (seen, held) = tokio::join!(
            told(&mut ben, sent.id, None, begun),
            told(&mut ann, sent.id, Some(DeliveryState::Delivered), begun),
        );
        if number >= WARM_UP {
            taken.shown.push(seen);
            taken.durable.push(held);
        }
    }
    print("latency.processes", taken);
}

/// Since `begun`, until a program says that a message has come this far.
async fn told(node: &mut NodeProgram, id: EntryId, state: Option<DeliveryState>, begun: Instant) -> Duration {
    loop {
        let event = node.next_event(PATIENCE).await.expect("the node runs");
        match event.expect("news in time") {
            Event::Message(row) if row.id == id && row.state >= state => return begun.elapsed(),
            _ => {}
        }
    }
}

async fn direction(name: &str, from: &Person, to: &Person) {
    let taken = measure::messages(from, to, MESSAGES, |_| Duration::ZERO).await;
    print(name, taken);
}

fn print(name: &str, taken: Taken) {
    for (what, times) in taken.named() {
        Figure::ms(format!("{name}.{what}.p50"), times.percentile(50))
            .budget(BUDGET_P50_MS)
            .print();
        Figure::ms(format!("{name}.{what}.p99"), times.percentile(99))
            .budget(BUDGET_P99_MS)
            .print();
    }
}
