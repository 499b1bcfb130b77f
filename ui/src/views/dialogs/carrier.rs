//! Choose among contacts who keeps mail for us, or for whom we keep it.

use egui::{Label, Ui};
use kith_node::Command;
use kith_node::view::{ContactState, ContactView};

use super::{head_ui, most_rows};
use crate::action::Action;
use crate::model::Model;
use crate::model::conversations::name_matches;
use crate::model::requests::RequestKey;
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::Cx;
use crate::views::contacts::people_ui;
use crate::widgets::field::Field;
use crate::widgets::keyed_list::KeyedList;

/// The field that finds a contact.
pub const SEARCH: &str = "find carrier";

/// Paints the dialog; `search` is what was typed.
pub fn show_ui(ui: &mut Ui, cx: &mut Cx<'_>, ours: bool, search: &mut String) {
    let (title, hint) = if ours {
        (t!("choose-carrier-title"), t!("choose-carrier-hint"))
    } else {
        (t!("choose-carried-title"), t!("choose-carried-hint"))
    };
    head_ui(ui, cx, &title);
    ui.add(Label::new(Type::Secondary.rich(hint, palette(ui).secondary)).wrap());
    ui.add_space(space::M);
    let response = Field::search(SEARCH, &t!("contacts-search")).show(ui, search);
    ui.add_space(space::S);
    let model = cx.model;
    let found: Vec<_> = model
        .contacts
        .iter()
        .filter(|contact| can_be_chosen(model, contact, ours))
        .filter(|contact| name_matches(&contact.name, search))
        .collect();
    if found.is_empty() {
        ui.label(Type::Secondary.rich(t!("choose-none"), palette(ui).secondary));
        return;
    }
    let list = KeyedList::new(response.id, size::CHAT_ROW, found.len()).most(most_rows(ui));
    if let Some(chosen) = people_ui(ui, cx, list, &found, None) {
        let account = chosen.account;
        let (key, command) = if ours {
            let command = Command::UseCarrier { account, used: true };
            (RequestKey::of("use carrier", account), command)
        } else {
            let command = Command::SetCarrying { account, carry: true };
            (RequestKey::of("carry", account), command)
        };
        cx.act(Action::Call { key, command });
        cx.act(Action::Back);
    }
}

fn can_be_chosen(model: &Model, contact: &ContactView, ours: bool) -> bool {
    let chosen = if ours {
        let carrier = model.carrying.carrier(contact.account);
        carrier.is_some_and(|carrier| carrier.used)
    } else {
        model.carrying.mailbox(contact.account).is_some()
    };
    contact.state == ContactState::Accepted && !chosen
}
