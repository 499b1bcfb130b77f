//! Words that one member deleted for itself are not lost for another who had been away.

use kith_crypto::ConversationId;
use kith_node::{
    Command,
    view::{DeleteFor, DeliveryState},
};
use kith_tests::{town::Town, world::says};

use super::{group_of, stores};

/// Somebody deletes a text, and the time to undo that goes by.
fn deletes(town: &mut Town<'_>, place: usize, group: ConversationId, text: &str, scope: DeleteFor) {
    let rows = town.rows_of(place, group);
    let row = rows.iter().find(|row| says(row, text)).unwrap();
    let delete = Command::DeleteMessages {
        conversation: group,
        positions: vec![row.position],
        scope,
    };
    town.does(place, delete);
    town.passes(12_000);
}

/// Somebody reads all that they see.
fn reads(town: &mut Town<'_>, place: usize, group: ConversationId) {
    let up_to = town.rows_of(place, group).last().unwrap().position;
    let conversation = group;
    town.does(place, Command::MarkRead { conversation, up_to });
}

/// The first has written while the last was away, and the second has read that and deleted it for itself. Then the last comes
/// back and meets the second alone.
fn meets_who_deleted_it(town: &mut Town<'_>, group: ConversationId, texts: &[&str]) {
    town.leaves(2);
    for text in texts {
        town.says_in(0, group, text);
        town.passes(500);
    }
    reads(town, 1, group);
    deletes(town, 1, group, texts[0], DeleteFor::Me);
    assert_eq!(town.words_of(1, group), texts[1..]);
    town.leaves(0);
    town.comes_back(2);
    town.link(1, 2);
    town.passes(5_000);
    assert_eq!(
        town.words_of(2, group),
        texts[1..],
        "the second has no more of it"
    );
}

#[test]
fn what_one_deleted_for_itself_another_hands_over() {
    let stores = stores(4);
    let (mut town, group) = group_of(&stores);
    meets_who_deleted_it(&mut town, group, &["for all of us", "and more"]);
    // The fourth had it as well.
    town.link(2, 3);
    town.passes(5_000);
    assert_eq!(town.words_of(2, group), ["for all of us", "and more"]);
    assert_eq!(town.words_of(1, group), ["and more"], "it stays deleted there");
    let held = town.knows(2, group).unwrap();
    assert_eq!(held.unread, 2);
}

#[test]
fn who_wrote_it_hands_it_over_and_shows_no_tick_before() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    meets_who_deleted_it(&mut town, group, &["for both of you", "and more"]);
    // The second tells the first what the third has said to hold, by its own receipt only.
    town.comes_back(0);
    town.link(0, 1);
    town.passes(5_000);
    for text in ["for both of you", "and more"] {
        assert_eq!(town.state_in(0, group, text), Some(DeliveryState::Saved));
    }
    town.link(0, 2);
    town.passes(5_000);
    assert_eq!(town.words_of(2, group), ["for both of you", "and more"]);
    for text in ["for both of you", "and more"] {
        assert_eq!(town.state_in(0, group, text), Some(DeliveryState::Delivered));
    }
}

#[test]
fn what_comes_later_was_not_read_with_what_was_there() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    meets_who_deleted_it(&mut town, group, &["for both of you", "and more"]);
    reads(&mut town, 1, group);
    reads(&mut town, 2, group);
    town.comes_back(0);
    town.link(0, 1);
    town.link(0, 2);
    town.passes(5_000);
    assert_eq!(town.words_of(2, group), ["for both of you", "and more"]);
    assert_eq!(
        town.state_in(0, group, "for both of you"),
        Some(DeliveryState::Delivered),
        "the third has not seen it"
    );
    reads(&mut town, 2, group);
    town.passes(5_000);
    for text in ["for both of you", "and more"] {
        assert_eq!(town.state_in(0, group, text), Some(DeliveryState::Read));
    }
}

