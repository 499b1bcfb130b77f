//! What is true only while the program runs: links, dialling, subscriptions, what is under way.
//!
//! Nothing here is needed to be right after a restart, and nothing here decides what was said: the store does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kith_crypto::{AccountId, ConversationId, DeviceId, EpochId, InviteToken, LogId};

use crate::{
    allowance::Allowance,
    carriers::room::Held,
    clock::sure::Wall,
    frame::OfLogs,
    input::{BatchId, ErrandId},
    position::Position,
    records::{Ranges, Receipts},
    redacted::shows_only,
    store::DiskTrouble,
    view::{BootstrapView, DamageView, PathView},
};

/// A standing link.
pub(crate) struct Link {
    pub account: AccountId,
    /// Whether it is a contact's, or of our own account; if not, it carries what belongs to groups and nothing else.
    pub is_contact: bool,
    /// Groups that this device has shown to know.
    pub joined: BTreeSet<ConversationId>,
    /// Groups that it was invited to, since it does not know them.
    pub invited: BTreeMap<ConversationId, Pause>,
    /// What it was asked for of words that are lacking.
    pub wanted: BTreeMap<ConversationId, Asked>,
    /// What it was told of other members, summed up.
    pub told_of: BTreeMap<AccountId, [u8; 32]>,
    /// The first of those whom there was no room to tell of.
    pub untold: Option<AccountId>,
    pub path: PathView,
    /// Keys the digests of this link.
    pub binding: [u8; 32],
    /// True once their introduction came.
    pub introduced: bool,
    /// How far their clock is ahead of this machine's, milliseconds, as far as that is known.
    pub clock_ahead_ms: Option<i64>,
    /// Bulk under way to them.
    pub sending: BTreeMap<ConversationId, Sending>,
    /// When a conversation's frontier was last told unasked.
    pub asked_at_ms: BTreeMap<ConversationId, u64>,
    /// When they were last asked for the end of another branch of a log of ours.
    pub parted_at_ms: BTreeMap<ConversationId, u64>,
    /// When to compare again, by conversation.
    pub repairs: BTreeMap<ConversationId, Repair>,
    /// When seals that wait for them were last sent.
    pub sealed_at_ms: u64,
    /// Conversations in which what they hold of our device's logs fits what we hold. Before that is known nothing is
    /// published or sealed to them: this folder may be an old copy, and what it writes a second entry under a used number.
    pub agreed: BTreeSet<ConversationId>,
    /// What they last told to hold beyond a gap of logs of our account. Their claim names no entry there, so it may be of
    /// another branch.
    pub beyond: BTreeMap<(ConversationId, LogId), Ranges>,
    /// Up to where an entry of theirs has shown that it may not: it is the one that we hold.
    pub proven: BTreeMap<(ConversationId, LogId), u64>,
    /// Logs of which they last told a part only, having more gaps than a frontier can name, and how far they held them
    /// without one when what they lack of such a part was last sent.
    pub told_in_part: BTreeMap<(ConversationId, LogId), Option<u64>>,
    /// Accounts of which they take no more logs in a conversation.
    pub full: BTreeSet<(ConversationId, AccountId)>,
    /// What they were told on this link that our person deleted unseen of their logs.
    pub told_unseen: BTreeMap<ConversationId, OfLogs>,
    /// Items of mail handed over and not yet acknowledged.
    pub mail: BTreeSet<[u8; 32]>,
    /// Those that they cannot take yet: handed over again when they want them, or on the next link.
    pub mail_kept: BTreeSet<[u8; 32]>,
    /// Those that wait for their turn, the oldest first; `None` before it was looked for them on this link.
    pub mail_waiting: Option<VecDeque<[u8; 32]>>,
    /// Items that we left with them since they stand behind a gap.
    pub mail_behind: BTreeMap<[u8; 32], Behind>,
    /// What they may still ask that brings us nothing.
    pub allowance: Allowance,
    /// Rules they broke.
    pub offences: u32,
}

shows_only!(Link {
    account,
    is_contact,
    path,
    introduced,
    clock_ahead_ms,
    offences
});

