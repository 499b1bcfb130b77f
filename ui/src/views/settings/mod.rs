//! Everything that can be set: the list of pages, and each page.

mod appearance;
mod carrying;
mod network;
mod profile;
mod security;

use egui::{Role, ScrollArea, Sense, Ui, WidgetInfo, pos2};

use crate::action::Action;
use crate::route::{Breadth, Route, Section, SettingsPage};
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::Cx;
use crate::views::contacts::back_bar_ui;
use crate::widgets::empty::Empty;
use crate::widgets::icon::Icon;
use crate::widgets::logo::logo_ui;
use crate::widgets::row::row_ui;

/// Grey rows while what a page shows is on its way.
const SKELETONS: usize = 3;

/// The settings, and what is typed on their pages.
#[derive(Default)]
pub struct Settings {
    profile: profile::ProfilePage,
    security: security::SecurityPage,
    network: network::NetworkPage,
}

impl Settings {
    /// Paints the list of pages.
    pub fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let (rect, name) =
            ui.allocate_exact_size(egui::vec2(ui.available_width(), size::HEADER), Sense::hover());
        let title = t!("section-settings");
        name.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &title));
        let galley = Type::Screen.one_line(
            ui.painter(),
            &title,
            palette(ui).text,
            rect.width() - 2.0 * space::L,
        );
        let at = pos2(rect.left() + space::L, rect.center().y - galley.size().y / 2.0).round();
        ui.painter().galley(at, galley, palette(ui).text);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for (page, icon, name, hint) in pages() {
                if page_row_ui(ui, icon, &name, &hint, cx.route.settings == Some(page)) {
                    let settings = Some(page);
                    cx.act(Action::Go(Route {
                        settings,
                        ..Route::section(Section::Settings)
                    }));
                }
            }
        });
    }

    /// Paints the open page, or what stands there when none is open.
    pub fn content_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let narrow = cx.breadth == Breadth::Narrow;
        if narrow {
            let mut all = pages().into_iter();
            let open = all.find(|(page, ..)| cx.route.settings == Some(*page));
            back_bar_ui(ui, cx, &open.map(|(_, _, name, _)| name).unwrap_or_default());
        }
        let Some(page) = cx.route.settings else {
            let (title, hint) = (t!("settings-none-title"), t!("settings-none-hint"));
            Empty::new(Icon::SETTINGS, &title, &hint).show(ui);
            return;
        };
        ScrollArea::vertical()
            .id_salt(page)
            .auto_shrink(false)
            .show(ui, |ui| {
                let room = ui.available_width();
                let width = (room - 2.0 * space::L).min(size::COLUMN - 2.0 * space::XXL);
                let side = ((room - width) / 2.0).floor();
                let inner = ui.max_rect().with_min_x(ui.max_rect().left() + side);
                let inner = inner.with_max_x(inner.left() + width);
                ui.scope_builder(egui::UiBuilder::new().max_rect(inner), |ui| {
                    ui.spacing_mut().item_spacing.y = space::S;
                    ui.add_space(if narrow { space::S } else { page_top() });
                    match page {
                        SettingsPage::Profile => self.profile.page_ui(ui, cx),
                        SettingsPage::Appearance => appearance::page_ui(ui, cx),
                        SettingsPage::Security => self.security.page_ui(ui, cx),
                        SettingsPage::Carrying => carrying::page_ui(ui, cx),
                        SettingsPage::Network => self.network.page_ui(ui, cx),
                        SettingsPage::About => about_ui(ui, cx),
                    }
                    ui.add_space(space::XL);
                });
            });
    }
}

/// The pages in their order: which, its icon, its name and what it is about.
fn pages() -> [(SettingsPage, Icon, String, String); 6] {
    [
        (
            SettingsPage::Profile,
            Icon::PERSON,
            t!("settings-profile"),
            t!("settings-profile-hint"),
        ),
        (
            SettingsPage::Appearance,
            Icon::APPEARANCE,
            t!("settings-appearance"),
            t!("settings-appearance-hint"),
        ),
        (
            SettingsPage::Security,
            Icon::SHIELD,
            t!("settings-security"),
            t!("settings-security-hint"),
        ),
        (
            SettingsPage::Carrying,
            Icon::CARRIED,
            t!("settings-carrying"),
            t!("settings-carrying-hint"),
        ),
        (
            SettingsPage::Network,
            Icon::NETWORK,
            t!("settings-network"),
            t!("settings-network-hint"),
        ),
        (
            SettingsPage::About,
            Icon::INFO,
            t!("settings-about"),
            t!("settings-about-hint"),
        ),
    ]
}

fn page_row_ui(ui: &mut Ui, icon: Icon, name: &str, hint: &str, open: bool) -> bool {
    let (rect, response) = row_ui(ui, size::ROW + space::S, open, name);
    let colours = palette(ui);
    let mark = pos2(rect.left() + space::M + size::ICON_BUTTON / 2.0, rect.center().y);
    ui.painter()
        .circle_filled(mark, size::ICON_BUTTON / 2.0, colours.accent_soft);
    icon.paint(ui.painter(), mark, size::ICON, colours.accent);
    let left = mark.x + size::ICON_BUTTON / 2.0 + space::M;
    let width = rect.right() - space::L - left;
    let title = Type::Body.one_line(ui.painter(), name, colours.text, width);
    let line = Type::Caption.one_line(ui.painter(), hint, colours.secondary, width);
    let top = (rect.center().y - (title.size().y + line.size().y) / 2.0).round();
    let below = top + title.size().y;
    ui.painter().galley(pos2(left, top), title, colours.text);
    ui.painter().galley(pos2(left, below), line, colours.secondary);
    response.clicked()
}

/// What stands above the name of a page, so that it stands beside the name of the list.
pub fn page_top() -> f32 {
    ((size::HEADER - Type::Screen.line_height()) / 2.0).round()
}

/// The name of a page; in a narrow window the bar above says it.
fn title_ui(ui: &mut Ui, cx: &Cx<'_>, text: &str) {
    if cx.breadth == Breadth::Narrow {
        return;
    }
    let label = ui.label(Type::Screen.rich(text, palette(ui).text));
    label.widget_info(|| WidgetInfo::labeled(Role::Heading, true, text));
    ui.add_space(space::S);
}

/// The name of a part of a page, and a sentence about it.
fn part_ui(ui: &mut Ui, text: &str, hint: &str) {
    ui.add_space(space::M);
    ui.label(Type::BodyStrong.rich(text, palette(ui).text));
    if !hint.is_empty() {
        ui.add(egui::Label::new(Type::Secondary.rich(hint, palette(ui).secondary)).wrap());
    }
}

fn about_ui(ui: &mut Ui, cx: &Cx<'_>) {
    title_ui(ui, cx, &t!("settings-about"));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        logo_ui(ui, size::LOGO);
        ui.vertical(|ui| {
            let version = t!("about-version", version = env!("CARGO_PKG_VERSION"));
            let lines = Type::Screen.line_height() + Type::Body.line_height();
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add_space(((size::LOGO - lines) / 2.0).floor());
            ui.label(Type::Screen.rich(t!("app-name"), palette(ui).text));
            ui.label(Type::Body.rich(version, palette(ui).secondary));
        });
    });
    ui.add_space(space::M);
    ui.add(egui::Label::new(Type::Body.rich(t!("about-promise"), palette(ui).text)).wrap());
    ui.add(egui::Label::new(Type::Secondary.rich(t!("about-licence"), palette(ui).secondary)).wrap());
}
