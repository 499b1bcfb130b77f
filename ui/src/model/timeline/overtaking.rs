//! News that overtakes a page: the node read the page before it and answers after it. What the page says of these rows is out of
//! date, and it may lack them.

use std::collections::BTreeSet;

use kith_node::position::Position;
use kith_node::view::MessageView;

use super::Timeline;

/// Most rows that are known to have gone while a page was on its way.
const MAX_GONE: usize = 4_096;

/// What happened to rows since the page was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Overtaking {
    /// Those in the window that came or changed.
    came: BTreeSet<Position>,
    /// Those that are gone.
    gone: BTreeSet<Position>,
}

impl Overtaking {
    /// A row of the window came or changed.
    pub fn comes(&mut self, place: Position) {
        self.gone.remove(&place);
        self.came.insert(place);
    }

    /// A row is there, though not in the window.
    pub fn stays(&mut self, place: &Position) {
        self.gone.remove(place);
    }

    /// A row is gone.
    pub fn goes(&mut self, place: Position) {
        self.came.remove(&place);
        if self.gone.len() < MAX_GONE {
            self.gone.insert(place);
        }
    }
}

/// A row that overtook the page.
pub(super) struct Overtaker {
    row: MessageView,
    was_shown: bool,
}

impl Timeline {
    /// Takes the rows out that the page which has come now does not know as they are.
    pub(super) fn take_overtakers(&mut self) -> Vec<Overtaker> {
        let came = std::mem::take(&mut self.overtaking.came);
        let rows = self.rows.iter().filter(|row| came.contains(&row.position));
        let overtakers = rows.map(|row| Overtaker {
            row: row.clone(),
            was_shown: self.seen.holds(&row.position),
        });
        overtakers.collect()
    }

    /// The page is in its place: what overtook it is put right, as far as it is within the window.
    pub(super) fn put_right(&mut self, overtakers: Vec<Overtaker>) {
        for Overtaker { row, was_shown } in overtakers {
            let before = self
                .rows
                .first()
                .is_some_and(|first| row.position < first.position);
            let beyond = self.rows.last().is_some_and(|last| row.position > last.position);
            if (before && self.more_before) || (beyond && self.more_after) {
                continue;
            }
            if !was_shown {
                self.note_late(&row);
            }
            self.merge(row);
        }
        for place in std::mem::take(&mut self.overtaking.gone) {
            self.remove(place);
        }
    }
}
