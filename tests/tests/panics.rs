//! A turn of the engine that panics, wherever it does: the fault is told, and what the turn had begun in memory and nobody was
//! told of does not stay: both sides say again what was to be said.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::sync::atomic::{AtomicI64, Ordering};

use kith_node::{
    Event,
    effects::Transmit,
    input::{Input, NetEvent},
    store::MemoryStore,
    view::PathView,
};
use kith_tests::{
    pair::{Hand, Pair, Side},
    telling::{NOW_MS, alice, identity, pass, texts},
    watched::{Watch, Watched},
};

/// Panics while a store is read, the last of so many times from now on.
#[derive(Default)]
struct Brittle(AtomicI64);

impl Brittle {
    fn breaks_after(&self, reads: i64) {
        self.0.store(reads, Ordering::Relaxed);
    }

    /// Whether it has broken.
    fn is_over(&self) -> bool {
        self.0.swap(0, Ordering::Relaxed) <= 0
    }
}

impl Watch for Brittle {
    fn read(&self, _: usize) {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 1 {
            panic!("on purpose");
        }
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
        let a = MemoryStore::new();
        let b = Watched {
            store: MemoryStore::new(),
            watch: Brittle::default(),
        };
        let bob = |now_ms| Side::new(identity(2, 2), "Bob", &b, 1, now_ms);
        let mut now_ms = NOW_MS;
        let mut pair = Pair::befriended(alice(&a, 1, now_ms), bob(now_ms), now_ms);
        let conversation = pair.conversation();
        pair.unlink(now_ms);
        drop(pair);
        let mut pair = Pair::met_before(alice(&a, 1, now_ms), bob(now_ms));
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
        b.watch.breaks_after(reads);
        let effects = pair.bob.input(Input::Net(to_bob), now_ms);
        if !b.watch.is_over() {
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
