//! How a conversation looks where it is shown small: a direct one like its other person, a group like itself.

use egui::Ui;
use kith_node::view::{ConversationView, MemberView, MessageView};

use crate::model::contacts::Contacts;
use crate::t;
use crate::views::people;

/// What it is called; behind the name of a person four characters of the key, where two contacts have the same name.
pub fn name(contacts: &Contacts, chat: &ConversationView) -> String {
    match chat.contact() {
        Some(contact) => contacts.shown_name(contact),
        None => chat.name().to_owned(),
    }
}

/// What its disc is coloured by while it has no picture.
pub fn seed(chat: &ConversationView) -> &[u8] {
    match chat.contact() {
        Some(contact) => contact.account.as_bytes(),
        None => chat.id.as_bytes(),
    }
}

/// The hash of its picture.
pub fn picture(chat: &ConversationView) -> Option<&str> {
    chat.contact().and_then(|contact| contact.picture.as_deref())
}

/// Whether there is a link to its other person.
pub fn is_online(chat: &ConversationView) -> bool {
    chat.contact().is_some_and(people::is_online)
}

/// Whether its other person is there; of a group how many belong to it.
pub fn presence_ui(ui: &Ui, chat: &ConversationView, now_ms: u64) -> String {
    match chat.contact() {
        Some(contact) => people::presence_ui(ui, contact, now_ms),
        None => {
            let members = chat.members().iter().filter(|member| !member.has_left);
            t!("group-members", count = members.count())
        }
    }
}

/// What the author of a row is called.
pub fn author<'a>(chat: &'a ConversationView, row: &MessageView) -> &'a str {
    let is_author = |member: &&MemberView| member.account == row.author;
    let member = chat.members().iter().find(is_author);
    member.map_or(chat.name(), |member| &member.name)
}

/// The name that stands above a run of rows: in a group that of whoever wrote them, if it was not us.
pub fn above<'a>(chat: &'a ConversationView, row: &MessageView) -> Option<&'a str> {
    let is_group = chat.contact().is_none();
    (is_group && !row.mine).then(|| author(chat, row))
}
