//! The disk store in another process, where the process is killed and the disk fills up.
//!
//! The tests start this very test program again in a role that an environment variable names. What the child
//! acknowledged on its standard output is what must be found afterwards.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests, which clippy takes for something else outside of the test functions"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Stdio};

use kith_crypto::{DataKey, VaultParams};
use kith_node::profile::{self, NewProfile, ProfileError};
use kith_node::store::{
    Batch, DiskTrouble, Keep, Key, Read, Scope, SledStore, Store, StoreError, Suffix, Table,
};
use kith_tests::mounted::{child_folder, child_in_role, run_mounted};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use zeroize::Zeroizing;

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn open(folder: &Path) -> SledStore {
    let opened = SledStore::open(folder, &DataKey::generate(&mut rng(1)), &mut rng(2)).unwrap();
    assert_eq!(opened.damage, None, "a crash is no damage");
    opened.store
}

/// In a table whose short records are packed.
fn key(number: u64) -> Key {
    Key::new(Scope::new(Table::Order).with(b"log"), Suffix::number(number))
}

fn newest() -> Key {
    Key::new(Scope::new(Table::Settings), Suffix::hashed(b"newest"))
}

/// Of all lengths that matter: small, and long enough to be split.
fn value(number: u64) -> Vec<u8> {
    let length = if number.is_multiple_of(7) { 20_000 } else { 200 };
    let mut value = vec![0; length];
    rng((number % 251) as u8).fill_bytes(&mut value);
    value
}

/// A batch whose two records must never be seen apart.
fn write(store: &SledStore, number: u64) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    let keep = if number.is_multiple_of(3) {
        Keep::UntilDay(20_000)
    } else {
        Keep::Always
    };
    batch.put(key(number), value(number), keep);
    batch.put(newest(), number.to_be_bytes().to_vec(), Keep::Always);
    store.commit(&batch)
}

