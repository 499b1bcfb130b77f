//! Who holds what, and what was shown to whom: monotone vectors that are merged by maximum.

use std::collections::BTreeMap;

use kith_crypto::{AccountId, ConversationId, DeviceId, Holding, LogKind};

use super::{
    aside, claims,
    crowds::{self, MOST_AUTHORS},
    lacking, ledger, unseen, view,
};
use crate::{
    carriers,
    event::Event,
    frame::Frame,
    input::Lane,
    records::{Conversation, LogRecord, OrderRow, Receipts, Row, Unseen, content_log},
    sync,
    turn::{Fault, Step, Turn},
    view::DeliveryState,
};

/// Our own acknowledgement of a conversation as it stands, for those of an account: what the logs hold, what the person was
/// shown.
pub(crate) fn own(turn: &Turn, conversation: &Conversation, reader: Option<AccountId>) -> Step<Frame> {
    let mut logs = turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))?;
    logs.retain(|log| log.log.kind == LogKind::Content && log.contiguous > 0);
    for log in &mut logs {
        lacking::stop(turn, conversation, log)?;
    }
    logs.retain(|log| log.contiguous > 0);
    let own = turn.load::<Receipts>(&Receipts::at(&conversation.id, &turn.device()))?;
    let mut shown: Vec<(DeviceId, u64)> = own.map(|own| own.shown.into_iter().collect()).unwrap_or_default();
    if logs.len().max(shown.len()) > MOST_AUTHORS {
        crowds::put_first(
            turn,
            conversation,
            (&mut logs, |log: &LogRecord| log.log.author),
            reader,
        )?;
        crowds::put_first(
            turn,
            conversation,
            (&mut shown, |shown: &(DeviceId, u64)| shown.0),
            reader,
        )?;
    }
    let held = logs.iter().filter_map(|log| {
        Some(Holding {
            author: log.log.author,
            seq: log.contiguous,
            head: log.head?,
        })
    });
    let held = held.take(MOST_AUTHORS).collect();
    shown.truncate(MOST_AUTHORS);
    Ok(Frame::Receipt {
        conversation: conversation.id,
        held,
        shown,
    })
}

/// Sends our acknowledgement to every linked device of the conversation.
pub(crate) fn send(turn: &mut Turn, conversation: &Conversation) -> Step {
    let receipt = own(turn, conversation, None)?;
    let is_whole =
        |receipt: &Frame| matches!(receipt, Frame::Receipt { held, .. } if held.len() < MOST_AUTHORS);
    for device in linked_members(turn, conversation) {
        unseen::tell(turn, device, conversation)?;
        if is_whole(&receipt) {
            turn.send(device, Lane::Control, &receipt)?;
        } else {
            send_to(turn, device, conversation)?;
        }
    }
    carriers::telling::acknowledged(turn, conversation, &receipt)
}

/// Sends our acknowledgement to one device.
pub(crate) fn send_to(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    let reader = turn.live.links.get(&device).map(|link| link.account);
    let receipt = own(turn, conversation, reader)?;
    unseen::tell(turn, device, conversation)?;
    turn.send(device, Lane::Control, &receipt)?;
    carriers::telling::over_link(turn, conversation, device, &receipt)
}

/// The linked devices of a conversation's members; of a group those that have shown to know it.
pub(crate) fn linked_members(turn: &Turn, conversation: &Conversation) -> Vec<DeviceId> {
    let me = &turn.me.account;
    let is_group = conversation.group().is_some();
    let links = turn.live.links.iter().filter(|(_, link)| {
        conversation.takes_part(&link.account, me) && (!is_group || link.joined.contains(&conversation.id))
    });
    links.map(|(device, _)| *device).collect()
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
    // An empty one says, too, that the device knows the conversation.
    if receipts != before || !turn.has(&Receipts::at(&conversation.id, &device))? {
        turn.save(&receipts)?;
    }
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
    if !super::is_theirs(turn, conversation, &device)? {
        return Ok(span.is_some());
    }
    sync::note_behind(turn, &device, conversation)?;
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
    /// To each other member.
    pub members: Vec<Reached>,
    /// Whose log it is that carriers hold.
    device: DeviceId,
}

