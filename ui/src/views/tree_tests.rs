//! Every view is looked over in both themes, both languages and three sizes: by rules that the tree of screen readers can
//! answer, by pictures that must not change unseen, and, on demand, by eye.

use kith_node::id::{AccountId, DeviceId};
use kith_node::view::{
    BodyView, BootstrapView, ContactState, ContactView, DamageView, DeletingView, DeletionView, DialProblem,
    NetworkProblem,
};
use kith_node::{Command, CommandError, Event, Reply};

use super::scene::{NOW_MS, Stage, window};
use super::{scene_groups, selecting_tests};
use crate::i18n::Language;
use crate::model::testing::{BOB, at, conversation, row};
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

/// A contact's page.
fn person(account: AccountId) -> Route {
    Route {
        contact: Some(account),
        ..Route::section(Section::Contacts)
    }
}

/// Every view, by a name.
pub(super) fn scenes() -> Vec<(&'static str, Stage)> {
    let chat = Route::conversation(conversation(1));
    let known = |n: u8| AccountId::from_bytes([n; 32]);
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
        ("contact", person(known(2))),
        ("alarmed contact", person(known(3))),
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
        ("settings carrying", settings(SettingsPage::Carrying)),
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
        .chain(troubled().into_iter().chain(told()))
        .chain(trusted().into_iter().chain(deleted()))
        .chain(scene_groups::scenes())
        .collect()
}

/// Safety numbers, delivery details, letters for friends.
fn trusted() -> Vec<(&'static str, Stage)> {
    let chat = Route::conversation(conversation(1));
    let mut verified = Stage::busy();
    for account in [2, 4].map(|n| AccountId::from_bytes([n; 32])) {
        if let Some(contact) = verified.model.contacts.get(account).cloned() {
            let contact = Box::new(ContactView {
                verified: true,
                ..contact
            });
            verified.model.apply_event(Event::Contact(contact));
        }
    }
    verified.route = person(AccountId::from_bytes([4; 32]));
    let mut header = Stage::busy();
    header.model.contacts = verified.model.contacts.clone();
    for contact in header.model.contacts.iter().cloned().collect::<Vec<_>>() {
        header.model.apply_event(Event::Contact(Box::new(contact)));
    }
    header.route = chat.clone();
    let mut fresh = Stage::busy().undecided();
    if let Some(added) = fresh
        .rows
        .get_mut(&conversation(1))
        .and_then(|rows| rows.first_mut())
    {
        added.at_ms = NOW_MS - 60_000;
    }
    let mut device = row(1_900, BOB, "");
    device.body = BodyView::NewDevice {
        device: DeviceId::from_bytes([4; 32]),
    };
    device.at_ms = NOW_MS;
    fresh.rows.entry(conversation(1)).or_default().push(device);
    fresh.route = chat.clone();
    let over = |route: &Route, dialog| Stage {
        route: route.with_dialog(dialog),
        ..Stage::busy()
    };
    let ledger = Dialog::Ledger {
        conversation: conversation(1),
        position: at(1_001),
    };
    let letters = settings(SettingsPage::Carrying);
    let nobody = Stage {
        route: letters.clone(),
        ..Stage::empty()
    };
    vec![
        ("safety", over(&chat, Dialog::Safety { account: BOB })),
        ("ledger", over(&chat, ledger)),
        ("choose carrier", over(&letters, Dialog::Carrier { ours: true })),
        ("choose carried", over(&letters, Dialog::Carrier { ours: false })),
        ("no carriers", nobody),
        ("block", over(&person(BOB), Dialog::Block { account: BOB })),
        ("blocked contact", blocked()),
        ("verified", header),
        ("verified contact", verified),
        ("offer", fresh),
    ]
}

/// The page of somebody who was blocked.
fn blocked() -> Stage {
    let account = AccountId::from_bytes([5; 32]);
    let mut stage = Stage {
        route: person(account),
        ..Stage::busy()
    };
    if let Some(contact) = stage.model.contacts.get(account).cloned() {
        let contact = Box::new(ContactView {
            state: ContactState::Blocked,
            ..contact
        });
        stage.model.apply_event(Event::Contact(contact));
    }
    stage
}

