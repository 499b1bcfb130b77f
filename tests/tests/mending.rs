//! What was damaged stays told until a person has read it, and is mended, whatever ends the program in between.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::path::Path;

use kith_node::{
    Command, Node, NodeConfig, NodeError,
    net::NetConfig,
    profile::{self, Unlocked},
    view::DeliveryState,
};
use kith_tests::world::{PASSPHRASE, Person, World};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// How many messages each of the two writes.
const EACH: usize = 100;

async fn friends_who_talked(world: &World) -> (Person, Person) {
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    bob.befriends(&alice).await;
    for number in 0..EACH {
        bob.sends(&alice, &format!("b{number}")).await;
        alice.sends(&bob, &format!("a{number}")).await;
    }
    let (last_a, last_b) = (format!("a{}", EACH - 1), format!("b{}", EACH - 1));
    alice.sees_state(&last_a, DeliveryState::Delivered).await;
    alice.sees(&last_b).await;
    (alice, bob)
}

/// Bits flip all over the log, and the Kith that met one has left its note.
fn damage(folder: &Path) {
    let log = folder.join("db").join("db");
    let mut bytes = std::fs::read(&log).unwrap();
    for place in (bytes.len() / 20..bytes.len()).step_by(bytes.len() / 40) {
        bytes[place] ^= 0x55;
    }
    std::fs::write(&log, bytes).unwrap();
    std::fs::write(folder.join("db.suspect"), b"").unwrap();
}

fn open(person: &Person) -> Unlocked {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    profile::unlock(person.folder(), PASSPHRASE, &mut ChaCha20Rng::from_seed(seed)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_told_and_mended_though_the_starts_after_the_rescue_came_to_nothing() {
    let world = World::new();
    let (mut alice, bob) = friends_who_talked(&world).await;
    let before = alice.texts().await;
    alice.sleeps().await;
    damage(alice.folder());

    // The program ends after the rescue, before it has written anything.
    let rescued = open(&alice).damage.expect("the damage is noticed");
    assert!(rescued.kept_at.as_ref().is_some_and(|kept| kept.is_dir()));
    // The next one can listen nowhere.
    let unlocked = open(&alice);
    assert_eq!(unlocked.damage.as_ref(), Some(&rescued));
    let net = NetConfig {
        listen: vec!["/ip4/192.0.2.1/tcp/1".parse().unwrap()],
        ..NetConfig::loopback()
    };
    let refused = Node::start(unlocked, NodeConfig { net }).await.unwrap_err();
    assert!(matches!(refused, NodeError::Net(_)), "{refused}");

    alice.wakes().await;
    let profile = alice.profile().await;
    let told = profile.damage.expect("the damage is told");
    assert_eq!(told.records_recovered, rescued.records_recovered);
    alice
        .wait("all that was there", async || {
            (alice.texts().await == before).then_some(())
        })
        .await;
    alice.sends(&bob, "still me").await;
    bob.sees("still me").await;
    alice.sees_state("still me", DeliveryState::Delivered).await;

    // Mended once, and told until it is read.
    alice.sleeps().await;
    alice.wakes().await;
    let later = alice.profile().await;
    assert_eq!((later.damage, later.device), (Some(told), profile.device));
    alice.does(Command::DismissDamage {}).await;
    alice.sleeps().await;
    assert_eq!(open(&alice).damage, None);
    alice.wakes().await;
    let last = alice.profile().await;
    assert_eq!((last.damage, last.device), (None, profile.device));
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_keys_are_told_and_made_up_for_though_the_start_after_that_came_to_nothing() {
    let world = World::new();
    let (mut alice, _bob) = friends_who_talked(&world).await;
    let before = alice.texts().await;
    alice.sleeps().await;
    for name in ["keys.1", "keys.2"] {
        std::fs::write(alice.folder().join(name), b"\x01nonsense").unwrap();
    }
    assert!(open(&alice).damage.is_some());
    // New keys are in their place, as sound as any.
    alice.wakes().await;
    assert!(alice.profile().await.damage.is_some());
    alice
        .wait("the messages again", async || {
            (alice.texts().await == before).then_some(())
        })
        .await;
}
