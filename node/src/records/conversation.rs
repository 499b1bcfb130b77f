//! Records of conversations, their rows in order, and who has received what.

use std::collections::BTreeMap;

use kith_crypto::{AccountId, ConversationId, DeviceId, EntryId, LogId};
use serde::{Deserialize, Serialize};

use super::Record;
use crate::{
    position::Position,
    store::{Key, Scope, Suffix, Table},
};

/// A direct conversation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Conversation {
    pub id: ConversationId,
    /// The other person.
    pub contact: AccountId,
    /// When something last happened, unix milliseconds.
    pub active_at_ms: u64,
    /// The newest row.
    pub last: Option<Position>,
    /// How many rows of others are after `read_up_to`.
    pub unread: u32,
    /// Up to here everything was shown.
    pub read_up_to: Position,
    pub draft: String,
    /// From which the current topic is derived, then the one before it.
    pub topics: Vec<[u8; 32]>,
}

impl Conversation {
    pub fn scope() -> Scope {
        Scope::new(Table::Conversation)
    }

    pub fn at(id: &ConversationId) -> Key {
        Key::new(Self::scope(), Suffix::hashed(id.as_bytes()))
    }
}

impl Record for Conversation {
    fn key(&self) -> Key {
        Self::at(&self.id)
    }
}

/// What stands at one place of a conversation's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Row {
    /// An entry of a content log.
    Entry { log: LogId, seq: u64 },
    /// The two became contacts.
    ContactAdded,
    /// A contact's device was seen for the first time.
    NewDevice(DeviceId),
    /// A device signed two entries under one number.
    Equivocation(DeviceId),
    /// Words of ours that are part of no log until they are written anew (see [`super::SetAside`]).
    SetAside,
    /// An entry of a content log that was deleted for everyone, after somebody may have read it.
    Deleted { log: LogId, seq: u64 },
    /// Somebody set after how long messages disappear; 0 is never.
    Timer { seconds: u32 },
}

/// A row of a conversation in its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OrderRow {
    pub conversation: ConversationId,
    pub position: Position,
    /// The entry's id, or one made up for a notice.
    pub id: EntryId,
    /// Whose it is.
    pub author: AccountId,
    /// As shown, unix milliseconds.
    pub at_ms: u64,
    pub row: Row,
}

impl OrderRow {
    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Order).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, position: &Position) -> Key {
        Key::new(
            Self::scope(conversation),
            Suffix::Ordered(position.as_bytes().to_vec()),
        )
    }
}

impl Record for OrderRow {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.position)
    }
}

/// What one device has acknowledged: monotone vectors, author device to sequence number, merged by maximum.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Receipts {
    pub conversation: ConversationId,
    /// Whose acknowledgement.
    pub device: DeviceId,
    /// Durable there, without a gap, up to.
    pub held: BTreeMap<DeviceId, u64>,
    /// Shown to its person up to.
    pub shown: BTreeMap<DeviceId, u64>,
}

impl Receipts {
    pub fn empty(conversation: ConversationId, device: DeviceId) -> Self {
        Self {
            conversation,
            device,
            held: BTreeMap::new(),
            shown: BTreeMap::new(),
        }
    }

    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Receipts).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, device: &DeviceId) -> Key {
        Key::new(Self::scope(conversation), Suffix::hashed(device.as_bytes()))
    }

    /// Merges by maximum; gives the span of `author`'s numbers whose state changed, if any did.
    pub fn merge(
        &mut self,
        held: &BTreeMap<DeviceId, u64>,
        shown: &BTreeMap<DeviceId, u64>,
        author: &DeviceId,
    ) -> Option<(u64, u64)> {
        let held_span = raise(&mut self.held, held, author);
        let shown_span = raise(&mut self.shown, shown, author);
        match (held_span, shown_span) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (one, other) => one.or(other),
        }
    }
}

fn raise(
    own: &mut BTreeMap<DeviceId, u64>,
    news: &BTreeMap<DeviceId, u64>,
    author: &DeviceId,
) -> Option<(u64, u64)> {
    let mut span = None;
    for (device, &seq) in news {
        let known = own.entry(*device).or_default();
        if seq > *known {
            if device == author {
                span = Some((known.saturating_add(1), seq));
            }
            *known = seq;
        }
    }
    span
}

impl Record for Receipts {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.device)
    }
}
