//! What Alice has typed stays in the composer, whatever the node says or cannot do.

use egui_kittest::kittest::Queryable;
use kith_node::{Command, CommandError, Event, Reply};

use super::scene::{Stage, composer_name, english};
use crate::model::drafts::MAX_TEXT_BYTES;
use crate::model::testing::conversation;
use crate::route::Route;

#[test]
fn what_is_typed_outlives_a_full_disk_a_reload_and_late_news() {
    let mut stage = Stage::busy();
    stage.route = Route::conversation(conversation(1));
    let mut harness = english(stage);
    harness.get_by_label(&composer_name()).type_text("See you there");
    harness.run();
    let model = &mut harness.state_mut().model;
    let (kept, _) = model.chats.tick(u64::MAX);
    model.apply_failure(&kept[0], &CommandError::DiskFull, 0);
    let all: Vec<_> = model.chats.list.iter().cloned().collect();
    let mut late = all[0].clone();
    model.apply_reply(&Command::ListConversations {}, Reply::Conversations(all));
    late.draft = "See".to_owned();
    model.apply_event(Event::Conversation(Box::new(late)));
    harness.run();
    let typed = harness.get_by_label(&composer_name()).value();
    assert_eq!(typed.as_deref(), Some("See you there"));
}

#[test]
fn what_is_too_long_stays_and_the_composer_says_so() {
    let mut stage = Stage::busy();
    stage.route = Route::conversation(conversation(1));
    let mut harness = english(stage);
    let pasted = "twelve bytes".repeat(MAX_TEXT_BYTES / 12 + 1);
    harness.event(egui::Event::Paste(pasted.clone()));
    harness.run();
    let model = &mut harness.state_mut().model;
    assert!(model.chats.tick(u64::MAX).0.is_empty(), "it would be refused");
    let news = model.chats.list.get(conversation(1)).unwrap().clone();
    model.apply_event(Event::Conversation(Box::new(news)));
    harness.run();
    let typed = harness.get_by_label(&composer_name()).value();
    assert!(typed.as_deref() == Some(pasted.as_str()), "it stays whole");
    let said = harness.query_all_by_label_contains("too long for one message");
    assert!(said.count() > 0);
}
