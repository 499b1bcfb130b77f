//! The store in memory: what the simulator runs on.
//!
//! It keeps the difference that matters between *committed* and *durable*: [`MemoryStore::crash`] takes back every
//! batch that was not flushed, as a power cut would. A clone is a handle to the same store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Batch, Bounds, Keep, Key, Order, Read, Record, Scope, Store, StoreError, Suffix, Write};

/// Hashed suffixes are hashed here too, so that they sort at random as they do on disk and no feature can come to
/// rely on their order. The key is public: nothing here is secret.
const SUFFIX_CONTEXT: &str = "kith memory store suffix v1";

/// A store without a disk.
#[derive(Clone, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    scopes: BTreeMap<Scope, BTreeMap<Vec<u8>, Stored>>,
    /// What each batch since the last flush replaced, so that a crash can put it back.
    unflushed: Vec<Vec<Replaced>>,
    forgotten_before: u32,
    forgotten_keys: BTreeSet<u64>,
    first_unmade_key: u64,
    full: bool,
}

#[derive(Clone)]
struct Stored {
    value: Vec<u8>,
    keep: Keep,
}

struct Replaced {
    scope: Scope,
    suffix: Vec<u8>,
    before: Option<Stored>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        MemoryStore::default()
    }

    /// Another store that holds the same now, as a copy of a folder does.
    #[must_use]
    pub fn copied(&self) -> Self {
        let inner = self.lock();
        let copy = Inner {
            scopes: inner.scopes.clone(),
            forgotten_before: inner.forgotten_before,
            forgotten_keys: inner.forgotten_keys.clone(),
            first_unmade_key: inner.first_unmade_key,
            ..Inner::default()
        };
        Self {
            inner: Arc::new(Mutex::new(copy)),
        }
    }

    /// Loses everything that was committed since the last flush.
    pub fn crash(&self) {
        self.crash_keeping(0);
    }

    /// Loses what was committed since the last flush, except its first `batches` batches: a real disk may have
    /// written some of them on its own.
    pub fn crash_keeping(&self, batches: usize) {
        let mut inner = self.lock();
        let kept = batches.min(inner.unflushed.len());
        let lost = inner.unflushed.split_off(kept);
        for replaced in lost.into_iter().rev().flat_map(|batch| batch.into_iter().rev()) {
            inner.set(replaced.scope, replaced.suffix, replaced.before);
        }
        inner.unflushed.clear();
    }

    /// The number of batches that a crash would lose now.
    pub fn unflushed_batches(&self) -> usize {
        self.lock().unflushed.len()
    }

    /// Simulates a full disk: while `full`, commits fail with [`StoreError::DiskFull`] and change nothing.
    pub fn set_full(&self, full: bool) {
        self.lock().full = full;
    }

    /// The number of records, over all scopes.
    pub fn len(&self) -> usize {
        self.lock().scopes.values().map(BTreeMap::len).sum()
    }

    /// True when nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether these bytes stand in any value: for tests of what must not be kept.
    pub fn holds_bytes(&self, bytes: &[u8]) -> bool {
        let inner = self.lock();
        let mut values = inner.scopes.values().flat_map(BTreeMap::values);
        values.any(|stored| holds(&stored.value, bytes))
    }

    /// A panic in another thread cannot leave a batch half applied in a way that matters here: carry on with it.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `part` stands anywhere in `value`.
fn holds(value: &[u8], part: &[u8]) -> bool {
    let Some(first) = part.first() else { return true };
    let mut rest = value;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        rest = rest.get(at..).unwrap_or_default();
        if rest.starts_with(part) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore")
            .field("records", &self.len())
            .finish()
    }
}

impl Inner {
    /// Sets or removes one record and returns what was there.
    fn set(&mut self, scope: Scope, suffix: Vec<u8>, after: Option<Stored>) -> Option<Stored> {
        match after {
            Some(stored) => self.scopes.entry(scope).or_default().insert(suffix, stored),
            None => {
                let records = self.scopes.get_mut(&scope)?;
                let before = records.remove(&suffix);
                if records.is_empty() {
                    self.scopes.remove(&scope);
                }
                before
            }
        }
    }

    fn is_readable(&self, stored: &Stored) -> bool {
        if let Keep::UntilDay(day) = stored.keep {
            return day >= self.forgotten_before;
        }
        let mut numbers = stored.keep.numbers();
        !numbers.any(|number| self.forgotten_keys.contains(&number))
    }

    /// Makes the keys of a batch. Like those of a disk they stay made when a crash takes the batch back.
    fn make_keys(&mut self, batch: &Batch) -> Result<(), StoreError> {
        for number in batch.key_numbers() {
            if self.forgotten_keys.contains(&number) {
                return Err(StoreError::Crypto {
                    doing: "encrypt an erasable record",
                    reason: format!("key number {number} is gone"),
                });
            }
            self.first_unmade_key = self.first_unmade_key.max(number.saturating_add(1));
        }
        Ok(())
    }
}

/// The bytes under which a memory store keeps a suffix.
fn suffix_bytes(key: &Key) -> Vec<u8> {
    match &key.suffix {
        Suffix::Ordered(bytes) => bytes.clone(),
        Suffix::Hashed(identity) => {
            let mut short = [0; 16];
            let mut hasher = blake3::Hasher::new_derive_key(SUFFIX_CONTEXT);
            hasher
                .update(key.scope.as_bytes())
                .update(identity)
                .finalize_xof()
                .fill(&mut short);
            short.to_vec()
        }
    }
}

