//! What stands in the frame's panels: each call goes on to the view of the route's section.

use egui::Ui;

use super::Cx;
use super::frame::Panes;
use crate::route::Section;
use crate::t;
use crate::theme::{Type, palette, size, space};

/// The views of an open profile.
#[derive(Default)]
pub struct Talk {}

impl Panes for Talk {
    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let title = match cx.route.section {
            Section::Chats => t!("section-chats"),
            Section::Contacts => t!("section-contacts"),
            Section::Settings => t!("section-settings"),
        };
        ui.horizontal(|ui| {
            ui.set_height(size::HEADER);
            ui.add_space(space::L);
            ui.label(Type::Screen.rich(title, palette(ui).text));
        });
    }

    fn content_ui(&mut self, _ui: &mut Ui, _cx: &mut Cx<'_>) {}

    fn details_ui(&mut self, _ui: &mut Ui, _cx: &mut Cx<'_>) {}

    fn unread(&self, _cx: &Cx<'_>) -> u32 {
        0
    }

    fn above_ui(&mut self, _ctx: &egui::Context, _cx: &mut Cx<'_>) {}
}
