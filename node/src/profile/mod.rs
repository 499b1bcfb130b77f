//! Profiles: one folder holds everything that one person has on this machine.
//!
//! | file | holds |
//! |---|---|
//! | `profile.json` | format and display name, readable before unlocking |
//! | `vault` | the data key, wrapped under the passphrase |
//! | `identity` | account, device key and, if it may enrol, the account key; under the data key |
//! | `ring` | the day keys of erasable records; under the data key |
//! | `keys.1`, `keys.2` | the numbered keys of messages, twice; under the data key |
//! | `db`, `db.mark`, `reserve` | the store and what guards it (see `store/sled`) |
//! | `db.damage` | what was found damaged and is not mended yet |
//! | `lock` | held while the profile is open, with the process id of its holder |
//!
//! Here profiles are listed, made, unlocked, given another passphrase and deleted. What is in the store is the
//! engine's matter. Argon2id makes [`create`], [`unlock`] and [`change_passphrase`] slow on purpose: call them from
//! a task, never from a loop that somebody waits for.

mod error;
mod estimate;
mod folder;
mod lock;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kith_crypto::{AccountKey, DataKey, DeviceKey, Identity, IdentityFile, VaultFile, check_name};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

pub use kith_crypto::{CryptoError, RecoveryWords, VaultParams};

pub use self::error::ProfileError;
pub use self::estimate::{Estimate, passphrase_estimate};
use self::folder::{About, Folder};
pub use self::lock::ProfileLock;
use crate::store::{Damage, SledStore};

/// The longest passphrase, in bytes of UTF-8: far longer than anybody types, and short enough to be held in a field.
pub const MAX_PASSPHRASE_BYTES: usize = 4_096;

/// Whether a profile may be given this passphrase.
fn check_new(passphrase: &str) -> Result<(), ProfileError> {
    match passphrase.len() {
        0 => Err(ProfileError::EmptyPassphrase),
        1..=MAX_PASSPHRASE_BYTES => Ok(()),
        _ => Err(ProfileError::LongPassphrase),
    }
}

/// What a person says when making a profile.
pub struct NewProfile {
    /// The display name, as [`check_name`] allows it.
    pub name: String,
    /// The passphrase, not empty and of [`MAX_PASSPHRASE_BYTES`] at most.
    pub passphrase: Zeroizing<String>,
    /// The words of an account to restore; `None` makes a new account.
    pub words: Option<RecoveryWords>,
}

/// A profile whose passphrase was given. Dropping it closes the store and lets others open the profile.
pub struct Unlocked {
    /// The profile's folder.
    pub dir: PathBuf,
    /// The display name that was chosen when it was made.
    pub name: String,
    /// Who this installation is.
    pub identity: Identity,
    /// Everything remembered.
    pub store: Arc<SledStore>,
    /// What was found damaged while opening the store, to be shown to the person.
    pub damage: Option<Damage>,
    /// True when this device was made from recovery words: the account is older than this device.
    pub restored: bool,
    /// Keeps other processes out. Hold it as long as `store`.
    pub lock: ProfileLock,
    /// Seals the identity file again when the device is replaced.
    key: DataKey,
}

/// A profile as it shows before unlocking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileSummary {
    /// Its folder.
    pub dir: PathBuf,
    /// Its display name; the folder's name when `profile.json` cannot be read.
    pub name: String,
    /// When it was made, unix milliseconds; 0 when unknown.
    pub created_at_ms: u64,
}

/// The profiles whose folders lie in `root`, oldest first. A missing `root` holds none. Takes no passphrase.
pub fn list(root: &Path) -> Result<Vec<ProfileSummary>, ProfileError> {
    let items = match std::fs::read_dir(root) {
        Ok(items) => items,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ProfileError::io("look for profiles", error)),
    };
    let mut found = Vec::new();
    for item in items {
        let dir = item
            .map_err(|error| ProfileError::io("look for profiles", error))?
            .path();
        let folder = Folder::new(&dir);
        if folder.is_profile() {
            let about = folder.about();
            found.push(ProfileSummary {
                dir,
                name: about.name,
                created_at_ms: about.created_at_ms,
            });
        }
    }
    found.sort_by(|a, b| (a.created_at_ms, &a.dir).cmp(&(b.created_at_ms, &b.dir)));
    Ok(found)
}

/// Makes a profile in `dir`, which must not exist or be empty, and unlocks it.
///
/// Gives the recovery words as well: of the new account, or the given ones. `params` say how hard Argon2id works,
/// `now_ms` is the unix time. A crash leaves either the whole profile or nothing under that name.
pub fn create(
    dir: &Path,
    new: &NewProfile,
    params: VaultParams,
    now_ms: u64,
    rng: &mut dyn CryptoRng,
) -> Result<(Unlocked, RecoveryWords), ProfileError> {
    check_name(&new.name).map_err(ProfileError::Name)?;
    check_new(&new.passphrase)?;
    let account = match &new.words {
        Some(words) => words
            .account_key()
            .map_err(|error| ProfileError::crypto("read the words", error))?,
        None => AccountKey::generate(rng),
    };
    let words = RecoveryWords::of(&account)
        .map_err(|error| ProfileError::crypto("make the recovery words", error))?;
    let identity = Identity {
        account: account.id(),
        device: DeviceKey::generate(rng),
        account_key: Some(account),
    };
    let making = |error| ProfileError::crypto("make the vault", error);
    let (vault, key) = VaultFile::create(&new.passphrase, params, rng).map_err(making)?;
    let sealed = IdentityFile::seal(&key, &identity, rng).map_err(making)?;
    let about = About::new(&new.name, now_ms, new.words.is_some());
    let folder = Folder::new(dir);
    folder.create(&about, &vault, &sealed)?;
    let lock = ProfileLock::take(dir)?;
    let unlocked = open(&folder, about, identity, &key, lock, rng)?;
    Ok((unlocked, words))
}

