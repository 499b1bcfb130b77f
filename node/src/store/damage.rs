//! What was found damaged, and the note of it that outlives a crash.
//!
//! A rescue takes the traces of damage away: the damaged folder or file is set aside, and what is in its place is sound.
//! What it tells still has to be mended, by the engine, in a batch that may never become durable: the program may be killed
//! before, or fail to start for another reason. So what was found is noted in a file beside the store before its traces go,
//! and every opening tells it again until somebody says that it was mended.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{StoreError, files};

/// The note's name in the profile's folder.
const NAME: &str = "db.damage";

/// What was found damaged and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Damage {
    /// Drawn when it was found: whoever mends it notes which damage that was.
    pub id: u64,
    /// Where the damaged folder or file lies now; it is not touched again. `None` when it was gone altogether.
    pub kept_at: Option<PathBuf>,
    /// Records that are readable again.
    pub records_recovered: u64,
    /// Records known to be lost. 0 means that no loss left a trace, which is likely but no proof.
    pub records_lost_at_least: u64,
}

/// The note as it lies on the disk. Nothing in it is secret, and the folder may be moved.
#[derive(Serialize, Deserialize)]
struct Written {
    id: u64,
    kept_at: Option<String>,
    records_recovered: u64,
    records_lost_at_least: u64,
}

/// The note of one profile's folder.
pub(super) struct Note {
    folder: PathBuf,
    found: Option<Damage>,
    /// The id of whatever is found from now on.
    next_id: u64,
}

impl Note {
    /// Reads what was noted in `folder` and is not mended yet. A note that cannot be understood is damage of which nothing
    /// more is known. `next_id` is drawn at random.
    pub(super) fn open(folder: &Path, next_id: u64) -> Result<Self, StoreError> {
        let found = match std::fs::read(folder.join(NAME)) {
            Ok(bytes) => Some(read(folder, &bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(StoreError::io("read what was damaged", error)),
        };
        Ok(Note {
            folder: folder.to_owned(),
            found,
            next_id,
        })
    }

    /// Notes, durably, what was found, beside what was found before. `found.id` is given here.
    pub(super) fn add(&mut self, found: Damage) -> Result<(), StoreError> {
        let before = self.found.take().unwrap_or_default();
        let all = Damage {
            id: self.next_id,
            kept_at: before.kept_at.or(found.kept_at),
            records_recovered: before.records_recovered.max(found.records_recovered),
            records_lost_at_least: before.records_lost_at_least.max(found.records_lost_at_least),
        };
        let all = self.found.insert(all);
        let name = |path: &PathBuf| Some(path.file_name()?.to_string_lossy().into_owned());
        let written = serde_json::to_vec(&Written {
            id: all.id,
            kept_at: all.kept_at.as_ref().and_then(name),
            records_recovered: all.records_recovered,
            records_lost_at_least: all.records_lost_at_least,
        });
        written
            .map_err(std::io::Error::other)
            .and_then(|bytes| files::write_atomically(&self.folder.join(NAME), &bytes))
            .map_err(|error| StoreError::io("note what was damaged", error))
    }

    /// What is not mended yet.
    pub(super) fn found(&self) -> Option<&Damage> {
        self.found.as_ref()
    }

    /// What was noted in `folder` is mended.
    pub(super) fn remove(folder: &Path) -> Result<(), StoreError> {
        let path = folder.join(NAME);
        files::remove_if_there(&path)
            .and_then(|()| files::sync_parent(&path))
            .map_err(|error| StoreError::io("remove the note of what was damaged", error))
    }
}

fn read(folder: &Path, bytes: &[u8]) -> Damage {
    match serde_json::from_slice::<Written>(bytes) {
        Ok(written) => Damage {
            id: written.id,
            kept_at: written.kept_at.map(|name| folder.join(name)),
            records_recovered: written.records_recovered,
            records_lost_at_least: written.records_lost_at_least,
        },
        Err(error) => {
            tracing::warn!(%error, "the note of what was damaged is damaged itself");
            let id = blake3::hash(bytes);
            Damage {
                // The same at each start, so that it is mended once.
                id: u64::from_le_bytes(id.as_bytes().first_chunk().copied().unwrap_or_default()),
                records_lost_at_least: 1,
                ..Damage::default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kept: Option<PathBuf>, recovered: u64, lost: u64) -> Damage {
        Damage {
            id: 0,
            kept_at: kept,
            records_recovered: recovered,
            records_lost_at_least: lost,
        }
    }

    #[test]
    fn what_was_noted_is_told_at_each_opening_until_it_is_mended() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("db.damaged-1");
        let mut note = Note::open(folder.path(), 7).unwrap();
        assert_eq!(note.found(), None);
        note.add(found(Some(kept.clone()), 20, 0)).unwrap();
        note.add(found(Some(folder.path().join("ring.damaged")), 0, 1))
            .unwrap();
        let expected = Damage {
            id: 7,
            ..found(Some(kept), 20, 1)
        };
        for next_id in [8, 9] {
            let note = Note::open(folder.path(), next_id).unwrap();
            assert_eq!(note.found(), Some(&expected));
        }
        let mut note = Note::open(folder.path(), 10).unwrap();
        note.add(found(None, 0, 5)).unwrap();
        let again = Note::open(folder.path(), 11).unwrap();
        let again = again.found().unwrap();
        assert_eq!((again.id, again.records_lost_at_least), (10, 5));
        Note::remove(folder.path()).unwrap();
        assert_eq!(Note::open(folder.path(), 12).unwrap().found(), None);
    }

    #[test]
    fn a_note_that_says_nothing_still_says_that_there_was_damage() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), b"").unwrap();
        let first = Note::open(folder.path(), 1).unwrap().found().unwrap().clone();
        assert_eq!(first.records_lost_at_least, 1);
        assert_eq!(Note::open(folder.path(), 2).unwrap().found(), Some(&first));
    }
}
