//! How people become contacts, and every way in which an invite is refused.

#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_crypto::Invite;
use kith_node::{
    Command, CommandError, Reply,
    view::{ContactState, InviteRefusal, InviteState, PathView, PresenceView},
};
use kith_tests::world::{Person, World};

async fn opens(person: &Person, link: &str) -> Result<Reply, CommandError> {
    person
        .node()
        .call(Command::AddContact { link: link.into() })
        .await
}

async fn waits_for_refusal(person: &Person, refusal: InviteRefusal) {
    person
        .wait("a refusal", async || {
            match person.does(Command::ListContacts {}).await {
                Reply::Contacts(contacts) => contacts
                    .iter()
                    .find(|contact| contact.state == ContactState::Refused)
                    .map(|contact| assert_eq!(contact.refusal, Some(refusal))),
                other => panic!("no contacts: {other:?}"),
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_is_honoured_once() {
    let world = World::new();
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    let carol = world.person("carol").await;
    let link = alice.invites().await;
    opens(&bob, &link).await.unwrap();
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    opens(&carol, &link).await.unwrap();
    waits_for_refusal(&carol, InviteRefusal::Used).await;
    match alice.does(Command::ListInvites {}).await {
        Reply::Invites(invites) => assert_eq!(invites[0].state, InviteState::Used { by: bob.account }),
        other => panic!("no invites: {other:?}"),
    }
    // A refused contact can be taken back, and a fresh link works.
    carol
        .does(Command::RemoveContact {
            account: alice.account,
        })
        .await;
    carol.befriends(&alice).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_made_at_once_names_where_to_go() {
    let world = World::new();
    let alice = world.person("alice").await;
    match alice.does(Command::CreateInvite { valid_for_s: None }).await {
        Reply::Invite(made) => {
            let invite = Invite::parse(&made.link).unwrap();
            assert!(!invite.addresses.is_empty(), "{}", made.link);
        }
        other => panic!("no invite: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_invite_is_refused() {
    let world = World::new();
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    let link = alice.invites().await;
    let id = match alice.does(Command::ListInvites {}).await {
        Reply::Invites(invites) => invites[0].id.clone(),
        other => panic!("no invites: {other:?}"),
    };
    alice.does(Command::RevokeInvite { id }).await;
    opens(&bob, &link).await.unwrap();
    waits_for_refusal(&bob, InviteRefusal::Revoked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_link_gets_its_own_message() {
    let world = World::new();
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    let link = alice.invites().await;
    assert_eq!(opens(&alice, &link).await, Err(CommandError::OwnInvite));
    assert_eq!(
        opens(&bob, "https://example.org").await,
        Err(CommandError::NotAnInvite)
    );
    assert_eq!(
        opens(&bob, &link[..link.len() - 9]).await,
        Err(CommandError::DamagedInvite)
    );
    assert!(
        opens(&bob, &format!("  {link}\n")).await.is_ok(),
        "spaces around a link are forgiven"
    );
    bob.knows(&alice).await;
    assert_eq!(
        opens(&bob, &alice.invites().await).await,
        Err(CommandError::AlreadyContact)
    );
    let too_short = Command::CreateInvite { valid_for_s: Some(1) };
    assert!(matches!(
        alice.cannot(too_short).await,
        CommandError::OutOfRange { .. }
    ));
    let unknown = Command::RevokeInvite { id: "none".into() };
    assert_eq!(alice.cannot(unknown).await, CommandError::UnknownInvite);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_shows_name_picture_status_and_presence() {
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    bob.does(Command::SetProfile {
        name: "Bob Møller".into(),
        status: "at the sea".into(),
    })
    .await;
    bob.does(Command::SetPicture { image: Some(a_png()) }).await;
    let seen = alice
        .wait("Bob's new card and picture", async || {
            match alice.does(Command::ListContacts {}).await {
                Reply::Contacts(contacts) => {
                    let bob = contacts
                        .into_iter()
                        .find(|contact| contact.name == "Bob Møller")?;
                    let picture = bob.picture.clone()?;
                    alice.node().call(Command::GetPicture { picture }).await.ok()?;
                    Some(bob)
                }
                other => panic!("no contacts: {other:?}"),
            }
        })
        .await;
    assert_eq!(seen.status, "at the sea");
    assert_eq!(seen.presence, PresenceView::Online { path: PathView::Lan });
    bob.sleeps().await;
    alice
        .wait("Bob's absence", async || {
            match alice.does(Command::ListContacts {}).await {
                Reply::Contacts(contacts) => matches!(
                    contacts[0].presence,
                    PresenceView::Offline {
                        last_seen_ms: Some(_)
                    }
                )
                .then_some(()),
                other => panic!("no contacts: {other:?}"),
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_names_and_texts_are_refused_in_words() {
    let world = World::new();
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    bob.befriends(&alice).await;
    let conversation = alice.chat_with(&bob);
    for name in ["", "   ", "tab\tname", "right\u{202e}left", &"x".repeat(65)] {
        let command = Command::SetProfile {
            name: name.into(),
            status: String::new(),
        };
        assert!(
            matches!(alice.cannot(command).await, CommandError::BadProfileText { .. }),
            "{name:?}"
        );
    }
    let send = |text: String| Command::SendMessage { conversation, text };
    assert_eq!(alice.cannot(send(" \n ".into())).await, CommandError::EmptyText);
    assert!(matches!(
        alice.cannot(send("x".repeat(65_537))).await,
        CommandError::TextTooLong { .. }
    ));
    assert!(alice.node().call(send("x".repeat(65_536))).await.is_ok());
    bob.sees(&"x".repeat(65_536)).await;
}

fn a_png() -> String {
    // A 2x2 red square.
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="
        .into()
}
