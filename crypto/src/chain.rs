//! Chains: one hash ratchet per epoch and sending device, one key per message, each key used once.
//!
//! Both ends are values, never mutated: advancing gives the key *and the chain to store*. The sender stores the advanced
//! chain in the same batch as the entry it sealed, so no crash can spend a key twice. The receiver stores it only after
//! the envelope opened and the entry inside was verified, so a forged index cannot push a chain forward.
//!
//! Messages may arrive in any order: the keys of those that were jumped over are kept, at most
//! [`MAX_SKIPPED_KEYS`] of them and for at most [`SKIPPED_KEY_LIFETIME_MS`]. What falls out of those bounds is not lost,
//! it comes by sync over the link. Time is passed in, in unix milliseconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{CryptoError, Result};
use crate::kdf::Kdf;
use crate::secret::secret_bytes;

const NEXT_LABEL: &[u8] = b"kith chain next v1";
const MESSAGE_LABEL: &[u8] = b"kith chain message v1";

/// The most keys of jumped-over messages that a receiving chain keeps, and the furthest it will jump.
pub const MAX_SKIPPED_KEYS: u32 = 2_000;

/// How long the key of a jumped-over message is kept, in milliseconds: seven days.
pub const SKIPPED_KEY_LIFETIME_MS: u64 = 7 * 24 * 60 * 60 * 1000;

secret_bytes! {
    /// The state of a chain before one message. Gives that message's key and the next state; cannot be run backwards.
    ChainKey
}

secret_bytes! {
    /// The key of exactly one message.
    MessageKey
}

impl ChainKey {
    /// The message key at this state, and the state after it.
    fn step(&self) -> (MessageKey, Self) {
        let kdf = Kdf::from_uniform(self.as_bytes());
        (
            MessageKey::from_bytes(kdf.expand(&[MESSAGE_LABEL])),
            Self::from_bytes(kdf.expand(&[NEXT_LABEL])),
        )
    }
}

/// Our own device's chain in one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendChain {
    key: ChainKey,
    next: u32,
}

impl SendChain {
    /// A chain at its start: the next message has index 0.
    pub fn new(key: ChainKey) -> Self {
        Self { key, next: 0 }
    }

    /// The index that the next message will have; also how many were sent.
    pub fn next_index(&self) -> u32 {
        self.next
    }

    /// The key and index for the next message, and the chain to store with it. `self` stays as it is.
    ///
    /// # Errors
    /// `ChainExhausted` after 2^32 - 1 messages; epochs end long before.
    pub fn advance(&self) -> Result<(MessageKey, u32, Self)> {
        let following = self.next.checked_add(1).ok_or(CryptoError::ChainExhausted)?;
        let (message, key) = self.key.step();
        Ok((message, self.next, Self { key, next: following }))
    }
}

/// The key of a message that was jumped over, and since when it waits (unix milliseconds).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SkippedKey {
    key: MessageKey,
    since_ms: u64,
}

impl SkippedKey {
    fn is_expired(&self, now_ms: u64) -> bool {
        // A clock that was set back makes keys live longer, never shorter: a key too many is better than a message lost.
        now_ms.saturating_sub(self.since_ms) >= SKIPPED_KEY_LIFETIME_MS
    }
}

/// Another device's chain in one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiveChain {
    key: ChainKey,
    next: u32,
    skipped: BTreeMap<u32, SkippedKey>,
}

impl ReceiveChain {
    /// A chain at its start: no message of this device was opened yet.
    pub fn new(key: ChainKey) -> Self {
        Self {
            key,
            next: 0,
            skipped: BTreeMap::new(),
        }
    }

    /// One past the highest index whose key was taken: a message with a higher index shows a gap.
    pub fn next_index(&self) -> u32 {
        self.next
    }

    /// How many keys of jumped-over messages are kept.
    pub fn skipped_count(&self) -> usize {
        self.skipped.len()
    }

    /// The key for the message with `index`, and the chain to store **once that message proved genuine**.
    ///
    /// `self` stays as it is, so an envelope that does not open changes nothing. `now_ms` is unix milliseconds.
    ///
    /// # Errors
    /// `ChainTooFarAhead` for a jump of more than [`MAX_SKIPPED_KEYS`] messages (a reason to sync); `ChainKeyUsed` for
    /// an index whose key was used before or erased (a repetition, or too late: a reason to sync); `ChainExhausted` for
    /// the one index that is never sent.
    pub fn message_key(&self, index: u32, now_ms: u64) -> Result<(MessageKey, Self)> {
        if index < self.next {
            self.take_skipped(index, now_ms)
        } else {
            self.jump_to(index, now_ms)
        }
    }

