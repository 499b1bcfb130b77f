//! A row with a switch: what it turns on, a line about how that stands, and the switch at the right.

use egui::{Color32, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::focus_ring_ui;
use crate::theme::{Type, palette, radius, size, space};

/// Paints the row over the width there is; true when it was switched. `name` is for screen readers.
pub fn switch_row_ui(ui: &mut Ui, (title, line): (&str, &str), name: &str, on: bool, enabled: bool) -> bool {
    let colours = palette(ui);
    let width = ui.available_width() - size::SWITCH[0] - space::L;
    let title = Type::Body.wrapped(ui.painter(), title, colours.text, width);
    let line = Type::Caption.wrapped(ui.painter(), line, colours.secondary, width);
    let words = title.size().y + line.size().y;
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), words + 2.0 * space::S), sense);
    response.widget_info(|| WidgetInfo::selected(Role::Switch, enabled, on, name));
    let top = (rect.center().y - words / 2.0).round();
    let below = top + title.size().y;
    ui.painter().galley(pos2(rect.left(), top), title, colours.text);
    ui.painter()
        .galley(pos2(rect.left(), below), line, colours.secondary);
    let place = Rect::from_center_size(
        pos2(rect.right() - size::SWITCH[0] / 2.0, rect.center().y.round()),
        Vec2::from(size::SWITCH),
    );
    switch_ui(ui, place, on, response.hovered() && enabled);
    focus_ring_ui(ui, &response, rect.expand2(vec2(space::XS, 0.0)), radius::CONTROL);
    response.clicked()
}

fn switch_ui(ui: &Ui, rect: Rect, on: bool, hovered: bool) {
    let colours = palette(ui);
    let round = rect.height() / 2.0;
    let (fill, edge, knob) = match (on, hovered) {
        (true, false) => (colours.accent_fill, Color32::TRANSPARENT, colours.on_accent),
        (true, true) => (colours.accent_fill_hover, Color32::TRANSPARENT, colours.on_accent),
        (false, false) => (colours.field, colours.secondary, colours.secondary),
        (false, true) => (colours.hover, colours.secondary, colours.secondary),
    };
    let stroke = Stroke::new(size::HAIRLINE, edge);
    ui.painter().rect(rect, round, fill, stroke, StrokeKind::Inside);
    let x = if on {
        rect.right() - round
    } else {
        rect.left() + round
    };
    ui.painter()
        .circle_filled(pos2(x, rect.center().y), round - size::KNOB_GAP, knob);
}
