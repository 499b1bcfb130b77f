//! Filling a view: from the anchor upwards and downwards, until the view is full or the rows end.

use std::hash::Hash;

use super::{Beyond, Hold, Keys, Layout, Place, Placed};

/// Fills a view.
pub(super) struct Filler<'a, K> {
    pub(super) layout: &'a mut Layout<K>,
    pub(super) keys: &'a dyn Keys<K>,
    pub(super) view: f32,
    pub(super) measure: &'a mut dyn FnMut(usize) -> Option<f32>,
}

impl<K: Clone + Eq + Hash> Filler<'_, K> {
    fn height(&mut self, index: usize) -> f32 {
        let key = self.keys.key(index);
        if let Some(height) = self.layout.height(&key) {
            return height;
        }
        let Some(height) = (self.measure)(index) else {
            return self.layout.mean.max(1.0);
        };
        self.layout.learn(key, height.max(1.0));
        height.max(1.0)
    }

    /// A row to grow from, and its top.
    pub(super) fn start(&mut self, beyond: Beyond) -> (usize, f32) {
        match self.layout.hold.clone() {
            Hold::Row {
                key,
                top,
                height,
                width,
            } => match self.keys.find(&key) {
                // Its words are broken anew: those at the top of the view are as far into it as before.
                Some(index) if top < 0.0 && (width - self.layout.width).abs() > 0.25 => {
                    (index, top / height.max(1.0) * self.height(index))
                }
                Some(index) => (index, top),
                None => self.neighbour(),
            },
            Hold::Jump { key, place } => match self.keys.find(&key) {
                Some(index) => {
                    let height = self.height(index);
                    let top = match place {
                        Place::Top(top) => top,
                        Place::Middle => ((self.view - height) / 2.0).max(0.0),
                    };
                    (index, top)
                }
                None => self.neighbour(),
            },
            Hold::End if self.layout.from_top => (0, 0.0),
            // The window was moved away from the end: what showed last keeps its place.
            Hold::End if beyond.after && !self.layout.neighbours.is_empty() => self.neighbour(),
            Hold::End => self.newest(),
        }
    }

    fn newest(&mut self) -> (usize, f32) {
        let last = self.keys.len() - 1;
        (last, self.view - self.height(last))
    }

    /// A row that showed last time and still exists.
    fn neighbour(&mut self) -> (usize, f32) {
        let keys = self.keys;
        let found = self
            .layout
            .neighbours
            .iter()
            .find_map(|(key, top)| Some((keys.find(key)?, *top)));
        match found {
            Some(found) => found,
            None if self.layout.from_top => (0, 0.0),
            None => self.newest(),
        }
    }

    /// Grows from a row upwards and downwards until the view is full or the rows end.
    pub(super) fn fill(&mut self, index: usize, top: f32) -> Vec<Placed> {
        let (mut index, mut top) = (index.min(self.keys.len() - 1), top);
        let mut height = self.height(index);
        // A movement of many views (a drag of the bar) may leave the anchor far outside: walk to the view first.
        while top + height <= 0.0 && index + 1 < self.keys.len() {
            (index, top) = (index + 1, top + height);
            height = self.height(index);
        }
        while top >= self.view && index > 0 {
            index -= 1;
            height = self.height(index);
            top -= height;
        }
        let mut rows = vec![Placed { index, top, height }];
        self.grow_up(&mut rows);
        self.grow_down(&mut rows);
        rows
    }

    fn grow_up(&mut self, rows: &mut Vec<Placed>) {
        let mut above = Vec::new();
        let Some(first) = rows.first().copied() else {
            return;
        };
        let (mut index, mut top) = (first.index, first.top);
        while top > 0.0 && index > 0 {
            index -= 1;
            let height = self.height(index);
            top -= height;
            above.push(Placed { index, top, height });
        }
        above.reverse();
        rows.splice(0..0, above);
    }

    fn grow_down(&mut self, rows: &mut Vec<Placed>) {
        let Some(last) = rows.last().copied() else { return };
        let (mut index, mut bottom) = (last.index, last.top + last.height);
        while bottom < self.view && index + 1 < self.keys.len() {
            index += 1;
            let height = self.height(index);
            rows.push(Placed {
                index,
                top: bottom,
                height,
            });
            bottom += height;
        }
    }

    /// Neither end of the rows leaves the view's edge behind it; a list shorter than the view stands at its bottom,
    /// or at its top.
    pub(super) fn clamp(&mut self, rows: &mut Vec<Placed>, beyond: Beyond) {
        let top_of = |rows: &[Placed]| rows.first().map_or((0, 0.0), |row| (row.index, row.top));
        let end_of = |rows: &[Placed]| {
            rows.last()
                .map_or((0, 0.0), |row| (row.index, row.top + row.height))
        };
        let room = if beyond.after { self.view / 2.0 } else { 0.0 };
        let (last, bottom) = end_of(rows);
        if last + 1 == self.keys.len() && bottom < self.view - room {
            shift(rows, self.view - room - bottom);
            self.grow_up(rows);
        }
        let room = if beyond.before { self.view / 2.0 } else { 0.0 };
        let (first, top) = top_of(rows);
        if first == 0 && top > room {
            shift(rows, room - top);
            self.grow_down(rows);
        }
        let (last, bottom) = end_of(rows);
        let short = first == 0 && !beyond.before && last + 1 == self.keys.len() && bottom < self.view;
        if short && !self.layout.from_top {
            shift(rows, self.view - bottom);
        }
    }
}

fn shift(rows: &mut [Placed], by: f32) {
    for row in rows {
        row.top += by;
    }
}
