//! Who is blocked gets nothing: no link, no word that tells more than a stranger is told, no receipt, no presence, no mail,
//! no place in the DHT; and nothing of theirs is taken by any road, until it is taken back.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::collections::BTreeSet;

use kith_crypto::{DepositAnswer, ReachSecret, lookup_key, open_record};
use kith_node::{
    Command, Reply,
    effects::Transmit,
    id::DeviceId,
    input::{GossipId, Input, LinkRequestId, NetEvent},
    store::{Batch, Key, MemoryStore, Scope, Store, Suffix, Table},
    view::{BootstrapView, ContactState, ContactView, DamageView, DeliveryState, PresenceView},
};
use kith_tests::{mallory::Frame, pair::Side, town::Town};

const NOW_MS: u64 = 1_800_000_000_000;
const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 86_400_000;
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;
/// The numbers of refusals that a stranger hears.
const STRANGER: u8 = 1;
const INVITE_UNKNOWN: u8 = 5;

fn stores() -> Vec<MemoryStore> {
    (0..4).map(|_| MemoryStore::new()).collect()
}

/// Alice and Bob, who are contacts and have talked.
fn friends(stores: &[MemoryStore]) -> Town<'_> {
    let mut town = Town::new(stores, NOW_MS);
    town.befriends(ALICE, BOB);
    town.sends(BOB, ALICE, "hello");
    assert_eq!(town.times(ALICE, BOB, "hello"), 1);
    town
}

fn blocks(town: &mut Town<'_>) -> Vec<Transmit> {
    let account = town.people[BOB].account;
    town.settle();
    let now_ms = town.now_ms;
    town.people[ALICE].does(Command::BlockContact { account }, now_ms);
    town.people[ALICE].wishes.iter().cloned().collect()
}

fn unblocks(town: &mut Town<'_>) {
    let account = town.people[BOB].account;
    town.does(ALICE, Command::UnblockContact { account });
}

fn bob_as_alice_sees_him(town: &mut Town<'_>) -> ContactView {
    let account = town.people[BOB].account;
    match town.does(ALICE, Command::ListContacts {}) {
        Reply::Contacts(contacts) => contacts
            .into_iter()
            .find(|contact| contact.account == account)
            .unwrap(),
        other => panic!("no contacts: {other:?}"),
    }
}

/// Whether a wish of Alice's reaches for a device, or lets it reach for us.
fn concerns(wish: &Transmit, of: DeviceId) -> bool {
    match wish {
        Transmit::Send { device, .. }
        | Transmit::Dial { device, .. }
        | Transmit::Know { device }
        | Transmit::Deposit { device, .. } => *device == of,
        _ => false,
    }
}

/// What Alice answers when somebody asks for a link and brings this.
fn answer(town: &mut Town<'_>, who: usize, token: Option<[u8; 16]>) -> Option<u8> {
    let side = &town.people[who];
    let request = NetEvent::LinkRequested {
        request: LinkRequestId(77),
        device: side.device,
        account: side.account,
        device_list: side.device_list().to_vec(),
        payload: postcard::to_allocvec(&(token, None::<[u8; 32]>)).unwrap(),
    };
    let now_ms = town.now_ms;
    town.people[ALICE].wishes.clear();
    town.people[ALICE].input(Input::Net(request), now_ms);
    let answers = town.people[ALICE].wishes.iter();
    let mut answers = answers.filter_map(|wish| match wish {
        Transmit::AnswerLink { refusal, .. } => Some(refusal.as_ref().map(|refusal| refusal.reason)),
        _ => None,
    });
    answers.next().expect("an answer")
}

fn open_token(town: &mut Town<'_>) -> [u8; 16] {
    match town.does(ALICE, Command::CreateInvite { valid_for_s: None }) {
        Reply::Invite(invite) => *kith_crypto::Invite::parse(&invite.link).unwrap().token.as_bytes(),
        other => panic!("no invite: {other:?}"),
    }
}

#[test]
fn a_blocked_account_is_answered_as_a_stranger_is() {
    let stores = stores();
    let mut town = friends(&stores);
    blocks(&mut town);
    assert_eq!(answer(&mut town, BOB, None), Some(STRANGER));
    assert_eq!(answer(&mut town, DAVE, None), Some(STRANGER));
    let unknown = Some([9; 16]);
    assert_eq!(answer(&mut town, BOB, unknown), Some(INVITE_UNKNOWN));
    assert_eq!(answer(&mut town, DAVE, unknown), Some(INVITE_UNKNOWN));
    // Not even a link that is good for anybody else, and that one stays good.
    let token = Some(open_token(&mut town));
    assert_eq!(answer(&mut town, BOB, token), Some(INVITE_UNKNOWN));
    assert_eq!(answer(&mut town, DAVE, token), None);
    // After a restart it is the same.
    town.leaves(ALICE);
    town.comes_back(ALICE);
    assert_eq!(answer(&mut town, BOB, None), Some(STRANGER));
}

