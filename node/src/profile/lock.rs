//! The lock that keeps a profile to one process at a time.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use super::ProfileError;
use crate::store::files;

/// The name of the lock file.
pub(super) const FILE: &str = "lock";

/// Holds the profile until dropped; the system lets go of it as well when the process dies or re-executes itself.
#[derive(Debug)]
pub struct ProfileLock {
    /// Locked; closing it unlocks.
    _file: File,
}

impl ProfileLock {
    /// Takes the profile in `dir`, or says which process has it.
    pub(super) fn take(dir: &Path) -> Result<Self, ProfileError> {
        let io = |error| ProfileError::io("lock the profile", error);
        let path = dir.join(FILE);
        let mut options = files::private_file();
        let mut file = options
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ProfileError::InUse {
                    pid: holder(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        // The number only helps a person: a disk too full to note it must not lock anybody out.
        let noted = file
            .set_len(0)
            .and_then(|()| write!(file, "{}", std::process::id()));
        if let Err(error) = noted {
            tracing::warn!(%error, "the process id could not be noted in the lock file");
        }
        Ok(ProfileLock { _file: file })
    }
}

/// The process id that the holder noted. Some systems do not let others read a locked file.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_is_told_who_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let held = ProfileLock::take(dir.path()).unwrap();
        let refused = ProfileLock::take(dir.path()).unwrap_err();
        assert!(matches!(refused, ProfileError::InUse { pid } if pid == Some(std::process::id())));
        assert!(refused.to_string().contains(&std::process::id().to_string()));
        drop(held);
        ProfileLock::take(dir.path()).unwrap();
    }
}
