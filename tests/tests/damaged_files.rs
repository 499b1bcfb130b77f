//! Every file of a profile, harmed in every way: the profile opens with all that is readable and says what is lost, or it
//! says why it does not open and is whole again once the file is. It never panics and never starts empty without a word.
//!
//! docs/storage-and-crashes.md has the table of what becomes of what.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use kith_crypto::VaultParams;
use kith_node::{
    profile::{self, NewProfile, ProfileError, Unlocked},
    store::{Batch, Keep, Key, Read, Scope, Store, StoreError, Suffix, Table},
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

const PASSPHRASE: &str = "correct horse battery staple";
/// Records of each kind.
const RECORDS: u64 = 400;
/// The day until which the erasable ones are readable.
const DAY: u32 = 20_000;
/// How much of a file is overwritten.
const BLOCK_BYTES: usize = 4096;

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Harm {
    /// Only so many thousandths of it are left.
    CutTo(usize),
    /// Only its first byte is left.
    OneByte,
    /// Its last byte is missing.
    LastByteGone,
    /// Zeros from so many thousandths on.
    Zeros(usize),
    /// Noise from so many thousandths on.
    Noise(usize),
    /// As it was earlier.
    Old,
    Missing,
    /// A folder is in its place.
    Folder,
    /// Nobody may read it.
    Unreadable,
}

const HARMS: [Harm; 16] = [
    Harm::CutTo(0),
    Harm::CutTo(500),
    Harm::OneByte,
    Harm::LastByteGone,
    Harm::Zeros(0),
    Harm::Zeros(300),
    Harm::Zeros(600),
    Harm::Zeros(900),
    Harm::Noise(0),
    Harm::Noise(300),
    Harm::Noise(600),
    Harm::Noise(900),
    Harm::Old,
    Harm::Missing,
    Harm::Folder,
    Harm::Unreadable,
];

impl Harm {
    /// Does it; false where it changes nothing, or this user may do what others may not.
    fn does(self, file: &Path, old: Option<&Path>) -> bool {
        let bytes = fs::read(file).unwrap();
        let mut harmed = bytes.clone();
        match self {
            Self::CutTo(share) => harmed.truncate(bytes.len() * share / 1000),
            Self::OneByte => harmed.truncate(1),
            Self::LastByteGone => drop(harmed.pop()),
            Self::Zeros(from) => block(&mut harmed, from).fill(0),
            Self::Noise(from) => ChaCha20Rng::from_seed([9; 32]).fill_bytes(block(&mut harmed, from)),
            Self::Old => harmed = old.map_or(bytes.clone(), |old| fs::read(old).unwrap()),
            Self::Missing => {
                fs::remove_file(file).unwrap();
                return true;
            }
            Self::Folder => {
                fs::remove_file(file).unwrap();
                fs::create_dir(file).unwrap();
                return true;
            }
            Self::Unreadable => return forbid(file),
        }
        fs::write(file, &harmed).unwrap();
        harmed != bytes
    }
}

fn block(bytes: &mut [u8], from: usize) -> &mut [u8] {
    let from = bytes.len() * from / 1000;
    let to = bytes.len().min(from + BLOCK_BYTES);
    bytes.get_mut(from..to).unwrap()
}

#[cfg(unix)]
fn forbid(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read all the same.
    fs::read(file).is_err()
}

#[cfg(not(unix))]
fn forbid(_file: &Path) -> bool {
    false
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([3; 32])
}

fn lasting(number: u64) -> Key {
    Key::new(Scope::new(Table::Order).with(b"log"), Suffix::number(number))
}

fn erasable(number: u64) -> Key {
    Key::new(
        Scope::new(Table::Settings).with(b"erasable"),
        Suffix::number(number),
    )
}

fn value(number: u64) -> Vec<u8> {
    let length = if number.is_multiple_of(40) { 20_000 } else { 300 };
    let mut value = vec![0; length];
    ChaCha20Rng::seed_from_u64(number).fill_bytes(&mut value);
    value
}

fn write(unlocked: &Unlocked, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let mut batch = Batch::new();
        // Every other one as messages are kept.
        let keep = match number.is_multiple_of(2) {
            true => Keep::Always,
            false => Keep::UntilForgotten(number / 100),
        };
        batch.put(lasting(number), value(number), keep);
        batch.put(erasable(number), value(number), Keep::UntilDay(DAY));
        unlocked.store.commit(&batch).unwrap();
    }
    unlocked.store.flush().unwrap();
}

fn open(dir: &Path) -> Result<Unlocked, ProfileError> {
    profile::unlock(dir, PASSPHRASE, &mut rng())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

/// The files below `folder`, as paths within it. Those of sled's snapshots have other names each time.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let item = item.unwrap();
        let name = PathBuf::from(item.file_name());
        if item.file_type().unwrap().is_dir() {
            found.extend(files(&item.path()).into_iter().map(|below| name.join(below)));
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}

fn is_snapshot(file: &Path) -> bool {
    file.starts_with("db")
        && file
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("snap."))
}

/// The file of `old` that plays the part of `file`.
fn earlier(old: &Path, file: &Path) -> Option<PathBuf> {
    let twin = files(old)
        .into_iter()
        .find(|other| other == file || is_snapshot(file) && is_snapshot(other));
    twin.map(|twin| old.join(twin))
}

