//! What each node has on its disk of each log, message or not: seen in what it writes.

use std::collections::BTreeMap;

use kith_crypto::{ConversationId, DeviceId, EntryId};
use kith_node::store::{Batch, Bounds, MemoryStore, Order, Read, Scope, Suffix, Table, Write};

use super::{Checked, Witness, broken, chat::ChatWitness, claims::seq};

/// As entries of a content log are kept: the log's kind.
const CONTENT: &[u8] = &[1];

/// Under which scopes entries of which logs are kept.
#[derive(Default)]
pub(super) struct Logs(BTreeMap<Scope, (ConversationId, DeviceId)>);

impl Logs {
    /// The log of a device in a conversation may be kept from now on.
    pub fn add(&mut self, conversation: ConversationId, device: DeviceId) {
        let scope = Scope::new(Table::Entry)
            .with(conversation.as_bytes())
            .with(device.as_bytes())
            .with(CONTENT);
        self.0.insert(scope, (conversation, device));
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}

impl Witness {
    /// A node committed a batch of this number.
    pub fn wrote(&mut self, node: usize, number_of_batch: u64, batch: &Batch) {
        for write in batch.writes() {
            let Some((conversation, device)) = self.logs.0.get(&write.key().scope) else {
                continue;
            };
            let (Suffix::Ordered(suffix), Some(chat)) =
                (&write.key().suffix, self.chats.get_mut(conversation))
            else {
                continue;
            };
            let (Some(number), Some(side)) = (number(suffix), chat.side_of(node)) else {
                continue;
            };
            let held = &mut chat.seen[side].held;
            match write {
                Write::Put { .. } => {
                    held.entry((*device, number)).or_insert(Some(number_of_batch));
                }
                Write::Delete { .. } => drop(held.remove(&(*device, number))),
            }
        }
    }

    /// A node stopped: what is on its disk is all that it has.
    pub fn left(&mut self, node: usize, store: &MemoryStore) -> Checked {
        for (scope, (conversation, device)) in &self.logs.0 {
            let Some(chat) = self.chats.get_mut(conversation) else {
                continue;
            };
            let Some(side) = chat.side_of(node) else { continue };
            let held = &mut chat.seen[side].held;
            held.retain(|(of, _), _| of != device);
            let records = store.scan(scope, &Bounds::all(), Order::Ascending, usize::MAX);
            let records = records.map_err(|error| broken(format!("the store does not read: {error}")))?;
            let numbers = records.iter().filter_map(|record| number(&record.suffix));
            held.extend(numbers.map(|number| ((*device, number), None)));
        }
        Ok(())
    }
}

impl ChatWitness {
    /// Whether an entry is durable at a side.
    pub(super) fn has(&self, side: usize, id: &EntryId) -> bool {
        let fact = self.facts.get(id);
        let place = fact.map(|fact| (fact.device, seq(&fact.position)));
        place.is_some_and(|place| self.seen[side].held.get(&place) == Some(&None))
    }
}
