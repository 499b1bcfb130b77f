//! A panic in the window's own code does not end the app, and nothing is lost by it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;
#[path = "support/tree.rs"]
mod tree;

use kith_node::Command;
use kith_ui::backend::Incoming;
use kith_ui::i18n::Language;
use kith_ui::profiles::{ProfileId, ProfileReply};
use kith_ui::t;
use support::Window;

const SIZE: [f32; 2] = [1100.0, 700.0];
const TITLE: &str = "Something in this window went wrong";

fn opened(size: [f32; 2]) -> Window {
    let mut window = Window::open(size, false, &["Ada"]);
    window.type_into("Passphrase", "violet harbour tambourine eleven");
    window.press("Unlock");
    let id = ProfileId("ada".to_owned());
    window.answer_wish(Ok(ProfileReply::Opened { id }));
    window
}

fn asks_for_chats(window: &Window) -> bool {
    let world = window.world.borrow();
    world
        .commands
        .iter()
        .any(|(_, command)| *command == Command::ListConversations {})
}

/// Wherever in a frame it happens: while news is taken in, or while it is painted.
#[test]
fn whatever_fails_in_a_frame_is_told_and_gone_on_from() {
    let mut fallen = 0;
    for looks in 0..12 {
        let mut window = opened(SIZE);
        window.world.borrow_mut().commands.clear();
        window.world.borrow().falls_after.set(Some(looks));
        window.harness.step();
        let has_fallen = window.world.borrow().falls_after.get().is_none();
        window.world.borrow().falls_after.set(None);
        window.harness.run();
        assert_eq!(
            window.shows(TITLE),
            has_fallen,
            "after {looks} looks at the clock"
        );
        if !has_fallen {
            continue;
        }
        fallen += 1;
        assert!(!asks_for_chats(&window));
        window.press("Go on");
        assert!(!window.shows(TITLE));
        assert!(asks_for_chats(&window), "the node is asked for everything again");
    }
    assert!(fallen >= 3, "only {fallen} places of a frame were tried");
}

/// Every window in which the page may have to be read.
#[test]
fn the_page_that_tells_of_it_is_whole_in_every_window() {
    for (size, dark, language) in tree::for_eyes(&Language::ALL) {
        let mut window = Window::open_in(size, dark, language, &["Ada"]);
        window.world.borrow().falls_after.set(Some(0));
        window.harness.run();
        assert!(window.shows(&t!("fallen-title")));
        let faults = tree::faults(&mut window.harness, size, false);
        assert!(faults.is_empty(), "{size:?}, {language:?}: {faults:#?}");
    }
}

#[test]
fn a_window_that_fails_before_a_profile_is_open_shows_the_profiles_again() {
    let mut window = Window::open(SIZE, false, &["Ada"]);
    window.world.borrow().falls_after.set(Some(0));
    window.harness.run();
    assert!(window.shows(TITLE));
    window.press("Go on");
    assert!(!window.shows(TITLE));
    assert_eq!(window.world.borrow().wishes.len(), 1, "profiles are looked for");
}

#[test]
fn choices_that_cannot_be_read_are_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("settings.json"), "{").unwrap();
    let window = Window::open_over(folder.path(), &["Ada"]);
    assert!(window.shows("Some of your choices could not be read"));
    assert!(!Window::open(SIZE, false, &["Ada"]).shows("Some of your choices"));
}

#[test]
fn a_link_that_nothing_opens_is_copied() {
    let mut window = opened(SIZE);
    let url = "https://example.org/path".to_owned();
    window
        .world
        .borrow_mut()
        .incoming
        .push_back(Incoming::LinkTried(Err(url.clone())));
    window.harness.step();
    let copied = &window.harness.output().platform_output.commands;
    assert!(copied.contains(&egui::OutputCommand::CopyText(url)), "{copied:?}");
    window.harness.run();
    assert!(window.shows("Nothing on this computer opened the link"));
}
