//! Which connections stand, and what kind of path each is.

use std::{collections::HashMap, net::IpAddr};

use libp2p::{Multiaddr, PeerId, core::ConnectedPoint, multiaddr::Protocol, swarm::ConnectionId};

use super::{doorkeeper::Place, error::remote_address, subnets::Subnets};
use crate::view::PathView;

/// The connections of the swarm.
#[derive(Debug, Default)]
pub struct Connections {
    all: HashMap<ConnectionId, Connection>,
    made: u64,
}

#[derive(Debug)]
struct Connection {
    peer: PeerId,
    path: PathView,
    /// Counts up: the newest is the least likely to be dead without our knowing.
    number: u64,
    /// It was told to close, or has been seen to be broken: good for nothing new until it is gone.
    closing: bool,
    /// Where its other end is.
    place: Place,
    /// Streams that its other end has begun since a link last stood on it.
    begun: u32,
}

impl Connections {
    /// A connection was made, while this machine was in these subnets.
    pub fn add(&mut self, id: ConnectionId, peer: PeerId, endpoint: &ConnectedPoint, near: &Subnets) {
        self.made = self.made.wrapping_add(1);
        let path = path_of(endpoint, near);
        self.all.insert(
            id,
            Connection {
                peer,
                path,
                number: self.made,
                closing: false,
                place: Place::of(endpoint.get_remote_address()),
                begun: 0,
            },
        );
    }

    /// The other end has begun a stream; gives how many it has, since a link last stood.
    pub fn begins(&mut self, id: ConnectionId) -> u32 {
        let Some(connection) = self.all.get_mut(&id) else {
            return 0;
        };
        connection.begun = connection.begun.saturating_add(1);
        connection.begun
    }

    /// A link stands on a connection.
    pub fn carries(&mut self, id: ConnectionId) {
        if let Some(connection) = self.all.get_mut(&id) {
            connection.begun = 0;
        }
    }

    /// Where the other end of a connection is.
    #[must_use]
    pub fn place(&self, id: ConnectionId) -> Place {
        self.all
            .get(&id)
            .map_or(Place::Elsewhere, |connection| connection.place)
    }

    /// A connection is being closed; the swarm says when it is gone.
    pub fn closes(&mut self, id: ConnectionId) {
        if let Some(connection) = self.all.get_mut(&id) {
            connection.closing = true;
        }
    }

    /// The connections of a peer.
    #[must_use]
    pub fn of(&self, peer: &PeerId) -> Vec<ConnectionId> {
        let of_peer = self.all.iter().filter(|(_, connection)| connection.peer == *peer);
        of_peer.map(|(id, _)| *id).collect()
    }

    /// All connections of a peer are being closed.
    pub fn all_close(&mut self, peer: &PeerId) {
        let of_peer = self
            .all
            .values_mut()
            .filter(|connection| connection.peer == *peer);
        of_peer.for_each(|connection| connection.closing = true);
    }

    /// A connection is gone; gives how many its peer has left.
    pub fn remove(&mut self, id: ConnectionId) -> usize {
        let Some(gone) = self.all.remove(&id) else {
            return 0;
        };
        self.all
            .values()
            .filter(|connection| connection.peer == gone.peer)
            .count()
    }

    /// A connection's other end moved, while this machine was in these subnets.
    pub fn moved(&mut self, id: ConnectionId, endpoint: &ConnectedPoint, near: &Subnets) {
        if let Some(connection) = self.all.get_mut(&id) {
            connection.path = path_of(endpoint, near);
        }
    }

    /// The best connection of a peer that is not being closed: not relayed rather than relayed, then the newest.
    #[must_use]
    pub fn best(&self, peer: &PeerId) -> Option<ConnectionId> {
        self.all
            .iter()
            .filter(|(_, connection)| connection.peer == *peer && !connection.closing)
            .max_by_key(|(_, connection)| (connection.path != PathView::Relayed, connection.number))
            .map(|(id, _)| *id)
    }

