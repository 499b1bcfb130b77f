//! Packs: whatever happens to records, single or packed, they read as they do in the memory store.

use std::collections::BTreeSet;
use std::ops::Bound;

use rand_core::Rng;

use super::contained::Pair;
use super::packs::{PACK_BYTES, Region};
use super::payload::{Payload, PayloadBody, Wrapping};
use super::split::is_record;
use super::tests::{blobs, open, rng};
use super::*;
use crate::store::{Bounds, Keep, Key, MemoryStore, Order, Read, Scope, Suffix, Table};

fn scope(table: Table) -> Scope {
    Scope::new(table).with(b"packed or not")
}

fn at(table: Table, number: u64) -> Key {
    Key::new(scope(table), Suffix::number(number))
}

fn put(store: &SledStore, number: u64, value: Vec<u8>, keep: Keep) {
    let mut batch = Batch::new();
    batch.put(at(Table::Order, number), value, keep);
    store.commit(&batch).unwrap();
}

fn delete(store: &SledStore, number: u64) {
    let mut batch = Batch::new();
    batch.delete(at(Table::Order, number));
    store.commit(&batch).unwrap();
}

fn value(number: u64) -> Vec<u8> {
    let mut value = format!("PLAINTEXT-{number}-").into_bytes();
    value.resize(150, b'.');
    value
}

fn numbers(store: &dyn Read, table: Table) -> Vec<u64> {
    let all = store
        .scan(&scope(table), &Bounds::all(), Order::Ascending, usize::MAX)
        .unwrap();
    let number = |suffix: Vec<u8>| u64::from_be_bytes(suffix.try_into().unwrap());
    all.into_iter().map(|record| number(record.suffix)).collect()
}

/// What lies in sled of one scope: records of their own, and packs with their records. Each record must lie once.
fn layout(store: &SledStore, table: Table) -> (usize, Vec<usize>) {
    let held = store.held();
    let all = (Bound::Unbounded, Bound::Unbounded);
    let mut pairs = held.tree.pairs(all, Order::Ascending).unwrap();
    let name = store.cipher.scope_name(&scope(table));
    let region = Region::new(name, &store.cipher);
    let region_name = region.key(&name);
    let (mut singles, mut packs, mut seen) = (0, Vec::new(), BTreeSet::new());
    while let Some(pair) = pairs.next().unwrap() {
        let mut records: Vec<Pair> = Vec::new();
        if pair.0.starts_with(&name) {
            singles += 1;
            records.push(pair);
        } else if pair.0.starts_with(&region_name) {
            assert!(pair.1.len() <= PACK_BYTES || region.frames(&pair, &store.cipher).unwrap().len() == 1);
            records = region.frames(&pair, &store.cipher).unwrap();
            packs.push(records.len());
        }
        for (key, _) in records {
            assert!(seen.insert(key), "a record lies twice");
        }
    }
    (singles, packs)
}

/// One random batch for both stores.
fn random_batch(random: &mut ChaCha20Rng, next: &mut [u64; 3], forgotten: u32) -> Batch {
    let tables = [Table::Order, Table::Entry, Table::Settings];
    let mut below = |limit: u64| random.next_u64() % limit;
    let mut batch = Batch::new();
    let writes = if below(8) == 0 { 200 } else { 1 + below(12) };
    for _ in 0..writes {
        let which = below(3) as usize;
        let number = match below(10) {
            0..7 => {
                next[which] += 1 + below(3);
                next[which]
            }
            // Late ones, replaced ones.
            _ => below(next[which] + 2),
        };
        if below(8) == 0 {
            batch.delete(at(tables[which], number));
            continue;
        }
        let length = match below(60) {
            0 => 7_000 + below(9_000),
            1..4 => below(PACK_BYTES as u64 + 200),
            _ => below(500),
        };
        let keep = match below(4) {
            0 => Keep::UntilDay(forgotten.saturating_sub(1) + below(5) as u32),
            _ => Keep::Always,
        };
        batch.put(
            at(tables[which], number),
            vec![number as u8; length as usize],
            keep,
        );
    }
    batch
}

/// Random ends, directions and limits, and single reads.
fn compare(random: &mut ChaCha20Rng, store: &SledStore, model: &MemoryStore, next: u64) {
    for table in [Table::Order, Table::Entry, Table::Settings] {
        let mut bound = || {
            let number = (random.next_u64() % (next + 2)).to_be_bytes().to_vec();
            match random.next_u32() % 5 {
                0 | 1 => Bound::Included(number),
                2 | 3 => Bound::Excluded(number),
                _ => Bound::Unbounded,
            }
        };
        let bounds = Bounds::new(bound(), bound());
        let limit = (random.next_u32() % 70) as usize;
        for order in [Order::Ascending, Order::Descending] {
            let found = store.scan(&scope(table), &bounds, order, limit).unwrap();
            let expected = model.scan(&scope(table), &bounds, order, limit).unwrap();
            assert_eq!(found, expected, "{bounds:?} {order:?} {limit}");
        }
        for _ in 0..3 {
            let key = at(table, random.next_u64() % (next + 2));
            assert_eq!(store.get(&key).unwrap(), model.get(&key).unwrap());
        }
    }
}

