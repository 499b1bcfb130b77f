//! From a batch to what sled is told: encrypted, long values split, short ones packed, and what they leave cleaned up.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rand_chacha::ChaCha20Rng;
use zeroize::Zeroizing;

use super::packing::{self, Reach, Writes};
use super::payload::{Payload, PayloadBody, Wrapping};
use super::physical::{HASH_BYTES, ScopeName, fresh_nonce};
use super::split::{self, Change, SplitId};
use super::{Held, SledStore, Writer, mark, packs};
use crate::store::{Batch, Keep, Key, StoreError, Write};

/// The single bytes of so many scopes are remembered; a scope that is forgotten is counted again when it is written.
const MOST_SCOPES_COUNTED: usize = 4096;

/// A batch in the form in which sled takes it.
pub(super) struct Prepared {
    pub(super) changes: Vec<Change>,
    /// The parts that values have after the batch; 0 for those that are in one piece again, or gone.
    pub(super) splits: Vec<(SplitId, u32)>,
    /// The scopes of which more or less is packed than before, and up to which key; `None` where nothing is any more.
    pub(super) packed: Vec<(ScopeName, Option<Vec<u8>>)>,
    /// About how many bytes are single afterwards, for the scopes that may have packs.
    pub(super) staged_bytes: Vec<(ScopeName, usize)>,
    /// What is written to scopes that may have packs, until it is planned where it goes.
    packable: HashMap<ScopeName, Writes>,
}

impl Prepared {
    /// What the changes add to the log, roughly.
    pub(super) fn bytes(&self) -> u64 {
        let bytes = |(key, value): &Change| key.len() + value.as_ref().map_or(0, Vec::len);
        self.changes.iter().map(|change| bytes(change) as u64).sum()
    }
}

impl SledStore {
    /// Encrypts `batch`, which is change number `change`, and adds what its writes leave to be cleaned up.
    pub(super) fn prepare(
        &self,
        batch: &Batch,
        change: u64,
        writer: &mut Writer,
    ) -> Result<Prepared, StoreError> {
        let mut last: BTreeMap<Vec<u8>, &Write> = BTreeMap::new();
        for write in batch.writes() {
            last.insert(self.cipher.physical(write.key()), write);
        }
        let days: BTreeSet<u32> = last.values().filter_map(|write| self.kept_until(write)).collect();
        self.ring.ensure(days, &mut writer.rng)?;
        self.keys.ensure(batch.key_numbers(), &mut writer.rng)?;
        let mut prepared = Prepared {
            changes: Vec::with_capacity(last.len() + 1),
            splits: Vec::new(),
            packed: Vec::new(),
            staged_bytes: Vec::new(),
            packable: HashMap::new(),
        };
        let held = self.held();
        let mut removed = Vec::new();
        for (physical, write) in last {
            let sealed = self.prepare_write(
                (&physical, write),
                change,
                (&held, &mut writer.rng),
                &mut prepared,
            )?;
            if sealed.is_none() {
                removed.push(physical.clone());
            }
            match packable_scope(&physical, write.key(), &held) {
                Some(scope) => {
                    prepared
                        .packable
                        .entry(scope)
                        .or_default()
                        .insert(physical, sealed);
                }
                None => prepared.changes.push((physical, sealed)),
            }
        }
        // Before records move into packs: a record that moves is not removed.
        let parts = prepared
            .changes
            .iter()
            .filter(|(key, value)| value.is_none() && !split::is_record(key, &self.cipher));
        let removed = removed.iter().chain(parts.map(|(key, _)| key));
        let count = mark::count(change, removed, &self.cipher, &mut writer.rng)?;
        prepared.changes.push(count);
        self.prepare_packs(change, (&held, writer), &mut prepared)?;
        Ok(prepared)
    }

    /// What lies at a write's physical key afterwards; its parts, those it leaves and those it makes, go to `prepared`.
    fn prepare_write(
        &self,
        (physical, write): (&[u8], &Write),
        change: u64,
        (held, rng): (&Held, &mut ChaCha20Rng),
        prepared: &mut Prepared,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let id = split::id(physical, &self.cipher);
        let parts_before = held.splits.get(&id).copied().unwrap_or(0);
        let (sealed, parts_after) = match write {
            Write::Put { value, keep, .. } if !self.comes_too_late(*keep) => {
                self.prepare_put((physical, change), (value, *keep), rng, prepared)?
            }
            Write::Put { .. } | Write::Delete { .. } => (None, 0),
        };
        if parts_after < parts_before {
            split::remove(
                &id,
                parts_after,
                parts_before,
                &self.cipher,
                &mut prepared.changes,
            );
        }
        if parts_after != parts_before {
            prepared.splits.push((id, parts_after));
        }
        Ok(sealed)
    }

