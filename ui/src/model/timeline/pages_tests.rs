//! A window is loaded anew far back, and grows while nobody leaves it.

use kith_node::command::{Anchor, Command};

use crate::model::testing::{BOB, at, row};
use crate::model::timeline::tests::{numbers, opened, page};
use crate::model::timeline::{Eye, MAX_ROWS, Timeline};

/// A window of so many rows, the newest of which is 9,999, with older ones before it.
fn long(rows: u64) -> Timeline {
    let mut timeline = opened(page(9_900..10_000, true, false));
    while (timeline.rows().len() as u64) < rows {
        let first = *numbers(&timeline).first().unwrap();
        let asked = timeline.older().unwrap();
        timeline.apply_page(&asked, page(first - 80..first, true, true));
    }
    timeline
}

/// What the node answers to a page of rows 1 to 9,999.
fn answer(timeline: &mut Timeline, asked: &Command) {
    let Command::GetMessages {
        anchor,
        before,
        after,
        ..
    } = asked
    else {
        panic!("{asked:?} asks for no page");
    };
    let middle = match anchor {
        Anchor::Newest => 10_000,
        Anchor::At { position } => (0..10_000).find(|n| at(*n) >= *position).unwrap(),
        other => panic!("{other:?} is far from here"),
    };
    let (from, to) = (
        middle - u64::from(*before),
        10_000.min(middle + u64::from(*after)),
    );
    timeline.apply_page(asked, page(from..to, true, to < 10_000));
}

#[test]
fn a_reload_far_back_loads_the_rows_in_sight_and_those_around_them() {
    let mut timeline = long(1_100);
    timeline.look(Eye::At(at(8_950)));
    let landings = timeline.landing().0;
    let asked = timeline.reload().unwrap();
    answer(&mut timeline, &asked);
    let held = numbers(&timeline);
    for in_sight in 8_940..8_970 {
        assert!(held.contains(&in_sight), "{in_sight} of {held:?}");
    }
    assert!(timeline.more_before() && timeline.more_after());
    assert_eq!(
        timeline.landing().0,
        landings,
        "nobody is thrown to another place"
    );
    assert!(timeline.newer().is_some(), "the newest can be had again");
}

#[test]
fn a_reload_at_the_newest_row_stays_there_however_much_is_held() {
    let mut timeline = long(1_100);
    timeline.look(Eye::Newest);
    let asked = timeline.reload().unwrap();
    answer(&mut timeline, &asked);
    assert_eq!(numbers(&timeline).last(), Some(&9_999));
    assert!(!timeline.more_after());
}

#[test]
fn rows_far_above_what_a_reload_loads_do_not_count_as_late() {
    let mut timeline = long(300);
    assert_eq!(timeline.shown(at(9_700), at(9_999)), None, "all of it was read");
    timeline.look(Eye::At(at(9_710)));
    let asked = timeline.reload().unwrap();
    answer(&mut timeline, &asked);
    assert_eq!(timeline.unshown_above(at(9_999)), None);
}

#[test]
fn a_chat_that_stays_open_for_days_holds_what_is_near_the_eye() {
    let mut timeline = opened(page(1..80, false, false));
    for n in 80..3_000 {
        timeline.apply_message(row(n, BOB, "news"), true);
    }
    assert_eq!(timeline.rows().len(), MAX_ROWS);
    assert_eq!(numbers(&timeline).last(), Some(&2_999));
    assert!(timeline.older().is_some(), "the oldest can be had again");
    let first = *numbers(&timeline).first().unwrap();
    timeline.look(Eye::At(at(first + 20)));
    for n in 3_000..3_100 {
        timeline.apply_message(row(n, BOB, "while reading far back"), false);
    }
    assert_eq!(timeline.rows().len(), MAX_ROWS);
    assert_eq!(numbers(&timeline).first(), Some(&first), "what is read stays");
    assert!(timeline.more_after());
}
