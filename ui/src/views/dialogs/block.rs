//! Want nothing of somebody any more: what that means is said before.

use egui::Ui;
use kith_node::Command;
use kith_node::id::AccountId;

use super::{confirm_ui, head_ui, words_ui};
use crate::model::requests::RequestKey;
use crate::t;
use crate::views::Cx;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;

/// The control that blocks somebody, or takes that back.
pub fn key(account: AccountId) -> RequestKey {
    RequestKey::of("block contact", account)
}

/// Paints the dialog.
pub fn show_ui(ui: &mut Ui, cx: &mut Cx<'_>, account: AccountId) {
    let model = cx.model;
    let Some(contact) = model.contacts.get(account) else {
        head_ui(ui, cx, &t!("contact-unknown-title"));
        words_ui(ui, &t!("contact-unknown-hint"));
        return;
    };
    let name = contact.name.as_str();
    head_ui(ui, cx, &t!("block-title", name = name));
    words_ui(ui, &t!("block-body", name = name));
    let label = t!("block-button");
    let block = Button::danger(&label).icon(Icon::BLOCK);
    confirm_ui(ui, cx, block, key(account), Command::BlockContact { account });
}
