//! A turn of the engine that panics, wherever it does: the fault is told, and what the turn had begun in memory and nobody was
//! told of does not stay: both sides say again what was to be said.

// Helpers of tests: a story that cannot go on has failed, and says where.
#![allow(clippy::expect_used, clippy::panic)]

use std::sync::atomic::{AtomicI64, Ordering};

use kith_node::{
    Event,
    effects::Transmit,
    input::{Input, NetEvent},
    store::{Batch, Bounds, Key, MemoryStore, Order, Read, Record, Scope, Store, StoreError},
    view::PathView,
};
use kith_tests::{
    pair::{Hand, Pair, Side},
    telling::{NOW_MS, alice, bob, identity, pass, texts},
};

/// A store of which one read panics, the last of so many from now on.
struct Brittle<'s> {
    store: &'s MemoryStore,
    reads_left: AtomicI64,
}

impl<'s> Brittle<'s> {
    fn new(store: &'s MemoryStore) -> Self {
        Self {
            store,
            reads_left: AtomicI64::new(0),
        }
    }

    fn breaks_after(&self, reads: i64) {
        self.reads_left.store(reads, Ordering::Relaxed);
    }

    /// Whether it has broken.
    fn is_over(&self) -> bool {
        self.reads_left.swap(0, Ordering::Relaxed) <= 0
    }

    fn read(&self) {
        if self.reads_left.fetch_sub(1, Ordering::Relaxed) == 1 {
            panic!("on purpose");
        }
    }
}

impl Read for Brittle<'_> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.read();
        self.store.get(key)
    }

    fn scan(
        &self,
        scope: &Scope,
        bounds: &Bounds,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.read();
        self.store.scan(scope, bounds, order, limit)
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

impl Store for Brittle<'_> {
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

/// Whether somebody wishes the link with the other gone.
fn lets_go(side: &Side<'_>, other: &Side<'_>) -> bool {
    let is_it = |wish: &Transmit| matches!(wish, Transmit::Forget { device } if *device == other.device);
    side.wishes.iter().any(is_it)
}

#[test]
fn a_link_during_whose_first_words_the_engine_panicked_is_made_anew() {
    let mut reads = 0;
    loop {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let mut now_ms = NOW_MS;
        let mut pair = Pair::befriended(alice(&a, 1, now_ms), bob(&b, now_ms), now_ms);
        let conversation = pair.conversation();
        pair.unlink(now_ms);
        drop(pair);
        let brittle = Brittle::new(&b);
        let bobs = Side::new(identity(2, 2), "Bob", &brittle, 1, now_ms);
        let mut pair = Pair::met_before(alice(&a, 1, now_ms), bobs);
        pair.settle(Hand::All, now_ms);
        let up = |side: &Side<'_>| NetEvent::LinkUp {
            device: side.device,
            account: side.account,
            device_list: side.device_list().to_vec(),
            path: PathView::Lan,
            binding: [7; 32],
        };
        let (to_alice, to_bob) = (up(&pair.bob), up(&pair.alice));
        pair.alice.input(Input::Net(to_alice), now_ms);
        reads += 1;
        brittle.breaks_after(reads);
        let effects = pair.bob.input(Input::Net(to_bob), now_ms);
        if !brittle.is_over() {
            assert!(reads > 10, "a link coming up reads more than that");
            return;
        }
        let fault = Event::Fault {
            place: "engine".into(),
        };
        assert!(effects.events.contains(&fault), "{:?}", effects.events);
        assert!(effects.batch.is_empty() && pair.bob.wishes.is_empty());
        let begins_anew_ms = now_ms + 10_000;
        while now_ms < begins_anew_ms && !lets_go(&pair.bob, &pair.alice) {
            now_ms += 250;
            pair.bob.input(Input::Timer, now_ms);
        }
        let wished = lets_go(&pair.bob, &pair.alice);
        assert!(wished, "at read {reads} the link stays as it was");
        pair.unlink(now_ms);
        pair.link(now_ms);
        pair.alice.sends(conversation, "hello".into(), now_ms);
        pass(&mut pair, &mut now_ms, 16);
        assert_eq!(
            texts(&mut pair.bob, conversation, now_ms),
            ["hello"],
            "at read {reads}"
        );
    }
}
