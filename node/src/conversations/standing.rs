//! How an entry that came by mail stands to its log: whether it goes on, waits for what is before it, or is of no use.
//!
//! Sync asks for what is missing and is told of two branches; mail is neither asked for nor answered by its author.

use kith_crypto::Entry;

use super::{
    accept::{contradicts, held},
    aside, owner,
};
use crate::{
    contacts::lists,
    records::{Conversation, LogRecord},
    turn::{Step, Turn},
};

/// How an entry stands to what we hold of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It contradicts none of it, and is here already, or the first, or names the one before it, which we hold.
    GoesOn,
    /// The one before it is not here. Once it is, this one may be taken.
    Behind,
    /// It is of no log that we would take it into: it contradicts what we hold, or the log has ended.
    Apart,
}

/// Whether an entry goes on from what we hold of its log.
pub(crate) fn of(turn: &Turn, conversation: &Conversation, entry: &Entry) -> Step<Standing> {
    let header = entry.header.header();
    let log_id = header.log_id();
    let known = turn.load(&LogRecord::at(&conversation.id, &log_id))?;
    let log = known.unwrap_or_else(|| LogRecord::empty(conversation.id, log_id));
    if contradicts(turn, &log, &entry.header)? {
        return Ok(Standing::Apart);
    }
    let is_beyond = log.closed_at.is_some_and(|end| header.seq > end);
    let left = match is_beyond {
        true => left_mail_after(turn, conversation, entry)?,
        false => None,
    };
    let before = header.seq.saturating_sub(1);
    // What is before what its account lost is said anew, under other numbers: that is no gap to wait for.
    let is_first_lost = left == Some(before);
    if header.seq == 1 || is_first_lost || log.holds(header.seq) || held(turn, &log, before)?.is_some() {
        return Ok(Standing::GoesOn);
    }
    Ok(
        if log.frozen || is_beyond && left.is_none_or(|after| header.seq <= after) {
            Standing::Apart
        } else {
            Standing::Behind
        },
    )
}

/// An entry that goes on came by mail: a log that was closed takes it if its author left it with a carrier while it was
/// listed.
pub(crate) fn reopen(turn: &mut Turn, conversation: &Conversation, entry: &Entry) -> Step {
    let header = entry.header.header();
    let known = turn.load::<LogRecord>(&LogRecord::at(&conversation.id, &header.log_id()))?;
    if let Some(mut log) = known
        && log.closed_at.is_some_and(|end| header.seq > end)
        && left_mail_after(turn, conversation, entry)?.is_some_and(|after| header.seq > after)
        && !aside::is_said_anew(turn, conversation, &entry.header)?
    {
        log.closed_at = Some(header.seq);
        turn.save(&log)?;
    }
    Ok(())
}

fn left_mail_after(turn: &Turn, conversation: &Conversation, entry: &Entry) -> Step<Option<u64>> {
    let header = entry.header.header();
    match owner(turn, conversation, &header.author)? {
        Some(account) => lists::left_mail_after(turn, &account, &conversation.id, &header.log_id()),
        None => Ok(None),
    }
}
