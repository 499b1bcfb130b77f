//! A view of a store that already shows writes which are not committed yet.
//!
//! The engine handles one input against an overlay: its features read what they themselves just wrote, and the
//! shell commits the collected batch, whole or not at all. Dropping the overlay takes everything back.

use std::collections::BTreeMap;

use super::{Batch, Bounds, Keep, Key, Order, Read, Record, Scope, StoreError, Suffix};

/// Uncommitted writes over a store that they do not touch.
pub struct Overlay<'a> {
    base: &'a dyn Read,
    /// Keyed by the base's own suffix bytes, so that merging a scan needs no other rule than theirs.
    scopes: BTreeMap<Scope, BTreeMap<Vec<u8>, Pending>>,
}

/// The last write to a key.
struct Pending {
    suffix: Suffix,
    /// `None` for a deletion.
    put: Option<(Vec<u8>, Keep)>,
}

impl<'a> Overlay<'a> {
    /// An overlay without writes: it reads exactly as `base` does.
    pub fn new(base: &'a dyn Read) -> Self {
        Overlay {
            base,
            scopes: BTreeMap::new(),
        }
    }

    /// Stores `value` under `key` in this view; the store below learns of it when the batch is committed.
    pub fn put(&mut self, key: Key, value: Vec<u8>, keep: Keep) {
        self.write(key, Some((value, keep)));
    }

    /// Removes the record under `key` in this view; the store below learns of it when the batch is committed.
    pub fn delete(&mut self, key: Key) {
        self.write(key, None);
    }

    /// True when nothing was written.
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    /// Everything written here as one batch: the last write to each key, in the order of the keys.
    pub fn into_batch(self) -> Batch {
        let mut batch = Batch::new();
        for (scope, records) in self.scopes {
            for pending in records.into_values() {
                let key = Key {
                    scope: scope.clone(),
                    suffix: pending.suffix,
                };
                match pending.put {
                    Some((value, keep)) => batch.put(key, value, keep),
                    None => batch.delete(key),
                }
            }
        }
        batch
    }

    fn write(&mut self, key: Key, put: Option<(Vec<u8>, Keep)>) {
        let suffix_bytes = self.base.suffix_bytes(&key);
        let pending = Pending {
            suffix: key.suffix,
            put,
        };
        self.scopes
            .entry(key.scope)
            .or_default()
            .insert(suffix_bytes, pending);
    }
}

