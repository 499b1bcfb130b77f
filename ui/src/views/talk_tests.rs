//! Alice uses the window: reads, writes, scrolls, invites, sets things; and every view is looked over in both
//! themes, both languages and three sizes.

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use kith_node::view::DeliveryState;
use kith_node::{Command, CommandError, Event};

use super::scene::{Stage, composer_name, faults, window};
use crate::action::Action;
use crate::i18n::Language;
use crate::model::testing::{BOB, conversation, row};
use crate::route::{Dialog, Route, Section, SettingsPage};

const WIDE: [f32; 2] = [1_100.0, 700.0];
const SIZES: [[f32; 2]; 3] = [WIDE, [700.0, 600.0], [360.0, 480.0]];

fn english(stage: Stage) -> Harness<'static, Stage> {
    window(stage, WIDE, false, Language::English)
}

fn open_bob() -> Harness<'static, Stage> {
    let mut stage = Stage::busy();
    stage.route = Route::conversation(conversation(1));
    english(stage)
}

fn settings(page: SettingsPage) -> Route {
    Route {
        settings: Some(page),
        ..Route::section(Section::Settings)
    }
}

/// Every view, by a name.
fn scenes() -> Vec<(&'static str, Stage)> {
    let chat = Route::conversation(conversation(1));
    let contact = Stage::busy()
        .model
        .contacts
        .iter()
        .next()
        .map(|contact| contact.account);
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
        ("details", details),
        ("waiting", Route::conversation(conversation(7))),
        ("invites", Route::section(Section::Contacts)),
        (
            "contact",
            Route {
                contact,
                ..Route::section(Section::Contacts)
            },
        ),
        ("invite", chat.with_dialog(Dialog::Invite)),
        ("add", chat.with_dialog(add)),
        ("find", chat.with_dialog(Dialog::Find)),
        ("delete", chat.with_dialog(Dialog::DeleteProfile)),
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
        .collect()
}

