//! What stands in the frame's panels once a profile is open: each call goes on to the view of the route's section.

use egui::Ui;

use super::frame::Panes;
use super::{Cx, contacts, shortcuts, status_line};
use crate::profiles::Secret;
use crate::route::{Breadth, Section};
use crate::views::chats::ChatList;
use crate::views::contacts::ContactList;
use crate::views::conversation::ConversationScreen;
use crate::views::dialogs::Dialogs;
use crate::views::settings::Settings;
use crate::widgets::put_ui;

/// The views of an open profile.
#[derive(Default)]
pub struct Talk {
    chats: ChatList,
    conversation: ConversationScreen,
    contacts: ContactList,
    settings: Settings,
    dialogs: Dialogs,
}

impl Talk {
    /// Hands the recovery words to the dialog that asked for them.
    pub fn reveal(&mut self, words: Secret) {
        self.dialogs.reveal(words);
    }
}

impl Panes for Talk {
    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let room = ui.available_rect_before_wrap();
        ui.expand_to_include_rect(room);
        let list = room.with_max_y((room.bottom() - status_line::height(cx.model)).max(room.top()));
        put_ui(ui, list, |ui| match cx.route.section {
            Section::Chats => self.chats.list_ui(ui, cx),
            Section::Contacts => self.contacts.list_ui(ui, cx),
            Section::Settings => self.settings.list_ui(ui, cx),
        });
        let line = room.with_min_y(list.bottom());
        put_ui(ui, line, |ui| status_line::line_ui(ui, cx));
    }

    fn content_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        match cx.route.section {
            Section::Chats => self.conversation.content_ui(ui, cx),
            Section::Contacts => contacts::content_ui(ui, cx),
            Section::Settings => self.settings.content_ui(ui, cx),
        }
    }

    fn details_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        contacts::details_ui(ui, cx);
    }

    fn unread(&self, cx: &Cx<'_>) -> u32 {
        cx.model.unread_total()
    }

    fn above_ui(&mut self, ctx: &egui::Context, cx: &mut Cx<'_>) {
        self.conversation.follow(ctx, cx);
        shortcuts::listen(ctx, cx);
        self.dialogs.show(ctx, cx);
    }

    fn foot(&self, cx: &Cx<'_>) -> f32 {
        let narrow = cx.breadth == Breadth::Narrow;
        let details_in_place = cx.route.details && cx.breadth != Breadth::Wide;
        if narrow && !cx.route.has_content() {
            status_line::height(cx.model)
        } else if cx.route.section == Section::Chats && !details_in_place {
            self.conversation.foot()
        } else {
            0.0
        }
    }
}
