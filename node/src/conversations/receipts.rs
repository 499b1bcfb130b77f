//! Who holds what, and what was shown to whom: monotone vectors that are merged by maximum.

use std::collections::BTreeMap;

use kith_crypto::{ConversationId, DeviceId, Holding, LogKind};

use super::{aside, claims, ledger, view};
use crate::{
    carriers,
    event::Event,
    frame::Frame,
    input::Lane,
    records::{Conversation, LogRecord, OrderRow, Receipts, Row, content_log},
    sync,
    turn::{Fault, Step, Turn},
    view::DeliveryState,
};

/// The most authors in one receipt of a direct conversation: the devices of two people, past ones included.
const MOST_AUTHORS: usize = 256;

/// Our own acknowledgement of a conversation as it stands: what the logs hold, what the person was shown.
pub(crate) fn own(turn: &Turn, conversation: &ConversationId) -> Step<Frame> {
    let logs = turn.all::<LogRecord>(&LogRecord::scope(conversation))?;
    let held = logs
        .iter()
        .filter(|log| log.log.kind == LogKind::Content && log.contiguous > 0);
    let held = held.filter_map(|log| {
        Some(Holding {
            author: log.log.author,
            seq: log.contiguous,
            head: log.head?,
        })
    });
    let held = held.take(MOST_AUTHORS).collect();
    let own = turn.load::<Receipts>(&Receipts::at(conversation, &turn.device()))?;
    let shown = own
        .map(|own| own.shown.into_iter().take(MOST_AUTHORS).collect())
        .unwrap_or_default();
    Ok(Frame::Receipt {
        conversation: *conversation,
        held,
        shown,
    })
}

/// Sends our acknowledgement to every linked device of the conversation.
pub(crate) fn send(turn: &mut Turn, conversation: &Conversation) -> Step {
    let receipt = own(turn, &conversation.id)?;
    for device in linked_members(turn, conversation) {
        turn.send(device, Lane::Control, &receipt)?;
    }
    carriers::telling::acknowledged(turn, conversation, &receipt)
}

/// Sends our acknowledgement to one device.
pub(crate) fn send_to(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    let receipt = own(turn, &conversation.id)?;
    turn.send(device, Lane::Control, &receipt)?;
    carriers::telling::over_link(turn, conversation, device, &receipt)
}

/// The linked devices of a conversation's two accounts.
pub(crate) fn linked_members(turn: &Turn, conversation: &Conversation) -> Vec<DeviceId> {
    let mut devices = turn.live.linked(&conversation.contact);
    if conversation.contact != turn.me.account {
        devices.extend(turn.live.linked(&turn.me.account));
    }
    devices
}

/// What we wrote we have been shown, and so has everything before it that is on the screen: writing is not reading,
/// so only our own log's mark moves.
pub(crate) fn show_own(turn: &mut Turn, conversation: &Conversation, row: &OrderRow) -> Step {
    let Row::Entry { log, seq } = row.row else {
        return Ok(());
    };
    let device = turn.device();
    let mut own = load(turn, &conversation.id, &device)?;
    own.shown.insert(log.author, seq);
    turn.save(&own)
}

/// Whether a receipt names no more authors than there can be.
pub(crate) fn is_within_limits(held: &[Holding], shown: &[(DeviceId, u64)]) -> bool {
    held.len() <= MOST_AUTHORS && shown.len() <= MOST_AUTHORS
}

