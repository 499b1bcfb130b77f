//! What people of a town do in groups, and what they see there.

use kith_crypto::ConversationId;
use kith_node::{
    Anchor, Command, CommandError, Reply,
    effects::Transmit,
    input::{LinkRequestId, NetEvent},
    view::{BodyView, ConversationView, DeliveryState, LedgerView, MessageView},
};

use super::Town;
use crate::world::says;

impl Town<'_> {
    /// All who are there become contacts of the first of them, and of nobody else.
    pub fn gather(&mut self, host: usize, guests: &[usize]) {
        for guest in guests {
            self.befriends(host, *guest);
        }
    }

    /// Somebody begins a group with some contacts.
    ///
    /// # Panics
    /// If that is refused.
    pub fn founds(&mut self, founder: usize, name: &str, members: &[usize]) -> ConversationId {
        let group = self.tries_to_found(founder, name, members);
        let group = group.expect("a group begins").id;
        self.settle();
        group
    }

    /// Somebody tries to.
    ///
    /// # Errors
    /// What the engine says.
    pub fn tries_to_found(
        &mut self,
        founder: usize,
        name: &str,
        members: &[usize],
    ) -> Result<ConversationView, CommandError> {
        let members = members.iter().map(|place| self.people[*place].account).collect();
        let name = name.into();
        match self.people[founder].tries(Command::CreateGroup { name, members }, self.now_ms)? {
            Reply::Conversation(view) => Ok(*view),
            other => panic!("no conversation: {other:?}"),
        }
    }

    /// One dials another, who decides; gives the number of the reason if they refuse.
    ///
    /// # Panics
    /// If they do not answer.
    pub fn dials(&mut self, from: usize, to: usize) -> Option<u8> {
        let request = NetEvent::LinkRequested {
            request: LinkRequestId(self.number()),
            device: self.people[from].device,
            account: self.people[from].account,
            device_list: self.people[from].device_list().to_vec(),
            payload: self.payload_for(from, to),
        };
        self.people[to].wishes.clear();
        self.hears(to, request);
        let answer = self.people[to].wishes.iter().find_map(|wish| match wish {
            Transmit::AnswerLink { refusal, .. } => Some(refusal.clone()),
            _ => None,
        });
        let answer = answer.expect("whoever dials is answered");
        match answer {
            None => {
                self.link(from, to);
                None
            }
            Some(refusal) => {
                let (device, reason) = (self.people[to].device, refusal.reason);
                self.hears(from, NetEvent::LinkRefused { device, refusal });
                self.settle();
                Some(reason)
            }
        }
    }

    /// What somebody would send along when they dial somebody now: what they said when they last wished to.
    fn payload_for(&mut self, from: usize, to: usize) -> Vec<u8> {
        let wanted = self.people[to].device;
        let wishes = self.dialled.iter().rev();
        let said = wishes
            .filter(|(who, device, _)| *who == from && *device == wanted)
            .map(|(_, _, payload)| payload.clone());
        let nothing = || postcard::to_allocvec(&(None::<[u8; 16]>, None::<[u8; 32]>)).expect("a reveal");
        said.into_iter().next().unwrap_or_else(nothing)
    }

    /// All who are there are linked with all.
    pub fn all_meet(&mut self) {
        for a in 0..self.people.len() {
            for b in a + 1..self.people.len() {
                if self.is_there(a) && self.is_there(b) {
                    self.link(a, b);
                }
            }
        }
    }

    /// Somebody writes in a group.
    pub fn says_in(&mut self, place: usize, group: ConversationId, text: &str) {
        let text = text.into();
        self.does(
            place,
            Command::SendMessage {
                conversation: group,
                text,
            },
        );
    }

    /// The conversation as somebody sees it, if they know it.
    ///
    /// # Panics
    /// If their answer is something else.
    pub fn knows(&mut self, place: usize, group: ConversationId) -> Option<ConversationView> {
        let get = Command::GetConversation { conversation: group };
        match self.people[place].tries(get, self.now_ms) {
            Ok(Reply::Conversation(view)) => Some(*view),
            Err(CommandError::UnknownConversation) => None,
            other => panic!("no conversation: {other:?}"),
        }
    }

    /// All rows of a conversation as somebody sees them.
    ///
    /// # Panics
    /// If they see none.
    pub fn rows_of(&mut self, place: usize, group: ConversationId) -> Vec<MessageView> {
        let newest = Command::GetMessages {
            conversation: group,
            anchor: Anchor::Newest,
            before: 500,
            after: 0,
        };
        match self.does(place, newest) {
            Reply::Page(page) => page.messages,
            other => panic!("no page: {other:?}"),
        }
    }

    /// What was written in a group, in its order, as somebody sees it.
    pub fn words_of(&mut self, place: usize, group: ConversationId) -> Vec<String> {
        let rows = self.rows_of(place, group).into_iter();
        rows.filter_map(|row| match row.body {
            BodyView::Text { text } => Some(text),
            BodyView::Deleted => Some("(deleted)".into()),
            _ => None,
        })
        .collect()
    }

    /// How far a text of somebody's own in a conversation has come.
    pub fn state_in(&mut self, place: usize, group: ConversationId, text: &str) -> Option<DeliveryState> {
        let rows = self.rows_of(place, group);
        rows.iter().find(|row| says(row, text)).and_then(|row| row.state)
    }

    /// The ledger of a text of somebody's own in a conversation.
    ///
    /// # Panics
    /// If there is none.
    pub fn ledger_in(&mut self, place: usize, group: ConversationId, text: &str) -> LedgerView {
        let rows = self.rows_of(place, group);
        let row = rows.iter().find(|row| says(row, text)).expect("the text");
        let get = Command::GetLedger {
            conversation: group,
            position: row.position,
        };
        match self.does(place, get) {
            Reply::Ledger(ledger) => ledger,
            other => panic!("no ledger: {other:?}"),
        }
    }

    /// Somebody looks at everything in a group.
    pub fn reads_in(&mut self, place: usize, group: ConversationId) {
        if let Some(last) = self.rows_of(place, group).last() {
            let up_to = last.position;
            self.does(
                place,
                Command::MarkRead {
                    conversation: group,
                    up_to,
                },
            );
        }
    }

    /// All of these see the same rows in the same order; gives what was written.
    ///
    /// # Panics
    /// If they do not.
    pub fn agree(&mut self, places: &[usize], group: ConversationId) -> Vec<String> {
        let row = |row: MessageView| (row.id, row.position, row.author, row.body);
        let first = self.rows_of(places[0], group).into_iter().map(row);
        let first: Vec<_> = first.collect();
        for place in &places[1..] {
            let theirs: Vec<_> = self.rows_of(*place, group).into_iter().map(row).collect();
            assert_eq!(first, theirs, "{place} sees something else than {}", places[0]);
        }
        self.words_of(places[0], group)
    }
}
