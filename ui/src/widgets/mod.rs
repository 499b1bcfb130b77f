//! The controls every view is made of. One button, one field, one way to say that something is empty: a view that
//! needs another look changes it here.
//!
//! Each names itself for AccessKit, shows a ring when it has the keyboard, and takes its colours from `theme`.

pub mod avatar;
pub mod badge;
pub mod bubble;
pub mod button;
pub mod choice;
pub mod composer;
pub mod emoji;
pub mod empty;
pub mod field;
pub mod icon;
pub mod keyed_list;
pub mod logo;
pub mod message_text;
pub mod notice;
pub mod one_stop;
pub mod presence;
pub mod qr;
pub mod quiet_line;
pub mod row;
pub mod skeleton;
pub mod switch;
pub mod tick;
pub mod toast;
pub mod two_way;
pub mod virtual_list;
pub mod word_grid;

use egui::{CornerRadius, Rect, Response, Stroke, StrokeKind, Ui, UiBuilder};

use crate::theme::{palette, size};

/// Puts something into `rect`, a place that its caller has taken already: the layout does not move on.
pub fn put_ui<R>(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    let mut place = ui.new_child(UiBuilder::new().max_rect(rect));
    add(&mut place)
}

/// What the keyboard comes to is scrolled into sight. For what is painted only while it is seen; [`focus_ring_ui`] does it
/// too.
pub fn follow_keyboard(response: &Response) {
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
}

/// The ring around what has the keyboard, painted outside `rect`.
pub fn focus_ring_ui(ui: &Ui, response: &Response, rect: Rect, radius: u8) {
    follow_keyboard(response);
    if response.has_focus() {
        let stroke = Stroke::new(size::FOCUS_RING, palette(ui).accent);
        ui.painter()
            .rect_stroke(rect, CornerRadius::same(radius), stroke, StrokeKind::Outside);
    }
}
