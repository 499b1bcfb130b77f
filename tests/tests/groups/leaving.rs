//! Whoever takes part no longer, and whoever never did.

use kith_crypto::ConversationId;
use kith_node::{
    Command, CommandError, Reply,
    frame::Refusal,
    view::{BodyView, DeleteFor, DeliveryState},
};
use kith_tests::{town::Town, world::says};

use super::{DAY_MS, NOW_MS, group_of, stores};

fn leaves_group(town: &mut Town<'_>, place: usize, group: ConversationId) {
    let conversation = group;
    town.does(place, Command::LeaveGroup { conversation });
}

/// Who has left as somebody sees it, by the rows that say so.
fn left(town: &mut Town<'_>, place: usize, group: ConversationId) -> Vec<usize> {
    let rows = town.rows_of(place, group).into_iter();
    let notices = rows.filter(|row| row.body == BodyView::Left);
    let accounts: Vec<_> = notices.map(|row| row.author).collect();
    let place_of = |account| town.people.iter().position(|side| side.account == account);
    accounts
        .into_iter()
        .map(|account| place_of(account).unwrap())
        .collect()
}

#[test]
fn who_leaves_gets_and_sends_nothing_more_and_nobody_waits_for_them() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.says_in(0, group, "before");
    town.passes(2_000);
    leaves_group(&mut town, 2, group);
    town.passes(2_000);
    for place in 0..3 {
        assert_eq!(left(&mut town, place, group), [2], "{place} sees it");
    }
    town.says_in(0, group, "without you");
    town.says_in(1, group, "indeed");
    town.passes(120_000);
    assert_eq!(town.agree(&[0, 1], group), ["before", "without you", "indeed"]);
    assert_eq!(town.words_of(2, group), ["before"]);
    assert_eq!(
        town.state_in(0, group, "without you"),
        Some(DeliveryState::Delivered)
    );
    let refused = Command::SendMessage {
        conversation: group,
        text: "me again".into(),
    };
    let now_ms = town.now_ms;
    let refused = town.people[2].tries(refused, now_ms).unwrap_err();
    assert_eq!(refused, CommandError::LeftGroup);
    assert!(!town.knows(2, group).unwrap().can_write());
    // They were no contacts: what they had in common is over.
    town.unlink(1, 2);
    assert_eq!(town.dials(2, 1), Some(Refusal::Stranger as u8));
    assert_eq!(town.dials(1, 2), Some(Refusal::Stranger as u8));
    town.sends(0, 2, "still friends");
    town.passes(2_000);
    assert_eq!(town.times(2, 0, "still friends"), 1);
}

#[test]
fn what_was_deleted_for_everyone_right_before_is_deleted_for_everyone() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.says_in(2, group, "a slip");
    town.says_in(2, group, "farewell");
    town.passes(2_000);
    let rows = town.rows_of(2, group);
    let row = rows.iter().find(|row| says(row, "a slip")).unwrap();
    let delete = Command::DeleteMessages {
        conversation: group,
        positions: vec![row.position],
        scope: DeleteFor::Everyone,
    };
    town.does(2, delete);
    leaves_group(&mut town, 2, group);
    town.passes(30_000);
    for place in 0..3 {
        assert_eq!(town.words_of(place, group), ["(deleted)", "farewell"], "{place}");
        assert_eq!(left(&mut town, place, group), [2], "{place}");
    }
}

#[test]
fn who_was_away_hears_from_anybody_that_one_has_left() {
    let stores = stores(4);
    let (mut town, group) = group_of(&stores);
    town.leaves(3);
    leaves_group(&mut town, 1, group);
    town.passes(2_000);
    town.leaves(1);
    town.comes_back(3);
    town.link(2, 3);
    town.passes(5_000);
    assert_eq!(left(&mut town, 3, group), [1]);
    town.says_in(3, group, "who is left");
    town.link(0, 3);
    town.passes(5_000);
    assert_eq!(
        town.state_in(3, group, "who is left"),
        Some(DeliveryState::Delivered)
    );
}

#[test]
fn who_leaves_while_nobody_is_there_says_so_when_they_come() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.leaves(0);
    town.leaves(1);
    leaves_group(&mut town, 2, group);
    town.restarts(2);
    town.comes_back(1);
    assert_eq!(town.dials(1, 2), None, "it has not heard");
    town.passes(90_000);
    assert_eq!(left(&mut town, 1, group), [2]);
    town.comes_back(0);
    town.link(0, 1);
    town.passes(5_000);
    assert_eq!(left(&mut town, 0, group), [2]);
}

#[test]
fn who_is_not_heard_of_for_a_week_is_not_waited_for() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.leaves(1);
    leaves_group(&mut town, 2, group);
    for _ in 0..9 {
        town.passes(DAY_MS);
    }
    town.comes_back(1);
    assert_eq!(town.dials(1, 2), Some(Refusal::Stranger as u8));
    town.link(0, 1);
    town.passes(5_000);
    assert_eq!(left(&mut town, 1, group), [2], "from the founder");
}

#[test]
fn an_old_copy_of_a_folder_hears_that_it_has_left() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let copy = stores[2].copied();
    leaves_group(&mut town, 2, group);
    town.passes(2_000);
    let now_ms = town.now_ms;
    drop(town);
    let stores = [stores[0].copied(), stores[1].copied(), copy];
    let mut town = Town::new(&stores, now_ms + 60_000);
    town.link(0, 2);
    town.passes(5_000);
    assert!(!town.knows(2, group).unwrap().can_write());
    town.link(0, 1);
    town.says_in(0, group, "on our own");
    town.passes(5_000);
    assert_eq!(
        town.state_in(0, group, "on our own"),
        Some(DeliveryState::Delivered)
    );
    assert!(town.words_of(2, group).is_empty());
}

#[test]
fn who_blocked_the_founder_keeps_nobody_waiting() {
    let stores = stores(3);
    let mut town = Town::new(&stores, NOW_MS);
    town.gather(0, &[1, 2]);
    town.befriends(1, 2);
    let account = town.people[0].account;
    town.does(2, Command::BlockContact { account });
    let group = town.founds(0, "Hiking", &[1, 2]);
    town.link(0, 1);
    town.passes(5_000);
    // The other one invites them, and is told.
    town.unlink(1, 2);
    town.link(1, 2);
    town.passes(5_000);
    assert_eq!(left(&mut town, 0, group), [2]);
    town.says_in(0, group, "just us");
    town.passes(2_000);
    assert_eq!(town.state_in(0, group, "just us"), Some(DeliveryState::Delivered));
    let shown = match town.does(2, Command::ListConversations {}) {
        Reply::Conversations(views) => views,
        other => panic!("no conversations: {other:?}"),
    };
    assert!(shown.iter().all(|view| view.id != group || view.hidden));
}

#[test]
fn nobody_leaves_what_is_no_group() {
    let stores = stores(2);
    let mut town = Town::new(&stores, NOW_MS);
    town.befriends(0, 1);
    let conversation = town.conversation(0, 1);
    let leave = Command::LeaveGroup { conversation };
    let refused = town.people[0].tries(leave, NOW_MS + 1).unwrap_err();
    assert_eq!(refused, CommandError::UnknownConversation);
}
