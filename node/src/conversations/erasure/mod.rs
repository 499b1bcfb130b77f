//! Bodies: the one door through which an entry is saved, and how its body is erased while its header stays.
//!
//! The disk keeps what was written long after it was replaced. So a body is kept under a key that can be forgotten: each
//! stretch of a content log has one (`segments`), those that expire in the same hour have a second one in common
//! (`fading`), and both are given out and retired by number (`retiring`). Erasing writes the entry without its body. Soon
//! after, the rest of its stretch is written under another key; once that is durable the old key is dropped.
//!
//! Control entries hold no words, and headers stay: those are kept as everything else is. Whether a body may be erased, and
//! who is told, is for the callers to decide.

mod fading;
mod retiring;
mod segments;
#[cfg(test)]
mod tests;

use kith_crypto::{LogId, LogKind};

use super::timers;
use crate::{
    records::{Conversation, EntryRecord, SetAside, content_log},
    store::Keep,
    turn::{Step, Turn},
};

/// Whatever is due is looked at this often at least, milliseconds: what was wished for in a turn that came to nothing is
/// found again.
const LOOK_EVERY_MS: u64 = 60 * 60_000;

/// Saves an entry, so that its body can be erased later. Of one that has expired only the header is kept.
pub(crate) fn save_entry(turn: &mut Turn, entry: &EntryRecord) -> Step {
    if entry.body.is_none() || entry.log.kind == LogKind::Control {
        return turn.save(entry);
    }
    let due_ms = timers::deadline_of(turn, entry)?;
    if due_ms.is_some_and(|due_ms| due_ms <= turn.now_ms) {
        return turn.save(&EntryRecord {
            body: None,
            ..entry.clone()
        });
    }
    let key = segments::key_of(turn, &entry.conversation, &entry.log, entry.seq)?;
    let keep = match due_ms {
        None => Keep::UntilForgotten(key),
        Some(due_ms) => Keep::UntilEither(key, fading::note(turn, entry, due_ms)?),
    };
    turn.save_for(entry, keep)
}

/// Saves words that were set aside and are part of no log, under the key of the log that they were taken out of.
pub(crate) fn save_aside(turn: &mut Turn, aside: &SetAside) -> Step {
    let log = content_log(aside.device);
    let key = segments::key_of(turn, &aside.conversation, &log, aside.seq)?;
    turn.save_for(aside, Keep::UntilForgotten(key))
}

/// Words that were set aside are not needed any more, here or at all: they become unreadable.
pub(crate) fn erase_aside(turn: &mut Turn, aside: &SetAside) -> Step {
    turn.remove(SetAside::at(&aside.conversation, &aside.position));
    segments::wear(turn, &aside.conversation, &content_log(aside.device), aside.seq)
}

/// The bodies of the entries at these places become unreadable; their headers stay. Nothing happens where a body was
/// erased before, or no entry is.
pub(crate) fn erase(turn: &mut Turn, conversation: &Conversation, places: &[(LogId, u64)]) -> Step {
    for (log, seq) in places {
        let known = turn.load::<EntryRecord>(&EntryRecord::at(&conversation.id, log, *seq))?;
        let Some(entry) = known.filter(|entry| entry.body.is_some()) else {
            continue;
        };
        // What has expired goes with the key of its hour.
        if log.kind == LogKind::Content && !is_over(turn, &entry)? {
            segments::wear(turn, &conversation.id, log, *seq)?;
        }
        turn.save(&EntryRecord { body: None, ..entry })?;
    }
    Ok(())
}

/// Whether the time of an entry's body is over: nobody is shown it any more.
fn is_over(turn: &Turn, entry: &EntryRecord) -> Step<bool> {
    Ok(timers::deadline_of(turn, entry)?.is_some_and(|due_ms| due_ms <= turn.now_ms))
}

/// At the start: whatever is due is done now.
pub(crate) fn start(turn: &mut Turn) -> Step {
    turn.live.erasure_at_ms = 0;
    tick(turn)
}

/// After a damaged store was rescued.
pub(crate) fn after_damage(turn: &mut Turn) -> Step {
    retiring::after_damage(turn)
}

/// Bodies expire, stretches of which something was erased get another key, and keys that could not be dropped are asked
/// for again.
pub(crate) fn tick(turn: &mut Turn) -> Step {
    if turn.now_ms < turn.live.erasure_at_ms {
        return Ok(());
    }
    turn.live.erasure_at_ms = turn.now_ms.saturating_add(LOOK_EVERY_MS);
    retiring::tidy(turn)?;
    segments::freshen(turn)?;
    fading::expire(turn)
}

/// When to look next, unix milliseconds.
pub(crate) fn next_at_ms(turn: &Turn) -> u64 {
    turn.live.erasure_at_ms
}

fn look_again(turn: &mut Turn, at_ms: u64) {
    turn.live.erasure_at_ms = turn.live.erasure_at_ms.min(at_ms);
}
