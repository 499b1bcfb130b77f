//! Packs: many small records of one scope in one record of sled.
//!
//! sled keeps some 270 bytes in memory for each of its pages, and a page holds 8 to 16 records however small they are:
//! a million messages in records of their own cost 60 MB. So a run of records of one scope is kept as a *pack*: their
//! frames side by side, in the order of their keys, at most [`PACK_BYTES`] in all unless a single frame is longer.
//!
//! A record is either *single*, under its physical key, or in exactly one pack. A pack lies at `packs name of the scope ‖
//! suffix of its first record`, away from the singles: a page that takes new records is rewritten every few of them and
//! must not drag packs along. Packs of one scope do not overlap; singles may lie between and among them. An index of the
//! scopes with packs, small enough to stay in memory, says for each up to which key anything is packed.
//!
//! Frames are in a pack as they were alone: with their own key, change and nonce. So the rescue finds them in the raw log
//! and needs no packs, and what a day key erases stays erased. This file reads packs; `packing` makes them.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use rand_core::CryptoRng;

use super::contained::{Pair, Pairs, Tree, damaged};
use super::physical::{Cipher, HASH_BYTES, Name, ScopeName};
use super::split::{self, Change};
use crate::store::{Bounds, Order, StoreError};

/// The longest pack of several records: so short that a page stays in sled's log even when sled has just merged two into one
/// that was full.
pub(super) const PACK_BYTES: usize = split::PART_BYTES * 3 / 4;

/// The scopes with packs, and for each the physical key beyond which none of its records is packed.
pub(super) type Packed = HashMap<ScopeName, Vec<u8>>;

/// Sealed frames by their physical keys.
pub(super) type Frames = BTreeMap<Vec<u8>, Vec<u8>>;

/// The packs of one scope.
pub(super) struct Region {
    scope: ScopeName,
    name: [u8; HASH_BYTES],
}

impl Region {
    pub(super) fn new(scope: ScopeName, cipher: &Cipher) -> Self {
        Region {
            scope,
            name: cipher.name(Name::Packs, &[&scope]),
        }
    }

    /// The key of the pack whose first record is the one at `physical`.
    pub(super) fn key(&self, physical: &[u8]) -> Vec<u8> {
        let suffix = physical.strip_prefix(&self.scope).unwrap_or_default();
        [self.name.as_slice(), suffix].concat()
    }

    /// The only pack in which the record at `physical` can be, with its key.
    pub(super) fn around(&self, tree: &Tree, physical: &[u8]) -> Result<Option<Pair>, StoreError> {
        let key = self.key(physical);
        let bounds = (
            Bound::Included(self.name.as_slice()),
            Bound::Included(key.as_slice()),
        );
        tree.pairs(bounds, Order::Descending)?.next()
    }

    /// The frames of the pack at `key`, each with its physical key, in their order.
    pub(super) fn frames(&self, (key, bytes): &Pair, cipher: &Cipher) -> Result<Vec<Pair>, StoreError> {
        let mut frames: Vec<Pair> = Vec::new();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (physical, frame, after) = cipher.split_frame(rest).ok_or_else(|| damaged("a pack"))?;
            let follows = frames
                .last()
                .is_none_or(|(before, _)| before.as_slice() < physical);
            if !follows || !physical.starts_with(&self.scope) {
                return Err(damaged("the order of a pack"));
            }
            frames.push((physical.to_vec(), frame.to_vec()));
            rest = after;
        }
        match frames.first() {
            Some((first, _)) if self.key(first) == *key => Ok(frames),
            _ => Err(damaged("the beginning of a pack")),
        }
    }
}

/// The sealed record at `physical`, if it is in a pack.
pub(super) fn get(
    tree: &Tree,
    packed: &Packed,
    physical: &[u8],
    cipher: &Cipher,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(scope) = physical.first_chunk::<HASH_BYTES>() else {
        return Ok(None);
    };
    if packed.get(scope).is_none_or(|last| last.as_slice() < physical) {
        return Ok(None);
    }
    let Some((_, pack)) = Region::new(*scope, cipher).around(tree, physical)? else {
        return Ok(None);
    };
    let mut rest = pack.as_slice();
    while !rest.is_empty() {
        let (key, frame, after) = cipher.split_frame(rest).ok_or_else(|| damaged("a pack"))?;
        if key == physical {
            return Ok(Some(frame.to_vec()));
        }
        rest = after;
    }
    Ok(None)
}

