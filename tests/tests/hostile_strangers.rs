//! Strangers, however many and under however many names: contacts and new friends get in all the same.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::net::Ipv4Addr;

use kith_crypto::DeviceKey;
use kith_node::{Command, net::protocols};
use kith_tests::{
    raw::{GOSSIP, Raw, detour, half_open, tcp_port},
    scene::Scene,
    world::World,
};
use libp2p::futures::AsyncWriteExt as _;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// Addresses of this machine that no honest person here comes from.
const CROWD: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);
const ONE_MACHINE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 77);
/// How many connections strangers at one address may hold (docs/hostile-peers.md).
const STRANGERS_OF_PLACE: usize = 32;
/// How many streams a peer may begin on one connection before a link stands.
const BEGUN: usize = 32;
/// The number of the refusal that a stranger hears.
const STRANGER: u8 = 1;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_half_open_connections_keep_no_friend_out() {
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    let port = alice_port(&alice).await;
    let open = half_open(CROWD, port, 1_000).await;
    println!("{} of 1,000 half-open connections were begun", open.len());
    // A friend comes back, and a new one comes with an invite.
    bob.sleeps().await;
    bob.wakes().await;
    bob.sends(&alice, "through the crowd").await;
    alice.sees("through the crowd").await;
    let carol = world.person("carol").await;
    carol.befriends(&alice).await;
    carol.sends(&alice, "me, too").await;
    alice.sees("me, too").await;
    drop(open);
}

async fn alice_port(alice: &kith_tests::world::Person) -> u16 {
    alice.invites().await;
    tcp_port(&alice.network().await.listening)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_machine_under_a_hundred_names_holds_a_bounded_share_and_stalls_nobody() {
    let mut scene = Scene::new().await;
    let address = detour(ONE_MACHINE, tcp_port(&[scene.mallory.tcp_address().to_string()])).await;
    let mut rng = ChaCha20Rng::from_seed([8; 32]);
    let mut inside = Vec::new();
    for _ in 0..100 {
        let key = DeviceKey::generate(&mut rng);
        let Some(mut raw) = Raw::connects(&key, scene.mallory.victim, &address).await else {
            continue;
        };
        // A handshake that goes no further, and a letter that never ends.
        if let Ok(mut link) = raw.opens(protocols::LINK).await
            && raw.writes(&mut link, &[0, 0, 4]).await
            && let Ok(mut mail) = raw.opens(protocols::MAIL).await
            && raw.writes(&mut mail, &[0, 0, 0x40, 0, 1]).await
        {
            assert!(raw.opens(GOSSIP).await.is_err(), "not offered to a stranger");
            inside.push((raw, link, mail));
        }
    }
    println!("{} of 100 names were let in", inside.len());
    assert!(
        (1..=STRANGERS_OF_PLACE).contains(&inside.len()),
        "{}",
        inside.len()
    );
    scene.others_feel_nothing("beside a hundred names").await;
    // The friend's link is made anew beside their stalled ones.
    scene.carol.sleeps().await;
    scene.carol.wakes().await;
    scene.others_feel_nothing("and again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_stream_after_stream_loses_the_connection() {
    let mut scene = Scene::new().await;
    let key = DeviceKey::generate(&mut ChaCha20Rng::from_seed([9; 32]));
    let address = scene.mallory.tcp_address();
    for protocol in [protocols::LINK, protocols::MAIL, protocols::SYNC] {
        let raw = Raw::connects(&key, scene.mallory.victim, &address).await;
        let mut raw = raw.expect("a stranger may connect");
        let mut begun = 0;
        while let Ok(mut stream) = raw.opens(protocol.clone()).await {
            begun += 1;
            assert!(begun <= 4 * BEGUN, "{protocol} without end");
            let nonsense = async {
                let _ = stream.write_all(&[0xff; 64]).await;
                let _ = stream.flush().await;
            };
            raw.meanwhile(nonsense).await;
        }
        println!("{protocol}: the connection was closed after {begun} streams");
        assert!(begun >= BEGUN, "{begun} is too few for an unlucky friend");
    }
    scene.others_feel_nothing("after the streams").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_contact_is_cut_off_at_once_and_refused_as_a_stranger() {
    let mut scene = Scene::new().await;
    let account = scene.mallory.account;
    let conversation = scene.mallory.conversation;
    let text = "so that there is a topic".to_owned();
    scene
        .alice
        .does(Command::SendMessage { conversation, text })
        .await;
    scene.alice.does(Command::BlockContact { account }).await;
    scene.mallory.is_cut_off().await;
    assert_eq!(scene.mallory.dials(None).await, Some(STRANGER));
    let address = scene.mallory.tcp_address();
    let raw = Raw::connects(&scene.mallory.device, scene.mallory.victim, &address).await;
    let mut raw = raw.expect("anybody may connect");
    assert!(
        raw.opens(GOSSIP).await.is_err(),
        "who may not know our topics is not even offered the protocol"
    );
    scene.others_feel_nothing("one fewer").await;
    scene.alice.does(Command::UnblockContact { account }).await;
    assert_eq!(scene.mallory.dials(None).await, None);
}
