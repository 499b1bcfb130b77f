//! Entries of content logs that are held and are no messages to anybody: deletions, and what has no words here.
//!
//! They have no row, or none that can be unread, so they are taken off when the unread are counted from the numbers of a
//! log. There may be as many as somebody likes to send, hence a record for each 256 numbers and not one for each.

use kith_crypto::{ConversationId, LogId};

use crate::{
    records::{Cleared, LogRecord, Silent},
    store::{Bounds, Order},
    turn::{Step, Turn},
};

/// An entry is no message.
pub(crate) fn add(turn: &mut Turn, conversation: &ConversationId, log: &LogId, seq: u64) -> Step {
    let mut silent = load(turn, conversation, log, seq)?;
    if silent.insert(seq) {
        turn.save(&silent)?;
    }
    Ok(())
}

/// An entry is a message after all, or is not held any more.
pub(crate) fn remove(turn: &mut Turn, conversation: &ConversationId, log: &LogId, seq: u64) -> Step {
    let mut silent = load(turn, conversation, log, seq)?;
    if silent.remove(seq) {
        turn.save(&silent)?;
    }
    Ok(())
}

fn load(turn: &Turn, conversation: &ConversationId, log: &LogId, seq: u64) -> Step<Silent> {
    let stretch = Silent::stretch_of(seq);
    let known = turn.load::<Silent>(&Silent::at(conversation, &log.author, stretch))?;
    Ok(known.unwrap_or_else(|| Silent::empty(*conversation, log.author, stretch)))
}

/// How many entries of a range of a log are no messages, with those that were deleted with the whole conversation.
pub(crate) fn count_within(turn: &Turn, log: &LogRecord, (first, last): (u64, u64)) -> Step<u64> {
    if first > last {
        return Ok(0);
    }
    let cleared = turn.load::<Cleared>(&Cleared::at(&log.conversation, &log.log))?;
    let cleared = cleared.map(|cleared| cleared.seqs).unwrap_or_default();
    let scope = Silent::scope(&log.conversation, &log.log.author);
    let stretches = Bounds::numbers(Silent::stretch_of(first), Silent::stretch_of(last));
    let mut count = cleared.count_within(first, last);
    for silent in turn.scan::<Silent>(&scope, &stretches, Order::Ascending, usize::MAX)? {
        let seqs = silent.seqs().filter(|seq| (first..=last).contains(seq));
        count = count.saturating_add(seqs.filter(|seq| !cleared.contains(*seq)).count() as u64);
    }
    Ok(count)
}
