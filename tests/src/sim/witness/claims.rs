//! What nodes claim to one another: no more than is durable or was read, and no less than before.

use std::collections::BTreeSet;

use kith_crypto::{DeviceId, LogKind};
use kith_node::Position;

use super::{Checked, broken, chat::ChatWitness};
use crate::sim::wire::Log;

/// The number an entry has in its log, as its position ends with it.
fn seq(position: &Position) -> u64 {
    let digits = position.as_bytes().iter().skip(16);
    digits.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl ChatWitness {
    /// A frontier goes out: it only grows. Of its own log alone a node tells less when it asks for the other's entries.
    pub(super) fn frontier(&mut self, side: usize, log: &Log) -> Checked {
        let name = self.name(side);
        let is_own = self.side_of_device(&log.author) == Some(side);
        if log.base != 1
            || log.head.is_some() != (log.contiguous > 0)
            || log.beyond.iter().any(|(first, last)| first > last)
        {
            return Err(broken(format!("{name} tells a frontier that cannot be")));
        }
        let known = self.seen[side]
            .frontiers
            .entry((log.author, log.kind))
            .or_default();
        if log.contiguous < *known && !is_own {
            return Err(broken(format!(
                "{name} told a frontier of {} after one of {known}",
                log.contiguous
            )));
        }
        *known = log.contiguous.max(*known);
        match log.kind {
            LogKind::Content => self.holds(side, &log.author, log.contiguous),
            LogKind::Control => Ok(()),
        }
    }

    /// Everything of a log up to `end` is durable here.
    pub(super) fn holds(&self, side: usize, device: &DeviceId, end: u64) -> Checked {
        let name = self.name(side);
        let Some(author) = self.side_of_device(device) else {
            return Err(broken(format!("{name} names a device that has no part in this")));
        };
        let durable: BTreeSet<u64> = self.seen[side]
            .rows
            .iter()
            .filter(|(_, row)| row.is_durable())
            .filter_map(|(id, _)| self.facts.get(id))
            .filter(|fact| fact.author == author)
            .map(|fact| seq(&fact.position))
            .collect();
        match (1..=end).find(|number| !durable.contains(number)) {
            Some(number) => Err(broken(format!(
                "{name} says on the wire that it holds entry {number} of {}, which is not durable there",
                self.name(author)
            ))),
            None => Ok(()),
        }
    }

    /// Everything of the other's log that is said to have been shown was read by this side's person.
    pub(super) fn shown(&self, side: usize, shown: &[(DeviceId, u64)]) -> Checked {
        for (device, end) in shown {
            let author = self.side_of_device(device);
            if author == Some(side) {
                continue;
            }
            let read: BTreeSet<u64> = self.seen[side]
                .marked
                .iter()
                .filter_map(|id| self.facts.get(id))
                .filter(|fact| Some(fact.author) == author)
                .map(|fact| seq(&fact.position))
                .collect();
            if let Some(number) = (1..=*end).find(|number| !read.contains(number)) {
                return Err(broken(format!(
                    "{} says on the wire that entry {number} was shown, and its person never read it",
                    self.name(side)
                )));
            }
        }
        Ok(())
    }
}
