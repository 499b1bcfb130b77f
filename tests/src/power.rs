//! Power cuts over the real files of a store: what a disk may hold after its power went.
//!
//! A [`Recorder`] is a disk store and how its files looked when its last fsync had come back, and at moments since. What was
//! there at the fsync is on the disk; of what was written later any 4 KiB block may be there or not, whatever was written
//! before or after it. [`Recorder::after_a_cut`] makes such a disk, chosen by chance, which a test puts into a new folder
//! and opens.
//!
//! sled's own fsyncs after cleaning are not told to anybody: the recorder takes for lost what they brought to the disk.
//!
//! What is small and replaced whole is in no danger here: it is written, fsynced and renamed before the store goes on. The
//! mark is not fsynced: it is as it was at any of the moments, or at the very first.

#![allow(
    clippy::expect_used,
    reason = "test code: a story that cannot go on has failed, and says where"
)]

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use kith_node::store::{SledStore, Store, StoreError};
use rand_chacha::{ChaCha20Rng, rand_core::Rng};

/// What a disk writes whole or not at all.
const BLOCK_BYTES: usize = 4096;
/// Files that hold nothing, and need not be copied.
const EMPTY_OF_MEANING: [&str; 2] = ["reserve", "lock"];
/// The store's files that are neither replaced whole nor fsynced one by one.
const LOG: &str = "db/db";
const MARK: &str = "db.mark";

/// How much of what was written after the last flush reached the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing.
    Nothing,
    /// Everything up to a block, and nothing after it.
    Beginning,
    /// Any blocks.
    Scattered,
}

impl Cut {
    /// One of the three, mostly the last.
    pub fn any(chance: &mut ChaCha20Rng) -> Self {
        match chance.next_u64() % 6 {
            0 => Self::Nothing,
            1 => Self::Beginning,
            _ => Self::Scattered,
        }
    }
}

/// All files of a folder, as they were at a moment.
#[derive(Clone, Debug, Default)]
pub struct Image(BTreeMap<PathBuf, Vec<u8>>);

impl Image {
    /// What is in a folder now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        collect(folder, Path::new(""), &mut files)?;
        Ok(Self(files))
    }

    /// Makes a folder that holds the same.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_into(&self, folder: &Path) -> io::Result<()> {
        for (name, bytes) in &self.0 {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, bytes)?;
        }
        Ok(())
    }

    fn file(&self, name: &str) -> &[u8] {
        self.0.get(Path::new(name)).map_or(&[], Vec::as_slice)
    }
}

