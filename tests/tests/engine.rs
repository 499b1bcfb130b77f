//! Rules of the engine that no network is needed for: two engines in one hand, and a clock that the story turns.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_crypto::DeviceKey;
use kith_node::{
    Command, Reply,
    allowance::{self, STRAYED_TOLD},
    effects::Transmit,
    id::DeviceId,
    input::{BatchId, Input, LinkRequestId, NetEvent},
    store::{Batch, Key, MemoryStore, Scope, Store, Suffix, Table},
    view::{BootstrapView, ContactState, ContactView, DamageView},
};
use kith_tests::{
    deletions::{
        Talk,
        Who::{Alice, Bob},
    },
    measure::{self, ENVELOPE_OVERHEAD_BYTES},
    pair::{Hand, Pair, Side, identity},
    telling::{NOW_MS, texts},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const DAY_MS: u64 = 86_400_000;
/// The number of the frame `Seal` (docs/protocol-sync.md).
const SEAL: u8 = 5;
/// The number of the frame `Entries`.
const ENTRIES: u8 = 3;

fn befriended<'s>(a: &'s MemoryStore, b: &'s MemoryStore) -> Pair<'s> {
    let alice = Side::new(identity(1), "Alice", a, 1, NOW_MS);
    let bob = Side::new(identity(2), "Bob", b, 1, NOW_MS);
    Pair::befriended(alice, bob, NOW_MS)
}

/// Hands over what both say until neither says anything more, but for frames of a lost kind; gives the kinds of all
/// frames that arrived.
fn hand_over(pair: &mut Pair<'_>, lost: Option<u8>, now_ms: u64) -> Vec<u8> {
    let mut kinds = Vec::new();
    while let Some((wish, from_alice)) = pair.next_wish() {
        if let Transmit::Send { frame, .. } = &wish {
            if frame.first().copied() == lost {
                continue;
            }
            kinds.extend(frame.first());
        }
        pair.hand(wish, from_alice, now_ms);
    }
    kinds
}

fn contacts(side: &mut Side<'_>, now_ms: u64) -> Vec<ContactView> {
    match side.does(Command::ListContacts {}, now_ms) {
        Reply::Contacts(contacts) => contacts,
        other => panic!("no contacts: {other:?}"),
    }
}

#[test]
fn a_seal_that_was_lost_is_sent_again_without_a_new_link() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut pair = befriended(&a, &b);
    let conversation = pair.conversation();
    // After nine days on one link the epoch is over, and so is the prekey that the link began with: the next word needs a
    // new epoch, and its seal is lost.
    let mut now_ms = NOW_MS;
    for _ in 0..9 {
        now_ms += DAY_MS;
        pair.alice.input(Input::Timer, now_ms);
        pair.bob.input(Input::Timer, now_ms);
        hand_over(&mut pair, None, now_ms);
    }
    pair.alice.sends(conversation, "under a new epoch".into(), now_ms);
    hand_over(&mut pair, Some(SEAL), now_ms);
    assert!(!texts(&mut pair.bob, conversation, now_ms).contains(&"under a new epoch".to_owned()));
    let mut heard = Vec::new();
    for _ in 0..20 {
        now_ms += 100;
        pair.alice.input(Input::Timer, now_ms);
        pair.bob.input(Input::Timer, now_ms);
        heard.extend(hand_over(&mut pair, None, now_ms));
    }
    assert!(
        heard.contains(&SEAL),
        "within two seconds the seal came after all"
    );
    assert!(texts(&mut pair.bob, conversation, now_ms).contains(&"under a new epoch".to_owned()));

    pair.alice.sends(conversation, "by gossip again".into(), now_ms);
    let heard = hand_over(&mut pair, None, now_ms);
    assert!(
        !heard.contains(&ENTRIES),
        "the envelope opens, and nothing has to be streamed"
    );
    assert!(texts(&mut pair.bob, conversation, now_ms).contains(&"by gossip again".to_owned()));
}

