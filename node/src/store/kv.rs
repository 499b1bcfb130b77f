//! Logical keys, batches and the two traits that every backend implements.
//!
//! Keys are logical here: the sled backend turns a scope and a hashed suffix into keyed hashes, so that the files
//! tell nobody who talks to whom. Only numbers stay sortable on disk.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::{StoreError, Table};

/// A family of records that is read together, e.g. all entries of one log: a table and the parts that narrow it
/// down. Two scopes with different parts never share a record.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Scope(Vec<u8>);

impl Scope {
    /// The scope of a whole table.
    pub fn new(table: Table) -> Self {
        Scope(table.number().to_be_bytes().to_vec())
    }

    /// This scope narrowed down by one part, such as an id. The part's length goes in as well, so that
    /// `with(b"ab").with(b"c")` and `with(b"a").with(b"bc")` are different scopes.
    #[must_use]
    pub fn with(mut self, part: &[u8]) -> Self {
        self.0.extend_from_slice(&(part.len() as u64).to_be_bytes());
        self.0.extend_from_slice(part);
        self
    }

    /// True for a scope of one of the [`Table::SEQUENTIAL`] tables.
    pub(super) fn is_sequential(&self) -> bool {
        Table::SEQUENTIAL
            .iter()
            .any(|table| self.0.starts_with(&table.number().to_be_bytes()))
    }

    /// The bytes that identify the scope, as hashed by the encrypted backend.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Where a record stands in its scope. Use one kind of suffix within a scope.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Suffix {
    /// Kept on disk as it is, so that it sorts: big-endian numbers and hashes only, never a name or an author.
    /// At most [`MAX_SUFFIX_BYTES`](super::MAX_SUFFIX_BYTES).
    Ordered(Vec<u8>),
    /// Kept as a keyed hash: may be any identity of any length, tells nothing on disk and sorts at random. A record
    /// found by scanning does not give it back, so the value has to hold whatever identity its reader needs.
    Hashed(Vec<u8>),
}

impl Suffix {
    /// The suffix of a scope's only record.
    pub fn single() -> Self {
        Suffix::Ordered(Vec::new())
    }

    /// A number; records sort by it.
    pub fn number(number: u64) -> Self {
        Suffix::Ordered(number.to_be_bytes().to_vec())
    }

    /// Several numbers; records sort by the first, then by the second, and so on.
    pub fn numbers(numbers: &[u64]) -> Self {
        Suffix::Ordered(numbers.iter().flat_map(|number| number.to_be_bytes()).collect())
    }

    /// An identity that must not show on disk.
    pub fn hashed(identity: impl AsRef<[u8]>) -> Self {
        Suffix::Hashed(identity.as_ref().to_vec())
    }
}

/// The full address of one record.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key {
    /// The family the record belongs to.
    pub scope: Scope,
    /// Its place within the family.
    pub suffix: Suffix,
}

impl Key {
    /// The key of the record at `suffix` in `scope`.
    pub fn new(scope: Scope, suffix: Suffix) -> Self {
        Key { scope, suffix }
    }

    /// The key of the only record of `scope`.
    pub fn single(scope: Scope) -> Self {
        Key {
            scope,
            suffix: Suffix::single(),
        }
    }
}

/// How long a value must stay readable.
///
/// The disk keeps old bytes for a while after they were deleted or overwritten. A value that must really be
/// unreadable one day is wrapped under a key that is kept apart, and erasing is dropping the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// Until it is deleted; traces may stay on the disk.
    Always,
    /// Until [`Store::forget_before`] is called with a later day (unix milliseconds / 86,400,000); after that no
    /// trace of it can be read, whether it was deleted or not. Rewrite it under a later day to keep it longer.
    UntilDay(u32),
    /// Until [`Store::forget_keys`] is called with this number; after that no trace of it can be read. Values that are to be
    /// erased together share a number. Numbers are taken one after the other, from [`Read::first_unmade_key`] on; one that was
    /// forgotten is refused from then on.
    UntilForgotten(u64),
    /// Until either of two such numbers is forgotten.
    UntilEither(u64, u64),
}

