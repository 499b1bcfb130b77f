//! What a person finds when they look: exactly what they were told, and after a crash no less than was durable.

use std::collections::BTreeSet;

use kith_crypto::EntryId;
use kith_node::{
    Position,
    view::{BodyView, MessageView, Page},
};

use super::{
    Checked, Told, broken,
    chat::ChatWitness,
    rows::{Shown, went_back},
};

fn text_of(view: &MessageView) -> Option<&str> {
    match &view.body {
        BodyView::Text { text } => Some(text),
        _ => None,
    }
}

impl ChatWitness {
    /// What a person finds when they look: exactly what they were told.
    pub(super) fn page(&mut self, side: usize, told: Told, page: &Page, unread: u32) -> Checked {
        let name = self.name(side);
        if page
            .messages
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.position >= b.position))
        {
            return Err(broken(format!("{name} shows rows out of order")));
        }
        let rows: Vec<&MessageView> = page
            .messages
            .iter()
            .filter(|view| Shown::of(&view.body).is_some())
            .collect();
        let mut texts = BTreeSet::new();
        let said = rows.iter().filter_map(|view| text_of(view));
        if let Some(text) = said.into_iter().find(|text| !texts.insert(*text)) {
            return Err(broken(format!("{name} shows {text:?} twice")));
        }
        if self.seen[side].stale {
            page.messages
                .iter()
                .try_for_each(|view| self.message(side, told, view))?;
        }
        self.settle(side, told, &rows)?;
        for view in &rows {
            self.is_as_told(side, told, view)?;
        }
        self.unread(side, page, unread)
    }

    /// A row that a person finds is what they were told.
    fn is_as_told(&mut self, side: usize, told: Told, view: &MessageView) -> Checked {
        let name = self.name(side);
        let shown = Shown::of(&view.body);
        if shown == Some(Shown::Over)
            || self.seen[side]
                .rows
                .get(&view.id)
                .is_none_or(|row| row.shown == Shown::Hidden)
        {
            return self.message(side, told, view);
        }
        let Some(row) = self.seen[side].rows.get(&view.id) else {
            return Ok(());
        };
        if shown != Some(row.shown) {
            return Err(broken(format!(
                "{name} shows {:?} and had told it to be {:?}",
                view.body, row.shown
            )));
        }
        if shown != Some(Shown::Deleted) && row.state != view.state {
            return Err(broken(format!(
                "{name} shows {:?} as {:?} and had told {:?}",
                view.body, view.state, row.state
            )));
        }
        if view
            .expires_at_ms
            .is_some_and(|at_ms| at_ms <= told.now.earliest_ms)
            && shown == Some(Shown::Words)
        {
            return Err(broken(format!("{name} shows {:?} after its time", view.body)));
        }
        Ok(())
    }

    /// Compares the rows that are there with those that were told; after a start, takes what a crash left.
    pub(super) fn settle(&mut self, side: usize, told: Told, views: &[&MessageView]) -> Checked {
        let is_unsure = self.seen[side].unsure;
        self.seen[side].notes_time(told);
        self.missing(side, told, views)?;
        (self.seen[side].unsure, self.seen[side].stale) = (false, false);
        let name = self.name(side);
        for view in views {
            let Some(row) = self.seen[side].rows.get_mut(&view.id) else {
                return Err(broken(format!("{name} holds {:?} and never told", view.body)));
            };
            if is_unsure {
                if went_back(row.safe, view.state) && Shown::of(&view.body) != Some(Shown::Deleted) {
                    return Err(broken(format!(
                        "{:?} was durably {:?} at {name} and is {:?} after a start",
                        view.body, row.safe, view.state
                    )));
                }
                row.batch = None;
                row.state = view.state;
                row.safe = view.state;
                row.steps.clear();
                row.shown = Shown::Hidden;
                self.message(side, told, view)?;
            }
        }
        Ok(())
    }

    /// Rows that were told and are not there.
    fn missing(&mut self, side: usize, told: Told, views: &[&MessageView]) -> Checked {
        let there: BTreeSet<EntryId> = views.iter().map(|view| view.id).collect();
        let here = &self.seen[side];
        let (is_unsure, is_fresh) = (here.unsure, here.unsure || here.stale);
        let rows = here.rows.iter().filter(|(id, _)| !there.contains(*id));
        let missing: Vec<(EntryId, bool, Shown)> =
            rows.map(|(id, row)| (*id, row.is_durable(), row.shown)).collect();
        for (id, is_durable, shown) in missing {
            let position = self.facts.get(&id).map(|fact| fact.position);
            let is_hidden = position.is_some_and(|position| self.may_hide(side, &position));
            let may_go = self.may_go(side, &id);
            // It may come again, whatever was wished meanwhile.
            let is_lost = is_unsure && !is_durable;
            let Some(row) = self.seen[side].rows.get_mut(&id) else {
                continue;
            };
            match shown {
                Shown::Gone if !is_unsure => {}
                _ if is_hidden => row.shown = Shown::Hidden,
                _ if is_lost => self.loses(side, &id),
                _ if is_fresh && may_go => {
                    row.goes(told.batch, Shown::Gone);
                    row.is_gone |= is_unsure;
                }
                _ => {
                    let text = self.facts.get(&id).map(|fact| fact.text.clone());
                    return Err(broken(format!("{} has lost {text:?}", self.name(side))));
                }
            }
        }
        Ok(())
    }

    /// A crash took a row that was not durable, and its author's with it what it says.
    fn loses(&mut self, side: usize, id: &EntryId) {
        self.seen[side].rows.remove(id);
        if self.facts.get(id).is_some_and(|fact| fact.author == side) {
            self.facts.remove(id);
        }
    }

    /// Unread counts equal a recount, and nothing counts as read that its person never read.
    fn unread(&self, side: usize, page: &Page, unread: u32) -> Checked {
        let name = self.name(side);
        let theirs: Vec<&MessageView> = page
            .messages
            .iter()
            .filter(|view| {
                // What is about to go is still unread.
                let shown = Shown::of(&view.body);
                !view.mine && shown.is_some_and(|shown| shown != Shown::Deleted)
            })
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
            .filter(|view| text_of(view).is_some())
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
    pub(super) fn draft(&mut self, side: usize, draft: &str) -> Checked {
        let after_start = std::mem::take(&mut self.seen[side].draft_unsure);
        let name = self.name(side);
        if draft.is_empty() && self.may_be_cleared(side) {
            return Ok(());
        }
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
