//! The store on the disk: sled underneath, encrypted, with a flush that is a real fsync.
//!
//! [`SledStore`] puts the pieces together: `physical` (keys and values as they lie on the disk), `split` (long
//! values), `contained` (the only file that calls sled), `space` and `revival` (full disks), `mark` and `rescue`
//! (damage). The day keys of erasable values are in `../ring_file.rs`.
//!
//! One writer at a time; readers run beside it and wait only while a batch is being applied, so that they see
//! batches whole.

mod contained;
mod mark;
mod physical;
mod rescue;
mod revival;
mod space;
mod split;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use kith_crypto::DataKey;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng};
use zeroize::Zeroizing;

use self::contained::{Tree, damaged};
use self::mark::Mark;
use self::physical::{Cipher, Payload, PayloadBody};
pub use self::rescue::Damage;
use self::rescue::Paths;
use self::revival::{Condition, Unflushed};
use self::space::Space;
use self::split::{Change, SplitId, Splits};
use super::ring_file::RingFile;
use super::{Batch, Bounds, Keep, Key, Order, Read, Record, Scope, Store, StoreError, Write, migrate};

/// A store that was opened, and what was found damaged while opening it.
#[derive(Debug)]
pub struct Opened {
    /// The store, ready for use.
    pub store: SledStore,
    /// Set when something was damaged; to be shown to the person.
    pub damage: Option<Damage>,
}

/// The encrypted store of one profile.
pub struct SledStore {
    /// Locked for reading by every reader and for writing while a batch is applied.
    held: RwLock<Held>,
    /// Dropped after `held`, once its tree has let go of its files.
    settled: Settled,
    cipher: Cipher,
    ring: RingFile,
    space: Space,
    paths: Paths,
    writer: Mutex<Writer>,
    mark: Mutex<Mark>,
    forgotten_before: AtomicU32,
    /// The disk refused a write: what sled says is no sign of damage until it has been opened anew.
    broken: AtomicBool,
}

/// What readers look at.
struct Held {
    tree: Tree,
    splits: Splits,
}

/// Settles the log when the store is closed.
///
/// sled replays what was written since its last snapshot when it opens, and cuts it off at the first damage. It
/// writes a snapshot only on opening: opening it once more leaves nothing to replay, so that damage that happens to
/// the files in the meantime is met when the page is read, where it can be told and rescued.
struct Settled {
    db: std::path::PathBuf,
    /// Not where the disk is full: the next start opens it anyway.
    wanted: bool,
}

impl Drop for Settled {
    fn drop(&mut self) {
        if !self.wanted {
            return;
        }
        if let Err(error) = Tree::open(&self.db, contained::Upkeep::None) {
            tracing::warn!(%error, "the store could not be settled");
        }
    }
}

/// What only one thread at a time may use.
struct Writer {
    rng: ChaCha20Rng,
    /// Changes committed so far.
    changes: u64,
    /// What was committed and has not been flushed.
    unflushed: Unflushed,
    condition: Condition,
}

/// A batch in the form in which sled takes it.
struct Prepared {
    changes: Vec<Change>,
    /// The parts that values have after the batch; 0 for those that are in one piece again, or gone.
    splits: Vec<(SplitId, u32)>,
}

impl SledStore {
    /// Opens or creates the store in the profile folder `folder`, which must exist and be locked by the caller.
    ///
    /// `key` is the profile's data key, `rng` seeds the store's own generator of nonces and day keys. A damaged
    /// store is set aside and rescued; a store of a later Kith is refused with [`StoreError::FutureSchema`].
    pub fn open(folder: &Path, key: &DataKey, rng: &mut dyn CryptoRng) -> Result<Opened, StoreError> {
        let keys = key.store_keys().map_err(|error| StoreError::Crypto {
            doing: "derive the store's keys",
            reason: error.to_string(),
        })?;
        let cipher = Cipher::new(keys.names(), keys.values());
        let paths = Paths::new(folder);
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        let mut rng = ChaCha20Rng::from_seed(*seed);
        let space = Space::open(folder)?;
        let mark = Mark::open(&paths.mark, &cipher)?;
        let (tree, mut damage) = rescue::open(&paths, &cipher, &mark, &mut rng)?;
        let (ring, ring_damaged) = RingFile::open(&folder.join("ring"), key)?;
        if ring_damaged {
            let damage = damage.get_or_insert(Damage::default());
            damage.kept_at.get_or_insert(folder.join("ring.damaged"));
            damage.records_lost_at_least = damage.records_lost_at_least.max(1);
        }
        let splits = split::load(&tree, &cipher).inspect_err(|error| suspect(&paths, error))?;
        let changes = mark::counted(&tree, &cipher)?;
        let store = SledStore {
            held: RwLock::new(Held { tree, splits }),
            settled: Settled {
                db: paths.db.clone(),
                wanted: true,
            },
            cipher,
            ring,
            space,
            paths,
            writer: Mutex::new(Writer {
                rng,
                changes,
                unflushed: Unflushed::new(),
                condition: Condition::Sound,
            }),
            mark: Mutex::new(mark),
            forgotten_before: AtomicU32::new(0),
            broken: AtomicBool::new(false),
        };
        migrate::bring_up_to_date(&store, migrate::STEPS, migrate::SCHEMA)?;
        Ok(Opened { store, damage })
    }

