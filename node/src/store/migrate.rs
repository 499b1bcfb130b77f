//! Schema versions: what a store of an older Kith needs before this one may use it.
//!
//! Each step is one atomic batch that also writes the new version, so an interrupted migration goes on where it
//! stopped. A store of a later Kith is refused before anything is changed.

use super::{Batch, Keep, Key, Read, Scope, Store, StoreError, Suffix, Table};
use crate::records;

/// The schema that this program writes.
pub const SCHEMA: u32 = 4;

/// The first schema whose stores may have packs.
pub(super) const PACKS_SINCE: u32 = 2;

/// The first schema whose stores have numbered keys.
pub(super) const NUMBERED_KEYS_SINCE: u32 = 3;

/// The step from schema `to - 1` to schema `to`.
pub(super) struct Migration {
    /// The schema after this step.
    pub(super) to: u32,
    /// Reads the old records and gives the writes that make them the new ones.
    pub(super) rewrite: fn(&dyn Read) -> Result<Batch, StoreError>,
}

/// All steps, oldest first. Schema 1 is the first there was. Schema 2 knows of each carrier whether the person has chosen
/// it, and the disk store may keep many records in one record of sled, where a Kith that knows schema 1 only would not find them. What lies in records of its own
/// is read as ever, and moves as its scope is written. Schema 3 has drafts apart, and keeps messages under numbered keys, which an older Kith cannot
/// read; a message of an earlier schema is read as ever, and moves under such a key when one is erased beside it: what
/// the disk still has of its old place can be read by whoever has the data key, until sled writes something else there. Schema 4
/// knows of each contact what they are reminded by, of each device how its account is known, and of evidence which row tells of
/// it; these came under schema 3, whose stores may be without.
pub(super) const STEPS: &[Migration] = &[
    Migration {
        to: 2,
        rewrite: records::decide_carriers,
    },
    Migration {
        to: NUMBERED_KEYS_SINCE,
        rewrite: records::take_drafts_out,
    },
    Migration {
        to: 4,
        rewrite: records::complete,
    },
];

/// Where the schema is noted.
pub(super) fn schema_key() -> Key {
    Key::new(Scope::new(Table::Store), Suffix::hashed(b"schema"))
}

/// The schema that is noted in these bytes.
pub(super) fn read_version(bytes: &[u8]) -> Result<u32, StoreError> {
    <[u8; 4]>::try_from(bytes)
        .map(u32::from_be_bytes)
        .map_err(|_| StoreError::Damaged {
            what: "the schema version".into(),
        })
}

/// Brings `store` to schema `newest` by the `steps` it has not taken yet. A new store is given `newest` at once.
pub(super) fn bring_up_to_date(
    store: &dyn Store,
    steps: &[Migration],
    newest: u32,
) -> Result<(), StoreError> {
    let key = schema_key();
    let Some(bytes) = store.get(&key)? else {
        let mut batch = Batch::new();
        batch.put(key, newest.to_be_bytes().to_vec(), Keep::Always);
        store.commit(&batch)?;
        return store.flush();
    };
    let found = read_version(&bytes)?;
    if found > newest {
        return Err(StoreError::FutureSchema { found, known: newest });
    }
    for step in steps.iter().filter(|step| step.to > found) {
        let mut batch = (step.rewrite)(store)?;
        batch.put(key.clone(), step.to.to_be_bytes().to_vec(), Keep::Always);
        store.commit(&batch)?;
        store.flush()?;
        tracing::info!(schema = step.to, "the store was brought to a newer schema");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Bounds, MemoryStore, Order};

    fn names() -> Scope {
        Scope::new(Table::Settings)
    }

    /// Schema 2 writes names in upper case, schema 3 counts them.
    fn steps() -> Vec<Migration> {
        vec![
            Migration {
                to: 2,
                rewrite: |read| {
                    let mut batch = Batch::new();
                    for record in read.scan(&names(), &Bounds::all(), Order::Ascending, usize::MAX)? {
                        let key = Key::new(names(), Suffix::Ordered(record.suffix));
                        batch.put(key, record.value.to_ascii_uppercase(), Keep::Always);
                    }
                    Ok(batch)
                },
            },
            Migration {
                to: 3,
                rewrite: |read| {
                    let count = read
                        .scan(&names(), &Bounds::all(), Order::Ascending, usize::MAX)?
                        .len();
                    let mut batch = Batch::new();
                    batch.put(
                        Key::new(names(), Suffix::number(99)),
                        vec![count as u8],
                        Keep::Always,
                    );
                    Ok(batch)
                },
            },
        ]
    }

    fn old_store() -> MemoryStore {
        let store = MemoryStore::new();
        bring_up_to_date(&store, &[], 1).unwrap();
        let mut batch = Batch::new();
        batch.put(
            Key::new(names(), Suffix::number(1)),
            b"alice".to_vec(),
            Keep::Always,
        );
        store.commit(&batch).unwrap();
        store.flush().unwrap();
        store
    }

    #[test]
    fn an_old_store_takes_every_step_once() {
        let store = old_store();
        bring_up_to_date(&store, &steps(), 3).unwrap();
        bring_up_to_date(&store, &steps(), 3).unwrap();
        assert_eq!(
            store.get(&Key::new(names(), Suffix::number(1))).unwrap().unwrap(),
            b"ALICE"
        );
        assert_eq!(
            store
                .get(&Key::new(names(), Suffix::number(99)))
                .unwrap()
                .unwrap(),
            [1]
        );
    }

    #[test]
    fn an_interrupted_migration_goes_on() {
        let store = old_store();
        bring_up_to_date(&store, &steps()[..1], 2).unwrap();
        store.crash();
        bring_up_to_date(&store, &steps(), 3).unwrap();
        assert_eq!(
            store
                .get(&Key::new(names(), Suffix::number(99)))
                .unwrap()
                .unwrap(),
            [1]
        );
    }

    #[test]
    fn a_store_from_the_future_is_left_alone() {
        let store = old_store();
        bring_up_to_date(&store, &steps(), 3).unwrap();
        let before = store.len();
        let refused = bring_up_to_date(&store, &[], 2).unwrap_err();
        assert!(matches!(refused, StoreError::FutureSchema { found: 3, known: 2 }));
        assert!(refused.to_string().contains("newer version"));
        assert_eq!(store.len(), before);
        assert_eq!(store.unflushed_batches(), 0);
    }
}
