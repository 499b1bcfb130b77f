//! How much room a deposit finds with us. What is held is counted once, by mailbox and by sender, and the sums are kept in
//! memory from then on: whoever has a token may ask again and again, and each held item is sealed on the disk.
//!
//! No owner takes the room of the others, and no sender that of the other senders: each mailbox has an equal share of what
//! is carried in all, and each sender a quarter of that, in bytes and in items.

use std::collections::BTreeMap;

use kith_crypto::{MailboxId, SenderName};

use super::holding;
use crate::{
    records::{CarryingSettings, HeldItem},
    turn::{Step, Turn},
};

/// One sender may fill this part of a mailbox: one in so many.
const SENDER_SHARE: u64 = 4;
/// The most items in a mailbox, however small they are.
const MOST_ITEMS: u64 = 4_096;

/// What is held, counted.
#[derive(Debug, Default)]
pub(crate) struct Held {
    bytes: u64,
    /// Before this none of it is over, unix milliseconds; `None` if there is nothing.
    over_at_ms: Option<u64>,
    mailboxes: BTreeMap<MailboxId, InMailbox>,
}

#[derive(Debug, Default)]
struct InMailbox {
    all: Sum,
    senders: BTreeMap<SenderName, Sum>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    bytes: u64,
    items: u64,
}

impl Sum {
    fn add(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.items = self.items.saturating_add(1);
    }

    fn take(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.items = self.items.saturating_sub(1);
    }

    /// Whether so many bytes more are within one part of a whole.
    fn has_room(&self, bytes: u64, most_bytes: u64, part: u64) -> bool {
        self.items < MOST_ITEMS / part && self.bytes.saturating_add(bytes) <= most_bytes / part
    }
}

impl Held {
    fn add(&mut self, item: &HeldItem) {
        self.bytes = self.bytes.saturating_add(item.bytes);
        let over_at_ms = self.over_at_ms.unwrap_or(item.until_ms);
        self.over_at_ms = Some(over_at_ms.min(item.until_ms));
        let mailbox = self.mailboxes.entry(item.mailbox).or_default();
        mailbox.all.add(item.bytes);
        mailbox.senders.entry(item.sender).or_default().add(item.bytes);
    }

    fn take(&mut self, item: &HeldItem) {
        self.bytes = self.bytes.saturating_sub(item.bytes);
        let Some(mailbox) = self.mailboxes.get_mut(&item.mailbox) else {
            return;
        };
        mailbox.all.take(item.bytes);
        if let Some(sender) = mailbox.senders.get_mut(&item.sender) {
            sender.take(item.bytes);
        }
        mailbox.senders.retain(|_, sum| sum.items > 0);
    }
}

/// What one mailbox may hold, bytes: all have the same.
pub(crate) fn share_bytes(turn: &Turn, settings: &CarryingSettings) -> Step<u64> {
    let mailboxes = holding::mailboxes(turn)?.len() as u64;
    Ok(settings.max_bytes / mailboxes.max(1))
}

/// Whether something more fits into what we carry in all, into its mailbox, and into its sender's part of that.
pub(crate) fn fits(
    turn: &mut Turn,
    settings: &CarryingSettings,
    (mailbox, sender): (MailboxId, SenderName),
    bytes: u64,
) -> Step<bool> {
    let share = share_bytes(turn, settings)?;
    let held = counted(turn)?;
    let of_mailbox = held.mailboxes.get(&mailbox);
    let all = of_mailbox.map(|of| of.all).unwrap_or_default();
    let of_sender = of_mailbox.and_then(|of| of.senders.get(&sender).copied());
    Ok(held.bytes.saturating_add(bytes) <= settings.max_bytes
        && all.has_room(bytes, share, 1)
        && of_sender.unwrap_or_default().has_room(bytes, share, SENDER_SHARE))
}

/// Whether the time of anything that is held may be over.
pub(crate) fn may_be_over(turn: &mut Turn) -> Step<bool> {
    let now_ms = turn.now_ms;
    Ok(counted(turn)?.over_at_ms.is_some_and(|at_ms| at_ms <= now_ms))
}

fn counted<'t>(turn: &'t mut Turn) -> Step<&'t Held> {
    if turn.live.held.is_none() {
        let mut held = Held::default();
        for mailbox in holding::mailboxes(turn)? {
            for item in holding::items(turn, &mailbox.mailbox)? {
                held.add(&item);
            }
        }
        turn.live.held = Some(held);
    }
    Ok(turn.live.held.get_or_insert_default())
}

/// An item was saved.
pub(crate) fn added(turn: &mut Turn, item: &HeldItem) {
    if let Some(held) = &mut turn.live.held {
        held.add(item);
    }
}

/// An item was erased.
pub(crate) fn erased(turn: &mut Turn, item: &HeldItem) {
    if let Some(held) = &mut turn.live.held {
        held.take(item);
    }
}
