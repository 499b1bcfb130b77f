//! What stands where there is nothing yet: an icon, one sentence, one thing to do. The same shape tells that
//! something could not be loaded.

use egui::{Response, Sense, Ui, Vec2};

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
}

impl<'a> Empty<'a> {
    /// `title` in a few words, `text` in a sentence.
    pub fn new(icon: Icon, title: &'a str, text: &'a str) -> Self {
        Self {
            icon,
            title,
            text,
            action: None,
        }
    }

    /// The one thing to do.
    pub fn action(mut self, label: &'a str) -> Self {
        self.action = Some(label);
        self
    }

    /// Paints it in the middle of the room that is left. Gives the answer of its button, if it has one.
    pub fn show(self, ui: &mut Ui) -> Option<Response> {
        let colours = palette(ui);
        let disc = 2.0 * size::ICON_HERO;
        let width = (ui.available_width() - 2.0 * space::XL).min(size::BUBBLE_MAX - 2.0 * space::XXL);
        let text = Type::Secondary.wrapped(ui.painter(), self.text, colours.secondary, width);
        let action = if self.action.is_some() {
            space::L + size::CONTROL
        } else {
            0.0
        };
        let height = disc + space::L + Type::Title.line_height() + space::XS + text.size().y + action;
        let room = ui.available_height();
        ui.vertical_centered(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add_space(((room - height) * 0.46).max(space::L));
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
            self.action.map(|label| {
                ui.add_space(space::L);
                Button::primary(label).show(ui)
            })
        })
        .inner
    }
}
