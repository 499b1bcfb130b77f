//! The mark: how far the store had come at its last flush, kept beside sled's folder.
//!
//! The store counts its changes in a record that every batch rewrites. The mark repeats the count outside of sled.
//! sled takes a damaged end of its log for an interrupted write and drops it without a word. The mark makes that
//! visible: a store that knows of fewer changes than its mark has lost some that were durable. It is not fsynced:
//! after a power cut an older mark only makes the check weaker, never wrong.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use rand_core::CryptoRng;

use super::contained::{Tree, damaged};
use super::physical::{Cipher, Frame, HASH_BYTES, Name};
use super::split::{Change, PART_BYTES};
use crate::store::{Key, Scope, StoreError, Suffix, Table, files};

/// The mark file, open for as long as the store is.
pub(super) struct Mark {
    file: File,
    changes: u64,
}

impl Mark {
    /// Opens or creates the mark at `path`. A mark that does not pass its check counts as 0: it was being written.
    pub(super) fn open(path: &Path, cipher: &Cipher) -> Result<Self, StoreError> {
        let mut file = files::private_file()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(|error| StoreError::io("open the store's mark", error))?;
        let mut bytes = [0; 8 + HASH_BYTES];
        let changes = match file.read_exact(&mut bytes) {
            Ok(()) => decode(&bytes, cipher),
            Err(_) => None,
        };
        Ok(Mark {
            file,
            changes: changes.unwrap_or(0),
        })
    }

    /// The number of changes that were durable at the last flush.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Raises the mark to `changes`.
    pub(super) fn raise(&mut self, changes: u64, cipher: &Cipher) -> Result<(), StoreError> {
        if changes <= self.changes {
            return Ok(());
        }
        let mut bytes = changes.to_be_bytes().to_vec();
        bytes.extend(cipher.name(Name::Mark, &[&changes.to_be_bytes()]));
        self.file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.write_all(&bytes))
            .map_err(|error| StoreError::io("write the store's mark", error))?;
        self.changes = changes;
        Ok(())
    }
}

/// The number of changes that the store itself has counted; 0 for a new one. A store that holds records but no
/// readable count is damaged, or was written under another key.
pub(super) fn counted(tree: &Tree, cipher: &Cipher) -> Result<u64, StoreError> {
    let physical = cipher.physical(&counter_key());
    let Some(sealed) = tree.get(&physical)? else {
        return if tree.is_empty()? {
            Ok(0)
        } else {
            Err(damaged("the count of changes"))
        };
    };
    cipher
        .open(&physical, &sealed)
        .and_then(|bytes| bytes.first_chunk().copied())
        .map(u64::from_be_bytes)
        .ok_or_else(|| damaged("the count of changes"))
}

/// The change that makes the store count `changes`; goes into the batch that makes them. It notes the keys that the batch
/// removes, as far as there is room, because a removed record leaves no other trace for a rescue.
pub(super) fn count<'a>(
    changes: u64,
    removed: impl IntoIterator<Item = &'a Vec<u8>>,
    cipher: &Cipher,
    rng: &mut dyn CryptoRng,
) -> Result<Change, StoreError> {
    let physical = cipher.physical(&counter_key());
    let mut payload = changes.to_be_bytes().to_vec();
    for key in removed.into_iter().take((PART_BYTES - 8) / HASH_BYTES) {
        payload.extend(cipher.name(Name::Removed, &[key]));
    }
    let sealed = cipher.seal(&physical, changes, &payload, rng)?;
    Ok((physical, Some(sealed)))
}

/// Whether a change is one that [`count`] made.
pub(super) fn is_count((physical, _): &Change, cipher: &Cipher) -> bool {
    *physical == cipher.physical(&counter_key())
}

/// What the counts found in a damaged log say about removed records.
#[derive(Default)]
pub(super) struct Removals(HashMap<[u8; HASH_BYTES], u64>);

impl Removals {
    /// Notes what `frame` says if it is a count, and gives the count.
    pub(super) fn note(&mut self, frame: &Frame<'_>, cipher: &Cipher) -> Option<u64> {
        if frame.key != cipher.physical(&counter_key()) {
            return None;
        }
        let (changes, removed) = frame.payload.split_first_chunk::<8>()?;
        for name in removed.as_chunks::<HASH_BYTES>().0 {
            let last = self.0.entry(*name).or_default();
            *last = frame.change.max(*last);
        }
        Some(u64::from_be_bytes(*changes))
    }

    /// True when `key` was removed by a later change than `change`.
    pub(super) fn removed_after(&self, key: &[u8], change: u64, cipher: &Cipher) -> bool {
        self.0
            .get(&cipher.name(Name::Removed, &[key]))
            .is_some_and(|removed| *removed > change)
    }
}

fn counter_key() -> Key {
    Key::new(Scope::new(Table::Store), Suffix::hashed(b"changes"))
}

fn decode(bytes: &[u8], cipher: &Cipher) -> Option<u64> {
    let (changes, check) = bytes.split_first_chunk::<8>()?;
    (cipher.name(Name::Mark, &[changes.as_slice()]) == check).then(|| u64::from_be_bytes(*changes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_again_and_a_forged_one_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db.mark");
        let cipher = Cipher::new(&[1; 32], &[2; 32]);
        Mark::open(&path, &cipher).unwrap().raise(700, &cipher).unwrap();
        let mut mark = Mark::open(&path, &cipher).unwrap();
        assert_eq!(mark.changes(), 700);
        mark.raise(3, &cipher).unwrap();
        assert_eq!(
            Mark::open(&path, &cipher).unwrap().changes(),
            700,
            "a mark never falls"
        );
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[0] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(Mark::open(&path, &cipher).unwrap().changes(), 0);
    }
}
