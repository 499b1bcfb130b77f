//! The files of a profile: which there are, and how they are written and removed without ever leaving half a profile.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ProfileError, ProfileLock, lock};
use crate::store::files;

/// The format of `profile.json` that this program writes.
const FORMAT: u32 = 1;
const ABOUT: &str = "profile.json";
const VAULT: &str = "vault";
const IDENTITY: &str = "identity";
/// More than any file read here may hold, in bytes: nothing larger is read into memory.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// What `profile.json` says. Nothing in it is secret and nothing depends on it being true.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub(super) struct About {
    /// Format of this file and of the folder.
    format: u32,
    /// The display name to show before unlocking.
    pub(super) name: String,
    /// Unix milliseconds.
    #[serde(default)]
    pub(super) created_at_ms: u64,
    /// Made from recovery words.
    #[serde(default)]
    pub(super) restored: bool,
}

impl About {
    pub(super) fn new(name: &str, created_at_ms: u64, restored: bool) -> Self {
        About {
            format: FORMAT,
            name: name.to_owned(),
            created_at_ms,
            restored,
        }
    }
}

/// A profile's folder.
pub(super) struct Folder {
    dir: PathBuf,
}

impl Folder {
    pub(super) fn new(dir: &Path) -> Self {
        Folder { dir: dir.to_owned() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.dir
    }

    /// True when there is a profile, whole or not. A folder that is still being made is none.
    pub(super) fn is_profile(&self) -> bool {
        let being_made = self
            .dir
            .extension()
            .is_some_and(|extension| extension == "making");
        !being_made
            && [VAULT, ABOUT, IDENTITY]
                .iter()
                .any(|file| self.dir.join(file).is_file())
    }

    /// Says what `profile.json` says, after checking that this program may open the folder.
    pub(super) fn check(&self) -> Result<About, ProfileError> {
        if !self.is_profile() {
            return Err(ProfileError::NotAProfile {
                dir: self.dir.clone(),
            });
        }
        let about = self.about();
        if about.format > FORMAT {
            return Err(ProfileError::FutureVersion { found: about.format });
        }
        Ok(about)
    }

    /// What `profile.json` says. A damaged or missing one must keep nobody out: then the folder's name has to do.
    pub(super) fn about(&self) -> About {
        let read = self
            .read(ABOUT)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<About>(&bytes).ok());
        read.unwrap_or_else(|| {
            let name = self
                .dir
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            About::new(&name.unwrap_or_default(), 0, false)
        })
    }

    pub(super) fn vault(&self) -> Result<Vec<u8>, ProfileError> {
        self.read(VAULT)
    }

    pub(super) fn identity(&self) -> Result<Vec<u8>, ProfileError> {
        self.read(IDENTITY)
    }

    fn read(&self, file: &'static str) -> Result<Vec<u8>, ProfileError> {
        let path = self.dir.join(file);
        let read = std::fs::metadata(&path).and_then(|metadata| {
            if metadata.len() > MAX_FILE_BYTES {
                return Ok(None);
            }
            std::fs::read(&path).map(Some)
        });
        match read {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(ProfileError::DamagedFile { file }),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(ProfileError::MissingFile { file }),
            Err(error) => Err(ProfileError::io("read the profile", error)),
        }
    }

    /// Writes the files of a new profile into a neighbour folder and renames that.
    pub(super) fn create(&self, about: &About, vault: &[u8], identity: &[u8]) -> Result<(), ProfileError> {
        let io = |error| ProfileError::io("make the profile", error);
        match std::fs::read_dir(&self.dir).map(|mut items| items.next().is_none()) {
            Ok(true) => {}
            Ok(false) => {
                return Err(ProfileError::AlreadyThere {
                    dir: self.dir.clone(),
                });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(ProfileError::AlreadyThere {
                    dir: self.dir.clone(),
                });
            }
            Err(error) => return Err(io(error)),
        }
        let mut making = self.dir.clone().into_os_string();
        making.push(".making");
        let making = PathBuf::from(making);
        let about = serde_json::to_vec_pretty(about).map_err(|error| io(error.into()))?;
        files::remove_if_there(&making).map_err(io)?;
        files::create_private_folder(&making).map_err(io)?;
        for (file, bytes) in [(ABOUT, about.as_slice()), (VAULT, vault), (IDENTITY, identity)] {
            files::write_atomically(&making.join(file), bytes).map_err(io)?;
        }
        if self.dir.exists() {
            std::fs::remove_dir(&self.dir).map_err(io)?;
        }
        std::fs::rename(&making, &self.dir)
            .and_then(|()| files::sync_parent(&self.dir))
            .map_err(io)
    }

    /// Says something else in `profile.json`.
    pub(super) fn write_about(&self, about: &About) -> Result<(), ProfileError> {
        let io = |error| ProfileError::io("write the profile's name", error);
        let about = serde_json::to_vec_pretty(about).map_err(|error| io(error.into()))?;
        files::write_atomically(&self.dir.join(ABOUT), &about).map_err(io)
    }

    pub(super) fn write_identity(&self, bytes: &[u8]) -> Result<(), ProfileError> {
        files::write_atomically(&self.dir.join(IDENTITY), bytes)
            .map_err(|error| ProfileError::io("write the identity file", error))
    }

    pub(super) fn write_vault(&self, bytes: &[u8]) -> Result<(), ProfileError> {
        files::write_atomically(&self.dir.join(VAULT), bytes)
            .map_err(|error| ProfileError::io("write the vault", error))
    }

    /// Removes everything that Kith has put into the folder, the keys first, and the folder if nothing else is in it.
    pub(super) fn remove(&self, lock: ProfileLock) -> Result<(), ProfileError> {
        let io = |error| ProfileError::io("delete the profile", error);
        for keys in [VAULT, IDENTITY, "ring", "keys.1", "keys.2"] {
            files::remove_if_there(&self.dir.join(keys)).map_err(io)?;
        }
        files::sync_parent(&self.dir.join(VAULT)).map_err(io)?;
        for item in std::fs::read_dir(&self.dir).map_err(io)? {
            let item = item.map_err(io)?;
            let name = item.file_name();
            let name = name.to_string_lossy();
            let ours = name == "db"
                || name == "reserve"
                || name == "port"
                || name.starts_with("db.")
                || name.starts_with("ring.")
                || name.starts_with("keys.")
                || name.starts_with("vault.");
            if ours {
                files::remove_if_there(&item.path()).map_err(io)?;
            }
        }
        // Last, so that an interrupted deletion still shows as a profile and can be finished.
        files::remove_if_there(&self.dir.join(ABOUT)).map_err(io)?;
        drop(lock);
        files::remove_if_there(&self.dir.join(lock::FILE)).map_err(io)?;
        match std::fs::remove_dir(&self.dir) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
            removed => removed.map_err(io),
        }
    }
}
