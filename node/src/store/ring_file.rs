//! The ring file: the day keys under which erasable values are wrapped.
//!
//! It is small and rewritten whole, with fsyncs, so that a key dropped from it is gone. A day's key is durable
//! before the first value under it can be. Losing the file loses the erasable values and nothing else; the engine
//! gets over that by syncing, as it does over keys that are out of step.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use kith_crypto::{CryptoError, DataKey, DayRing};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::damage::{Damage, Note};
use super::{StoreError, files};

/// The day keys and the file they live in.
pub(super) struct RingFile {
    path: PathBuf,
    key: DataKey,
    ring: RwLock<DayRing>,
}

impl RingFile {
    /// Reads the ring at `path`; an absent one is empty. A damaged one is noted, set aside as `ring.damaged` and replaced
    /// by an empty one.
    pub(super) fn open(path: &Path, key: &DataKey, note: &mut Note) -> Result<Self, StoreError> {
        let ring = match std::fs::read(path) {
            Ok(bytes) => match DayRing::open(key, &bytes) {
                Ok(ring) => ring,
                Err(CryptoError::FutureVersion { found, .. }) => {
                    return Err(StoreError::FutureSchema {
                        found: u32::from(found),
                        known: 1,
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the day keys are damaged");
                    let aside = path.with_extension("damaged");
                    // Once it is set aside nothing shows that there ever was one.
                    note.add(Damage {
                        kept_at: Some(aside.clone()),
                        records_lost_at_least: 1,
                        ..Damage::default()
                    })?;
                    std::fs::rename(path, aside)
                        .map_err(|error| StoreError::io("set the damaged day keys aside", error))?;
                    DayRing::new()
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => DayRing::new(),
            Err(error) => return Err(StoreError::io("read the day keys", error)),
        };
        Ok(RingFile {
            path: path.to_owned(),
            key: key.clone(),
            ring: RwLock::new(ring),
        })
    }

    /// Makes sure that all `days` have a durable key.
    pub(super) fn ensure(
        &self,
        days: impl IntoIterator<Item = u32>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), StoreError> {
        self.change("make a day key", rng, |ring, rng| {
            let mut changed = false;
            for day in days {
                changed |= ring
                    .ensure_day(day, rng)
                    .map_err(|error| refused("make a day key", &error))?;
            }
            Ok(changed)
        })
    }

    /// Drops every key of a day before `day`, durably.
    pub(super) fn drop_before(&self, day: u32, rng: &mut dyn CryptoRng) -> Result<(), StoreError> {
        self.change("erase a day key", rng, |ring, _| Ok(ring.drop_before(day)))
    }

    /// Wraps `value`, which belongs at `physical`, until `day`, whose key must have been ensured.
    pub(super) fn wrap(
        &self,
        day: u32,
        physical: &[u8],
        value: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, StoreError> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.wrap(day, physical, value, rng)
            .map_err(|error| refused("encrypt an erasable record", &error))
    }

    /// Unwraps a value; `None` when it has been forgotten: its day's key is gone, or is another one by now.
    pub(super) fn unwrap(&self, physical: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.unwrap(physical, wrapped).ok()
    }

    /// Changes a copy of the ring, writes it and only then takes it over: memory never knows what the disk does not.
    fn change<C>(&self, doing: &'static str, rng: &mut dyn CryptoRng, change: C) -> Result<(), StoreError>
    where
        C: FnOnce(&mut DayRing, &mut dyn CryptoRng) -> Result<bool, StoreError>,
    {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = ring.clone();
        if change(&mut changed, rng)? {
            let bytes = changed
                .seal(&self.key, rng)
                .map_err(|error| refused(doing, &error))?;
            files::write_atomically(&self.path, &bytes).map_err(|error| StoreError::io(doing, error))?;
            *ring = changed;
        }
        Ok(())
    }
}

fn refused(doing: &'static str, error: &CryptoError) -> StoreError {
    StoreError::Crypto {
        doing,
        reason: error.to_string(),
    }
}
