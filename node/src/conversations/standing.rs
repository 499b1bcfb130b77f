//! How an entry that came by mail stands to its log: whether it goes on, waits for what is before it, or is of no use.
//!
//! Sync asks for what is missing and is told of two branches; mail is neither asked for nor answered by its author.

use kith_crypto::{DeviceId, Entry};

use super::{
    accept::{contradicts, held},
    owner,
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
    if header.seq == 1 || log.holds(header.seq) || held(turn, &log, header.seq.saturating_sub(1))?.is_some() {
        return Ok(Standing::GoesOn);
    }
    let is_beyond = log.closed_at.is_some_and(|end| header.seq > end);
    Ok(
        if log.frozen || is_beyond && !may_reopen(turn, conversation, &header.author)? {
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
        && may_reopen(turn, conversation, &header.author)?
    {
        log.closed_at = Some(header.seq);
        turn.save(&log)?;
    }
    Ok(())
}

fn may_reopen(turn: &Turn, conversation: &Conversation, author: &DeviceId) -> Step<bool> {
    match owner(turn, conversation, author)? {
        Some(account) => lists::may_have_left_mail(turn, &account, author),
        None => Ok(false),
    }
}
