//! What a person does: deletes, thinks again, cancels.

use std::collections::BTreeMap;

use kith_crypto::ConversationId;

use super::{
    applying::{self, Trace},
    chat, limits, pending,
};
use crate::{
    command::{MOST_DELETED, Reply},
    contacts,
    conversations::{find, receipts::Progress, rows, view},
    error::CommandError,
    event::Event,
    groups::leaving,
    own,
    position::Position,
    records::{Conversation, Doomed, OrderRow, PendingDeletion, Row},
    turn::{Step, Turn},
    view::{DeleteFor, DeletionView, DeliveryState},
};

/// Hides messages at once, and deletes them when the time to undo it is over.
pub(crate) fn delete(
    turn: &mut Turn,
    id: &ConversationId,
    positions: &[Position],
    scope: DeleteFor,
) -> Step<Reply> {
    if positions.is_empty() || positions.len() > MOST_DELETED {
        return Err(CommandError::OutOfRange {
            what: "positions".into(),
            min: 1,
            max: MOST_DELETED as u64,
        }
        .into());
    }
    let conversation = find(turn, id)?;
    if scope == DeleteFor::Everyone {
        leaving::must_take_part(turn, &conversation)?;
        check_current(turn)?;
    }
    let progress = Progress::of(turn, &conversation)?;
    let mut items = BTreeMap::new();
    for position in positions {
        let row = row(turn, &conversation, position)?;
        check(turn, &row, scope)?;
        // What no device of theirs has yet is gone everywhere, though it may arrive before this is final. A carrier may
        // hold the only other copy: it must not come alone, nor be lost for them without a word.
        let own = pending::own_target(turn, &progress, &row)?;
        let is_underway = own.is_some_and(|(_, state)| state < DeliveryState::Delivered);
        let scope = if is_underway { DeleteFor::Everyone } else { scope };
        items.insert(*position, scope);
    }
    limits::spend(turn)?;
    merge(turn, id, &mut items)?;
    let what = Doomed::Messages(items.into_iter().collect());
    let pending = make(turn, id, what)?;
    tell(turn, &conversation, &pending)?;
    Ok(Reply::Deletion(shown(&pending, 0)))
}

/// An old copy of this device can ask nobody for anything.
fn check_current(turn: &Turn) -> Step {
    if own::profile(turn)?.outdated {
        return Err(CommandError::OutdatedCopy.into());
    }
    Ok(())
}

fn row(turn: &Turn, conversation: &Conversation, position: &Position) -> Step<OrderRow> {
    let visible = *position > chat::horizon(turn, &conversation.id)?;
    let row = rows::at(turn, conversation, position)?.filter(|_| visible);
    Ok(row.ok_or(CommandError::UnknownMessage)?)
}

fn check(turn: &Turn, row: &OrderRow, scope: DeleteFor) -> Step {
    let is_own = row.author == turn.me.account && matches!(row.row, Row::Entry { .. } | Row::SetAside);
    if scope == DeleteFor::Everyone && !is_own {
        return Err(CommandError::NotYours.into());
    }
    Ok(())
}

/// What of this waits to be deleted already joins the new deletion, for as many as either wished.
fn merge(turn: &mut Turn, id: &ConversationId, items: &mut BTreeMap<Position, DeleteFor>) -> Step {
    for mut known in pending::of(turn, id)? {
        let Doomed::Messages(waiting) = &mut known.what else {
            continue;
        };
        let before = waiting.len();
        waiting.retain(|(position, scope)| match items.get_mut(position) {
            Some(wished) => {
                *wished = (*wished).max(*scope);
                false
            }
            None => true,
        });
        if waiting.is_empty() {
            turn.remove(PendingDeletion::at(known.id));
        } else if waiting.len() < before {
            turn.save(&known)?;
        }
    }
    Ok(())
}

/// Keeps a deletion until it is due.
fn make(turn: &mut Turn, id: &ConversationId, what: Doomed) -> Step<PendingDeletion> {
    let known = turn.all::<PendingDeletion>(&PendingDeletion::scope())?;
    if known.len() >= limits::MOST_PENDING {
        let first = known.iter().map(|known| known.due_at_ms).min();
        return Err(limits::too_often(first.unwrap_or(turn.now_ms), turn.now_ms).into());
    }
    let mut number = turn.rng.next_u32();
    while known.iter().any(|known| known.id == number) {
        number = number.wrapping_add(1);
    }
    let pending = PendingDeletion {
        id: number,
        conversation: *id,
        due_at_ms: turn.now_ms.saturating_add(limits::UNDO_MS),
        what,
    };
    turn.save(&pending)?;
    pending::wake(turn, pending.due_at_ms);
    Ok(pending)
}

