//! People find one another again: through a bootstrap node after both have moved, and after a restore from words.

#![allow(
    clippy::panic,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::path::PathBuf;

use kith_bootstrap::{Bootstrap, Config, Running};
use kith_node::{
    Command,
    net::NetConfig,
    view::{BodyView, DeliveryState},
};
use kith_tests::world::{Person, World};
use tempfile::TempDir;

/// A bootstrap node on loopback.
async fn bootstrap() -> (Running, NetConfig, TempDir) {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let config = Config::loopback(folder.path().to_owned());
    let running = Bootstrap::start(config)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let bootstraps = running.addresses();
    (
        running,
        NetConfig {
            bootstraps,
            ..NetConfig::loopback()
        },
        folder,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_both_moved_meet_through_a_bootstrap_node() {
    let (_running, config, _folder) = bootstrap().await;
    let world = World::new();
    let mut alice = world.person_with("alice", config.clone()).await;
    let mut bob = world.person_with("bob", config).await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "before").await;
    bob.sees("before").await;

    alice.sleeps().await;
    bob.sleeps().await;
    alice.moves();
    bob.moves();
    alice.wakes().await;
    alice.sends(&bob, "I have moved").await;
    bob.wakes().await;

    bob.sees("I have moved").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_both_moved_meet_by_a_fresh_invite_when_there_is_no_bootstrap_node() {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    alice.sleeps().await;
    bob.sleeps().await;
    alice.moves();
    bob.moves();
    alice.wakes().await;
    bob.wakes().await;
    alice.sends(&bob, "I have moved").await;

    let link = alice.invites().await;
    bob.does(Command::AddContact { link }).await;
    bob.sees("I have moved").await;
    let link = alice.invites().await;
    let refused = bob.cannot(Command::AddContact { link }).await;
    assert_eq!(refused, kith_node::CommandError::AlreadyContact);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_account_gets_its_contacts_and_history_back() {
    let (_running, config, _folder) = bootstrap().await;
    let world = World::new();
    let alice = world.person_with("alice", config.clone()).await;
    let (mut bob, words) = world.person_and_words("bob", config.clone()).await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "remember this").await;
    bob.sends(&alice, "I will").await;
    alice.sees("I will").await;
    bob.sees("remember this").await;

    bob.sleeps().await;
    let restored = world.restored("bob again", &words, config).await;
    assert_eq!(restored.account, bob.account);

    restored.knows(&alice).await;
    restored.sees("remember this").await;
    let own = restored.sees("I will").await;
    assert!(own.mine, "what the lost device wrote is still ours");
    restored.sends(&alice, "it is me, on a new machine").await;
    alice.sees("it is me, on a new machine").await;
    restored
        .sees_state("it is me, on a new machine", DeliveryState::Delivered)
        .await;
    let announced = alice
        .messages()
        .await
        .iter()
        .any(|row| matches!(row.body, BodyView::NewDevice { .. }));
    assert!(announced, "a contact's new device is announced");
    assert!(restored.profile().await.restored, "others may still come back");
}

/// Bob befriends Alice and says one thing; a copy of his folder of that time, while he goes on.
async fn copied_after_a_word(bob: &mut Person, alice: &Person) -> PathBuf {
    bob.befriends(alice).await;
    bob.sends(alice, "one").await;
    alice.sees("one").await;
    bob.sleeps().await;
    let copy = bob.copies_folder();
    bob.wakes().await;
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_of_the_folder_put_back_becomes_a_new_device_and_loses_nothing() {
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    let copy = copied_after_a_word(&mut bob, &alice).await;
    bob.sends(&alice, "two").await;
    alice.sees("two").await;
    bob.sleeps().await;

    bob.puts_back(&copy);
    bob.wakes().await;
    bob.learns_that_it_is_a_copy().await;
    let conversation = bob.chat_with(&alice);
    let refused = bob
        .cannot(Command::SendMessage {
            conversation,
            text: "three".into(),
        })
        .await;
    assert_eq!(refused, kith_node::CommandError::OutdatedCopy);
    bob.sees("two").await;

    bob.sleeps().await;
    bob.wakes().await;
    bob.sends(&alice, "three").await;
    alice.sees("three").await;
    bob.sees("two").await;
    alice.sends(&bob, "four").await;
    bob.sees("four").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_into_an_old_copy_is_never_ticked_before_it_is_held_and_arrives_after_all() {
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    let copy = copied_after_a_word(&mut bob, &alice).await;
    for text in ["two", "three"] {
        bob.sends(&alice, text).await;
        alice.sees(text).await;
    }
    bob.sleeps().await;
    // In the copy he writes as many words as he had written, before he meets anybody.
    bob.puts_back(&copy);
    let mut alice = alice;
    alice.sleeps().await;
    bob.wakes().await;
    for text in ["another two", "another three"] {
        bob.sends(&alice, text).await;
    }
    alice.wakes().await;
    bob.learns_that_it_is_a_copy().await;
    for text in ["another two", "another three"] {
        assert!(bob.sees(text).await.state < Some(DeliveryState::Delivered));
    }
    bob.sleeps().await;
    bob.wakes().await;
    for text in ["two", "three", "another two", "another three"] {
        alice.sees(text).await;
        bob.sees_state(text, DeliveryState::Delivered).await;
    }
    for person in [&alice, &bob] {
        let rows = person.messages().await;
        let texts = rows
            .iter()
            .filter(|row| matches!(row.body, BodyView::Text { .. }));
        assert_eq!(texts.count(), 5, "{}: {rows:?}", person.name);
        assert!(
            !rows
                .iter()
                .any(|row| matches!(row.body, BodyView::Equivocation { .. }))
        );
    }
}

/// Waits until somebody's folder knows that it is an old copy, and starts it again.
async fn finds_out(person: &mut Person) {
    person.learns_that_it_is_a_copy().await;
    person.sleeps().await;
    person.wakes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_old_copy_put_back_twice_learns_from_the_refusal_what_it_is() {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    let copy = copied_after_a_word(&mut bob, &alice).await;
    bob.sends(&alice, "two").await;
    alice.sees("two").await;
    let mut written = vec!["one", "two"];
    for text in ["three", "four"] {
        bob.sleeps().await;
        bob.puts_back(&copy);
        // Written before anybody is met.
        alice.sleeps().await;
        bob.wakes().await;
        bob.sends(&alice, text).await;
        alice.wakes().await;
        written.push(text);
        finds_out(&mut bob).await;
        for text in &written {
            alice.sees(text).await;
            bob.sees_state(text, DeliveryState::Delivered).await;
        }
    }
    for person in [&alice, &bob] {
        let rows = person.messages().await;
        let texts = rows
            .iter()
            .filter(|row| matches!(row.body, BodyView::Text { .. }));
        assert_eq!(texts.count(), written.len(), "{}: {rows:?}", person.name);
    }
}
