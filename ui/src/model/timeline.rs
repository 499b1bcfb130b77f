//! One conversation as it is scrolled: a window of its rows, and what surrounds them.
//!
//! A conversation may hold a million rows; this holds at most [`MAX_ROWS`] that touch one another, asks the node for
//! the page before or after them, and lets go of the far end when it grows too long. News is merged by position, so
//! that a page and an event that overtake one another give the same rows. What a list paints (day separators, the
//! "new messages" line, runs of one author) is derived here in [`Timeline::items`]; how it looks is the view's.

use kith_node::command::{Anchor, Command};
use kith_node::id::{AccountId, ConversationId, EntryId};
use kith_node::position::Position;
use kith_node::view::{BodyView, MessageView, Page};

/// Rows asked for at once.
pub const PAGE_ROWS: u32 = 80;
/// Most rows the node gives at once.
const MAX_PAGE_ROWS: u32 = 500;
/// Most rows kept; the end that is farther from the last page is dropped beyond it.
pub const MAX_ROWS: usize = 1_200;
/// Rows of one author closer than this share one picture, name and time.
pub const RUN_GAP_MS: u64 = 5 * 60 * 1_000;
/// Rows that arrive while a page is on its way; more than these mark the window as not reaching the end.
const MAX_EARLY: usize = 256;

/// Which page was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    /// The first page, around the first unread row.
    Open,
    /// Rows before the window.
    Older,
    /// Rows after the window.
    Newer,
    /// The newest rows, instead of the window.
    Newest,
    /// The rows of the window once more.
    Again,
}

/// Where a list that was just filled puts its eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// The line above the first unread row, near the top.
    Unread,
    /// The newest row, at the bottom.
    Newest,
}

/// How far the first page has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was asked for yet.
    Empty,
    /// The first page is on its way.
    Opening,
    /// There is a window.
    Ready,
    /// The first page could not be had.
    Failed,
}

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

/// A window of one conversation.
#[derive(Clone, Debug)]
pub struct Timeline {
    conversation: ConversationId,
    rows: Vec<MessageView>,
    early: Vec<MessageView>,
    phase: Phase,
    more_before: bool,
    more_after: bool,
    asking: Option<(Ask, Command)>,
    version: u64,
    unread_line: Option<Position>,
    read_up_to: Position,
    landing: Landing,
    landings: u64,
}

impl Timeline {
    /// An empty window of a conversation.
    pub fn new(conversation: ConversationId) -> Self {
        Self {
            conversation,
            rows: Vec::new(),
            early: Vec::new(),
            phase: Phase::Empty,
            more_before: false,
            more_after: false,
            asking: None,
            version: 0,
            unread_line: None,
            read_up_to: Position::MIN,
            landing: Landing::Newest,
            landings: 0,
        }
    }

    /// Which conversation this is a window of.
    pub fn conversation(&self) -> ConversationId {
        self.conversation
    }

    /// How far the first page has come.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The rows of the window, oldest first.
    pub fn rows(&self) -> &[MessageView] {
        &self.rows
    }

    /// A row by its index in the window.
    pub fn row(&self, index: usize) -> Option<&MessageView> {
        self.rows.get(index)
    }

    /// Whether older rows exist before the window.
    pub fn more_before(&self) -> bool {
        self.more_before
    }

    /// Whether newer rows exist after the window.
    pub fn more_after(&self) -> bool {
        self.more_after
    }

    /// Grows with each change, so that what was derived from the rows can be kept until then.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Where to land, and how many landings there have been: a list lands when the number has grown.
    pub fn landing(&self) -> (u64, Landing) {
        (self.landings, self.landing)
    }

    fn land(&mut self, landing: Landing) {
        self.landing = landing;
        self.landings += 1;
        self.version += 1;
    }

    /// Enters the conversation: asks for the first page, or, when the window is still here from last time, puts the
    /// "new messages" line where reading stopped.
    pub fn enter(&mut self) -> Option<Command> {
        if self.phase == Phase::Ready {
            self.unread_line = self.first_after(self.read_up_to);
            self.land(if self.unread_line.is_some() {
                Landing::Unread
            } else {
                Landing::Newest
            });
            return None;
        }
        self.phase = Phase::Opening;
        Some(self.ask(Ask::Open, Anchor::FirstUnread, PAGE_ROWS, PAGE_ROWS))
    }

    /// Leaves the conversation: the "new messages" line goes.
    pub fn leave(&mut self) {
        self.unread_line = None;
        self.version += 1;
    }

