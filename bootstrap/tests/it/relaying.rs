//! Two nodes that cannot reach each other talk through the relay, for longer and with more than libp2p's own limits
//! would let them.

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use kith_bootstrap::{Bootstrap, Config, Limits};
use libp2p::{StreamProtocol, multiaddr::Protocol, swarm::SwarmEvent};

use crate::client::{Client, bootstrap, metric, scrape};

const PROTOCOL: StreamProtocol = StreamProtocol::new("/test/bulk/1");

/// Sixteen times what libp2p's default lets a circuit carry.
const BULK_BYTES: usize = 2 * 1024 * 1024;

#[tokio::test]
async fn two_clients_exchange_megabytes_through_the_relay() {
    let (node, _folder) = bootstrap().await;
    let mut alice = Client::start();
    let mut bob = Client::start();
    let address = alice.reserves_at(&node).await;
    assert!(address.iter().any(|part| part == Protocol::P2pCircuit));

    let mut incoming = alice
        .with(|swarm| swarm.behaviour().stream.new_control().accept(PROTOCOL).unwrap())
        .await;
    let echo = tokio::spawn(async move {
        let (_, mut stream) = incoming.next().await.unwrap();
        let mut bulk = vec![0; BULK_BYTES];
        stream.read_exact(&mut bulk).await.unwrap();
        stream.write_all(&bulk).await.unwrap();
        stream.close().await.unwrap();
    });

    let alice_id = alice.id;
    bob.with(move |swarm| swarm.dial(address).unwrap()).await;
    let relayed = bob
        .sees("a connection to alice", |event| match event {
            SwarmEvent::ConnectionEstablished {
                peer_id, endpoint, ..
            } if peer_id == alice_id => Some(endpoint.is_relayed()),
            _ => None,
        })
        .await;
    assert!(relayed);
    let mut control = bob.with(|swarm| swarm.behaviour().stream.new_control()).await;
    let mut stream = control.open_stream(alice_id, PROTOCOL).await.unwrap();
    let sent: Vec<u8> = (0..BULK_BYTES).map(|index| (index % 251) as u8).collect();
    let (mut reader, mut writer) = {
        stream.write_all(&sent).await.unwrap();
        stream.split()
    };
    let mut received = vec![0; BULK_BYTES];
    reader.read_exact(&mut received).await.unwrap();
    writer.close().await.unwrap();
    assert!(sent == received, "what came back is not what was sent");
    echo.await.unwrap();

    let scraped = scrape(&node).await;
    assert_eq!(metric(&scraped, "kith_bootstrap_reservations"), 1.0);
    assert_eq!(metric(&scraped, "kith_bootstrap_circuits"), 1.0);
    assert!(metric(&scraped, "kith_bootstrap_connections") >= 2.0);
    node.shutdown().await;
}

#[tokio::test]
async fn a_circuit_beyond_its_share_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        circuit_mib: 1,
        ..Limits::default()
    };
    let config = Config {
        limits,
        ..Config::loopback(folder.path().to_path_buf())
    };
    let node = Bootstrap::start(config).await.unwrap();
    let mut alice = Client::start();
    let mut bob = Client::start();
    let address = alice.reserves_at(&node).await;
    let mut incoming = alice
        .with(|swarm| swarm.behaviour().stream.new_control().accept(PROTOCOL).unwrap())
        .await;
    tokio::spawn(async move {
        let (_, mut stream) = incoming.next().await.unwrap();
        let mut sink = Vec::new();
        let _ = stream.read_to_end(&mut sink).await;
    });
    let alice_id = alice.id;
    bob.with(move |swarm| swarm.dial(address).unwrap()).await;
    bob.sees("a connection to alice", |event| match event {
        SwarmEvent::ConnectionEstablished { peer_id, .. } if peer_id == alice_id => Some(()),
        _ => None,
    })
    .await;
    let mut control = bob.with(|swarm| swarm.behaviour().stream.new_control()).await;
    let mut stream = control.open_stream(alice_id, PROTOCOL).await.unwrap();
    let flood = tokio::spawn(async move {
        let chunk = vec![7; 64 * 1024];
        while stream.write_all(&chunk).await.is_ok() {}
    });
    bob.sees("the end of the circuit", |event| match event {
        SwarmEvent::ConnectionClosed { peer_id, .. } if peer_id == alice_id => Some(()),
        _ => None,
    })
    .await;
    flood.await.unwrap();
    node.shutdown().await;
}

#[tokio::test]
async fn a_shutdown_closes_every_connection_and_frees_the_port() {
    let (node, folder) = bootstrap().await;
    let id = node.peer_id();
    let first = node.addresses();
    let mut alice = Client::start();
    alice.joins(&node).await;
    node.shutdown().await;
    alice
        .sees("the end of the connection", |event| match event {
            SwarmEvent::ConnectionClosed { peer_id, .. } if peer_id == id => Some(()),
            _ => None,
        })
        .await;
    // The same ports can be had again at once, under the same identity.
    let listen = first.iter().map(|address| {
        let mut address = address.clone();
        address.pop();
        address
    });
    let config = Config {
        listen: listen.collect(),
        ..Config::loopback(folder.path().to_path_buf())
    };
    let again = Bootstrap::start(config).await.unwrap();
    let [mut before, mut after] = [first, again.addresses()];
    before.sort();
    after.sort();
    assert_eq!(before, after);
    again.shutdown().await;
}
