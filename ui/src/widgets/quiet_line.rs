//! A quiet line in the middle of the conversation: a day, "new messages", a notice, with at most one thing to do.

use egui::{Rect, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::focus_ring_ui;
use crate::theme::{Type, palette, radius, size, space};

/// Paints the line.
pub fn notice_ui(ui: &mut Ui, text: &str, strong: bool) {
    line_ui(ui, text, strong, None);
}

/// Paints the line with a word below it that can be pressed; true when it was.
pub fn notice_with_ui(ui: &mut Ui, text: &str, action: &str) -> bool {
    line_ui(ui, text, false, Some(action))
}

fn line_ui(ui: &mut Ui, text: &str, strong: bool, action: Option<&str>) -> bool {
    let colours = palette(ui);
    let width = ui.available_width();
    let (kind, colour) = if strong {
        (Type::CaptionStrong, colours.accent)
    } else {
        (Type::Caption, colours.secondary)
    };
    let room = (width - space::XXL).min(size::BUBBLE_MAX);
    let galley = kind.centred(ui.painter(), text, colour, room);
    let word = action.map(|word| Type::CaptionStrong.one_line(ui.painter(), word, colours.accent, room));
    let below = word
        .as_ref()
        .map_or(vec2(0.0, 0.0), |word| word.size() + vec2(0.0, space::XS));
    let words = vec2(galley.size().x.max(below.x), galley.size().y + below.y);
    let (row, response) = ui.allocate_exact_size(vec2(width, words.y + space::XL), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    // What stands below begins with a space of its own, so the words stand lower by half of it.
    let middle = row.center() + vec2(0.0, space::S / 2.0);
    let inner = Rect::from_center_size(middle, words);
    let pill = inner.expand2(vec2(space::M, space::XS));
    let fill = if strong { colours.accent_soft } else { colours.list };
    if strong {
        ui.painter().hline(
            row.x_range(),
            middle.y.round(),
            Stroke::new(size::HAIRLINE, colours.accent_soft),
        );
    }
    ui.painter().rect_filled(pill, radius::CARD, fill);
    ui.painter().galley(inner.center_top().round(), galley, colour);
    let (Some(word), Some(action)) = (word, action) else {
        return false;
    };
    let at = inner.center_bottom() - vec2(word.size().x / 2.0, word.size().y);
    let place = Rect::from_min_size(at.round(), word.size());
    let pressed = ui.interact(place, response.id.with("action"), Sense::click());
    pressed.widget_info(|| WidgetInfo::labeled(Role::Button, true, action));
    focus_ring_ui(ui, &pressed, place.expand(space::XS / 2.0), radius::CONTROL);
    ui.painter().galley(place.min, word, colours.accent);
    pressed.on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}
