//! Everything about chats in one place: the list, the windows that are scrolled, what is being sent.
//!
//! Views read it and push [`ChatWish`]es; `app` hands those to [`Chats::carry_out`] and asks the node what comes
//! back. A text leaves the composer at once and comes back into it if it could not be sent.

use std::collections::HashMap;

use kith_node::id::ConversationId;
use kith_node::position::Position;
use kith_node::{Command, CommandError, Event, Reply};

use super::conversations::Conversations;
use super::timeline::{Phase, Timeline};

/// Windows kept for chats that are not open, so that going back and forth is instant.
const KEPT_WINDOWS: usize = 6;

/// What a person does in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatWish {
    /// Opens a chat, or tries once more after it failed to open.
    Enter(ConversationId),
    /// Leaves it.
    Leave(ConversationId),
    /// Scrolls to the first row of the window.
    Older(ConversationId),
    /// Scrolls to the last row of the window.
    Newer(ConversationId),
    /// Jumps to the newest row.
    Newest(ConversationId),
    /// Jumps to the first row that was not shown.
    Unread(ConversationId),
    /// Was shown the rows from the first place to the last.
    Shown(ConversationId, Position, Position),
    /// Looks at the newest row of this chat, in a window that has the focus; `None` when not.
    Watch(Option<ConversationId>),
    /// Types.
    Draft(ConversationId, String),
    /// Sends what is typed.
    Send(ConversationId, String),
    /// Read why a text could not be sent.
    DismissProblem(ConversationId),
}

/// All chats.
#[derive(Default)]
pub struct Chats {
    /// The list.
    pub list: Conversations,
    timelines: HashMap<ConversationId, Timeline>,
    /// Chats in the order they were entered, the open one last.
    entered: Vec<ConversationId>,
    open: Option<ConversationId>,
    watched: Option<ConversationId>,
    problems: HashMap<ConversationId, CommandError>,
}

impl Chats {
    /// The window of a chat, if it was entered.
    pub fn timeline(&self, id: ConversationId) -> Option<&Timeline> {
        self.timelines.get(&id)
    }

    /// Why the last text could not be sent here.
    pub fn problem(&self, id: ConversationId) -> Option<&CommandError> {
        self.problems.get(&id)
    }

    /// The chat that was open before this one, for Ctrl+Tab.
    pub fn last_open(&self) -> Option<ConversationId> {
        self.entered
            .iter()
            .rev()
            .find(|id| Some(**id) != self.open)
            .copied()
    }

    /// Does what a person wishes. Gives what to ask the node.
    pub fn carry_out(&mut self, wish: ChatWish, now_ms: u64) -> Vec<Command> {
        match wish {
            ChatWish::Enter(id) => self.enter(id),
            ChatWish::Leave(id) => self.leave(id),
            ChatWish::Older(id) => self.on(id, Timeline::older),
            ChatWish::Newer(id) => self.on(id, Timeline::newer),
            ChatWish::Newest(id) => self.on(id, Timeline::jump_to_newest),
            ChatWish::Unread(id) => self.on(id, Timeline::jump_to_unread),
            ChatWish::Shown(id, first, last) => self.on(id, |timeline| timeline.shown(first, last)),
            ChatWish::Watch(watched) => {
                self.watched = watched;
                Vec::new()
            }
            ChatWish::Draft(id, text) => {
                self.list.type_draft(id, &text, now_ms);
                Vec::new()
            }
            ChatWish::Send(conversation, text) => {
                self.problems.remove(&conversation);
                self.list.type_draft(conversation, "", now_ms);
                let mut commands = vec![Command::SendMessage { conversation, text }];
                commands.extend(self.on(conversation, Timeline::jump_to_newest));
                commands
            }
            ChatWish::DismissProblem(id) => {
                self.problems.remove(&id);
                Vec::new()
            }
        }
    }

    fn on(&mut self, id: ConversationId, ask: impl FnOnce(&mut Timeline) -> Option<Command>) -> Vec<Command> {
        self.timelines.get_mut(&id).and_then(ask).into_iter().collect()
    }

