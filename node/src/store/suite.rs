//! What every store must do, run against each backend by its own tests.

use super::{Batch, Bounds, Keep, Key, Order, Scope, Store, StoreError, Suffix, Table};

/// Runs every check, each on a fresh store.
pub(super) fn run(fresh: &dyn Fn() -> Box<dyn Store>) {
    reads_back_what_was_written(fresh().as_ref());
    keeps_scopes_apart(fresh().as_ref());
    scans_in_order_within_bounds(fresh().as_ref());
    hashes_what_must_not_show(fresh().as_ref());
    applies_a_batch_in_order(fresh().as_ref());
    refuses_a_batch_whole(fresh().as_ref());
    keeps_large_values(fresh().as_ref());
    forgets_by_day(fresh().as_ref());
    forgets_by_number(fresh().as_ref());
}

fn scope(part: &[u8]) -> Scope {
    Scope::new(Table::Settings).with(part)
}

fn numbered(part: &[u8], number: u64) -> Key {
    Key::new(scope(part), Suffix::number(number))
}

fn put(store: &dyn Store, key: Key, value: &[u8], keep: Keep) {
    let mut batch = Batch::new();
    batch.put(key, value.to_vec(), keep);
    store.commit(&batch).unwrap();
}

fn numbers(store: &dyn Store, bounds: &Bounds, order: Order, limit: usize) -> Vec<u64> {
    let records = store.scan(&scope(b"log"), bounds, order, limit).unwrap();
    records
        .iter()
        .map(|record| u64::from_be_bytes(record.suffix.as_slice().try_into().unwrap()))
        .collect()
}

fn reads_back_what_was_written(store: &dyn Store) {
    let key = Key::single(scope(b"name"));
    assert_eq!(store.get(&key).unwrap(), None);
    put(store, key.clone(), b"Alice", Keep::Always);
    assert_eq!(store.get(&key).unwrap().as_deref(), Some(b"Alice".as_slice()));
    put(store, key.clone(), b"", Keep::Always);
    assert_eq!(
        store.get(&key).unwrap().as_deref(),
        Some(b"".as_slice()),
        "empty is not absent"
    );
    let mut batch = Batch::new();
    batch.delete(key.clone());
    store.commit(&batch).unwrap();
    store.flush().unwrap();
    assert_eq!(store.get(&key).unwrap(), None);
}

fn keeps_scopes_apart(store: &dyn Store) {
    put(store, numbered(b"a", 1), b"in a", Keep::Always);
    put(store, numbered(b"b", 1), b"in b", Keep::Always);
    put(
        store,
        Key::new(scope(b"a").with(b"b"), Suffix::number(1)),
        b"deeper",
        Keep::Always,
    );
    let found = store
        .scan(&scope(b"a"), &Bounds::all(), Order::Ascending, 10)
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].value, b"in a");
}

fn scans_in_order_within_bounds(store: &dyn Store) {
    for number in [300, 2, 1, 255, 256, u64::MAX] {
        put(store, numbered(b"log", number), b"x", Keep::Always);
    }
    put(store, numbered(b"other", 3), b"x", Keep::Always);
    let all = Bounds::all();
    assert_eq!(
        numbers(store, &all, Order::Ascending, 100),
        [1, 2, 255, 256, 300, u64::MAX]
    );
    assert_eq!(numbers(store, &all, Order::Descending, 2), [u64::MAX, 300]);
    assert_eq!(
        numbers(store, &Bounds::numbers(2, 256), Order::Ascending, 100),
        [2, 255, 256]
    );
    assert_eq!(
        numbers(store, &Bounds::numbers(2, 256), Order::Descending, 2),
        [256, 255]
    );
    assert_eq!(
        numbers(store, &Bounds::after(256u64.to_be_bytes()), Order::Ascending, 1),
        [300]
    );
    assert_eq!(
        numbers(store, &Bounds::before(256u64.to_be_bytes()), Order::Descending, 1),
        [255]
    );
    assert_eq!(
        numbers(store, &Bounds::up_to(2u64.to_be_bytes()), Order::Ascending, 100),
        [1, 2]
    );
    assert_eq!(
        numbers(store, &Bounds::from(300u64.to_be_bytes()), Order::Ascending, 100),
        [300, u64::MAX]
    );
    assert_eq!(
        numbers(store, &Bounds::numbers(9, 2), Order::Ascending, 100),
        [0u64; 0]
    );
    assert_eq!(numbers(store, &all, Order::Ascending, 0), [0u64; 0]);
}

