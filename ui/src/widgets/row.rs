//! A row that can be pressed: of a menu, of settings, of a list. Its ground says whether it is open, under the
//! pointer or has the keyboard; what stands in it is painted by the caller into the rectangle it gives.

use egui::{CornerRadius, Id, Key, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, pos2};

use super::focus_ring_ui;
use super::icon::Icon;
use crate::theme::{Type, palette, radius, size, space};

/// The place of a row among the stops of the keyboard.
#[derive(Clone, Copy, Debug)]
pub struct Stop {
    /// Holds the focus of the row.
    pub id: Id,
    /// Whether Tab comes to it.
    pub is: bool,
}

/// A row `height` points high over the whole width, named `label`. Gives its place and its answer; the ground is
/// painted already.
pub fn row_ui(ui: &mut Ui, height: f32, selected: bool, label: &str) -> (Rect, Response) {
    let (id, rect) = ui.allocate_space(Vec2::new(ui.available_width(), height));
    let response = ground_ui(ui, Stop { id, is: true }, rect, selected, label);
    (rect, response)
}

/// The same for a row of a list that is one stop for the keyboard.
pub fn list_row_ui(ui: &mut Ui, stop: Stop, height: f32, selected: bool, label: &str) -> (Rect, Response) {
    let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), height));
    (rect, ground_ui(ui, stop, rect, selected, label))
}

/// The ground of a row whose place `rect` was taken already, and what is done to it.
pub fn ground_ui(ui: &Ui, stop: Stop, rect: Rect, selected: bool, label: &str) -> Response {
    let sense = if stop.is { Sense::click() } else { Sense::CLICK };
    let response = ui.interact(rect, stop.id, sense);
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
    response
}

/// A row of a menu: what it stands for, a picture and a word.
pub struct MenuRow<T> {
    gives: T,
    icon: Icon,
    label: String,
    danger: bool,
}

impl<T> MenuRow<T> {
    /// A row that stands for `gives`.
    pub fn new(gives: T, icon: Icon, label: String) -> Self {
        Self {
            gives,
            icon,
            label,
            danger: false,
        }
    }

    /// In red: it destroys something.
    pub fn danger(mut self) -> Self {
        self.danger = true;
        self
    }
}

/// Paints the rows of a menu; gives what was chosen, and closes the menu then.
///
/// If `opener` has the keyboard, the first row takes it; it goes back when the menu closes.
pub fn menu_rows_ui<T>(ui: &mut Ui, opener: Id, rows: Vec<MenuRow<T>>) -> Option<T> {
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut chosen = None;
    let mut ids = Vec::new();
    for row in rows {
        let response = menu_row_ui(ui, &row);
        ids.push(response.id);
        if response.clicked() {
            chosen = Some(row.gives);
        }
    }
    if chosen.is_some() {
        // A click of the pointer closes the menu by itself, a key does not.
        ui.close();
    }
    if ui.is_sizing_pass() {
        return chosen;
    }
    let closes = chosen.is_some() || ui.input(|input| input.key_pressed(Key::Escape));
    ui.memory_mut(|memory| {
        let within = ids.iter().any(|id| memory.had_focus_last_frame(*id));
        let first = ids.first().filter(|_| memory.has_focus(opener));
        if closes && within {
            memory.request_focus(opener);
        } else if let Some(first) = first.filter(|_| !closes) {
            memory.request_focus(*first);
        }
    });
    chosen
}

fn menu_row_ui<T>(ui: &mut Ui, row: &MenuRow<T>) -> Response {
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(ui.available_width(), size::MENU_ROW), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, &row.label));
    let colours = palette(ui);
    if response.hovered() || response.has_focus() {
        ui.painter()
            .rect_filled(rect, CornerRadius::same(radius::CONTROL), colours.hover);
    }
    focus_ring_ui(ui, &response, rect.shrink(size::FOCUS_RING), radius::CONTROL);
    let ink = if row.danger { colours.danger } else { colours.text };
    let mark = if row.danger {
        colours.danger
    } else {
        colours.secondary
    };
    let icon_at = pos2(rect.left() + space::S + size::ICON / 2.0, rect.center().y);
    row.icon.paint(ui.painter(), icon_at, size::ICON, mark);
    let left = rect.left() + space::S + size::ICON + space::M;
    let galley = Type::Body.one_line(ui.painter(), &row.label, ink, rect.right() - space::S - left);
    ui.painter().galley(
        pos2(left, rect.center().y - galley.size().y / 2.0).round(),
        galley,
        ink,
    );
    response
}
