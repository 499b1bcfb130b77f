//! Alice talks in a group: who says what, how far her words have come, what goes and what stays when she deletes; and she
//! begins another.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kith_node::id::DeviceId;
use kith_node::view::{BodyView, ConversationView};
use kith_node::{Command, CommandError, Event};

use super::scene::{NOW_MS, Stage, window};
use super::scene_groups::{CHIDI, GROUP, NAME, person, told};
use crate::i18n::Language;
use crate::model::testing::{ALICE, BOB, at, conversation};
use crate::route::{Dialog, Route, Section};

/// High enough that nothing has to be scrolled to.
const TALL: [f32; 2] = [1_100.0, 1_400.0];

type Window = Harness<'static, Stage>;

fn open(route: Route) -> Window {
    let stage = Stage {
        route,
        ..Stage::grouped()
    };
    window(stage, TALL, false, Language::English)
}

fn group() -> Route {
    Route::conversation(conversation(GROUP))
}

fn over_group(dialog: impl Fn(u64) -> Dialog, number: u64) -> Window {
    open(group().with_dialog(dialog(number)))
}

fn delete(number: u64) -> Dialog {
    Dialog::DeleteMessages {
        conversation: conversation(GROUP),
        positions: vec![at(number)],
    }
}

fn ledger(number: u64) -> Dialog {
    Dialog::Ledger {
        conversation: conversation(GROUP),
        position: at(number),
    }
}

fn says(window: &Window, text: &str) -> bool {
    window.query_all_by_label_contains(text).next().is_some()
}

fn press(window: &mut Window, label: &str) {
    window.get_by_role_and_label(egui::Role::Button, label).click();
    window.run();
    window.run();
}

fn key(window: &mut Window, key: Key) {
    window.key_press(key);
    window.run();
}

fn types(window: &mut Window, text: &str) {
    window.event(egui::Event::Text(text.to_owned()));
    window.run();
}

fn focused(window: &Window) -> String {
    let mut all = window.root().children_recursive();
    let found = all.find(|node| node.is_focused());
    found
        .and_then(|node| {
            let access = node.accesskit_node();
            access.label().or_else(|| access.value())
        })
        .unwrap_or_default()
}

/// The row of somebody who can be chosen.
fn row(window: &mut Window, name: &str) {
    let named = |node: &egui_kittest::Node<'_>| {
        let middle = node.rect().left() > 300.0;
        let label = node.accesskit_node().label().unwrap_or_default();
        middle && label.starts_with(name)
    };
    let found = window.query_all_by_role(egui::Role::ListItem).rfind(named);
    found.expect("they can be chosen").click();
    window.run();
}

fn begun(window: &Window) -> Option<Command> {
    let mut asked = window.state().asked.iter();
    let begins = |command: &&Command| matches!(command, Command::CreateGroup { .. });
    asked.find(begins).cloned()
}

#[test]
fn whoever_speaks_in_a_group_is_named() {
    let window = open(group());
    for speaker in ["You, ", "Bob Okafor, ", "मीरा शर्मा, ", "Chidi, "] {
        let rows = window.query_all_by_role(egui::Role::ListItem);
        let theirs = rows.filter(|node| {
            let label = node.accesskit_node().label().unwrap_or_default();
            node.rect().left() > 380.0 && label.starts_with(speaker)
        });
        assert!(theirs.count() > 0, "{speaker}");
    }
    assert!(says(&window, "Bob Okafor created the group"));
    assert!(says(&window, "Chidi: Great!"), "the list says it, too");
    assert!(says(&window, "5 members, 2 online"));
}

#[test]
fn the_page_of_a_group_lists_its_members_and_leads_to_those_who_are_contacts() {
    let mut window = open(Route {
        details: true,
        ..group()
    });
    assert!(says(&window, "Alice Liddell, You"));
    assert!(says(&window, "Chidi, not among your contacts"));
    window
        .get_by_role_and_label(egui::Role::RadioButton, "1 day")
        .click();
    window.run();
    let asked = Command::SetTimer {
        conversation: conversation(GROUP),
        seconds: 86_400,
    };
    assert!(window.state().asked.contains(&asked));
    let page = |node: &egui_kittest::Node<'_>| node.rect().left() > 780.0;
    let bob = window.query_all_by_label_contains("Bob Okafor, ").rfind(page);
    bob.expect("his row").click();
    window.run();
    let bob = Route {
        contact: Some(BOB),
        ..Route::section(Section::Contacts)
    };
    assert_eq!(window.state().route, bob);
}

