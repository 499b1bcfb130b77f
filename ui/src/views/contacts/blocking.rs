//! Wanting nothing of somebody any more, and taking that back: the last thing on a contact's page.

use egui::{Label, Ui};
use kith_node::Command;
use kith_node::view::{ContactState, ContactView};

use crate::action::Action;
use crate::route::Dialog;
use crate::t;
use crate::theme::{Type, palette, space};
use crate::views::Cx;
use crate::views::dialogs::block_key;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;

/// Leads to blocking, or takes it back.
pub fn block_ui(ui: &mut Ui, cx: &mut Cx<'_>, contact: &ContactView) {
    let account = contact.account;
    let key = block_key(account);
    let state = cx.model.requests.state(&key);
    if contact.state != ContactState::Blocked {
        let label = t!("contact-block");
        let block = Button::plain_danger(&label).icon(Icon::BLOCK).leading();
        if block.request(&state, cx.now_ms).show(ui).clicked() {
            cx.act(Action::Go(cx.route.with_dialog(Dialog::Block { account })));
        }
        return;
    }
    let label = t!("contact-unblock");
    let unblock = Button::soft(&label).icon(Icon::BLOCK).wide();
    if unblock.request(&state, cx.now_ms).show(ui).clicked() {
        let command = Command::UnblockContact { account };
        cx.act(Action::Call { key, command });
    }
    ui.add_space(space::S);
    let hint = t!("contact-unblock-hint", name = contact.name.as_str());
    ui.add(Label::new(Type::Caption.rich(hint, palette(ui).secondary)).wrap());
}
