//! Epochs: one random secret of a conversation, from which everything that protects its messages is derived.
//!
//! A member that may write draws an [`EpochSecret`], names its hash ([`EpochId`]) and its devices in a signed `Rekey`
//! entry, and seals it to each device ([`SealedEpoch`], see [`sealed`](crate::sealed)). Each receiver derives the
//! [`EpochKeys`] at once and erases the secret: from then on the chains only move forward. Epochs do not depend on one
//! another, so two made at the same time cannot fork a conversation: both are simply open for reading.
//!
//! Which epoch a sender may use, and when one is due, is decided by the node; nothing here knows a membership or a
//! clock.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::chain::ChainKey;
use crate::codec::{VERSION, decode_document};
use crate::error::{CryptoError, Result};
use crate::id::{ConversationId, DeviceId, EpochId};
use crate::kdf::Kdf;
use crate::secret::{random_secret, secret_bytes};

const WHAT: &str = "epoch seal";

const EPOCH_ID_LABEL: &str = "kith epoch id v1";
const TAG_LABEL: &[u8] = b"kith epoch tag v1";
const CHAIN_LABEL: &[u8] = b"kith epoch chain v1";
const SENDER_LABEL: &[u8] = b"kith epoch sender tag v1";
const EPHEMERAL_LABEL: &[u8] = b"kith epoch ephemeral v1";
const TOPIC_LABEL: &str = "kith topic v1";

/// How many bytes an encoded [`SealedEpoch`] has: the version, a conversation and two secrets.
pub const SEALED_EPOCH_BYTES: usize = 1 + 3 * 32;

/// How long a gossip topic keeps its name, in milliseconds: one week.
pub const TOPIC_WEEK_MS: u64 = 7 * 24 * 60 * 60 * 1000;

secret_bytes! {
    /// The random secret of one epoch. Erased once the keys are derived from it, or once the last seal is delivered.
    EpochSecret
}

secret_bytes! {
    /// The key of an epoch for what is never stored: typing, presence. Used with random nonces.
    EphemeralKey
}

secret_bytes! {
    /// The secret from which the names of a conversation's gossip topics are derived; fresh at each removal.
    TopicSecret
}

random_secret!(EpochSecret);
random_secret!(TopicSecret);

/// Names an epoch on the wire without naming its conversation: 16 bytes that only holders of the secret can derive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EpochTag(pub [u8; 16]);

/// Names a sending device within an epoch on the wire: 8 bytes that change with every epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SenderTag(pub [u8; 8]);

/// What an epoch holds for one of its devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberKeys {
    /// How this device's envelopes are marked.
    pub sender: SenderTag,
    /// The start of this device's chain.
    pub chain: ChainKey,
}

/// Everything derived from an epoch's secret; the secret itself is not among it.
///
/// Not serialisable on purpose: it holds the *start* of every chain. Whoever stores an epoch stores its tags, the
/// ephemeral key, one [`SendChain`](crate::chain::SendChain) and the [`ReceiveChain`](crate::chain::ReceiveChain)s, all of
/// which move forward, and drops this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochKeys {
    /// How envelopes of this epoch are marked.
    pub tag: EpochTag,
    /// The keys of each device that may write in this epoch.
    pub members: BTreeMap<DeviceId, MemberKeys>,
    /// The key for ephemeral envelopes.
    pub ephemeral: EphemeralKey,
}

impl EpochSecret {
    /// The epoch's public name: a hash that commits to the secret, as written in the `Rekey` entry.
    pub fn id(&self) -> EpochId {
        EpochId::from_bytes(blake3::derive_key(EPOCH_ID_LABEL, self.as_bytes()))
    }

