//! What is written reaches everyone once, in one order, whoever is gone and however the group is parted meanwhile.

use kith_node::{
    Command,
    view::{DeleteFor, DeliveryState},
};
use kith_tests::{town::Town, world::says};

use super::{NOW_MS, group_of, stores};

#[test]
fn three_people_talk() {
    let stores = stores(3);
    let mut town = Town::new(&stores, NOW_MS);
    town.gather(0, &[1, 2]);
    let group = town.founds(0, " Hiking ", &[1, 2]);
    for place in 0..3 {
        let view = town.knows(place, group).expect("everyone was invited");
        assert_eq!((view.name(), view.members().len()), ("Hiking", 3));
        let names: Vec<&str> = view.members().iter().map(|member| member.name.as_str()).collect();
        assert_eq!(
            names,
            ["person 0", "person 1", "person 2"],
            "as {place} knows them"
        );
    }
    assert_eq!(town.dials(1, 2), None, "who shares a group is let in");
    for (place, text) in [(0, "Where to?"), (1, "Up."), (2, "Why not down?")] {
        town.says_in(place, group, text);
        town.passes(500);
    }
    assert_eq!(
        town.agree(&[0, 1, 2], group),
        ["Where to?", "Up.", "Why not down?"]
    );
    assert_eq!(
        town.state_in(0, group, "Where to?"),
        Some(DeliveryState::Delivered)
    );
    town.reads_in(1, group);
    town.passes(500);
    assert_eq!(
        town.state_in(0, group, "Where to?"),
        Some(DeliveryState::Delivered),
        "one has not read it"
    );
    town.reads_in(2, group);
    town.passes(500);
    assert_eq!(town.state_in(0, group, "Where to?"), Some(DeliveryState::Read));
    let direct = town.conversation(1, 2);
    assert!(town.knows(1, direct).is_none(), "they are no contacts");
}

#[test]
fn most_of_it_is_gossiped_and_nothing_waits_for_repair() {
    for people in [3, 5, 8] {
        let stores = stores(people);
        let (mut town, group) = group_of(&stores);
        town.says_in(0, group, "a first word, for the keys");
        town.passes(5_000);
        let entries = |town: &Town<'_>| town.heard.iter().filter(|(_, _, frame)| frame[0] == 3).count();
        let before = entries(&town);
        for place in 0..people {
            town.says_in(place, group, &format!("word of {place}"));
        }
        let everyone: Vec<usize> = (0..people).collect();
        assert_eq!(
            town.agree(&everyone, group).len(),
            people + 1,
            "at once, of {people}"
        );
        assert_eq!(entries(&town), before, "sync had nothing to do, of {people}");
    }
}

#[test]
fn a_tick_is_that_of_whoever_has_it_least() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.leaves(2);
    town.says_in(0, group, "Half of us");
    town.passes(1_000);
    assert_eq!(town.state_in(0, group, "Half of us"), Some(DeliveryState::Saved));
    let ledger = town.ledger_in(0, group, "Half of us");
    let states: Vec<_> = [1, 2]
        .map(|place| {
            let account = town.people[place].account;
            let device = ledger.devices.iter().find(|device| device.account == account);
            device.map(|device| device.state)
        })
        .into();
    assert_eq!(
        states,
        [Some(DeliveryState::Delivered), Some(DeliveryState::Saved)]
    );
    assert_eq!(ledger.state, DeliveryState::Saved);
    town.comes_back(2);
    town.link(0, 2);
    town.passes(2_000);
    assert_eq!(
        town.state_in(0, group, "Half of us"),
        Some(DeliveryState::Delivered)
    );
}

#[test]
fn what_its_author_cannot_hand_over_another_does() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.leaves(2);
    town.says_in(0, group, "before I go");
    town.passes(1_000);
    town.leaves(0);
    town.comes_back(2);
    town.link(1, 2);
    town.passes(2_000);
    assert_eq!(town.words_of(2, group), ["before I go"]);
    town.says_in(2, group, "safe journey");
    town.passes(2_000);
    town.leaves(2);
    town.comes_back(0);
    town.link(0, 1);
    town.passes(2_000);
    assert_eq!(town.agree(&[0, 1], group), ["before I go", "safe journey"]);
    assert_eq!(
        town.state_in(0, group, "before I go"),
        Some(DeliveryState::Saved),
        "only who has it says so"
    );
}

