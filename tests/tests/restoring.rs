//! An account that was restored from its words: everybody who remembers it comes back, and nobody else gets in.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_crypto::{ReachSecret, lookup_key, open_record};
use kith_node::{
    Command, Reply,
    effects::Transmit,
    input::{Input, LinkRequestId, NetEvent},
    store::{Batch, Key, MemoryStore, Scope, Store as _, Suffix, Table},
    view::{BodyView, DamageView, DeliveryState},
};
use kith_tests::town::{Town, identity};

const NOW_MS: u64 = 1_800_000_000_000;
const DAY_MS: u64 = 86_400_000;
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;
/// The number of the refusal that a stranger hears.
const STRANGER: u8 = 1;

fn stores() -> Vec<MemoryStore> {
    (0..4).map(|_| MemoryStore::new()).collect()
}

/// Alice, Bob and Carol: Bob has talked with each of the others. Dave knows Alice.
fn friends(stores: &[MemoryStore]) -> Town<'_> {
    let mut town = Town::new(stores, NOW_MS);
    town.befriends(BOB, ALICE);
    town.befriends(BOB, CAROL);
    town.befriends(ALICE, DAVE);
    town.sends(ALICE, BOB, "from Alice");
    town.sends(CAROL, BOB, "from Carol");
    town.leaves(BOB);
    town
}

/// Somebody looks for Bob by the DHT, and dials what they find there.
fn finds_bob(town: &mut Town<'_>, who: usize) -> Option<u8> {
    let before = town.dialled.len();
    town.reaches_bootstrap(who);
    let device = town.people[BOB].device;
    let found = town.dialled[before..]
        .iter()
        .any(|dial| (dial.0, dial.1) == (who, device));
    assert!(found, "Bob's record is found");
    town.dials(who, BOB)
}

#[test]
fn after_a_restore_every_contact_comes_back_whenever_they_meet() {
    let (stores, computer) = (stores(), MemoryStore::new());
    let mut town = friends(&stores);
    town.restores(BOB, 1, &computer);
    town.reaches_bootstrap(BOB);
    assert_eq!(finds_bob(&mut town, ALICE), None);
    assert_eq!(town.times(BOB, ALICE, "from Alice"), 1);
    town.restores(BOB, 1, &computer);
    town.sleeps_for_days(40);
    town.reaches_bootstrap(BOB);
    assert_eq!(finds_bob(&mut town, CAROL), None);
    assert_eq!(town.times(BOB, CAROL, "from Carol"), 1);
    town.sends(BOB, CAROL, "it is me");
    assert_eq!(town.times(CAROL, BOB, "it is me"), 1);
}

#[test]
fn a_restored_account_tells_nobody_anything_who_does_not_remember_it() {
    let (stores, computer) = (stores(), MemoryStore::new());
    let mut town = friends(&stores);
    town.restores(BOB, 1, &computer);
    assert_eq!(town.dials(DAVE, BOB), Some(STRANGER));
    // What Alice was given is hers: Dave gets nowhere with it.
    town.reaches_bootstrap(BOB);
    assert_eq!(finds_bob(&mut town, ALICE), None);
    let device = town.people[BOB].device;
    let alices = town
        .dialled
        .iter()
        .rfind(|dial| (dial.0, dial.1) == (ALICE, device));
    let request = NetEvent::LinkRequested {
        request: LinkRequestId(77),
        device: town.people[DAVE].device,
        account: town.people[DAVE].account,
        device_list: town.people[DAVE].device_list().to_vec(),
        payload: alices.unwrap().2.clone(),
    };
    let now_ms = town.now_ms;
    town.people[BOB].input(Input::Net(request), now_ms);
    let refused = town.people[BOB].wishes.iter().any(|wish| {
        matches!(wish, Transmit::AnswerLink { refusal: Some(refusal), .. } if refusal.reason == STRANGER)
    });
    assert!(refused);
}

