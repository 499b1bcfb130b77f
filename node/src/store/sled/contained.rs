//! sled, kept on a leash: the only file that calls it.
//!
//! sled panics on some kinds of damage. Here every call is contained: a panic becomes [`StoreError::Damaged`], and
//! so does whatever sled itself calls corruption.
//!
//! What sled takes for being on the disk need not be there: it calls `sync_file_range`, which leaves it to the device in
//! what order the blocks of its cache survive a power cut. So our flush adds an `fsync` of its log. And because sled gives
//! the room of overwritten records away as soon as it takes their successors for safe, an `fsync` also comes whenever a good
//! part of one of its segments may have been filled: only when another one is full is that room written anew.

use std::fs::File;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::store::{Order, StoreError};

/// sled's page cache. Its default of 1 GiB would be most of our memory.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// So much may be given to sled without an fsync. Rewriting a record's page, and what lies in it beside that record, makes
/// about fifteen times as much of it in the log at the worst that was measured: half a segment of 512 KiB.
const MOST_UNSYNCED_BYTES: u64 = 16 * 1024;
/// What a change counts at least, because a small record may lie among large ones.
const LEAST_CHANGE_BYTES: u64 = 512;
/// How often sled's own thread looks for segments worth cleaning. Without that thread nothing ever gives the space
/// of overwritten records back; this often it costs nothing that can be measured.
const CLEAN_EVERY_MS: u64 = 5_000;
/// The folder of a store that this process has just closed stays locked until sled's threads have let go.
const LOCK_RETRIES: u32 = 250;
const LOCK_RETRY_EVERY: Duration = Duration::from_millis(20);

/// How long closing may take. Usual are some milliseconds.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);
/// How long closing may take once the disk has refused a write: sled has nothing left to bring there.
pub(super) const CLOSE_BROKEN_WITHIN: Duration = Duration::from_secs(2);

/// An open sled database, of which only the default tree is used: batches are atomic within one tree only.
pub(super) struct Tree {
    /// Taken when the tree is closed.
    db: Option<::sled::Db>,
    log: Arc<Log>,
}

/// sled's log, opened once more for the fsync.
struct Log {
    file: File,
    /// Bytes given to sled since the last fsync.
    unsynced_bytes: AtomicU64,
    /// Is called after each fsync.
    told: OnceLock<Told>,
}

/// Who wants to know that what was applied is on the disk.
pub(super) type Told = Box<dyn Fn() + Send + Sync>;

impl Log {
    /// The log of the database in the folder `path`, all of it on the disk.
    fn open(path: &Path) -> std::io::Result<Self> {
        let log = Log {
            file: File::open(path.join("db"))?,
            unsynced_bytes: AtomicU64::new(0),
            told: OnceLock::new(),
        };
        log.sync()?;
        Ok(log)
    }

    /// Returns when everything that sled has written is on the disk.
    fn sync(&self) -> std::io::Result<()> {
        // Before: what is given to sled meanwhile counts as new.
        let bytes = self.unsynced_bytes.load(Ordering::Acquire);
        self.file.sync_all()?;
        self.unsynced_bytes.fetch_sub(bytes, Ordering::AcqRel);
        if let Some(told) = self.told.get() {
            told();
        }
        Ok(())
    }

    /// Takes note of `bytes` that are to be given to sled, and makes room for them: what was given before is on the disk if
    /// all together would be too much.
    fn admit(&self, bytes: u64) -> Result<(), StoreError> {
        let before = self.unsynced_bytes.load(Ordering::Acquire);
        if before > 0 && before.saturating_add(bytes) > MOST_UNSYNCED_BYTES {
            self.sync()
                .map_err(|error| StoreError::io("write records", error))?;
        }
        self.unsynced_bytes.fetch_add(bytes, Ordering::AcqRel);
        Ok(())
    }
}

/// What a flush works on, so that nobody has to wait for it who uses the tree.
pub(super) struct Flushing {
    db: ::sled::Db,
    log: Arc<Log>,
}

impl Flushing {
    /// Returns when everything applied before is on the disk.
    pub(super) fn flush(self) -> Result<(), StoreError> {
        contain("flush the store", || self.db.flush())?;
        self.log
            .sync()
            .map_err(|error| StoreError::io("flush the store", error))
    }
}

/// Whether sled may clean up on its own while the tree is open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Upkeep {
    /// Yes: for the store in use.
    Background,
    /// No: for looking at something damaged, where its thread would stumble.
    None,
}

/// A pair found by a range read.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// A range of pairs, read one by one.
pub(super) struct Pairs {
    pairs: ::sled::Iter,
    order: Order,
}

impl Pairs {
    /// The next one in the order of the read.
    pub(super) fn next(&mut self) -> Result<Option<Pair>, StoreError> {
        let next = contain("read records", || {
            match self.order {
                Order::Ascending => self.pairs.next(),
                Order::Descending => self.pairs.next_back(),
            }
            .transpose()
        })?;
        Ok(next.map(|(key, value)| (key.to_vec(), value.to_vec())))
    }
}

impl Tree {
    /// Opens or creates the database in the folder `path`. Runs on a thread of its own, so that whatever a panic
    /// leaves behind in thread-locals goes with it.
    pub(super) fn open(path: &Path, upkeep: Upkeep) -> Result<Self, StoreError> {
        let path = path.to_owned();
        std::thread::Builder::new()
            .name("store-open".into())
            .spawn(move || Tree::open_here(&path, upkeep))
            .map_err(|error| StoreError::io("start a thread", error))?
            .join()
            .unwrap_or_else(|_| Err(damaged("its files")))
    }

