//! Ten thousand messages with gossip switched off, both apps running and linked: sync alone finds each of them missing
//! and hands it over, while they are written and after.
//!
//! `written` is how long the author's engine took to take them all, one commit each; from then on `shown` runs until all are
//! in the reader's conversation, `durable` until their author knows that the reader's disk has them. The bench `catch_up` has the
//! same number repaired in one go.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use kith_node::{Command, net::NetConfig};
use kith_tests::{figures::Figure, machine, measure, world::World};

const MESSAGES: usize = 10_000;
/// How many are on their way to the author's engine at once: a program that sends in bulk, not a person.
const AT_ONCE: usize = 64;

/// Seconds, after the last word.
const BUDGET_S: f64 = 5.0;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    machine::tell();
    let world = World::new();
    let silent = || NetConfig {
        gossip: false,
        ..NetConfig::loopback()
    };
    let alice = world.person_with("alice", silent()).await;
    let bob = world.person_with("bob", silent()).await;
    bob.befriends(&alice).await;
    let mut ticks = alice.node().subscribe();
    let mut screen = bob.node().subscribe();
    let begun = Instant::now();
    let writing = async {
        let sends = (0..MESSAGES).map(|number| {
            alice.does(Command::SendMessage {
                conversation: alice.chat_with(&bob),
                text: measure::text(number),
            })
        });
        stream::iter(sends).buffered(AT_ONCE).for_each(async |_| {}).await;
        begun.elapsed()
    };
    let last = measure::text(MESSAGES - 1);
    let (written, shown, durable) = tokio::join!(
        writing,
        since(begun, measure::all_unread(&bob, &mut screen, &alice, MESSAGES)),
        since(begun, measure::all_delivered(&alice, &mut ticks, &bob, &last)),
    );
    let name = format!("repair.{MESSAGES}");
    Figure::seconds(format!("{name}.written"), written).print();
    for (what, time) in [("shown", shown), ("durable", durable)] {
        Figure::seconds(format!("{name}.{what}"), time.saturating_sub(written))
            .budget(BUDGET_S)
            .print();
    }
}

async fn since(begun: Instant, work: impl Future<Output = ()>) -> Duration {
    work.await;
    begun.elapsed()
}
