//! Links: made, refused, crossed, carried, replaced, rekeyed, ended.

use std::time::{Duration, Instant};

use kith_crypto::LinkRefusal;

use super::{
    super::NetConfig,
    world::{Person, link, linked_pair},
};
use crate::{
    effects::Transmit,
    input::{Lane, NetEvent},
    view::PathView,
};

#[tokio::test]
async fn alice_dials_bob_and_both_know_whom_they_are_linked_with() {
    let (mut alice, mut bob) = (Person::new(1).await, Person::new(2).await);
    alice.dials_with(&bob, b"a token").await;
    let (account, payload) = bob
        .until(|event| match event {
            NetEvent::LinkRequested { account, payload, .. } => Some((*account, payload.clone())),
            _ => None,
        })
        .await;
    assert_eq!(
        (account, payload.as_slice()),
        (alice.account, b"a token".as_slice())
    );
    let bobs = bob.linked(alice.device).await;
    let (account, path, binding) = alice
        .until(|event| match event {
            NetEvent::LinkUp {
                account,
                path,
                binding,
                ..
            } => Some((*account, *path, *binding)),
            _ => None,
        })
        .await;
    assert_eq!((account, path, binding), (bob.account, PathView::Lan, bobs));

    alice.sends(&bob, Lane::Control, b"hello").await;
    assert_eq!(bob.hears(alice.device, Lane::Control).await, b"hello");
    bob.sends(&alice, Lane::Sync, b"welcome").await;
    assert_eq!(alice.hears(bob.device, Lane::Sync).await, b"welcome");
}

#[tokio::test]
async fn a_refused_link_tells_the_reason_and_a_later_one_may_stand() {
    let (mut alice, mut bob) = (Person::new(1).await, Person::new(2).await);
    // With the largest list that may go with a reason: nothing on the way is too small for it.
    let refusal = LinkRefusal {
        reason: 3,
        device_list: Some(vec![7; 64 + 128 * 1024]),
    };
    bob.refuses = Some(refusal.clone());
    alice.dials(&bob).await;
    let asked = bob.until(|event| matches!(event, NetEvent::LinkRequested { .. }).then_some(()));
    let refused = alice.until(|event| match event {
        NetEvent::LinkRefused { refusal, .. } => Some(refusal.clone()),
        _ => None,
    });
    assert_eq!(tokio::join!(asked, refused).1, refusal);
    bob.refuses = None;
    link(&mut alice, &mut bob).await;
}

#[tokio::test]
async fn nobody_at_home_is_a_failed_dial_with_a_plain_reason() {
    let (mut alice, bob) = (Person::new(1).await, Person::new(2).await);
    let addresses = vec![bob.tcp().to_string()];
    bob.net.shutdown().await;
    alice
        .wants(Transmit::Dial {
            device: bob.device,
            addresses,
            payload: Vec::new(),
        })
        .await;
    let reason = alice
        .until(|event| match event {
            NetEvent::DialFailed { reason, .. } => Some(reason.clone()),
            _ => None,
        })
        .await;
    assert_eq!(reason, "refused: nobody listens there");
}

#[tokio::test]
async fn somebody_else_at_the_address_is_a_failed_dial() {
    let (mut alice, bob, carol) = (Person::new(1).await, Person::new(2).await, Person::new(3).await);
    let addresses = vec![carol.tcp().to_string()];
    alice
        .wants(Transmit::Dial {
            device: bob.device,
            addresses,
            payload: Vec::new(),
        })
        .await;
    let reason = alice
        .until(|event| match event {
            NetEvent::DialFailed { reason, .. } => Some(reason.clone()),
            _ => None,
        })
        .await;
    assert!(reason.contains("wrong identity"), "{reason}");
}

#[tokio::test]
async fn ten_thousand_frames_arrive_in_order_on_both_lanes_both_ways() {
    const FRAMES: u32 = 10_000;
    let (alice, bob) = linked_pair(1, 2).await;
    let send = |from: &Person, to: &Person, lane: Lane| {
        let (net, device) = (from.net.clone(), to.device);
        async move {
            for number in 0..FRAMES {
                let frame = number.to_be_bytes().repeat(16);
                net.transmit(Transmit::Send { device, lane, frame })
                    .await
                    .unwrap();
            }
        }
    };
    let sending = [
        tokio::spawn(send(&alice, &bob, Lane::Control)),
        tokio::spawn(send(&alice, &bob, Lane::Sync)),
        tokio::spawn(send(&bob, &alice, Lane::Control)),
        tokio::spawn(send(&bob, &alice, Lane::Sync)),
    ];
    tokio::join!(counts_to(alice, FRAMES), counts_to(bob, FRAMES));
    for task in sending {
        task.await.unwrap();
    }
}

