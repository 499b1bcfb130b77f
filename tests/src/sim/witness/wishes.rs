//! What people wished deleted, what of these wishes stands, and what has to become of each message.

use std::collections::BTreeSet;

use kith_crypto::EntryId;
use kith_node::{Position, view::DeliveryState};

use super::{
    Checked, OwnTime, Told, broken,
    chat::ChatWitness,
    rows::{Row, Shown},
};
use crate::fates::{End, Fate};

/// What somebody wishes.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Wanted {
    /// These go here only, and everyone keeps what they have of them.
    pub mine: BTreeSet<EntryId>,
    /// These go everywhere.
    pub everyone: BTreeSet<EntryId>,
    /// Everything up to here is out of sight at once.
    pub up_to: Option<Position>,
    /// They are taken back before anything left their author's machine since they were written.
    pub unheard: bool,
    /// What undoing an earlier wish is called that this one joins: from now on they are undone together.
    pub joins: Option<String>,
}

/// How far taking a wish back has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undone {
    No,
    /// In a batch that is not durable yet.
    In(u64),
    Yes,
}

/// A wish, and what of it is durable.
pub(super) struct Wish {
    side: usize,
    /// What undoing it is called: by its own name, and by those of later wishes that joined it.
    names: Vec<String>,
    /// The batch that holds it; `None` once durable.
    batch: Option<u64>,
    undone: Undone,
    /// A crash kept a part of what was not durable: it may stand or not.
    unsure: bool,
    wanted: Wanted,
}

impl Wish {
    fn may_stand(&self) -> bool {
        self.unsure || self.undone == Undone::No
    }

    fn stands(&self) -> bool {
        !self.unsure && self.undone == Undone::No && self.batch.is_none()
    }

    fn is_for(&self, side: usize, id: &EntryId) -> bool {
        self.wanted.everyone.contains(id) || (self.side == side && self.wanted.mine.contains(id))
    }
}

impl ChatWitness {
    /// A person is about to ask for something to be deleted.
    pub(super) fn wishes(&mut self, side: usize, wanted: Wanted) {
        self.wished.push(Wish {
            side,
            names: Vec::new(),
            batch: Some(u64::MAX),
            undone: Undone::No,
            unsure: false,
            wanted,
        });
    }

    /// What came of the newest wish: the batch that holds it and what undoing it names; `None` if it was refused.
    pub(super) fn granted(&mut self, granted: Option<(u64, Option<String>)>) {
        let Some(mut wish) = self.wished.pop() else {
            return;
        };
        let Some((batch, name)) = granted else { return };
        if let (Some(joined), Some(name)) = (&wish.wanted.joins, &name) {
            let earlier = self.wished.iter_mut();
            let is_joined = |earlier: &&mut Wish| earlier.side == wish.side && earlier.names.contains(joined);
            for earlier in earlier.filter(is_joined) {
                earlier.names.push(name.clone());
            }
        }
        wish.batch = Some(batch);
        wish.names.extend(name);
        self.wished.push(wish);
    }

    /// A wish was undone, in this batch.
    pub(super) fn undone(&mut self, side: usize, batch: u64, deletion: &str) {
        let known = self.wished.iter_mut();
        let is_named = |wish: &&mut Wish| wish.names.iter().any(|name| name == deletion);
        for wish in known.filter(|wish| wish.side == side).filter(is_named) {
            wish.undone = Undone::In(batch);
        }
    }

    /// Everything up to this batch is durable at a node.
    pub(super) fn flushed_wishes(&mut self, side: usize, up_to: u64) {
        for wish in self.wished.iter_mut().filter(|wish| wish.side == side) {
            wish.batch = wish.batch.filter(|batch| *batch > up_to);
            if matches!(wish.undone, Undone::In(batch) if batch <= up_to) {
                wish.undone = Undone::Yes;
            }
        }
    }

    /// A node stopped: wishes that were not durable are gone, or perhaps not, when a part was kept.
    pub(super) fn crashed_wishes(&mut self, side: usize, kept_a_part: bool) {
        self.wished
            .retain(|wish| wish.side != side || wish.batch.is_none() || kept_a_part);
        for wish in self.wished.iter_mut().filter(|wish| wish.side == side) {
            let is_undoing = matches!(wish.undone, Undone::In(_));
            wish.unsure |= kept_a_part && (wish.batch.is_some() || is_undoing);
            wish.batch = None;
            if is_undoing {
                wish.undone = Undone::No;
            }
        }
    }

    /// Whether a message may be missing, or without its words, at a side.
    pub(super) fn may_go(&self, side: usize, id: &EntryId) -> bool {
        let mut wished = self.wished.iter();
        wished.any(|wish| wish.may_stand() && wish.is_for(side, id)) || self.may_be_over(side, id)
    }

    /// Whether a message may have come without its words to a side of several: somebody who had them deleted them for
    /// themselves, and hands over what is left.
    pub(super) fn may_lack(&self, side: usize, id: &EntryId) -> bool {
        let is_there = |row: &Row| row.is_durable() && row.shown == Shown::Words;
        let has_words = self.seen[side].rows.get(id).is_some_and(is_there);
        let mut others = self.wished.iter().filter(|wish| wish.side != side);
        let is_deleted = others.any(|wish| wish.may_stand() && wish.wanted.mine.contains(id));
        self.may_go(side, id) || (self.seen.len() > 2 && is_deleted && !has_words)
    }

