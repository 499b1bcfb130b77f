//! Two people talk, on real nodes.

use kith_node::view::DeliveryState;
use kith_tests::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn two_people_meet_and_talk_both_ways() {
    let world = World::new();
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    bob.befriends(&alice).await;

    alice.sends(&bob, "hi").await;
    bob.sees("hi").await;
    bob.sends(&alice, "hello").await;
    alice.sees("hello").await;

    alice.sees_state("hi", DeliveryState::Delivered).await;
    bob.reads(&alice).await;
    alice.sees_state("hi", DeliveryState::Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_while_one_was_away_arrives() {
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "before").await;
    bob.sees("before").await;

    bob.sleeps().await;
    alice.sends(&bob, "while you slept").await;
    bob.wakes().await;

    bob.sees("while you slept").await;
    alice
        .sees_state("while you slept", DeliveryState::Delivered)
        .await;
    bob.sees("before").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_restart_and_find_everything_again() {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "one").await;
    bob.sends(&alice, "two").await;
    alice.sees("two").await;
    bob.sees("one").await;

    alice.sleeps().await;
    bob.sleeps().await;
    alice.wakes().await;
    bob.wakes().await;

    alice.sees("one").await;
    bob.sees("two").await;
    bob.sends(&alice, "three").await;
    alice.sees("three").await;
}
