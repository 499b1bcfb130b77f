//! Find a chat or a person by name; from here also to a new group, and to somebody who is not a contact yet.

use egui::{Key, Ui};
use kith_node::view::{ContactView, ConversationView};

use super::{head_ui, most_rows, somebody_else_ui};
use crate::action::Action;
use crate::model::Model;
use crate::model::conversations::name_matches;
use crate::route::{Dialog, Route};
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::Cx;
use crate::views::face_row::FaceRow;
use crate::widgets::button::Button;
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::keyed_list::KeyedList;

/// The field in which the name is typed.
pub const SEARCH: &str = "find";

/// Somebody or something that has the name.
enum Found<'a> {
    Person(&'a ContactView),
    Group(&'a ConversationView),
}

impl<'a> Found<'a> {
    fn name(&self) -> &'a str {
        match self {
            Self::Person(contact) => &contact.name,
            Self::Group(chat) => chat.name(),
        }
    }

    fn key(&self) -> &'a [u8] {
        match self {
            Self::Person(contact) => contact.account.as_bytes(),
            Self::Group(chat) => chat.id.as_bytes(),
        }
    }

    fn row(&self, ui: &Ui, cx: &Cx<'_>) -> FaceRow<'a> {
        match self {
            Self::Person(contact) => FaceRow::contact(ui, cx, contact),
            Self::Group(chat) => FaceRow::group(ui, cx, chat),
        }
    }

    fn chat(&self, model: &'a Model) -> Option<&'a ConversationView> {
        match self {
            Self::Person(contact) => model.chats.list.with(contact.account),
            Self::Group(chat) => Some(*chat),
        }
    }
}

/// Paints the dialog; `typed` is what was typed.
pub fn show_ui(ui: &mut Ui, cx: &mut Cx<'_>, typed: &mut String) {
    head_ui(ui, cx, &t!("find-title"));
    let response = Field::search(SEARCH, &t!("find-field")).show(ui, typed);
    ui.add_space(space::S);
    let model = cx.model;
    let found = named(model, typed);
    let mut chosen = None;
    if found.is_empty() {
        ui.label(Type::Secondary.rich(t!("find-none", query = typed.trim()), palette(ui).secondary));
    } else {
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        chosen = entered.then_some(0);
        let key = |row: usize| found.get(row).map(Found::key);
        KeyedList::new(response.id, size::CHAT_ROW, found.len())
            .most(most_rows(ui))
            .show(ui, key, |ui, row, stop| {
                if let Some(one) = found.get(row)
                    && one.row(ui, cx).show(ui, stop)
                {
                    chosen = Some(row);
                }
            });
    }
    ui.add_space(space::S);
    let label = t!("group-new");
    if Button::plain(&label)
        .icon(Icon::NEW_GROUP)
        .wide()
        .show(ui)
        .clicked()
    {
        cx.act(Action::Go(cx.route.with_dialog(Dialog::NewGroup)));
    }
    somebody_else_ui(ui, cx);
    let chosen = chosen.and_then(|row| found.get(row));
    if let Some(chat) = chosen.and_then(|one| one.chat(model)) {
        cx.act(Action::Go(Route::conversation(chat.id)));
    }
}

/// Everybody and every group of this name, also a group whose chat was deleted.
fn named<'a>(model: &'a Model, typed: &str) -> Vec<Found<'a>> {
    let people = model.contacts.iter().map(Found::Person);
    let groups = model.chats.list.groups().map(Found::Group);
    let mut found: Vec<_> = people
        .chain(groups)
        .filter(|one| name_matches(one.name(), typed))
        .collect();
    found.sort_by_cached_key(|one| (one.name().to_lowercase(), one.key().to_vec()));
    found
}
