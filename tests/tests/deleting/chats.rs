//! A whole chat: gone here, the contact stays, and what comes later is there.

use kith_node::{
    Command, Reply,
    input::Input,
    store::MemoryStore,
    view::{DeleteFor, DeliveryState},
};
use kith_tests::deletions::{
    FINAL_MS, Talk,
    Who::{self, Alice, Bob},
};

fn deletes_chat(talk: &mut Talk<'_>, who: Who) -> (String, u32) {
    let conversation = talk.conversation;
    match talk.does(who, Command::DeleteChat { conversation }) {
        Reply::Deletion(deletion) => (deletion.id, deletion.undelivered),
        other => panic!("no deletion: {other:?}"),
    }
}

#[test]
fn a_chat_leaves_the_list_until_something_new_is_written() {
    for writer in [Alice, Bob] {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let mut talk = Talk::begins(&a, &b);
        talk.says(Alice, "of hers");
        talk.says(Bob, "of his");
        talk.says(Alice, "unread");
        let (_, undelivered) = deletes_chat(&mut talk, Bob);
        assert_eq!(undelivered, 0);
        assert!(talk.chat(Bob).deleting.is_some() && talk.rows(Bob).is_empty());
        assert_eq!((talk.chat(Bob).last, talk.chat(Bob).unread), (None, 0));
        talk.passes(FINAL_MS);
        let chat = talk.chat(Bob);
        assert!(chat.hidden && chat.deleting.is_none() && chat.last.is_none() && chat.unread == 0);
        assert!(talk.rows(Bob).is_empty());
        for text in ["of hers", "of his", "unread"] {
            assert!(!talk.holds(Bob, text) && talk.holds(Alice, text));
        }
        let Reply::Contacts(contacts) = talk.does(Bob, Command::ListContacts {}) else {
            panic!("no contacts");
        };
        assert_eq!(contacts.len(), 1, "the contact stays");
        talk.is_settled();
        assert_eq!(talk.sees(Alice), ["of hers", "of his", "unread"]);
        talk.says(writer, "anew");
        assert_eq!(talk.sees(Bob), ["anew"]);
        assert!(!talk.chat(Bob).hidden);
        assert_eq!(talk.chat(Bob).unread, u32::from(writer == Alice));
        talk.is_settled();
    }
}

/// How far each of these has come as Alice sees it, and whether her ledger knows when it was read.
fn states(talk: &mut Talk<'_>, texts: [&str; 3]) -> [(Option<DeliveryState>, bool); 3] {
    texts.map(|text| {
        let (conversation, position) = (talk.conversation, talk.place(Alice, text));
        let rows = talk.rows(Alice);
        let row = rows.iter().find(|row| row.position == position);
        let state = row.and_then(|row| row.state);
        match talk.does(
            Alice,
            Command::GetLedger {
                conversation,
                position,
            },
        ) {
            Reply::Ledger(ledger) => {
                let device = ledger.devices.first();
                (state, device.is_some_and(|device| device.read_at_ms.is_some()))
            }
            other => panic!("no ledger: {other:?}"),
        }
    })
}

#[test]
fn what_was_deleted_unread_is_not_told_as_read() {
    let texts = ["seen", "unseen", "after"];
    for is_whole in [true, false] {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let mut talk = Talk::begins(&a, &b);
        talk.says(Alice, "seen");
        talk.reads(Bob);
        talk.says(Alice, "unseen");
        if is_whole {
            deletes_chat(&mut talk, Bob);
            talk.passes(FINAL_MS);
        } else {
            talk.deletes_for_good(Bob, DeleteFor::Me, &["unseen"]);
        }
        talk.says(Alice, "after");
        talk.reads(Bob);
        let (read, unread) = (Some(DeliveryState::Read), Some(DeliveryState::Delivered));
        let expected = [(read, true), (unread, false), (read, true)];
        assert_eq!(states(&mut talk, texts), expected, "{is_whole}");
        // A restart or another link changes nothing.
        talk.is_settled();
        talk.restarts(Alice);
        talk.meets();
        talk.passes(FINAL_MS);
        assert_eq!(states(&mut talk, texts), expected, "{is_whole}");
    }
}

#[test]
fn undone_all_of_it_is_there_again() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "one");
    talk.says(Alice, "two");
    let (first, _) = deletes_chat(&mut talk, Bob);
    let (deletion, _) = deletes_chat(&mut talk, Bob);
    assert!(
        talk.tries(Bob, Command::UndoDelete { deletion: first }).is_err(),
        "they are one"
    );
    talk.does(Bob, Command::UndoDelete { deletion });
    talk.passes(FINAL_MS * 2);
    assert_eq!(
        (talk.sees(Bob), talk.chat(Bob).unread),
        (vec!["one".into(), "two".into()], 2)
    );
    assert!(talk.chat(Bob).deleting.is_none() && !talk.chat(Bob).hidden);
}

#[test]
fn what_comes_while_it_can_be_undone_stays() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "old");
    deletes_chat(&mut talk, Bob);
    talk.says(Alice, "new");
    assert_eq!((talk.sees(Bob), talk.chat(Bob).unread), (vec!["new".into()], 1));
    talk.passes(FINAL_MS);
    assert_eq!((talk.sees(Bob), talk.chat(Bob).unread), (vec!["new".into()], 1));
    assert!(!talk.chat(Bob).hidden);
    talk.is_settled();
}

