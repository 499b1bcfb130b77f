//! What must be true at every step: a witness notes what each node told its person and what became durable, and
//! compares every new claim with it.

use std::collections::{BTreeMap, BTreeSet};

use kith_crypto::{AccountId, ConversationId, DeviceId, EntryId, Envelope, LogKind};
use kith_node::{
    CommandError, Event, Position, Reply,
    view::{BodyView, DeliveryState, MessageView, Page},
};

use super::wire::{Frame, Log};

/// A rule that does not hold, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation(pub String);

/// The result of a step of a story.
pub(super) type Checked<T = ()> = Result<T, Violation>;

/// A violation with this sentence.
pub(super) fn broken(what: impl Into<String>) -> Violation {
    Violation(what.into())
}

/// What is known of an entry, the same for everyone.
struct Fact {
    position: Position,
    author: usize,
    text: String,
}

/// A row as one node told it.
struct Row {
    /// The batch that brought it; `None` once durable.
    batch: Option<u64>,
    /// The state that was told last.
    state: Option<DeliveryState>,
    /// What of the state is durable.
    safe: Option<DeliveryState>,
    /// States told in batches that are not durable yet.
    steps: Vec<(u64, DeliveryState)>,
}

/// What one node told, and what of it is durable.
#[derive(Default)]
struct Seen {
    rows: BTreeMap<EntryId, Row>,
    /// Rows of others that this person said to have read, ever.
    marked: BTreeSet<EntryId>,
    /// Drafts as they may be after a crash; the last one is what holds now.
    drafts: Vec<(u64, String)>,
    /// What it said on the wire to hold of each log.
    frontiers: BTreeMap<(DeviceId, LogKind), u64>,
    /// True from a start until its rows have been looked at: a crash may have kept a part.
    unsure: bool,
}

/// The witness of a story.
pub(super) struct Witness {
    devices: Vec<DeviceId>,
    accounts: Vec<AccountId>,
    seen: Vec<Seen>,
    facts: BTreeMap<EntryId, Fact>,
    /// Every chain key by what it is named on the wire, with the one envelope it may seal.
    keys: BTreeMap<([u8; 16], [u8; 8], u32), Vec<u8>>,
}

