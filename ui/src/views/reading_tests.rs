//! What Alice is shown is read, and nothing else.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use kith_node::{Command, Event};

use super::scene::{Stage, english};
use crate::model::testing::{BOB, conversation, row};
use crate::route::Route;

/// How often the node was told that something was read.
fn marks(harness: &Harness<'static, Stage>) -> usize {
    let asked = harness.state().asked.iter();
    asked
        .filter(|command| matches!(command, Command::MarkRead { .. }))
        .count()
}

#[test]
fn what_bob_wrote_earlier_and_comes_late_is_led_to_and_read_only_then() {
    let mut stage = Stage::busy();
    let mut rows: Vec<_> = (1..200).map(|n| row(n, BOB, &format!("line {n}"))).collect();
    let late = rows.remove(149);
    stage.rows.insert(conversation(1), rows);
    stage.route = Route::conversation(conversation(1));
    let mut harness = english(stage);
    let before = marks(&harness);
    if let Some(rows) = harness.state_mut().rows.get_mut(&conversation(1)) {
        rows.insert(149, late.clone());
    }
    let news = Event::Message(Box::new(late));
    harness.state_mut().model.apply_event(news);
    harness.run();
    assert_eq!(marks(&harness), before, "nobody was shown it");
    harness
        .get_by_label("Go to the first new message, 1 above")
        .click();
    harness.run();
    harness.get_by_label("New messages");
    harness.get_by_label("line 150");
    assert_eq!(marks(&harness), before + 1);
    assert!(harness.query_by_label_contains("Go to the first new").is_none());
}

#[test]
fn nothing_is_read_in_a_window_without_the_focus() {
    let mut stage = Stage::busy();
    stage.route = Route::conversation(conversation(1));
    let mut harness = english(stage);
    harness.input_mut().focused = false;
    harness.run();
    let mut news = row(2_000, BOB, "Are you there?");
    news.at_ms = super::scene::NOW_MS;
    let before = marks(&harness);
    harness
        .state_mut()
        .model
        .apply_event(Event::Message(Box::new(news)));
    harness.run();
    harness.get_by_label("Are you there?");
    assert_eq!(marks(&harness), before);
    harness.input_mut().focused = true;
    harness.run();
    assert_eq!(marks(&harness), before + 1);
}
