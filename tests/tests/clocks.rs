//! A clock that is years wrong: nothing that is done while it is cannot be taken back, and all goes on once it is right.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::collections::BTreeSet;

use kith_crypto::{ReachSecret, lookup_key};
use kith_node::{
    Command, Event, Reply,
    input::Input,
    store::MemoryStore,
    view::{ContactState, InviteState, InviteView, NetworkProblem, NetworkView},
};
use kith_tests::{
    mallory::Frame,
    pair::Side,
    town::{Town, identity},
};

const NOW_MS: u64 = 1_800_000_000_000;
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
const YEARS_MS: u64 = 5 * 365 * DAY_MS;
const WEEK_S: u32 = 7 * 86_400;
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

fn stores() -> Vec<MemoryStore> {
    (0..3).map(|_| MemoryStore::new()).collect()
}

/// Alice and Bob, whose messages disappear after a week. Carol is a stranger.
fn friends(stores: &[MemoryStore]) -> Town<'_> {
    let mut town = Town::new(stores, NOW_MS);
    town.befriends(ALICE, BOB);
    let conversation = town.conversation(ALICE, BOB);
    let seconds = WEEK_S;
    town.does(
        ALICE,
        Command::SetTimer {
            conversation,
            seconds,
        },
    );
    town.passes(11_000);
    town.sends(BOB, ALICE, "for a week");
    assert_eq!(town.times(ALICE, BOB, "for a week"), 1);
    town.passes(HOUR_MS);
    town
}

/// Whether Alice's address record lies where her contacts look today.
fn is_found(town: &Town<'_>) -> bool {
    let alice = identity(ALICE);
    let reach = ReachSecret::first_for(alice.account_key.as_ref().unwrap());
    let today = u32::try_from(town.now_ms / DAY_MS).unwrap();
    let key = lookup_key(&alice.account, &reach, today).unwrap();
    town.records.contains_key(key.as_bytes())
}

fn invite(town: &mut Town<'_>, place: usize) -> InviteView {
    match town.does(place, Command::CreateInvite { valid_for_s: None }) {
        Reply::Invite(invite) => invite,
        other => panic!("no invite: {other:?}"),
    }
}

/// When a text of hers was written, by its stamp.
fn written_at_ms(town: &mut Town<'_>, text: &str) -> u64 {
    let page = town.page(ALICE, BOB);
    let row = page.iter().find(|row| kith_tests::world::says(row, text));
    let stamp = row.unwrap().position.as_bytes().first_chunk().copied().unwrap();
    // Milliseconds in the upper 48 bits.
    u64::from_be_bytes(stamp) >> 16
}

/// What Alice does with a clock that may be wrong is done by the right time.
fn lives_by_the_right_time(town: &mut Town<'_>, text: &str) {
    town.records.clear();
    town.reaches_bootstrap(ALICE);
    assert!(is_found(town), "{text}: her contacts find her");
    assert_eq!(
        town.times(ALICE, BOB, "for a week"),
        1,
        "{text}: nothing is erased early"
    );
    let invite = invite(town, ALICE);
    let until_ms = town.now_ms + 8 * DAY_MS;
    assert!(invite.expires_at_ms < until_ms, "{text}: an invite ends in time");
    assert_eq!(invite.state, InviteState::Open);
    town.sends(ALICE, BOB, text);
    let at_ms = written_at_ms(town, text);
    assert!(
        at_ms < town.now_ms + HOUR_MS,
        "{text}: it is not dated years ahead"
    );
}

#[test]
fn a_clock_that_jumped_by_years_while_kith_was_closed_does_no_harm() {
    let stores = stores();
    let mut town = friends(&stores);
    town.leaves(BOB);
    town.comes_back_by_clock(ALICE, YEARS_MS);
    town.passes(HOUR_MS);
    lives_by_the_right_time(&mut town, "alone");
    // A contact confirms what was only guessed.
    town.comes_back(BOB);
    town.link(ALICE, BOB);
    town.passes(DAY_MS);
    lives_by_the_right_time(&mut town, "with Bob");
    assert_eq!(town.times(BOB, ALICE, "with Bob"), 1);
    // It is known from then on, also when he is away for longer than a clock is given the benefit of the doubt.
    town.leaves(BOB);
    town.passes(2 * DAY_MS);
    lives_by_the_right_time(&mut town, "alone again");
    town.comes_back_by_clock(ALICE, YEARS_MS);
    lives_by_the_right_time(&mut town, "after a restart");
    // The clock is put right, while Kith runs, and then for good.
    town.sets_clock(ALICE, 0);
    lives_by_the_right_time(&mut town, "put right");
    town.comes_back(ALICE);
    lives_by_the_right_time(&mut town, "right again");
    town.passes(8 * DAY_MS);
    assert_eq!(town.times(ALICE, BOB, "for a week"), 0, "its time is over now");
}

