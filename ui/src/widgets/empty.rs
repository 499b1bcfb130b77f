//! What stands where there is nothing yet: an icon, one sentence, one thing to do. The same shape tells that
//! something could not be loaded.

use egui::{Sense, Ui, Vec2};

use super::button::Button;
use super::icon::Icon;
use crate::theme::{Type, palette, size, space};

/// An empty, or failed, surface.
#[must_use = "call show"]
pub struct Empty<'a> {
    icon: Icon,
    title: &'a str,
    text: &'a str,
    action: Option<&'a str>,
    other: Option<&'a str>,
}

/// Which of its buttons was pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressed {
    /// The one thing to do.
    pub action: bool,
    /// What else can be done.
    pub other: bool,
}

impl<'a> Empty<'a> {
    /// `title` in a few words, `text` in a sentence.
    pub fn new(icon: Icon, title: &'a str, text: &'a str) -> Self {
        Self {
            icon,
            title,
            text,
            action: None,
            other: None,
        }
    }

    /// The one thing to do.
    pub fn action(mut self, label: &'a str) -> Self {
        self.action = Some(label);
        self
    }

    /// What else can be done, quieter and below the action.
    pub fn other(mut self, label: &'a str) -> Self {
        self.other = Some(label);
        self
    }

    /// Paints it in the middle of the room that is left.
    pub fn show(self, ui: &mut Ui) -> Pressed {
        let colours = palette(ui);
        let disc = 2.0 * size::ICON_HERO;
        let width = (ui.available_width() - 2.0 * space::XL).min(size::BUBBLE_MAX - 2.0 * space::XXL);
        let text = Type::Secondary.wrapped(ui.painter(), self.text, colours.secondary, width);
        let action = if self.action.is_some() {
            space::L + size::CONTROL
        } else {
            0.0
        };
        let other = if self.other.is_some() {
            space::XS + size::CONTROL
        } else {
            0.0
        };
        let words = Type::Title.line_height() + space::XS + text.size().y;
        let height = disc + space::L + words + action + other;
        // Where two stand side by side, their pictures stand on one line: a share of the window, not of what is left.
        let top = ui.available_rect_before_wrap().top();
        let line = ui.ctx().content_rect().height() * size::EMPTY_LINE - top;
        let free = ui.available_height() - height;
        ui.vertical_centered(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add_space(line.min(free - space::L).max(space::L));
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(disc), Sense::hover());
            ui.painter()
                .circle_filled(rect.center(), disc / 2.0, colours.accent_soft);
            self.icon
                .paint(ui.painter(), rect.center(), size::ICON_HERO, colours.accent);
            ui.add_space(space::L);
            ui.label(Type::Title.rich(self.title, colours.text));
            ui.add_space(space::XS);
            ui.scope(|ui| {
                ui.set_max_width(width);
                ui.label(Type::Secondary.rich(self.text, colours.secondary));
            });
            let mut pressed = Pressed::default();
            if let Some(label) = self.action {
                ui.add_space(space::L);
                pressed.action = Button::primary(label).show(ui).clicked();
            }
            if let Some(label) = self.other {
                ui.add_space(space::XS);
                pressed.other = Button::plain(label).show(ui).clicked();
            }
            pressed
        })
        .inner
    }
}
