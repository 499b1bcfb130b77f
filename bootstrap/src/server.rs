//! The swarm of a bootstrap node and the one loop that drives it.
//!
//! Kademlia in server mode over the shared record store, circuit relay v2, identify and ping, under limits by count,
//! by peer and by address. The loop hands inbound records to the store together with their source, keeps the
//! announced addresses current, dials the other bootstrap nodes again when they are gone, and sweeps ended records.

use std::{
    collections::{BTreeSet, HashSet},
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures::StreamExt;
use kith_node::net::records::{self, Clock, DHT_PROTOCOL, Records};
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder,
    connection_limits::{self, ConnectionLimits},
    identify,
    identity::Keypair,
    kad,
    metrics::{Metrics as Libp2pMetrics, Recorder},
    noise, ping, relay,
    swarm::{DialError, NetworkBehaviour, SwarmEvent, dial_opts::DialOpts},
    tcp, yamux,
};
use prometheus_client::registry::Registry;
use tokio::{
    sync::{oneshot, watch},
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    addresses::{announced, is_loopback},
    config::{Limits, Peer},
    error::StartError,
    metrics::Metrics,
    sources::Sources,
};

/// Named in identify; another number speaks another language.
const IDENTIFY_PROTOCOL: &str = "/kith/1";

/// A connection that carries no stream for this long is closed: a node that wants to stay reserves a relay slot.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How often ended records are swept and lost peers dialled again.
const CHORES_INTERVAL: Duration = Duration::from_secs(60);

/// How long a shutdown waits for connections to close in good order.
const FAREWELL: Duration = Duration::from_secs(2);

/// Nodes of this DHT that are not bootstrap nodes name few addresses; more would only make us dial in vain.
const MAX_ADDRESSES_PER_PEER: usize = 8;

/// Reservations: a burst for each, then one in this time. One home or test bench can hold many nodes behind one
/// address, and each renews its reservation before its hour is over.
const RESERVATION_BURST_PER_PEER: u32 = 60;
const RESERVATION_BURST_PER_ADDRESS: u32 = 1_024;
const CIRCUIT_BURST_PER_PEER: u32 = 120;
const CIRCUIT_BURST_PER_ADDRESS: u32 = 2_048;
const REFILL_PER_PEER: Duration = Duration::from_secs(10);
const REFILL_PER_ADDRESS: Duration = Duration::from_millis(500);

/// What a bootstrap node speaks.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    limits: connection_limits::Behaviour,
    sources: Sources,
    ping: ping::Behaviour,
    identify: identify::Behaviour,
    kad: kad::Behaviour<Records>,
    relay: relay::Behaviour,
}

impl Behaviour {
    fn new(key: &Keypair, limits: &Limits) -> Self {
        let id = key.public().to_peer_id();
        let connections = ConnectionLimits::default()
            .with_max_established(Some(limits.connections))
            .with_max_established_per_peer(Some(limits.connections_per_peer))
            .with_max_pending_incoming(Some(limits.connections / 4 + 1));
        let per_address = usize::try_from(limits.connections_per_address).unwrap_or(usize::MAX);
        let mut kad = kad::Behaviour::with_config(
            id,
            Records::new(records::Limits::SERVER, clock()),
            records::dht_config(),
        );
        kad.set_mode(Some(kad::Mode::Server));
        let identify = identify::Config::new(IDENTIFY_PROTOCOL.into(), key.public())
            .with_agent_version(format!("kith-bootstrap/{}", env!("CARGO_PKG_VERSION")));
        Self {
            limits: connection_limits::Behaviour::new(connections),
            sources: Sources::new(per_address),
            ping: ping::Behaviour::default(),
            identify: identify::Behaviour::new(identify),
            kad,
            relay: relay::Behaviour::new(id, relay_config(limits)),
        }
    }
}

