//! Room on the disk: a check before every write and a reserve for the moment when it was too late.
//!
//! sled does not survive a write that the disk refuses: it keeps failing until it is opened again (`revival`). So a
//! batch is refused while there is still room for everything accepted before it, and a reserve file is given up if
//! another program took that room in the meantime.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use fs4::FileExt;

use crate::store::StoreError;
use crate::store::files;

/// What must be free besides the batch itself: sled rewrites pages around a record and writes whole segments.
const MARGIN_BYTES: u64 = 8 * 1024 * 1024;
/// Given up when the margin is gone as well, so that what was accepted can still be flushed.
const RESERVE_BYTES: u64 = 8 * 1024 * 1024;
/// A record of n bytes may cost this many times n, through rewritten pages.
const WRITE_FACTOR: u64 = 4;
/// How long a look at the free space counts.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Watches the free space on the disk of one profile.
pub(super) struct Space {
    folder: PathBuf,
    reserve: PathBuf,
    state: Mutex<State>,
}

struct State {
    looked_at: Instant,
    /// Free bytes when looked at, less what was accepted since.
    free_bytes: u64,
    has_reserve: bool,
}

impl Space {
    /// Looks at the disk of `folder` and makes the reserve file if there is room for it.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let reserve = folder.join("reserve");
        let has_reserve = std::fs::metadata(&reserve).is_ok_and(|file| file.len() >= RESERVE_BYTES);
        let state = State {
            looked_at: Instant::now(),
            free_bytes: free_bytes(folder)?,
            has_reserve,
        };
        let space = Space {
            folder: folder.to_owned(),
            reserve,
            state: Mutex::new(state),
        };
        space.keep_reserve(&mut space.lock());
        Ok(space)
    }

    /// Accepts a write of `bytes` bytes, or says that the disk is full.
    pub(super) fn admit(&self, bytes: u64) -> Result<(), StoreError> {
        let cost = bytes.saturating_mul(WRITE_FACTOR);
        let needed = cost.saturating_add(MARGIN_BYTES);
        let mut state = self.lock();
        if state.looked_at.elapsed() >= LOOK_EVERY || state.free_bytes < needed {
            self.look(&mut state)?;
        }
        if state.free_bytes < needed {
            return Err(StoreError::DiskFull {
                free_bytes: state.free_bytes,
                needed_bytes: needed,
            });
        }
        state.free_bytes = state.free_bytes.saturating_sub(cost);
        Ok(())
    }

    /// Called before a flush: gives the reserve up when less than half the margin is left for it.
    pub(super) fn before_flush(&self) -> Result<(), StoreError> {
        let mut state = self.lock();
        // Always looked at afresh: another program may have taken the rest a moment ago, and a database that meets a full
        // disk while it writes has to be opened anew.
        self.look(&mut state)?;
        if state.free_bytes < MARGIN_BYTES / 2 && state.has_reserve {
            files::remove_if_there(&self.reserve)
                .map_err(|error| StoreError::io("give up the reserve file", error))?;
            state.has_reserve = false;
            tracing::warn!("the disk is full: the reserve file was given up to finish writing");
        }
        Ok(())
    }

    /// Whether less than half the margin is free.
    pub(super) fn is_short(&self) -> bool {
        free_bytes(&self.folder).is_ok_and(|free| free < MARGIN_BYTES / 2)
    }

    /// Called before the database is opened anew: gives the reserve up if need be, and wants half the margin.
    pub(super) fn before_revival(&self) -> Result<(), StoreError> {
        self.before_flush()?;
        let needed_bytes = MARGIN_BYTES / 2;
        let free_bytes = free_bytes(&self.folder)?;
        if free_bytes < needed_bytes {
            return Err(StoreError::DiskFull {
                free_bytes,
                needed_bytes,
            });
        }
        Ok(())
    }

    fn look(&self, state: &mut State) -> Result<(), StoreError> {
        state.free_bytes = free_bytes(&self.folder)?;
        state.looked_at = Instant::now();
        self.keep_reserve(state);
        Ok(())
    }

    /// Makes the reserve (again) once there is plenty. Doing without is no error: the check before writes stands.
    fn keep_reserve(&self, state: &mut State) {
        if state.has_reserve || state.free_bytes < RESERVE_BYTES + 2 * MARGIN_BYTES {
            return;
        }
        let made = files::private_file()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.reserve)
            .and_then(|file| FileExt::allocate(&file, RESERVE_BYTES));
        match made {
            Ok(()) => {
                state.has_reserve = true;
                state.free_bytes = state.free_bytes.saturating_sub(RESERVE_BYTES);
            }
            Err(error) => tracing::warn!(%error, "no reserve file could be made"),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refuses when fewer than `bytes` bytes are free on the disk of `folder`.
pub(super) fn require(folder: &Path, bytes: u64) -> Result<(), StoreError> {
    let free_bytes = free_bytes(folder)?;
    let needed_bytes = bytes.saturating_add(MARGIN_BYTES);
    if free_bytes < needed_bytes {
        return Err(StoreError::DiskFull {
            free_bytes,
            needed_bytes,
        });
    }
    Ok(())
}

fn free_bytes(folder: &Path) -> Result<u64, StoreError> {
    fs4::available_space(folder).map_err(|error| StoreError::io("look at the free space", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_larger_than_the_disk_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let space = Space::open(folder.path()).unwrap();
        assert!(matches!(
            space.admit(u64::MAX / 2),
            Err(StoreError::DiskFull { .. })
        ));
        space.admit(1000).unwrap();
    }

    #[test]
    fn the_reserve_file_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let _space = Space::open(folder.path()).unwrap();
        assert_eq!(
            std::fs::metadata(folder.path().join("reserve")).unwrap().len(),
            RESERVE_BYTES
        );
    }
}
