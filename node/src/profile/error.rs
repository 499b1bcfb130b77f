//! What a person can meet while making or opening a profile. Each text says what happened, what is safe and what to
//! do.

use std::path::PathBuf;
use std::sync::Arc;

use kith_crypto::CryptoError;

use super::MAX_PASSPHRASE_BYTES;
use crate::store::StoreError;

/// A failure around a profile.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The passphrase is wrong, or the vault's wrapped key is damaged; nobody can tell which.
    #[error(
        "The passphrase is wrong, or the vault is damaged. Nothing was changed. Try again; if you are sure of the \
         passphrase, restore your account from its 24 words."
    )]
    WrongPassphrase,
    /// The passphrase is empty.
    #[error("The passphrase is empty. Nothing was changed. Choose one with several words.")]
    EmptyPassphrase,
    /// The passphrase is longer than a profile takes.
    #[error(
        "The passphrase is longer than {MAX_PASSPHRASE_BYTES} bytes. Nothing was changed. Choose a shorter one."
    )]
    LongPassphrase,
    /// The display name is not allowed.
    #[error("{0} Nothing was changed. Choose another name.")]
    Name(#[source] CryptoError),
    /// Another process has the profile open.
    #[error("This profile is already open{}. Nothing was changed. Use the other window, or close it first.",
        pid.map(|pid| format!(" in process {pid}")).unwrap_or_default())]
    InUse {
        /// The process that has it open, when it can be told.
        pid: Option<u32>,
    },
    /// There is no profile in the folder.
    #[error("There is no Kith profile in {}. Nothing was changed. Choose another folder.", dir.display())]
    NotAProfile {
        /// The folder.
        dir: PathBuf,
    },
    /// A profile should be made where something is already.
    #[error("{} is not empty. Nothing was changed. Choose another folder.", dir.display())]
    AlreadyThere {
        /// The folder.
        dir: PathBuf,
    },
    /// A file without which the profile cannot be opened is gone.
    #[error(
        "The file '{file}' of this profile is missing, so it cannot be opened. The other files were not touched. \
         Put it back from a copy of the folder, or restore your account from its 24 words into a new profile."
    )]
    MissingFile {
        /// The file's name.
        file: &'static str,
    },
    /// A file without which the profile cannot be opened is damaged.
    #[error(
        "The file '{file}' of this profile is damaged, so it cannot be opened. Nothing was changed. Put it back from \
         a copy of the folder, or restore your account from its 24 words into a new profile."
    )]
    DamagedFile {
        /// The file's name.
        file: &'static str,
    },
    /// A later Kith wrote the profile.
    #[error(
        "This profile was last used by a newer version of Kith (format {found}). Nothing was changed. Install the \
         newer version to open it."
    )]
    FutureVersion {
        /// The format it has.
        found: u32,
    },
    /// The folder cannot be written.
    #[error(
        "Kith may not write to the profile's folder. What is stored is safe. Make the folder writable for your user \
         and try again."
    )]
    ReadOnly,
    /// The disk has no room.
    #[error(
        "The disk is full. What is stored is safe and nothing new was saved. Free some space and try again."
    )]
    DiskFull,
    /// Argon2id could not have the memory it needs.
    #[error(
        "There is not enough free memory to open the vault. Nothing was changed. Close other programs and try again."
    )]
    OutOfMemory,
    /// The store could not be opened.
    #[error(transparent)]
    Store(StoreError),
    /// The system refused for another reason.
    #[error("Kith could not {doing}: {source}. What is stored is safe; try again.")]
    Io {
        /// What was being done, as a verb phrase.
        doing: &'static str,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// The cryptographic part refused.
    #[error("Kith could not {doing}: {source} Nothing was changed.")]
    Crypto {
        /// What was being done, as a verb phrase.
        doing: &'static str,
        /// Why.
        source: CryptoError,
    },
}

impl ProfileError {
    /// Names what a person can do something about apart from the rest.
    pub(super) fn io(doing: &'static str, source: std::io::Error) -> Self {
        match StoreError::io(doing, source) {
            StoreError::Io { doing, source } => ProfileError::Io { doing, source },
            other => other.into(),
        }
    }

    pub(super) fn crypto(doing: &'static str, source: CryptoError) -> Self {
        match source {
            CryptoError::OutOfMemory => ProfileError::OutOfMemory,
            source => ProfileError::Crypto { doing, source },
        }
    }

    /// What opening the vault file met.
    pub(super) fn vault(error: CryptoError) -> Self {
        match error {
            CryptoError::WrongPassphraseOrDamaged => ProfileError::WrongPassphrase,
            CryptoError::FutureVersion { found, .. } => ProfileError::FutureVersion { found: found.into() },
            CryptoError::OutOfMemory => ProfileError::OutOfMemory,
            _ => ProfileError::DamagedFile { file: "vault" },
        }
    }

    /// What opening the identity file met.
    pub(super) fn identity(error: CryptoError) -> Self {
        match error {
            CryptoError::FutureVersion { found, .. } => ProfileError::FutureVersion { found: found.into() },
            _ => ProfileError::DamagedFile { file: "identity" },
        }
    }
}

impl From<StoreError> for ProfileError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull { .. } => ProfileError::DiskFull,
            StoreError::ReadOnly => ProfileError::ReadOnly,
            StoreError::FutureSchema { found, .. } => ProfileError::FutureVersion { found },
            other => ProfileError::Store(other),
        }
    }
}
