//! The disk store: the shared suite, reopening, what an onlooker of the files learns, and damage.

use std::path::Path;

use rand_core::Rng;

use super::physical::Name;
use super::*;
use crate::store::{Bounds, Keep, Key, Order, Read, Record, Scope, Suffix, Table, files, suite};

pub(super) fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn key() -> DataKey {
    DataKey::generate(&mut rng(1))
}

pub(super) fn open(folder: &Path) -> Opened {
    SledStore::open(folder, &key(), &mut rng(2)).unwrap()
}

/// In a table whose records are packed, as most are.
fn log_key(number: u64) -> Key {
    Key::new(Scope::new(Table::Order).with(b"log"), Suffix::number(number))
}

fn value_of(number: u64, length: usize) -> Vec<u8> {
    let mut value = format!("PLAINTEXT-{number}-").into_bytes();
    value.resize(length.max(value.len()), b'.');
    value
}

/// Writes the numbers in batches of ten, flushed at the end.
fn fill(store: &SledStore, numbers: std::ops::Range<u64>, length: usize) {
    let numbers: Vec<u64> = numbers.collect();
    for ten in numbers.chunks(10) {
        let mut batch = Batch::new();
        for number in ten {
            batch.put(log_key(*number), value_of(*number, length), Keep::Always);
        }
        store.commit(&batch).unwrap();
    }
    store.flush().unwrap();
}

/// The numbers that can be read, each checked to be exactly what was written.
fn readable(store: &SledStore, length: usize) -> Vec<u64> {
    let scope = log_key(0).scope;
    let records = store
        .scan(&scope, &Bounds::all(), Order::Ascending, usize::MAX)
        .unwrap();
    let number = |record: &Record| u64::from_be_bytes(record.suffix.as_slice().try_into().unwrap());
    for record in &records {
        assert_eq!(record.value, value_of(number(record), length));
    }
    records.iter().map(number).collect()
}

/// Every file under `folder` with its content.
fn all_files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(all_files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

/// A store with the numbers 0..count, closed. Copied for each kind of damage.
fn closed_store(count: u64, length: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path());
    fill(&opened.store, 0..count, length);
    drop(opened);
    folder
}

fn copy_of(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    files::copy_folder(folder, copy.path()).unwrap();
    copy
}

#[test]
fn behaves_as_every_store_does() {
    struct Kept(
        SledStore,
        #[allow(dead_code, reason = "held for its drop")] tempfile::TempDir,
    );
    impl Read for Kept {
        fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
            self.0.get(key)
        }
        fn scan(
            &self,
            scope: &Scope,
            bounds: &Bounds,
            order: Order,
            limit: usize,
        ) -> Result<Vec<Record>, StoreError> {
            self.0.scan(scope, bounds, order, limit)
        }
        fn suffix_bytes(&self, key: &Key) -> Vec<u8> {
            self.0.suffix_bytes(key)
        }
        fn may_keep(&self, number: u64) -> bool {
            self.0.may_keep(number)
        }
        fn first_unmade_key(&self) -> u64 {
            self.0.first_unmade_key()
        }
    }
    impl Store for Kept {
        fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
            self.0.commit(batch)
        }
        fn flush(&self) -> Result<(), StoreError> {
            self.0.flush()
        }
        fn forget_before(&self, day: u32) -> Result<(), StoreError> {
            self.0.forget_before(day)
        }
        fn forget_keys(&self, numbers: &[u64]) -> Result<(), StoreError> {
            self.0.forget_keys(numbers)
        }
    }
    suite::run(&|| {
        let folder = tempfile::tempdir().unwrap();
        Box::new(Kept(open(folder.path()).store, folder))
    });
}

#[test]
fn a_reopened_store_holds_everything_and_reports_no_damage() {
    let folder = closed_store(300, 200);
    for _ in 0..3 {
        let opened = open(folder.path());
        assert_eq!(opened.damage, None);
        assert_eq!(readable(&opened.store, 200), (0..300).collect::<Vec<_>>());
    }
}

