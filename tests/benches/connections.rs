//! What 10,000 connected nodes cost a bootstrap node: half over TCP, half over QUIC, each with a key, an identify and a
//! ping of its own, and the relay slots that there are all reserved.
//!
//! Both processes need a file descriptor for each connection: `ulimit -n 20000` before it. Another number of connections
//! can be given: `cargo bench -p kith-tests --bench connections -- 1000`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

use std::{fs, path::Path, time::Duration};

use futures::{StreamExt as _, stream::FuturesUnordered};
use kith_bootstrap::{Bootstrap, Config, Limits};
use kith_tests::{
    child::{self, Child},
    figures::Figure,
    machine,
};
use libp2p::{
    Multiaddr, Swarm, SwarmBuilder, identify,
    identity::Keypair,
    multiaddr::Protocol,
    noise, ping, relay,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use tokio::time::{Instant, timeout};

const CONNECTIONS: usize = 10_000;
/// Design section 10.
const BUDGET_MB: f64 = 1_000.0;
/// How many dial at a time, as after an outage.
const AT_ONCE: usize = 64;
const PATIENCE: Duration = Duration::from_secs(60);
/// Pings and renewals that the figures at rest are taken over.
const REST: Duration = Duration::from_secs(30);

/// What a node speaks with a bootstrap node, without the DHT's queries.
#[derive(NetworkBehaviour)]
struct Node {
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    relay: relay::client::Behaviour,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    if let Some(dir) = child::wanted() {
        serve(&dir).await;
        return;
    }
    machine::tell();
    let count = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(CONNECTIONS);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Child::start(&[], folder.path()).expect("a bootstrap node");
    let text = fs::read_to_string(folder.path().join("addresses")).expect("its addresses");
    let addresses: Vec<Multiaddr> = text
        .lines()
        .map(|line| line.parse().expect("an address"))
        .collect();
    let before = machine::memory(server.pid()).expect("its memory");
    Figure::megabytes("bootstrap.0_connections.memory", before.resident_bytes).print();

    let begun = Instant::now();
    connect(count, &addresses).await;
    Figure::seconds(format!("bootstrap.{count}_connections.made_in"), begun.elapsed()).print();
    let cpu = machine::cpu_time(server.pid()).expect("a running process");
    tokio::time::sleep(REST).await;
    let cpu = machine::cpu_time(server.pid()).expect("a running process") - cpu;
    let with = machine::memory(server.pid()).expect("its memory");
    Figure::megabytes(
        format!("bootstrap.{count}_connections.memory"),
        with.resident_bytes,
    )
    .budget(BUDGET_MB)
    .print();
    let each = (with.resident_bytes - before.resident_bytes) as f64 / 1e3 / count as f64;
    Figure::new("bootstrap.memory_per_connection", each, "kB").print();
    Figure::new(
        format!("bootstrap.{count}_connections.cpu"),
        cpu.as_secs_f64() / REST.as_secs_f64() * 100.0,
        "%",
    )
    .print();
}

/// The bootstrap node, as an operator would run it; but all come from one address here.
async fn serve(dir: &Path) {
    let config = Config {
        data: dir.join("data"),
        listen: ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"]
            .map(|address| address.parse().expect("an address"))
            .to_vec(),
        limits: Limits {
            connections: 20_000,
            connections_per_address: 20_000,
            ..Limits::default()
        },
        ..Config::default()
    };
    let running = Bootstrap::start(config).await.expect("it starts");
    let addresses: Vec<String> = running
        .watch_addresses()
        .borrow()
        .iter()
        .map(ToString::to_string)
        .collect();
    fs::write(dir.join("addresses"), addresses.join("\n")).expect("the addresses are written");
    // Waiting for the parent blocks a thread, not the node.
    tokio::task::spawn_blocking(child::stay)
        .await
        .expect("the parent ends it");
}

/// Makes the connections; each lives on in a task of its own.
async fn connect(count: usize, addresses: &[Multiaddr]) {
    let over = |quic: bool| {
        let is_quic = |address: &Multiaddr| address.iter().any(|part| matches!(part, Protocol::QuicV1));
        let found = addresses.iter().find(|address| is_quic(address) == quic);
        found.expect("it listens on both").clone()
    };
    let (tcp, quic) = (over(false), over(true));
    let mut waiting = FuturesUnordered::new();
    for number in 0..count {
        if waiting.len() >= AT_ONCE {
            waiting.next().await;
        }
        let address = if number % 2 == 0 { &tcp } else { &quic };
        waiting.push(node(address.clone()));
    }
    while waiting.next().await.is_some() {}
}

async fn node(server: Multiaddr) {
    let mut swarm = SwarmBuilder::with_existing_identity(Keypair::generate_ed25519())
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .expect("TCP")
        .with_quic()
        .with_relay_client(noise::Config::new, yamux::Config::default)
        .expect("a relay client")
        .with_behaviour(|key, relay| Node {
            identify: identify::Behaviour::new(identify::Config::new("/kith/1".into(), key.public())),
            ping: ping::Behaviour::default(),
            relay,
        })
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(3_600)))
        .build();
    swarm.dial(server.clone()).expect("a dial");
    timeout(PATIENCE, identified(&mut swarm))
        .await
        .expect("a connection in time");
    // Beyond the slots that there are it is refused, as strangers are.
    let _ = swarm.listen_on(server.with(Protocol::P2pCircuit));
    tokio::spawn(async move { while swarm.next().await.is_some() {} });
}

async fn identified(swarm: &mut Swarm<Node>) {
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::Behaviour(NodeEvent::Identify(identify::Event::Received { .. })) => return,
            SwarmEvent::OutgoingConnectionError { error, .. } => panic!("no connection: {error}"),
            _ => {}
        }
    }
}
