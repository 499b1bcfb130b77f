//! The frame around everything once a profile is open: the rail, the list, what is open beside it, the details.
//!
//! | breadth | what stands side by side |
//! |---|---|
//! | wide | rail, list, content, details when opened |
//! | medium | rail, list, content; details take the content's place |
//! | narrow | one column, the rail at the bottom while the list shows |
//!
//! What stands in the panels is painted by [`Panes`].

use egui::{
    Event, FocusDirection, Frame, Id, Key, Panel, Popup, PopupCloseBehavior, Rect, Role, Sense, Stroke, Ui,
    Vec2, WidgetInfo, accesskit, pos2,
};

use super::Cx;
use crate::action::Action;
use crate::route::{Breadth, Route, Section, SettingsPage};
use crate::t;
use crate::theme::{Type, float_frame, inset, palette, size, space};
use crate::widgets::avatar::Avatar;
use crate::widgets::badge::Badge;
use crate::widgets::icon::Icon;
use crate::widgets::put_ui;
use crate::widgets::row::{MenuRow, menu_rows_ui};

/// Where the counter of the rail stops counting.
const MOST_UNREAD: u32 = 99;
/// What egui adds to the id of a panel for the handle that its edge is dragged by.
const HANDLE: &str = "__resize";

/// What stands in the panels of the frame. Each is given a `ui` that fills its panel.
pub trait Panes {
    /// The list of the route's section.
    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>);
    /// What is open beside the list; its empty state if nothing is.
    fn content_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>);
    /// The details beside the content, shown while [`Route::details`].
    fn details_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>);
    /// How many messages wait to be read, for the rail.
    fn unread(&self, cx: &Cx<'_>) -> u32;
    /// What floats above everything: dialogs. Called after the panels; also the place for keys.
    fn above_ui(&mut self, ctx: &egui::Context, cx: &mut Cx<'_>);
    /// How high that is which stands at the lower edge of the middle and must not be covered: where one writes, or in one
    /// column the line below the list.
    fn foot(&self, cx: &Cx<'_>) -> f32;
}

/// Paints the frame and what is in it. Gives how far from the lower edge of the window words in passing keep.
pub fn frame_ui(ui: &mut Ui, cx: &mut Cx<'_>, panes: &mut dyn Panes) -> f32 {
    let narrow = cx.breadth == Breadth::Narrow;
    let unread = panes.unread(cx);
    let content_alone = narrow && cx.route.has_content();
    if narrow && !content_alone {
        let bottom = Panel::bottom("rail")
            .exact_size(size::RAIL_BOTTOM)
            .show_separator_line(false)
            .resizable(false);
        bottom
            .frame(ground(palette(ui).list))
            .show(ui, |ui| bottom_rail_ui(ui, cx, unread));
    } else if !narrow {
        let side = Panel::left("rail")
            .exact_size(size::RAIL)
            .show_separator_line(false)
            .resizable(false);
        side.frame(ground(palette(ui).list))
            .show(ui, |ui| side_rail_ui(ui, cx, unread));
    }
    let content_ground = ground(palette(ui).window);
    if content_alone {
        let show_details = cx.route.details;
        egui::CentralPanel::default()
            .frame(content_ground)
            .show(ui, |ui| {
                if show_details {
                    panes.details_ui(ui, cx)
                } else {
                    panes.content_ui(ui, cx)
                }
            });
    } else if narrow {
        let list = egui::CentralPanel::default().frame(ground(palette(ui).list));
        list.show(ui, |ui| panes.list_ui(ui, cx));
    } else {
        beside_ui(ui, cx, panes);
    }
    panes.above_ui(&ui.ctx().clone(), cx);
    let rail = if narrow && !content_alone {
        size::RAIL_BOTTOM
    } else {
        0.0
    };
    rail + panes.foot(cx)
}

fn beside_ui(ui: &mut Ui, cx: &mut Cx<'_>, panes: &mut dyn Panes) {
    // Each breadth keeps the width its list was dragged to.
    let name = ("list", cx.breadth as u8);
    let handle = ui.scope_id().with(name).with(HANDLE);
    handle_keys(ui, handle);
    let list = Panel::left(name)
        .default_size(if cx.breadth == Breadth::Wide {
            size::LIST
        } else {
            size::LIST_MIN
        })
        .size_range(size::LIST_MIN..=size::LIST_MAX)
        .resizable(true)
        .show_separator_line(false)
        .frame(ground(palette(ui).list));
    list.show(ui, |ui| {
        // A panel is as wide as what stands in it: take all of it, whatever the list holds.
        ui.take_available_width();
        panes.list_ui(ui, cx);
        edge_ui(ui);
    });
    let room = ui.available_rect_before_wrap();
    ui.ctx()
        .accesskit_node_builder(handle, |node| node.set_label(t!("list-width")));
    let beside = cx.route.details && cx.breadth == Breadth::Wide;
    let edge = if beside {
        room.right() - size::DETAILS
    } else {
        room.right()
    };
    let fill = palette(ui).window;
    let pane = || egui::CentralPanel::default().frame(ground(fill));
    // The keyboard goes through panels in the order in which they are painted: from the left to the right.
    put_ui(ui, room.with_max_x(edge), |ui| {
        pane().show(ui, |ui| {
            if cx.route.details && !beside {
                panes.details_ui(ui, cx)
            } else {
                panes.content_ui(ui, cx)
            }
        })
    });
    if beside {
        let details = room.with_min_x(edge);
        put_ui(ui, details, |ui| pane().show(ui, |ui| panes.details_ui(ui, cx)));
        let line = Stroke::new(size::HAIRLINE, palette(ui).hairline);
        ui.painter().vline(details.left(), details.y_range(), line);
    }
    if ui.memory(|memory| memory.has_focus(handle)) {
        let ring = Stroke::new(size::FOCUS_RING, palette(ui).accent);
        ui.painter().vline(room.left(), room.y_range(), ring);
    }
}

/// The arrows move the edge of the list, as they move it for a screen reader: egui itself leaves the keys to the app.
fn handle_keys(ui: &Ui, handle: Id) {
    if !ui.memory(|memory| memory.has_focus(handle)) {
        return;
    }
    let arrows = [
        (Key::ArrowLeft, accesskit::Action::Decrement),
        (Key::ArrowRight, accesskit::Action::Increment),
    ];
    for (key, action) in arrows {
        if !ui.input(|input| input.key_pressed(key)) {
            continue;
        }
        ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        let request = accesskit::ActionRequest {
            action,
            target_tree: accesskit::TreeId::ROOT,
            target_node: handle.accesskit_id(),
            data: None,
        };
        ui.input_mut(|input| input.events.push(Event::AccessKitActionRequest(request)));
    }
}

fn ground(fill: egui::Color32) -> Frame {
    Frame::new().fill(fill)
}

/// The hairline at the right edge of a panel.
fn edge_ui(ui: &Ui) {
    let room = ui.max_rect();
    let line = Stroke::new(size::HAIRLINE, palette(ui).hairline);
    ui.painter()
        .vline(room.right() - size::HAIRLINE / 2.0, room.y_range(), line);
}

fn side_rail_ui(ui: &mut Ui, cx: &mut Cx<'_>, unread: u32) {
    let room = ui.max_rect();
    edge_ui(ui);
    ui.spacing_mut().item_spacing.y = space::XS;
    ui.add_space(space::M);
    own_picture_ui(ui, cx, Vec2::new(size::RAIL, size::AVATAR_MEDIUM));
    ui.add_space(space::S);
    let cell = Vec2::new(size::RAIL, size::ROW);
    section_ui(ui, cx, Section::Chats, cell, unread);
    section_ui(ui, cx, Section::Contacts, cell, 0);
    let bottom = Rect::from_min_size(pos2(room.left(), room.bottom() - size::ROW - space::S), cell);
    ui.scope_builder(egui::UiBuilder::new().max_rect(bottom), |ui| {
        section_ui(ui, cx, Section::Settings, cell, 0)
    });
}

fn bottom_rail_ui(ui: &mut Ui, cx: &mut Cx<'_>, unread: u32) {
    let room = ui.max_rect();
    let line = Stroke::new(size::HAIRLINE, palette(ui).hairline);
    ui.painter()
        .hline(room.x_range(), room.top() + size::HAIRLINE / 2.0, line);
    let cell = Vec2::new((room.width() / 4.0).floor(), size::RAIL_BOTTOM);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for section in Section::ALL {
            section_ui(
                ui,
                cx,
                section,
                cell,
                if section == Section::Chats { unread } else { 0 },
            );
        }
        own_picture_ui(ui, cx, cell);
    });
}

