//! Records of when what we learnt about our messages, and about the people we write to, was learnt.

use kith_crypto::{AccountId, ConversationId, DeviceId};
use serde::{Deserialize, Serialize};

use super::Record;
use crate::store::{Key, Scope, Suffix, Table};

/// What a device can say of our messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// They are durable there.
    Held,
    /// Its person was shown them.
    Shown,
}

/// The moment at which a device's acknowledgement of one log moved: everything up to `end` that had not come so far
/// before came so far then. One small record for each acknowledgement, however many messages it covers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Milestone {
    pub conversation: ConversationId,
    /// Who acknowledged.
    pub device: DeviceId,
    /// Whose log it is about: one of our own devices.
    pub author: DeviceId,
    pub stage: Stage,
    pub end: u64,
    /// When we learnt of it, unix milliseconds.
    pub at_ms: u64,
}

impl Milestone {
    /// All moments of one device, log and stage, in the order of the log.
    pub fn scope(conversation: &ConversationId, device: &DeviceId, author: &DeviceId, stage: Stage) -> Scope {
        Scope::new(Table::Milestone)
            .with(conversation.as_bytes())
            .with(device.as_bytes())
            .with(author.as_bytes())
            .with(&[stage as u8])
    }
}

impl Record for Milestone {
    fn key(&self) -> Key {
        let scope = Self::scope(&self.conversation, &self.device, &self.author, self.stage);
        Key::new(scope, Suffix::number(self.end))
    }
}

/// We compared safety numbers with somebody, and they were the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Verified {
    pub account: AccountId,
    /// When, unix milliseconds.
    pub at_ms: u64,
}

impl Verified {
    pub fn at(account: &AccountId) -> Key {
        Key::new(Scope::new(Table::Verified), Suffix::hashed(account.as_bytes()))
    }
}

impl Record for Verified {
    fn key(&self) -> Key {
        Self::at(&self.account)
    }
}
