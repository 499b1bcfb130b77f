//! Messages that disappear: everywhere, in time, and no others.

use kith_crypto::{Control, LogId, LogKind, Stamp};
use kith_node::{
    Command, Event, forensics,
    input::{Input, NetEvent},
    store::{MemoryStore, Read},
    view::TimerChangeView,
};
use kith_tests::{
    deletions::{
        FINAL_MS, Talk,
        Who::{self, Alice, Bob},
    },
    mallory::{HandLog, streamed},
    telling::{NOW_MS, identity},
    town::Town,
};

fn sets(talk: &mut Talk<'_>, who: Who, seconds: u32) {
    let conversation = talk.conversation;
    talk.does(
        who,
        Command::SetTimer {
            conversation,
            seconds,
        },
    );
}

#[test]
fn it_is_said_after_ten_seconds_and_counts_for_what_both_write_from_then_on() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    talk.says(Alice, "before");
    sets(&mut talk, Alice, 60);
    let change = TimerChangeView {
        seconds: 60,
        from_ms: talk.now_ms + FINAL_MS,
    };
    assert_eq!(talk.chat(Alice).timer.change, Some(change));
    talk.says(Alice, "meanwhile");
    talk.passes(FINAL_MS);
    talk.says(Alice, "of hers");
    talk.says(Bob, "of his");
    for who in [Alice, Bob] {
        assert_eq!(
            talk.sees(who),
            ["before", "meanwhile", "(timer 60)", "of hers", "of his"]
        );
        let timer = talk.chat(who).timer;
        assert_eq!((timer.seconds, timer.change), (60, None));
    }
    assert_eq!(talk.chat(Bob).unread, 3, "a notice is no message");
    talk.side(Bob).told();
    talk.passes(59_000);
    assert_eq!(talk.sees(Bob).len(), 5);
    talk.passes(1_000);
    for who in [Alice, Bob] {
        assert_eq!(talk.sees(who), ["before", "meanwhile", "(timer 60)"]);
        assert!(!talk.holds(who, "of hers") && !talk.holds(who, "of his"));
    }
    assert_eq!(talk.chat(Bob).unread, 2);
    let told = talk.side(Bob).told();
    let gone = told
        .iter()
        .filter(|event| matches!(event, Event::MessageRemoved { .. }));
    assert_eq!(gone.count(), 2);
    talk.is_settled();
    sets(&mut talk, Bob, 0);
    talk.passes(FINAL_MS);
    talk.says(Alice, "to stay");
    talk.passes(600_000);
    assert_eq!(
        talk.sees(Bob),
        ["before", "meanwhile", "(timer 60)", "(timer 0)", "to stay"]
    );
    assert_eq!(talk.sees(Alice), talk.sees(Bob));
}

#[test]
fn set_otherwise_within_ten_seconds_only_the_last_is_said() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    sets(&mut talk, Alice, 60);
    talk.passes(5_000);
    sets(&mut talk, Alice, 3_600);
    talk.restarts(Alice);
    talk.meets();
    talk.passes(FINAL_MS);
    assert_eq!(
        (talk.sees(Alice), talk.sees(Bob)),
        (vec!["(timer 3600)".into()], vec!["(timer 3600)".into()])
    );
    sets(&mut talk, Bob, 0);
    sets(&mut talk, Bob, 3_600);
    assert_eq!(talk.chat(Bob).timer.change, None);
    talk.passes(FINAL_MS);
    assert_eq!(talk.sees(Alice), ["(timer 3600)"], "as it was: nothing is said");
    let conversation = talk.conversation;
    for seconds in [1, 4, 31_536_001] {
        let set = Command::SetTimer {
            conversation,
            seconds,
        };
        assert!(talk.tries(Alice, set).is_err());
    }
}

