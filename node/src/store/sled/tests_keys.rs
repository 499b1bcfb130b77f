//! Values under numbered keys: erased for good, and lost with nothing but both key files.

use std::path::Path;

use super::tests::open;
use super::*;
use crate::store::{Bounds, Keep, Key, Order as Sorted, Read, Scope, Suffix, Table, files, migrate};

/// In a table whose records are packed.
fn place(number: u64) -> Key {
    Key::new(Scope::new(Table::Entry).with(b"log"), Suffix::number(number))
}

fn put(store: &SledStore, number: u64, value: &[u8], keep: Keep) {
    let mut batch = Batch::new();
    batch.put(place(number), value.to_vec(), keep);
    store.commit(&batch).unwrap();
}

fn held(store: &SledStore) -> Vec<u64> {
    let all = store.scan(&place(0).scope, &Bounds::all(), Sorted::Ascending, usize::MAX);
    let number = |suffix: Vec<u8>| u64::from_be_bytes(suffix.try_into().unwrap());
    all.unwrap()
        .into_iter()
        .map(|record| number(record.suffix))
        .collect()
}

/// Short values under key 0, long ones under key 1, one that is kept always; flushed.
fn filled(folder: &Path) -> SledStore {
    let store = open(folder).store;
    for number in 0..60 {
        put(&store, number, &[1; 300], Keep::UntilForgotten(0));
        put(&store, 100 + number, &[2; 9_000], Keep::UntilForgotten(1));
    }
    put(&store, 500, b"lasting", Keep::Always);
    store.flush().unwrap();
    store
}

#[test]
fn what_was_forgotten_cannot_be_brought_back_by_an_old_copy_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let thief = tempfile::tempdir().unwrap();
    files::copy_folder(folder.path(), thief.path()).unwrap();
    open(folder.path()).store.forget_keys(&[0]).unwrap();
    assert_eq!(held(&open(folder.path()).store).len(), 61);
    for name in ["keys.1", "keys.2"] {
        std::fs::copy(folder.path().join(name), thief.path().join(name)).unwrap();
    }
    let store = open(thief.path()).store;
    assert_eq!(held(&store).len(), 61);
    assert_eq!(store.get(&place(3)).unwrap(), None);
    assert_eq!(store.get(&place(103)).unwrap().unwrap(), [2; 9_000]);
}

#[test]
fn a_rescue_brings_back_what_has_its_key_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    put(&store, 7, b"a header", Keep::Always);
    store.flush().unwrap();
    store.forget_keys(&[0]).unwrap();
    drop(store);
    std::fs::write(folder.path().join("db.suspect"), b"").unwrap();
    let opened = open(folder.path());
    assert!(opened.damage.is_some());
    let mut expected = vec![7];
    expected.extend(100..160);
    expected.push(500);
    assert_eq!(held(&opened.store), expected);
    assert_eq!(opened.store.get(&place(7)).unwrap().unwrap(), b"a header");
}

#[test]
fn one_torn_key_file_costs_nothing_and_both_are_told() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    for name in ["keys.1", "keys.2"] {
        std::fs::write(folder.path().join(name), b"\x01torn").unwrap();
        let opened = open(folder.path());
        assert_eq!(opened.damage, None);
        assert_eq!(held(&opened.store).len(), 121);
    }
    for name in ["keys.1", "keys.2"] {
        std::fs::write(folder.path().join(name), b"\x01torn").unwrap();
    }
    let opened = open(folder.path());
    let damage = opened.damage.unwrap();
    assert!(damage.records_lost_at_least > 0);
    assert_eq!(damage.kept_at.unwrap(), folder.path().join("keys.1.damaged"));
    assert_eq!(held(&opened.store), [500]);
    assert!(!opened.store.may_keep(0));
    put(
        &opened.store,
        1,
        b"anew",
        Keep::UntilForgotten(opened.store.first_unmade_key()),
    );
    opened.store.flush().unwrap();
    drop(opened.store);
    let opened = open(folder.path());
    assert!(opened.damage.is_some(), "told until it is mended");
    opened.store.damage_is_mended().unwrap();
    drop(opened.store);
    let opened = open(folder.path());
    assert_eq!(opened.damage, None);
    assert_eq!(held(&opened.store), [1, 500]);
    drop(opened);
    for name in ["keys.1", "keys.2"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    assert!(
        open(folder.path()).damage.is_some(),
        "keys that vanished are told"
    );
}

#[test]
fn a_store_from_before_there_were_numbered_keys_opens_and_gets_some() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    put(&store, 1, b"from before", Keep::Always);
    let mut batch = Batch::new();
    let before = migrate::NUMBERED_KEYS_SINCE - 1;
    batch.put(migrate::schema_key(), before.to_be_bytes().to_vec(), Keep::Always);
    store.commit(&batch).unwrap();
    store.flush().unwrap();
    drop(store);
    for name in ["keys.1", "keys.2"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    let opened = open(folder.path());
    assert_eq!(opened.damage, None);
    put(
        &opened.store,
        2,
        b"from now",
        Keep::UntilForgotten(opened.store.first_unmade_key()),
    );
    assert_eq!(held(&opened.store), [1, 2]);
    let schema = opened.store.get(&migrate::schema_key()).unwrap().unwrap();
    assert_eq!(schema, migrate::SCHEMA.to_be_bytes());
}

/// A batch is refused whole when its key cannot be made, and nothing was written under it.
#[test]
fn a_key_that_cannot_be_made_refuses_its_batch() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let blocked = folder.path().join("keys.2.new");
    std::fs::create_dir(&blocked).unwrap();
    let mut batch = Batch::new();
    batch.put(place(600), b"x".to_vec(), Keep::UntilForgotten(1_000));
    assert!(store.commit(&batch).is_err());
    assert!(store.forget_keys(&[0]).is_err());
    assert_eq!(held(&store).len(), 121);
    put(&store, 601, b"under a key that is there", Keep::UntilForgotten(2));
    std::fs::remove_dir(&blocked).unwrap();
    store.commit(&batch).unwrap();
    store.forget_keys(&[0]).unwrap();
    store.flush().unwrap();
    drop(store);
    assert_eq!(held(&open(folder.path()).store).len(), 63);
}
