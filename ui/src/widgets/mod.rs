//! The controls every view is made of. One button, one field, one way to say that something is empty: a view that
//! needs another look changes it here.
//!
//! Each names itself for AccessKit, shows a ring when it has the keyboard, and takes its colours from `theme`.

pub mod avatar;
pub mod button;
pub mod empty;
pub mod field;
pub mod icon;
pub mod logo;
pub mod notice;
pub mod presence;
pub mod row;
pub mod skeleton;
pub mod tick;
pub mod toast;
pub mod virtual_list;

use egui::{CornerRadius, Rect, Response, Stroke, StrokeKind, Ui};

use crate::theme::{palette, size};

/// The ring around what has the keyboard, painted outside `rect`.
pub fn focus_ring_ui(ui: &Ui, response: &Response, rect: Rect, radius: u8) {
    if response.has_focus() {
        let stroke = Stroke::new(size::FOCUS_RING, palette(ui).accent);
        ui.painter()
            .rect_stroke(rect, CornerRadius::same(radius), stroke, StrokeKind::Outside);
    }
}