#[test]
fn the_delivery_details_count_people_and_name_those_of_whom_nothing_is_known() {
    let window = over_group(ledger, 1_008);
    assert!(says(&window, "Delivered to 2 of 4, read by 1"));
    assert!(says(&window, "Bob Okafor: Read: "));
    assert!(says(&window, "मीरा शर्मा’s device "), "she has two");
    assert!(says(&window, "Chidi: None of their devices is known yet"));
    assert!(!says(&window, &format!("{NAME}’s device")));
}

#[test]
fn what_is_said_before_deleting_speaks_of_the_members() {
    let window = over_group(delete, 1_008);
    assert!(says(&window, "asks the Kith of everybody in Ridge walk"));
    let window = over_group(delete, 1_006);
    assert!(says(&window, "The others in Ridge walk ⛰ keep it"));
    assert!(!says(&window, "Delete for everyone"));
}

#[test]
fn a_chat_of_a_group_that_was_deleted_is_found_again() {
    let mut window = open(group().with_dialog(Dialog::DeleteChat {
        conversation: conversation(GROUP),
    }));
    assert!(says(&window, "You still belong to Ridge walk"));
    press(&mut window, "Delete chat");
    let chat = window.state().model.chats.list.get(conversation(GROUP)).cloned();
    let emptied = ConversationView {
        deleting: None,
        hidden: true,
        last: None,
        ..chat.expect("the group")
    };
    let told = Event::Conversation(Box::new(emptied));
    window.state_mut().model.apply_event(told);
    window.run();
    assert!(!says(&window, NAME), "it is in no list");
    window.state_mut().route = Route::default().with_dialog(Dialog::Find);
    window.run();
    types(&mut window, "ridge");
    key(&mut window, Key::Enter);
    assert_eq!(window.state().route, group());
}

#[test]
fn a_new_device_of_a_member_is_compared_with_them_if_they_are_a_contact() {
    for (author, offered) in [(BOB, true), (person(CHIDI), false)] {
        let mut window = open(group());
        let device = DeviceId::from_bytes([4; 32]);
        let notice = told(2_000, author, BodyView::NewDevice { device });
        window
            .state_mut()
            .model
            .apply_event(Event::Message(Box::new(notice)));
        window.run();
        assert!(says(&window, "writes from a new device"));
        assert_eq!(says(&window, "Compare safety numbers"), offered);
        if offered {
            window.get_by_label("Compare safety numbers").click();
            window.run();
            let dialog = window.state().route.dialog.clone();
            assert_eq!(dialog, Some(Dialog::Safety { account: BOB }));
        }
    }
}

#[test]
fn alice_begins_a_group_by_the_keyboard_alone() {
    let mut window = open(Route::default());
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::N);
    window.run();
    while focused(&window) != "New group" {
        key(&mut window, Key::Tab);
    }
    key(&mut window, Key::Enter);
    window.run();
    assert_eq!(focused(&window), "Name of the group");
    types(&mut window, " Book club ");
    key(&mut window, Key::Enter);
    assert_eq!(focused(&window), "Search");
    types(&mut window, "bob");
    key(&mut window, Key::Enter);
    assert!(says(&window, "One more at least"));
    assert_eq!(focused(&window), "Search", "and to the next");
    key(&mut window, Key::ArrowDown);
    assert!(focused(&window).starts_with("Bob"), "{}", focused(&window));
    key(&mut window, Key::ArrowDown);
    assert!(focused(&window).starts_with("Jun"), "{}", focused(&window));
    key(&mut window, Key::Space);
    assert!(says(&window, "2 people and you"));
    assert!(begun(&window).is_none());
    key(&mut window, Key::Tab);
    assert_eq!(focused(&window), "Create group");
    key(&mut window, Key::Enter);
    window.run();
    let asked = Command::CreateGroup {
        name: "Book club".to_owned(),
        members: vec![BOB, person(6)],
    };
    assert_eq!(begun(&window), Some(asked));
    assert_eq!(window.state().route, Route::conversation(conversation(GROUP + 1)));
    assert!(says(&window, "3 members"));
    assert!(
        focused(&window).starts_with("Message to Book club"),
        "{}",
        focused(&window)
    );
}

