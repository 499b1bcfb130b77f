//! Everything about chats in one place: the list, the windows that are scrolled, what is being sent.
//!
//! Views read it and push [`ChatWish`]es; `app` hands those to [`Chats::carry_out`] and asks the node what comes
//! back. A text leaves the composer at once and comes back into it if it could not be sent.

use std::collections::HashMap;

use kith_node::id::ConversationId;
use kith_node::position::Position;
use kith_node::view::MessageView;
use kith_node::{Command, CommandError, Event, Reply};

use super::conversations::Conversations;
use super::deletions::{Deletions, Pending};
use super::pause::Pause;
use super::selection::Selection;
use super::timeline::{Eye, Phase, Timeline};

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
    /// Has scrolled to here.
    Look(ConversationId, Eye),
    /// Looks at the newest row of this chat, in a window that has the focus; `None` when not.
    Watch(Option<ConversationId>),
    /// Types.
    Draft(ConversationId, String),
    /// Sends what is typed.
    Send(ConversationId, String),
    /// Read why a text could not be sent.
    DismissProblem(ConversationId),
    /// Chooses a message besides those that were chosen, or lets go of it.
    Pick(ConversationId, Position),
    /// Lets go of all messages that were chosen.
    PickNone,
}

/// All chats.
#[derive(Default)]
pub struct Chats {
    /// The list.
    pub list: Conversations,
    deletions: Deletions,
    timelines: HashMap<ConversationId, Timeline>,
    /// Chats in the order they were entered, the open one last.
    entered: Vec<ConversationId>,
    open: Option<ConversationId>,
    watched: Option<ConversationId>,
    problems: HashMap<ConversationId, CommandError>,
    /// Chats of which the node could not note how far they were read, until it could.
    untold: HashMap<ConversationId, Untold>,
    /// Messages of the open chat that were chosen; never none.
    selection: Option<Selection>,
}

/// The node could not note how far a chat was read.
#[derive(Default)]
struct Untold {
    pause: Pause,
    /// It was told once more and has not answered.
    told: bool,
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

    /// The messages of a chat that were chosen, if any.
    pub fn selection(&self, id: ConversationId) -> Option<&Selection> {
        let selection = self.selection.as_ref();
        selection.filter(|selection| selection.conversation() == id)
    }

    /// A message, if it was chosen or stands in the window of its chat.
    pub fn row(&self, id: ConversationId, position: Position) -> Option<&MessageView> {
        let chosen = self.selection(id).and_then(|selection| selection.get(position));
        chosen.or_else(|| {
            let mut rows = self.timeline(id)?.rows().iter();
            rows.find(|row| row.position == position)
        })
    }

