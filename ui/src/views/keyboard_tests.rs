//! Alice has no mouse: Tab comes to everything that can be done, in the order of reading, the arrows go along lists, and
//! what has the keyboard is seen to have it.

use std::collections::BTreeSet;

use egui::accesskit::{Role, Toggled};
use egui::{Key, Modifiers, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT;
use kith_node::Command;

use super::scene::{Stage, english, window};
use super::tree_tests::scenes;
use crate::i18n::Language;
use crate::model::testing::{ALICE, BOB, conversation, row};
use crate::route::{Dialog, Route, Section};
use crate::theme::told_apart;

/// More stops than any view has.
const MOST: usize = 60;
/// As few pixels as show list and conversation: painting them is slow.
const SMALL: [f32; 2] = [640.0, 480.0];
/// The beginning of what the button beside a message is called.
const MESSAGE: &str = "What can be done with the message: ";

type Window = Harness<'static, Stage>;

/// Nothing has the keyboard.
pub(super) fn let_go(window: &mut Window) {
    window.ctx.memory_mut(|memory| {
        if let Some(focused) = memory.focused() {
            memory.surrender_focus(focused);
        }
    });
    window.run();
}

pub(super) fn press(window: &mut Window, key: Key) {
    window.key_press(key);
    window.run();
}

/// What has the keyboard: its name and its place.
pub(super) fn focused(window: &Window) -> Option<(String, Rect)> {
    let mut all = window.root().children_recursive();
    let found = all.find(|node| node.is_focused())?;
    let access = found.accesskit_node();
    let name = access.label().or_else(|| access.value()).unwrap_or_default();
    Some((name, found.rect()))
}

/// Everything Tab comes to, once round.
fn walk(window: &mut Window) -> Vec<(String, Rect)> {
    let_go(window);
    let mut stops = Vec::new();
    while stops.len() < MOST {
        press(window, Key::Tab);
        match focused(window) {
            Some(stop) if stops.first() == Some(&stop) => break,
            Some(stop) => stops.push(stop),
            // Behind the last one nothing has it for a moment.
            None if stops.is_empty() => panic!("nothing can be reached"),
            None => break,
        }
    }
    stops
}

fn names(window: &mut Window) -> Vec<String> {
    walk(window).into_iter().map(|(name, _)| name).collect()
}

fn begin_with(names: &[String], expected: &[&str]) {
    let same = names.len() == expected.len()
        && names
            .iter()
            .zip(expected)
            .all(|(name, expected)| name.starts_with(expected));
    assert!(same, "{names:#?}");
}

fn at(route: Route) -> Window {
    english(Stage {
        route,
        ..Stage::busy()
    })
}

const RAIL: [&str; 4] = ["Your profile", "Chats, ", "Contacts", "Settings"];

#[test]
fn a_conversation_is_gone_through_from_the_left_to_the_right() {
    let mut window = at(Route {
        details: true,
        ..Route::conversation(conversation(1))
    });
    let list = [
        "New chat",
        "Search",
        "Bob Okafor, ",
        "Connection: ",
        "Width of the list",
    ];
    // The link is scrolled to, so there is a way back to the newest.
    let talk = [
        "Details",
        "Open photos",
        MESSAGE,
        "Go to the newest",
        "Emoji",
        "Message to Bob Okafor",
    ];
    let person = [
        "Close",
        "Safety number",
        "Off",
        "Bob Okafor keeps yours",
        "Bob Okafor, You keep theirs",
        "Delete chat",
        "Block",
    ];
    begin_with(&names(&mut window), &[&RAIL[..], &list, &talk, &person].concat());
}

#[test]
fn contacts_and_settings_are_gone_through_from_the_left_to_the_right() {
    let mut window = at(Route {
        contact: Some(BOB),
        ..Route::section(Section::Contacts)
    });
    let list = [
        "New group",
        "Add a contact",
        "Search",
        "Links you handed out",
        "Bob Okafor, ",
        "Connection: ",
        "Width of the list",
        "Message",
        "Safety number",
    ];
    let all = names(&mut window);
    begin_with(&all[..list.len() + RAIL.len()], &[&RAIL[..], &list].concat());
    let mut window = at(Route {
        settings: Some(crate::route::SettingsPage::Security),
        ..Route::section(Section::Settings)
    });
    let pages = [
        "Profile",
        "Appearance",
        "Privacy",
        "Letters",
        "Network",
        "About",
        "Connection: ",
        "Width of the list",
    ];
    let page = [
        "Current passphrase",
        "Show the passphrase",
        "New passphrase",
        "Show the passphrase",
        "New passphrase again",
        "Show the passphrase",
        "Show recovery words",
        "Lock",
        "Delete this profile",
    ];
    begin_with(&names(&mut window), &[&RAIL[..], &pages, &page].concat());
}

#[test]
fn a_dialog_keeps_the_keyboard_and_gives_it_back() {
    let mut window = at(Route::section(Section::Contacts));
    let_go(&mut window);
    let before = "Add a contact";
    while focused(&window).is_none_or(|(name, _)| name != before) {
        press(&mut window, Key::Tab);
    }
    press(&mut window, Key::Enter);
    begin_with(
        &names(&mut window),
        &["Close", "Copy link", "New link", "Open a link instead"],
    );
    press(&mut window, Key::Escape);
    assert_eq!(window.state().route.dialog, None);
    assert_eq!(focused(&window).map(|(name, _)| name).as_deref(), Some(before));
}

#[test]
fn everything_that_can_be_pressed_is_reached() {
    let mut missing = Vec::new();
    let mut window = english(Stage::empty());
    for (name, stage) in scenes() {
        *window.state_mut() = stage;
        window.run();
        let reached: BTreeSet<_> = names(&mut window).into_iter().collect();
        for node in window.root().children_recursive() {
            let access = node.accesskit_node();
            let operable = matches!(
                access.role(),
                Role::Button
                    | Role::Tab
                    | Role::TextInput
                    | Role::PasswordInput
                    | Role::RadioButton
                    | Role::Switch
            );
            let label = access.label().or_else(|| access.value()).unwrap_or_default();
            // Choices are one stop: Tab comes to the one that holds.
            let other = access.role() == Role::RadioButton && access.toggled() != Some(Toggled::True);
            let mut above = std::iter::successors(access.parent(), |node| node.parent());
            let below_a_dialog =
                window.state().route.dialog.is_some() && !above.any(|node| node.role() == Role::Dialog);
            // Messages are one stop, and those who are counted down to have their own test.
            let counted = label.starts_with(MESSAGE) || label.starts_with("Undo");
            let stop = operable && !access.is_disabled() && !other;
            if stop && !below_a_dialog && !counted && !reached.contains(&label) {
                missing.push(format!("{name}: {label}"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "Tab does not come to:\n{}",
        missing.join("\n")
    );
}

#[test]
fn the_arrows_go_along_the_chats_and_lead_there_from_the_search() {
    let mut window = at(Route::default());
    let_go(&mut window);
    for _ in 0..6 {
        press(&mut window, Key::Tab);
    }
    let now = |window: &Window| focused(window).map(|(name, _)| name).unwrap_or_default();
    assert_eq!(now(&window), "Search");
    press(&mut window, Key::ArrowDown);
    assert!(now(&window).starts_with("Bob Okafor"), "{}", now(&window));
    press(&mut window, Key::ArrowDown);
    assert!(now(&window).starts_with("मीरा"), "{}", now(&window));
    press(&mut window, Key::End);
    assert!(now(&window).starts_with("Old friend"), "{}", now(&window));
    press(&mut window, Key::ArrowDown);
    assert!(now(&window).starts_with("Old friend"), "it ends there");
    press(&mut window, Key::Home);
    press(&mut window, Key::ArrowUp);
    assert_eq!(now(&window), "Search");
    press(&mut window, Key::ArrowDown);
    press(&mut window, Key::ArrowDown);
    press(&mut window, Key::Enter);
    assert_eq!(window.state().route.conversation, Some(conversation(2)));
}

#[test]
fn the_arrows_go_along_choices_and_the_space_bar_chooses() {
    let mut window = at(Route {
        contact: Some(BOB),
        ..Route::section(Section::Contacts)
    });
    let now = |window: &Window| focused(window).map(|(name, _)| name).unwrap_or_default();
    let_go(&mut window);
    while now(&window) != "Off" {
        press(&mut window, Key::Tab);
    }
    for (key, name) in [
        (Key::ArrowRight, "1 hour"),
        (Key::ArrowDown, "1 day"),
        (Key::End, "90 days"),
        (Key::ArrowRight, "Off"),
        (Key::ArrowLeft, "90 days"),
        (Key::Home, "Off"),
        (Key::ArrowRight, "1 hour"),
    ] {
        press(&mut window, key);
        assert_eq!(now(&window), name, "{key:?}");
    }
    let set = |window: &Window| {
        let mut asked = window.state().asked.iter();
        asked.any(|command| matches!(command, Command::SetTimer { seconds: 3_600, .. }))
    };
    assert!(!set(&window), "going along chooses nothing");
    press(&mut window, Key::Space);
    assert!(set(&window));
    press(&mut window, Key::Tab);
    assert!(
        now(&window).starts_with("Bob Okafor keeps yours"),
        "{}",
        now(&window)
    );
}

#[test]
fn a_long_list_follows_the_keyboard() {
    let mut stage = Stage::busy();
    let people = (10..90).map(|n| crate::model::testing::contact(n, &format!("Person {n}")));
    stage.model.contacts.replace(people.collect());
    stage.route = Route::default().with_dialog(Dialog::Find);
    let mut window = english(stage);
    press(&mut window, Key::ArrowDown);
    for n in 0..30 {
        let (name, place) = focused(&window).expect("a row");
        assert!(name.starts_with(&format!("Person {}", 10 + n)), "{n}: {name}");
        assert!(place.top() > 150.0 && place.bottom() < 600.0, "{name} {place:?}");
        press(&mut window, Key::ArrowDown);
    }
    press(&mut window, Key::End);
    press(&mut window, Key::ArrowUp);
    let (name, _) = focused(&window).expect("a row");
    assert!(name.starts_with("Person 88"), "{name}");
}

#[test]
fn a_dialog_stands_in_the_middle_however_its_size_changes() {
    let mut window = at(Route::default().with_dialog(Dialog::Find));
    let place = |window: &Window| {
        let place = window
            .ctx
            .memory(|memory| memory.area_rect(egui::Id::unique("dialog")));
        place.expect("a dialog")
    };
    let high = place(&window).height();
    window.event(egui::Event::Text("nobody of that name".to_owned()));
    window.run();
    let low = place(&window);
    assert!(low.height() < high - 100.0, "{low:?}");
    let middle = window.ctx.content_rect().center();
    assert!((low.center().y - middle.y).abs() < 1.5, "{low:?} {middle:?}");
}

#[test]
fn the_arrows_go_along_the_messages_and_bring_them_into_sight() {
    let mut stage = Stage::busy();
    let author = |n: u64| if n.is_multiple_of(3) { ALICE } else { BOB };
    let rows = (1..80).map(|n| row(n, author(n), &format!("line {n}"))).collect();
    stage.rows.insert(conversation(1), rows);
    stage.route = Route::conversation(conversation(1));
    let mut window = english(stage);
    window.key_press_modifiers(Modifiers::SHIFT, Key::Tab);
    window.run();
    window.key_press_modifiers(Modifiers::SHIFT, Key::Tab);
    window.run();
    let mut places = Vec::new();
    for _ in 0..40 {
        let (name, place) = focused(&window).expect("a message");
        assert!(name.starts_with(MESSAGE), "{name}");
        assert!(place.top() > 50.0 && place.bottom() < 650.0, "{name} {place:?}");
        places.push(name);
        press(&mut window, Key::ArrowUp);
    }
    let different: BTreeSet<_> = places.iter().collect();
    assert!(different.len() > 1, "{places:?}");
    assert!(
        egui_kittest::kittest::Queryable::query_by_label(&window, "line 79").is_none(),
        "it has gone far up"
    );
    press(&mut window, Key::Tab);
    let (name, _) = focused(&window).expect("a stop");
    assert!(!name.starts_with(MESSAGE), "Tab leaves the messages: {name}");
}

#[test]
fn what_has_the_keyboard_is_seen_to_have_it() {
    let routes = [
        Route::conversation(conversation(1)),
        Route::default().with_dialog(Dialog::DeleteProfile),
    ];
    for dark in [false, true] {
        for route in routes.clone() {
            let stage = Stage {
                route,
                ..Stage::busy()
            };
            let mut window = window(stage, SMALL, dark, Language::English);
            for _ in 0..walk(&mut window).len() {
                press(&mut window, Key::Tab);
                let (name, place) = focused(&window).expect("a stop");
                let id = window.ctx.memory(egui::Memory::focused).expect("a stop");
                let with = window.render().unwrap();
                let_go(&mut window);
                let without = window.render().unwrap();
                window.ctx.memory_mut(|memory| memory.request_focus(id));
                window.run();
                let seen = told_apart(&with, &without, place.expand(4.0));
                assert!(seen >= 40, "{name} (dark={dark}): only {seen} pixels");
            }
        }
    }
}

#[test]
fn the_arrows_widen_the_list() {
    let mut window = at(Route::default());
    while focused(&window).is_none_or(|(name, _)| name != "Width of the list") {
        press(&mut window, Key::Tab);
    }
    let edge = |window: &Window| {
        focused(window)
            .map(|(_, place)| place.center().x)
            .unwrap_or_default()
    };
    let before = edge(&window);
    press(&mut window, Key::ArrowRight);
    assert!(edge(&window) > before + 10.0, "{before} {}", edge(&window));
    press(&mut window, Key::ArrowLeft);
    assert!((edge(&window) - before).abs() < 1.0);
}
