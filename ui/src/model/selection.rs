//! The messages of one conversation that a person has chosen, to copy or delete all of them at once.
//!
//! They are kept as they are, and not by their places alone: who goes on to scroll and choose may leave the first of them behind,
//! outside of the window that is held.

use std::collections::BTreeMap;

use kith_node::command::MOST_DELETED;
use kith_node::id::ConversationId;
use kith_node::position::Position;
use kith_node::view::{BodyView, MessageView};

use super::timeline::Timeline;

/// Messages that were chosen.
#[derive(Clone, Debug)]
pub struct Selection {
    conversation: ConversationId,
    rows: BTreeMap<Position, MessageView>,
}

impl Selection {
    /// None yet, of this conversation.
    pub fn new(conversation: ConversationId) -> Self {
        Self {
            conversation,
            rows: BTreeMap::new(),
        }
    }

    /// Whose messages these are.
    pub fn conversation(&self) -> ConversationId {
        self.conversation
    }

    /// They, oldest first.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &MessageView> {
        self.rows.values()
    }

    /// One of them.
    pub fn get(&self, position: Position) -> Option<&MessageView> {
        self.rows.get(&position)
    }

    /// Whether there are as many as can be deleted at once.
    pub fn is_full(&self) -> bool {
        self.rows.len() >= MOST_DELETED
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Chooses a message, or lets go of it. What cannot be copied is not chosen, nor what is too much.
    pub fn toggle(&mut self, row: &MessageView) {
        if self.rows.remove(&row.position).is_none() && is_text(row) && !self.is_full() {
            self.rows.insert(row.position, row.clone());
        }
    }

    /// Lets go of what is gone.
    pub fn remove(&mut self, position: Position) {
        self.rows.remove(&position);
    }

    /// Takes over what became of those that the window holds.
    pub fn follow(&mut self, timeline: &Timeline) {
        let held = timeline.rows();
        let (Some(first), Some(last)) = (held.first(), held.last()) else {
            return;
        };
        let range = first.position..=last.position;
        self.rows.retain(|position, kept| {
            let place = held.binary_search_by_key(position, |row| row.position);
            match place.ok().and_then(|place| held.get(place)) {
                Some(row) => row.clone_into(kept),
                None => return !range.contains(position),
            }
            is_text(kept)
        });
    }
}

fn is_text(row: &MessageView) -> bool {
    matches!(row.body, BodyView::Text { .. })
}
