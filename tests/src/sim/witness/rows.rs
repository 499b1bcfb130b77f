//! Rows as one side told them, and what of them is durable.

use std::collections::{BTreeMap, BTreeSet};

use kith_crypto::{DeviceId, EntryId, LogKind};
use kith_node::{
    Position,
    view::{BodyView, DeliveryState, MessageView},
};

use super::Told;

/// What is known of an entry, the same for everyone.
pub(super) struct Fact {
    pub position: Position,
    /// The side that wrote it.
    pub author: usize,
    /// Its device.
    pub device: DeviceId,
    pub text: String,
    /// How long it stays where it came, milliseconds, if it disappears.
    pub span_ms: Option<u64>,
    /// How much had left its author's machine when it was written.
    pub left: u64,
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Its words.
    Words,
    /// That it is about to be deleted.
    Deleting,
    /// That it was deleted.
    Deleted,
    /// Nothing: its time is over, and it is about to go.
    Over,
    /// It is out of sight with its whole conversation.
    Hidden,
    /// It is not there any more.
    Gone,
}

impl Shown {
    /// What the body of a row shows; `None` if it is no row of a message.
    pub fn of(body: &BodyView) -> Option<Self> {
        match body {
            BodyView::Text { .. } => Some(Self::Words),
            BodyView::Deleting { .. } => Some(Self::Deleting),
            BodyView::Deleted => Some(Self::Deleted),
            BodyView::Unsupported => Some(Self::Over),
            _ => None,
        }
    }
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
    /// What it shows.
    pub shown: Shown,
    /// The batch that took its words, until that is durable.
    pub gone: Option<u64>,
    /// Its words are gone for good.
    pub is_gone: bool,
    /// When its time is over here, by this node's clock.
    pub expires_at_ms: Option<u64>,
}

impl Row {
    /// A row that comes in this batch.
    pub fn new(batch: u64, shown: Shown, view: &MessageView) -> Self {
        Self {
            batch: Some(batch),
            state: None,
            safe: None,
            steps: Vec::new(),
            shown,
            gone: None,
            is_gone: false,
            expires_at_ms: view.expires_at_ms,
        }
    }

    /// Its words go, in this batch.
    pub fn goes(&mut self, batch: u64, shown: Shown) {
        self.shown = shown;
        if !self.is_gone {
            self.gone = self.gone.or(Some(batch));
        }
    }

    /// Whether no crash can take it any more.
    pub fn is_durable(&self) -> bool {
        self.batch.is_none()
    }
}

/// What one side told, and what of it is durable.
#[derive(Default)]
pub(super) struct Seen {
    pub rows: BTreeMap<EntryId, Row>,
    /// Rows of others that this person said to have read, ever.
    pub marked: BTreeSet<EntryId>,
    /// Drafts as they may be after a crash; the last one is what holds now.
    pub drafts: Vec<(u64, String)>,
    /// What it said on the wire to hold of each log.
    pub frontiers: BTreeMap<(DeviceId, LogKind), u64>,
    /// Messages that may be in mail that a carrier answered for, and for which side.
    pub entrusted: BTreeSet<(usize, EntryId)>,
    /// True from a start until its rows have been looked at: a crash may have kept a part.
    pub unsure: bool,
    /// The same of its draft.
    pub draft_unsure: bool,
    /// It was told to load everything again and has not looked since.
    pub stale: bool,
    /// What is on its disk of each content log, with the batch that brought it until that is durable.
    pub held: BTreeMap<(DeviceId, u64), Option<u64>>,
    /// The latest that it may have gone by.
    pub latest_ms: u64,
}

impl Seen {
    /// A node may go by this time now.
    pub fn notes_time(&mut self, told: Told) {
        self.latest_ms = self.latest_ms.max(told.now.latest_ms);
    }
}

/// Whether a state went back. What a carrier held may end: it is as it was before.
pub(super) fn went_back(before: Option<DeliveryState>, now: Option<DeliveryState>) -> bool {
    now < before && (before, now) != (Some(DeliveryState::Held), Some(DeliveryState::Saved))
}
