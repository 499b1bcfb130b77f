//! An old copy of somebody's folder is put back and written to before anybody is met: what was written there is never
//! ticked before somebody has it, and reaches them under the new device once, in its place.

use kith_node::{id::ConversationId, store::MemoryStore, view::DeliveryState};
use kith_tests::{
    pair::{Hand, Pair},
    telling::{NOW_MS, alice, bob, is_accused, pass, profile, said, state, texts},
};

const DAY_MS: u64 = 86_400_000;

/// A story: Alice wrote `before` words, her folder was copied, she wrote up to `truly`; then the copy was put back, and
/// she wrote `anew` words into it.
struct Story {
    before: u64,
    truly: u64,
    anew: u64,
}

/// What the story leaves: Alice's copy, and Bob's store.
fn told(story: &Story, a: &MemoryStore, b: &MemoryStore) -> (MemoryStore, ConversationId) {
    let mut pair = Pair::befriended(alice(a, 1, NOW_MS), bob(b, NOW_MS), NOW_MS);
    let conversation = pair.conversation();
    let mut copy = a.copied();
    let mut now_ms = NOW_MS;
    for number in 1..=story.truly {
        now_ms += 1_000;
        pair.alice.sends(conversation, format!("true {number}"), now_ms);
        pair.settle(Hand::All, now_ms);
        if number == story.before {
            pass(&mut pair, &mut now_ms, 4);
            copy = a.copied();
        }
    }
    pass(&mut pair, &mut now_ms, 8);
    assert_eq!(
        texts(&mut pair.bob, conversation, now_ms).len() as u64,
        story.truly
    );
    (copy, conversation)
}

