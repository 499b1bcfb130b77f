//! The button. It shows the request it started: after a moment its word gives way to a turning ring, and because
//! the request lives in the model, it still does so when the person went elsewhere and came back.

use std::sync::Arc;
use std::time::Duration;

use egui::{
    Color32, CornerRadius, Galley, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
};

use super::icon::Icon;
use super::{focus_ring_ui, follow_keyboard, notice};
use crate::model::requests::RequestState;
use crate::t;
use crate::theme::{Palette, Type, motion, palette, radius, size, space};

/// How loud a button is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The one thing to do here.
    Primary,
    /// Something else that can be done.
    Soft,
    /// A quiet word.
    Plain,
    /// It destroys something.
    Danger,
    /// It leads to where something can be destroyed.
    SoftDanger,
    /// The same, as a quiet word.
    PlainDanger,
}

/// A button with a word.
#[must_use = "call show"]
pub struct Button<'a> {
    text: &'a str,
    weight: Weight,
    icon: Option<Icon>,
    enabled: bool,
    busy_since_ms: Option<u64>,
    now_ms: u64,
    wide: bool,
    small: bool,
    leading: bool,
}

impl<'a> Button<'a> {
    /// A button that says `text`.
    pub fn new(weight: Weight, text: &'a str) -> Self {
        Self {
            text,
            weight,
            icon: None,
            enabled: true,
            busy_since_ms: None,
            now_ms: 0,
            wide: false,
            small: false,
            leading: false,
        }
    }

    /// The one thing to do here.
    pub fn primary(text: &'a str) -> Self {
        Self::new(Weight::Primary, text)
    }

    /// Something else that can be done.
    pub fn soft(text: &'a str) -> Self {
        Self::new(Weight::Soft, text)
    }

    /// A quiet word.
    pub fn plain(text: &'a str) -> Self {
        Self::new(Weight::Plain, text)
    }

    /// It destroys something.
    pub fn danger(text: &'a str) -> Self {
        Self::new(Weight::Danger, text)
    }

    /// It leads to where something can be destroyed.
    pub fn soft_danger(text: &'a str) -> Self {
        Self::new(Weight::SoftDanger, text)
    }

    /// The same, as a quiet word.
    pub fn plain_danger(text: &'a str) -> Self {
        Self::new(Weight::PlainDanger, text)
    }

    /// With a picture before the word.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Whether it can be pressed.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Shows the request it starts; `now_ms` is unix milliseconds.
    pub fn request(mut self, state: &RequestState<'_>, now_ms: u64) -> Self {
        self.now_ms = now_ms;
        self.busy_since_ms = match state {
            RequestState::Running { since_ms } => Some(*since_ms),
            RequestState::Idle | RequestState::Failed(_) => None,
        };
        self
    }