fn clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// Limits fit for chat: hours and MiBs. libp2p's own (2 minutes, 128 KiB) are made for hole punching alone.
fn relay_config(limits: &Limits) -> relay::Config {
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let burst = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    relay::Config {
        max_reservations: count(limits.reservations),
        max_circuits: count(limits.circuits),
        max_circuits_per_peer: count(limits.circuits_per_peer),
        max_circuit_duration: limits.circuit_duration(),
        max_circuit_bytes: limits.circuit_bytes(),
        reservation_rate_limiters: Vec::new(),
        circuit_src_rate_limiters: Vec::new(),
        ..relay::Config::default()
    }
    .reservation_rate_per_peer(burst(RESERVATION_BURST_PER_PEER), REFILL_PER_PEER)
    .reservation_rate_per_ip(burst(RESERVATION_BURST_PER_ADDRESS), REFILL_PER_ADDRESS)
    .circuit_src_per_peer(burst(CIRCUIT_BURST_PER_PEER), REFILL_PER_PEER)
    .circuit_src_per_ip(burst(CIRCUIT_BURST_PER_ADDRESS), REFILL_PER_ADDRESS)
}

/// A swarm over TCP and QUIC with DNS, its bytes counted in the registry.
pub(crate) fn swarm(
    key: Keypair,
    limits: &Limits,
    registry: &mut Registry,
) -> Result<Swarm<Behaviour>, StartError> {
    let failed = |reason: String| StartError::Transport { reason };
    let builder = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            noise::Config::new,
            yamux::Config::default,
        )
        .map_err(|error| failed(error.to_string()))?
        .with_quic()
        .with_dns()
        .map_err(|error| failed(error.to_string()))?
        .with_bandwidth_metrics(registry)
        .with_behaviour(|key| Behaviour::new(key, limits))
        .map_err(|error| failed(error.to_string()))?;
    Ok(builder
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE_TIMEOUT))
        .build())
}

/// The loop's state.
pub(crate) struct Server {
    pub(crate) swarm: Swarm<Behaviour>,
    pub(crate) peers: Vec<Peer>,
    /// The addresses the operator named.
    pub(crate) external: Vec<Multiaddr>,
    pub(crate) listening: BTreeSet<Multiaddr>,
    pub(crate) addresses: watch::Sender<Vec<Multiaddr>>,
    /// Nodes that reserved a slot and are connected.
    pub(crate) reserved: HashSet<PeerId>,
    pub(crate) metrics: Metrics,
    pub(crate) libp2p_metrics: Libp2pMetrics,
}

