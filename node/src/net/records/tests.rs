//! Records as their owners, forgers and floods present them, in a time that the tests own.

use std::sync::atomic::{AtomicU64, Ordering};

use kith_crypto::{
    AccountKey, AddressRecord, DAY_MS, MAX_RECORD_BYTES, ReachSecret, record::RECORD_LIFETIME_MS, seal_record,
};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;

const NOON_MS: u64 = 20_000 * DAY_MS + DAY_MS / 2;
const HOME: Source = Source::V4(Ipv4Addr::new(203, 0, 113, 1));
const FLAT: Source = Source::V4(Ipv4Addr::new(203, 0, 113, 2));

/// A store whose clock the test sets.
struct World {
    records: Records,
    now_ms: Arc<AtomicU64>,
}

fn world(limits: Limits) -> World {
    let now_ms = Arc::new(AtomicU64::new(NOON_MS));
    let clock = Arc::clone(&now_ms);
    World {
        records: Records::new(limits, Arc::new(move || clock.load(Ordering::Relaxed))),
        now_ms,
    }
}

/// The record that this person made at this time.
fn record(person: u8, made_at_ms: u64) -> Record {
    let mut rng = ChaCha20Rng::from_seed([person; 32]);
    let account = AccountKey::generate(&mut rng);
    let reach = ReachSecret::first_for(&account);
    let record = AddressRecord {
        devices: Vec::new(),
        made_at_ms,
    };
    let (key, bytes) = seal_record(&account, &reach, 20_000, &record, &mut rng).unwrap();
    Record::new(key.as_bytes().to_vec(), bytes)
}

fn small(max_records: usize) -> Limits {
    Limits {
        max_records,
        max_bytes: 1 << 20,
        max_records_per_source: 8,
    }
}

#[test]
fn the_newest_word_of_a_person_stays_whatever_comes_after_it() {
    let mut world = world(Limits::SERVER);
    let [old, new] = [record(1, NOON_MS - 1_000), record(1, NOON_MS)];
    assert_eq!(world.records.put_from(HOME, old.clone()).unwrap(), Stored::New);
    assert_eq!(world.records.put_from(HOME, new.clone()).unwrap(), Stored::Newer);
    assert_eq!(world.records.put_from(FLAT, new.clone()).unwrap(), Stored::Same);
    assert!(matches!(
        world.records.put_from(FLAT, old),
        Err(RecordError::Older)
    ));
    assert_eq!(world.records.get(&new.key).unwrap().value, new.value);
    assert_eq!(
        (world.records.len(), world.records.size_bytes()),
        (1, new.value.len())
    );
}

#[test]
fn what_its_key_did_not_sign_is_refused() {
    let mut world = world(Limits::SERVER);
    let good = record(1, NOON_MS);
    let mut forged = good.clone();
    *forged.value.last_mut().unwrap() ^= 1;
    let mut oversized = good.clone();
    oversized.value.resize(MAX_RECORD_BYTES + 1, 0);
    let foreign = Record {
        key: record(2, NOON_MS).key,
        ..good.clone()
    };
    let short_key = Record {
        key: kad::RecordKey::new(b"short"),
        ..good.clone()
    };
    let expired = record(1, NOON_MS - RECORD_LIFETIME_MS);
    let future = record(1, NOON_MS + 3 * DAY_MS);
    for bad in [forged, oversized, foreign, short_key, expired, future] {
        let result = world.records.put_from(HOME, bad);
        assert!(matches!(result, Err(RecordError::Invalid(_))), "{result:?}");
    }
    assert!(world.records.is_empty());
}

#[test]
fn a_record_is_gone_when_its_time_is_over() {
    let mut world = world(Limits::SERVER);
    let early = record(1, NOON_MS - RECORD_LIFETIME_MS + 1_000);
    let late = record(2, NOON_MS);
    world.records.put_from(HOME, early.clone()).unwrap();
    world.records.put_from(HOME, late.clone()).unwrap();
    world.now_ms.store(NOON_MS + 1_000, Ordering::Relaxed);
    assert!(
        world.records.get(&early.key).is_none(),
        "ended, though nobody swept yet"
    );
    assert_eq!(world.records.sweep(), 1);
    assert_eq!(world.records.len(), 1);
    assert!(world.records.get(&late.key).is_some());
}

