//! What was read: the mark moves, and what lies before it is acknowledged as shown.
//!
//! Nothing here walks the rows between two marks: there may be a million. The rows of one log stand in the order of its
//! numbers, since an author stamps whatever it writes after what it wrote before. So where a place parts a log is found
//! by halving. An author that stamps otherwise than it numbers only makes its own count wrong, until all is read.

use kith_crypto::{DeviceId, LogKind, SignedHeader};

use super::{lacking, owner, receipts, silences};
use crate::{
    event::Event,
    position::Position,
    records::{Conversation, EntryRecord, LogRecord, Receipts},
    turn::{Step, Turn},
};

/// Moves the read mark to `up_to` and acknowledges what lies before it as shown.
pub(crate) fn mark_read(turn: &mut Turn, conversation: &mut Conversation, up_to: Position) -> Step {
    let last = conversation.last.unwrap_or(Position::MIN);
    let up_to = up_to.min(last);
    if up_to <= conversation.read_up_to {
        return Ok(());
    }
    note_shown(turn, conversation, &up_to)?;
    conversation.read_up_to = up_to;
    conversation.unread = unread_after(turn, conversation, &up_to)?;
    turn.save(conversation)?;
    turn.emit(Event::Read {
        conversation: conversation.id,
        unread: conversation.unread,
    });
    receipts::send(turn, conversation)
}

/// Notes as shown what stands up to a place; gives whether that is more than before.
fn note_shown(turn: &mut Turn, conversation: &Conversation, up_to: &Position) -> Step<bool> {
    let device = turn.device();
    let known = turn.load(&Receipts::at(&conversation.id, &device))?;
    let mut own = known.unwrap_or_else(|| Receipts::empty(conversation.id, device));
    let before = own.shown.clone();
    let is_all = conversation.last.is_some_and(|last| *up_to >= last);
    for mut log in content_logs(turn, conversation)? {
        // What is missing before a gap was not shown, whatever was shown behind it; nor were words that are still awaited.
        lacking::stop(turn, conversation, &mut log)?;
        let end = if is_all {
            log.contiguous
        } else {
            last_before(turn, &log, (log.base, log.contiguous), up_to)?
        };
        if end >= log.base {
            let shown = own.shown.entry(log.log.author).or_default();
            *shown = (*shown).max(end);
        }
    }
    let has_moved = own.shown != before;
    turn.save(&own)?;
    Ok(has_moved)
}

/// Words that are awaited no more keep nothing behind them from counting as shown.
pub(crate) fn catch_up(turn: &mut Turn, conversation: &Conversation) -> Step {
    if note_shown(turn, conversation, &conversation.read_up_to)? {
        receipts::send(turn, conversation)?;
    }
    Ok(())
}

/// How many rows of others stand after a place.
pub(crate) fn unread_after(turn: &Turn, conversation: &Conversation, place: &Position) -> Step<u32> {
    if conversation.last.is_none_or(|last| last <= *place) {
        return Ok(0);
    }
    let mut unread = 0u64;
    for log in content_logs(turn, conversation)? {
        if is_ours(turn, conversation, &log.log.author)? {
            continue;
        }
        let held = std::iter::once((log.base, log.contiguous)).chain(log.beyond.iter());
        for (first, last) in held.filter(|(first, last)| first <= last) {
            let before = last_before(turn, &log, (first, last), place)?;
            let silent = silences::count_within(turn, &log, (before.saturating_add(1), last))?;
            unread = unread.saturating_add(last.saturating_sub(before).saturating_sub(silent));
        }
    }
    Ok(u32::try_from(unread).unwrap_or(u32::MAX))
}

fn content_logs(turn: &Turn, conversation: &Conversation) -> Step<Vec<LogRecord>> {
    let mut logs = turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))?;
    logs.retain(|log| log.log.kind == LogKind::Content);
    Ok(logs)
}

fn is_ours(turn: &Turn, conversation: &Conversation, author: &DeviceId) -> Step<bool> {
    Ok(owner(turn, conversation, author)? == Some(turn.me.account))
}

/// The last number of a range of a log whose row is not after a place; the one before the range if all are.
fn last_before(turn: &Turn, log: &LogRecord, (first, last): (u64, u64), place: &Position) -> Step<u64> {
    let (mut before, mut after) = (first.saturating_sub(1), last.saturating_add(1));
    while after.saturating_sub(before) > 1 {
        let middle = before.midpoint(after);
        if is_after(turn, log, middle, place)? {
            after = middle;
        } else {
            before = middle;
        }
    }
    Ok(before)
}

fn is_after(turn: &Turn, log: &LogRecord, seq: u64, place: &Position) -> Step<bool> {
    let entry = turn.load::<EntryRecord>(&EntryRecord::at(&log.conversation, &log.log, seq))?;
    let Some(entry) = entry else { return Ok(false) };
    let at = SignedHeader::open_trusted(&entry.header)?.header().at;
    Ok(Position::new(&log.conversation, at, &log.log.author, seq) > *place)
}
