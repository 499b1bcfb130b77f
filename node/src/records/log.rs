//! Records of entries and of the logs they stand in.

use kith_crypto::{ConversationId, DeviceId, EntryId, LogId, LogKind};
use serde::{Deserialize, Serialize};

use super::Record;
use crate::{
    position::Position,
    redacted::shows_only,
    store::{Key, Scope, Suffix, Table},
};

/// An entry as it travelled.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct EntryRecord {
    pub conversation: ConversationId,
    pub log: LogId,
    pub seq: u64,
    /// Signature and header.
    #[serde(with = "serde_bytes")]
    pub header: Vec<u8>,
    /// The encoded body; `None` once erased.
    #[serde(with = "serde_bytes")]
    pub body: Option<Vec<u8>>,
    /// When it became known here, unix milliseconds.
    pub received_at_ms: u64,
}

shows_only!(EntryRecord {
    conversation,
    log,
    seq,
    received_at_ms
});

impl EntryRecord {
    pub fn scope(conversation: &ConversationId, log: &LogId) -> Scope {
        Scope::new(Table::Entry)
            .with(conversation.as_bytes())
            .with(log.author.as_bytes())
            .with(kind_byte(log.kind))
    }

    pub fn at(conversation: &ConversationId, log: &LogId, seq: u64) -> Key {
        Key::new(Self::scope(conversation, log), Suffix::number(seq))
    }
}

impl Record for EntryRecord {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.log, self.seq)
    }
}

/// Whole ranges of sequence numbers, sorted, apart from one another by at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Adds one number; false if it was there.
    pub fn insert(&mut self, seq: u64) -> bool {
        if self.contains(seq) {
            return false;
        }
        let (before, after) = self.neighbours(seq);
        let at = self.place(seq);
        let from = at.saturating_sub(usize::from(before.is_some()));
        let joined = (before.unwrap_or(seq), after.unwrap_or(seq));
        self.0.splice(from..at + usize::from(after.is_some()), [joined]);
        true
    }

    /// Where the first range is that does not end before `seq`.
    fn place(&self, seq: u64) -> usize {
        self.0.partition_point(|&(_, last)| last < seq)
    }

    /// The beginning of the range that ends right before a number that is not there, and the end of the one that begins right
    /// after it.
    fn neighbours(&self, seq: u64) -> (Option<u64>, Option<u64>) {
        let at = self.place(seq);
        let before = at.checked_sub(1).and_then(|at| self.0.get(at));
        let before = before.filter(|(_, last)| last.saturating_add(1) == seq);
        let after = self
            .0
            .get(at)
            .filter(|(first, _)| seq.saturating_add(1) == *first);
        (before.map(|(first, _)| *first), after.map(|(_, last)| *last))
    }

    /// One number.
    pub fn one(seq: u64) -> Self {
        Self(vec![(seq, seq)])
    }

    /// Takes out what another has; false if that was nothing.
    pub fn take_out(&mut self, other: &Self) -> bool {
        let before = self.0.clone();
        for (first, last) in other.iter() {
            let parts = std::mem::take(&mut self.0).into_iter();
            self.0 = parts
                .flat_map(|(start, end)| {
                    let lower = (start, end.min(first.saturating_sub(1)));
                    let upper = (start.max(last.saturating_add(1)), end);
                    [lower, upper]
                        .into_iter()
                        .filter(move |(from, to)| from <= to && !(first <= *from && *to <= last))
                })
                .collect();
        }
        before != self.0
    }

    /// Sorts, and joins what touches or overlaps.
    fn tidy(&mut self) {
        self.0.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(self.0.len());
        for &(first, last) in &self.0 {
            match merged.last_mut() {
                Some(previous) if previous.1.saturating_add(1) >= first => previous.1 = previous.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        self.0 = merged;
    }

    /// What a log holds.
    pub fn held(log: &LogRecord) -> Self {
        let mut held = Self::default();
        held.add(log.base, log.contiguous);
        held.join(&log.beyond);
        held
    }

    /// Adds what another holds.
    pub fn join(&mut self, other: &Self) {
        for (first, last) in other.iter() {
            self.add(first, last);
        }
    }

    /// Adds all numbers from `first` to `last`.
    pub fn add(&mut self, first: u64, last: u64) {
        if first > last {
            return;
        }
        self.0.push((first, last));
        self.tidy();
    }

    /// How many of the numbers from `first` to `last` it has.
    pub fn count_within(&self, first: u64, last: u64) -> u64 {
        let parts = self.0.iter().map(|&(start, end)| {
            let (start, end) = (start.max(first), end.min(last));
            end.saturating_add(1).saturating_sub(start)
        });
        parts.sum()
    }

    pub fn contains(&self, seq: u64) -> bool {
        self.0
            .get(self.place(seq))
            .is_some_and(|&(first, _)| first <= seq)
    }

    /// Removes and gives the end of the range that begins at `first`, if there is one.
    pub fn take_from(&mut self, first: u64) -> Option<u64> {
        let index = self.0.binary_search_by_key(&first, |&(start, _)| start);
        index.ok().map(|index| self.0.remove(index).1)
    }

    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The first ranges, so many at most.
    pub fn first(&self, most: usize) -> Self {
        Self(self.0.iter().copied().take(most).collect())
    }

    /// What of it comes after a number.
    #[must_use]
    pub fn after(&self, end: u64) -> Self {
        let later = self.0.iter().filter(|(_, last)| *last > end);
        Self(
            later
                .map(|&(first, last)| (first.max(end.saturating_add(1)), last))
                .collect(),
        )
    }

    /// The highest number.
    pub fn end(&self) -> Option<u64> {
        self.0.last().map(|(_, last)| *last)
    }

    /// All but the last number of each range.
    pub fn without_ends(&self) -> Self {
        let shorter = self.0.iter().filter(|(first, last)| first < last);
        Self(shorter.map(|&(first, last)| (first, last - 1)).collect())
    }

    /// Ranges from anywhere: accepted only if sorted, disjoint and not too many.
    pub fn from_wire(ranges: Vec<(u64, u64)>) -> Option<Self> {
        let sound = ranges.iter().all(|&(first, last)| first <= last)
            && ranges.windows(2).all(|pair| matches!(pair, [a, b] if a.1 < b.0))
            && ranges.len() <= Self::MOST;
        sound.then_some(Self(ranges))
    }

    /// The most ranges a frontier carries for one log. More are held only where damage has made more gaps.
    pub const MOST: usize = 256;
}

/// What we hold of one log: its frontier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogRecord {
    pub conversation: ConversationId,
    pub log: LogId,
    /// Nothing earlier is owed to us.
    pub base: u64,
    /// Everything from `base` up to here is held; `base - 1` when nothing is.
    pub contiguous: u64,
    /// What is held beyond the first gap.
    pub beyond: Ranges,
    /// The id of the entry at `contiguous`.
    pub head: Option<EntryId>,
    /// Two entries under one number were seen: nothing more is accepted.
    pub frozen: bool,
    /// Set when the author's device was revoked: nothing beyond is accepted.
    pub closed_at: Option<u64>,
}

