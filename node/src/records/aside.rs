//! Records of what was written under a device that an old copy of our folder made us give up.

use kith_crypto::{ConversationId, DeviceId, EntryId};
use serde::{Deserialize, Serialize};

use super::Record;
use crate::{
    position::Position,
    redacted::shows_only,
    store::{Key, Scope, Suffix, Table},
};

/// A past device of ours in a conversation whose other side has not yet told how much of its logs it holds: the rest has
/// to be written anew.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Unsettled {
    pub conversation: ConversationId,
    pub device: DeviceId,
}

impl Unsettled {
    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Unsettled).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, device: &DeviceId) -> Key {
        Key::new(Self::scope(conversation), Suffix::hashed(device.as_bytes()))
    }
}

impl Record for Unsettled {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.device)
    }
}

/// An entry of a past device of ours whose words the device that took its place has said again: should it ever come back
/// from somebody who had it after all, it is not shown beside them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SaidAgain {
    pub conversation: ConversationId,
    /// What the entry was called.
    pub id: EntryId,
}

impl SaidAgain {
    pub fn at(conversation: &ConversationId, id: &EntryId) -> Key {
        let scope = Scope::new(Table::SaidAgain).with(conversation.as_bytes());
        Key::new(scope, Suffix::hashed(id.as_bytes()))
    }
}

impl Record for SaidAgain {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.id)
    }
}

/// Words of ours that are part of no log: they are shown where they were, and wait to be written anew.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SetAside {
    pub conversation: ConversationId,
    /// Under which device they were written.
    pub device: DeviceId,
    pub seq: u64,
    /// What the entry was called.
    pub id: EntryId,
    /// Where its row stands.
    pub position: Position,
    /// The encoded body.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

shows_only!(SetAside {
    conversation,
    device,
    seq,
    position
});

impl SetAside {
    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::SetAside).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, position: &Position) -> Key {
        Key::new(
            Self::scope(conversation),
            Suffix::Ordered(position.as_bytes().to_vec()),
        )
    }
}

impl Record for SetAside {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.position)
    }
}
