//! Messages arrive: in bursts, without gossip, across restarts, each once and in the same order for both.

use kith_node::{
    net::NetConfig,
    view::{BodyView, DeliveryState, MessageView},
};
use kith_tests::world::{Person, World};

fn texts(rows: &[MessageView]) -> Vec<String> {
    rows.iter()
        .filter_map(|row| match &row.body {
            BodyView::Text { text } => Some(text.clone()),
            _ => None,
        })
        .collect()
}

async fn same_order_each_once(alice: &Person, bob: &Person, count: usize) {
    let (a, b) = (texts(&alice.messages().await), texts(&bob.messages().await));
    assert_eq!(a, b);
    assert_eq!(a.len(), count);
    let mut unique = a.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), count, "nothing twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_from_both_sides_arrives_once_and_in_one_order() {
    let world = World::new();
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    bob.befriends(&alice).await;
    for number in 0..100 {
        alice.sends(&bob, &format!("a{number}")).await;
        bob.sends(&alice, &format!("b{number}")).await;
    }
    alice.sees("b99").await;
    bob.sees("a99").await;
    alice.sees_state("a99", DeliveryState::Delivered).await;
    bob.sees_state("b99", DeliveryState::Delivered).await;
    same_order_each_once(&alice, &bob, 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_alone_delivers_when_gossip_delivers_nothing() {
    let world = World::new();
    let silent = || NetConfig {
        gossip: false,
        ..NetConfig::loopback()
    };
    let alice = world.person_with("alice", silent()).await;
    let bob = world.person_with("bob", silent()).await;
    bob.befriends(&alice).await;
    for number in 0..20 {
        alice.sends(&bob, &format!("a{number}")).await;
        bob.sends(&alice, &format!("b{number}")).await;
    }
    alice.sees_state("a19", DeliveryState::Delivered).await;
    bob.sees_state("b19", DeliveryState::Delivered).await;
    same_order_each_once(&alice, &bob, 40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_messages_written_while_away_arrive_in_order() {
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    bob.sleeps().await;
    for number in 0..400 {
        alice.sends(&bob, &format!("a{number}")).await;
    }
    bob.wakes().await;
    bob.sees("a399").await;
    alice.sees_state("a399", DeliveryState::Delivered).await;
    same_order_each_once(&alice, &bob, 400).await;
    let chat = bob.chat_with(&alice);
    assert_eq!(bob.sees_chat(chat).await.unread, 400);
    bob.reads(&alice).await;
    assert_eq!(bob.sees_chat(chat).await.unread, 0);
    alice.sees_state("a0", DeliveryState::Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_saved_before_it_is_delivered() {
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    bob.sleeps().await;
    let sent = alice.sends(&bob, "hello?").await;
    assert_eq!(sent.state, Some(DeliveryState::Pending));
    alice.sees_state("hello?", DeliveryState::Saved).await;
    let row = alice.sees("hello?").await;
    assert_eq!(
        row.state,
        Some(DeliveryState::Saved),
        "no tick ahead of the truth"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_stamped_by_a_wrong_clock_neither_hides_nor_holds_down_what_follows() {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    alice.sleeps().await;
    bob.sleeps().await;
    // A year ahead, and nobody there to tell him.
    bob.sets_clock(365 * 86_400_000);
    bob.wakes().await;
    bob.sends(&alice, "happy new year").await;
    bob.sees_state("happy new year", DeliveryState::Saved).await;
    bob.sleeps().await;
    bob.sets_clock(0);
    bob.wakes().await;
    alice.wakes().await;
    alice.sees("happy new year").await;
    alice.reads(&bob).await;

    bob.sends(&alice, "my clock was wrong").await;
    alice.sees("my clock was wrong").await;
    let chat = alice.chat_with(&bob);
    assert_eq!(alice.sees_chat(chat).await.unread, 1, "one word is new");
    alice.reads(&bob).await;
    alice.sends(&bob, "I thought so").await;
    bob.sees("I thought so").await;
    let said = ["happy new year", "my clock was wrong", "I thought so"];
    assert_eq!(texts(&alice.messages().await), said);
    assert_eq!(texts(&bob.messages().await), said);
}