impl LogRecord {
    pub fn empty(conversation: ConversationId, log: LogId) -> Self {
        Self {
            conversation,
            log,
            base: 1,
            contiguous: 0,
            beyond: Ranges::default(),
            head: None,
            frozen: false,
            closed_at: None,
        }
    }

    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Log).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, log: &LogId) -> Key {
        let identity = [log.author.as_bytes().as_slice(), kind_byte(log.kind)].concat();
        Key::new(Self::scope(conversation), Suffix::hashed(identity))
    }

    pub fn holds(&self, seq: u64) -> bool {
        seq < self.base || seq <= self.contiguous || self.beyond.contains(seq)
    }

    /// Whether `seq` would stand apart from all that is held: it fills no gap and goes on from nothing.
    pub fn stands_apart(&self, seq: u64) -> bool {
        !self.holds(seq)
            && self.contiguous.saturating_add(1) != seq
            && self.beyond.neighbours(seq) == (None, None)
    }

    /// Notes that `seq` is held now.
    pub fn insert(&mut self, seq: u64) {
        if self.holds(seq) {
            return;
        }
        self.beyond.insert(seq);
        while let Some(end) = self.beyond.take_from(self.contiguous.saturating_add(1)) {
            self.contiguous = end;
        }
    }

    /// Forgets what is held beyond `last`, at which the entry `head` stands.
    pub fn cut(&mut self, last: u64, head: Option<EntryId>) {
        self.contiguous = self.contiguous.min(last);
        self.head = head;
        self.beyond = Ranges::default();
    }

    /// The highest number held.
    pub fn end(&self) -> u64 {
        self.beyond.end().unwrap_or(self.contiguous)
    }
}

impl Record for LogRecord {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.log)
    }
}

pub(super) fn kind_byte(kind: LogKind) -> &'static [u8] {
    match kind {
        LogKind::Control => &[0],
        LogKind::Content => &[1],
    }
}

/// The log in which `author` writes messages.
pub(crate) fn content_log(author: DeviceId) -> LogId {
    LogId {
        author,
        kind: LogKind::Content,
    }
}

/// The log in which `author` writes membership, epochs and settings.
pub(crate) fn control_log(author: DeviceId) -> LogId {
    LogId {
        author,
        kind: LogKind::Control,
    }
}

/// From a control entry's id to its place, so that what a `Rekey` covers can be measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ControlIndex {
    pub conversation: ConversationId,
    pub id: EntryId,
    pub seq: u64,
}

impl ControlIndex {
    pub fn at(conversation: &ConversationId, id: &EntryId) -> Key {
        let scope = Scope::new(Table::ControlIndex).with(conversation.as_bytes());
        Key::new(scope, Suffix::hashed(id.as_bytes()))
    }
}

impl Record for ControlIndex {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.id)
    }
}

/// A header that proves a device signed two entries under one number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Evidence {
    pub conversation: ConversationId,
    /// The second header; the first is the one in the log.
    #[serde(with = "serde_bytes")]
    pub header: Vec<u8>,
    pub found_at_ms: u64,
    /// The row that tells of it.
    pub notice: Option<Position>,
}

