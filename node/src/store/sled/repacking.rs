//! Packs for a whole store whose records are all single, as a rescue leaves it.
//!
//! What lies on the disk does not tell its table. So any scope gets packs that has many records under ordered suffixes;
//! the index says which, and reading and writing go by the index, so that a scope that gains little by it loses nothing.

use std::ops::Bound;

use rand_core::CryptoRng;

use super::contained::{Pair, Tree};
use super::packing::{full_packs, packed};
use super::packs::{self, Frames, Packed, Region};
use super::physical::{Cipher, HASH_BYTES, ScopeName};
use super::split::{self, Change};
use crate::store::{Order, StoreError};

/// So many records are moved with one batch.
const CHUNK_RECORDS: usize = 2_000;
/// A scope of fewer records stays as it is.
const FEWEST: usize = 64;

/// Moves the single records of every large scope in `tree` into packs, as of change number `change`, and counts them.
/// Where it is interrupted it can begin again.
pub(super) fn repack(
    tree: &Tree,
    packed_to: &mut Packed,
    change: u64,
    cipher: &Cipher,
    rng: &mut dyn CryptoRng,
) -> Result<u64, StoreError> {
    let mut moved = 0;
    let mut after: Option<Vec<u8>> = None;
    let mut run = Run::default();
    loop {
        let chunk = chunk_after(tree, after.as_deref())?;
        let is_last = chunk.len() < CHUNK_RECORDS;
        after = chunk.last().map(|(key, _)| key.clone());
        let mut changes = Vec::new();
        for (key, sealed) in chunk {
            let Some(scope) = scope_of_single(&key, &sealed, cipher) else {
                continue;
            };
            if scope != run.scope {
                run.settle(packed_to, (change, cipher), rng, &mut changes)?;
                run = Run {
                    scope,
                    ..Run::default()
                };
            }
            if packed_to.get(&scope).is_none_or(|last| *last < key) {
                run.frames.insert(key, sealed);
            }
        }
        run.settle(packed_to, (change, cipher), rng, &mut changes)?;
        moved += changes.iter().filter(|(_, value)| value.is_none()).count() as u64;
        tree.apply(changes)?;
        if is_last {
            return Ok(moved);
        }
    }
}

/// Single records of one scope, one after the other.
#[derive(Default)]
struct Run {
    scope: ScopeName,
    frames: Frames,
}

impl Run {
    /// Adds to `changes` the packs that the records fill; what is left of them waits for more.
    fn settle(
        &mut self,
        packed_to: &mut Packed,
        (change, cipher): (u64, &Cipher),
        rng: &mut dyn CryptoRng,
        changes: &mut Vec<Change>,
    ) -> Result<(), StoreError> {
        if self.frames.len() < FEWEST && !packed_to.contains_key(&self.scope) {
            return Ok(());
        }
        let region = Region::new(self.scope, cipher);
        let (full, rest) = full_packs(std::mem::take(&mut self.frames));
        self.frames = rest;
        for pack in &full {
            changes.push(packed(&region, pack));
            changes.extend(pack.iter().map(|(key, _)| (key.clone(), None)));
        }
        if let Some((last, _)) = full.last().and_then(|pack| pack.last()) {
            changes.push(packs::index(&self.scope, (last, change), cipher, rng)?);
            packed_to.insert(self.scope, last.clone());
        }
        Ok(())
    }
}

fn chunk_after(tree: &Tree, after: Option<&[u8]>) -> Result<Vec<Pair>, StoreError> {
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut pairs = tree.pairs((start, Bound::Unbounded), Order::Ascending)?;
    let mut chunk = Vec::new();
    while chunk.len() < CHUNK_RECORDS
        && let Some(pair) = pairs.next()?
    {
        chunk.push(pair);
    }
    Ok(chunk)
}

/// The scope of a pair that is a single record with an ordered suffix: not a hashed one, a pack, or the store's own.
fn scope_of_single(key: &[u8], sealed: &[u8], cipher: &Cipher) -> Option<ScopeName> {
    let (scope, suffix) = key.split_first_chunk::<HASH_BYTES>()?;
    let is_single = cipher.frame_key(sealed) == Some(key);
    (is_single && suffix.len() != HASH_BYTES && split::is_record(key, cipher)).then_some(*scope)
}
