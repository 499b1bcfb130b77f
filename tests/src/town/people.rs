//! What people of a town do, and what they see.

use kith_crypto::ConversationId;
use kith_node::{
    Command, Reply,
    view::{CarryingView, DeliveryState, LedgerView, MessageView},
};

use super::Town;
use crate::world::says;

impl Town<'_> {
    /// Does a command that must succeed, and what follows from it.
    pub fn does(&mut self, place: usize, command: Command) -> Reply {
        let reply = self.people[place].does(command, self.now_ms);
        self.settle();
        reply
    }

    /// A carrier carries for an owner, who lets it.
    pub fn carries_for(&mut self, carrier: usize, owner: usize) {
        let account = self.people[owner].account;
        self.does(carrier, Command::SetCarrying { account, carry: true });
        let account = self.people[carrier].account;
        self.does(owner, Command::UseCarrier { account, used: true });
    }

    /// What somebody carries, and who carries for them.
    ///
    /// # Panics
    /// If they do not say.
    pub fn carrying(&mut self, place: usize) -> CarryingView {
        match self.does(place, Command::GetCarrying {}) {
            Reply::Carrying(view) => view,
            other => panic!("no view of carrying: {other:?}"),
        }
    }

    /// The conversation of two.
    pub fn conversation(&self, a: usize, b: usize) -> ConversationId {
        ConversationId::direct(self.people[a].account, self.people[b].account)
    }

    /// Somebody writes to somebody.
    pub fn sends(&mut self, from: usize, to: usize, text: &str) {
        let conversation = self.conversation(from, to);
        let text = text.into();
        self.does(from, Command::SendMessage { conversation, text });
    }

    /// What one sees of the conversation with another.
    pub fn page(&mut self, place: usize, other: usize) -> Vec<MessageView> {
        self.rows_of(place, self.conversation(place, other))
    }

    /// How often a text is on the screen.
    pub fn times(&mut self, place: usize, other: usize, text: &str) -> usize {
        let page = self.page(place, other);
        page.iter().filter(|row| says(row, text)).count()
    }

    /// How far a text of one's own has come.
    pub fn state(&mut self, place: usize, other: usize, text: &str) -> Option<DeliveryState> {
        self.state_in(place, self.conversation(place, other), text)
    }

    /// The ledger of a text of one's own.
    pub fn ledger(&mut self, place: usize, other: usize, text: &str) -> LedgerView {
        self.ledger_in(place, self.conversation(place, other), text)
    }

    /// Somebody looks at everything another wrote.
    pub fn reads(&mut self, place: usize, other: usize) {
        if let Some(last) = self.page(place, other).last() {
            let (conversation, up_to) = (last.conversation, last.position);
            self.does(place, Command::MarkRead { conversation, up_to });
        }
    }
}
