//! Making packs: what a batch does to the packs of one scope (`packs` says what they are).
//!
//! New records stay single until those of their scope would fill a pack; then they move into packs in the batch that
//! brings the last of them, so that each record is written about twice. What comes in bulk goes into packs at once. A
//! record that is packed already is replaced or removed where it is, in the same batch. Late records, which belong among
//! packed ones, are merged into the packs around them when their scope's singles move.
//!
//! Moving changes nothing that anybody reads: no record is removed by it, so none is noted as removed for a rescue.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::contained::{Pair, Tree, damaged};
use super::packs::{Frames, PACK_BYTES, Region};
use super::physical::{Cipher, ScopeName};
use super::reading::after_all;
use super::split::Change;
use crate::store::{Order, StoreError};

/// So many single records move into packs with one batch at most, besides its own: a store of an older Kith may hold a
/// million of them.
const MOST_MOVED: usize = 128;
/// The last pack of a run may lack this much; what is shorter stays single.
const NEARLY_FULL_BYTES: usize = PACK_BYTES / 8 * 7;

/// The writes of one batch to one scope: what lies at each physical key from now on, or `None`.
pub(super) type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// How far the records of a scope are packed after a batch.
pub(super) enum Reach {
    /// As far as before.
    Unchanged,
    /// Nothing beyond this key is packed.
    To(Vec<u8>),
    /// The last pack is gone.
    Nowhere,
}

/// What has to be changed in sled for some writes.
pub(super) struct Plan {
    pub(super) changes: Vec<Change>,
    pub(super) reach: Reach,
    /// Bytes of the scope's single records afterwards, about.
    pub(super) staged_bytes: usize,
}

/// Plans `writes` to `scope`, of which nothing beyond `packed_to` is packed and about `staged_bytes` are single.
pub(super) fn plan(
    tree: &Tree,
    scope: ScopeName,
    writes: Writes,
    (packed_to, staged_bytes): (Option<&[u8]>, Option<usize>),
    cipher: &Cipher,
) -> Result<Plan, StoreError> {
    let mut packs = Opened::new(tree, scope, cipher);
    let mut singles = Writes::new();
    for (key, frame) in writes {
        let may_be_packed = packed_to.is_some_and(|last| key.as_slice() <= last);
        if !(may_be_packed && packs.replace(&key, frame.as_deref())?) {
            singles.insert(key, frame);
        }
    }
    let staged_before = match staged_bytes {
        Some(bytes) => bytes,
        None => single_bytes(tree, &scope)?,
    };
    let added: usize = singles.values().flatten().map(Vec::len).sum();
    let mut plan = Plan {
        changes: Vec::new(),
        reach: Reach::Unchanged,
        staged_bytes: staged_before.saturating_add(added),
    };
    if added > 0 && plan.staged_bytes >= PACK_BYTES {
        move_singles(tree, &mut packs, singles, packed_to, &mut plan)?;
    } else {
        plan.changes.extend(singles);
    }
    if matches!(plan.reach, Reach::Unchanged) && packs.leave_none()? {
        plan.reach = Reach::Nowhere;
    }
    packs.write(&mut plan.changes);
    Ok(plan)
}

