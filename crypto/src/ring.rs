//! The day ring: what must be erasable is wrapped under a key of its last day, and erasing is dropping that key.
//!
//! A log-structured store keeps old bytes for a long time, and a disk longer still, so deleting a record does not
//! remove it. Chains, prekeys and bodies that expire are therefore sealed under the key of the day until which they
//! are needed; the keys stand in one small file that is rewritten whole. Once a day's key is gone from that file,
//! everything under it is noise, wherever copies lie. Whoever uses a day's key for the first time must have the ring
//! file with that key on disk before the wrapped value, or a crash would erase it: [`DayRing::ensure_day`] says when.

use core::fmt;
use std::collections::BTreeMap;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    codec::{decode_exact, random_bytes},
    error::{CryptoError, Result},
    symmetric::{FileKind, open, open_file, seal, seal_file},
    vault::DataKey,
};

/// HKDF label of the ring file's key, and the domain of its ciphertext.
pub const RING_LABEL: &str = "kith day ring v1";
/// Domain of what is wrapped under a day's key.
pub const DAY_WRAP_LABEL: &str = "kith day wrap v1";
/// Milliseconds in a day.
pub const DAY_MS: u64 = 86_400_000;
/// Most days that one ring may hold.
pub const MAX_RING_DAYS: usize = 4096;
/// Largest ring file in bytes.
pub const MAX_RING_BYTES: usize = 64 + MAX_RING_DAYS * MAX_DAY_BYTES;

/// A day's number (at most five bytes) and its key.
const MAX_DAY_BYTES: usize = 5 + 32;
const KIND: FileKind = FileKind {
    what: "day ring",
    label: RING_LABEL,
    max_bytes: MAX_RING_BYTES,
};
const WRAPPED: &str = "erasable value";

#[derive(Clone, Serialize, Deserialize, ZeroizeOnDrop)]
struct DayKey([u8; 32]);

/// The keys of the days that are still remembered.
#[derive(Clone, Default)]
pub struct DayRing {
    days: BTreeMap<u32, DayKey>,
}

impl DayRing {
    /// A ring of no days.
    pub fn new() -> Self {
        Self::default()
    }

    /// The day in which `unix_ms` lies, counted from 1970-01-01 UTC. Far futures end in the last day there is.
    pub fn day_of(unix_ms: u64) -> u32 {
        u32::try_from(unix_ms / DAY_MS).unwrap_or(u32::MAX)
    }

    /// Makes sure that `day` has a key. Gives true when it made one: then the ring file has to be durable before
    /// anything that [`DayRing::wrap`] makes for that day.
    pub fn ensure_day(&mut self, day: u32, rng: &mut dyn CryptoRng) -> Result<bool> {
        if self.days.contains_key(&day) {
            return Ok(false);
        }
        if self.days.len() >= MAX_RING_DAYS {
            return Err(CryptoError::NotAllowed {
                what: KIND.what,
                rule: "it holds as many days as it may",
            });
        }
        self.days.insert(day, DayKey(random_bytes(rng)));
        Ok(true)
    }

    /// Whether `day` has a key.
    pub fn has_day(&self, day: u32) -> bool {
        self.days.contains_key(&day)
    }

    /// The days that have keys, in order.
    pub fn days(&self) -> impl Iterator<Item = u32> + '_ {
        self.days.keys().copied()
    }

    /// Wraps `plaintext` until `day`, whose key must exist. `aad` is what it belongs to (its full key in the store).
    /// Gives `day (4, big endian) ‖ nonce (24) ‖ ciphertext`.
    pub fn wrap(&self, day: u32, aad: &[u8], plaintext: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
        let key = self.days.get(&day).ok_or(CryptoError::Erased { day })?;
        let sealed = seal(WRAPPED, &key.0, &bound(day, aad), plaintext, rng)?;
        Ok([day.to_be_bytes().as_slice(), &sealed].concat())
    }

    /// Unwraps what [`DayRing::wrap`] gave. [`CryptoError::Erased`] when its day has been dropped.
    pub fn unwrap(&self, aad: &[u8], bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (day, sealed) = bytes.split_first_chunk().ok_or(CryptoError::malformed(WRAPPED))?;
        let day = u32::from_be_bytes(*day);
        let key = self.days.get(&day).ok_or(CryptoError::Erased { day })?;
        open(WRAPPED, &key.0, &bound(day, aad), sealed)
    }

    /// Forgets every day before `day`. Gives true when there was one: then the ring file has to be rewritten.
    pub fn drop_before(&mut self, day: u32) -> bool {
        let kept = self.days.split_off(&day);
        !core::mem::replace(&mut self.days, kept).is_empty()
    }

    /// Forgets `day`. Gives true when it was there: then the ring file has to be rewritten.
    pub fn drop_day(&mut self, day: u32) -> bool {
        self.days.remove(&day).is_some()
    }

    /// The ring file: `version ‖ nonce ‖ ciphertext` under the data key.
    pub fn seal(&self, key: &DataKey, rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
        let mut room = Zeroizing::new(vec![0; 8 + self.days.len() * MAX_DAY_BYTES]);
        let used = postcard::to_slice(&self.days, &mut room)
            .map_err(|_| CryptoError::Encoding { what: KIND.what })?;
        seal_file(&KIND, &*key.derive(RING_LABEL)?, used, rng)
    }

    /// Reads what [`DayRing::seal`] gave under the same data key.
    pub fn open(key: &DataKey, bytes: &[u8]) -> Result<Self> {
        let plaintext = open_file(&KIND, &*key.derive(RING_LABEL)?, bytes)?;
        let days: BTreeMap<u32, DayKey> = decode_exact(KIND.what, &plaintext)?;
        Ok(Self { days })
    }
}

