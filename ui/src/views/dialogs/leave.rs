//! Take part in a group no longer: what that means is said before.

use egui::Ui;
use kith_node::Command;
use kith_node::id::ConversationId;

use super::{confirm_ui, head_ui, words_ui};
use crate::model::requests::RequestKey;
use crate::t;
use crate::views::{Cx, faces};
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;

/// The control that leaves a group.
pub fn key(conversation: ConversationId) -> RequestKey {
    RequestKey::of("leave group", conversation)
}

/// Paints the dialog.
pub fn show_ui(ui: &mut Ui, cx: &mut Cx<'_>, conversation: ConversationId) {
    let model = cx.model;
    let Some(chat) = model.chats.list.get(conversation) else {
        head_ui(ui, cx, &t!("group-leave"));
        words_ui(ui, &t!("error-unknown-conversation"));
        return;
    };
    head_ui(ui, cx, &t!("group-leave-title", name = chat.name()));
    words_ui(ui, &t!("group-leave-body"));
    let label = t!("group-leave-button");
    let leave = Button::danger(&label)
        .icon(Icon::LEAVE)
        .enabled(!faces::has_left(chat));
    let command = Command::LeaveGroup { conversation };
    confirm_ui(ui, cx, leave, key(conversation), command);
}
