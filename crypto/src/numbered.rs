//! Numbered keys: what must be erasable on demand is wrapped under a key of its own number, and erasing is dropping it.
//!
//! The [day ring](crate::ring) erases by the calendar; a message is erased when somebody asks. So each group of messages
//! has a key here, and a group of which one is erased gets another key while the old one is dropped. A number is given out
//! once: what was dropped is never made again.
//!
//! Losing these keys would lose every message, so whoever keeps them keeps the file twice. The two copies may differ after a
//! crash; each carries a *generation*, and the greater one counts.

use core::fmt;
use std::collections::BTreeMap;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    codec::{decode_exact, random_bytes},
    error::{CryptoError, Result},
    kdf::Kdf,
    symmetric::{FileKind, NONCE_LEN, open_file, seal_file},
    vault::DataKey,
};

/// HKDF label of the file's key, and the domain of its ciphertext.
pub const NUMBERED_KEYS_LABEL: &str = "kith numbered keys v1";
/// Domain of what is wrapped under a numbered key.
pub const NUMBERED_WRAP_LABEL: &str = "kith numbered wrap v1";
/// Keys are made this many at a time, so that their file is seldom written.
pub const NUMBERED_BLOCK: u64 = 64;
/// Most keys there may be.
pub const MAX_NUMBERED_KEYS: usize = 1 << 20;
/// Largest file in bytes.
pub const MAX_NUMBERED_BYTES: usize = 64 + MAX_NUMBERED_KEYS * MAX_KEY_BYTES;
/// Bytes that wrapping adds to a value.
pub const NUMBERED_OVERHEAD_BYTES: usize = 16;

/// A number (at most ten bytes) and its key.
const MAX_KEY_BYTES: usize = 10 + 32;
const KIND: FileKind = FileKind {
    what: "numbered keys",
    label: NUMBERED_KEYS_LABEL,
    max_bytes: MAX_NUMBERED_BYTES,
};
const WRAPPED: &str = "erasable value";

#[derive(Clone, Serialize, Deserialize, ZeroizeOnDrop)]
struct NumberedKey([u8; 32]);

/// The keys that are still remembered.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct NumberedKeys {
    generation: u64,
    /// Every number from here on is still to be made.
    next: u64,
    keys: BTreeMap<u64, NumberedKey>,
}

impl NumberedKeys {
    /// No keys; the first is to be number `next`.
    pub fn beginning_at(next: u64) -> Self {
        Self {
            next,
            ..Self::default()
        }
    }

    /// How often these keys have been changed.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// These keys after a change: greater than `generation`.
    pub fn outdo(&mut self, generation: u64) {
        self.generation = generation.saturating_add(1);
    }

