//! Records of keys that pass: epochs, chains, prekeys and seals under way. All of them are erasable.

use kith_crypto::{ConversationId, DeviceId, EpochId, EpochTag, ReceiveChain, SendChain, SenderTag};
use serde::{Deserialize, Serialize};

use super::Record;
use crate::redacted::shows_only;
use crate::store::{Keep, Key, Scope, Suffix, Table};

/// An epoch of a conversation as this device holds it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct EpochRecord {
    pub conversation: ConversationId,
    pub epoch: EpochId,
    pub tag: EpochTag,
    /// The devices it was sealed to, its maker included.
    pub devices: Vec<DeviceId>,
    /// How much of the control logs its maker had seen: the sum of the sequence numbers it covers.
    pub coverage: u64,
    /// When it became known here, unix milliseconds.
    pub since_ms: u64,
    /// Which topic secret came with it.
    pub topic: [u8; 32],
    /// How our own envelopes are marked.
    pub own_tag: SenderTag,
    /// Our own chain.
    pub own_chain: SendChain,
}

shows_only!(EpochRecord {
    conversation,
    epoch,
    devices,
    coverage,
    since_ms
});

impl EpochRecord {
    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Epoch).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, epoch: &EpochId) -> Key {
        Key::new(Self::scope(conversation), Suffix::hashed(epoch.as_bytes()))
    }
}

impl Record for EpochRecord {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.epoch)
    }

    fn keep(&self, today: u32) -> Keep {
        Keep::UntilDay(today)
    }
}

/// Another device's chain in an epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SenderChain {
    pub tag: EpochTag,
    pub sender: SenderTag,
    /// Whose chain it is: an envelope under it must hold an entry of this device.
    pub device: DeviceId,
    pub chain: ReceiveChain,
}

impl SenderChain {
    pub fn scope(tag: &EpochTag) -> Scope {
        Scope::new(Table::SenderChain).with(&tag.0)
    }

    pub fn at(tag: &EpochTag, sender: &SenderTag) -> Key {
        Key::new(Self::scope(tag), Suffix::hashed(sender.0))
    }
}

impl Record for SenderChain {
    fn key(&self) -> Key {
        Self::at(&self.tag, &self.sender)
    }

    fn keep(&self, today: u32) -> Keep {
        Keep::UntilDay(today)
    }
}

/// From an envelope's epoch tag to its conversation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TagIndex {
    pub tag: EpochTag,
    pub conversation: ConversationId,
    pub epoch: EpochId,
}

impl TagIndex {
    pub fn at(tag: &EpochTag) -> Key {
        Key::new(Scope::new(Table::EpochTag), Suffix::hashed(tag.0))
    }
}

impl Record for TagIndex {
    fn key(&self) -> Key {
        Self::at(&self.tag)
    }
}

/// A prekey of ours.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct OwnPrekey {
    pub id: u64,
    pub made_at_ms: u64,
    /// The seed it is derived from.
    pub seed: [u8; 32],
}

impl OwnPrekey {
    pub fn scope() -> Scope {
        Scope::new(Table::OwnPrekey)
    }
}

impl Record for OwnPrekey {
    fn key(&self) -> Key {
        Key::new(Self::scope(), Suffix::number(self.id))
    }

    fn keep(&self, today: u32) -> Keep {
        Keep::UntilDay(today)
    }
}

impl Drop for OwnPrekey {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.seed);
    }
}

/// A seal that its device has not confirmed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PendingSeal {
    pub conversation: ConversationId,
    pub device: DeviceId,
    pub epoch: EpochId,
    /// Where our `Rekey` entry stands in our control log; it travels with the seal.
    pub rekey_seq: u64,
    pub since_ms: u64,
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
}

impl PendingSeal {
    pub fn scope(device: &DeviceId) -> Scope {
        Scope::new(Table::PendingSeal).with(device.as_bytes())
    }

    pub fn at(device: &DeviceId, epoch: &EpochId) -> Key {
        Key::new(Self::scope(device), Suffix::hashed(epoch.as_bytes()))
    }
}

impl Record for PendingSeal {
    fn key(&self) -> Key {
        Self::at(&self.device, &self.epoch)
    }
}
