//! Light or dark, how large, in which language.

use egui::Ui;

use super::{part_ui, title_ui};
use crate::action::Action;
use crate::i18n::Language;
use crate::t;
use crate::theme::{Appearance, ThemeChoice};
use crate::views::Cx;
use crate::widgets::choice::choices_ui;

/// The sizes that can be chosen, in percent.
const PERCENTS: [u16; 6] = [80, 90, 100, 110, 125, 150];

/// Paints the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    title_ui(ui, cx, &t!("settings-appearance"));
    let now = cx.model.appearance;
    part_ui(ui, &t!("appearance-theme"), "");
    let themes = [
        (ThemeChoice::System, t!("appearance-system")),
        (ThemeChoice::Light, t!("appearance-light")),
        (ThemeChoice::Dark, t!("appearance-dark")),
    ];
    if let Some(theme) = choices_ui(ui, ("theme", &t!("appearance-theme")), &themes, now.theme) {
        cx.act(Action::SetAppearance(Appearance { theme, ..now }));
    }
    part_ui(ui, &t!("appearance-text-size"), "");
    let sizes = PERCENTS.map(|percent| (percent, t!("appearance-percent", percent = percent)));
    if let Some(text_percent) = choices_ui(
        ui,
        ("text size", &t!("appearance-text-size")),
        &sizes,
        now.text_percent,
    ) {
        cx.act(Action::SetAppearance(Appearance { text_percent, ..now }));
    }
    part_ui(ui, &t!("appearance-language"), "");
    let languages = [
        (None, t!("appearance-language-system")),
        (Some(Language::English), Language::English.name().to_owned()),
        (Some(Language::Hindi), Language::Hindi.name().to_owned()),
    ];
    if let Some(language) = choices_ui(
        ui,
        ("language", &t!("appearance-language")),
        &languages,
        cx.model.language,
    ) {
        cx.act(Action::SetLanguage(language));
    }
    part_ui(ui, &t!("appearance-motion"), &t!("appearance-motion-hint"));
    let motion = [
        (None, t!("appearance-motion-system")),
        (Some(true), t!("choice-on")),
        (Some(false), t!("choice-off")),
    ];
    if let Some(reduced_motion) = choices_ui(
        ui,
        ("motion", &t!("appearance-motion")),
        &motion,
        now.reduced_motion,
    ) {
        cx.act(Action::SetAppearance(Appearance {
            reduced_motion,
            ..now
        }));
    }
}