/// How many records can be read, lasting and erasable; an error of the store where reading met damage.
fn readable(unlocked: &Unlocked) -> Result<(u64, u64), StoreError> {
    let mut found = (0, 0);
    for number in 0..RECORDS {
        for (key, count) in [(lasting(number), &mut found.0), (erasable(number), &mut found.1)] {
            if let Some(bytes) = unlocked.store.get(&key)? {
                assert!(bytes == value(number), "{number} is not what was written");
                *count += 1;
            }
        }
    }
    Ok(found)
}

/// What became of a harmed profile.
#[derive(Debug, PartialEq)]
enum End {
    /// It does not open, and says so in these words.
    Refused(String),
    /// It opens.
    Opened { told: bool, lasting: u64, erasable: u64 },
}

/// Opens and reads; where reading meets damage, does what the error says: starts again.
fn end(dir: &Path) -> End {
    let mut told = false;
    for _ in 0..3 {
        let unlocked = match open(dir) {
            Ok(unlocked) => unlocked,
            Err(error) => return End::Refused(error.to_string()),
        };
        if let Some(damage) = &unlocked.damage {
            told = true;
            assert!(
                damage.kept_at.as_ref().is_none_or(|kept| kept.exists()),
                "{damage:?}"
            );
        }
        match readable(&unlocked) {
            Ok((lasting, erasable)) => {
                drop(unlocked);
                // Nobody has mended it: whatever ended this program, the next one is told as well.
                let again = told.then(|| open(dir).unwrap().damage);
                assert!(again.is_none_or(|damage| damage.is_some()), "told once only");
                return End::Opened {
                    told,
                    lasting,
                    erasable,
                };
            }
            Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{error}"),
        }
    }
    panic!("a store that was rescued twice is not sound")
}

/// A profile as it is after some use, and as it was earlier.
fn profile(root: &Path) -> (PathBuf, PathBuf) {
    let (dir, old) = (root.join("alice"), root.join("old"));
    let new = NewProfile {
        name: "Alice".into(),
        passphrase: PASSPHRASE.to_owned().into(),
        words: None,
    };
    let (unlocked, _) = profile::create(&dir, &new, VaultParams::for_tests(), 1, &mut rng()).unwrap();
    write(&unlocked, 0..RECORDS / 2);
    drop(unlocked);
    copy(&dir, &old);
    let mut unlocked = open(&dir).unwrap();
    write(&unlocked, RECORDS / 2..RECORDS);
    unlocked.renew_device(&mut rng()).unwrap();
    drop(unlocked);
    // It holds nothing, and is too large to be copied for each harm.
    fs::remove_file(dir.join("reserve")).ok();
    // The node keeps its port there.
    fs::write(dir.join("port"), "20000\n").unwrap();
    (dir, old)
}

#[test]
fn whatever_happens_to_a_file_is_told_and_costs_no_more_than_it_has_to() {
    let root = tempfile::tempdir().unwrap();
    let (dir, old) = profile(root.path());
    let all = End::Opened {
        told: false,
        lasting: RECORDS,
        erasable: RECORDS,
    };
    let mut wrong = Vec::new();
    for file in files(&dir) {
        for harm in HARMS {
            let harmed = root.path().join("harmed");
            copy(&dir, &harmed);
            if harm.does(&harmed.join(&file), earlier(&old, &file).as_deref()) {
                let end = catch_unwind(AssertUnwindSafe(|| end(&harmed)));
                let mut verdict = match &end {
                    Err(_) => Some("panicked"),
                    Ok(end) => judge(&file, harm, end),
                };
                if matches!(end, Ok(End::Refused(_))) {
                    // The right file again, and everything is there.
                    fs::remove_dir_all(harmed.join(&file))
                        .or_else(|_| fs::remove_file(harmed.join(&file)))
                        .ok();
                    fs::copy(dir.join(&file), harmed.join(&file)).unwrap();
                    if self::end(&harmed) != all {
                        verdict = Some("is not whole again with the right file");
                    }
                }
                println!("{}, {harm:?}: {end:?}", file.display());
                wrong.extend(
                    verdict.map(|verdict| format!("{}, {harm:?}: {verdict}: {end:?}", file.display())),
                );
            }
            fs::remove_dir_all(&harmed).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Says what is wrong with how a harmed profile ended, if anything is.
fn judge(file: &Path, harm: Harm, end: &End) -> Option<&'static str> {
    let is = |name: &str| file == Path::new(name);
    match end {
        End::Refused(words) => {
            if !words.contains("Nothing was changed")
                && !words.contains("safe")
                && !words.contains("not touched")
            {
                return Some("does not say what is safe");
            }
            let keys = is("vault") || is("identity");
            // Its first byte is its version, and a later one is not ours to judge.
            let newer = is("ring") && harm == Harm::Noise(0);
            // What is no file at all, or not ours to read, is a person's doing and theirs to undo.
            let strange = matches!(harm, Harm::Folder | Harm::Unreadable);
            (!keys && !strange && !newer).then_some("does not open")
        }
        End::Opened {
            told,
            lasting,
            erasable,
        } => {
            let lost = RECORDS - lasting;
            if lost > 0 && !told {
                return Some("lost something without a word");
            }
            // A profile without conversations has no ring, and an old one is as sound as any: their loss is not told.
            let untold = is("ring") && matches!(harm, Harm::Old | Harm::Missing);
            if *erasable < RECORDS && !told && !untold {
                return Some("lost something erasable without a word");
            }
            // Only the log holds records; of it as much is lost as was harmed.
            if lost > 0 && !is("db/db") {
                return Some("lost records that another file holds");
            }
            None
        }
    }
}
