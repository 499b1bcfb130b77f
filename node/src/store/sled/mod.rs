//! The store on the disk: sled underneath, encrypted, with a flush that is a real fsync.
//!
//! [`SledStore`] puts the pieces together: `physical` (keys and values as they lie on the disk), `payload` (what is
//! sealed in them), `split` (long values), `packs` and `packing` (many short ones in one record), `preparing` (from a batch to what sled is told),
//! `reading`, `contained` (the only file that calls sled), `space` and `revival` (full disks), `mark`, `rescue` and
//! `carving` (damage). The keys of erasable values are in `../ring_file.rs` (by the day) and `../key_files.rs` (by number).
//!
//! One writer at a time; readers run beside it and wait only while a batch is being applied, so that they see
//! batches whole.

mod carving;
mod contained;
mod mark;
mod packing;
mod packs;
mod payload;
mod physical;
mod preparing;
mod reading;
mod repacking;
mod rescue;
mod revival;
mod space;
mod split;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_keys;
#[cfg(test)]
mod tests_packs;
#[cfg(test)]
mod tests_parts;
mod thief;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use kith_crypto::DataKey;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, Rng as _, SeedableRng};
use zeroize::Zeroizing;

use self::contained::Tree;
use self::mark::Mark;
use self::packs::Packed;
use self::physical::{Cipher, ScopeName};
use self::rescue::Paths;
use self::revival::{Condition, Unflushed};
use self::space::Space;
use self::split::Splits;
pub use self::thief::{Loot, Thief};
use super::damage::{Damage, Note};
use super::key_files::KeyFiles;
use super::ring_file::RingFile;
use super::{Batch, Store, StoreError, migrate};

/// A store that was opened, and what was found damaged while opening it.
#[derive(Debug)]
pub struct Opened {
    /// The store, ready for use.
    pub store: SledStore,
    /// Set when something was damaged, now or before, and nobody has said yet that it was mended.
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
    keys: KeyFiles,
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
    packed: Packed,
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
    /// About how many bytes of a scope are in single records, for scopes that were written since the start.
    staged_bytes: HashMap<ScopeName, usize>,
    /// What was committed and has not been flushed.
    unflushed: Unflushed,
    condition: Condition,
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
        let mut note = Note::open(folder, rng.next_u64())?;
        let tree = rescue::open(&paths, &cipher, &mark, &mut note, &mut rng)?;
        let ring = RingFile::open(&folder.join("ring"), key, &mut note)?;
        // Before the schema names them as expected: whatever happens in between, they are there afterwards.
        let expected = rescue::schema(&tree, &cipher)? >= migrate::NUMBERED_KEYS_SINCE;
        let (message_keys, _) = KeyFiles::open(folder, key, expected, &mut note, &mut rng)?;
        let splits = split::load(&tree, &cipher).inspect_err(|error| suspect(&paths, error))?;
        let packed = packs::load(&tree, &cipher).inspect_err(|error| suspect(&paths, error))?;
        let changes = mark::counted(&tree, &cipher)?;
        let store = SledStore {
            held: RwLock::new(Held { tree, splits, packed }),
            settled: Settled {
                db: paths.db.clone(),
                wanted: true,
            },
            cipher,
            ring,
            keys: message_keys,
            space,
            paths,
            writer: Mutex::new(Writer {
                rng,
                changes,
                staged_bytes: HashMap::new(),
                unflushed: Unflushed::new(),
                condition: Condition::Sound,
            }),
            mark: Mutex::new(mark),
            forgotten_before: AtomicU32::new(0),
            broken: AtomicBool::new(false),
        };
        migrate::bring_up_to_date(&store, migrate::STEPS, migrate::SCHEMA)?;
        let damage = note.found().cloned();
        Ok(Opened { store, damage })
    }

    /// Calls `told` after each fsync of the log, on the thread that made it: what was committed before the fsync began is on
    /// the disk. For models of a disk: only the first who asks is told, and only until a full disk has the log opened anew.
    pub fn when_synced(&self, told: impl Fn() + Send + Sync + 'static) {
        self.held().tree.when_synced(Box::new(told));
    }

    /// What was damaged has been mended, durably: from now on it is not told at opening any more.
    pub fn damage_is_mended(&self) -> Result<(), StoreError> {
        Note::remove(&self.paths.folder)
    }

    /// Remembers damage that a read or write has met, so that the next start rescues the store.
    fn watch<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        result.map_err(|error| {
            if self.broken.load(Ordering::Acquire) {
                // Whatever sled says of it, for want of room it is that.
                let short = self.space.before_revival().err();
                return short.unwrap_or_else(|| revival::halted(&error));
            }
            suspect(&self.paths, &error);
            error
        })
    }

    fn is_forgotten(&self, day: u32) -> bool {
        day < self.forgotten_before.load(Ordering::Acquire)
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

impl Store for SledStore {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check_limits()?;
        if batch.is_empty() {
            return Ok(());
        }
        let mut writer = self.writer();
        self.revive_if_broken(&mut writer)?;
        // Before the day keys are written, too: a full disk must not stop that half way.
        let admitted = preparing::batch_bytes(batch);
        self.space.admit(admitted)?;
        let changes = writer.changes.saturating_add(batch.writes().len() as u64);
        let prepared = self.prepare(batch, changes, &mut writer)?;
        self.space.admit(prepared.bytes().saturating_sub(admitted))?;
        let mut held = self.held_mut();
        if let Err(error) = held.tree.apply(prepared.changes.iter().cloned()) {
            writer.staged_bytes.clear();
            return Err(self.half_applied(&mut writer, &mut held, error));
        }
        writer.changes = changes;
        writer.unflushed.push_back((changes, prepared.changes));
        writer.staged_bytes.extend(prepared.staged_bytes);
        for (scope, packed_to) in prepared.packed {
            match packed_to {
                Some(last) => held.packed.insert(scope, last),
                None => held.packed.remove(&scope),
            };
        }
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

    fn forget_keys(&self, numbers: &[u64]) -> Result<(), StoreError> {
        let mut writer = self.writer();
        self.keys.forget(numbers, &mut writer.rng)
    }
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledStore")
            .field("folder", &self.paths.folder)
            .finish_non_exhaustive()
    }
}
