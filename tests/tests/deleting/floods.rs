//! Deletions without end cost no more each the more there have been.

use std::sync::atomic::{AtomicUsize, Ordering};

use kith_crypto::{Content, LogKind, Stamp, Target};
use kith_node::{Command, input::Input, store::MemoryStore, view::DeleteFor};
use kith_tests::{
    deletions::FINAL_MS,
    mallory::{HandLog, streamed},
    pair::{Pair, Side},
    telling::{NOW_MS, bob, identity, rows},
    watched::{Watch, Watched},
};

/// Counts the records that a store looks up.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Watch for Counter {
    fn read(&self, records: usize) {
        self.0.fetch_add(records, Ordering::Relaxed);
    }
}

impl Counter {
    fn taken(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

type Counting = Watched<MemoryStore, Counter>;

/// What Bob, who has no manners, says to Alice.
struct Flood<'s> {
    pair: Pair<'s>,
    log: HandLog,
}

impl Flood<'_> {
    fn says(&mut self, content: &Content) -> Target {
        let (author, now_ms) = (self.pair.bob.device, NOW_MS + self.log.seq + 1);
        let content = content.encode().expect("content");
        let device = identity(2, 2).device;
        let (id, wire) = self.log.writes(content, Stamp::new(now_ms, 0), &device);
        let news = streamed(author, self.log.conversation, vec![wire]);
        self.pair.alice.input(Input::Net(news), now_ms);
        self.pair.alice.wishes.clear();
        let seq = self.log.seq;
        Target { author, seq, id }
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
    Watched {
        store: MemoryStore::new(),
        watch: Counter::default(),
    }
}

/// Bob has said and deleted something so many times.
fn flooded<'s>(a: &'s Counting, b: &'s MemoryStore, times: usize) -> Flood<'s> {
    let alice = Side::new(identity(1, 1), "Alice", a, 1, NOW_MS);
    let pair = Pair::befriended(alice, bob(b, NOW_MS), NOW_MS);
    let log = HandLog::begins(pair.conversation(), LogKind::Content);
    let mut flood = Flood { pair, log };
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
    a.watch.taken();
    flood.rises();
    let early = a.watch.taken();
    for _ in 0..500 {
        flood.rises();
    }
    a.watch.taken();
    flood.rises();
    let late = a.watch.taken();
    assert!(late < early + 100, "{early} records at first, {late} later");
    let now_ms = NOW_MS + flood.log.seq;
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
    a.watch.taken();
    alice.input(Input::Timer, now_ms + FINAL_MS);
    a.watch.taken()
}

#[test]
fn deleting_here_costs_no_more_after_a_thousand_deletions_that_came() {
    let (early, late) = (looked_up(10), looked_up(500));
    assert!(late < early + 100, "{early} records at first, {late} later");
}
