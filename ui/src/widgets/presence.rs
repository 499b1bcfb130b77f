//! Whether somebody is there: a green dot, with a ring of the ground around it where it sits on a picture.

use egui::{Color32, Pos2, Rect, Ui};

use crate::theme::{palette, size};

/// The dot alone, in the line of a text.
pub fn dot(ui: &Ui, center: Pos2, online: bool) {
    let colours = palette(ui);
    let ink = if online { colours.good } else { colours.field_edge };
    ui.painter().circle_filled(center, size::DOT / 3.0, ink);
}

/// The dot at the lower right of a picture in `rect`.
pub fn dot_on_picture(ui: &Ui, rect: Rect, ground: Color32) {
    let radius = size::DOT / 2.0;
    // The middle of the dot sits on the circle, 45 degrees down to the right.
    let reach = rect.width() / 2.0 * std::f32::consts::FRAC_1_SQRT_2;
    let center = rect.center() + egui::Vec2::splat(reach - size::HAIRLINE);
    ui.painter().circle_filled(center, radius, ground);
    ui.painter()
        .circle_filled(center, radius - size::FOCUS_RING, palette(ui).good);
}
