//! Ada opens a link somebody sent her: the chat with them opens by itself, and a link that is refused says why in one
//! place. She begins a group: what she chose is kept until it has begun. She chooses messages, and thinks again.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use egui_kittest::kittest::Queryable;
use kith_node::id::{AccountId, ConversationId, EntryId};
use kith_node::position::Position;
use kith_node::view::{
    BodyView, ContactState, ContactView, ConversationView, InviteRefusal, MessageView, Page, PartiesView,
    PathView, PresenceView,
};
use kith_node::{Command, CommandError, Event, Reply};
use kith_ui::backend::Incoming;
use kith_ui::profiles::{ProfileId, ProfileReply};
use support::Window;

const SIZE: [f32; 2] = [1_100.0, 700.0];

/// Ada's window; she knows nobody.
fn open() -> Window {
    let mut window = Window::open(SIZE, false, &["Ada"]);
    window.type_into("Passphrase", "violet harbour tambourine eleven");
    window.press("Unlock");
    window.answer_wish(Ok(ProfileReply::Opened {
        id: ProfileId("ada".to_owned()),
    }));
    window.answer_commands(|command| match command {
        Command::ListConversations {} => Some(Ok(Reply::Conversations(Vec::new()))),
        Command::ListContacts {} => Some(Ok(Reply::Contacts(Vec::new()))),
        Command::ListInvites {} => Some(Ok(Reply::Invites(Vec::new()))),
        _ => None,
    });
    window
}

fn bob() -> ContactView {
    let account = AccountId::from_bytes([2; 32]);
    ContactView {
        account,
        name: "Bob".to_owned(),
        fingerprint: account.fingerprint(),
        picture: None,
        status: String::new(),
        state: ContactState::Waiting,
        refusal: None,
        alarmed: false,
        verified: false,
        presence: PresenceView::Online { path: PathView::Lan },
    }
}

/// A conversation in which nothing was said yet.
fn chat(parties: PartiesView) -> ConversationView {
    ConversationView {
        id: ConversationId::from_bytes([1; 32]),
        parties,
        last: None,
        active_at_ms: 0,
        unread: 0,
        draft: String::new(),
        timer: kith_node::view::TimerView::default(),
        deleting: None,
        hidden: false,
    }
}

fn add(window: &mut Window, link: &str, answer: Result<Reply, CommandError>) {
    window.type_into("Invite link", link);
    window.press("Add contact");
    window.answer_commands(|command| match command {
        Command::AddContact { .. } => Some(answer.clone()),
        _ => None,
    });
}

fn comes(window: &mut Window, news: Incoming) {
    window.world.borrow_mut().incoming.push_back(news);
    window.harness.run();
}

#[test]
fn the_chat_with_somebody_who_was_added_opens() {
    let mut window = open();
    assert!(window.shows("Your chats open here"), "there is none to choose");
    window.press("Open a link");
    add(&mut window, "kith:bob", Ok(Reply::Contact(Box::new(bob()))));
    assert!(!window.shows("Open an invite"), "the dialog goes");
    assert!(
        window.shows("Waiting until Bob can be reached"),
        "their page says what happens"
    );
    let chat = chat(PartiesView::Direct {
        contact: Box::new(bob()),
    });
    comes(&mut window, Incoming::Event(Event::Conversation(Box::new(chat))));
    assert!(window.shows("Message to Bob"));
}

#[test]
fn a_refused_link_is_told_of_once_and_another_one_takes_its_place() {
    let mut window = open();
    window.press("Open a link");
    add(&mut window, "kith:mine", Err(CommandError::OwnInvite));
    let told = "This is your own invite link. Send it to the person you want to talk to.";
    assert_eq!(window.harness.query_all_by_label(told).count(), 1);
    comes(&mut window, Incoming::Raise("kith:theirs".to_owned()));
    let field = window
        .harness
        .get_by_role_and_label(egui::accesskit::Role::TextInput, "Invite link");
    assert_eq!(field.value().as_deref(), Some("kith:theirs"));
    assert!(!window.shows(told));
}

#[test]
fn a_link_whose_time_is_over_says_so_where_it_was_opened_and_on_the_page_of_its_maker() {
    let mut window = open();
    window.press("Open a link");
    let refusal = InviteRefusal::Expired;
    add(
        &mut window,
        "kith:old",
        Err(CommandError::InviteRefused { refusal }),
    );
    let told = "The time of this invite link is over. Ask your contact for a new one.";
    assert_eq!(window.harness.query_all_by_label(told).count(), 1);

    // Its maker may say so, too: their clock counts, and the link was opened in time here.
    let mut window = open();
    window.press("Open a link");
    let refused = ContactView {
        state: ContactState::Refused,
        refusal: Some(refusal),
        ..bob()
    };
    add(&mut window, "kith:bob", Ok(Reply::Contact(Box::new(bob()))));
    comes(&mut window, Incoming::Event(Event::Contact(Box::new(refused))));
    assert!(window.shows("The time of this invite link is over. Ask Bob for a new one."));
}

