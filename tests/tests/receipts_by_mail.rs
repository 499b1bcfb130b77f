//! Ticks reach somebody who is away, although nothing else is to be said: a carrier of theirs holds the receipt.

use kith_node::{Command, store::MemoryStore, view::DeliveryState};
use kith_tests::town::Town;

const NOW_MS: u64 = 1_800_000_000_000;
const MINUTE_MS: u64 = 60_000;
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;

fn stores() -> Vec<MemoryStore> {
    (0..4).map(|_| MemoryStore::new()).collect()
}

/// Alice and Bob, for whom Dave and Carol carry, and who both know it.
fn with_carriers(stores: &[MemoryStore]) -> Town<'_> {
    let mut town = Town::new(stores, NOW_MS);
    town.befriends(ALICE, BOB);
    town.befriends(BOB, CAROL);
    town.befriends(ALICE, DAVE);
    town.carries_for(CAROL, BOB);
    town.carries_for(DAVE, ALICE);
    assert_eq!(town.carrying(ALICE).reachable_through.len(), 1);
    assert_eq!(town.carrying(BOB).reachable_through.len(), 1);
    // Beacons compare, and what was said on the links is beyond doubt.
    town.passes(2 * MINUTE_MS);
    town.brought.clear();
    town
}

/// Alice writes and leaves, and Bob has it from Carol.
fn written_to_who_is_away(town: &mut Town<'_>) {
    town.leaves(BOB);
    town.sends(ALICE, BOB, "are you there?");
    town.passes(MINUTE_MS);
    assert_eq!(
        town.state(ALICE, BOB, "are you there?"),
        Some(DeliveryState::Held)
    );
    town.leaves(ALICE);
    town.comes_back(BOB);
    town.link(BOB, CAROL);
    assert_eq!(town.times(BOB, ALICE, "are you there?"), 1);
}

/// How often Bob brought something to Dave.
fn brought_by_bob(town: &Town<'_>) -> usize {
    let of_bob = town.brought.iter().filter(|brought| brought.from == BOB);
    of_bob.inspect(|brought| assert_eq!(brought.to, DAVE)).count()
}

#[test]
fn who_comes_back_sees_that_it_was_read_although_its_reader_left() {
    let stores = stores();
    let mut town = with_carriers(&stores);
    written_to_who_is_away(&mut town);
    town.reads(BOB, ALICE);
    town.passes(MINUTE_MS);
    // One mail tells that it came and that it was read, and Bob says it once.
    assert_eq!(brought_by_bob(&town), 1);
    assert!(town.carrying(DAVE).held_bytes > 0);
    town.leaves(BOB);

    town.comes_back(ALICE);
    assert_eq!(
        town.state(ALICE, BOB, "are you there?"),
        Some(DeliveryState::Held)
    );
    town.link(ALICE, DAVE);
    assert_eq!(
        town.state(ALICE, BOB, "are you there?"),
        Some(DeliveryState::Read)
    );
    let ledger = town.ledger(ALICE, BOB, "are you there?");
    assert!(ledger.devices.iter().all(|device| device.read_at_ms.is_some()));
    assert_eq!(town.carrying(DAVE).held_bytes, 0);

    // Nobody says that they have the receipt.
    let brought = town.brought.len();
    town.passes(3 * 60 * MINUTE_MS);
    assert_eq!(town.brought.len(), brought);
}

#[test]
fn a_receipt_that_a_carrier_holds_is_not_said_again_after_a_restart() {
    let stores = stores();
    let mut town = with_carriers(&stores);
    written_to_who_is_away(&mut town);
    town.reads(BOB, ALICE);
    town.passes(MINUTE_MS);
    assert_eq!(brought_by_bob(&town), 1);
    for _ in 0..3 {
        town.leaves(BOB);
        town.comes_back(BOB);
        town.passes(60 * MINUTE_MS);
    }
    assert_eq!(brought_by_bob(&town), 1);

    // What Dave gave up is said again, until Alice was told.
    town.passes(8 * 24 * 60 * MINUTE_MS);
    assert_eq!(brought_by_bob(&town), 2);
    town.comes_back(ALICE);
    town.link(ALICE, BOB);
    town.passes(2 * MINUTE_MS);
    town.leaves(ALICE);
    town.passes(60 * MINUTE_MS);
    assert_eq!(brought_by_bob(&town), 2);
}

