//! What could not be had from the node is told where it would stand, with a way to ask again.

use egui_kittest::kittest::Queryable;
use kith_node::{Command, CommandError, Reply};

use super::scene::{Stage, english};
use crate::i18n::errors;
use crate::model::Model;
use crate::route::{Route, Section, SettingsPage};

/// A window of which the node has answered nothing.
fn unanswered(route: Route) -> Stage {
    Stage {
        model: Model::default(),
        route,
        ..Stage::empty()
    }
}

fn page(page: SettingsPage) -> Route {
    Route {
        settings: Some(page),
        ..Route::section(Section::Settings)
    }
}

#[test]
fn what_could_not_be_had_says_so_in_its_place_and_is_asked_for_again() {
    let handed_out = Route {
        invites: true,
        ..Route::section(Section::Contacts)
    };
    let places = [
        (Route::section(Section::Chats), Command::ListConversations {}),
        (Route::section(Section::Contacts), Command::ListContacts {}),
        (handed_out, Command::ListInvites {}),
        (page(SettingsPage::Profile), Command::GetProfile {}),
        (page(SettingsPage::Carrying), Command::GetCarrying {}),
        (page(SettingsPage::Network), Command::GetNetwork {}),
    ];
    for (route, question) in places {
        let mut harness = english(unanswered(route));
        assert!(
            harness.query_by_label("Try again").is_none(),
            "{question:?} is on its way"
        );
        let error = CommandError::Storage {
            reason: "a record is damaged".to_owned(),
        };
        let model = &mut harness.state_mut().model;
        model.apply_failure(&question, &error, 0);
        harness.run();
        let why = errors::sentence(&error);
        let said = harness.query_all_by_label_contains(&why);
        assert!(said.count() > 0, "{question:?}");
        harness.get_by_label("Try again").click();
        harness.run();
        assert!(harness.state().asked.contains(&question));
        assert!(
            harness.query_by_label("Try again").is_none(),
            "{question:?} was answered"
        );
    }
}

#[test]
fn links_that_could_not_be_had_are_missed_among_the_contacts() {
    let mut stage = Stage::empty();
    stage.route = Route::section(Section::Contacts);
    let mut harness = english(stage);
    assert!(harness.query_by_label_contains("Links you handed out").is_none());
    let question = Command::ListInvites {};
    let model = &mut harness.state_mut().model;
    model.apply_failure(&question, &CommandError::DiskFull, 0);
    harness.run();
    harness.get_by_label("Links you handed out, This could not be loaded");
    harness.get_by_label("Try again").click();
    harness.run();
    assert!(harness.state().asked.contains(&question));
    assert!(harness.query_by_label_contains("Links you handed out").is_none());
}

#[test]
fn what_is_known_already_stays_on_the_screen_when_it_cannot_be_had_again() {
    let mut stage = Stage::busy();
    let question = Command::ListConversations {};
    stage.model.apply_failure(&question, &CommandError::DiskFull, 0);
    let mut harness = english(stage);
    harness.get_by_label_contains("Bob Okafor");
    assert!(harness.query_by_label("Try again").is_none());
    let model = &mut harness.state_mut().model;
    model.apply_reply(&question, Reply::Conversations(Vec::new()));
    assert!(model.unanswered.why(&question).is_none());
}