    /// Asks for the rows before the window, unless there are none or a page is on its way.
    pub fn older(&mut self) -> Option<Command> {
        if self.phase != Phase::Ready || !self.more_before || self.asking.is_some() {
            return None;
        }
        let position = self.rows.first()?.position;
        Some(self.ask(Ask::Older, Anchor::At { position }, PAGE_ROWS, 0))
    }

    /// Asks for the rows after the window, unless there are none or a page is on its way.
    pub fn newer(&mut self) -> Option<Command> {
        if self.phase != Phase::Ready || !self.more_after || self.asking.is_some() {
            return None;
        }
        let position = self.rows.last()?.position.next();
        Some(self.ask(Ask::Newer, Anchor::At { position }, 0, PAGE_ROWS))
    }

    /// Jumps to the newest row: at once when it is in the window, otherwise by a new window.
    pub fn jump_to_newest(&mut self) -> Option<Command> {
        if self.phase != Phase::Ready {
            return None;
        }
        if !self.more_after {
            self.land(Landing::Newest);
            return None;
        }
        Some(self.ask(Ask::Newest, Anchor::Newest, PAGE_ROWS, PAGE_ROWS))
    }

    /// Asks again after the node said that more happened than could be followed.
    pub fn reload(&mut self) -> Option<Command> {
        self.asking = None;
        match (self.phase, self.rows.first()) {
            (Phase::Empty, _) => None,
            (Phase::Ready, Some(first)) => {
                let anchor = Anchor::At {
                    position: first.position,
                };
                let after = u32::try_from(self.rows.len())
                    .unwrap_or(PAGE_ROWS)
                    .clamp(PAGE_ROWS, MAX_PAGE_ROWS);
                Some(self.ask(Ask::Again, anchor, 0, after))
            }
            _ => {
                self.phase = Phase::Opening;
                Some(self.ask(Ask::Open, Anchor::FirstUnread, PAGE_ROWS, PAGE_ROWS))
            }
        }
    }

    fn ask(&mut self, ask: Ask, anchor: Anchor, before: u32, after: u32) -> Command {
        let command = Command::GetMessages {
            conversation: self.conversation,
            anchor,
            before,
            after,
        };
        self.asking = Some((ask, command.clone()));
        command
    }

    /// The page that is being waited for, if `command` is what asked for it: an answer to anything else is late.
    fn answered(&mut self, command: &Command) -> Option<Ask> {
        let (ask, _) = self.asking.take_if(|(_, asked)| asked == command)?;
        Some(ask)
    }

    /// Puts an answered page in its place.
    pub fn apply_page(&mut self, command: &Command, page: Page) {
        let Some(ask) = self.answered(command) else { return };
        self.version += 1;
        match ask {
            Ask::Open => self.open_with(page),
            Ask::Newest => {
                self.replace_with(page);
                self.land(Landing::Newest);
            }
            Ask::Again => {
                let more_before = self.more_before;
                self.replace_with(page);
                self.more_before = more_before;
            }
            Ask::Older => {
                self.more_before = page.more_before;
                page.messages.into_iter().for_each(|row| self.merge(row));
                if self.rows.len() > MAX_ROWS {
                    self.rows.truncate(MAX_ROWS);
                    self.more_after = true;
                }
            }
            Ask::Newer => {
                self.more_after = page.more_after;
                page.messages.into_iter().for_each(|row| self.merge(row));
                let surplus = self.rows.len().saturating_sub(MAX_ROWS);
                if surplus > 0 {
                    self.rows.drain(..surplus);
                    self.more_before = true;
                }
            }
        }
        for row in std::mem::take(&mut self.early) {
            self.apply_message(row, true);
        }
    }

    fn open_with(&mut self, page: Page) {
        let first_unread = page.first_unread;
        self.replace_with(page);
        self.phase = Phase::Ready;
        self.unread_line = first_unread;
        self.read_up_to = match first_unread {
            Some(unread) => self
                .rows
                .iter()
                .rev()
                .map(|row| row.position)
                .find(|at| *at < unread),
            None => self.rows.last().map(|row| row.position),
        }
        .unwrap_or(Position::MIN);
        self.land(if first_unread.is_some() {
            Landing::Unread
        } else {
            Landing::Newest
        });
    }

    fn replace_with(&mut self, page: Page) {
        self.more_before = page.more_before;
        self.more_after = page.more_after;
        let known = std::mem::take(&mut self.rows);
        page.messages.into_iter().for_each(|row| self.merge(row));
        // A page may have been read before a tick that is already shown; ticks never go back.
        known.into_iter().for_each(|row| self.keep_tick(&row));
    }

    /// A page could not be had; the same may be asked for again.
    pub fn page_failed(&mut self, command: &Command) {
        if self.answered(command).is_none() {
            return;
        }
        if self.phase == Phase::Opening {
            self.phase = Phase::Failed;
            self.version += 1;
        }
    }

