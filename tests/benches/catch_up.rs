//! How long it takes to catch up after being away: from the start of the app (opening the profile included) until all
//! messages are in the conversation, and until their author knows that they are durable. The last time with gossip switched
//! off at both.

use std::time::{Duration, Instant};

use kith_node::{Command, net::NetConfig};
use kith_tests::{figures::Figure, machine, measure, world::World};

const MESSAGES: usize = 10_000;
/// Design section 10, seconds; and where gossip is switched off.
const BUDGET_S: f64 = 3.0;
const BUDGET_NO_GOSSIP_S: f64 = 5.0;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    machine::tell();
    away("catch_up", 1_000, true, None).await;
    away("catch_up", MESSAGES, true, Some(BUDGET_S)).await;
    away("catch_up.no_gossip", MESSAGES, false, Some(BUDGET_NO_GOSSIP_S)).await;
}

async fn away(name: &str, messages: usize, gossip: bool, budget_s: Option<f64>) {
    let world = World::new();
    let config = || NetConfig {
        gossip,
        ..NetConfig::loopback()
    };
    let alice = world.person_with("alice", config()).await;
    let mut bob = world.person_with("bob", config()).await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "before").await;
    bob.sees("before").await;
    bob.reads(&alice).await;
    bob.sleeps().await;
    let begun = Instant::now();
    for number in 0..messages {
        let command = Command::SendMessage {
            conversation: alice.chat_with(&bob),
            text: measure::text(number),
        };
        alice.does(command).await;
    }
    let written = begun.elapsed();
    let last = measure::text(messages - 1);
    let mut ticks = alice.node().subscribe();
    let begun = Instant::now();
    bob.wakes().await;
    let mut screen = bob.node().subscribe();
    let (shown, durable) = tokio::join!(
        since(begun, measure::all_unread(&bob, &mut screen, &alice, messages)),
        since(begun, measure::all_delivered(&alice, &mut ticks, &bob, &last)),
    );
    let name = format!("{name}.{messages}");
    Figure::ms(format!("{name}.written_each"), written.div_f64(messages as f64)).print();
    for (what, time) in [("shown", shown), ("durable", durable)] {
        let figure = Figure::seconds(format!("{name}.{what}"), time);
        match budget_s {
            Some(budget_s) => figure.budget(budget_s).print(),
            None => figure.print(),
        }
    }
}

async fn since(begun: Instant, work: impl Future<Output = ()>) -> Duration {
    work.await;
    begun.elapsed()
}