/// The records that damage may take: a person's own, the conversation with them, both.
#[test]
fn a_contact_whose_record_was_destroyed_comes_back_by_itself() {
    for lost in [
        vec![Table::Contact],
        vec![Table::Conversation],
        vec![Table::Contact, Table::Conversation],
    ] {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let mut pair = befriended(&a, &b);
        let conversation = pair.conversation();
        pair.bob.sends(conversation, "remember me".into(), NOW_MS);
        pair.settle(Hand::All, NOW_MS);
        pair.unlink(NOW_MS);
        let Pair { bob, .. } = pair;

        let mut damage = Batch::new();
        for table in &lost {
            let identity = match table {
                Table::Contact => bob.account.as_bytes().to_vec(),
                _ => conversation.as_bytes().to_vec(),
            };
            damage.delete(Key::new(Scope::new(*table), Suffix::hashed(identity)));
        }
        a.commit(&damage).unwrap();
        // Nobody knows how far a damaged device had written, so it goes on as a new one.
        let mut renewed = identity(1);
        renewed.device = DeviceKey::generate(&mut ChaCha20Rng::from_seed([9; 32]));
        let found = DamageView {
            kept_at: None,
            records_recovered: 1,
            records_lost_at_least: 1,
        };
        let mut alice = Side::with_damage(renewed, "Alice", &a, (1, NOW_MS), Some(found));
        let known = contacts(&mut alice, NOW_MS);
        assert_eq!(known.len(), 1, "{lost:?}");
        assert_eq!(known[0].state, ContactState::Accepted);
        assert_eq!(
            texts(&mut alice, conversation, NOW_MS),
            ["remember me"],
            "{lost:?}"
        );
        assert!(dialled(&mut alice, bob.device), "and is dialled at once");

        let mut pair = Pair::met_before(alice, bob);
        pair.link(NOW_MS + 1);
        pair.settle(Hand::All, NOW_MS + 1);
        assert_eq!(contacts(&mut pair.alice, NOW_MS + 2)[0].name, "Bob");
        pair.alice
            .sends(conversation, "how could I forget".into(), NOW_MS + 2);
        pair.settle(Hand::All, NOW_MS + 2);
        assert_eq!(
            texts(&mut pair.bob, conversation, NOW_MS + 3),
            ["remember me", "how could I forget"]
        );
    }
}

/// How long after `now_ms` a side dials again, with every attempt failing at once, for so many attempts.
fn fails(side: &mut Side<'_>, device: DeviceId, attempts: usize, now_ms: &mut u64) {
    for _ in 0..attempts {
        let reason = String::from("nobody there");
        side.input(Input::Net(NetEvent::DialFailed { device, reason }), *now_ms);
        side.wishes.clear();
        *now_ms += 80_000;
        side.input(Input::Timer, *now_ms);
    }
}

fn dialled(side: &mut Side<'_>, wanted: DeviceId) -> bool {
    let wishes: Vec<Transmit> = side.wishes.drain(..).collect();
    wishes
        .iter()
        .any(|wish| matches!(wish, Transmit::Dial { device, .. } if *device == wanted))
}

#[test]
fn who_comes_back_after_hours_is_dialled_at_the_first_sign_of_life() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut pair = befriended(&a, &b);
    let bob = pair.bob.device;
    pair.unlink(NOW_MS);
    let mut now_ms = NOW_MS;
    let alice = &mut pair.alice;
    alice.input(Input::Timer, now_ms);
    assert!(dialled(alice, bob), "a link that ends is made anew at once");
    fails(alice, bob, 20, &mut now_ms);
    // The last attempt fails: by now a minute would pass before the next.
    let failed = |reason: &str| {
        Input::Net(NetEvent::DialFailed {
            device: bob,
            reason: reason.into(),
        })
    };
    let seen = |address: &str| {
        Input::Net(NetEvent::Discovered {
            device: bob,
            addresses: vec![address.into()],
            lan: false,
        })
    };
    alice.input(failed("nobody there"), now_ms);
    alice.wishes.clear();
    now_ms += 1_000;
    alice.input(Input::Timer, now_ms);
    assert!(!dialled(alice, bob), "nobody is dialled every second for hours");
    alice.input(seen("/ip4/127.0.0.1/tcp/1"), now_ms);
    alice.input(Input::Timer, now_ms);
    assert!(dialled(alice, bob), "a sign of life ends the pause");
    // And should this attempt fail too, the pauses begin anew.
    alice.input(failed("still starting"), now_ms);
    now_ms += 1_500;
    alice.input(Input::Timer, now_ms);
    assert!(dialled(alice, bob), "the next one is about a second later");
    // Another address becomes known while an attempt at the old ones is under way.
    alice.input(seen("/ip4/127.0.0.1/tcp/2"), now_ms);
    alice.input(failed("moved"), now_ms);
    alice.input(Input::Timer, now_ms);
    assert!(dialled(alice, bob), "what was learned meanwhile is tried at once");
}

