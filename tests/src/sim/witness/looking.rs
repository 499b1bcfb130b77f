//! What a person finds when they look: exactly what they were told, and after a crash no less than was durable.

use std::collections::BTreeSet;

use kith_crypto::EntryId;
use kith_node::{
    Position,
    view::{BodyView, MessageView, Page},
};

use super::{
    Checked, broken,
    chat::{ChatWitness, went_back},
};

impl ChatWitness {
    /// What a person finds when they look: exactly what they were told.
    pub(super) fn page(&mut self, side: usize, page: &Page, unread: u32) -> Checked {
        let name = self.name(side);
        if page
            .messages
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.position >= b.position))
        {
            return Err(broken(format!("{name} shows rows out of order")));
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
            return Err(broken(format!("{name} shows {text:?} twice")));
        }
        self.settle(side, &entries)?;
        for (view, text) in &entries {
            let row = self.seen[side].rows.get(&view.id);
            if row.is_none_or(|row| row.state != view.state) {
                return Err(broken(format!(
                    "{name} shows {text:?} as {:?} and had told {:?}",
                    view.state,
                    row.map(|row| row.state)
                )));
            }
        }
        self.unread(side, page, unread)
    }

    /// Compares the rows that are there with those that were told; after a start, takes what a crash left.
    pub(super) fn settle(&mut self, side: usize, entries: &[(&MessageView, &str)]) -> Checked {
        let name = self.name(side);
        let there: BTreeSet<EntryId> = entries.iter().map(|(view, _)| view.id).collect();
        let gone = self.seen[side]
            .rows
            .iter()
            .find(|(id, row)| !there.contains(*id) && (row.is_durable() || !self.seen[side].unsure));
        if let Some((id, _)) = gone {
            let text = self.facts.get(id).map(|fact| fact.text.clone());
            return Err(broken(format!("{name} has lost {text:?}")));
        }
        if !self.seen[side].unsure {
            return match entries
                .iter()
                .find(|(view, _)| !self.seen[side].rows.contains_key(&view.id))
            {
                Some((_, text)) => Err(broken(format!("{name} holds {text:?} and never told"))),
                None => Ok(()),
            };
        }
        self.seen[side].unsure = false;
        let lost: Vec<EntryId> = self.seen[side]
            .rows
            .keys()
            .copied()
            .filter(|id| !there.contains(id))
            .collect();
        for id in lost {
            self.seen[side].rows.remove(&id);
            if self.facts.get(&id).is_some_and(|fact| fact.author == side) {
                self.facts.remove(&id);
            }
        }
        for (view, text) in entries {
            let Some(row) = self.seen[side].rows.get_mut(&view.id) else {
                return Err(broken(format!(
                    "{name} holds {text:?} after a start and never told"
                )));
            };
            if went_back(row.safe, view.state) {
                return Err(broken(format!(
                    "{text:?} was durably {:?} at {name} and is {:?} after a start",
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
    fn unread(&self, side: usize, page: &Page, unread: u32) -> Checked {
        let name = self.name(side);
        let theirs: Vec<&MessageView> = page
            .messages
            .iter()
            .filter(|view| !view.mine && matches!(view.body, BodyView::Text { .. }))
            .collect();
        let first = page.first_unread.unwrap_or(Position::MAX);
        let counted = theirs.iter().filter(|view| view.position >= first).count();
        if counted != usize::try_from(unread).unwrap_or(usize::MAX) {
            return Err(broken(format!(
                "{name} says {unread} unread, a recount finds {counted}"
            )));
        }
        let marked = &self.seen[side].marked;
        match theirs
            .iter()
            .find(|view| view.position < first && !marked.contains(&view.id))
        {
            Some(view) => Err(broken(format!(
                "{name} counts {:?} as read, and its person never read it",
                view.body
            ))),
            None => Ok(()),
        }
    }

    /// A draft is one that may be there.
    pub(super) fn draft(&mut self, side: usize, draft: &str, after_start: bool) -> Checked {
        let name = self.name(side);
        let drafts = &mut self.seen[side].drafts;
        let known = drafts.iter().rposition(|(_, text)| text == draft);
        let is_last = drafts.last().is_none_or(|(_, text)| text == draft);
        if (drafts.is_empty() && draft.is_empty()) || is_last || (after_start && known.is_some()) {
            if after_start {
                *drafts = vec![(0, draft.to_owned())];
            }
            return Ok(());
        }
        Err(broken(format!(
            "{name} holds the draft {draft:?}, typed was {drafts:?}"
        )))
    }
}
