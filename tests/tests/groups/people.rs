//! Members who are no contacts of one another: what is between them, and what is not.

use kith_node::{
    Command, CommandError, Reply,
    frame::Refusal,
    view::{ContactState, PresenceView},
};
use kith_tests::town::Town;

use super::{NOW_MS, group_of, stores};

#[test]
fn members_who_are_no_contacts_are_in_no_list_and_have_no_presence() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let contacts = match town.does(1, Command::ListContacts {}) {
        Reply::Contacts(contacts) => contacts,
        other => panic!("no contacts: {other:?}"),
    };
    assert_eq!(contacts.len(), 1, "{contacts:?}");
    let view = town.knows(1, group).unwrap();
    let stranger = town.people[2].account;
    let member = view
        .members()
        .iter()
        .find(|member| member.account == stranger)
        .unwrap();
    assert!(!member.is_contact && member.name == "person 2", "{member:?}");
    for command in [
        Command::BlockContact { account: stranger },
        Command::RemoveContact { account: stranger },
        Command::SetCarrying {
            account: stranger,
            carry: true,
        },
    ] {
        let refused = town.people[1].tries(command, NOW_MS + 10_000).unwrap_err();
        assert_eq!(refused, CommandError::UnknownContact);
    }
    match town.does(1, Command::GetNetwork {}) {
        Reply::Network(network) => assert_eq!(network.contacts_online, 1),
        other => panic!("no network: {other:?}"),
    }
}

#[test]
fn strangers_are_let_in_for_no_other_group() {
    let stores = stores(4);
    let mut town = Town::new(&stores, NOW_MS);
    town.gather(0, &[1, 2, 3]);
    town.founds(0, "Hiking", &[1, 2]);
    assert_eq!(town.dials(3, 1), Some(Refusal::Stranger as u8));
    assert_eq!(town.dials(2, 1), None);
}

#[test]
fn who_is_blocked_stays_in_the_group_and_nowhere_else() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let account = town.people[1].account;
    town.does(0, Command::BlockContact { account });
    town.passes(2_000);
    assert_eq!(town.dials(1, 0), None, "for the sake of the group");
    town.passes(2_000);
    town.says_in(1, group, "still here");
    town.says_in(0, group, "so am I");
    town.passes(2_000);
    let words = town.agree(&[0, 1, 2], group);
    assert_eq!(words, ["still here", "so am I"]);
    let direct = town.conversation(0, 1);
    let text = "alone at last".to_owned();
    let conversation = direct;
    town.does(1, Command::SendMessage { conversation, text });
    town.passes(90_000);
    assert_eq!(town.times(0, 1, "alone at last"), 0);
    let contact = town.knows(0, direct).unwrap().contact().unwrap().clone();
    assert_eq!(contact.state, ContactState::Blocked);
    assert!(matches!(contact.presence, PresenceView::Offline { .. }));
    town.does(0, Command::UnblockContact { account });
    town.passes(2_000);
    assert_eq!(town.dials(0, 1), None);
    town.passes(5_000);
    assert_eq!(town.times(0, 1, "alone at last"), 1);
    assert_eq!(town.agree(&[0, 1, 2], group).len(), 2);
}

#[test]
fn members_become_contacts_by_an_invite_as_anybody_does() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let link = match town.does(1, Command::CreateInvite { valid_for_s: None }) {
        Reply::Invite(invite) => invite.link,
        other => panic!("no invite: {other:?}"),
    };
    town.does(2, Command::AddContact { link });
    town.passes(2_000);
    assert_eq!(
        town.dials(1, 2),
        Some(Refusal::TryLater as u8),
        "what comes without the token says nothing of it"
    );
    assert_eq!(town.dials(2, 1), None);
    town.sends(2, 1, "hello, you");
    town.passes(1_000);
    assert_eq!(town.times(1, 2, "hello, you"), 1);
    town.says_in(1, group, "we met");
    town.passes(1_000);
    assert_eq!(town.agree(&[0, 1, 2], group), ["we met"]);
}

#[test]
fn an_invite_that_is_not_honoured_ends_no_group() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let (id, link) = match town.does(1, Command::CreateInvite { valid_for_s: None }) {
        Reply::Invite(invite) => (invite.id, invite.link),
        other => panic!("no invite: {other:?}"),
    };
    town.does(1, Command::RevokeInvite { id });
    town.does(2, Command::AddContact { link });
    town.passes(2_000);
    assert_eq!(town.dials(2, 1), Some(Refusal::InviteRevoked as u8));
    town.passes(2_000);
    assert_eq!(town.dials(2, 1), None, "as a member it is let in again");
    town.leaves(0);
    town.says_in(2, group, "without him");
    town.passes(2_000);
    assert_eq!(town.agree(&[1, 2], group), ["without him"]);
}

#[test]
fn only_contacts_are_put_into_groups_each_once() {
    let stores = stores(9);
    let mut town = Town::new(&stores, NOW_MS);
    town.gather(0, &[1, 2, 3, 4, 5, 6, 7, 8]);
    let mut refused = |name: &str, founder: usize, members: &[usize]| {
        town.tries_to_found(founder, name, members).unwrap_err().code()
    };
    assert_eq!(refused("Hiking", 1, &[0, 2]), 1102, "a stranger");
    assert_eq!(refused("Hiking", 0, &[1]), 1301, "two have a direct conversation");
    assert_eq!(refused("Hiking", 0, &[1, 2, 3, 4, 5, 6, 7, 8]), 1301);
    assert_eq!(refused("Hiking", 0, &[1, 1]), 1006);
    assert_eq!(refused("Hiking", 0, &[0, 1]), 1006);
    assert_eq!(refused("  ", 0, &[1, 2]), 1005);
    assert_eq!(refused("Hi\u{202e}king", 0, &[1, 2]), 1005);
    assert_eq!(refused(&"x".repeat(65), 0, &[1, 2]), 1005);
}
