//! Records of conversations, their rows in order, and who has received what.

use std::collections::BTreeMap;

use kith_crypto::{AccountId, ConversationId, DeviceId, EntryId, LogId};
use serde::{Deserialize, Serialize};

use super::{Group, Record};
use crate::{
    position::Position,
    redacted::shows_only,
    store::{Batch, Bounds, Keep, Key, Order, Read, Scope, StoreError, Suffix, Table},
};

/// Whose a conversation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Parties {
    /// Two people's.
    Direct {
        /// The other person.
        contact: AccountId,
    },
    /// That of everybody whom its founder named.
    Group(Group),
}

/// A conversation.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Conversation {
    pub id: ConversationId,
    pub parties: Parties,
    /// When something last happened, unix milliseconds.
    pub active_at_ms: u64,
    /// The newest row.
    pub last: Option<Position>,
    /// How many rows of others are after `read_up_to`.
    pub unread: u32,
    /// Up to here everything was shown.
    pub read_up_to: Position,
    /// From which the current topic is derived, then the one before it.
    pub topics: Vec<[u8; 32]>,
}

shows_only!(Conversation {
    id,
    active_at_ms,
    last,
    unread
});

impl Conversation {
    pub fn scope() -> Scope {
        Scope::new(Table::Conversation)
    }

    pub fn at(id: &ConversationId) -> Key {
        Key::new(Self::scope(), Suffix::hashed(id.as_bytes()))
    }

    /// The other person, if there is only one.
    pub fn contact(&self) -> Option<&AccountId> {
        match &self.parties {
            Parties::Direct { contact } => Some(contact),
            Parties::Group(_) => None,
        }
    }

    /// The group, if it is one.
    pub fn group(&self) -> Option<&Group> {
        match &self.parties {
            Parties::Direct { .. } => None,
            Parties::Group(group) => Some(group),
        }
    }

    /// Everyone who takes part in it but `me`: nobody once `me` has left it.
    pub fn others(&self, me: &AccountId) -> Vec<AccountId> {
        let mut others = self.named(me);
        others.retain(|other| self.takes_part(other, me));
        others
    }

    /// Everyone for whom it began but `me`.
    pub fn named(&self, me: &AccountId) -> Vec<AccountId> {
        let members = match &self.parties {
            Parties::Direct { contact } => std::slice::from_ref(contact),
            Parties::Group(group) => &group.members,
        };
        members.iter().filter(|member| *member != me).copied().collect()
    }

    /// Whether something said here by an account concerns `me`, and the other way round: neither has left it.
    pub fn takes_part(&self, account: &AccountId, me: &AccountId) -> bool {
        self.has_member(account, me) && !self.has_left(account) && !self.has_left(me)
    }

    /// Whether an account takes part in a group no longer.
    pub fn has_left(&self, account: &AccountId) -> bool {
        let group = self.group();
        group.is_some_and(|group| group.left.iter().any(|left| left.account == *account))
    }

    /// Whether an account is one of those for whom it began; `me` always is. What they wrote stays theirs.
    pub fn has_member(&self, account: &AccountId, me: &AccountId) -> bool {
        let is_named = match &self.parties {
            Parties::Direct { contact } => contact == account,
            Parties::Group(group) => group.members.contains(account),
        };
        is_named || account == me
    }
}

impl Record for Conversation {
    fn key(&self) -> Key {
        Self::at(&self.id)
    }
}

/// What is being typed in a conversation.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub conversation: ConversationId,
    /// Not empty.
    pub text: String,
}

shows_only!(Draft { conversation });

impl Draft {
    pub fn scope() -> Scope {
        Scope::new(Table::Draft)
    }

    pub fn at(conversation: &ConversationId) -> Key {
        Key::new(Self::scope(), Suffix::hashed(conversation.as_bytes()))
    }
}

impl Record for Draft {
    fn key(&self) -> Key {
        Self::at(&self.conversation)
    }

    fn keep(&self, today: u32) -> Keep {
        Keep::UntilDay(today)
    }
}

/// A [`Conversation`] as schema 2 kept it.
#[derive(Serialize, Deserialize)]
struct ConversationWithDraft {
    id: ConversationId,
    contact: AccountId,
    active_at_ms: u64,
    last: Option<Position>,
    unread: u32,
    read_up_to: Position,
    draft: String,
    topics: Vec<[u8; 32]>,
}

/// The step to schema 3: drafts have records of their own, which the next upkeep moves under a day's key, and a conversation may be that of
/// more than two people. A conversation that
/// was in that form already, in a store whose schema a rescue has found older than it was, stays.
pub(crate) fn take_drafts_out(store: &dyn Read) -> Result<Batch, StoreError> {
    let mut batch = Batch::new();
    let encode = |what: postcard::Result<Vec<u8>>| {
        what.map_err(|_| StoreError::Damaged {
            what: "a conversation".into(),
        })
    };
    for record in store.scan(
        &Conversation::scope(),
        &Bounds::all(),
        Order::Ascending,
        usize::MAX,
    )? {
        let known = postcard::from_bytes::<ConversationWithDraft>(&record.value);
        let Ok(known) = known else { continue };
        if encode(postcard::to_allocvec(&known))? != record.value {
            continue;
        }
        if !known.draft.is_empty() {
            let draft = Draft {
                conversation: known.id,
                text: known.draft,
            };
            batch.put(draft.key(), encode(postcard::to_allocvec(&draft))?, Keep::Always);
        }
        let conversation = Conversation {
            id: known.id,
            parties: Parties::Direct {
                contact: known.contact,
            },
            active_at_ms: known.active_at_ms,
            last: known.last,
            unread: known.unread,
            read_up_to: known.read_up_to,
            topics: known.topics,
        };
        let value = encode(postcard::to_allocvec(&conversation))?;
        batch.put(conversation.key(), value, Keep::Always);
    }
    Ok(batch)
}

