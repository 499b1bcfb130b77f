//! What of a conversation the person was shown: a row counts once it was painted in a window that has the focus.
//!
//! The node knows one mark, "everything up to here was shown". Here it is known row by row, because a row may come late,
//! to a place before what was shown long ago, and because a jump to the newest row passes over others. The mark that the
//! node is told of stands before the first row that nobody was shown, so nothing is acknowledged that was not painted.

use std::collections::BTreeSet;

use kith_node::command::Command;
use kith_node::position::Position;
use kith_node::view::{BodyView, MessageView};

use super::Timeline;
use super::items::is_shown;

/// Most places of either kind that are known one by one. Past them the rest counts as not shown.
const MAX_PLACES: usize = 4_096;

/// What was shown.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Everything up to here, except `late`.
    up_to: Position,
    /// Rows before `up_to` that came after it had been shown.
    late: BTreeSet<Position>,
    /// Rows after `up_to` that were shown, though something between was not.
    ahead: BTreeSet<Position>,
    /// The mark that the node was told of.
    told: Position,
    /// The mark that it has noted: what it counts as unread comes after it.
    noted: Position,
}

impl Seen {
    /// Everything up to a place, as the node knows.
    pub fn up_to(place: Position) -> Self {
        Self {
            up_to: place,
            late: BTreeSet::new(),
            ahead: BTreeSet::new(),
            told: place,
            noted: place,
        }
    }

    /// Whether a row was shown.
    pub fn holds(&self, place: &Position) -> bool {
        if *place <= self.up_to {
            !self.late.contains(place)
        } else {
            self.ahead.contains(place)
        }
    }

    fn show(&mut self, place: Position) {
        if place <= self.up_to {
            self.late.remove(&place);
            return;
        }
        self.ahead.insert(place);
        if self.ahead.len() > MAX_PLACES {
            self.ahead.pop_first();
        }
    }

    /// A row came to a place that had been passed. The node takes its mark back to before it, and so does this.
    fn comes_late(&mut self, place: Position) {
        self.late.insert(place);
        self.told = self.told.min(place.previous());
        self.noted = self.noted.min(self.told);
        if self.late.len() > MAX_PLACES {
            *self = Self::up_to(self.told);
        }
    }

    /// Everything before this was shown, or is late.
    fn limit(&self) -> Position {
        self.late.first().map_or(self.up_to, Position::previous)
    }

    /// What the node knows: the first row that was not shown, of a conversation that ends at `last`.
    fn learn(&mut self, first_unread: Option<Position>, last: Option<Position>) {
        let Some(first) = first_unread else {
            *self = Self::up_to(last.map_or(self.up_to, |last| last.max(self.up_to)));
            return;
        };
        self.noted = first.previous();
        self.late = self.late.split_off(&first);
        if first <= self.up_to {
            self.comes_late(first);
        } else {
            self.up_to = first.previous();
            self.ahead = self.ahead.split_off(&first);
        }
    }
}

/// Whether somebody else's words are in a row: only those can be unread.
fn is_theirs(row: &MessageView) -> bool {
    !row.mine && matches!(row.body, BodyView::Text { .. } | BodyView::Unsupported)
}

/// Whether a row is not passed over until it was painted. What is about to be deleted may come back.
fn waits_for_eyes(row: &MessageView) -> bool {
    is_theirs(row) || (!row.mine && !is_shown(row))
}

impl Timeline {
    /// The rows from `first` to `last` were painted in a window that has the focus. Answers with the command that tells
    /// the node, if it is news to it.
    pub fn shown(&mut self, first: Position, last: Position) -> Option<Command> {
        self.see(first, last);
        self.tell()
    }

    /// The same, but the node is told later, by [`Timeline::tell`].
    pub fn see(&mut self, first: Position, last: Position) {
        let painted: Vec<_> = self.theirs_within(first, last).collect();
        painted.into_iter().for_each(|place| self.seen.show(place));
        self.advance();
    }

    /// The command that tells the node how far everything was shown, if it is news to it.
    pub fn tell(&mut self) -> Option<Command> {
        let mark = self.mark().filter(|mark| *mark > self.seen.told)?;
        self.seen.told = mark;
        Some(Command::MarkRead {
            conversation: self.conversation(),
            up_to: mark,
        })
    }

