//! One conversation as it is scrolled: a window of its rows, and what surrounds them.
//!
//! A conversation may hold a million rows; this holds at most [`MAX_ROWS`] that touch one another, asks the node for
//! the page before or after them, and lets go of the far end when it grows too long. News is merged by position, so
//! that a page and an event that overtake one another give the same rows. What a list paints (day separators, the
//! "new messages" line, runs of one author) is derived in `items`, pages are asked for and put in
//! their places in `pages`, what the person was shown is known in `seen`; how it looks is the view's.

mod items;
mod overtaking;
mod pages;
mod seen;

use kith_node::command::{Anchor, Command};
use kith_node::id::ConversationId;
use kith_node::position::Position;
use kith_node::view::MessageView;

pub use self::items::{Item, RUN_GAP_MS, Run};
use self::overtaking::Overtaking;
use self::pages::Ask;
pub use self::pages::PAGE_ROWS;
use self::seen::Seen;

/// Most rows kept; the end that is farther from the last page is dropped beyond it.
pub const MAX_ROWS: usize = 1_200;
/// Rows that arrive while a page is on its way; more than these mark the window as not reaching the end.
const MAX_EARLY: usize = 256;

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
    overtaking: Overtaking,
    version: u64,
    unread_line: Option<Position>,
    seen: Seen,
    landing: Landing,
    landings: u64,
    eye: Eye,
}

/// Where the person is in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eye {
    /// At the newest row, which newer ones take along.
    Newest,
    /// At rows of which this is the oldest in sight.
    At(Position),
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
            overtaking: Overtaking::default(),
            version: 0,
            unread_line: None,
            seen: Seen::up_to(Position::MIN),
            landing: Landing::Newest,
            landings: 0,
            eye: Eye::Newest,
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
        self.eye = match (landing, self.unread_line) {
            (Landing::Unread, Some(line)) => Eye::At(line),
            _ => Eye::Newest,
        };
    }

    /// Enters the conversation: asks for the first page, or, when the window is still here from last time and holds
    /// all that is new, puts the "new messages" line where reading stopped.
    pub fn enter(&mut self) -> Option<Command> {
        let holds_news = !self.more_after && !self.waits_before_window();
        if self.phase == Phase::Ready && holds_news {
            let first = self.first_unshown();
            self.land_at(first);
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

    /// Where the person is now: what is loaded anew is loaded around it, what is let go of is far from it.
    pub fn look(&mut self, eye: Eye) {
        self.eye = eye;
    }

    /// Merges a row that the node told of. `attentive` says that the person is looking at the newest row now; when
    /// not, the first new row of somebody else gets the "new messages" line above it.
    pub fn apply_message(&mut self, row: MessageView, attentive: bool) {
        if row.conversation != self.conversation {
            return;
        }
        let known = self.knows(&row.position);
        if !known && self.phase == Phase::Ready {
            self.note_late(&row);
        }
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
            // The page that is on its way may hold it as it was before.
            self.stash(row);
            return;
        }
        if !known && !row.mine && !attentive && beyond_end && self.unread_line.is_none() {
            self.unread_line = Some(row.position);
        }
        self.version += 1;
        if self.asking.is_some() {
            self.overtaking.comes(row.position);
        }
        self.merge(row);
        self.trim();
    }

    /// A row is gone.
    pub fn remove(&mut self, position: Position) {
        if self.asking.is_some() {
            self.overtaking.goes(position);
        }
        self.early.retain(|row| row.position != position);
        if let Ok(index) = self.rows.binary_search_by(|have| have.position.cmp(&position)) {
            self.rows.remove(index);
            self.version += 1;
        }
        self.note_gone(position);
        if self.unread_line == Some(position) {
            let next = self.rows.iter().find(|row| row.position > position && !row.mine);
            self.unread_line = next.map(|row| row.position);
        }
    }

    /// Whether a row is in the window.
    fn knows(&self, place: &Position) -> bool {
        self.rows
            .binary_search_by(|have| have.position.cmp(place))
            .is_ok()
    }

    fn stash(&mut self, row: MessageView) {
        let waited_for = self.phase == Phase::Opening || self.asking.is_some();
        if !waited_for {
            return;
        }
        self.overtaking.stays(&row.position);
        self.early.retain(|early| early.position != row.position);
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
                    if row.state.is_some() {
                        row.state = row.state.max(have.state);
                    }
                    *have = row;
                }
            }
            Err(index) => self.rows.insert(index, row),
        }
    }

    /// Lets go of the end that is farther from the eye when the window has grown too long.
    fn trim(&mut self) {
        if self.rows.len() <= MAX_ROWS {
            return;
        }
        let before_eye = match self.eye {
            Eye::Newest => self.rows.len(),
            Eye::At(place) => self.rows.partition_point(|row| row.position < place),
        };
        if before_eye > self.rows.len() / 2 {
            self.trim_start();
        } else {
            self.trim_end();
        }
    }

    fn trim_start(&mut self) {
        let surplus = self.rows.len().saturating_sub(MAX_ROWS);
        if surplus > 0 {
            self.rows.drain(..surplus);
            self.more_before = true;
        }
    }

    fn trim_end(&mut self) {
        if self.rows.len() > MAX_ROWS {
            self.rows.truncate(MAX_ROWS);
            self.more_after = true;
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

    /// Whether a page is on its way.
    pub fn is_asking(&self) -> bool {
        self.asking.is_some()
    }
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
