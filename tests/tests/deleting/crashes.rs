//! The app dies at each moment between the wish to delete and its end: it comes out whole one way or the other.

use kith_node::{input::Input, store::MemoryStore, view::DeleteFor};
use kith_tests::deletions::{
    FINAL_MS, Talk,
    Who::{self, Alice, Bob},
};

#[test]
fn while_it_can_be_undone_a_restart_changes_nothing() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "hm");
    let deletion = talk.deletes(Alice, DeleteFor::Everyone, &["hm"]).id;
    talk.passes(3_000);
    talk.restarts(Alice);
    talk.meets();
    assert_eq!(
        (talk.sees(Alice), talk.sees(Bob)),
        (vec!["(deleting)".into()], vec!["hm".into()])
    );
    talk.does(Alice, kith_node::Command::UndoDelete { deletion });
    talk.passes(FINAL_MS);
    assert_eq!(
        (talk.sees(Alice), talk.sees(Bob)),
        (vec!["hm".into()], vec!["hm".into()])
    );
}

#[test]
fn what_was_due_while_nobody_was_there_is_done_at_the_start() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "hm");
    talk.deletes(Alice, DeleteFor::Everyone, &["hm"]);
    talk.parts();
    talk.now_ms += 86_400_000;
    talk.restarts(Alice);
    talk.meets();
    assert_eq!(
        (talk.sees(Alice), talk.sees(Bob)),
        (vec!["(deleted)".into()], vec!["(deleted)".into()])
    );
    talk.is_settled();
}

#[test]
fn a_clock_that_was_set_back_does_not_keep_it_waiting() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "hm");
    talk.deletes(Alice, DeleteFor::Me, &["hm"]);
    talk.now_ms -= 3_600_000;
    let now_ms = talk.now_ms;
    talk.side(Alice).input(Input::Timer, now_ms);
    talk.passes(FINAL_MS + 1_000);
    assert_eq!(talk.sees(Alice), Vec::<String>::new());
}

/// Alice deletes; after so many steps of what follows, both are killed. In the end both see the same as if nobody had been.
fn dies_after(steps: usize, scope: DeleteFor, victim: Who) -> bool {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    for text in ["one", "two", "three"] {
        talk.says(Alice, text);
    }
    talk.deletes(Alice, scope, &["one", "three"]);
    let now_ms = talk.now_ms + FINAL_MS;
    talk.now_ms = now_ms;
    talk.side(Alice).input(Input::Timer, now_ms);
    let mut more = true;
    for _ in 0..steps {
        let from_alice = talk.pair.alice.wishes.pop_front();
        let wish = from_alice.map(|wish| (Alice, wish));
        let wish = wish.or_else(|| talk.pair.bob.wishes.pop_front().map(|wish| (Bob, wish)));
        let Some((from, wish)) = wish else {
            more = false;
            break;
        };
        let device = talk.side(from).device;
        if let Some(news) = talk.pair.arrives(wish, device) {
            let to = if from == Alice { Bob } else { Alice };
            talk.side(to).input(Input::Net(news), now_ms);
        }
    }
    talk.restarts(victim);
    talk.meets();
    talk.passes(3_000);
    let (hers, his): (&[&str], &[&str]) = match scope {
        DeleteFor::Everyone => (
            &["(deleted)", "two", "(deleted)"],
            &["(deleted)", "two", "(deleted)"],
        ),
        DeleteFor::Me => (&["two"], &["one", "two", "three"]),
    };
    assert_eq!(talk.sees(Alice), hers, "after {steps} steps");
    assert_eq!(talk.sees(Bob), his, "after {steps} steps");
    let unread = if scope == DeleteFor::Me { 3 } else { 1 };
    assert_eq!(talk.chat(Bob).unread, unread, "after {steps} steps");
    more
}

#[test]
fn at_each_step_a_crash_leaves_it_whole() {
    for scope in [DeleteFor::Me, DeleteFor::Everyone] {
        for victim in [Alice, Bob] {
            let mut steps = 0;
            while dies_after(steps, scope, victim) && steps < 24 {
                steps += 1;
            }
        }
    }
}

#[test]
fn a_batch_that_the_disk_did_not_take_is_tried_again() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "hm");
    talk.deletes(Alice, DeleteFor::Everyone, &["hm"]);
    talk.now_ms += FINAL_MS;
    let now_ms = talk.now_ms;
    talk.side(Alice).in_vain(Input::Timer, now_ms);
    assert_eq!(
        (talk.sees(Alice), talk.sees(Bob)),
        (vec!["(deleting)".into()], vec!["hm".into()])
    );
    talk.passes(10_000);
    assert_eq!(
        (talk.sees(Alice), talk.sees(Bob)),
        (vec!["(deleted)".into()], vec!["(deleted)".into()])
    );
}