impl Read for MemoryStore {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let inner = self.lock();
        let stored = inner
            .scopes
            .get(&key.scope)
            .and_then(|records| records.get(&suffix_bytes(key)));
        Ok(stored
            .filter(|stored| inner.is_readable(stored))
            .map(|stored| stored.value.clone()))
    }

    fn scan(
        &self,
        scope: &Scope,
        bounds: &Bounds,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let inner = self.lock();
        let Some(records) = inner.scopes.get(scope) else {
            return Ok(Vec::new());
        };
        if bounds.is_empty() {
            return Ok(Vec::new());
        }
        let found = records
            .range::<[u8], _>((bounds.start(), bounds.end()))
            .filter(|(_, stored)| inner.is_readable(stored));
        let record = |(suffix, stored): (&Vec<u8>, &Stored)| Record {
            suffix: suffix.clone(),
            value: stored.value.clone(),
        };
        Ok(match order {
            Order::Ascending => found.map(record).take(limit).collect(),
            Order::Descending => found.rev().map(record).take(limit).collect(),
        })
    }

    fn suffix_bytes(&self, key: &Key) -> Vec<u8> {
        suffix_bytes(key)
    }

    fn may_keep(&self, number: u64) -> bool {
        !self.lock().forgotten_keys.contains(&number)
    }

    fn first_unmade_key(&self) -> u64 {
        self.lock().first_unmade_key
    }
}

impl Store for MemoryStore {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check_limits()?;
        if batch.is_empty() {
            return Ok(());
        }
        let mut inner = self.lock();
        if inner.full {
            return Err(StoreError::DiskFull {
                free_bytes: 0,
                needed_bytes: 1,
            });
        }
        inner.make_keys(batch)?;
        let mut replaced = Vec::with_capacity(batch.writes().len());
        for write in batch.writes() {
            let after = match write {
                Write::Put { value, keep, .. } => Some(Stored {
                    value: value.clone(),
                    keep: *keep,
                })
                .filter(|stored| inner.is_readable(stored)),
                Write::Delete { .. } => None,
            };
            let (scope, suffix) = (write.key().scope.clone(), suffix_bytes(write.key()));
            let before = inner.set(scope.clone(), suffix.clone(), after);
            replaced.push(Replaced {
                scope,
                suffix,
                before,
            });
        }
        inner.unflushed.push(replaced);
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.lock().unflushed.clear();
        Ok(())
    }

    fn forget_before(&self, day: u32) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.forgotten_before = inner.forgotten_before.max(day);
        Ok(())
    }

    fn forget_keys(&self, numbers: &[u64]) -> Result<(), StoreError> {
        let mut inner = self.lock();
        if inner.full {
            return Err(StoreError::DiskFull {
                free_bytes: 0,
                needed_bytes: 1,
            });
        }
        inner.forgotten_keys.extend(numbers);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Table, suite};

    fn key(number: u64) -> Key {
        Key::new(Scope::new(Table::Settings), Suffix::number(number))
    }

    fn put(store: &MemoryStore, number: u64, value: &str) {
        let mut batch = Batch::new();
        batch.put(key(number), value.as_bytes().to_vec(), Keep::Always);
        store.commit(&batch).unwrap();
    }

    #[test]
    fn behaves_as_every_store_does() {
        suite::run(&|| Box::new(MemoryStore::new()));
    }

    #[test]
    fn a_crash_loses_what_was_not_flushed_and_nothing_else() {
        let store = MemoryStore::new();
        put(&store, 1, "flushed");
        store.flush().unwrap();
        put(&store, 1, "overwritten");
        put(&store, 2, "new");
        let mut batch = Batch::new();
        batch.delete(key(1));
        store.commit(&batch).unwrap();
        assert_eq!(store.unflushed_batches(), 3);

        store.crash();

        assert_eq!(
            store.get(&key(1)).unwrap().as_deref(),
            Some(b"flushed".as_slice())
        );
        assert_eq!(store.get(&key(2)).unwrap(), None);
    }

    #[test]
    fn a_crash_may_keep_the_first_unflushed_batches() {
        let store = MemoryStore::new();
        put(&store, 1, "first");
        put(&store, 2, "second");
        store.crash_keeping(1);
        assert!(store.get(&key(1)).unwrap().is_some());
        assert!(store.get(&key(2)).unwrap().is_none());
        store.crash();
        assert!(
            store.get(&key(1)).unwrap().is_some(),
            "what survived a crash is on the disk"
        );
    }

    #[test]
    fn a_clone_is_the_same_store() {
        let store = MemoryStore::new();
        put(&store.clone(), 7, "seen by both");
        assert_eq!(store.len(), 1);
    }

    #[test]
    fn a_full_disk_refuses_and_changes_nothing() {
        let store = MemoryStore::new();
        put(&store, 1, "kept");
        store.set_full(true);
        let mut batch = Batch::new();
        batch.delete(key(1));
        assert!(matches!(store.commit(&batch), Err(StoreError::DiskFull { .. })));
        store.set_full(false);
        assert!(store.get(&key(1)).unwrap().is_some());
    }
}
