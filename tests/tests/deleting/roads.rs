//! By whatever road words come, and in whatever order: what was deleted stays so, and what was not is shown.

use kith_crypto::SignedHeader;
use kith_node::{
    effects::Transmit,
    input::{Input, Lane, NetEvent},
    store::MemoryStore,
    view::{DamageView, DeleteFor},
};
use kith_tests::{
    deletions::{
        FINAL_MS, Talk,
        Who::{Alice, Bob},
    },
    mallory::{Frame, WireEntry, streamed},
    pair::{Hand, Pair, Side},
    telling::{NOW_MS, alice, bob, identity, pass, profile, rows},
};

/// Only what goes by gossip.
fn gossip(wishes: Vec<Transmit>) -> Vec<Transmit> {
    let published = |wish: &Transmit| matches!(wish, Transmit::Publish { .. });
    wishes.into_iter().filter(published).collect()
}

#[test]
fn words_that_come_after_their_deletion_are_never_shown() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "first");
    let late = gossip(talk.says_unheard(Alice, "late words"));
    assert_eq!(late.len(), 1);
    talk.parts();
    talk.deletes_for_good(Alice, DeleteFor::Everyone, &["late words"]);
    talk.meets();
    assert_eq!(talk.sees(Bob), ["first"]);
    for _ in 0..2 {
        talk.arrives(Alice, late.clone());
        assert_eq!(talk.sees(Bob), ["first"]);
        assert!(!talk.holds(Bob, "late words"));
        assert_eq!(talk.chat(Bob).unread, 1);
    }
    talk.is_settled();
}

#[test]
fn a_deletion_that_overtakes_what_it_deletes_waits_for_it() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "first");
    let words = gossip(talk.says_unheard(Alice, "overtaken"));
    talk.side(Alice).wishes.clear();
    talk.deletes(Alice, DeleteFor::Everyone, &["overtaken"]);
    talk.side(Alice).wishes.clear();
    let now_ms = talk.now_ms + FINAL_MS;
    talk.side(Alice).input(Input::Timer, now_ms);
    talk.now_ms = now_ms;
    let deletion = gossip(talk.side(Alice).wishes.drain(..).collect());
    assert_eq!(deletion.len(), 1);
    talk.arrives(Alice, deletion.clone());
    talk.arrives(Alice, words.clone());
    talk.arrives(Alice, deletion);
    talk.arrives(Alice, words);
    assert_eq!((talk.sees(Bob), talk.chat(Bob).unread), (vec!["first".into()], 1));
    assert!(!talk.holds(Bob, "overtaken"));
    talk.passes(2_000);
    talk.is_settled();
}

#[test]
fn what_was_deleted_here_comes_back_by_no_road() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    let wishes = gossip(talk.says_unheard(Alice, "not again"));
    talk.arrives(Alice, wishes.clone());
    talk.deletes_for_good(Bob, DeleteFor::Me, &["not again"]);
    talk.arrives(Alice, wishes);
    let entries = everything_of(&mut talk);
    for entry in entries {
        tells(&mut talk, vec![entry]);
    }
    assert_eq!((talk.sees(Bob), talk.chat(Bob).unread), (Vec::new(), 0));
    assert!(!talk.holds(Bob, "not again"));
    talk.is_settled();
}

/// The entries of her content log, as Alice would stream them to somebody who has nothing.
fn everything_of(talk: &mut Talk<'_>) -> Vec<WireEntry> {
    let nothing = Frame::Frontier {
        conversation: talk.conversation,
        logs: Vec::new(),
    };
    let (from, now_ms) = (talk.pair.bob.device, talk.now_ms);
    let news = NetEvent::Frame {
        device: from,
        lane: Lane::Control,
        frame: postcard::to_allocvec(&nothing).expect("a frame"),
    };
    talk.side(Alice).wishes.clear();
    talk.side(Alice).input(Input::Net(news), now_ms);
    let wishes: Vec<Transmit> = talk.side(Alice).wishes.drain(..).collect();
    let frames = wishes.into_iter().filter_map(|wish| match wish {
        Transmit::Send { frame, .. } => postcard::from_bytes(&frame).ok(),
        _ => None,
    });
    let entries = frames.filter_map(|frame| match frame {
        Frame::Entries { entries, .. } => Some(entries),
        _ => None,
    });
    let mut entries: Vec<WireEntry> = entries.flatten().collect();
    entries.retain(|entry| {
        let header = SignedHeader::open(&entry.header).expect("a header");
        header.header().log == kith_crypto::LogKind::Content
    });
    entries
}

/// Alice streams entries to Bob.
fn tells(talk: &mut Talk<'_>, entries: Vec<WireEntry>) {
    let news = streamed(talk.pair.alice.device, talk.conversation, entries);
    let now_ms = talk.now_ms;
    talk.side(Bob).input(Input::Net(news), now_ms);
    talk.hands_over();
}