/// What stands at one place of a conversation's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Row {
    /// An entry of a content log.
    Entry { log: LogId, seq: u64 },
    /// The two became contacts.
    ContactAdded,
    /// A contact's device was seen for the first time.
    NewDevice(DeviceId),
    /// A device signed two entries under one number.
    Equivocation(DeviceId),
    /// Words of ours that are part of no log until they are written anew (see [`super::SetAside`]).
    SetAside,
    /// An entry of a content log that was deleted for everyone, after somebody may have read it.
    Deleted { log: LogId, seq: u64 },
    /// Somebody set after how long messages disappear; 0 is never.
    Timer { seconds: u32 },
    /// Its founder began a group.
    Founded,
    /// Somebody left a group.
    Left,
    /// A contact's device is none of theirs any more.
    DeviceGone(DeviceId),
}

/// A row of a conversation in its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OrderRow {
    pub conversation: ConversationId,
    pub position: Position,
    /// The entry's id, or one made up for a notice.
    pub id: EntryId,
    /// Whose it is.
    pub author: AccountId,
    /// As shown, unix milliseconds.
    pub at_ms: u64,
    pub row: Row,
}

impl OrderRow {
    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Order).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, position: &Position) -> Key {
        Key::new(
            Self::scope(conversation),
            Suffix::Ordered(position.as_bytes().to_vec()),
        )
    }
}

impl Record for OrderRow {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.position)
    }
}

/// What one device has acknowledged: monotone vectors, author device to sequence number, merged by maximum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receipts {
    pub conversation: ConversationId,
    /// Whose acknowledgement.
    pub device: DeviceId,
    /// Durable there, without a gap, up to.
    pub held: BTreeMap<DeviceId, u64>,
    /// Shown to its person up to.
    pub shown: BTreeMap<DeviceId, u64>,
}

impl Receipts {
    pub fn empty(conversation: ConversationId, device: DeviceId) -> Self {
        Self {
            conversation,
            device,
            held: BTreeMap::new(),
            shown: BTreeMap::new(),
        }
    }

    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Receipts).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, device: &DeviceId) -> Key {
        Key::new(Self::scope(conversation), Suffix::hashed(device.as_bytes()))
    }

    /// Merges by maximum; gives the span of `author`'s numbers whose state changed, if any did.
    pub fn merge(
        &mut self,
        held: &BTreeMap<DeviceId, u64>,
        shown: &BTreeMap<DeviceId, u64>,
        author: &DeviceId,
    ) -> Option<(u64, u64)> {
        let held_span = raise(&mut self.held, held, author);
        let shown_span = raise(&mut self.shown, shown, author);
        match (held_span, shown_span) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (one, other) => one.or(other),
        }
    }
}

fn raise(
    own: &mut BTreeMap<DeviceId, u64>,
    news: &BTreeMap<DeviceId, u64>,
    author: &DeviceId,
) -> Option<(u64, u64)> {
    let mut span = None;
    for (device, &seq) in news {
        let known = own.get(device).copied().unwrap_or(0);
        if seq > known {
            if device == author {
                span = Some((known.saturating_add(1), seq));
            }
            own.insert(*device, seq);
        }
    }
    span
}

impl Record for Receipts {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{MemoryStore, Store};

    #[test]
    fn drafts_leave_their_conversations_once() {
        let store = MemoryStore::new();
        let mut batch = Batch::new();
        for number in 1..=3u8 {
            let known = ConversationWithDraft {
                id: ConversationId::from_bytes([number; 32]),
                contact: AccountId::from_bytes([9; 32]),
                active_at_ms: 5,
                last: None,
                unread: 2,
                read_up_to: Position::MIN,
                draft: if number == 2 {
                    "half a word".into()
                } else {
                    String::new()
                },
                topics: vec![[7; 32]; number.into()],
            };
            let value = postcard::to_allocvec(&known).unwrap();
            batch.put(Conversation::at(&known.id), value, Keep::Always);
        }
        store.commit(&batch).unwrap();
        for _ in 0..2 {
            store.commit(&take_drafts_out(&store).unwrap()).unwrap();
            for number in 1..=3u8 {
                let id = ConversationId::from_bytes([number; 32]);
                let bytes = store.get(&Conversation::at(&id)).unwrap().unwrap();
                let conversation: Conversation = postcard::from_bytes(&bytes).unwrap();
                assert_eq!(
                    (conversation.unread, conversation.topics.len()),
                    (2, number.into())
                );
                let draft = store.get(&Draft::at(&id)).unwrap();
                let draft = draft.map(|bytes| postcard::from_bytes::<Draft>(&bytes).unwrap().text);
                assert_eq!(draft.as_deref(), (number == 2).then_some("half a word"));
            }
        }
    }
}
