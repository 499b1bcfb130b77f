//! A contact whose Kith is newer: what cannot be read yet is passed over, all else goes on, and the person is told.

#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_crypto::{Body, Content, ConversationId, EntryId, Header, LogKind, SignedHeader, Stamp};
use kith_node::{
    Command, Reply,
    effects::Transmit,
    forensics,
    input::{Input, Lane, NetEvent},
    store::MemoryStore,
    view::NetworkProblem,
};
use kith_tests::{
    mallory::{Frame, Introduction, WireEntry},
    town::{Town, identity},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

const NOW_MS: u64 = 1_800_000_000_000;
const ALICE: usize = 0;
const BOB: usize = 1;
/// The version stands behind the signature of a document, or of a header.
const VERSION_AT: usize = 64;
/// After so many broken rules a device is cut off.
const MOST_OFFENCES: usize = 8;

fn friends(stores: &[MemoryStore]) -> Town<'_> {
    let mut town = Town::new(stores, NOW_MS);
    town.befriends(ALICE, BOB);
    town
}

/// What Bob said last when he introduced himself to Alice.
fn introduction(town: &Town<'_>) -> Introduction {
    let said = town.heard.iter().rev().filter(|(from, ..)| *from == BOB);
    let found = said
        .filter_map(|(.., frame)| postcard::from_bytes(frame).ok())
        .find_map(|frame| match frame {
            Frame::Introduction(introduction) => Some(introduction),
            _ => None,
        });
    found.unwrap()
}

fn hears(town: &mut Town<'_>, frame: &Frame) {
    let (device, now_ms) = (town.people[BOB].device, town.now_ms);
    let frame = postcard::to_allocvec(frame).unwrap();
    let event = NetEvent::Frame {
        device,
        lane: Lane::Control,
        frame,
    };
    town.people[ALICE].input(Input::Net(event), now_ms);
}

/// Of whom Alice is told that they use a newer Kith.
fn told_of(town: &mut Town<'_>) -> Vec<String> {
    let Reply::Network(network) = town.does(ALICE, Command::GetNetwork {}) else {
        panic!("no view of the network");
    };
    let newer = network.problems.into_iter().filter_map(|problem| match problem {
        NetworkProblem::NewerKith { name } => Some(name),
        _ => None,
    });
    newer.collect()
}

/// Of whom Alice is told that they are kept out, and until when.
fn kept_out(town: &mut Town<'_>) -> Option<(String, u64)> {
    let Reply::Network(network) = town.does(ALICE, Command::GetNetwork {}) else {
        panic!("no view of the network");
    };
    network.problems.into_iter().find_map(|problem| match problem {
        NetworkProblem::KeptOut { name, until_ms } => Some((name, until_ms)),
        _ => None,
    })
}

fn is_cut_off(town: &Town<'_>) -> bool {
    let bob = town.people[BOB].device;
    let is_forgotten = |wish: &Transmit| matches!(wish, Transmit::Forget { device } if *device == bob);
    town.people[ALICE].wishes.iter().any(is_forgotten)
}

#[test]
fn documents_of_a_later_version_are_passed_over_and_the_rest_of_an_introduction_counts() {
    let later: [fn(&mut Introduction); 3] = [
        |introduction| introduction.card[VERSION_AT] = 9,
        |introduction| introduction.prekey[VERSION_AT] = 9,
        |introduction| {
            introduction
                .lists
                .iter_mut()
                .for_each(|list| list[VERSION_AT] = 9)
        },
    ];
    for change in later {
        let stores = [MemoryStore::new(), MemoryStore::new()];
        let mut town = friends(&stores);
        assert!(told_of(&mut town).is_empty());
        let mut newer = introduction(&town);
        change(&mut newer);
        // An hour ahead, which only who reads on learns.
        newer.clock_ms += 3_600_000;
        for _ in 0..2 * MOST_OFFENCES {
            hears(&mut town, &Frame::Introduction(newer.clone()));
        }
        assert!(!is_cut_off(&town), "an honest newer Kith breaks no rule");
        assert_eq!(told_of(&mut town), ["person 1"], "the person is told, once");
        town.sends(BOB, ALICE, "old words");
        assert_eq!(town.times(ALICE, BOB, "old words"), 1);
        town.sends(ALICE, BOB, "and an answer");
        assert_eq!(town.times(BOB, ALICE, "and an answer"), 1);
    }
}

