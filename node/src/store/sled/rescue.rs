//! Opening a store that may be damaged, and getting out of it what can still be read.
//!
//! One flipped bit can keep sled from opening a database at all, and what it takes for an interrupted write it
//! overwrites. So a rescue does not ask sled. The damaged folder is set aside, and its log is searched for frames
//! (`carving`): each record lies there whole, with its key and the number of its change, authenticated. The newest sound
//! frame of every key goes into a new store as it is, unless the log says that it was removed later; a record that is
//! found both single and in packs counts once, and packs are made anew. Nothing forged or mixed up can slip in. What a rescue cannot know is a removal whose note has been overwritten since; such a
//! record comes back. Values that had to be unreadable stay so: their day keys are not in the log.

use std::path::{Path, PathBuf};

use rand_core::CryptoRng;

use super::carving::{Found, carve};
use super::contained::{Tree, Upkeep, damaged};
use super::mark::Mark;
use super::packs::{self, Packed};
use super::payload::{Payload, PayloadBody};
use super::physical::Cipher;
use super::repacking::repack;
use super::{mark, space, split};
use crate::store::damage::{Damage, Note};
use crate::store::{StoreError, files, migrate};

/// The paths of one store.
pub(super) struct Paths {
    pub(super) folder: PathBuf,
    pub(super) db: PathBuf,
    pub(super) mark: PathBuf,
    /// Exists while the store is known to be damaged and not rescued yet.
    suspect: PathBuf,
}

impl Paths {
    pub(super) fn new(folder: &Path) -> Self {
        Paths {
            folder: folder.to_owned(),
            db: folder.join("db"),
            mark: folder.join("db.mark"),
            suspect: folder.join("db.suspect"),
        }
    }

    /// Remembers that damage was seen, so that the next start rescues the store even if it opens.
    pub(super) fn mark_suspect(&self) -> Result<(), StoreError> {
        files::write_atomically(&self.suspect, b"")
            .map_err(|error| StoreError::io("remember that the store is damaged", error))
    }
}

/// Opens the store, by way of a rescue, which is noted, when it is damaged.
pub(super) fn open(
    paths: &Paths,
    cipher: &Cipher,
    mark: &Mark,
    note: &mut Note,
    rng: &mut dyn CryptoRng,
) -> Result<Tree, StoreError> {
    if !paths.suspect.exists() && (paths.db.exists() || mark.changes() == 0) {
        match open_whole(paths, cipher, mark) {
            Err(StoreError::Damaged { what }) => tracing::warn!(what, "the store is damaged"),
            whole => return whole,
        }
    }
    rescue(paths, cipher, mark, note, rng)?;
    open_whole(paths, cipher, mark)
}

/// Opens the store if it is as far as its mark says and its own records can be read.
fn open_whole(paths: &Paths, cipher: &Cipher, mark: &Mark) -> Result<Tree, StoreError> {
    let tree = Tree::open(&paths.db, Upkeep::Background)?;
    // Before anything else is read: a later Kith may keep its own records in ways that look like damage here.
    let found = schema(&tree, cipher)?;
    if found > migrate::SCHEMA {
        let known = migrate::SCHEMA;
        return Err(StoreError::FutureSchema { found, known });
    }
    if mark::counted(&tree, cipher)? < mark.changes() {
        return Err(damaged("its end is missing"));
    }
    // What a start reads in any case: damage there is rescued at once, not with the next start.
    split::load(&tree, cipher)?;
    packs::load(&tree, cipher)?;
    Ok(tree)
}

/// The schema that a store names; 0 for a new one.
pub(super) fn schema(tree: &Tree, cipher: &Cipher) -> Result<u32, StoreError> {
    let key = cipher.physical(&migrate::schema_key());
    let Some(sealed) = tree.get(&key)? else {
        return Ok(0);
    };
    let payload = cipher
        .open(&key, &sealed)
        .and_then(|bytes| Payload::decode(&bytes));
    match payload.map(|payload| payload.body) {
        Some(PayloadBody::Whole(body)) => migrate::read_version(&body),
        _ => Err(damaged("the schema version")),
    }
}

fn rescue(
    paths: &Paths,
    cipher: &Cipher,
    mark: &Mark,
    note: &mut Note,
    rng: &mut dyn CryptoRng,
) -> Result<(), StoreError> {
    let io = |error| StoreError::io("set the damaged store aside", error);
    paths.mark_suspect()?;
    let kept_at = set_aside(paths).map_err(io)?;
    let rebuilt = paths.folder.join("db.rebuilt");
    files::remove_if_there(&rebuilt).map_err(io)?;
    let new = Tree::open(&rebuilt, Upkeep::None)?;
    let mut found = Found::default();
    if let Some(kept_at) = &kept_at {
        space::require(&paths.folder, files::folder_bytes(kept_at).map_err(io)?)?;
        found = carve((&kept_at.join("db"), mark.changes()), &new, cipher, rng)
            .map_err(|error| StoreError::io("read the damaged store", error))??;
    }
    let dropped = split::drop_broken(&new, cipher)?;
    let changes = found.changes.max(mark.changes());
    new.apply([mark::count(changes, [], cipher, rng)?])?;
    new.flush()?;
    // Packs are not needed: a Kith that knows none, and a disk that has no room for a second writing, do without.
    if schema(&new, cipher)? >= migrate::PACKS_SINCE && space::require(&paths.folder, found.bytes).is_ok() {
        repack(&new, &mut Packed::new(), changes, cipher, rng)?;
        new.flush()?;
    }
    drop(new);
    std::fs::rename(&rebuilt, &paths.db)
        .and_then(|()| files::sync_parent(&paths.db))
        .map_err(io)?;
    let damage = Damage {
        id: 0,
        kept_at,
        records_recovered: found.records.saturating_sub(dropped),
        records_lost_at_least: (dropped + found.lost).max(mark.changes().saturating_sub(found.changes)),
    };
    tracing::warn!(
        recovered = damage.records_recovered,
        lost_at_least = damage.records_lost_at_least,
        "the damaged store was set aside and rebuilt"
    );
    // In this order: one of the two is there whenever the program ends.
    note.add(damage)?;
    files::remove_if_there(&paths.suspect).map_err(io)
}

/// Renames the damaged folder to the first free `db.damaged-<n>`. When an earlier rescue was interrupted after
/// that, gives the folder it had set aside.
fn set_aside(paths: &Paths) -> std::io::Result<Option<PathBuf>> {
    let numbered = |number: u32| paths.folder.join(format!("db.damaged-{number}"));
    let mut number = 1;
    while numbered(number).exists() {
        number += 1;
    }
    if paths.db.exists() {
        std::fs::rename(&paths.db, numbered(number))?;
        files::sync_parent(&paths.db)?;
        return Ok(Some(numbered(number)));
    }
    Ok((number > 1).then(|| numbered(number - 1)))
}
