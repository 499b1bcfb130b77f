//! What the other side holds of one log, and what each lacks of it: sets of numbers, and nothing else. `frontier` brings
//! them from the wire and back.

use kith_crypto::{EntryId, LogId};

use crate::{
    frame::LogFrontier,
    records::{LogRecord, Ranges},
    turn::{Fault, Step},
};

/// A frontier of one log, checked.
pub(super) struct Known {
    pub log: LogId,
    pub base: u64,
    pub contiguous: u64,
    pub head: Option<EntryId>,
    pub beyond: Ranges,
    /// What they hold after this number they did not say: they have more gaps than a frontier can name.
    pub told_to: Option<u64>,
}

/// Of a frontier that names as many ranges as it can, so many are looked at: what is told in answer names one more, and has
/// to be a whole one.
const LOOKED_AT: usize = Ranges::MOST - 2;

impl Known {
    pub(super) fn end(&self) -> u64 {
        self.beyond.end().unwrap_or(self.contiguous)
    }
}

/// Takes a frontier from the wire; refused when it contradicts itself.
pub(super) fn parse(wire: LogFrontier) -> Step<Known> {
    let log = LogId {
        author: wire.author,
        kind: wire.kind,
    };
    let beyond =
        Ranges::from_wire(wire.beyond).ok_or(Fault::Peer("a frontier whose ranges are out of order"))?;
    let gap_first = beyond
        .iter()
        .next()
        .is_none_or(|(first, _)| first > wire.contiguous.saturating_add(1));
    if wire.base == 0 || !gap_first {
        return Err(Fault::Peer("a frontier that contradicts itself"));
    }
    let is_part = beyond.len() >= Ranges::MOST;
    let beyond = if is_part { beyond.first(LOOKED_AT) } else { beyond };
    Ok(Known {
        log,
        base: wire.base,
        contiguous: wire.contiguous,
        head: wire.head,
        told_to: beyond.end().filter(|_| is_part),
        beyond,
    })
}

/// The ranges of `ours` that `known` lacks, as far as it told.
pub(super) fn lacking(ours: &LogRecord, known: Option<&Known>) -> Vec<(u64, u64)> {
    let held = std::iter::once((ours.base, ours.contiguous)).chain(ours.beyond.iter());
    let held = held.filter(|(first, last)| first <= last);
    let Some(known) = known else { return held.collect() };
    held.flat_map(|range| subtract(range, known)).collect()
}

/// What remains of a range without what `known` holds.
fn subtract((first, last): (u64, u64), known: &Known) -> Vec<(u64, u64)> {
    let mut rest = Vec::new();
    let last = last.min(known.told_to.unwrap_or(u64::MAX));
    let mut start = first.max(known.base).max(known.contiguous.saturating_add(1));
    for (held_first, held_last) in known.beyond.iter() {
        if held_last < start {
            continue;
        }
        if held_first > last {
            break;
        }
        if held_first > start {
            rest.push((start, held_first.saturating_sub(1)));
        }
        start = held_last.saturating_add(1);
    }
    if start <= last {
        rest.push((start, last));
    }
    rest
}

/// Whether `theirs` names anything that `ours` lacks.
pub(super) fn lacks_any(theirs: &Known, ours: Option<&LogRecord>) -> bool {
    let Some(ours) = ours else {
        return theirs.end() >= theirs.base && theirs.end() > 0;
    };
    let mut ranges = std::iter::once((theirs.base.max(1), theirs.contiguous)).chain(theirs.beyond.iter());
    ranges.any(|(first, last)| first <= last && !(ours.contiguous >= last || covered(ours, first, last)))
}

/// Whether `ours` holds a range, as far as anything in it is owed.
fn covered(ours: &LogRecord, first: u64, last: u64) -> bool {
    let first = first.max(ours.contiguous.saturating_add(1)).max(ours.base);
    first > last
        || ours
            .beyond
            .iter()
            .any(|(start, end)| start <= first && last <= end)
}

#[cfg(test)]
mod tests {
    use kith_crypto::{ConversationId, DeviceId};

    use super::*;
    use crate::records::content_log;

    fn known(contiguous: u64, beyond: &[(u64, u64)]) -> Known {
        let log = content_log(DeviceId::from_bytes([2; 32]));
        Known {
            log,
            base: 1,
            contiguous,
            head: None,
            beyond: Ranges::from_wire(beyond.to_vec()).unwrap(),
            told_to: None,
        }
    }

    fn ours(seqs: impl IntoIterator<Item = u64>) -> LogRecord {
        let log = content_log(DeviceId::from_bytes([2; 32]));
        let mut record = LogRecord::empty(ConversationId::from_bytes([1; 32]), log);
        seqs.into_iter().for_each(|seq| record.insert(seq));
        record
    }

    #[test]
    fn exactly_what_is_missing_is_found() {
        assert_eq!(
            lacking(&ours(1..=9), Some(&known(2, &[(5, 6), (8, 8)]))),
            vec![(3, 4), (7, 7), (9, 9)]
        );
        assert_eq!(lacking(&ours([1, 2, 5, 6]), Some(&known(3, &[]))), vec![(5, 6)]);
        assert_eq!(lacking(&ours(1..=3), None), vec![(1, 3)]);
        assert_eq!(lacking(&ours(1..=3), Some(&known(3, &[]))), vec![]);
        assert_eq!(lacking(&ours([]), None), vec![]);
    }

    #[test]
    fn of_what_was_not_told_nothing_is_missing() {
        let told = LogFrontier {
            author: DeviceId::from_bytes([2; 32]),
            kind: kith_crypto::LogKind::Content,
            base: 1,
            contiguous: 0,
            head: None,
            beyond: (1..=256).map(|n| (n * 2, n * 2)).collect(),
        };
        let part = parse(told.clone()).unwrap();
        assert_eq!(part.told_to, Some(508));
        let missing = lacking(&ours(1..=1_000), Some(&part));
        assert_eq!((missing.len(), missing.last()), (254, Some(&(507, 507))));
        let mut whole = told;
        whole.beyond.pop();
        let whole = parse(whole).unwrap();
        assert_eq!(whole.told_to, None);
        assert_eq!(
            lacking(&ours(1..=1_000), Some(&whole)).last(),
            Some(&(511, 1_000))
        );
    }

    #[test]
    fn it_is_seen_when_the_other_has_more() {
        assert!(lacks_any(&known(3, &[]), None));
        assert!(!lacks_any(&known(0, &[]), None));
        assert!(lacks_any(&known(3, &[]), Some(&ours(1..=2))));
        assert!(lacks_any(&known(1, &[(7, 8)]), Some(&ours(1..=5))));
        assert!(!lacks_any(&known(1, &[(3, 4)]), Some(&ours(1..=5))));
        assert!(!lacks_any(&known(1, &[(3, 4)]), Some(&ours([1, 3, 4, 5]))));
    }

    #[test]
    fn a_frontier_that_contradicts_itself_is_refused() {
        let wire = |base, contiguous, beyond: &[(u64, u64)]| LogFrontier {
            author: DeviceId::from_bytes([2; 32]),
            kind: kith_crypto::LogKind::Content,
            base,
            contiguous,
            head: None,
            beyond: beyond.to_vec(),
        };
        assert!(parse(wire(1, 4, &[(6, 7)])).is_ok());
        assert!(parse(wire(1, 4, &[(5, 7)])).is_err());
        assert!(parse(wire(1, 4, &[(9, 10), (6, 7)])).is_err());
        assert!(parse(wire(0, 4, &[])).is_err());
    }
}