/// Mail that waits behind a gap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Behind {
    pub author: DeviceId,
    pub bytes: usize,
    /// What it waits for: an entry of a log of a conversation.
    pub conversation: ConversationId,
    pub log: LogId,
    pub seq: u64,
}

/// Somebody to whom mail of a conversation goes.
pub(crate) type Recipient = (ConversationId, AccountId);

/// Of a conversation something may have to be carried to somebody.
#[derive(Clone, Debug)]
pub(crate) struct MailDue {
    pub at_ms: u64,
    /// How often no carrier took it.
    pub failures: u32,
    /// Those of their carriers that were asked in vain since one took something, or since the last pause.
    pub asked: BTreeSet<DeviceId>,
}

/// When a receipt may go to a carrier with nothing else to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReceiptPause {
    pub at_ms: u64,
    /// The pause after that.
    pub pause_ms: u64,
}

/// A deposit under way to a carrier.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    pub conversation: ConversationId,
    /// Whose mail it is.
    pub account: AccountId,
    /// For which of their devices.
    pub device: DeviceId,
    /// The device of the carrier that is asked.
    pub carrier: DeviceId,
    /// The end of our log that it reaches; `None` if it is a receipt alone.
    pub up_to: Option<u64>,
    /// What it tells of their logs.
    pub told: Receipts,
    /// When it is given up.
    pub until_ms: u64,
}

/// Entries under way to one device.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    /// What is still to be sent, in order: whole ranges of logs.
    pub queue: VecDeque<(LogId, u64, u64)>,
    /// After that: what they asked for since they hold it without its words.
    pub words: VecDeque<(LogId, u64, u64)>,
    /// The number of the next batch.
    pub next_batch: u32,
    /// Batches sent and not yet held.
    pub in_flight: BTreeSet<u32>,
    /// When a batch last went out or was acknowledged.
    pub moved_at_ms: u64,
    /// True when their frontier is to be looked at again once this is done.
    pub again: bool,
}

impl Sending {
    /// Whether nothing is left to be sent.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.words.is_empty()
    }

    /// Takes the next part off the queue, or else off the words that were asked for; after those they may ask for more.
    pub fn next_part(&mut self) -> Option<(LogId, u64, u64)> {
        self.queue.pop_front().or_else(|| self.words.pop_front())
    }

    /// Puts back what is left of a part.
    pub fn put_back(&mut self, is_words: bool, part: (LogId, u64, u64)) {
        let from = if is_words {
            &mut self.words
        } else {
            &mut self.queue
        };
        from.push_front(part);
    }
}

/// What was said and had no effect is not said again on the same link within this time, doubled each time up to the longest,
/// milliseconds.
const FIRST_PAUSE_MS: u64 = 30_000;
const LONGEST_PAUSE_MS: u64 = 60 * 60_000;

/// When something may be said again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause {
    next_at_ms: u64,
    /// The pause after that.
    pause_ms: u64,
}

impl Pause {
    /// It may be said now.
    pub fn none(now_ms: u64) -> Self {
        Self {
            next_at_ms: now_ms,
            pause_ms: FIRST_PAUSE_MS,
        }
    }

    /// Whether it may be said once more, which is noted.
    pub fn is_over(&mut self, now_ms: u64) -> bool {
        let is_over = self.next_at_ms <= now_ms;
        if is_over {
            self.next_at_ms = now_ms.saturating_add(self.pause_ms);
            self.pause_ms = self.pause_ms.saturating_mul(2).min(LONGEST_PAUSE_MS);
        }
        is_over
    }
}

/// Words that somebody was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub pause: Pause,
    /// The last of them.
    pub last: Option<(DeviceId, u64)>,
}

impl Asked {
    /// Nothing was asked for yet.
    pub fn never(now_ms: u64) -> Self {
        Self {
            pause: Pause::none(now_ms),
            last: None,
        }
    }
}

/// A comparison to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repair {
    pub at_ms: u64,
    /// The pause before the one after it.
    pub interval_ms: u64,
    /// An envelope did not open: compare even though no gap shows.
    pub suspected: bool,
}

/// An epoch that a task is making.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Awaited {
    pub epoch: EpochId,
    /// When it is given up.
    pub until_ms: u64,
}

