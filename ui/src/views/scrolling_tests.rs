//! Alice scrolls far, and what she looks at stays where it is while more is loaded around it.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use kith_node::Command;

use super::conversation::composer_id;
use super::scene::{Stage, english};
use crate::model::testing::{BOB, conversation, row};
use crate::route::Route;

/// Bob's chat with so many lines of one day, the keyboard nowhere.
fn long_talk(lines: u64) -> Harness<'static, Stage> {
    let mut stage = Stage::busy();
    let rows = (1..lines).map(|n| row(n, BOB, &format!("line {n}"))).collect();
    stage.rows.insert(conversation(1), rows);
    stage.route = Route::conversation(conversation(1));
    let mut harness = english(stage);
    let composer = composer_id(conversation(1));
    harness.ctx.memory_mut(|memory| memory.surrender_focus(composer));
    harness.run();
    harness
}

fn pages(harness: &Harness<'_, Stage>) -> usize {
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