impl Keep {
    /// The numbers that all have to be remembered.
    pub(super) fn numbers(self) -> impl Iterator<Item = u64> {
        let (one, other) = match self {
            Keep::Always | Keep::UntilDay(_) => (None, None),
            Keep::UntilForgotten(number) => (Some(number), None),
            Keep::UntilEither(one, other) => (Some(one), Some(other)),
        };
        one.into_iter().chain(other)
    }
}

/// One change to one record. A value may be a secret, so Debug shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub enum Write {
    /// Stores `value` under `key`, in place of what was there.
    Put {
        /// Where to.
        key: Key,
        /// What to store, at most [`MAX_VALUE_BYTES`](super::MAX_VALUE_BYTES).
        value: Vec<u8>,
        /// How long it must stay readable.
        keep: Keep,
    },
    /// Removes the record under `key`; nothing happens when there is none.
    Delete {
        /// Which record.
        key: Key,
    },
}

impl Write {
    /// The key that this write changes.
    pub fn key(&self) -> &Key {
        match self {
            Write::Put { key, .. } | Write::Delete { key } => key,
        }
    }
}

impl std::fmt::Debug for Write {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Write::Put { key, value, keep } => f
                .debug_struct("Put")
                .field("key", key)
                .field("value_bytes", &value.len())
                .field("keep", keep)
                .finish(),
            Write::Delete { key } => f.debug_struct("Delete").field("key", key).finish(),
        }
    }
}

/// Writes that happen together or not at all. Of two writes to one key the later one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch(Vec<Write>);

impl Batch {
    /// A batch without writes.
    pub fn new() -> Self {
        Batch::default()
    }

    /// Adds: store `value` under `key`, readable for as long as `keep` says.
    pub fn put(&mut self, key: Key, value: Vec<u8>, keep: Keep) {
        self.0.push(Write::Put { key, value, keep });
    }

    /// Adds: remove the record under `key`.
    pub fn delete(&mut self, key: Key) {
        self.0.push(Write::Delete { key });
    }

    /// Adds the writes of `other` after those already here.
    pub fn extend(&mut self, other: Batch) {
        self.0.extend(other.0);
    }

    /// True when committing this would change nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The writes, in the order in which they apply.
    pub fn writes(&self) -> &[Write] {
        &self.0
    }

    /// The numbers under which its values are to be kept, in ascending order.
    pub(super) fn key_numbers(&self) -> BTreeSet<u64> {
        let keep = |write: &Write| match write {
            Write::Put { keep, .. } => Some(*keep),
            Write::Delete { .. } => None,
        };
        self.0.iter().filter_map(keep).flat_map(Keep::numbers).collect()
    }

    /// Checks the limits that every backend shares, before anything is written.
    pub(super) fn check_limits(&self) -> Result<(), StoreError> {
        for write in &self.0 {
            if let Suffix::Ordered(bytes) = &write.key().suffix
                && bytes.len() > super::MAX_SUFFIX_BYTES
            {
                return Err(StoreError::KeyTooLong {
                    bytes: bytes.len(),
                    limit_bytes: super::MAX_SUFFIX_BYTES,
                });
            }
            if let Write::Put { value, .. } = write
                && value.len() > super::MAX_VALUE_BYTES
            {
                return Err(StoreError::ValueTooLarge {
                    bytes: value.len(),
                    limit_bytes: super::MAX_VALUE_BYTES,
                });
            }
        }
        Ok(())
    }
}

/// The part of a scope that a scan looks at, over the raw bytes of ordered suffixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    start: Bound<Vec<u8>>,
    end: Bound<Vec<u8>>,
}

impl Bounds {
    /// The whole scope.
    pub fn all() -> Self {
        Bounds {
            start: Bound::Unbounded,
            end: Bound::Unbounded,
        }
    }

    /// Any two ends.
    pub fn new(start: Bound<Vec<u8>>, end: Bound<Vec<u8>>) -> Self {
        Bounds { start, end }
    }

    /// From `suffix` on, including it.
    pub fn from(suffix: impl Into<Vec<u8>>) -> Self {
        Bounds {
            start: Bound::Included(suffix.into()),
            end: Bound::Unbounded,
        }
    }

    /// Everything after `suffix`, without it.
    pub fn after(suffix: impl Into<Vec<u8>>) -> Self {
        Bounds {
            start: Bound::Excluded(suffix.into()),
            end: Bound::Unbounded,
        }
    }

