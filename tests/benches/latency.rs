//! How long a message takes, from sending to the other person's screen, between two real nodes on loopback.
//!
//! `shown` ends when the receiver's listener is told of the row; by then the sender's disk has it, since nothing leaves
//! before. `durable` ends when the sender learns that it is durable at the receiver as well: the way back is in it.
//!
//! Then the same between two `kith-node` processes, spoken to as other programs do, in JSON over their standard input
//! and output: `cargo build --release -p kith-node -p kith-bootstrap` first.

// A bench that meets the unexpected should fail where it stands.
#![allow(clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use kith_node::{
    Command, Event, EventStream,
    id::EntryId,
    view::{DeliveryState, MessageView},
};
use kith_tests::{
    figures::{Figure, Times},
    machine,
    proc::{NodeProgram, Profile, Programs},
    world::{Person, World},
};

const WARM_UP: usize = 50;
const MESSAGES: usize = 2_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// Design section 10, milliseconds.
const BUDGET_P50_MS: f64 = 2.0;
const BUDGET_P99_MS: f64 = 10.0;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    machine::tell();
    let world = World::new();
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    bob.befriends(&alice).await;
    direction("latency.alice_to_bob", &alice, &bob).await;
    direction("latency.bob_to_alice", &bob, &alice).await;
    drop((alice, bob));
    match Programs::beside_this() {
        Ok(programs) => processes(&programs).await,
        Err(error) => println!("# latency.processes was not measured: {error}"),
    }
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
    let (mut shown, mut durable) = (Times::new(), Times::new());
    for number in 0..WARM_UP + MESSAGES {
        let text = format!("message number {number}, as long as most");
        let begun = Instant::now();
        let send = Command::SendMessage { conversation, text };
        let sent: MessageView = ann.call(&send).await.expect("it is taken");
        let (seen, held) = tokio::join!(
            told(&mut ben, sent.id, None, begun),
            told(&mut ann, sent.id, Some(DeliveryState::Delivered), begun),
        );
        if number >= WARM_UP {
            shown.push(seen);
            durable.push(held);
        }
    }
    print("latency.processes", [("shown", shown), ("durable", durable)]);
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
    let mut screen = to.node().subscribe();
    let mut ticks = from.node().subscribe();
    let (mut shown, mut durable) = (Times::new(), Times::new());
    for number in 0..WARM_UP + MESSAGES {
        let begun = Instant::now();
        let sent = from
            .sends(to, &format!("message number {number}, as long as most"))
            .await;
        let (seen, held) = tokio::join!(
            reaches(&mut screen, sent.id, None, begun),
            reaches(&mut ticks, sent.id, Some(DeliveryState::Delivered), begun),
        );
        if number >= WARM_UP {
            shown.push(seen);
            durable.push(held);
        }
    }
    print(name, [("shown", shown), ("durable", durable)]);
}

fn print(name: &str, figures: [(&str, Times); 2]) {
    for (what, times) in figures {
        Figure::ms(format!("{name}.{what}.p50"), times.percentile(50))
            .budget(BUDGET_P50_MS)
            .print();
        Figure::ms(format!("{name}.{what}.p99"), times.percentile(99))
            .budget(BUDGET_P99_MS)
            .print();
    }
}

/// Since `begun`, until a listener hears that a message has come this far.
async fn reaches(
    events: &mut EventStream,
    id: EntryId,
    state: Option<DeliveryState>,
    begun: Instant,
) -> Duration {
    while let Some(event) = events.next().await {
        if matches!(&event, Event::Message(row) if row.id == id && row.state >= state) {
            break;
        }
    }
    begun.elapsed()
}
