//! Records of the keys under which messages are kept, so that they can be erased.

use kith_crypto::{ConversationId, LogId};
use serde::{Deserialize, Serialize};

use super::{Record, log::kind_byte};
use crate::store::{Key, Scope, Suffix, Table};

/// How many sequence numbers of a log share a key.
pub(crate) const SEGMENT_ENTRIES: u64 = 256;

/// The key of one stretch of a log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Segment {
    pub conversation: ConversationId,
    pub log: LogId,
    /// Which stretch.
    pub index: u64,
    /// The number of its key.
    pub key: u64,
}

impl Segment {
    /// The stretch in which a sequence number lies.
    pub fn of(seq: u64) -> u64 {
        seq / SEGMENT_ENTRIES
    }

    /// The first and the last sequence number of a stretch.
    pub fn span(index: u64) -> (u64, u64) {
        let first = index.saturating_mul(SEGMENT_ENTRIES);
        (first, first.saturating_add(SEGMENT_ENTRIES - 1))
    }

    pub fn scope(conversation: &ConversationId, log: &LogId) -> Scope {
        Scope::new(Table::Segment)
            .with(conversation.as_bytes())
            .with(log.author.as_bytes())
            .with(kind_byte(log.kind))
    }

    pub fn at(conversation: &ConversationId, log: &LogId, index: u64) -> Key {
        Key::new(Self::scope(conversation, log), Suffix::number(index))
    }
}

impl Record for Segment {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.log, self.index)
    }
}

/// The next number of a key that is given out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct KeyCounter {
    pub next: u64,
}

impl KeyCounter {
    pub fn at() -> Key {
        Key::single(Scope::new(Table::KeyCounter))
    }
}

impl Record for KeyCounter {
    fn key(&self) -> Key {
        Self::at()
    }
}

/// Numbers of keys under which nothing is kept any more: they are to be forgotten, if that has not happened yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Retired {
    /// Not empty.
    pub numbers: Vec<u64>,
}

impl Retired {
    pub fn scope() -> Scope {
        Scope::new(Table::Retired)
    }
}

impl Record for Retired {
    fn key(&self) -> Key {
        // A number is retired once, so the first tells one note from another.
        let first = self.numbers.first().copied().unwrap_or_default();
        Key::new(Self::scope(), Suffix::number(first))
    }
}

/// The key of everything that expires within one hour.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FadingHour {
    /// Hours since 1970.
    pub hour: u64,
    /// The number of its key.
    pub key: u64,
}

impl FadingHour {
    pub fn scope() -> Scope {
        Scope::new(Table::FadingHour)
    }

    pub fn at(hour: u64) -> Key {
        Key::new(Self::scope(), Suffix::number(hour))
    }
}

impl Record for FadingHour {
    fn key(&self) -> Key {
        Self::at(self.hour)
    }
}

/// What of one stretch of a log expires within an hour.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Fading {
    pub hour: u64,
    pub conversation: ConversationId,
    pub log: LogId,
    /// Which stretch.
    pub segment: u64,
    /// When, unix milliseconds, and which sequence number.
    pub due: Vec<(u64, u64)>,
}

impl Fading {
    pub fn scope(hour: u64) -> Scope {
        Scope::new(Table::Fading).with(&hour.to_be_bytes())
    }

    pub fn at(hour: u64, conversation: &ConversationId, log: &LogId, segment: u64) -> Key {
        let identity = [
            conversation.as_bytes().as_slice(),
            log.author.as_bytes(),
            kind_byte(log.kind),
            &segment.to_be_bytes(),
        ];
        Key::new(Self::scope(hour), Suffix::hashed(identity.concat()))
    }
}

impl Record for Fading {
    fn key(&self) -> Key {
        Self::at(self.hour, &self.conversation, &self.log, self.segment)
    }
}

/// A stretch of a log of which something was erased: what is left of it needs another key, so that the one it has can go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Stale {
    pub conversation: ConversationId,
    pub log: LogId,
    /// Which stretch.
    pub index: u64,
}

impl Stale {
    pub fn scope() -> Scope {
        Scope::new(Table::Stale)
    }
}

impl Record for Stale {
    fn key(&self) -> Key {
        let identity = [
            self.conversation.as_bytes().as_slice(),
            self.log.author.as_bytes(),
            kind_byte(self.log.kind),
            &self.index.to_be_bytes(),
        ];
        Key::new(Self::scope(), Suffix::hashed(identity.concat()))
    }
}