/// Tells a story to its end: the copy meets Bob, finds out, becomes a new device, meets him again.
fn tell(story: &Story, wait_ms: u64) {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (copy, conversation) = told(story, &a, &b);
    let mut now_ms = NOW_MS + 600_000 + wait_ms;
    let anew = writes_anew(story, &copy, conversation, &mut now_ms);
    let mut pair = Pair::met_before(alice(&copy, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 16);
    assert!(profile(&mut pair.alice, now_ms).outdated, "it has found out");
    for text in &anew {
        let state = state(&mut pair.alice, conversation, text, now_ms);
        assert!(
            state < Some(DeliveryState::Delivered),
            "“{text}” is nowhere but here"
        );
    }
    is_nobody_accused(&mut pair, now_ms);
    drop(pair);
    now_ms += 1_000;
    is_told_anew(story, &anew, (&copy, &b), (None, now_ms));
}

/// What Alice writes into the copy that was put back.
fn writes_anew(
    story: &Story,
    copy: &MemoryStore,
    conversation: ConversationId,
    now_ms: &mut u64,
) -> Vec<String> {
    let mut old = alice(copy, 1, *now_ms);
    let anew: Vec<String> = (1..=story.anew).map(|number| format!("anew {number}")).collect();
    for text in &anew {
        *now_ms += 10;
        old.sends(conversation, text.clone(), *now_ms);
    }
    anew
}

fn is_nobody_accused(pair: &mut Pair<'_>, now_ms: u64) {
    let conversation = pair.conversation();
    assert!(!is_accused(&mut pair.alice, conversation, now_ms));
    assert!(!is_accused(&mut pair.bob, conversation, now_ms));
}

/// Alice's installation starts as a new device and meets Bob; after so many steps of that, if it is said, her power goes.
/// In the end both see everything once, in its order, and every tick is true.
fn is_told_anew(
    story: &Story,
    anew: &[String],
    (a, b): (&MemoryStore, &MemoryStore),
    (crash_after, mut now_ms): (Option<usize>, u64),
) {
    let mut pair = Pair::met_before(alice(a, 3, now_ms), bob(b, now_ms));
    let conversation = pair.conversation();
    assert!(!profile(&mut pair.alice, now_ms).outdated);
    let kept = texts(&mut pair.alice, conversation, now_ms);
    assert!(
        anew.iter().all(|text| kept.contains(text)),
        "nothing vanishes: {kept:?}"
    );
    pair.link(now_ms);
    if let Some(steps) = crash_after {
        hand_over(&mut pair, steps, now_ms);
        drop(pair);
        now_ms += 1_000;
        pair = Pair::met_before(alice(a, 3, now_ms), bob(b, now_ms));
        let kept = texts(&mut pair.alice, conversation, now_ms);
        for text in anew {
            let times = kept.iter().filter(|known| *known == text).count();
            assert_eq!(times, 1, "“{text}” after {steps} steps and a crash");
        }
        pair.link(now_ms);
    }
    pass(&mut pair, &mut now_ms, 40);
    let mut expected: Vec<String> = (1..=story.truly).map(|number| format!("true {number}")).collect();
    expected.extend(anew.iter().cloned());
    let seen = texts(&mut pair.alice, conversation, now_ms);
    assert_eq!(
        seen,
        texts(&mut pair.bob, conversation, now_ms),
        "both see the same, in one order"
    );
    assert_eq!(seen, expected);
    for (text, state) in said(&mut pair.alice, conversation, now_ms) {
        assert!(
            state >= Some(DeliveryState::Delivered),
            "“{text}” has arrived: {state:?}"
        );
    }
    is_nobody_accused(&mut pair, now_ms);
    pair.alice.sends(conversation, "and on it goes".into(), now_ms);
    pair.settle(Hand::All, now_ms);
    pass(&mut pair, &mut now_ms, 4);
    assert_eq!(
        state(&mut pair.alice, conversation, "and on it goes", now_ms),
        Some(DeliveryState::Delivered)
    );
}

/// Hands over so many things that either says, Alice's first.
fn hand_over(pair: &mut Pair<'_>, steps: usize, now_ms: u64) {
    for _ in 0..steps {
        let Some((wish, from_alice)) = pair.next_wish() else {
            return;
        };
        pair.hand(wish, from_alice, now_ms);
    }
}

#[test]
fn fewer_words_anew_than_were_forgotten() {
    tell(
        &Story {
            before: 3,
            truly: 5,
            anew: 1,
        },
        0,
    );
}

#[test]
fn exactly_as_many_words_anew_as_were_forgotten() {
    tell(
        &Story {
            before: 3,
            truly: 5,
            anew: 2,
        },
        0,
    );
}

#[test]
fn more_words_anew_than_were_forgotten() {
    tell(
        &Story {
            before: 3,
            truly: 5,
            anew: 4,
        },
        0,
    );
}

#[test]
fn a_copy_from_before_the_first_word() {
    tell(
        &Story {
            before: 0,
            truly: 3,
            anew: 7,
        },
        0,
    );
}

#[test]
fn many_words_on_both_sides() {
    tell(
        &Story {
            before: 20,
            truly: 150,
            anew: 250,
        },
        0,
    );
}

#[test]
fn a_copy_that_comes_after_days_makes_an_epoch_of_its_own_and_is_not_accused_of_it() {
    for (truly, anew) in [(5, 1), (5, 2), (5, 4)] {
        let story = Story {
            before: 3,
            truly,
            anew,
        };
        tell(&story, 2 * DAY_MS);
    }
}

#[test]
fn a_crash_at_any_step_of_it_says_nothing_twice() {
    let story = Story {
        before: 3,
        truly: 5,
        anew: 4,
    };
    for steps in 0..40 {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let (copy, conversation) = told(&story, &a, &b);
        let mut now_ms = NOW_MS + 600_000;
        let anew = writes_anew(&story, &copy, conversation, &mut now_ms);
        let mut pair = Pair::met_before(alice(&copy, 1, now_ms), bob(&b, now_ms));
        pair.link(now_ms);
        pass(&mut pair, &mut now_ms, 8);
        drop(pair);
        now_ms += 1_000;
        is_told_anew(&story, &anew, (&copy, &b), (Some(steps), now_ms));
    }
}

#[test]
fn a_device_that_is_replaced_says_again_what_nobody_had() {
    // As after damage, or when another conversation had shown that the folder is an old copy.
    for (truly, anew) in [(3, 2), (0, 3), (3, 0)] {
        let story = Story {
            before: truly,
            truly,
            anew,
        };
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let (_, conversation) = told(&story, &a, &b);
        let mut now_ms = NOW_MS + 600_000;
        let anew = writes_anew(&story, &a, conversation, &mut now_ms);
        is_told_anew(&story, &anew, (&a, &b), (None, now_ms));
    }
}

#[test]
fn what_was_written_here_keeps_its_place_among_what_was_answered_meanwhile() {
    let story = Story {
        before: 3,
        truly: 5,
        anew: 1,
    };
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (copy, conversation) = told(&story, &a, &b);
    let mut now_ms = NOW_MS + 600_000;
    writes_anew(&story, &copy, conversation, &mut now_ms);
    now_ms += 10_000;
    bob(&b, now_ms).sends(conversation, "later".into(), now_ms);
    let mut pair = Pair::met_before(alice(&copy, 1, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 8);
    drop(pair);
    let mut pair = Pair::met_before(alice(&copy, 3, now_ms), bob(&b, now_ms));
    pair.link(now_ms);
    pass(&mut pair, &mut now_ms, 20);
    let expected = [
        "true 1", "true 2", "true 3", "true 4", "true 5", "anew 1", "later",
    ];
    for side in [&mut pair.alice, &mut pair.bob] {
        assert_eq!(texts(side, conversation, now_ms), expected);
    }
}
