//! Who is behind each connection, and how many connections one source may hold.
//!
//! libp2p's own limits count peer ids, and those cost nothing to make. An address costs something, so a limit by
//! [`Source`] is what keeps one machine from taking every connection slot. The same book tells the record store
//! whose record it is being handed.

use std::{
    collections::HashMap,
    convert::Infallible,
    task::{Context, Poll},
};

use kith_node::net::records::Source;
use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm, dummy,
    },
};

/// One source holds as many connections as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This address already holds {limit} connections, which is as many as one may.")]
pub struct TooManyFromSource {
    /// How many it may hold.
    pub limit: usize,
}

/// Counts inbound connections by source and refuses those over the limit.
#[derive(Debug)]
pub struct Sources {
    limit: usize,
    connections: HashMap<ConnectionId, Source>,
    counts: HashMap<Source, usize>,
}

impl Sources {
    /// At most `limit` inbound connections for each source.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            connections: HashMap::new(),
            counts: HashMap::new(),
        }
    }

    /// Who is behind a connection. Connections we made ourselves count as one unnamed source.
    pub fn source_of(&self, connection: ConnectionId) -> Source {
        self.connections
            .get(&connection)
            .copied()
            .unwrap_or(Source::Unnamed)
    }

    fn admit(&mut self, connection: ConnectionId, source: Source) -> Result<(), TooManyFromSource> {
        let count = self.counts.entry(source).or_default();
        if *count >= self.limit {
            return Err(TooManyFromSource { limit: self.limit });
        }
        *count += 1;
        self.connections.insert(connection, source);
        Ok(())
    }

    fn release(&mut self, connection: ConnectionId) {
        let Some(source) = self.connections.remove(&connection) else {
            return;
        };
        if let Some(count) = self.counts.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&source);
            }
        }
    }
}

impl NetworkBehaviour for Sources {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    // Counted from the first packet on, so that half-made handshakes count too.
    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.admit(connection, Source::of(remote))
            .map_err(ConnectionDenied::new)
    }

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        match event {
            FromSwarm::ConnectionClosed(closed) => self.release(closed.connection_id),
            FromSwarm::ListenFailure(failure) => self.release(failure.connection_id),
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(address: &str) -> Source {
        Source::of(&address.parse().unwrap())
    }

    #[test]
    fn one_address_is_held_to_its_limit_and_gets_its_slots_back() {
        let mut sources = Sources::new(2);
        let [first, second, third, other] = [1, 2, 3, 4].map(ConnectionId::new_unchecked);
        let busy = source("/ip4/203.0.113.9/tcp/1");
        sources.admit(first, busy).unwrap();
        sources
            .admit(second, source("/ip4/203.0.113.9/udp/2/quic-v1"))
            .unwrap();
        assert_eq!(sources.admit(third, busy), Err(TooManyFromSource { limit: 2 }));
        sources.admit(other, source("/ip4/203.0.113.10/tcp/1")).unwrap();
        sources.release(first);
        sources.release(first);
        sources.admit(third, busy).unwrap();
        assert_eq!(sources.source_of(third), busy);
        assert_eq!(sources.source_of(first), Source::Unnamed);
    }

    #[test]
    fn nothing_is_remembered_of_those_who_left() {
        let mut sources = Sources::new(2);
        let connection = ConnectionId::new_unchecked(1);
        sources
            .admit(connection, source("/ip6/2001:db8::1/tcp/1"))
            .unwrap();
        sources.release(connection);
        assert!(sources.connections.is_empty() && sources.counts.is_empty());
    }
}
