//! A contact that says the same again and again: it is cut off within a stated number of messages, and nobody
//! else feels it. The numbers are those of docs/hostile-peers.md.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_crypto::DeviceKey;
use kith_node::{
    Command,
    allowance::{self, STRAYED_TOLD},
    effects::Transmit,
    input::{Lane, NetEvent},
    net::{self, EVENT_CAPACITY, NetConfig},
    view::DeliveryState,
};
use kith_tests::{
    mallory::flooding::{FLOODS, MOST_OFFENCES},
    raw::{GOSSIP, Raw, published, subscribed},
    scene::Scene,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use tokio::sync::mpsc;

/// The largest gossip frame, without what surrounds the message.
const LARGEST_GOSSIP: usize = 350 * 1024;

async fn is_survived(name: &str, cost: u32) {
    let mut scene = Scene::new().await;
    scene.others_feel_nothing("before").await;
    scene.mallory.offers_to_carry().await;
    let frame = scene.mallory.flood(name);
    let flooding = async {
        let cut = scene.mallory.is_cut_off_for(&frame, cost).await;
        println!(
            "{name}: cut off within {} frames, {} allowed",
            cut.said, cut.at_most
        );
    };
    // While it lasts, two others talk.
    let talking = async {
        scene.carol.sends(&scene.alice, "during?").await;
        scene.alice.sees("during?").await;
        scene.alice.sends(&scene.carol, "during!").await;
        scene.alice.sees_state("during!", DeliveryState::Delivered).await;
    };
    tokio::join!(flooding, talking);
    scene.others_feel_nothing("after").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_and_repetitions_are_cut_off_within_the_allowance() {
    for (name, cost) in &FLOODS[..6] {
        is_survived(name, *cost).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn and_so_is_everything_else_that_can_be_said_again_and_again() {
    for (name, cost) in &FLOODS[6..11] {
        is_survived(name, *cost).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_is_what_a_carrier_and_a_reader_can_say_again_and_again() {
    for (name, cost) in &FLOODS[11..] {
        is_survived(name, *cost).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_burst_is_no_flood() {
    let mut scene = Scene::new().await;
    // Far more at once than anybody asks, of several kinds.
    for name in ["digests", "frontiers", "receipts that tell nothing"] {
        let frame = scene.mallory.flood(name);
        for _ in 0..400 {
            scene.mallory.says_bytes_on(Lane::Control, frame.clone()).await;
        }
    }
    scene.mallory.is_answered(1).await;
    // Each entry is news: no number of them is too many.
    let mut before = None;
    for number in 1..=10 {
        let mut batch = Vec::new();
        for each in 1..=128 {
            let text = format!("{number} and {each}");
            let (id, entry) = scene.mallory.entry((number - 1) * 128 + each, before, &text);
            before = Some(id);
            batch.push(entry);
        }
        let number = u32::try_from(number).unwrap_or_default();
        scene.mallory.sends_entries(100 + number, batch).await;
    }
    scene.alice.sees("10 and 128").await;
    scene.mallory.is_answered(2).await;
    scene.others_feel_nothing("a busy friend").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn device_lists_without_end_are_not_kept() {
    let mut scene = Scene::new().await;
    for round in 0..4 {
        let first = 1 + round * 63;
        let told = scene.mallory.tells_lists(first..first + 63);
        scene.mallory.says(&told).await;
        scene.mallory.is_answered(1_000 + round as u32).await;
    }
    let more = scene.mallory.tells_lists(1_000..1_063);
    scene.is_cut_off_by(&more).await;
    scene.others_feel_nothing("lists").await;
}

/// Mallory's device beside its link, speaking gossip by hand.
async fn gossips_by_hand(scene: &Scene) -> (Raw, libp2p::Stream) {
    let address = scene.mallory.tcp_address();
    let raw = Raw::connects(&scene.mallory.device, scene.mallory.victim, &address).await;
    let mut raw = raw.expect("a contact is let in");
    let stream = raw.opens(GOSSIP).await.expect("gossip is offered to a contact");
    (raw, stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_on_a_topic_of_ours_is_cut_off_within_the_allowance() {
    let mut scene = Scene::new().await;
    // Alice writes first, so that there is a topic of the two.
    let conversation = scene.mallory.conversation;
    let text = "hello, Mallory".to_owned();
    scene
        .alice
        .does(Command::SendMessage { conversation, text })
        .await;
    let (mut raw, mut stream) = gossips_by_hand(&scene).await;
    let hello = subscribed(&["mallory".to_owned()]);
    assert!(raw.writes(&mut stream, &hello).await);
    let topic = raw.hears_topics().await.pop_first().expect("a topic");
    let mut said: u32 = 0;
    while raw
        .writes(&mut stream, &published(&topic, &said.to_be_bytes()))
        .await
    {
        said += 1;
        // What is still on its way when the cut comes was written, too.
        assert!(said < 200_000, "noise without end is taken");
        if said == kith_node::allowance::MOST / 2 {
            scene.others_feel_nothing("in the noise").await;
        }
    }
    println!("noise: cut off after {said} envelopes were written");
    scene.mallory.is_cut_off().await;
    assert!(
        said > MOST_OFFENCES,
        "an envelope that does not open is no offence by itself"
    );
    scene.others_feel_nothing("quiet").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gossips_on_topics_of_its_own_invention_is_cut_off_within_the_allowance() {
    let mut scene = Scene::new().await;
    let (mut raw, mut stream) = gossips_by_hand(&scene).await;
    let data = vec![7; 64 * 1024];
    let mut said: u32 = 0;
    loop {
        let spam = published(&format!("topic{said}"), &data);
        if !raw.writes(&mut stream, &spam).await {
            break;
        }
        said += 1;
        // What is still on its way when the cut comes was written, too.
        assert!(said < 50_000, "messages for nobody are taken without end");
        if said == allowance::MOST / 2 {
            scene.others_feel_nothing("in the spam").await;
        }
    }
    println!("topics of ones own: cut off after {said} messages were written");
    scene.mallory.is_cut_off().await;
    assert!(
        said >= allowance::MOST,
        "what is on its way is no reason for a cut"
    );
    scene.others_feel_nothing("after the spam").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_messages_on_other_topics_and_thousands_of_subscriptions_are_let_go() {
    let mut scene = Scene::new().await;
    let (mut raw, mut stream) = gossips_by_hand(&scene).await;
    let data = vec![7; LARGEST_GOSSIP];
    for number in 0..150 {
        let spam = published(&format!("topic{number}"), &data);
        assert!(raw.writes(&mut stream, &spam).await, "it is not worth a cut");
    }
    for round in 0..10 {
        let topics: Vec<String> = (0..4_000).map(|number| format!("r{round}t{number}")).collect();
        assert!(raw.writes(&mut stream, &subscribed(&topics)).await);
    }
    scene.mallory.is_answered(1).await;
    scene.others_feel_nothing("after the spam").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_victim_counts_each_message_that_is_for_nobody() {
    let mut rng = ChaCha20Rng::from_seed([11; 32]);
    let (victim, stranger) = (DeviceKey::generate(&mut rng), DeviceKey::generate(&mut rng));
    let (events, mut news) = mpsc::channel(EVENT_CAPACITY);
    let net = net::start(NetConfig::loopback(), victim.clone(), events).expect("a network");
    let device = stranger.id();
    net.transmit(Transmit::Know { device }).await.expect("it runs");
    let address = loop {
        let heard = news.recv().await.expect("it runs");
        if let NetEvent::OwnAddresses { listening, .. } = heard
            && let Some(tcp) = listening.iter().find(|address| address.contains("/tcp/"))
        {
            break tcp.parse().expect("an address");
        }
    };
    let raw = Raw::connects(&stranger, victim.id(), &address).await;
    let mut raw = raw.expect("a contact is let in");
    let mut stream = raw.opens(GOSSIP).await.expect("gossip is offered to a contact");
    let (written, mut counted) = (20 * STRAYED_TOLD, 0);
    for number in 0..written {
        let spam = published(&format!("topic{number}"), &[7; 100]);
        assert!(raw.writes(&mut stream, &spam).await);
    }
    while counted < written {
        if let NetEvent::Strayed { device: of, messages } = news.recv().await.expect("it runs") {
            assert_eq!(of, device);
            counted += messages;
        }
    }
    assert_eq!(counted, written);
}