#[test]
fn halves_that_were_parted_come_to_the_same() {
    for people in [5, 8] {
        let stores = stores(people);
        let (mut town, group) = group_of(&stores);
        let half = people / 2;
        for a in 0..half {
            for b in half..people {
                town.unlink(a, b);
            }
        }
        for round in 0..3 {
            for place in 0..people {
                town.says_in(place, group, &format!("{place} in round {round}"));
                town.passes(200);
            }
        }
        let here: Vec<usize> = (0..half).collect();
        let there: Vec<usize> = (half..people).collect();
        assert_eq!(town.agree(&here, group).len(), 3 * half);
        assert_eq!(town.agree(&there, group).len(), 3 * (people - half));
        town.link(half - 1, half);
        town.passes(5_000);
        let everyone: Vec<usize> = (0..people).collect();
        assert_eq!(
            town.agree(&everyone, group).len(),
            3 * people,
            "one link joined them"
        );
        town.all_meet();
        town.passes(5_000);
        let last = format!("{} in round 2", people - 1);
        assert_eq!(
            town.state_in(people - 1, group, &last),
            Some(DeliveryState::Delivered)
        );
    }
}

#[test]
fn two_groups_that_begin_at_once_are_two() {
    let stores = stores(3);
    let mut town = Town::new(&stores, NOW_MS);
    town.gather(0, &[1, 2]);
    town.befriends(1, 2);
    let one = town.tries_to_found(0, "Hiking", &[1, 2]).unwrap().id;
    let other = town.tries_to_found(1, "Hiking", &[0, 2]).unwrap().id;
    town.settle();
    town.passes(1_000);
    for place in 0..3 {
        town.says_in(place, one, &format!("{place} here"));
        town.says_in(place, other, &format!("{place} there"));
        town.passes(500);
    }
    assert_eq!(town.agree(&[0, 1, 2], one), ["0 here", "1 here", "2 here"]);
    assert_eq!(town.agree(&[0, 1, 2], other), ["0 there", "1 there", "2 there"]);
}

#[test]
fn what_is_deleted_for_everyone_is_gone_for_all_of_them() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.says_in(0, group, "a slip");
    town.says_in(1, group, "I saw that");
    town.passes(1_000);
    town.leaves(2);
    let rows = town.rows_of(0, group);
    let slip = rows.iter().find(|row| says(row, "a slip")).unwrap().position;
    let delete = Command::DeleteMessages {
        conversation: group,
        positions: vec![slip],
        scope: DeleteFor::Everyone,
    };
    town.does(0, delete);
    town.passes(12_000);
    assert_eq!(town.agree(&[0, 1], group), ["(deleted)", "I saw that"]);
    town.leaves(0);
    town.comes_back(2);
    town.link(1, 2);
    town.passes(2_000);
    assert_eq!(
        town.words_of(2, group),
        ["(deleted)", "I saw that"],
        "the second told the third"
    );
}

#[test]
fn what_one_member_has_is_not_as_if_it_had_never_been_written() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.leaves(2);
    town.says_in(0, group, "a slip");
    town.passes(1_000);
    let slip = town.rows_of(0, group).last().unwrap().position;
    let cancel = Command::CancelMessage {
        conversation: group,
        position: slip,
    };
    let refused = town.people[0].tries(cancel, NOW_MS + 20_000).unwrap_err();
    assert!(refused.to_string().contains("person 1"), "{refused}");
    assert_eq!(town.state_in(0, group, "a slip"), Some(DeliveryState::Saved));
}

#[test]
fn the_timer_is_the_groups() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.does(
        1,
        Command::SetTimer {
            conversation: group,
            seconds: 60,
        },
    );
    town.passes(12_000);
    for place in 0..3 {
        assert_eq!(town.knows(place, group).unwrap().timer.seconds, 60);
        town.says_in(place, group, &format!("for a minute, {place}"));
    }
    town.passes(1_000);
    assert_eq!(town.agree(&[0, 1, 2], group).len(), 3);
    town.passes(65_000);
    assert_eq!(town.agree(&[0, 1, 2], group), Vec::<String>::new());
}