    /// As wide as there is room.
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// Lower, for a button within a row.
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }

    /// The word stands at the edge of the column, as in a list, and the ground under the pointer reaches beyond it.
    pub fn leading(mut self) -> Self {
        self.leading = true;
        self
    }

    /// Paints it. `clicked()` of the answer is false while its request runs.
    pub fn show(self, ui: &mut Ui) -> Response {
        let colours = palette(ui);
        let turning = self.turns(ui);
        let usable = self.enabled && self.busy_since_ms.is_none();
        let height = if self.small {
            size::CONTROL_SMALL
        } else {
            size::CONTROL
        };
        let ink = self.ink(colours);
        let style = if self.small {
            Type::Secondary
        } else {
            Type::BodyStrong
        };
        let side = if self.icon.is_some() {
            size::ICON + space::S
        } else {
            0.0
        };
        let padding = match (self.leading, self.small) {
            (true, _) => 0.0,
            (false, true) => space::M,
            (false, false) => space::L,
        };
        let room = (ui.available_width() - side - 2.0 * padding).max(0.0);
        let galley = style.one_line(ui.painter(), self.text, ink, room);
        let natural = galley.size().x + side + 2.0 * padding;
        let width = if self.wide {
            ui.available_width().max(natural)
        } else {
            natural
        };
        let sense = if usable { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(Vec2::new(width, height), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, usable, self.text));
        follow_keyboard(&response);
        if ui.is_rect_visible(rect) {
            let (fill, edge) = self.ground(colours, &response, usable);
            let rounding = CornerRadius::same(radius::CONTROL);
            let beyond = if self.leading { space::S } else { 0.0 };
            let ground = rect.expand2(Vec2::new(beyond, 0.0));
            ui.painter().rect(
                ground,
                rounding,
                fill,
                Stroke::new(size::HAIRLINE, edge),
                StrokeKind::Inside,
            );
            self.word_ui(ui, rect, galley, ink, turning);
            focus_ring_ui(ui, &response, ground, radius::CONTROL);
        }
        if turning {
            response.on_hover_text(t!("working"))
        } else {
            response
        }
    }

    /// Whether its request has run for so long that a ring turns.
    fn turns(&self, ui: &Ui) -> bool {
        let turning = self
            .busy_since_ms
            .is_some_and(|since| self.now_ms >= since + motion::BUSY_AFTER_MS);
        if let Some(since) = self.busy_since_ms.filter(|_| !turning) {
            // Nothing else may happen until the ring is due.
            let left_ms = (since + motion::BUSY_AFTER_MS).saturating_sub(self.now_ms);
            ui.ctx().request_repaint_after(Duration::from_millis(left_ms));
        }
        turning
    }

    /// The word, with its picture before it, or with a turning ring while it is being done.
    fn word_ui(&self, ui: &Ui, rect: Rect, word: Arc<Galley>, ink: Color32, turning: bool) {
        let side = if self.icon.is_some() {
            size::ICON + space::S
        } else {
            0.0
        };
        let mut at = rect.center() - Vec2::new((word.size().x + side) / 2.0, word.size().y / 2.0);
        if self.leading {
            at.x = rect.left();
        }
        if turning {
            // Where the picture stands, or before the word, which keeps its place.
            let before = if self.icon.is_some() {
                0.0
            } else {
                size::ICON + space::S
            };
            let center = egui::pos2(at.x - before + size::ICON / 2.0, rect.center().y);
            notice::ring_ui(ui, center, ink);
        } else if let Some(icon) = self.icon {
            let center = egui::pos2(at.x + size::ICON / 2.0, rect.center().y);
            icon.paint(ui.painter(), center, size::ICON, ink);
        }
        at.x += side;
        ui.painter().galley(at.round(), word, ink);
    }

    fn ink(&self, colours: &Palette) -> Color32 {
        match self.weight {
            _ if !self.enabled => colours.secondary,
            Weight::Primary | Weight::Danger => colours.on_accent,
            Weight::Soft | Weight::Plain => colours.accent,
            Weight::SoftDanger | Weight::PlainDanger => colours.danger,
        }
    }

    fn ground(&self, colours: &Palette, response: &Response, usable: bool) -> (Color32, Color32) {
        let none = Color32::TRANSPARENT;
        let over = usable && response.hovered();
        match self.weight {
            Weight::Plain | Weight::PlainDanger => (if over { colours.hover } else { none }, none),
            _ if !self.enabled => (colours.hover, none),
            Weight::Primary if over => (colours.accent_fill_hover, none),
            Weight::Primary => (colours.accent_fill, none),
            Weight::Danger => (colours.danger_fill, if over { colours.danger } else { none }),
            Weight::Soft if over => (colours.selected, none),
            Weight::Soft => (colours.accent_soft, none),
            Weight::SoftDanger => (colours.danger_soft, if over { colours.danger } else { none }),
        }
    }
}

/// A round button that is only an icon; `label` is its tooltip and its name.
pub fn icon_button(ui: &mut Ui, icon: Icon, label: &str) -> Response {
    icon_button_in(ui, icon, label, true, palette(ui).secondary)
}

/// The same, in a colour of its own, perhaps unusable.
pub fn icon_button_in(ui: &mut Ui, icon: Icon, label: &str, enabled: bool, ink: Color32) -> Response {
    let colours = palette(ui);
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size::ICON_BUTTON), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
    follow_keyboard(&response);
    if ui.is_rect_visible(rect) {
        if enabled && response.hovered() {
            ui.painter()
                .circle_filled(rect.center(), rect.width() / 2.0, colours.hover);
        }
        let ink = match (enabled, response.hovered()) {
            (false, _) => colours.unusable,
            (true, true) if ink == colours.secondary => colours.text,
            (true, _) => ink,
        };
        icon.paint_in(ui.painter(), rect, ink);
        if response.has_focus() {
            let ring = Stroke::new(size::FOCUS_RING, colours.accent);
            ui.painter()
                .circle_stroke(rect.center(), rect.width() / 2.0, ring);
        }
    }
    if label.is_empty() {
        response
    } else {
        response.on_hover_text(label)
    }
}