#[test]
fn whatever_is_written_reads_as_in_the_memory_store() {
    for seed in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path()).store;
        let model = MemoryStore::new();
        let mut random = rng(seed);
        let (mut next, mut forgotten) = ([0; 3], 10);
        for step in 0..100 {
            let batch = random_batch(&mut random, &mut next, forgotten);
            store.commit(&batch).unwrap();
            model.commit(&batch).unwrap();
            compare(&mut random, &store, &model, next[0]);
            if step % 25 == 24 {
                store.flush().unwrap();
                drop(store);
                let opened = open(folder.path());
                assert_eq!(opened.damage, None);
                store = opened.store;
                forgotten += random.next_u32() % 2;
                store.forget_before(forgotten).unwrap();
                model.forget_before(forgotten).unwrap();
            }
        }
        for table in [Table::Order, Table::Entry, Table::Settings] {
            assert_eq!(numbers(&store, table), numbers(&model, table));
        }
        let (_, packs) = layout(&store, Table::Order);
        assert!(packs.len() > 10, "there were packs in seed {seed}");
        assert_eq!(blobs(folder.path()), 0, "a page left the log");
    }
}

/// sled's memory goes with its records.
#[test]
fn a_thousand_messages_lie_in_few_records() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    let mut written = 0;
    for number in 0..1_000 {
        let mut batch = Batch::new();
        batch.put(at(Table::Entry, number), vec![1; 300], Keep::Always);
        batch.put(at(Table::Order, number), vec![2; 120], Keep::Always);
        batch.put(at(Table::Settings, 1), vec![3; 100], Keep::Always);
        written += preparing::batch_bytes(&batch);
        store.commit(&batch).unwrap();
    }
    let (entries, entry_packs) = layout(&store, Table::Entry);
    let (rows, row_packs) = layout(&store, Table::Order);
    assert!(entries + entry_packs.len() + rows + row_packs.len() < 200);
    assert_eq!(entries + entry_packs.iter().sum::<usize>(), 1_000);
    let changed = |(key, value): &split::Change| key.len() + value.as_ref().map_or(0, Vec::len);
    let unflushed: usize = {
        let writer = store.writer();
        let changes = writer.unflushed.iter().flat_map(|(_, changes)| changes);
        changes.map(changed).sum()
    };
    println!("{written} bytes were to be written, {unflushed} were");
    assert!(
        unflushed as u64 <= 2 * written,
        "each record is written about twice"
    );
}

#[test]
fn short_sessions_come_to_packs_too() {
    let folder = tempfile::tempdir().unwrap();
    for session in 0..30 {
        let store = open(folder.path()).store;
        for number in session * 5..session * 5 + 5 {
            put(&store, number, value(number), Keep::Always);
        }
        store.flush().unwrap();
    }
    let store = open(folder.path()).store;
    assert_eq!(numbers(&store, Table::Order), (0..150).collect::<Vec<_>>());
    let (singles, packs) = layout(&store, Table::Order);
    assert!(
        singles < 30 && packs.len() > 4,
        "{singles} single, packs of {packs:?}"
    );
}

/// How many records of any kind lie in sled, and how many scopes it knows to have packs.
fn census(store: &SledStore) -> (usize, usize) {
    let held = store.held();
    let all = (Bound::Unbounded, Bound::Unbounded);
    let mut pairs = held.tree.pairs(all, Order::Ascending).unwrap();
    let mut lying = 0;
    while pairs.next().unwrap().is_some() {
        lying += 1;
    }
    (lying, held.packed.len())
}

#[test]
fn a_scope_that_is_emptied_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    put(&store, 0, value(0), Keep::Always);
    delete(&store, 0);
    let before = census(&store);
    for (from, keep) in [(0, Keep::Always), (300, Keep::UntilDay(7))] {
        for number in from..from + 300 {
            put(&store, number, value(number), keep);
        }
        assert_eq!(census(&store).1, 1);
        let (singles, packs) = layout(&store, Table::Order);
        assert!(
            packs.len() > 2 && singles > 0,
            "{singles} single, packs of {packs:?}"
        );
        // The later half first, in batches; then all that is left in one.
        for number in from + 150..from + 300 {
            delete(&store, number);
        }
        assert_eq!(
            numbers(&store, Table::Order),
            (from..from + 150).collect::<Vec<_>>()
        );
        assert_eq!(census(&store).1, 1, "as long as there is one pack");
        let mut rest = Batch::new();
        (from..from + 150).for_each(|number| rest.delete(at(Table::Order, number)));
        store.commit(&rest).unwrap();
        assert_eq!(census(&store), before);
        assert_eq!(numbers(&store, Table::Order), Vec::<u64>::new());
    }
    store.flush().unwrap();
    drop(store);
    let opened = open(folder.path());
    assert!(opened.damage.is_none());
    assert_eq!(census(&opened.store), before);
    // And it can be filled anew.
    for number in 0..300 {
        put(&opened.store, number, value(number), Keep::Always);
    }
    assert_eq!(numbers(&opened.store, Table::Order), (0..300).collect::<Vec<_>>());
    assert_eq!(census(&opened.store).1, 1);
}

