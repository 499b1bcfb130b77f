//! Words that a replaced device of ours had written, and that are deleted before or while they are said again.

use kith_crypto::{DeviceId, LogKind, SignedHeader};
use kith_node::{
    Command, Reply,
    effects::Transmit,
    id::ConversationId,
    input::{Input, Lane, NetEvent},
    store::MemoryStore,
    view::DeleteFor,
};
use kith_tests::{
    deletions::{FINAL_MS, Talk, Who::Alice},
    mallory::{Frame, WireEntry},
    pair::{Hand, Pair, Side},
    telling::{alice, bob, pass, profile, rows, texts},
    world::says,
};

/// Somebody deletes words that they see, or the whole chat; gives what it is called.
fn deletes(
    side: &mut Side<'_>,
    conversation: ConversationId,
    (words, now_ms): (Option<&str>, u64),
) -> String {
    let rows = rows(side, conversation, now_ms);
    let position = words.map(|text| {
        let row = rows.iter().find(|row| says(row, text));
        row.expect("it is there").position
    });
    let delete = match position {
        Some(position) => Command::DeleteMessages {
            conversation,
            positions: vec![position],
            scope: DeleteFor::Me,
        },
        None => Command::DeleteChat { conversation },
    };
    match side.does(delete, now_ms) {
        Reply::Deletion(deletion) => deletion.id,
        other => panic!("no deletion: {other:?}"),
    }
}

fn hears(side: &mut Side<'_>, (device, lane): (DeviceId, Lane), frame: &Frame, now_ms: u64) {
    let frame = postcard::to_allocvec(frame).expect("a frame");
    side.input(Input::Net(NetEvent::Frame { device, lane, frame }), now_ms);
}

/// Alice has written what Bob does not have, and her device was replaced.
fn replaced<'s>(a: &'s MemoryStore, b: &'s MemoryStore) -> (Pair<'s>, u64) {
    let mut talk = Talk::begins(a, b);
    talk.says(Alice, "one");
    talk.passes(2_000);
    talk.parts();
    talk.says(Alice, "regretted");
    let now_ms = talk.now_ms + 60_000;
    drop(talk);
    (Pair::met_before(alice(a, 3, now_ms), bob(b, now_ms)), now_ms)
}

#[test]
fn words_that_are_said_again_do_not_escape_a_deletion_that_waits() {
    for (what, hers) in [(Some("regretted"), &["one"][..]), (None, &[])] {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let (mut pair, mut now_ms) = replaced(&a, &b);
        let conversation = pair.conversation();
        deletes(&mut pair.alice, conversation, (what, now_ms));
        pair.link(now_ms);
        pair.settle(Hand::All, now_ms);
        pass(&mut pair, &mut now_ms, 60);
        assert_eq!(texts(&mut pair.alice, conversation, now_ms), hers);
        assert_eq!(texts(&mut pair.bob, conversation, now_ms), ["one"]);
        assert!(!a.holds_bytes(b"regretted") && !b.holds_bytes(b"regretted"));
    }
}

#[test]
fn what_was_said_again_is_there_when_its_deletion_is_undone() {
    for what in [Some("regretted"), None] {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let (mut pair, mut now_ms) = replaced(&a, &b);
        let conversation = pair.conversation();
        let deletion = deletes(&mut pair.alice, conversation, (what, now_ms));
        pair.link(now_ms);
        pair.settle(Hand::All, now_ms);
        pass(&mut pair, &mut now_ms, 16);
        assert!(!texts(&mut pair.alice, conversation, now_ms).contains(&"regretted".to_owned()));
        pair.alice.does(Command::UndoDelete { deletion }, now_ms);
        pass(&mut pair, &mut now_ms, 60);
        for side in [&mut pair.alice, &mut pair.bob] {
            assert_eq!(texts(side, conversation, now_ms), ["one", "regretted"]);
        }
    }
}

