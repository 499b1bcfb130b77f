//! What is about to be deleted and can still be brought back: rows and whole chats, as the node tells of them. It is known
//! from them alone, so that it can be undone whoever asked for it, and also after the app was closed and opened again.

use std::collections::{BTreeMap, HashMap};

use kith_node::id::ConversationId;
use kith_node::position::Position;
use kith_node::view::{BodyView, ConversationView, DeletingView, DeletionView, MessageView, Page};
use kith_node::{Event, Reply};

/// What the node told of.
#[derive(Clone, Debug, Default)]
pub struct Deletions {
    rows: BTreeMap<(ConversationId, Position), DeletingView>,
    /// How many messages that nobody has yet go with a deletion, as the answer to it said.
    undelivered: HashMap<String, u32>,
}

/// All that can be brought back now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The deletions, as the node names them.
    pub deletions: Vec<String>,
    /// How many messages are among what is deleted.
    pub messages: usize,
    /// How many whole chats.
    pub chats: usize,
    /// How many messages that nobody has yet go with the chats, as far as that is known.
    pub undelivered: u32,
    /// When the first of them is final, unix milliseconds.
    pub until_ms: u64,
}

impl Deletions {
    /// Takes in one piece of news.
    pub fn apply_event(&mut self, event: &Event) {
        match event {
            Event::Message(row) => self.note(row),
            Event::MessageRemoved {
                conversation,
                position,
            } => {
                self.rows.remove(&(*conversation, *position));
            }
            Event::Conversation(view) => self.note_last(view),
            _ => {}
        }
    }

    /// Takes in an answer.
    pub fn apply_reply(&mut self, reply: &Reply) {
        match reply {
            Reply::Page(Page { messages, .. }) => messages.iter().for_each(|row| self.note(row)),
            Reply::Message(row) => self.note(row),
            Reply::Conversation(view) => self.note_last(view),
            Reply::Conversations(all) => all.iter().for_each(|view| self.note_last(view)),
            Reply::Deletion(DeletionView { id, undelivered, .. }) => {
                self.undelivered.insert(id.clone(), *undelivered);
            }
            _ => {}
        }
    }

    fn note_last(&mut self, view: &ConversationView) {
        if let Some(row) = &view.last {
            self.note(row);
        }
    }

    fn note(&mut self, row: &MessageView) {
        let place = (row.conversation, row.position);
        if let BodyView::Deleting { deletion, until_ms } = &row.body {
            let deleting = DeletingView {
                deletion: deletion.clone(),
                until_ms: *until_ms,
            };
            self.rows.insert(place, deleting);
        } else {
            self.rows.remove(&place);
        }
    }

    /// Forgets what is final. `chats` are those that are about to be deleted whole.
    pub fn expire<'a>(&mut self, chats: impl Iterator<Item = &'a DeletingView>, now_ms: u64) {
        if self.rows.is_empty() && self.undelivered.is_empty() {
            return;
        }
        self.rows.retain(|_, row| row.until_ms > now_ms);
        let chats: Vec<_> = chats.map(|chat| chat.deletion.as_str()).collect();
        self.undelivered.retain(|id, _| chats.contains(&id.as_str()));
    }

    /// All that can be brought back now, if anything can. `chats` are those that are about to be deleted whole.
    pub fn pending<'a>(&self, chats: impl Iterator<Item = &'a DeletingView>, now_ms: u64) -> Option<Pending> {
        let waits = |deleting: &&DeletingView| deleting.until_ms > now_ms;
        let chats: Vec<_> = chats.filter(waits).collect();
        let rows: Vec<_> = self.rows.values().filter(waits).collect();
        let both = || rows.iter().chain(&chats);
        let mut deletions: Vec<_> = both().map(|deleting| deleting.deletion.clone()).collect();
        deletions.sort();
        deletions.dedup();
        let undelivered = |chat: &&DeletingView| self.undelivered.get(&chat.deletion).copied();
        Some(Pending {
            deletions,
            messages: rows.len(),
            chats: chats.len(),
            undelivered: chats.iter().filter_map(undelivered).sum(),
            until_ms: both().map(|deleting| deleting.until_ms).min()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{BOB, chat, conversation, row};

    fn doomed(n: u64, deletion: &str, until_ms: u64) -> MessageView {
        MessageView {
            body: BodyView::Deleting {
                deletion: deletion.to_owned(),
                until_ms,
            },
            ..row(n, BOB, "")
        }
    }

    fn told(deletions: &mut Deletions, row: MessageView) {
        deletions.apply_event(&Event::Message(Box::new(row)));
    }

    fn pending(deletions: &Deletions, now_ms: u64) -> Option<Pending> {
        deletions.pending(std::iter::empty(), now_ms)
    }

    #[test]
    fn all_deletions_that_wait_are_one_offer_until_they_are_undone_or_final() {
        let mut deletions = Deletions::default();
        for n in 1..=4 {
            told(&mut deletions, doomed(n, &format!("deletion {n}"), 10_000 + n));
        }
        let all = pending(&deletions, 5_000).unwrap();
        assert_eq!((all.messages, all.chats, all.until_ms), (4, 0, 10_001));
        assert_eq!(all.deletions.len(), 4);
        told(&mut deletions, row(2, BOB, "it is back"));
        deletions.apply_event(&Event::MessageRemoved {
            conversation: conversation(1),
            position: row(3, BOB, "").position,
        });
        let left = pending(&deletions, 5_000).unwrap();
        assert_eq!(left.deletions, ["deletion 1", "deletion 4"]);
        assert_eq!(pending(&deletions, 10_001).unwrap().messages, 1);
        assert_eq!(pending(&deletions, 10_004), None);
    }

    #[test]
    fn what_waits_is_found_in_the_list_and_in_pages_after_a_start() {
        let mut deletions = Deletions::default();
        let mut list = vec![chat(1, "Bob", 1), chat(2, "Cyr", 2)];
        list[0].last = Some(doomed(9, "row", 10_000));
        list[1].deleting = Some(DeletingView {
            deletion: "whole".to_owned(),
            until_ms: 9_000,
        });
        deletions.apply_reply(&Reply::Conversations(list.clone()));
        deletions.apply_reply(&Reply::Page(Page {
            messages: vec![doomed(8, "row", 10_000), doomed(9, "row", 10_000)],
            more_before: false,
            more_after: false,
            first_unread: None,
        }));
        let chats = || list.iter().filter_map(|view| view.deleting.as_ref());
        let all = deletions.pending(chats(), 5_000).unwrap();
        assert_eq!((all.messages, all.chats, all.until_ms), (2, 1, 9_000));
        assert_eq!(all.deletions, ["row", "whole"]);
        deletions.expire(chats(), 10_000);
        assert!(deletions.rows.is_empty());
    }
}
