//! The order of a conversation as a value that sorts as bytes.

use std::{borrow::Cow, fmt, str::FromStr};

use kith_crypto::{ConversationId, DeviceId, EntryId, Stamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A place in a conversation's order. Opaque: compare and hand back, do not take apart.
///
/// Everyone orders a conversation by (hybrid logical stamp, author, sequence number). The author stands in it as
/// the first 8 bytes of a BLAKE3 keyed by the conversation, so that the order is the same for every member and
/// names nobody. Time and number stand in it plainly, also in the sorted keys on a disk (docs/storage.md). As text it is 48 lowercase hexadecimal digits,
/// which sort the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position([u8; Position::LENGTH]);

impl Position {
    /// Its size in bytes.
    pub const LENGTH: usize = 24;
    /// Before everything.
    pub const MIN: Self = Self([0; Self::LENGTH]);
    /// After everything.
    pub const MAX: Self = Self([0xff; Self::LENGTH]);

    /// The place of an entry.
    pub fn new(conversation: &ConversationId, stamp: Stamp, author: &DeviceId, seq: u64) -> Self {
        let author = blake3::keyed_hash(conversation.as_bytes(), author.as_bytes());
        let mut bytes = [0; Self::LENGTH];
        let parts = stamp.raw().to_be_bytes().into_iter();
        let parts = parts
            .chain(author.as_bytes().iter().copied().take(8))
            .chain(seq.to_be_bytes());
        bytes.iter_mut().zip(parts).for_each(|(slot, byte)| *slot = byte);
        Self(bytes)
    }

    /// The stamp in it.
    pub(crate) fn stamp(&self) -> Stamp {
        let raw = self.0.first_chunk().copied().unwrap_or_default();
        Stamp::from_raw(u64::from_be_bytes(raw))
    }

    /// The id of a notice that stands here: a row that is no entry, and that nobody else has.
    pub(crate) fn notice(&self) -> EntryId {
        EntryId::from_bytes(blake3::derive_key("kith notice v1", &self.0))
    }

    /// The bytes, which sort as the place does.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// From bytes of [`Position::as_bytes`]; `None` if there are not 24.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The greatest place before this one.
    pub fn previous(&self) -> Self {
        let mut bytes = self.0;
        for byte in bytes.iter_mut().rev() {
            let (difference, borrowed) = byte.overflowing_sub(1);
            *byte = difference;
            if !borrowed {
                return Self(bytes);
            }
        }
        Self::MIN
    }

    /// The smallest place after this one.
    pub fn next(&self) -> Self {
        let mut bytes = self.0;
        for byte in bytes.iter_mut().rev() {
            let (sum, carried) = byte.overflowing_add(1);
            *byte = sum;
            if !carried {
                return Self(bytes);
            }
        }
        Self::MAX
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// A text that is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A position is 48 lowercase hexadecimal digits, as a message carries it.")]
pub struct NotAPosition;

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let bytes = data_encoding::HEXLOWER
            .decode(text.as_bytes())
            .map_err(|_| NotAPosition)?;
        Self::from_bytes(&bytes).ok_or(NotAPosition)
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Cow::<'de, str>::deserialize(deserializer)?
                .parse()
                .map_err(D::Error::custom)
        } else {
            Deserialize::deserialize(deserializer).map(Self)
        }
    }
}

impl JsonSchema for Position {
    fn schema_name() -> Cow<'static, str> {
        "Position".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{48}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_is_the_successor_and_carries() {
        assert_eq!(Position::MIN.next().as_bytes()[23], 1);
        let mut bytes = [0; 24];
        bytes[23] = 0xff;
        let next = Position::from_bytes(&bytes).unwrap().next();
        assert_eq!(&next.as_bytes()[22..], &[1, 0]);
        assert_eq!(Position::MAX.next(), Position::MAX);
        assert_eq!(next.previous(), Position::from_bytes(&bytes).unwrap());
        assert_eq!(Position::MIN.previous(), Position::MIN);
    }

    #[test]
    fn text_sorts_like_bytes_and_comes_back() {
        let conversation = ConversationId::from_bytes([1; 32]);
        let early = Position::new(
            &conversation,
            Stamp::from_raw(5),
            &DeviceId::from_bytes([9; 32]),
            7,
        );
        let late = Position::new(
            &conversation,
            Stamp::from_raw(6),
            &DeviceId::from_bytes([2; 32]),
            1,
        );
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(early.to_string().parse::<Position>(), Ok(early));
        assert_eq!("xyz".parse::<Position>(), Err(NotAPosition));
        assert_eq!(
            serde_json::from_str::<Position>(&serde_json::to_string(&late).unwrap()).unwrap(),
            late
        );
    }
}