    /// Derives the keys of `members` in `conversation` (HKDF-SHA-256, the conversation as salt).
    ///
    /// The conversation is bound, so a secret that somebody reuses in two conversations still gives unrelated keys.
    pub fn derive(&self, conversation: &ConversationId, members: &[DeviceId]) -> EpochKeys {
        let kdf = Kdf::extract(conversation.as_bytes(), self.as_bytes());
        let member_keys = |device: &DeviceId| MemberKeys {
            sender: SenderTag(first_bytes(kdf.expand(&[SENDER_LABEL, device.as_bytes()]))),
            chain: ChainKey::from_bytes(kdf.expand(&[CHAIN_LABEL, device.as_bytes()])),
        };
        EpochKeys {
            tag: EpochTag(first_bytes(kdf.expand(&[TAG_LABEL]))),
            members: members
                .iter()
                .map(|device| (*device, member_keys(device)))
                .collect(),
            ephemeral: EphemeralKey::from_bytes(kdf.expand(&[EPHEMERAL_LABEL])),
        }
    }
}

impl EpochKeys {
    /// The device whose envelopes carry `tag` in this epoch, if it has one.
    pub fn sender(&self, tag: SenderTag) -> Option<DeviceId> {
        self.members
            .iter()
            .find(|(_, keys)| keys.sender == tag)
            .map(|(device, _)| *device)
    }
}

/// A shorter HKDF output is a prefix of the longer one (RFC 5869 section 2.3).
fn first_bytes<const N: usize>(block: [u8; 32]) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().zip(block) {
        *to = from;
    }
    bytes
}

/// What is sealed to a device so that it can read an epoch: the payload of a seal, before sealing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedEpoch {
    /// The conversation the epoch belongs to.
    pub conversation: ConversationId,
    /// The epoch's secret.
    pub secret: EpochSecret,
    /// The topic secret in force with this epoch.
    pub topic_secret: TopicSecret,
}

impl SealedEpoch {
    /// Encodes the payload, version first; the bytes erase themselves.
    ///
    /// # Errors
    /// `Encoding`, which no value of this type causes.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>> {
        // Room for all of it at once: a vector that grows would leave copies of the secrets behind.
        let mut bytes = Vec::with_capacity(SEALED_EPOCH_BYTES);
        bytes.push(VERSION);
        let encoded = postcard::to_extend(self, bytes).map_err(|_| CryptoError::Encoding { what: WHAT })?;
        Ok(Zeroizing::new(encoded))
    }

    /// Decodes what [`encode`](Self::encode) wrote, as it comes out of an opened seal.
    ///
    /// # Errors
    /// `TooLarge` over [`SEALED_EPOCH_BYTES`], `FutureVersion`, or `Malformed` (trailing bytes included).
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        decode_document(WHAT, bytes, SEALED_EPOCH_BYTES)
    }
}

impl TopicSecret {
    /// The gossip topic of `week` (see [`topic_week`]): 64 hex digits that tell nothing about the conversation.
    pub fn topic(&self, week: u32) -> String {
        let mut hasher = blake3::Hasher::new_derive_key(TOPIC_LABEL);
        hasher.update(self.as_bytes()).update(&week.to_be_bytes());
        hasher.finalize().to_hex().to_string()
    }
}