#[test]
fn one_source_cannot_push_out_another() {
    let mut world = world(small(4));
    world.records.put_from(FLAT, record(100, NOON_MS)).unwrap();
    for person in 0..3 {
        world.records.put_from(HOME, record(person, NOON_MS)).unwrap();
    }
    // Full. The flood gets nothing more, and the quiet source still gets in, at the flood's expense.
    assert!(matches!(
        world.records.put_from(HOME, record(50, NOON_MS)),
        Err(RecordError::Full)
    ));
    world.records.put_from(FLAT, record(101, NOON_MS)).unwrap();
    assert_eq!(world.records.len(), 4);
    assert_eq!(world.records.count_of(HOME), 2);
    assert!(matches!(
        world.records.put_from(FLAT, record(102, NOON_MS)),
        Err(RecordError::Full)
    ));
    // A newer word of somebody who is in needs no room.
    world.records.put_from(FLAT, record(100, NOON_MS + 1)).unwrap();
}

#[test]
fn one_source_holds_no_more_than_its_share_even_when_there_is_room() {
    let mut world = world(small(100));
    for person in 0..8 {
        world.records.put_from(HOME, record(person, NOON_MS)).unwrap();
    }
    assert!(matches!(
        world.records.put_from(HOME, record(8, NOON_MS)),
        Err(RecordError::SourceFull)
    ));
    world.records.put_from(HOME, record(7, NOON_MS + 1)).unwrap();
    world.records.put_from(FLAT, record(8, NOON_MS)).unwrap();
}

#[test]
fn who_put_a_record_is_not_remembered() {
    let mut world = world(Limits::CLIENT);
    let mut own = record(1, NOON_MS);
    own.publisher = Some(PeerId::random());
    world.records.put(own.clone()).unwrap();
    assert_eq!(world.records.get(&own.key).unwrap().publisher, None);
    world.records.remove(&own.key);
    assert!(world.records.is_empty());
}

#[test]
fn a_source_is_an_address_or_a_home_network_never_a_port() {
    let source = |text: &str| Source::of(&text.parse().unwrap());
    assert_eq!(source("/ip4/203.0.113.1/tcp/1"), HOME);
    assert_eq!(source("/ip4/203.0.113.1/udp/2/quic-v1"), HOME);
    assert_eq!(source("/ip6/::ffff:203.0.113.1/tcp/1"), HOME);
    assert_eq!(
        source("/ip6/2001:db8:1:2::3/tcp/1"),
        source("/ip6/2001:db8:1:2:ffff::1/tcp/9")
    );
    assert_ne!(
        source("/ip6/2001:db8:1:2::3/tcp/1"),
        source("/ip6/2001:db8:1:3::3/tcp/1")
    );
    assert_eq!(source("/ip4/203.0.113.1/tcp/1/p2p-circuit"), Source::Unnamed);
    assert_eq!(source("/memory/7"), Source::Unnamed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is put, ended and removed: the limits hold and the books agree with what is held.
    #[test]
    fn the_books_always_balance(steps in proptest::collection::vec((0_u8..12, 0_u8..3, 0_u64..4, 0_u64..40), 1..60)) {
        let limits = Limits { max_records: 6, max_bytes: 1 << 20, max_records_per_source: 4 };
        let mut world = world(limits);
        let mut now_ms = NOON_MS;
        for (person, source, version, hours) in steps {
            let source = Source::V4(Ipv4Addr::new(203, 0, 113, source));
            // Only whether it holds together is asked here, not what each put answers.
            let _ = world.records.put_from(source, record(person, NOON_MS + version));
            now_ms += hours * 60_000;
            world.now_ms.store(now_ms, Ordering::Relaxed);
            let records = &world.records;
            let by_source: usize = records.by_source.values().map(BTreeSet::len).sum();
            let bytes: usize = records.held.values().map(|held| held.record.value.len()).sum();
            prop_assert!(records.len() <= limits.max_records);
            prop_assert!(records.by_source.values().all(|keys| (1..=4).contains(&keys.len())));
            prop_assert_eq!((records.len(), records.len(), records.size_bytes()), (records.by_expiry.len(), by_source, bytes));
        }
    }
}