#[test]
fn who_was_only_near_is_asked_for_a_month_whether_they_remember() {
    let (stores, computer) = (stores(), MemoryStore::new());
    let mut town = friends(&stores);
    town.restores(BOB, 1, &computer);
    assert!(town.sees_nearby(BOB, ALICE));
    assert_eq!(town.dials(BOB, ALICE), None);
    assert_eq!(town.times(BOB, ALICE, "from Alice"), 1);
    assert!(town.sees_nearby(BOB, CAROL), "one is back, another may be near");
    town.sleeps_for_days(31);
    assert!(
        !town.sees_nearby(BOB, CAROL),
        "strangers would learn the account for ever"
    );
    assert!(
        !town.sees_nearby(ALICE, CAROL),
        "nobody does who was never restored"
    );
}

/// Alice wrote three messages to Bob, who is away since the first; Carol holds the others.
fn carol_holds(stores: &[MemoryStore]) -> Town<'_> {
    let mut town = Town::new(stores, NOW_MS);
    town.befriends(BOB, ALICE);
    town.befriends(BOB, CAROL);
    town.carries_for(CAROL, BOB);
    town.sends(ALICE, BOB, "from Alice");
    town.passes(120_000);
    town.leaves(BOB);
    for text in ["by mail", "and more"] {
        town.sends(ALICE, BOB, text);
        town.passes(60_000);
        assert_eq!(town.state(ALICE, BOB, text), Some(DeliveryState::Held));
    }
    town
}

/// Alice wrote to Bob, who is away; Carol holds it. Then Alice loses her computer, and Bob meets her new one first.
fn restored_while_carol_holds<'s>(stores: &'s [MemoryStore], computer: &'s MemoryStore) -> Town<'s> {
    let mut town = carol_holds(stores);
    town.restores(ALICE, 1, computer);
    town.comes_back(BOB);
    assert!(town.sees_nearby(ALICE, BOB));
    assert_eq!(town.dials(ALICE, BOB), None);
    assert_eq!(town.times(ALICE, BOB, "from Alice"), 1);
    assert_eq!(town.times(BOB, ALICE, "by mail"), 0);
    town
}

#[test]
fn what_a_carrier_holds_of_the_lost_device_is_not_lost_with_it() {
    let (stores, computer) = (stores(), MemoryStore::new());
    let mut town = restored_while_carol_holds(&stores, &computer);
    town.link(BOB, CAROL);
    // Bob hands it to her new one when they compare.
    town.unlink(ALICE, BOB);
    town.link(ALICE, BOB);
    for text in ["by mail", "and more"] {
        assert_eq!(town.times(BOB, ALICE, text), 1, "{text}");
        assert_eq!(town.times(ALICE, BOB, text), 1, "{text}");
    }
    assert_eq!(town.carrying(CAROL).held_bytes, 0);
}

#[test]
fn the_contact_is_told_which_device_is_new_and_which_is_gone() {
    let (stores, computer) = (stores(), MemoryStore::new());
    let mut town = friends(&stores);
    let before = town.people[BOB].device;
    town.restores(BOB, 1, &computer);
    town.reaches_bootstrap(BOB);
    assert_eq!(finds_bob(&mut town, ALICE), None);
    let rows = town.page(ALICE, BOB);
    let told = |body: &BodyView| rows.iter().filter(|row| row.body == *body).count();
    let now = town.people[BOB].device;
    assert_eq!(told(&BodyView::DeviceGone { device: before }), 1);
    assert_eq!(told(&BodyView::NewDevice { device: now }), 1);
}

#[test]
fn after_a_week_nothing_of_the_lost_device_is_taken_by_mail() {
    let (stores, computer) = (stores(), MemoryStore::new());
    let mut town = restored_while_carol_holds(&stores, &computer);
    let sealed = town.brought[0].deposit.sealed.clone();
    town.passes(7 * DAY_MS + 60_000);
    town.link(BOB, CAROL);
    town.hands_over(CAROL, BOB, &sealed);
    assert_eq!(town.times(BOB, ALICE, "by mail"), 0);
}

/// Damage took one message of Alice's from her folder.
fn loses(town: &Town<'_>, store: &MemoryStore, seq: u64) -> DamageView {
    let scope = Scope::new(Table::Entry)
        .with(town.conversation(ALICE, BOB).as_bytes())
        .with(town.people[ALICE].device.as_bytes())
        .with(&[1]);
    let mut batch = Batch::new();
    batch.delete(Key::new(scope, Suffix::number(seq)));
    store.commit(&batch).unwrap();
    DamageView {
        kept_at: None,
        records_recovered: 100,
        records_lost_at_least: 1,
    }
}