    /// Remembers damage that a read or write has met, so that the next start rescues the store.
    fn watch<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        result.map_err(|error| {
            if self.broken.load(Ordering::Acquire) {
                return revival::halted(&error);
            }
            suspect(&self.paths, &error);
            error
        })
    }

    /// The value that `sealed`, found at `physical`, stands for; `None` when it has been forgotten.
    fn open_value(&self, tree: &Tree, physical: &[u8], sealed: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let payload = self
            .cipher
            .open(physical, sealed)
            .and_then(|bytes| Payload::decode(&bytes))
            .ok_or_else(|| damaged("a record"))?;
        if payload.until_day.is_some_and(|day| self.is_forgotten(day)) {
            return Ok(None);
        }
        let mut body = match payload.body {
            PayloadBody::Whole(body) => body,
            PayloadBody::Split { parts, hash } => split::read(tree, physical, (parts, &hash), &self.cipher)?,
        };
        if payload.until_day.is_some() {
            let Some(unwrapped) = self.ring.unwrap(physical, &body) else {
                return Ok(None);
            };
            body = unwrapped;
        }
        Ok(Some(std::mem::take(&mut *body)))
    }

    fn is_forgotten(&self, day: u32) -> bool {
        day < self.forgotten_before.load(Ordering::Acquire)
    }

    /// Encrypts `batch`, which is change number `change`, and adds what its writes leave to be cleaned up.
    fn prepare(&self, batch: &Batch, change: u64, rng: &mut ChaCha20Rng) -> Result<Prepared, StoreError> {
        let mut last: BTreeMap<Vec<u8>, &Write> = BTreeMap::new();
        for write in batch.writes() {
            last.insert(self.cipher.physical(write.key()), write);
        }
        let days: BTreeSet<u32> = last.values().filter_map(|write| self.kept_until(write)).collect();
        self.ring.ensure(days, rng)?;
        let mut prepared = Prepared {
            changes: Vec::with_capacity(last.len() + 1),
            splits: Vec::new(),
        };
        let held = self.held();
        for (physical, write) in last {
            let id = split::id(&physical, &self.cipher);
            let parts_before = held.splits.get(&id).copied().unwrap_or(0);
            let (sealed, parts_after) = match write {
                Write::Put { value, keep, .. } if !self.comes_too_late(*keep) => {
                    self.prepare_put((&physical, change), (value, *keep), rng, &mut prepared)?
                }
                Write::Put { .. } | Write::Delete { .. } => (None, 0),
            };
            if parts_after < parts_before {
                split::remove(
                    &id,
                    parts_after,
                    parts_before,
                    &self.cipher,
                    &mut prepared.changes,
                );
            }
            if parts_after != parts_before {
                prepared.splits.push((id, parts_after));
            }
            prepared.changes.push((physical, sealed));
        }
        Ok(prepared)
    }

    /// The sealed record of one value, after its parts, if any, were added to `prepared`; and their number.
    fn prepare_put(
        &self,
        (physical, change): (&[u8], u64),
        (value, keep): (&[u8], Keep),
        rng: &mut ChaCha20Rng,
        prepared: &mut Prepared,
    ) -> Result<(Option<Vec<u8>>, u32), StoreError> {
        let (until_day, body) = match keep {
            Keep::Always => (None, Zeroizing::new(value.to_vec())),
            Keep::UntilDay(day) => (
                Some(day),
                Zeroizing::new(self.ring.wrap(day, physical, value, rng)?),
            ),
        };
        let (body, parts) = if body.len() > split::PART_BYTES {
            split::write(
                physical,
                (change, &body),
                &self.cipher,
                rng,
                &mut prepared.changes,
            )?
        } else {
            (PayloadBody::Whole(body), 0)
        };
        let sealed = self
            .cipher
            .seal(physical, change, &Payload { until_day, body }.encode(), rng)?;
        Ok((Some(sealed), parts))
    }

    /// The day under whose key a write wraps its value, if it does.
    fn kept_until(&self, write: &Write) -> Option<u32> {
        match write {
            Write::Put {
                keep: Keep::UntilDay(day),
                ..
            } if !self.is_forgotten(*day) => Some(*day),
            _ => None,
        }
    }

    fn comes_too_late(&self, keep: Keep) -> bool {
        matches!(keep, Keep::UntilDay(day) if self.is_forgotten(day))
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn held_mut(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves the note by which the next start knows that the store needs a rescue.
fn suspect(paths: &Paths, error: &StoreError) {
    if matches!(error, StoreError::Damaged { .. })
        && let Err(error) = paths.mark_suspect()
    {
        tracing::error!(%error, "the damage could not be remembered");
    }
}

impl Read for SledStore {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let physical = self.cipher.physical(key);
        // Nobody sees half a batch.
        let held = self.held();
        let value = match held.tree.get(&physical) {
            Ok(Some(sealed)) => self.open_value(&held.tree, &physical, &sealed),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        self.watch(value)
    }

    fn scan(
        &self,
        scope: &Scope,
        bounds: &Bounds,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        if bounds.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let name = self.cipher.scope_name(scope);
        let (low, high) = physical_bounds(&name, bounds);
        let mut records = Vec::new();
        let held = self.held();
        let bounds = (low.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice));
        let read = held.tree.range(bounds, order, &mut |(physical, sealed)| {
            if let Some(value) = self.open_value(&held.tree, &physical, &sealed)?
                && let Some(suffix) = physical.strip_prefix(&name)
            {
                records.push(Record {
                    suffix: suffix.to_vec(),
                    value,
                });
            }
            Ok(records.len() < limit)
        });
        self.watch(read)?;
        Ok(records)
    }

    fn suffix_bytes(&self, key: &Key) -> Vec<u8> {
        self.cipher.suffix_bytes(key)
    }
}

/// The ends of a scan over the scope called `name`.
fn physical_bounds(name: &[u8], bounds: &Bounds) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let full = |suffix: &[u8]| [name, suffix].concat();
    let low = match bounds.start() {
        Bound::Unbounded => Bound::Included(name.to_vec()),
        other => other.map(full),
    };
    let high = match bounds.end() {
        Bound::Unbounded => after_all(name),
        other => other.map(full),
    };
    (low, high)
}

