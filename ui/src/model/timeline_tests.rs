//! A window is opened, scrolled, overtaken by news, left and entered again.

use kith_node::view::DeliveryState;

use kith_node::view::Page;

use super::*;
use crate::model::testing::{ALICE, BOB, at, conversation, row};

const DAY_MS: u64 = 86_400_000;

fn days(at_ms: u64) -> i64 {
    i64::try_from(at_ms / DAY_MS).unwrap()
}

pub(super) fn page(rows: std::ops::Range<u64>, more_before: bool, more_after: bool) -> Page {
    Page {
        messages: rows.map(|n| row(n, BOB, "hello")).collect(),
        more_before,
        more_after,
        first_unread: None,
    }
}

pub(super) fn opened(page: Page) -> Timeline {
    let mut timeline = Timeline::new(conversation(1));
    let command = timeline.enter().unwrap();
    assert!(matches!(
        command,
        Command::GetMessages {
            anchor: Anchor::FirstUnread,
            ..
        }
    ));
    timeline.apply_page(&command, page);
    timeline
}

pub(super) fn numbers(timeline: &Timeline) -> Vec<u64> {
    timeline.rows().iter().map(|row| row.at_ms / 1_000).collect()
}

/// How many rows in the window were not shown.
fn unseen(timeline: &Timeline) -> usize {
    timeline.unshown_below(Position::MIN, 0)
}

fn read_up_to(n: u64) -> Option<Command> {
    Some(Command::MarkRead {
        conversation: conversation(1),
        up_to: at(n),
    })
}

#[test]
fn opens_at_the_first_unread_row_with_the_line_above_it() {
    let mut first = page(10..20, true, false);
    first.first_unread = Some(at(15));
    let timeline = opened(first);
    assert_eq!(timeline.landing(), (1, Landing::Unread));
    let items = timeline.items(&days);
    let line = items.iter().position(|item| *item == Item::Unread).unwrap();
    assert!(matches!(items[line + 1], Item::Row { index: 5, .. }));
    assert_eq!(unseen(&timeline), 5);
}

#[test]
fn opens_at_the_newest_row_when_everything_was_read() {
    let mut timeline = opened(page(10..20, true, false));
    assert_eq!(timeline.landing().1, Landing::Newest);
    assert!(!timeline.items(&days).contains(&Item::Unread));
    assert_eq!(
        timeline.shown(at(10), at(19)),
        None,
        "what was read is not reported again"
    );
}

#[test]
fn older_pages_join_at_the_front_and_are_asked_for_once() {
    let mut timeline = opened(page(10..20, true, false));
    let asked = timeline.older().unwrap();
    assert!(timeline.older().is_none(), "one page at a time");
    timeline.apply_page(&asked, page(0..10, false, true));
    assert_eq!(numbers(&timeline), (0..20).collect::<Vec<_>>());
    assert!(
        timeline.older().is_none(),
        "there is nothing before the first row"
    );
    assert!(
        timeline.newer().is_none(),
        "an older page says nothing about the end"
    );
}

#[test]
fn a_long_scroll_keeps_the_window_bounded_and_the_end_can_be_had_again() {
    let mut timeline = opened(page(10_000..10_080, true, false));
    for step in 0..20 {
        let top = 10_000 - step * 80;
        let asked = timeline.older().unwrap();
        timeline.apply_page(&asked, page(top - 80..top, true, true));
    }
    assert_eq!(timeline.rows().len(), MAX_ROWS);
    assert!(timeline.more_after());
    let last = *numbers(&timeline).last().unwrap();
    let asked = timeline.newer().unwrap();
    timeline.apply_page(&asked, page(last + 1..last + 81, true, true));
    assert_eq!(timeline.rows().len(), MAX_ROWS);
    assert!(
        numbers(&timeline).windows(2).all(|pair| pair[1] == pair[0] + 1),
        "no gap and no double"
    );
}

#[test]
fn a_page_of_an_abandoned_window_is_dropped() {
    let mut timeline = opened(page(10..20, true, true));
    let old = timeline.older().unwrap();
    let jump = timeline.jump_to_newest().unwrap();
    timeline.apply_page(&jump, page(900..950, true, false));
    timeline.apply_page(&old, page(0..10, false, true));
    assert_eq!(numbers(&timeline).first(), Some(&900));
    assert_eq!(timeline.landing().1, Landing::Newest);
}

#[test]
fn news_that_overtakes_the_first_page_is_not_lost() {
    let mut timeline = Timeline::new(conversation(1));
    let asked = timeline.enter().unwrap();
    timeline.apply_message(row(20, BOB, "fast"), true);
    timeline.apply_page(&asked, page(10..20, true, false));
    assert_eq!(numbers(&timeline).last(), Some(&20));
}

