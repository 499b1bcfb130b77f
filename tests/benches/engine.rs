//! The engine's own steps, over a store in memory: writing a message, accepting it from gossip, acknowledging it.

#![allow(
    clippy::expect_used,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use kith_node::{input::Input, store::MemoryStore};
use kith_tests::pair::{Hand, Pair, Side, identity};

const NOW_MS: u64 = 1_800_000_000_000;
/// Bob's clock where Alice's goes on while he waits.
const LATER_MS: u64 = NOW_MS + 60_000;

/// Two linked people, each input with a commit of its own.
fn pair<'s>(alice: &'s MemoryStore, bob: &'s MemoryStore) -> Pair<'s> {
    let alice = Side::new(identity(1), "Alice", alice, 1, NOW_MS);
    let bob = Side::new(identity(2), "Bob", bob, 1, NOW_MS);
    Pair::befriended(alice, bob, NOW_MS)
}

fn steps(criterion: &mut Criterion) {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut pair = pair(&a, &b);
    let conversation = pair.conversation();
    let mut now_ms = NOW_MS;
    criterion.bench_function("engine/send_message", |bench| {
        bench.iter(|| {
            now_ms += 1;
            pair.alice
                .sends(conversation, "See you at the station.".into(), now_ms);
            pair.alice.flushed(now_ms);
            pair.alice.wishes.clear();
        });
    });
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let pair = std::cell::RefCell::new(crate::pair(&a, &b));
    criterion.bench_function("engine/accept_from_gossip", |bench| {
        bench.iter_batched(
            || {
                now_ms += 1;
                pair.borrow_mut()
                    .written("See you at the station.".into(), now_ms)
            },
            |news| pair.borrow_mut().bob.input(Input::Net(news), LATER_MS),
            BatchSize::PerIteration,
        );
    });
    let mut pair = pair.into_inner();
    pair.alice.wishes.clear();
    criterion.bench_function("engine/message_there_and_receipt_back", |bench| {
        bench.iter(|| {
            now_ms += 1;
            pair.alice
                .sends(conversation, "See you at the station.".into(), now_ms);
            pair.settle(Hand::All, now_ms);
        });
    });
}

criterion_group!(benches, steps);
criterion_main!(benches);