/// The end of everything that begins with `name`: the next name, or the end of the store.
fn after_all(name: &[u8]) -> Bound<Vec<u8>> {
    let mut next = name.to_vec();
    while let Some(last) = next.pop() {
        if let Some(greater) = last.checked_add(1) {
            next.push(greater);
            return Bound::Excluded(next);
        }
    }
    Bound::Unbounded
}

impl Store for SledStore {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check_limits()?;
        if batch.is_empty() {
            return Ok(());
        }
        let mut writer = self.writer();
        self.revive_if_broken(&mut writer)?;
        // Before the day keys are written, too: a full disk must not stop that half way.
        self.space.admit(batch_bytes(batch))?;
        let changes = writer.changes.saturating_add(batch.writes().len() as u64);
        let mut prepared = self.prepare(batch, changes, &mut writer.rng)?;
        let count = mark::count(changes, &prepared.changes, &self.cipher, &mut writer.rng)?;
        prepared.changes.push(count);
        let mut held = self.held_mut();
        if let Err(error) = held.tree.apply(prepared.changes.iter().cloned()) {
            return Err(self.broke(&mut writer, error));
        }
        writer.changes = changes;
        writer.unflushed.push_back((changes, prepared.changes));
        for (id, parts) in prepared.splits {
            if parts == 0 {
                held.splits.remove(&id);
            } else {
                held.splits.insert(id, parts);
            }
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        let mut writer = self.writer();
        self.revive_if_broken(&mut writer)?;
        let changes = writer.changes;
        let flushing = self.held().tree.flushing()?;
        drop(writer);
        self.space.before_flush()?;
        let flushed = flushing.flush();
        let mut writer = self.writer();
        flushed.map_err(|error| self.broke(&mut writer, error))?;
        writer.unflushed.retain(|(number, _)| *number > changes);
        drop(writer);
        let mut mark = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        mark.raise(changes, &self.cipher)
    }

    fn forget_before(&self, day: u32) -> Result<(), StoreError> {
        let mut writer = self.writer();
        self.ring.drop_before(day, &mut writer.rng)?;
        self.forgotten_before.fetch_max(day, Ordering::AcqRel);
        Ok(())
    }
}

/// What a batch adds to the log, roughly.
fn batch_bytes(batch: &Batch) -> u64 {
    /// A physical key, a nonce, two tags and sled's own header.
    const OVERHEAD: usize = 200;
    let bytes = |write: &Write| match write {
        Write::Put { value, .. } => value.len() + OVERHEAD,
        Write::Delete { .. } => OVERHEAD,
    };
    batch.writes().iter().map(|write| bytes(write) as u64).sum()
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledStore")
            .field("folder", &self.paths.folder)
            .finish_non_exhaustive()
    }
}
