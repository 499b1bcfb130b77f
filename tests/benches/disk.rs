//! How much of the disk a message takes: at its author's, each message committed by itself, and at the receiver's, who
//! caught up. Whole blocks of all files of the profile, after closing it, less what an empty profile takes.

#![allow(
    clippy::expect_used,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

use kith_node::view::DeliveryState;
use kith_tests::{
    figures::Figure,
    machine,
    world::{Person, World},
};

const MESSAGES: u32 = 10_000;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    machine::tell();
    let world = World::new();
    let mut alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "before").await;
    alice.sees_state("before", DeliveryState::Delivered).await;
    let (alices, bobs) = (sleeping(&mut alice).await, sleeping(&mut bob).await);
    alice.wakes().await;
    let mut text_bytes = 0;
    for number in 0..MESSAGES {
        let text = format!("message number {number}, as long as most");
        text_bytes += text.len() as u64;
        alice.sends(&bob, &text).await;
    }
    bob.wakes().await;
    let last = format!("message number {}, as long as most", MESSAGES - 1);
    bob.sees(&last).await;
    alice.sees_state(&last, DeliveryState::Delivered).await;
    Figure::new("disk.text", each(text_bytes), "bytes/message").print();
    for (name, person, before) in [("author", &mut alice, alices), ("receiver", &mut bob, bobs)] {
        let after = sleeping(person).await;
        Figure::new(
            format!("disk.{name}"),
            each(after.saturating_sub(before)),
            "bytes/message",
        )
        .print();
    }
}

fn each(bytes: u64) -> f64 {
    bytes as f64 / f64::from(MESSAGES)
}

/// What a person's profile takes, once the app is closed.
async fn sleeping(person: &mut Person) -> u64 {
    person.sleeps().await;
    machine::disk_bytes(person.folder()).expect("the folder can be read")
}