fn collect(folder: &Path, below: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> io::Result<()> {
    for item in fs::read_dir(folder.join(below))? {
        let item = item?;
        let name = below.join(item.file_name());
        if EMPTY_OF_MEANING.iter().any(|empty| name == Path::new(empty)) {
            continue;
        }
        if item.file_type()?.is_dir() {
            collect(folder, &name, files)?;
        } else {
            match fs::read(item.path()) {
                Ok(bytes) => drop(files.insert(name, bytes)),
                // A neighbour that has been renamed in between.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// A disk store, and what its folder held when it was last on the disk, and since.
#[derive(Debug)]
pub struct Recorder {
    /// The store that is watched.
    pub store: SledStore,
    power: Arc<Power>,
}

#[derive(Debug)]
struct Power {
    folder: PathBuf,
    first_mark: Vec<u8>,
    seen: Mutex<Seen>,
    /// No fsync comes back any more.
    is_going: AtomicBool,
}

#[derive(Debug, Default)]
struct Seen {
    /// What is on the disk.
    synced: Image,
    /// What was written since, at several moments.
    later: Vec<Image>,
}

impl Recorder {
    /// Watches a store whose folder is this one, and which has nothing unflushed.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn new(store: SledStore, folder: &Path) -> io::Result<Self> {
        let power = Arc::new(Power {
            folder: folder.to_owned(),
            first_mark: fs::read(folder.join(MARK))?,
            seen: Mutex::default(),
            is_going: AtomicBool::new(false),
        });
        power.is_on_the_disk()?;
        let synced = Arc::clone(&power);
        store.when_synced(move || synced.comes_back().expect("a folder that can be read"));
        Ok(Self { store, power })
    }

    /// Lets sled write everything, and takes nothing of it for durable: the power goes before the fsync comes back.
    ///
    /// # Errors
    /// When the store cannot flush, or the folder not be read.
    pub fn flushes_in_vain(&self) -> Result<(), StoreError> {
        self.power.is_going.store(true, Ordering::Release);
        let flushed = self.store.flush();
        self.power.is_going.store(false, Ordering::Release);
        flushed
    }

    /// Remembers how the files look now, with whatever sled has written of its own accord.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn looks(&self) -> io::Result<()> {
        self.power.looks()
    }

    /// What the disk may hold if the power went now.
    pub fn after_a_cut(&self, cut: Cut, chance: &mut ChaCha20Rng) -> Image {
        self.power.after_a_cut(cut, chance)
    }
}

impl Power {
    /// An fsync has come back.
    fn comes_back(&self) -> io::Result<()> {
        if self.is_going.load(Ordering::Acquire) {
            self.looks()
        } else {
            self.is_on_the_disk()
        }
    }

    /// Everything there is now is on the disk.
    fn is_on_the_disk(&self) -> io::Result<()> {
        *self.seen() = Seen {
            synced: Image::of(&self.folder)?,
            later: Vec::new(),
        };
        Ok(())
    }

    fn looks(&self) -> io::Result<()> {
        let now = Image::of(&self.folder)?;
        let mut seen = self.seen();
        if now.file(LOG).len() < seen.synced.file(LOG).len() {
            // sled has cut free segments off, and fsyncs when it does: the file system keeps the order of that and of all that
            // was written before.
            seen.synced = now;
            seen.later.clear();
        } else {
            seen.later.push(now);
        }
        Ok(())
    }

    fn after_a_cut(&self, cut: Cut, chance: &mut ChaCha20Rng) -> Image {
        let seen = self.seen();
        let Some(last) = seen.later.last().filter(|_| cut != Cut::Nothing) else {
            return seen.synced.clone();
        };
        let mut moments: Vec<&Image> = vec![&seen.synced];
        moments.extend(&seen.later);
        let mut image = last.clone();
        let log = match cut {
            Cut::Beginning => beginning(seen.synced.file(LOG), last.file(LOG), chance),
            _ => scattered(&moments, chance),
        };
        image.0.insert(PathBuf::from(LOG), log);
        // The mark is not fsynced: it may even be the one of the first flush.
        let mark = match chance.next_u64() % 4 {
            0 => Some(&self.first_mark[..]),
            _ => one_of(&moments, chance).map(|moment| moment.file(MARK)),
        };
        if let Some(mark) = mark {
            image.0.insert(PathBuf::from(MARK), mark.to_vec());
        }
        image
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn one_of<'i>(moments: &[&'i Image], chance: &mut ChaCha20Rng) -> Option<&'i Image> {
    let at = chance.next_u64() % (moments.len() as u64).max(1);
    moments.get(usize::try_from(at).ok()?).copied()
}

/// The later log up to a block, and the earlier one from there on.
fn beginning(before: &[u8], after: &[u8], chance: &mut ChaCha20Rng) -> Vec<u8> {
    let blocks = before.len().max(after.len()) / BLOCK_BYTES + 1;
    let to = usize::try_from(chance.next_u64()).unwrap_or(usize::MAX) % blocks * BLOCK_BYTES;
    let mut log = after.get(..to).unwrap_or(after).to_vec();
    log.extend(before.get(log.len()..).unwrap_or_default());
    log
}

/// A log of blocks of any moment, with the length of any moment.
fn scattered(moments: &[&Image], chance: &mut ChaCha20Rng) -> Vec<u8> {
    let length = one_of(moments, chance).map_or(0, |moment| moment.file(LOG).len());
    let mut log = vec![0; length];
    for (number, block) in log.chunks_mut(BLOCK_BYTES).enumerate() {
        let at = number * BLOCK_BYTES;
        let Some(moment) = one_of(moments, chance) else {
            continue;
        };
        // Where that moment's file was shorter the block was never written: zeros.
        let there = moment.file(LOG).get(at..).unwrap_or_default();
        for (byte, written) in block.iter_mut().zip(there) {
            *byte = *written;
        }
    }
    log
}
