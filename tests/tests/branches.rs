//! What Bob holds of a log of Alice's has a gap, or the log is frozen, or mail brings entries of another branch of it: an
//! old copy of her folder still finds out what it is, nobody is accused for it, and nothing is seen twice.

#![allow(
    clippy::expect_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_crypto::{DeviceId, LogKind, Mail, MailEntry, MailboxId, MailboxKey, Prekey, Signed};
use kith_node::{
    Command, Reply,
    effects::Transmit,
    id::ConversationId,
    input::{Input, Lane, NetEvent},
    store::{Batch, Key, MemoryStore, Scope, Store as _, Suffix, Table},
    view::{DamageView, DeliveryState},
};
use kith_tests::{
    mallory::{Frame, LogFrontier, WireEntry},
    pair::{Hand, Pair, Side},
    telling::{NOW_MS, alice, bob, identity, is_accused, pass, profile, state, texts},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// Alice wrote three words that Bob has, and her folder was copied; the store she goes on with, and the copy.
fn copied_at_three(a: &MemoryStore, b: &MemoryStore) -> (MemoryStore, ConversationId) {
    let mut pair = Pair::befriended(alice(a, 1, NOW_MS), bob(b, NOW_MS), NOW_MS);
    let conversation = pair.conversation();
    let mut now_ms = NOW_MS;
    for number in 1..=3 {
        now_ms += 1_000;
        pair.alice.sends(conversation, format!("true {number}"), now_ms);
        pair.settle(Hand::All, now_ms);
    }
    pass(&mut pair, &mut now_ms, 8);
    (a.copied(), conversation)
}

/// Alice writes words without a link.
fn writes(store: &MemoryStore, conversation: ConversationId, words: &[&str], now_ms: &mut u64) {
    let mut alice = alice(store, 1, *now_ms);
    for word in words {
        *now_ms += 10;
        alice.sends(conversation, (*word).to_owned(), *now_ms);
    }
}

fn frames(side: &mut Side<'_>) -> Vec<Frame> {
    let wishes = side.wishes.drain(..);
    let frames = wishes.filter_map(|wish| match wish {
        Transmit::Send { frame, .. } => postcard::from_bytes(&frame).ok(),
        _ => None,
    });
    frames.collect()
}

fn hears(side: &mut Side<'_>, from: DeviceId, frame: Vec<u8>, now_ms: u64) {
    let news = NetEvent::Frame {
        device: from,
        lane: Lane::Control,
        frame,
    };
    side.input(Input::Net(news), now_ms);
}

fn encoded(frame: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_allocvec(frame).expect("a frame")
}

/// What a store of Alice's first device would send to somebody who has nothing of it, and Bob's prekey.
fn entries_of(a: &MemoryStore, b: &MemoryStore, now_ms: u64) -> (Vec<WireEntry>, Signed<Prekey>) {
    let (a, b) = (a.copied(), b.copied());
    let mut pair = Pair::met_before(alice(&a, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    let prekey = frames(&mut pair.bob).into_iter().find_map(|frame| match frame {
        Frame::Introduction(introduction) => Some(introduction.prekey),
        _ => None,
    });
    let nothing = Frame::Frontier {
        conversation: pair.conversation(),
        logs: vec![LogFrontier {
            author: pair.alice.device,
            kind: LogKind::Content,
            base: 1,
            contiguous: 0,
            head: None,
            beyond: Vec::new(),
        }],
    };
    pair.alice.wishes.clear();
    hears(&mut pair.alice, pair.bob.device, encoded(&nothing), now_ms);
    let sent = frames(&mut pair.alice)
        .into_iter()
        .filter_map(|frame| match frame {
            Frame::Entries { entries, .. } => Some(entries),
            _ => None,
        });
    // Control entries come first and are not what is asked for.
    let content = sent.flatten().filter(|entry| {
        let header = kith_crypto::SignedHeader::open(&entry.header).expect("a header");
        header.header().log == LogKind::Content
    });
    let prekey = Signed::open(&prekey.expect("an introduction")).expect("a prekey");
    (content.collect(), prekey)
}

/// A carrier hands Bob entries of Alice's first device, over the link that stands.
fn is_handed(pair: &mut Pair<'_>, entries: &[WireEntry], prekey: &Signed<Prekey>, now_ms: u64) {
    let entries = entries.iter().map(|entry| MailEntry {
        header: entry.header.clone(),
        body: entry.body.clone(),
    });
    let mail = Mail {
        conversation: pair.conversation(),
        entries: entries.collect(),
        held: Vec::new(),
        shown: Vec::new(),
    };
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let sealed = mail.seal(prekey, &identity(1, 1).device, &mut rng);
    let sealed = sealed.expect("mail is sealed");
    let grant = (
        MailboxId([1; 16]),
        MailboxKey::generate(&mut rng),
        1_000_000u64,
        30u32,
    );
    // Frames 10 and 11 of docs/protocol-sync.md.
    let from = pair.alice.device;
    hears(&mut pair.bob, from, encoded(&(10u8, Some(grant))), now_ms);
    hears(&mut pair.bob, from, encoded(&(11u8, sealed)), now_ms);
}

/// The copy meets Bob, finds out, becomes a new device and says what nobody had; then both see this, in this order.
fn ends_with(expected: &[&str], (a, b): (&MemoryStore, &MemoryStore), now_ms: &mut u64) {
    let mut pair = Pair::met_before(alice(a, 1, *now_ms), bob(b, *now_ms));
    pair.link(*now_ms);
    pass(&mut pair, now_ms, 16);
    assert!(profile(&mut pair.alice, *now_ms).outdated, "it has found out");
    drop(pair);
    *now_ms += 1_000;
    let mut pair = Pair::met_before(alice(a, 3, *now_ms), bob(b, *now_ms));
    pair.link(*now_ms);
    pass(&mut pair, now_ms, 40);
    let conversation = pair.conversation();
    for side in [&mut pair.alice, &mut pair.bob] {
        assert_eq!(texts(side, conversation, *now_ms), expected);
    }
    assert!(!profile(&mut pair.alice, *now_ms).outdated);
}

#[test]
fn mail_of_a_copy_is_taken_up_to_where_it_parts_and_not_beyond() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (copy, conversation) = copied_at_three(&a, &b);
    let mut now_ms = NOW_MS + 600_000;
    writes(&a, conversation, &["true 4"], &mut now_ms);
    let mut pair = Pair::met_before(alice(&a, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 8);
    drop(pair);
    writes(&copy, conversation, &["anew 1", "anew 2", "anew 3"], &mut now_ms);
    let (entries, prekey) = entries_of(&copy, &b, now_ms);
    assert_eq!(entries.len(), 6);
    let mut pair = Pair::met_before(alice(&copy, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    is_handed(&mut pair, &entries[3..], &prekey, now_ms);
    let held = texts(&mut pair.bob, conversation, now_ms);
    assert_eq!(held, ["true 1", "true 2", "true 3", "true 4"]);
    drop(pair);
    let expected = [
        "true 1", "true 2", "true 3", "true 4", "anew 1", "anew 2", "anew 3",
    ];
    ends_with(&expected, (&copy, &b), &mut now_ms);
    assert!(!is_accused(&mut bob(&b, now_ms), conversation, now_ms));
}

#[test]
fn mail_of_what_was_forgotten_makes_no_gap_in_what_a_copy_says() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (copy, conversation) = copied_at_three(&a, &b);
    let mut now_ms = NOW_MS + 600_000;
    writes(&a, conversation, &["true 4", "true 5", "true 6"], &mut now_ms);
    let (entries, prekey) = entries_of(&a, &b, now_ms);
    writes(&copy, conversation, &["anew 1"], &mut now_ms);
    let mut pair = Pair::met_before(alice(&copy, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 8);
    is_handed(&mut pair, &entries[3..], &prekey, now_ms);
    pair.alice.sends(conversation, "anew 2".into(), now_ms);
    pass(&mut pair, &mut now_ms, 8);
    let held = texts(&mut pair.bob, conversation, now_ms);
    assert_eq!(held, ["true 1", "true 2", "true 3", "anew 1", "anew 2"]);
    assert!(!is_accused(&mut pair.bob, conversation, now_ms));
}

/// Alice goes on: words that gossip carries to Bob, but for the first, which is lost on the way; then both are gone.
fn leaves_a_gap(a: &MemoryStore, b: &MemoryStore, conversation: ConversationId, now_ms: &mut u64) {
    let mut pair = Pair::met_before(alice(a, 1, *now_ms), bob(b, *now_ms));
    pair.link(*now_ms);
    pass(&mut pair, now_ms, 8);
    pair.alice.sends(conversation, "true 4".into(), *now_ms);
    pair.alice.flushed(*now_ms);
    pair.alice.wishes.clear();
    for word in ["true 5", "true 6"] {
        *now_ms += 10;
        pair.alice.sends(conversation, word.into(), *now_ms);
        pair.alice.flushed(*now_ms);
    }
    while let Some(wish) = pair.alice.wishes.pop_front() {
        if let Some(news) = pair.arrives(wish, pair.alice.device) {
            pair.bob.input(Input::Net(news), *now_ms);
        }
    }
    assert_eq!(
        texts(&mut pair.bob, conversation, *now_ms),
        ["true 1", "true 2", "true 3", "true 5", "true 6"]
    );
}

#[test]
fn a_gap_where_a_log_parts_hides_nothing_and_accuses_nobody() {
    for anew in 1..=4 {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let (copy, conversation) = copied_at_three(&a, &b);
        let mut now_ms = NOW_MS + 600_000;
        leaves_a_gap(&a, &b, conversation, &mut now_ms);
        let words = &["anew 1", "anew 2", "anew 3", "anew 4"][..anew];
        writes(&copy, conversation, words, &mut now_ms);
        let mut expected = vec!["true 1", "true 2", "true 3", "true 5", "true 6"];
        expected.extend(words);
        ends_with(&expected, (&copy, &b), &mut now_ms);
        assert!(!is_accused(&mut bob(&b, now_ms), conversation, now_ms));
    }
}

#[test]
fn a_gap_of_an_honest_log_is_filled_on_the_next_link() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (_, conversation) = copied_at_three(&a, &b);
    let mut now_ms = NOW_MS + 600_000;
    leaves_a_gap(&a, &b, conversation, &mut now_ms);
    let mut pair = Pair::met_before(alice(&a, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 8);
    let expected = ["true 1", "true 2", "true 3", "true 4", "true 5", "true 6"];
    assert_eq!(texts(&mut pair.bob, conversation, now_ms), expected);
    assert!(!profile(&mut pair.alice, now_ms).outdated);
}

#[test]
fn a_copy_finds_out_from_somebody_who_takes_nothing_more_of_its_log() {
    for anew in [1, 3] {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let (copy, conversation) = copied_at_three(&a, &b);
        let mut now_ms = NOW_MS + 600_000;
        writes(&a, conversation, &["true 4"], &mut now_ms);
        let other = copy.copied();
        writes(&other, conversation, &["other 1"], &mut now_ms);
        let (entries, _) = entries_of(&other, &b, now_ms);
        let mut pair = Pair::met_before(alice(&a, 1, now_ms), bob(&b, now_ms));
        pair.link(now_ms);
        pass(&mut pair, &mut now_ms, 8);
        // As a program would send it that does not know of copies.
        let forked = Frame::Entries {
            conversation,
            batch: 1,
            entries: entries[3..].to_vec(),
        };
        let from = pair.alice.device;
        hears(&mut pair.bob, from, encoded(&forked), now_ms);
        assert!(is_accused(&mut pair.bob, conversation, now_ms), "it is frozen");
        drop(pair);
        let words = &["anew 1", "anew 2", "anew 3"][..anew];
        writes(&copy, conversation, words, &mut now_ms);
        let mut expected = vec!["true 1", "true 2", "true 3", "true 4"];
        expected.extend(words);
        ends_with(&expected, (&copy, &b), &mut now_ms);
    }
}

/// Alice's fourth word is gone with a part of her disk.
fn loses_the_fourth(store: &MemoryStore, conversation: ConversationId) -> DamageView {
    let scope = Scope::new(Table::Entry)
        .with(conversation.as_bytes())
        .with(identity(1, 1).device.id().as_bytes())
        .with(&[1]);
    let mut batch = Batch::new();
    batch.delete(Key::new(scope, Suffix::number(4)));
    store.commit(&batch).expect("the store commits");
    store.flush().expect("the store flushes");
    DamageView {
        kept_at: None,
        records_recovered: 100,
        records_lost_at_least: 1,
    }
}

#[test]
fn what_the_contact_holds_beyond_a_gap_is_not_said_again_after_damage() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (_, conversation) = copied_at_three(&a, &b);
    let mut now_ms = NOW_MS + 600_000;
    leaves_a_gap(&a, &b, conversation, &mut now_ms);
    writes(&a, conversation, &["true 7"], &mut now_ms);
    let damage = loses_the_fourth(&a, conversation);
    let rescued = Side::with_damage(identity(1, 3), "Alice", &a, (1, now_ms), Some(damage));
    let mut pair = Pair::met_before(rescued, bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 40);
    let expected = ["true 1", "true 2", "true 3", "true 5", "true 6", "true 7"];
    assert_eq!(texts(&mut pair.bob, conversation, now_ms), expected);
    assert_eq!(texts(&mut pair.alice, conversation, now_ms), expected);
    assert!(!is_accused(&mut pair.bob, conversation, now_ms));
}

#[test]
fn what_is_unread_is_counted_again_after_damage() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (_, conversation) = copied_at_three(&a, &b);
    let mut now_ms = NOW_MS + 600_000;
    writes(&a, conversation, &["true 4"], &mut now_ms);
    let mut pair = Pair::met_before(alice(&a, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 8);
    drop(pair);
    let damage = loses_the_fourth(&b, conversation);
    let mut rescued = Side::with_damage(identity(2, 2), "Bob", &b, (1, now_ms), Some(damage));
    let unread = match rescued.does(Command::GetConversation { conversation }, now_ms) {
        Reply::Conversation(view) => Some(view.unread),
        _ => None,
    };
    assert_eq!(unread, Some(3));
}

/// Bob hands Alice entries of her first device, in order.
fn hands_back(pair: &mut Pair<'_>, entries: &[WireEntry], now_ms: &mut u64) {
    let frame = Frame::Entries {
        conversation: pair.conversation(),
        batch: 77,
        entries: entries.to_vec(),
    };
    hears(&mut pair.alice, pair.bob.device, encoded(&frame), *now_ms);
    pass(pair, now_ms, 8);
}

/// What Alice sees now and what she sees after a restart is this, and Bob has all of it.
fn still_sees(expected: &[&str], mut pair: Pair<'_>, (a, b): (&MemoryStore, &MemoryStore), now_ms: u64) {
    let conversation = pair.conversation();
    for text in expected {
        let state = state(&mut pair.alice, conversation, text, now_ms);
        assert!(state >= Some(DeliveryState::Delivered), "“{text}”: {state:?}");
    }
    assert_eq!(texts(&mut pair.alice, conversation, now_ms), expected);
    drop(pair);
    assert_eq!(texts(&mut alice(a, 3, now_ms), conversation, now_ms), expected);
    assert_eq!(texts(&mut bob(b, now_ms), conversation, now_ms), expected);
}

#[test]
fn a_contact_who_has_both_branches_of_a_log_cannot_take_one_for_the_other_once_it_is_settled() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (copy, conversation) = copied_at_three(&a, &b);
    let mut now_ms = NOW_MS + 600_000;
    writes(&a, conversation, &["true 4", "true 5"], &mut now_ms);
    let mut pair = Pair::met_before(alice(&a, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 8);
    drop(pair);
    writes(&copy, conversation, &["anew 1", "anew 2", "anew 3"], &mut now_ms);
    let (known, _) = entries_of(&a, &b, now_ms);
    let (other, _) = entries_of(&copy, &b, now_ms);
    let expected = [
        "true 1", "true 2", "true 3", "true 4", "true 5", "anew 1", "anew 2", "anew 3",
    ];
    ends_with(&expected, (&copy, &b), &mut now_ms);
    let mut pair = Pair::met_before(alice(&copy, 3, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 8);
    // The other branch, its beginning, an entry of it alone, the known one again; and back and forth.
    for entries in [&other[3..], &other[3..4], &other[5..], &known[..], &other[..]] {
        hands_back(&mut pair, entries, &mut now_ms);
    }
    still_sees(&expected, pair, (&copy, &b), now_ms);
}

#[test]
fn a_contact_who_had_kept_silent_about_what_it_has_cannot_have_it_shown_twice() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (_, conversation) = copied_at_three(&a, &b);
    let mut now_ms = NOW_MS + 600_000;
    writes(&a, conversation, &["true 4", "true 5"], &mut now_ms);
    let (entries, _) = entries_of(&a, &b, now_ms);
    // Her device is replaced, and Bob says that he has three; so she says the others again.
    let damage = DamageView {
        kept_at: None,
        records_recovered: 100,
        records_lost_at_least: 1,
    };
    let rescued = Side::with_damage(identity(1, 3), "Alice", &a, (1, now_ms), Some(damage));
    let mut pair = Pair::met_before(rescued, bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 40);
    for entries in [&entries[3..], &entries[4..], &entries[..]] {
        hands_back(&mut pair, entries, &mut now_ms);
    }
    let expected = ["true 1", "true 2", "true 3", "true 4", "true 5"];
    still_sees(&expected, pair, (&a, &b), now_ms);
}
