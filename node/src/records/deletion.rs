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

/// An entry of a content log that is held and is no message to anybody: it has no row, or none that can be unread.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Silent {
    pub conversation: ConversationId,
    /// Whose content log.
    pub author: DeviceId,
    pub seq: u64,
}

impl Silent {
    pub fn scope(conversation: &ConversationId, author: &DeviceId) -> Scope {
        Scope::new(Table::Silent)
            .with(conversation.as_bytes())
            .with(author.as_bytes())
    }

    pub fn at(conversation: &ConversationId, author: &DeviceId, seq: u64) -> Key {
        Key::new(Self::scope(conversation, author), Suffix::number(seq))
    }
}

impl Record for Silent {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.author, self.seq)
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
        /// Up to where each of our content logs was held by a device of theirs.
        delivered: Vec<(LogId, u64)>,
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
