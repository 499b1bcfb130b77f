//! What a list paints of a window: its rows, and the lines that stand between them.

use kith_node::id::{AccountId, EntryId};
use kith_node::position::Position;
use kith_node::view::{BodyView, MessageView};

use super::Timeline;

/// Rows of one author closer than this share one picture, name and time.
pub const RUN_GAP_MS: u64 = 5 * 60 * 1_000;

/// Where a row stands in the run of its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// It opens the run: name and picture stand here.
    pub first: bool,
    /// It closes the run: the tail of the bubble stands here.
    pub last: bool,
}

/// One line of the painted list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A new day begins; the day number as the caller's calendar counts.
    Day {
        /// Days since 1970 in local time.
        day: i64,
        /// A moment in that day, for its name.
        at_ms: u64,
    },
    /// The line above the first row that was unread.
    Unread,
    /// A row of the conversation.
    Row {
        /// Its index, good for [`Timeline::row`] until the next change.
        index: usize,
        /// Which entry, good as a key.
        id: EntryId,
        /// Its place among its author's rows.
        run: Run,
    },
}

impl Timeline {
    /// What a list paints, oldest first. `day_of` is the caller's calendar: the day number of a moment in local time.
    pub fn items(&self, day_of: &dyn Fn(u64) -> i64) -> Vec<Item> {
        let mut items = Vec::with_capacity(self.rows.len() + 16);
        let mut day_before = None;
        let line = self.shown_unread_line();
        let mut visible = self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| is_shown(row))
            .peekable();
        let mut previous: Option<&MessageView> = None;
        while let Some((index, row)) = visible.next() {
            let day = day_of(row.at_ms);
            if day_before != Some(day) {
                items.push(Item::Day {
                    day,
                    at_ms: row.at_ms,
                });
                day_before = Some(day);
            }
            if line == Some(row.position) {
                items.push(Item::Unread);
            }
            let next = visible.peek().map(|(_, next)| *next);
            let joins = |one: &MessageView, other: &MessageView| {
                same_run(one, other)
                    && day_of(one.at_ms) == day_of(other.at_ms)
                    && line != Some(other.position)
            };
            let run = Run {
                first: !previous.is_some_and(|before| joins(before, row)),
                last: !next.is_some_and(|after| joins(row, after)),
            };
            items.push(Item::Row {
                index,
                id: row.id,
                run,
            });
            previous = Some(row);
        }
        items
    }

    /// The next row that is shown.
    pub fn next_shown(&self, index: usize) -> Option<&MessageView> {
        self.rows.iter().skip(index + 1).find(|row| is_shown(row))
    }

    /// Whether there is nothing to be shown, neither in the window nor beyond it.
    pub fn shows_nothing(&self) -> bool {
        !self.more_before() && !self.more_after() && !self.rows.iter().any(is_shown)
    }

    /// The "new messages" line does not go with the row below it, which may be about to be deleted.
    fn shown_unread_line(&self) -> Option<Position> {
        let line = self.unread_line?;
        let from = self.rows.iter().skip_while(|row| row.position != line);
        let mut shown = from.filter(|row| is_shown(row) && !row.mine);
        shown.next().map(|row| row.position)
    }
}

/// What is about to be deleted is out of sight.
pub(super) fn is_shown(row: &MessageView) -> bool {
    !matches!(row.body, BodyView::Deleting { .. })
}

/// Whether two neighbours belong to one run: both texts of one author, at most five minutes apart.
fn same_run(one: &MessageView, other: &MessageView) -> bool {
    let texts = matches!(one.body, BodyView::Text { .. }) && matches!(other.body, BodyView::Text { .. });
    let author: fn(&MessageView) -> AccountId = |row| row.author;
    texts && author(one) == author(other) && other.at_ms.abs_diff(one.at_ms) <= RUN_GAP_MS
}