/// Hears the frames 0, 1, 2 … on both lanes, each in order.
async fn counts_to(mut person: Person, frames: u32) {
    let mut next = [0, 0];
    while next != [frames, frames] {
        match person.next().await {
            NetEvent::Frame { lane, frame, .. } => {
                let count = &mut next[usize::from(lane == Lane::Sync)];
                assert_eq!(frame, count.to_be_bytes().repeat(16));
                *count += 1;
            }
            NetEvent::LinkDown { .. } => panic!("the link ended after {next:?} frames"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn of_two_links_dialled_at_once_exactly_one_stands_twenty_times() {
    for round in 0..20 {
        let (mut alice, mut bob) = (Person::new(2 * round + 1).await, Person::new(2 * round + 2).await);
        tokio::join!(alice.dials(&bob), bob.dials(&alice));
        let (a, b) = (alice.device, bob.device);
        let (alices, bobs) = tokio::join!(alice.linked(b), bob.linked(a));
        assert_eq!(alices, bobs);
        // Whatever else would still come has come by the time that frames have gone to and fro.
        for _ in 0..3 {
            alice.sends(&bob, Lane::Control, b"ping").await;
            let (heard, ()) = tokio::join!(bob.hears(a, Lane::Control), async {});
            assert_eq!(heard, b"ping");
            bob.sends(&alice, Lane::Sync, b"pong").await;
            assert_eq!(alice.hears(b, Lane::Sync).await, b"pong");
        }
        for person in [&alice, &bob] {
            let count = |pick: fn(&NetEvent) -> bool| person.seen.iter().filter(|event| pick(event)).count();
            assert_eq!(
                count(|event| matches!(event, NetEvent::LinkUp { .. })),
                1,
                "round {round}"
            );
            assert_eq!(
                count(|event| matches!(event, NetEvent::LinkDown { .. })),
                0,
                "round {round}"
            );
            assert_eq!(
                count(|event| matches!(event, NetEvent::DialFailed { .. })),
                0,
                "round {round}"
            );
        }
    }
}

#[tokio::test]
async fn forgetting_ends_the_link_on_both_sides() {
    let (mut alice, mut bob) = linked_pair(1, 2).await;
    alice.wants(Transmit::Forget { device: bob.device }).await;
    let (a, b) = (alice.device, bob.device);
    tokio::join!(alice.unlinked(b), bob.unlinked(a));
    link(&mut bob, &mut alice).await;
}

#[tokio::test]
async fn a_peer_that_shuts_down_is_noticed_and_welcome_again() {
    let (mut alice, bob) = linked_pair(1, 2).await;
    bob.net.shutdown().await;
    alice.unlinked(bob.device).await;
    drop(bob);
    let mut bob = Person::new(2).await;
    link(&mut bob, &mut alice).await;
}

#[tokio::test]
async fn fresh_keys_are_agreed_on_while_frames_flow_and_none_is_lost() {
    const REKEY: Duration = Duration::from_millis(20);
    let config = || NetConfig {
        rekey_after: REKEY,
        ..NetConfig::loopback()
    };
    let (mut alice, mut bob) = (Person::with(1, config()).await, Person::with(2, config()).await);
    link(&mut alice, &mut bob).await;
    let sender = alice.net.clone();
    let device = bob.device;
    // Frames at the receiver's own pace, through some twenty changes of keys.
    let done = Instant::now() + 20 * REKEY;
    let mut number = 0_u32;
    while Instant::now() < done {
        for lane in [Lane::Control, Lane::Sync] {
            let frame = number.to_be_bytes().to_vec();
            sender
                .transmit(Transmit::Send { device, lane, frame })
                .await
                .unwrap();
            assert_eq!(bob.hears(alice.device, lane).await, number.to_be_bytes());
            bob.sends(&alice, lane, b"again").await;
            alice.hears(device, lane).await;
        }
        number += 1;
    }
    let down = |person: &Person| {
        person
            .seen
            .iter()
            .any(|event| matches!(event, NetEvent::LinkDown { .. }))
    };
    assert!(!down(&alice) && !down(&bob));
}

#[tokio::test]
async fn a_wished_port_that_is_taken_is_replaced_and_told() {
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let wished = socket.local_addr().unwrap().port();
    let listen = vec![format!("/ip4/127.0.0.1/tcp/{wished}").parse().unwrap()];
    let person = Person::with(
        1,
        NetConfig {
            listen,
            ..NetConfig::loopback()
        },
    )
    .await;
    let told = person
        .seen
        .iter()
        .any(|event| matches!(event, NetEvent::PortInUse { wished: told } if *told == wished));
    assert!(told, "{:?}", person.seen);
    assert!(!person.tcp().to_string().ends_with(&format!("/{wished}")));
}
