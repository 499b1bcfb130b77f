//! Who may connect: strangers get a bounded share of the connections, and each place on the network a bounded share of
//! that, so that neither a crowd nor one machine under many names takes the room that contacts need.
//!
//! A connection that is still being made has no name yet, only an address; once it has one, a known device is let in
//! whatever the strangers hold. What comes through a relay shows no address of its own and counts as one place.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    fmt,
    net::IpAddr,
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm, dummy,
    },
};

use super::paths::{ip_of, is_relayed};

/// How many connections may be in the making from one place.
pub const MAX_COMING_OF_PLACE: usize = 32;
/// How many connections strangers at one place may hold.
pub const MAX_STRANGERS_OF_PLACE: usize = 32;
/// How many connections strangers may hold in all: half of what may come in.
pub const MAX_STRANGERS: usize = 256;

/// Where somebody connects from, as far as one person is likely to have no more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// An IPv4 address.
    V4([u8; 4]),
    /// An IPv6 network of 64 bits: what one customer is given.
    V6([u8; 8]),
    /// Behind a relay, or nowhere that can be told.
    Elsewhere,
}

impl Place {
    /// The place of an address.
    #[must_use]
    pub fn of(address: &Multiaddr) -> Self {
        if is_relayed(address) {
            return Self::Elsewhere;
        }
        match ip_of(address) {
            Some(IpAddr::V4(ip)) => Self::V4(ip.octets()),
            Some(IpAddr::V6(ip)) => Self::V6(ip.octets().first_chunk().copied().unwrap_or_default()),
            None => Self::Elsewhere,
        }
    }
}

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TurnedAway {
    /// Too many connections are being made from there.
    #[error("too many connections are being made from one place")]
    Coming,
    /// Strangers hold too many.
    #[error("strangers hold too many connections")]
    Strangers,
}

/// See the module's essay.
#[derive(Default)]
pub struct Doorkeeper {
    known: HashSet<PeerId>,
    coming: HashMap<ConnectionId, Place>,
    inside: HashMap<ConnectionId, (PeerId, Place)>,
}

impl Doorkeeper {
    /// A device of a contact: let in whatever strangers hold.
    pub fn know(&mut self, peer: PeerId) {
        self.known.insert(peer);
    }

    /// A stranger from now on.
    pub fn forget(&mut self, peer: &PeerId) {
        self.known.remove(peer);
    }

    /// Whether a peer is known.
    #[must_use]
    pub fn knows(&self, peer: &PeerId) -> bool {
        self.known.contains(peer)
    }

    /// Whether somebody without a name may go on connecting.
    fn begins(&mut self, id: ConnectionId, place: Place) -> Result<(), TurnedAway> {
        let coming = self.coming.values().filter(|of| **of == place).count();
        if coming >= MAX_COMING_OF_PLACE {
            return Err(TurnedAway::Coming);
        }
        self.coming.insert(id, place);
        Ok(())
    }

    /// Whether somebody who has shown a name may stay.
    fn arrives(&mut self, id: ConnectionId, peer: PeerId, place: Place) -> Result<(), TurnedAway> {
        self.coming.remove(&id);
        let strangers = || {
            self.inside
                .values()
                .filter(|(peer, _)| !self.known.contains(peer))
        };
        let of_place = strangers().filter(|(_, of)| *of == place).count();
        let crowded = of_place >= MAX_STRANGERS_OF_PLACE || strangers().count() >= MAX_STRANGERS;
        if crowded && !self.known.contains(&peer) {
            return Err(TurnedAway::Strangers);
        }
        Ok(())
    }
}

impl NetworkBehaviour for Doorkeeper {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        id: ConnectionId,
        _local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.begins(id, Place::of(remote)).map_err(ConnectionDenied::new)
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        _local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.arrives(id, peer, Place::of(remote))
            .map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _id: ConnectionId,
        _peer: PeerId,
        _address: &Multiaddr,
        _role: Endpoint,
        _port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(made) if made.endpoint.is_listener() => {
                let place = Place::of(made.endpoint.get_remote_address());
                self.inside.insert(made.connection_id, (made.peer_id, place));
            }
            FromSwarm::ConnectionClosed(closed) => {
                self.inside.remove(&closed.connection_id);
            }
            FromSwarm::ListenFailure(failure) => {
                self.coming.remove(&failure.connection_id);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _peer: PeerId,
        _id: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, _cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

impl fmt::Debug for Doorkeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doorkeeper")
            .field("known", &self.known.len())
            .field("coming", &self.coming.len())
            .field("inside", &self.inside.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(last: u8) -> Place {
        Place::V4([192, 0, 2, last])
    }

    fn id(number: usize) -> ConnectionId {
        ConnectionId::new_unchecked(number)
    }

    /// A stranger comes to stay.
    fn enters(door: &mut Doorkeeper, number: usize, place: Place) -> Result<(), TurnedAway> {
        let peer = PeerId::random();
        door.begins(id(number), place)?;
        door.arrives(id(number), peer, place)?;
        door.inside.insert(id(number), (peer, place));
        Ok(())
    }

    #[test]
    fn one_place_gets_its_share_and_all_strangers_theirs_and_a_known_device_is_let_in() {
        let mut door = Doorkeeper::default();
        let mut number = 0;
        for last in 0..8 {
            for _ in 0..MAX_STRANGERS_OF_PLACE {
                number += 1;
                enters(&mut door, number, place(last)).unwrap();
            }
            let refused = enters(&mut door, 10_000, place(last));
            assert_eq!(refused, Err(TurnedAway::Strangers));
        }
        assert_eq!(number, MAX_STRANGERS);
        assert_eq!(enters(&mut door, 10_000, place(99)), Err(TurnedAway::Strangers));
        let friend = PeerId::random();
        door.know(friend);
        for of in [place(1), place(99)] {
            assert_eq!(door.arrives(id(20_000), friend, of), Ok(()));
        }
        assert!(door.coming.is_empty(), "who was turned away is not waited for");
        door.forget(&friend);
        assert_eq!(
            door.arrives(id(20_000), friend, place(99)),
            Err(TurnedAway::Strangers)
        );
    }

    #[test]
    fn half_open_connections_of_one_place_keep_nobody_else_out() {
        let mut door = Doorkeeper::default();
        for number in 0..MAX_COMING_OF_PLACE {
            door.begins(id(number), place(1)).unwrap();
        }
        assert_eq!(door.begins(id(1_000), place(1)), Err(TurnedAway::Coming));
        assert_eq!(door.begins(id(1_001), place(2)), Ok(()));
    }

    #[test]
    fn places_are_what_one_person_is_given() {
        let of = |address: &str| Place::of(&address.parse().unwrap());
        assert_eq!(of("/ip4/192.0.2.1/tcp/1"), of("/ip4/192.0.2.1/udp/9/quic-v1"));
        assert_ne!(of("/ip4/192.0.2.1/tcp/1"), of("/ip4/192.0.2.2/tcp/1"));
        assert_eq!(of("/ip6/2001:db8::1/tcp/1"), of("/ip6/2001:db8::ffff/tcp/1"));
        assert_ne!(of("/ip6/2001:db8::1/tcp/1"), of("/ip6/2001:db8:0:1::1/tcp/1"));
        assert_eq!(of("/ip6/::ffff:192.0.2.1/tcp/1"), of("/ip4/192.0.2.1/tcp/1"));
        assert_eq!(of("/memory/7"), Place::Elsewhere);
    }
}