#[test]
fn what_was_forgotten_stays_forgotten_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path());
    let mut batch = Batch::new();
    batch.put(log_key(1), b"until 10".to_vec(), Keep::UntilDay(10));
    batch.put(log_key(2), b"until 11".to_vec(), Keep::UntilDay(11));
    opened.store.commit(&batch).unwrap();
    opened.store.forget_before(11).unwrap();
    drop(opened);
    let store = open(folder.path()).store;
    assert_eq!(store.get(&log_key(1)).unwrap(), None);
    assert_eq!(store.get(&log_key(2)).unwrap().unwrap(), b"until 11");
}

#[test]
fn an_old_copy_of_the_log_cannot_bring_back_what_was_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path());
    let mut batch = Batch::new();
    batch.put(log_key(1), b"expires".to_vec(), Keep::UntilDay(10));
    opened.store.commit(&batch).unwrap();
    drop(opened);
    let thief = copy_of(folder.path());
    let opened = open(folder.path());
    opened.store.forget_before(11).unwrap();
    drop(opened);
    // The thief kept the whole log, and even learns the data key; the ring is the one thing that was rewritten.
    std::fs::copy(folder.path().join("ring"), thief.path().join("ring")).unwrap();
    assert_eq!(open(thief.path()).store.get(&log_key(1)).unwrap(), None);
}

#[test]
fn the_files_hold_no_plaintext_and_no_identity() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path());
    fill(&opened.store, 0..200, 300);
    let mut batch = Batch::new();
    let person = Key::new(
        Scope::new(Table::Settings).with(b"SCOPE-OF-ALICE"),
        Suffix::hashed(b"SUFFIX-OF-BOB"),
    );
    batch.put(person, b"PLAINTEXT".repeat(20_000), Keep::UntilDay(30_000));
    opened.store.commit(&batch).unwrap();
    opened.store.flush().unwrap();
    drop(opened);
    let keys = key().store_keys().unwrap();
    let secrets: [&[u8]; 5] = [
        b"PLAINTEXT",
        b"SCOPE-OF",
        b"SUFFIX-OF",
        keys.values(),
        keys.names(),
    ];
    let found = all_files(folder.path());
    assert!(
        found.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 200_000,
        "there is something to look at"
    );
    for (path, bytes) in found {
        for secret in secrets {
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret),
                "{} tells",
                path.display()
            );
        }
    }
}

/// sled puts pages over 128 KiB into files that nothing fsyncs. No value may ever cause one.
#[test]
fn no_page_leaves_the_log_that_is_fsynced() {
    for table in [Table::Settings, Table::Order] {
        let folder = tempfile::tempdir().unwrap();
        let opened = open(folder.path());
        let mut rng = rng(9);
        for round in 0..6 {
            for number in 0..60 {
                let mut value =
                    vec![0; split::PART_BYTES + (rng.next_u32() % 3) as usize * 30_000 * (round % 2)];
                rng.fill_bytes(&mut value);
                let mut batch = Batch::new();
                let scope = Scope::new(table).with(b"log");
                batch.put(Key::new(scope, Suffix::number(number)), value, Keep::Always);
                opened.store.commit(&batch).unwrap();
            }
            opened.store.flush().unwrap();
            assert_eq!(blobs(folder.path()), 0, "a page left the log in round {round}");
        }
    }
}

/// How many pages sled keeps outside of its log.
pub(super) fn blobs(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("db").join("blobs")).map_or(0, Iterator::count)
}

#[test]
fn another_data_key_reads_nothing_and_the_folder_is_kept() {
    let folder = closed_store(50, 100);
    let other = DataKey::generate(&mut rng(77));
    let opened = SledStore::open(folder.path(), &other, &mut rng(2)).unwrap();
    let damage = opened.damage.unwrap();
    assert_eq!(damage.records_recovered, 0);
    assert!(damage.kept_at.unwrap().join("db").exists());
}