#[test]
fn what_comes_late_to_a_place_before_the_end_is_there_and_unread() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Bob, "old");
    talk.parts();
    talk.says(Bob, "late");
    talk.passes(1_000);
    talk.says(Alice, "newest");
    deletes_chat(&mut talk, Alice);
    talk.meets();
    talk.passes(FINAL_MS * 2);
    assert_eq!(
        (talk.sees(Alice), talk.chat(Alice).unread),
        (vec!["late".into()], 1)
    );
    let chat = talk.chat(Alice);
    assert!(!chat.hidden && chat.deleting.is_none());
    assert_eq!(
        chat.last.map(|last| last.position),
        Some(talk.place(Alice, "late"))
    );
    talk.is_settled();
}

#[test]
fn what_nobody_has_yet_is_cancelled_and_counted() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "arrived");
    talk.parts();
    let texts: Vec<String> = (0..130).map(|number| format!("waiting {number}")).collect();
    for text in &texts {
        talk.says(Alice, text);
    }
    let (_, undelivered) = deletes_chat(&mut talk, Alice);
    assert_eq!(undelivered, 130);
    talk.passes(FINAL_MS);
    talk.meets();
    assert_eq!(
        (talk.sees(Bob), talk.chat(Bob).unread),
        (vec!["arrived".into()], 1)
    );
    assert!(!talk.holds(Bob, "waiting") && !talk.holds(Alice, "waiting"));
    talk.says(Alice, "once more");
    assert_eq!(talk.sees(Bob), ["arrived", "once more"]);
    assert_eq!(talk.sees(Alice), ["once more"]);
    let row = talk.rows(Alice).pop().expect("a row");
    assert_eq!(row.state, Some(DeliveryState::Delivered));
    talk.is_settled();
}

#[test]
fn what_nobody_had_is_cancelled_though_it_arrives_before_that_is_final() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "arrived");
    talk.parts();
    talk.says(Alice, "waiting");
    let (_, undelivered) = deletes_chat(&mut talk, Alice);
    assert_eq!(undelivered, 1);
    talk.meets();
    assert_eq!(talk.sees(Bob), ["arrived", "waiting"]);
    talk.passes(FINAL_MS);
    assert_eq!(talk.sees(Bob), ["arrived", "(deleted)"]);
    assert!(!talk.holds(Bob, "waiting") && !talk.holds(Alice, "waiting"));
    assert!(talk.rows(Alice).is_empty());
    talk.is_settled();
}

#[test]
fn what_nobody_had_stays_cancelled_when_the_chat_is_deleted_once_more() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "arrived");
    talk.parts();
    talk.says(Alice, "waiting");
    let (_, undelivered) = deletes_chat(&mut talk, Alice);
    assert_eq!(undelivered, 1);
    talk.meets();
    talk.says(Bob, "an answer");
    let (_, undelivered) = deletes_chat(&mut talk, Alice);
    assert_eq!(undelivered, 1, "it was cancelled before it arrived");
    talk.passes(FINAL_MS);
    assert_eq!(talk.sees(Bob), ["arrived", "(deleted)", "an answer"]);
    assert!(!talk.holds(Bob, "waiting") && !talk.holds(Alice, "waiting"));
    assert!(talk.rows(Alice).is_empty());
    talk.is_settled();
}

#[test]
fn what_was_to_be_deleted_for_everyone_still_is() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "regret");
    talk.says(Alice, "other");
    talk.deletes(Alice, kith_node::view::DeleteFor::Everyone, &["regret"]);
    deletes_chat(&mut talk, Alice);
    talk.passes(FINAL_MS);
    assert_eq!(
        (talk.sees(Alice), talk.sees(Bob)),
        (vec![], vec!["(deleted)".into(), "other".into()])
    );
    talk.is_settled();
}

#[test]
fn what_is_written_after_it_comes_after_all_that_others_still_see() {
    const HOUR_MS: u64 = 3_600_000;
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.now_ms += HOUR_MS;
    let ahead = talk.says_unheard(Bob, "by a clock that is ahead");
    talk.now_ms -= HOUR_MS;
    talk.arrives(Bob, ahead);
    talk.says(Alice, "an answer");
    deletes_chat(&mut talk, Alice);
    talk.passes(FINAL_MS);
    talk.says(Alice, "and one more");
    assert_eq!(
        talk.sees(Bob),
        ["by a clock that is ahead", "an answer", "and one more"]
    );
    assert_eq!(talk.sees(Alice), ["and one more"]);
}

#[test]
fn ten_thousand_messages_go_in_steps_and_a_crash_between_them_shows_none() {
    const MESSAGES: usize = 10_000;
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.parts();
    let (conversation, now_ms) = (talk.conversation, talk.now_ms);
    for number in 0..MESSAGES {
        let text = format!("message {number}");
        talk.side(Alice).sends(conversation, text, now_ms + number as u64);
        talk.side(Alice).wishes.clear();
    }
    talk.now_ms += MESSAGES as u64;
    talk.meets();
    assert_eq!(talk.chat(Bob).unread, MESSAGES as u32);
    deletes_chat(&mut talk, Bob);
    talk.parts();
    talk.now_ms += FINAL_MS;
    let now_ms = talk.now_ms;
    let mut steps = 0;
    while talk.holds(Bob, "message") {
        steps += 1;
        assert!(steps < 100, "it comes to an end");
        talk.side(Bob).input(Input::Timer, now_ms);
        if steps % 7 == 0 {
            talk.restarts(Bob);
        }
        assert!(talk.rows(Bob).is_empty() && talk.chat(Bob).unread == 0);
    }
    assert!(steps > 10, "in steps");
    talk.meets();
    talk.says(Alice, "anew");
    assert_eq!((talk.sees(Bob), talk.chat(Bob).unread), (vec!["anew".into()], 1));
    assert_eq!(talk.rows(Alice).len(), 500);
}