fn contacts(window: &mut Window) {
    let tab = window
        .harness
        .get_by_role_and_label(egui::accesskit::Role::Tab, "Contacts");
    tab.click();
    window.harness.run();
}

#[test]
fn a_group_that_is_being_begun_is_kept_while_its_dialog_is_closed() {
    let mut window = open();
    for n in [2, 3] {
        let account = AccountId::from_bytes([n; 32]);
        let contact = ContactView {
            account,
            name: format!("Person {n}"),
            state: ContactState::Accepted,
            ..bob()
        };
        comes(&mut window, Incoming::Event(Event::Contact(Box::new(contact))));
    }
    let choose = |window: &mut Window| {
        window.type_into("Name of the group", "Hiking");
        // Enter goes on to the people, and takes the one that was typed.
        for typed in ["", "person 2", "person 3"] {
            window.harness.event(egui::Event::Text(typed.to_owned()));
            window.harness.run();
            window.harness.key_press(egui::Key::Enter);
            window.harness.run();
        }
    };
    let name = |window: &Window| {
        let role = egui::accesskit::Role::TextInput;
        let field = window.harness.get_by_role_and_label(role, "Name of the group");
        field.value().unwrap_or_default()
    };
    contacts(&mut window);
    window.press("New group");
    choose(&mut window);
    window.press("Create group");
    window.press("Close");
    window.press("New group");
    assert_eq!(name(&window), "Hiking", "it is on its way");
    assert!(window.shows("2 people and you"));
    window.press("Create group");
    let waiting = |window: &Window| {
        let asked = window.world.borrow();
        let groups = asked.commands.iter();
        groups
            .filter(|(_, command)| matches!(command, Command::CreateGroup { .. }))
            .count()
    };
    assert_eq!(waiting(&window), 1, "it is asked for once");
    let hiking = chat(PartiesView::Group {
        name: "Hiking".to_owned(),
        members: Vec::new(),
        left: false,
    });
    window.answer_commands(|command| match command {
        Command::CreateGroup { .. } => Some(Ok(Reply::Conversation(Box::new(hiking.clone())))),
        _ => None,
    });
    window.harness.run();
    assert!(window.shows("Message to Hiking"), "it opens");
    contacts(&mut window);
    window.press("New group");
    assert_eq!(name(&window), "", "the next one begins anew");
}

#[test]
fn escape_lets_go_of_the_messages_that_were_chosen_before_it_leaves_the_chat() {
    let mut window = open();
    let accepted = ContactView {
        state: ContactState::Accepted,
        ..bob()
    };
    let with_bob = chat(PartiesView::Direct {
        contact: Box::new(accepted),
    });
    let message = MessageView {
        id: EntryId::from_bytes([1; 32]),
        conversation: with_bob.id,
        position: Position::from_bytes(&[1; Position::LENGTH]).unwrap(),
        author: bob().account,
        mine: false,
        at_ms: 1_790_000_000_000,
        body: BodyView::Text {
            text: "Are you there?".to_owned(),
        },
        state: None,
        expires_at_ms: None,
    };
    comes(
        &mut window,
        Incoming::Event(Event::Conversation(Box::new(with_bob))),
    );
    window
        .harness
        .key_press_modifiers(egui::Modifiers::ALT, egui::Key::ArrowDown);
    window.harness.run();
    let page = Page {
        messages: vec![message],
        more_before: false,
        more_after: false,
        first_unread: None,
    };
    window.answer_commands(|command| match command {
        Command::GetMessages { .. } => Some(Ok(Reply::Page(page.clone()))),
        _ => None,
    });
    let more = "What can be done with the message";
    window.harness.get_by_label_contains(more).click();
    window.harness.run();
    window.harness.get_by_label("Select").click();
    window.harness.run();
    assert!(window.shows("1 selected") && window.shows("Message to Bob"));
    window.harness.key_press(egui::Key::Escape);
    window.harness.run();
    assert!(!window.shows("1 selected") && window.shows("Message to Bob"));
    window.harness.key_press(egui::Key::Escape);
    window.harness.run();
    assert!(!window.shows("Message to Bob"), "then it leaves");
}
