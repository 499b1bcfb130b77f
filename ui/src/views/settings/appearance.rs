//! Light or dark, how large, in which language.

use egui::{Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{part_ui, title_ui};
use crate::action::Action;
use crate::i18n::Language;
use crate::t;
use crate::theme::{Appearance, ThemeChoice, Type, palette, radius, size, space};
use crate::views::Cx;
use crate::widgets::focus_ring_ui;
use crate::widgets::icon::Icon;

/// The sizes that can be chosen, in percent.
const PERCENTS: [u16; 6] = [80, 90, 100, 110, 125, 150];

/// Paints the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    title_ui(ui, &t!("settings-appearance"));
    let now = cx.model.appearance;
    part_ui(ui, &t!("appearance-theme"), "");
    let themes = [
        (ThemeChoice::System, t!("appearance-system")),
        (ThemeChoice::Light, t!("appearance-light")),
        (ThemeChoice::Dark, t!("appearance-dark")),
    ];
    if let Some(theme) = choices_ui(ui, &themes, now.theme) {
        cx.act(Action::SetAppearance(Appearance { theme, ..now }));
    }
    part_ui(ui, &t!("appearance-text-size"), "");
    let sizes = PERCENTS.map(|percent| (percent, t!("appearance-percent", percent = percent)));
    if let Some(text_percent) = choices_ui(ui, &sizes, now.text_percent) {
        cx.act(Action::SetAppearance(Appearance { text_percent, ..now }));
    }
    part_ui(ui, &t!("appearance-language"), "");
    let languages = [
        (None, t!("appearance-language-system")),
        (Some(Language::English), Language::English.name().to_owned()),
        (Some(Language::Hindi), Language::Hindi.name().to_owned()),
    ];
    if let Some(language) = choices_ui(ui, &languages, cx.model.language) {
        cx.act(Action::SetLanguage(language));
    }
    part_ui(ui, &t!("appearance-motion"), &t!("appearance-motion-hint"));
    let motion = [(true, t!("choice-on")), (false, t!("choice-off"))];
    if let Some(reduced_motion) = choices_ui(ui, &motion, now.reduced_motion) {
        cx.act(Action::SetAppearance(Appearance {
            reduced_motion,
            ..now
        }));
    }
}

/// Some choices of which one holds, side by side as far as there is room; gives the one that was pressed.
fn choices_ui<T: Copy + PartialEq>(ui: &mut Ui, choices: &[(T, String)], held: T) -> Option<T> {
    let mut pressed = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        for (choice, label) in choices {
            if choice_ui(ui, label, *choice == held) {
                pressed = Some(*choice);
            }
        }
    });
    pressed
}

fn choice_ui(ui: &mut Ui, label: &str, held: bool) -> bool {
    let colours = palette(ui);
    let ink = if held { colours.accent } else { colours.text };
    let galley = Type::Secondary.one_line(ui.painter(), label, ink, f32::INFINITY);
    let mark = if held { size::ICON_SMALL + space::XS } else { 0.0 };
    let width = (galley.size().x + mark + 2.0 * space::M).ceil();
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::ICON_BUTTON), Sense::click());
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
    let mut left = rect.left() + space::M;
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