    /// Everything before `suffix`, without it.
    pub fn before(suffix: impl Into<Vec<u8>>) -> Self {
        Bounds {
            start: Bound::Unbounded,
            end: Bound::Excluded(suffix.into()),
        }
    }

    /// Everything up to `suffix`, including it.
    pub fn up_to(suffix: impl Into<Vec<u8>>) -> Self {
        Bounds {
            start: Bound::Unbounded,
            end: Bound::Included(suffix.into()),
        }
    }

    /// The numbers `first..=last` of a scope whose suffixes are [`Suffix::number`]s.
    pub fn numbers(first: u64, last: u64) -> Self {
        Bounds {
            start: Bound::Included(first.to_be_bytes().to_vec()),
            end: Bound::Included(last.to_be_bytes().to_vec()),
        }
    }

    /// True when no suffix can lie within: the start is past the end.
    pub fn is_empty(&self) -> bool {
        match (&self.start, &self.end) {
            (Bound::Unbounded, _) => false,
            (_, Bound::Unbounded) => false,
            (Bound::Included(start), Bound::Included(end)) => start > end,
            (
                Bound::Included(start) | Bound::Excluded(start),
                Bound::Excluded(end) | Bound::Included(end),
            ) => start >= end,
        }
    }

    /// True when `suffix` lies within.
    pub fn contains(&self, suffix: &[u8]) -> bool {
        let after_start = match &self.start {
            Bound::Unbounded => true,
            Bound::Included(start) => suffix >= start.as_slice(),
            Bound::Excluded(start) => suffix > start.as_slice(),
        };
        let before_end = match &self.end {
            Bound::Unbounded => true,
            Bound::Included(end) => suffix <= end.as_slice(),
            Bound::Excluded(end) => suffix < end.as_slice(),
        };
        after_start && before_end
    }

    /// The lower end.
    pub fn start(&self) -> Bound<&[u8]> {
        self.start.as_ref().map(Vec::as_slice)
    }

    /// The upper end.
    pub fn end(&self) -> Bound<&[u8]> {
        self.end.as_ref().map(Vec::as_slice)
    }
}

/// The direction of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest suffix first.
    Ascending,
    /// Greatest suffix first.
    Descending,
}

/// A record found by a scan. Its value may be a secret, so Debug shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The suffix as the store keeps it: the given bytes of an ordered suffix, a hash of a hashed one.
    pub suffix: Vec<u8>,
    /// What was stored.
    pub value: Vec<u8>,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("suffix", &self.suffix)
            .field("value_bytes", &self.value.len())
            .finish()
    }
}

/// Reading records.
pub trait Read {
    /// The value under `key`, or `None` when there is none or it has been forgotten.
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError>;

    /// At most `limit` records of `scope` whose suffix lies within `bounds`, sorted by suffix in the given order.
    /// To page on, scan again from the last record's suffix.
    fn scan(
        &self,
        scope: &Scope,
        bounds: &Bounds,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError>;

    /// The bytes under which this store keeps the suffix of `key`: what the records of a scan hold and what it
    /// sorts by.
    fn suffix_bytes(&self, key: &Key) -> Vec<u8>;

    /// Whether a value may be kept under this number: false once it has been forgotten, or is lost.
    fn may_keep(&self, number: u64) -> bool;

    /// From this number on none was ever used.
    fn first_unmade_key(&self) -> u64;
}

/// A store that can be written. One writer at a time; readers may read beside it and see each batch whole.
pub trait Store: Read + Send + Sync {
    /// Applies `batch`: all of it or, when this fails, nothing. Visible at once, durable after the next flush.
    fn commit(&self, batch: &Batch) -> Result<(), StoreError>;

    /// Returns when everything committed before the call is durable: it survives a crash and a power cut.
    fn flush(&self) -> Result<(), StoreError>;

    /// Makes every value that was to be kept until a day before `day` unreadable for good; durable on return.
    /// Such values read as absent from now on, and putting one under an earlier day removes the record instead.
    fn forget_before(&self, day: u32) -> Result<(), StoreError>;

    /// Makes every value that was to be kept until one of these numbers is forgotten unreadable for good; durable on return.
    /// Such values read as absent from now on, and putting one is refused.
    fn forget_keys(&self, numbers: &[u64]) -> Result<(), StoreError>;
}
