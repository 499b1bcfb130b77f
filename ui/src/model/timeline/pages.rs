//! The pages of a window: which one is asked for, and where an answered one goes.

use kith_node::command::{Anchor, Command};
use kith_node::position::Position;
use kith_node::view::{MessageView, Page};

use super::overtaking::Overtaking;
use super::seen::Seen;
use super::{Eye, Landing, Phase, Timeline};

/// Rows asked for at once.
pub const PAGE_ROWS: u32 = 80;
/// Most rows the node gives at once on either side of a place.
const MAX_PAGE_ROWS: u32 = 500;

/// Which page was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// The first page, around the first unread row.
    Open,
    /// Rows before the window.
    Older,
    /// Rows after the window.
    Newer,
    /// The newest rows, instead of the window.
    Newest,
    /// The rows around the first that was not shown, instead of the window.
    Unread,
    /// The rows around those in sight once more.
    Again,
}

impl Timeline {
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

    /// Jumps to the first row that was not shown, with the "new messages" line above it: at once when it is in the
    /// window, otherwise by a new window.
    pub fn jump_to_unread(&mut self) -> Option<Command> {
        if self.phase != Phase::Ready {
            return None;
        }
        if let Some(first) = self.first_unshown().filter(|_| !self.waits_before_window()) {
            self.unread_line = Some(first);
            self.land(Landing::Unread);
            return None;
        }
        Some(self.ask(Ask::Unread, Anchor::FirstUnread, PAGE_ROWS, PAGE_ROWS))
    }

    /// Asks again after the node said that more happened than could be followed: for the rows around those in sight.
    pub fn reload(&mut self) -> Option<Command> {
        self.asking = None;
        if self.phase == Phase::Empty {
            return None;
        }
        if self.phase != Phase::Ready || self.rows.is_empty() {
            self.phase = Phase::Opening;
            return Some(self.ask(Ask::Open, Anchor::FirstUnread, PAGE_ROWS, PAGE_ROWS));
        }
        let as_many = |rows: usize| {
            let rows = u32::try_from(rows).unwrap_or(MAX_PAGE_ROWS);
            rows.clamp(PAGE_ROWS, MAX_PAGE_ROWS)
        };
        Some(match self.eye {
            Eye::Newest => self.ask(Ask::Again, Anchor::Newest, as_many(self.rows.len()), 0),
            Eye::At(position) => {
                let before = self.rows.partition_point(|row| row.position < position);
                let after = as_many(self.rows.len() - before);
                self.ask(Ask::Again, Anchor::At { position }, as_many(before), after)
            }
        })
    }

    pub(super) fn ask(&mut self, ask: Ask, anchor: Anchor, before: u32, after: u32) -> Command {
        let command = Command::GetMessages {
            conversation: self.conversation,
            anchor,
            before,
            after,
        };
        self.asking = Some((ask, command.clone()));
        self.overtaking = Overtaking::default();
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
        let overtakers = self.take_overtakers();
        self.version += 1;
        match ask {
            Ask::Open => self.open_with(page),
            Ask::Newest => {
                let first_unread = page.first_unread;
                self.replace_with(page);
                self.note_mark(first_unread);
                self.land(Landing::Newest);
            }
            Ask::Unread => {
                let first_unread = page.first_unread;
                self.replace_with(page);
                self.note_mark(first_unread);
                self.land_at(first_unread);
            }
            Ask::Again => self.open_again(page),
            Ask::Older => {
                self.more_before = page.more_before;
                page.messages.into_iter().for_each(|row| self.merge(row));
                self.trim_end();
            }
            Ask::Newer => {
                self.more_after = page.more_after;
                page.messages.into_iter().for_each(|row| self.merge(row));
                self.trim_start();
            }
        }
        self.put_right(overtakers);
        for row in std::mem::take(&mut self.early) {
            self.apply_message(row, true);
        }
        self.advance();
    }

    fn open_with(&mut self, page: Page) {
        let first_unread = page.first_unread;
        self.replace_with(page);
        self.phase = Phase::Ready;
        self.seen = Seen::up_to(Position::MIN);
        self.note_mark(first_unread);
        self.land_at(first_unread);
    }

    /// The rows of the window, and what may have come between them.
    fn open_again(&mut self, page: Page) {
        let first_unread = page.first_unread;
        let ends = self.rows.first().zip(self.rows.last());
        let held = ends.map(|(first, last)| first.position..=last.position);
        let is_inside = |row: &&MessageView| held.as_ref().is_some_and(|held| held.contains(&row.position));
        let inside = page.messages.iter().filter(is_inside);
        let news: Vec<_> = inside.filter(|row| !self.knows(&row.position)).cloned().collect();
        self.replace_with(page);
        news.iter().for_each(|row| self.note_late(row));
        self.note_mark(first_unread);
    }

    pub(super) fn land_at(&mut self, first_unread: Option<Position>) {
        self.unread_line = first_unread;
        self.land(match first_unread {
            Some(_) => Landing::Unread,
            None => Landing::Newest,
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
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