#[test]
fn a_damaged_document_breaks_a_rule_all_the_same() {
    let stores = [MemoryStore::new(), MemoryStore::new()];
    let mut town = friends(&stores);
    let mut damaged = introduction(&town);
    damaged.card[0] ^= 1;
    for number in 0..MOST_OFFENCES {
        assert_eq!(kept_out(&mut town), None, "after {number} broken rules");
        hears(&mut town, &Frame::Introduction(damaged.clone()));
    }
    assert!(is_cut_off(&town));
    assert!(told_of(&mut town).is_empty());
    town.passes(1);
    let (name, until_ms) = kept_out(&mut town).unwrap();
    assert_eq!(name, "person 1");
    assert!(until_ms > town.now_ms);
    town.passes(until_ms - town.now_ms);
    assert_eq!(kept_out(&mut town), None, "it is told no longer than it lasts");
}

#[test]
fn a_handshake_of_a_later_version_is_told_of_contacts_only() {
    let stores = [MemoryStore::new(), MemoryStore::new(), MemoryStore::new()];
    let mut town = friends(&stores);
    town.leaves(BOB);
    for (who, told) in [(2, 0), (BOB, 1)] {
        let (device, now_ms) = (town.people[who].device, town.now_ms);
        town.people[ALICE].input(Input::Net(NetEvent::Newer { device }), now_ms);
        assert_eq!(told_of(&mut town).len(), told);
    }
}

/// The version that Bob's Kith has come to.
const LATER: u8 = 9;

/// An entry of Bob's content log after `prev`, in this version.
fn entry(
    conversation: ConversationId,
    (version, seq, prev): (u8, u64, EntryId),
    text: &str,
) -> (EntryId, WireEntry) {
    let content = Content::Text { text: text.into() };
    let body = Body {
        salt: [seq as u8; 32],
        content: content.encode().unwrap(),
    };
    let bob = identity(BOB).device;
    let header = Header {
        version,
        conversation,
        author: bob.id(),
        log: LogKind::Content,
        seq,
        prev: Some(prev),
        deps: Vec::new(),
        at: Stamp::new(NOW_MS + 10 * seq, 0),
        expires_at_ms: None,
        body: body.commit(),
    };
    let more: &[u8] = if version == LATER { b"and more" } else { b"" };
    let payload = [postcard::to_allocvec(&header).unwrap(), more.to_vec()].concat();
    let signature = bob.sign("kith entry header v1", &payload);
    let header = [signature.as_bytes().as_slice(), &payload].concat();
    let id = SignedHeader::open_any(&header).unwrap().id();
    let body = Some(body.encode().unwrap());
    (id, WireEntry { header, body })
}

/// What Alice tells Bob to hold of his log: number and entry.
fn acknowledged(town: &mut Town<'_>) -> Option<(u64, EntryId)> {
    let now_ms = town.now_ms;
    town.people[ALICE].flushed(now_ms);
    let bob = town.people[BOB].device;
    let said = town.people[ALICE].wishes.iter().filter_map(|wish| match wish {
        Transmit::Send { frame, .. } => postcard::from_bytes(frame).ok(),
        _ => None,
    });
    let held = said.filter_map(|frame| match frame {
        Frame::Receipt { held, .. } => Some(held),
        _ => None,
    });
    let of_bob = held.flatten().filter(|(author, ..)| *author == bob);
    of_bob.map(|(_, seq, head)| (seq, head)).next_back()
}

#[test]
fn an_entry_of_a_later_version_holds_up_nothing_and_is_read_after_the_update() {
    let stores = [MemoryStore::new(), MemoryStore::new()];
    let mut town = friends(&stores);
    town.sends(BOB, ALICE, "one");
    let conversation = ConversationId::direct(town.people[ALICE].account, town.people[BOB].account);
    let first = town.page(BOB, ALICE).last().unwrap().id;
    let (second, later) = entry(conversation, (LATER, 2, first), "two");
    let (third, plain) = entry(conversation, (Header::VERSION, 3, second), "three");
    let batch = Frame::Entries {
        conversation,
        batch: 1,
        entries: vec![later, plain],
    };
    hears(&mut town, &batch);
    assert_eq!(acknowledged(&mut town), Some((3, third)), "all of it is held");
    // This Bob has not written so much: what he is told of it ends here.
    town.people[ALICE].wishes.clear();
    assert_eq!(town.times(ALICE, BOB, "three"), 1, "the log goes on");
    assert_eq!(town.times(ALICE, BOB, "two"), 0, "what it means is not known");
    assert_eq!(told_of(&mut town), ["person 1"]);
    // A start of the same Kith changes nothing.
    town.leaves(ALICE);
    town.comes_back(ALICE);
    assert_eq!(town.times(ALICE, BOB, "two"), 0);
    town.leaves(ALICE);
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    forensics::read_later(&stores[ALICE], (&identity(ALICE), NOW_MS), LATER, &mut rng).unwrap();
    town.comes_back(ALICE);
    for text in ["one", "two", "three"] {
        assert_eq!(town.times(ALICE, BOB, text), 1, "{text}");
    }
    assert!(!is_cut_off(&town));
}
