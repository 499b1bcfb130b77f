//! Alice and Bob in one hand, as the stories of old copies tell of them: who they are, what each sees, and time passing.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_crypto::{AccountKey, DeviceKey, Identity};
use kith_node::{
    Anchor, Command, Reply,
    id::ConversationId,
    input::Input,
    store::MemoryStore,
    view::{BodyView, DeliveryState, MessageView, ProfileView},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use crate::pair::{Hand, Pair, Side};

/// When stories begin, unix milliseconds.
pub const NOW_MS: u64 = 1_800_000_000_000;

/// The person with this number, on their device with that one.
pub fn identity(person: u8, device: u8) -> Identity {
    let account = AccountKey::generate(&mut ChaCha20Rng::from_seed([person; 32]));
    Identity {
        account: account.id(),
        device: DeviceKey::generate(&mut ChaCha20Rng::from_seed([device; 32])),
        account_key: Some(account),
    }
}

/// Alice, on her device with this number.
pub fn alice<'s>(store: &'s MemoryStore, device: u8, now_ms: u64) -> Side<'s> {
    Side::new(identity(1, device), "Alice", store, 1, now_ms)
}

/// Bob.
pub fn bob<'s>(store: &'s MemoryStore, now_ms: u64) -> Side<'s> {
    Side::new(identity(2, 2), "Bob", store, 1, now_ms)
}

/// The newest rows that somebody sees.
pub fn rows(side: &mut Side<'_>, conversation: ConversationId, now_ms: u64) -> Vec<MessageView> {
    let page = Command::GetMessages {
        conversation,
        anchor: Anchor::Newest,
        before: 500,
        after: 0,
    };
    match side.does(page, now_ms) {
        Reply::Page(page) => page.messages,
        other => panic!("no page: {other:?}"),
    }
}

/// The texts that somebody sees, with the ticks of their own.
pub fn said(
    side: &mut Side<'_>,
    conversation: ConversationId,
    now_ms: u64,
) -> Vec<(String, Option<DeliveryState>)> {
    let rows = rows(side, conversation, now_ms).into_iter();
    rows.filter_map(|row| match row.body {
        BodyView::Text { text } => Some((text, row.state)),
        _ => None,
    })
    .collect()
}

/// The texts that somebody sees.
pub fn texts(side: &mut Side<'_>, conversation: ConversationId, now_ms: u64) -> Vec<String> {
    let said = said(side, conversation, now_ms).into_iter();
    said.map(|(text, _)| text).collect()
}

/// How far the last message with this text has come.
pub fn state(
    side: &mut Side<'_>,
    conversation: ConversationId,
    text: &str,
    now_ms: u64,
) -> Option<DeliveryState> {
    let said = said(side, conversation, now_ms).into_iter();
    said.filter(|(known, _)| known == text)
        .map(|(_, state)| state)
        .next_back()
        .unwrap()
}

/// What somebody sees of themselves.
pub fn profile(side: &mut Side<'_>, now_ms: u64) -> ProfileView {
    match side.does(Command::GetProfile {}, now_ms) {
        Reply::Profile(profile) => profile,
        other => panic!("no profile: {other:?}"),
    }
}

/// Whether somebody is shown that a log was forked.
pub fn is_accused(side: &mut Side<'_>, conversation: ConversationId, now_ms: u64) -> bool {
    let rows = rows(side, conversation, now_ms);
    rows.iter()
        .any(|row| matches!(row.body, BodyView::Equivocation { .. }))
}

/// Lets time pass with the link up, and asks again and again that no tick is ahead of the truth.
pub fn pass(pair: &mut Pair<'_>, now_ms: &mut u64, steps: u64) {
    let conversation = pair.conversation();
    for _ in 0..steps {
        *now_ms += 250;
        for side in [&mut pair.alice, &mut pair.bob] {
            side.input(Input::Timer, *now_ms);
            side.flushed(*now_ms);
        }
        pair.settle(Hand::All, *now_ms);
        let held = texts(&mut pair.bob, conversation, *now_ms);
        for (text, state) in said(&mut pair.alice, conversation, *now_ms) {
            if state >= Some(DeliveryState::Delivered) {
                assert!(held.contains(&text), "“{text}” is ticked, and Bob never saw it");
            }
        }
    }
}