/// Moves the single records of a scope, those of the batch among them, into packs as far as they fill some.
fn move_singles(
    tree: &Tree,
    packs: &mut Opened<'_>,
    singles: Writes,
    packed_to: Option<&[u8]>,
    plan: &mut Plan,
) -> Result<(), StoreError> {
    let lying = first_singles(tree, &packs.scope, MOST_MOVED)?;
    let all_are_known = lying.len() < MOST_MOVED;
    let mut frames = lying.clone();
    for (key, frame) in &singles {
        match frame {
            Some(frame) => frames.insert(key.clone(), frame.clone()),
            None => frames.remove(key),
        };
    }
    let tail = match packed_to {
        Some(last) => frames.split_off(&[last, &[0]].concat()),
        None => std::mem::take(&mut frames),
    };
    for (key, frame) in frames {
        packs.insert(key, frame)?;
    }
    let (full, rest) = full_packs(tail);
    if let Some((last, _)) = full.last().and_then(|pack| pack.last()) {
        plan.reach = Reach::To(last.clone());
    }
    plan.changes.extend(full.iter().map(|pack| packs.packed(pack)));
    // Where there are many more they go on with the records that fill the next pack: no batch is made to wait for them.
    plan.staged_bytes = rest.values().map(Vec::len).sum();
    let leaves = |key: &Vec<u8>| !rest.contains_key(key);
    let left = lying
        .keys()
        .filter(|key| leaves(key) && !singles.contains_key(*key));
    plan.changes.extend(left.map(|key| (key.clone(), None)));
    for (key, frame) in singles {
        let stays = frame.is_some() && !leaves(&key);
        if stays || frame.is_none() {
            plan.changes.push((key, frame));
        } else if lying.contains_key(&key) || !all_are_known {
            plan.changes.push((key, None));
        }
    }
    Ok(())
}

/// `frames` as packs that are full or nearly, and what is left over at the end.
pub(super) fn full_packs(frames: Frames) -> (Vec<Vec<Pair>>, Frames) {
    let mut full = Vec::new();
    let mut pack: Vec<Pair> = Vec::new();
    let mut pack_bytes = 0;
    for (key, frame) in frames {
        if pack_bytes + frame.len() > PACK_BYTES && !pack.is_empty() {
            full.push(std::mem::take(&mut pack));
            pack_bytes = 0;
        }
        pack_bytes += frame.len();
        pack.push((key, frame));
    }
    if pack_bytes >= NEARLY_FULL_BYTES {
        full.push(std::mem::take(&mut pack));
    }
    (full, pack.into_iter().collect())
}

/// `frames` as packs of about the same length.
fn even_packs(frames: Frames) -> Vec<Vec<Pair>> {
    let bytes: usize = frames.values().map(Vec::len).sum();
    let packs = bytes.div_ceil(PACK_BYTES).max(1);
    let target = bytes.div_ceil(packs);
    let mut even: Vec<Vec<Pair>> = Vec::with_capacity(packs + 1);
    let mut pack_bytes = usize::MAX;
    for (key, frame) in frames {
        let fits = pack_bytes < target && pack_bytes + frame.len() <= PACK_BYTES;
        match even.last_mut() {
            Some(pack) if fits => {
                pack_bytes += frame.len();
                pack.push((key, frame));
            }
            _ => {
                pack_bytes = frame.len();
                even.push(vec![(key, frame)]);
            }
        }
    }
    even
}

/// The first single records of a scope.
fn first_singles(tree: &Tree, scope: &ScopeName, most: usize) -> Result<Frames, StoreError> {
    let end = after_all(scope);
    let bounds = (Bound::Included(scope.as_slice()), end.as_ref().map(Vec::as_slice));
    let mut pairs = tree.pairs(bounds, Order::Ascending)?;
    let mut found = Frames::new();
    while found.len() < most
        && let Some((key, frame)) = pairs.next()?
    {
        found.insert(key, frame);
    }
    Ok(found)
}

/// How many bytes of a scope are single, or enough to fill packs.
fn single_bytes(tree: &Tree, scope: &ScopeName) -> Result<usize, StoreError> {
    Ok(first_singles(tree, scope, MOST_MOVED)?
        .values()
        .map(Vec::len)
        .sum())
}

/// The packs of one scope that a batch changes.
struct Opened<'a> {
    tree: &'a Tree,
    cipher: &'a Cipher,
    scope: ScopeName,
    region: Region,
    /// By the keys under which they lie.
    packs: BTreeMap<Vec<u8>, Pack>,
    /// Late records before the first pack.
    before_all: Frames,
}

struct Pack {
    frames: Frames,
    /// The last record it had when it was opened.
    last: Vec<u8>,
    is_changed: bool,
}

