//! Deletions without end cost no more each the more there have been.

use std::sync::atomic::{AtomicUsize, Ordering};

use kith_crypto::{Body, Content, Header, LogKind, Stamp, Target};
use kith_node::{
    Command,
    id::EntryId,
    input::{Input, Lane, NetEvent},
    store::{Batch, Bounds, Key, MemoryStore, Order, Read, Record, Scope, Store, StoreError},
    view::DeleteFor,
};
use kith_tests::{
    deletions::FINAL_MS,
    mallory::{Frame, sign},
    pair::{Pair, Side},
    telling::{NOW_MS, bob, identity, rows},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// A store that counts the records that it looks up.
struct Counting {
    store: MemoryStore,
    read: AtomicUsize,
}

impl Counting {
    fn note(&self, records: usize) {
        self.read.fetch_add(records, Ordering::Relaxed);
    }

    fn taken(&self) -> usize {
        self.read.swap(0, Ordering::Relaxed)
    }
}

impl Read for Counting {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.note(1);
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
        self.note(records.len());
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

impl Store for Counting {
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

/// What Bob, who has no manners, says to Alice.
struct Flood<'s> {
    pair: Pair<'s>,
    seq: u64,
    head: Option<EntryId>,
}

impl Flood<'_> {
    fn says(&mut self, content: &Content) -> Target {
        let mut rng = ChaCha20Rng::seed_from_u64(self.seq);
        let body = Body::new(content.encode().expect("content"), &mut rng);
        self.seq += 1;
        let (conversation, author) = (self.pair.conversation(), self.pair.bob.device);
        let header = Header {
            version: Header::VERSION,
            conversation,
            author,
            log: LogKind::Content,
            seq: self.seq,
            prev: self.head,
            deps: Vec::new(),
            at: Stamp::new(NOW_MS + self.seq, 0),
            expires_at_ms: None,
            body: body.commit(),
        };
        let (id, wire) = sign(header, &body, &identity(2, 2).device);
        self.head = Some(id);
        let frame = Frame::Entries {
            conversation,
            batch: 1,
            entries: vec![wire],
        };
        let news = NetEvent::Frame {
            device: author,
            lane: Lane::Sync,
            frame: postcard::to_allocvec(&frame).expect("a frame"),
        };
        let now_ms = NOW_MS + self.seq;
        self.pair.alice.input(Input::Net(news), now_ms);
        self.pair.alice.wishes.clear();
        Target {
            author,
            seq: self.seq,
            id,
        }
    }

    /// Something is said and deleted, and so is something that nobody ever said.
    fn rises(&mut self) {
        let said = self.says(&Content::Text { text: "so".into() });
        let never = Target {
            seq: u64::MAX,
            ..said
        };
        for target in [said, never] {
            self.says(&Content::Delete {
                targets: vec![target],
            });
        }
    }
}

/// Somebody with a store that counts.
fn counting() -> Counting {
    Counting {
        store: MemoryStore::new(),
        read: AtomicUsize::new(0),
    }
}

/// Bob has said and deleted something so many times.
fn flooded<'s>(a: &'s Counting, b: &'s MemoryStore, times: usize) -> Flood<'s> {
    let alice = Side::new(identity(1, 1), "Alice", a, 1, NOW_MS);
    let mut flood = Flood {
        pair: Pair::befriended(alice, bob(b, NOW_MS), NOW_MS),
        seq: 0,
        head: None,
    };
    for _ in 0..times {
        flood.rises();
    }
    flood
}

#[test]
fn a_deletion_costs_no_more_after_a_thousand_others() {
    let (a, b) = (counting(), MemoryStore::new());
    let mut flood = flooded(&a, &b, 10);
    let conversation = flood.pair.conversation();
    a.taken();
    flood.rises();
    let early = a.taken();
    for _ in 0..500 {
        flood.rises();
    }
    a.taken();
    flood.rises();
    let late = a.taken();
    assert!(late < early + 100, "{early} records at first, {late} later");
    let now_ms = NOW_MS + flood.seq;
    assert_eq!(rows(&mut flood.pair.alice, conversation, now_ms).len(), 500);
}

/// How many records Alice looks up to delete a message here, after so many deletions that came.
fn looked_up(times: usize) -> usize {
    let (a, b) = (counting(), MemoryStore::new());
    let mut flood = flooded(&a, &b, times);
    let (conversation, mut now_ms) = (flood.pair.conversation(), NOW_MS + 1_000_000);
    flood.says(&Content::Text { text: "last".into() });
    let alice = &mut flood.pair.alice;
    // What the others have left to do is done.
    for _ in 0..4 {
        now_ms += FINAL_MS + 1;
        alice.input(Input::Timer, now_ms);
    }
    let row = rows(alice, conversation, now_ms).pop().expect("the last one");
    let delete = Command::DeleteMessages {
        conversation,
        positions: vec![row.position],
        scope: DeleteFor::Me,
    };
    alice.does(delete, now_ms);
    a.taken();
    alice.input(Input::Timer, now_ms + FINAL_MS);
    a.taken()
}

#[test]
fn deleting_here_costs_no_more_after_a_thousand_deletions_that_came() {
    let (early, late) = (looked_up(10), looked_up(500));
    assert!(late < early + 100, "{early} records at first, {late} later");
}
