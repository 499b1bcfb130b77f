//! One conversation: what each side told its person, and what of it is durable.

use std::collections::{BTreeMap, BTreeSet};

use kith_crypto::{AccountId, DeviceId, EntryId, LogKind};
use kith_node::{
    Position,
    view::{BodyView, DeliveryState, MessageView},
};

use super::{Checked, Known, broken};

/// What is known of an entry, the same for everyone.
pub(super) struct Fact {
    pub position: Position,
    /// The side that wrote it.
    pub author: usize,
    pub text: String,
}

/// A row as one side told it.
pub(super) struct Row {
    /// The batch that brought it; `None` once durable.
    pub batch: Option<u64>,
    /// The state that was told last.
    pub state: Option<DeliveryState>,
    /// What of the state is durable.
    pub safe: Option<DeliveryState>,
    /// States told in batches that are not durable yet.
    pub steps: Vec<(u64, DeliveryState)>,
}

impl Row {
    /// Whether no crash can take it any more.
    pub fn is_durable(&self) -> bool {
        self.batch.is_none()
    }
}

/// What one side told, and what of it is durable.
#[derive(Default)]
pub(super) struct Seen {
    pub rows: BTreeMap<EntryId, Row>,
    /// Rows of the other that this person said to have read, ever.
    pub marked: BTreeSet<EntryId>,
    /// Drafts as they may be after a crash; the last one is what holds now.
    pub drafts: Vec<(u64, String)>,
    /// What it said on the wire to hold of each log.
    pub frontiers: BTreeMap<(DeviceId, LogKind), u64>,
    /// Messages that may be in mail that a carrier answered for.
    pub entrusted: BTreeSet<EntryId>,
    /// True from a start until its rows have been looked at: a crash may have kept a part.
    pub unsure: bool,
}

/// Who takes part in a conversation.
pub(super) struct Side {
    node: usize,
    name: &'static str,
    device: DeviceId,
    account: AccountId,
}

impl Side {
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
    sides: [Side; 2],
    pub seen: [Seen; 2],
    pub facts: BTreeMap<EntryId, Fact>,
}

impl ChatWitness {
    /// A witness of a conversation in which nothing was said.
    pub fn new(sides: [Side; 2]) -> Self {
        let fresh = || Seen {
            drafts: vec![(0, String::new())],
            ..Seen::default()
        };
        Self {
            sides,
            seen: [fresh(), fresh()],
            facts: BTreeMap::new(),
        }
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

    /// A side's node told its person of a row, in this batch.
    pub fn message(&mut self, side: usize, batch: u64, view: &MessageView) -> Checked {
        let name = self.name(side);
        match &view.body {
            BodyView::Text { text } => self.entry(side, batch, view, text),
            BodyView::ContactAdded => Ok(()),
            other => Err(broken(format!(
                "{name} shows a row that nobody caused: {other:?}"
            ))),
        }
    }

    fn entry(&mut self, side: usize, batch: u64, view: &MessageView, text: &str) -> Checked {
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
            self.written(side, view, text)?;
        }
        let Some(fact) = self.facts.get(&view.id) else {
            return Err(broken(format!(
                "{name} shows {text:?}, which its author never wrote or has lost"
            )));
        };
        if fact.position != view.position || fact.author != author || fact.text != text {
            return Err(broken(format!("{text:?} is not the same for both")));
        }
        if !view.mine && !self.is_durable(author, &view.id) {
            return Err(broken(format!(
                "{name} shows {text:?}, which was sent before it was durable at its author"
            )));
        }
        let row = self.seen[side].rows.entry(view.id).or_insert(Row {
            batch: Some(batch),
            state: None,
            safe: None,
            steps: Vec::new(),
        });
        let Some(state) = view.state.filter(|_| view.mine) else {
            return if view.mine || view.state.is_some() {
                Err(broken(format!(
                    "{name} shows {text:?} with a state that it cannot have"
                )))
            } else {
                Ok(())
            };
        };
        if went_back(row.state, Some(state)) {
            return Err(broken(format!(
                "{text:?} went back from {:?} to {state:?} at {name}",
                row.state
            )));
        }
        if row.state != Some(state) {
            row.steps.push((batch, state));
        }
        row.state = Some(state);
        let is_pending = row.batch.is_some();
        self.tick(side, view, text, state, is_pending)
    }

