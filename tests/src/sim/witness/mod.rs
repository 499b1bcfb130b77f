//! What must be true at every step: a witness notes what each node told its person and what became durable, and
//! compares every new claim with it.
//!
//! * `chat` is the witness of one conversation: rows, states, what of them is durable.
//! * `looking` compares what a person finds when they look; `claims` what goes out on the wire.
//! * `carrying` remembers what carriers have answered for.

mod carrying;
mod chat;
mod claims;
mod looking;

use std::collections::BTreeMap;

use kith_crypto::{AccountId, ConversationId, DeviceId, Envelope};
use kith_node::{CommandError, Event, Position, Reply, view::DeliveryState, view::Page};

pub(super) use self::carrying::Entrusted;
use self::chat::{ChatWitness, Side};
use super::{cast::Chat, wire::Frame};

/// A rule that does not hold, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation(pub String);

/// The result of a step of a story.
pub(super) type Checked<T = ()> = Result<T, Violation>;

/// A violation with this sentence.
pub(super) fn broken(what: impl Into<String>) -> Violation {
    Violation(what.into())
}

/// Somebody in a story, as everyone knows them.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub name: &'static str,
    pub device: DeviceId,
    pub account: AccountId,
}

/// The witness of a story.
pub(super) struct Witness {
    names: Vec<&'static str>,
    chats: BTreeMap<ConversationId, ChatWitness>,
    /// Every chain key by what it is named on the wire, with the one envelope it may seal.
    keys: BTreeMap<([u8; 16], [u8; 8], u32), Vec<u8>>,
}

impl Witness {
    /// A witness of these people and what they say to one another.
    pub fn new(people: &[Known], chats: &[Chat]) -> Self {
        let witness = |chat: &Chat| {
            let sides = chat.members.map(|node| Side::new(node, people[node]));
            (chat.id, ChatWitness::new(sides))
        };
        Self {
            names: people.iter().map(|person| person.name).collect(),
            chats: chats.iter().map(witness).collect(),
            keys: BTreeMap::new(),
        }
    }

    /// The witness of a conversation in which a node takes part, and which side of it that is.
    fn chat(&mut self, id: &ConversationId, node: usize) -> Checked<(&mut ChatWitness, usize)> {
        let name = self.names[node];
        let chat = self.chats.get_mut(id);
        let found = chat.and_then(|chat| chat.side_of(node).map(|side| (chat, side)));
        found.ok_or_else(|| broken(format!("{name} speaks of a conversation that is not theirs")))
    }

    fn chats_of(&mut self, node: usize) -> impl Iterator<Item = (&mut ChatWitness, usize)> {
        self.chats
            .values_mut()
            .filter_map(move |chat| chat.side_of(node).map(|side| (chat, side)))
    }

    /// A node told its person something, in this batch.
    pub fn told(&mut self, node: usize, batch: u64, event: &Event) -> Checked {
        let message = match event {
            Event::Message(message) => Some(message.as_ref()),
            Event::Conversation(view) => view.last.as_ref(),
            Event::Fault { place } => {
                let name = self.names[node];
                return Err(broken(format!("{name} tells of a fault inside: {place}")));
            }
            _ => None,
        };
        let Some(message) = message else {
            return Ok(());
        };
        let (chat, side) = self.chat(&message.conversation, node)?;
        chat.message(side, batch, message)
    }

    /// Everything up to this batch is durable at a node.
    pub fn flushed(&mut self, node: usize, up_to: u64) {
        for (chat, side) in self.chats_of(node) {
            chat.flushed(side, up_to);
        }
    }

    /// A node stopped: what was not durable is gone, or perhaps not, when a part was kept.
    pub fn crashed(&mut self, node: usize, kept_a_part: bool) {
        for (chat, side) in self.chats_of(node) {
            chat.crashed(side, kept_a_part);
        }
    }

