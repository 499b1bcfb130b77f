//! For everyone: here, and where it was asked for.

use kith_node::{
    Command, CommandError, Event, Reply,
    store::MemoryStore,
    view::{BodyView, DeleteFor, DeliveryState},
};
use kith_tests::deletions::{
    FINAL_MS, Talk,
    Who::{Alice, Bob},
};

#[test]
fn what_was_read_is_marked_as_deleted_on_both_sides_and_no_disk_has_it() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "one regret");
    talk.says(Alice, "one to keep");
    talk.reads(Bob);
    talk.deletes_for_good(Alice, DeleteFor::Everyone, &["one regret"]);
    for who in [Alice, Bob] {
        assert_eq!(talk.sees(who), ["(deleted)", "one to keep"], "{who:?}");
        assert!(!talk.holds(who, "one regret"), "{who:?}");
        assert!(talk.holds(who, "one to keep"));
        assert_eq!(talk.chat(who).unread, 0);
    }
    talk.is_settled();
    talk.says(Alice, "and on");
    assert_eq!(talk.sees(Bob), ["(deleted)", "one to keep", "and on"]);
}

#[test]
fn until_it_is_final_it_is_out_of_sight_here_and_nobody_else_hears_of_it() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "hm");
    let deletion = talk.deletes(Alice, DeleteFor::Everyone, &["hm"]);
    assert_eq!(deletion.until_ms, talk.now_ms + FINAL_MS);
    let shown = BodyView::Deleting {
        deletion: deletion.id.clone(),
        until_ms: deletion.until_ms,
    };
    assert_eq!(talk.last_body(Alice), Some(shown));
    assert_eq!(talk.sees(Alice), ["(deleting)"]);
    talk.passes(FINAL_MS - 1);
    assert_eq!(talk.sees(Bob), ["hm"]);
    talk.passes(1);
    assert_eq!(talk.sees(Bob), ["(deleted)"]);
}

#[test]
fn undone_it_is_there_as_before_and_stays() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "hm");
    let deletion = talk.deletes(Alice, DeleteFor::Everyone, &["hm"]).id;
    talk.passes(5_000);
    talk.does(
        Alice,
        Command::UndoDelete {
            deletion: deletion.clone(),
        },
    );
    assert_eq!(talk.sees(Alice), ["hm"]);
    talk.passes(60_000);
    assert_eq!(
        (talk.sees(Alice), talk.sees(Bob)),
        (vec!["hm".into()], vec!["hm".into()])
    );
    let again = talk.tries(Alice, Command::UndoDelete { deletion });
    assert_eq!(again, Err(CommandError::UnknownDeletion));
    let last = talk.rows(Alice).pop().expect("a row");
    assert_eq!(last.state, Some(DeliveryState::Delivered));
}

#[test]
fn what_nobody_had_yet_leaves_no_trace_anywhere() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "first");
    talk.reads(Bob);
    let before = talk.chat(Bob);
    talk.parts();
    talk.says(Alice, "never mind");
    talk.deletes_for_good(Alice, DeleteFor::Everyone, &["never mind"]);
    assert_eq!(talk.sees(Alice), ["first"]);
    talk.side(Bob).told();
    talk.meets();
    assert_eq!(
        (talk.sees(Alice), talk.sees(Bob)),
        (vec!["first".into()], vec!["first".into()])
    );
    for who in [Alice, Bob] {
        assert!(!talk.holds(who, "never mind"), "{who:?}");
    }
    let after = talk.chat(Bob);
    let summary = (after.unread, after.active_at_ms, after.last);
    assert_eq!(
        summary,
        (0, before.active_at_ms, before.last),
        "nothing has happened"
    );
    let rows = talk.side(Bob).told();
    assert!(
        !rows
            .iter()
            .any(|event| matches!(event, Event::Message(row) if !row.mine))
    );
    talk.is_settled();
}

#[test]
fn what_was_not_read_yet_counts_as_unread_no_more() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    for text in ["one", "two", "three", "four"] {
        talk.says(Alice, text);
    }
    assert_eq!(talk.chat(Bob).unread, 4);
    talk.deletes_for_good(Alice, DeleteFor::Everyone, &["one", "three"]);
    assert_eq!(talk.chat(Bob).unread, 2);
    assert_eq!(talk.unread_page(Bob).first_unread, Some(talk.place(Bob, "two")));
    talk.says(Alice, "five");
    assert_eq!(talk.chat(Bob).unread, 3);
    let up_to = talk.place(Bob, "two");
    let conversation = talk.conversation;
    talk.does(Bob, Command::MarkRead { conversation, up_to });
    assert_eq!(talk.chat(Bob).unread, 2);
    assert_eq!(talk.unread_page(Bob).first_unread, Some(talk.place(Bob, "four")));
    talk.is_settled();
    talk.reads(Bob);
    assert_eq!(
        (talk.chat(Bob).unread, talk.unread_page(Bob).first_unread),
        (0, None)
    );
    let states = talk.rows(Alice);
    let last = states.last().expect("a row");
    assert_eq!(last.state, Some(DeliveryState::Read));
}