impl Evidence {
    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Evidence).with(conversation.as_bytes())
    }
}

impl Record for Evidence {
    fn key(&self) -> Key {
        Key::new(Self::scope(&self.conversation), Suffix::hashed(&self.header))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> LogRecord {
        LogRecord::empty(
            ConversationId::from_bytes([1; 32]),
            content_log(DeviceId::from_bytes([2; 32])),
        )
    }

    #[test]
    fn a_gap_closes_when_it_is_filled() {
        let mut log = log();
        for seq in [1, 3, 5, 4] {
            log.insert(seq);
        }
        assert_eq!((log.contiguous, log.end()), (1, 5));
        assert_eq!(log.beyond.iter().collect::<Vec<_>>(), vec![(3, 5)]);
        assert!(log.holds(4) && !log.holds(2));
        log.insert(2);
        assert_eq!((log.contiguous, log.beyond.len()), (5, 0));
    }

    #[test]
    fn one_after_the_other_they_become_what_they_are_together() {
        let mut seqs: Vec<u64> = (0..200).map(|n| n * 77 % 200).collect();
        seqs.retain(|seq| seq % 7 != 3);
        seqs.push(u64::MAX);
        seqs.push(u64::MAX - 1);
        let (mut one_by_one, mut together) = (Ranges::default(), Ranges::default());
        for &seq in &seqs {
            assert!(one_by_one.insert(seq) && !one_by_one.insert(seq));
            together.add(seq, seq);
            assert_eq!(one_by_one, together);
        }
        assert!(seqs.iter().all(|&seq| one_by_one.contains(seq)));
        assert!(!one_by_one.contains(3) && !one_by_one.contains(u64::MAX - 2));
        assert_eq!(
            one_by_one.first(2).iter().collect::<Vec<_>>(),
            vec![(0, 2), (4, 9)]
        );
    }

    #[test]
    fn what_fills_a_gap_or_goes_on_stands_not_apart() {
        let mut log = log();
        [1, 2, 5, 6, 9].into_iter().for_each(|seq| log.insert(seq));
        for (seq, apart) in [
            (2, false),
            (3, false),
            (4, false),
            (7, false),
            (8, false),
            (10, false),
        ] {
            assert_eq!(log.stands_apart(seq), apart, "{seq}");
        }
        assert!(log.stands_apart(11) && log.stands_apart(100));
    }

    #[test]
    fn each_range_has_an_end() {
        let ranges = Ranges::from_wire(vec![(3, 3), (5, 9)]).unwrap();
        assert_eq!(ranges.end(), Some(9));
        assert_eq!(ranges.without_ends().iter().collect::<Vec<_>>(), vec![(5, 8)]);
        assert_eq!(Ranges::default().end(), None);
    }

    #[test]
    fn ranges_are_joined_and_counted() {
        let mut log = log();
        [1, 2, 3, 6, 7].into_iter().for_each(|seq| log.insert(seq));
        let mut held = Ranges::held(&log);
        assert_eq!(held.iter().collect::<Vec<_>>(), vec![(1, 3), (6, 7)]);
        assert_eq!((held.count_within(2, 6), held.count_within(4, 5)), (3, 0));
        held.join(&Ranges::from_wire(vec![(2, 4), (9, 9)]).unwrap());
        assert_eq!(held.iter().collect::<Vec<_>>(), vec![(1, 4), (6, 7), (9, 9)]);
    }

    #[test]
    fn ranges_are_taken_out() {
        let taken = |ranges: &[(u64, u64)], out: &[(u64, u64)]| {
            let mut ranges = Ranges::from_wire(ranges.to_vec()).unwrap();
            ranges.take_out(&Ranges::from_wire(out.to_vec()).unwrap());
            ranges.iter().collect::<Vec<_>>()
        };
        assert_eq!(taken(&[(1, 9)], &[(3, 4), (9, 12)]), [(1, 2), (5, 8)]);
        assert_eq!(taken(&[(1, 9)], &[(0, 0), (10, 12)]), [(1, 9)]);
        assert_eq!(
            taken(&[(1, 1), (3, 5), (8, 9)], &[(1, 3), (9, 9)]),
            [(4, 5), (8, 8)]
        );
        assert_eq!(
            taken(&[(0, u64::MAX)], &[(0, 0), (u64::MAX, u64::MAX)]),
            [(1, u64::MAX - 1)]
        );
        assert!(taken(&[(0, u64::MAX)], &[(0, u64::MAX)]).is_empty());
    }

    #[test]
    fn ranges_from_the_wire_must_be_sorted_and_apart() {
        assert!(Ranges::from_wire(vec![(1, 2), (4, 9)]).is_some());
        assert!(Ranges::from_wire(vec![(4, 9), (1, 2)]).is_none());
        assert!(Ranges::from_wire(vec![(3, 2)]).is_none());
        assert!(Ranges::from_wire((0..257).map(|n| (n * 2, n * 2)).collect()).is_none());
    }
}
