//! Wanting nothing of somebody any more, and taking that back: the last thing on a contact's page.

use egui::Ui;
use kith_node::Command;
use kith_node::view::{ContactState, ContactView};

use crate::action::Action;
use crate::model::requests::RequestKey;
use crate::t;
use crate::theme::{Type, palette, space};
use crate::views::Cx;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;

/// Says what blocking does, and does it or takes it back.
pub fn block_ui(ui: &mut Ui, cx: &mut Cx<'_>, contact: &ContactView) {
    let account = contact.account;
    let name = contact.name.as_str();
    let blocked = contact.state == ContactState::Blocked;
    let key = RequestKey::of("block contact", account);
    let state = cx.model.requests.state(&key);
    let (text, hint, command) = if blocked {
        (
            t!("contact-unblock"),
            t!("contact-unblock-hint", name = name),
            Command::UnblockContact { account },
        )
    } else {
        (
            t!("contact-block"),
            t!("contact-block-hint", name = name),
            Command::BlockContact { account },
        )
    };
    let button = if blocked {
        Button::soft(&text)
    } else {
        Button::danger(&text)
    };
    let pressed = button
        .icon(Icon::BLOCK)
        .wide()
        .request(&state, cx.now_ms)
        .show(ui)
        .clicked();
    if pressed {
        cx.act(Action::Call { key, command });
    }
    ui.add_space(space::S);
    ui.add(egui::Label::new(Type::Caption.rich(hint, palette(ui).secondary)).wrap());
    ui.add_space(space::XL);
}