impl Read for Overlay<'_> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let written = self
            .scopes
            .get(&key.scope)
            .and_then(|records| records.get(&self.base.suffix_bytes(key)));
        match written {
            Some(pending) => Ok(pending.put.as_ref().map(|(value, _)| value.clone())),
            None => self.base.get(key),
        }
    }

    fn scan(
        &self,
        scope: &Scope,
        bounds: &Bounds,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let Some(records) = self.scopes.get(scope) else {
            return self.base.scan(scope, bounds, order, limit);
        };
        if bounds.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let written: Vec<_> = records.range::<[u8], _>((bounds.start(), bounds.end())).collect();
        // Each write hides at most one record of the base, so this many are enough to fill the limit.
        let stored = self
            .base
            .scan(scope, bounds, order, limit.saturating_add(written.len()))?;
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = stored
            .into_iter()
            .map(|record| (record.suffix, record.value))
            .collect();
        for (suffix, pending) in written {
            match &pending.put {
                Some((value, _)) => merged.insert(suffix.clone(), value.clone()),
                None => merged.remove(suffix),
            };
        }
        let record = |(suffix, value)| Record { suffix, value };
        Ok(match order {
            Order::Ascending => merged.into_iter().map(record).take(limit).collect(),
            Order::Descending => merged.into_iter().rev().map(record).take(limit).collect(),
        })
    }

    fn suffix_bytes(&self, key: &Key) -> Vec<u8> {
        self.base.suffix_bytes(key)
    }

    fn may_keep(&self, number: u64) -> bool {
        self.base.may_keep(number)
    }

    fn first_unmade_key(&self) -> u64 {
        self.base.first_unmade_key()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::{MemoryStore, Store, Table};

    #[derive(Debug, Clone)]
    enum Step {
        Put(u8, u8, u8),
        Delete(u8, u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..3u8, 0..12u8, any::<u8>()).prop_map(|(scope, place, value)| Step::Put(scope, place, value)),
            (0..3u8, 0..12u8).prop_map(|(scope, place)| Step::Delete(scope, place)),
        ]
    }

    /// Scopes 0 and 1 hold ordered suffixes, scope 2 hashed ones.
    fn key(scope: u8, place: u8) -> Key {
        let suffix = if scope == 2 {
            Suffix::hashed([place])
        } else {
            Suffix::number(u64::from(place))
        };
        Key::new(Scope::new(Table::Settings).with(&[scope]), suffix)
    }

    fn bound(kind: u8, place: u8) -> std::ops::Bound<Vec<u8>> {
        let bytes = u64::from(place).to_be_bytes().to_vec();
        match kind % 3 {
            0 => std::ops::Bound::Unbounded,
            1 => std::ops::Bound::Included(bytes),
            _ => std::ops::Bound::Excluded(bytes),
        }
    }

    fn direct(store: &MemoryStore, step: &Step) {
        let mut batch = Batch::new();
        match step {
            Step::Put(scope, place, value) => batch.put(key(*scope, *place), vec![*value], Keep::Always),
            Step::Delete(scope, place) => batch.delete(key(*scope, *place)),
        }
        store.commit(&batch).unwrap();
    }

    proptest! {
        /// An overlay reads exactly as a store in which its writes were already committed, before and after.
        #[test]
        fn an_overlay_reads_like_a_store_that_has_its_writes(
            before in proptest::collection::vec(step(), 0..30),
            during in proptest::collection::vec(step(), 0..30),
            (start_kind, start, end_kind, end) in (any::<u8>(), 0..12u8, any::<u8>(), 0..12u8),
            limit in 0..14usize,
        ) {
            let base = MemoryStore::new();
            let model = MemoryStore::new();
            for step in &before {
                direct(&base, step);
                direct(&model, step);
            }
            let mut overlay = Overlay::new(&base);
            for step in &during {
                direct(&model, step);
                match step {
                    Step::Put(scope, place, value) => overlay.put(key(*scope, *place), vec![*value], Keep::Always),
                    Step::Delete(scope, place) => overlay.delete(key(*scope, *place)),
                }
            }
            let bounds = Bounds::new(bound(start_kind, start), bound(end_kind, end));
            for scope in 0..3 {
                let scope_key = key(scope, 0).scope;
                for order in [Order::Ascending, Order::Descending] {
                    prop_assert_eq!(
                        overlay.scan(&scope_key, &bounds, order, limit).unwrap(),
                        model.scan(&scope_key, &bounds, order, limit).unwrap()
                    );
                }
                for place in 0..12 {
                    prop_assert_eq!(overlay.get(&key(scope, place)).unwrap(), model.get(&key(scope, place)).unwrap());
                }
            }
            let batch = overlay.into_batch();
            base.commit(&batch).unwrap();
            for scope in 0..3 {
                let scope_key = key(scope, 0).scope;
                prop_assert_eq!(
                    base.scan(&scope_key, &Bounds::all(), Order::Ascending, 100).unwrap(),
                    model.scan(&scope_key, &Bounds::all(), Order::Ascending, 100).unwrap()
                );
            }
        }
    }

    #[test]
    fn a_dropped_overlay_leaves_no_trace() {
        let base = MemoryStore::new();
        let mut overlay = Overlay::new(&base);
        overlay.put(key(0, 1), b"draft".to_vec(), Keep::UntilDay(3));
        assert!(overlay.get(&key(0, 1)).unwrap().is_some());
        drop(overlay);
        assert!(base.is_empty());
    }

    #[test]
    fn the_batch_holds_one_write_a_key_and_remembers_how_long_to_keep_it() {
        let base = MemoryStore::new();
        let mut overlay = Overlay::new(&base);
        overlay.put(key(0, 1), b"first".to_vec(), Keep::Always);
        overlay.put(key(0, 1), b"second".to_vec(), Keep::UntilDay(9));
        let mut expected = Batch::new();
        expected.put(key(0, 1), b"second".to_vec(), Keep::UntilDay(9));
        assert_eq!(overlay.into_batch(), expected);
    }
}
