//! A store whose reads are watched: all is passed on, and the watch is told.

use kith_node::store::{Batch, Bounds, Key, Order, Read, Record, Scope, Store, StoreError};

/// Is told what a store is asked for.
pub trait Watch: Send + Sync {
    /// So many records were looked up.
    fn read(&self, records: usize);
}

/// A store and its watch.
#[derive(Debug)]
pub struct Watched<S, W> {
    /// The store.
    pub store: S,
    /// Who watches it.
    pub watch: W,
}

impl<S: Read, W: Watch> Read for Watched<S, W> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.watch.read(1);
        self.store.get(key)
    }

    fn scan(
        &self,
        scope: &Scope,
        bounds: &Bounds,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let records = self.store.scan(scope, bounds, order, limit)?;
        self.watch.read(records.len());
        Ok(records)
    }

    fn suffix_bytes(&self, key: &Key) -> Vec<u8> {
        self.store.suffix_bytes(key)
    }

    fn may_keep(&self, number: u64) -> bool {
        self.store.may_keep(number)
    }

    fn first_unmade_key(&self) -> u64 {
        self.store.first_unmade_key()
    }
}

impl<S: Store, W: Watch> Store for Watched<S, W> {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        self.store.commit(batch)
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.store.flush()
    }

    fn forget_before(&self, day: u32) -> Result<(), StoreError> {
        self.store.forget_before(day)
    }

    fn forget_keys(&self, numbers: &[u64]) -> Result<(), StoreError> {
        self.store.forget_keys(numbers)
    }
}
