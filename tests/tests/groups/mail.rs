//! Members who are away for days: what carriers hold for them, also for those who are no contacts of the author.

use kith_node::view::DeliveryState;

use super::{DAY_MS, group_of, stores};

#[test]
fn who_was_away_for_days_finds_it_with_a_carrier() {
    let stores = stores(4);
    let (mut town, group) = group_of(&stores);
    town.befriends(2, 3);
    town.carries_for(3, 2);
    town.passes(2_000);
    town.leaves(2);
    town.passes(DAY_MS);
    town.says_in(0, group, "from a contact");
    town.says_in(1, group, "from somebody else");
    town.passes(20_000);
    assert_eq!(
        town.state_in(0, group, "from a contact"),
        Some(DeliveryState::Held)
    );
    town.leaves(0);
    town.leaves(1);
    town.passes(2 * DAY_MS);
    town.comes_back(2);
    town.unlink(2, 3);
    town.link(3, 2);
    town.passes(5_000);
    assert_eq!(
        town.agree(&[2, 3], group),
        ["from a contact", "from somebody else"]
    );
}

#[test]
fn a_group_that_began_while_somebody_was_away_comes_with_its_first_words() {
    let stores = stores(4);
    let mut town = kith_tests::town::Town::new(&stores, super::NOW_MS);
    town.gather(0, &[1, 2, 3]);
    town.befriends(2, 3);
    town.carries_for(3, 2);
    town.passes(2_000);
    town.leaves(2);
    // The carrier is no member: nobody but the founder's mail can tell.
    let group = town.founds(0, "Hiking", &[1, 2]);
    town.passes(5_000);
    town.says_in(0, group, "come along");
    town.passes(20_000);
    assert_eq!(town.state_in(0, group, "come along"), Some(DeliveryState::Held));
    town.leaves(0);
    town.comes_back(2);
    town.link(2, 3);
    town.passes(5_000);
    assert_eq!(town.words_of(2, group), ["come along"]);
    let view = town.knows(2, group).expect("it came by mail");
    assert_eq!((view.name(), view.members().len()), ("Hiking", 3));
    town.comes_back(0);
    town.link(0, 2);
    town.passes(5_000);
    assert!(
        town.knows(2, group)
            .unwrap()
            .members()
            .iter()
            .all(|member| !member.name.is_empty()),
        "the first link tells who the others are"
    );
    town.says_in(2, group, "on my way");
    town.passes(2_000);
    assert_eq!(town.agree(&[0, 2], group), ["come along", "on my way"]);
}