/// The number an entry has in its log, as its position ends with it.
fn seq(position: &Position) -> u64 {
    let digits = position.as_bytes().iter().skip(16);
    digits.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Witness {
    /// A witness of nodes with these devices and accounts.
    pub fn new(devices: Vec<DeviceId>, accounts: Vec<AccountId>) -> Self {
        let fresh = |_: &DeviceId| Seen {
            drafts: vec![(0, String::new())],
            ..Seen::default()
        };
        Self {
            seen: devices.iter().map(fresh).collect(),
            devices,
            accounts,
            facts: BTreeMap::new(),
            keys: BTreeMap::new(),
        }
    }

    /// A node told its person something, in this batch.
    pub fn told(&mut self, node: usize, batch: u64, event: &Event) -> Checked {
        match event {
            Event::Message(message) => self.message(node, batch, message),
            Event::Conversation(view) => match &view.last {
                Some(message) => self.message(node, batch, message),
                None => Ok(()),
            },
            Event::Fault { place } => Err(broken(format!("node {node} tells of a fault inside: {place}"))),
            _ => Ok(()),
        }
    }

    fn message(&mut self, node: usize, batch: u64, view: &MessageView) -> Checked {
        match &view.body {
            BodyView::Text { text } => self.entry(node, batch, view, text),
            BodyView::ContactAdded => Ok(()),
            other => Err(broken(format!(
                "node {node} shows a row that nobody caused: {other:?}"
            ))),
        }
    }

    fn entry(&mut self, node: usize, batch: u64, view: &MessageView, text: &str) -> Checked {
        let Some(author) = self.accounts.iter().position(|account| *account == view.author) else {
            return Err(broken(format!(
                "node {node} shows {text:?} of somebody who does not exist"
            )));
        };
        if view.mine != (author == node) {
            return Err(broken(format!("node {node} mistakes whose {text:?} is")));
        }
        if view.mine && !self.facts.contains_key(&view.id) {
            self.facts.insert(
                view.id,
                Fact {
                    position: view.position,
                    author,
                    text: text.into(),
                },
            );
        }
        let Some(fact) = self.facts.get(&view.id) else {
            return Err(broken(format!(
                "node {node} shows {text:?}, which its author never wrote or has lost"
            )));
        };
        if fact.position != view.position || fact.author != author || fact.text != text {
            return Err(broken(format!("{text:?} is not the same for both nodes")));
        }
        if !view.mine && !self.is_durable(author, &view.id) {
            return Err(broken(format!(
                "node {node} shows {text:?}, which was sent before it was durable at its author"
            )));
        }
        let row = self.seen[node].rows.entry(view.id).or_insert(Row {
            batch: Some(batch),
            state: None,
            safe: None,
            steps: Vec::new(),
        });
        let Some(state) = view.state.filter(|_| view.mine) else {
            return if view.mine || view.state.is_some() {
                Err(broken(format!(
                    "node {node} shows {text:?} with a state that it cannot have"
                )))
            } else {
                Ok(())
            };
        };
        if row.state.is_some_and(|before| state < before) {
            return Err(broken(format!(
                "{text:?} went back from {:?} to {state:?} at node {node}",
                row.state
            )));
        }
        if row.state != Some(state) {
            row.steps.push((batch, state));
        }
        row.state = Some(state);
        let is_pending = row.batch.is_some();
        self.tick(node, view, text, state, is_pending)
    }

    /// A tick is never ahead of the truth.
    fn tick(
        &self,
        node: usize,
        view: &MessageView,
        text: &str,
        state: DeliveryState,
        pending: bool,
    ) -> Checked {
        let others = || (0..self.seen.len()).filter(|other| *other != node);
        if state >= DeliveryState::Saved && pending {
            return Err(broken(format!(
                "{text:?} is shown as {state:?} at node {node} and is not durable there"
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

    fn is_durable(&self, node: usize, id: &EntryId) -> bool {
        self.seen[node]
            .rows
            .get(id)
            .is_some_and(|row| row.batch.is_none())
    }

    /// Everything up to this batch is durable at a node.
    pub fn flushed(&mut self, node: usize, up_to: u64) {
        let seen = &mut self.seen[node];
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
    pub fn crashed(&mut self, node: usize, kept_a_part: bool) {
        let seen = &mut self.seen[node];
        seen.unsure = true;
        let mut lost = Vec::new();
        seen.rows.retain(|id, row| {
            if row.batch.is_some() && !kept_a_part {
                lost.push(*id);
            }
            row.batch.is_none() || kept_a_part
        });
        for id in lost {
            if self.facts.get(&id).is_some_and(|fact| fact.author == node) {
                self.facts.remove(&id);
            }
        }
    }

    /// A person typed a draft that their node took, in the newest batch.
    pub fn drafted(&mut self, node: usize, batch: u64, text: &str) {
        self.seen[node].drafts.push((batch, text.into()));
    }

    /// A person read everything up to a place.
    pub fn read(&mut self, node: usize, up_to: &Position) {
        let Self { seen, facts, .. } = self;
        let rows: Vec<EntryId> = seen[node].rows.keys().copied().collect();
        let shown = rows.into_iter().filter(|id| {
            facts
                .get(id)
                .is_some_and(|fact| fact.author != node && fact.position <= *up_to)
        });
        seen[node].marked.extend(shown);
    }

    /// A place up to which a person may read: `share` percent of their rows.
    pub fn place(&self, node: usize, share: u64) -> Option<Position> {
        let mut places: Vec<Position> = self.seen[node]
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

    /// Which answers a person may be given in a story.
    pub fn may_answer(&self, node: usize, result: &Result<Reply, CommandError>) -> Checked {
        match result {
            Ok(_)
            | Err(
                CommandError::DiskFull
                | CommandError::ContactWaiting
                | CommandError::UnknownConversation
                | CommandError::AlreadyContact
                | CommandError::InviteRefused { .. },
            ) => Ok(()),
            Err(error) => Err(broken(format!("node {node} answers: {error}"))),
        }
    }

    /// A node says that it has no conversation: then nothing of one may ever have been durable.
    pub fn nothing(&mut self, node: usize) -> Checked {
        self.settle(node, &[])
    }

    /// What a person finds when they look: exactly what they were told.
    pub fn page(&mut self, node: usize, page: &Page, unread: u32) -> Checked {
        if page
            .messages
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.position >= b.position))
        {
            return Err(broken(format!("node {node} shows rows out of order")));
        }
        let entries: Vec<(&MessageView, &str)> = page
            .messages
            .iter()
            .filter_map(|view| match &view.body {
                BodyView::Text { text } => Some((view, text.as_str())),
                _ => None,
            })
            .collect();
        let mut texts = BTreeSet::new();
        if let Some((_, text)) = entries.iter().find(|(_, text)| !texts.insert(*text)) {
            return Err(broken(format!("node {node} shows {text:?} twice")));
        }
        self.settle(node, &entries)?;
        for (view, text) in &entries {
            let row = self.seen[node].rows.get(&view.id);
            if row.is_none_or(|row| row.state != view.state) {
                return Err(broken(format!(
                    "node {node} shows {text:?} as {:?} and had told {:?}",
                    view.state,
                    row.map(|row| row.state)
                )));
            }
        }
        self.unread(node, page, unread)
    }

    /// Compares the rows that are there with those that were told; after a start, takes what a crash left.
    fn settle(&mut self, node: usize, entries: &[(&MessageView, &str)]) -> Checked {
        let there: BTreeSet<EntryId> = entries.iter().map(|(view, _)| view.id).collect();
        let gone = self.seen[node]
            .rows
            .iter()
            .find(|(id, row)| !there.contains(*id) && (row.batch.is_none() || !self.seen[node].unsure));
        if let Some((id, _)) = gone {
            let text = self.facts.get(id).map(|fact| fact.text.clone());
            return Err(broken(format!("node {node} has lost {text:?}")));
        }
        if !self.seen[node].unsure {
            return match entries
                .iter()
                .find(|(view, _)| !self.seen[node].rows.contains_key(&view.id))
            {
                Some((_, text)) => Err(broken(format!("node {node} holds {text:?} and never told"))),
                None => Ok(()),
            };
        }
        self.seen[node].unsure = false;
        let lost: Vec<EntryId> = self.seen[node]
            .rows
            .keys()
            .copied()
            .filter(|id| !there.contains(id))
            .collect();
        for id in lost {
            self.seen[node].rows.remove(&id);
            if self.facts.get(&id).is_some_and(|fact| fact.author == node) {
                self.facts.remove(&id);
            }
        }
        for (view, text) in entries {
            let Some(row) = self.seen[node].rows.get_mut(&view.id) else {
                return Err(broken(format!(
                    "node {node} holds {text:?} after a start and never told"
                )));
            };
            if view.state < row.safe {
                return Err(broken(format!(
                    "{text:?} was durably {:?} at node {node} and is {:?} after a start",
                    row.safe, view.state
                )));
            }
            row.batch = None;
            row.state = view.state;
            row.safe = view.state;
            row.steps.clear();
        }
        Ok(())
    }

    /// Unread counts equal a recount, and nothing counts as read that its person never read.
    fn unread(&self, node: usize, page: &Page, unread: u32) -> Checked {
        let theirs: Vec<&MessageView> = page
            .messages
            .iter()
            .filter(|view| !view.mine && matches!(view.body, BodyView::Text { .. }))
            .collect();
        let first = page.first_unread.unwrap_or(Position::MAX);
        let counted = theirs.iter().filter(|view| view.position >= first).count();
        if counted != usize::try_from(unread).unwrap_or(usize::MAX) {
            return Err(broken(format!(
                "node {node} says {unread} unread, a recount finds {counted}"
            )));
        }
        let marked = &self.seen[node].marked;
        match theirs
            .iter()
            .find(|view| view.position < first && !marked.contains(&view.id))
        {
            Some(view) => Err(broken(format!(
                "node {node} counts {:?} as read, and its person never read it",
                view.body
            ))),
            None => Ok(()),
        }
    }

    /// A draft is one that may be there.
    pub fn draft(&mut self, node: usize, draft: &str, after_start: bool) -> Checked {
        let drafts = &mut self.seen[node].drafts;
        let known = drafts.iter().rposition(|(_, text)| text == draft);
        let is_last = drafts.last().is_none_or(|(_, text)| text == draft);
        if (drafts.is_empty() && draft.is_empty()) || is_last || (after_start && known.is_some()) {
            if after_start {
                *drafts = vec![(0, draft.to_owned())];
            }
            return Ok(());
        }
        Err(broken(format!(
            "node {node} holds the draft {draft:?}, typed was {drafts:?}"
        )))
    }

    /// A frame goes out: it claims no more than is durable, and no less than before.
    pub fn frame(&mut self, node: usize, frame: &Frame) -> Checked {
        match frame {
            Frame::Frontier { logs, .. } => logs.iter().try_for_each(|log| self.frontier(node, log)),
            Frame::Receipt { held, shown, .. } => {
                for (device, end) in held {
                    self.holds(node, device, *end)?;
                }
                self.shown(node, shown)
            }
            _ => Ok(()),
        }
    }

    fn frontier(&mut self, node: usize, log: &Log) -> Checked {
        if log.base != 1
            || log.head.is_some() != (log.contiguous > 0)
            || log.beyond.iter().any(|(first, last)| first > last)
        {
            return Err(broken(format!("node {node} tells a frontier that cannot be")));
        }
        let known = self.seen[node]
            .frontiers
            .entry((log.author, log.kind))
            .or_default();
        if log.contiguous < *known {
            return Err(broken(format!(
                "node {node} told a frontier of {} after one of {known}",
                log.contiguous
            )));
        }
        *known = log.contiguous;
        match log.kind {
            LogKind::Content => self.holds(node, &log.author, log.contiguous),
            LogKind::Control => Ok(()),
        }
    }

    /// Everything of a log up to `end` is durable here.
    fn holds(&self, node: usize, device: &DeviceId, end: u64) -> Checked {
        let Some(author) = self.devices.iter().position(|known| known == device) else {
            return Err(broken(format!("node {node} names a device that does not exist")));
        };
        let durable: BTreeSet<u64> = self.seen[node]
            .rows
            .iter()
            .filter(|(_, row)| row.batch.is_none())
            .filter_map(|(id, _)| self.facts.get(id))
            .filter(|fact| fact.author == author)
            .map(|fact| seq(&fact.position))
            .collect();
        match (1..=end).find(|number| !durable.contains(number)) {
            Some(number) => Err(broken(format!(
                "node {node} says on the wire that it holds entry {number} of node {author}, which is not durable there"
            ))),
            None => Ok(()),
        }
    }

    /// Everything of the other's log that is said to have been shown was read by this node's person.
    fn shown(&self, node: usize, shown: &[(DeviceId, u64)]) -> Checked {
        let others = shown
            .iter()
            .filter(|(device, _)| self.devices.get(node) != Some(device));
        for (device, end) in others {
            let author = self.devices.iter().position(|known| known == device);
            let read: BTreeSet<u64> = self.seen[node]
                .marked
                .iter()
                .filter_map(|id| self.facts.get(id))
                .filter(|fact| Some(fact.author) == author)
                .map(|fact| seq(&fact.position))
                .collect();
            if let Some(number) = (1..=*end).find(|number| !read.contains(number)) {
                return Err(broken(format!(
                    "node {node} says on the wire that entry {number} was shown, and its person never read it"
                )));
            }
        }
        Ok(())
    }

    /// An envelope goes out: its chain key seals nothing else.
    pub fn envelope(&mut self, node: usize, data: &[u8]) -> Checked {
        let Ok(Envelope::Message(view)) = Envelope::parse(data) else {
            return Err(broken(format!("node {node} publishes what is no envelope")));
        };
        let address = view.address();
        let name = (address.epoch.0, address.sender.0, address.index);
        let known = self.keys.entry(name).or_insert_with(|| data.to_vec());
        if known.as_slice() == data {
            Ok(())
        } else {
            Err(broken(format!(
                "node {node} sealed two envelopes under one chain key"
            )))
        }
    }

    /// Whether both hold the same entries, all of them delivered (and read, if asked for).
    pub fn is_settled(&self, least: DeliveryState) -> bool {
        self.seen
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.rows.keys().eq(b.rows.keys())))
            && self
                .seen
                .iter()
                .flat_map(|seen| seen.rows.values())
                .all(|row| row.state.is_none_or(|state| state >= least))
    }

    /// What keeps a story from being settled, for its report.
    pub fn unsettled(&self, least: DeliveryState) -> String {
        let mut what = Vec::new();
        for (node, seen) in self.seen.iter().enumerate() {
            for (id, row) in &seen.rows {
                let text = self.facts.get(id).map(|fact| fact.text.as_str());
                let text: String = text.unwrap_or("?").chars().take(24).collect();
                if self.seen.iter().any(|other| !other.rows.contains_key(id)) {
                    what.push(format!("{text:?} of node {node} is not everywhere"));
                }
                if row.state.is_some_and(|state| state < least) {
                    what.push(format!("{text:?} is {:?} at node {node}", row.state));
                }
            }
        }
        what.truncate(12);
        what.join("; ")
    }
}

/// The conversation of two accounts.
pub(super) fn conversation(nodes: &[super::node::Machine]) -> Option<ConversationId> {
    match nodes {
        [a, b, ..] => Some(ConversationId::direct(a.identity.account, b.identity.account)),
        _ => None,
    }
}
