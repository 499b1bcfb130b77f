//! Alice chooses several messages, to copy or delete all of them at once.

use egui::accesskit::Toggled;
use egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kith_node::Command;
use kith_node::view::DeleteFor;

use super::keyboard_tests::{focused, let_go, press};
use super::scene::{NOW_MS, Stage, english};
use crate::action::Action;
use crate::i18n::dates;
use crate::model::chats::ChatWish;
use crate::model::testing::{at, conversation};
use crate::route::{Dialog, Route};
use crate::t;

/// Bob's chat, in which these messages of the afternoon are chosen.
pub(super) fn chosen(numbers: &[u64]) -> Stage {
    let mut stage = Stage::busy();
    stage.route = Route::conversation(conversation(1));
    for command in stage
        .model
        .chats
        .carry_out(ChatWish::Enter(conversation(1)), NOW_MS)
    {
        stage.answer(command);
    }
    for number in numbers {
        let pick = ChatWish::Pick(conversation(1), at(*number));
        stage.model.chats.carry_out(pick, NOW_MS);
    }
    stage
}

/// The name of a message by its number in the afternoon, as a screen reader says it.
fn name(stage: &Stage, number: u64) -> String {
    let row = stage
        .model
        .chats
        .row(conversation(1), at(number))
        .expect("it is there");
    let author = if row.mine { "You" } else { "Bob Okafor" };
    t!("message-by", author = author, time = dates::full(row.at_ms))
}

fn is_ticked(harness: &Harness<'static, Stage>, number: u64) -> bool {
    let name = name(harness.state(), number);
    let found = harness.query_all_by_role_and_label(Role::CheckBox, &name).next();
    found.expect("it can be chosen").accesskit_node().toggled() == Some(Toggled::True)
}

fn tick(harness: &mut Harness<'static, Stage>, number: u64) {
    let name = name(harness.state(), number);
    let mut found = harness.query_all_by_role_and_label(Role::CheckBox, &name);
    found.next().expect("it can be chosen").click();
    drop(found);
    harness.run();
}

fn copied(harness: &Harness<'static, Stage>) -> Option<String> {
    let mut done = harness.state().done.iter().rev();
    done.find_map(|action| match action {
        Action::Copy(text) => Some(text.clone()),
        _ => None,
    })
}

fn has_bar(harness: &Harness<'static, Stage>) -> bool {
    harness.query_by_role_and_label(Role::Button, "Cancel").is_some()
}

#[test]
fn messages_that_alice_ticks_are_copied_with_who_wrote_them_and_when() {
    let mut harness = english(chosen(&[]));
    assert!(!has_bar(&harness));
    // The menu of the newest message that the keyboard has, as Tab and Shift+F10 lead to it.
    let (first, second) = (name(harness.state(), 1_012), name(harness.state(), 1_013));
    let more = t!(
        "message-more",
        author = "You",
        time = dates::full(NOW_MS - 900_000)
    );
    harness.get_by_role_and_label(Role::Button, &more).click();
    harness.run();
    harness.get_by_label("Select").click();
    harness.run();
    assert!(is_ticked(&harness, 1_012) && !is_ticked(&harness, 1_013));
    harness.get_by_label("1 selected");
    tick(&mut harness, 1_013);
    tick(&mut harness, 1_008);
    tick(&mut harness, 1_008);
    assert!(!is_ticked(&harness, 1_008), "ticked twice is not ticked");
    harness.get_by_label("2 selected");
    harness.get_by_role_and_label(Role::Button, "Copy").click();
    harness.run();
    let expected = format!(
        "{}\nSecond weekend of December, if the snow waits for us\n\n{second}\nI will move everything else",
        first.replace("You", "Alice Liddell"),
    );
    assert_eq!(copied(&harness), Some(expected));
    assert!(!has_bar(&harness), "it is done");
}

#[test]
fn one_message_alone_is_copied_as_its_text_and_the_keys_that_copy_do_so() {
    let mut harness = english(chosen(&[1_011]));
    harness.ctx.memory_mut(|memory| {
        if let Some(focused) = memory.focused() {
            memory.surrender_focus(focused);
        }
    });
    harness.event(egui::Event::Copy);
    harness.run();
    assert_eq!(copied(&harness).as_deref(), Some("When?"));
}

#[test]
fn the_keyboard_chooses_goes_on_and_lets_go() {
    let mut harness = english(chosen(&[1_013]));
    let now = |harness: &Harness<'static, Stage>| focused(harness).map(|(name, _)| name).unwrap_or_default();
    let is = |number| name(&chosen(&[]), number);
    let_go(&mut harness);
    while now(&harness) != is(1_015) {
        press(&mut harness, Key::Tab);
    }
    for (key, number) in [
        (Key::ArrowUp, 1_014),
        (Key::ArrowUp, 1_013),
        (Key::ArrowUp, 1_012),
        (Key::Space, 1_012),
    ] {
        press(&mut harness, key);
        assert_eq!(now(&harness), is(number));
    }
    assert!(is_ticked(&harness, 1_012) && is_ticked(&harness, 1_013));
    press(&mut harness, Key::Space);
    assert!(!is_ticked(&harness, 1_012), "pressed twice is not ticked");
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::Space);
    assert!(!has_bar(&harness), "the last one was let go of");
}

#[test]
fn several_are_deleted_at_once_and_for_everyone_only_what_is_alices_own() {
    let mut harness = english(chosen(&[1_008, 1_009]));
    harness.get_by_role_and_label(Role::Button, "Delete…").click();
    harness.run();
    harness.get_by_label("Delete 2 messages");
    harness
        .get_by_role_and_label(Role::Button, "Delete for everyone")
        .click();
    harness.run();
    harness.run();
    let asked = Command::DeleteMessages {
        conversation: conversation(1),
        positions: vec![at(1_008), at(1_009)],
        scope: DeleteFor::Everyone,
    };
    assert!(harness.state().asked.contains(&asked));
    assert!(!has_bar(&harness), "they are gone, and with them the choice");

    let mut harness = english(chosen(&[1_008, 1_011]));
    harness.get_by_role_and_label(Role::Button, "Delete…").click();
    harness.run();
    assert!(matches!(
        harness.state().route.dialog,
        Some(Dialog::DeleteMessages { .. })
    ));
    assert!(harness.query_by_label("Delete for everyone").is_none());
    harness.get_by_label("Delete for me");
}

#[test]
fn who_leaves_the_chat_or_cancels_has_chosen_nothing() {
    let mut harness = english(chosen(&[1_008, 1_011]));
    harness.get_by_role_and_label(Role::Button, "Cancel").click();
    harness.run();
    assert!(!has_bar(&harness));
    let mut harness = english(chosen(&[1_008]));
    for chat in [2, 1] {
        harness.state_mut().route = Route::conversation(conversation(chat));
        harness.run();
        assert!(!has_bar(&harness));
    }
}