#[test]
fn of_two_settings_the_newest_counts_on_both_sides_however_they_meet() {
    for first in [Alice, Bob] {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let mut talk = Talk::begins(&a, &b);
        talk.parts();
        let second = if first == Alice { Bob } else { Alice };
        sets(&mut talk, first, 60);
        talk.passes(1_000);
        sets(&mut talk, second, 3_600);
        talk.passes(FINAL_MS);
        talk.meets();
        talk.passes(2_000);
        for who in [Alice, Bob] {
            assert_eq!(talk.chat(who).timer.seconds, 3_600, "{who:?}");
            assert_eq!(talk.sees(who), ["(timer 60)", "(timer 3600)"]);
        }
    }
}

/// Somebody's device signs a setting of the timer with a stamp that none is after, and shows it to the other.
fn pins(talk: &mut Talk<'_>, who: Who, seconds: u32) {
    let other = if who == Alice { Bob } else { Alice };
    let author = talk.side(who).device;
    let log = LogId {
        author,
        kind: LogKind::Control,
    };
    let (conversation, store, now_ms) = (talk.conversation, talk.store(who), talk.now_ms);
    let entries = (1..).map_while(|seq| {
        let entry = store.get(&forensics::entry_at(&conversation, &log, seq));
        entry.expect("the store is read")
    });
    let last = entries
        .last()
        .map(|entry| forensics::entry_in(&entry).expect("an entry").0);
    let setting = Control::SetTimer { seconds }.encode().expect("a setting");
    let mut log = HandLog {
        seq: last.as_ref().map_or(0, |last| last.header().seq),
        head: last.as_ref().map(|last| last.id()),
        ..HandLog::begins(conversation, LogKind::Control)
    };
    let person = if who == Alice { 1 } else { 2 };
    let device = identity(person, person).device;
    let (_, entry) = log.writes(setting, Stamp::from_raw(u64::MAX), &device);
    let news = streamed(author, conversation, vec![entry]);
    talk.side(other).input(Input::Net(news), now_ms);
    talk.side(other).wishes.clear();
}

#[test]
fn nobody_holds_the_timer_by_a_stamp_from_the_end_of_time() {
    for (liar, other) in [(Alice, Bob), (Bob, Alice)] {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let mut talk = Talk::begins(&a, &b);
        pins(&mut talk, liar, 5);
        talk.parts();
        assert_eq!(talk.chat(other).timer.seconds, 5);
        for seconds in [3_600, 0] {
            sets(&mut talk, other, seconds);
            talk.passes(FINAL_MS);
            assert_eq!(talk.chat(other).timer.seconds, seconds, "{liar:?} had set it");
        }
    }
}

#[test]
fn what_had_its_time_on_the_way_never_appears() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    sets(&mut talk, Alice, 30);
    talk.passes(FINAL_MS);
    let late = talk.says_unheard(Alice, "too late");
    talk.parts();
    talk.passes(31_000);
    assert_eq!(talk.sees(Alice), ["(timer 30)"]);
    talk.meets();
    talk.arrives(Alice, late);
    assert_eq!(
        (talk.sees(Bob), talk.chat(Bob).unread),
        (vec!["(timer 30)".into()], 0)
    );
    assert!(!talk.holds(Bob, "too late") && !talk.holds(Alice, "too late"));
    talk.is_settled();
}

#[test]
fn what_is_over_while_the_app_is_closed_is_gone_at_the_start() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    sets(&mut talk, Alice, 30);
    talk.passes(FINAL_MS);
    talk.says(Alice, "soon gone");
    talk.parts();
    talk.now_ms += 40_000;
    talk.restarts(Bob);
    talk.passes(1_000);
    assert_eq!(
        (talk.sees(Bob), talk.chat(Bob).unread),
        (vec!["(timer 30)".into()], 0)
    );
    assert!(!talk.holds(Bob, "soon gone"));
}

