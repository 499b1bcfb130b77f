//! A row that can be pressed: of a menu, of settings, of a list. Its ground says whether it is open, under the
//! pointer or has the keyboard; what stands in it is painted by the caller into the rectangle it gives.

use egui::{CornerRadius, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, pos2};

use super::focus_ring_ui;
use super::icon::Icon;
use crate::theme::{Type, palette, radius, size, space};

/// A row `height` points high over the whole width, named `label`. Gives its place and its answer; the ground is
/// painted already.
pub fn row_ui(ui: &mut Ui, height: f32, selected: bool, label: &str) -> (Rect, Response) {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), height), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, label));
    let colours = palette(ui);
    let ground = rect.shrink2(Vec2::new(space::XS, 0.0));
    let rounding = CornerRadius::same(radius::CONTROL);
    if selected {
        ui.painter().rect_filled(ground, rounding, colours.selected);
    } else if response.hovered() {
        ui.painter().rect_filled(ground, rounding, colours.hover);
    }
    focus_ring_ui(ui, &response, ground.shrink(size::FOCUS_RING), radius::CONTROL);
    (rect, response)
}

/// A row of a menu: an icon and a word; `danger` paints it in red.
pub fn menu_row_ui(ui: &mut Ui, icon: Icon, label: &str, danger: bool) -> Response {
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(ui.available_width(), size::MENU_ROW), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, label));
    let colours = palette(ui);
    if response.hovered() || response.has_focus() {
        ui.painter()
            .rect_filled(rect, CornerRadius::same(radius::CONTROL), colours.hover);
    }
    let ink = if danger { colours.danger } else { colours.text };
    let mark = if danger { colours.danger } else { colours.secondary };
    let icon_at = pos2(rect.left() + space::S + size::ICON / 2.0, rect.center().y);
    icon.paint(ui.painter(), icon_at, size::ICON, mark);
    let left = rect.left() + space::S + size::ICON + space::M;
    let galley = Type::Body.one_line(ui.painter(), label, ink, rect.right() - space::S - left);
    ui.painter().galley(
        pos2(left, rect.center().y - galley.size().y / 2.0).round(),
        galley,
        ink,
    );
    response
}