#[test]
fn what_was_told_over_a_link_goes_by_mail_only_when_the_link_ended_right_after() {
    let stores = stores();
    let mut town = with_carriers(&stores);
    town.sends(ALICE, BOB, "early");
    town.reads(BOB, ALICE);
    town.passes(2 * MINUTE_MS);
    town.leaves(ALICE);
    town.passes(60 * MINUTE_MS);
    assert_eq!(brought_by_bob(&town), 0);

    town.comes_back(ALICE);
    town.link(ALICE, BOB);
    town.sends(ALICE, BOB, "late");
    town.leaves(ALICE);
    town.passes(60 * MINUTE_MS);
    assert_eq!(brought_by_bob(&town), 1);
}

#[test]
fn receipts_that_go_alone_wait_for_longer_and_longer() {
    let stores = stores();
    let mut town = with_carriers(&stores);
    town.leaves(BOB);
    for number in 0..4 {
        town.sends(ALICE, BOB, &format!("number {number}"));
    }
    town.passes(MINUTE_MS);
    town.leaves(ALICE);
    town.comes_back(BOB);
    town.link(BOB, CAROL);
    let rows = town.page(BOB, ALICE);
    // He looks at one after the other, for hours.
    for row in &rows {
        let (conversation, up_to) = (row.conversation, row.position);
        town.does(BOB, kith_node::Command::MarkRead { conversation, up_to });
        town.passes(15_000);
    }
    town.passes(60 * MINUTE_MS);
    let times: Vec<u64> = town
        .brought
        .iter()
        .filter(|brought| brought.from == BOB)
        .map(|brought| brought.at_ms)
        .collect();
    assert!(times.len() >= 2, "{times:?}");
    assert!(times.len() < rows.len(), "{times:?}");
    assert!(
        times.windows(2).all(|two| two[1] - two[0] >= MINUTE_MS),
        "{times:?}"
    );
    town.leaves(BOB);
    town.comes_back(ALICE);
    town.link(ALICE, DAVE);
    assert_eq!(town.state(ALICE, BOB, "number 3"), Some(DeliveryState::Read));
}

#[test]
fn mail_does_not_say_of_what_was_deleted_unseen_that_it_was_read() {
    let stores = stores();
    let mut town = with_carriers(&stores);
    written_to_who_is_away(&mut town);
    let conversation = town.conversation(ALICE, BOB);
    town.does(BOB, Command::DeleteChat { conversation });
    town.passes(MINUTE_MS);
    // Another one comes by mail, and is read.
    town.leaves(BOB);
    town.comes_back(ALICE);
    town.sends(ALICE, BOB, "and now?");
    town.passes(MINUTE_MS);
    town.leaves(ALICE);
    town.comes_back(BOB);
    town.link(BOB, CAROL);
    town.reads(BOB, ALICE);
    town.passes(MINUTE_MS);
    town.leaves(BOB);
    town.comes_back(ALICE);
    town.link(ALICE, DAVE);
    for text in ["are you there?", "and now?"] {
        let state = town.state(ALICE, BOB, text);
        assert_eq!(state, Some(DeliveryState::Delivered), "{text}");
    }
    // On a link there is room to say which.
    town.comes_back(BOB);
    town.link(ALICE, BOB);
    town.passes(MINUTE_MS);
    assert_eq!(town.state(ALICE, BOB, "and now?"), Some(DeliveryState::Read));
    let unseen = town.state(ALICE, BOB, "are you there?");
    assert_eq!(unseen, Some(DeliveryState::Delivered));
}
