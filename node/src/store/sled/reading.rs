//! Reading: one record or many, single or packed, and what a sealed record stands for.

use std::ops::Bound;

use super::contained::{Pair, Tree, damaged};
use super::payload::{Payload, PayloadBody, Wrapping};
use super::physical::ScopeName;
use super::{Held, SledStore, packs, split};
use crate::store::{Bounds, Key, Order, Read, Record, Scope, StoreError};

impl SledStore {
    /// The sealed record at `physical`, wherever it lies.
    fn sealed(&self, held: &Held, physical: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match packs::get(&held.tree, &held.packed, physical, &self.cipher)? {
            Some(sealed) => Ok(Some(sealed)),
            None => held.tree.get(physical),
        }
    }

    /// Calls `visit` for the records of `scope` within the bounds, wherever they lie, until it returns false or there are
    /// no more.
    fn visit(
        &self,
        held: &Held,
        scope: ScopeName,
        (bounds, order): (&Bounds, Order),
        visit: &mut dyn FnMut(Vec<u8>, Vec<u8>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let (low, high) = physical_bounds(&scope, bounds);
        let ends = (low.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice));
        let mut singles = held.tree.pairs(ends, order)?;
        let mut packed = match held.packed.contains_key(&scope) {
            true => Some(packs::Scan::new(
                &held.tree,
                scope,
                (bounds, order),
                &self.cipher,
            )?),
            false => None,
        };
        let mut next_packed = || packed.as_mut().map_or(Ok(None), packs::Scan::next);
        let (mut single, mut frame) = (singles.next()?, next_packed()?);
        loop {
            let is_single = match (&single, &frame) {
                (None, None) => return Ok(()),
                (Some(single), Some(frame)) => comes_before(single, frame, order),
                (single, _) => single.is_some(),
            };
            let next = if is_single { single.take() } else { frame.take() };
            let Some((physical, sealed)) = next else {
                return Ok(());
            };
            // Damage behind the last record that is wanted does not concern this read.
            if !visit(physical, sealed)? {
                return Ok(());
            }
            if is_single {
                single = singles.next()?;
            } else {
                frame = next_packed()?;
            }
        }
    }

    /// The value that `sealed`, found at `physical`, stands for; `None` when it has been forgotten.
    fn open_value(&self, tree: &Tree, physical: &[u8], sealed: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let frame = self.cipher.open_frame(physical, sealed);
        let payload = frame.as_ref().and_then(|frame| Payload::decode(&frame.payload));
        let (Some(frame), Some(payload)) = (&frame, payload) else {
            return Err(damaged("a record"));
        };
        if !self.is_remembered(payload.wrapping) {
            return Ok(None);
        }
        let body = match payload.body {
            PayloadBody::Whole(body) => body,
            PayloadBody::Split { parts, hash } => split::read(tree, physical, (parts, &hash), &self.cipher)?,
        };
        let unwrapped = match payload.wrapping {
            Wrapping::Plain => Some(body),
            Wrapping::Day(_) => self.ring.unwrap(physical, &body),
            Wrapping::Numbered(number) => self.keys.unwrap(&[number], &frame.nonce, physical, &body),
            Wrapping::Twice(one, other) => self.keys.unwrap(&[one, other], &frame.nonce, physical, &body),
        };
        Ok(unwrapped.map(|mut value| std::mem::take(&mut *value)))
    }

    /// Whether what was wrapped so can still be read.
    fn is_remembered(&self, wrapping: Wrapping) -> bool {
        match wrapping {
            Wrapping::Plain => true,
            Wrapping::Day(day) => !self.is_forgotten(day),
            Wrapping::Numbered(number) => self.keys.keys().holds(number),
            Wrapping::Twice(one, other) => {
                let keys = self.keys.keys();
                keys.holds(one) && keys.holds(other)
            }
        }
    }
}

fn comes_before((one, _): &Pair, (other, _): &Pair, order: Order) -> bool {
    match order {
        Order::Ascending => one < other,
        Order::Descending => one > other,
    }
}

impl Read for SledStore {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let physical = self.cipher.physical(key);
        // Nobody sees half a batch.
        let held = self.held();
        let value = self.sealed(&held, &physical).and_then(|sealed| match sealed {
            Some(sealed) => self.open_value(&held.tree, &physical, &sealed),
            None => Ok(None),
        });
        self.watch(value)
    }

    fn scan(
        &self,
        scope: &Scope,
        bounds: &Bounds,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        if bounds.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let name = self.cipher.scope_name(scope);
        let mut records = Vec::new();
        let held = self.held();
        let read = self.visit(&held, name, (bounds, order), &mut |physical, sealed| {
            if let Some(value) = self.open_value(&held.tree, &physical, &sealed)?
                && let Some(suffix) = physical.strip_prefix(&name)
            {
                records.push(Record {
                    suffix: suffix.to_vec(),
                    value,
                });
            }
            Ok(records.len() < limit)
        });
        self.watch(read)?;
        Ok(records)
    }

    fn suffix_bytes(&self, key: &Key) -> Vec<u8> {
        self.cipher.suffix_bytes(key)
    }

    fn may_keep(&self, number: u64) -> bool {
        let keys = self.keys.keys();
        keys.holds(number) || number >= keys.next()
    }

    fn first_unmade_key(&self) -> u64 {
        self.keys.keys().next()
    }
}

/// The ends of a scan over everything that begins with `name`.
pub(super) fn physical_bounds(name: &[u8], bounds: &Bounds) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let full = |suffix: &[u8]| [name, suffix].concat();
    let low = match bounds.start() {
        Bound::Unbounded => Bound::Included(name.to_vec()),
        other => other.map(full),
    };
    let high = match bounds.end() {
        Bound::Unbounded => after_all(name),
        other => other.map(full),
    };
    (low, high)
}

/// The end of everything that begins with `name`: the next name, or the end of the store.
pub(super) fn after_all(name: &[u8]) -> Bound<Vec<u8>> {
    let mut next = name.to_vec();
    while let Some(last) = next.pop() {
        if let Some(greater) = last.checked_add(1) {
            next.push(greater);
            return Bound::Excluded(next);
        }
    }
    Bound::Unbounded
}