fn section_ui(ui: &mut Ui, cx: &mut Cx<'_>, section: Section, cell: Vec2, unread: u32) {
    let colours = palette(ui);
    let (icon, label) = match section {
        Section::Chats => (Icon::CHATS, t!("section-chats")),
        Section::Contacts => (Icon::CONTACTS, t!("section-contacts")),
        Section::Settings => (Icon::SETTINGS, t!("section-settings")),
    };
    let selected = cx.route.section == section;
    let (rect, response) = ui.allocate_exact_size(cell, Sense::click());
    response.widget_info(|| {
        let name = if unread > 0 {
            format!("{label}, {}", t!("unread-count", count = unread))
        } else {
            label.clone()
        };
        WidgetInfo::selected(Role::Tab, true, selected, name)
    });
    let pill = Rect::from_center_size(rect.center(), Vec2::new(size::AVATAR_LIST, size::ICON_BUTTON));
    let rounding = egui::CornerRadius::same(crate::theme::radius::CARD);
    if selected {
        ui.painter().rect_filled(pill, rounding, colours.selected);
    } else if response.hovered() {
        ui.painter().rect_filled(pill, rounding, colours.hover);
    }
    crate::widgets::focus_ring_ui(ui, &response, pill, crate::theme::radius::CARD);
    let ink = if selected {
        colours.accent
    } else {
        colours.secondary
    };
    icon.paint(ui.painter(), rect.center(), size::ICON + space::XS, ink);
    if unread > 0 {
        // Beside the icon and above it; a wide one keeps off the edge of the rail.
        let badge = Badge::new(ui, unread, MOST_UNREAD);
        let edge = (cell.x / 2.0 - space::XS).min(space::XS + badge.width());
        let (right, middle) = (rect.center().x + edge, pill.top());
        badge.part(ui, right, middle, colours.list);
        badge.paint(ui, right, middle);
    }
    // Beside the rail, not below it, where the window's edge would cut it.
    let mut tip = egui::Tooltip::for_enabled(&response);
    tip.popup = tip.popup.align(egui::RectAlign::RIGHT);
    tip.show(|ui| ui.label(Type::Secondary.rich(label, palette(ui).text)));
    if response.clicked() && (!selected || cx.route.has_content()) {
        cx.act(Action::Go(Route::section(section)));
    }
}