fn hashes_what_must_not_show(store: &dyn Store) {
    let key = |identity: &[u8]| Key::new(scope(b"people"), Suffix::hashed(identity));
    let long = vec![7; 4096];
    put(store, key(b"bob"), b"1", Keep::Always);
    put(store, key(&long), b"2", Keep::Always);
    assert_eq!(store.get(&key(b"bob")).unwrap().unwrap(), b"1");
    assert_eq!(store.get(&key(&long)).unwrap().unwrap(), b"2");
    let found = store
        .scan(&scope(b"people"), &Bounds::all(), Order::Ascending, 10)
        .unwrap();
    assert_eq!(found.len(), 2);
    for record in &found {
        assert_eq!(record.suffix.len(), 16);
    }
    let bytes = store.suffix_bytes(&key(b"bob"));
    assert!(
        found
            .iter()
            .any(|record| record.suffix == bytes && record.value == b"1")
    );
}

fn applies_a_batch_in_order(store: &dyn Store) {
    let mut batch = Batch::new();
    batch.put(numbered(b"log", 1), b"first".to_vec(), Keep::Always);
    batch.delete(numbered(b"log", 1));
    batch.put(numbered(b"log", 2), b"first".to_vec(), Keep::Always);
    batch.put(numbered(b"log", 2), b"second".to_vec(), Keep::Always);
    store.commit(&batch).unwrap();
    assert_eq!(store.get(&numbered(b"log", 1)).unwrap(), None);
    assert_eq!(store.get(&numbered(b"log", 2)).unwrap().unwrap(), b"second");
    store.commit(&Batch::new()).unwrap();
}

fn refuses_a_batch_whole(store: &dyn Store) {
    let mut batch = Batch::new();
    batch.put(numbered(b"log", 1), b"fine".to_vec(), Keep::Always);
    batch.put(
        numbered(b"log", 2),
        vec![0; super::MAX_VALUE_BYTES + 1],
        Keep::Always,
    );
    assert!(matches!(
        store.commit(&batch),
        Err(StoreError::ValueTooLarge { .. })
    ));
    assert_eq!(
        store.get(&numbered(b"log", 1)).unwrap(),
        None,
        "half a batch is worse than none"
    );
    let mut batch = Batch::new();
    batch.delete(Key::new(
        scope(b"log"),
        Suffix::Ordered(vec![0; super::MAX_SUFFIX_BYTES + 1]),
    ));
    assert!(matches!(store.commit(&batch), Err(StoreError::KeyTooLong { .. })));
}

/// Values above 64 KiB must survive being replaced by longer and shorter ones.
fn keeps_large_values(store: &dyn Store) {
    let key = numbered(b"log", 1);
    for length in [300_000, 65_536, 65_535, 700_001, 10, 200_000] {
        let value: Vec<u8> = (0..length).map(|at: u32| (at % 251) as u8).collect();
        put(store, key.clone(), &value, Keep::Always);
        assert_eq!(store.get(&key).unwrap().unwrap(), value);
        let found = store
            .scan(&scope(b"log"), &Bounds::all(), Order::Descending, 10)
            .unwrap();
        assert_eq!(found.len(), 1, "parts of a value are not records");
        assert_eq!(found[0].value, value);
    }
    put(store, key.clone(), &vec![9; 200_000], Keep::UntilDay(40));
    assert_eq!(store.get(&key).unwrap().unwrap(), vec![9; 200_000]);
    let mut batch = Batch::new();
    batch.delete(key.clone());
    store.commit(&batch).unwrap();
    assert_eq!(store.get(&key).unwrap(), None);
}

