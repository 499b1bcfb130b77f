//! The engine's own steps, over a store in memory: writing a message, accepting it from gossip, acknowledging it.

// A bench that meets the unexpected should fail where it stands.
#![allow(clippy::expect_used)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use kith_crypto::{AccountKey, DeviceKey, Identity};
use kith_node::{
    effects::Transmit,
    input::{Input, NetEvent},
    store::MemoryStore,
};
use kith_tests::pair::{Hand, Pair, Side};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const NOW_MS: u64 = 1_800_000_000_000;
/// Bob's clock where Alice's goes on while he waits.
const LATER_MS: u64 = NOW_MS + 60_000;

fn identity(seed: u8) -> Identity {
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    let account = AccountKey::generate(&mut rng);
    Identity {
        account: account.id(),
        device: DeviceKey::generate(&mut rng),
        account_key: Some(account),
    }
}

/// Two linked people, each input with a commit of its own.
fn pair<'s>(alice: &'s MemoryStore, bob: &'s MemoryStore) -> Pair<'s> {
    let alice = Side::new(identity(1), "Alice", alice, 1, NOW_MS);
    let bob = Side::new(identity(2), "Bob", bob, 1, NOW_MS);
    Pair::befriended(alice, bob, NOW_MS)
}

/// The envelope that arrives at Bob when Alice writes.
fn written(pair: &mut Pair<'_>, now_ms: u64) -> NetEvent {
    let (conversation, from) = (pair.conversation(), pair.alice.device);
    pair.alice
        .sends(conversation, "See you at the station.".into(), now_ms);
    pair.alice.flushed(now_ms);
    let mut envelope = None;
    while let Some(wish) = pair.alice.wishes.pop_front() {
        let is_envelope = matches!(&wish, Transmit::Publish { .. });
        match pair.arrives(wish, from) {
            Some(news) if is_envelope => envelope = Some(news),
            // The seal of a new epoch, now and then: without it the envelope would not open.
            Some(news) => drop(pair.bob.input(Input::Net(news), now_ms)),
            None => {}
        }
    }
    let from = pair.bob.device;
    while let Some(wish) = pair.bob.wishes.pop_front() {
        if let Some(news) = pair.arrives(wish, from) {
            pair.alice.input(Input::Net(news), now_ms);
        }
    }
    envelope.expect("a linked contact is told")
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
                written(&mut pair.borrow_mut(), now_ms)
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
