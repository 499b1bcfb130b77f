//! Values too long for one record are split into numbered parts, in the same atomic batch.
//!
//! Up to 17 records share a page of sled, and a page of more than 128 KiB leaves its log for a file of its own,
//! which no flush ever syncs. So no single record may exceed [`PART_BYTES`]. An index of the split values, small
//! enough to stay in memory, tells a later write which parts it has to remove.
//!
//! Layout: the record itself holds the number of parts and their hash; a part lies at `parts name ‖ id ‖ number`,
//! the index entry at `splits name ‖ id`, where the id is a keyed hash of the record's physical key.

use std::collections::HashMap;
use std::ops::Bound;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::contained::{Tree, damaged};
use super::payload::{Payload, PayloadBody};
use super::physical::{Cipher, HASH_BYTES, Name};
use crate::store::{Order, StoreError};

/// The longest value kept in one piece: 17 of them with their keys stay under 128 KiB.
pub(super) const PART_BYTES: usize = 6 * 1024;

/// Identifies a split value.
pub(super) type SplitId = [u8; HASH_BYTES];

/// The parts of every split value there is.
pub(super) type Splits = HashMap<SplitId, u32>;

/// A change of one physical record: what lies there from now on, or `None` to remove it.
pub(super) type Change = (Vec<u8>, Option<Vec<u8>>);

/// The id of the value at `physical`.
pub(super) fn id(physical: &[u8], cipher: &Cipher) -> SplitId {
    cipher.name(Name::Split, &[physical])
}

fn part_key(id: &SplitId, number: u32, cipher: &Cipher) -> Vec<u8> {
    [
        cipher.name(Name::Parts, &[]).as_slice(),
        id,
        &number.to_be_bytes(),
    ]
    .concat()
}

fn index_key(id: &SplitId, cipher: &Cipher) -> Vec<u8> {
    [cipher.name(Name::Split, &[]).as_slice(), id].concat()
}

/// True when `physical` is the key of an entry of the index.
pub(super) fn is_index(physical: &[u8], cipher: &Cipher) -> bool {
    physical.starts_with(&cipher.name(Name::Split, &[]))
}

/// True when `physical` is a record of its own, not a part of one or an index entry.
pub(super) fn is_record(physical: &[u8], cipher: &Cipher) -> bool {
    !physical.starts_with(&cipher.name(Name::Parts, &[])) && !is_index(physical, cipher)
}

/// Adds to `changes` the parts and the index entry of `value`, which change number `change` stores at `physical`,
/// and gives what the record itself has to say, with the number of parts.
pub(super) fn write(
    physical: &[u8],
    (change, value): (u64, &[u8]),
    cipher: &Cipher,
    rng: &mut dyn CryptoRng,
    changes: &mut Vec<Change>,
) -> Result<(PayloadBody, u32), StoreError> {
    let id = id(physical, cipher);
    let mut parts: u32 = 0;
    for part in value.chunks(PART_BYTES) {
        let key = part_key(&id, parts, cipher);
        let sealed = cipher.seal(&key, change, part, rng)?;
        changes.push((key, Some(sealed)));
        parts += 1;
    }
    changes.push(index(physical, (change, parts), cipher, rng)?);
    Ok((
        PayloadBody::Split {
            parts,
            hash: *blake3::hash(value).as_bytes(),
        },
        parts,
    ))
}

/// The index entry of the value at `physical`, which change number `change` has split into so many parts.
pub(super) fn index(
    physical: &[u8],
    (change, parts): (u64, u32),
    cipher: &Cipher,
    rng: &mut dyn CryptoRng,
) -> Result<Change, StoreError> {
    let key = index_key(&id(physical, cipher), cipher);
    let entry = [parts.to_be_bytes().as_slice(), physical].concat();
    let sealed = cipher.seal(&key, change, &entry, rng)?;
    Ok((key, Some(sealed)))
}

/// The keys of the parts of the value at `physical`, in their order.
pub(super) fn part_keys(physical: &[u8], parts: u32, cipher: &Cipher) -> impl Iterator<Item = Vec<u8>> {
    let id = id(physical, cipher);
    (0..parts).map(move |number| part_key(&id, number, cipher))
}

/// Adds to `changes` the removal of the parts `from..to` of `id`, and of its index entry when none remain.
pub(super) fn remove(id: &SplitId, from: u32, to: u32, cipher: &Cipher, changes: &mut Vec<Change>) {
    changes.extend((from..to).map(|number| (part_key(id, number, cipher), None)));
    if from == 0 {
        changes.push((index_key(id, cipher), None));
    }
}

/// Puts the parts of the value at `physical` together again.
pub(super) fn read(
    tree: &Tree,
    physical: &[u8],
    (parts, hash): (u32, &[u8; 32]),
    cipher: &Cipher,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let id = id(physical, cipher);
    let mut value = Zeroizing::new(Vec::new());
    for number in 0..parts {
        let key = part_key(&id, number, cipher);
        let sealed = tree
            .get(&key)?
            .ok_or_else(|| damaged("a part of a record is missing"))?;
        let part = cipher
            .open(&key, &sealed)
            .ok_or_else(|| damaged("a part of a record"))?;
        value.extend_from_slice(&part);
    }
    if blake3::hash(&value).as_bytes() != hash {
        return Err(damaged("the parts of a record do not fit together"));
    }
    Ok(value)
}

/// Reads the index.
pub(super) fn load(tree: &Tree, cipher: &Cipher) -> Result<Splits, StoreError> {
    Ok(load_with_keys(tree, cipher)?
        .into_iter()
        .map(|(id, parts, _)| (id, parts))
        .collect())
}

fn load_with_keys(tree: &Tree, cipher: &Cipher) -> Result<Vec<(SplitId, u32, Vec<u8>)>, StoreError> {
    let first = cipher.name(Name::Split, &[]);
    let mut found = Vec::new();
    tree.range(
        (Bound::Included(&first), Bound::Unbounded),
        Order::Ascending,
        &mut |(key, sealed)| {
            let Some(id) = key.strip_prefix(&first) else {
                return Ok(false);
            };
            let entry = cipher
                .open(&key, &sealed)
                .ok_or_else(|| damaged("the index of split records"))?;
            let (Ok(id), Some((parts, physical))) = (SplitId::try_from(id), entry.split_first_chunk()) else {
                return Err(damaged("the index of split records"));
            };
            found.push((id, u32::from_be_bytes(*parts), physical.to_vec()));
            Ok(true)
        },
    )?;
    Ok(found)
}

/// Removes the split values of a rescued store that are not whole any more, and counts them.
pub(super) fn drop_broken(tree: &Tree, cipher: &Cipher) -> Result<u64, StoreError> {
    let mut dropped = 0;
    for (id, parts, physical) in load_with_keys(tree, cipher)? {
        let head = tree
            .get(&physical)?
            .and_then(|sealed| cipher.open(&physical, &sealed));
        let payload = head.as_deref().and_then(|head| Payload::decode(head));
        let mut changes = Vec::new();
        if let Some(PayloadBody::Split { parts, hash }) = payload.map(|payload| payload.body) {
            if read(tree, &physical, (parts, &hash), cipher).is_ok() {
                continue;
            }
            changes.push((physical, None));
            dropped += 1;
        }
        // Without a broken record these are leftovers of a value that is in one piece, or gone.
        remove(&id, 0, parts, cipher, &mut changes);
        tree.apply(changes)?;
    }
    Ok(dropped)
}