    /// All that was deleted and can be brought back now.
    pub fn pending_deletions(&self, now_ms: u64) -> Option<Pending> {
        self.deletions.pending(self.list.deleting(), now_ms)
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
            ChatWish::Shown(id, first, last) => {
                let rests = self.untold.contains_key(&id);
                self.on(id, |timeline| {
                    if rests {
                        timeline.see(first, last);
                        None
                    } else {
                        timeline.shown(first, last)
                    }
                })
            }
            ChatWish::Look(id, eye) => self.on(id, |timeline| {
                timeline.look(eye);
                None
            }),
            ChatWish::Watch(watched) => {
                self.watched = watched;
                Vec::new()
            }
            ChatWish::Draft(id, text) => {
                self.list.drafts.type_text(id, &text, now_ms);
                Vec::new()
            }
            ChatWish::Send(conversation, text) => {
                self.problems.remove(&conversation);
                self.list.drafts.type_text(conversation, "", now_ms);
                let mut commands = vec![Command::SendMessage { conversation, text }];
                commands.extend(self.on(conversation, Timeline::jump_to_newest));
                commands
            }
            ChatWish::DismissProblem(id) => {
                self.problems.remove(&id);
                Vec::new()
            }
            ChatWish::Pick(id, position) => {
                self.pick(id, position);
                Vec::new()
            }
            ChatWish::PickNone => {
                self.selection = None;
                Vec::new()
            }
        }
    }

    fn on(&mut self, id: ConversationId, ask: impl FnOnce(&mut Timeline) -> Option<Command>) -> Vec<Command> {
        self.timelines.get_mut(&id).and_then(ask).into_iter().collect()
    }

    fn pick(&mut self, id: ConversationId, position: Position) {
        let Some(row) = self.row(id, position).cloned() else {
            return;
        };
        let before = self.selection.take().filter(|before| before.conversation() == id);
        let mut selection = before.unwrap_or_else(|| Selection::new(id));
        selection.toggle(&row);
        self.selection = Some(selection).filter(|selection| !selection.is_empty());
    }

    /// What is gone is not chosen any more.
    fn follow_selection(&mut self, gone: &[Position]) {
        let Some(selection) = &mut self.selection else {
            return;
        };
        gone.iter().for_each(|position| selection.remove(*position));
        if let Some(timeline) = self.timelines.get(&selection.conversation()) {
            selection.follow(timeline);
        }
        self.selection.take_if(|selection| selection.is_empty());
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
        self.selection.take_if(|selection| selection.conversation() == id);
        if let Some(timeline) = self.timelines.get_mut(&id) {
            timeline.leave();
        }
        self.list.drafts.keep(id).into_iter().collect()
    }

    /// Keeps the drafts that have rested, and tells once more what the node could not note. Gives what to ask the node,
    /// and in how many milliseconds to look again.
    pub fn tick(&mut self, now_ms: u64) -> (Vec<Command>, Option<u64>) {
        self.deletions.expire(self.list.deleting(), now_ms);
        let mut commands = self.list.drafts.due(now_ms);
        let timelines = &mut self.timelines;
        self.untold.retain(|id, untold| {
            if untold.told || now_ms < untold.pause.until_ms() {
                return true;
            }
            let again = timelines.get_mut(id).and_then(Timeline::tell);
            untold.told = again.is_some();
            commands.extend(again);
            untold.told
        });
        let rest = self.untold.values().filter(|untold| !untold.told);
        let wait_ms = rest
            .map(|untold| untold.pause.until_ms().saturating_sub(now_ms))
            .chain(self.list.drafts.next_in_ms(now_ms))
            .min();
        (commands, wait_ms)
    }

    /// Keeps every draft now, because the window closes.
    pub fn keep_all_drafts(&mut self) -> Vec<Command> {
        self.list.drafts.keep_all()
    }

    /// Takes in one piece of news.
    pub fn apply_event(&mut self, event: &Event) {
        self.deletions.apply_event(event);
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
                if self.selection(*conversation).is_some() {
                    self.follow_selection(&[*position]);
                }
            }
            Event::Profile(_)
            | Event::Invite(_)
            | Event::Network(_)
            | Event::Carrying(_)
            | Event::Reload
            | Event::Fault { .. } => {}
        }
        self.follow_selection(&[]);
    }

    /// What to ask after [`Event::Reload`]: the windows once more. Windows of closed chats are let go of.
    pub fn reload(&mut self) -> Vec<Command> {
        let open = self.open;
        self.timelines.retain(|id, _| Some(*id) == open);
        self.timelines.values_mut().filter_map(Timeline::reload).collect()
    }

    /// Takes in the answer to `command`.
    pub fn apply_reply(&mut self, command: &Command, reply: &Reply) {
        self.deletions.apply_reply(reply);
        match command {
            Command::SetDraft { conversation, .. } => self.list.drafts.kept(*conversation),
            Command::MarkRead { conversation, up_to } => {
                self.untold.remove(conversation);
                if let Some(timeline) = self.timelines.get_mut(conversation) {
                    timeline.noted(*up_to);
                }
            }
            _ => {}
        }
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
        match reply {
            Reply::Deletion(view) if self.selection(view.conversation).is_some() => {
                self.follow_selection(&view.positions);
            }
            _ => self.follow_selection(&[]),
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
                self.list.drafts.type_text(*conversation, &both, now_ms);
                true
            }
            // Nobody waits for these: what is typed stays in the composer, what was read is known here, and the node is
            // asked again after a pause.
            Command::SetDraft { conversation, .. } if *error == CommandError::UnknownConversation => {
                self.list.drafts.kept(*conversation);
                true
            }
            Command::SetDraft { conversation, .. } => {
                self.list.drafts.not_kept(*conversation, now_ms);
                true
            }
            Command::MarkRead { conversation, up_to } => {
                if let Some(timeline) = self.timelines.get_mut(conversation) {
                    timeline.not_told(*up_to);
                }
                let untold = self.untold.entry(*conversation).or_default();
                untold.told = false;
                untold.pause.failed(now_ms);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
#[path = "chats_tests.rs"]
mod tests;
