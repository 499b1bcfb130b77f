//! Peers that break the protocol, and peers that fall silent.

use std::time::{Duration, Instant};

use kith_crypto::{
    Signed,
    link::{Established, LaneSealer},
};
use libp2p::{
    Multiaddr, Stream, StreamProtocol, Swarm, SwarmBuilder,
    futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _},
    noise,
    swarm::{ConnectionId, SwarmEvent},
    tcp, yamux,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

use super::{
    super::{
        device::{keypair, peer_of},
        link::{
            handshake::{self, OwnIdentity},
            lanes::CONTROL_KEYS,
            wire,
        },
        protocols,
        streams::{OpenError, Streams},
    },
    world::{Keys, Person, link},
};
use crate::{
    effects::Transmit,
    input::{Lane, NetEvent},
};

/// A raw libp2p client with a valid device key and no manners.
struct Eve {
    keys: Keys,
    swarm: Swarm<Streams>,
    alice: libp2p::PeerId,
    connection: ConnectionId,
}

impl Eve {
    async fn connects_to(alice: &Person) -> Self {
        let keys = Keys::new(66);
        let mut swarm = SwarmBuilder::with_existing_identity(keypair(&keys.device).unwrap())
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
            .unwrap()
            .with_behaviour(|_| Streams::new(Vec::new()))
            .unwrap()
            .build();
        let peer = peer_of(&alice.device).unwrap();
        swarm.behaviour_mut().keep(peer, true);
        swarm.dial(alice.tcp()).unwrap();
        let connection = loop {
            if let SwarmEvent::ConnectionEstablished { connection_id, .. } = swarm.select_next_some().await {
                break connection_id;
            }
        };
        Self {
            keys,
            swarm,
            alice: peer,
            connection,
        }
    }

    async fn opens(&mut self, protocol: StreamProtocol) -> Stream {
        let opening = self
            .swarm
            .behaviour_mut()
            .open(self.alice, self.connection, protocol);
        self.meanwhile(opening).await.unwrap().unwrap()
    }

    /// Drives the swarm while something else happens.
    async fn meanwhile<F: Future>(&mut self, work: F) -> F::Output {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = self.swarm.select_next_some() => {}
            }
        }
    }

    /// Writes raw bytes and waits for Alice to cut the stream.
    async fn is_cut_after(&mut self, mut stream: Stream, bytes: Vec<u8>) {
        self.meanwhile(async move {
            // The cut may come while we still write.
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            let mut rest = Vec::new();
            let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut rest))
                .await
                .expect("Alice cuts the stream");
        })
        .await;
    }

    /// Makes a proper link and gives the Control lane.
    async fn links(&mut self, alice: &mut Person) -> (Stream, LaneSealer) {
        let mut stream = self.opens(protocols::LINK).await;
        let identity = OwnIdentity::new(self.keys.device.clone(), Signed::open(&self.keys.list).unwrap());
        let (device, eve) = (alice.device, self.keys.device.id());
        let established = async {
            let handshake = handshake::initiate(&mut stream, device, &identity, b"");
            tokio::join!(handshake, alice.linked(eve)).0.unwrap()
        };
        let established: Established = self.meanwhile(established).await;
        let mut keys = established.keys;
        let (sealer, _) = keys.lane(CONTROL_KEYS).unwrap();
        (stream, sealer)
    }
}

#[tokio::test]
async fn garbage_instead_of_a_handshake_is_cut_and_nobody_hears_of_it() {
    let alice = Person::new(1).await;
    let mut eve = Eve::connects_to(&alice).await;
    let garbage: Vec<Vec<u8>> = vec![
        // Claims four gigabytes.
        vec![0xff; 64],
        // The right size, and nothing in it.
        [1_249_u32.to_be_bytes().to_vec(), vec![0; 1_249]].concat(),
        // Empty.
        vec![0; 4],
    ];
    for bytes in garbage {
        let stream = eve.opens(protocols::LINK).await;
        eve.is_cut_after(stream, bytes).await;
    }
    assert!(
        !alice
            .seen
            .iter()
            .any(|event| matches!(event, NetEvent::LinkRequested { .. }))
    );
}

#[tokio::test]
async fn a_handshake_that_stalls_is_cut() {
    let alice = Person::new(1).await;
    let mut eve = Eve::connects_to(&alice).await;
    let stream = eve.opens(protocols::LINK).await;
    eve.is_cut_after(stream, vec![0, 0, 4]).await;
}