/// Deleting messages and chats, and what disappears by itself.
fn deleted() -> Vec<(&'static str, Stage)> {
    let chat = Route::conversation(conversation(1));
    let over = |dialog| Stage {
        route: chat.with_dialog(dialog),
        ..Stage::busy()
    };
    let message = |number| Dialog::DeleteMessages {
        conversation: conversation(1),
        positions: vec![at(number)],
    };
    let whole = Dialog::DeleteChat {
        conversation: conversation(1),
    };
    let several = Dialog::DeleteMessages {
        conversation: conversation(1),
        positions: vec![at(1_008), at(1_009)],
    };
    let several = over(several);
    let mut undo = Stage {
        route: chat.clone(),
        ..Stage::busy()
    };
    if let Some(mut view) = undo.model.chats.list.get(conversation(1)).cloned() {
        view.timer.seconds = 604_800;
        undo.model.chats.list.apply(view);
    }
    let rows = undo.rows.entry(conversation(1)).or_default();
    for (number, body) in (1_900..).zip([BodyView::Timer { seconds: 604_800 }, BodyView::Deleted]) {
        let mut told = row(number, BOB, "");
        (told.body, told.at_ms) = (body, NOW_MS);
        rows.push(told);
    }
    let command = Command::DeleteChat {
        conversation: conversation(2),
    };
    let reply = Reply::Deletion(DeletionView {
        id: "chat".to_owned(),
        conversation: conversation(2),
        positions: Vec::new(),
        until_ms: NOW_MS + 10_000,
        undelivered: 2,
    });
    if let Some(mut view) = undo.model.chats.list.get(conversation(2)).cloned() {
        view.deleting = Some(DeletingView {
            deletion: "chat".to_owned(),
            until_ms: NOW_MS + 10_000,
        });
        undo.model.chats.list.apply(view);
    }
    undo.model.apply_reply(&command, reply);
    vec![
        ("delete own", over(message(1_008))),
        ("delete unheld", over(message(1_015))),
        ("delete theirs", over(message(1_011))),
        ("delete chat", over(whole)),
        ("deleted", undo),
        ("selecting", selecting_tests::chosen(&[1_008, 1_009, 1_011])),
        ("delete several", several),
    ]
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
    network.model.bootstraps = vec!["/ip4/203.0.113.7/tcp/5484".to_owned()];
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
    damaged.model.names_picture = true;
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

/// What could not be had from the node, and what it says of itself below the list.
fn told() -> Vec<(&'static str, Stage)> {
    let missing = |question: Command, route| {
        let mut stage = Stage {
            route,
            ..Stage::empty()
        };
        (stage.model.chats, stage.model.contacts) = (Default::default(), Default::default());
        let error = CommandError::Storage {
            reason: "a record is damaged".to_owned(),
        };
        stage.model.apply_failure(&question, &error, NOW_MS);
        stage
    };
    let handed_out = Route {
        invites: true,
        ..Route::section(Section::Contacts)
    };
    let problem = |problem, route| {
        let mut stage = Stage {
            route,
            ..Stage::busy()
        };
        let network = stage.model.network.as_mut();
        network.expect("it is known").problems = vec![problem];
        stage
    };
    let doubted = NetworkProblem::ClockDoubted {
        by_ms: 3 * 31_536_000_000,
    };
    let kept_out = NetworkProblem::KeptOut {
        name: "Søren Kierkegaard-Bartholomew von und zu Hohenstein".to_owned(),
        until_ms: NOW_MS + 3_600_000,
    };
    vec![
        (
            "chats missing",
            missing(Command::ListConversations {}, Route::default()),
        ),
        ("links missing", missing(Command::ListInvites {}, handed_out)),
        ("clock doubted", problem(doubted, Route::default())),
        ("kept out", problem(kept_out.clone(), Route::default())),
        (
            "kept out in full",
            problem(kept_out, settings(SettingsPage::Network)),
        ),
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

/// Writes every view as a picture into the folder `KITH_PICTURES`, for eyes to look at; only those that
/// `KITH_PICTURES_OF` names, if it names any, with a comma between them.
#[test]
fn pictures_for_eyes() {
    let Some(folder) = std::env::var_os("KITH_PICTURES") else {
        return;
    };
    let wanted = std::env::var("KITH_PICTURES_OF").unwrap_or_default();
    let wanted = |name: &str| wanted.is_empty() || wanted.split(',').any(|one| one == name);
    for (size, dark, language) in tree::for_eyes(&Language::ALL) {
        let mut harness = window(Stage::empty(), size, dark, language);
        for (name, stage) in scenes().into_iter().filter(|(name, _)| wanted(name)) {
            *harness.state_mut() = stage;
            harness.run();
            let theme = if dark { "dark" } else { "light" };
            let file = format!("{name} {} {theme} {language:?}.png", size[0]).replace(' ', "-");
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
    let timeless = ["no chats", "settings appearance", "settings security", "safety"];
    let timed = [
        "conversation",
        "invite",
        "ledger",
        "settings carrying",
        "group",
        "group details",
        "group ledger",
        "new group",
    ];
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
