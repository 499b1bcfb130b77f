//! Alice and Bob write Hebrew: it is selected, copied, typed and edited in the order of reading.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use kith_node::Command;

use super::scene::{Stage, composer_name, with_boxes};
use crate::action::Action;
use crate::model::testing::conversation;

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

#[test]
fn hebrew_and_arabic_are_read_as_they_were_written_and_their_links_open() {
    let texts = [
        "שלום! מה שלומך (היום)?",
        "مرحبا يا صديقي https://example.org/salam",
        "say שלום עולם now",
    ];
    let mut harness = with_boxes(&texts);
    for text in texts {
        harness.get_by_label(text);
    }
    harness.get_by_label("Open example.org in your browser").click();
    harness.run();
    let opened =
        |action: &Action| matches!(action, Action::OpenUrl(url) if url == "https://example.org/salam");
    assert!(
        harness.state().done.iter().any(opened),
        "{:?}",
        harness.state().done
    );
}

#[test]
fn up_and_down_stay_in_the_column_and_up_there_it_is_typed() {
    let mut harness = with_boxes(&[]);
    let composer = composer_name();
    harness.get_by_label(&composer).type_text("שלום עולם");
    harness.run();
    harness.key_press_modifiers(egui::Modifiers::SHIFT, Key::Enter);
    harness.run();
    harness.get_by_label(&composer).type_text("אב");
    harness.run();
    // Behind two letters, at the left of them; above, the same column is two letters into the first word.
    harness.key_press(Key::ArrowUp);
    harness.run();
    harness.get_by_label(&composer).type_text("!");
    harness.run();
    assert_eq!(
        harness.get_by_label(&composer).value().as_deref(),
        Some("של!ום עולם\nאב")
    );
}