fn newest_of(store: &SledStore) -> Option<u64> {
    store
        .get(&newest())
        .unwrap()
        .map(|bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
}

/// This test program again, as the second process of the story `test`.
fn start_child(test: &str, role: &str, folder: &Path) -> Child {
    child_in_role(test, role, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Writes without end and says what is durable.
fn write_until_killed(folder: &Path) {
    let store = open(folder);
    let first = newest_of(&store).map_or(0, |number| number + 1);
    for number in first.. {
        write(&store, number).unwrap();
        if number % 3 == 2 {
            store.flush().unwrap();
            println!("\ndurable {number}");
            std::io::stdout().flush().unwrap();
        }
    }
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged() {
    if let Some(folder) = child_folder("writer") {
        return write_until_killed(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut chance = rng(4);
    let mut acknowledged = 0;
    for round in 0..5 {
        let mut child = start_child(
            "a_killed_process_loses_nothing_it_acknowledged",
            "writer",
            folder.path(),
        );
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut left = 20 + chance.next_u32() % 60;
        for line in lines {
            if let Some(number) = line.unwrap().strip_prefix("durable ") {
                acknowledged = number.parse().unwrap();
                left -= 1;
            }
            if left == 0 {
                break;
            }
        }
        assert_eq!(left, 0, "the writer ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();

        let store = open(folder.path());
        let newest = newest_of(&store).unwrap();
        assert!(
            newest >= acknowledged,
            "round {round}: {acknowledged} was acknowledged, {newest} is there"
        );
        for number in 0..=newest {
            assert_eq!(
                store.get(&key(number)).unwrap(),
                Some(value(number)),
                "round {round}, record {number}"
            );
        }
        assert_eq!(store.get(&key(newest + 1)).unwrap(), None, "half a batch");
    }
}

/// Writes one record under one number after the other without end, and drops each number once nothing is under it.
fn rewrite_until_killed(folder: &Path) {
    let store = open(folder);
    let first = newest_of(&store).map_or(0, |number| number + 1);
    for number in first.. {
        let mut batch = Batch::new();
        batch.put(key(1), value(number), Keep::UntilForgotten(number));
        batch.put(newest(), number.to_be_bytes().to_vec(), Keep::Always);
        store.commit(&batch).unwrap();
        store.flush().unwrap();
        if let Some(before) = number.checked_sub(1) {
            store.forget_keys(&[before]).unwrap();
        }
        println!("\nforgotten before {number}");
        std::io::stdout().flush().unwrap();
    }
}

#[test]
fn a_killed_process_keeps_what_it_needs_and_nothing_that_it_forgot() {
    let test = "a_killed_process_keeps_what_it_needs_and_nothing_that_it_forgot";
    if let Some(folder) = child_folder("forgetter") {
        return rewrite_until_killed(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut chance = rng(6);
    for _ in 0..6 {
        let mut child = start_child(test, "forgetter", folder.path());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.map_while(Result::ok);
        let said = said.filter_map(|line| line.strip_prefix("forgotten before ")?.parse().ok());
        let acknowledged: u64 = said.take(10 + chance.next_u32() as usize % 40).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();

        let store = open(folder.path());
        let newest = newest_of(&store).unwrap();
        assert!(newest >= acknowledged);
        assert_eq!(store.get(&key(1)).unwrap(), Some(value(newest)));
        assert!(store.may_keep(newest));
        assert!((0..acknowledged).all(|number| !store.may_keep(number)));
    }
}

/// There is no room for the key files: nothing is forgotten, nothing is lost, and later it goes on.
fn fill_the_disk_of_the_keys(folder: &Path) {
    let store = open(folder);
    for number in 0..200 {
        let mut batch = Batch::new();
        batch.put(key(number), value(number), Keep::UntilForgotten(number));
        store.commit(&batch).unwrap();
    }
    store.flush().unwrap();
    let ballast = folder.join("ballast");
    let mut file = std::fs::File::create(&ballast).unwrap();
    while file.write_all(&[0; 4_096]).is_ok() {}
    let refused = store.forget_keys(&[5]).unwrap_err();
    assert_eq!(refused.disk_trouble(), Some(DiskTrouble::Full), "{refused}");
    let mut batch = Batch::new();
    batch.put(key(900), value(900), Keep::UntilForgotten(900));
    let refused = store.commit(&batch).unwrap_err();
    assert_eq!(refused.disk_trouble(), Some(DiskTrouble::Full), "{refused}");
    for number in 0..200 {
        match store.get(&key(number)) {
            Ok(found) => assert_eq!(found, Some(value(number))),
            // sled's own thread may have wanted the last byte, too: it is opened anew once there is room.
            Err(refused) => assert_eq!(refused.disk_trouble(), Some(DiskTrouble::Full), "{refused}"),
        }
    }
    drop(file);
    std::fs::remove_file(ballast).unwrap();
    store.forget_keys(&[5]).unwrap();
    // Where sled's own thread was refused a byte, this is the first to hear of it: then it is opened anew for the next.
    if let Err(refused) = store.commit(&batch) {
        assert!(refused.disk_trouble().is_some(), "{refused}");
        store.commit(&batch).unwrap();
    }
    store.flush().unwrap();
    drop(store);
    let store = open(folder);
    for number in (0..200).chain([900]) {
        let expected = (number != 5).then(|| value(number));
        assert_eq!(store.get(&key(number)).unwrap(), expected);
    }
    println!("\ndone");
}

/// Fills a disk of 48 MiB.
fn fill_the_disk(folder: &Path) {
    let store = open(folder);
    let mut stored = 0;
    let refused = loop {
        match write(&store, stored) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
        if stored % 50 == 0 {
            store.flush().unwrap();
        }
        assert!(stored < 100_000, "a disk of 48 MiB holds less");
    };
    assert!(matches!(refused, StoreError::DiskFull { .. }), "{refused}");
    store.flush().unwrap();
    for number in 0..stored {
        assert_eq!(
            store.get(&key(number)).unwrap(),
            Some(value(number)),
            "reading goes on"
        );
    }
    assert_eq!(
        newest_of(&store),
        Some(stored - 1),
        "the refused batch left no half"
    );

    // Another program takes the rest; what was accepted can be flushed from the reserve all the same.
    let ballast = folder.join("ballast");
    let mut file = std::fs::File::create(&ballast).unwrap();
    while file.write_all(&[0; 65_536]).is_ok() {}
    store.flush().unwrap();
    assert!(matches!(write(&store, stored), Err(StoreError::DiskFull { .. })));
    drop(file);
    drop(store);

    std::fs::remove_file(ballast).unwrap();
    std::fs::remove_file(folder.join("reserve")).ok();
    let store = open(folder);
    for number in 0..stored {
        assert_eq!(
            store.get(&key(number)).unwrap(),
            Some(value(number)),
            "nothing was lost"
        );
    }
    println!("\ndone {stored}");
}

#[test]
fn a_full_disk_is_refused_in_time_and_loses_nothing() {
    if let Some(folder) = child_folder("filler") {
        return fill_the_disk(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    run_mounted(
        "a_full_disk_is_refused_in_time_and_loses_nothing",
        "filler",
        "mount -t tmpfs -o size=48m tmpfs \"$KITH_TEST_FOLDER\"",
        folder.path(),
    );
}

#[test]
fn a_full_disk_only_delays_what_is_to_be_forgotten() {
    let test = "a_full_disk_only_delays_what_is_to_be_forgotten";
    if let Some(folder) = child_folder("keyless") {
        return fill_the_disk_of_the_keys(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=48m tmpfs \"$KITH_TEST_FOLDER\"";
    run_mounted(test, "keyless", mount, folder.path());
}

#[test]
fn a_read_only_folder_is_told_as_such() {
    if let Some(folder) = child_folder("reader") {
        let refused = profile::unlock(&folder, "correct horse", &mut rng(2)).unwrap_err();
        assert!(matches!(refused, ProfileError::ReadOnly), "{refused}");
        println!("\ndone");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("alice");
    let new = NewProfile {
        name: "Alice".into(),
        passphrase: Zeroizing::new("correct horse".into()),
        words: None,
    };
    drop(profile::create(&folder, &new, VaultParams::for_tests(), 1, &mut rng(1)).unwrap());
    run_mounted(
        "a_read_only_folder_is_told_as_such",
        "reader",
        "mount --bind \"$KITH_TEST_FOLDER\" \"$KITH_TEST_FOLDER\" && mount -o remount,bind,ro \"$KITH_TEST_FOLDER\"",
        &folder,
    );
    profile::unlock(&folder, "correct horse", &mut rng(2)).unwrap();
}
