//! Alice and Bob write Hebrew: it is selected, copied, typed and edited in the order of reading.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use kith_node::Command;

use super::scene::{Stage, composer_name};
use super::talk_tests::english;
use crate::model::testing::{BOB, conversation, row};
use crate::route::Route;

/// A chat with Bob in which Hebrew and Arabic are boxes: the fonts come from the system, which a test does not have.
fn with_boxes(rows: &[&str]) -> Harness<'static, Stage> {
    let mut stage = Stage::busy();
    let rows = rows.iter().zip(1..).map(|(text, n)| row(n, BOB, text)).collect();
    stage.rows.insert(conversation(1), rows);
    stage.route = Route::conversation(conversation(1));
    let mut harness = english(Stage::empty());
    harness
        .ctx
        .set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    *harness.state_mut() = stage;
    harness.run();
    harness
}

fn copied(harness: &mut Harness<'_, Stage>) -> Option<String> {
    harness.event(egui::Event::Copy);
    harness.step();
    let commands = &harness.output().platform_output.commands;
    commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

#[test]
fn hebrew_is_selected_with_the_pointer_and_copied_as_it_was_written() {
    let mut harness = with_boxes(&["שלום עולם"]);
    let words = harness.get_by_label("שלום עולם").rect();
    harness.drag_at(words.right_center() - egui::vec2(1.0, 0.0));
    harness.run_steps(2);
    harness.hover_at(words.left_center() + egui::vec2(1.0, 0.0));
    harness.run_steps(2);
    harness.drop_at(words.left_center() + egui::vec2(1.0, 0.0));
    harness.run_steps(2);
    assert_eq!(copied(&mut harness).as_deref(), Some("שלום עולם"));
}

#[test]
fn hebrew_is_typed_edited_in_its_middle_and_sent() {
    let mut harness = with_boxes(&[]);
    let composer = composer_name();
    harness.get_by_label(&composer).type_text("שלום עולם");
    harness.run();
    // The left arrow goes on: from behind the first word over the space.
    harness.key_press(Key::Home);
    harness.run();
    for _ in 0..4 {
        harness.key_press(Key::ArrowLeft);
        harness.run();
    }
    harness.get_by_label(&composer).type_text("!");
    harness.run();
    assert_eq!(
        harness.get_by_label(&composer).value().as_deref(),
        Some("שלום! עולם")
    );
    harness.key_press(Key::Enter);
    harness.run();
    let sent = Command::SendMessage {
        conversation: conversation(1),
        text: "שלום! עולם".into(),
    };
    assert!(
        harness.state().asked.contains(&sent),
        "{:?}",
        harness.state().asked
    );
}
