//! The text field: a label above, the text, below it a hint or what is wrong. The passphrase field hides what is
//! typed until the eye is pressed, and wipes what it held when it goes.

use egui::{
    CornerRadius, Id, Margin, Rect, Response, Role, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, pos2,
};

use super::button::icon_button;
use super::icon::Icon;
use crate::t;
use crate::theme::{Type, palette, radius, size, space};

/// A field of one line.
#[must_use = "call show"]
pub struct Field<'a> {
    id: Id,
    label: &'a str,
    hint: &'a str,
    problem: Option<&'a str>,
    secret: bool,
    limit: usize,
    enabled: bool,
    mono: bool,
    icon: Option<Icon>,
}

impl<'a> Field<'a> {
    /// A field named `label`; `id` tells it from others and holds its focus.
    pub fn new(id: impl std::hash::Hash + std::fmt::Debug, label: &'a str) -> Self {
        Self {
            id: Id::unique(("field", id)),
            label,
            hint: "",
            problem: None,
            secret: false,
            limit: usize::MAX,
            enabled: true,
            mono: false,
            icon: None,
        }
    }

    /// A field that finds something: its sign before the text, and what is looked for as its hint and its name.
    pub fn search(id: impl std::hash::Hash + std::fmt::Debug, hint: &'a str) -> Self {
        Self::new(id, "").icon(Icon::SEARCH).hint(hint)
    }

    /// What stands in it while it is empty.
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    /// What is wrong with what was typed: a whole sentence below the field, which is edged in red.
    pub fn problem(mut self, problem: Option<&'a str>) -> Self {
        self.problem = problem;
        self
    }

    /// What is typed shows as dots until the eye is pressed.
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// At most so many characters.
    pub fn limit(mut self, characters: usize) -> Self {
        self.limit = characters;
        self
    }

    /// Whether it can be typed into.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Every letter as wide, for links and keys.
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// A picture before the text that says what the field is for.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Where its focus lives: `ui.memory_mut(|memory| memory.request_focus(id))`.
    pub fn id(&self) -> Id {
        self.id
    }

    /// Paints it as wide as there is room.
    pub fn show(self, ui: &mut Ui, text: &mut String) -> Response {
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let colours = palette(ui);
            if !self.label.is_empty() {
                ui.label(Type::CaptionStrong.rich(self.label, colours.text));
            }
            let response = self.edit_ui(ui, text);
            if let Some(problem) = self.problem {
                let shown = ui.add(egui::Label::new(Type::Caption.rich(problem, colours.danger)).wrap());
                shown.widget_info(|| WidgetInfo::labeled(Role::Alert, true, problem));
            }
            response
        })
        .inner
    }

    fn edit_ui(&self, ui: &mut Ui, text: &mut String) -> Response {
        let colours = palette(ui);
        let (rect, _) = ui.allocate_exact_size(
            Vec2::new(ui.available_width(), size::CONTROL),
            egui::Sense::hover(),
        );
        let focused = ui.memory(|memory| memory.has_focus(self.id));
        ground_ui(ui, rect, focused, self.problem.is_some());
        let eye = if self.secret { size::ICON_BUTTON } else { 0.0 };
        let shown_id = self.id.with("shown");
        let shown = ui.data(|data| data.get_temp::<bool>(shown_id)).unwrap_or(false);
        let style = if self.mono { Type::Mono } else { Type::Body };
        let mut inner = rect
            .with_max_x(rect.right() - eye)
            .shrink2(Vec2::new(space::M, 0.0));
        if let Some(icon) = self.icon {
            let middle = pos2(inner.left() + size::ICON / 2.0, rect.center().y);
            icon.paint(ui.painter(), middle, size::ICON, colours.secondary);
            inner.min.x += size::ICON + space::S;
        }
        let edit = TextEdit::singleline(text)
            .id(self.id)
            .password(self.secret && !shown)
            .char_limit(self.limit)
            .interactive(self.enabled)
            .frame(egui::Frame::NONE)
            .margin(Margin::ZERO)
            .font(style.font())
            .text_color(colours.text)
            .hint_text(style.rich(self.hint, colours.secondary))
            .align(egui::Align2::LEFT_CENTER)
            .desired_width(inner.width());
        let response = ui.put(inner, edit);
        if response.gained_focus() {
            ui.scroll_to_rect(rect, None);
        }
        // Without a label above it, the hint is its name, also when something was typed.
        let name = if self.label.is_empty() {
            self.hint
        } else {
            self.label
        };
        let response = if name.is_empty() {
            response
        } else {
            response.accessible_name(name)
        };
        if self.secret {
            let at = rect.with_min_x(rect.right() - eye);
            if eye_ui(ui, at.shrink2(Vec2::new(0.0, space::LINE)), shown) {
                ui.data_mut(|data| data.insert_temp(shown_id, !shown));
            }
        }
        response
    }
}

/// What a text is typed on: edged by whether it has the keyboard, and in red if something is wrong with it.
pub fn ground_ui(ui: &Ui, rect: Rect, focused: bool, wrong: bool) {
    let colours = palette(ui);
    let edge = match (wrong, focused) {
        (true, _) => Stroke::new(size::HAIRLINE, colours.danger),
        (false, true) => Stroke::new(size::FOCUS_RING, colours.accent),
        (false, false) => Stroke::new(size::HAIRLINE, colours.field_edge),
    };
    let ground = if focused { colours.window } else { colours.field };
    let rounding = CornerRadius::same(radius::CONTROL);
    ui.painter()
        .rect(rect, rounding, ground, edge, StrokeKind::Inside);
}

/// The eye that shows or hides what is typed; true when pressed.
fn eye_ui(ui: &mut Ui, rect: egui::Rect, shown: bool) -> bool {
    let (icon, label) = if shown {
        (Icon::HIDE, t!("hide-passphrase"))
    } else {
        (Icon::SHOW, t!("show-passphrase"))
    };
    let place = egui::UiBuilder::new().max_rect(rect);
    ui.scope_builder(place, |ui| icon_button(ui, icon, &label).clicked())
        .inner
}
