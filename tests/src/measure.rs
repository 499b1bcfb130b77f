//! What several benches and tests measure alike: messages between two people, one at a time; what an envelope adds.

#![allow(clippy::expect_used, reason = "bench code: what cannot go on says where")]

use std::time::{Duration, Instant};

use kith_node::{Event, EventStream, id::EntryId, input::NetEvent, view::DeliveryState};

use crate::{
    figures::Times,
    pair::Pair,
    world::{Person, says},
};

/// Before the first message that counts.
pub const WARM_UP: usize = 50;

/// How long messages took.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Until the receiver's listener was told of the row; by then the sender's disk had it, since nothing leaves before.
    pub shown: Times,
    /// Until the sender learned that it is durable at the receiver as well: the way back is in it.
    pub durable: Times,
}

impl Taken {
    /// Both, with their names in figures.
    pub fn named(self) -> [(&'static str, Times); 2] {
        [("shown", self.shown), ("durable", self.durable)]
    }
}

/// The text of a message of a bench.
pub fn text(number: usize) -> String {
    format!("message number {number}, as long as most")
}

/// Sends so many messages after [`WARM_UP`] others, each when the one before is durable and `rest` is over, which is told
/// the message's number.
pub async fn messages(
    from: &Person,
    to: &Person,
    count: usize,
    mut rest: impl FnMut(usize) -> Duration,
) -> Taken {
    let mut screen = to.node().subscribe();
    let mut ticks = from.node().subscribe();
    let mut taken = Taken::default();
    for number in 0..WARM_UP + count {
        let pause = rest(number);
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let begun = Instant::now();
        let sent = from.sends(to, &text(number)).await;
        let (shown, durable) = tokio::join!(
            reaches(&mut screen, sent.id, None, begun),
            reaches(&mut ticks, sent.id, Some(DeliveryState::Delivered), begun),
        );
        if number >= WARM_UP {
            taken.shown.push(shown);
            taken.durable.push(durable);
        }
    }
    taken
}

/// Since `begun`, until a listener hears that a message has come this far.
async fn reaches(
    events: &mut EventStream,
    id: EntryId,
    state: Option<DeliveryState>,
    begun: Instant,
) -> Duration {
    loop {
        let event = events.next().await.expect("the node runs");
        if matches!(&event, Event::Message(row) if row.id == id && row.state >= state) {
            return begun.elapsed();
        }
    }
}

/// Waits until so many messages of somebody wait to be read.
pub async fn all_unread(person: &Person, events: &mut EventStream, from: &Person, messages: usize) {
    let chat = person.chat_with(from);
    loop {
        let unread = match events.next().await.expect("the node runs") {
            Event::Conversation(chat) => chat.unread,
            Event::Reload => person.sees_chat(chat).await.unread,
            _ => continue,
        };
        if usize::try_from(unread).is_ok_and(|unread| unread >= messages) {
            return;
        }
    }
}

/// Waits until somebody's device has acknowledged the last message, and with it all before it.
pub async fn all_delivered(person: &Person, events: &mut EventStream, to: &Person, last: &str) {
    let chat = person.chat_with(to);
    loop {
        let newest = match events.next().await.expect("the node runs") {
            Event::Conversation(chat) => chat.last,
            Event::Reload => person.sees_chat(chat).await.last,
            _ => continue,
        };
        if newest.is_some_and(|row| says(&row, last) && row.state >= Some(DeliveryState::Delivered)) {
            return;
        }
    }
}

/// The most that an envelope may have beside its padded text, bytes.
pub const ENVELOPE_OVERHEAD_BYTES: usize = 360;

/// The size of the envelope that carries a text of so many bytes from Alice to Bob.
pub fn envelope_bytes(pair: &mut Pair<'_>, text_bytes: usize, now_ms: u64) -> usize {
    match pair.written("a".repeat(text_bytes), now_ms) {
        NetEvent::Gossip { data, .. } => data.len(),
        _ => 0,
    }
}

/// What the envelope of a text has beside that text and its padding, bytes. The padded text is as long as the longest one
/// whose envelope is no larger: on the wire nobody can tell them apart.
pub fn envelope_overhead_bytes(pair: &mut Pair<'_>, text_bytes: usize, now_ms: u64) -> usize {
    let size = envelope_bytes(pair, text_bytes, now_ms);
    let (mut fits, mut too_long) = (text_bytes, size);
    while too_long - fits > 1 {
        let tried = fits.midpoint(too_long);
        if envelope_bytes(pair, tried, now_ms) > size {
            too_long = tried;
        } else {
            fits = tried;
        }
    }
    size - fits
}
