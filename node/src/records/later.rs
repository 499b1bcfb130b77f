//! Records of entries that only a later Kith can read.

use kith_crypto::{ConversationId, LogId};
use serde::{Deserialize, Serialize};

use super::Record;
use crate::store::{Key, Scope, Suffix, Table};

/// An entry that is held and not read yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LaterEntry {
    pub conversation: ConversationId,
    pub log: LogId,
    pub seq: u64,
}

impl LaterEntry {
    pub fn scope() -> Scope {
        Scope::new(Table::LaterEntry)
    }
}

impl Record for LaterEntry {
    fn key(&self) -> Key {
        let kind = [self.log.kind as u8];
        let place = [
            self.conversation.as_bytes().as_slice(),
            self.log.author.as_bytes(),
            &kind,
            &self.seq.to_be_bytes(),
        ];
        Key::new(Self::scope(), Suffix::hashed(place.concat()))
    }
}
