//! What must be true at every step: a witness notes what each node told its person and what became durable, and
//! compares every new claim with it.
//!
//! * `chat` is the witness of one conversation, `rows` what each side told of it and what of that is durable.
//! * `looking` compares what a person finds when they look; `claims` what goes out on the wire.
//! * `wishes` knows what people wished deleted and what has to become of each message; `holding` what is on each disk.
//! * `carrying` remembers what carriers have answered for.

mod carrying;
mod chat;
mod claims;
mod holding;
mod looking;
mod rows;
mod wishes;

use std::collections::BTreeMap;

use kith_crypto::{AccountId, ConversationId, DeviceId, EntryId, Envelope};
use kith_node::{CommandError, Event, Position, Reply, view::DeliveryState, view::Page};

pub(super) use self::{carrying::Entrusted, wishes::Wanted};
use self::{
    chat::{ChatWitness, Side},
    holding::Logs,
};
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

/// The time that a node may go by, unix milliseconds. A node does not follow a clock that is set back, and none that others
/// contradict by half a day: then it is not what its clock shows.
#[derive(Clone, Copy)]
pub(super) struct OwnTime {
    pub earliest_ms: u64,
    pub latest_ms: u64,
}

/// In which batch a node told something, and when.
#[derive(Clone, Copy)]
pub(super) struct Told {
    pub batch: u64,
    pub now: OwnTime,
    /// How much had left its machine before.
    pub left: u64,
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
    people: Vec<Known>,
    chats: BTreeMap<ConversationId, ChatWitness>,
    /// Every chain key by what it is named on the wire, with the one envelope it may seal.
    keys: BTreeMap<([u8; 16], [u8; 8], u32), Vec<u8>>,
    logs: Logs,
}

