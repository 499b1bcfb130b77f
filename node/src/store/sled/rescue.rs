//! Opening a store that may be damaged, and getting out of it what can still be read.
//!
//! The damaged folder is set aside first and never touched again. The rescue works on copies of it: as it is, then
//! without sled's snapshot and settings, which sled can rebuild from its log. From the copy that gives most, every
//! record that passes its authentication goes into a new store as it is. Ciphertexts need no decryption for that,
//! and nothing forged or mixed up can slip in.

use std::collections::VecDeque;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use super::contained::{Tree, Upkeep, damaged};
use super::mark::Mark;
use super::physical::Cipher;
use super::{mark, space, split};
use crate::store::{Order, StoreError, files};

/// What was found damaged and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Damage {
    /// Where the damaged folder lies now; nothing of it was changed since. `None` when it was gone altogether.
    pub kept_at: Option<PathBuf>,
    /// Records that are readable again.
    pub records_recovered: u64,
    /// Records known to be lost; there may be more that left no trace.
    pub records_lost_at_least: u64,
}

/// Records copied in one go while rescuing.
const COPY_BATCH: usize = 500;
/// How often the rescue tries to get past unreadable pages. Each try costs some page reads.
const MAX_PROBES: usize = 4_096;

/// The paths of one store.
pub(super) struct Paths {
    pub(super) folder: PathBuf,
    pub(super) db: PathBuf,
    pub(super) mark: PathBuf,
    /// Exists while the store is known to be damaged and not rescued yet.
    pub(super) suspect: PathBuf,
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

/// Opens the store, by way of a rescue when it is damaged.
pub(super) fn open(
    paths: &Paths,
    cipher: &Cipher,
    mark: &Mark,
    rng: &mut dyn rand_core::CryptoRng,
) -> Result<(Tree, Option<Damage>), StoreError> {
    if !paths.suspect.exists() && (paths.db.exists() || mark.changes() == 0) {
        match open_whole(paths, cipher, mark) {
            Err(StoreError::Damaged { what }) => tracing::warn!(what, "the store is damaged"),
            whole => return whole.map(|tree| (tree, None)),
        }
    }
    let damage = rescue(paths, cipher, mark, rng)?;
    open_whole(paths, cipher, mark).map(|tree| (tree, Some(damage)))
}

/// Opens the store if it is as far as its mark says.
fn open_whole(paths: &Paths, cipher: &Cipher, mark: &Mark) -> Result<Tree, StoreError> {
    let tree = Tree::open(&paths.db, Upkeep::Background)?;
    if mark::counted(&tree, cipher)? < mark.changes() {
        return Err(damaged("its end is missing"));
    }
    Ok(tree)
}

fn rescue(
    paths: &Paths,
    cipher: &Cipher,
    mark: &Mark,
    rng: &mut dyn rand_core::CryptoRng,
) -> Result<Damage, StoreError> {
    let io = |error| StoreError::io("set the damaged store aside", error);
    paths.mark_suspect()?;
    let kept_at = set_aside(paths).map_err(io)?;
    let rebuilt = paths.folder.join("db.rebuilt");
    let copy = paths.folder.join("db.copy");
    files::remove_if_there(&rebuilt).map_err(io)?;
    let mut found = Found::default();
    if let Some(kept_at) = &kept_at {
        let bytes = files::folder_bytes(kept_at).map_err(io)?;
        space::require(&paths.folder, bytes.saturating_mul(2))?;
        let best = best_attempt(kept_at, &copy, cipher, mark)?;
        let new = Tree::open(&rebuilt, Upkeep::None)?;
        if let Some(attempt) = best {
            found = attempt.run(kept_at, &copy, cipher, Some(&new))?;
        }
        finish(new, cipher, mark, &mut found, rng)?;
    } else {
        let new = Tree::open(&rebuilt, Upkeep::None)?;
        finish(new, cipher, mark, &mut found, rng)?;
    }
    files::remove_if_there(&copy).map_err(io)?;
    std::fs::rename(&rebuilt, &paths.db)
        .and_then(|()| files::sync_parent(&paths.db))
        .map_err(io)?;
    files::remove_if_there(&paths.suspect).map_err(io)?;
    let damage = Damage {
        kept_at,
        records_recovered: found.records,
        records_lost_at_least: found.lost.max(mark.changes().saturating_sub(found.changes)),
    };
    tracing::warn!(
        recovered = damage.records_recovered,
        lost_at_least = damage.records_lost_at_least,
        "the damaged store was set aside and rebuilt"
    );
    Ok(damage)
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

/// Completes the rebuilt store and closes it: what is split must be whole, and it must not look behind its mark.
fn finish(
    new: Tree,
    cipher: &Cipher,
    mark: &Mark,
    found: &mut Found,
    rng: &mut dyn rand_core::CryptoRng,
) -> Result<(), StoreError> {
    found.changes = mark::counted(&new, cipher).unwrap_or(0);
    let dropped = split::drop_broken(&new, cipher)?;
    found.records = found.records.saturating_sub(dropped);
    found.lost += dropped;
    let changes = found.changes.max(mark.changes());
    new.apply([mark::count(changes, cipher, rng)?])?;
    new.flush()
}

/// One way to open a copy of the damaged folder.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    without_snapshot: bool,
    without_settings: bool,
}

const ATTEMPTS: [Attempt; 4] = [
    Attempt {
        without_snapshot: false,
        without_settings: false,
    },
    Attempt {
        without_snapshot: true,
        without_settings: false,
    },
    Attempt {
        without_snapshot: false,
        without_settings: true,
    },
    Attempt {
        without_snapshot: true,
        without_settings: true,
    },
];

/// What an attempt gave.
#[derive(Default, Clone, Copy)]
struct Found {
    records: u64,
    lost: u64,
    changes: u64,
}

/// The attempt that gives the most records; the first one that gives them all ends the search.
fn best_attempt(
    kept_at: &Path,
    copy: &Path,
    cipher: &Cipher,
    mark: &Mark,
) -> Result<Option<Attempt>, StoreError> {
    let mut best: Option<(Attempt, u64)> = None;
    for attempt in ATTEMPTS {
        let found = match attempt.run(kept_at, copy, cipher, None) {
            Ok(found) => found,
            Err(StoreError::Damaged { what }) => {
                tracing::warn!(what, ?attempt, "this way of opening the damaged store failed");
                continue;
            }
            Err(error) => return Err(error),
        };
        if best.is_none_or(|(_, records)| found.records > records) {
            best = Some((attempt, found.records));
        }
        if found.lost == 0 && found.changes >= mark.changes() {
            break;
        }
    }
    Ok(best.map(|(attempt, _)| attempt))
}

impl Attempt {
    /// Opens a fresh copy of `kept_at` this way and walks through it; copies what is sound to `target`, if any.
    fn run(
        self,
        kept_at: &Path,
        copy: &Path,
        cipher: &Cipher,
        target: Option<&Tree>,
    ) -> Result<Found, StoreError> {
        self.prepare(kept_at, copy)
            .map_err(|error| StoreError::io("copy the damaged store", error))?;
        let tree = Tree::open(copy, Upkeep::None)?;
        let mut found = Found {
            changes: mark::counted(&tree, cipher).unwrap_or(0),
            ..Found::default()
        };
        let mut sound = Vec::new();
        let unreadable = walk(&tree, &mut |(key, value)| {
            if cipher.open(&key, &value).is_none() {
                found.lost += 1;
                return Ok(());
            }
            found.records += u64::from(split::is_record(&key, cipher));
            if let Some(target) = target {
                sound.push((key, Some(value)));
                if sound.len() >= COPY_BATCH {
                    target.apply(sound.drain(..))?;
                }
            }
            Ok(())
        })?;
        if let Some(target) = target {
            target.apply(sound)?;
        }
        found.lost += u64::from(unreadable);
        Ok(found)
    }