    /// Whether a place may be out of sight with its whole conversation.
    pub(super) fn may_hide(&self, side: usize, position: &Position) -> bool {
        let mut wished = self.wished.iter();
        wished.any(|wish| wish.side == side && wish.may_stand() && wish.wanted.up_to >= Some(*position))
    }

    /// Whether a whole conversation may have been deleted at a side, and its draft with it.
    pub(super) fn may_be_cleared(&self, side: usize) -> bool {
        self.may_hide(side, &Position::MIN)
    }

    /// Whether a message was taken back before anybody could have heard of it.
    pub(super) fn is_unheard(&self, id: &EntryId) -> bool {
        let mut wished = self.wished.iter();
        wished.any(|wish| wish.stands() && wish.wanted.unheard && wish.wanted.everyone.contains(id))
    }

    /// Whether the time of a message may be over at a side, or was before it came.
    fn may_be_over(&self, side: usize, id: &EntryId) -> bool {
        let is_timed = self.facts.get(id).is_some_and(|fact| fact.span_ms.is_some());
        let seen = &self.seen[side];
        let row = seen.rows.get(id).and_then(|row| row.expires_at_ms);
        is_timed && row.is_none_or(|at_ms| at_ms <= seen.latest_ms)
    }

    /// Whether a message went for no other reason than its time.
    pub(super) fn disappeared(&self, side: usize, position: &Position) -> bool {
        let mut facts = self.facts.iter();
        let known = facts.find(|(_, fact)| fact.position == *position);
        known.is_some_and(|(id, _)| {
            self.may_be_over(side, id) && !self.wished.iter().any(|wish| wish.is_for(side, id))
        })
    }

    /// Where a message has to be in the end.
    pub(super) fn end_of(&self, side: usize, id: &EntryId) -> End {
        let Some(fact) = self.facts.get(id) else {
            return End::Open;
        };
        let mut fate = Fate::of(fact.author);
        for wish in self.wished.iter().filter(|wish| wish.stands()) {
            fate.everyone |= wish.wanted.everyone.contains(id);
            if wish.wanted.mine.contains(id) {
                fate.mine.push(wish.side);
                // Otherwise it would be for everyone.
                fate.was_there = true;
            }
        }
        match fate.end_for(&side) {
            End::Shown if self.may_lack(side, id) || fact.span_ms.is_some() => End::Open,
            end => end,
        }
    }

    /// The words of everything that has to be gone from a side's disk by now, whatever its clock shows.
    pub(super) fn gone_from(&self, side: usize, now: OwnTime) -> Vec<String> {
        let gone = self.facts.iter().filter(|(id, _)| {
            let row = self.seen[side].rows.get(*id);
            let expires_at_ms = row.and_then(|row| row.expires_at_ms);
            self.end_of(side, id) == End::Gone || expires_at_ms.is_some_and(|at_ms| at_ms <= now.earliest_ms)
        });
        gone.map(|(_, fact)| fact.text.clone()).collect()
    }

    /// A node told its person that a row is gone.
    pub(super) fn removed(&mut self, side: usize, told: Told, position: &Position) -> Checked {
        self.seen[side].notes_time(told);
        let mut facts = self.facts.iter();
        let Some((id, fact)) = facts.find(|(_, fact)| fact.position == *position) else {
            return Ok(());
        };
        let (id, text) = (*id, fact.text.clone());
        if !self.may_go(side, &id) {
            let name = self.name(side);
            return Err(broken(format!(
                "{name} takes {text:?} away, which nobody deleted"
            )));
        }
        if let Some(row) = self.seen[side].rows.get_mut(&id) {
            row.goes(told.batch, Shown::Gone);
        }
        Ok(())
    }

    /// Whether all show what they have to, all of it delivered (and read, if asked for).
    pub fn is_settled(&self, least: DeliveryState) -> bool {
        self.unsettled(least).is_empty()
    }

    /// What keeps this conversation from being settled.
    pub fn unsettled(&self, least: DeliveryState) -> Vec<String> {
        let mut what = Vec::new();
        for (side, seen) in self.seen.iter().enumerate() {
            let name = self.name(side);
            for (id, fact) in &self.facts {
                let text = fact.text.as_str();
                let row = seen.rows.get(id);
                let is_there = row.is_some_and(|row| matches!(row.shown, Shown::Words | Shown::Deleting));
                match self.end_of(side, id) {
                    End::Shown if !is_there => what.push(format!("{text:?} is not shown at {name}")),
                    End::Gone if is_there => what.push(format!("{text:?} is not gone at {name}")),
                    _ => {}
                }
                let state = row.filter(|_| is_there).and_then(|row| row.state);
                // Who deleted a message unread has not read it.
                let mut others = (0..self.seen.len()).filter(|other| *other != side);
                let least = if others.any(|other| self.may_lack(other, id)) {
                    DeliveryState::Delivered
                } else {
                    least
                };
                if fact.span_ms.is_none() && state.is_some_and(|state| state < least) {
                    what.push(format!("{text:?} is {state:?} at {name}"));
                }
            }
        }
        what
    }
}
