//! A rescue of values in parts of which some parts are gone: as a power cut leaves them, or a bad disk.

use std::path::Path;

use super::split::is_record;
use super::tests::{open, rng};
use super::*;
use crate::store::{Keep, Key, Read, Scope, Suffix, Table};

fn place() -> Key {
    Key::new(Scope::new(Table::Settings), Suffix::hashed(b"long"))
}

fn long(filler: u8) -> Vec<u8> {
    vec![filler; 20_000]
}

/// A store whose long value was written with each of these fillers in turn, closed.
fn written(fillers: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).store;
    for filler in fillers {
        let mut batch = Batch::new();
        batch.put(place(), long(*filler), Keep::Always);
        store.commit(&batch).unwrap();
        store.flush().unwrap();
    }
    folder
}

/// Breaks every frame in the log that belongs to a value in parts, is no record of its own and is of the last change.
fn break_the_last_parts(folder: &Path) -> usize {
    let cipher = {
        let keys = DataKey::generate(&mut rng(1)).store_keys().unwrap();
        Cipher::new(keys.names(), keys.values())
    };
    let path = folder.join("db").join("db");
    let mut log = std::fs::read(&path).unwrap();
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(skip) = cipher.find_frame(&log[at..]) {
        at += skip;
        match cipher.frame(&log[at..]) {
            Some(frame) => {
                if !is_record(frame.key, &cipher) {
                    places.push((frame.change, at + frame.length - 1));
                }
                at += frame.length;
            }
            None => at += 1,
        }
    }
    let last = places.iter().map(|(change, _)| *change).max().unwrap();
    places.retain(|(change, _)| *change == last);
    for (_, place) in &places {
        log[*place] ^= 1;
    }
    std::fs::write(&path, log).unwrap();
    std::fs::write(folder.join("db.suspect"), b"").unwrap();
    places.len()
}

#[test]
fn of_a_long_value_the_newest_version_is_rescued_that_is_whole() {
    let folder = written(&[1, 2]);
    assert!(break_the_last_parts(folder.path()) >= 4);
    let opened = open(folder.path());
    assert_eq!(opened.store.get(&place()).unwrap(), Some(long(1)));
    assert_eq!(
        opened.damage.unwrap().records_lost_at_least,
        1,
        "a version that was flushed is lost, and that is told"
    );
    opened.store.damage_is_mended().unwrap();
    drop(opened.store);
    let opened = open(folder.path());
    assert_eq!(opened.damage, None);
    assert_eq!(opened.store.get(&place()).unwrap(), Some(long(1)));
}

/// It was damage at every start: the record was there, its parts and their index were not, and so nobody removed it.
#[test]
fn a_long_value_without_its_parts_is_gone_and_keeps_nobody_from_reading_the_rest() {
    let folder = written(&[1]);
    break_the_last_parts(folder.path());
    let opened = open(folder.path());
    assert_eq!(opened.store.get(&place()).unwrap(), None);
    assert_eq!(opened.damage.unwrap().records_lost_at_least, 1);
    opened.store.damage_is_mended().unwrap();
    drop(opened.store);
    assert_eq!(open(folder.path()).damage, None);
}