/// Merges what a device acknowledged and tells which of our messages came further; gives whether any did.
pub(crate) fn merge(
    turn: &mut Turn,
    conversation: &Conversation,
    device: DeviceId,
    held: &[Holding],
    shown: &[(DeviceId, u64)],
) -> Step<bool> {
    if !is_within_limits(held, shown) {
        return Err(Fault::Peer("a receipt that names too many authors"));
    }
    let mut receipts = load(turn, &conversation.id, &device)?;
    let me = turn.device();
    let own_end = own_log(turn, &conversation.id)?.contiguous;
    let weighed = claims::weigh_all(turn, conversation, held)?;
    let shown = claims::shown_of(turn, conversation, &weighed.held, shown)?;
    let before = receipts.clone();
    let span = receipts.merge(&weighed.held, &shown, &me);
    ledger::note(turn, conversation, &before, &receipts)?;
    turn.save(&receipts)?;
    if receipts.held.get(&me).is_some_and(|&end| end >= own_end)
        && let Some(link) = turn.live.links.get_mut(&device)
    {
        // A comparison that is planned for another reason than a receipt that was due still has its reason.
        link.repairs
            .retain(|id, repair| *id != conversation.id || repair.suspected);
    }
    if weighed.doubtful {
        sync::frontier::doubt(turn, device, conversation)?;
    }
    let is_contact = super::owner(turn, conversation, &device)? == Some(conversation.contact);
    if !is_contact {
        return Ok(span.is_some());
    }
    let past_moved = past_moved(turn, conversation, &before, &receipts)?;
    if past_moved {
        turn.emit(Event::Reload);
    }
    if let Some(span) = span {
        view::tell(turn, conversation, span)?;
    }
    aside::settle(turn, conversation, &device, held)?;
    Ok(past_moved || span.is_some())
}

/// Whether more is acknowledged than before of what we wrote under devices that are gone.
fn past_moved(turn: &Turn, conversation: &Conversation, before: &Receipts, after: &Receipts) -> Step<bool> {
    for (author, end) in &after.held {
        let moved = before.held.get(author).is_none_or(|known| known < end);
        let is_past = *author != turn.device();
        if moved && is_past && super::owner(turn, conversation, author)? == Some(turn.me.account) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How far our messages of a conversation have come.
#[derive(Debug)]
pub(crate) struct Progress {
    /// What devices of the contact have acknowledged.
    pub receipts: Vec<Receipts>,
    /// Whose log carriers hold for them, and up to where.
    carried: (DeviceId, u64),
}

impl Progress {
    /// Of a conversation, now.
    pub fn of(turn: &Turn, conversation: &Conversation) -> Step<Self> {
        let mut receipts = turn.all::<Receipts>(&Receipts::scope(&conversation.id))?;
        let mut theirs = Vec::new();
        for each in receipts.drain(..) {
            if super::owner(turn, conversation, &each.device)? == Some(conversation.contact) {
                theirs.push(each);
            }
        }
        Ok(Self {
            receipts: theirs,
            carried: (
                turn.device(),
                carriers::sending::held_for_anyone(turn, conversation)?,
            ),
        })
    }

    /// Of messages that nobody can have acknowledged.
    pub fn none(turn: &Turn) -> Self {
        Self {
            receipts: Vec::new(),
            carried: (turn.device(), 0),
        }
    }

    /// Up to where a device of theirs holds a log of ours.
    pub fn delivered_up_to(&self, author: &DeviceId) -> u64 {
        let acknowledged = self.receipts.iter().filter_map(|known| known.held.get(author));
        acknowledged.copied().max().unwrap_or(0)
    }

    /// How far an entry of ours has come.
    pub fn state(&self, author: &DeviceId, seq: u64) -> DeliveryState {
        let acknowledged = self
            .receipts
            .iter()
            .map(|receipts| acknowledged(receipts, author, seq));
        let (of, up_to) = self.carried;
        let carried = if of == *author && seq <= up_to {
            DeliveryState::Held
        } else {
            DeliveryState::Saved
        };
        acknowledged.max().unwrap_or(carried).max(carried)
    }
}

/// How far an entry has come by what one device acknowledged.
pub(crate) fn acknowledged(receipts: &Receipts, author: &DeviceId, seq: u64) -> DeliveryState {
    let reached = |vector: &BTreeMap<DeviceId, u64>| vector.get(author).is_some_and(|&end| end >= seq);
    if reached(&receipts.shown) {
        DeliveryState::Read
    } else if reached(&receipts.held) {
        DeliveryState::Delivered
    } else {
        DeliveryState::Saved
    }
}

fn load(turn: &Turn, conversation: &ConversationId, device: &DeviceId) -> Step<Receipts> {
    let known = turn.load(&Receipts::at(conversation, device))?;
    Ok(known.unwrap_or_else(|| Receipts::empty(*conversation, *device)))
}

/// Our own content log.
pub(crate) fn own_log(turn: &Turn, conversation: &ConversationId) -> Step<LogRecord> {
    let log = content_log(turn.device());
    Ok(turn
        .load(&LogRecord::at(conversation, &log))?
        .unwrap_or_else(|| LogRecord::empty(*conversation, log)))
}
