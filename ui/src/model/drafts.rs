//! What is being typed in each chat.
//!
//! What a person types is theirs at once. It goes to the node after a rest, or when the chat is left, and again, after a
//! pause, if the node could not keep it. The node's own draft counts only in a chat in which nothing was typed since
//! the profile was opened: what it tells may be older than what stands in the composer, however late it comes.

use std::collections::HashMap;

use kith_node::command::Command;
use kith_node::id::ConversationId;

use super::pause::Pause;

/// How long typing must rest before a draft goes to the node.
pub const DRAFT_REST_MS: u64 = 600;
/// The longest text that can be sent or kept, in bytes, as the node says.
pub const MAX_TEXT_BYTES: usize = 64 * 1_024;

/// What is typed in one chat.
#[derive(Clone, Debug, Default)]
struct Draft {
    text: String,
    /// It was typed here.
    own: bool,
    /// When the node is to be asked to keep it; `None` if it was.
    due_ms: Option<u64>,
    /// The node was asked and has not answered. One at a time, because requests may overtake one another.
    asked: bool,
    pause: Pause,
}

impl Draft {
    /// When the node is asked next, unless it is answering.
    fn next_ms(&self) -> Option<u64> {
        self.due_ms.filter(|_| !self.asked && self.is_kept_whole())
    }

    fn is_kept_whole(&self) -> bool {
        self.text.len() <= MAX_TEXT_BYTES
    }

    fn keep(&mut self, conversation: ConversationId) -> Command {
        self.due_ms = None;
        self.asked = true;
        Command::SetDraft {
            conversation,
            text: self.text.clone(),
        }
    }
}

/// What is typed in all chats.
#[derive(Clone, Debug, Default)]
pub struct Drafts(HashMap<ConversationId, Draft>);

impl Drafts {
    /// What is typed in a chat and not sent.
    pub fn text(&self, conversation: ConversationId) -> &str {
        self.0.get(&conversation).map_or("", |draft| &draft.text)
    }

    /// The node told of the draft that it keeps.
    pub fn told(&mut self, conversation: ConversationId, text: &str) {
        let draft = self.0.entry(conversation).or_default();
        if !draft.own {
            text.clone_into(&mut draft.text);
        }
    }

    /// The person typed.
    pub fn type_text(&mut self, conversation: ConversationId, text: &str, now_ms: u64) {
        let draft = self.0.entry(conversation).or_default();
        draft.own = true;
        if draft.text != text {
            text.clone_into(&mut draft.text);
            let rested_ms = now_ms.saturating_add(DRAFT_REST_MS);
            draft.due_ms = Some(rested_ms.max(draft.pause.until_ms()));
        }
    }

    /// The drafts that the node is to keep now: they have rested.
    pub fn due(&mut self, now_ms: u64) -> Vec<Command> {
        self.keep_those(|draft| draft.next_ms().is_some_and(|due_ms| due_ms <= now_ms))
    }

    /// All that the node does not have, because the window closes.
    pub fn keep_all(&mut self) -> Vec<Command> {
        self.keep_those(|draft| draft.due_ms.is_some() && draft.is_kept_whole())
    }

    fn keep_those(&mut self, wanted: impl Fn(&Draft) -> bool) -> Vec<Command> {
        let wanted = self.0.iter_mut().filter(|(_, draft)| wanted(draft));
        let mut those: Vec<_> = wanted.collect();
        those.sort_by_key(|(id, _)| **id);
        those.into_iter().map(|(id, draft)| draft.keep(*id)).collect()
    }

    /// Milliseconds until the next draft is due: when to look again.
    pub fn next_in_ms(&self, now_ms: u64) -> Option<u64> {
        let next_ms = self.0.values().filter_map(Draft::next_ms).min()?;
        Some(next_ms.saturating_sub(now_ms))
    }

    /// Keeps a chat's draft now, because the chat is left.
    pub fn keep(&mut self, conversation: ConversationId) -> Option<Command> {
        let draft = self.0.get_mut(&conversation)?;
        draft.next_ms()?;
        Some(draft.keep(conversation))
    }

    /// The node keeps what it was asked to.
    pub fn kept(&mut self, conversation: ConversationId) {
        if let Some(draft) = self.0.get_mut(&conversation) {
            draft.asked = false;
            draft.pause = Pause::default();
        }
    }