#[test]
fn a_start_dials_every_contact_and_who_calls_is_answered_whatever_the_pause() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let pair = befriended(&a, &b);
    let (bob, account) = (pair.bob.device, pair.bob.account);
    let list = pair.bob.device_list().to_vec();
    drop(pair);
    let mut now_ms = NOW_MS + 1;
    let mut alice = Side::new(identity(1), "Alice", &a, 1, now_ms);
    assert!(dialled(&mut alice, bob), "with its first input");
    fails(&mut alice, bob, 20, &mut now_ms);
    let request = NetEvent::LinkRequested {
        request: LinkRequestId(7),
        device: bob,
        account,
        device_list: list,
        payload: postcard::to_allocvec(&(None::<[u8; 16]>, None::<[u8; 32]>)).unwrap(),
    };
    alice.wishes.clear();
    alice.input(Input::Net(request), now_ms);
    let accepted = alice.wishes.iter().any(|wish| {
        matches!(
            wish,
            Transmit::AnswerLink {
                request: LinkRequestId(7),
                refusal: None
            }
        )
    });
    assert!(accepted, "their call is taken at once");
}

#[test]
fn an_envelope_adds_less_than_360_bytes_to_the_padded_text() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut pair = befriended(&a, &b);
    for text_bytes in [1, 300, 2_000, 60_000] {
        let overhead = measure::envelope_overhead_bytes(&mut pair, text_bytes, NOW_MS);
        assert!(
            overhead < ENVELOPE_OVERHEAD_BYTES,
            "{overhead} bytes beside a text of {text_bytes}"
        );
    }
}

/// How many are dialled at once, and how long it takes for one attempt, milliseconds, where nobody answers.
const MOST_AT_ONCE: usize = 32;
const ATTEMPT_MS: u64 = 10_000;

#[test]
fn contacts_who_are_away_are_dialled_few_at_a_time_and_the_more_they_are_the_less_often() {
    const CONTACTS: usize = 200;
    let a = MemoryStore::new();
    let stores: Vec<MemoryStore> = (0..CONTACTS).map(|_| MemoryStore::new()).collect();
    let mut alice = Side::new(identity(1), "Alice", &a, 1, NOW_MS);
    alice = Pair::befriended_by_many(alice, &stores, NOW_MS, |_, _| {});
    let mut now_ms = NOW_MS;
    alice.input(Input::Started, now_ms);
    let (mut under_way, mut dials) = (Vec::new(), Vec::new());
    while now_ms < NOW_MS + 2 * 60 * 60_000 {
        for wish in alice.wishes.drain(..) {
            if let Transmit::Dial { device, .. } = wish {
                under_way.push((now_ms + ATTEMPT_MS, device));
                dials.push((now_ms, device));
            }
        }
        assert!(under_way.len() <= MOST_AT_ONCE, "{} at once", under_way.len());
        let ends_at_ms = under_way.first().map_or(u64::MAX, |(at_ms, _)| *at_ms);
        now_ms = now_ms.max(ends_at_ms.min(alice.wake_at_ms));
        if ends_at_ms <= now_ms {
            let (_, device) = under_way.remove(0);
            let reason = "nobody answers".to_owned();
            alice.input(Input::Net(NetEvent::DialFailed { device, reason }), now_ms);
        } else {
            alice.input(Input::Timer, now_ms);
        }
    }
    let first_hour_ends_ms = NOW_MS + 60 * 60_000;
    let (first, second): (Vec<_>, Vec<_>) = dials
        .into_iter()
        .partition(|(at_ms, _)| *at_ms < first_hour_ends_ms);
    let everyone: std::collections::BTreeSet<_> = first.iter().map(|(_, device)| *device).collect();
    assert_eq!(everyone.len(), CONTACTS, "everyone is tried");
    // One attempt each two seconds for those that there is no room for.
    assert!(
        second.len() <= 60 * 60 / 2 + CONTACTS,
        "{} in an hour",
        second.len()
    );

    let is_dialled = |device| under_way.iter().any(|(_, dialled)| *dialled == device);
    let (_, absent) = second
        .into_iter()
        .find(|(_, device)| !is_dialled(*device))
        .unwrap();
    let found = NetEvent::Discovered {
        device: absent,
        addresses: vec!["/ip4/10.0.0.7/tcp/1".into()],
        lan: true,
    };
    alice.input(Input::Net(found), now_ms);
    assert!(alice.wake_at_ms <= now_ms);
    alice.input(Input::Timer, now_ms);
    assert!(dialled(&mut alice, absent), "who was seen is dialled at once");
}

