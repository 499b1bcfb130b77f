//! One conversation: what each side told its person.

use std::collections::{BTreeMap, BTreeSet};

use kith_crypto::{AccountId, DeviceId, EntryId};
use kith_node::{
    Position,
    view::{BodyView, DeliveryState, MessageView},
};

use super::{
    Checked, Known, Told, broken,
    rows::{Fact, Row, Seen, Shown, went_back},
    wishes::Wish,
};

/// Who takes part in a conversation.
pub(super) struct Side {
    node: usize,
    name: &'static str,
    device: DeviceId,
    account: AccountId,
}

impl Side {
    /// Which node of the story it is.
    pub fn node(&self) -> usize {
        self.node
    }

    /// A node of the story with its person.
    pub fn new(node: usize, known: Known) -> Self {
        let Known {
            name,
            device,
            account,
        } = known;
        Self {
            node,
            name,
            device,
            account,
        }
    }
}

/// The witness of one conversation.
pub(super) struct ChatWitness {
    sides: Vec<Side>,
    pub seen: Vec<Seen>,
    pub facts: BTreeMap<EntryId, Fact>,
    /// What was wished deleted.
    pub wished: Vec<Wish>,
    /// What the timer was ever set to by anybody, seconds.
    pub timers: BTreeSet<u32>,
}

impl ChatWitness {
    /// A witness of a conversation in which nothing was said.
    pub fn new(sides: Vec<Side>) -> Self {
        let fresh = || Seen {
            drafts: vec![(0, String::new())],
            ..Seen::default()
        };
        Self {
            seen: sides.iter().map(|_| fresh()).collect(),
            sides,
            facts: BTreeMap::new(),
            wished: Vec::new(),
            timers: BTreeSet::from([0]),
        }
    }

    /// The nodes of its sides.
    pub fn nodes(&self) -> impl Iterator<Item = usize> {
        self.sides.iter().map(Side::node)
    }

    /// On which side a node is.
    pub fn side_of(&self, node: usize) -> Option<usize> {
        self.sides.iter().position(|side| side.node == node)
    }

    /// Whose device it is.
    pub fn side_of_device(&self, device: &DeviceId) -> Option<usize> {
        self.sides.iter().position(|side| side.device == *device)
    }

