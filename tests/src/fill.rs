//! Profiles with as many messages as a person writes in years, made in minutes: real engines write real entries into
//! real stores, half of them by the contact and accepted over sync, but hundreds share one commit.
//!
//! A filled profile is kept below the build's folder and used again by the next bench.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "bench code: what cannot go on says where"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use kith_crypto::VaultParams;
use kith_node::{
    Anchor, Command, Reply,
    id::ConversationId,
    input::Input,
    profile::{self, NewProfile, Unlocked},
    store::MemoryStore,
};

use crate::{
    pair::{Hand, Pair, Side},
    world::{PASSPHRASE, now_ms, randomness},
};

/// So many writes share a commit.
const GROUP: usize = 4_000;
/// Between two messages, milliseconds: a thousand a day.
const STEP_MS: u64 = 86_400;
/// A day, milliseconds.
const DAY_MS: u64 = 86_400_000;
/// How many of the newest rows are left unread, as far as they are the contact's.
const UNREAD_ROWS: u32 = 400;
/// In a crowded profile: how many contacts write a lot, how much that is, and what the others write.
const TALKATIVE: usize = 10;
const MANY_MESSAGES: u64 = 300;
const FEW_MESSAGES: u64 = 3;
/// The name of the filled profile's folder.
const NAME: &str = "filled";

/// How many messages a profile of a bench is filled with: the numbers given as arguments, or 100,000 and 1,000,000.
pub fn sizes() -> Vec<u64> {
    let given: Vec<u64> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    if given.is_empty() {
        vec![100_000, 1_000_000]
    } else {
        given
    }
}

/// A filled profile.
#[derive(Clone, Debug)]
pub struct Filled {
    /// The folder in which profiles lie, as `kith --data` wants its parent.
    pub data: PathBuf,
    /// The profile's own folder.
    pub profile: PathBuf,
    /// The conversation that holds everything.
    pub conversation: ConversationId,
}

/// A profile with `messages` messages with one contact below `folder`, made if it is not there yet.
///
/// # Panics
/// If it cannot be made.
pub fn filled(folder: &Path, messages: u64) -> Filled {
    let data = folder.join(format!("filled-{messages}"));
    let mark = data.join("conversation");
    let conversation = match fs::read_to_string(&mark) {
        Ok(text) => text.parse().expect("the mark names a conversation"),
        Err(_) => {
            // What a run that was interrupted left behind.
            let _ = fs::remove_dir_all(&data);
            let conversation = fill(&data, messages);
            fs::write(&mark, conversation.to_string()).expect("the mark is written");
            conversation
        }
    };
    Filled {
        profile: data.join("profiles").join(NAME),
        data,
        conversation,
    }
}

/// The folder of a profile with `contacts` contacts below `folder`, all of them away, made if it is not there yet. Each
/// conversation has a few messages; the first ten have some hundred.
///
/// # Panics
/// If it cannot be made.
pub fn crowded(folder: &Path, contacts: usize) -> PathBuf {
    let data = folder.join(format!("crowded-{contacts}"));
    let mark = data.join("complete");
    let profile = data.join("profiles").join(NAME);
    if !mark.exists() {
        // What a run that was interrupted left behind.
        let _ = fs::remove_dir_all(&data);
        let start_ms = now_ms() - DAY_MS;
        let own = made(&profile, "Asha", start_ms);
        let stores: Vec<MemoryStore> = (0..contacts).map(|_| MemoryStore::new()).collect();
        let side = Side::new(own.identity.clone(), "Asha", own.store.as_ref(), GROUP, start_ms);
        let mut side = Pair::befriended_by_many(side, &stores, start_ms, |place, pair| {
            let messages = if place < TALKATIVE {
                MANY_MESSAGES
            } else {
                FEW_MESSAGES
            };
            for number in 0..messages {
                let (conversation, text) = (pair.conversation(), text(number));
                let writer = if number % 2 == 0 {
                    &mut pair.alice
                } else {
                    &mut pair.bob
                };
                writer.sends(conversation, text, start_ms);
                pair.settle(Hand::All, start_ms);
            }
        });
        side.commit();
        fs::write(&mark, "").expect("the mark is written");
    }
    profile
}