    /// The first number that has never been made.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Whether there is a key of this number.
    pub fn holds(&self, number: u64) -> bool {
        self.keys.contains_key(&number)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Makes sure that `number` has a key, and some numbers after it. Gives true when it made some: then the file has to be
    /// durable before anything that [`NumberedKeys::wrap`] makes under them.
    ///
    /// # Errors
    /// `Forgotten` if it had a key once; `NotAllowed` if there are too many.
    pub fn ensure(&mut self, number: u64, rng: &mut dyn CryptoRng) -> Result<bool> {
        if self.holds(number) {
            return Ok(false);
        }
        if number < self.next {
            return Err(CryptoError::Forgotten { number });
        }
        // Numbers come one after the other. After a leap those in between are passed over for good.
        let first = if number - self.next <= NUMBERED_BLOCK {
            self.next
        } else {
            number
        };
        let end = number.saturating_add(NUMBERED_BLOCK);
        let made = usize::try_from(end - first).unwrap_or(usize::MAX);
        if self.keys.len().saturating_add(made) > MAX_NUMBERED_KEYS || end == u64::MAX {
            return Err(CryptoError::NotAllowed {
                what: KIND.what,
                rule: "there are as many as there may be",
            });
        }
        for number in first..end {
            self.keys.insert(number, NumberedKey(random_bytes(rng)));
        }
        self.next = end;
        Ok(true)
    }

    /// Drops the key of `number` for good, whether it was made already or not. Gives true when that changed anything: then
    /// the file has to be rewritten.
    pub fn forget(&mut self, number: u64) -> bool {
        let is_new = number >= self.next;
        self.next = self.next.max(number.saturating_add(1));
        self.keys.remove(&number).is_some() || is_new
    }

    /// Wraps `plaintext` under `numbers`, which must have keys: it is gone as soon as one of them is. `aad` is what it belongs
    /// to (its full key in the store). `nonce` must be drawn at random for this value; it may be the one under which the result
    /// is sealed once more with another key, and has to be kept with it.
    pub fn wrap(
        &self,
        numbers: &[u64],
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>> {
        let aad = &bound(numbers, aad);
        let msg = plaintext;
        XChaCha20Poly1305::new((&*self.key(numbers)?).into())
            .encrypt(&XNonce::from(*nonce), Payload { msg, aad })
            .map_err(|_| CryptoError::Encoding { what: WRAPPED })
    }

    /// Unwraps what [`NumberedKeys::wrap`] gave. [`CryptoError::Forgotten`] when one of its keys has been dropped.
    pub fn unwrap(
        &self,
        numbers: &[u64],
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        let aad = &bound(numbers, aad);
        let msg = wrapped;
        XChaCha20Poly1305::new((&*self.key(numbers)?).into())
            .decrypt(&XNonce::from(*nonce), Payload { msg, aad })
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::DoesNotOpen { what: WRAPPED })
    }

    /// The key of a single number; of several one that nobody can compute who lacks any of them.
    fn key(&self, numbers: &[u64]) -> Result<Zeroizing<[u8; 32]>> {
        let mut keys = Zeroizing::new(Vec::with_capacity(numbers.len() * 32));
        for number in numbers {
            let key = self.keys.get(number);
            let key = key.ok_or(CryptoError::Forgotten { number: *number })?;
            keys.extend_from_slice(&key.0);
        }
        let label = NUMBERED_WRAP_LABEL.as_bytes();
        Ok(Zeroizing::new(match keys.as_slice().try_into() {
            Ok(single) => single,
            Err(_) => Kdf::extract(label, &keys).expand(&[label]),
        }))
    }

    /// The file: `version ‖ nonce ‖ ciphertext` under the data key.
    pub fn seal(&self, key: &DataKey, rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
        let mut room = Zeroizing::new(vec![0; 32 + self.keys.len() * MAX_KEY_BYTES]);
        let used =
            postcard::to_slice(self, &mut room).map_err(|_| CryptoError::Encoding { what: KIND.what })?;
        seal_file(&KIND, &*key.derive(NUMBERED_KEYS_LABEL)?, used, rng)
    }

    /// Reads what [`NumberedKeys::seal`] gave under the same data key.
    pub fn open(key: &DataKey, bytes: &[u8]) -> Result<Self> {
        let plaintext = open_file(&KIND, &*key.derive(NUMBERED_KEYS_LABEL)?, bytes)?;
        decode_exact(KIND.what, &plaintext)
    }
}

impl fmt::Debug for NumberedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "NumberedKeys({} keys, generation {}, secret)",
            self.keys.len(),
            self.generation
        )
    }
}