/// Opens the profile in `dir` with its passphrase. `rng` seeds the store's own randomness.
///
/// A wrong passphrase and a damaged wrapped key are the same error after the same work, because nobody can tell
/// them apart. A damaged store is rescued and reported in [`Unlocked::damage`].
pub fn unlock(dir: &Path, passphrase: &str, rng: &mut dyn CryptoRng) -> Result<Unlocked, ProfileError> {
    let folder = Folder::new(dir);
    let about = folder.check()?;
    let lock = ProfileLock::take(dir)?;
    let key = VaultFile::open(&folder.vault()?, passphrase).map_err(ProfileError::vault)?;
    let identity = IdentityFile::open(&key, &folder.identity()?).map_err(ProfileError::identity)?;
    open(&folder, about, identity, &key, lock, rng)
}

fn open(
    folder: &Folder,
    about: About,
    identity: Identity,
    key: &DataKey,
    lock: ProfileLock,
    rng: &mut dyn CryptoRng,
) -> Result<Unlocked, ProfileError> {
    let opened = SledStore::open(folder.path(), key, rng)?;
    Ok(Unlocked {
        dir: folder.path().to_owned(),
        name: about.name,
        identity,
        store: Arc::new(opened.store),
        damage: opened.damage,
        restored: about.restored,
        lock,
        key: key.clone(),
    })
}

/// Gives the profile in `dir` another passphrase by wrapping its one data key anew; works while it is open.
/// On failure the old passphrase stays the right one.
pub fn change_passphrase(
    dir: &Path,
    old: &str,
    new: &str,
    rng: &mut dyn CryptoRng,
) -> Result<(), ProfileError> {
    check_new(new)?;
    let folder = Folder::new(dir);
    folder.check()?;
    let vault = VaultFile::change_passphrase(&folder.vault()?, old, new, rng).map_err(ProfileError::vault)?;
    folder.write_vault(&vault)
}

/// The recovery words of the profile in `dir`, for somebody who gives its passphrase again; works while it is open.
///
/// They are spelled from the account key, which the identity file keeps under the data key: nothing more is stored for
/// it. A device that holds no account key gives `None`.
pub fn recovery_words(dir: &Path, passphrase: &str) -> Result<Option<RecoveryWords>, ProfileError> {
    let folder = Folder::new(dir);
    folder.check()?;
    let key = VaultFile::open(&folder.vault()?, passphrase).map_err(ProfileError::vault)?;
    let identity = IdentityFile::open(&key, &folder.identity()?).map_err(ProfileError::identity)?;
    let words = identity.account_key.as_ref().map(RecoveryWords::of);
    words
        .transpose()
        .map_err(|error| ProfileError::crypto("make the recovery words", error))
}

/// Changes the name that the profile in `dir` shows before it is unlocked; works while it is open.
pub fn rename(dir: &Path, name: &str) -> Result<(), ProfileError> {
    let folder = Folder::new(dir);
    let mut about = folder.check()?;
    if about.name == name {
        return Ok(());
    }
    name.clone_into(&mut about.name);
    folder.write_about(&about)
}

/// Deletes the profile in `dir` for good. Refused while it is open anywhere.
///
/// The vault goes first: from then on nothing of the rest can be read. Only Kith's own files are removed, so that a
/// folder given by mistake keeps what else it holds.
pub fn delete(dir: &Path) -> Result<(), ProfileError> {
    let folder = Folder::new(dir);
    if !folder.is_profile() {
        return Err(ProfileError::NotAProfile { dir: dir.to_owned() });
    }
    let lock = ProfileLock::take(dir)?;
    folder.remove(lock)
}

impl std::fmt::Debug for NewProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewProfile")
            .field("restores", &self.words.is_some())
            .finish_non_exhaustive()
    }
}

impl Unlocked {
    /// Makes this installation a new device of the same account, because its folder turned out to be an old copy and
    /// the device's logs go on elsewhere. What the store holds stays; the old device's key is gone when this returns.
    pub fn renew_device(&mut self, rng: &mut dyn CryptoRng) -> Result<(), ProfileError> {
        let identity = Identity {
            device: DeviceKey::generate(rng),
            ..self.identity.clone()
        };
        let sealed = IdentityFile::seal(&self.key, &identity, rng)
            .map_err(|error| ProfileError::crypto("make a new device", error))?;
        Folder::new(&self.dir).write_identity(&sealed)?;
        self.identity = identity;
        Ok(())
    }
}

impl std::fmt::Debug for Unlocked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unlocked")
            .field("dir", &self.dir)
            .field("damage", &self.damage)
            .field("restored", &self.restored)
            .finish_non_exhaustive()
    }
}
