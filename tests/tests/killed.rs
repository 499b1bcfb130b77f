//! The real binary under load, killed without warning again and again: what a node acknowledged is never gone, both
//! sides end with the same messages, once each and in the same order, and no tick was ahead of the truth.

// Clippy knows tests by their attribute; their helpers are tests too.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::{collections::BTreeSet, time::Duration};

use kith_node::{
    Command, Event,
    id::{ConversationId, EntryId},
    view::{DeliveryState, MessageView},
};
use kith_tests::proc::{BootstrapProgram, NodeProgram, Profile, Programs, Wanted};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// How often somebody is killed.
const ROUNDS: u32 = 20;

/// Messages that each side begins to write in a round.
const BURST: u32 = 20;

/// How long one piece of news, or both sides' agreement, may take.
const LIMIT: Duration = Duration::from_secs(30);

/// One person: the profile, the running node, and what it has acknowledged as durable.
struct Person {
    profile: Profile,
    node: Option<NodeProgram>,
    acknowledged: BTreeSet<EntryId>,
}

impl Person {
    fn node(&mut self) -> &mut NodeProgram {
        self.node.as_mut().expect("the node runs")
    }

    /// Writes a burst without waiting for anything.
    async fn bursts(&mut self, conversation: ConversationId, round: u32) {
        for number in 0..BURST {
            let text = format!("{} {round}/{number}", self.profile.name());
            self.node()
                .tell(&Command::SendMessage { conversation, text })
                .await
                .unwrap();
        }
    }

    /// Listens until so many of its messages are durable, by its own word.
    async fn acknowledges(&mut self, count: u32) {
        let mut seen = BTreeSet::new();
        while seen.len() < count as usize {
            let event = self.node().next_event(LIMIT).await.unwrap();
            let event = event.expect("a message that was written is saved in time");
            if let Event::Message(row) = event
                && row.mine
                && row.state >= Some(DeliveryState::Saved)
                && self.acknowledged.insert(row.id)
            {
                seen.insert(row.id);
            }
        }
    }

    async fn is_killed(&mut self) {
        self.node.take().expect("the node runs").kill().await.unwrap();
    }

    fn starts(&mut self, programs: &Programs, bootstrap: &str) {
        if self.node.is_none() {
            self.node = Some(NodeProgram::start(programs, &self.profile, &[bootstrap]).unwrap());
        }
    }

    async fn rows(&mut self, conversation: ConversationId) -> Vec<MessageView> {
        self.node().texts(conversation).await.unwrap()
    }
}

/// Waits until one has all that the other has written, and the other knows it.
async fn catches_up(reader: &mut Person, writer: &mut Person, conversation: ConversationId) {
    let written: BTreeSet<EntryId> = own(&writer.rows(conversation).await).map(|row| row.id).collect();
    let what = format!("{} catches up", reader.profile.name());
    let arrived = reader.node().until(&what, LIMIT, async |node| {
        let rows = node.texts(conversation).await?;
        let here: BTreeSet<EntryId> = rows.iter().map(|row| row.id).collect();
        Ok(written.is_subset(&here).then_some(()))
    });
    arrived.await.unwrap();
    let what = format!("{} sees every message delivered", writer.profile.name());
    let known = writer.node().until(&what, LIMIT, async |node| {
        let rows = node.texts(conversation).await?;
        let all = own(&rows).all(|row| row.state >= Some(DeliveryState::Delivered));
        Ok(all.then_some(()))
    });
    known.await.unwrap();
}

fn own(rows: &[MessageView]) -> impl Iterator<Item = &MessageView> {
    rows.iter().filter(|row| row.mine)
}

fn contents(rows: &[MessageView]) -> Vec<(EntryId, String)> {
    rows.iter()
        .map(|row| (row.id, format!("{:?}", row.body)))
        .collect()
}

async fn agree(asha: &mut Person, ben: &mut Person, conversation: ConversationId) {
    catches_up(ben, asha, conversation).await;
    catches_up(asha, ben, conversation).await;
    let (at_asha, at_ben) = (asha.rows(conversation).await, ben.rows(conversation).await);
    assert_eq!(
        contents(&at_asha),
        contents(&at_ben),
        "both have the same, in one order"
    );
    let ids: BTreeSet<EntryId> = at_asha.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), at_asha.len(), "nothing is there twice");
    for person in [asha, ben] {
        let lost: Vec<_> = person.acknowledged.difference(&ids).collect();
        assert!(
            lost.is_empty(),
            "{} acknowledged and lost {lost:?}",
            person.profile.name()
        );
    }
}

#[tokio::test]
async fn what_a_node_acknowledged_outlives_twenty_kills_under_load() {
    let programs = Programs::beside_this().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bootstrap = BootstrapProgram::start(&programs, &folder.path().join("bootstrap"))
        .await
        .unwrap();
    let mut people = Vec::new();
    for name in ["Asha", "Ben"] {
        let (profile, _) = Profile::create(&programs, folder.path(), name).await.unwrap();
        let mut person = Person {
            profile,
            node: None,
            acknowledged: BTreeSet::new(),
        };
        person.starts(&programs, bootstrap.address());
        people.push(person);
    }
    let [asha, ben] = people.as_mut_slice() else {
        panic!("two people")
    };
    asha.node().meets(ben.node()).await.unwrap();
    let conversation = asha.node().conversation().await.unwrap().id;

    let mut rng = ChaCha20Rng::from_seed([20; 32]);
    for round in 0..ROUNDS {
        asha.bursts(conversation, round).await;
        ben.bursts(conversation, round).await;
        // The moment is any: after some of the burst, in the middle of the rest.
        let victims = round % 3;
        if victims != 1 {
            asha.acknowledges(rng.next_u32() % BURST).await;
            asha.is_killed().await;
        }
        if victims != 0 {
            ben.acknowledges(rng.next_u32() % BURST).await;
            ben.is_killed().await;
        }
        asha.starts(&programs, bootstrap.address());
        ben.starts(&programs, bootstrap.address());
        asha.node().sees("Ben", Wanted::Online).await.unwrap();
        ben.node().sees("Asha", Wanted::Online).await.unwrap();
        agree(asha, ben, conversation).await;
    }
    let acknowledged = asha.acknowledged.len() + ben.acknowledged.len();
    println!("{ROUNDS} kills, {acknowledged} messages acknowledged before one: none was lost");
}