#[tokio::test]
async fn the_gossip_protocol_is_not_even_offered_to_a_stranger() {
    let mut alice = Person::new(1).await;
    alice
        .wants(Transmit::Subscribe {
            topic: "b10c4f3a".to_owned(),
        })
        .await;
    let mut eve = Eve::connects_to(&alice).await;
    let device = eve.keys.device.id();
    let gossip = StreamProtocol::new("/kith/gossip/1.1.0");
    let refused = eve
        .swarm
        .behaviour_mut()
        .open(eve.alice, eve.connection, gossip.clone());
    assert_eq!(
        eve.meanwhile(refused).await.unwrap().unwrap_err(),
        OpenError::Unsupported
    );

    alice.wants(Transmit::Know { device }).await;
    // The link shows that Alice has heard it.
    eve.links(&mut alice).await;
    eve.opens(gossip).await;
}

#[tokio::test]
async fn a_sync_stream_without_a_link_is_cut() {
    let alice = Person::new(1).await;
    let mut eve = Eve::connects_to(&alice).await;
    let stream = eve.opens(protocols::SYNC).await;
    eve.is_cut_after(stream, vec![0, 0, 0, 1, 7]).await;
}

#[tokio::test]
async fn an_oversized_a_forged_and_a_senseless_frame_each_end_the_link() {
    let mut alice = Person::new(1).await;
    let mut eve = Eve::connects_to(&alice).await;
    let device = eve.keys.device.id();
    for attack in 0..4 {
        let (mut stream, mut sealer) = eve.links(&mut alice).await;
        let message = match attack {
            0 => (2_u32 << 20).to_be_bytes().to_vec(),
            1 => framed(&[7; 100]).await,
            // A kind of frame that there is not.
            2 => framed(&sealer.seal(&[9]).unwrap()).await,
            // A frame that is not even a kind.
            _ => framed(&sealer.seal(&[]).unwrap()).await,
        };
        eve.meanwhile(async {
            stream.write_all(&message).await.unwrap();
            stream.flush().await.unwrap();
            alice.unlinked(device).await;
        })
        .await;
    }
}

async fn framed(message: &[u8]) -> Vec<u8> {
    let mut bytes = libp2p::futures::io::Cursor::new(Vec::new());
    wire::write(&mut bytes, message).await.unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn asking_for_fresh_keys_without_end_ends_the_link() {
    let mut alice = Person::new(1).await;
    let mut eve = Eve::connects_to(&alice).await;
    let device = eve.keys.device.id();
    let (mut stream, mut sealer) = eve.links(&mut alice).await;
    // Kind 1 is a handshake message; the hour is not over.
    let message = framed(&sealer.seal(&[0, 0, 0, 1]).unwrap()).await;
    eve.meanwhile(async {
        stream.write_all(&message).await.unwrap();
        stream.flush().await.unwrap();
        alice.unlinked(device).await;
    })
    .await;
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_noticed_within_twenty_seconds() {
    let (mut alice, mut bob) = (Person::new(1).await, Person::new(2).await);
    let (freeze, frozen) = watch::channel(false);
    let wire = cable(bob.tcp(), frozen).await;
    alice
        .wants(Transmit::Dial {
            device: bob.device,
            addresses: vec![wire],
            payload: Vec::new(),
        })
        .await;
    let (a, b) = (alice.device, bob.device);
    tokio::join!(alice.linked(b), bob.linked(a));
    alice.sends(&bob, Lane::Control, b"there?").await;
    bob.hears(a, Lane::Control).await;
    freeze.send_replace(true);
    let since = Instant::now();
    tokio::join!(alice.unlinked(b), bob.unlinked(a));
    assert!(since.elapsed() < Duration::from_secs(20), "{:?}", since.elapsed());
    // And a fresh connection is made where the old one was dead.
    link(&mut alice, &mut bob).await;
}

/// A cable to a TCP address that can be frozen: nothing passes any more, and nobody is told. Gives its near end.
async fn cable(to: Multiaddr, frozen: watch::Receiver<bool>) -> String {
    let parts = to.to_string();
    let port: u16 = parts.rsplit('/').next().unwrap().parse().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let near = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((here, _)) = listener.accept().await {
            let there = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let (here_in, here_out) = here.into_split();
            let (there_in, there_out) = there.into_split();
            tokio::spawn(strand(here_in, there_out, frozen.clone()));
            tokio::spawn(strand(there_in, here_out, frozen.clone()));
        }
    });
    format!("/ip4/127.0.0.1/tcp/{}", near.port())
}

async fn strand(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut frozen: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            () = freezes(&mut frozen) => return std::future::pending().await,
        };
        match read {
            Ok(count) if count > 0 => to.write_all(&buffer[..count]).await.unwrap(),
            _ => return,
        }
    }
}

/// Resolves once the cable is frozen; a cable whose test is over stays as it is.
async fn freezes(frozen: &mut watch::Receiver<bool>) {
    if frozen.wait_for(|frozen| *frozen).await.is_err() {
        std::future::pending::<()>().await;
    }
}