fn forgets_by_day(store: &dyn Store) {
    put(store, numbered(b"log", 1), b"until 10", Keep::UntilDay(10));
    put(store, numbered(b"log", 2), b"until 11", Keep::UntilDay(11));
    put(store, numbered(b"log", 3), b"always", Keep::Always);
    put(store, numbered(b"log", 4), b"moved on", Keep::UntilDay(10));
    put(store, numbered(b"log", 4), b"moved on", Keep::UntilDay(12));
    store.flush().unwrap();
    assert_eq!(numbers(store, &Bounds::all(), Order::Ascending, 9), [1, 2, 3, 4]);
    store.forget_before(11).unwrap();
    assert_eq!(numbers(store, &Bounds::all(), Order::Ascending, 9), [2, 3, 4]);
    assert_eq!(numbers(store, &Bounds::all(), Order::Descending, 2), [4, 3]);
    assert_eq!(
        numbers(store, &Bounds::all(), Order::Ascending, 1),
        [2],
        "a forgotten record fills no limit"
    );
    assert_eq!(store.get(&numbered(b"log", 1)).unwrap(), None);
    store.forget_before(5).unwrap();
    assert_eq!(
        store.get(&numbered(b"log", 1)).unwrap(),
        None,
        "forgetting is for good"
    );
    put(store, numbered(b"log", 1), b"too late", Keep::UntilDay(10));
    assert_eq!(store.get(&numbered(b"log", 1)).unwrap(), None);
    put(store, numbered(b"log", 3), b"too late", Keep::UntilDay(10));
    assert_eq!(store.get(&numbered(b"log", 3)).unwrap(), None);
}

/// Records under the first two numbers that are free, and others beside them; gives the first number.
fn fill_under_numbers(store: &dyn Store, long: &[u8]) -> u64 {
    let first = store.first_unmade_key();
    let (one, two) = (Keep::UntilForgotten(first), Keep::UntilForgotten(first + 1));
    put(store, numbered(b"log", 1), b"one", one);
    put(store, numbered(b"log", 2), long, one);
    put(store, numbered(b"log", 3), b"two", two);
    put(store, numbered(b"log", 4), b"always", Keep::Always);
    put(store, numbered(b"log", 5), b"moved on", one);
    put(store, numbered(b"log", 5), b"moved on", two);
    let either = |other| Keep::UntilEither(first + 1, other);
    put(store, numbered(b"log", 8), b"either", either(first));
    put(store, numbered(b"log", 9), b"either", either(first + 2));
    store.flush().unwrap();
    first
}

fn forgets_by_number(store: &dyn Store) {
    let long = vec![7; 20_000];
    let first = fill_under_numbers(store, &long);
    assert_eq!(store.get(&numbered(b"log", 2)).unwrap().unwrap(), long);
    assert!(store.may_keep(first) && store.may_keep(first + 1_000));
    assert!(store.first_unmade_key() > first + 1, "used numbers are used up");

    store.forget_keys(&[first, first]).unwrap();
    let left = || numbers(store, &Bounds::all(), Order::Ascending, 9);
    assert_eq!(left(), [3, 4, 5, 9]);
    assert_eq!(store.get(&numbered(b"log", 9)).unwrap().unwrap(), b"either");
    assert_eq!(store.get(&numbered(b"log", 1)).unwrap(), None);
    assert!(!store.may_keep(first) && store.may_keep(first + 1));

    let mut batch = Batch::new();
    batch.put(numbered(b"log", 6), b"beside it".to_vec(), Keep::Always);
    let late = Keep::UntilForgotten(first);
    batch.put(numbered(b"log", 7), b"too late".to_vec(), late);
    assert!(store.commit(&batch).is_err());
    assert_eq!(left(), [3, 4, 5, 9], "half a batch is worse than none");
    let fresh = Keep::UntilForgotten(store.first_unmade_key());
    put(store, numbered(b"log", 1), b"anew", fresh);
    store.forget_keys(&[]).unwrap();
    assert_eq!(store.get(&numbered(b"log", 1)).unwrap().unwrap(), b"anew");
}
