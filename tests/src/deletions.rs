//! Alice and Bob in one hand, and what they delete: a story says who wrote what, who is linked when, and what each then
//! sees and holds.

#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_node::{
    Anchor, Command, CommandError, Position, Reply,
    effects::Transmit,
    id::ConversationId,
    input::Input,
    store::MemoryStore,
    view::{BodyView, ConversationView, DeleteFor, DeletionView, MessageView, Page},
};

use crate::{
    pair::{Hand, Pair, Side},
    telling::{NOW_MS, alice, bob, rows},
};

/// Longer than a deletion can be undone, milliseconds.
pub const FINAL_MS: u64 = 10_000;

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The one who invited.
    Alice,
    /// The one who accepted.
    Bob,
}

use Who::{Alice, Bob};

/// Two people, their stores and the time.
pub struct Talk<'s> {
    /// Both engines.
    pub pair: Pair<'s>,
    /// The time, unix milliseconds.
    pub now_ms: u64,
    /// Their conversation.
    pub conversation: ConversationId,
    stores: (&'s MemoryStore, &'s MemoryStore),
    linked: bool,
}

impl<'s> Talk<'s> {
    /// The two have become contacts and are linked.
    pub fn begins(a: &'s MemoryStore, b: &'s MemoryStore) -> Self {
        let pair = Pair::befriended(alice(a, 1, NOW_MS), bob(b, NOW_MS), NOW_MS);
        let mut talk = Self {
            conversation: pair.conversation(),
            pair,
            now_ms: NOW_MS,
            stores: (a, b),
            linked: true,
        };
        for who in [Alice, Bob] {
            talk.side(who).told();
        }
        talk
    }