#[test]
fn a_link_that_was_let_in_a_moment_before_gets_nothing() {
    let stores = stores();
    let mut town = friends(&stores);
    let bob = town.people[BOB].device;
    blocks(&mut town);
    town.people[ALICE].wishes.clear();
    let up = NetEvent::LinkUp {
        device: bob,
        account: town.people[BOB].account,
        device_list: town.people[BOB].device_list().to_vec(),
        path: kith_node::view::PathView::Lan,
        binding: [3; 32],
    };
    let now_ms = town.now_ms;
    town.people[ALICE].input(Input::Net(up), now_ms);
    let wishes: Vec<Transmit> = town.people[ALICE].wishes.drain(..).collect();
    assert!(wishes.contains(&Transmit::Forget { device: bob }), "{wishes:?}");
    assert!(!wishes.iter().any(|wish| concerns(wish, bob)), "{wishes:?}");
    let seen = bob_as_alice_sees_him(&mut town);
    assert_eq!(seen.state, ContactState::Blocked, "it is not accepted anew");
}

#[test]
fn nothing_goes_to_a_blocked_account_whatever_happens_here() {
    let stores = stores();
    let mut town = friends(&stores);
    let bob = town.people[BOB].device;
    let conversation = town.conversation(ALICE, BOB);
    let topics: BTreeSet<String> = town
        .topics
        .iter()
        .filter(|(who, _)| *who == ALICE)
        .map(|(_, topic)| topic.clone())
        .collect();
    assert!(!topics.is_empty());
    let mut wishes = blocks(&mut town);
    assert!(wishes.contains(&Transmit::Forget { device: bob }));
    for topic in topics {
        assert!(wishes.contains(&Transmit::Unsubscribe { topic }));
    }
    let up_to = town.page(ALICE, BOB).last().unwrap().position;
    town.people[ALICE].wishes.clear();
    let now_ms = town.now_ms;
    for command in [
        Command::MarkRead { conversation, up_to },
        Command::SetProfile {
            name: "Alice".into(),
            status: "somewhere else".into(),
        },
        Command::RetryNetwork {},
    ] {
        town.people[ALICE].does(command, now_ms);
    }
    for minute in 1..=26 * 60 {
        town.people[ALICE].input(Input::Timer, now_ms + minute * MINUTE_MS);
    }
    // A device that shows itself on the network is not dialled either.
    let discovered = NetEvent::Discovered {
        device: bob,
        addresses: vec!["/ip4/10.0.0.9/tcp/9".into()],
        lan: true,
    };
    let later_ms = now_ms + DAY_MS + 3 * 60 * MINUTE_MS;
    town.people[ALICE].input(Input::Net(discovered), later_ms);
    town.people[ALICE].input(Input::Timer, later_ms + MINUTE_MS);
    wishes.extend(town.people[ALICE].wishes.drain(..));
    let mut to_bob = wishes.iter().filter(|wish| concerns(wish, bob));
    assert_eq!(to_bob.next(), None);
    let subscribes = |wish: &&Transmit| matches!(wish, Transmit::Subscribe { .. } | Transmit::Publish { .. });
    assert_eq!(wishes.iter().find(subscribes), None);
}