#[test]
fn nothing_is_unnamed_clipped_or_overlapping_in_any_view() {
    let mut all = Vec::new();
    for size in SIZES {
        for (dark, language) in [(false, Language::English), (true, Language::Hindi)] {
            // One window for all views: its fonts are the slow part.
            let mut harness = window(Stage::empty(), size, dark, language);
            for (name, stage) in scenes() {
                *harness.state_mut() = stage;
                harness.run();
                all.extend(
                    faults(&harness, size)
                        .into_iter()
                        .map(|fault| format!("{name} {size:?} {language:?}: {fault}")),
                );
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

#[test]
fn alice_writes_and_enter_sends() {
    let mut harness = open_bob();
    let composer = composer_name();
    assert!(
        harness.get_by_label(&composer).is_focused(),
        "an opened chat is ready to be written in"
    );
    harness.get_by_label(&composer).type_text("See you there");
    harness.run();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    harness.run();
    harness.get_by_label(&composer).type_text("Alice");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let sent = Command::SendMessage {
        conversation: conversation(1),
        text: "See you there\nAlice".into(),
    };
    assert!(
        harness.state().asked.contains(&sent),
        "{:?}",
        harness.state().asked
    );
    harness.get_by_label("See you there\nAlice");
    assert_eq!(harness.get_by_label(&composer).value().unwrap_or_default(), "");
}

#[test]
fn what_bob_writes_shows_at_once_and_is_read() {
    let mut harness = open_bob();
    let mut hello = row(2_000, BOB, "One more thing");
    hello.at_ms = super::scene::NOW_MS;
    harness
        .state_mut()
        .model
        .apply_event(Event::Message(Box::new(hello.clone())));
    harness.run();
    harness.get_by_label("One more thing");
    let read = Command::MarkRead {
        conversation: conversation(1),
        up_to: hello.position,
    };
    assert!(harness.state().asked.contains(&read));
}

#[test]
fn a_text_that_could_not_be_sent_is_back_in_the_composer() {
    let mut harness = open_bob();
    let command = Command::SendMessage {
        conversation: conversation(1),
        text: "lost?".into(),
    };
    harness
        .state_mut()
        .model
        .apply_failure(&command, &CommandError::DiskFull, 0);
    harness.run();
    assert_eq!(
        harness.get_by_label(&composer_name()).value().as_deref(),
        Some("lost?")
    );
    harness.get_by_role_and_label(egui::Role::Alert, &crate::t!("error-disk-full"));
}

#[test]
fn a_long_conversation_loads_older_pages_and_comes_back_to_the_newest() {
    let mut stage = Stage::busy();
    let rows = (1..600).map(|n| row(n, BOB, &format!("line {n}"))).collect();
    stage.rows.insert(conversation(1), rows);
    stage.route = Route::conversation(conversation(1));
    let mut harness = english(stage);
    harness.get_by_label("line 599");
    for _ in 0..12 {
        harness.key_press(Key::PageUp);
        harness.run();
    }
    assert!(harness.query_by_label("line 599").is_none());
    let pages = harness
        .state()
        .asked
        .iter()
        .filter(|command| matches!(command, Command::GetMessages { .. }))
        .count();
    assert!(pages > 1, "older rows were asked for");
    harness.get_by_label("Go to the newest message").click();
    harness.run();
    harness.get_by_label("line 599");
}

#[test]
fn a_chat_opens_at_its_first_unread_row() {
    let mut stage = Stage::busy();
    let rows: Vec<_> = (1..200).map(|n| row(n, BOB, &format!("line {n}"))).collect();
    stage.rows.insert(conversation(1), rows);
    let mut bob = stage.model.chats.list.get(conversation(1)).unwrap().clone();
    bob.unread = 60;
    stage.model.chats.list.apply(bob);
    stage.route = Route::conversation(conversation(1));
    let harness = english(stage);
    let line = harness.get_by_label("New messages").rect();
    let first = harness.get_by_label("line 140").rect();
    assert!(
        line.bottom() <= first.top() + 1.0 && first.top() < 250.0,
        "{line:?} {first:?}"
    );
    assert!(harness.query_by_label("line 199").is_none());
}

/// How long this thread has been on a processor, whoever else wanted it (proc(5), schedstat). `None` elsewhere than on
/// Linux.
fn on_processor() -> Option<std::time::Duration> {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = schedstat.split_whitespace().next()?.parse().ok()?;
    Some(std::time::Duration::from_nanos(nanoseconds))
}

#[test]
fn scrolling_through_a_hundred_thousand_rows_costs_a_few_milliseconds_a_frame() {
    const FRAMES: u32 = 240;
    // The budget is 4 ms where egui is optimised; unoptimised it takes several times that.
    let budget_ms = if cfg!(debug_assertions) { 40 } else { 4 };
    let mut stage = Stage::busy();
    let long = "and a sentence that is long enough to be broken into several lines of a bubble ".repeat(4);
    let text = |n: u64| match n % 5 {
        0 => format!("line {n} {long}"),
        1 => format!("शाम {n} को मिलते हैं 🙏"),
        _ => format!("line {n}"),
    };
    let rows = (1..100_000).map(|n| row(n, BOB, &text(n))).collect();
    stage.rows.insert(conversation(1), rows);
    stage.route = Route::conversation(conversation(1));
    let mut harness = english(stage);
    harness.hover_at(egui::pos2(700.0, 300.0));
    harness.run();
    let mut spent = std::time::Duration::ZERO;
    for _ in 0..FRAMES {
        harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, 180.0),
            modifiers: Modifiers::NONE,
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
        });
        let Some(before) = on_processor() else { return };
        harness.step();
        spent += on_processor().unwrap() - before;
    }
    assert!(harness.query_by_label("line 99998").is_none(), "it scrolled");
    let frame = spent / FRAMES;
    println!("one frame of scrolling through 100,000 rows: {frame:?} on the processor");
    assert!(frame.as_millis() < budget_ms, "a frame took {frame:?}");
}

#[test]
fn hebrew_and_arabic_are_read_as_they_were_written_and_their_links_open() {
    let mut stage = Stage::busy();
    let texts = [
        "שלום! מה שלומך (היום)?",
        "مرحبا يا صديقي https://example.org/salam",
        "say שלום עולם now",
    ];
    let rows = texts.iter().zip(1..).map(|(text, n)| row(n, BOB, text)).collect();
    stage.rows.insert(conversation(1), rows);
    stage.route = Route::conversation(conversation(1));
    let mut harness = english(Stage::empty());
    // Hebrew and Arabic come from the system's fonts, which a test does not have.
    harness
        .ctx
        .set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    *harness.state_mut() = stage;
    harness.run();
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
fn a_narrow_window_leads_to_the_links_that_were_handed_out() {
    let mut stage = Stage::busy();
    stage.route = Route::section(Section::Contacts);
    let mut harness = window(stage, [360.0, 640.0], false, Language::English);
    harness
        .get_by_label_contains("Links you handed out, 1 waits")
        .click();
    harness.run();
    harness.get_by_label("Take back");
    harness.get_by_label("Back").click();
    harness.run();
    harness.get_by_label_contains("Bob Okafor");
}

#[test]
fn what_is_wrong_with_the_profile_is_said_below_the_list_and_explained_by_a_click() {
    let mut stage = Stage::busy();
    let mut profile = crate::model::testing::profile();
    profile.damage = Some(kith_node::view::DamageView {
        kept_at: Some("/profiles/alice/db.damaged-1".into()),
        records_recovered: 1_200,
        records_lost_at_least: 3,
    });
    stage.model.profile = Some(profile);
    let mut harness = english(stage);
    harness
        .get_by_label_contains("Some of your data was damaged")
        .click();
    harness.run();
    for said in ["at least 3 were lost", "db.damaged-1"] {
        assert!(harness.query_all_by_label_contains(said).count() > 0, "{said}");
    }
}

#[test]
fn each_chat_keeps_its_draft() {
    let mut harness = open_bob();
    harness.get_by_label(&composer_name()).type_text("half a thought");
    harness.run();
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowDown);
    harness.run();
    assert_eq!(harness.state().route.conversation, Some(conversation(2)));
    harness.get_by_label_contains("Draft: half a thought");
    harness.key_press_modifiers(Modifiers::CTRL, Key::Tab);
    harness.run();
    assert_eq!(
        harness.get_by_label(&composer_name()).value().as_deref(),
        Some("half a thought")
    );
}

#[test]
fn a_link_says_whose_it_is_and_opens_only_by_a_click() {
    let mut harness = open_bob();
    harness
        .get_by_label("Open photos.example.org in your browser")
        .click();
    harness.run();
    let opened = harness.state().done.iter().any(|action| {
        matches!(action, Action::OpenUrl(url) if url == "https://photos.example.org/alps/2023/ridge-walk")
    });
    assert!(opened, "{:?}", harness.state().done);
}

#[test]
fn a_refused_invite_says_why_and_an_accepted_one_closes_the_dialog() {
    let mut stage = Stage::busy();
    stage.refuse = Some(CommandError::OwnInvite);
    stage.route = Route::default().with_dialog(Dialog::AddContact {
        link: "kith:mine".into(),
    });
    let mut harness = english(stage);
    harness.get_by_label("Add contact").click();
    harness.run();
    harness.get_by_label_contains("This is your own invite link");
    harness.state_mut().refuse = None;
    harness.get_by_label("Add contact").click();
    harness.run();
    assert_eq!(harness.state().route.dialog, None);
    assert!(
        harness
            .state()
            .model
            .contacts
            .iter()
            .any(|contact| contact.name == "Newcomer")
    );
}

#[test]
fn an_invite_is_copied_and_shown_as_a_code() {
    let mut stage = Stage::empty();
    stage.route = Route::default().with_dialog(Dialog::Invite);
    let mut harness = english(stage);
    assert!(
        harness
            .state()
            .asked
            .contains(&Command::CreateInvite { valid_for_s: None })
    );
    harness.get_by_label("The invite link as a QR code");
    harness.get_by_label("Copy link").click();
    harness.run();
    assert!(
        harness
            .state()
            .done
            .iter()
            .any(|action| matches!(action, Action::Copy(link) if link.starts_with("kith:")))
    );
}

#[test]
fn nothing_is_painted_again_while_nothing_happens() {
    let mut harness = open_bob();
    harness.run();
    assert!(harness.try_run().is_ok_and(|steps| steps <= 2));
}

#[test]
fn ticks_are_said_to_those_who_cannot_see_them() {
    let mut harness = open_bob();
    let mut sent = row(
        1_016,
        crate::model::testing::ALICE,
        "I will write to the hut tonight",
    );
    sent.state = Some(DeliveryState::Delivered);
    sent.at_ms = super::scene::NOW_MS;
    let id = harness
        .state()
        .rows
        .get(&conversation(1))
        .unwrap()
        .last()
        .unwrap()
        .clone();
    harness
        .state_mut()
        .model
        .apply_event(Event::Message(Box::new(kith_node::view::MessageView {
            state: Some(DeliveryState::Read),
            ..id
        })));
    harness.run();
    assert!(harness.query_all_by_label_contains("Read").count() > 0);
}
