//! The order of a conversation: one row an entry or notice, under its position.

use kith_crypto::{AccountId, SignedHeader};

use super::{deleting::chat, reading};
use crate::{
    clock,
    position::Position,
    records::{Conversation, HiddenChat, OrderRow, Row},
    store::{Bounds, Order},
    turn::{Step, Turn},
};

/// Puts a content entry in its place and keeps the conversation's summary true.
pub(crate) fn insert_entry(
    turn: &mut Turn,
    conversation: &mut Conversation,
    header: &SignedHeader,
    author: AccountId,
    row: Row,
) -> Step<OrderRow> {
    let fields = header.header();
    let position = Position::new(&conversation.id, fields.at, &fields.author, fields.seq);
    // A stamp from the future keeps its place in the order; only its label is clamped.
    let at_ms = fields.at.millis().min(clock::agreed_now_ms(turn));
    insert(
        turn,
        conversation,
        OrderRow {
            conversation: conversation.id,
            position,
            id: header.id(),
            author,
            at_ms,
            row,
        },
    )
}

/// Puts the row of an entry that is held back in its place, if it is gone.
pub(crate) fn restore_entry(
    turn: &mut Turn,
    conversation: &Conversation,
    header: &SignedHeader,
    author: AccountId,
    row: Row,
    received_at_ms: u64,
) -> Step<OrderRow> {
    let fields = header.header();
    let position = Position::new(&conversation.id, fields.at, &fields.author, fields.seq);
    if let Some(known) = at(turn, conversation, &position)? {
        return Ok(known);
    }
    let row = OrderRow {
        conversation: conversation.id,
        position,
        id: header.id(),
        author,
        at_ms: fields.at.millis().min(received_at_ms),
        row,
    };
    turn.save(&row)?;
    Ok(row)
}

/// Puts a control entry that people are to see in its place.
pub(crate) fn insert_control(
    turn: &mut Turn,
    conversation: &mut Conversation,
    header: &SignedHeader,
    author: AccountId,
    row: Row,
) -> Step<Position> {
    /// Sets the places of control entries apart from those of content entries with the same stamp.
    const CONTROL: u64 = 1 << 63;
    let fields = header.header();
    let seq = fields.seq | CONTROL;
    let position = Position::new(&conversation.id, fields.at, &fields.author, seq);
    if at(turn, conversation, &position)?.is_some() {
        return Ok(position);
    }
    let row = OrderRow {
        conversation: conversation.id,
        position,
        id: header.id(),
        author,
        at_ms: fields.at.millis().min(clock::agreed_now_ms(turn)),
        row,
    };
    insert(turn, conversation, row)?;
    Ok(position)
}

/// Puts a notice at the end of the order as it stands here.
pub(crate) fn insert_notice(
    turn: &mut Turn,
    conversation: &mut Conversation,
    about: AccountId,
    row: Row,
) -> Step<OrderRow> {
    let stamp = clock::next_stamp(turn, conversation)?;
    let position = Position::new(&conversation.id, stamp, &turn.device(), 0);
    let row = OrderRow {
        conversation: conversation.id,
        position,
        id: position.notice(),
        author: about,
        at_ms: turn.now_ms,
        row,
    };
    insert(turn, conversation, row)
}

fn insert(turn: &mut Turn, conversation: &mut Conversation, row: OrderRow) -> Step<OrderRow> {
    turn.save(&row)?;
    conversation.last = conversation.last.max(Some(row.position));
    conversation.active_at_ms = conversation.active_at_ms.max(turn.now_ms);
    let is_message = matches!(row.row, Row::Entry { .. });
    if is_message && turn.has(&HiddenChat::at(&conversation.id))? {
        turn.remove(HiddenChat::at(&conversation.id));
    }
    if is_message && row.author != turn.me.account {
        if row.position <= conversation.read_up_to {
            unread_from(turn, conversation, &row.position)?;
        } else {
            conversation.unread = conversation.unread.saturating_add(1);
        }
    }
    turn.save(conversation)?;
    Ok(row)
}

/// A row came late, to a place before the read mark: nobody has been shown it, so the mark goes back to before it, and
/// what follows is unread again.
fn unread_from(turn: &Turn, conversation: &mut Conversation, place: &Position) -> Step {
    conversation.read_up_to = place.previous();
    conversation.unread = reading::unread_after(turn, conversation, &conversation.read_up_to)?;
    Ok(())
}

/// After rows went: which is the newest now. The conversation is saved.
pub(crate) fn refresh_last(turn: &mut Turn, conversation: &mut Conversation) -> Step {
    let newest = before(turn, conversation, &Position::MAX, 1)?;
    let gone = chat::cleared_up_to(turn, &conversation.id)?;
    let newest = newest.last().map(|row| row.position);
    conversation.last = newest.filter(|position| *position > gone);
    turn.save(conversation)
}

/// The row at a position.
pub(crate) fn at(turn: &Turn, conversation: &Conversation, position: &Position) -> Step<Option<OrderRow>> {
    turn.load(&OrderRow::at(&conversation.id, position))
}

/// Up to `limit` rows before a position, oldest first.
pub(crate) fn before(
    turn: &Turn,
    conversation: &Conversation,
    position: &Position,
    limit: usize,
) -> Step<Vec<OrderRow>> {
    let bounds = Bounds::before(position.as_bytes().to_vec());
    let mut rows = turn.scan(
        &OrderRow::scope(&conversation.id),
        &bounds,
        Order::Descending,
        limit,
    )?;
    rows.reverse();
    Ok(rows)
}

/// Up to `limit` rows from a position on, it included, oldest first.
pub(crate) fn from(
    turn: &Turn,
    conversation: &Conversation,
    position: &Position,
    limit: usize,
) -> Step<Vec<OrderRow>> {
    let bounds = Bounds::from(position.as_bytes().to_vec());
    turn.scan(
        &OrderRow::scope(&conversation.id),
        &bounds,
        Order::Ascending,
        limit,
    )
}