    /// Erases the skipped keys whose time is over; true if the chain changed and should be stored.
    pub fn purge_expired(&mut self, now_ms: u64) -> bool {
        let before = self.skipped.len();
        self.skipped.retain(|_, skipped| !skipped.is_expired(now_ms));
        self.skipped.len() != before
    }

    fn take_skipped(&self, index: u32, now_ms: u64) -> Result<(MessageKey, Self)> {
        let mut advanced = self.clone();
        advanced.purge_expired(now_ms);
        let found = advanced
            .skipped
            .remove(&index)
            .ok_or(CryptoError::ChainKeyUsed { index })?;
        Ok((found.key, advanced))
    }

    fn jump_to(&self, index: u32, now_ms: u64) -> Result<(MessageKey, Self)> {
        // Checked before any hashing: the work that an unproven index can cause stays bounded.
        if index - self.next > MAX_SKIPPED_KEYS {
            return Err(CryptoError::ChainTooFarAhead {
                index,
                next: self.next,
            });
        }
        let following = index.checked_add(1).ok_or(CryptoError::ChainExhausted)?;
        let mut advanced = self.clone();
        advanced.purge_expired(now_ms);
        for jumped in self.next..index {
            let (key, next_key) = advanced.key.step();
            advanced.skipped.insert(
                jumped,
                SkippedKey {
                    key,
                    since_ms: now_ms,
                },
            );
            advanced.key = next_key;
        }
        while advanced.skipped.len() > MAX_SKIPPED_KEYS as usize {
            advanced.skipped.pop_first();
        }
        let (message, next_key) = advanced.key.step();
        advanced.key = next_key;
        advanced.next = following;
        Ok((message, advanced))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW_MS: u64 = 1_790_000_000_000;

    fn chains() -> (SendChain, ReceiveChain) {
        let key = ChainKey::from_bytes([7; 32]);
        (SendChain::new(key.clone()), ReceiveChain::new(key))
    }

    fn send(chain: &mut SendChain, count: usize) -> Vec<(u32, MessageKey)> {
        (0..count)
            .map(|_| {
                let (key, index, advanced) = chain.advance().unwrap();
                *chain = advanced;
                (index, key)
            })
            .collect()
    }

    #[test]
    fn messages_in_order_open_with_the_keys_they_were_sealed_with() {
        let (mut sender, mut receiver) = chains();
        for (index, sent) in send(&mut sender, 5) {
            let (received, advanced) = receiver.message_key(index, NOW_MS).unwrap();
            assert_eq!(received, sent);
            receiver = advanced;
        }
        assert_eq!(
            (
                sender.next_index(),
                receiver.next_index(),
                receiver.skipped_count()
            ),
            (5, 5, 0)
        );
    }

    #[test]
    fn asking_for_a_key_changes_nothing_until_the_advanced_chain_is_stored() {
        let (mut sender, receiver) = chains();
        let sent = send(&mut sender, 3);
        let before = receiver.clone();
        let (first, _) = receiver.message_key(2, NOW_MS).unwrap();
        let (again, _) = receiver.message_key(2, NOW_MS).unwrap();
        assert_eq!((&first, &again), (&sent[2].1, &sent[2].1));
        assert_eq!(receiver, before);
    }

    #[test]
    fn a_key_serves_once() {
        let (_, receiver) = chains();
        let (_, receiver) = receiver.message_key(3, NOW_MS).unwrap();
        assert_eq!(
            receiver.message_key(3, NOW_MS),
            Err(CryptoError::ChainKeyUsed { index: 3 })
        );
        let (_, receiver) = receiver.message_key(1, NOW_MS).unwrap();
        assert_eq!(
            receiver.message_key(1, NOW_MS),
            Err(CryptoError::ChainKeyUsed { index: 1 })
        );
        assert_eq!(receiver.skipped_count(), 2);
    }

    #[test]
    fn a_jump_beyond_the_bound_is_refused_and_the_bound_itself_is_not() {
        let (_, receiver) = chains();
        let index = MAX_SKIPPED_KEYS + 1;
        assert_eq!(
            receiver.message_key(index, NOW_MS),
            Err(CryptoError::ChainTooFarAhead { index, next: 0 })
        );
        assert_eq!(
            receiver.message_key(u32::MAX, NOW_MS),
            Err(CryptoError::ChainTooFarAhead {
                index: u32::MAX,
                next: 0
            })
        );
        let (_, receiver) = receiver.message_key(MAX_SKIPPED_KEYS, NOW_MS).unwrap();
        assert_eq!(receiver.skipped_count(), MAX_SKIPPED_KEYS as usize);
    }

    #[test]
    fn the_oldest_skipped_keys_make_room_for_new_ones() {
        let (_, receiver) = chains();
        let (_, receiver) = receiver.message_key(MAX_SKIPPED_KEYS, NOW_MS).unwrap();
        let (_, receiver) = receiver.message_key(MAX_SKIPPED_KEYS + 11, NOW_MS).unwrap();
        assert_eq!(receiver.skipped_count(), MAX_SKIPPED_KEYS as usize);
        assert_eq!(
            receiver.message_key(9, NOW_MS),
            Err(CryptoError::ChainKeyUsed { index: 9 })
        );
        assert!(receiver.message_key(10, NOW_MS).is_ok());
    }

    #[test]
    fn skipped_keys_are_erased_after_seven_days() {
        let (_, receiver) = chains();
        let (_, mut receiver) = receiver.message_key(2, NOW_MS).unwrap();
        let late = NOW_MS + SKIPPED_KEY_LIFETIME_MS;
        assert!(receiver.message_key(0, late - 1).is_ok());
        assert_eq!(
            receiver.message_key(0, late),
            Err(CryptoError::ChainKeyUsed { index: 0 })
        );
        assert!(!receiver.purge_expired(late - 1));
        assert!(receiver.purge_expired(late));
        assert_eq!(receiver.skipped_count(), 0);
    }

    #[test]
    fn a_clock_set_back_erases_nothing() {
        let (_, receiver) = chains();
        let (_, receiver) = receiver.message_key(2, NOW_MS).unwrap();
        assert!(receiver.message_key(0, 0).is_ok());
    }

    #[test]
    fn the_last_index_is_never_sent_and_never_accepted() {
        let key = ChainKey::from_bytes([7; 32]);
        let sender = SendChain {
            key: key.clone(),
            next: u32::MAX,
        };
        assert_eq!(sender.advance(), Err(CryptoError::ChainExhausted));
        let receiver = ReceiveChain {
            key,
            next: u32::MAX,
            skipped: BTreeMap::new(),
        };
        assert_eq!(
            receiver.message_key(u32::MAX, NOW_MS),
            Err(CryptoError::ChainExhausted)
        );
    }

    #[test]
    fn both_chains_survive_the_store() {
        let (mut sender, receiver) = chains();
        send(&mut sender, 3);
        let (_, receiver) = receiver.message_key(3, NOW_MS).unwrap();
        let bytes = postcard::to_allocvec(&sender).unwrap();
        assert_eq!(postcard::from_bytes::<SendChain>(&bytes).unwrap(), sender);
        let bytes = postcard::to_allocvec(&receiver).unwrap();
        assert_eq!(postcard::from_bytes::<ReceiveChain>(&bytes).unwrap(), receiver);
    }

    #[test]
    fn debug_prints_no_key() {
        let (sender, receiver) = chains();
        let (key, _, sender) = sender.advance().unwrap();
        let (_, receiver) = receiver.message_key(1, NOW_MS).unwrap();
        assert_eq!(format!("{key:?}"), "MessageKey(secret)");
        assert_eq!(
            format!("{sender:?}"),
            "SendChain { key: ChainKey(secret), next: 1 }"
        );
        assert!(format!("{receiver:?}").contains("key: MessageKey(secret), since_ms: 1790000000000"));
    }

    proptest! {
        /// Whatever order messages arrive in, and however often, each opens exactly once with its own key.
        #[test]
        fn any_order_opens_each_message_once(order in proptest::collection::vec(0usize..60, 1..200)) {
            let (mut sender, mut receiver) = chains();
            let sent = send(&mut sender, 60);
            let mut opened = std::collections::BTreeSet::new();
            for position in order {
                let (index, key) = &sent[position];
                match receiver.message_key(*index, NOW_MS) {
                    Ok((received, advanced)) => {
                        prop_assert_eq!(&received, key);
                        prop_assert!(opened.insert(*index));
                        receiver = advanced;
                    }
                    Err(error) => {
                        prop_assert_eq!(error, CryptoError::ChainKeyUsed { index: *index });
                        prop_assert!(opened.contains(index));
                    }
                }
            }
        }
    }
}