#[test]
fn a_rescue_counts_each_record_once_and_brings_no_removed_one_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    for number in 0..400 {
        put(&store, number, value(number), Keep::Always);
    }
    put(&store, 100, b"replaced where it lay".to_vec(), Keep::Always);
    let mut batch = Batch::new();
    for number in (0..400).step_by(3) {
        batch.delete(at(Table::Order, number));
    }
    store.commit(&batch).unwrap();
    store.flush().unwrap();
    drop(store);
    std::fs::write(folder.path().join("db.suspect"), b"").unwrap();
    let opened = open(folder.path());
    let kept: Vec<u64> = (0..400).filter(|number| number % 3 != 0).collect();
    assert_eq!(numbers(&opened.store, Table::Order), kept);
    let damage = opened.damage.unwrap();
    // One more: the schema.
    assert_eq!(damage.records_recovered, kept.len() as u64 + 1);
    assert_eq!(damage.records_lost_at_least, 0);
    let replaced = opened.store.get(&at(Table::Order, 100)).unwrap().unwrap();
    assert_eq!(replaced, b"replaced where it lay");
    let (_, packs) = layout(&opened.store, Table::Order);
    assert!(packs.len() > 8, "what was rescued is packed");
}

/// Not even somebody with the data key opens any frame in the log whose day is over.
#[test]
fn what_is_erased_is_erased_in_packs_too() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    for number in 0..200 {
        put(
            &store,
            number,
            value(number),
            Keep::UntilDay(10 + (number % 2) as u32),
        );
    }
    store.flush().unwrap();
    let (_, packs) = layout(&store, Table::Order);
    assert!(packs.len() > 4);
    store.forget_before(11).unwrap();
    drop(store);
    let store = open(folder.path()).store;
    let odd: Vec<u64> = (0..200).filter(|number| number % 2 == 1).collect();
    assert_eq!(numbers(&store, Table::Order), odd);
    let log = std::fs::read(folder.path().join("db/db")).unwrap();
    let (mut erased, mut at) = (0, 0);
    while let Some(skip) = log.get(at..).and_then(|rest| store.cipher.find_frame(rest)) {
        at += skip;
        let rest = &log[at..];
        at += 1;
        let Some(frame) = store.cipher.frame(rest) else {
            continue;
        };
        assert!(!frame.payload.windows(9).any(|window| window == b"PLAINTEXT"));
        let payload = is_record(frame.key, &store.cipher).then(|| Payload::decode(&frame.payload));
        if let Some(Some(Payload {
            wrapping: Wrapping::Day(10),
            body: PayloadBody::Whole(body),
        })) = payload
        {
            erased += 1;
            assert!(store.ring.unwrap(frame.key, &body).is_none());
        }
    }
    assert!(erased >= 100, "the frames are still there, and nobody opens them");
}

/// What a Kith without packs wrote lies single. It reads as ever, and moves as its scope is written.
#[test]
fn what_an_older_kith_wrote_is_packed_as_its_scope_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    {
        let mut held = store.held_mut();
        let mut single = Vec::new();
        for number in 0..1_000 {
            let physical = store.cipher.physical(&at(Table::Order, number));
            let payload = Payload {
                wrapping: Wrapping::Plain,
                body: PayloadBody::Whole(value(number).into()),
            };
            let frame = store.cipher.seal(&physical, 1, &payload.encode(), &mut rng(4));
            single.push((physical, Some(frame.unwrap())));
        }
        held.tree.apply(single).unwrap();
        held.packed.clear();
    }
    let schema = Key::new(Scope::new(Table::Store), Suffix::hashed(b"schema"));
    let mut batch = Batch::new();
    batch.put(schema.clone(), 1u32.to_be_bytes().to_vec(), Keep::Always);
    store.commit(&batch).unwrap();
    store.flush().unwrap();
    drop(store);
    let store = open(folder.path()).store;
    assert_eq!(
        store.get(&schema).unwrap().unwrap(),
        migrate::SCHEMA.to_be_bytes()
    );
    assert_eq!(layout(&store, Table::Order), (1_000, Vec::new()));
    delete(&store, 500);
    for number in 1_000..1_400 {
        put(&store, number, value(number), Keep::Always);
        if number % 40 == 0 {
            assert_eq!(numbers(&store, Table::Order).len() as u64, number);
        }
    }
    let (singles, packs) = layout(&store, Table::Order);
    assert!(singles < 64, "{singles} single, packs of {packs:?}");
    assert_eq!(singles + packs.iter().sum::<usize>(), 1_399);
    assert_eq!(store.get(&at(Table::Order, 3)).unwrap().unwrap(), value(3));
    assert_eq!(store.get(&at(Table::Order, 500)).unwrap(), None);
}