/// Trying to reach a device.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dialing {
    /// Whose it is is no contact of ours, and dialled for the sake of groups only.
    pub for_groups: bool,
    pub failures: u32,
    pub in_flight: bool,
    pub next_at_ms: u64,
    /// It answered last time, and refused: a sign of life from it is no reason to ask again at once.
    pub refused: bool,
    /// Another way to it was learned while an attempt was under way: if that fails, the next follows at once.
    pub again: bool,
    /// When the link with it broke, if one did.
    pub lost_at_ms: Option<u64>,
}

impl Dialing {
    /// Whether an attempt may still have news.
    pub fn is_under_way(&self, now_ms: u64) -> bool {
        self.in_flight && self.next_at_ms > now_ms
    }
}

/// A deletion that came to nothing is tried again after this time, milliseconds: it must not keep everything else that is due
/// at the same time from being done.
const RETRY_MS: u64 = 5_000;

/// After something came to nothing for the store's sake, the time until everything is begun anew, milliseconds.
pub(crate) const RECOVERY_PAUSE_MS: u64 = 5_000;

/// A clock that goes back by less was only put right a little, milliseconds.
const CLOCK_SET_BACK_MS: u64 = 1_000;

/// A device that broke too many rules.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shunned {
    /// No link with it before this, unix milliseconds.
    pub until_ms: u64,
    /// How often it was cut off.
    pub times: u32,
}

/// How long a device is kept out that was cut off for the first time, milliseconds; twice as long each time after.
const FIRST_SHUN_MS: u64 = 60_000;
/// The longest that a device is kept out, milliseconds.
const LONGEST_SHUN_MS: u64 = 60 * 60_000;

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub links: BTreeMap<DeviceId, Link>,
    pub dialing: BTreeMap<DeviceId, Dialing>,
    /// Contacts who use a newer Kith, and what they are called.
    pub newer: BTreeMap<AccountId, String>,
    /// Before this it brings nothing new that our network works.
    pub revive_after_ms: u64,
    /// How new the newest address record is that was found of each contact.
    pub records_made_ms: BTreeMap<AccountId, u64>,
    /// Invites of contacts that were opened while those were away, until a link stands or they are not honoured.
    pub tokens: BTreeMap<DeviceId, InviteToken>,
    /// Devices that were cut off.
    pub shunned: BTreeMap<DeviceId, Shunned>,
    /// When to look at them next, unix milliseconds.
    pub look_at_shunned_ms: u64,
    /// Contacts of whom one is kept out: what they are called, and until when.
    pub kept_out: BTreeMap<AccountId, (String, u64)>,
    /// Since when gossip in a group waited for a device to show that it holds nothing else under our numbers.
    pub awaited_proofs: BTreeMap<(ConversationId, DeviceId), u64>,
    /// Accounts of which no more logs are taken in a conversation.
    pub full: BTreeSet<(ConversationId, AccountId)>,
    /// When we last made an epoch of a conversation.
    pub epoch_made_at_ms: BTreeMap<ConversationId, u64>,
    /// Epochs that are being made.
    pub sealing: BTreeMap<ConversationId, Awaited>,
    /// Topics we take part in, and whose they are.
    pub topics: BTreeMap<String, ConversationId>,
    /// Own rows that are not durable yet, with the batch that made each.
    pub unflushed: BTreeMap<(ConversationId, Position), BatchId>,
    /// The batch being made.
    pub batch: BatchId,
    pub own_addresses: Vec<String>,
    pub listening: Vec<String>,
    pub bootstraps: Vec<BootstrapView>,
    /// Those that were named beside the ones of the start.
    pub named_bootstraps: Vec<String>,
    pub lan_discovery: bool,
    pub port_in_use: Option<u16>,
    /// Why the disk takes nothing, while it does not.
    pub disk: Option<DiskTrouble>,
    /// While it does not: the batch whose becoming durable shows that it does again.
    pub proves_disk: Option<BatchId>,
    /// What damage to the store cost, until it was read.
    pub damage: Option<DamageView>,
    /// When contacts' address records are looked up next.
    pub look_up_at_ms: u64,
    /// The pause after that.
    pub look_up_pause_ms: u64,
    /// Whose record lies under which key on which day, of those that were looked up lately.
    pub looked_up: BTreeMap<[u8; 32], (AccountId, u32)>,
    /// Up to which account contacts who are away have had their turn of being looked up.
    pub looked_up_to: Option<AccountId>,
    /// When our own address record is published next.
    pub publish_at_ms: u64,
    /// Keys of days before this one are gone.
    pub first_day: u32,
    /// The day whose upkeep has been done since the start.
    pub upkeep_day: Option<u32>,
    /// When everything is begun anew, since something was lost with a batch that could not be kept.
    pub recover_at_ms: Option<u64>,
    /// What may have to be carried, and when to look.
    pub mail_due: BTreeMap<Recipient, MailDue>,
    /// For whom receipts wait.
    pub receipt_pauses: BTreeMap<Recipient, ReceiptPause>,
    /// Deposits under way.
    pub errands: BTreeMap<ErrandId, Errand>,
    pub last_errand: u64,
    /// When mail that is over is looked for next.
    pub sweep_at_ms: u64,
    /// When something of ours is held no longer next, and up to when listeners know what is not.
    pub held_ends_at_ms: u64,
    pub held_told_ms: u64,
    /// What devices without a link may still gossip that is for nobody here.
    pub strays: BTreeMap<DeviceId, Allowance>,
    /// What is held for others, once it was counted.
    pub held: Option<Held>,
    /// When listeners were last told what is carried, and whether there is something new to tell.
    pub carrying_told_at_ms: u64,
    pub carrying_changed: bool,
    /// The newest time that an input came at, unix milliseconds.
    pub now_ms: u64,
    /// What is believed of this machine's clock.
    pub wall: Wall,
    /// When a deletion is final, or a message disappears, next.
    pub deletions_at_ms: u64,
    /// When commands that are limited in number were given, the oldest first.
    pub deletions: VecDeque<u64>,
    /// When something expires or has to be erased once more, or may have to.
    pub erasure_at_ms: u64,
    /// When all links compare everything, whether or not anything seems to be missing.
    pub beacon_at_ms: u64,
}

