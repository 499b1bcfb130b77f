//! The key files: the numbered keys under which the bodies of messages are wrapped, kept twice.
//!
//! Losing them would lose every message, so there are two files of the same content. Each is rewritten whole, with fsyncs,
//! one after the other: a key is made when both have it, and forgotten when neither has it. Each carries a generation; at
//! opening the newest sound one counts and the other is written anew from it. A file that is torn or damaged therefore
//! costs nothing as long as its twin is whole.
//!
//! After a crash between the two writes the older twin may lack keys under which nothing lies yet, or still have some that
//! were to be forgotten; who wanted them forgotten has noted that in the store and asks again.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use kith_crypto::{CryptoError, DataKey, NumberedKeys};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::damage::{Damage, Note};
use super::{StoreError, files};

/// The names of the two files.
const NAMES: [&str; 2] = ["keys.1", "keys.2"];

/// When all keys were lost, numbers go on from one above this that is drawn at random: no number may ever stand for two keys,
/// and which ones were in use is not known any more.
const AFTER_LOSS: u64 = 1 << 40;

/// The numbered keys and the files they live in.
pub(super) struct KeyFiles {
    paths: [PathBuf; 2],
    key: DataKey,
    keys: RwLock<NumberedKeys>,
    /// Of what was last written, or attempted: no two contents share one.
    generation: Mutex<u64>,
}

/// What was found in one file.
enum Found {
    Sound(NumberedKeys),
    Missing,
    Damaged,
    /// Of a later version, or its first byte is damaged.
    Later(u8),
}

/// What opening the files has cost.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Nothing.
    None,
    /// All keys. Where the first damaged file lies now, if there was one.
    All(Option<PathBuf>),
}

impl KeyFiles {
    /// Reads the keys in `folder`. `expected` says that there must be some: a store that had keys before. Without either
    /// file new ones are begun, which is a loss where some were expected, and noted.
    pub(super) fn open(
        folder: &Path,
        key: &DataKey,
        expected: bool,
        note: &mut Note,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Loss), StoreError> {
        let paths = NAMES.map(|name| folder.join(name));
        let mut sound = Vec::new();
        let mut damaged = Vec::new();
        let mut later = None;
        for path in &paths {
            match read(path, key)? {
                Found::Sound(keys) => sound.push(keys),
                Found::Damaged => damaged.push(path),
                Found::Later(version) => {
                    later.get_or_insert(version);
                }
                Found::Missing => {}
            }
        }
        // Both are always of one version: beside a sound twin it is damage.
        if let (true, Some(version)) = (sound.is_empty(), later) {
            let found = u32::from(version);
            return Err(StoreError::FutureSchema { found, known: 1 });
        }
        let generation = |keys: &NumberedKeys| keys.generation();
        let is_whole = sound.len() == paths.len() && sound.iter().map(generation).is_sorted_by(|a, b| a == b);
        let newest = sound.into_iter().max_by_key(generation);
        let is_lost = newest.is_none() && (expected || !damaged.is_empty());
        let has_some = newest.is_some();
        let loss = match is_lost {
            true => Loss::All(set_aside(&damaged, note)?),
            false => Loss::None,
        };
        let keys = newest.unwrap_or_else(|| match is_lost {
            true => NumberedKeys::beginning_at(AFTER_LOSS + (rng.next_u64() >> 16)),
            false => NumberedKeys::default(),
        });
        let files = KeyFiles {
            generation: Mutex::new(keys.generation()),
            paths,
            key: key.clone(),
            keys: RwLock::new(keys),
        };
        if !is_whole {
            match files.change("write the message keys", rng, |_, _| Ok(true)) {
                // Whatever changes next writes both.
                Err(error) if has_some && error.is_temporary() => {
                    tracing::warn!(%error, "a key file could not be written anew");
                }
                written => written?,
            }
        }
        Ok((files, loss))
    }

