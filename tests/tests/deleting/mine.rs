//! For me, and taking back what nobody has.

use kith_node::{
    Command, CommandError,
    store::MemoryStore,
    view::{DeleteFor, DeliveryState},
};
use kith_tests::{
    deletions::{
        FINAL_MS, Talk,
        Who::{Alice, Bob},
    },
    town::{Conduct, Town},
};

#[test]
fn what_is_deleted_here_stays_with_the_other() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "for both");
    talk.says(Bob, "an answer");
    talk.deletes_for_good(Bob, DeleteFor::Me, &["for both", "an answer"]);
    assert_eq!(talk.sees(Bob), Vec::<String>::new());
    assert_eq!(talk.sees(Alice), ["for both", "an answer"]);
    for text in ["for both", "an answer"] {
        assert!(!talk.holds(Bob, text) && talk.holds(Alice, text));
    }
    talk.is_settled();
    talk.says(Alice, "more");
    assert_eq!((talk.sees(Bob), talk.chat(Bob).unread), (vec!["more".into()], 1));
}

#[test]
fn what_was_unread_and_is_deleted_here_is_unread_no_more() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    for text in ["one", "two", "three"] {
        talk.says(Alice, text);
    }
    talk.deletes(Bob, DeleteFor::Me, &["one", "three"]);
    assert_eq!(talk.chat(Bob).unread, 3, "it may come back");
    talk.passes(FINAL_MS);
    assert_eq!(talk.chat(Bob).unread, 1);
    assert_eq!(talk.unread_page(Bob).first_unread, Some(talk.place(Bob, "two")));
    assert_eq!(
        talk.chat(Bob).last.map(|last| last.position),
        Some(talk.place(Bob, "two"))
    );
    talk.is_settled();
}

#[test]
fn the_mark_of_a_deletion_can_be_deleted_too() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "gone");
    talk.says(Alice, "kept");
    talk.deletes_for_good(Alice, DeleteFor::Everyone, &["gone"]);
    let mark = talk.rows(Bob)[1].position;
    let conversation = talk.conversation;
    let command = Command::DeleteMessages {
        conversation,
        positions: vec![mark],
        scope: DeleteFor::Me,
    };
    talk.does(Bob, command);
    talk.passes(FINAL_MS);
    assert_eq!((talk.sees(Bob), talk.chat(Bob).unread), (vec!["kept".into()], 1));
    talk.is_settled();
}

#[test]
fn for_me_takes_back_what_nobody_has() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.parts();
    talk.says(Alice, "on second thoughts");
    talk.deletes_for_good(Alice, DeleteFor::Me, &["on second thoughts"]);
    talk.meets();
    assert_eq!(talk.sees(Bob), Vec::<String>::new());
    assert!(!talk.holds(Bob, "on second thoughts") && !talk.holds(Alice, "on second thoughts"));
    assert_eq!(talk.chat(Bob).unread, 0);
    talk.is_settled();
}

#[test]
fn what_nobody_had_when_it_was_deleted_is_gone_everywhere_though_it_arrives_before_that_is_final() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.parts();
    talk.says(Alice, "on second thoughts");
    talk.deletes(Alice, DeleteFor::Me, &["on second thoughts"]);
    talk.meets();
    assert_eq!(talk.sees(Bob), ["on second thoughts"]);
    talk.passes(FINAL_MS);
    assert_eq!(talk.sees(Bob), ["(deleted)"]);
    assert!(!talk.holds(Bob, "on second thoughts") && !talk.holds(Alice, "on second thoughts"));
    talk.is_settled();
}

#[test]
fn a_message_that_nobody_has_is_cancelled_at_once() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "there");
    talk.parts();
    talk.says(Alice, "typo");
    talk.says(Alice, "right");
    let (conversation, position) = (talk.conversation, talk.place(Alice, "typo"));
    let cancel = Command::CancelMessage {
        conversation,
        position,
    };
    talk.does(Alice, cancel.clone());
    assert_eq!(talk.sees(Alice), ["there", "right"]);
    assert!(!talk.holds(Alice, "typo"));
    assert_eq!(talk.tries(Alice, cancel), Err(CommandError::UnknownMessage));
    talk.meets();
    assert_eq!(
        (talk.sees(Bob), talk.chat(Bob).unread),
        (vec!["there".into(), "right".into()], 2)
    );
    assert!(!talk.holds(Bob, "typo"));
    talk.is_settled();
}