#[test]
fn news_beyond_a_window_that_does_not_reach_the_end_waits_for_its_page() {
    let mut timeline = opened(page(10..20, true, true));
    timeline.apply_message(row(500, BOB, "far away"), false);
    assert_eq!(numbers(&timeline).last(), Some(&19));
    let asked = timeline.newer().unwrap();
    timeline.apply_message(row(21, BOB, "while asking"), false);
    timeline.apply_page(&asked, page(20..21, true, false));
    assert_eq!(numbers(&timeline).last(), Some(&21));
}

#[test]
fn a_tick_never_goes_back() {
    let mut timeline = opened(page(10..11, false, false));
    let mut mine = row(12, ALICE, "hi");
    mine.state = Some(DeliveryState::Delivered);
    timeline.apply_message(mine.clone(), true);
    mine.state = Some(DeliveryState::Pending);
    timeline.apply_message(mine, true);
    assert_eq!(
        timeline.rows().last().unwrap().state,
        Some(DeliveryState::Delivered)
    );
    assert_eq!(timeline.rows().len(), 2, "the same entry is one row");
}

#[test]
fn the_line_appears_when_nobody_looks_and_stays_until_left() {
    let mut timeline = opened(page(10..11, false, false));
    timeline.apply_message(row(11, BOB, "are you there?"), false);
    timeline.apply_message(row(12, BOB, "hello?"), false);
    assert_eq!(unseen(&timeline), 2);
    assert_eq!(
        timeline.shown(at(10), at(12)),
        Some(Command::MarkRead {
            conversation: conversation(1),
            up_to: at(12)
        })
    );
    assert_eq!(unseen(&timeline), 0);
    let items = timeline.items(&days);
    let line = items.iter().position(|item| *item == Item::Unread).unwrap();
    assert!(
        matches!(items[line + 1], Item::Row { index: 1, .. }),
        "reading does not move the line"
    );
    timeline.leave();
    assert!(!timeline.items(&days).contains(&Item::Unread));
}

#[test]
fn entering_again_lands_where_reading_stopped_without_asking() {
    let mut timeline = opened(page(10..11, false, false));
    timeline.leave();
    timeline.apply_message(row(12, BOB, "while away"), true);
    assert!(timeline.enter().is_none());
    assert_eq!(timeline.landing(), (2, Landing::Unread));
    assert!(timeline.items(&days).contains(&Item::Unread));
}

#[test]
fn runs_break_at_five_minutes_at_another_author_and_at_midnight() {
    let mut timeline = Timeline::new(conversation(1));
    let asked = timeline.enter().unwrap();
    let midnight = DAY_MS / 1_000;
    let rows = [
        row(midnight - 700, BOB, "a"),
        row(midnight - 600, BOB, "b"),
        row(midnight - 200, BOB, "after more than five minutes"),
        row(midnight - 100, ALICE, "mine"),
        row(midnight - 50, BOB, "before midnight"),
        row(midnight + 1, BOB, "after midnight"),
    ];
    let page = Page {
        messages: rows.into(),
        more_before: false,
        more_after: false,
        first_unread: None,
    };
    timeline.apply_page(&asked, page);
    let runs: Vec<_> = timeline
        .items(&days)
        .into_iter()
        .filter_map(|item| match item {
            Item::Row { run, .. } => Some((run.first, run.last)),
            Item::Day { .. } | Item::Unread => None,
        })
        .collect();
    let single = (true, true);
    assert_eq!(
        runs,
        [(true, false), (false, true), single, single, single, single]
    );
    let day_lines = timeline
        .items(&days)
        .iter()
        .filter(|item| matches!(item, Item::Day { .. }))
        .count();
    assert_eq!(day_lines, 2);
}

#[test]
fn a_first_page_that_fails_can_be_asked_for_again() {
    let mut timeline = Timeline::new(conversation(1));
    let asked = timeline.enter().unwrap();
    timeline.page_failed(&asked);
    assert_eq!(timeline.phase(), Phase::Failed);
    let again = timeline.enter().unwrap();
    timeline.apply_page(&again, page(1..3, false, false));
    assert_eq!(timeline.phase(), Phase::Ready);
}

#[test]
fn a_reload_asks_for_the_same_window_and_does_not_move_it() {
    let mut timeline = opened(page(10..20, true, false));
    let asked = timeline.reload().unwrap();
    timeline.apply_page(&asked, page(10..22, true, false));
    assert_eq!(numbers(&timeline), (10..22).collect::<Vec<_>>());
    assert_eq!(timeline.landing().0, 1, "nobody is thrown to another place");
}

