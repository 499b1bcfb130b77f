//! Mail that lies with more than one carrier, or of which one lost a part: nothing of it is lost by whom it is for.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_node::{Command, store::MemoryStore, view::DeliveryState};
use kith_tests::town::Town;

const NOW_MS: u64 = 1_800_000_000_000;
const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const ALICE: usize = 0;
const BOB: usize = 1;
/// A second friend of Bob's who writes to him.
const DAVE: usize = 4;
/// The number of the frame `MailTaken`.
const MAIL_TAKEN: u8 = 12;
/// The number of the frame `MailBehind`.
const MAIL_BEHIND: u8 = 20;

fn stores() -> Vec<MemoryStore> {
    (0..5).map(|_| MemoryStore::new()).collect()
}

/// Alice and Dave, and Bob, who is away and for whom two carry; gives the carriers in the order in which they are asked.
fn town(stores: &[MemoryStore]) -> (Town<'_>, usize, usize) {
    let mut town = Town::new(stores, NOW_MS);
    town.befriends(ALICE, BOB);
    town.befriends(DAVE, BOB);
    for carrier in [2, 3] {
        town.befriends(BOB, carrier);
        town.carries_for(carrier, BOB);
    }
    town.passes(2 * MINUTE_MS);
    town.leaves(BOB);
    town.brought.clear();
    let account = |place: usize| town.people[place].account;
    if account(2) < account(3) {
        (town, 2, 3)
    } else {
        (town, 3, 2)
    }
}

fn mails(town: &mut Town<'_>, from: usize, text: &str) {
    town.sends(from, BOB, text);
    town.passes(MINUTE_MS);
    assert_eq!(town.state(from, BOB, text), Some(DeliveryState::Held));
}

/// How many frames of a kind Bob has said since some frame was heard.
fn said(town: &Town<'_>, since: usize, kind: u8) -> usize {
    let of_bob = town.heard[since..].iter().filter(|(from, ..)| *from == BOB);
    of_bob.filter(|(.., frame)| frame.first() == Some(&kind)).count()
}

/// The first carrier holds "one", the second what Alice wrote while the first was away.
fn one_with_each(town: &mut Town<'_>, first: usize, second: usize) {
    mails(town, ALICE, "one");
    town.leaves(first);
    mails(town, ALICE, "two");
    let asked: Vec<usize> = town.brought.iter().map(|brought| brought.to).collect();
    assert_eq!(asked, [first, first, second]);
    town.leaves(ALICE);
}

#[test]
fn what_the_second_holds_stands_without_the_first() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    one_with_each(&mut town, first, second);
    town.comes_back(BOB);
    town.link(BOB, second);
    assert_eq!(town.times(BOB, ALICE, "one"), 1);
    assert_eq!(town.times(BOB, ALICE, "two"), 1);
    // The first comes later, and has nothing that is not known.
    town.comes_back(first);
    town.link(BOB, first);
    assert_eq!(town.times(BOB, ALICE, "one"), 1);
    assert_eq!(town.times(BOB, ALICE, "two"), 1);
    for carrier in [first, second] {
        assert_eq!(town.carrying(carrier).held_bytes, 0);
    }
}

#[test]
fn each_gets_what_it_lacks_itself() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    mails(&mut town, ALICE, "one");
    town.leaves(first);
    mails(&mut town, ALICE, "two");
    town.comes_back(first);
    town.leaves(second);
    mails(&mut town, ALICE, "three");
    town.leaves(ALICE);
    town.comes_back(BOB);
    town.link(BOB, first);
    for text in ["one", "two", "three"] {
        assert_eq!(town.times(BOB, ALICE, text), 1, "{text}");
    }
}

#[test]
fn what_stands_behind_a_gap_stays_with_its_carrier_until_the_gap_is_filled() {
    let stores = stores();
    let (mut town, first, _) = town(&stores);
    mails(&mut town, ALICE, "one");
    let account = town.people[BOB].account;
    town.does(first, Command::DropHeld { account });
    // More than are under way at a time: they are in nobody's way.
    for text in ["two", "three", "four", "five", "six"] {
        mails(&mut town, ALICE, text);
    }
    mails(&mut town, DAVE, "I am somebody else");
    town.leaves(ALICE);
    town.comes_back(BOB);
    let since = town.heard.len();
    town.link(BOB, first);
    assert_eq!(town.times(BOB, ALICE, "two"), 0);
    assert_eq!(town.times(BOB, DAVE, "I am somebody else"), 1);
    assert_eq!(said(&town, since, MAIL_BEHIND), 5);
    assert_eq!(said(&town, since, MAIL_TAKEN), 1);
    assert_eq!(town.carrying(first).mailboxes[0].items.len(), 5);

    // It is offered again on each link, and wanted once the gap is filled.
    town.unlink(BOB, first);
    town.link(BOB, first);
    assert_eq!(said(&town, since, MAIL_BEHIND), 10);
    assert_eq!(town.times(BOB, ALICE, "two"), 0);
    town.comes_back(ALICE);
    town.link(ALICE, BOB);
    for text in ["one", "two", "three", "four", "five", "six"] {
        assert_eq!(town.times(BOB, ALICE, text), 1, "{text}");
    }
    assert_eq!(town.carrying(first).held_bytes, 0);
}

#[test]
fn when_one_carrier_fills_the_gap_the_other_is_asked_for_what_it_kept() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    mails(&mut town, ALICE, "one");
    let one = town.brought[0].deposit.sealed.clone();
    let account = town.people[BOB].account;
    town.does(first, Command::DropHeld { account });
    for text in ["two", "three"] {
        mails(&mut town, ALICE, text);
    }
    town.leaves(ALICE);
    town.comes_back(BOB);
    town.link(BOB, first);
    town.link(BOB, second);
    assert_eq!(town.times(BOB, ALICE, "two"), 0);
    town.hands_over(second, BOB, &one);
    for text in ["one", "two", "three"] {
        assert_eq!(town.times(BOB, ALICE, text), 1, "{text}");
    }
    assert_eq!(town.carrying(first).held_bytes, 0);
}