#[test]
fn a_store_of_a_newer_kith_is_refused_and_left_as_it_is() {
    let folder = closed_store(5, 100);
    let opened = open(folder.path());
    let mut batch = Batch::new();
    let schema = Key::new(Scope::new(Table::Store), Suffix::hashed(b"schema"));
    batch.put(schema, (migrate::SCHEMA + 1).to_be_bytes().to_vec(), Keep::Always);
    opened.store.commit(&batch).unwrap();
    // Whatever that Kith keeps where this one looks for its own index is no damage.
    let strange = [opened.store.cipher.name(Name::Split, &[]), [1; 16]].concat();
    let apply = [(strange, Some(b"of another kind".to_vec()))];
    opened.store.held().tree.apply(apply).unwrap();
    opened.store.flush().unwrap();
    drop(opened);
    let refused = SledStore::open(folder.path(), &key(), &mut rng(2)).unwrap_err();
    assert!(matches!(refused, StoreError::FutureSchema { found, known } if found == known + 1));
    assert!(!folder.path().join("db.damaged-1").exists());
}

/// Where the sound frames in the log of a closed store end, in the order in which they lie there.
fn frame_ends(folder: &Path) -> Vec<u64> {
    let copy = copy_of(folder);
    let opened = open(copy.path());
    let mut log = std::fs::File::open(folder.join("db/db")).unwrap();
    let mut ends = Vec::new();
    carving::search(&mut log, &opened.store.cipher, &mut |offset, seen| {
        ends.extend(seen.map(|frame| offset + frame.length as u64));
    })
    .unwrap();
    ends
}

#[test]
fn a_truncated_log_is_noticed_kept_and_rescued() {
    let whole = closed_store(4_000, 400);
    let ends = frame_ends(whole.path());
    for (kept_percent, at_least) in [(0, 0), (10, 20), (50, 1_000), (90, 2_500), (99, 3_500)] {
        // Of the frames, not of the bytes: where sled leaves the room that it has emptied is chance.
        let length = (ends.len() * kept_percent)
            .div_ceil(100)
            .checked_sub(1)
            .map_or(0, |last| ends[last]);
        let folder = copy_of(whole.path());
        let log = std::fs::OpenOptions::new()
            .write(true)
            .open(folder.path().join("db/db"))
            .unwrap();
        log.set_len(length).unwrap();
        let (found, damage) = read_with_one_restart(folder.path());
        println!("{kept_percent} % of the log: {found} of 4000 records, {damage:?}");
        assert!(found >= at_least, "only {found} records came back");
        // What is cut off may be segments that sled had already emptied: then nothing is lost, and nothing to tell.
        let Some(damage) = damage else {
            assert_eq!(found, 4_000, "a loss must be told");
            continue;
        };
        assert!(damage.kept_at.as_ref().unwrap().join("db").exists());
        let opened = open(folder.path());
        assert_eq!(opened.damage, Some(damage), "nobody has mended it yet");
        opened.store.damage_is_mended().unwrap();
        drop(opened);
        let opened = open(folder.path());
        assert_eq!(opened.damage, None, "a rescued store is sound");
        fill(&opened.store, 0..20, 400);
        assert!(readable(&opened.store, 400).len() >= found);
    }
}

