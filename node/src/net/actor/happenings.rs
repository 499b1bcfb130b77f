//! What happens in the swarm: connections come and go, peers open streams, introduce themselves, are found.

use kith_crypto::DeviceId;
use libp2p::{
    Multiaddr, PeerId,
    core::ConnectedPoint,
    identify, mdns, ping,
    swarm::{ConnectionId, DialError, SwarmEvent},
};
use tokio::time::Instant;

use super::{
    super::{
        addresses::for_engine,
        behaviour::BehaviourEvent,
        device::device_of,
        error::explain_dial,
        gate::Passed,
        paths::is_relayed,
        protocols,
        streams::{Inbound, StreamsEvent},
        subnets::Subnets,
    },
    Actor,
};
use crate::{allowance::STRAYED_TOLD, input::NetEvent};

/// How many streams a peer may begin on one connection before a link stands on it: an honest one begins two for a link, and
/// one for a deposit.
const MAX_BEGUN: u32 = 32;

impl Actor {
    /// Takes in what the swarm tells.
    pub(super) fn on_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => {
                self.on_connected(connection_id, peer_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                ..
            } => {
                self.on_disconnected(connection_id, &peer_id);
            }
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                peer_id,
                error,
            } => {
                self.on_dial_failed(connection_id, peer_id, &error);
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                if !is_relayed(&address) {
                    self.bootstraps.network_is_back(Instant::now());
                }
                self.addresses.listens(address);
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => self.addresses.stopped(&address),
            SwarmEvent::ListenerClosed {
                listener_id,
                addresses,
                ..
            } => {
                addresses
                    .iter()
                    .for_each(|address| self.addresses.stopped(address));
                self.bootstraps.on_listener_closed(listener_id);
            }
            SwarmEvent::ExternalAddrConfirmed { address } => self.addresses.confirmed(address),
            SwarmEvent::ExternalAddrExpired { address } => self.addresses.expired(&address),
            _ => {}
        }
        if let Some(news) = self.addresses.news() {
            self.outbox.push(news);
        }
    }

    fn on_connected(&mut self, id: ConnectionId, peer: PeerId, endpoint: &ConnectedPoint) {
        // Asked each time, for interfaces come and go.
        let near = Subnets::of_this_machine();
        self.connections.add(id, peer, endpoint, &near);
        let peers = self.swarm.network_info().num_peers();
        self.bootstraps.on_peers(peers, Instant::now());
        if self.bootstraps.on_connection(&mut self.swarm, id, peer) {
            self.dht.publish_again(&mut self.swarm.behaviour_mut().kademlia);
        }
        let (links, mut net) = self.parts();
        links.on_connection(&mut net, peer, id);
    }

    fn on_disconnected(&mut self, id: ConnectionId, peer: &PeerId) {
        let peers = self.swarm.network_info().num_peers();
        self.bootstraps.on_peers(peers, Instant::now());
        if self.connections.remove(id) == 0 {
            self.bootstraps.on_disconnected(peer, Instant::now());
        }
    }

    fn on_dial_failed(&mut self, id: ConnectionId, peer: Option<PeerId>, error: &DialError) {
        self.bootstraps.on_dial_failed(id, error, Instant::now());
        if let Some(peer) = peer {
            let (links, mut net) = self.parts();
            links.on_dial_failed(&mut net, peer, id, explain_dial(error).to_owned());
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Streams(StreamsEvent::Inbound(inbound)) => {
                self.on_inbound(inbound);
            }
            BehaviourEvent::Streams(StreamsEvent::Moved {
                peer,
                connection,
                endpoint,
            }) => {
                self.connections
                    .moved(connection, &endpoint, &Subnets::of_this_machine());
                let (links, mut net) = self.parts();
                links.on_path(&mut net, &peer, connection);
            }
            BehaviourEvent::Gossip(Passed::Strayed(peer)) => {
                let device = device_of(&peer);
                let strayed = device.map(|device| NetEvent::Strayed {
                    device,
                    messages: STRAYED_TOLD,
                });
                if let Some(news) = strayed {
                    self.outbox.push(news);
                }
            }
            BehaviourEvent::Gossip(Passed::Inner(event)) => {
                let gate = &mut self.swarm.behaviour_mut().gossip;
                if let Some(news) = self.gossip.on_event(gate, event) {
                    self.tell_gossip(news);
                }
            }
            BehaviourEvent::Kademlia(event) => {
                if let Some(news) = self.dht.on_event(event) {
                    self.outbox.push(news);
                }
            }
            BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. }) => {
                self.on_identified(&peer_id, info);
            }
            BehaviourEvent::Mdns(mdns::Event::Discovered(found)) => self.on_lan(found),
            // A failed probe, but not a peer that cannot be probed: the connection is dead.
            BehaviourEvent::Ping(ping::Event {
                connection,
                result: Err(failure),
                ..
            }) if !matches!(failure, ping::Failure::Unsupported) => {
                self.connections.closes(connection);
                self.swarm.close_connection(connection);
            }
            _ => {}
        }
    }

    /// A peer opened a stream. Each asks for work, so a connection on which more and more are begun that come to nothing is
    /// closed.
    fn on_inbound(&mut self, inbound: Inbound) {
        let begun = self.connections.begins(inbound.connection);
        if begun > MAX_BEGUN {
            tracing::debug!(peer = %inbound.peer, "a connection is closed: nothing that is begun on it ends well");
            self.connections.closes(inbound.connection);
            self.swarm.close_connection(inbound.connection);
        } else if inbound.protocol == protocols::MAIL {
            let place = self.connections.place(inbound.connection);
            self.deposits.accept(place, inbound.stream);
        } else {
            let known = self.swarm.behaviour().doorkeeper.knows(&inbound.peer);
            self.links.on_stream(inbound, known);
        }
    }

    /// Hands gossip over, or lets it go when the engine is far behind.
    fn tell_gossip(&mut self, news: NetEvent) {
        let NetEvent::Gossip { id, .. } = &news else {
            return;
        };
        let id = *id;
        if !self.outbox.push(news) {
            self.gossip
                .judge(&mut self.swarm.behaviour_mut().gossip, id, false);
        }
    }

    fn on_identified(&mut self, peer: &PeerId, info: identify::Info) {
        if self.bootstraps.contains(peer) {
            self.addresses.observed(info.observed_addr);
            return;
        }
        let Some(device) = device_of(peer) else { return };
        let addresses = for_engine(info.listen_addrs);
        self.outbox.push(NetEvent::Discovered {
            device,
            addresses,
            lan: false,
        });
    }

    fn on_lan(&mut self, found: Vec<(PeerId, Multiaddr)>) {
        let mut devices: Vec<(DeviceId, Vec<Multiaddr>)> = Vec::new();
        for (peer, address) in found {
            let Some(device) = device_of(&peer) else { continue };
            match devices.iter_mut().find(|(known, _)| *known == device) {
                Some((_, addresses)) => addresses.push(address),
                None => devices.push((device, vec![address])),
            }
        }
        for (device, addresses) in devices {
            let addresses = for_engine(addresses);
            self.outbox.push(NetEvent::Discovered {
                device,
                addresses,
                lan: true,
            });
        }
    }
}