impl<'a> Opened<'a> {
    fn new(tree: &'a Tree, scope: ScopeName, cipher: &'a Cipher) -> Self {
        Opened {
            tree,
            cipher,
            scope,
            region: Region::new(scope, cipher),
            packs: BTreeMap::new(),
            before_all: Frames::new(),
        }
    }

    /// The change that stores `pack`.
    fn packed(&self, pack: &[Pair]) -> Change {
        packed(&self.region, pack)
    }

    /// The pack around `key`, opened.
    fn around(&mut self, key: &[u8]) -> Result<Option<&mut Pack>, StoreError> {
        let known = self.packs.range(..=self.region.key(key)).next_back();
        let known = known
            .filter(|(_, pack)| key <= pack.last.as_slice())
            .map(|(known, _)| known.clone());
        let lies_at = match known {
            Some(lies_at) => lies_at,
            None => {
                let Some(found) = self.region.around(self.tree, key)? else {
                    return Ok(None);
                };
                if !self.packs.contains_key(&found.0) {
                    let frames: Frames = self.region.frames(&found, self.cipher)?.into_iter().collect();
                    let last = frames.keys().next_back().cloned();
                    let pack = Pack {
                        last: last.ok_or_else(|| damaged("an empty pack"))?,
                        frames,
                        is_changed: false,
                    };
                    self.packs.insert(found.0.clone(), pack);
                }
                found.0
            }
        };
        Ok(self.packs.get_mut(&lies_at))
    }

    /// Replaces or removes the record at `key`; false if it is in no pack.
    fn replace(&mut self, key: &[u8], frame: Option<&[u8]>) -> Result<bool, StoreError> {
        let Some(pack) = self.around(key)? else {
            return Ok(false);
        };
        if !pack.frames.contains_key(key) {
            return Ok(false);
        }
        match frame {
            Some(frame) => pack.frames.insert(key.to_vec(), frame.to_vec()),
            None => pack.frames.remove(key),
        };
        pack.is_changed = true;
        Ok(true)
    }

    /// Adds a record that is in no pack.
    fn insert(&mut self, key: Vec<u8>, frame: Vec<u8>) -> Result<(), StoreError> {
        match self.around(&key)? {
            Some(pack) => {
                pack.frames.insert(key, frame);
                pack.is_changed = true;
            }
            None => {
                self.before_all.insert(key, frame);
            }
        }
        Ok(())
    }

    /// Whether the scope had packs and has none any more.
    fn leave_none(&self) -> Result<bool, StoreError> {
        let is_emptied = !self.packs.is_empty()
            && self.before_all.is_empty()
            && self.packs.values().all(|pack| pack.frames.is_empty());
        if !is_emptied {
            return Ok(false);
        }
        let first = self.region.key(&self.scope);
        let end = after_all(&first);
        let bounds = (Bound::Included(first.as_slice()), end.as_ref().map(Vec::as_slice));
        let mut lying = self.tree.pairs(bounds, Order::Ascending)?;
        while let Some((key, _)) = lying.next()? {
            if !self.packs.contains_key(&key) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Adds to `changes` what the packs have become.
    fn write(self, changes: &mut Vec<Change>) {
        for pack in even_packs(self.before_all) {
            changes.push(packed(&self.region, &pack));
        }
        for (lies_at, pack) in self.packs {
            if !pack.is_changed {
                continue;
            }
            let first = pack.frames.keys().next();
            if first.is_none_or(|first| self.region.key(first) != lies_at) {
                changes.push((lies_at, None));
            }
            for pack in even_packs(pack.frames) {
                changes.push(packed(&self.region, &pack));
            }
        }
    }
}

/// The change that stores `pack`, which is not empty.
pub(super) fn packed(region: &Region, pack: &[Pair]) -> Change {
    let key = pack.first().map(|(first, _)| region.key(first));
    let bytes = pack.iter().flat_map(|(_, frame)| frame).copied().collect();
    (key.unwrap_or_default(), Some(bytes))
}