    fn open_here(path: &Path, upkeep: Upkeep) -> Result<Self, StoreError> {
        remove_half_snapshots(path);
        // What a killed program left to the system: sled decides by it what is whole, and overwrites the rest.
        if path.join("db").is_file() {
            Log::open(path).map_err(|error| StoreError::io("open the store's log", error))?;
        }
        let config = ::sled::Config::new()
            .path(path)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms((upkeep == Upkeep::Background).then_some(CLEAN_EVERY_MS));
        let mut tries = 0;
        let db = loop {
            match config.open() {
                Ok(db) => break db,
                Err(error) if is_lock(&error) && tries < LOCK_RETRIES => {
                    tries += 1;
                    std::thread::sleep(LOCK_RETRY_EVERY);
                }
                Err(error) => return Err(translate("open the store", error)),
            }
        };
        let log = Log::open(path).map_err(|error| StoreError::io("open the store's log", error))?;
        Ok(Tree {
            db: Some(db),
            log: Arc::new(log),
        })
    }

    fn db(&self) -> Result<&::sled::Db, StoreError> {
        self.db.as_ref().ok_or_else(|| StoreError::Halted {
            reason: "it is closed".into(),
        })
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.db()?;
        contain("read a record", || db.get(key)).map(|value| value.map(|value| value.to_vec()))
    }

    pub(super) fn is_empty(&self) -> Result<bool, StoreError> {
        let db = self.db()?;
        contain("read records", || db.first()).map(|first| first.is_none())
    }

    /// The pairs between the bounds.
    pub(super) fn pairs(
        &self,
        bounds: (Bound<&[u8]>, Bound<&[u8]>),
        order: Order,
    ) -> Result<Pairs, StoreError> {
        let db = self.db()?;
        let pairs = contain("read records", || Ok(db.range::<&[u8], _>(bounds)))?;
        Ok(Pairs { pairs, order })
    }

    /// Calls `visit` for the pairs between the bounds until it returns false or there are no more.
    pub(super) fn range(
        &self,
        bounds: (Bound<&[u8]>, Bound<&[u8]>),
        order: Order,
        visit: &mut dyn FnMut(Pair) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut pairs = self.pairs(bounds, order)?;
        while let Some(pair) = pairs.next()? {
            if !visit(pair)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Applies all changes (a value, or `None` to remove) or none.
    pub(super) fn apply(
        &self,
        changes: impl IntoIterator<Item = (Vec<u8>, Option<Vec<u8>>)>,
    ) -> Result<(), StoreError> {
        let mut batch = ::sled::Batch::default();
        let mut bytes = 0;
        for (key, value) in changes {
            let given = key.len() + value.as_ref().map_or(0, Vec::len);
            bytes += LEAST_CHANGE_BYTES.max(given as u64);
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        let db = self.db()?;
        self.log.admit(bytes)?;
        contain("write records", || db.apply_batch(batch))
    }

    /// A flush of what has been applied so far.
    pub(super) fn flushing(&self) -> Result<Flushing, StoreError> {
        Ok(Flushing {
            db: self.db()?.clone(),
            log: Arc::clone(&self.log),
        })
    }

    /// Calls `told` after each fsync; the first who asks is told.
    pub(super) fn when_synced(&self, told: Told) {
        let _ = self.log.told.set(told);
    }

    /// Returns when everything applied before is on the disk.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.flushing()?.flush()
    }

    /// Closing waits for sled's cleaning thread, and waits for ever if that thread has met damage and panicked. So sled is
    /// closed on a thread that is left behind when it takes longer than `within`; everything that was flushed is safe by
    /// then.
    pub(super) fn close(&mut self, within: Duration) {
        let Some(db) = self.db.take() else { return };
        let (closed, is_closed) = std::sync::mpsc::sync_channel(1);
        let closing = std::thread::Builder::new()
            .name("store-close".into())
            .spawn(move || {
                drop(db);
                // Nobody listens any more if this took too long.
                let _ = closed.send(());
            });
        if closing.is_err() || is_closed.recv_timeout(within).is_err() {
            tracing::warn!("the store did not close by itself; what was flushed is safe");
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.close(CLOSE_WITHIN);
    }
}

/// sled writes a snapshot beside the others and renames it when it is whole, but takes what it finds half written, after a
/// power cut or on a full disk, for a snapshot that is damaged. Without it, it replays its log.
fn remove_half_snapshots(path: &Path) {
    let found = std::fs::read_dir(path).into_iter().flatten().flatten();
    for item in found {
        let name = item.file_name();
        let is_half = name
            .to_str()
            .is_some_and(|name| name.starts_with("snap.") && name.ends_with(".generating"));
        if is_half && let Err(error) = std::fs::remove_file(item.path()) {
            tracing::warn!(%error, "a half snapshot could not be removed");
        }
    }
}

/// The error for damage found in `what`.
pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged { what: what.into() }
}

fn contain<T>(doing: &'static str, call: impl FnOnce() -> ::sled::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| translate(doing, error)),
        Err(_) => Err(damaged("a page")),
    }
}

fn translate(doing: &'static str, error: ::sled::Error) -> StoreError {
    match error {
        // A page that should be there lies past the end of the file.
        ::sled::Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            damaged("a missing page")
        }
        ::sled::Error::Io(error) => StoreError::io(doing, error),
        ::sled::Error::Corruption { .. } => damaged("a checksum"),
        ::sled::Error::ReportableBug(_) => damaged("an inconsistent page"),
        ::sled::Error::Unsupported(_) | ::sled::Error::CollectionNotFound(_) => damaged("its settings"),
    }
}

/// sled tells a locked folder only by its text.
fn is_lock(error: &::sled::Error) -> bool {
    matches!(error, ::sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}
