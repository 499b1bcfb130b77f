//! Every view is looked over in both themes, both languages and three sizes: by rules that the tree of screen readers can
//! answer, by pictures that must not change unseen, and, on demand, by eye.

use kith_node::id::AccountId;
use kith_node::view::{BootstrapView, DamageView, DialProblem, NetworkProblem};

use super::scene::{Stage, window};
use crate::i18n::Language;
use crate::model::testing::conversation;
use crate::profiles::Secret;
use crate::route::{Dialog, Route, Section, SettingsPage};

#[path = "../../tests/support/tree.rs"]
mod tree;

const WIDE: [f32; 2] = [1_100.0, 700.0];
const SIZES: [[f32; 2]; 3] = [[360.0, 480.0], [800.0, 600.0], [1_600.0, 1_000.0]];

fn settings(page: SettingsPage) -> Route {
    Route {
        settings: Some(page),
        ..Route::section(Section::Settings)
    }
}

/// Every view, by a name.
fn scenes() -> Vec<(&'static str, Stage)> {
    let chat = Route::conversation(conversation(1));
    let known = |n: u8| Some(AccountId::from_bytes([n; 32]));
    let (contact, alarmed) = (known(2), known(3));
    let person = |contact| Route {
        contact,
        ..Route::section(Section::Contacts)
    };
    let add = Dialog::AddContact {
        link: "kith:abc".into(),
    };
    let details = Route {
        details: true,
        ..chat.clone()
    };
    let busy = [
        ("chats", Route::default()),
        ("conversation", chat.clone()),
        ("alarmed", Route::conversation(conversation(2))),
        ("details", details),
        ("waiting", Route::conversation(conversation(7))),
        (
            "invites",
            Route {
                invites: true,
                ..Route::section(Section::Contacts)
            },
        ),
        ("contact", person(contact)),
        ("alarmed contact", person(alarmed)),
        ("invite", chat.with_dialog(Dialog::Invite)),
        ("add", chat.with_dialog(add)),
        ("find", chat.with_dialog(Dialog::Find)),
        ("delete", chat.with_dialog(Dialog::DeleteProfile)),
        (
            "words",
            settings(SettingsPage::Security).with_dialog(Dialog::Words),
        ),
        ("contacts", Route::section(Section::Contacts)),
        ("settings", Route::section(Section::Settings)),
        ("settings profile", settings(SettingsPage::Profile)),
        ("settings appearance", settings(SettingsPage::Appearance)),
        ("settings security", settings(SettingsPage::Security)),
        ("settings network", settings(SettingsPage::Network)),
        ("settings about", settings(SettingsPage::About)),
    ];
    let busy = busy.into_iter().map(|(name, route)| {
        (
            name,
            Stage {
                route,
                ..Stage::busy()
            },
        )
    });
    std::iter::once(("no chats", Stage::empty()))
        .chain(busy)
        .chain(troubled())
        .collect()
}

/// Views in which something is wrong, or that show what only an answer brings.
fn troubled() -> Vec<(&'static str, Stage)> {
    let words = Stage {
        route: settings(SettingsPage::Security).with_dialog(Dialog::Words),
        words: Some(Secret::new(["abandon"; 24].join(" "))),
        ..Stage::busy()
    };
    let mut network = Stage {
        route: settings(SettingsPage::Network),
        ..Stage::busy()
    };
    if let Some(view) = &mut network.model.network {
        view.problems = vec![
            NetworkProblem::PortInUse { wished: 4_001 },
            NetworkProblem::NoBootstrap,
        ];
        view.bootstraps = vec![BootstrapView {
            address: "/dns4/meet.example.org/udp/4433/quic-v1/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo"
                .to_owned(),
            connected: false,
            problem: Some(DialProblem::Unresolved),
        }];
    }
    let mut damaged = Stage {
        route: settings(SettingsPage::Profile),
        ..Stage::busy()
    };
    if let Some(profile) = &mut damaged.model.profile {
        profile.damage = Some(DamageView {
            kept_at: Some("/home/alice/.local/share/kith/profiles/alice/db.damaged-1700000000000".to_owned()),
            records_recovered: 120_000,
            records_lost_at_least: 3,
        });
    }
    vec![
        ("words shown", words),
        ("network problems", network),
        ("damage", damaged),
    ]
}

#[test]
fn nothing_is_unnamed_clipped_or_overlapping_in_any_view() {
    let mut all = Vec::new();
    for size in SIZES {
        for dark in [false, true] {
            for language in Language::ALL {
                // One window for all views: its fonts are the slow part.
                let mut harness = window(Stage::empty(), size, dark, language);
                for (name, stage) in scenes() {
                    *harness.state_mut() = stage;
                    harness.run();
                    let route = &harness.state().route;
                    // The colours change no place: what scrolls is scrolled once.
                    let pages = !dark && (route.conversation.is_none() || route.dialog.is_some());
                    let place = format!("{name} {size:?} {language:?} dark={dark}");
                    all.extend(
                        tree::faults(&mut harness, size, pages)
                            .into_iter()
                            .map(|fault| format!("{place}: {fault}")),
                    );
                }
            }
        }
    }
    crate::i18n::set_language(Language::English);
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// Writes every view as a picture into the folder `KITH_PICTURES`, for eyes to look at.
#[test]
fn pictures_for_eyes() {
    let Some(folder) = std::env::var_os("KITH_PICTURES") else {
        return;
    };
    for (size, dark, language) in [
        (WIDE, false, Language::English),
        (WIDE, true, Language::English),
        ([390.0, 700.0], true, Language::Hindi),
        ([360.0, 480.0], false, Language::English),
    ] {
        let mut harness = window(Stage::empty(), size, dark, language);
        for (name, stage) in scenes() {
            *harness.state_mut() = stage;
            harness.run();
            let theme = if dark { "dark" } else { "light" };
            let file = format!("{} {} {theme}.png", name, size[0]).replace(' ', "-");
            harness
                .render()
                .unwrap()
                .save(std::path::Path::new(&folder).join(file))
                .unwrap();
        }
    }
}

#[test]
fn the_main_views_look_as_they_did() {
    // Pictures with times in them hold only where the clock on the wall is that of Greenwich.
    let greenwich = crate::i18n::dates::time_of_day(super::scene::NOW_MS) == "22:13";
    let timeless = ["no chats", "settings appearance", "settings security"];
    let timed = ["conversation", "invite"];
    let mut results = egui_kittest::SnapshotResults::new();
    for dark in [false, true] {
        let mut harness = window(Stage::empty(), WIDE, dark, Language::English);
        for (name, stage) in scenes() {
            if !(timeless.contains(&name) || greenwich && timed.contains(&name)) {
                continue;
            }
            *harness.state_mut() = stage;
            harness.run();
            let theme = if dark { "dark" } else { "light" };
            harness.snapshot(format!("talk/{name}-{theme}").replace(' ', "-"));
        }
        results.extend(harness.take_snapshot_results());
    }
}