/// The label and the numbers, which are counted, have fixed lengths, so they cannot trade bytes with `aad`.
fn bound(numbers: &[u64], aad: &[u8]) -> Vec<u8> {
    let mut bound = NUMBERED_WRAP_LABEL.as_bytes().to_vec();
    bound.push(u8::try_from(numbers.len()).unwrap_or(u8::MAX));
    bound.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
    bound.extend_from_slice(aad);
    bound
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    const NONCE: [u8; NONCE_LEN] = [4; NONCE_LEN];

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([7; 32])
    }

    #[test]
    fn a_forgotten_key_is_gone_for_good_and_the_others_are_not() {
        let mut rng = rng();
        let mut keys = NumberedKeys::default();
        assert_eq!(keys.ensure(0, &mut rng), Ok(true));
        assert_eq!(keys.ensure(63, &mut rng), Ok(false));
        assert_eq!((keys.next(), keys.len()), (64, 64));
        let wrap = |keys: &NumberedKeys, number| keys.wrap(&[number], &NONCE, b"a", b"x");
        let (one, two) = (wrap(&keys, 1).unwrap(), wrap(&keys, 2).unwrap());
        assert_eq!(one.len(), 1 + NUMBERED_OVERHEAD_BYTES);
        assert!(keys.forget(1) && !keys.forget(1));
        let gone = CryptoError::Forgotten { number: 1 };
        assert_eq!(keys.unwrap(&[1], &NONCE, b"a", &one), Err(gone.clone()));
        assert_eq!(keys.ensure(1, &mut rng), Err(gone));
        assert_eq!(keys.unwrap(&[2], &NONCE, b"a", &two).unwrap().as_slice(), b"x");
        assert!(keys.unwrap(&[2], &NONCE, b"b", &two).is_err());
        assert!(keys.unwrap(&[2], &[5; NONCE_LEN], b"a", &two).is_err());
        assert!(keys.unwrap(&[3], &NONCE, b"a", &two).is_err());
    }

    #[test]
    fn what_is_under_two_keys_is_gone_with_either() {
        let mut rng = rng();
        let mut both = NumberedKeys::default();
        both.ensure(0, &mut rng).unwrap();
        let wrapped = both.wrap(&[3, 4], &NONCE, b"a", b"x").unwrap();
        assert_eq!(
            both.unwrap(&[3, 4], &NONCE, b"a", &wrapped).unwrap().as_slice(),
            b"x"
        );
        for numbers in [&[3][..], &[4], &[4, 3], &[3, 5], &[]] {
            assert!(both.unwrap(numbers, &NONCE, b"a", &wrapped).is_err());
        }
        for gone in [3, 4] {
            let mut keys = both.clone();
            keys.forget(gone);
            let unwrapped = keys.unwrap(&[3, 4], &NONCE, b"a", &wrapped);
            assert_eq!(unwrapped, Err(CryptoError::Forgotten { number: gone }));
        }
    }

    #[test]
    fn what_was_never_made_can_be_forgotten_as_well() {
        let mut rng = rng();
        let mut keys = NumberedKeys::default();
        assert!(keys.forget(5));
        assert_eq!(
            keys.ensure(5, &mut rng),
            Err(CryptoError::Forgotten { number: 5 })
        );
        assert_eq!(keys.ensure(6, &mut rng), Ok(true));
    }

    #[test]
    fn a_leap_makes_no_keys_in_between() {
        let mut keys = NumberedKeys::default();
        keys.ensure(1 << 40, &mut rng()).unwrap();
        assert_eq!(keys.len() as u64, NUMBERED_BLOCK);
        assert!(!keys.holds(7));
        assert!(keys.ensure(u64::MAX, &mut rng()).is_err());
    }

    #[test]
    fn the_file_comes_back_under_its_key_only() {
        let mut rng = rng();
        let key = DataKey::generate(&mut rng);
        let mut keys = NumberedKeys::beginning_at(1 << 33);
        keys.ensure(1 << 33, &mut rng).unwrap();
        keys.outdo(8);
        let wrapped = keys.wrap(&[1 << 33], &NONCE, b"", b"x").unwrap();
        let file = keys.seal(&key, &mut rng).unwrap();
        let read = NumberedKeys::open(&key, &file).unwrap();
        assert_eq!((read.generation(), read.next()), (9, keys.next()));
        assert_eq!(
            read.unwrap(&[1 << 33], &NONCE, b"", &wrapped).unwrap().as_slice(),
            b"x"
        );
        assert!(NumberedKeys::open(&DataKey::generate(&mut rng), &file).is_err());
        for at in (0..file.len()).step_by(7) {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(NumberedKeys::open(&key, &changed).is_err(), "byte {at}");
        }
        assert!(!format!("{keys:?}").contains('['));
    }
}