#[test]
fn nothing_of_a_blocked_account_is_taken_by_any_road_and_all_of_it_comes_when_it_is_taken_back() {
    let stores = stores();
    let mut town = friends(&stores);
    // Gossip that was on its way when the block came.
    let conversation = town.conversation(ALICE, BOB);
    let now_ms = town.now_ms;
    town.people[BOB].sends(conversation, "by gossip".into(), now_ms);
    let envelope = town.people[BOB].wishes.iter().find_map(|wish| match wish {
        Transmit::Publish { topic, data } => Some((topic.clone(), data.clone())),
        _ => None,
    });
    let (topic, data) = envelope.expect("it is gossiped");
    town.people[BOB].wishes.clear();
    blocks(&mut town);
    let device = town.people[BOB].device;
    let gossip = NetEvent::Gossip {
        id: GossipId(4_242),
        device,
        topic,
        data,
    };
    town.people[ALICE].input(Input::Net(gossip), now_ms);
    let judged = Transmit::Judge {
        id: GossipId(4_242),
        forward: false,
    };
    assert!(town.people[ALICE].wishes.contains(&judged));
    // The town goes on to carry what Bob says, as if the link stood.
    town.sends(BOB, ALICE, "by link");
    town.passes(5 * MINUTE_MS);
    for text in ["by gossip", "by link"] {
        assert_eq!(town.times(ALICE, BOB, text), 0, "{text}");
        assert_eq!(town.state(BOB, ALICE, text), Some(DeliveryState::Saved), "{text}");
    }
    let seen = bob_as_alice_sees_him(&mut town);
    assert_eq!(seen.state, ContactState::Blocked);
    assert!(matches!(seen.presence, PresenceView::Offline { .. }));
    assert_eq!(town.times(ALICE, BOB, "hello"), 1, "what was said stays");

    town.leaves(BOB);
    town.comes_back(BOB);
    unblocks(&mut town);
    town.link(ALICE, BOB);
    town.passes(MINUTE_MS);
    for text in ["by gossip", "by link"] {
        assert_eq!(town.times(ALICE, BOB, text), 1, "{text}");
        assert_eq!(
            town.state(BOB, ALICE, text),
            Some(DeliveryState::Delivered),
            "{text}"
        );
    }
    assert_eq!(bob_as_alice_sees_him(&mut town).state, ContactState::Accepted);
}

#[test]
fn mail_of_a_blocked_account_is_not_taken_and_none_is_brought_to_it() {
    let stores = stores();
    let mut town = friends(&stores);
    town.befriends(ALICE, CAROL);
    town.carries_for(CAROL, ALICE);
    town.befriends(BOB, DAVE);
    town.carries_for(DAVE, BOB);
    town.carries_for(ALICE, BOB);
    town.passes(MINUTE_MS);
    // One letter lies with Alice's carrier when she blocks its author.
    town.leaves(ALICE);
    town.sends(BOB, ALICE, "a letter");
    town.passes(MINUTE_MS);
    assert_eq!(town.state(BOB, ALICE, "a letter"), Some(DeliveryState::Held));
    let letter = town.brought[0].deposit.clone();
    town.leaves(BOB);
    town.comes_back(ALICE);
    town.sends(ALICE, BOB, "not yet delivered");
    town.brought.clear();
    blocks(&mut town);
    town.link(ALICE, CAROL);
    town.passes(10 * MINUTE_MS);
    assert_eq!(town.times(ALICE, BOB, "a letter"), 0);
    assert_eq!(town.carrying(CAROL).held_bytes, 0, "nobody keeps it for ever");
    assert!(town.brought.iter().all(|brought| brought.from != ALICE));
    assert!(town.carrying(ALICE).mailboxes.is_empty());
    assert!(town.carrying(ALICE).reachable_through.is_empty());
    let answer = town.hands_in(CAROL, letter.encode().unwrap()).unwrap();
    assert_eq!(
        DepositAnswer::decode(&answer).unwrap(),
        DepositAnswer::NotHonoured,
        "its tokens are worth nothing any more"
    );

    unblocks(&mut town);
    town.passes(10 * MINUTE_MS);
    assert!(town.brought.iter().any(|brought| brought.from == ALICE));
    town.comes_back(BOB);
    town.link(ALICE, BOB);
    town.passes(MINUTE_MS);
    assert_eq!(town.times(ALICE, BOB, "a letter"), 1);
    assert_eq!(town.times(BOB, ALICE, "not yet delivered"), 1);
    assert!(!town.carrying(ALICE).refused.contains(&town.people[BOB].account));
}

#[test]
fn who_might_leave_no_mail_before_may_not_after() {
    let stores = stores();
    let mut town = friends(&stores);
    let account = town.people[BOB].account;
    let allowed = false;
    town.does(ALICE, Command::AllowMail { account, allowed });
    blocks(&mut town);
    unblocks(&mut town);
    assert_eq!(town.carrying(ALICE).refused, [account]);
}

/// The reach secret that Alice told somebody last.
fn told_reach(town: &Town<'_>, to: usize) -> [u8; 32] {
    let told = town
        .heard
        .iter()
        .rev()
        .filter(|(from, of, _)| (*from, *of) == (ALICE, to));
    let reach = told
        .filter_map(|(.., frame)| postcard::from_bytes(frame).ok())
        .find_map(|frame| match frame {
            Frame::Introduction(introduction) => Some(introduction.reach),
            _ => None,
        });
    reach.expect("Alice has introduced herself")
}