    /// The name of a side's person.
    pub fn name(&self, side: usize) -> &'static str {
        self.sides[side].name
    }

    /// A side's node told its person of a row.
    pub fn message(&mut self, side: usize, told: Told, view: &MessageView) -> Checked {
        let name = self.name(side);
        self.seen[side].notes_time(told);
        let is_over_by = |now_ms| view.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms);
        match &view.body {
            BodyView::Text { text } if is_over_by(told.now.earliest_ms) => {
                Err(broken(format!("{name} shows {text:?} after its time")))
            }
            BodyView::Text { text } => self.entry(side, told, view, text),
            BodyView::Deleting { .. } | BodyView::Deleted => self.wordless(side, told, view),
            BodyView::Unsupported if is_over_by(told.now.latest_ms) => self.wordless(side, told, view),
            BodyView::Timer { seconds } if self.timers.contains(seconds) => Ok(()),
            BodyView::ContactAdded | BodyView::Founded => Ok(()),
            other => Err(broken(format!(
                "{name} shows a row that nobody caused: {other:?}"
            ))),
        }
    }

    fn entry(&mut self, side: usize, told: Told, view: &MessageView, text: &str) -> Checked {
        let name = self.name(side);
        let Some(author) = self.sides.iter().position(|known| known.account == view.author) else {
            return Err(broken(format!(
                "{name} shows {text:?} of somebody who has no part in this"
            )));
        };
        if view.mine != (author == side) {
            return Err(broken(format!("{name} mistakes whose {text:?} is")));
        }
        if view.mine && !self.facts.contains_key(&view.id) {
            self.written(side, told, view, text)?;
        }
        let Some(fact) = self.facts.get(&view.id) else {
            return Err(broken(format!(
                "{name} shows {text:?}, which its author never wrote or has lost"
            )));
        };
        if fact.position != view.position || fact.author != author || fact.text != text {
            return Err(broken(format!("{text:?} is not the same for all")));
        }
        if !view.mine && !self.has(author, &view.id) {
            return Err(broken(format!(
                "{name} shows {text:?}, which was sent before it was durable at its author"
            )));
        }
        if !view.mine && self.is_unheard(&view.id) {
            return Err(broken(format!(
                "{name} shows {text:?}, which was taken back before anybody could have it"
            )));
        }
        self.lasts_no_longer(side, told, view, text)?;
        let rows = &mut self.seen[side].rows;
        let row = rows
            .entry(view.id)
            .or_insert_with(|| Row::new(told.batch, Shown::Words, view));
        if row.is_gone || row.gone.is_some() {
            return Err(broken(format!("{name} shows {text:?} again, which was gone")));
        }
        row.shown = Shown::Words;
        self.state(side, told, view, text)
    }

    /// A row without its words: somebody wished for that, or its time is over.
    fn wordless(&mut self, side: usize, told: Told, view: &MessageView) -> Checked {
        let name = self.name(side);
        let Some(fact) = self.facts.get(&view.id) else {
            return Err(broken(format!(
                "{name} shows a deleted row that was never written"
            )));
        };
        let text = fact.text.clone();
        if fact.position != view.position || view.mine != (fact.author == side) {
            return Err(broken(format!("{text:?} is not the same for all")));
        }
        if !self.may_go(side, &view.id) {
            return Err(broken(format!(
                "{name} shows {text:?} as {:?}, and nobody deleted it",
                view.body
            )));
        }
        let shown = Shown::of(&view.body).unwrap_or(Shown::Over);
        let rows = &mut self.seen[side].rows;
        let row = rows
            .entry(view.id)
            .or_insert_with(|| Row::new(told.batch, shown, view));
        row.shown = shown;
        if shown == Shown::Deleted {
            row.goes(told.batch, shown);
        }
        if shown == Shown::Deleting && view.state.is_some() {
            return self.state(side, told, view, &text);
        }
        Ok(())
    }

    /// What disappears is shown no longer than its author's timer said, wherever it came.
    fn lasts_no_longer(&self, side: usize, told: Told, view: &MessageView, text: &str) -> Checked {
        let span_ms = self.facts.get(&view.id).and_then(|fact| fact.span_ms);
        let is_new = !self.seen[side].rows.contains_key(&view.id);
        let name = self.name(side);
        match (span_ms, view.expires_at_ms) {
            (None, None) => Ok(()),
            (Some(span_ms), Some(at_ms))
                if !is_new || at_ms <= told.now.latest_ms.saturating_add(span_ms) =>
            {
                Ok(())
            }
            _ => Err(broken(format!(
                "{name} lets {text:?} disappear at {:?}, {span_ms:?} ms after it came",
                view.expires_at_ms
            ))),
        }
    }

    /// A row was told with this state.
    fn state(&mut self, side: usize, told: Told, view: &MessageView, text: &str) -> Checked {
        let name = self.name(side);
        let Some(state) = view.state.filter(|_| view.mine) else {
            return if view.mine || view.state.is_some() {
                Err(broken(format!(
                    "{name} shows {text:?} with a state that it cannot have"
                )))
            } else {
                Ok(())
            };
        };
        // What is there after a start is durable.
        let is_started = self.seen[side].unsure;
        let Some(row) = self.seen[side].rows.get_mut(&view.id) else {
            return Ok(());
        };
        let before = if is_started { row.safe } else { row.state };
        if went_back(before, Some(state)) {
            return Err(broken(format!(
                "{text:?} went back from {before:?} to {state:?} at {name}"
            )));
        }
        if row.state != Some(state) {
            row.steps.push((told.batch, state));
        }
        row.state = Some(state);
        let is_pending = row.batch.is_some() && !is_started;
        self.tick(side, view, text, state, is_pending)
    }

    /// A side wrote something: its place comes after all that the side had seen.
    fn written(&mut self, side: usize, told: Told, view: &MessageView, text: &str) -> Checked {
        if self.newest(side).is_some_and(|newest| newest >= view.position) {
            let name = self.name(side);
            return Err(broken(format!(
                "{name} writes {text:?} before something that {name} had seen"
            )));
        }
        let longest = self.timers.last().copied().unwrap_or(0);
        let span_ms = view
            .expires_at_ms
            .map(|at_ms| at_ms.saturating_sub(told.now.latest_ms));
        let longest_ms = u64::from(longest).saturating_mul(1_000);
        if span_ms.is_some_and(|span_ms| span_ms > longest_ms) {
            let name = self.name(side);
            return Err(broken(format!(
                "{name} writes {text:?} to last longer than any timer says"
            )));
        }
        let fact = Fact {
            position: view.position,
            author: side,
            device: self.sides[side].device,
            text: text.into(),
            // Its author's stamp may be behind its clock.
            span_ms: span_ms.map(|_| longest_ms),
            left: told.left,
        };
        self.facts.insert(view.id, fact);
        Ok(())
    }

    /// A tick is never ahead of the truth.
    fn tick(
        &self,
        side: usize,
        view: &MessageView,
        text: &str,
        state: DeliveryState,
        pending: bool,
    ) -> Checked {
        let name = self.name(side);
        let others = || (0..self.seen.len()).filter(|other| *other != side);
        if state >= DeliveryState::Saved && pending {
            return Err(broken(format!(
                "{text:?} is shown as {state:?} at {name} and is not durable there"
            )));
        }
        let held_for =
            |other| self.has(other, &view.id) || self.seen[side].entrusted.contains(&(other, view.id));
        if state == DeliveryState::Held && !others().all(held_for) {
            return Err(broken(format!(
                "{text:?} is shown as held, and no carrier answered for it"
            )));
        }
        if state >= DeliveryState::Delivered && !others().all(|other| self.has(other, &view.id)) {
            return Err(broken(format!(
                "{text:?} is shown as {state:?}, and not everybody else holds it durably"
            )));
        }
        // Who deletes a message has done with it, read or not.
        let is_done =
            |other: usize| self.seen[other].marked.contains(&view.id) || self.may_lack(other, &view.id);
        if state == DeliveryState::Read && !others().all(is_done) {
            return Err(broken(format!(
                "{text:?} is shown as read, and not everybody read it"
            )));
        }
        Ok(())
    }

    /// The last place that a side has seen.
    fn newest(&self, side: usize) -> Option<Position> {
        let seen = self.seen[side].rows.iter();
        let there = seen.filter(|(_, row)| row.shown != Shown::Gone);
        there
            .filter_map(|(id, _)| Some(self.facts.get(id)?.position))
            .max()
    }

    /// Everything up to this batch is durable at a node.
    pub fn flushed(&mut self, side: usize, up_to: u64) {
        self.flushed_wishes(side, up_to);
        let seen = &mut self.seen[side];
        for held in seen.held.values_mut() {
            *held = held.filter(|batch| *batch > up_to);
        }
        for row in seen.rows.values_mut() {
            if row.gone.is_some_and(|batch| batch <= up_to) {
                (row.gone, row.is_gone) = (None, true);
            }
            row.batch = row.batch.filter(|batch| *batch > up_to);
            let done = row.steps.iter().filter(|(batch, _)| *batch <= up_to);
            row.safe = done.map(|(_, state)| *state).max().max(row.safe);
            row.steps.retain(|(batch, _)| *batch > up_to);
        }
        let last = seen.drafts.iter().rposition(|(batch, _)| *batch <= up_to);
        seen.drafts.drain(..last.unwrap_or(0));
    }

    /// A node stopped: what was not durable is gone, or perhaps not, when a part was kept.
    pub fn crashed(&mut self, side: usize, kept_a_part: bool) {
        self.crashed_wishes(side, kept_a_part);
        let seen = &mut self.seen[side];
        (seen.unsure, seen.stale, seen.draft_unsure) = (true, false, true);
        let mut lost = Vec::new();
        seen.rows.retain(|id, row| {
            if row.batch.is_some() && !kept_a_part {
                lost.push(*id);
            }
            row.gone = None;
            row.is_durable() || kept_a_part
        });
        for id in lost {
            if self.facts.get(&id).is_some_and(|fact| fact.author == side) {
                self.facts.remove(&id);
            }
        }
    }

    /// A person typed a draft that their node took, in the newest batch.
    pub fn drafted(&mut self, side: usize, batch: u64, text: &str) {
        self.seen[side].drafts.push((batch, text.into()));
    }

    /// A person read everything up to a place.
    pub fn read(&mut self, side: usize, up_to: &Position) {
        let Self { seen, facts, .. } = self;
        let rows: Vec<EntryId> = seen[side].rows.keys().copied().collect();
        let shown = rows.into_iter().filter(|id| {
            facts
                .get(id)
                .is_some_and(|fact| fact.author != side && fact.position <= *up_to)
        });
        seen[side].marked.extend(shown);
    }

    /// A place up to which a person may read: `share` percent of their rows.
    pub fn place(&self, side: usize, share: u64) -> Option<Position> {
        let mut places: Vec<Position> = self.seen[side]
            .rows
            .iter()
            .filter(|(_, row)| row.shown == Shown::Words)
            .filter_map(|(id, _)| Some(self.facts.get(id)?.position))
            .collect();
        places.sort_unstable();
        let last = places.len().checked_sub(1)?;
        places
            .get(last * usize::try_from(share).unwrap_or(0) / 100)
            .copied()
    }
}
