//! What a screen sees of a conversation.

use std::collections::BTreeMap;

use kith_crypto::{Body, Content};

use super::{
    deleting::{chat, pending},
    drafts, reading,
    receipts::Progress,
    rows, timers,
};
use crate::{
    contacts,
    event::Event,
    position::Position,
    records::{Conversation, EntryRecord, HiddenChat, OrderRow, Parties, Row, SetAside, content_log},
    turn::{Step, Turn},
    view::{BodyView, ConversationView, DeletingView, DeliveryState, MessageView, PartiesView},
};

/// Past this many changed rows a listener is told to load again instead of being told of each.
const MOST_EVENTS: u64 = 64;

/// A row as a screen sees it.
pub(crate) fn message(
    turn: &Turn,
    conversation: &Conversation,
    progress: &Progress,
    row: &OrderRow,
) -> Step<MessageView> {
    let deleting = pending::hidden(turn, &conversation.id)?;
    message_of(turn, conversation, (progress, &deleting), row)
}

/// A row as a screen sees it, of several: what waits to be deleted is looked up once.
pub(crate) fn message_of(
    turn: &Turn,
    conversation: &Conversation,
    (progress, deleting): (&Progress, &BTreeMap<Position, DeletingView>),
    row: &OrderRow,
) -> Step<MessageView> {
    let mine = row.author == turn.me.account;
    let mut expires_at_ms = None;
    let (body, state) = match &row.row {
        Row::Entry { log, seq } => {
            let entry = turn.load::<EntryRecord>(&EntryRecord::at(&conversation.id, log, *seq))?;
            let state = mine.then(|| {
                if turn.live.is_unflushed(&conversation.id, &row.position) {
                    DeliveryState::Pending
                } else {
                    progress.state(&log.author, *seq)
                }
            });
            if let Some(entry) = &entry {
                expires_at_ms = timers::deadline_of(turn, entry)?;
            }
            // Its time may be over before its row is gone.
            let entry = entry.filter(|_| expires_at_ms.is_none_or(|at_ms| at_ms > turn.now_ms));
            (body(entry.and_then(|entry| entry.body).as_deref()), state)
        }
        Row::SetAside => {
            let aside = turn.load::<SetAside>(&SetAside::at(&conversation.id, &row.position))?;
            let words = aside.map(|aside| aside.body);
            (body(words.as_deref()), Some(DeliveryState::Saved))
        }
        Row::ContactAdded => (BodyView::ContactAdded, None),
        Row::NewDevice(device) => (BodyView::NewDevice { device: *device }, None),
        Row::DeviceGone(device) => (BodyView::DeviceGone { device: *device }, None),
        Row::Equivocation(device) => (BodyView::Equivocation { device: *device }, None),
        Row::Deleted { .. } => (BodyView::Deleted, None),
        Row::Timer { seconds } => (BodyView::Timer { seconds: *seconds }, None),
        Row::Founded => (BodyView::Founded, None),
        Row::Left => (BodyView::Left, None),
    };
    let body = match deleting.get(&row.position) {
        Some(deleting) => BodyView::Deleting {
            deletion: deleting.deletion.clone(),
            until_ms: deleting.until_ms,
        },
        None => body,
    };
    Ok(MessageView {
        id: row.id,
        conversation: conversation.id,
        position: row.position,
        author: row.author,
        mine,
        at_ms: row.at_ms,
        body,
        state,
        expires_at_ms,
    })
}

fn body(bytes: Option<&[u8]>) -> BodyView {
    let body = bytes.and_then(|bytes| Body::decode(bytes).ok());
    match body.map(|body| Content::decode(&body.content)) {
        Some(Ok(Content::Text { text })) => BodyView::Text { text },
        // From a newer Kith, or lost with damage: kept, and shown for what it is.
        Some(Ok(Content::Delete { .. }) | Err(_)) | None => BodyView::Unsupported,
    }
}

/// A conversation as the chat list sees it.
pub(crate) fn conversation(turn: &Turn, conversation: &Conversation) -> Step<ConversationView> {
    let parties = match &conversation.parties {
        Parties::Direct { contact } => PartiesView::Direct {
            contact: Box::new(contacts::view::contact_of(turn, contact)?),
        },
        Parties::Group(group) => PartiesView::Group {
            name: group.name.clone(),
            members: contacts::view::members(turn, group)?,
            left: conversation.has_left(&turn.me.account),
        },
    };
    let horizon = chat::horizon(turn, &conversation.id)?;
    let last = match conversation.last.as_ref().filter(|last| **last > horizon) {
        Some(position) => rows::at(turn, conversation, position)?,
        None => None,
    };
    let last = match last {
        Some(row) => Some(one(turn, conversation, &row)?),
        None => None,
    };
    Ok(ConversationView {
        id: conversation.id,
        parties,
        last,
        active_at_ms: conversation.active_at_ms,
        unread: if horizon > conversation.read_up_to {
            reading::unread_after(turn, conversation, &horizon)?
        } else {
            conversation.unread
        },
        draft: drafts::of(turn, &conversation.id)?,
        timer: timers::view_of(turn, &conversation.id)?,
        deleting: chat::waiting(turn, &conversation.id)?
            .as_ref()
            .map(pending::shown),
        hidden: turn.has(&HiddenChat::at(&conversation.id))?,
    })
}

/// Tells listeners about a conversation.
pub(crate) fn emit_conversation(turn: &mut Turn, id: &Conversation) -> Step {
    let view = conversation(turn, id)?;
    turn.emit(Event::Conversation(Box::new(view)));
    Ok(())
}

/// Tells listeners about one row.
pub(crate) fn emit_row(turn: &mut Turn, conversation: &Conversation, position: &Position) -> Step {
    if let Some(row) = rows::at(turn, conversation, position)? {
        let view = one(turn, conversation, &row)?;
        turn.emit(Event::Message(Box::new(view)));
    }
    Ok(())
}

/// Tells listeners about the rows of our own log in a span whose state changed.
pub(crate) fn tell(turn: &mut Turn, conversation: &Conversation, (first, last): (u64, u64)) -> Step {
    if last.saturating_sub(first) >= MOST_EVENTS {
        turn.emit(Event::Reload);
        return Ok(());
    }
    let log = content_log(turn.device());
    for seq in first..=last {
        let Some(entry) = turn.load::<EntryRecord>(&EntryRecord::at(&conversation.id, &log, seq))? else {
            continue;
        };
        let header = kith_crypto::SignedHeader::open_trusted(&entry.header)?;
        let position = Position::new(&conversation.id, header.header().at, &log.author, seq);
        emit_row(turn, conversation, &position)?;
    }
    emit_conversation(turn, conversation)
}

/// A single row. Receipts say something about our own rows only, so for others they are not read.
fn one(turn: &Turn, conversation: &Conversation, row: &OrderRow) -> Step<MessageView> {
    let progress = if row.author == turn.me.account {
        Progress::of(turn, conversation)?
    } else {
        Progress::none(turn)
    };
    message(turn, conversation, &progress, row)
}