impl Live {
    /// The devices of an account that are linked now.
    pub fn linked(&self, account: &AccountId) -> Vec<DeviceId> {
        self.links
            .iter()
            .filter(|(_, link)| link.account == *account)
            .map(|(device, _)| *device)
            .collect()
    }

    /// Keeps a device out for a while, since it broke too many rules.
    pub fn shun(&mut self, device: DeviceId, now_ms: u64) {
        let shunned = self.shunned.entry(device).or_default();
        let pause_ms = FIRST_SHUN_MS.saturating_mul(1 << shunned.times.min(10));
        shunned.until_ms = now_ms.saturating_add(pause_ms.min(LONGEST_SHUN_MS));
        shunned.times = shunned.times.saturating_add(1);
        self.look_at_shunned_ms = now_ms;
    }

    /// Until when a device is kept out, unix milliseconds; 0 for all that were never cut off.
    pub fn shunned_until_ms(&self, device: &DeviceId) -> u64 {
        self.shunned.get(device).map_or(0, |shunned| shunned.until_ms)
    }

    /// True while this own row may be lost by a power cut.
    pub fn is_unflushed(&self, conversation: &ConversationId, position: &Position) -> bool {
        self.unflushed.contains_key(&(*conversation, *position))
    }

    /// Takes the own rows that are durable now that all batches up to this one are, in the order of their places.
    pub fn take_flushed(&mut self, up_to: BatchId) -> Vec<(ConversationId, Position)> {
        let unflushed = std::mem::take(&mut self.unflushed);
        let (durable, later) = unflushed.into_iter().partition(|(_, batch)| *batch <= up_to);
        self.unflushed = later;
        BTreeMap::into_keys(durable).collect()
    }

    /// A batch was not committed: its rows are none.
    pub fn forget_unflushed(&mut self, batch: BatchId) {
        self.unflushed.retain(|_, made_by| *made_by != batch);
    }

