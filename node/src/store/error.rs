//! What can go wrong while storing, one variant per way to fail.
//!
//! The texts reach people: they say what happened, what is safe and what to do. They never hold a key, a value or
//! a name.

use std::sync::Arc;

/// A failure of the store. Cloneable, because one failed batch is reported to several callers.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk has no room; nothing of the batch was written.
    #[error(
        "The disk is full: {free_bytes} bytes are free and Kith needs {needed_bytes}. Nothing was lost and nothing \
         new was saved. Free some space and try again."
    )]
    DiskFull {
        /// Free bytes on the disk of the profile when it was last looked at.
        free_bytes: u64,
        /// Bytes that have to be free before the store writes again.
        needed_bytes: u64,
    },
    /// The disk refused a write half way, and the store could not be opened anew since.
    #[error(
        "The disk refused a write, and the store cannot go on ({reason}). Nothing that was shown as saved is lost. Make sure \
         that the disk has room and start Kith again."
    )]
    Halted {
        /// What kept it from going on.
        reason: String,
    },
    /// A value is longer than any record may be; nothing of the batch was written.
    #[error(
        "A record of {bytes} bytes is too large to be stored (the limit is {limit_bytes}). Nothing was changed."
    )]
    ValueTooLarge {
        /// Length of the refused value.
        bytes: usize,
        /// The limit it broke.
        limit_bytes: usize,
    },
    /// A suffix is longer than a key may be; nothing of the batch was written.
    #[error("A record's key of {bytes} bytes is too long (the limit is {limit_bytes}). Nothing was changed.")]
    KeyTooLong {
        /// Length of the refused suffix.
        bytes: usize,
        /// The limit it broke.
        limit_bytes: usize,
    },
    /// The folder was written by a later Kith.
    #[error(
        "This profile was last used by a newer version of Kith (its store is version {found}, this program knows \
         versions up to {known}). Nothing was changed. Install the newer version to open it."
    )]
    FutureSchema {
        /// The version found in the store.
        found: u32,
        /// The newest version this program understands.
        known: u32,
    },
    /// Stored bytes are not what was written.
    #[error(
        "Part of the stored data is damaged ({what}). The rest is safe. Restart Kith: it will set the damaged \
         folder aside, recover what is readable and fetch the rest again from your contacts."
    )]
    Damaged {
        /// What was found, without content.
        what: String,
    },
    /// The folder cannot be written.
    #[error(
        "Kith may not write to its folder. What is stored is safe, but nothing new can be saved. Make the folder \
         writable for your user and start Kith again."
    )]
    ReadOnly,
    /// The system refused to read or write for another reason.
    #[error("Kith could not {doing}: {source}. What was saved before is safe; try again, or restart Kith.")]
    Io {
        /// What was being done, as a verb phrase: "write the day keys".
        doing: &'static str,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// The cryptographic part of the store refused, without saying more than this.
    #[error("Kith could not {doing}: {reason}. What was saved before is safe; restart Kith.")]
    Crypto {
        /// What was being done, as a verb phrase.
        doing: &'static str,
        /// The reason, without content.
        reason: String,
    },
}

/// Why a disk takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskTrouble {
    /// It has no room: a person can make some.
    Full,
    /// It refuses for another reason: it fails, was taken away, or may not be written.
    Failing,
}

impl StoreError {
    /// Wraps what the system said while `doing` something, naming a full disk and a folder without write
    /// permission apart, because a person can do something about those.
    pub fn io(doing: &'static str, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded =>
            // Nobody asked how much there is; what a write usually needs is near enough.
            {
                StoreError::DiskFull {
                    free_bytes: 0,
                    needed_bytes: 8 * 1024 * 1024,
                }
            }
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::ReadOnly
            }
            _ => StoreError::Io {
                doing,
                source: Arc::new(source),
            },
        }
    }

    /// What is wrong with the disk, if it is the disk.
    pub fn disk_trouble(&self) -> Option<DiskTrouble> {
        match self {
            StoreError::DiskFull { .. } => Some(DiskTrouble::Full),
            StoreError::Halted { .. } | StoreError::Io { .. } | StoreError::ReadOnly => {
                Some(DiskTrouble::Failing)
            }
            _ => None,
        }
    }

    /// True when trying again later can help without anything being repaired: the disk was full.
    pub fn is_temporary(&self) -> bool {
        matches!(self, StoreError::DiskFull { .. })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn only_a_full_disk_is_called_full() {
        for (kind, trouble) in [
            (ErrorKind::StorageFull, DiskTrouble::Full),
            (ErrorKind::QuotaExceeded, DiskTrouble::Full),
            (ErrorKind::ReadOnlyFilesystem, DiskTrouble::Failing),
            (ErrorKind::PermissionDenied, DiskTrouble::Failing),
            // What an unplugged or failing disk says.
            (ErrorKind::Other, DiskTrouble::Failing),
        ] {
            let error = StoreError::io("flush the store", Error::from(kind));
            assert_eq!(error.disk_trouble(), Some(trouble), "{kind:?}");
        }
        let halted = StoreError::Halted {
            reason: String::new(),
        };
        assert_eq!(halted.disk_trouble(), Some(DiskTrouble::Failing));
        let damaged = StoreError::Damaged { what: String::new() };
        assert_eq!(damaged.disk_trouble(), None);
    }
}
