//! How long a message takes, from sending to the other person's screen, between two real nodes on loopback.
//!
//! `shown` ends when the receiver's listener is told of the row; by then the sender's disk has it, since nothing leaves
//! before. `durable` ends when the sender learns that it is durable at the receiver as well: the way back is in it.

use std::time::{Duration, Instant};

use kith_node::{Event, EventStream, id::EntryId, view::DeliveryState};
use kith_tests::{
    figures::{Figure, Times},
    machine,
    world::{Person, World},
};

const WARM_UP: usize = 50;
const MESSAGES: usize = 2_000;

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
    for (what, times) in [("shown", shown), ("durable", durable)] {
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