#[test]
fn a_stamp_from_the_future_keeps_nothing_longer() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let mut talk = Talk::begins(&a, &b);
    sets(&mut talk, Alice, 30);
    talk.passes(FINAL_MS);
    let (conversation, ahead_ms) = (talk.conversation, talk.now_ms + 300_000);
    talk.side(Alice)
        .sends(conversation, "from tomorrow".into(), ahead_ms);
    let wishes: Vec<_> = talk.side(Alice).wishes.drain(..).collect();
    let device = talk.pair.alice.device;
    let now_ms = talk.now_ms;
    for wish in wishes {
        if let Some(news @ NetEvent::Gossip { .. }) = talk.pair.arrives(wish, device) {
            talk.side(Bob).input(Input::Net(news), now_ms);
        }
    }
    talk.side(Bob).wishes.clear();
    assert_eq!(talk.sees(Bob).last().map(String::as_str), Some("from tomorrow"));
    let expires_at_ms = talk.rows(Bob).last().and_then(|row| row.expires_at_ms);
    assert_eq!(expires_at_ms, Some(now_ms + 30_000));
    talk.side(Bob).input(Input::Timer, now_ms + 30_000);
    assert_eq!(talk.sees(Bob), ["(timer 30)"]);
    assert!(!talk.holds(Bob, "from tomorrow"));
}

#[test]
fn a_clock_that_is_ahead_swallows_nothing() {
    for (who, ahead_ms) in [
        (Alice, 3_600_000),
        (Bob, 3_600_000),
        (Alice, 120_000),
        (Bob, 120_000),
    ] {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let mut talk = Talk::begins(&a, &b);
        sets(&mut talk, Alice, 60);
        talk.passes(FINAL_MS);
        talk.parts();
        talk.side(who).clock_ahead_ms = ahead_ms;
        talk.meets();
        talk.says(Alice, "of hers");
        talk.says(Bob, "of his");
        talk.passes(50_000);
        talk.restarts(who);
        talk.side(who).clock_ahead_ms = ahead_ms;
        talk.meets();
        for reader in [Alice, Bob] {
            let seen = talk.sees(reader);
            assert_eq!(
                seen.len(),
                3,
                "{reader:?} with {who:?} ahead by {ahead_ms}: {seen:?}"
            );
        }
        talk.passes(10_000);
        for reader in [Alice, Bob] {
            assert_eq!(talk.sees(reader), ["(timer 60)"], "{who:?} ahead by {ahead_ms}");
            assert!(!talk.holds(reader, "of hers") && !talk.holds(reader, "of his"));
        }
    }
}

/// Of three, 0 has set messages with 1 to disappear after an hour, 2 carries for 1, and 1 is away.
fn away_under_a_timer(stores: &[MemoryStore; 3]) -> Town<'_> {
    let mut town = Town::new(stores, NOW_MS);
    town.befriends(1, 0);
    town.befriends(1, 2);
    town.carries_for(2, 1);
    let conversation = town.conversation(0, 1);
    town.does(
        0,
        Command::SetTimer {
            conversation,
            seconds: 3_600,
        },
    );
    town.passes(FINAL_MS + 1_000);
    town.leaves(1);
    town
}

#[test]
fn a_clock_that_is_ahead_swallows_no_mail() {
    let stores = [MemoryStore::new(), MemoryStore::new(), MemoryStore::new()];
    let mut town = away_under_a_timer(&stores);
    town.sends(0, 1, "by mail");
    town.passes(10_000);
    town.leaves(0);
    town.comes_back(1);
    town.people[1].clock_ahead_ms = 7_200_000;
    town.link(1, 2);
    town.passes(1_000);
    assert_eq!(town.times(1, 0, "by mail"), 1);
}

#[test]
fn mail_delivers_nothing_beyond_its_time() {
    let stores = [MemoryStore::new(), MemoryStore::new(), MemoryStore::new()];
    let mut town = away_under_a_timer(&stores);
    town.sends(0, 1, "by mail, in time");
    town.passes(1_800_000);
    town.sends(0, 1, "by mail, later");
    town.passes(10_000);
    assert_eq!(town.brought.len(), 2);
    town.leaves(0);
    town.passes(1_800_000);
    town.comes_back(1);
    town.link(1, 2);
    town.passes(1_000);
    assert_eq!(town.times(1, 0, "by mail, in time"), 0);
    assert!(!stores[1].holds_bytes(b"in time"));
    assert_eq!(town.times(1, 0, "by mail, later"), 1);
    town.passes(1_800_000);
    assert_eq!(town.times(1, 0, "by mail, later"), 0);
}
