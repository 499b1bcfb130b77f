//! The power goes at each step of founding and joining; folders are put back from old copies.

use kith_node::{
    input::{Input, Lane, NetEvent},
    store::MemoryStore,
    view::BodyView,
};
use kith_tests::{town::Town, world::says};

use super::{NOW_MS, group_of, stores};

/// The frame in which sync hands over entries.
const ENTRIES: u8 = 3;

/// A group begins; after so many steps the power of one goes. In the end all talk. False if there were no more steps.
fn founded_with_a_crash(steps: usize, victim: usize) -> bool {
    let stores = stores(3);
    let mut town = Town::new(&stores, NOW_MS);
    town.gather(0, &[1, 2]);
    let group = town.tries_to_found(0, "Hiking", &[1, 2]).unwrap().id;
    let more = town.hands_over_some(steps);
    town.restarts(victim);
    town.all_meet();
    town.passes(5_000);
    for place in 0..3 {
        let view = town.knows(place, group);
        assert!(
            view.is_some(),
            "{place} knows the group, {steps} steps before {victim} died"
        );
        town.says_in(place, group, &format!("word of {place}"));
        town.passes(1_000);
    }
    let words = town.agree(&[0, 1, 2], group);
    assert_eq!(words.len(), 3, "{steps} steps before {victim} died: {words:?}");
    more
}

#[test]
fn at_each_step_a_crash_leaves_a_group_that_works() {
    for victim in 0..3 {
        let mut steps = 0;
        while founded_with_a_crash(steps, victim) && steps < 40 {
            steps += 1;
        }
        assert!(steps > 5, "there were steps");
    }
}

#[test]
fn words_that_were_written_and_not_sent_survive() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.people[1].sends(group, "said into the dark".into(), NOW_MS + 10_000);
    town.restarts(1);
    assert_eq!(town.words_of(1, group), ["said into the dark"]);
    town.all_meet();
    town.passes(2_000);
    assert_eq!(town.agree(&[0, 1, 2], group), ["said into the dark"]);
}

/// The stores of everyone, one of them as it was.
fn put_back(stores: &[MemoryStore], place: usize, copy: &MemoryStore) -> Vec<MemoryStore> {
    let as_it_is = stores.iter().enumerate();
    as_it_is
        .map(|(other, store)| {
            if other == place {
                copy.copied()
            } else {
                store.copied()
            }
        })
        .collect()
}

#[test]
fn a_folder_from_before_the_group_began_is_invited_again() {
    for victim in [0, 1] {
        let stores = stores(3);
        let mut town = Town::new(&stores, NOW_MS);
        town.gather(0, &[1, 2]);
        town.passes(2_000);
        let copy = stores[victim].copied();
        let group = town.founds(0, "Hiking", &[1, 2]);
        town.all_meet();
        town.passes(1_000);
        for place in 0..3 {
            town.says_in(place, group, &format!("word of {place}"));
            town.passes(1_000);
        }
        let now_ms = town.now_ms;
        drop(town);
        let stores = put_back(&stores, victim, &copy);
        let mut town = Town::new(&stores, now_ms + 60_000);
        town.link(0, 1);
        town.link(0, 2);
        town.passes(5_000);
        // It finds entries of its own that it does not have, and goes on as another device.
        town.comes_back_as(victim, 1);
        town.all_meet();
        town.passes(120_000);
        assert_eq!(town.agree(&[0, 1, 2], group).len(), 3, "{victim}");
        town.says_in(victim, group, "here again");
        town.passes(5_000);
        assert_eq!(town.agree(&[0, 1, 2], group).len(), 4, "{victim}");
    }
}

#[test]
fn a_folder_from_before_some_words_goes_on_as_another_device_that_all_learn_of() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.says_in(1, group, "before");
    town.passes(2_000);
    let copy = stores[1].copied();
    town.says_in(1, group, "after");
    town.says_in(2, group, "indeed");
    town.passes(2_000);
    let now_ms = town.now_ms;
    drop(town);
    let stores = put_back(&stores, 1, &copy);
    let mut town = Town::new(&stores, now_ms + 60_000);
    town.says_in(1, group, "written into the copy");
    town.link(0, 1);
    town.link(0, 2);
    town.passes(5_000);
    town.comes_back_as(1, 1);
    assert!(
        town.rows_of(1, group)
            .iter()
            .any(|row| says(row, "written into the copy"))
    );
    town.link(0, 1);
    town.passes(120_000);
    let words = town.agree(&[0, 1, 2], group);
    let mut sorted = words.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        ["after", "before", "indeed", "written into the copy"],
        "{words:?}"
    );
    // The third was never linked with the new device: the first told it whose it is.
    town.says_in(1, group, "and on");
    town.passes(5_000);
    assert_eq!(
        town.agree(&[0, 1, 2], group).last().map(String::as_str),
        Some("and on")
    );
    assert_eq!(town.dials(1, 2), None, "the new device is let in");
}

