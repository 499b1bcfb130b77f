//! Damage that leaves more gaps in one log than a frontier can name: they are filled all the same, part after part, nobody is
//! blamed, and what is written meanwhile arrives.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_crypto::DeviceId;
use kith_node::{
    Anchor, Command, Reply,
    effects::Transmit,
    id::ConversationId,
    input::{Input, Lane},
    store::{Batch, Key, MemoryStore, Scope, Store as _, Suffix, Table},
    view::{BodyView, DamageView},
};
use kith_tests::{
    pair::{Hand, Pair, Side},
    telling::{NOW_MS, alice, bob, identity},
};

/// How many messages Alice wrote before the damage.
const MESSAGES: u64 = 900;
/// How many of them are lost: every other one of the first.
const LOST: u64 = 300;

/// All texts that somebody sees, oldest first.
fn all_texts(side: &mut Side<'_>, conversation: ConversationId, now_ms: u64) -> Vec<String> {
    let (mut texts, mut anchor) = (Vec::new(), Anchor::Newest);
    loop {
        let page = Command::GetMessages {
            conversation,
            anchor,
            before: 500,
            after: 0,
        };
        let Reply::Page(page) = side.does(page, now_ms) else {
            panic!("no page");
        };
        let Some(first) = page.messages.first() else { break };
        anchor = Anchor::At {
            position: first.position,
        };
        let mut older: Vec<String> = Vec::new();
        for row in page.messages {
            if let BodyView::Text { text } = row.body {
                older.push(text);
            }
        }
        older.append(&mut texts);
        texts = older;
    }
    texts
}

/// Every other message of the first of a log of Alice's is gone with a part of the disk.
fn loses(store: &MemoryStore, conversation: ConversationId, author: DeviceId) -> DamageView {
    let scope = Scope::new(Table::Entry)
        .with(conversation.as_bytes())
        .with(author.as_bytes())
        .with(&[1]);
    let mut batch = Batch::new();
    for number in 1..=LOST {
        batch.delete(Key::new(scope.clone(), Suffix::number(number * 2)));
    }
    store.commit(&batch).expect("the store commits");
    store.flush().expect("the store flushes");
    DamageView {
        kept_at: None,
        records_recovered: 1_000,
        records_lost_at_least: LOST,
    }
}

/// Alice wrote much, and Bob has all of it.
fn much_was_said(a: &MemoryStore, b: &MemoryStore, now_ms: &mut u64) -> (ConversationId, Vec<String>) {
    let mut pair = Pair::befriended(alice(a, 1, *now_ms), bob(b, *now_ms), *now_ms);
    let conversation = pair.conversation();
    pair.unlink(*now_ms);
    for number in 1..=MESSAGES {
        *now_ms += 10;
        pair.alice.sends(conversation, format!("word {number}"), *now_ms);
        pair.alice.wishes.clear();
    }
    pair.link(*now_ms);
    steps(&mut pair, Hand::All, 8, now_ms);
    let said: Vec<String> = (1..=MESSAGES).map(|number| format!("word {number}")).collect();
    assert_eq!(all_texts(&mut pair.bob, conversation, *now_ms), said);
    (conversation, said)
}

/// Time passes, and what is said is handed over. Nobody is cut off for it.
fn steps(pair: &mut Pair<'_>, hand: Hand, steps: u64, now_ms: &mut u64) {
    for _ in 0..steps {
        *now_ms += 250;
        for side in [&mut pair.alice, &mut pair.bob] {
            side.input(Input::Timer, *now_ms);
            side.flushed(*now_ms);
        }
        while let Some((wish, from_alice)) = pair.next_wish() {
            let other = if from_alice { &pair.bob } else { &pair.alice };
            if let Transmit::Forget { device } = &wish {
                assert!(*device != other.device, "somebody is blamed");
            }
            let is_bulk = matches!(&wish, Transmit::Send { lane: Lane::Sync, .. });
            if !(is_bulk && from_alice && hand == Hand::NoBulkFromAlice) {
                pair.hand(wish, from_alice, *now_ms);
            }
        }
    }
}

#[test]
fn more_gaps_than_a_frontier_names_are_filled_by_their_author_and_new_words_arrive_meanwhile() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut now_ms = NOW_MS;
    let (conversation, mut said) = much_was_said(&a, &b, &mut now_ms);
    let damage = loses(&b, conversation, identity(1, 1).device.id());
    let rescued = Side::with_damage(identity(2, 3), "Bob", &b, (1, now_ms), Some(damage));
    let mut pair = Pair::met_before(alice(&a, 1, now_ms), rescued);
    pair.link(now_ms);
    // Gossip is faster than the filling.
    steps(&mut pair, Hand::NoBulkFromAlice, 16, &mut now_ms);
    let left = all_texts(&mut pair.bob, conversation, now_ms);
    assert_eq!(left.len(), said.len() - LOST as usize);
    let news = pair.written("news".into(), now_ms);
    pair.bob.input(Input::Net(news), now_ms);
    said.push("news".into());
    let seen = all_texts(&mut pair.bob, conversation, now_ms);
    assert_eq!(seen.last().map(String::as_str), Some("news"));
    // The link of before has lost what was to fill the gaps.
    pair.unlink(now_ms);
    pair.link(now_ms);
    steps(&mut pair, Hand::All, 16, &mut now_ms);
    assert_eq!(all_texts(&mut pair.bob, conversation, now_ms), said);
    assert_eq!(all_texts(&mut pair.alice, conversation, now_ms), said);
}

#[test]
fn more_gaps_in_ones_own_log_than_a_frontier_names_are_filled_by_the_contact() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut now_ms = NOW_MS;
    let (conversation, said) = much_was_said(&a, &b, &mut now_ms);
    let damage = loses(&a, conversation, identity(1, 1).device.id());
    let rescued = Side::with_damage(identity(1, 3), "Alice", &a, (1, now_ms), Some(damage));
    let mut pair = Pair::met_before(rescued, bob(&b, now_ms));
    pair.link(now_ms);
    steps(&mut pair, Hand::All, 16, &mut now_ms);
    assert_eq!(all_texts(&mut pair.alice, conversation, now_ms), said);
    assert_eq!(all_texts(&mut pair.bob, conversation, now_ms), said);
}
