//! Records of what was deleted, is about to be, or disappears by itself.

use kith_crypto::{AccountId, ConversationId, DeviceId, EntryId, LogId};
use serde::{Deserialize, Serialize};

use super::{Ranges, Record};
use crate::{
    position::Position,
    store::{Key, Scope, Suffix, Table},
    view::DeleteFor,
};

/// This entry's words are never shown, nor kept, by whatever road they come: it was deleted, here or by its author. The
/// entry may not have come yet: if it turns out to be another account's, this says nothing about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    pub conversation: ConversationId,
    /// Whose entry.
    pub account: AccountId,
    pub id: EntryId,
}

impl Tombstone {
    pub fn at(conversation: &ConversationId, account: &AccountId, id: &EntryId) -> Key {
        let scope = Scope::new(Table::Tombstone)
            .with(conversation.as_bytes())
            .with(account.as_bytes());
        Key::new(scope, Suffix::hashed(id.as_bytes()))
    }
}

impl Record for Tombstone {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.account, &self.id)
    }
}

/// Which entries of a stretch of a content log are held and are no messages to anybody: they have no row, or none that can
/// be unread.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Silent {
    pub conversation: ConversationId,
    /// Whose content log.
    pub author: DeviceId,
    /// Which stretch.
    pub stretch: u64,
    /// A bit for each number of the stretch, the first in the lowest one of the first word.
    bits: [u64; 4],
}

impl Silent {
    /// How many numbers a stretch has.
    const SEQS: u64 = 256;

    /// The stretch in which a number lies.
    pub fn stretch_of(seq: u64) -> u64 {
        seq / Self::SEQS
    }

    pub fn empty(conversation: ConversationId, author: DeviceId, stretch: u64) -> Self {
        Self {
            conversation,
            author,
            stretch,
            bits: [0; 4],
        }
    }

    pub fn scope(conversation: &ConversationId, author: &DeviceId) -> Scope {
        Scope::new(Table::Silent)
            .with(conversation.as_bytes())
            .with(author.as_bytes())
    }

    pub fn at(conversation: &ConversationId, author: &DeviceId, stretch: u64) -> Key {
        Key::new(Self::scope(conversation, author), Suffix::number(stretch))
    }

    /// Adds a number of this stretch; false if it was there.
    pub fn insert(&mut self, seq: u64) -> bool {
        let was = self.bits;
        for (word, mask) in self.bits.iter_mut().zip(Self::masks(seq)) {
            *word |= mask;
        }
        was != self.bits
    }

    /// Removes a number of this stretch; false if it was not there.
    pub fn remove(&mut self, seq: u64) -> bool {
        let was = self.bits;
        for (word, mask) in self.bits.iter_mut().zip(Self::masks(seq)) {
            *word &= !mask;
        }
        was != self.bits
    }

    /// The bit of a number, in the word where it is.
    fn masks(seq: u64) -> [u64; 4] {
        let place = seq % Self::SEQS;
        [0, 1, 2, 3].map(|word| u64::from(place / 64 == word) << (place % 64))
    }

    /// Its numbers.
    pub fn seqs(&self) -> impl Iterator<Item = u64> {
        let first = self.stretch.saturating_mul(Self::SEQS);
        let bits = self.bits;
        (0..Self::SEQS).filter_map(move |place| {
            let words = bits.iter().zip(Self::masks(place));
            let is_there = words.map(|(word, mask)| word & mask).any(|bit| bit != 0);
            is_there.then(|| first.saturating_add(place))
        })
    }
}

impl Record for Silent {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.author, self.stretch)
    }
}

/// What is to be deleted once its time to be undone is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Doomed {
    /// Some messages, each at its place.
    Messages(Vec<(Position, DeleteFor)>),
    /// All that a conversation held.
    Chat {
        /// Its newest row.
        up_to: Position,
        /// What was held of each content log.
        held: Vec<(LogId, Ranges)>,
        /// What of each of our content logs no device of theirs held.
        undelivered: Vec<(LogId, Ranges)>,
    },
}

/// A deletion that can still be undone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PendingDeletion {
    /// Made up, so that a late wish to undo one finds no other.
    pub id: u32,
    pub conversation: ConversationId,
    /// When it becomes final, unix milliseconds.
    pub due_at_ms: u64,
    pub what: Doomed,
}

impl PendingDeletion {
    pub fn scope() -> Scope {
        Scope::new(Table::PendingDeletion)
    }

    pub fn at(id: u32) -> Key {
        Key::new(Self::scope(), Suffix::number(id.into()))
    }
}

impl Record for PendingDeletion {
    fn key(&self) -> Key {
        Self::at(self.id)
    }
}

/// After how long the messages of a conversation disappear, as somebody set it who had not seen the others that are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TimerSetting {
    /// When, by its author's clock: a raw stamp.
    pub at: u64,
    /// By which device.
    pub author: DeviceId,
    /// The number of its entry in the control log of that device.
    pub seq: u64,
    /// 0 is never.
    pub seconds: u32,
}

/// The settings of a conversation's timer that are replaced by none, as far as is known: of each device one at most.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ChatTimer {
    pub conversation: ConversationId,
    pub settings: Vec<TimerSetting>,
}