    /// The node could not keep what it was asked to. It is asked again after a pause.
    pub fn not_kept(&mut self, conversation: ConversationId, now_ms: u64) {
        if let Some(draft) = self.0.get_mut(&conversation) {
            draft.asked = false;
            draft.pause.failed(now_ms);
            draft.due_ms = Some(draft.pause.until_ms());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::conversation;

    const CHAT: ConversationId = ConversationId::from_bytes([1; 32]);

    fn set(text: &str) -> Command {
        Command::SetDraft {
            conversation: CHAT,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_draft_goes_to_the_node_after_a_rest_and_only_once() {
        let mut drafts = Drafts::default();
        drafts.type_text(CHAT, "half a tho", 1_000);
        assert!(drafts.due(1_200).is_empty());
        assert_eq!(drafts.next_in_ms(1_200), Some(400));
        assert_eq!(drafts.due(1_600), [set("half a tho")]);
        assert!(drafts.due(9_000).is_empty());
        assert!(drafts.keep(CHAT).is_none());
        assert_eq!(drafts.next_in_ms(9_000), None);
    }

    #[test]
    fn what_the_node_tells_counts_only_where_nothing_was_typed() {
        let mut drafts = Drafts::default();
        drafts.told(CHAT, "of yesterday");
        assert_eq!(drafts.text(CHAT), "of yesterday");
        drafts.type_text(CHAT, "newer", 1_000);
        drafts.told(CHAT, "of yesterday");
        assert_eq!(drafts.due(1_600), [set("newer")]);
        drafts.told(CHAT, "of yesterday");
        assert_eq!(drafts.text(CHAT), "newer", "told before the node was asked");
        drafts.kept(CHAT);
        drafts.told(CHAT, "of yesterday");
        assert_eq!(drafts.text(CHAT), "newer", "overtaken by the node's answer");
        drafts.told(conversation(2), "in another chat");
        assert_eq!(drafts.text(conversation(2)), "in another chat");
    }

    #[test]
    fn what_the_node_could_not_keep_stays_and_is_kept_after_a_pause() {
        let mut drafts = Drafts::default();
        drafts.told(CHAT, "old");
        drafts.type_text(CHAT, "new", 0);
        assert_eq!(drafts.due(600), [set("new")]);
        drafts.not_kept(CHAT, 700);
        drafts.told(CHAT, "old");
        assert_eq!(drafts.text(CHAT), "new");
        drafts.type_text(CHAT, "new and more", 1_000);
        assert!(drafts.due(2_600).is_empty(), "typing does not shorten the pause");
        assert_eq!(drafts.next_in_ms(2_600), Some(100));
        assert_eq!(drafts.due(2_700), [set("new and more")]);
        drafts.not_kept(CHAT, 2_800);
        assert_eq!(
            drafts.next_in_ms(2_800),
            Some(4_000),
            "the second pause is longer"
        );
        assert_eq!(drafts.due(6_800), [set("new and more")]);
        drafts.kept(CHAT);
        assert_eq!(drafts.next_in_ms(7_000), None);
    }

    #[test]
    fn one_request_at_a_time_and_all_of_them_when_the_window_closes() {
        let mut drafts = Drafts::default();
        drafts.type_text(CHAT, "one", 0);
        assert_eq!(drafts.due(600), [set("one")]);
        drafts.type_text(CHAT, "one two", 700);
        assert!(drafts.due(5_000).is_empty(), "the first is not answered");
        assert!(drafts.keep(CHAT).is_none());
        drafts.kept(CHAT);
        assert_eq!(drafts.due(5_000), [set("one two")]);
        drafts.type_text(CHAT, "one two three", 5_100);
        assert_eq!(drafts.keep_all(), [set("one two three")]);
        assert!(drafts.keep_all().is_empty());
    }

    #[test]
    fn what_is_too_long_to_be_kept_stays_and_is_not_asked_for() {
        let mut drafts = Drafts::default();
        let pasted = "x".repeat(MAX_TEXT_BYTES + 1);
        drafts.told(CHAT, "old");
        drafts.type_text(CHAT, &pasted, 0);
        assert!(drafts.due(9_000).is_empty() && drafts.keep_all().is_empty());
        assert_eq!(drafts.next_in_ms(9_000), None);
        drafts.told(CHAT, "old");
        assert_eq!(drafts.text(CHAT), pasted);
        drafts.type_text(CHAT, "short", 9_000);
        assert_eq!(drafts.due(9_600), [set("short")]);
    }
}