impl Witness {
    /// A witness of these people and what they say to one another.
    pub fn new(people: &[Known], chats: &[Chat]) -> Self {
        let witness = |chat: &Chat| {
            let sides = chat.members.iter().map(|node| Side::new(*node, people[*node]));
            Some((chat.id?, ChatWitness::new(sides.collect())))
        };
        let mut logs = Logs::default();
        for (chat, id) in chats.iter().filter_map(|chat| Some((chat, chat.id?))) {
            for node in &chat.members {
                logs.add(id, people[*node].device);
            }
        }
        Self {
            logs,
            names: people.iter().map(|person| person.name).collect(),
            people: people.to_vec(),
            chats: chats.iter().filter_map(witness).collect(),
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

    /// A node may tell its person of a group that nobody has told of before; everyone tells the same of it.
    pub fn hears_of_group(&mut self, node: usize, event: &Event) -> Checked {
        let Event::Conversation(view) = event else {
            return Ok(());
        };
        let members: Vec<AccountId> = view.members().iter().map(|member| member.account).collect();
        if members.is_empty() {
            return Ok(());
        }
        let people = self.people.iter().enumerate();
        let people = people.filter(|(_, known)| members.contains(&known.account));
        let sides: Vec<Side> = people.map(|(number, known)| Side::new(number, *known)).collect();
        let nodes: Vec<usize> = sides.iter().map(Side::node).collect();
        if sides.len() != members.len() || !nodes.contains(&node) {
            let name = self.names[node];
            return Err(broken(format!(
                "{name} tells of a group of people who are not in this"
            )));
        }
        let (logs, people) = (&mut self.logs, &self.people);
        let chat = self.chats.entry(view.id).or_insert_with(|| {
            for node in &nodes {
                logs.add(view.id, people[*node].device);
            }
            ChatWitness::new(sides)
        });
        if chat.nodes().eq(nodes.iter().copied()) {
            Ok(())
        } else {
            Err(broken(format!(
                "{} has others in a group than the rest",
                self.names[node]
            )))
        }
    }

    /// A node told its person something.
    pub fn told(&mut self, node: usize, told: Told, event: &Event) -> Checked {
        let message = match event {
            Event::Message(message) => Some(message.as_ref()),
            Event::Conversation(view) => view.last.as_ref(),
            Event::Fault { place } => {
                let name = self.names[node];
                return Err(broken(format!("{name} tells of a fault inside: {place}")));
            }
            Event::MessageRemoved {
                conversation,
                position,
            } => {
                let (chat, side) = self.chat(conversation, node)?;
                return chat.removed(side, told, position);
            }
            Event::Reload => {
                for (chat, side) in self.chats_of(node) {
                    chat.seen[side].stale = true;
                }
                None
            }
            _ => None,
        };
        let Some(message) = message else {
            return Ok(());
        };
        let (chat, side) = self.chat(&message.conversation, node)?;
        chat.message(side, told, message)
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
    pub fn page(
        &mut self,
        node: usize,
        id: &ConversationId,
        told: Told,
        (page, unread): (&Page, u32),
    ) -> Checked {
        let (chat, side) = self.chat(id, node)?;
        chat.page(side, told, page, unread)
    }

    /// A node says that it has no such conversation: then nothing of one may ever have been durable.
    pub fn nothing(&mut self, node: usize, id: &ConversationId, told: Told) -> Checked {
        let (chat, side) = self.chat(id, node)?;
        chat.settle(side, told, &[])
    }

    /// A person is about to ask for something to be deleted.
    pub fn wishes(&mut self, node: usize, id: &ConversationId, wanted: Wanted) -> Checked {
        let (chat, side) = self.chat(id, node)?;
        chat.wishes(side, wanted);
        Ok(())
    }

    /// What came of a person's newest wish: the batch that holds it and what undoing it names; `None` if it was refused.
    pub fn granted(
        &mut self,
        node: usize,
        id: &ConversationId,
        granted: Option<(u64, Option<String>)>,
    ) -> Checked {
        let (chat, _) = self.chat(id, node)?;
        chat.granted(granted);
        Ok(())
    }

    /// A person undid a wish, in this batch.
    pub fn undone(&mut self, node: usize, id: &ConversationId, batch: u64, deletion: &str) -> Checked {
        let (chat, side) = self.chat(id, node)?;
        chat.undone(side, batch, deletion);
        Ok(())
    }

    /// A person is about to set after how long messages disappear.
    pub fn sets_timer(&mut self, node: usize, id: &ConversationId, seconds: u32) -> Checked {
        let (chat, _) = self.chat(id, node)?;
        chat.timers.insert(seconds);
        Ok(())
    }

    /// Whether nothing has left its author's machine since a message was written, of which so much has left in all.
    pub fn is_unsent(&self, id: &EntryId, left: u64) -> bool {
        let mut facts = self.chats.values().filter_map(|chat| chat.facts.get(id));
        facts.next().is_some_and(|fact| fact.left == left)
    }

    /// Whether what stood at a place went because its time was over.
    pub fn disappeared(&self, node: usize, id: &ConversationId, position: &Position) -> bool {
        let chat = self.chats.get(id);
        chat.is_some_and(|chat| {
            let side = chat.side_of(node);
            side.is_some_and(|side| chat.disappeared(side, position))
        })
    }

    /// The words of everything that has to be gone from a node's disk by now, whatever its clock shows.
    pub fn gone_from(&self, node: usize, now: OwnTime) -> Vec<String> {
        let chats = self.chats.values();
        let sides = chats.filter_map(|chat| Some((chat, chat.side_of(node)?)));
        sides.flat_map(|(chat, side)| chat.gone_from(side, now)).collect()
    }

    /// A draft is one that may be there.
    pub fn draft(&mut self, node: usize, id: &ConversationId, draft: &str) -> Checked {
        let (chat, side) = self.chat(id, node)?;
        chat.draft(side, draft)
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
                | CommandError::InviteRefused { .. }
                | CommandError::TooOften { .. }
                | CommandError::TooLateToCancel { .. }
                | CommandError::UnknownDeletion,
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

    /// Whether all sides of every conversation hold the same entries, all of them delivered (and read, if asked for).
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