/// A scan over the packed records of one scope.
pub(super) struct Scan<'a> {
    region: Region,
    cipher: &'a Cipher,
    bounds: &'a Bounds,
    order: Order,
    packs: Pairs,
    /// What is left of the pack being read, the next one last.
    frames: Vec<Pair>,
    /// No further pack holds anything within the bounds.
    ends: bool,
}

impl<'a> Scan<'a> {
    /// The records of `scope` within `bounds`, in the given order.
    pub(super) fn new(
        tree: &Tree,
        scope: ScopeName,
        (bounds, order): (&'a Bounds, Order),
        cipher: &'a Cipher,
    ) -> Result<Self, StoreError> {
        let region = Region::new(scope, cipher);
        let (mut low, high) = super::reading::physical_bounds(&region.name, bounds);
        if let Bound::Included(suffix) | Bound::Excluded(suffix) = bounds.start() {
            // What begins before the bounds may reach into them.
            let around = region.around(tree, &[scope.as_slice(), suffix].concat())?;
            low = Bound::Included(around.map_or_else(|| region.name.to_vec(), |(key, _)| key));
        }
        let ends = (low.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice));
        Ok(Scan {
            packs: tree.pairs(ends, order)?,
            region,
            cipher,
            bounds,
            order,
            frames: Vec::new(),
            ends: false,
        })
    }

    /// The next record's physical key and frame.
    pub(super) fn next(&mut self) -> Result<Option<Pair>, StoreError> {
        while self.frames.is_empty() && !self.ends {
            let Some(pack) = self.packs.next()? else {
                self.ends = true;
                break;
            };
            let mut frames = self.region.frames(&pack, self.cipher)?;
            frames.retain(|(key, _)| {
                let suffix = key.strip_prefix(&self.region.scope).unwrap_or_default();
                self.bounds.contains(suffix)
            });
            if self.order == Order::Ascending {
                frames.reverse();
            }
            self.frames = frames;
        }
        Ok(self.frames.pop())
    }
}

fn index_key(scope: &ScopeName, cipher: &Cipher) -> Vec<u8> {
    [cipher.name(Name::Packed, &[]).as_slice(), scope].concat()
}

/// The entry of the index that says that nothing of `scope` beyond `last` is packed, as of change number `change`.
pub(super) fn index(
    scope: &ScopeName,
    (last, change): (&[u8], u64),
    cipher: &Cipher,
    rng: &mut dyn CryptoRng,
) -> Result<Change, StoreError> {
    let key = index_key(scope, cipher);
    let sealed = cipher.seal(&key, change, last, rng)?;
    Ok((key, Some(sealed)))
}

/// The change that takes the entry of `scope` out of the index, once none of its records is packed any more.
pub(super) fn without_index(scope: &ScopeName, cipher: &Cipher) -> Change {
    (index_key(scope, cipher), None)
}

/// True when `physical` is the key of an entry of the index.
pub(super) fn is_index(physical: &[u8], cipher: &Cipher) -> bool {
    physical.starts_with(&cipher.name(Name::Packed, &[]))
}

/// Reads the index.
pub(super) fn load(tree: &Tree, cipher: &Cipher) -> Result<Packed, StoreError> {
    let first = cipher.name(Name::Packed, &[]);
    let bounds = (Bound::Included(first.as_slice()), Bound::Unbounded);
    let mut found = Packed::new();
    let mut entries = tree.pairs(bounds, Order::Ascending)?;
    while let Some((key, sealed)) = entries.next()? {
        let Some(scope) = key.strip_prefix(&first) else {
            break;
        };
        let last = cipher.open(&key, &sealed);
        let (Ok(scope), Some(last)) = (ScopeName::try_from(scope), last) else {
            return Err(damaged("the index of packs"));
        };
        found.insert(scope, last.to_vec());
    }
    Ok(found)
}