    /// What kind of path a connection is; direct for one that is already gone.
    #[must_use]
    pub fn path(&self, id: ConnectionId) -> PathView {
        self.all
            .get(&id)
            .map_or(PathView::Direct, |connection| connection.path)
    }
}

/// The path that a connection takes.
#[must_use]
pub fn path_of(endpoint: &ConnectedPoint, near: &Subnets) -> PathView {
    if endpoint.is_relayed() {
        PathView::Relayed
    } else {
        path_of_address(remote_address(endpoint), near)
    }
}

/// The path that an address stands for, seen from these subnets.
fn path_of_address(address: &Multiaddr, near: &Subnets) -> PathView {
    if is_relayed(address) {
        return PathView::Relayed;
    }
    match ip_of(address) {
        Some(ip) if near.contain(ip) => PathView::Lan,
        _ => PathView::Direct,
    }
}

/// Whether an address is a circuit through a relay.
#[must_use]
pub fn is_relayed(address: &Multiaddr) -> bool {
    address.iter().any(|part| matches!(part, Protocol::P2pCircuit))
}

/// The IP address that a multiaddr begins with.
#[must_use]
pub fn ip_of(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4)),
        _ => None,
    }
}

/// Addresses that mean nothing in the world outside: loopback, private (RFC 1918), link-local, unique local (RFC 4193).
#[must_use]
pub fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Subnets {
        Subnets::of(&[("192.168.1.2", 24), ("10.0.0.7", 8), ("fe80::2", 64)])
    }

    fn path(address: &str) -> PathView {
        path_of_address(&address.parse().unwrap(), &home())
    }

    #[test]
    fn addresses_tell_the_path() {
        assert_eq!(path("/ip4/127.0.0.1/tcp/1"), PathView::Lan);
        assert_eq!(path("/ip4/192.168.1.7/udp/1/quic-v1"), PathView::Lan);
        assert_eq!(path("/ip6/fe80::1/tcp/1"), PathView::Lan);
        assert_eq!(
            path("/ip4/192.168.2.7/tcp/1"),
            PathView::Direct,
            "of another network"
        );
        assert_eq!(path("/ip4/100.64.0.1/tcp/1"), PathView::Direct);
        assert_eq!(path("/ip6/fd00::1/tcp/1"), PathView::Direct);
        assert_eq!(path("/ip6/::ffff:10.0.0.1/tcp/1"), PathView::Lan);
        assert_eq!(path("/ip4/203.0.113.9/tcp/1"), PathView::Direct);
        assert_eq!(path("/ip6/2001:db8::1/tcp/1"), PathView::Direct);
        assert_eq!(path("/ip4/127.0.0.1/tcp/1/p2p-circuit"), PathView::Relayed);
    }

    #[test]
    fn a_direct_connection_is_better_than_a_newer_relayed_one() {
        let peer = PeerId::random();
        let dialled = |address: &str| ConnectedPoint::Dialer {
            address: address.parse().unwrap(),
            role_override: libp2p::core::Endpoint::Dialer,
            port_use: libp2p::core::transport::PortUse::Reuse,
        };
        let mut connections = Connections::default();
        let ids: Vec<ConnectionId> = (1..4).map(ConnectionId::new_unchecked).collect();
        connections.add(ids[0], peer, &dialled("/ip4/127.0.0.1/tcp/1"), &home());
        connections.add(ids[1], peer, &dialled("/ip4/127.0.0.1/tcp/2"), &home());
        connections.add(
            ids[2],
            peer,
            &dialled("/ip4/127.0.0.1/tcp/2/p2p-circuit"),
            &home(),
        );
        assert_eq!(connections.best(&peer), Some(ids[1]));
        assert_eq!(connections.remove(ids[1]), 2);
        assert_eq!(connections.best(&peer), Some(ids[0]));
        assert_eq!(connections.path(ids[2]), PathView::Relayed);
        connections.closes(ids[0]);
        assert_eq!(connections.best(&peer), Some(ids[2]));
        connections.all_close(&peer);
        assert_eq!(connections.best(&peer), None);
    }
}