#[test]
fn a_group_wants_a_name_and_two_people_and_says_why_it_cannot_begin() {
    let mut window = open(Route::section(Section::Contacts));
    press(&mut window, "New group");
    let create = |window: &Window| {
        let button = window.get_by_role_and_label(egui::Role::Button, "Create group");
        !button.accesskit_node().is_disabled()
    };
    row(&mut window, "Bob Okafor");
    row(&mut window, "Mum");
    assert!(!create(&window), "it has no name");
    let field = window.get_by_role_and_label(egui::Role::TextInput, "Name of the group");
    field.focus();
    window.run();
    types(&mut window, "Us");
    assert!(create(&window));
    row(&mut window, "Mum");
    assert!(!create(&window), "she was chosen, and is not any more");
    row(&mut window, "Mum");
    let refused = CommandError::DiskFull;
    let why = crate::i18n::errors::sentence(&refused);
    window.state_mut().refuse = Some(refused);
    press(&mut window, "Create group");
    window.get_by_role_and_label(egui::Role::Alert, &why);
    assert_eq!(window.state().route.dialog, Some(Dialog::NewGroup));
    assert!(
        says(&window, "2 people and you"),
        "nothing has to be chosen again"
    );
    window.state_mut().refuse = None;
    press(&mut window, "Create group");
    assert_eq!(window.state().route.dialog, None);
}

#[test]
fn nobody_beyond_seven_can_be_chosen() {
    let mut stage = Stage::grouped();
    let people = (30..40).map(|n| crate::model::testing::contact(n, &format!("Person {n}")));
    stage.model.contacts.replace(people.collect());
    stage.route = Route::default().with_dialog(Dialog::NewGroup);
    let mut window = window(stage, TALL, false, Language::English);
    key(&mut window, Key::Enter);
    for n in 30..38 {
        types(&mut window, &format!("{n}"));
        key(&mut window, Key::Enter);
    }
    assert!(says(&window, "7 people and you: nobody else fits"));
    assert!(!says(&window, "8 people"));
}

#[test]
fn alice_leaves_a_group_after_she_was_told_what_that_means() {
    let mut window = open(Route {
        details: true,
        ..group()
    });
    let composer = |window: &Window| says(window, "Message to Ridge walk");
    assert!(composer(&window));
    press(&mut window, "Leave group…");
    assert!(says(&window, "Leave Ridge walk ⛰?"));
    assert!(says(&window, "You cannot come back"));
    press(&mut window, "Cancel");
    let asked = Command::LeaveGroup {
        conversation: conversation(GROUP),
    };
    assert!(!window.state().asked.contains(&asked));
    press(&mut window, "Leave group…");
    press(&mut window, "Leave group");
    assert!(window.state().asked.contains(&asked));
    assert_eq!(window.state().route.dialog, None);
    assert!(says(&window, "You have left this group"));
    assert!(!composer(&window), "nothing can be written");
    for gone in ["Leave group…", "1 day"] {
        assert!(!says(&window, gone), "{gone}");
    }
    assert!(says(&window, "Delete chat"), "what she has can go");
}

#[test]
fn a_group_is_left_once() {
    let mut window = open(Route {
        details: true,
        ..group()
    });
    let key = super::dialogs::leave_key(conversation(GROUP));
    let enabled = |window: &Window| {
        let button = window.get_by_role_and_label(egui::Role::Button, "Leave group…");
        !button.accesskit_node().is_disabled()
    };
    assert!(enabled(&window));
    window.state_mut().model.requests.begin(key, NOW_MS);
    window.step();
    assert!(!enabled(&window), "it is under way");
}

#[test]
fn own_words_in_a_group_are_ones_own() {
    let window = open(group());
    let chat = window.state().model.chats.list.get(conversation(GROUP));
    let chat = chat.expect("the group");
    let own = told(3_000, ALICE, BodyView::Founded);
    let said = super::people::notice(&own, &super::faces::author(chat, &own));
    assert_eq!(said.as_deref(), Some("You created the group"));
}