/// Alice's folder is damaged, so that one message is gone, if any, while Carol holds some. Bob meets Alice's new device first.
fn rescued_while_carol_holds(stores: &[MemoryStore], lost: Option<u64>) -> Town<'_> {
    let mut town = carol_holds(stores);
    town.leaves(ALICE);
    town.passes(60_000);
    let damage = lost.map(|seq| loses(&town, &stores[ALICE], seq));
    town.comes_back_rescued(ALICE, 1, damage);
    town.comes_back(BOB);
    town.link(ALICE, BOB);
    town.passes(60_000);
    town
}

fn each_has_all_once(town: &mut Town<'_>) {
    town.link(BOB, CAROL);
    town.passes(60_000);
    for text in ["from Alice", "by mail", "and more"] {
        assert_eq!(town.times(BOB, ALICE, text), 1, "{text} with Bob");
        assert_eq!(town.times(ALICE, BOB, text), 1, "{text} with Alice");
    }
    assert_eq!(town.carrying(CAROL).held_bytes, 0);
}

#[test]
fn what_damage_took_from_its_author_a_carrier_brings_and_the_rest_comes_once() {
    for (lost, missing) in [(3, "and more"), (2, "by mail")] {
        let stores = stores();
        let mut town = rescued_while_carol_holds(&stores, Some(lost));
        assert_eq!(town.times(BOB, ALICE, missing), 0, "{missing}");
        each_has_all_once(&mut town);
    }
}

#[test]
fn what_a_replaced_device_has_said_anew_does_not_come_by_mail_as_well() {
    let stores = stores();
    let mut town = rescued_while_carol_holds(&stores, None);
    each_has_all_once(&mut town);
}

#[test]
fn an_account_that_blocked_somebody_is_found_after_a_restore_too() {
    let (stores, computer) = (stores(), MemoryStore::new());
    let mut town = friends(&stores);
    town.comes_back(BOB);
    town.befriends(BOB, DAVE);
    town.link(BOB, ALICE);
    let account = town.people[DAVE].account;
    town.does(BOB, Command::BlockContact { account });
    town.leaves(BOB);
    town.restores(BOB, 1, &computer);
    town.reaches_bootstrap(BOB);
    assert_eq!(finds_bob(&mut town, ALICE), None);
    assert_eq!(town.times(BOB, ALICE, "from Alice"), 1);
    // Blocks are not part of the words. Dave comes back like everybody; blocked again, he finds nothing any more.
    assert_eq!(finds_bob(&mut town, DAVE), None);
    town.does(BOB, Command::BlockContact { account });
    town.passes(DAY_MS / 4);
    let (bob, today) = (identity(BOB), u32::try_from(town.now_ms / DAY_MS).unwrap());
    for number in 0..10 {
        let reach = ReachSecret::numbered_for(bob.account_key.as_ref().unwrap(), number);
        let key = lookup_key(&bob.account, &reach, today).unwrap();
        if let Some(value) = town.records.get(key.as_bytes()) {
            let record = open_record(&bob.account, &reach, today, value, town.now_ms).unwrap();
            assert!(
                record.devices.is_empty(),
                "secret {number} still tells where Bob is"
            );
        }
    }
}

#[test]
fn a_fresh_invite_of_a_restored_account_brings_a_contact_back_whatever_it_knew_of_the_device() {
    for has_learned_the_device in [false, true] {
        let (stores, computer) = (stores(), MemoryStore::new());
        let mut town = friends(&stores);
        town.restores(BOB, 1, &computer);
        if has_learned_the_device {
            town.reaches_bootstrap(BOB);
            town.reaches_bootstrap(ALICE);
        }
        let link = match town.does(BOB, Command::CreateInvite { valid_for_s: None }) {
            Reply::Invite(invite) => invite.link,
            other => panic!("no invite: {other:?}"),
        };
        town.does(ALICE, Command::AddContact { link });
        town.passes(1_000);
        assert_eq!(town.dials(ALICE, BOB), None);
        assert_eq!(town.times(BOB, ALICE, "from Alice"), 1);
    }
}
