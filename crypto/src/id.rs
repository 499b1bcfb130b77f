//! Identifiers: 32 bytes each, one type for each thing, so that no two can be mixed up.
//!
//! People and scripts meet them as 52 characters of lower-case base32 without padding; the wire and the disk hold the
//! 32 raw bytes. An [`AccountId`] and a [`DeviceId`] are Ed25519 public keys, an [`EntryId`] and an [`EpochId`] are
//! BLAKE3 hashes, and so is a [`ConversationId`]: of two accounts, or of how a group began. Whether 32 bytes are a usable
//! public key is found out when a signature is verified, not here.

use core::{fmt, str::FromStr};
use std::borrow::Cow;

use data_encoding::BASE32_NOPAD;
use rand_core::CryptoRng;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{codec::random_bytes, error::CryptoError};

/// Domain of the conversation id that two accounts share.
pub const DIRECT_CONVERSATION_LABEL: &str = "kith direct conversation v1";
/// Domain of the id of a conversation that one device began for a group of accounts.
pub const GROUP_CONVERSATION_LABEL: &str = "kith group conversation v1";

/// Characters in the text form of an id.
const TEXT_LEN: usize = 52;

fn to_text(bytes: &[u8; 32]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

fn from_text(text: &str) -> Result<[u8; 32], CryptoError> {
    if text.len() != TEXT_LEN {
        return Err(CryptoError::NotAnId);
    }
    let upper = text.to_ascii_uppercase();
    let bytes = BASE32_NOPAD
        .decode(upper.as_bytes())
        .map_err(|_| CryptoError::NotAnId)?;
    bytes.try_into().map_err(|_| CryptoError::NotAnId)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Wraps 32 bytes as they are.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_text(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text = to_text(&self.0);
                write!(f, concat!(stringify!($name), "({}…)"), text.get(..4).unwrap_or_default())
            }
        }

        impl FromStr for $name {
            type Err = CryptoError;

            /// Reads the text form, in either case.
            fn from_str(text: &str) -> Result<Self, CryptoError> {
                from_text(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    self.0.serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = Cow::<'de, str>::deserialize(deserializer)?;
                    text.parse().map_err(de::Error::custom)
                } else {
                    <[u8; 32]>::deserialize(deserializer).map(Self)
                }
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": "^[a-z2-7]{52}$" })
            }
        }
    };
}

id!(
    /// A person: the Ed25519 public key that signs the list of their devices.
    AccountId
);
id!(
    /// One installation: its Ed25519 public key, which is its libp2p identity as well.
    DeviceId
);
id!(
    /// A conversation, the same on every member's device.
    ConversationId
);
id!(
    /// One entry: the hash of its header's bytes as they travelled.
    EntryId
);
id!(
    /// One epoch of a conversation: a commitment to its secret.
    EpochId
);

impl AccountId {
    /// The first four characters in upper case (20 bits), shown behind a handle: `ana·7Q4K`. It tells two honest
    /// people of one handle apart; it is no proof against somebody who searches for a matching key.
    pub fn fingerprint(&self) -> String {
        BASE32_NOPAD.encode(&self.0).chars().take(4).collect()
    }
}

impl ConversationId {
    /// The one direct conversation between two accounts; the same whichever comes first. Given one account twice,
    /// it is that person's conversation with themselves.
    pub fn direct(one: AccountId, other: AccountId) -> Self {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        let mut hasher = blake3::Hasher::new_derive_key(DIRECT_CONVERSATION_LABEL);
        hasher.update(low.as_bytes()).update(high.as_bytes());
        Self(*hasher.finalize().as_bytes())
    }

    /// The conversation of a group that the device `founding` began, with the nonce of its `Open` and its members in
    /// order. It commits to all three, so that nobody can begin a group under the id of another conversation, nor tell
    /// some members of others than the rest.
    pub fn group(founding: DeviceId, nonce: &[u8; 32], members: &[AccountId]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(GROUP_CONVERSATION_LABEL);
        hasher.update(founding.as_bytes()).update(nonce);
        for member in members {
            hasher.update(member.as_bytes());
        }
        Self(*hasher.finalize().as_bytes())
    }

    /// The id of a conversation that is nobody's.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self(random_bytes(rng))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_in_either_case() {
        let id = AccountId::from_bytes([0xfe; 32]);
        let text = id.to_string();
        assert_eq!(text.len(), TEXT_LEN);
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(text.to_uppercase().parse(), Ok(id));
        assert_eq!(format!("{id:?}"), format!("AccountId({}…)", &text[..4]));
        assert_eq!(id.fingerprint(), text[..4].to_uppercase());
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        let good = AccountId::from_bytes([3; 32]).to_string();
        // The last character holds four spare bits; were they free, one id would have sixteen spellings.
        let spare_bits = format!("{}b", &good[..51]);
        for bad in [
            "",
            "abc",
            &good[1..],
            &format!("{good}a"),
            &good.replace('a', "1"),
            &spare_bits,
            "é".repeat(26).as_str(),
        ] {
            assert_eq!(bad.parse::<AccountId>(), Err(CryptoError::NotAnId), "{bad}");
        }
    }

    #[test]
    fn people_get_text_and_the_wire_gets_bytes() {
        let id = EntryId::from_bytes([5; 32]);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<EntryId>(&format!("\"{id}\"")).unwrap(), id);
        assert_eq!(postcard::to_allocvec(&id).unwrap(), [5; 32]);
        assert_eq!(postcard::from_bytes::<EntryId>(&[5; 32]).unwrap(), id);
    }

    #[test]
    fn two_people_share_one_direct_conversation() {
        let (a, b) = (AccountId::from_bytes([1; 32]), AccountId::from_bytes([2; 32]));
        let c = AccountId::from_bytes([3; 32]);
        assert_eq!(ConversationId::direct(a, b), ConversationId::direct(b, a));
        assert_ne!(ConversationId::direct(a, b), ConversationId::direct(a, c));
        assert_ne!(ConversationId::direct(a, a), ConversationId::direct(b, b));
    }

    #[test]
    fn a_group_that_begins_otherwise_is_another() {
        let account = |byte| AccountId::from_bytes([byte; 32]);
        let device = |byte| DeviceId::from_bytes([byte; 32]);
        let members = [account(1), account(2), account(3), account(4)];
        let group = ConversationId::group(device(1), &[5; 32], &members);
        assert_eq!(group, ConversationId::group(device(1), &[5; 32], &members));
        for other in [
            ConversationId::group(device(2), &[5; 32], &members),
            ConversationId::group(device(1), &[6; 32], &members),
            ConversationId::group(device(1), &[5; 32], &members[..3]),
            ConversationId::direct(account(1), account(2)),
        ] {
            assert_ne!(group, other);
        }
    }
}
