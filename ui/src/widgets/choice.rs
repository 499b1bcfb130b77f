//! Some choices of which one holds, as pills side by side.

use egui::{Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::focus_ring_ui;
use super::icon::Icon;
use crate::theme::{Type, palette, radius, size, space};

/// Some choices of which one holds, side by side as far as there is room; gives the one that was pressed.
pub fn choices_ui<T: Copy + PartialEq>(ui: &mut Ui, choices: &[(T, String)], held: T) -> Option<T> {
    let mut pressed = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        for (choice, label) in choices {
            if choice_ui(ui, label, *choice == held) {
                pressed = Some(*choice);
            }
        }
    });
    pressed
}

fn choice_ui(ui: &mut Ui, label: &str, held: bool) -> bool {
    let colours = palette(ui);
    let ink = if held { colours.accent } else { colours.text };
    let galley = Type::Secondary.one_line(ui.painter(), label, ink, f32::INFINITY);
    let mark = if held { size::ICON_SMALL + space::XS } else { 0.0 };
    let width = (galley.size().x + mark + 2.0 * space::M).ceil();
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::ICON_BUTTON), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, held, label));
    let fill = match (held, response.hovered()) {
        (true, _) => colours.accent_soft,
        (false, true) => colours.hover,
        (false, false) => colours.field,
    };
    let edge = if held { colours.accent } else { colours.field_edge };
    let stroke = egui::Stroke::new(size::HAIRLINE, edge);
    ui.painter()
        .rect(rect, radius::CONTROL, fill, stroke, egui::StrokeKind::Inside);
    let mut left = rect.left() + space::M;
    if held {
        let at = pos2(left + size::ICON_SMALL / 2.0, rect.center().y);
        Icon::CHECK.paint(ui.painter(), at, size::ICON_SMALL, colours.accent);
        left += mark;
    }
    ui.painter().galley(
        pos2(left, rect.center().y - galley.size().y / 2.0).round(),
        galley,
        ink,
    );
    focus_ring_ui(ui, &response, rect, radius::CONTROL);
    response.clicked()
}
