//! The chat list: every conversation, the most recently active first, and what is being typed in each, because the list
//! shows it.

use std::collections::HashMap;

use kith_node::id::{AccountId, ConversationId};
use kith_node::view::{ContactView, ConversationView, DeletingView, PartiesView};

use super::drafts::Drafts;

/// All conversations.
#[derive(Clone, Debug, Default)]
pub struct Conversations {
    known: HashMap<ConversationId, ConversationView>,
    order: Vec<ConversationId>,
    /// What is typed in each.
    pub drafts: Drafts,
    loaded: bool,
}

impl Conversations {
    /// Whether the list has been answered once.
    pub fn loaded(&self) -> bool {
        self.loaded
    }

    /// Takes the whole list, as the node answers it.
    pub fn replace(&mut self, all: Vec<ConversationView>) {
        self.loaded = true;
        self.known.clear();
        for view in all {
            self.drafts.told(view.id, &view.draft);
            self.known.insert(view.id, view);
        }
        self.sort();
    }

    /// Takes one conversation that is new or changed.
    pub fn apply(&mut self, view: ConversationView) {
        self.drafts.told(view.id, &view.draft);
        self.known.insert(view.id, view);
        self.sort();
    }

    /// Takes a contact's new name, picture or presence.
    pub fn apply_contact(&mut self, contact: &ContactView) {
        for view in self.known.values_mut() {
            if let PartiesView::Direct { contact: known } = &mut view.parties
                && known.account == contact.account
            {
                **known = contact.clone();
            }
        }
    }

    /// The contact is gone, and the conversation with it.
    pub fn remove_contact(&mut self, account: AccountId) {
        let is_theirs =
            |view: &ConversationView| view.contact().is_some_and(|contact| contact.account == account);
        self.known.retain(|_, view| !is_theirs(view));
        self.sort();
    }

    /// Takes how many rows are still unread.
    pub fn apply_read(&mut self, conversation: ConversationId, unread: u32) {
        if let Some(view) = self.known.get_mut(&conversation) {
            view.unread = unread;
        }
    }

    fn sort(&mut self) {
        // A chat that was deleted is in no list, and is found through its contact.
        let listed = |view: &&ConversationView| !view.hidden && view.deleting.is_none();
        let mut all: Vec<_> = self.known.values().filter(listed).collect();
        all.sort_by(|one, other| {
            other
                .active_at_ms
                .cmp(&one.active_at_ms)
                .then_with(|| one.id.cmp(&other.id))
        });
        self.order = all.into_iter().map(|view| view.id).collect();
    }

    /// One conversation.
    pub fn get(&self, id: ConversationId) -> Option<&ConversationView> {
        self.known.get(&id)
    }

    /// The conversation with a person.
    pub fn with(&self, account: AccountId) -> Option<&ConversationView> {
        let is_with =
            |view: &&ConversationView| view.contact().is_some_and(|contact| contact.account == account);
        self.known.values().find(is_with)
    }

    /// All groups, also those whose chat was deleted: nobody's page leads to them.
    pub fn groups(&self) -> impl Iterator<Item = &ConversationView> {
        let is_group = |view: &&ConversationView| view.contact().is_none() && view.deleting.is_none();
        self.known.values().filter(is_group)
    }

    /// Those that are about to be deleted whole.
    pub fn deleting(&self) -> impl Iterator<Item = &DeletingView> {
        self.known.values().filter_map(|view| view.deleting.as_ref())
    }

    /// All of them, the most recently active first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &ConversationView> {
        self.order.iter().filter_map(|id| self.known.get(id))
    }

    /// Those whose name has a word that begins with each word of the query; all for an empty query.
    pub fn matching(&self, query: &str) -> Vec<&ConversationView> {
        self.iter()
            .filter(|view| name_matches(view.name(), query))
            .collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// All unread rows together, for the badge on the rail.
    pub fn unread(&self) -> u32 {
        self.known
            .values()
            .fold(0, |sum, view| sum.saturating_add(view.unread))
    }

    /// The chat after (`forward`) or before this one in the list; the first when none is open.
    pub fn neighbour(&self, open: Option<ConversationId>, forward: bool) -> Option<ConversationId> {
        let Some(open) = open.and_then(|id| self.order.iter().position(|have| *have == id)) else {
            return self.order.first().copied();
        };
        let beside = if forward {
            open.checked_add(1)
        } else {
            open.checked_sub(1)
        };
        beside.and_then(|index| self.order.get(index)).copied()
    }

    /// What is typed in a chat and not sent.
    pub fn draft(&self, conversation: ConversationId) -> &str {
        self.drafts.text(conversation)
    }
}

/// Whether each word of the query begins a word of the name, whatever the case.
pub fn name_matches(name: &str, query: &str) -> bool {
    let name = name.to_lowercase();
    query
        .to_lowercase()
        .split_whitespace()
        .all(|wanted| name.split_whitespace().any(|word| word.starts_with(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{chat, contact, conversation};

    fn names(chats: &Conversations) -> Vec<&str> {
        chats.iter().map(|view| view.name()).collect()
    }

    fn three() -> Conversations {
        let mut chats = Conversations::default();
        chats.replace(vec![chat(1, "Ana", 30), chat(2, "Bo", 20), chat(3, "Cyr", 10)]);
        chats
    }

    #[test]
    fn the_most_recently_active_stands_first_and_moves_up_on_news() {
        let mut chats = three();
        assert_eq!(names(&chats), ["Ana", "Bo", "Cyr"]);
        chats.apply(chat(3, "Cyr", 40));
        assert_eq!(names(&chats), ["Cyr", "Ana", "Bo"]);
        assert_eq!(chats.len(), 3);
    }

    #[test]
    fn presence_and_name_of_a_contact_reach_their_chat() {
        let mut chats = three();
        chats.apply_contact(&contact(2, "Boris"));
        assert_eq!(names(&chats), ["Ana", "Boris", "Cyr"]);
        chats.remove_contact(contact(2, "Boris").account);
        assert_eq!(names(&chats), ["Ana", "Cyr"]);
    }

    #[test]
    fn neighbours_follow_the_list_and_stop_at_its_ends() {
        let chats = three();
        assert_eq!(chats.neighbour(None, true), Some(conversation(1)));
        assert_eq!(
            chats.neighbour(Some(conversation(1)), true),
            Some(conversation(2))
        );
        assert_eq!(chats.neighbour(Some(conversation(1)), false), None);
        assert_eq!(chats.neighbour(Some(conversation(3)), true), None);
    }

    #[test]
    fn a_search_matches_the_beginning_of_any_word() {
        assert!(name_matches("Ana María López", "lóp an"));
        assert!(name_matches("प्रिया शर्मा", "शर"));
        assert!(!name_matches("Ana María", "ria"));
        assert!(name_matches("Ana", "  "));
    }

    #[test]
    fn unread_counts_add_up_and_fall_when_read() {
        let mut chats = three();
        let mut busy = chat(1, "Ana", 30);
        busy.unread = 4;
        chats.apply(busy);
        assert_eq!(chats.unread(), 4);
        chats.apply_read(conversation(1), 1);
        assert_eq!(chats.unread(), 1);
    }
}