/// What Alice's first device would send to somebody who has nothing.
fn entries_of(a: &MemoryStore, b: &MemoryStore, now_ms: u64) -> Vec<WireEntry> {
    let (a, b) = (a.copied(), b.copied());
    let mut pair = Pair::met_before(alice(&a, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pair.alice.wishes.clear();
    let nothing = Frame::Frontier {
        conversation: pair.conversation(),
        logs: Vec::new(),
    };
    let device = pair.bob.device;
    hears(&mut pair.alice, (device, Lane::Control), &nothing, now_ms);
    let wishes = pair.alice.wishes.drain(..);
    let frames = wishes.filter_map(|wish| match wish {
        Transmit::Send { frame, .. } => postcard::from_bytes(&frame).ok(),
        _ => None,
    });
    let entries = frames.filter_map(|frame| match frame {
        Frame::Entries { entries, .. } => Some(entries),
        _ => None,
    });
    let is_content = |entry: &WireEntry| {
        let header = SignedHeader::open(&entry.header).expect("a header");
        header.header().log == LogKind::Content
    };
    entries.flatten().filter(is_content).collect()
}

#[test]
fn what_was_set_aside_and_deleted_comes_back_by_no_branch() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "one");
    talk.passes(2_000);
    let copy = a.copied();
    talk.says(Alice, "two");
    talk.passes(2_000);
    let (conversation, mut now_ms) = (talk.conversation, talk.now_ms + 60_000);
    drop(talk);
    alice(&copy, 1, now_ms).sends(conversation, "regretted".into(), now_ms);
    let branch = entries_of(&copy, &b, now_ms);
    assert_eq!(branch.len(), 2);

    let mut pair = Pair::met_before(alice(&copy, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 16);
    assert!(profile(&mut pair.alice, now_ms).outdated, "it has found out");
    deletes(&mut pair.alice, conversation, (Some("regretted"), now_ms));
    drop(pair);
    now_ms += FINAL_MS;
    let mut pair = Pair::met_before(alice(&copy, 3, now_ms), bob(&b, now_ms));
    pair.alice.input(Input::Timer, now_ms);
    assert!(!copy.holds_bytes(b"regretted"), "it is final");
    pair.link(now_ms);
    let device = pair.bob.device;
    let told = Frame::Entries {
        conversation,
        batch: 77,
        entries: branch,
    };
    hears(&mut pair.alice, (device, Lane::Sync), &told, now_ms);
    pass(&mut pair, &mut now_ms, 40);
    for side in [&mut pair.alice, &mut pair.bob] {
        assert_eq!(texts(side, conversation, now_ms), ["one", "two"]);
    }
    assert!(!copy.holds_bytes(b"regretted") && !b.holds_bytes(b"regretted"));
}

/// Sets the timer, and the time to set it otherwise goes by; gives the time then.
fn sets_timer(store: &MemoryStore, conversation: ConversationId, (seconds, now_ms): (u32, u64)) -> u64 {
    let mut alice = alice(store, 1, now_ms);
    alice.sends(conversation, format!("before {seconds}"), now_ms);
    alice.does(
        Command::SetTimer {
            conversation,
            seconds,
        },
        now_ms,
    );
    let now_ms = now_ms + FINAL_MS;
    alice.input(Input::Timer, now_ms);
    alice.flushed(now_ms);
    now_ms
}

fn timer(side: &mut Side<'_>, conversation: ConversationId, now_ms: u64) -> u32 {
    match side.does(Command::GetConversation { conversation }, now_ms) {
        Reply::Conversation(view) => view.timer.seconds,
        other => panic!("no conversation: {other:?}"),
    }
}

/// Alice's folder was copied, then she set the timer, at a time, or only wrote; the copy was put back and she set it there, at
/// another time. It finds out and becomes another device: gives the timer that both see in the end.
fn timer_after(truly: (Option<u32>, u64), anew: (u32, u64)) -> u32 {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "one");
    talk.passes(2_000);
    let (conversation, start_ms) = (talk.conversation, talk.now_ms);
    drop(talk);
    let copy = a.copied();
    match truly {
        (Some(seconds), after_ms) => drop(sets_timer(&a, conversation, (seconds, start_ms + after_ms))),
        (None, after_ms) => {
            let now_ms = start_ms + after_ms;
            alice(&a, 1, now_ms).sends(conversation, "truly".into(), now_ms);
        }
    }
    let mut now_ms = start_ms + 3_600_000;
    let mut pair = Pair::met_before(alice(&a, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 16);
    drop(pair);
    let (seconds, after_ms) = anew;
    sets_timer(&copy, conversation, (seconds, start_ms + after_ms));
    for device in [1, 3] {
        now_ms += 60_000;
        let mut pair = Pair::met_before(alice(&copy, device, now_ms), bob(&b, now_ms));
        pair.link(now_ms);
        pass(&mut pair, &mut now_ms, 60);
        assert_eq!(profile(&mut pair.alice, now_ms).outdated, device == 1);
        if device == 3 {
            let timers = [&mut pair.alice, &mut pair.bob].map(|side| timer(side, conversation, now_ms));
            assert_eq!(timers[0], timers[1], "both sides see the same");
            let [hers, his] = [&mut pair.alice, &mut pair.bob].map(|side| texts(side, conversation, now_ms));
            assert_eq!(hers, his);
            return timers[0];
        }
    }
    panic!("it never became another device")
}

#[test]
fn a_timer_of_an_old_copy_is_that_of_both_if_it_was_set_last() {
    assert_eq!(
        timer_after((Some(86_400), 100_000), (172_800, 3_000_000)),
        172_800
    );
    assert_eq!(timer_after((Some(86_400), 100_000), (172_800, 50_000)), 86_400);
}

#[test]
fn a_timer_of_an_old_copy_that_nobody_heard_of_is_said_again() {
    assert_eq!(timer_after((None, 100_000), (172_800, 3_000_000)), 172_800);
}
