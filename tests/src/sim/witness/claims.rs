//! What nodes claim to one another: no more than is durable or was read, and no less than before.

use kith_crypto::{DeviceId, EntryId, LogKind};
use kith_node::Position;

use super::{
    Checked, broken,
    chat::ChatWitness,
    rows::{Fact, Row},
};
use crate::sim::wire::Log;

/// The number an entry has in its log, as its position ends with it.
pub(super) fn seq(position: &Position) -> u64 {
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
        let here = &self.seen[side];
        let is_held = |number| here.held.get(&(*device, number)) == Some(&None);
        // What has a row is told in the batch that brings it.
        let is_untold = |id: &EntryId, fact: &Fact| {
            let row = here.rows.get(id);
            fact.device == *device
                && seq(&fact.position) <= end
                && !row.is_some_and(Row::is_durable)
                && fact.span_ms.is_none()
                && !self.may_lack(side, id)
        };
        let mut facts = self.facts.iter().filter(|(id, fact)| is_untold(id, fact));
        let untold = facts.next().map(|(_, fact)| seq(&fact.position));
        match (1..=end).find(|number| !is_held(*number)).or(untold) {
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
            let mut unread = self.facts.iter().filter(|(id, fact)| {
                // Who deletes a message has done with it, read or not. Of its own that its author deleted, it hears no more.
                fact.device == *device
                    && seq(&fact.position) <= *end
                    && !self.seen[side].marked.contains(*id)
                    && !self.may_lack(side, id)
                    && !self.may_go(fact.author, id)
            });
            let unread = unread.next().map(|(_, fact)| seq(&fact.position));
            let held = &self.seen[side].held;
            let unheard = (1..=*end).find(|number| !held.contains_key(&(*device, *number)));
            if let Some(number) = unread.or(unheard) {
                let author = author.map_or("a stranger", |author| self.name(author));
                return Err(broken(format!(
                    "{} says on the wire that entry {number} of {author} was shown, and its person never read it",
                    self.name(side)
                )));
            }
        }
        Ok(())
    }
}