impl Server {
    /// Runs until `stop` is sent or dropped, then says goodbye to everybody.
    pub(crate) async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        let mut chores = interval(CHORES_INTERVAL);
        chores.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                _ = chores.tick() => self.do_chores(),
                _ = &mut stop => break,
            }
        }
        if timeout(FAREWELL, self.close()).await.is_err() {
            tracing::debug!("some connections did not close in time");
        }
    }

    async fn close(&mut self) {
        let peers: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            // An error only says that the peer went first.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        while self.swarm.network_info().num_peers() > 0 {
            let event = self.swarm.select_next_some().await;
            self.on_event(event);
        }
    }

    /// One event of the swarm.
    pub(crate) fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        self.libp2p_metrics.record(&event);
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::NewListenAddr { address, .. } => {
                tracing::info!(%address, "listening");
                self.listening.insert(address);
                self.announce();
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                self.listening.remove(&address);
                self.announce();
            }
            SwarmEvent::ListenerClosed {
                addresses, reason, ..
            } => {
                tracing::warn!(?reason, "a listener closed");
                self.listening.retain(|address| !addresses.contains(address));
                self.announce();
            }
            SwarmEvent::ConnectionEstablished { .. } => self.metrics.connected(),
            SwarmEvent::ConnectionClosed {
                peer_id,
                num_established,
                ..
            } => {
                self.metrics.disconnected();
                if num_established == 0 && self.reserved.remove(&peer_id) {
                    self.metrics.reserved(self.reserved.len());
                }
            }
            SwarmEvent::OutgoingConnectionError {
                peer_id: Some(peer),
                error,
                ..
            } if self.peers.iter().any(|known| known.id == peer) => {
                tracing::warn!(%peer, %error, "another bootstrap node does not answer");
            }
            _ => {}
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Kad(event) => {
                self.libp2p_metrics.record(&event);
                self.on_kad(event);
            }
            BehaviourEvent::Relay(event) => {
                self.libp2p_metrics.record(&event);
                self.on_relay(&event);
            }
            BehaviourEvent::Identify(event) => {
                self.libp2p_metrics.record(&event);
                if let identify::Event::Received { peer_id, info, .. } = event {
                    self.on_identified(peer_id, info);
                }
            }
            BehaviourEvent::Ping(event) => self.libp2p_metrics.record(&event),
            // Neither of these two has anything to say: their events cannot be made.
            BehaviourEvent::Limits(event) => match event {},
            BehaviourEvent::Sources(event) => match event {},
        }
    }

    fn on_kad(&mut self, event: kad::Event) {
        let kad::Event::InboundRequest {
            request:
                kad::InboundRequest::PutRecord {
                    connection,
                    record: Some(record),
                    ..
                },
        } = event
        else {
            return;
        };
        let behaviour = self.swarm.behaviour_mut();
        let source = behaviour.sources.source_of(connection);
        if !behaviour.sources.may_put(source, Instant::now()) {
            self.metrics.throttled();
            return;
        }
        let store = behaviour.kad.store_mut();
        let result = store.put_from(source, record);
        self.metrics.put(&result);
        self.metrics.holds(store);
        if let Err(error) = result {
            tracing::debug!(%error, "a record was not kept");
        }
    }

    fn on_relay(&mut self, event: &relay::Event) {
        self.metrics.relay(event);
        match event {
            relay::Event::ReservationReqAccepted { src_peer_id, .. } => {
                self.reserved.insert(*src_peer_id);
            }
            relay::Event::ReservationTimedOut { src_peer_id } => {
                self.reserved.remove(src_peer_id);
            }
            // `ReservationClosed` comes with every closed connection, reserved or not: see `ConnectionClosed`.
            _ => return,
        }
        self.metrics.reserved(self.reserved.len());
    }

    /// Only servers of our DHT enter the routing table; they are the ones that answer queries.
    fn on_identified(&mut self, peer: PeerId, info: identify::Info) {
        if !info.protocols.contains(&DHT_PROTOCOL) {
            return;
        }
        let kad = &mut self.swarm.behaviour_mut().kad;
        for address in info.listen_addrs.into_iter().take(MAX_ADDRESSES_PER_PEER) {
            kad.add_address(&peer, address);
        }
    }

    /// Makes what is handed out match what is listened on.
    fn announce(&mut self) {
        let wanted = announced(&self.external, &self.listening);
        let current: Vec<Multiaddr> = self.swarm.external_addresses().cloned().collect();
        for address in current.iter().filter(|address| !wanted.contains(address)) {
            self.swarm.remove_external_address(address);
        }
        for address in wanted.iter().filter(|address| !current.contains(address)) {
            self.swarm.add_external_address(address.clone());
        }
        let id = *self.swarm.local_peer_id();
        let handed_out = wanted.into_iter().map(|address| with_id(address, id)).collect();
        self.addresses.send_if_modified(|addresses| {
            let changed = *addresses != handed_out;
            *addresses = handed_out;
            changed
        });
    }

    fn do_chores(&mut self) {
        let store = self.swarm.behaviour_mut().kad.store_mut();
        let swept = store.sweep();
        self.metrics.holds(store);
        tracing::debug!(swept, "ended records swept");
        self.dial_peers();
    }

    /// Dials every other bootstrap node that is not connected.
    fn dial_peers(&mut self) {
        for peer in &self.peers {
            self.swarm
                .behaviour_mut()
                .kad
                .add_address(&peer.id, peer.address.clone());
            let options = DialOpts::peer_id(peer.id)
                .addresses(vec![peer.address.clone()])
                .build();
            match self.swarm.dial(options) {
                Ok(()) | Err(DialError::DialPeerConditionFalse(_)) => {}
                Err(error) => tracing::warn!(peer = %peer.id, %error, "cannot dial another bootstrap node"),
            }
        }
        if !self.peers.is_empty() && self.swarm.behaviour_mut().kad.bootstrap().is_err() {
            tracing::debug!("no other bootstrap node is known yet");
        }
        if self.listening.iter().all(is_loopback) && self.external.is_empty() {
            tracing::debug!("only this machine can reach this node");
        }
    }
}

fn with_id(address: Multiaddr, id: PeerId) -> Multiaddr {
    address.clone().with_p2p(id).unwrap_or(address)
}