impl fmt::Debug for DayRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DayRing({} days, secret)", self.days.len())
    }
}

/// The label and the day have fixed lengths, so they cannot trade bytes with `aad`.
fn bound(day: u32, aad: &[u8]) -> Vec<u8> {
    [DAY_WRAP_LABEL.as_bytes(), &day.to_be_bytes(), aad].concat()
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([7; 32])
    }

    #[test]
    fn dropping_a_day_erases_what_it_held_and_nothing_else() {
        let mut rng = rng();
        let mut ring = DayRing::new();
        assert_eq!(ring.ensure_day(10, &mut rng), Ok(true));
        assert_eq!(ring.ensure_day(10, &mut rng), Ok(false));
        assert_eq!(ring.ensure_day(11, &mut rng), Ok(true));
        let (ten, eleven) = (
            ring.wrap(10, b"a", b"ten", &mut rng).unwrap(),
            ring.wrap(11, b"a", b"eleven", &mut rng).unwrap(),
        );
        assert_eq!(ring.unwrap(b"a", &ten).unwrap().as_slice(), b"ten");
        assert!(ring.drop_before(11) && !ring.drop_before(11));
        assert_eq!(ring.unwrap(b"a", &ten), Err(CryptoError::Erased { day: 10 }));
        assert_eq!(ring.unwrap(b"a", &eleven).unwrap().as_slice(), b"eleven");
        // A new key for an old day does not bring back what was erased.
        assert!(ring.ensure_day(10, &mut rng).unwrap());
        assert_eq!(
            ring.unwrap(b"a", &ten),
            Err(CryptoError::DoesNotOpen { what: WRAPPED })
        );
        assert!(ring.drop_day(11) && !ring.drop_day(11) && !ring.has_day(11));
        assert_eq!(ring.days().collect::<Vec<_>>(), [10]);
    }

    #[test]
    fn a_key_that_is_not_on_disk_yet_cannot_be_used_by_mistake() {
        let ring = DayRing::new();
        assert_eq!(
            ring.wrap(3, b"", b"x", &mut rng()),
            Err(CryptoError::Erased { day: 3 })
        );
    }

    #[test]
    fn values_stay_in_their_place_and_day() {
        let mut rng = rng();
        let mut ring = DayRing::new();
        ring.ensure_day(10, &mut rng).unwrap();
        ring.ensure_day(11, &mut rng).unwrap();
        let bytes = ring.wrap(10, b"here", b"x", &mut rng).unwrap();
        let closed = Err(CryptoError::DoesNotOpen { what: WRAPPED });
        assert_eq!(ring.unwrap(b"there", &bytes), closed);
        let mut moved = bytes.clone();
        moved[3] = 11;
        assert_eq!(ring.unwrap(b"here", &moved), closed);
        for len in 0..bytes.len() {
            assert!(ring.unwrap(b"here", &bytes[..len]).is_err());
        }
    }

    #[test]
    fn the_ring_file_comes_back_even_when_full() {
        let mut rng = rng();
        let key = DataKey::generate(&mut rng);
        let mut ring = DayRing::new();
        for day in 0..MAX_RING_DAYS as u32 {
            ring.ensure_day(u32::MAX - day, &mut rng).unwrap();
        }
        assert!(matches!(
            ring.ensure_day(1, &mut rng),
            Err(CryptoError::NotAllowed { .. })
        ));
        let wrapped = ring.wrap(u32::MAX, b"", b"x", &mut rng).unwrap();
        let file = ring.seal(&key, &mut rng).unwrap();
        let read = DayRing::open(&key, &file).unwrap();
        assert_eq!(read.unwrap(b"", &wrapped).unwrap().as_slice(), b"x");
        let closed = CryptoError::DoesNotOpen { what: KIND.what };
        assert_eq!(
            DayRing::open(&DataKey::generate(&mut rng), &file).unwrap_err(),
            closed
        );
        let empty = DayRing::new().seal(&key, &mut rng).unwrap();
        assert_eq!(DayRing::open(&key, &empty).unwrap().days().count(), 0);
    }

    #[test]
    fn days_are_utc_days() {
        assert_eq!(DayRing::day_of(0), 0);
        assert_eq!(DayRing::day_of(DAY_MS - 1), 0);
        assert_eq!(DayRing::day_of(DAY_MS), 1);
        assert_eq!(DayRing::day_of(u64::MAX), u32::MAX);
    }
}