#[test]
fn what_somebody_has_cannot_be_cancelled_and_it_is_said_who() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "arrived");
    let (conversation, position) = (talk.conversation, talk.place(Alice, "arrived"));
    let cancel = Command::CancelMessage {
        conversation,
        position,
    };
    let refused = talk.tries(Alice, cancel.clone()).expect_err("Bob has it");
    assert_eq!(
        refused,
        CommandError::TooLateToCancel {
            holder: "Bob".into(),
            state: DeliveryState::Delivered
        }
    );
    assert!(refused.to_string().contains("on a device of Bob"), "{refused}");
    assert!(
        refused.to_string().contains("Delete it for everyone"),
        "{refused}"
    );
    talk.reads(Bob);
    talk.passes(1_000);
    let refused = talk.tries(Alice, cancel).expect_err("Bob has read it");
    assert!(refused.to_string().contains("Bob has read it"), "{refused}");
    assert_eq!(talk.sees(Alice), ["arrived"]);
}

/// Alice, Bob who is away, and Carol who carries for him.
fn town<'s>(stores: &'s [MemoryStore; 3], conduct: Conduct) -> Town<'s> {
    let mut town = Town::new(stores, kith_tests::telling::NOW_MS);
    town.befriends(1, 0);
    town.befriends(1, 2);
    town.carries_for(2, 1);
    town.passes(2_000);
    town.conduct[2] = conduct;
    town.leaves(1);
    town
}

fn position(town: &mut Town<'_>, text: &str) -> kith_node::Position {
    let page = town.page(0, 1);
    let row = page.iter().find(|row| kith_tests::world::says(row, text));
    row.expect("the text").position
}

#[test]
fn what_a_carrier_holds_is_deleted_for_everyone_instead() {
    let stores = [MemoryStore::new(), MemoryStore::new(), MemoryStore::new()];
    let mut town = town(&stores, Conduct::Honest);
    town.sends(0, 1, "in the post");
    town.passes(5_000);
    let conversation = town.conversation(0, 1);
    let position = position(&mut town, "in the post");
    let now_ms = town.now_ms;
    let cancel = Command::CancelMessage {
        conversation,
        position,
    };
    let refused = town.people[0].tries(cancel, now_ms).expect_err("Carol has it");
    assert!(refused.to_string().contains("a carrier holds it"), "{refused}");
    let delete = Command::DeleteMessages {
        conversation,
        positions: vec![position],
        scope: DeleteFor::Everyone,
    };
    town.does(0, delete);
    town.passes(30_000);
    assert_eq!(town.brought.len(), 2, "the deletion follows by mail");
    town.leaves(0);
    town.comes_back(1);
    town.link(1, 2);
    town.passes(5_000);
    assert_eq!(town.times(1, 0, "in the post"), 0);
    assert!(!stores[1].holds_bytes(b"in the post"));
}

#[test]
fn what_only_a_carrier_holds_is_deleted_for_its_recipient_too() {
    for whole_chat in [false, true] {
        let stores = [MemoryStore::new(), MemoryStore::new(), MemoryStore::new()];
        let mut town = town(&stores, Conduct::Honest);
        town.sends(0, 1, "in the post");
        town.passes(5_000);
        let conversation = town.conversation(0, 1);
        let positions = vec![position(&mut town, "in the post")];
        let delete = if whole_chat {
            Command::DeleteChat { conversation }
        } else {
            Command::DeleteMessages {
                conversation,
                positions,
                scope: DeleteFor::Me,
            }
        };
        town.does(0, delete);
        town.passes(30_000);
        assert_eq!(town.brought.len(), 2, "the deletion follows by mail");
        assert!(!stores[0].holds_bytes(b"in the post"));
        town.comes_back(1);
        town.link(1, 2);
        town.passes(5_000);
        assert_eq!(town.times(1, 0, "in the post"), 0);
    }
}

#[test]
fn what_is_on_its_way_to_a_carrier_is_withdrawn_with_its_message() {
    let stores = [MemoryStore::new(), MemoryStore::new(), MemoryStore::new()];
    let mut town = town(&stores, Conduct::NeverAnswers);
    town.sends(0, 1, "not like this");
    town.passes(5_000);
    assert_eq!(town.brought.len(), 1);
    let conversation = town.conversation(0, 1);
    let position = position(&mut town, "not like this");
    town.does(
        0,
        Command::CancelMessage {
            conversation,
            position,
        },
    );
    town.conduct[2] = Conduct::Honest;
    town.passes(10_000);
    assert_eq!(town.brought.len(), 2, "what is true now goes at once");
    // The first deposit was kept all the same, and comes last.
    let first = town.brought[0].deposit.sealed.clone();
    town.comes_back(1);
    town.link(1, 2);
    town.passes(1_000);
    town.hands_over(2, 1, &first);
    town.passes(5_000);
    assert_eq!(town.times(1, 0, "not like this"), 0);
    assert!(!stores[1].holds_bytes(b"not like this"));
    assert_eq!(town.page(1, 0).len(), 1, "the row that they are contacts");
}