#[test]
fn contacts_who_are_away_are_looked_up_a_few_in_each_round_and_everyone_in_turn() {
    const CONTACTS: usize = 40;
    const MOST_IN_A_ROUND: usize = 16;
    /// Yesterday's record, today's and tomorrow's.
    const DAYS: usize = 3;
    let a = MemoryStore::new();
    let stores: Vec<MemoryStore> = (0..CONTACTS).map(|_| MemoryStore::new()).collect();
    let alice = Side::new(identity(1), "Alice", &a, 1, NOW_MS);
    let mut alice = Pair::befriended_by_many(alice, &stores, NOW_MS, |_, _| {});
    let bootstrap = BootstrapView {
        address: "/ip4/10.0.0.1/tcp/1".into(),
        connected: true,
        problem: None,
    };
    alice.input(Input::Net(NetEvent::Bootstraps(vec![bootstrap])), NOW_MS);
    let mut asked = std::collections::BTreeSet::new();
    for minute in 1..=20 {
        alice.wishes.clear();
        alice.input(Input::Timer, NOW_MS + minute * 60_000);
        let keys = alice.wishes.iter().filter_map(|wish| match wish {
            Transmit::LookUpRecord { key, .. } => Some(*key),
            _ => None,
        });
        let keys: Vec<[u8; 32]> = keys.collect();
        assert!(keys.len() <= MOST_IN_A_ROUND * DAYS, "{} at once", keys.len());
        asked.extend(keys);
    }
    assert_eq!(asked.len(), CONTACTS * DAYS);
}

#[test]
fn on_a_full_disk_a_node_does_not_ask_the_others_over_and_over() {
    const STEPS: u64 = 200;
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "the last that there is room for");
    let mut asked = 0;
    for _ in 0..STEPS {
        talk.now_ms += 50;
        let now_ms = talk.now_ms;
        let bob = talk.side(Bob);
        // As with each answer that the disk does not take.
        bob.in_vain(Input::Flushed(BatchId(0)), now_ms);
        bob.wishes.clear();
        bob.input(Input::Timer, now_ms);
        asked += usize::from(!bob.wishes.is_empty());
    }
    assert!(asked > 0, "what was under way is begun anew");
    assert!(asked <= 10, "{asked} times in ten seconds");
}

#[test]
fn who_gossips_for_nobody_is_cut_off_after_a_stated_number_of_messages() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut pair = befriended(&a, &b);
    for (is_linked, stated) in [
        (true, allowance::MOST + 8 * STRAYED_TOLD),
        (false, allowance::MOST + STRAYED_TOLD),
    ] {
        if !is_linked {
            pair.unlink(NOW_MS);
        }
        let device = pair.bob.device;
        let is_cut = |wish: &Transmit| matches!(wish, Transmit::Forget { device: of } if *of == device);
        let mut counted = 0;
        pair.alice.wishes.clear();
        while !pair.alice.wishes.iter().any(is_cut) {
            let messages = STRAYED_TOLD;
            counted += messages;
            let strayed = NetEvent::Strayed { device, messages };
            pair.alice.input(Input::Net(strayed), NOW_MS);
        }
        assert!(counted <= stated && counted >= allowance::MOST, "{counted}");
    }
}
