//! Wanting nothing of somebody any more, the last thing on a contact's page, and taking that back, the first.

use egui::{Label, Ui};
use kith_node::Command;
use kith_node::view::ContactView;

use crate::action::Action;
use crate::route::Dialog;
use crate::t;
use crate::theme::{Type, palette};
use crate::views::Cx;
use crate::views::dialogs::block_key;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;

/// Leads to blocking.
pub fn block_ui(ui: &mut Ui, cx: &mut Cx<'_>, contact: &ContactView) {
    let account = contact.account;
    let state = cx.model.requests.state(&block_key(account));
    let label = t!("contact-block");
    let block = Button::plain_danger(&label).icon(Icon::BLOCK).wide().leading();
    if block.request(&state, cx.now_ms).show(ui).clicked() {
        cx.act(Action::Go(cx.route.with_dialog(Dialog::Block { account })));
    }
}

/// Takes it back; says what that means.
pub fn unblock_ui(ui: &mut Ui, cx: &mut Cx<'_>, contact: &ContactView) {
    let account = contact.account;
    let key = block_key(account);
    let state = cx.model.requests.state(&key);
    let label = t!("contact-unblock");
    let unblock = Button::primary(&label).wide();
    if unblock.request(&state, cx.now_ms).show(ui).clicked() {
        let command = Command::UnblockContact { account };
        cx.act(Action::Call { key, command });
    }
    let hint = t!("contact-unblock-hint", name = contact.name.as_str());
    let hint = Label::new(Type::Caption.rich(hint, palette(ui).secondary)).wrap();
    ui.vertical(|ui| ui.add(hint));
}
