//! What a person chooses in the window holds at once and after the next start.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::path::Path;

use egui::{Rect, ViewportId, pos2, vec2};
use egui_kittest::kittest::Queryable;
use kith_node::view::NetworkView;
use kith_node::{Command, CommandError, Reply};
use kith_ui::i18n::Language;
use kith_ui::profiles::{ProfileId, ProfileReply};
use kith_ui::settings::{SettingsFile, WindowPlace};
use kith_ui::theme::ThemeChoice;
use support::Window;

const NODE: &str = "/ip4/203.0.113.7/tcp/5484";

/// A window over a folder, in which Ada has unlocked her profile.
fn open(folder: &Path) -> Window {
    let mut window = Window::open_over(folder, &["Ada"]);
    window.type_into("Passphrase", "violet harbour tambourine eleven");
    window.press("Unlock");
    window.answer_wish(Ok(ProfileReply::Opened {
        id: ProfileId("ada".to_owned()),
    }));
    window.answer_commands(|command| match command {
        Command::ListConversations {} => Some(Ok(Reply::Conversations(Vec::new()))),
        Command::ListContacts {} => Some(Ok(Reply::Contacts(Vec::new()))),
        Command::GetNetwork {} => Some(Ok(Reply::Network(NetworkView {
            listening: Vec::new(),
            bootstraps: Vec::new(),
            lan_discovery: true,
            contacts_online: 0,
            clock_off_by_ms: None,
            time_ahead_ms: 0,
            problems: Vec::new(),
        }))),
        _ => None,
    });
    window
}

/// The settings' page of this name.
fn page(window: &mut Window, name: &str) {
    window.harness.get_by_label("Settings").click();
    window.harness.run();
    window.harness.get_by_label(name).click();
    window.harness.run();
}

/// The bootstrap nodes that the node was asked to use, and has not answered.
fn asked(window: &Window) -> Vec<Vec<String>> {
    let world = window.world.borrow();
    let commands = world.commands.iter();
    commands
        .filter_map(|(_, command)| match command {
            Command::SetBootstraps { addresses } => Some(addresses.clone()),
            _ => None,
        })
        .collect()
}

fn answer(window: &mut Window, result: &Result<Reply, CommandError>) {
    window
        .answer_commands(|command| matches!(command, Command::SetBootstraps { .. }).then(|| result.clone()));
}

#[test]
fn a_bootstrap_node_is_entered_used_at_once_kept_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(folder.path());
    assert!(asked(&window).is_empty(), "nobody has entered any");
    page(&mut window, "Network");
    window.type_into("Address of a bootstrap node", "kith.example.org");
    window.press("Add");
    let address = "kith.example.org".to_owned();
    answer(&mut window, &Err(CommandError::NotABootstrap { address }));
    assert!(window.shows("kith.example.org is no address of a bootstrap node"));
    drop(window);

    let mut window = open(folder.path());
    assert!(asked(&window).is_empty(), "what was refused is not kept");
    page(&mut window, "Network");
    window.type_into("Address of a bootstrap node", &format!("address {NODE}"));
    window.press("Add");
    assert_eq!(asked(&window), [[NODE]]);
    answer(&mut window, &Ok(Reply::Done));
    assert!(window.shows(NODE) && window.shows("Remove"));
    drop(window);

    let mut window = open(folder.path());
    assert_eq!(asked(&window), [[NODE]], "it is used at the next start");
    answer(&mut window, &Ok(Reply::Done));
    page(&mut window, "Network");
    window.press("Remove");
    assert_eq!(asked(&window), [Vec::<String>::new()]);
    answer(&mut window, &Ok(Reply::Done));
    assert!(!window.shows("Remove"));
    drop(window);
    assert!(asked(&open(folder.path())).is_empty());
}

#[test]
fn looks_language_and_the_windows_place_are_there_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = SettingsFile::in_folder(folder.path());
    let mut window = open(folder.path());
    page(&mut window, "Appearance");
    window.harness.get_by_label("Dark").click();
    window.harness.run();
    window.harness.get_by_label("हिन्दी").click();
    window.harness.run();
    let inside = Rect::from_min_size(pos2(40.0, 60.0), vec2(900.0, 640.0));
    let viewports = &mut window.harness.input_mut().viewports;
    let info = viewports.entry(ViewportId::ROOT).or_default();
    info.inner_rect = Some(inside);
    info.outer_rect = Some(inside.expand(4.0));
    window.harness.run();
    // Another window, of another profile, was closed meanwhile.
    file.change(|settings| settings.last_profile = Some("bob".to_owned()))
        .unwrap();
    drop(window);
    let (kept, _) = file.load();
    assert_eq!(kept.appearance.theme, ThemeChoice::Dark);
    assert_eq!(kept.language, Some(Language::Hindi));
    assert_eq!(kept.last_profile.as_deref(), Some("bob"));
    let place = WindowPlace {
        size: [900.0, 640.0],
        position: Some([36.0, 56.0]),
    };
    assert_eq!(kept.window, Some(place));
}
