//! Where the read mark goes, against a model that walks every row: what is unread, and what is acknowledged as shown.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::collections::BTreeSet;

use kith_node::{
    Command, Position, Reply,
    effects::Transmit,
    id::{ConversationId, DeviceId},
    input::Input,
    store::MemoryStore,
    view::{BodyView, MessageView},
};
use kith_tests::{
    mallory::Frame,
    pair::{Hand, Pair, Side},
    telling::{NOW_MS, alice, bob, rows},
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

/// Which of Bob's words a row is; `None` for all others.
fn number(row: &MessageView) -> Option<u64> {
    match &row.body {
        BodyView::Text { text } if !row.mine => text.parse().ok(),
        _ => None,
    }
}

fn unread(side: &mut Side<'_>, conversation: ConversationId, now_ms: u64) -> u32 {
    match side.does(Command::GetConversation { conversation }, now_ms) {
        Reply::Conversation(view) => view.unread,
        other => panic!("no conversation: {other:?}"),
    }
}

/// What the newest receipt that waits to go out says was shown of `author`'s words.
fn said_shown(side: &Side<'_>, author: DeviceId) -> Option<u64> {
    let frames = side.wishes.iter().rev().filter_map(|wish| match wish {
        Transmit::Send { frame, .. } => postcard::from_bytes(frame).ok(),
        _ => None,
    });
    frames
        .filter_map(|frame| match frame {
            Frame::Receipt { shown, .. } => Some(shown),
            _ => None,
        })
        .map(|shown| {
            shown
                .iter()
                .find(|(of, _)| *of == author)
                .map_or(0, |(_, seq)| *seq)
        })
        .next()
}

/// The model: what a person who walks every row knows.
#[derive(Default)]
struct Model {
    /// Up to here everything was shown.
    mark: Option<Position>,
    /// Rows seen so far.
    known: BTreeSet<Position>,
    /// What is acknowledged as shown of Bob's words.
    shown: u64,
}

impl Model {
    fn marks(&mut self, rows: &[MessageView], up_to: Position) {
        if self.mark.is_some_and(|mark| up_to <= mark) {
            return;
        }
        let held: Vec<u64> = rows.iter().filter_map(number).collect();
        let whole = (1..).take_while(|seq| held.contains(seq)).last().unwrap_or(0);
        let read = rows.iter().filter(|row| row.position <= up_to);
        let newest = read.filter_map(number).max().unwrap_or(0);
        self.shown = self.shown.max(newest.min(whole));
        self.mark = Some(up_to);
    }

    /// Takes note of all rows, and gives how many are unread: what came late took the mark back to before it.
    fn unread(&mut self, rows: &[MessageView]) -> usize {
        let late = rows
            .iter()
            .filter(|row| number(row).is_some() && !self.known.contains(&row.position));
        let earliest = late.map(|row| row.position).min();
        if let Some(earliest) = earliest.filter(|place| self.mark.is_some_and(|mark| *place <= mark)) {
            let before = rows.iter().filter(|row| row.position < earliest);
            self.mark = before.map(|row| row.position).next_back();
        }
        self.known.extend(rows.iter().map(|row| row.position));
        let after = rows.iter().filter(|row| Some(row.position) > self.mark);
        after.filter_map(number).count()
    }
}

/// Bob's words arrive with gaps, late and in order; Alice writes between them and marks what she likes as read.
fn tell(seed: u8) {
    let mut dice = ChaCha20Rng::from_seed([seed; 32]);
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut pair = Pair::befriended(alice(&a, 1, NOW_MS), bob(&b, NOW_MS), NOW_MS);
    let conversation = pair.conversation();
    let (mut written, mut now_ms, mut model) = (0u64, NOW_MS, Model::default());
    for _ in 0..150 {
        now_ms += u64::from(dice.next_u32() % 40);
        match dice.next_u32() % 10 {
            0..5 => {
                written += 1;
                pair.bob.sends(conversation, written.to_string(), now_ms);
                if dice.next_u32().is_multiple_of(3) {
                    pair.bob.wishes.clear();
                }
            }
            5 => pair.alice.sends(conversation, "and I".into(), now_ms),
            6 => {
                now_ms += 2_000;
                pair.alice.input(Input::Timer, now_ms);
                pair.bob.input(Input::Timer, now_ms);
            }
            _ => marks_some(&mut pair, &mut model, &mut dice, now_ms),
        }
        pair.settle(Hand::All, now_ms);
        let all = rows(&mut pair.alice, conversation, now_ms);
        let left = unread(&mut pair.alice, conversation, now_ms) as usize;
        assert_eq!(left, model.unread(&all), "seed {seed}");
    }
    assert!(written > 20 && model.shown > 5, "seed {seed} tells too little");
}

/// Alice has read up to the newest row, or to any.
fn marks_some(pair: &mut Pair<'_>, model: &mut Model, dice: &mut ChaCha20Rng, now_ms: u64) {
    let conversation = pair.conversation();
    let all = rows(&mut pair.alice, conversation, now_ms);
    let any = dice.next_u32() as usize % all.len();
    let to_newest = dice.next_u32().is_multiple_of(3);
    let at = if to_newest { all.last() } else { all.get(any) };
    let up_to = at.unwrap().position;
    model.marks(&all, up_to);
    pair.alice.does(Command::MarkRead { conversation, up_to }, now_ms);
    if let Some(said) = said_shown(&pair.alice, pair.bob.device) {
        assert_eq!(said, model.shown);
    }
}

#[test]
fn marks_agree_with_a_walk_over_every_row() {
    (0..24).for_each(tell);
}
