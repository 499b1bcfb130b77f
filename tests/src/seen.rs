//! What a person of the world sees of their network, of themselves and of the words in their chats.

#![allow(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_node::{
    Command, Reply,
    view::{BodyView, NetworkView, ProfileView},
};

use crate::world::Person;

impl Person {
    /// What they are told of the network.
    pub async fn network(&self) -> NetworkView {
        match self.does(Command::GetNetwork {}).await {
            Reply::Network(network) => network,
            other => panic!("no network: {other:?}"),
        }
    }

    /// What they see of themselves.
    pub async fn profile(&self) -> ProfileView {
        match self.does(Command::GetProfile {}).await {
            Reply::Profile(profile) => profile,
            other => panic!("no profile: {other:?}"),
        }
    }

    /// Waits until they are told that their folder is an old copy.
    pub async fn learns_that_it_is_a_copy(&self) {
        self.wait("the truth about the copy", async || {
            self.profile().await.outdated.then_some(())
        })
        .await;
    }

    /// The words of all their chats, oldest first.
    pub async fn texts(&self) -> Vec<String> {
        let rows = self.messages().await.into_iter();
        rows.filter_map(|row| match row.body {
            BodyView::Text { text } => Some(text),
            _ => None,
        })
        .collect()
    }
}