    /// Turns what waits in `prepared` to be packed into changes.
    fn prepare_packs(
        &self,
        change: u64,
        (held, writer): (&Held, &mut Writer),
        prepared: &mut Prepared,
    ) -> Result<(), StoreError> {
        if writer.staged_bytes.len() > MOST_SCOPES_COUNTED {
            writer.staged_bytes.clear();
        }
        for (scope, writes) in std::mem::take(&mut prepared.packable) {
            let packed_to = held.packed.get(&scope).map(Vec::as_slice);
            let staged_bytes = writer.staged_bytes.get(&scope).copied();
            let plan = packing::plan(&held.tree, scope, writes, (packed_to, staged_bytes), &self.cipher)?;
            prepared.changes.extend(plan.changes);
            prepared.staged_bytes.push((scope, plan.staged_bytes));
            let (entry, packed) = match plan.reach {
                Reach::Unchanged => continue,
                Reach::To(last) => {
                    let entry = packs::index(&scope, (&last, change), &self.cipher, &mut writer.rng)?;
                    (entry, Some(last))
                }
                Reach::Nowhere => (packs::without_index(&scope, &self.cipher), None),
            };
            prepared.changes.push(entry);
            prepared.packed.push((scope, packed));
        }
        Ok(())
    }

    /// The sealed record of one value, after its parts, if any, were added to `prepared`; and their number.
    fn prepare_put(
        &self,
        (physical, change): (&[u8], u64),
        (value, keep): (&[u8], Keep),
        rng: &mut ChaCha20Rng,
        prepared: &mut Prepared,
    ) -> Result<(Option<Vec<u8>>, u32), StoreError> {
        let nonce = fresh_nonce(rng);
        let (wrapping, body) = match keep {
            Keep::Always => (Wrapping::Plain, value.to_vec()),
            Keep::UntilDay(day) => (Wrapping::Day(day), self.ring.wrap(day, physical, value, rng)?),
            Keep::UntilForgotten(number) => (
                Wrapping::Numbered(number),
                self.keys.wrap(&[number], &nonce, physical, value)?,
            ),
            Keep::UntilEither(one, other) => (
                Wrapping::Twice(one, other),
                self.keys.wrap(&[one, other], &nonce, physical, value)?,
            ),
        };
        let body = Zeroizing::new(body);
        let (body, parts) = if body.len() > split::PART_BYTES {
            split::write(
                physical,
                (change, &body),
                &self.cipher,
                rng,
                &mut prepared.changes,
            )?
        } else {
            (PayloadBody::Whole(body), 0)
        };
        let sealed = self
            .cipher
            .seal_with(physical, change, &Payload { wrapping, body }.encode(), nonce)?;
        Ok((Some(sealed), parts))
    }

    /// The day under whose key a write wraps its value, if it does.
    fn kept_until(&self, write: &Write) -> Option<u32> {
        match write {
            Write::Put {
                keep: Keep::UntilDay(day),
                ..
            } if !self.is_forgotten(*day) => Some(*day),
            _ => None,
        }
    }

    fn comes_too_late(&self, keep: Keep) -> bool {
        matches!(keep, Keep::UntilDay(day) if self.is_forgotten(day))
    }
}

/// The scope of the record at `physical`, if its records are packed or may be.
fn packable_scope(physical: &[u8], key: &Key, held: &Held) -> Option<ScopeName> {
    let scope = physical.first_chunk::<HASH_BYTES>()?;
    (key.scope.is_sequential() || held.packed.contains_key(scope)).then_some(*scope)
}

/// What a batch adds to the log, roughly.
pub(super) fn batch_bytes(batch: &Batch) -> u64 {
    /// A physical key, a nonce, two tags and sled's own header.
    const OVERHEAD: usize = 200;
    let bytes = |write: &Write| match write {
        Write::Put { value, .. } => value.len() + OVERHEAD,
        Write::Delete { .. } => OVERHEAD,
    };
    batch.writes().iter().map(|write| bytes(write) as u64).sum()
}
