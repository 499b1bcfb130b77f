//! A list of rows of any height that paints only what shows: conversations, and every other long list.
//!
//! [`layout`] decides where rows stand; this paints them, measures those it has not met (invisibly, then the pass
//! is done again, so that no frame ever shows a wrong place), and turns wheel, keys and the bar into movement.

pub mod layout;

use std::hash::Hash;

use egui::{CornerRadius, Id, Key, Rect, Sense, Ui, UiBuilder, Vec2, pos2};

pub use layout::{Beyond, Keys, Layout, Place};

use crate::theme::{palette, radius, size, space};
use layout::Arrangement;

/// The rows of a list: what the layout needs to know, and how one is painted.
pub trait Rows<K>: Keys<K> {
    /// Paints row `index` from the top of `ui`, over its whole width. Its height is what it uses; the same row at
    /// the same width must use the same height until its content changes.
    fn row_ui(&mut self, ui: &mut Ui, index: usize);
}

/// What a list showed.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The rows that show and where ([`Arrangement::range`]).
    pub arrangement: Arrangement,
    /// The view on the screen.
    pub view: Rect,
    /// The person moved the list in this frame.
    pub moved: bool,
}

/// A list's state, kept from frame to frame.
#[derive(Clone, Debug)]
pub struct VirtualList<K> {
    layout: Layout<K>,
    id: Id,
    pending: f32,
}

impl<K: Clone + Eq + Hash> VirtualList<K> {
    /// A list that opens at its newest row, at the bottom.
    pub fn at_end(name: impl Hash + std::fmt::Debug) -> Self {
        Self {
            layout: Layout::at_end(),
            id: Id::unique(("list", name)),
            pending: 0.0,
        }
    }

    /// A list that opens at its first row, at the top.
    pub fn from_top(name: impl Hash + std::fmt::Debug) -> Self {
        Self {
            layout: Layout::from_top(),
            id: Id::unique(("list", name)),
            pending: 0.0,
        }
    }

    /// Goes to a row. If it is not held yet, ask again once it is.
    pub fn jump_to(&mut self, key: K, place: Place) {
        self.layout.jump_to(key, place);
    }

    /// Goes to the newest row and stays with it.
    pub fn follow_end(&mut self) {
        self.layout.follow_end();
    }

    /// Whether newer rows will move the view along.
    pub fn follows_end(&self) -> bool {
        self.layout.follows_end()
    }

    /// Moves by so many points; positive shows older rows.
    pub fn scroll_by(&mut self, points: f32) {
        self.pending += points;
    }

    /// Paints the list into all the room that `ui` has left.
    pub fn show(&mut self, ui: &mut Ui, rows: &mut dyn Rows<K>, beyond: Beyond) -> Shown {
        let view = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(view, Sense::hover());
        let scroll = std::mem::take(&mut self.pending) + self.movement(ui, view, response.contains_pointer());
        self.layout.set_width(view.width());
        let mut child = ui.new_child(UiBuilder::new().max_rect(view).id_salt(self.id));
        child.shrink_clip_rect(view);
        let arrangement = self.arrange(&mut child, rows, beyond, scroll);
        self.rows_ui(&mut child, rows, &arrangement, view);
        let dragged = self.bar_ui(ui, &*rows, &arrangement, view);
        self.pending += dragged;
        Shown {
            arrangement,
            view,
            moved: scroll != 0.0 || dragged != 0.0,
        }
    }

    fn movement(&self, ui: &Ui, view: Rect, under_pointer: bool) -> f32 {
        // A pass that is done again sees the same input: it has moved the list already.
        if ui.ctx().current_pass_index() > 0 {
            return 0.0;
        }
        let wheel = if under_pointer {
            ui.input(|input| input.smooth_scroll_delta().y)
        } else {
            0.0
        };
        let typing = ui.memory(|memory| memory.focused().is_some()) && ui.ctx().egui_wants_keyboard_input();
        let page = view.height() - 2.0 * space::XXL;
        let keys = ui.input(|input| {
            let pressed = |key: Key| f32::from(u8::from(input.key_pressed(key)));
            // Home and End belong to the text field that has the keyboard.
            let ends = if typing {
                0.0
            } else {
                (pressed(Key::Home) - pressed(Key::End)) * 1.0e9
            };
            (pressed(Key::PageUp) - pressed(Key::PageDown)) * page + ends
        });
        wheel + keys
    }

