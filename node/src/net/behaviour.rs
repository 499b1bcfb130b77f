//! What a node's swarm is made of, and the transports under it.

use std::{sync::Arc, time::Duration};

use libp2p::{
    PeerId, Swarm, Transport as _,
    connection_limits::{self, ConnectionLimits},
    core::{
        muxing::StreamMuxerBox,
        transport::{Boxed, dummy::DummyTransport},
        upgrade,
    },
    dns, identify, identity,
    identity::Keypair,
    kad, mdns, noise, ping, quic, relay,
    swarm::{NetworkBehaviour, behaviour::toggle::Toggle},
    tcp, yamux,
};

use super::{
    admission::Admission,
    config::NetConfig,
    dht::now_ms,
    doorkeeper::Doorkeeper,
    error::NetError,
    gate::Gate,
    gossip::{self, Gossipsub},
    protocols,
    records::{Limits, Records, dht_config},
    streams::Streams,
};

/// Idle connections of strangers go after this long; those of known devices and bootstrap nodes are kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a connection is probed.
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// How long a probe may take. With the interval: a dead connection is noticed within 15 seconds.
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// A QUIC connection that hears nothing for this long is dead, in milliseconds.
const QUIC_IDLE_MS: u32 = 15_000;
/// How long a connection may take to be made, on either side: who says nothing gives its place back.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(15);
/// How many half-open connections may come in at once; of these, one place gets a share (see `doorkeeper`).
const MAX_PENDING_INCOMING: u32 = 512;
/// How many connections others may hold to us.
const MAX_INCOMING: u32 = 512;
/// How many connections there may be in all.
const MAX_CONNECTIONS: u32 = 1_024;
/// How many connections one peer may hold: two that crossed, a relayed one beside each.
const MAX_PER_PEER: u32 = 4;

/// The behaviours. The gate is last: whoever denies a connection does so before gossipsub counts it.
#[derive(NetworkBehaviour)]
pub struct Behaviour {
    /// Bounds on connections.
    pub limits: connection_limits::Behaviour,
    /// Bounds on those of strangers.
    pub doorkeeper: Doorkeeper,
    /// Circuits through bootstrap nodes.
    pub relay: relay::client::Behaviour,
    /// Tells peers who and where we are, and learns the same.
    pub identify: identify::Behaviour,
    /// Notices dead connections.
    pub ping: ping::Behaviour,
    /// Address records; a client only, the servers are bootstrap nodes.
    pub kademlia: kad::Behaviour<Records>,
    /// The local network.
    pub mdns: Toggle<mdns::tokio::Behaviour>,
    /// The streams of links.
    pub streams: Streams,
    /// Gossip, towards known devices only.
    pub gossip: Gate<Gossipsub>,
}

/// Makes the swarm of a node; it listens nowhere yet. The flag tells whether multicast DNS runs.
///
/// # Errors
/// [`NetError::Transport`] or [`NetError::Gossip`] if a part refuses to be set up.
pub fn swarm(
    config: &NetConfig,
    keypair: &Keypair,
    admission: Admission,
) -> Result<(Swarm<Behaviour>, bool), NetError> {
    let own = keypair.public().to_peer_id();
    let (relay_transport, relay) = relay::client::new(own);
    let transport = transport(keypair, relay_transport)?;
    let mdns = local_discovery(config, own);
    let lan = mdns.is_some();
    let refused = admission.refused();
    let behaviour = Behaviour {
        limits: connection_limits::Behaviour::new(limits()),
        doorkeeper: Doorkeeper::default(),
        relay,
        identify: identify::Behaviour::new(
            identify::Config::new(protocols::IDENTIFY.to_owned(), keypair.public())
                .with_agent_version(format!("kith/{}", env!("CARGO_PKG_VERSION")))
                .with_push_listen_addr_updates(true),
        ),
        ping: ping::Behaviour::new(
            ping::Config::new()
                .with_interval(PING_INTERVAL)
                .with_timeout(PING_TIMEOUT),
        ),
        kademlia: kademlia(own),
        mdns: Toggle::from(mdns),
        streams: Streams::new(vec![protocols::LINK, protocols::SYNC, protocols::MAIL]),
        gossip: Gate::new(gossip::behaviour(admission)?, refused),
    };
    let swarm_config =
        libp2p::swarm::Config::with_tokio_executor().with_idle_connection_timeout(IDLE_TIMEOUT);
    Ok((Swarm::new(transport, behaviour, own, swarm_config), lan))
}