#[test]
fn a_clock_that_jumps_while_kith_runs_does_no_harm() {
    let stores = stores();
    let mut town = friends(&stores);
    town.sets_clock(ALICE, YEARS_MS);
    town.passes(HOUR_MS);
    lives_by_the_right_time(&mut town, "ahead");
    town.sets_clock(ALICE, 0);
    town.passes(HOUR_MS);
    lives_by_the_right_time(&mut town, "right");
}

#[test]
fn a_profile_that_was_made_while_the_clock_was_years_ahead_is_well_once_it_is_right() {
    let stores = stores();
    let mut town = Town::new(&stores, NOW_MS);
    // Nobody was there who knew better.
    let made = MemoryStore::new();
    let mut early = Side::by_clock(identity(9), "early", &made, NOW_MS, YEARS_MS);
    early.input(Input::Timer, NOW_MS + DAY_MS);
    // She opens a link all the same: whether it is over its issuer knows.
    let link = invite(&mut town, BOB).link;
    match early.does(Command::AddContact { link }, NOW_MS + DAY_MS) {
        Reply::Contact(contact) => assert_eq!(contact.state, ContactState::Waiting),
        other => panic!("no contact: {other:?}"),
    }
    drop(early);
    let mut now_ms = NOW_MS + 2 * DAY_MS;
    let mut right = Side::new(identity(9), "early", &made, 1, now_ms);
    let mut forgotten = BTreeSet::new();
    for _ in 0..5 {
        now_ms += DAY_MS;
        forgotten.extend(right.input(Input::Timer, now_ms).forget_before);
    }
    assert_eq!(
        forgotten.len(),
        5,
        "each day the keys of the day before are dropped"
    );
    let invite = match right.does(Command::CreateInvite { valid_for_s: None }, now_ms) {
        Reply::Invite(invite) => invite,
        other => panic!("no invite: {other:?}"),
    };
    assert_eq!((invite.created_at_ms, invite.state), (now_ms, InviteState::Open));
}

#[test]
fn stamps_and_prekeys_of_a_clock_that_was_ahead_are_left_behind() {
    let stores = stores();
    let mut town = Town::new(&stores, NOW_MS);
    town.befriends(ALICE, BOB);
    town.befriends(ALICE, CAROL);
    town.leaves(BOB);
    town.leaves(CAROL);
    // Her clock is wrong by less than anybody doubts.
    town.comes_back_by_clock(ALICE, 10 * DAY_MS);
    town.sends(ALICE, CAROL, "from the future");
    town.comes_back(ALICE);
    town.comes_back(BOB);
    town.link(ALICE, BOB);
    town.sends(ALICE, BOB, "from today");
    assert!(written_at_ms(&mut town, "from today") < town.now_ms + HOUR_MS);
    let mut prekeys = BTreeSet::new();
    for _ in 0..4 {
        town.passes(DAY_MS);
        let said = town.heard.drain(..).filter(|(from, ..)| *from == ALICE);
        for (.., frame) in said {
            if let Ok(Frame::Introduction(introduction)) = postcard::from_bytes(&frame) {
                prekeys.insert(introduction.prekey);
            }
        }
    }
    assert!(
        prekeys.len() >= 3,
        "there is a new prekey each day: {}",
        prekeys.len()
    );
}

fn network(town: &mut Town<'_>) -> NetworkView {
    match town.does(ALICE, Command::GetNetwork {}) {
        Reply::Network(view) => view,
        other => panic!("no network: {other:?}"),
    }
}

/// By how much Alice is told that her clock may be wrong.
fn doubted_by(view: &NetworkView) -> Option<i64> {
    view.problems.iter().find_map(|problem| match problem {
        NetworkProblem::ClockDoubted { by_ms } => Some(*by_ms),
        _ => None,
    })
}

#[test]
fn it_is_told_that_a_clock_is_not_believed_and_what_time_is_gone_by() {
    let stores = stores();
    let mut town = friends(&stores);
    town.leaves(BOB);
    let view = network(&mut town);
    assert_eq!((doubted_by(&view), view.time_ahead_ms), (None, 0));
    town.comes_back_by_clock(ALICE, YEARS_MS);
    let view = network(&mut town);
    let shown_ms = town.now_ms + YEARS_MS;
    let gone_by_ms = shown_ms.saturating_add_signed(-view.time_ahead_ms);
    assert!(gone_by_ms.abs_diff(town.now_ms) < DAY_MS, "{view:?}");
    assert_eq!(doubted_by(&view), Some(view.time_ahead_ms));
    let conversation = town.conversation(ALICE, BOB);
    let deletion = match town.does(ALICE, Command::DeleteChat { conversation }) {
        Reply::Deletion(deletion) => deletion,
        other => panic!("no deletion: {other:?}"),
    };
    assert_eq!(deletion.until_ms, gone_by_ms + 10_000, "by the time that is told");
    town.people[ALICE].told();
    town.sets_clock(ALICE, 0);
    let told = town.people[ALICE].told();
    let last = told.into_iter().rev().find_map(|event| match event {
        Event::Network(view) => Some(view),
        _ => None,
    });
    let last = last.unwrap();
    assert_eq!((doubted_by(&last), last.time_ahead_ms), (None, 0));
}