fn own_picture_ui(ui: &mut Ui, cx: &mut Cx<'_>, cell: Vec2) {
    let (rect, response) = ui.allocate_exact_size(cell, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, t!("own-menu")));
    let side = size::AVATAR_MEDIUM.min(cell.y - space::L);
    let picture = Rect::from_center_size(rect.center(), Vec2::splat(side.max(size::AVATAR_SMALL)));
    if let Some(profile) = &cx.model.profile {
        let texture = cx.model.pictures.get(profile.picture.as_deref());
        let avatar = Avatar::new(cx.model.own_hue(), &profile.name).picture(texture.as_ref());
        avatar.paint(ui, picture, palette(ui).list);
    } else {
        ui.painter()
            .circle_filled(picture.center(), picture.width() / 2.0, palette(ui).skeleton);
    }
    if response.has_focus() {
        let ring = Stroke::new(size::FOCUS_RING, palette(ui).accent);
        ui.painter()
            .circle_stroke(picture.center(), picture.width() / 2.0 + size::FOCUS_RING, ring);
    }
    let menu = Popup::menu(&response)
        .anchor(picture)
        .close_behavior(PopupCloseBehavior::CloseOnClick);
    menu.frame(float_frame(palette(ui)).inner_margin(inset::S))
        .width(size::MENU)
        .show(|ui| own_menu_ui(ui, cx, response.id));
}

/// `opener` is what opened the menu.
fn own_menu_ui(ui: &mut Ui, cx: &mut Cx<'_>, opener: Id) {
    ui.set_width(size::MENU);
    ui.spacing_mut().item_spacing.y = 0.0;
    if let Some(profile) = &cx.model.profile {
        let colours = palette(ui);
        ui.add_space(space::XS);
        ui.horizontal(|ui| {
            ui.add_space(space::S);
            ui.add(egui::Label::new(Type::BodyStrong.rich(&profile.name, colours.text)).truncate());
        });
        ui.add_space(space::S);
    }
    let profile = Route {
        settings: Some(SettingsPage::Profile),
        ..Route::section(Section::Settings)
    };
    let rows = vec![
        MenuRow::new(Action::Go(profile), Icon::PERSON, t!("own-profile")),
        MenuRow::new(
            Action::OpenOther(None),
            Icon::OTHER_PROFILE,
            t!("own-other-profile"),
        ),
        MenuRow::new(Action::Lock, Icon::LOCK, t!("own-lock")),
        MenuRow::new(Action::Quit, Icon::QUIT, t!("own-quit")),
    ];
    if let Some(chosen) = menu_rows_ui(ui, opener, rows) {
        cx.act(chosen);
    }
}