#[test]
fn a_late_row_above_what_was_read_waits_to_be_shown_and_is_read_then() {
    let mut timeline = opened(page(10..20, true, false));
    timeline.apply_message(row(30, ALICE, "mine"), true);
    timeline.apply_message(row(40, BOB, "later"), true);
    assert_eq!(timeline.shown(at(30), at(40)), read_up_to(40));
    timeline.apply_message(row(25, BOB, "late"), true);
    assert_eq!(timeline.unshown_above(at(30)), Some(1));
    assert!(!timeline.unshown(at(30), at(40)), "it was not painted");
    assert!(timeline.jump_to_unread().is_none(), "it is in the window");
    assert_eq!(timeline.landing().1, Landing::Unread);
    let items = timeline.items(&days);
    let line = items.iter().position(|item| *item == Item::Unread).unwrap();
    assert!(matches!(items[line + 1], Item::Row { index: 10, .. }));
    assert!(timeline.unshown(at(25), at(30)));
    assert_eq!(
        timeline.shown(at(25), at(30)),
        read_up_to(40),
        "what follows was read before"
    );
    assert_eq!(timeline.unshown_above(at(30)), None);
}

#[test]
fn a_late_row_is_not_read_by_what_is_shown_below_it() {
    let mut timeline = opened(page(10..20, true, false));
    timeline.apply_message(row(5, BOB, "late, above the window"), true);
    timeline.apply_message(row(20, BOB, "news"), true);
    assert_eq!(timeline.shown(at(19), at(20)), None, "the mark would go over it");
    assert_eq!(timeline.unshown_above(at(10)), Some(1));
    let asked = timeline.jump_to_unread().unwrap();
    let mut around = page(2..20, false, true);
    around.first_unread = Some(at(5));
    timeline.apply_page(&asked, around);
    assert_eq!(timeline.landing().1, Landing::Unread);
    assert_eq!(timeline.shown(at(5), at(8)), read_up_to(20));
    assert_eq!(timeline.unshown_above(at(9)), None);
}

#[test]
fn what_a_jump_passes_over_stays_unread_until_it_is_shown() {
    let mut first = page(10..20, true, true);
    first.first_unread = Some(at(15));
    let mut timeline = opened(first);
    assert_eq!(timeline.shown(at(12), at(16)), read_up_to(16));
    let asked = timeline.jump_to_newest().unwrap();
    let mut newest = page(900..950, true, false);
    newest.first_unread = Some(at(17));
    timeline.apply_page(&asked, newest);
    assert_eq!(
        timeline.shown(at(940), at(949)),
        None,
        "17 to 939 were never painted"
    );
    assert_eq!(timeline.unshown_above(at(940)), Some(40));
    let asked = timeline.jump_to_unread().unwrap();
    let mut around = page(10..100, true, true);
    around.first_unread = Some(at(17));
    timeline.apply_page(&asked, around);
    assert_eq!(timeline.shown(at(17), at(99)), read_up_to(99));
    assert_eq!(timeline.unshown_above(at(90)), None);
}

#[test]
fn a_late_row_that_is_deleted_unread_no_longer_holds_the_mark() {
    let mut timeline = opened(page(10..20, true, false));
    timeline.apply_message(row(5, BOB, "late"), true);
    timeline.apply_message(row(20, BOB, "news"), true);
    assert_eq!(timeline.shown(at(10), at(20)), None);
    timeline.remove(at(5));
    assert!(timeline.unshown(at(10), at(20)));
    assert_eq!(timeline.shown(at(10), at(20)), read_up_to(20));
    assert_eq!(timeline.unshown_above(at(10)), None);
}

#[test]
fn a_reload_finds_what_came_late_between_the_rows() {
    let mut timeline = opened(page(10..11, false, false));
    timeline.apply_message(row(20, BOB, "news"), true);
    assert_eq!(timeline.shown(at(10), at(20)), read_up_to(20));
    let asked = timeline.reload().unwrap();
    let mut again = page(10..21, false, false);
    again
        .messages
        .retain(|row| [10, 15, 20].contains(&(row.at_ms / 1_000)));
    again.first_unread = Some(at(15));
    timeline.apply_page(&asked, again);
    assert_eq!(timeline.unshown_above(at(20)), Some(1));
    assert_eq!(timeline.shown(at(15), at(15)), read_up_to(20));
}

