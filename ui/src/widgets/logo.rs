//! Kith's mark: two speech bubbles that overlap like two people leaning together. The same drawing as
//! `assets/logo.svg`, as shapes, so that it is sharp at any size.

use egui::{Color32, CornerRadius, Painter, Rect, Role, Sense, Shape, Ui, Vec2, WidgetInfo, pos2};

use crate::t;
use crate::theme::palette;

/// Puts the mark into the layout, `side` points wide and high.
pub fn logo_ui(ui: &mut Ui, side: f32) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, t!("app-name")));
    let colours = palette(ui);
    paint(ui.painter(), rect, colours.accent_fill, colours.on_accent);
    response
}

/// Paints the mark into `rect`: the tile in `tile`, the bubbles in `ink`.
pub fn paint(painter: &Painter, rect: Rect, tile: Color32, ink: Color32) {
    let unit = rect.width() / 64.0;
    let at = |x: f32, y: f32| pos2(rect.left() + x * unit, rect.top() + y * unit);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a radius below 256"
    )]
    let round = |radius: f32| CornerRadius::same((radius * unit).clamp(0.0, 255.0) as u8);
    let block =
        |left: f32, top: f32, right: f32, bottom: f32| Rect::from_min_max(at(left, top), at(right, bottom));
    painter.rect_filled(rect, round(16.0), tile);
    // The one behind, in a lighter shade of the tile; its tail points down to the right.
    let shade = tile.lerp_to_gamma(ink, 0.45);
    painter.rect_filled(block(24.0, 14.0, 52.0, 36.0), round(9.0), shade);
    painter.add(Shape::convex_polygon(
        vec![at(41.0, 33.0), at(50.0, 31.0), at(49.0, 42.0)],
        shade,
        (0.0, shade),
    ));
    // The one in front, parted from it by a seam of the tile's colour.
    painter.rect_filled(block(10.0, 22.0, 42.0, 46.0), round(11.0), tile);
    painter.rect_filled(block(12.0, 24.0, 40.0, 44.0), round(9.0), ink);
    painter.add(Shape::convex_polygon(
        vec![at(14.0, 39.0), at(23.0, 42.0), at(14.0, 51.0)],
        ink,
        (0.0, ink),
    ));
}