/// Whether somebody is shown that a device signed two entries under one number.
fn accuses(town: &mut Town<'_>, place: usize, group: kith_crypto::ConversationId) -> bool {
    let rows = town.rows_of(place, group);
    rows.iter()
        .any(|row| matches!(row.body, BodyView::Equivocation { .. }))
}

/// A folder was put back and written to while only somebody was there who did not know better. Then all meet; `before` the
/// copy is found out, or after. In the end one who kept what only the copy wrote shows it once more.
fn a_copy_that_two_others_compare(found_out_first: bool) {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.says_in(1, group, "before");
    town.passes(2_000);
    let copy = stores[1].copied();
    town.leaves(2);
    town.says_in(1, group, "after");
    town.passes(2_000);
    let now_ms = town.now_ms;
    drop(town);
    let stores = put_back(&stores, 1, &copy);
    let mut town = Town::new(&stores, now_ms + 60_000);
    town.link(1, 2);
    town.passes(2_000);
    town.says_in(1, group, "written into the copy");
    town.passes(5_000);
    assert!(
        town.words_of(2, group)
            .contains(&"written into the copy".to_owned())
    );
    if !found_out_first {
        town.link(0, 2);
        town.passes(5_000);
        assert!(accuses(&mut town, 0, group), "what they see is a lie");
    }
    town.unlink(1, 2);
    town.link(0, 1);
    town.passes(5_000);
    town.comes_back_as(1, 1);
    town.link(0, 1);
    town.passes(5_000);
    town.link(0, 2);
    town.link(1, 2);
    town.passes(120_000);
    for place in 0..3 {
        assert!(!accuses(&mut town, place, group), "{place} was shown a lie");
    }
    let mut words = town.words_of(0, group);
    words.sort();
    assert_eq!(words, ["after", "before", "written into the copy"]);
    town.says_in(1, group, "and on");
    town.passes(5_000);
    for place in 0..3 {
        let words = town.words_of(place, group);
        assert_eq!(
            words.last().map(String::as_str),
            Some("and on"),
            "{place}: {words:?}"
        );
    }
    moves_nothing_by_showing_it_again(&mut town, group);
}

/// One who kept what only a copy wrote shows it once more to its author.
fn moves_nothing_by_showing_it_again(town: &mut Town<'_>, group: kith_crypto::ConversationId) {
    let rows = |town: &mut Town<'_>| {
        let rows = town.rows_of(1, group).into_iter();
        rows.map(|row| (row.id, row.position, row.state))
            .collect::<Vec<_>>()
    };
    let before = rows(town);
    shows_again(town, 2, 1);
    assert_eq!(rows(town), before);
    town.passes(60_000);
    assert_eq!(rows(town), before);
    assert_eq!(town.words_of(0, group).len(), 4);
}

/// Somebody hands over once more what entries they have ever handed to another.
fn shows_again(town: &mut Town<'_>, from: usize, to: usize) {
    let heard = town.heard.iter();
    let entries = heard.filter(|(one, other, frame)| (*one, *other, frame[0]) == (from, to, ENTRIES));
    let frames: Vec<Vec<u8>> = entries.map(|(_, _, frame)| frame.clone()).collect();
    assert!(!frames.is_empty());
    let (device, lane, now_ms) = (town.people[from].device, Lane::Sync, town.now_ms);
    for frame in frames {
        town.people[to].input(Input::Net(NetEvent::Frame { device, lane, frame }), now_ms);
    }
    town.settle();
}

#[test]
fn an_old_copy_is_no_lie_once_its_account_has_left_it_out() {
    a_copy_that_two_others_compare(false);
}

#[test]
fn two_branches_of_a_device_that_is_gone_are_no_lie() {
    a_copy_that_two_others_compare(true);
}