/// The week that `now_ms` (unix milliseconds) lies in. Weeks begin on Thursdays at 00:00 UTC, as 1970 did.
pub fn topic_week(now_ms: u64) -> u32 {
    u32::try_from(now_ms / TOPIC_WEEK_MS).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn conversation(byte: u8) -> ConversationId {
        ConversationId::from_bytes([byte; 32])
    }

    fn device(byte: u8) -> DeviceId {
        DeviceId::from_bytes([byte; 32])
    }

    #[test]
    fn two_members_derive_the_same_keys_and_each_device_has_its_own() {
        let secret = EpochSecret::generate(&mut ChaCha20Rng::from_seed([1; 32]));
        let alice = secret.derive(&conversation(9), &[device(1), device(2)]);
        let bob = secret.derive(&conversation(9), &[device(2), device(1)]);
        assert_eq!(alice, bob);
        assert_ne!(alice.members[&device(1)], alice.members[&device(2)]);
        assert_eq!(alice.sender(alice.members[&device(2)].sender), Some(device(2)));
        assert_eq!(alice.sender(SenderTag([0; 8])), None);
    }

    #[test]
    fn a_secret_reused_in_another_conversation_gives_unrelated_keys() {
        let secret = EpochSecret::generate(&mut ChaCha20Rng::from_seed([1; 32]));
        let here = secret.derive(&conversation(1), &[device(1)]);
        let there = secret.derive(&conversation(2), &[device(1)]);
        assert_ne!(here.tag, there.tag);
        assert_ne!(here.ephemeral, there.ephemeral);
        assert_ne!(here.members[&device(1)].chain, there.members[&device(1)].chain);
        assert_ne!(here.members[&device(1)].sender, there.members[&device(1)].sender);
    }

    #[test]
    fn a_topic_changes_with_the_week_and_the_secret() {
        let secret = TopicSecret::from_bytes([3; 32]);
        let week = topic_week(1_790_000_000_000);
        assert_eq!(secret.topic(week).len(), 64);
        assert_ne!(secret.topic(week), secret.topic(week + 1));
        assert_ne!(secret.topic(week), TopicSecret::from_bytes([4; 32]).topic(week));
        assert_eq!(topic_week(TOPIC_WEEK_MS - 1), 0);
        assert_eq!(topic_week(TOPIC_WEEK_MS), 1);
        assert_eq!(topic_week(u64::MAX), u32::MAX);
    }

    #[test]
    fn a_sealed_epoch_from_a_newer_kith_is_named_as_such() {
        let payload = SealedEpoch {
            conversation: conversation(1),
            secret: EpochSecret::from_bytes([2; 32]),
            topic_secret: TopicSecret::from_bytes([3; 32]),
        };
        let mut bytes = payload.encode().unwrap().to_vec();
        assert_eq!(bytes.len(), SEALED_EPOCH_BYTES);
        assert_eq!(SealedEpoch::decode(&bytes).unwrap(), payload);
        bytes[0] = 2;
        assert_eq!(
            SealedEpoch::decode(&bytes),
            Err(CryptoError::FutureVersion { what: WHAT, found: 2 })
        );
        bytes[0] = 1;
        assert_eq!(
            SealedEpoch::decode(&bytes[..96]),
            Err(CryptoError::Malformed { what: WHAT })
        );
        bytes.push(0);
        assert!(matches!(
            SealedEpoch::decode(&bytes),
            Err(CryptoError::TooLarge { .. })
        ));
    }

    #[test]
    fn debug_of_secrets_prints_none_of_their_bytes() {
        let keys = EpochSecret::from_bytes([0xAB; 32]).derive(&conversation(1), &[device(1)]);
        let chain = format!("{:?}", keys.members[&device(1)].chain);
        assert_eq!(chain, "ChainKey(secret)");
        assert_eq!(format!("{:?}", keys.ephemeral), "EphemeralKey(secret)");
        assert_eq!(
            format!("{:?}", EpochSecret::from_bytes([0xAB; 32])),
            "EpochSecret(secret)"
        );
        assert_eq!(
            format!("{:?}", TopicSecret::from_bytes([0xAB; 32])),
            "TopicSecret(secret)"
        );
    }

    proptest! {
        #[test]
        fn decoding_anything_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = SealedEpoch::decode(&bytes);
        }

        #[test]
        fn what_is_encoded_decodes(conversation: [u8; 32], secret: [u8; 32], topic: [u8; 32]) {
            let payload = SealedEpoch {
                conversation: ConversationId::from_bytes(conversation),
                secret: EpochSecret::from_bytes(secret),
                topic_secret: TopicSecret::from_bytes(topic),
            };
            prop_assert_eq!(SealedEpoch::decode(&payload.encode().unwrap()).unwrap(), payload);
        }
    }
}