    /// Lays out, measuring what is not known: a trial with guesses finds out which rows those are, they are measured,
    /// and it is laid out again. Each round knows at least one row more.
    fn arrange(&mut self, ui: &mut Ui, rows: &mut dyn Rows<K>, beyond: Beyond, scroll: f32) -> Arrangement {
        let view = ui.max_rect();
        loop {
            let before = self.layout.place();
            let mut unknown = Vec::new();
            let arrangement =
                self.layout
                    .arrange(&KeysOf(&*rows), beyond, view.height(), scroll, &mut |index| {
                        unknown.push(index);
                        None
                    });
            if unknown.is_empty() {
                return arrangement;
            }
            self.layout.restore(before);
            for index in unknown {
                let height = measure(ui, view, rows, index);
                self.layout.learn(rows.key(index), height.max(1.0));
            }
            // Measuring claimed the names of widgets that painting will claim again: do the pass once more.
            ui.ctx().request_discard("rows were measured");
        }
    }

    fn rows_ui(&mut self, ui: &mut Ui, rows: &mut dyn Rows<K>, arrangement: &Arrangement, view: Rect) {
        if ui.ctx().will_discard() {
            return;
        }
        for row in &arrangement.rows {
            let key = rows.key(row.index);
            let rect = Rect::from_min_size(
                pos2(view.left(), view.top() + row.top).round(),
                Vec2::new(view.width(), row.height),
            );
            let mut place = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(IdOf::of(&key)));
            rows.row_ui(&mut place, row.index);
            let height = place.min_rect().height();
            if self.layout.learn(key, height) {
                ui.ctx().request_discard("a row changed its height");
            }
        }
    }

    /// The bar shows the place within the rows that are held. Gives how far it was dragged, in points of the list.
    fn bar_ui(&self, ui: &mut Ui, rows: &dyn Rows<K>, arrangement: &Arrangement, view: Rect) -> f32 {
        let Some(first) = arrangement.rows.first() else {
            return 0.0;
        };
        let mean = self.layout.mean_height().max(1.0);
        #[expect(clippy::cast_precision_loss, reason = "a bar a few hundred pixels long")]
        let (total, above) = (rows.len() as f32 * mean, first.index as f32 * mean - first.top);
        if total <= view.height() * 1.02 {
            return 0.0;
        }
        let handle = (view.height() / total * view.height())
            .max(size::SCROLL_HANDLE_MIN)
            .min(view.height());
        let travel = view.height() - handle;
        let share = if arrangement.at_end {
            1.0
        } else {
            (above / (total - view.height())).clamp(0.0, 1.0)
        };
        let track = view.with_min_x(view.right() - size::SCROLL_BAR - space::LINE);
        let at = Rect::from_min_size(
            pos2(track.left(), view.top() + travel * share),
            Vec2::new(size::SCROLL_BAR, handle),
        );
        let response = ui.interact(at, self.id.with("bar"), Sense::DRAG);
        let near = ui.rect_contains_pointer(view);
        let grabbed = response.hovered() || response.dragged();
        let shown = ui.ctx().animate_bool(self.id.with("bar shown"), near || grabbed);
        let wide = if grabbed {
            size::SCROLL_BAR - space::LINE
        } else {
            space::XS
        };
        let bar = Rect::from_min_max(
            pos2(at.right() - wide, at.top() + space::LINE),
            pos2(at.right(), at.bottom() - space::LINE),
        );
        let ink = palette(ui)
            .secondary
            .gamma_multiply(shown * if grabbed { 0.7 } else { 0.4 });
        ui.painter()
            .rect_filled(bar, CornerRadius::same(radius::BAR), ink);
        if travel > 0.0 && response.dragged() && ui.ctx().current_pass_index() == 0 {
            -response.drag_delta().y / travel * (total - view.height())
        } else {
            0.0
        }
    }
}

/// The height row `index` takes, found by painting it where nobody sees it.
fn measure<K>(ui: &mut Ui, view: Rect, rows: &mut dyn Rows<K>, index: usize) -> f32 {
    let at = Rect::from_min_size(view.min, Vec2::new(view.width(), f32::INFINITY));
    let builder = UiBuilder::new()
        .max_rect(at)
        .id_salt(("measure", index))
        .invisible();
    let mut trial = ui.new_child(builder);
    rows.row_ui(&mut trial, index);
    trial.min_rect().height()
}

struct KeysOf<'a, K>(&'a dyn Rows<K>);

impl<K> Keys<K> for KeysOf<'_, K> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn key(&self, index: usize) -> K {
        self.0.key(index)
    }

    fn find(&self, key: &K) -> Option<usize> {
        self.0.find(key)
    }

    fn stays(&self, index: usize) -> bool {
        self.0.stays(index)
    }
}

/// A key as a salt for ids: egui wants `Debug`, of which a hash is enough.
#[derive(Hash, Debug)]
struct IdOf(u64);

impl IdOf {
    fn of<K: Hash>(key: &K) -> Self {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        Self(BuildHasherDefault::<DefaultHasher>::default().hash_one(key))
    }
}
