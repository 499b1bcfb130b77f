//! What a node has told its person, and may therefore not take back.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use kith_node::{
    Event, Position,
    id::EntryId,
    view::{BodyView, DeliveryState, MessageView},
};

/// What one node has promised to its person.
#[derive(Default)]
pub(super) struct Promised {
    /// Own messages that were shown as saved.
    pub saved: BTreeMap<EntryId, String>,
    /// Own messages that were shown as delivered.
    pub delivered: BTreeSet<EntryId>,
    /// Own messages that were shown as read, and where they stand.
    pub read: BTreeMap<EntryId, Position>,
    /// Own messages that were accepted and not yet shown as saved.
    pub pending: BTreeSet<EntryId>,
}

impl Promised {
    /// Takes down what a piece of news promises; gives the message of the other that it tells of.
    pub(super) fn note<'a>(&mut self, event: &'a Event) -> Result<Option<&'a MessageView>> {
        match event {
            Event::Message(row) => {
                self.note_row(row)?;
                Ok((!row.mine).then_some(row))
            }
            Event::Fault { place } => bail!("a fault at {place}"),
            _ => Ok(None),
        }
    }

    /// Takes down what a row shows.
    pub(super) fn note_row(&mut self, row: &MessageView) -> Result<()> {
        match row.state {
            Some(DeliveryState::Pending) => {
                self.pending.insert(row.id);
            }
            Some(state) => {
                self.pending.remove(&row.id);
                self.saved.insert(row.id, text(row)?.to_owned());
                if state >= DeliveryState::Delivered {
                    self.delivered.insert(row.id);
                }
                if state >= DeliveryState::Read {
                    self.read.insert(row.id, row.position);
                }
            }
            None => {}
        }
        Ok(())
    }

    /// What was said in a message that was shown as saved, as far as a report needs it.
    pub(super) fn beginning(&self, id: &EntryId) -> String {
        let said = self.saved.get(id).map_or("", String::as_str);
        said.chars().take(20).collect()
    }
}

/// What a row says.
pub(super) fn text(row: &MessageView) -> Result<&str> {
    match &row.body {
        BodyView::Text { text } => Ok(text),
        other => bail!("a row without a text: {other:?}"),
    }
}
