//! What carriers have answered for: a message is held only when some carrier holds, durably, mail that was sealed while
//! the message was there.

use std::collections::BTreeSet;

use kith_crypto::{DepositAnswer, EntryId};

use super::{Checked, Witness, broken, chat::ChatWitness};

/// A deposit on its way to a carrier.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Entrusted {
    /// What its author held durably when it went out: it can have no other messages in it.
    rows: BTreeSet<EntryId>,
    author: usize,
    recipient: usize,
}

impl Witness {
    /// A deposit goes out from one person for another.
    pub fn entrusts(&self, author: usize, recipient: usize) -> Checked<Entrusted> {
        // Of which conversation it is, nobody can tell who does not open it.
        let shared = self
            .chats
            .values()
            .filter(|chat| chat.side_of(recipient).is_some());
        let shared: Vec<_> = shared
            .filter_map(|chat| Some((chat, chat.side_of(author)?)))
            .collect();
        if shared.is_empty() {
            let (name, other) = (self.names[author], self.names[recipient]);
            return Err(broken(format!("{name} has mail carried to {other}, a stranger")));
        }
        let rows = shared.iter().flat_map(|(chat, side)| chat.durable_of(*side));
        Ok(Entrusted {
            rows: rows.collect(),
            author,
            recipient,
        })
    }

    /// A carrier answers a deposit, after what it wrote was flushed.
    pub fn answers(&mut self, entrusted: &Entrusted, answer: &[u8]) -> Checked {
        let answer = DepositAnswer::decode(answer)
            .map_err(|error| broken(format!("a carrier's answer cannot be read: {error}")))?;
        if !matches!(answer, DepositAnswer::Held { .. }) {
            return Ok(());
        }
        let (author, recipient) = (entrusted.author, entrusted.recipient);
        for chat in self.chats.values_mut() {
            if let (Some(side), Some(other)) = (chat.side_of(author), chat.side_of(recipient)) {
                chat.entrusted(side, other, &entrusted.rows);
            }
        }
        Ok(())
    }
}

impl ChatWitness {
    /// The messages of this side that are durable at its node.
    fn durable_of(&self, side: usize) -> BTreeSet<EntryId> {
        let rows = self.seen[side].rows.iter();
        rows.filter(|(id, row)| {
            row.is_durable() && self.facts.get(id).is_some_and(|fact| fact.author == side)
        })
        .map(|(id, _)| *id)
        .collect()
    }

    fn entrusted(&mut self, side: usize, other: usize, rows: &BTreeSet<EntryId>) {
        let rows = rows.iter().map(|id| (other, *id));
        self.seen[side].entrusted.extend(rows);
    }
}