impl ChatTimer {
    pub fn at(conversation: &ConversationId) -> Key {
        Key::new(
            Scope::new(Table::ChatTimer),
            Suffix::hashed(conversation.as_bytes()),
        )
    }
}

impl Record for ChatTimer {
    fn key(&self) -> Key {
        Self::at(&self.conversation)
    }
}

/// The last setting of a conversation's timer by a device of ours that was replaced which is part of no log any more, until it is said
/// again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RetractedTimer {
    pub conversation: ConversationId,
    pub setting: TimerSetting,
}

impl RetractedTimer {
    pub fn at(conversation: &ConversationId) -> Key {
        Key::new(
            Scope::new(Table::RetractedTimer),
            Suffix::hashed(conversation.as_bytes()),
        )
    }
}

impl Record for RetractedTimer {
    fn key(&self) -> Key {
        Self::at(&self.conversation)
    }
}

/// A change of a conversation's timer that is not said yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PendingTimer {
    pub conversation: ConversationId,
    pub seconds: u32,
    /// When it is said, unix milliseconds.
    pub due_at_ms: u64,
}

impl PendingTimer {
    pub fn scope() -> Scope {
        Scope::new(Table::PendingTimer)
    }

    pub fn at(conversation: &ConversationId) -> Key {
        Key::new(Self::scope(), Suffix::hashed(conversation.as_bytes()))
    }
}

impl Record for PendingTimer {
    fn key(&self) -> Key {
        Self::at(&self.conversation)
    }
}

/// A message that disappears by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Expiring {
    /// When, unix milliseconds by the clock of this machine.
    pub at_ms: u64,
    pub conversation: ConversationId,
    pub log: LogId,
    pub seq: u64,
    /// Where its row stands.
    pub position: Position,
}

impl Expiring {
    pub fn scope() -> Scope {
        Scope::new(Table::Expiring)
    }

    pub fn place(at_ms: u64, position: &Position) -> Key {
        let suffix = [at_ms.to_be_bytes().as_slice(), position.as_bytes()].concat();
        Key::new(Self::scope(), Suffix::Ordered(suffix))
    }
}

impl Record for Expiring {
    fn key(&self) -> Key {
        Self::place(self.at_ms, &self.position)
    }
}

/// When a message disappears here, where our clock and its author's did not show the same when it came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Deadline {
    pub conversation: ConversationId,
    /// Where its row stands.
    pub position: Position,
    /// Unix milliseconds by the clock of this machine.
    pub at_ms: u64,
}

impl Deadline {
    pub fn at(conversation: &ConversationId, position: &Position) -> Key {
        let scope = Scope::new(Table::Deadline).with(conversation.as_bytes());
        Key::new(scope, Suffix::Ordered(position.as_bytes().to_vec()))
    }
}

impl Record for Deadline {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.position)
    }
}

/// What of a log was deleted here with its whole conversation: nothing of it is shown again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cleared {
    pub conversation: ConversationId,
    pub log: LogId,
    pub seqs: Ranges,
}

impl Cleared {
    pub fn at(conversation: &ConversationId, log: &LogId) -> Key {
        let scope = Scope::new(Table::Cleared).with(conversation.as_bytes());
        Key::new(scope, Suffix::hashed(log.author.as_bytes()))
    }
}

impl Record for Cleared {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.log)
    }
}

/// The rows of a conversation that was deleted, as far as they are not gone yet: nobody sees them any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Clearing {
    pub conversation: ConversationId,
    /// Rows before this one are gone.
    pub from: Position,
    /// The last one that goes.
    pub up_to: Position,
}

impl Clearing {
    pub fn scope() -> Scope {
        Scope::new(Table::Clearing)
    }

    pub fn at(conversation: &ConversationId) -> Key {
        Key::new(Self::scope(), Suffix::hashed(conversation.as_bytes()))
    }
}

impl Record for Clearing {
    fn key(&self) -> Key {
        Self::at(&self.conversation)
    }
}

/// A conversation that was deleted and in which nothing has been written since: it is in no list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HiddenChat {
    pub conversation: ConversationId,
}

impl HiddenChat {
    pub fn at(conversation: &ConversationId) -> Key {
        Key::new(
            Scope::new(Table::HiddenChat),
            Suffix::hashed(conversation.as_bytes()),
        )
    }
}

impl Record for HiddenChat {
    fn key(&self) -> Key {
        Self::at(&self.conversation)
    }
}

#[cfg(test)]
mod tests {
    use kith_crypto::DeviceKey;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    #[test]
    fn a_stretch_knows_its_numbers() {
        let device = DeviceKey::generate(&mut ChaCha20Rng::from_seed([2; 32])).id();
        let mut silent = Silent::empty(ConversationId::from_bytes([1; 32]), device, 3);
        for seq in [768, 831, 832, 1_000, 1_023] {
            assert!(silent.insert(seq) && !silent.insert(seq));
        }
        assert!(silent.remove(1_000) && !silent.remove(1_000) && !silent.remove(769));
        assert_eq!(silent.seqs().collect::<Vec<_>>(), [768, 831, 832, 1_023]);
        assert!([768, 1_023].iter().all(|seq| Silent::stretch_of(*seq) == 3));
    }
}