    /// The keys as they are now.
    pub(super) fn keys(&self) -> RwLockReadGuard<'_, NumberedKeys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes sure that all `numbers`, in ascending order, have a durable key.
    pub(super) fn ensure(
        &self,
        numbers: impl IntoIterator<Item = u64>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), StoreError> {
        const DOING: &str = "make a message key";
        let missing: Vec<u64> = {
            let keys = self.keys();
            numbers
                .into_iter()
                .filter(|number| !keys.holds(*number))
                .collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        self.change(DOING, rng, |keys, rng| {
            for number in missing {
                keys.ensure(number, rng).map_err(|error| refused(DOING, &error))?;
            }
            Ok(true)
        })
    }

    /// Drops the keys of these numbers, durably and from both files.
    pub(super) fn forget(&self, numbers: &[u64], rng: &mut dyn CryptoRng) -> Result<(), StoreError> {
        self.change("erase a message key", rng, |keys, _| {
            let mut changed = false;
            for number in numbers {
                changed |= keys.forget(*number);
            }
            Ok(changed)
        })
    }

    /// Wraps `value`, which belongs at `physical`, under numbers that were ensured.
    pub(super) fn wrap(
        &self,
        numbers: &[u64],
        nonce: &[u8; 24],
        physical: &[u8],
        value: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        self.keys()
            .wrap(numbers, nonce, physical, value)
            .map_err(|error| refused("encrypt an erasable record", &error))
    }

    /// Unwraps a value; `None` when it has been forgotten.
    pub(super) fn unwrap(
        &self,
        numbers: &[u64],
        nonce: &[u8; 24],
        physical: &[u8],
        wrapped: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        self.keys().unwrap(numbers, nonce, physical, wrapped).ok()
    }

    /// Changes a copy of the keys, writes it twice and only then takes it over: memory never knows what a disk does not.
    fn change<C>(&self, doing: &'static str, rng: &mut dyn CryptoRng, change: C) -> Result<(), StoreError>
    where
        C: FnOnce(&mut NumberedKeys, &mut dyn CryptoRng) -> Result<bool, StoreError>,
    {
        let mut generation = self.generation.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = self.keys().clone();
        if !change(&mut changed, rng)? {
            return Ok(());
        }
        changed.outdo(*generation);
        *generation = changed.generation();
        let bytes = changed
            .seal(&self.key, rng)
            .map_err(|error| refused(doing, &error))?;
        for path in &self.paths {
            files::write_atomically(path, &bytes).map_err(|error| StoreError::io(doing, error))?;
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = changed;
        Ok(())
    }
}

fn read(path: &Path, key: &DataKey) -> Result<Found, StoreError> {
    match std::fs::read(path) {
        Ok(bytes) => match NumberedKeys::open(key, &bytes) {
            Ok(keys) => Ok(Found::Sound(keys)),
            Err(CryptoError::FutureVersion { found, .. }) => Ok(Found::Later(found)),
            Err(error) => {
                tracing::warn!(%error, file = %path.display(), "a key file is damaged");
                Ok(Found::Damaged)
            }
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Found::Missing),
        Err(error) => Err(StoreError::io("read the message keys", error)),
    }
}

/// Renames the damaged files, so that they are there for whoever can mend them; gives where the first lies. Done only when all
/// keys are lost: beside a sound twin a damaged file is worth nothing but to somebody who looks for forgotten keys. It is noted
/// before: once new ones are in their place nothing shows that there were others.
fn set_aside(damaged: &[&PathBuf], note: &mut Note) -> Result<Option<PathBuf>, StoreError> {
    let aside = |path: &PathBuf| {
        let mut aside = path.as_os_str().to_owned();
        aside.push(".damaged");
        PathBuf::from(aside)
    };
    let first = damaged.first().map(|path| aside(path));
    note.add(Damage {
        kept_at: first.clone(),
        records_lost_at_least: 1,
        ..Damage::default()
    })?;
    for path in damaged {
        std::fs::rename(path, aside(path))
            .map_err(|error| StoreError::io("set the damaged key files aside", error))?;
    }
    Ok(first)
}

fn refused(doing: &'static str, error: &CryptoError) -> StoreError {
    StoreError::Crypto {
        doing,
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    const NONCE: [u8; 24] = [4; 24];

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([3; 32])
    }

    fn key() -> DataKey {
        DataKey::generate(&mut rng())
    }

    fn open(folder: &Path) -> (KeyFiles, Loss) {
        opened(folder, true)
    }

    fn opened(folder: &Path, expected: bool) -> (KeyFiles, Loss) {
        let mut note = Note::open(folder, 1).unwrap();
        let opened = KeyFiles::open(folder, &key(), expected, &mut note, &mut rng()).unwrap();
        let is_noted = note.found().is_some();
        assert_eq!(is_noted, opened.1 != Loss::None);
        Note::remove(folder).unwrap();
        opened
    }

    /// A folder with some keys of which number 1 is forgotten, and what was wrapped under number 2.
    fn folder() -> (tempfile::TempDir, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let (files, loss) = opened(folder.path(), false);
        assert_eq!(loss, Loss::None);
        files.ensure([1, 2], &mut rng()).unwrap();
        files.forget(&[1], &mut rng()).unwrap();
        let wrapped = files.wrap(&[2], &NONCE, b"here", b"x").unwrap();
        (folder, wrapped)
    }

    fn check(files: &KeyFiles, wrapped: &[u8]) {
        assert!(!files.keys().holds(1));
        assert_eq!(
            files.unwrap(&[2], &NONCE, b"here", wrapped).unwrap().as_slice(),
            b"x"
        );
    }

    #[test]
    fn either_file_alone_is_enough_and_mends_the_other() {
        for name in NAMES {
            for damage in [None, Some(&b"torn"[..]), Some(b"")] {
                let (folder, wrapped) = folder();
                let path = folder.path().join(name);
                match damage {
                    Some(bytes) => std::fs::write(&path, bytes).unwrap(),
                    None => std::fs::remove_file(&path).unwrap(),
                }
                let (files, loss) = open(folder.path());
                assert_eq!(loss, Loss::None);
                check(&files, &wrapped);
                let files = NAMES.map(|name| std::fs::read(folder.path().join(name)).unwrap());
                assert_eq!(files[0], files[1]);
                assert_eq!(
                    std::fs::read_dir(folder.path()).unwrap().count(),
                    2,
                    "nothing is left"
                );
            }
        }
    }

    #[test]
    fn the_newest_counts_whichever_it_is() {
        for stale in NAMES {
            let (folder, wrapped) = folder();
            let before = std::fs::read(folder.path().join(stale)).unwrap();
            let (files, _) = open(folder.path());
            files.ensure([500], &mut rng()).unwrap();
            files.forget(&[3], &mut rng()).unwrap();
            std::fs::write(folder.path().join(stale), before).unwrap();
            let (files, loss) = open(folder.path());
            assert_eq!(loss, Loss::None);
            check(&files, &wrapped);
            assert!(files.keys().holds(500) && !files.keys().holds(3));
        }
    }

    #[test]
    fn when_both_are_lost_that_is_told_and_no_number_stands_for_two_keys() {
        let (folder, wrapped) = folder();
        for name in NAMES {
            let path = folder.path().join(name);
            let mut bytes = std::fs::read(&path).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(path, bytes).unwrap();
        }
        let (files, loss) = open(folder.path());
        assert_eq!(loss, Loss::All(Some(folder.path().join("keys.1.damaged"))));
        assert!(files.keys().next() >= AFTER_LOSS);
        assert_eq!(files.unwrap(&[2], &NONCE, b"here", &wrapped), None);
        assert!(files.ensure([2], &mut rng()).is_err());
        drop(files);
        assert_eq!(open(folder.path()).1, Loss::None);
        for name in NAMES {
            std::fs::remove_file(folder.path().join(name)).unwrap();
        }
        assert_eq!(open(folder.path()).1, Loss::All(None));
    }

    #[test]
    fn what_could_not_be_written_twice_has_not_happened() {
        let (folder, wrapped) = folder();
        let (files, _) = open(folder.path());
        // A folder where the second file's neighbour would go makes its write fail for everybody, even for root.
        let blocked = folder.path().join("keys.2.new");
        std::fs::create_dir(&blocked).unwrap();
        assert!(files.forget(&[2], &mut rng()).is_err());
        assert!(files.ensure([900], &mut rng()).is_err());
        check(&files, &wrapped);
        assert!(!files.keys().holds(900));
        std::fs::remove_dir(&blocked).unwrap();
        files.forget(&[2], &mut rng()).unwrap();
        assert_eq!(files.unwrap(&[2], &NONCE, b"here", &wrapped), None);
        drop(files);
        assert!(!open(folder.path()).0.keys().holds(2));
    }
}