    /// One of the two engines.
    pub fn side(&mut self, who: Who) -> &mut Side<'s> {
        match who {
            Alice => &mut self.pair.alice,
            Bob => &mut self.pair.bob,
        }
    }

    /// What one of the two has on disk.
    pub fn store(&self, who: Who) -> &'s MemoryStore {
        match who {
            Alice => self.stores.0,
            Bob => self.stores.1,
        }
    }

    /// Whether there is a link.
    pub fn is_linked(&self) -> bool {
        self.linked
    }

    /// The link ends, if there is one.
    pub fn parts(&mut self) {
        if !self.linked {
            return;
        }
        self.pair.unlink(self.now_ms);
        self.linked = false;
    }

    /// The link is there again, if it was not.
    pub fn meets(&mut self) {
        if self.linked {
            return self.passes(500);
        }
        self.pair.link(self.now_ms);
        self.linked = true;
        self.pair.settle(Hand::All, self.now_ms);
        self.passes(500);
    }

    /// One of the two is killed and starts again; there is no link then.
    pub fn restarts(&mut self, who: Who) {
        self.parts();
        let store = self.store(who);
        match who {
            Alice => self.pair.alice = alice(store, 1, self.now_ms),
            Bob => self.pair.bob = bob(store, self.now_ms),
        }
        self.side(who).wishes.clear();
        self.side(who).told();
    }

    /// Time passes for both, and what they say is handed over while they are linked.
    pub fn passes(&mut self, ms: u64) {
        let until_ms = self.now_ms + ms;
        loop {
            let next_ms = self.pair.alice.wake_at_ms.min(self.pair.bob.wake_at_ms);
            let next_ms = next_ms.max(self.now_ms + 1);
            if next_ms > until_ms {
                break;
            }
            self.now_ms = next_ms;
            for who in [Alice, Bob] {
                if self.side(who).wake_at_ms <= next_ms {
                    self.side(who).input(Input::Timer, next_ms);
                }
                self.side(who).flushed(next_ms);
            }
            self.hands_over();
        }
        self.now_ms = until_ms;
    }

    /// What both said is handed over, or lost if there is no link.
    pub fn hands_over(&mut self) {
        if self.linked {
            self.pair.settle(Hand::All, self.now_ms);
        } else {
            self.pair.alice.wishes.clear();
            self.pair.bob.wishes.clear();
        }
    }

    /// Somebody writes.
    pub fn says(&mut self, who: Who, text: &str) {
        self.now_ms += 10;
        let (conversation, now_ms) = (self.conversation, self.now_ms);
        self.side(who).sends(conversation, text.to_owned(), now_ms);
        self.side(who).flushed(now_ms);
        self.hands_over();
    }

    /// Somebody writes, and what their device wants of the network is kept back.
    pub fn says_unheard(&mut self, who: Who, text: &str) -> Vec<Transmit> {
        self.now_ms += 10;
        let (conversation, now_ms) = (self.conversation, self.now_ms);
        self.side(who).sends(conversation, text.to_owned(), now_ms);
        self.side(who).flushed(now_ms);
        self.side(who).wishes.drain(..).collect()
    }

    /// What was kept back of somebody arrives at the other.
    pub fn arrives(&mut self, from: Who, wishes: Vec<Transmit>) {
        let device = self.side(from).device;
        let other = if from == Alice { Bob } else { Alice };
        for wish in wishes {
            if let Some(news) = self.pair.arrives(wish, device) {
                let now_ms = self.now_ms;
                self.side(other).input(Input::Net(news), now_ms);
            }
        }
        self.hands_over();
    }

    /// Somebody looks at everything.
    pub fn reads(&mut self, who: Who) {
        if let Some(last) = self.rows(who).last() {
            let (conversation, up_to) = (last.conversation, last.position);
            self.does(who, Command::MarkRead { conversation, up_to });
        }
    }

    /// A command that must succeed, and what follows from it.
    pub fn does(&mut self, who: Who, command: Command) -> Reply {
        self.tries(who, command).expect("a command succeeds")
    }

    /// A command, and what follows from it.
    pub fn tries(&mut self, who: Who, command: Command) -> Result<Reply, CommandError> {
        let now_ms = self.now_ms;
        let answer = self.side(who).tries(command, now_ms);
        self.hands_over();
        answer
    }

    /// The rows that somebody sees.
    pub fn rows(&mut self, who: Who) -> Vec<MessageView> {
        let (conversation, now_ms) = (self.conversation, self.now_ms);
        rows(self.side(who), conversation, now_ms)
    }

    /// What somebody sees, a line for each row but the one that they became contacts.
    pub fn sees(&mut self, who: Who) -> Vec<String> {
        let rows = self.rows(who).into_iter();
        rows.filter_map(|row| match row.body {
            BodyView::Text { text } => Some(text),
            BodyView::Deleted => Some("(deleted)".into()),
            BodyView::Deleting { .. } => Some("(deleting)".into()),
            BodyView::Timer { seconds } => Some(format!("(timer {seconds})")),
            BodyView::ContactAdded => None,
            other => Some(format!("({other:?})")),
        })
        .collect()
    }

    /// The conversation as somebody's list shows it.
    pub fn chat(&mut self, who: Who) -> ConversationView {
        let conversation = self.conversation;
        match self.does(who, Command::GetConversation { conversation }) {
            Reply::Conversation(view) => *view,
            other => panic!("no conversation: {other:?}"),
        }
    }

    /// What somebody's list shows as the last words.
    pub fn last_body(&mut self, who: Who) -> Option<BodyView> {
        self.chat(who).last.map(|last| last.body)
    }

    /// The page at the first unread row.
    pub fn unread_page(&mut self, who: Who) -> Page {
        let command = Command::GetMessages {
            conversation: self.conversation,
            anchor: Anchor::FirstUnread,
            before: 0,
            after: 500,
        };
        match self.does(who, command) {
            Reply::Page(page) => page,
            other => panic!("no page: {other:?}"),
        }
    }

    /// Where somebody sees a text.
    pub fn place(&mut self, who: Who, text: &str) -> Position {
        let rows = self.rows(who);
        let says = |row: &&MessageView| matches!(&row.body, BodyView::Text { text: said } if said == text);
        let row = rows.iter().find(says);
        row.unwrap_or_else(|| panic!("{who:?} does not see “{text}”"))
            .position
    }

    /// Somebody deletes what they see; it can be undone for ten seconds.
    pub fn deletes(&mut self, who: Who, scope: DeleteFor, texts: &[&str]) -> DeletionView {
        let positions = texts.iter().map(|text| self.place(who, text)).collect();
        let conversation = self.conversation;
        let command = Command::DeleteMessages {
            conversation,
            positions,
            scope,
        };
        match self.does(who, command) {
            Reply::Deletion(deletion) => deletion,
            other => panic!("no deletion: {other:?}"),
        }
    }

    /// Somebody deletes what they see, and lets the time to undo it pass.
    pub fn deletes_for_good(&mut self, who: Who, scope: DeleteFor, texts: &[&str]) {
        self.deletes(who, scope, texts);
        self.passes(FINAL_MS);
    }

    /// Whether somebody's disk has these words anywhere.
    pub fn holds(&self, who: Who, text: &str) -> bool {
        self.store(who).holds_bytes(text.as_bytes())
    }

    /// What each sees and its list says does not change by meeting again, nor by a restart.
    pub fn is_settled(&mut self) {
        let now = (self.sees(Alice), self.sees(Bob));
        let unread = (self.chat(Alice).unread, self.chat(Bob).unread);
        let last = (self.last_body(Alice), self.last_body(Bob));
        for who in [Alice, Bob] {
            self.restarts(who);
        }
        self.meets();
        self.passes(2_000);
        assert_eq!((self.sees(Alice), self.sees(Bob)), now);
        assert_eq!((self.chat(Alice).unread, self.chat(Bob).unread), unread);
        assert_eq!((self.last_body(Alice), self.last_body(Bob)), last);
    }
}
