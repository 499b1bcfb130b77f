//! A list of rows of one height that is one stop for the keyboard: Tab comes to a row and leaves the list, the arrows, Home
//! and End go along it. From the field above it the down arrow leads into it, and the up arrow back.

use std::fmt::Debug;
use std::hash::Hash;
use std::ops::Range;

use egui::{FocusDirection, Id, Key, Rect, ScrollArea, Ui, Vec2, pos2};

use super::row::Stop;

/// A list, before it is shown.
#[must_use = "call show"]
pub struct KeyedList {
    field: Id,
    height: f32,
    len: usize,
    open: Option<usize>,
    most: Option<f32>,
}

impl KeyedList {
    /// `len` rows, each `height` points high, which the text of `field` chooses.
    pub fn new(field: Id, height: f32, len: usize) -> Self {
        Self {
            field,
            height,
            len,
            open: None,
            most: None,
        }
    }

    /// The row that is open: Tab comes to it while it is in sight.
    pub fn open(mut self, row: Option<usize>) -> Self {
        self.open = row;
        self
    }

    /// As high as its rows, at most so high; without this it takes all the room there is.
    pub fn most(mut self, height: f32) -> Self {
        self.most = Some(height);
        self
    }

    /// Paints the rows that are in sight. `key` names a row, the same while others come and go; `row` paints it.
    pub fn show<K: Hash + Debug>(
        self,
        ui: &mut Ui,
        key: impl Fn(usize) -> K,
        mut row: impl FnMut(&mut Ui, usize, Stop),
    ) {
        let area = match self.most {
            Some(most) => ScrollArea::vertical().max_height(most),
            None => ScrollArea::vertical().auto_shrink(false),
        };
        let id = |index: usize| self.field.with(("row", key(index)));
        let between = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
        // What the keyboard goes to must be in sight in the next frame, or it loses it.
        let area = area.animated(false);
        area.show_rows(ui, self.height, self.len, |ui, range| {
            let stop = self.stop(ui, &range, &id);
            for index in range {
                let place = Stop {
                    id: id(index),
                    is: index == stop,
                };
                row(ui, index, place);
            }
        });
        ui.spacing_mut().item_spacing.y = between;
    }

    /// Goes along the list as the keys of this frame say. Gives the row that Tab comes to from now on: the one that has
    /// the keyboard, else the open one, else the first in sight.
    fn stop(&self, ui: &Ui, range: &Range<usize>, id: &dyn Fn(usize) -> Id) -> usize {
        let focused = ui.memory(egui::Memory::focused);
        let at = range.clone().find(|row| focused == Some(id(*row)));
        let open = self.open.filter(|row| range.contains(row));
        let stop = at.or(open).unwrap_or(range.start);
        if at.is_none() && focused != Some(self.field) {
            return stop;
        }
        let pressed = ui.input(|input| {
            let mut keys = [Key::ArrowUp, Key::ArrowDown, Key::Home, Key::End].into_iter();
            keys.find(|key| input.modifiers.is_none() && input.key_pressed(*key))
        });
        let last = self.len.saturating_sub(1);
        let to = match (pressed, at) {
            (Some(Key::ArrowDown), None) => Some(stop),
            (Some(Key::ArrowDown), Some(at)) => Some((at + 1).min(last)),
            (Some(Key::ArrowUp), Some(at)) => at.checked_sub(1),
            (Some(Key::Home), Some(_)) => Some(0),
            (Some(Key::End), Some(_)) => Some(last),
            _ => return stop,
        };
        if let Some(to) = to {
            ui.scroll_to_rect(self.place(ui, range, to), None);
        }
        ui.memory_mut(|memory| {
            // egui would go on to what stands nearest in that direction.
            memory.move_focus(FocusDirection::None);
            // Above the first row is the field.
            memory.request_focus(to.map_or(self.field, id));
        });
        ui.ctx().request_repaint();
        to.unwrap_or(stop)
    }

    /// Where row `index` stands, also out of sight.
    fn place(&self, ui: &Ui, range: &Range<usize>, index: usize) -> Rect {
        let first = ui.max_rect();
        #[expect(clippy::cast_precision_loss, reason = "rows of a list of people")]
        let below = (index as f32 - range.start as f32) * self.height;
        Rect::from_min_size(
            pos2(first.left(), first.top() + below),
            Vec2::new(first.width(), self.height),
        )
    }
}