#[test]
fn address_records_move_to_where_a_blocked_account_does_not_look() {
    let stores = stores();
    let mut town = friends(&stores);
    town.befriends(ALICE, CAROL);
    let old = told_reach(&town, BOB);
    assert_eq!(told_reach(&town, CAROL), old);
    let now_ms = town.now_ms;
    let bootstrap = BootstrapView {
        address: "/ip4/192.0.2.1/tcp/1".into(),
        connected: true,
        problem: None,
    };
    town.people[ALICE].input(Input::Net(NetEvent::Bootstraps(vec![bootstrap])), now_ms);
    let mut wishes = blocks(&mut town);
    town.settle();
    let new = told_reach(&town, CAROL);
    assert_ne!(new, old, "all others are told");
    assert_eq!(told_reach(&town, BOB), old);
    for minute in 1..=(2 * 24 * 60) {
        town.people[ALICE].input(Input::Timer, now_ms + minute * MINUTE_MS);
        wishes.extend(town.people[ALICE].wishes.drain(..));
    }
    let account = town.people[ALICE].account;
    let today = u32::try_from(now_ms / DAY_MS).unwrap();
    // How many devices each record names that stands where holders of this secret look on that day.
    let published = |reach: [u8; 32], day: u32| -> Vec<usize> {
        let reach = ReachSecret::from_bytes(reach);
        let wanted = lookup_key(&account, &reach, day).unwrap();
        let records = wishes.iter().filter_map(|wish| match wish {
            Transmit::PublishRecord { key, value, .. } if key == wanted.as_bytes() => Some(value),
            _ => None,
        });
        records
            .map(|value| {
                open_record(&account, &reach, day, value, now_ms + DAY_MS / 2)
                    .unwrap()
                    .devices
                    .len()
            })
            .collect()
    };
    for day in [today - 1, today, today + 1] {
        let found = published(old, day);
        assert!(found.iter().all(|devices| *devices == 0), "{found:?}");
    }
    assert!(!published(old, today).is_empty(), "what was there is overwritten");
    assert!(published(new, today).contains(&1), "others find her");
}

#[test]
fn a_block_outlives_a_restart_and_the_loss_of_the_contacts_record() {
    let stores = stores();
    let mut town = friends(&stores);
    let bob = town.people[BOB].device;
    let account = town.people[BOB].account;
    blocks(&mut town);
    town.leaves(ALICE);
    town.comes_back(ALICE);
    assert_eq!(bob_as_alice_sees_him(&mut town).state, ContactState::Blocked);

    let mut lost = Batch::new();
    let scope = Scope::new(Table::Contact);
    lost.delete(Key::new(scope, Suffix::hashed(account.as_bytes())));
    stores[ALICE].commit(&lost).unwrap();
    let damage = DamageView {
        kept_at: None,
        records_recovered: 1,
        records_lost_at_least: 1,
    };
    let now_ms = town.now_ms;
    let identity = kith_tests::town::identity(ALICE);
    let mut alice = Side::with_damage(identity, "Alice", &stores[ALICE], (1, now_ms), Some(damage));
    alice.input(Input::Timer, now_ms + MINUTE_MS);
    assert!(
        !alice.wishes.iter().any(|wish| concerns(wish, bob)),
        "{:?}",
        alice.wishes
    );
    town.people[ALICE] = alice;
    assert_eq!(bob_as_alice_sees_him(&mut town).state, ContactState::Blocked);
    assert_eq!(answer(&mut town, BOB, None), Some(STRANGER));
}

#[test]
fn somebody_who_was_never_reached_can_be_blocked_too() {
    let stores = stores();
    let mut town = Town::new(&stores, NOW_MS);
    let link = match town.does(BOB, Command::CreateInvite { valid_for_s: None }) {
        Reply::Invite(invite) => invite.link,
        other => panic!("no invite: {other:?}"),
    };
    town.does(ALICE, Command::AddContact { link });
    blocks(&mut town);
    town.passes(10 * MINUTE_MS);
    assert_eq!(answer(&mut town, BOB, None), Some(STRANGER));
    unblocks(&mut town);
    assert_eq!(bob_as_alice_sees_him(&mut town).state, ContactState::Refused);
}