#[test]
fn what_nobody_has_any_more_keeps_nothing_from_being_read() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    meets_who_deleted_it(&mut town, group, &["nobody keeps this", "but this"]);
    reads(&mut town, 1, group);
    reads(&mut town, 2, group);
    town.comes_back(0);
    deletes(&mut town, 0, group, "nobody keeps this", DeleteFor::Me);
    town.link(0, 1);
    town.link(0, 2);
    town.passes(5_000);
    assert_eq!(town.words_of(2, group), ["but this"]);
    assert_eq!(town.state_in(0, group, "but this"), Some(DeliveryState::Read));
}

#[test]
fn it_is_asked_for_after_a_restart() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    meets_who_deleted_it(&mut town, group, &["for both of you"]);
    town.restarts(2);
    town.restarts(1);
    town.link(1, 2);
    town.passes(3 * 60_000);
    town.comes_back(0);
    town.link(0, 2);
    town.passes(5_000);
    assert_eq!(town.words_of(2, group), ["for both of you"]);
    assert_eq!(
        town.state_in(0, group, "for both of you"),
        Some(DeliveryState::Delivered)
    );
}

#[test]
fn what_reaches_another_member_later_is_handed_on() {
    let stores = stores(4);
    let (mut town, group) = group_of(&stores);
    town.leaves(3);
    meets_who_deleted_it(&mut town, group, &["for all of us"]);
    town.comes_back(3);
    town.link(2, 3);
    town.passes(60_000);
    assert_eq!(town.words_of(3, group), Vec::<String>::new());
    town.comes_back(0);
    town.link(0, 3);
    town.passes(3 * 60_000);
    assert_eq!(town.words_of(3, group), ["for all of us"]);
    assert_eq!(town.words_of(2, group), ["for all of us"]);
}

#[test]
fn a_whole_chat_that_was_deleted_is_had_from_who_keeps_it() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.leaves(2);
    let texts: Vec<String> = (0..300).map(|number| format!("word {number}")).collect();
    for text in &texts {
        town.says_in(0, group, text);
    }
    town.passes(2_000);
    town.does(1, Command::DeleteChat { conversation: group });
    town.passes(20_000);
    town.leaves(0);
    town.comes_back(2);
    town.link(1, 2);
    town.passes(5_000);
    assert_eq!(town.words_of(2, group), Vec::<String>::new());
    town.comes_back(0);
    town.link(0, 2);
    town.passes(5_000);
    assert_eq!(town.words_of(2, group).len(), 300);
    assert_eq!(town.words_of(1, group), Vec::<String>::new());
}

#[test]
fn what_everybody_deleted_is_waited_for_by_nobody() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.leaves(2);
    for text in ["nobody keeps this", "but this"] {
        town.says_in(0, group, text);
        town.passes(500);
    }
    for place in [0, 1] {
        deletes(&mut town, place, group, "nobody keeps this", DeleteFor::Me);
    }
    town.leaves(0);
    town.comes_back(2);
    town.link(1, 2);
    town.passes(5_000);
    town.comes_back(0);
    town.link(0, 2);
    town.passes(5_000);
    assert_eq!(town.words_of(2, group), ["but this"]);
    assert_eq!(
        town.state_in(0, group, "but this"),
        Some(DeliveryState::Delivered)
    );
}

#[test]
fn what_its_author_deleted_for_everyone_is_not_asked_for() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    meets_who_deleted_it(&mut town, group, &["a slip", "and more"]);
    town.comes_back(0);
    deletes(&mut town, 0, group, "a slip", DeleteFor::Everyone);
    town.link(0, 2);
    town.passes(5_000);
    assert_eq!(town.words_of(2, group), ["and more"]);
    assert_eq!(
        town.state_in(0, group, "and more"),
        Some(DeliveryState::Delivered)
    );
}

#[test]
fn it_is_given_up_after_a_month() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    meets_who_deleted_it(&mut town, group, &["long ago"]);
    town.leaves(1);
    town.sleeps_for_days(40);
    town.comes_back(0);
    town.link(0, 2);
    town.passes(5_000);
    assert_eq!(town.words_of(2, group), Vec::<String>::new());
}