fn shown(pending: &PendingDeletion, undelivered: u32) -> DeletionView {
    let positions = match &pending.what {
        Doomed::Messages(items) => items.iter().map(|(position, _)| *position).collect(),
        Doomed::Chat { .. } => Vec::new(),
    };
    DeletionView {
        id: pending::name(pending.id),
        conversation: pending.conversation,
        positions,
        until_ms: pending.due_at_ms,
        undelivered,
    }
}

/// Tells listeners that what a deletion is about looks different now.
fn tell(turn: &mut Turn, conversation: &Conversation, pending: &PendingDeletion) -> Step {
    match &pending.what {
        Doomed::Messages(items) => {
            for (position, _) in items {
                view::emit_row(turn, conversation, position)?;
            }
        }
        Doomed::Chat { .. } => turn.emit(Event::Reload),
    }
    view::emit_conversation(turn, conversation)
}

/// Brings back what a deletion hides.
pub(crate) fn undo(turn: &mut Turn, name: &str) -> Step<Reply> {
    let number = u32::from_str_radix(name, 16).map_err(|_| CommandError::UnknownDeletion)?;
    let known = turn.load::<PendingDeletion>(&PendingDeletion::at(number))?;
    let pending = known.ok_or(CommandError::UnknownDeletion)?;
    turn.remove(PendingDeletion::at(number));
    let conversation = find(turn, &pending.conversation)?;
    tell(turn, &conversation, &pending)?;
    Ok(Reply::Done)
}

/// Takes back a message of ours that nobody holds yet: at once and without a trace.
pub(crate) fn cancel(turn: &mut Turn, id: &ConversationId, position: &Position) -> Step<Reply> {
    let mut conversation = find(turn, id)?;
    let row = row(turn, &conversation, position)?;
    check(turn, &row, DeleteFor::Everyone)?;
    check_current(turn)?;
    let progress = Progress::of(turn, &conversation)?;
    let own = pending::own_target(turn, &progress, &row)?;
    if let Some((target, state)) = own.filter(|(_, state)| *state >= DeliveryState::Held) {
        let (_, holder) = progress.furthest(&target.author, target.seq);
        let holder = match holder {
            Some(account) => contacts::find(turn, &account)?,
            None => None,
        };
        return Err(CommandError::TooLateToCancel {
            holder: holder.map(|holder| holder.name).unwrap_or_default(),
            state,
        }
        .into());
    }
    limits::spend(turn)?;
    merge(turn, id, &mut BTreeMap::from([(*position, DeleteFor::Everyone)]))?;
    applying::bury(turn, &conversation, &row, Trace::None)?;
    applying::settle(turn, &mut conversation)?;
    let said = own.into_iter().map(|(target, _)| target).collect();
    pending::say(turn, &mut conversation, said)?;
    view::emit_conversation(turn, &conversation)?;
    Ok(Reply::Done)
}

/// Hides all of a conversation at once, and deletes it here when the time to undo it is over.
pub(crate) fn delete_chat(turn: &mut Turn, id: &ConversationId) -> Step<Reply> {
    let conversation = find(turn, id)?;
    limits::spend(turn)?;
    let mut undelivered = chat::undelivered(turn, &conversation)?;
    for known in pending::of(turn, id)? {
        if let Doomed::Chat {
            undelivered: before, ..
        } = &known.what
        {
            // What nobody had then stays cancelled, though it may have arrived since.
            chat::join(&mut undelivered, before);
            turn.remove(PendingDeletion::at(known.id));
        }
    }
    let cancelled = chat::messages(turn, &conversation, &undelivered)?.len();
    let what = Doomed::Chat {
        up_to: conversation.last.unwrap_or(Position::MIN),
        held: chat::held(turn, &conversation)?,
        undelivered,
    };
    let pending = make(turn, id, what)?;
    tell(turn, &conversation, &pending)?;
    let cancelled = u32::try_from(cancelled).unwrap_or(u32::MAX);
    Ok(Reply::Deletion(shown(&pending, cancelled)))
}
