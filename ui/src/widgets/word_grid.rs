//! The recovery words, numbered, in as many columns as there is room for: read downwards, as they are written on paper.

use egui::{CornerRadius, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

use crate::profiles::Secret;
use crate::theme::{Type, palette, radius, size, space};

/// Paints `words`, parted by white space, over the width there is.
pub fn word_grid_ui(ui: &mut Ui, words: &Secret) {
    let columns = if ui.available_width() < size::CARD - 3.0 * space::XXL {
        2
    } else {
        3
    };
    let words: Vec<&str> = words.expose().split_whitespace().collect();
    let rows = words.len().div_ceil(columns);
    #[expect(clippy::cast_precision_loss, reason = "two or three columns")]
    let width = ((ui.available_width() - (columns - 1) as f32 * space::S) / columns as f32).floor();
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing = Vec2::splat(space::S);
        for row in 0..rows {
            ui.horizontal(|ui| {
                for column in 0..columns {
                    let number = column * rows + row;
                    if let Some(word) = words.get(number) {
                        word_ui(ui, number + 1, word, width);
                    }
                }
            });
        }
    });
}

fn word_ui(ui: &mut Ui, number: usize, word: &str, width: f32) {
    let colours = palette(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, size::CONTROL_SMALL), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{number}. {word}")));
    let edge = Stroke::new(size::HAIRLINE, colours.hairline);
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::CONTROL),
        colours.field,
        edge,
        StrokeKind::Inside,
    );
    let middle = rect.center().y;
    let count = Type::Caption.one_line(ui.painter(), &number.to_string(), colours.secondary, space::XL);
    let right = rect.left() + space::S + space::L;
    let at = egui::pos2(right - count.size().x, middle - count.size().y / 2.0);
    ui.painter().galley(at.round(), count, colours.secondary);
    let word = Type::BodyStrong.one_line(ui.painter(), word, colours.text, rect.right() - right - space::M);
    let at = egui::pos2(right + space::S, middle - word.size().y / 2.0);
    ui.painter().galley(at.round(), word, colours.text);
}