    /// The node could not note what it was told.
    pub fn not_told(&mut self, up_to: Position) {
        self.seen.told = self.seen.told.min(up_to.previous());
    }

    /// Whether [`Timeline::shown`] would be news.
    pub fn unshown(&self, first: Position, last: Position) -> bool {
        self.theirs_within(first, last)
            .any(|place| !self.seen.holds(&place))
            || self.mark().is_some_and(|mark| mark > self.seen.told)
    }

    /// The node has noted what it was told.
    pub fn noted(&mut self, up_to: Position) {
        self.seen.noted = self.seen.noted.max(up_to);
    }

    /// How many rows of others wait to be shown below the newest row in sight: the number on the round button. `unread` is
    /// how many the node counts in the whole conversation: those that are not held here are known by it alone.
    pub fn unshown_below(&self, last: Position, unread: u32) -> usize {
        let below = self.theirs_within(last.next(), Position::MAX);
        let held = below.filter(|place| !self.seen.holds(place)).count();
        if !self.more_after() {
            return held;
        }
        let counted = self.theirs_within(self.seen.noted.next(), Position::MAX).count();
        held + usize::try_from(unread)
            .unwrap_or(usize::MAX)
            .saturating_sub(counted)
    }

    /// How many rows of others are known to wait above the oldest row in sight; `None` if there is none. 0 stands for
    /// rows that are not held here, so that nobody has counted them.
    pub fn unshown_above(&self, first: Position) -> Option<usize> {
        let start = self.rows().first()?.position;
        let above = self.theirs_within(start, first.previous());
        let held = above.filter(|place| !self.seen.holds(place)).count();
        let count = held + self.seen.late.range(..start).count();
        (count > 0 || self.waits_before_window()).then_some(count)
    }

    /// The first row in the window that was not shown.
    pub(super) fn first_unshown(&self) -> Option<Position> {
        self.theirs_within(Position::MIN, Position::MAX)
            .find(|place| !self.seen.holds(place))
    }

    /// Whether something that was not shown stands before the window.
    pub(super) fn waits_before_window(&self) -> bool {
        let Some(start) = self.rows().first().map(|row| row.position) else {
            return false;
        };
        let late = self.seen.late.first().is_some_and(|place| *place < start);
        late || (self.more_before() && start > self.seen.up_to.next())
    }

    /// A row that was not known is put in its place: whether it was passed already.
    pub(super) fn note_late(&mut self, row: &MessageView) {
        if is_theirs(row) && row.position <= self.seen.up_to {
            self.seen.comes_late(row.position);
        }
    }

    /// A row is gone, and whatever waited for it goes on.
    pub(super) fn note_gone(&mut self, place: Position) {
        self.seen.late.remove(&place);
        self.seen.ahead.remove(&place);
        self.advance();
    }

    /// A page was read together with the node's own mark.
    pub(super) fn note_mark(&mut self, first_unread: Option<Position>) {
        let end = self.rows().last().map(|row| row.position);
        self.seen.learn(first_unread, end.filter(|_| !self.more_after()));
    }

    /// Passes over what was shown, until something was not.
    pub(super) fn advance(&mut self) {
        let start = self.rows.first().map(|row| row.position);
        let adjoins = !self.more_before || start.is_some_and(|start| start <= self.seen.up_to.next());
        if !adjoins {
            return;
        }
        let from = self.rows.partition_point(|row| row.position <= self.seen.up_to);
        for row in self.rows.iter().skip(from) {
            if waits_for_eyes(row) && !self.seen.ahead.remove(&row.position) {
                break;
            }
            self.seen.up_to = row.position;
        }
    }

    /// What the node is told: the newest row of others before anything that was not shown.
    fn mark(&self) -> Option<Position> {
        let limit = self.seen.limit();
        let end = self.rows().last()?.position;
        if self.more_after() && end < limit {
            return Some(limit);
        }
        let mut theirs = self.rows().iter().rev().filter(|row| waits_for_eyes(row));
        theirs.find(|row| row.position <= limit).map(|row| row.position)
    }

    fn theirs_within(&self, first: Position, last: Position) -> impl Iterator<Item = Position> {
        let from = self.rows().partition_point(|row| row.position < first);
        self.rows()
            .iter()
            .skip(from)
            .take_while(move |row| row.position <= last)
            .filter(|row| is_theirs(row))
            .map(|row| row.position)
    }
}
