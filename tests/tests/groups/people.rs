//! Members who are no contacts of one another: what is between them, and what is not.

use kith_crypto::{DeviceKey, Invite, InviteToken};
use kith_node::{
    Command, CommandError, Reply,
    frame::Refusal,
    input::{Input, NetEvent},
    view::{ContactState, PresenceView},
};
use kith_tests::town::Town;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{DAY_MS, NOW_MS, group_of, stores};

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
    assert_eq!(state_of(&mut town, 2, 1), Some(ContactState::Accepted));
    assert_eq!(state_of(&mut town, 1, 2), Some(ContactState::Accepted));
    town.sends(2, 1, "hello, you");
    town.passes(1_000);
    assert_eq!(town.times(1, 2, "hello, you"), 1);
    town.says_in(1, group, "we met");
    town.passes(1_000);
    assert_eq!(town.agree(&[0, 1, 2], group), ["we met"]);
}

/// An invite carries the name of the day on which it was made; the card that a group had brought is of a later one.
#[test]
fn a_member_who_is_invited_by_an_old_link_keeps_the_name_of_today() {
    let stores = stores(3);
    let (mut town, _) = group_of(&stores);
    let link = match town.does(1, Command::CreateInvite { valid_for_s: None }) {
        Reply::Invite(invite) => invite.link,
        other => panic!("no invite: {other:?}"),
    };
    let (name, status) = ("Renamed".to_owned(), String::new());
    town.does(1, Command::SetProfile { name, status });
    town.passes(2_000);
    town.does(2, Command::AddContact { link });
    town.passes(90_000);
    let contact = match town.does(2, Command::ListContacts {}) {
        Reply::Contacts(contacts) => contacts,
        other => panic!("no contacts: {other:?}"),
    };
    let account = town.people[1].account;
    let contact = contact.iter().find(|contact| contact.account == account).unwrap();
    assert_eq!(contact.state, ContactState::Accepted);
    assert_eq!(contact.name, "Renamed");
}

#[test]
fn an_invite_is_honoured_whoever_of_two_members_can_reach_the_other() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let link = match town.does(1, Command::CreateInvite { valid_for_s: None }) {
        Reply::Invite(invite) => invite.link,
        other => panic!("no invite: {other:?}"),
    };
    town.unlink(1, 2);
    town.does(2, Command::AddContact { link });
    town.passes(2_000);
    assert_eq!(state_of(&mut town, 2, 1), Some(ContactState::Waiting));
    assert_eq!(town.dials(1, 2), None, "for the sake of the group");
    town.passes(2_000);
    assert_eq!(state_of(&mut town, 2, 1), Some(ContactState::Accepted));
    assert_eq!(state_of(&mut town, 1, 2), Some(ContactState::Accepted));
    town.sends(1, 2, "hello, you");
    town.says_in(2, group, "we met");
    town.passes(2_000);
    assert_eq!(town.times(2, 1, "hello, you"), 1);
    assert_eq!(town.agree(&[0, 1, 2], group), ["we met"]);
}

#[test]
fn a_link_that_was_on_its_way_says_nothing_of_an_invite() {
    let stores = stores(3);
    let (mut town, _) = group_of(&stores);
    let (id, link) = match town.does(1, Command::CreateInvite { valid_for_s: None }) {
        Reply::Invite(invite) => (invite.id, invite.link),
        other => panic!("no invite: {other:?}"),
    };
    town.unlink(1, 2);
    town.does(1, Command::RevokeInvite { id });
    // The second was dialled as a member, without a token, before its invite was opened.
    town.does(2, Command::AddContact { link });
    town.link(1, 2);
    town.passes(2_000);
    assert_eq!(state_of(&mut town, 2, 1), Some(ContactState::Refused));
}

#[test]
fn who_forgot_a_contact_and_met_a_group_first_is_reminded_of_it() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let copy = stores[2].copied();
    town.befriends(1, 2);
    town.sends(1, 2, "before");
    town.passes(2_000);
    let now_ms = town.now_ms;
    drop(town);
    let stores = [stores[0].copied(), stores[1].copied(), copy];
    let mut town = Town::new(&stores, now_ms + 60_000);
    town.link(1, 2);
    town.passes(5_000);
    assert_eq!(state_of(&mut town, 2, 1), Some(ContactState::Accepted));
    town.sends(1, 2, "after");
    town.passes(2_000);
    let direct = town.conversation(1, 2);
    assert_eq!(town.words_of(2, direct), ["before", "after"]);
    assert!(town.knows(2, group).is_some());
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
    assert_eq!(state_of(&mut town, 2, 1), Some(ContactState::Refused));
    town.unlink(1, 2);
    assert_eq!(town.dials(2, 1), None, "as a member it is let in again");
    town.leaves(0);
    town.says_in(2, group, "without him");
    town.passes(2_000);
    assert_eq!(town.agree(&[1, 2], group), ["without him"]);
}

#[test]
fn an_invite_is_shown_to_the_device_that_made_it_and_to_no_other() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let mut rng = ChaCha20Rng::from_seed([97; 32]);
    let made_by = DeviceKey::generate(&mut rng).id();
    let invite = Invite {
        account: town.people[1].account,
        device: made_by,
        token: InviteToken::generate(&mut rng),
        addresses: vec!["/ip4/10.0.0.99/tcp/1".into()],
        expires_at_ms: NOW_MS + DAY_MS,
        name: "person 1".into(),
    };
    let link = invite.to_link().unwrap();
    town.does(2, Command::AddContact { link });
    town.passes(2_000);
    let said_to = |town: &Town<'_>, device| {
        let mut said = town.dialled.iter().rev();
        let found = said.find(|(who, to, _)| *who == 2 && *to == device);
        postcard::from_bytes::<Option<[u8; 16]>>(&found.unwrap().2).unwrap()
    };
    assert_eq!(said_to(&town, made_by), Some(*invite.token.as_bytes()));
    // The group goes on whoever dials, and says nothing of the invite.
    town.unlink(1, 2);
    town.passes(2_000);
    let device = town.people[1].device;
    assert_eq!(said_to(&town, device), None);
    assert_eq!(town.dials(2, 1), None);
    town.passes(2_000);
    assert_eq!(state_of(&mut town, 2, 1), Some(ContactState::Waiting));
    town.unlink(1, 2);
    let refusal = Refusal::InviteUnknown.into();
    let refused = Input::Net(NetEvent::LinkRefused { device, refusal });
    let now_ms = town.now_ms;
    town.people[2].input(refused, now_ms);
    assert_eq!(state_of(&mut town, 2, 1), Some(ContactState::Waiting));
    assert_eq!(town.dials(1, 2), None);
    town.passes(2_000);
    assert_eq!(state_of(&mut town, 2, 1), Some(ContactState::Waiting));
    town.leaves(0);
    town.says_in(2, group, "all the same");
    town.passes(2_000);
    assert_eq!(town.agree(&[1, 2], group), ["all the same"]);
}

/// What somebody sees of another in the list of contacts.
fn state_of(town: &mut Town<'_>, place: usize, other: usize) -> Option<ContactState> {
    let account = town.people[other].account;
    let Reply::Contacts(contacts) = town.does(place, Command::ListContacts {}) else {
        return None;
    };
    let found = contacts.into_iter().find(|contact| contact.account == account);
    found.map(|contact| contact.state)
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
