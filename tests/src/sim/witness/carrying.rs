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
        let chats = self.chats.values();
        let mut shared =
            chats.filter_map(|chat| Some((chat, chat.side_of(author)?, chat.side_of(recipient)?)));
        let Some((chat, side, _)) = shared.next() else {
            let (name, other) = (self.names[author], self.names[recipient]);
            return Err(broken(format!("{name} has mail carried to {other}, a stranger")));
        };
        Ok(Entrusted {
            rows: chat.durable_of(side),
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
            if let (Some(side), Some(_)) = (chat.side_of(author), chat.side_of(recipient)) {
                chat.entrusted(side, &entrusted.rows);
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

    fn entrusted(&mut self, side: usize, rows: &BTreeSet<EntryId>) {
        self.seen[side].entrusted.extend(rows);
    }
}