    /// A side wrote something: its place comes after all that the side had seen.
    fn written(&mut self, side: usize, view: &MessageView, text: &str) -> Checked {
        if self.newest(side).is_some_and(|newest| newest >= view.position) {
            let name = self.name(side);
            return Err(broken(format!(
                "{name} writes {text:?} before something that {name} had seen"
            )));
        }
        let fact = Fact {
            position: view.position,
            author: side,
            text: text.into(),
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
        if state == DeliveryState::Held && !self.seen[side].entrusted.contains(&view.id) {
            return Err(broken(format!(
                "{text:?} is shown as held, and no carrier answered for it"
            )));
        }
        if state >= DeliveryState::Delivered && !others().any(|other| self.is_durable(other, &view.id)) {
            return Err(broken(format!(
                "{text:?} is shown as {state:?}, and nobody else holds it durably"
            )));
        }
        if state == DeliveryState::Read && !others().any(|other| self.seen[other].marked.contains(&view.id)) {
            return Err(broken(format!("{text:?} is shown as read, and nobody read it")));
        }
        Ok(())
    }

    /// The last place that a side has seen.
    fn newest(&self, side: usize) -> Option<Position> {
        let seen = self.seen[side].rows.keys();
        seen.filter_map(|id| Some(self.facts.get(id)?.position)).max()
    }

    fn is_durable(&self, side: usize, id: &EntryId) -> bool {
        self.seen[side].rows.get(id).is_some_and(|row| row.is_durable())
    }

    /// Everything up to this batch is durable at a node.
    pub fn flushed(&mut self, side: usize, up_to: u64) {
        let seen = &mut self.seen[side];
        for row in seen.rows.values_mut() {
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
        let seen = &mut self.seen[side];
        seen.unsure = true;
        let mut lost = Vec::new();
        seen.rows.retain(|id, row| {
            if row.batch.is_some() && !kept_a_part {
                lost.push(*id);
            }
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
            .keys()
            .filter_map(|id| Some(self.facts.get(id)?.position))
            .collect();
        places.sort_unstable();
        let last = places.len().checked_sub(1)?;
        places
            .get(last * usize::try_from(share).unwrap_or(0) / 100)
            .copied()
    }

    /// Whether both hold the same entries, all of them delivered (and read, if asked for).
    pub fn is_settled(&self, least: DeliveryState) -> bool {
        let [a, b] = &self.seen;
        let mut states = a.rows.values().chain(b.rows.values()).map(|row| row.state);
        a.rows.keys().eq(b.rows.keys()) && states.all(|state| state.is_none_or(|state| state >= least))
    }

    /// What keeps this conversation from being settled.
    pub fn unsettled(&self, least: DeliveryState) -> Vec<String> {
        let mut what = Vec::new();
        for (side, seen) in self.seen.iter().enumerate() {
            let name = self.name(side);
            for (id, row) in &seen.rows {
                let text = self.facts.get(id).map(|fact| fact.text.as_str());
                let text: String = text.unwrap_or("?").chars().take(24).collect();
                if !self.seen[1 - side].rows.contains_key(id) {
                    what.push(format!("{text:?} of {name} is not everywhere"));
                }
                if row.state.is_some_and(|state| state < least) {
                    what.push(format!("{text:?} is {:?} at {name}", row.state));
                }
            }
        }
        what
    }
}

/// Whether a state went back. What a carrier held may end: it is as it was before.
pub(super) fn went_back(before: Option<DeliveryState>, now: Option<DeliveryState>) -> bool {
    now < before && (before, now) != (Some(DeliveryState::Held), Some(DeliveryState::Saved))
}