    fn enter(&mut self, id: ConversationId) -> Vec<Command> {
        let mut commands = Vec::new();
        if let Some(before) = self.open.filter(|before| *before != id) {
            commands.extend(self.leave(before));
        }
        self.open = Some(id);
        self.entered.retain(|have| *have != id);
        self.entered.push(id);
        let surplus = self.entered.len().saturating_sub(KEPT_WINDOWS);
        for gone in self.entered.drain(..surplus) {
            self.timelines.remove(&gone);
        }
        commands.extend(
            self.timelines
                .entry(id)
                .or_insert_with(|| Timeline::new(id))
                .enter(),
        );
        commands
    }

    fn leave(&mut self, id: ConversationId) -> Vec<Command> {
        if self.open == Some(id) {
            self.open = None;
        }
        if self.watched == Some(id) {
            self.watched = None;
        }
        if let Some(timeline) = self.timelines.get_mut(&id) {
            timeline.leave();
        }
        self.list.keep_draft(id).into_iter().collect()
    }

    /// Keeps the drafts that have rested. Gives what to ask the node, and in how many milliseconds to look again.
    pub fn tick(&mut self, now_ms: u64) -> (Vec<Command>, Option<u64>) {
        let commands = self.list.drafts_to_keep(now_ms);
        (commands, self.list.next_draft_in_ms(now_ms))
    }

    /// Keeps every draft now, because the window closes.
    pub fn keep_all_drafts(&mut self) -> Vec<Command> {
        self.list.drafts_to_keep(u64::MAX)
    }

    /// Takes in one piece of news.
    pub fn apply_event(&mut self, event: &Event) {
        match event {
            Event::Conversation(view) => self.list.apply((**view).clone()),
            Event::Contact(contact) => self.list.apply_contact(contact),
            Event::ContactRemoved(account) => self.list.remove_contact(*account),
            Event::Read { conversation, unread } => self.list.apply_read(*conversation, *unread),
            Event::Message(row) => {
                let attentive = self.open != Some(row.conversation) || self.watched == Some(row.conversation);
                if let Some(timeline) = self.timelines.get_mut(&row.conversation) {
                    timeline.apply_message((**row).clone(), attentive);
                }
            }
            Event::MessageRemoved {
                conversation,
                position,
            } => {
                if let Some(timeline) = self.timelines.get_mut(conversation) {
                    timeline.remove(*position);
                }
            }
            Event::Profile(_)
            | Event::Invite(_)
            | Event::Network(_)
            | Event::Carrying(_)
            | Event::Reload
            | Event::Fault { .. } => {}
        }
    }

    /// What to ask after [`Event::Reload`]: the windows once more. Windows of closed chats are let go of.
    pub fn reload(&mut self) -> Vec<Command> {
        let open = self.open;
        self.timelines.retain(|id, _| Some(*id) == open);
        self.timelines.values_mut().filter_map(Timeline::reload).collect()
    }

    /// Takes in the answer to `command`.
    pub fn apply_reply(&mut self, command: &Command, reply: &Reply) {
        match (command, reply) {
            (_, Reply::Conversations(all)) => self.list.replace(all.clone()),
            (_, Reply::Conversation(view)) => self.list.apply((**view).clone()),
            (Command::GetMessages { conversation, .. }, Reply::Page(page)) => {
                if let Some(timeline) = self.timelines.get_mut(conversation) {
                    timeline.apply_page(command, page.clone());
                }
            }
            (_, Reply::Message(row)) => {
                if let Some(timeline) = self.timelines.get_mut(&row.conversation) {
                    timeline.apply_message((**row).clone(), true);
                }
            }
            _ => {}
        }
    }

