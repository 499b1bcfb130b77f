//! How long it takes to catch up after being away: from the start of the app (opening the profile included) until all
//! messages are in the conversation, and until their author knows that they are durable.

use std::time::{Duration, Instant};

use kith_node::{Command, Event, EventStream, view::DeliveryState};
use kith_tests::{
    figures::Figure,
    machine,
    world::{Person, World},
};

/// Design section 10: 10,000 messages in this many seconds.
const BUDGET_S: f64 = 3.0;
const BUDGET_MESSAGES: u32 = 10_000;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    machine::tell();
    for messages in [1_000, BUDGET_MESSAGES] {
        away(messages).await;
    }
}

async fn away(messages: u32) {
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "before").await;
    bob.sees("before").await;
    bob.reads(&alice).await;
    bob.sleeps().await;
    let begun = Instant::now();
    for number in 0..messages {
        let command = Command::SendMessage {
            conversation: alice.chat_with(&bob),
            text: format!("message number {number}, as long as most"),
        };
        alice.does(command).await;
    }
    let written = begun.elapsed();
    let mut ticks = alice.node().subscribe();
    let begun = Instant::now();
    bob.wakes().await;
    let mut screen = bob.node().subscribe();
    let (shown, durable) = tokio::join!(
        all_unread(&mut screen, messages, begun),
        all_delivered(&alice, &bob, &mut ticks, begun),
    );
    let name = format!("catch_up.{messages}");
    Figure::ms(format!("{name}.written_each"), written / messages).print();
    for (what, time) in [("shown", shown), ("durable", durable)] {
        let figure = Figure::seconds(format!("{name}.{what}"), time);
        let has_budget = messages == BUDGET_MESSAGES;
        if has_budget {
            figure.budget(BUDGET_S)
        } else {
            figure
        }
        .print();
    }
}

async fn all_unread(events: &mut EventStream, messages: u32, begun: Instant) -> Duration {
    while let Some(event) = events.next().await {
        if matches!(&event, Event::Conversation(chat) if chat.unread >= messages) {
            break;
        }
    }
    begun.elapsed()
}

async fn all_delivered(alice: &Person, bob: &Person, events: &mut EventStream, begun: Instant) -> Duration {
    let chat = alice.chat_with(bob);
    while let Some(event) = events.next().await {
        let last = match event {
            Event::Conversation(chat) => chat.last,
            Event::Reload => alice.sees_chat(chat).await.last,
            _ => continue,
        };
        if last.is_some_and(|row| row.state >= Some(DeliveryState::Delivered)) {
            break;
        }
    }
    begun.elapsed()
}
