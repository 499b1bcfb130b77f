//! From the start of an app to the first message between it and a contact who is online, both ways.
//!
//! Counted from the passphrase on: opening the profile, the store and the network, the link and its handshake. Argon2id
//! runs with the parameters of tests here, since its time is a choice (about 130 ms in real profiles) and not a cost.

use std::time::{Duration, Instant};

use kith_node::view::DeliveryState;
use kith_tests::{
    figures::{Figure, Times},
    machine,
    world::World,
};

const ROUNDS: usize = 20;

/// Design section 10, milliseconds.
const BUDGET_MS: f64 = 1_000.0;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    machine::tell();
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    let (mut awake, mut sent, mut received) = (Times::new(), Times::new(), Times::new());
    for round in 0..ROUNDS {
        bob.sleeps().await;
        let waiting = format!("written while away {round}");
        alice.sends(&bob, &waiting).await;
        let hello = format!("first message {round}");
        let begun = Instant::now();
        bob.wakes().await;
        awake.push(begun.elapsed());
        bob.sends(&alice, &hello).await;
        let (delivered, seen) = tokio::join!(
            since(begun, bob.sees_state(&hello, DeliveryState::Delivered)),
            since(begun, bob.sees(&waiting)),
        );
        sent.push(delivered);
        received.push(seen);
    }
    Figure::ms("first_message.node_started.median", awake.median()).print();
    for (name, times) in [("delivered", sent), ("received", received)] {
        Figure::ms(format!("first_message.{name}.median"), times.median())
            .budget(BUDGET_MS)
            .print();
        Figure::ms(format!("first_message.{name}.worst"), times.percentile(100)).print();
    }
}

async fn since<T>(begun: Instant, work: impl Future<Output = T>) -> Duration {
    work.await;
    begun.elapsed()
}