/// How far our messages have come to one member.
#[derive(Debug)]
pub(crate) struct Reached {
    pub account: AccountId,
    /// What their devices have acknowledged.
    pub receipts: Vec<Receipts>,
    /// What was deleted there unseen.
    unseen: Vec<Unseen>,
    /// Up to where carriers hold our log for any of them.
    carried: u64,
}

impl Reached {
    fn state(&self, author: &DeviceId, seq: u64, carries: bool) -> DeliveryState {
        let carried = if carries && seq <= self.carried {
            DeliveryState::Held
        } else {
            DeliveryState::Saved
        };
        let devices = self.receipts.iter();
        let furthest = devices.map(|receipts| self.with(receipts, author, seq)).max();
        furthest.map_or(carried, |state| state.max(carried))
    }

    /// How far an entry has come by what one of their devices acknowledged.
    pub fn with(&self, receipts: &Receipts, author: &DeviceId, seq: u64) -> DeliveryState {
        let mut unseen = self.unseen.iter();
        let is_unseen = unseen.any(|unseen| {
            unseen.reader == receipts.device && unseen.author == *author && unseen.seqs.contains(seq)
        });
        match acknowledged(receipts, author, seq) {
            DeliveryState::Read if is_unseen => DeliveryState::Delivered,
            state => state,
        }
    }
}

impl Progress {
    /// Of a conversation, now.
    pub fn of(turn: &Turn, conversation: &Conversation) -> Step<Self> {
        let mut members = Vec::new();
        let mut awaited = super::others(turn, conversation);
        if awaited.is_empty() {
            // Everybody has left, or we have: it is as it was.
            awaited = conversation.named(&turn.me.account);
        }
        for account in awaited {
            members.push(Reached {
                account,
                receipts: Vec::new(),
                unseen: Vec::new(),
                carried: 0,
            });
        }
        for known in turn.all::<Receipts>(&Receipts::scope(&conversation.id))? {
            let owner = super::owner(turn, conversation, &known.device)?;
            if let Some(member) = members.iter_mut().find(|member| Some(member.account) == owner) {
                member.receipts.push(known);
            }
        }
        for unseen in unseen::of(turn, &conversation.id)? {
            let owner = super::owner(turn, conversation, &unseen.reader)?;
            if let Some(member) = members.iter_mut().find(|member| Some(member.account) == owner) {
                member.unseen.push(unseen);
            }
        }
        for (device, up_to) in carriers::placed::held(turn, conversation)? {
            let owner = super::owner(turn, conversation, &device)?;
            if let Some(member) = members.iter_mut().find(|member| Some(member.account) == owner) {
                member.carried = member.carried.max(up_to);
            }
        }
        Ok(Self {
            members,
            device: turn.device(),
        })
    }

    /// Of messages that nobody can have acknowledged.
    pub fn none(turn: &Turn) -> Self {
        Self {
            members: Vec::new(),
            device: turn.device(),
        }
    }

    /// Up to where any device of theirs holds a log of ours.
    pub fn delivered_up_to(&self, author: &DeviceId) -> u64 {
        let receipts = self.members.iter().flat_map(|member| &member.receipts);
        let acknowledged = receipts.filter_map(|known| known.held.get(author));
        acknowledged.copied().max().unwrap_or(0)
    }

    /// How far an entry of ours has come to everyone: to the member who has it least.
    pub fn state(&self, author: &DeviceId, seq: u64) -> DeliveryState {
        let states = self.states(author, seq);
        states
            .map(|(state, _)| state)
            .min()
            .unwrap_or(DeliveryState::Saved)
    }

    /// How far an entry of ours has come to anyone, and to whom.
    pub fn furthest(&self, author: &DeviceId, seq: u64) -> (DeliveryState, Option<AccountId>) {
        let furthest = self.states(author, seq).max_by_key(|(state, _)| *state);
        furthest.map_or((DeliveryState::Saved, None), |(state, account)| {
            (state, Some(account))
        })
    }

    fn states(&self, author: &DeviceId, seq: u64) -> impl Iterator<Item = (DeliveryState, AccountId)> {
        let carries = self.device == *author;
        let members = self.members.iter();
        members.map(move |member| (member.state(author, seq, carries), member.account))
    }
}

/// How far an entry has come by what one device acknowledged.
fn acknowledged(receipts: &Receipts, author: &DeviceId, seq: u64) -> DeliveryState {
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
