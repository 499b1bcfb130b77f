//! Some choices of which one holds, as pills side by side.

use egui::{Id, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::focus_ring_ui;
use super::icon::Icon;
use super::one_stop::OneStop;
use super::row::Stop;
use crate::theme::{Type, palette, radius, size, space};

/// Some choices of which one holds, side by side; where there is not room for all, in even columns. They are one stop for
/// the keyboard: Tab comes to the one that holds, the arrows go along them, the space bar chooses. `id` tells them from
/// others, `name` says to a screen reader what is chosen. Gives the one that was pressed.
pub fn choices_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    (id, name): (&str, &str),
    choices: &[(T, String)],
    held: T,
) -> Option<T> {
    let mut pressed = None;
    let ids = (0..choices.len()).map(|number| Id::unique(("choice", id, number)));
    let holds = choices.iter().position(|(choice, _)| *choice == held);
    let stops = OneStop::new(ui, ids.collect(), holds.unwrap_or_default());
    let widths: Vec<_> = choices
        .iter()
        .map(|(choice, label)| natural_width(ui, label, *choice == held))
        .collect();
    let columns = columns(&widths, ui.available_width());
    ui.vertical(|ui| {
        ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
            node.set_role(Role::RadioGroup);
            node.set_label(name);
        });
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        let per_row = columns.map_or(choices.len().max(1), |(count, _)| count);
        let all: Vec<_> = choices.iter().zip(widths).enumerate().collect();
        for row in all.chunks(per_row) {
            ui.horizontal(|ui| {
                for (number, ((choice, label), natural)) in row {
                    let width = columns.map_or(*natural, |(_, even)| even);
                    if let Some(stop) = stops.stop(*number)
                        && choice_ui(ui, stop, label, *choice == held, width)
                    {
                        pressed = Some(*choice);
                    }
                }
            });
        }
    });
    pressed
}

/// How many stand in a row and how wide each is, if not all fit into one row `room` points wide: as few rows as can be, all
/// as full as one another.
fn columns(widths: &[f32], room: f32) -> Option<(usize, f32)> {
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let gaps = |count: usize| count.saturating_sub(1) as f32 * space::S;
    let all: f32 = widths.iter().sum();
    if all + gaps(widths.len()) <= room {
        return None;
    }
    let widest = widths.iter().copied().fold(0.0, f32::max);
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let fits = |count: &usize| *count as f32 * widest + gaps(*count) <= room;
    let most = (1..widths.len()).rev().find(fits).unwrap_or(1);
    let rows = widths.len().div_ceil(most);
    let count = widths.len().div_ceil(rows);
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let even = ((room - gaps(count)) / count as f32).floor();
    Some((count, even))
}

fn natural_width(ui: &Ui, label: &str, held: bool) -> f32 {
    let mark = if held { size::ICON_SMALL + space::XS } else { 0.0 };
    (Type::Secondary.width(ui.painter(), label) + mark + 2.0 * space::M).ceil()
}

fn choice_ui(ui: &mut Ui, stop: Stop, label: &str, held: bool, width: f32) -> bool {
    let colours = palette(ui);
    let ink = if held { colours.accent } else { colours.text };
    let mark = if held { size::ICON_SMALL + space::XS } else { 0.0 };
    let galley = Type::Secondary.one_line(ui.painter(), label, ink, width - mark - 2.0 * space::M);
    let (_, rect) = ui.allocate_space(vec2(width, size::ICON_BUTTON));
    let sense = if stop.is { Sense::click() } else { Sense::CLICK };
    let response = ui.interact(rect, stop.id, sense);
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
    let mut left = rect.center().x - (galley.size().x + mark) / 2.0;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_in_a_row_stands_in_even_columns() {
        assert_eq!(columns(&[50.0, 60.0], 200.0), None);
        let (count, width) = columns(&[64.0, 60.0, 58.0, 66.0, 70.0, 76.0], 400.0).unwrap();
        assert_eq!((count, width), (3, 128.0), "two rows of three, not five and one");
        let (count, _) = columns(&[80.0; 6], 180.0).unwrap();
        assert_eq!(count, 2);
        assert_eq!(columns(&[300.0, 80.0], 180.0), Some((1, 180.0)));
    }
}