/// One flipped bit anywhere: everything else survives, and nothing false is ever read.
#[test]
fn a_flipped_bit_costs_little_and_is_never_believed() {
    let whole = closed_store(3_000, 400);
    let mut rng = rng(5);
    for (path, bytes) in all_files(whole.path()) {
        let name = path.strip_prefix(whole.path()).unwrap().to_owned();
        if bytes.is_empty() || name == Path::new("reserve") {
            continue;
        }
        let rounds = if name == Path::new("db/db") { 12 } else { 2 };
        for _ in 0..rounds {
            let at = (rng.next_u64() % bytes.len() as u64) as usize;
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (rng.next_u32() % 8);
            let folder = copy_of(whole.path());
            std::fs::write(folder.path().join(&name), flipped).unwrap();
            let (found, damage) = read_with_one_restart(folder.path());
            println!("{} at {at}: {found} of 3000, {damage:?}", name.display());
            let lost = damage.map_or(0, |damage| damage.records_lost_at_least);
            assert!(found == 3_000 || lost > 0, "a loss must be told");
        }
    }
}

/// Opens and reads; when reading meets damage, does what the error says: restarts.
fn read_with_one_restart(folder: &Path) -> (usize, Option<Damage>) {
    let opened = open(folder);
    let scope = log_key(0).scope;
    match opened
        .store
        .scan(&scope, &Bounds::all(), Order::Ascending, usize::MAX)
    {
        Ok(_) => (readable(&opened.store, 400).len(), opened.damage),
        Err(error) => {
            assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
            drop(opened);
            let opened = open(folder);
            (readable(&opened.store, 400).len(), opened.damage)
        }
    }
}

#[test]
fn a_rescue_that_was_interrupted_goes_on() {
    let folder = closed_store(500, 100);
    std::fs::rename(folder.path().join("db"), folder.path().join("db.damaged-1")).unwrap();
    std::fs::write(folder.path().join("db.suspect"), b"").unwrap();
    let opened = open(folder.path());
    assert_eq!(readable(&opened.store, 100).len(), 500);
    assert_eq!(
        opened.damage.unwrap().kept_at.unwrap(),
        folder.path().join("db.damaged-1")
    );
    assert!(!folder.path().join("db.suspect").exists());
}

#[test]
fn a_store_that_vanished_is_told() {
    let folder = closed_store(50, 100);
    std::fs::remove_dir_all(folder.path().join("db")).unwrap();
    let damage = open(folder.path()).damage.unwrap();
    assert_eq!((damage.kept_at, damage.records_recovered), (None, 0));
    assert!(damage.records_lost_at_least >= 50);
}

#[test]
fn damaged_day_keys_cost_the_erasable_values_only() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path());
    let mut batch = Batch::new();
    batch.put(log_key(1), b"erasable".to_vec(), Keep::UntilDay(10));
    batch.put(log_key(2), b"lasting".to_vec(), Keep::Always);
    opened.store.commit(&batch).unwrap();
    drop(opened);
    std::fs::write(folder.path().join("ring"), b"\x01nonsense").unwrap();
    let opened = open(folder.path());
    assert!(opened.damage.is_some());
    assert_eq!(opened.store.get(&log_key(1)).unwrap(), None);
    assert_eq!(opened.store.get(&log_key(2)).unwrap().unwrap(), b"lasting");
    assert!(folder.path().join("ring.damaged").exists());
    drop(opened);
    assert!(open(folder.path()).damage.is_some(), "until it is mended");
}

#[test]
fn overwriting_does_not_grow_the_log_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path());
    fill(&opened.store, 0..1_000, 300);
    let before = files::folder_bytes(&folder.path().join("db")).unwrap();
    for _ in 0..30 {
        fill(&opened.store, 0..1_000, 300);
    }
    let after = files::folder_bytes(&folder.path().join("db")).unwrap();
    println!("{before} bytes, {after} after overwriting 30 times");
    assert!(after < before * 15, "{before} bytes grew to {after}");
}

#[test]
fn a_snapshot_that_a_power_cut_left_half_written_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    fill(&open(folder.path()).store, 0..100, 500);
    std::fs::write(
        folder.path().join("db").join("snap.00000000000FFFFF.generating"),
        b"half",
    )
    .unwrap();
    let opened = open(folder.path());
    assert_eq!(opened.damage, None);
    assert_eq!(readable(&opened.store, 500).len(), 100);
}
