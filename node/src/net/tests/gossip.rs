//! Gossip reaches known devices only, and travels on only with the engine's word.

use super::{
    super::NetConfig,
    world::{Person, link, linked_pair},
};
use crate::{
    effects::Transmit,
    input::{Lane, NetEvent},
};

const TOPIC: &str = "b10c4f3a";
/// More rounds than any heartbeat needs; a test that uses them up has failed.
const ROUNDS: u32 = 20_000;

impl Person {
    async fn subscribes(&self) {
        self.wants(Transmit::Subscribe {
            topic: TOPIC.to_owned(),
        })
        .await;
    }

    async fn publishes(&self, data: &[u8]) {
        self.wants(Transmit::Publish {
            topic: TOPIC.to_owned(),
            data: data.to_vec(),
        })
        .await;
    }

    fn gossip(&self) -> Vec<&[u8]> {
        self.seen
            .iter()
            .filter_map(|event| match event {
                NetEvent::Gossip { data, .. } => Some(data.as_slice()),
                _ => None,
            })
            .collect()
    }

    /// Lets what begins with `word` travel on, and drops everything else.
    async fn forwards(&mut self, word: &[u8]) {
        for event in std::mem::take(&mut self.seen) {
            if let NetEvent::Gossip { id, data, .. } = event {
                let forward = data.starts_with(word);
                self.wants(Transmit::Judge { id, forward }).await;
            }
        }
    }
}

/// Frames to and fro: whatever else was on its way has arrived with them.
async fn round_trip(alice: &mut Person, bob: &mut Person) {
    alice.sends(bob, Lane::Control, b"to").await;
    bob.hears(alice.device, Lane::Control).await;
    bob.sends(alice, Lane::Control, b"fro").await;
    alice.hears(bob.device, Lane::Control).await;
}

/// Publishes a new message each round until `to` has heard one.
async fn until_heard(from: &mut Person, to: &mut Person) {
    for round in 0..ROUNDS {
        from.publishes(format!("round {round}").as_bytes()).await;
        round_trip(from, to).await;
        if !to.gossip().is_empty() {
            return;
        }
    }
    panic!("gossip never arrived");
}

#[tokio::test]
async fn two_who_know_each_other_gossip() {
    let (mut alice, mut bob) = (Person::new(1).await, Person::new(2).await);
    alice.knows(&bob).await;
    bob.knows(&alice).await;
    link(&mut alice, &mut bob).await;
    alice.subscribes().await;
    bob.subscribes().await;
    until_heard(&mut alice, &mut bob).await;
    let (topic, data) = bob
        .seen
        .iter()
        .find_map(|event| match event {
            NetEvent::Gossip { topic, data, .. } => Some((topic.clone(), data.clone())),
            _ => None,
        })
        .unwrap();
    assert_eq!(topic, TOPIC);
    assert!(data.starts_with(b"round "));
}

#[tokio::test]
async fn a_stranger_who_speaks_gossip_hears_nothing_until_it_is_known() {
    // Eve knows Alice and gossips towards her; Alice does not know Eve.
    let (mut alice, mut eve) = linked_pair(1, 2).await;
    eve.knows(&alice).await;
    alice.subscribes().await;
    eve.subscribes().await;
    for round in 0..50 {
        alice.publishes(format!("private {round}").as_bytes()).await;
        eve.publishes(format!("spam {round}").as_bytes()).await;
        round_trip(&mut alice, &mut eve).await;
    }
    assert_eq!(eve.gossip(), Vec::<&[u8]>::new());
    assert_eq!(alice.gossip(), Vec::<&[u8]>::new());

    // On the connection that stands.
    alice.knows(&eve).await;
    until_heard(&mut alice, &mut eve).await;
    let down = |event: &NetEvent| matches!(event, NetEvent::LinkDown { .. });
    assert!(!alice.seen.iter().any(down), "becoming known costs no link");
}

#[tokio::test]
async fn a_message_travels_on_only_when_it_was_judged_so() {
    let (mut alice, mut bob) = (Person::new(1).await, Person::new(2).await);
    let mut carol = Person::new(3).await;
    for (one, other) in [(&alice, &bob), (&bob, &alice), (&bob, &carol), (&carol, &bob)] {
        one.knows(other).await;
    }
    link(&mut alice, &mut bob).await;
    link(&mut bob, &mut carol).await;
    for person in [&alice, &bob, &carol] {
        person.subscribes().await;
    }
    until_heard(&mut alice, &mut bob).await;
    for round in 0..ROUNDS {
        alice.publishes(format!("dropped {round}").as_bytes()).await;
        alice.publishes(format!("carried {round}").as_bytes()).await;
        round_trip(&mut alice, &mut bob).await;
        bob.forwards(b"carried ").await;
        round_trip(&mut bob, &mut carol).await;
        if carol.gossip().len() > 50 {
            break;
        }
    }
    let heard = carol.gossip();
    assert!(
        !heard.is_empty() && heard.iter().all(|data| data.starts_with(b"carried ")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn without_gossip_links_still_work_and_nothing_is_heard() {
    let config = || NetConfig {
        gossip: false,
        ..NetConfig::loopback()
    };
    let (mut alice, mut bob) = (Person::with(1, config()).await, Person::with(2, config()).await);
    alice.knows(&bob).await;
    bob.knows(&alice).await;
    link(&mut alice, &mut bob).await;
    alice.subscribes().await;
    bob.subscribes().await;
    for _ in 0..20 {
        alice.publishes(b"unheard").await;
        round_trip(&mut alice, &mut bob).await;
    }
    assert!(bob.gossip().is_empty());
}
