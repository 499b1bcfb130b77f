//! Power cuts over the real files of a store: what a disk may hold after its power went.
//!
//! A [`Recorder`] is a disk store that remembers how its files looked when a flush had come back, and how they looked at
//! moments since. What was there at the flush is on the disk; of what was written later any 4 KiB block may be there or
//! not, whatever was written before or after it. [`Power::after_a_cut`] makes such a disk, chosen by chance, which a
//! test puts into a new folder and opens.
//!
//! The store fsyncs between two flushes, too, when it has written much. The recorder counts the bytes of the values, which
//! are fewer than what the store counts, and so takes something for being on the disk later than it is there.
//!
//! What is small and replaced whole is in no danger here: it is written, fsynced and renamed before the store goes on. The
//! mark is not fsynced: it is as it was at any of the moments, or at the very first.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use kith_node::store::{Batch, SledStore, Store, StoreError, Write};
use rand_chacha::{ChaCha20Rng, rand_core::Rng};

use crate::watched::{Watch, Watched};

/// What a disk writes whole or not at all.
const BLOCK_BYTES: usize = 4096;
/// What the store writes at most without an fsync.
const MOST_UNSYNCED_BYTES: usize = 64 * 1024;
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

/// A disk store that remembers what its folder held.
pub type Recorder = Watched<SledStore, Power>;

/// What the folder of a store held when it was flushed, and since.
pub struct Power {
    folder: PathBuf,
    first_mark: Vec<u8>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// What is on the disk.
    flushed: Image,
    /// What was written since, at several moments.
    later: Vec<Image>,
    /// Bytes of values committed since.
    unsynced_bytes: usize,
}

impl Recorder {
    /// Watches a store whose folder is this one, and which has nothing unflushed.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn new(store: SledStore, folder: &Path) -> io::Result<Self> {
        let watch = Power {
            folder: folder.to_owned(),
            first_mark: fs::read(folder.join(MARK))?,
            seen: Mutex::default(),
        };
        watch.is_on_the_disk()?;
        Ok(Self { store, watch })
    }

    /// Lets sled write everything, and takes nothing of it for durable: the power goes before the flush comes back.
    ///
    /// # Errors
    /// When the store cannot flush, or the folder not be read.
    pub fn flushes_in_vain(&self) -> Result<(), StoreError> {
        self.store.flush()?;
        self.watch.looks().map_err(looking)
    }
}

impl Power {
    /// Everything there is now is on the disk.
    fn is_on_the_disk(&self) -> io::Result<()> {
        *self.seen() = Seen {
            flushed: Image::of(&self.folder)?,
            ..Seen::default()
        };
        Ok(())
    }

    /// What the store does before it writes so much more.
    fn makes_room(&self, bytes: usize) -> Result<(), StoreError> {
        let before = self.seen().unsynced_bytes;
        if before > 0 && before + bytes > MOST_UNSYNCED_BYTES {
            self.is_on_the_disk().map_err(looking)?;
        }
        self.seen().unsynced_bytes += bytes;
        Ok(())
    }

    /// Remembers how the files look now, with whatever sled has written of its own accord.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn looks(&self) -> io::Result<()> {
        let now = Image::of(&self.folder)?;
        let mut seen = self.seen();
        if now.file(LOG).len() < seen.flushed.file(LOG).len() {
            // sled has cut free segments off, and fsyncs when it does: the file system keeps the order of that and of all that
            // was written before.
            seen.flushed = now;
            seen.later.clear();
        } else {
            seen.later.push(now);
        }
        Ok(())
    }

    /// What the disk may hold if the power went now.
    pub fn after_a_cut(&self, cut: Cut, chance: &mut ChaCha20Rng) -> Image {
        let seen = self.seen();
        let Some(last) = seen.later.last().filter(|_| cut != Cut::Nothing) else {
            return seen.flushed.clone();
        };
        let mut moments: Vec<&Image> = vec![&seen.flushed];
        moments.extend(&seen.later);
        let mut image = last.clone();
        let log = match cut {
            Cut::Beginning => beginning(seen.flushed.file(LOG), last.file(LOG), chance),
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

fn looking(error: io::Error) -> StoreError {
    StoreError::io("look at the files", error)
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

impl Watch for Power {
    fn commits(&self, batch: &Batch) -> Result<(), StoreError> {
        let bytes = batch.writes().iter().map(|write| match write {
            Write::Put { value, .. } => value.len(),
            Write::Delete { .. } => 0,
        });
        self.makes_room(bytes.sum())
    }

    fn flushed(&self) -> Result<(), StoreError> {
        self.is_on_the_disk().map_err(looking)
    }
}
