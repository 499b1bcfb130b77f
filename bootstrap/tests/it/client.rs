//! A bare libp2p client: what a Kith node uses of a bootstrap node, and nothing else.

use std::time::Duration;

use futures::StreamExt;
use kith_bootstrap::{Bootstrap, Config, Running};
use kith_node::net::records::dht_config;
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, identify, kad, noise, ping, relay,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

/// Far more than anything here takes; reaching it is the failure.
pub const PATIENCE: Duration = Duration::from_secs(30);

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub relay: relay::client::Behaviour,
    pub identify: identify::Behaviour,
    pub ping: ping::Behaviour,
    pub kad: kad::Behaviour<kad::store::MemoryStore>,
    pub stream: libp2p_stream::Behaviour,
}

pub type Event = SwarmEvent<BehaviourEvent>;
type Order = Box<dyn FnOnce(&mut Swarm<Behaviour>) + Send>;

/// A client whose swarm runs in a task of its own.
pub struct Client {
    pub id: PeerId,
    orders: mpsc::Sender<Order>,
    events: mpsc::UnboundedReceiver<Event>,
}

impl Client {
    pub fn start() -> Self {
        let mut swarm = SwarmBuilder::with_new_identity()
            .with_tokio()
            .with_tcp(
                tcp::Config::default().nodelay(true),
                noise::Config::new,
                yamux::Config::default,
            )
            .unwrap()
            .with_quic()
            .with_relay_client(noise::Config::new, yamux::Config::default)
            .unwrap()
            .with_behaviour(|key, relay| {
                let id = key.public().to_peer_id();
                let mut config = dht_config();
                // A raw client: it sends what it is told to, valid or not.
                config.set_query_timeout(PATIENCE);
                let mut kad = kad::Behaviour::with_config(id, kad::store::MemoryStore::new(id), config);
                kad.set_mode(Some(kad::Mode::Client));
                Behaviour {
                    relay,
                    identify: identify::Behaviour::new(identify::Config::new("/test/1".into(), key.public())),
                    ping: ping::Behaviour::default(),
                    kad,
                    stream: libp2p_stream::Behaviour::new(),
                }
            })
            .unwrap()
            .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
            .build();
        let id = *swarm.local_peer_id();
        let (orders, mut inbox) = mpsc::channel::<Order>(16);
        let (outbox, events) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    event = swarm.select_next_some() => { let _ = outbox.send(event); }
                    order = inbox.recv() => match order {
                        Some(order) => order(&mut swarm),
                        None => break,
                    },
                }
            }
        });
        Self { id, orders, events }
    }

    /// Does something with the swarm and gives back what came of it.
    pub async fn with<T: Send + 'static>(
        &self,
        order: impl FnOnce(&mut Swarm<Behaviour>) -> T + Send + 'static,
    ) -> T {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let order: Order = Box::new(move |swarm| {
            let _ = sender.send(order(swarm));
        });
        self.orders.send(order).await.ok().unwrap();
        receiver.await.unwrap()
    }

    /// Waits for an event of which `pick` makes something.
    pub async fn sees<T>(&mut self, what: &str, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let event = timeout_at(deadline, self.events.recv()).await;
            let event = event
                .unwrap_or_else(|_| panic!("never saw: {what}"))
                .expect("the client's task lives");
            if let Some(found) = pick(event) {
                return found;
            }
        }
    }

    /// Connects to a node, knows it for DHT queries, and waits until it has said what it speaks.
    pub async fn joins(&mut self, node: &Running) {
        let id = node.peer_id();
        let address = node.addresses().remove(0);
        self.with(move |swarm| {
            swarm.behaviour_mut().kad.add_address(&id, address.clone());
            swarm.dial(address).unwrap();
        })
        .await;
        self.sees("identify of the bootstrap node", |event| match event {
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                peer_id, ..
            })) => (peer_id == id).then_some(()),
            _ => None,
        })
        .await;
    }

    /// Reserves a relay slot, and says under which address it is reachable now.
    pub async fn reserves_at(&mut self, node: &Running) -> Multiaddr {
        let circuit = node
            .addresses()
            .remove(0)
            .with(libp2p::multiaddr::Protocol::P2pCircuit);
        self.with(move |swarm| swarm.listen_on(circuit).unwrap()).await;
        self.sees("an accepted reservation", |event| match event {
            SwarmEvent::Behaviour(BehaviourEvent::Relay(relay::client::Event::ReservationReqAccepted {
                ..
            })) => Some(()),
            _ => None,
        })
        .await;
        self.sees("the relayed address", |event| match event {
            SwarmEvent::NewListenAddr { address, .. } => Some(address),
            _ => None,
        })
        .await
    }
}

/// A bootstrap node on loopback with metrics, and the folder it lives in.
pub async fn bootstrap() -> (Running, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        metrics_port: Some(0),
        ..Config::loopback(folder.path().to_path_buf())
    };
    (Bootstrap::start(config).await.unwrap(), folder)
}

/// What the metrics port says.
pub async fn scrape(node: &Running) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(node.metrics_address().unwrap())
        .await
        .unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    text
}

/// One number of what the metrics port says.
pub fn metric(scraped: &str, name: &str) -> f64 {
    let line = scraped
        .lines()
        .find(|line| line.starts_with(name) && line[name.len()..].starts_with(' '));
    let line = line.unwrap_or_else(|| panic!("no {name} in\n{scraped}"));
    line[name.len()..].trim().parse().unwrap()
}