fn fill(data: &Path, messages: u64) -> ConversationId {
    let end_ms = now_ms();
    let start_ms = end_ms - messages * STEP_MS;
    let away = data.join("contact");
    let own = made(&data.join("profiles").join(NAME), "Asha", start_ms);
    let contact = made(&away, "Ben", start_ms);
    let own_side = Side::new(own.identity.clone(), "Asha", own.store.as_ref(), GROUP, start_ms);
    let contact_side = Side::new(
        contact.identity.clone(),
        "Ben",
        contact.store.as_ref(),
        GROUP,
        start_ms,
    );
    let mut pair = Pair::befriended(own_side, contact_side, start_ms);
    let conversation = pair.conversation();
    pair.unlink(start_ms);
    let mut day = start_ms / DAY_MS;
    for number in 0..messages {
        let at_ms = start_ms + number * STEP_MS;
        let writer = if number % 2 == 0 {
            &mut pair.alice
        } else {
            &mut pair.bob
        };
        writer.sends(conversation, text(number), at_ms);
        if at_ms / DAY_MS > day {
            day = at_ms / DAY_MS;
            for side in [&mut pair.alice, &mut pair.bob] {
                side.flushed(at_ms);
                side.input(Input::Timer, at_ms);
                side.wishes.clear();
            }
        }
    }
    pair.link(end_ms);
    pair.settle(Hand::NoBulkFromAlice, end_ms);
    read(&mut pair.alice, conversation, end_ms);
    pair.alice.commit();
    drop(pair);
    drop(contact);
    let _ = fs::remove_dir_all(away);
    conversation
}

fn made(dir: &Path, name: &str, now_ms: u64) -> Unlocked {
    fs::create_dir_all(dir.parent().expect("a folder to make profiles in")).expect("the folder is made");
    let new = NewProfile {
        name: name.into(),
        passphrase: PASSPHRASE.to_owned().into(),
        words: None,
    };
    let made = profile::create(dir, &new, VaultParams::for_tests(), now_ms, &mut randomness());
    made.expect("a profile").0
}

/// Everything but the newest rows was read.
fn read(side: &mut Side<'_>, conversation: ConversationId, now_ms: u64) {
    let newest = Command::GetMessages {
        conversation,
        anchor: Anchor::Newest,
        before: UNREAD_ROWS,
        after: 0,
    };
    let Reply::Page(page) = side.does(newest, now_ms) else {
        panic!("no page");
    };
    if let Some(row) = page.messages.first() {
        let up_to = row.position;
        side.does(Command::MarkRead { conversation, up_to }, now_ms);
    }
}

/// A text as people write them: mostly a few words, now and then a paragraph.
fn text(number: u64) -> String {
    const WORDS: [&str; 16] = [
        "and",
        "then",
        "we",
        "should",
        "meet",
        "at",
        "the",
        "station",
        "tomorrow",
        "evening",
        "because",
        "nobody",
        "has",
        "seen",
        "it",
        "नमस्ते",
    ];
    // A multiplicative hash (Knuth): texts differ, and each run writes the same ones.
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let words = if state >> 60 == 0 {
        60
    } else {
        2 + (state >> 40) % 14
    };
    let mut text = format!("{number}:");
    for _ in 0..words {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        let word = usize::try_from(state >> 60).unwrap_or_default();
        text.push(' ');
        text.push_str(WORDS.get(word).copied().unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_profile_holds_what_both_wrote() {
        let folder = tempfile::tempdir().expect("a folder");
        let filled = filled(folder.path(), 300);
        let unlocked = profile::unlock(&filled.profile, PASSPHRASE, &mut randomness()).expect("it opens");
        let mut side = Side::new(
            unlocked.identity.clone(),
            "Asha",
            unlocked.store.as_ref(),
            1,
            now_ms(),
        );
        let page = Command::GetMessages {
            conversation: filled.conversation,
            anchor: Anchor::Newest,
            before: 500,
            after: 0,
        };
        let Reply::Page(page) = side.does(page, now_ms()) else {
            panic!("no page");
        };
        let mine = page
            .messages
            .iter()
            .filter(|row| row.mine && row.state.is_some())
            .count();
        assert_eq!(mine, 150);
        assert_eq!(
            page.messages.iter().filter(|row| !row.mine).count(),
            151,
            "with the notice"
        );
    }
}
