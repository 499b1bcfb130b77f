//! Alice scrolls far, and what she looks at stays where it is while more is loaded around it.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use kith_node::Command;
use kith_node::view::ConversationView;

use super::conversation::composer_id;
use super::scene::{Stage, english};
use crate::model::testing::{BOB, conversation, row};
use crate::route::Route;

/// Bob's chat with the lines of one day before this one; so many of them are unread.
pub(super) fn lines_before(end: u64, unread: u32) -> Stage {
    let mut stage = Stage::busy();
    let rows = (1..end).map(|n| row(n, BOB, &format!("line {n}"))).collect();
    stage.rows.insert(conversation(1), rows);
    let bob = stage.model.chats.list.get(conversation(1)).cloned();
    stage.model.chats.list.apply(ConversationView {
        unread,
        ..bob.expect("he is there")
    });
    stage.route = Route::conversation(conversation(1));
    stage
}

/// The same with nothing unread, the keyboard nowhere.
fn long_talk(lines: u64) -> Harness<'static, Stage> {
    let mut harness = english(lines_before(lines, 0));
    let composer = composer_id(conversation(1));
    harness.ctx.memory_mut(|memory| memory.surrender_focus(composer));
    harness.run();
    harness
}

pub(super) fn pages(harness: &Harness<'_, Stage>) -> usize {
    let is_page = |command: &&Command| matches!(command, Command::GetMessages { .. });
    harness.state().asked.iter().filter(is_page).count()
}

#[test]
fn a_scroll_to_the_top_of_what_is_held_ends_there_though_older_rows_of_that_day_are_loaded() {
    let mut harness = long_talk(2_000);
    assert_eq!(pages(&harness), 1);
    harness.key_press(Key::Home);
    harness.run();
    let first = harness.get_by_label("line 1920").rect().top();
    harness.run();
    assert_eq!(pages(&harness), 2, "the page before it, and no other");
    harness.get_by_label("line 1919");
    let now = harness.get_by_label("line 1920").rect().top();
    assert!((now - first).abs() < 1.0, "{first} {now}");
}

#[test]
fn a_reload_far_back_leaves_in_sight_what_is_in_sight() {
    let mut harness = long_talk(2_000);
    for _ in 0..10 {
        harness.key_press(Key::Home);
        harness.run();
    }
    let model = &harness.state().model;
    let held = model.chats.timeline(conversation(1)).unwrap().rows();
    assert!(held.len() > 700, "more than a page may hold: {}", held.len());
    let oldest = held[80].at_ms / 1_000;
    let label = format!("line {oldest}");
    let before = harness.get_by_label(&label).rect().top();
    let asked = harness.state_mut().model.chats.reload();
    for command in asked {
        harness.state_mut().answer(command);
    }
    harness.run();
    let after = harness.get_by_label(&label).rect().top();
    assert!((before - after).abs() < 1.0, "{before} {after}");
}

#[test]
fn the_round_button_counts_what_is_unread_beyond_what_is_loaded() {
    let harness = english(lines_before(1_000, 500));
    let in_sight = (500..1_000).filter(|n| harness.query_by_label(&format!("line {n}")).is_some());
    let below = 500 - in_sight.count();
    harness.get_by_label(&crate::t!("jump-newest-count", count = below));
}
