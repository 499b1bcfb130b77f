//! Alice deletes messages and chats, takes one back, thinks again, and has messages disappear.

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kith_node::view::{BodyView, DeleteFor, DeliveryState, TimerView};
use kith_node::{Command, CommandError, Event};

use super::scene::{NOW_MS, Stage, window};
use crate::i18n::Language;
use crate::model::testing::{ALICE, BOB, at, conversation, row};
use crate::route::{Dialog, Route, Section};

/// High enough that nothing has to be scrolled to.
const TALL: [f32; 2] = [1_100.0, 1_400.0];

const OWN: &str = "Deal.";
const WAITING: &str = "I will write to the hut tonight";
const THEIRS: &str = "When?";

fn open_bob() -> Harness<'static, Stage> {
    let stage = Stage {
        route: Route::conversation(conversation(1)),
        ..Stage::busy()
    };
    window(stage, TALL, false, Language::English)
}

fn bob_page() -> Harness<'static, Stage> {
    let stage = Stage {
        route: Route {
            contact: Some(BOB),
            ..Route::section(Section::Contacts)
        },
        ..Stage::busy()
    };
    window(stage, TALL, false, Language::English)
}

fn says(harness: &Harness<'static, Stage>, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

fn is_there(harness: &Harness<'static, Stage>, text: &str) -> bool {
    let middle = |node: egui_kittest::Node<'_>| node.rect().left() > 400.0;
    harness.query_all_by_label(text).any(middle)
}

fn press(harness: &mut Harness<'static, Stage>, label: &str) {
    harness.get_by_role_and_label(egui::Role::Button, label).click();
    harness.run();
    harness.run();
}

fn press_at(harness: &mut Harness<'static, Stage>, pos: egui::Pos2, button: egui::PointerButton) {
    harness.hover_at(pos);
    harness.run();
    for pressed in [true, false] {
        harness.event(egui::Event::PointerButton {
            pos,
            button,
            pressed,
            modifiers: egui::Modifiers::NONE,
        });
        harness.run();
    }
}

/// Opens the menu of a message.
fn open_menu(harness: &mut Harness<'static, Stage>, message: &str) {
    let at = harness
        .query_all_by_label(message)
        .map(|node| node.rect())
        .find(|rect| rect.left() > 400.0)
        .expect("the message shows");
    press_at(harness, at.center(), egui::PointerButton::Secondary);
}

/// Opens the menu of a message and chooses from it.
fn choose(harness: &mut Harness<'static, Stage>, message: &str, chosen: &str) {
    open_menu(harness, message);
    harness.get_by_label(chosen).click();
    harness.run();
    harness.run();
}

fn asked_to_delete(harness: &Harness<'static, Stage>, number: u64, scope: DeleteFor) -> bool {
    let asked = Command::DeleteMessages {
        conversation: conversation(1),
        positions: vec![at(number)],
        scope,
    };
    harness.state().asked.contains(&asked)
}

#[test]
fn a_menu_that_opens_low_lies_above_what_is_said() {
    let stage = Stage {
        route: Route::conversation(conversation(1)),
        ..Stage::busy()
    };
    let mut harness = window(stage, [1_100.0, 900.0], false, Language::English);
    choose(&mut harness, OWN, "Delete…");
    press(&mut harness, "Delete for me");
    let said = harness.get_by_role(egui::Role::Status).rect();
    let candidates = [THEIRS, "I will move everything else"];
    let over = candidates.into_iter().find_map(|message| {
        open_menu(&mut harness, message);
        let over = harness.get_by_label("Delete…").rect().intersect(said);
        if over.is_positive() {
            return Some(over.center());
        }
        harness.key_press(egui::Key::Escape);
        harness.run();
        None
    });
    let over = over.expect("one of the menus reaches there");
    press_at(&mut harness, over, egui::PointerButton::Primary);
    let dialog = harness.state().route.dialog.clone();
    assert!(
        matches!(dialog, Some(Dialog::DeleteMessages { .. })),
        "{dialog:?}"
    );
}

#[test]
fn alice_deletes_her_message_for_everyone_and_thinks_again() {
    let mut harness = open_bob();
    choose(&mut harness, OWN, "Delete…");
    assert!(says(&harness, "may have read or copied it before"));
    press(&mut harness, "Delete for everyone");
    assert!(asked_to_delete(&harness, 1_008, DeleteFor::Everyone));
    assert_eq!(harness.state().route.dialog, None);
    assert!(!is_there(&harness, OWN), "it is out of sight at once");
    assert!(says(&harness, "Message deleted"));
    press(&mut harness, "Undo (10)");
    assert!(is_there(&harness, OWN));
    assert!(!says(&harness, "Message deleted"), "the offer is gone");
}

#[test]
fn all_that_alice_deletes_within_ten_seconds_is_one_offer_that_brings_all_of_it_back() {
    let mut harness = open_bob();
    let doomed = [
        OWN,
        "every single one",
        "I want to see every picture",
        "Are you back from the mountains?",
    ];
    for message in doomed {
        choose(&mut harness, message, "Delete…");
        press(&mut harness, "Delete for me");
    }
    assert!(says(&harness, "4 messages deleted"));
    for n in 0..3 {
        let word = crate::widgets::toast::Toast::good(n.to_string());
        harness.state_mut().toasts.push(word, NOW_MS);
    }
    press(&mut harness, "Undo (10)");
    for message in doomed {
        assert!(is_there(&harness, message), "{message}");
    }
    assert!(!says(&harness, "Undo"));
}

#[test]
fn what_waits_to_be_deleted_can_be_brought_back_after_the_app_was_closed() {
    let mut stage = Stage::busy();
    let rows = stage.rows.get_mut(&conversation(1)).unwrap();
    let row = rows.iter_mut().find(|row| row.position == at(1_011)).unwrap();
    let before = row.clone();
    row.body = BodyView::Deleting {
        deletion: "of before".to_owned(),
        until_ms: NOW_MS + 4_000,
    };
    stage.deletions.insert("of before".to_owned(), vec![before]);
    let mut harness = window(stage, TALL, false, Language::English);
    assert!(!says(&harness, "Undo"), "nothing is known of it yet");
    harness.state_mut().route = Route::conversation(conversation(1));
    harness.run();
    assert!(!is_there(&harness, THEIRS) && says(&harness, "Message deleted"));
    press(&mut harness, "Undo (4)");
    assert!(is_there(&harness, THEIRS));
    assert!(!says(&harness, "Undo"));
}

#[test]
fn what_bob_wrote_goes_only_from_alices_device() {
    let mut harness = open_bob();
    choose(&mut harness, THEIRS, "Delete…");
    assert!(!says(&harness, "Delete for everyone"));
    assert!(says(&harness, "Bob Okafor keeps it"));
    press(&mut harness, "Delete for me");
    assert!(asked_to_delete(&harness, 1_011, DeleteFor::Me));
    assert!(!is_there(&harness, THEIRS));
}

#[test]
fn what_nobody_holds_yet_is_taken_back_without_a_trace() {
    let mut harness = open_bob();
    choose(&mut harness, WAITING, "Take back");
    assert!(!is_there(&harness, WAITING));
    assert!(says(&harness, "Message taken back") && !says(&harness, "Undo"));
}

#[test]
fn what_came_to_somebody_meanwhile_stays_and_alice_reads_why() {
    let mut harness = open_bob();
    harness.state_mut().refuse = Some(CommandError::TooLateToCancel {
        holder: "Bob Okafor".to_owned(),
        state: DeliveryState::Delivered,
    });
    choose(&mut harness, WAITING, "Take back");
    assert!(is_there(&harness, WAITING));
    assert!(says(
        &harness,
        "cannot be taken back any more: it is on a device of Bob Okafor"
    ));
    harness.state_mut().refuse = Some(CommandError::TooOften { wait_s: 12 });
    choose(&mut harness, THEIRS, "Delete…");
    press(&mut harness, "Delete for me");
    assert!(is_there(&harness, THEIRS));
    assert!(says(&harness, "Try again in 12 s"));
}

#[test]
fn only_what_is_alices_and_unheld_can_be_taken_back() {
    for message in [OWN, THEIRS] {
        let mut harness = open_bob();
        choose(&mut harness, message, "Copy text");
        assert!(!says(&harness, "Take back"), "{message}");
    }
}

#[test]
fn a_message_that_disappears_while_its_dialog_is_open_is_told_of() {
    let mut harness = open_bob();
    choose(&mut harness, THEIRS, "Delete…");
    harness.state_mut().model.apply_event(Event::MessageRemoved {
        conversation: conversation(1),
        position: at(1_011),
    });
    harness.run();
    assert!(says(&harness, "This message is not on this device."));
    press(&mut harness, "Close");
    assert_eq!(harness.state().route.dialog, None);
}

#[test]
fn deleted_messages_and_timers_are_told_of_in_their_place() {
    let mut harness = open_bob();
    let bodies = [
        (BOB, BodyView::Deleted),
        (ALICE, BodyView::Deleted),
        (BOB, BodyView::Timer { seconds: 2_419_200 }),
        (ALICE, BodyView::Timer { seconds: 0 }),
    ];
    for (number, (author, body)) in (2_000..).zip(bodies) {
        let mut told = row(number, author, "");
        (told.body, told.at_ms) = (body, NOW_MS);
        harness
            .state_mut()
            .model
            .apply_event(Event::Message(Box::new(told)));
    }
    harness.run();
    for said in [
        "This message was deleted",
        "You deleted this message",
        "Bob Okafor set messages to disappear after 4 weeks",
        "You set messages to stay",
    ] {
        assert!(is_there(&harness, said), "{said}");
    }
}

#[test]
fn alice_has_messages_disappear_and_the_header_says_so() {
    let mut harness = bob_page();
    let off = harness.get_by_role_and_label(egui::Role::RadioButton, "Off");
    assert_eq!(
        off.accesskit_node().toggled(),
        Some(egui::accesskit::Toggled::True)
    );
    harness
        .get_by_role_and_label(egui::Role::RadioButton, "1 week")
        .click();
    harness.run();
    let asked = Command::SetTimer {
        conversation: conversation(1),
        seconds: 604_800,
    };
    assert!(harness.state().asked.contains(&asked));
    assert!(says(&harness, "Until then you can choose otherwise"));
    harness.state_mut().route = Route::conversation(conversation(1));
    harness.run();
    assert!(says(&harness, "Messages disappear after 1 week"));
}

#[test]
fn a_timer_that_is_no_choice_here_is_shown_as_it_is() {
    let mut harness = bob_page();
    let mut chat = harness
        .state()
        .model
        .chats
        .list
        .get(conversation(1))
        .unwrap()
        .clone();
    chat.timer = TimerView {
        seconds: 300,
        change: None,
    };
    harness
        .state_mut()
        .model
        .apply_event(Event::Conversation(Box::new(chat)));
    harness.run();
    harness.get_by_role_and_label(egui::Role::RadioButton, "5 minutes");
}

#[test]
fn alice_deletes_a_chat_and_thinks_again() {
    let mut harness = open_bob();
    harness.state_mut().route.details = true;
    harness.run();
    press(&mut harness, "Delete chat…");
    assert!(says(&harness, "Bob Okafor stays your contact"));
    assert!(says(&harness, "One message of yours that nobody has yet"));
    press(&mut harness, "Delete chat");
    let asked = Command::DeleteChat {
        conversation: conversation(1),
    };
    assert!(harness.state().asked.contains(&asked));
    assert_eq!(harness.state().route, Route::section(Section::Chats));
    assert!(!says(&harness, "Bob Okafor"), "it is in no list");
    assert!(says(&harness, "One message that nobody has yet is taken back"));
    press(&mut harness, "Undo (10)");
    assert!(says(&harness, "Bob Okafor"));
}

/// Gives the keyboard to the button beside the newest message, which waits for Bob.
fn focus_newest(harness: &mut Harness<'static, Stage>) {
    let buttons = harness.query_all_by_label_contains("What can be done with the message: You");
    buttons.last().expect("a message of hers").focus();
    harness.run();
}

fn focused(harness: &Harness<'static, Stage>) -> String {
    let focused = harness.root().children_recursive();
    let mut focused = focused.filter(|node| node.is_focused());
    focused
        .next()
        .and_then(|node| node.accesskit_node().label())
        .unwrap_or_default()
}

#[test]
fn alice_deletes_by_the_keyboard_alone() {
    let mut harness = open_bob();
    focus_newest(&mut harness);
    harness.key_press(egui::Key::Enter);
    harness.run();
    assert_eq!(focused(&harness), "Copy text");
    harness.key_press(egui::Key::ArrowUp);
    harness.run();
    assert_eq!(focused(&harness), "Delete…", "it goes round");
    harness.key_press(egui::Key::Enter);
    harness.run();
    harness.run();
    assert!(says(&harness, "Nobody has this message yet"));
    assert!(!says(&harness, "Copy text"), "the menu is closed");
    for _ in 0..2 {
        harness.key_press(egui::Key::Tab);
        harness.run();
    }
    assert_eq!(focused(&harness), "Delete", "behind the cross that closes");
    harness.key_press(egui::Key::Enter);
    harness.run();
    harness.run();
    assert!(asked_to_delete(&harness, 1_015, DeleteFor::Everyone));
}

#[test]
fn the_keys_that_open_menus_open_that_of_a_message_and_escape_gives_the_keyboard_back() {
    use egui::{Key, Modifiers};
    for (modifiers, key) in [(Modifiers::SHIFT, Key::F10), (Modifiers::NONE, Key::Menu)] {
        let mut harness = open_bob();
        focus_newest(&mut harness);
        let button = focused(&harness);
        harness.key_press_modifiers(modifiers, key);
        harness.run();
        assert_eq!(focused(&harness), "Copy text", "{key:?}");
        harness.key_press(Key::Escape);
        harness.run();
        assert_eq!(focused(&harness), button, "{key:?}");
        assert!(!says(&harness, "Copy text"));
    }
}

#[test]
fn words_in_passing_keep_off_the_composer() {
    for size in [TALL, [360.0, 480.0]] {
        let stage = Stage {
            route: Route::conversation(conversation(1)),
            ..Stage::busy()
        };
        let mut harness = window(stage, size, false, Language::English);
        harness
            .state_mut()
            .toasts
            .push(crate::widgets::toast::Toast::good("Copied"), NOW_MS);
        harness.run();
        let composer = harness.get_by_label(&super::scene::composer_name()).rect();
        let toast = harness.get_by_role_and_label(egui::Role::Status, "Copied").rect();
        assert!(toast.bottom() < composer.top(), "{toast:?} {composer:?}");
    }
}
