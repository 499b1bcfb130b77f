//! Records of people and how to reach them.

use kith_crypto::{AccountId, DeviceId};
use serde::{Deserialize, Serialize};

use super::Record;
use crate::redacted::{shows_only, shows_variant};
use crate::store::{Key, Scope, Suffix, Table};

/// Why an invite's issuer did not honour it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Refused {
    Used,
    Expired,
    Revoked,
    Unknown,
}

/// What stands between a contact and us.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Standing {
    /// We opened their invite and have not reached them.
    Waiting {
        /// The invite's token, sent in the handshake.
        token: [u8; 16],
        /// The device that made the invite: the token is for no other.
        device: DeviceId,
    },
    /// Both sides accepted.
    Accepted,
    /// Their side did not honour the token.
    Refused(Refused),
    /// Our person wants nothing of them.
    Blocked,
    /// Nothing: they are known from a group only.
    Fellow,
}

shows_variant!(Standing {
    Waiting { device },
} else Accepted, Refused, Blocked, Fellow);

/// A person we know.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub account: AccountId,
    /// From their card, or from their invite until the card came.
    pub name: String,
    pub status: String,
    /// BLAKE3 of their picture, as their card names it.
    pub picture: Option<[u8; 32]>,
    /// The number of the newest card seen; 0 before the first.
    pub card_number: u64,
    pub standing: Standing,
    /// Their newest signed device list; empty before the first link.
    #[serde(with = "serde_bytes")]
    pub device_list: Vec<u8>,
    /// Their devices that are live by that list, or the one the invite named.
    pub devices: Vec<DeviceId>,
    /// From which their address records are found.
    pub reach: [u8; 32],
    /// What they gave us to remind them by, should they come back from their words; zeros before the first link.
    pub remembrance: [u8; 32],
    pub last_seen_ms: Option<u64>,
    /// True once they were alarmed about: two device lists under one number.
    pub alarmed: bool,
}

shows_only!(Contact {
    account,
    standing,
    devices
});

impl Contact {
    pub fn scope() -> Scope {
        Scope::new(Table::Contact)
    }

    pub fn at(account: &AccountId) -> Key {
        Key::new(Self::scope(), Suffix::hashed(account.as_bytes()))
    }

    pub fn is_accepted(&self) -> bool {
        self.standing == Standing::Accepted
    }

    /// Whether we try to reach them.
    pub fn is_wanted(&self) -> bool {
        matches!(self.standing, Standing::Accepted | Standing::Waiting { .. })
    }
}

impl Record for Contact {
    fn key(&self) -> Key {
        Self::at(&self.account)
    }
}

/// Somebody whom our person blocked. It lies beside the contact's own standing, so that damage to either opens no door.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Blocked {
    pub account: AccountId,
    /// Since when, unix milliseconds.
    pub at_ms: u64,
    /// Whether they could leave no mail for us before, either.
    pub mail_was_refused: bool,
}

impl Blocked {
    pub fn at(account: &AccountId) -> Key {
        Key::new(Scope::new(Table::Blocked), Suffix::hashed(account.as_bytes()))
    }
}

impl Record for Blocked {
    fn key(&self) -> Key {
        Self::at(&self.account)
    }
}

/// How we know whose device one is. What is proven better outdoes what is proven less; of two equal proofs the first stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Owned {
    /// An invite or an address record says so, for which nobody but its author stands: enough to dial it.
    Said,
    /// A list that the account signed names it. The device was not asked.
    Listed,
    /// In a link's handshake it showed such a list itself: account and device name each other.
    Linked,
}

/// A device of somebody, ours included.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PeerDevice {
    pub device: DeviceId,
    /// Whose device it is or was: entries of revoked devices still need an owner.
    pub account: AccountId,
    /// How that is known.
    pub owned: Owned,
    /// Multiaddrs, the most recently confirmed first; at most [`PeerDevice::MOST_ADDRESSES`].
    pub addresses: Vec<String>,
    /// Its newest signed prekey; empty before the first link.
    #[serde(with = "serde_bytes")]
    pub prekey: Vec<u8>,
}

impl PeerDevice {
    /// How many addresses are kept for a device.
    pub const MOST_ADDRESSES: usize = 16;

    /// A device that is said to be somebody's.
    pub fn new(device: DeviceId, account: AccountId) -> Self {
        Self {
            device,
            account,
            owned: Owned::Said,
            addresses: Vec::new(),
            prekey: Vec::new(),
        }
    }

    pub fn scope() -> Scope {
        Scope::new(Table::PeerDevice)
    }

    pub fn at(device: &DeviceId) -> Key {
        Key::new(Self::scope(), Suffix::hashed(device.as_bytes()))
    }

    /// Whether somebody may write in its account's name with it.
    pub fn is_proven(&self) -> bool {
        self.owned >= Owned::Listed
    }

    /// Takes a better proof of whose it is; false where as good a one is known already.
    pub fn belongs(&mut self, account: AccountId, owned: Owned) -> bool {
        if owned <= self.owned {
            return false;
        }
        self.account = account;
        self.owned = owned;
        true
    }

    /// Puts `fresh` in front, drops what is beyond the limit; true if anything changed.
    pub fn learn(&mut self, fresh: &[String]) -> bool {
        let mut merged: Vec<String> = Vec::new();
        for address in fresh.iter().chain(&self.addresses) {
            if merged.len() < Self::MOST_ADDRESSES && !merged.contains(address) {
                merged.push(address.clone());
            }
        }
        let changed = merged != self.addresses;
        self.addresses = merged;
        changed
    }
}

impl Record for PeerDevice {
    fn key(&self) -> Key {
        Self::at(&self.device)
    }
}

/// A device list that an account once signed, as it travelled: it proves whose a revoked device was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignedList {
    pub account: AccountId,
    pub number: u64,
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

impl SignedList {
    pub fn scope(account: &AccountId) -> Scope {
        Scope::new(Table::SignedList).with(account.as_bytes())
    }
}

impl Record for SignedList {
    fn key(&self) -> Key {
        Key::new(Self::scope(&self.account), Suffix::number(self.number))
    }
}
