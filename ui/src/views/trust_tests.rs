//! Alice compares safety numbers, blocks somebody, looks how far a message has come, and has friends keep letters.

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kith_node::view::{BodyView, CarrierView};
use kith_node::{Command, Event};

use super::scene::{NOW_MS, Stage, window};
use crate::i18n::Language;
use crate::model::testing::{BOB, at, conversation, row, safety};
use crate::route::{Dialog, Route, Section, SettingsPage};

/// High enough that nothing has to be scrolled to.
const TALL: [f32; 2] = [1_100.0, 1_400.0];

fn tall(stage: Stage) -> Harness<'static, Stage> {
    window(stage, TALL, false, Language::English)
}

fn bob_page() -> Stage {
    Stage {
        route: Route {
            contact: Some(BOB),
            ..Route::section(Section::Contacts)
        },
        ..Stage::busy()
    }
}

fn type_code(harness: &mut Harness<'static, Stage>, text: &str) {
    let field = harness.get_by_role_and_label(egui::Role::TextInput, "What Bob Okafor sees");
    field.focus();
    harness.run();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.event(egui::Event::Text(text.to_owned()));
    harness.run();
    harness
        .get_by_role_and_label(egui::Role::Button, "Compare")
        .click();
    harness.run();
}

fn says(harness: &Harness<'static, Stage>, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

#[test]
fn alice_compares_safety_numbers_with_bob() {
    let mut harness = tall(bob_page());
    assert!(!says(&harness, "verified"));
    harness
        .get_by_role_and_label(egui::Role::Button, "Safety number")
        .click();
    harness.run();
    harness.run();
    let number = safety(BOB, None);
    let digits = number.groups.join(" ");
    assert!(says(&harness, &digits), "the digits are read in one piece");
    harness.get_by_label("The safety number as a QR code");

    type_code(&mut harness, &digits);
    assert!(says(&harness, "The same: nobody stands between"));
    type_code(&mut harness, &"7".repeat(60));
    assert!(says(&harness, "Not the same.") && !says(&harness, "The same: nobody"));
    type_code(&mut harness, &number.code);
    assert!(says(&harness, "The same: nobody stands between"));

    harness
        .get_by_label("They are the same: mark as verified")
        .click();
    harness.run();
    assert!(says(&harness, "Verified: "));
    harness.key_press(egui::Key::Escape);
    harness.state_mut().route.dialog = None;
    harness.run();
    harness.get_by_label("Bob Okafor, verified");
    harness
        .get_by_role_and_label(egui::Role::Button, "Safety number")
        .click();
    harness.run();
    harness.run();
    harness.get_by_label("Take back").click();
    harness.run();
    assert!(!says(&harness, "Verified: "));
    let asked = &harness.state().asked;
    for verified in [true, false] {
        let set = Command::SetVerified {
            account: BOB,
            verified,
        };
        assert!(asked.contains(&set), "{asked:?}");
    }
}

/// A chat with Bob at whose end a row tells of one of his devices.
fn told_by_bob(body: BodyView) -> Stage {
    let mut stage = Stage::busy();
    let mut notice = row(1_900, BOB, "");
    notice.body = body;
    notice.at_ms = NOW_MS;
    stage.rows.entry(conversation(1)).or_default().push(notice);
    stage.route = Route::conversation(conversation(1));
    stage
}

#[test]
fn a_new_device_is_told_of_and_offers_to_compare() {
    let device = kith_node::id::DeviceId::from_bytes([4; 32]);
    let stage = told_by_bob(BodyView::NewDevice { device });
    let mut harness = tall(stage);
    assert!(says(&harness, "writes from a new device"));
    harness.get_by_label("Compare safety numbers").click();
    harness.run();
    assert_eq!(
        harness.state().route.dialog,
        Some(Dialog::Safety { account: BOB })
    );
}

#[test]
fn a_device_that_is_gone_is_told_of() {
    let device = kith_node::id::DeviceId::from_bytes([4; 32]);
    let stage = told_by_bob(BodyView::DeviceGone { device });
    let harness = tall(stage);
    assert!(says(&harness, "no longer writes from one of their devices"));
    assert!(!says(&harness, "Compare safety numbers"));
}

#[test]
fn delivery_details_are_asked_for_and_change_while_they_are_looked_at() {
    let mut stage = Stage::busy();
    stage.route = Route::conversation(conversation(1));
    let mut harness = tall(stage);
    let bubbles: Vec<_> = harness
        .query_all_by_role(egui::Role::ListItem)
        .filter(|node| {
            let label = node.accesskit_node().label().unwrap_or_default();
            label.starts_with("You, ") && label.ends_with("Delivered")
        })
        .collect();
    bubbles.first().expect("a message of ours").click_secondary();
    drop(bubbles);
    harness.run();
    harness.get_by_label("Delivery details").click();
    harness.run();
    harness.run();
    assert!(says(&harness, "Read: ") && says(&harness, "expires in 5 days"));
    assert!(says(&harness, "Not handed to anyone yet"));
    let asked = |harness: &Harness<'static, Stage>| {
        let asked = harness.state().asked.iter();
        asked
            .filter(|command| matches!(command, Command::GetLedger { .. }))
            .count()
    };
    assert_eq!(asked(&harness), 1, "once, however often it is painted");
    let moved = harness.state().rows[&conversation(1)][3].clone();
    harness
        .state_mut()
        .model
        .apply_event(Event::Message(Box::new(moved)));
    harness.run();
    harness.run();
    assert_eq!(asked(&harness), 2);
}