    /// An input comes when this machine's clock shows `wall_ms`: gives the time that we go by.
    pub fn notice_wall(&mut self, wall_ms: u64) -> u64 {
        let back_ms = self.wall.goes_on(wall_ms, CLOCK_SET_BACK_MS);
        for link in self.links.values_mut().filter(|_| back_ms != Some(0)) {
            let ahead_ms = link.clock_ahead_ms.zip(back_ms);
            link.clock_ahead_ms =
                ahead_ms.map(|(ahead_ms, back_ms)| ahead_ms.saturating_add_unsigned(back_ms));
        }
        let now_ms = self.wall.corrected(wall_ms);
        self.notice_clock(now_ms);
        now_ms
    }

    /// A clock that was set back would keep everything waiting for as long as it was ahead: what is due moves with it.
    pub fn notice_clock(&mut self, now_ms: u64) {
        let back_ms = self.now_ms.saturating_sub(now_ms);
        self.now_ms = now_ms;
        if back_ms < CLOCK_SET_BACK_MS {
            return;
        }
        let mut due: Vec<&mut u64> = Vec::new();
        for dialing in self.dialing.values_mut() {
            due.push(&mut dialing.next_at_ms);
            due.extend(dialing.lost_at_ms.as_mut());
        }
        for link in self.links.values_mut() {
            due.extend(link.asked_at_ms.values_mut());
            due.extend(link.parted_at_ms.values_mut());
            let wanted = link.wanted.values_mut().map(|asked| &mut asked.pause);
            let pauses = link.invited.values_mut().chain(wanted);
            due.extend(pauses.map(|pause| &mut pause.next_at_ms));
            due.extend(link.repairs.values_mut().map(|repair| &mut repair.at_ms));
        }
        due.extend(self.mail_due.values_mut().map(|due| &mut due.at_ms));
        due.extend(self.receipt_pauses.values_mut().map(|pause| &mut pause.at_ms));
        due.extend(self.sealing.values_mut().map(|awaited| &mut awaited.until_ms));
        due.extend(self.errands.values_mut().map(|errand| &mut errand.until_ms));
        due.extend([
            &mut self.look_up_at_ms,
            &mut self.revive_after_ms,
            &mut self.beacon_at_ms,
            &mut self.sweep_at_ms,
            &mut self.carrying_told_at_ms,
            &mut self.deletions_at_ms,
            &mut self.erasure_at_ms,
        ]);
        due.extend(self.recover_at_ms.as_mut());
        // Nothing to publish stays so.
        due.extend(Some(&mut self.publish_at_ms).filter(|at_ms| **at_ms != u64::MAX));
        due.into_iter()
            .for_each(|at_ms| *at_ms = at_ms.saturating_sub(back_ms));
    }

    /// After a batch that could not be committed: what was under way, and what was found to fit, may not match the store
    /// any more.
    pub fn forget_progress(&mut self, now_ms: u64) {
        for link in self.links.values_mut() {
            link.sending.clear();
            link.agreed.clear();
            link.beyond.clear();
            link.proven.clear();
            link.told_in_part.clear();
        }
        // A task goes with the turn that wanted it.
        self.sealing.clear();
        self.epoch_made_at_ms.clear();
        self.full.clear();
        self.held = None;
        // Not at once: on a full disk the answers could not be kept either, and would be a reason to ask again.
        self.beacon_at_ms = self.beacon_at_ms.min(now_ms.saturating_add(RECOVERY_PAUSE_MS));
        self.look_for_deletions(now_ms);
    }

    /// An input came to nothing: what it deleted is not, and is due again soon.
    pub fn look_for_deletions(&mut self, now_ms: u64) {
        let soon_ms = now_ms.saturating_add(RETRY_MS);
        // One that fails each time leaves time for all else between.
        self.deletions_at_ms = if self.deletions_at_ms <= now_ms {
            soon_ms
        } else {
            self.deletions_at_ms.min(soon_ms)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_that_fails_waits_before_it_is_tried_again() {
        for (due_at_ms, then_ms) in [
            (1_000, 2_000 + RETRY_MS),
            (2_000, 2_000 + RETRY_MS),
            (2_001, 2_001),
            (u64::MAX, 2_000 + RETRY_MS),
        ] {
            let mut live = Live {
                deletions_at_ms: due_at_ms,
                ..Live::default()
            };
            live.look_for_deletions(2_000);
            assert_eq!(live.deletions_at_ms, then_ms);
        }
    }
}
