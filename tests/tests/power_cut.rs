//! The power goes, and the disk keeps what it likes of everything after the last flush: what a flush had covered is there.
//!
//! `KITH_CUTS` makes it any number of cuts, `KITH_CUTS_SEED` other ones.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::{collections::BTreeMap, path::Path};

use kith_crypto::DataKey;
use kith_node::store::{
    Batch, Bounds, Keep, Key, Order, Read, Scope, SledStore, Store, StoreError, Suffix, Table,
};
use kith_tests::power::{Cut, Recorder};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

const CUTS: u64 = 24;
/// So many of the newest records are kept, the others are removed.
const KEPT: u64 = 400;
/// Records that are written again and again.
const SLOTS: u64 = 40;

fn key() -> DataKey {
    DataKey::generate(&mut ChaCha20Rng::from_seed([1; 32]))
}

fn open(folder: &Path) -> (SledStore, bool) {
    let opened = SledStore::open(folder, &key(), &mut ChaCha20Rng::from_seed([2; 32])).unwrap();
    (opened.store, opened.damage.is_some())
}

/// In a table whose short records are packed.
fn place(number: u64) -> Key {
    Key::new(Scope::new(Table::Order).with(b"log"), Suffix::number(number))
}

fn slot(number: u64) -> Key {
    Key::new(
        Scope::new(Table::Settings),
        Suffix::hashed((number % SLOTS).to_be_bytes()),
    )
}

fn newest() -> Key {
    Key::new(Scope::new(Table::Settings), Suffix::hashed(b"newest"))
}

/// Of all lengths that matter: small, a page, and long enough to be split.
fn value(number: u64) -> Vec<u8> {
    let length = match number % 11 {
        0 => 20_000,
        1..3 => 4_000,
        _ => 200,
    };
    let mut value = vec![0; length];
    ChaCha20Rng::seed_from_u64(number).fill_bytes(&mut value);
    value
}

/// A batch whose records must never be seen apart.
fn write(store: &dyn Store, number: u64) {
    let mut batch = Batch::new();
    let keep = if number.is_multiple_of(3) {
        Keep::UntilDay(20_000)
    } else {
        Keep::Always
    };
    batch.put(place(number), value(number), keep);
    batch.put(slot(number), value(number), Keep::Always);
    if let Some(old) = number.checked_sub(KEPT) {
        batch.delete(place(old));
    }
    batch.put(newest(), number.to_be_bytes().to_vec(), Keep::Always);
    store.commit(&batch).unwrap();
}

fn number_in(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().unwrap())
}

/// Nothing up to `acknowledged` is missing; and without damage the store is as it was after one batch. Gives which.
fn holds(store: &SledStore, damaged: bool, acknowledged: u64, written: u64) -> u64 {
    let last = number_in(&store.get(&newest()).unwrap().expect("the count"));
    assert!(
        (acknowledged..=written).contains(&last),
        "{acknowledged} was flushed, {last} is there"
    );
    let scope = place(0).scope;
    let rows = store.scan(&scope, &Bounds::all(), Order::Ascending, usize::MAX);
    let rows: BTreeMap<u64, Vec<u8>> = rows
        .unwrap()
        .into_iter()
        .map(|row| (number_in(&row.suffix), row.value))
        .collect();
    for (number, found) in &rows {
        assert!(*found == value(*number), "{number} is not what was written");
    }
    let first = (last + 1).saturating_sub(KEPT);
    let must = first..=if damaged { acknowledged } else { last };
    let missing: Vec<u64> = must.filter(|number| !rows.contains_key(number)).collect();
    assert!(
        missing.is_empty(),
        "{missing:?} are missing, {acknowledged} was flushed"
    );
    if !damaged {
        assert!(
            rows.keys().all(|number| (first..=last).contains(number)),
            "half a batch, or a removal that came undone"
        );
    }
    for residue in 0..SLOTS {
        let newest_in = |up_to: u64| (0..=up_to).rev().find(|number| number % SLOTS == residue);
        let found = store.get(&slot(residue)).unwrap();
        let fits = if damaged {
            // After a rescue some may be newer than others.
            let least = newest_in(acknowledged);
            let mut later = (least.unwrap_or(0)..=written).filter(|number| number % SLOTS == residue);
            found.is_none() && least.is_none() || later.any(|number| found.as_deref() == Some(&value(number)))
        } else {
            found == newest_in(last).map(value)
        };
        assert!(fits, "slot {residue} is not what was written");
    }
    last
}

/// Opens a disk after a cut; where reading meets damage, does what the error says: starts again. Gives whether it was
/// rescued.
fn opened(folder: &Path) -> (SledStore, bool) {
    let (store, damaged) = open(folder);
    let all = Bounds::all();
    let read = store.scan(&place(0).scope, &all, Order::Ascending, usize::MAX);
    let read = read.and_then(|_| (0..SLOTS).try_for_each(|number| store.get(&slot(number)).map(drop)));
    match read {
        Ok(()) => (store, damaged),
        Err(error) => {
            assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
            drop(store);
            let (store, damaged) = open(folder);
            assert!(damaged, "damage that was met is rescued");
            (store, true)
        }
    }
}

fn number_from(variable: &str) -> Option<u64> {
    Some(std::env::var(variable).ok()?.parse().unwrap())
}

#[test]
fn what_was_flushed_survives_whatever_the_disk_keeps_of_the_rest() {
    let seed = number_from("KITH_CUTS_SEED").unwrap_or(7);
    let mut chance = ChaCha20Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let store = Recorder::new(open(folder.path()).0, folder.path()).unwrap();
    let mut next = 0;
    let mut rescued = 0;
    for cut_number in 0..number_from("KITH_CUTS").unwrap_or(CUTS) {
        for _ in 0..=chance.next_u64() % 60 {
            write(&store.store, next);
            next += 1;
            if chance.next_u64().is_multiple_of(4) {
                store.store.flush().unwrap();
            }
        }
        store.store.flush().unwrap();
        let acknowledged = next - 1;
        for _ in 0..chance.next_u64() % 120 {
            write(&store.store, next);
            next += 1;
            if chance.next_u64().is_multiple_of(20) {
                store.looks().unwrap();
            }
        }
        store.looks().unwrap();
        if chance.next_u64().is_multiple_of(2) {
            store.flushes_in_vain().unwrap();
        }
        let cut = Cut::any(&mut chance);
        let after = tempfile::tempdir().unwrap();
        let disk = store.after_a_cut(cut, &mut chance);
        disk.put_into(after.path()).unwrap();
        let (found, damaged) = opened(after.path());
        rescued += u64::from(damaged);
        let last = holds(&found, damaged, acknowledged, next - 1);
        println!(
            "cut {cut_number}, {cut:?}: {acknowledged} flushed, {} written, {last} there{}",
            next - 1,
            if damaged { ", after a rescue" } else { "" }
        );
        // It goes on from there.
        write(&found, last + 1);
        found.flush().unwrap();
        found.damage_is_mended().unwrap();
        drop(found);
        let (found, damaged) = open(after.path());
        assert!(!damaged, "what was opened once opens again");
        assert_eq!(number_in(&found.get(&newest()).unwrap().unwrap()), last + 1);
    }
    println!("{rescued} stores had to be rescued");
}
