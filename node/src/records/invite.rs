//! Records of invites we made.

use kith_crypto::AccountId;
use serde::{Deserialize, Serialize};

use super::Record;
use crate::redacted::shows_only;
use crate::store::{Key, Scope, Suffix, Table};

/// How an invite ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ending {
    Used(AccountId),
    Revoked,
}

/// An invite of ours.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct InviteRecord {
    pub token: [u8; 16],
    pub link: String,
    pub created_at_ms: u64,
    pub expires_at_ms: u64,
    pub ending: Option<Ending>,
}

shows_only!(InviteRecord {
    created_at_ms,
    expires_at_ms,
    ending
});

impl InviteRecord {
    pub fn scope() -> Scope {
        Scope::new(Table::Invite)
    }

    pub fn at(token: &[u8; 16]) -> Key {
        Key::new(Self::scope(), Suffix::hashed(token))
    }

    /// A short name that gives nothing of the token away.
    pub fn id(&self) -> String {
        let digest = blake3::derive_key("kith invite name v1", &self.token);
        data_encoding::HEXLOWER.encode(digest.get(..8).unwrap_or_default())
    }
}

impl Record for InviteRecord {
    fn key(&self) -> Key {
        Self::at(&self.token)
    }
}