    /// A person typed a draft that their node took, in this batch.
    pub fn drafted(&mut self, node: usize, id: &ConversationId, batch: u64, text: &str) -> Checked {
        let (chat, side) = self.chat(id, node)?;
        chat.drafted(side, batch, text);
        Ok(())
    }

    /// A person read everything up to a place.
    pub fn read(&mut self, node: usize, id: &ConversationId, up_to: &Position) -> Checked {
        let (chat, side) = self.chat(id, node)?;
        chat.read(side, up_to);
        Ok(())
    }

    /// A place up to which a person may read: `share` percent of their rows.
    pub fn place(&mut self, node: usize, id: &ConversationId, share: u64) -> Checked<Option<Position>> {
        let (chat, side) = self.chat(id, node)?;
        Ok(chat.place(side, share))
    }

    /// What a person finds when they look: exactly what they were told.
    pub fn page(&mut self, node: usize, id: &ConversationId, page: &Page, unread: u32) -> Checked {
        let (chat, side) = self.chat(id, node)?;
        chat.page(side, page, unread)
    }

    /// A node says that it has no such conversation: then nothing of one may ever have been durable.
    pub fn nothing(&mut self, node: usize, id: &ConversationId) -> Checked {
        let (chat, side) = self.chat(id, node)?;
        chat.settle(side, &[])
    }

    /// A draft is one that may be there.
    pub fn draft(&mut self, node: usize, id: &ConversationId, draft: &str, after_start: bool) -> Checked {
        let (chat, side) = self.chat(id, node)?;
        chat.draft(side, draft, after_start)
    }

    /// Which answers a person may be given in a story.
    pub fn may_answer(&self, node: usize, result: &Result<Reply, CommandError>) -> Checked {
        match result {
            Ok(_)
            | Err(
                CommandError::DiskFull
                | CommandError::ContactWaiting
                | CommandError::UnknownContact
                | CommandError::UnknownConversation
                | CommandError::AlreadyContact
                | CommandError::InviteRefused { .. },
            ) => Ok(()),
            Err(error) => Err(broken(format!("{} answers: {error}", self.names[node]))),
        }
    }

    /// A frame goes out: it claims no more than is durable, and no less than before.
    pub fn frame(&mut self, node: usize, frame: &Frame) -> Checked {
        match frame {
            Frame::Frontier { conversation, logs } => {
                let (chat, side) = self.chat(conversation, node)?;
                logs.iter().try_for_each(|log| chat.frontier(side, log))
            }
            Frame::Receipt {
                conversation,
                held,
                shown,
            } => {
                let (chat, side) = self.chat(conversation, node)?;
                for (device, end, _) in held {
                    chat.holds(side, device, *end)?;
                }
                chat.shown(side, shown)
            }
            _ => Ok(()),
        }
    }

    /// An envelope goes out: its chain key seals nothing else.
    pub fn envelope(&mut self, node: usize, data: &[u8]) -> Checked {
        let name = self.names[node];
        let Ok(Envelope::Message(view)) = Envelope::parse(data) else {
            return Err(broken(format!("{name} publishes what is no envelope")));
        };
        let address = view.address();
        let key = (address.epoch.0, address.sender.0, address.index);
        let known = self.keys.entry(key).or_insert_with(|| data.to_vec());
        if known.as_slice() == data {
            Ok(())
        } else {
            Err(broken(format!("{name} sealed two envelopes under one chain key")))
        }
    }

    /// Whether both sides of every conversation hold the same entries, all of them delivered (and read, if asked for).
    pub fn is_settled(&self, least: DeliveryState) -> bool {
        self.chats.values().all(|chat| chat.is_settled(least))
    }

    /// What keeps a story from being settled, for its report.
    pub fn unsettled(&self, least: DeliveryState) -> String {
        let mut what: Vec<String> = self
            .chats
            .values()
            .flat_map(|chat| chat.unsettled(least))
            .collect();
        what.truncate(12);
        what.join("; ")
    }
}