    fn prepare(self, kept_at: &Path, copy: &Path) -> std::io::Result<()> {
        files::remove_if_there(copy)?;
        files::copy_folder(kept_at, copy)?;
        if self.without_settings {
            files::remove_if_there(&copy.join("conf"))?;
        }
        if self.without_snapshot {
            for item in std::fs::read_dir(copy)? {
                let item = item?;
                if item.file_name().to_string_lossy().starts_with("snap.") {
                    files::remove_if_there(&item.path())?;
                }
            }
        }
        Ok(())
    }
}

/// Calls `visit` for every readable pair and says whether some pages could not be read.
///
/// An unreadable page stops a range read. Reading the same range from its other end finds the far side of the hole;
/// what lies between is cut in half and tried again, widest first, because there may be several holes.
fn walk(
    tree: &Tree,
    visit: &mut dyn FnMut((Vec<u8>, Vec<u8>)) -> Result<(), StoreError>,
) -> Result<bool, StoreError> {
    let mut pieces = VecDeque::from([(Bound::Unbounded, Bound::Unbounded)]);
    let mut unreadable = false;
    for _ in 0..MAX_PROBES {
        let Some((mut low, mut high)) = pieces.pop_front() else {
            break;
        };
        if read_towards(tree, &mut low, &mut high, Order::Ascending, visit)? {
            continue;
        }
        unreadable = true;
        if read_towards(tree, &mut low, &mut high, Order::Descending, visit)? {
            continue;
        }
        if let Some(middle) = middle(&low, &high) {
            pieces.push_back((low, Bound::Excluded(middle.clone())));
            pieces.push_back((Bound::Included(middle), high));
        }
    }
    Ok(unreadable)
}

/// Reads from one end, moving that end behind what was read. True when the other end was reached.
fn read_towards(
    tree: &Tree,
    low: &mut Bound<Vec<u8>>,
    high: &mut Bound<Vec<u8>>,
    order: Order,
    visit: &mut dyn FnMut((Vec<u8>, Vec<u8>)) -> Result<(), StoreError>,
) -> Result<bool, StoreError> {
    let (from, to) = (low.clone(), high.clone());
    let bounds = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
    let mut failed = None;
    let read = tree.range(bounds, order, &mut |(key, value)| {
        let end = Bound::Excluded(key.clone());
        match order {
            Order::Ascending => *low = end,
            Order::Descending => *high = end,
        }
        if let Err(error) = visit((key, value)) {
            failed = Some(error);
            return Ok(false);
        }
        Ok(true)
    });
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(true),
        (None, Err(StoreError::Damaged { .. })) => Ok(false),
        (None, Err(error)) => Err(error),
    }
}

/// A key about half way between two ends, or `None` when they are next to each other.
fn middle(low: &Bound<Vec<u8>>, high: &Bound<Vec<u8>>) -> Option<Vec<u8>> {
    let number = |bound: &Bound<Vec<u8>>, unbounded: u128| match bound {
        Bound::Unbounded => unbounded,
        Bound::Included(key) | Bound::Excluded(key) => {
            let mut bytes = [0; 16];
            bytes.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
            u128::from_be_bytes(bytes)
        }
    };
    let (low, high) = (number(low, 0), number(high, u128::MAX));
    let half = high.checked_sub(low)? / 2;
    (half > 0).then(|| (low + half).to_be_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_lies_between() {
        let key = |first: u8| Bound::Included(vec![first; 16]);
        let between = middle(&key(2), &key(6)).unwrap();
        assert!(between > vec![2; 16] && between < vec![6; 16]);
        assert_eq!(middle(&key(2), &key(2)), None);
        assert!(middle(&Bound::Unbounded, &Bound::Unbounded).is_some());
    }
}
