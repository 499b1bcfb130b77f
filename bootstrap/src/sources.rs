//! Who is behind each connection, and how many connections one source may hold.
//!
//! libp2p's own limits count peer ids, and those cost nothing to make. An address costs something, so a limit by
//! [`Source`] is what keeps one machine from taking every connection slot, or every moment of the processor: verifying
//! a record costs more than sending one. The same book tells the record store whose record it is being handed.

use std::{
    collections::HashMap,
    convert::Infallible,
    task::{Context, Poll},
    time::{Duration, Instant},
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

/// How many records one source may send at once. A home with many devices renews them all after an outage.
const PUT_BURST: u32 = 512;

/// After that, one in this time.
const PUT_INTERVAL: Duration = Duration::from_millis(100);

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
    /// Of those that are connected and have put a record.
    budgets: HashMap<Source, Budget>,
}

/// A token bucket.
#[derive(Debug)]
struct Budget {
    left: u32,
    refilled: Instant,
}

impl Budget {
    fn spend(&mut self, now: Instant) -> bool {
        let earned = now.saturating_duration_since(self.refilled).as_nanos() / PUT_INTERVAL.as_nanos();
        if let Ok(earned) = u32::try_from(earned)
            && let Some(time) = PUT_INTERVAL.checked_mul(earned)
        {
            self.left = self.left.saturating_add(earned).min(PUT_BURST);
            self.refilled += time;
        }
        let spent = self.left.checked_sub(1);
        self.left = spent.unwrap_or(0);
        spent.is_some()
    }
}

impl Sources {
    /// At most `limit` inbound connections for each source.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            connections: HashMap::new(),
            counts: HashMap::new(),
            budgets: HashMap::new(),
        }
    }

    /// Who is behind a connection. Connections we made ourselves count as one unnamed source.
    pub fn source_of(&self, connection: ConnectionId) -> Source {
        self.connections
            .get(&connection)
            .copied()
            .unwrap_or(Source::Unnamed)
    }

    /// Whether a source may have another record looked at now.
    pub fn may_put(&mut self, source: Source, now: Instant) -> bool {
        let fresh = Budget {
            left: PUT_BURST,
            refilled: now,
        };
        self.budgets.entry(source).or_insert(fresh).spend(now)
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

    /// Whoever reconnects finds its budget as it left it, until it would be full anyway.
    fn forget_full_budgets(&mut self, now: Instant) {
        let counts = &self.counts;
        self.budgets.retain(|source, budget| {
            counts.contains_key(source)
                || now.saturating_duration_since(budget.refilled) < PUT_INTERVAL * PUT_BURST
        });
    }

    fn release(&mut self, connection: ConnectionId) {
        let Some(source) = self.connections.remove(&connection) else {
            return;
        };
        if let Some(count) = self.counts.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&source);
                self.forget_full_budgets(Instant::now());
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
    fn a_flood_of_records_is_slowed_down_and_others_are_not() {
        let mut sources = Sources::new(2);
        let [flood, quiet] = ["/ip4/203.0.113.9/tcp/1", "/ip4/203.0.113.10/tcp/1"].map(source);
        let start = Instant::now();
        let admitted = (0..2 * PUT_BURST)
            .filter(|_| sources.may_put(flood, start))
            .count();
        assert_eq!(admitted, usize::try_from(PUT_BURST).unwrap());
        assert!(sources.may_put(quiet, start));
        let later = start + PUT_INTERVAL * 3;
        let admitted = (0..10).filter(|_| sources.may_put(flood, later)).count();
        assert_eq!(admitted, 3);
        sources.forget_full_budgets(start + PUT_INTERVAL * PUT_BURST / 2);
        assert_eq!(
            sources.budgets.len(),
            2,
            "going away and coming back earns nothing"
        );
        sources.forget_full_budgets(later + PUT_INTERVAL * PUT_BURST);
        assert!(sources.budgets.is_empty());
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