fn limits() -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(MAX_PENDING_INCOMING))
        .with_max_established_incoming(Some(MAX_INCOMING))
        .with_max_established(Some(MAX_CONNECTIONS))
        .with_max_established_per_peer(Some(MAX_PER_PEER))
}

fn kademlia(own: PeerId) -> kad::Behaviour<Records> {
    // A client stores nothing for others; its store holds what it publishes itself.
    let records = Records::new(Limits::CLIENT, Arc::new(now_ms));
    let mut kademlia = kad::Behaviour::with_config(own, records, dht_config());
    kademlia.set_mode(Some(kad::Mode::Client));
    kademlia
}

/// Multicast DNS, `None` where it is not wished or the system will not have it.
fn local_discovery(config: &NetConfig, own: PeerId) -> Option<mdns::tokio::Behaviour> {
    if !config.mdns || config.loopback_only {
        return None;
    }
    match mdns::tokio::Behaviour::new(mdns::Config::default(), own) {
        Ok(behaviour) => Some(behaviour),
        Err(error) => {
            tracing::warn!(%error, "the local network cannot be searched");
            None
        }
    }
}

/// QUIC, and TCP under Noise and Yamux, with names looked up; and circuits under Noise and Yamux.
///
/// # Errors
/// [`NetError::Transport`] if a part refuses to be set up.
pub fn transport(
    keypair: &Keypair,
    relay: relay::client::Transport,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, NetError> {
    let noise = || noise::Config::new(keypair).map_err(|error| NetError::Transport(error.to_string()));
    let tcp = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
        .upgrade(upgrade::Version::V1Lazy)
        .authenticate(noise()?)
        .multiplex(yamux::Config::default())
        .timeout(UPGRADE_TIMEOUT)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed();
    let quic = quic::tokio::Transport::new(quic_config(keypair))
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed();
    let sockets = quic
        .or_transport(tcp)
        .map(|either, _| either.into_inner())
        .boxed();
    let named = names(sockets)?;
    let circuits = relay
        .upgrade(upgrade::Version::V1Lazy)
        .authenticate(noise()?)
        .multiplex(yamux::Config::default())
        .timeout(UPGRADE_TIMEOUT)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed();
    // The relay transport comes first: it alone understands circuits and passes everything else on.
    Ok(circuits
        .or_transport(named)
        .map(|either, _| either.into_inner())
        .boxed())
}

fn quic_config(keypair: &identity::Keypair) -> quic::Config {
    let mut config = quic::Config::new(keypair);
    config.max_idle_timeout = QUIC_IDLE_MS;
    config.keep_alive_interval = PING_INTERVAL;
    config
}

/// Lets names be dialled. A machine without a resolver configuration still dials numeric addresses.
fn names(sockets: Boxed<(PeerId, StreamMuxerBox)>) -> Result<Boxed<(PeerId, StreamMuxerBox)>, NetError> {
    if let Err(error) = dns::tokio::Transport::system(DummyTransport::<()>::new()) {
        tracing::warn!(%error, "names cannot be looked up on this machine; numeric addresses still work");
        return Ok(sockets);
    }
    dns::tokio::Transport::system(sockets)
        .map(libp2p::Transport::boxed)
        .map_err(|error| NetError::Transport(error.to_string()))
}
