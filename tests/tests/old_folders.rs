//! Profile folders that older versions of Kith wrote are opened by this one: everything is read back, and they go on.
//!
//! `fixtures/` has one of each schema there was, written by a program of that time (`src/bin/fixture.rs`). A new schema asks for
//! the last folder of the one before, and for one of its own.

#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_node::{
    Anchor, Command, Node, NodeConfig, Reply,
    id::ConversationId,
    net::NetConfig,
    node::Ending,
    profile,
    store::SCHEMA,
    view::{BodyView, ConversationView, DeleteFor, DeliveryState, MessageView},
};
use kith_tests::fixture;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

/// The first schema whose programs could begin a group.
const GROUPS_SINCE: u32 = 3;

/// A running node on an old folder.
struct Reader(Node);

impl Reader {
    async fn does(&self, command: Command) -> Reply {
        let reply = self.0.call(command).await;
        reply.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn chat(&self, name: &str) -> ConversationView {
        let Reply::Conversations(chats) = self.does(Command::ListConversations {}).await else {
            panic!("no conversations");
        };
        chats.into_iter().find(|chat| chat.name() == name).unwrap()
    }

    async fn rows(&self, conversation: ConversationId) -> Vec<MessageView> {
        let page = Command::GetMessages {
            conversation,
            anchor: Anchor::Oldest,
            before: 0,
            after: 100,
        };
        let Reply::Page(page) = self.does(page).await else {
            panic!("no page");
        };
        page.messages
    }

    /// What was written there, with its state, oldest first.
    async fn said(&self, conversation: ConversationId) -> Vec<(String, Option<DeliveryState>)> {
        let rows = self.rows(conversation).await.into_iter();
        let said = rows.filter_map(|row| match row.body {
            BodyView::Text { text } => Some((text, row.state)),
            _ => None,
        });
        said.collect()
    }
}

/// The node of the folder that a program with this schema left.
async fn opened(schema: u32, folder: &std::path::Path) -> Reader {
    let packed = std::fs::read(fixture::of_schema(schema));
    let packed = packed.unwrap_or_else(|error| panic!("no fixture of schema {schema}: {error}"));
    fixture::unpack(&packed, folder).unwrap();
    let mut rng = ChaCha20Rng::from_seed([schema as u8; 32]);
    let unlocked = profile::unlock(folder, fixture::PASSPHRASE, &mut rng).unwrap();
    assert!(
        unlocked.damage.is_none(),
        "schema {schema}: {:?}",
        unlocked.damage
    );
    let config = NodeConfig {
        net: NetConfig::loopback(),
    };
    Reader(Node::start(unlocked, config).await.unwrap())
}

async fn has_its_people(reader: &Reader) {
    let Reply::Profile(profile) = reader.does(Command::GetProfile {}).await else {
        panic!("no profile");
    };
    assert_eq!(
        (profile.name.as_str(), profile.status.as_str()),
        ("Asha", "at the lake")
    );
    assert!(!profile.outdated && profile.damage.is_none());
    let Reply::Contacts(contacts) = reader.does(Command::ListContacts {}).await else {
        panic!("no contacts");
    };
    let known: Vec<_> = contacts
        .iter()
        .map(|them| (them.name.as_str(), them.verified))
        .collect();
    assert_eq!(known, [("Mira", false), ("Ravi", true)]);
    let Reply::Carrying(carrying) = reader.does(Command::GetCarrying {}).await else {
        panic!("nothing of carrying");
    };
    let carriers: Vec<_> = carrying
        .carriers
        .iter()
        .map(|carrier| (carrier.account, carrier.offered, carrier.used, carrier.decided))
        .collect();
    assert_eq!(carriers, [(contacts[1].account, true, true, true)]);
}

async fn has_its_chats(reader: &Reader, schema: u32) {
    let ravi = reader.chat("Ravi").await;
    let read = Some(DeliveryState::Read);
    let expected = [
        ("Tea at six?".to_owned(), read),
        ("Yes, gladly.".to_owned(), None),
        ("Bring the map.".to_owned(), None),
    ];
    assert_eq!(reader.said(ravi.id).await, expected);
    assert_eq!((ravi.draft.as_str(), ravi.unread), ("I bring", 1));
    let mira = reader.chat("Mira").await;
    let said = reader.said(mira.id).await;
    assert_eq!(said, [("Are you awake?".to_owned(), Some(DeliveryState::Saved))]);
    if schema >= GROUPS_SINCE {
        let group = reader.chat("Hiking").await;
        assert_eq!(group.members().len(), 3);
        let said = reader.said(group.id).await;
        let expected = [
            ("Who comes?".to_owned(), Some(DeliveryState::Delivered)),
            ("Ravi does.".to_owned(), None),
            ("Mira does.".to_owned(), None),
        ];
        assert_eq!(said, expected);
    }
}

/// What is written now stands behind what was written then, and what was written then can be erased.
async fn goes_on(reader: &Reader) {
    let chat = reader.chat("Ravi").await;
    let text = "I brought it.".to_owned();
    let conversation = chat.id;
    reader.does(Command::SendMessage { conversation, text }).await;
    let first = reader.rows(conversation).await;
    let first = first.iter().find(|row| row.mine).unwrap();
    let delete = Command::DeleteMessages {
        conversation,
        positions: vec![first.position],
        scope: DeleteFor::Me,
    };
    reader.does(delete).await;
    let said = reader.said(conversation).await.into_iter();
    let said: Vec<String> = said.map(|(text, _)| text).collect();
    assert_eq!(said, ["Yes, gladly.", "Bring the map.", "I brought it."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_every_schema_there_was_is_opened_and_goes_on() {
    for schema in 1..=SCHEMA {
        let folder = tempfile::tempdir().unwrap();
        let reader = opened(schema, folder.path()).await;
        has_its_people(&reader).await;
        has_its_chats(&reader, schema).await;
        goes_on(&reader).await;
        assert_eq!(reader.0.shutdown().await, Ending::Saved);
    }
}