#[test]
fn two_who_met_lately_are_asked_once_whether_they_keep_letters() {
    for (answer, used) in [("Yes, both of us", true), ("Not now", false)] {
        let mut stage = Stage::busy().undecided();
        let mut added = row(1_001, BOB, "");
        added.body = BodyView::ContactAdded;
        added.position = at(1);
        added.at_ms = NOW_MS - 60_000;
        stage.rows.insert(conversation(1), vec![added]);
        stage.route = Route::conversation(conversation(1));
        let mut harness = tall(stage);
        harness.get_by_label(answer).click();
        harness.run();
        assert!(!says(&harness, answer), "it is asked once");
        let asked = &harness.state().asked;
        assert!(asked.contains(&Command::UseCarrier { account: BOB, used }));
        let both = Command::SetCarrying {
            account: BOB,
            carry: true,
        };
        assert_eq!(asked.contains(&both), used);
    }
}

#[test]
fn an_offer_of_an_old_friend_is_shown_until_it_is_answered() {
    let mut stage = Stage::busy().undecided();
    stage.route = Route::conversation(conversation(1));
    let offers = CarrierView {
        account: BOB,
        offered: true,
        used: false,
        decided: false,
        max_bytes: Some(50_000_000),
        days: Some(7),
    };
    if let Some(added) = stage
        .rows
        .get_mut(&conversation(1))
        .and_then(|rows| rows.first_mut())
    {
        added.at_ms -= 30 * 86_400_000;
    }
    let mut harness = tall(stage);
    assert!(!says(&harness, "Not now"));
    let mut view = harness.state().model.carrying.view.clone().expect("it is known");
    view.carriers.push(offers);
    harness
        .state_mut()
        .model
        .apply_event(Event::Carrying(Box::new(view)));
    harness.run();
    assert!(says(&harness, "Bob Okafor offers to keep sealed letters for you"));
    harness.get_by_label("Not now").click();
    harness.run();
    assert!(!says(&harness, "Not now"));
}

#[test]
fn letters_are_kept_limited_and_thrown_away_in_the_settings() {
    let stage = Stage {
        route: Route {
            settings: Some(SettingsPage::Carrying),
            ..Route::section(Section::Settings)
        },
        ..Stage::busy()
    };
    let mut harness = tall(stage);
    assert!(says(&harness, "They cannot open them."));
    assert!(says(&harness, "6 letters, 441 kB"));
    harness
        .get_by_label("Throw away what waits for मीरा शर्मा")
        .click();
    harness.run();
    assert!(!says(&harness, "6 letters"));
    harness
        .get_all_by_label("Choose a friend")
        .next()
        .expect("a button")
        .click();
    harness.run();
    harness.run();
    harness.get_by_label_contains("Bob Okafor, ").click();
    harness.run();
    harness.run();
    assert!(says(&harness, "Bob Okafor keeps yours. Has not agreed yet"));
    harness
        .get_by_role_and_label(egui::Role::RadioButton, "Off")
        .click();
    harness.run();
    assert!(says(&harness, "Turned off"));
    let asked = &harness.state().asked;
    assert!(asked.contains(&Command::UseCarrier {
        account: BOB,
        used: true
    }));
    assert!(asked.contains(&Command::SetCarryingLimits { max_mb: 0, days: 7 }));
}

#[test]
fn the_header_leads_to_the_page_that_says_whose_friends_keep_letters() {
    let mut stage = Stage::busy();
    stage.route = Route::conversation(conversation(1));
    let mut harness = tall(stage);
    assert!(!says(&harness, "can wait with a friend of theirs"));
    let mut headings = harness.query_all_by_label_contains("Bob Okafor, ");
    let heading = headings.find(|node| node.accesskit_node().role() == egui::Role::Heading);
    heading.expect("the header").click();
    drop(headings);
    harness.run();
    assert!(harness.state().route.details);
    harness.get_by_role_and_label(egui::Role::Button, "Safety number");
    assert!(says(
        &harness,
        "While Bob Okafor is away, what you write can wait with a friend of theirs."
    ));
}

#[test]
fn alice_blocks_bob_and_takes_it_back() {
    let mut harness = tall(bob_page());
    let press = |harness: &mut Harness<'static, Stage>, word: &str| {
        harness.get_by_role_and_label(egui::Role::Button, word).click();
        harness.run();
        harness.run();
    };
    press(&mut harness, "Block…");
    assert!(says(&harness, "is not told"));
    press(&mut harness, "Cancel");
    assert!(!says(&harness, "is not told"));
    press(&mut harness, "Block…");
    press(&mut harness, "Block");
    assert_eq!(harness.state().route.dialog, None);
    assert!(says(&harness, "You have blocked Bob Okafor"));
    assert!(!says(&harness, "Safety number"), "nothing else is done with them");
    press(&mut harness, "Unblock");
    assert!(!says(&harness, "You have blocked Bob Okafor"));
    assert!(says(&harness, "Safety number"));
}
