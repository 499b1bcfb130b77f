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

/// Whether it is a group in which we take part no longer.
pub fn has_left(chat: &ConversationView) -> bool {
    chat.contact().is_none() && !chat.can_write()
}

/// Whether its other person is there; of a group how many belong to it, and how many of our contacts among them are there.
pub fn presence_ui(ui: &Ui, contacts: &Contacts, chat: &ConversationView, now_ms: u64) -> String {
    let Some(contact) = chat.contact() else {
        let members: Vec<_> = chat.members().iter().filter(|member| !member.has_left).collect();
        let is_there = |member: &&&MemberView| contacts.get(member.account).is_some_and(people::is_online);
        let online = members.iter().filter(is_there).count();
        return match online {
            0 => t!("group-members", count = members.len()),
            _ => t!("group-members-online", count = members.len(), online = online),
        };
    };
    people::presence_ui(ui, contact, now_ms)
}

/// What a member of a group is called there; behind the name four characters of the key, where another member has the same
/// name.
pub fn member_name(members: &[MemberView], member: &MemberView) -> String {
    if member.name.is_empty() {
        return member.fingerprint.clone();
    }
    let name = member.name.to_lowercase();
    let same = members.iter().filter(|other| other.name.to_lowercase() == name);
    if same.count() > 1 {
        format!("{}·{}", member.name, member.fingerprint)
    } else {
        member.name.clone()
    }
}

/// The author of a row of a group, if it was not us.
pub fn speaker<'a>(chat: &'a ConversationView, row: &MessageView) -> Option<&'a MemberView> {
    let mut members = chat.members().iter();
    members.find(|member| member.account == row.author && !row.mine)
}

/// What the author of a row is called.
pub fn author(chat: &ConversationView, row: &MessageView) -> String {
    match speaker(chat, row) {
        Some(member) => member_name(chat.members(), member),
        None => chat.name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{group, member};

    #[test]
    fn members_of_one_name_are_told_apart_and_one_without_a_name_has_one() {
        let members = [member(1, "Ana"), member(2, "ana"), member(3, "Bo"), member(4, "")];
        let names: Vec<_> = members
            .iter()
            .map(|member| member_name(&members, member))
            .collect();
        let key = |n: usize| members[n].fingerprint.as_str();
        let expected = [
            format!("Ana·{}", key(0)),
            format!("ana·{}", key(1)),
            "Bo".to_owned(),
            key(3).to_owned(),
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_group_is_named_by_itself_and_has_no_dot() {
        let hiking = group(8, "Hiking", &[(1, "Alice"), (2, "Bob"), (3, "Cyr")], 1);
        assert_eq!(name(&Contacts::default(), &hiking), "Hiking");
        assert_eq!(seed(&hiking), hiking.id.as_bytes());
        assert!(!is_online(&hiking));
    }
}