/// A window of the rows 10 to 19, all of them read, that is asked for again.
fn reloading() -> (Timeline, Command) {
    let mut timeline = opened(page(10..20, true, false));
    timeline.shown(at(10), at(19));
    let again = timeline.reload().unwrap();
    (timeline, again)
}

#[test]
fn a_row_that_overtakes_a_reload_stays_and_is_new() {
    let (mut timeline, again) = reloading();
    timeline.apply_message(row(20, BOB, "just now"), false);
    timeline.apply_page(&again, page(10..20, true, false));
    assert_eq!(numbers(&timeline), (10..21).collect::<Vec<_>>());
    assert_eq!(unseen(&timeline), 1);
    timeline.shown(at(20), at(20));
    assert_eq!(unseen(&timeline), 0);
}

#[test]
fn what_was_shown_before_a_reload_is_answered_is_not_new_again() {
    let (mut timeline, again) = reloading();
    timeline.apply_message(row(20, BOB, "just now"), false);
    timeline.shown(at(10), at(20));
    timeline.apply_page(&again, page(10..20, true, false));
    assert_eq!((timeline.rows().len(), unseen(&timeline)), (11, 0));
}

#[test]
fn a_late_row_that_overtakes_a_reload_waits_to_be_shown() {
    let mut timeline = opened(Page {
        messages: [10, 12].map(|n| row(n, BOB, "hello")).into(),
        ..page(0..0, true, false)
    });
    timeline.shown(at(10), at(12));
    let again = timeline.reload().unwrap();
    timeline.apply_message(row(11, BOB, "late"), false);
    timeline.apply_page(
        &again,
        Page {
            messages: [10, 12].map(|n| row(n, BOB, "hello")).into(),
            ..page(0..0, true, false)
        },
    );
    assert_eq!((numbers(&timeline), unseen(&timeline)), (vec![10, 11, 12], 1));
}

#[test]
fn what_changed_or_went_while_a_page_was_on_its_way_is_not_as_it_was_before() {
    let (mut timeline, again) = reloading();
    timeline.apply_message(row(15, BOB, "now"), false);
    timeline.remove(at(12));
    timeline.apply_page(&again, page(10..20, true, false));
    assert!(!numbers(&timeline).contains(&12));
    assert_eq!(timeline.row(4), Some(&row(15, BOB, "now")));

    let older = timeline.older().unwrap();
    timeline.apply_message(row(5, BOB, "now"), false);
    timeline.remove(at(3));
    timeline.apply_page(&older, page(0..10, false, true));
    assert_eq!(timeline.row(3), Some(&row(4, BOB, "hello")));
    assert_eq!(timeline.row(4), Some(&row(5, BOB, "now")));
    assert_eq!(numbers(&timeline).len(), 18);
}

#[test]
fn news_beyond_a_window_that_does_not_reach_the_end_is_no_part_of_it_after_a_reload() {
    let mut timeline = opened(page(10..20, true, false));
    let again = timeline.reload().unwrap();
    timeline.apply_message(row(20, BOB, "just now"), false);
    timeline.apply_page(&again, page(10..15, true, true));
    assert_eq!(numbers(&timeline), (10..15).collect::<Vec<_>>());
    assert!(timeline.more_after());
}

#[test]
fn entering_again_a_window_that_does_not_reach_the_end_opens_at_the_first_unread() {
    let mut timeline = opened(page(10..20, true, true));
    timeline.leave();
    timeline.apply_message(row(500, BOB, "while away"), true);
    let asked = timeline.enter().unwrap();
    assert_eq!(timeline.phase(), Phase::Opening);
    let mut news = page(420..501, true, false);
    news.first_unread = Some(at(500));
    timeline.apply_page(&asked, news);
    assert_eq!(timeline.landing(), (2, Landing::Unread));
    assert!(timeline.items(&days).contains(&Item::Unread));
    assert_eq!(unseen(&timeline), 1);
}

#[test]
fn entering_again_a_window_that_does_not_reach_the_end_opens_at_the_newest_when_all_was_read() {
    let mut timeline = opened(page(10..20, true, true));
    timeline.leave();
    let asked = timeline.enter().unwrap();
    timeline.apply_page(&asked, page(420..500, true, false));
    assert_eq!(timeline.landing(), (2, Landing::Newest));
    assert_eq!(numbers(&timeline).last(), Some(&499));
}

#[test]
fn entering_again_opens_at_what_came_late_above_the_window() {
    let mut timeline = opened(page(10..20, true, false));
    timeline.leave();
    timeline.apply_message(row(5, BOB, "late"), true);
    assert!(timeline.enter().is_some());
}
