//! Pages of a conversation.

use super::{
    deleting::{chat, pending},
    receipts::Progress,
    rows, view,
};
use crate::{
    command::Anchor,
    error::CommandError,
    position::Position,
    records::{Conversation, OrderRow, Row},
    turn::{Step, Turn},
    view::Page,
};

/// The most rows on either side of an anchor.
pub(crate) const MAX_PAGE_ROWS: u32 = 500;

/// How many rows after the read mark are looked at first.
const FIRST_LOOK: usize = 16;

/// A page around an anchor: up to `before` rows older than it and `after` rows from it on.
pub(crate) fn page(
    turn: &Turn,
    conversation: &Conversation,
    anchor: Anchor,
    before: u32,
    after: u32,
) -> Step<Page> {
    if before > MAX_PAGE_ROWS || after > MAX_PAGE_ROWS {
        let what = if before > MAX_PAGE_ROWS { "before" } else { "after" };
        return Err(CommandError::OutOfRange {
            what: what.into(),
            min: 0,
            max: MAX_PAGE_ROWS.into(),
        }
        .into());
    }
    // What waits to be deleted with the whole conversation is not there any more.
    let horizon = chat::horizon(turn, &conversation.id)?;
    let first_unread = first_unread(turn, conversation, &horizon)?;
    let place = match anchor {
        Anchor::Newest => Position::MAX,
        Anchor::Oldest => Position::MIN,
        Anchor::FirstUnread => first_unread.unwrap_or(Position::MAX),
        Anchor::At { position } => position,
    };
    let place = place.max(horizon);
    // One row more on each side than asked for tells whether there are more.
    let mut older = rows::before(turn, conversation, &place, before as usize + 1)?;
    older.retain(|row| row.position > horizon);
    let more_before = older.len() > before as usize;
    if more_before {
        older.remove(0);
    }
    let mut newer = rows::from(turn, conversation, &place, after as usize + 1)?;
    newer.retain(|row| row.position > horizon);
    let more_after = newer.len() > after as usize;
    newer.truncate(after as usize);
    let progress = Progress::of(turn, conversation)?;
    let deleting = pending::hidden(turn, &conversation.id)?;
    let rows = older.iter().chain(&newer);
    let messages = rows
        .map(|row| view::message_of(turn, conversation, (&progress, &deleting), row))
        .collect::<Step<Vec<_>>>()?;
    Ok(Page {
        messages,
        more_before,
        more_after,
        first_unread,
    })
}

fn first_unread(turn: &Turn, conversation: &Conversation, horizon: &Position) -> Step<Option<Position>> {
    if conversation.unread == 0 {
        return Ok(None);
    }
    let is_unread = |row: &OrderRow| matches!(row.row, Row::Entry { .. }) && row.author != turn.me.account;
    let mut place = conversation.read_up_to.max(*horizon).next();
    // It is nearly always the first row after the mark, or follows a few of our own.
    let mut limit = FIRST_LOOK;
    loop {
        let step = rows::from(turn, conversation, &place, limit)?;
        if let Some(row) = step.iter().find(|row| is_unread(row)) {
            return Ok(Some(row.position));
        }
        match step.last() {
            Some(last) if step.len() == limit => place = last.position.next(),
            _ => return Ok(None),
        }
        limit = MAX_PAGE_ROWS as usize;
    }
}
