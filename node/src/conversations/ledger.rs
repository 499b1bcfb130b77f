//! The ledger of one message of ours: which devices of its recipients have it, whether it was read there, and since when
//! we know. Everything in it was acknowledged by that device itself.

use std::collections::BTreeMap;

use kith_crypto::{AccountId, ConversationId, DeviceId};

use super::{
    find, others,
    receipts::{Progress, Reached},
    rows,
};
use crate::{
    command::Reply,
    contacts,
    error::CommandError,
    position::Position,
    records::{Conversation, Mailed, Milestone, OrderRow, Receipts, Row, Stage},
    store::{Bounds, Order},
    turn::{Step, Turn},
    view::{DeliveryState, DeviceDeliveryView, LedgerView},
};

/// Notes when a device's acknowledgement of our own logs moved.
pub(crate) fn note(
    turn: &mut Turn,
    conversation: &Conversation,
    before: &Receipts,
    after: &Receipts,
) -> Step {
    let vectors = [
        (Stage::Held, &before.held, &after.held),
        (Stage::Shown, &before.shown, &after.shown),
    ];
    for (stage, before, reached) in vectors {
        for (author, end) in moved(before, reached) {
            if super::owner(turn, conversation, &author)? == Some(turn.me.account) {
                turn.save(&Milestone {
                    conversation: conversation.id,
                    device: after.device,
                    author,
                    stage,
                    end,
                    at_ms: turn.now_ms,
                })?;
            }
        }
    }
    Ok(())
}

fn moved(before: &BTreeMap<DeviceId, u64>, after: &BTreeMap<DeviceId, u64>) -> Vec<(DeviceId, u64)> {
    let moved = after
        .iter()
        .filter(|(author, end)| before.get(*author).is_none_or(|known| known < *end));
    moved.map(|(author, end)| (*author, *end)).collect()
}

/// The ledger of the message at a place.
pub(crate) fn get(turn: &Turn, id: &ConversationId, position: &Position) -> Step<Reply> {
    let conversation = find(turn, id)?;
    let row = rows::at(turn, &conversation, position)?.ok_or(CommandError::UnknownMessage)?;
    let (log, seq) = match &row.row {
        Row::Entry { log, seq } if row.author == turn.me.account => (log, seq),
        Row::SetAside => return set_aside(turn, &conversation, &row),
        _ => return Err(CommandError::NotOwnMessage.into()),
    };
    let progress = Progress::of(turn, &conversation)?;
    let mut devices = Vec::new();
    for member in &progress.members {
        devices.extend(of_member(turn, id, member, (&log.author, *seq))?);
    }
    let state = if turn.live.is_unflushed(id, position) {
        DeliveryState::Pending
    } else {
        progress.state(&log.author, *seq)
    };
    Ok(Reply::Ledger(LedgerView {
        id: row.id,
        state,
        written_at_ms: row.at_ms,
        devices,
    }))
}

/// The part of one member's devices.
fn of_member(
    turn: &Turn,
    id: &ConversationId,
    member: &Reached,
    (author, seq): (&DeviceId, u64),
) -> Step<Vec<DeviceDeliveryView>> {
    let current = devices_of(turn, &member.account)?;
    let gone = member.receipts.iter().map(|receipts| receipts.device);
    let gone: Vec<DeviceId> = gone.filter(|device| !current.contains(device)).collect();
    let mut devices = Vec::new();
    for device in current.iter().chain(&gone) {
        let own = member.receipts.iter().find(|receipts| receipts.device == *device);
        let state = own.map_or(DeliveryState::Saved, |own| member.with(own, author, seq));
        let mailed = turn.load::<Mailed>(&Mailed::at(id, device))?;
        let mailed = mailed.filter(|_| *author == turn.device());
        let held_until_ms = mailed.and_then(|mailed| mailed.held_until_ms(seq, turn.now_ms));
        let state = if held_until_ms.is_some() {
            state.max(DeliveryState::Held)
        } else {
            state
        };
        let is_current = current.contains(device);
        if !is_current && state == DeliveryState::Saved {
            // A device that is gone and never had it says nothing about it.
            continue;
        }
        let since = |stage| learnt_at_ms(turn, id, (device, author), (stage, seq));
        devices.push(DeviceDeliveryView {
            account: member.account,
            device: *device,
            is_current,
            state,
            delivered_at_ms: since(Stage::Held)?,
            read_at_ms: match state {
                DeliveryState::Read => since(Stage::Shown)?,
                _ => None,
            },
            held_until_ms,
        });
    }
    Ok(devices)
}

fn devices_of(turn: &Turn, account: &AccountId) -> Step<Vec<DeviceId>> {
    let known = contacts::find(turn, account)?;
    Ok(known.map(|known| known.devices).unwrap_or_default())
}

/// The ledger of words that are part of no log: nobody has them.
fn set_aside(turn: &Turn, conversation: &Conversation, row: &OrderRow) -> Step<Reply> {
    let mut devices = Vec::new();
    for account in others(turn, conversation) {
        let current = devices_of(turn, &account)?.into_iter();
        devices.extend(current.map(|device| DeviceDeliveryView {
            account,
            device,
            is_current: true,
            state: DeliveryState::Saved,
            delivered_at_ms: None,
            read_at_ms: None,
            held_until_ms: None,
        }));
    }
    Ok(Reply::Ledger(LedgerView {
        id: row.id,
        state: DeliveryState::Saved,
        written_at_ms: row.at_ms,
        devices,
    }))
}

/// When we learnt that a device had come so far with this entry, if it has.
fn learnt_at_ms(
    turn: &Turn,
    conversation: &ConversationId,
    (device, author): (&DeviceId, &DeviceId),
    (stage, seq): (Stage, u64),
) -> Step<Option<u64>> {
    let scope = Milestone::scope(conversation, device, author, stage);
    let bounds = Bounds::from(seq.to_be_bytes().to_vec());
    let first: Vec<Milestone> = turn.scan(&scope, &bounds, Order::Ascending, 1)?;
    Ok(first.first().map(|milestone| milestone.at_ms))
}