#[test]
fn an_entry_without_its_words_is_held_in_silence_until_somebody_has_them() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "first");
    talk.says_unheard(Alice, "words to come");
    talk.side(Alice).wishes.clear();
    let entries = everything_of(&mut talk);
    let bare = entries.iter().map(|entry| WireEntry {
        header: entry.header.clone(),
        body: None,
    });
    tells(&mut talk, bare.collect());
    assert_eq!((talk.sees(Bob), talk.chat(Bob).unread), (vec!["first".into()], 1));
    assert!(
        talk.rows(Alice)
            .iter()
            .all(|row| row.state.is_none() || row.state >= Some(kith_node::view::DeliveryState::Delivered))
    );
    tells(&mut talk, entries);
    assert_eq!(talk.sees(Bob), ["first", "words to come"]);
    assert_eq!(talk.chat(Bob).unread, 2);
    talk.is_settled();
}

#[test]
fn after_a_rescue_of_the_disk_deletions_are_done_again() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    for text in ["one", "two", "three", "four"] {
        talk.says(Alice, text);
    }
    talk.deletes_for_good(Alice, DeleteFor::Everyone, &["two"]);
    talk.deletes_for_good(Bob, DeleteFor::Me, &["three"]);
    let seen = (talk.sees(Bob), talk.chat(Bob).unread);
    assert_eq!(seen, (vec!["one".into(), "(deleted)".into(), "four".into()], 2));
    let (conversation, now_ms) = (talk.conversation, talk.now_ms + 1_000);
    drop(talk);
    let damage = DamageView {
        kept_at: None,
        records_recovered: 1,
        records_lost_at_least: 1,
    };
    let mut bob = Side::with_damage(identity(2, 2), "Bob", &b, (1, now_ms), Some(damage));
    let texts: Vec<_> = rows(&mut bob, conversation, now_ms)
        .into_iter()
        .map(|row| row.body)
        .collect();
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert!(texts.contains(&kith_node::view::BodyView::Deleted), "{texts:?}");
}

/// Alice wrote three words that Bob has, and her folder was copied.
fn copied<'s>(a: &'s MemoryStore, b: &'s MemoryStore) -> (Talk<'s>, MemoryStore) {
    let mut talk = Talk::begins(a, b);
    for text in ["one", "two", "three"] {
        talk.says(Alice, text);
    }
    talk.passes(2_000);
    let copy = a.copied();
    (talk, copy)
}

/// The copy meets Bob, finds out what it is, becomes a new device and meets him again; what both see then.
fn put_back(copy: &MemoryStore, b: &MemoryStore, mut now_ms: u64) -> (Vec<String>, Vec<String>) {
    let mut pair = Pair::met_before(alice(copy, 1, now_ms), bob(b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 16);
    assert!(profile(&mut pair.alice, now_ms).outdated, "it has found out");
    drop(pair);
    now_ms += 1_000;
    let mut pair = Pair::met_before(alice(copy, 3, now_ms), bob(b, now_ms));
    let conversation = pair.conversation();
    pair.link(now_ms);
    pair.settle(Hand::All, now_ms);
    pass(&mut pair, &mut now_ms, 40);
    let sees = |side: &mut Side<'_>| {
        let rows = rows(side, conversation, now_ms).into_iter();
        rows.filter_map(|row| match row.body {
            kith_node::view::BodyView::Text { text } => Some(text),
            kith_node::view::BodyView::Deleted => Some("(deleted)".to_owned()),
            _ => None,
        })
        .collect::<Vec<_>>()
    };
    (sees(&mut pair.alice), sees(&mut pair.bob))
}

#[test]
fn an_old_copy_of_a_folder_learns_what_was_deleted_since() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (mut talk, copy) = copied(&a, &b);
    talk.deletes_for_good(Alice, DeleteFor::Everyone, &["two"]);
    let now_ms = talk.now_ms + 60_000;
    drop(talk);
    assert!(copy.holds_bytes(b"two"));
    let (hers, his) = put_back(&copy, &b, now_ms);
    assert_eq!(his, ["one", "(deleted)", "three"]);
    assert_eq!(hers, his);
}

#[test]
fn what_an_old_copy_deletes_is_deleted_under_its_new_name() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (mut talk, copy) = copied(&a, &b);
    talk.says(Alice, "four");
    talk.passes(2_000);
    let mut now_ms = talk.now_ms + 60_000;
    let conversation = talk.conversation;
    drop(talk);
    let mut old = alice(&copy, 1, now_ms);
    let two = rows(&mut old, conversation, now_ms)
        .into_iter()
        .find(|row| kith_tests::world::says(row, "two"))
        .expect("it is there");
    let delete = kith_node::Command::DeleteMessages {
        conversation,
        positions: vec![two.position],
        scope: DeleteFor::Everyone,
    };
    old.does(delete, now_ms);
    now_ms += FINAL_MS;
    old.input(Input::Timer, now_ms);
    drop(old);
    let (hers, his) = put_back(&copy, &b, now_ms + 1_000);
    assert_eq!(his, ["one", "(deleted)", "three", "four"]);
    assert_eq!(hers, his);
    assert!(NOW_MS < now_ms);
}