    /// Merges a row that the node told of. `attentive` says that the person is looking at the newest row now; when
    /// not, the first new row of somebody else gets the "new messages" line above it.
    pub fn apply_message(&mut self, row: MessageView, attentive: bool) {
        if row.conversation != self.conversation {
            return;
        }
        let known = self
            .rows
            .binary_search_by(|have| have.position.cmp(&row.position))
            .is_ok();
        let beyond_end = self.rows.last().is_none_or(|last| row.position > last.position);
        if !known && (self.phase != Phase::Ready || (beyond_end && self.more_after)) {
            self.stash(row);
            return;
        }
        let before_start = self
            .rows
            .first()
            .is_some_and(|first| row.position < first.position);
        if !known && before_start && self.more_before {
            return;
        }
        if !known && !row.mine && !attentive && beyond_end && self.unread_line.is_none() {
            self.unread_line = Some(row.position);
        }
        self.version += 1;
        self.merge(row);
    }

    fn stash(&mut self, row: MessageView) {
        let waited_for = self.phase == Phase::Opening || self.asking.is_some();
        if !waited_for {
            return;
        }
        if self.early.len() < MAX_EARLY {
            self.early.push(row);
        } else {
            self.more_after = true;
        }
    }

    fn merge(&mut self, mut row: MessageView) {
        match self
            .rows
            .binary_search_by(|have| have.position.cmp(&row.position))
        {
            Ok(index) => {
                if let Some(have) = self.rows.get_mut(index) {
                    row.state = row.state.max(have.state);
                    *have = row;
                }
            }
            Err(index) => self.rows.insert(index, row),
        }
    }

    fn keep_tick(&mut self, old: &MessageView) {
        if let Ok(index) = self
            .rows
            .binary_search_by(|have| have.position.cmp(&old.position))
            && let Some(have) = self.rows.get_mut(index)
        {
            have.state = have.state.max(old.state);
        }
    }

    fn first_after(&self, read: Position) -> Option<Position> {
        self.rows
            .iter()
            .find(|row| row.position > read && !row.mine)
            .map(|row| row.position)
    }

    /// The person was shown everything up to here. Answers with the command that says so, if it is news.
    pub fn shown(&mut self, up_to: Position) -> Option<Command> {
        let newest = self
            .rows
            .iter()
            .rev()
            .find(|row| row.position <= up_to && !row.mine)?
            .position;
        if newest <= self.read_up_to {
            return None;
        }
        self.read_up_to = newest;
        Some(Command::MarkRead {
            conversation: self.conversation,
            up_to: newest,
        })
    }

    /// Whether [`Timeline::shown`] would be news.
    pub fn unshown(&self, up_to: Position) -> bool {
        up_to > self.read_up_to
            && self
                .rows
                .iter()
                .rev()
                .any(|row| row.position <= up_to && row.position > self.read_up_to && !row.mine)
    }

    /// Whether a page is on its way.
    pub fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// How many rows of others in the window come after what was shown: the number on the round button.
    pub fn unseen(&self) -> usize {
        self.rows
            .iter()
            .rev()
            .take_while(|row| row.position > self.read_up_to)
            .filter(|row| !row.mine)
            .count()
    }

    /// What a list paints, oldest first. `day_of` is the caller's calendar: the day number of a moment in local time.
    pub fn items(&self, day_of: &dyn Fn(u64) -> i64) -> Vec<Item> {
        let mut items = Vec::with_capacity(self.rows.len() + 16);
        let mut day_before = None;
        for (index, row) in self.rows.iter().enumerate() {
            let day = day_of(row.at_ms);
            if day_before != Some(day) {
                items.push(Item::Day {
                    day,
                    at_ms: row.at_ms,
                });
                day_before = Some(day);
            }
            if self.unread_line == Some(row.position) {
                items.push(Item::Unread);
            }
            let previous = index.checked_sub(1).and_then(|before| self.rows.get(before));
            let next = self.rows.get(index + 1);
            let joins = |one: &MessageView, other: &MessageView| {
                same_run(one, other)
                    && day_of(one.at_ms) == day_of(other.at_ms)
                    && self.unread_line != Some(other.position)
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
        }
        items
    }
}

/// Whether two neighbours belong to one run: both texts of one author, at most five minutes apart.
fn same_run(one: &MessageView, other: &MessageView) -> bool {
    let texts = matches!(one.body, BodyView::Text { .. }) && matches!(other.body, BodyView::Text { .. });
    let author: fn(&MessageView) -> AccountId = |row| row.author;
    texts && author(one) == author(other) && other.at_ms.abs_diff(one.at_ms) <= RUN_GAP_MS
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
