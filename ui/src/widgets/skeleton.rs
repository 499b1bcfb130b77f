//! The shape of what is still being fetched, in its final geometry, so that nothing jumps when it comes. It stands
//! still: nothing animates while a window waits.

use egui::{CornerRadius, Rect, Sense, Ui, Vec2, pos2};

use crate::theme::{Type, palette, radius, size, space};

/// A bar where a line of text will stand, in the middle of `rect`'s height.
pub fn line(ui: &Ui, rect: Rect) {
    ui.painter()
        .rect_filled(rect, CornerRadius::same(radius::CONTROL), palette(ui).skeleton);
}

/// A row with picture, name and second line, as chats and contacts have; `row` varies the lengths.
pub fn row_ui(ui: &mut Ui, height: f32, row: usize) {
    let (rect, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), height), Sense::hover());
    let middle = rect.center().y;
    let picture = pos2(rect.left() + space::M + size::AVATAR_LIST / 2.0, middle);
    ui.painter()
        .circle_filled(picture, size::AVATAR_LIST / 2.0, palette(ui).skeleton);
    let left = rect.left() + space::M + size::AVATAR_LIST + space::M;
    let room = (rect.right() - space::L - left).max(0.0);
    let [name, last] = [[0.45, 0.8], [0.6, 0.55], [0.38, 0.7]]
        .get(row % 3)
        .copied()
        .unwrap_or([0.5, 0.6]);
    let bar =
        |from: f32, share: f32| Rect::from_min_size(pos2(left, from), Vec2::new(room * share, space::M));
    line(ui, bar(middle - Type::Body.line_height(), name));
    line(ui, bar(middle + space::XS, last));
}

/// Bubbles on both sides, filling `rect` from below, as an opening conversation will look.
pub fn bubbles_ui(ui: &Ui, rect: Rect) {
    let shapes = [
        (0.42, 1, false),
        (0.56, 2, false),
        (0.34, 1, true),
        (0.6, 3, true),
        (0.48, 1, false),
        (0.5, 2, true),
    ];
    let mut bottom = rect.bottom() - space::L;
    for (share, lines, own) in shapes.into_iter().cycle() {
        let height = Type::Body.line_height() * f32::from(lines as u8) + 2.0 * space::S;
        if bottom - height < rect.top() {
            break;
        }
        let width = (rect.width() * share).min(size::BUBBLE_MAX);
        let left = if own {
            rect.right() - space::L - width
        } else {
            rect.left() + space::L
        };
        let bubble = Rect::from_min_size(pos2(left, bottom - height), Vec2::new(width, height));
        ui.painter()
            .rect_filled(bubble, CornerRadius::same(radius::BUBBLE), palette(ui).skeleton);
        bottom -= height + space::M;
    }
}
