//! What a deletion does to what is held here, whoever wished for it.
//!
//! A deletion may come before what it deletes, twice, or by several roads: a [`Tombstone`] is kept for each entry that it
//! names, and whatever comes under that name later is held without its words. It counts for entries of its own author's
//! account only; a tombstone of anybody else's account is never asked for.

use kith_crypto::{AccountId, Content, ConversationId, Entry, EntryId, LogId, SignedHeader, Target};

use super::{
    super::{erasure, lacking, owner, reading, rows, silences, timers, view},
    chat,
};
use crate::{
    event::Event,
    position::Position,
    records::{Cleared, Conversation, EntryRecord, OrderRow, Ranges, Row, SetAside, Tombstone, content_log},
    turn::{Step, Turn},
};

/// What is left where a message stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// A row that says so: somebody may have read it.
    Mark,
    /// Nothing.
    None,
}

/// What an entry of a content log wishes deleted, if that is what it says.
pub(crate) fn targets_of(entry: &Entry) -> Option<Vec<Target>> {
    match entry.body.as_ref().map(|body| Content::decode(&body.content)) {
        Some(Ok(Content::Delete { targets })) => Some(targets),
        _ => None,
    }
}

/// Whether the words of an entry of `account` must not be kept: they were deleted, or have had their time.
pub(crate) fn is_unwanted(
    turn: &Turn,
    conversation: &ConversationId,
    header: &SignedHeader,
    account: &AccountId,
) -> Step<bool> {
    let fields = header.header();
    if timers::is_over(turn, fields)? || turn.has(&Tombstone::at(conversation, account, &header.id()))? {
        return Ok(true);
    }
    let cleared = turn.load::<Cleared>(&Cleared::at(conversation, &fields.log_id()))?;
    Ok(cleared.is_some_and(|cleared| cleared.seqs.contains(fields.seq)))
}

/// A deletion by a device of `account` is held: what it names goes, as far as it is here. What is unread is not counted
/// anew: that walks what was deleted since the read mark, and a flood of deletions would cost more with each.
pub(crate) fn apply(
    turn: &mut Turn,
    conversation: &mut Conversation,
    account: &AccountId,
    targets: &[Target],
) -> Step {
    for target in targets {
        turn.save(&Tombstone {
            conversation: conversation.id,
            account: *account,
            id: target.id,
        })?;
        if owner(turn, conversation, &target.author)? == Some(*account) {
            apply_one(turn, conversation, target)?;
        }
    }
    rows::refresh_last(turn, conversation)
}

fn apply_one(turn: &mut Turn, conversation: &mut Conversation, target: &Target) -> Step {
    forget_aside(turn, conversation, target)?;
    let log = content_log(target.author);
    let key = EntryRecord::at(&conversation.id, &log, target.seq);
    let Some(record) = turn.load::<EntryRecord>(&key)? else {
        return Ok(());
    };
    let header = SignedHeader::open_trusted(&record.header)?;
    if header.id() != target.id {
        return Ok(());
    }
    let fields = header.header();
    if lacking::forget(turn, conversation, (&fields.author, &Ranges::one(fields.seq)))? {
        reading::catch_up(turn, conversation)?;
    }
    let position = Position::new(&conversation.id, fields.at, &fields.author, fields.seq);
    match rows::at(turn, conversation, &position)? {
        // Deletions have no row: they are never deleted, or they would be undone for whoever has not heard of them.
        Some(row) if row.id == target.id && matches!(row.row, Row::Entry { .. }) => {
            let is_unread = position > conversation.read_up_to
                && position > chat::cleared_up_to(turn, &conversation.id)?
                && row.author != turn.me.account;
            conversation.unread = conversation.unread.saturating_sub(u32::from(is_unread));
            bury(turn, conversation, &row, Trace::Mark)
        }
        _ => Ok(()),
    }
}

/// What was set aside and is deleted is not written anew.
fn forget_aside(turn: &mut Turn, conversation: &Conversation, target: &Target) -> Step {
    for aside in turn.all::<SetAside>(&SetAside::scope(&conversation.id))? {
        if aside.id == target.id && aside.device == target.author {
            erasure::erase_aside(turn, &aside)?;
            remove_row(turn, conversation, &aside.position);
        }
    }
    Ok(())
}

/// What a row says becomes unreadable, and its time is of no interest any more.
pub(crate) fn erase_words(turn: &mut Turn, conversation: &Conversation, row: &OrderRow) -> Step {
    match &row.row {
        Row::Entry { log, seq } | Row::Deleted { log, seq } => {
            erasure::erase(turn, conversation, &[(*log, *seq)])?;
            timers::forget(turn, conversation, log, *seq)
        }
        Row::SetAside => match turn.load::<SetAside>(&SetAside::at(&conversation.id, &row.position))? {
            Some(aside) => {
                // Somebody may have the entry that it was.
                turn.save(&Tombstone {
                    conversation: conversation.id,
                    account: turn.me.account,
                    id: aside.id,
                })?;
                erasure::erase_aside(turn, &aside)
            }
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Takes the words out of a row, for good. The conversation is counted again by [`settle`].
pub(crate) fn bury(turn: &mut Turn, conversation: &Conversation, row: &OrderRow, trace: Trace) -> Step {
    erase_words(turn, conversation, row)?;
    if let Row::Entry { log, seq } = row.row {
        silences::add(turn, &conversation.id, &log, seq)?;
        turn.save(&Tombstone {
            conversation: conversation.id,
            account: row.author,
            id: row.id,
        })?;
        if trace == Trace::Mark {
            turn.save(&OrderRow {
                row: Row::Deleted { log, seq },
                ..row.clone()
            })?;
            return view::emit_row(turn, conversation, &row.position);
        }
    }
    remove_row(turn, conversation, &row.position);
    Ok(())
}

/// A row leaves the order.
pub(crate) fn remove_row(turn: &mut Turn, conversation: &Conversation, position: &Position) {
    turn.remove(OrderRow::at(&conversation.id, position));
    turn.emit(Event::MessageRemoved {
        conversation: conversation.id,
        position: *position,
    });
}

/// After rows went or lost their words: the newest row and what is unread are told anew.
pub(crate) fn settle(turn: &mut Turn, conversation: &mut Conversation) -> Step {
    rows::refresh_last(turn, conversation)?;
    let read_up_to = conversation.read_up_to;
    conversation.unread = reading::unread_after(turn, conversation, &read_up_to)?;
    turn.save(conversation)
}

/// The name under which others know an entry.
pub(crate) fn target(log: &LogId, seq: u64, id: EntryId) -> Target {
    Target {
        author: log.author,
        seq,
        id,
    }
}