    /// Takes in that `command` could not be done. True if this tells the person itself, in the chat.
    pub fn apply_failure(&mut self, command: &Command, error: &CommandError, now_ms: u64) -> bool {
        match command {
            Command::GetMessages { conversation, .. } => {
                let Some(timeline) = self.timelines.get_mut(conversation) else {
                    return true;
                };
                timeline.page_failed(command);
                timeline.phase() == Phase::Failed
            }
            Command::SendMessage { conversation, text } => {
                self.problems.insert(*conversation, error.clone());
                let newer = self.list.draft(*conversation).to_owned();
                let both = if newer.is_empty() {
                    text.clone()
                } else {
                    format!("{text}\n{newer}")
                };
                self.list.type_draft(*conversation, &both, now_ms);
                true
            }
            // A draft that could not be kept is still in the composer, and the next pause tries again.
            Command::SetDraft { .. } | Command::MarkRead { .. } => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use kith_node::view::Page;

    use super::*;
    use crate::model::testing::{ALICE, BOB, at, chat, conversation, row};

    fn entered() -> Chats {
        let mut chats = Chats::default();
        chats.list.replace(vec![chat(1, "Bob", 10), chat(2, "Cyr", 5)]);
        let asked = chats.carry_out(ChatWish::Enter(conversation(1)), 0);
        let rows = vec![row(1, BOB, "hello")];
        let page = Page {
            messages: rows,
            more_before: false,
            more_after: false,
            first_unread: None,
        };
        chats.apply_reply(&asked[0], &Reply::Page(page));
        chats
    }

    fn texts(chats: &Chats) -> usize {
        chats.timeline(conversation(1)).unwrap().rows().len()
    }

    #[test]
    fn what_is_sent_leaves_the_composer_and_shows_once() {
        let mut chats = entered();
        chats.carry_out(ChatWish::Draft(conversation(1), "hi".into()), 0);
        let asked = chats.carry_out(ChatWish::Send(conversation(1), "hi".into()), 1);
        assert_eq!(
            asked,
            [Command::SendMessage {
                conversation: conversation(1),
                text: "hi".into()
            }]
        );
        assert_eq!(chats.list.draft(conversation(1)), "");
        let sent = row(2, ALICE, "hi");
        chats.apply_event(&Event::Message(Box::new(sent.clone())));
        chats.apply_reply(&asked[0], &Reply::Message(Box::new(sent)));
        assert_eq!(texts(&chats), 2);
        let (kept, _) = chats.tick(10_000);
        assert_eq!(
            kept,
            [Command::SetDraft {
                conversation: conversation(1),
                text: String::new()
            }]
        );
    }

    #[test]
    fn what_could_not_be_sent_comes_back_before_what_was_typed_since() {
        let mut chats = entered();
        let asked = chats.carry_out(ChatWish::Send(conversation(1), "first".into()), 1);
        chats.carry_out(ChatWish::Draft(conversation(1), "second".into()), 2);
        assert!(chats.apply_failure(&asked[0], &CommandError::DiskFull, 3));
        assert_eq!(chats.list.draft(conversation(1)), "first\nsecond");
        assert_eq!(chats.problem(conversation(1)), Some(&CommandError::DiskFull));
        chats.carry_out(ChatWish::DismissProblem(conversation(1)), 4);
        assert_eq!(chats.problem(conversation(1)), None);
    }

    #[test]
    fn leaving_keeps_the_draft_at_once() {
        let mut chats = entered();
        chats.carry_out(ChatWish::Draft(conversation(1), "half".into()), 0);
        let asked = chats.carry_out(ChatWish::Enter(conversation(2)), 1);
        assert_eq!(
            asked[0],
            Command::SetDraft {
                conversation: conversation(1),
                text: "half".into()
            }
        );
        assert_eq!(chats.last_open(), Some(conversation(1)));
    }

    #[test]
    fn news_in_an_open_chat_that_nobody_watches_waits_to_be_shown() {
        let mut chats = entered();
        chats.carry_out(ChatWish::Watch(Some(conversation(1))), 0);
        chats.apply_event(&Event::Message(Box::new(row(2, BOB, "seen"))));
        let read = chats.carry_out(ChatWish::Shown(conversation(1), at(1), at(2)), 0);
        assert_eq!(read.len(), 1);
        chats.carry_out(ChatWish::Watch(None), 0);
        chats.apply_event(&Event::Message(Box::new(row(3, BOB, "unseen"))));
        assert_eq!(chats.timeline(conversation(1)).unwrap().unshown_below(at(2)), 1);
    }

    #[test]
    fn few_windows_are_kept() {
        let mut chats = Chats::default();
        for n in 1..=20 {
            chats.carry_out(ChatWish::Enter(conversation(n)), 0);
        }
        assert_eq!(chats.timelines.len(), KEPT_WINDOWS);
        assert!(chats.timeline(conversation(20)).is_some());
        assert!(chats.reload().len() == 1, "only the open one is loaded again");
    }
}