#[test]
fn only_ones_own_words_can_be_deleted_for_everyone_or_taken_back() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "hers");
    let (conversation, position) = (talk.conversation, talk.place(Bob, "hers"));
    let everyone = Command::DeleteMessages {
        conversation,
        positions: vec![position],
        scope: DeleteFor::Everyone,
    };
    assert_eq!(talk.tries(Bob, everyone), Err(CommandError::NotYours));
    let cancel = Command::CancelMessage {
        conversation,
        position,
    };
    assert_eq!(talk.tries(Bob, cancel), Err(CommandError::NotYours));
    let nowhere = Command::DeleteMessages {
        conversation,
        positions: vec![position.next()],
        scope: DeleteFor::Me,
    };
    assert_eq!(talk.tries(Bob, nowhere), Err(CommandError::UnknownMessage));
}

#[test]
fn a_wider_wish_wins_whichever_comes_first() {
    for scopes in [
        [DeleteFor::Me, DeleteFor::Everyone],
        [DeleteFor::Everyone, DeleteFor::Me],
    ] {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let mut talk = Talk::begins(&a, &b);
        talk.says(Alice, "once");
        talk.says(Alice, "twice");
        let (conversation, once) = (talk.conversation, talk.place(Alice, "once"));
        let first = talk.deletes(Alice, scopes[0], &["once", "twice"]);
        talk.passes(4_000);
        let again = Command::DeleteMessages {
            conversation,
            positions: vec![once],
            scope: scopes[1],
        };
        let Reply::Deletion(second) = talk.does(Alice, again) else {
            panic!("no deletion");
        };
        assert_ne!(first.id, second.id);
        talk.does(Alice, Command::UndoDelete { deletion: first.id });
        talk.passes(FINAL_MS);
        assert_eq!(talk.sees(Bob), ["(deleted)", "twice"], "{scopes:?}");
        assert_eq!(talk.sees(Alice), ["(deleted)", "twice"], "{scopes:?}");
    }
}

#[test]
fn runaway_repetition_is_stopped_with_a_plain_word() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "again and again");
    let conversation = talk.conversation;
    let command = Command::DeleteMessages {
        conversation,
        positions: vec![talk.place(Alice, "again and again")],
        scope: DeleteFor::Me,
    };
    for _ in 0..30 {
        talk.does(Alice, command.clone());
    }
    talk.passes(1_000);
    let refused = talk.tries(Alice, command.clone()).expect_err("too often");
    assert_eq!(refused, CommandError::TooOften { wait_s: 59 });
    assert!(refused.to_string().contains("Wait 59 s"), "{refused}");
    let timer = Command::SetTimer {
        conversation,
        seconds: 60,
    };
    assert_eq!(
        talk.tries(Alice, timer.clone()),
        Err(CommandError::TooOften { wait_s: 59 })
    );
    talk.passes(59_000);
    talk.does(Alice, timer);
    let many = Command::DeleteMessages {
        conversation,
        positions: vec![kith_node::Position::MIN; 101],
        scope: DeleteFor::Me,
    };
    assert!(matches!(
        talk.tries(Alice, many),
        Err(CommandError::OutOfRange { .. })
    ));
}

#[test]
fn a_hundred_at_once_go_together() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    let texts: Vec<String> = (0..120).map(|number| format!("number {number}")).collect();
    for text in &texts {
        talk.says(Alice, text);
    }
    let doomed: Vec<&str> = texts[..100].iter().map(String::as_str).collect();
    talk.deletes_for_good(Alice, DeleteFor::Everyone, &doomed);
    for who in [Alice, Bob] {
        let seen = talk.sees(who);
        assert_eq!(seen.iter().filter(|line| *line == "(deleted)").count(), 100);
        assert_eq!(seen[100..], texts[100..]);
    }
    assert_eq!(talk.chat(Bob).unread, 20);
    talk.is_settled();
}

#[test]
fn after_deletions_the_order_and_the_ticks_go_on() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    for round in 0..5 {
        talk.says(Alice, &format!("keep {round}"));
        talk.says(Alice, &format!("drop {round}"));
        talk.says(Bob, &format!("answer {round}"));
        talk.deletes_for_good(Alice, DeleteFor::Everyone, &[&format!("drop {round}")]);
    }
    assert_eq!(talk.sees(Alice), talk.sees(Bob));
    talk.reads(Bob);
    talk.passes(1_000);
    for row in talk.rows(Alice) {
        let is_text = matches!(row.body, BodyView::Text { .. });
        assert!(
            !is_text || !row.mine || row.state == Some(DeliveryState::Read),
            "{row:?}"
        );
    }
}
