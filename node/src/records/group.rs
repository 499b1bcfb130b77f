//! Records of conversations of more than two people.

use kith_crypto::{AccountId, ConversationId, DeviceId};
use serde::{Deserialize, Serialize};

use super::Record;
use crate::store::{Key, Scope, Suffix, Table};

/// A conversation of more than two people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// What it is called.
    pub name: String,
    /// Who began it.
    pub founder: AccountId,
    /// On which device: its control log begins with the entries that say all this.
    pub founding: DeviceId,
    /// Everyone for whom it began, the founder and ourselves included, in order.
    pub members: Vec<AccountId>,
    /// Those of them who take part no longer.
    pub left: Vec<Left>,
}

/// Somebody who has left a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Left {
    pub account: AccountId,
    /// The device in whose control log they say so.
    pub device: DeviceId,
    /// Where in it.
    pub seq: u64,
}

/// From a person to a group that they and we belong to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Fellowship {
    pub account: AccountId,
    pub conversation: ConversationId,
}

impl Fellowship {
    pub fn scope(account: &AccountId) -> Scope {
        Scope::new(Table::Fellowship).with(account.as_bytes())
    }

    pub fn at(account: &AccountId, conversation: &ConversationId) -> Key {
        Key::new(Self::scope(account), Suffix::hashed(conversation.as_bytes()))
    }
}

impl Record for Fellowship {
    fn key(&self) -> Key {
        Self::at(&self.account, &self.conversation)
    }
}
