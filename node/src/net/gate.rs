//! A gate before gossipsub: only devices that the engine told us to know get its handler.
//!
//! Everybody may connect to a node (a stranger brings an invite token, a bootstrap node relays), but nobody else than a
//! known device may learn which topics we take part in. So for unknown peers the gate answers with an empty handler:
//! the protocol is not offered, not one byte of gossip flows, and the behaviour inside does not even know that the
//! connection exists. When a peer becomes known while connected, the behaviour inside is told of its connections as if
//! they had just been made, and the handlers it gives are sent to them. Forgetting closes the connections (the actor
//! does), because gossipsub has no way to withdraw a handler.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{ConnectedPoint, Endpoint, transport::PortUse},
    swarm::{
        ConnectionClosed, ConnectionDenied, ConnectionHandler, ConnectionId, FromSwarm, NetworkBehaviour,
        NotifyHandler, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
        behaviour::ConnectionEstablished,
    },
};

use super::gate_handler::{GateHandler, Order};
use crate::allowance::STRAYED_TOLD;

/// The behaviour inside must use no open-info of its own, as gossipsub does not.
pub trait Plain:
    NetworkBehaviour<ConnectionHandler: ConnectionHandler<InboundOpenInfo = (), OutboundOpenInfo = ()>>
{
}

impl<B> Plain for B where
    B: NetworkBehaviour<ConnectionHandler: ConnectionHandler<InboundOpenInfo = (), OutboundOpenInfo = ()>>
{
}

/// What comes out of the gate.
#[derive(Debug)]
pub enum Passed<E> {
    /// The behaviour inside says it.
    Inner(E),
    /// [`STRAYED_TOLD`] more messages of a peer were not let in.
    Strayed(PeerId),
}

/// Lets a behaviour see known peers only.
pub struct Gate<B: Plain> {
    inner: B,
    /// How many messages the behaviour inside has not let in, counted by itself.
    refused: Arc<AtomicU64>,
    /// Of those of each peer that were not told yet.
    strayed: HashMap<PeerId, u64>,
    told: VecDeque<PeerId>,
    known: HashSet<PeerId>,
    connections: HashMap<ConnectionId, Connection>,
    /// Connections whose handler was given by the behaviour inside before the swarm announced them.
    opening: HashSet<ConnectionId>,
    installs: VecDeque<(PeerId, ConnectionId, THandler<B>)>,
}

struct Connection {
    peer: PeerId,
    endpoint: ConnectedPoint,
    open: bool,
}

impl<B: Plain> Gate<B> {
    /// A gate that is closed to everybody; `refused` is where the behaviour inside counts what it does not let in.
    #[must_use]
    pub fn new(inner: B, refused: Arc<AtomicU64>) -> Self {
        Self {
            inner,
            refused,
            strayed: HashMap::new(),
            told: VecDeque::new(),
            known: HashSet::new(),
            connections: HashMap::new(),
            opening: HashSet::new(),
            installs: VecDeque::new(),
        }
    }

    /// The behaviour inside.
    pub fn inner_mut(&mut self) -> &mut B {
        &mut self.inner
    }

    /// Opens the gate to a peer, on the connections it has and on later ones.
    pub fn know(&mut self, peer: PeerId) {
        if !self.known.insert(peer) {
            return;
        }
        let closed: Vec<ConnectionId> = self
            .connections
            .iter()
            .filter(|(_, connection)| connection.peer == peer && !connection.open)
            .map(|(id, _)| *id)
            .collect();
        for id in closed {
            self.open(id);
        }
    }

    /// Closes the gate for later connections of a peer. The caller closes those that stand.
    pub fn forget(&mut self, peer: &PeerId) {
        self.known.remove(peer);
        self.strayed.remove(peer);
    }

    /// So many messages of a peer were not let in.
    fn stray(&mut self, peer: PeerId, messages: u64) {
        let strayed = self.strayed.entry(peer).or_default();
        *strayed = strayed.saturating_add(messages);
        while *strayed >= STRAYED_TOLD.into() {
            *strayed -= u64::from(STRAYED_TOLD);
            self.told.push_back(peer);
        }
    }

    /// Tells the behaviour inside of a connection that stood behind the closed gate.
    fn open(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let peer = connection.peer;
        let endpoint = connection.endpoint.clone();
        let handler = match &endpoint {
            ConnectedPoint::Dialer {
                address,
                role_override,
                port_use,
            } => self.inner.handle_established_outbound_connection(
                id,
                peer,
                address,
                *role_override,
                *port_use,
            ),
            ConnectedPoint::Listener {
                local_addr,
                send_back_addr,
            } => self
                .inner
                .handle_established_inbound_connection(id, peer, local_addr, send_back_addr),
        };
        let Ok(handler) = handler else { return };
        connection.open = true;
        self.installs.push_back((peer, id, handler));
        self.announce(id, peer, &endpoint);
    }

    fn announce(&mut self, id: ConnectionId, peer: PeerId, endpoint: &ConnectedPoint) {
        let others = self.open_connections(&peer).saturating_sub(1);
        self.inner
            .on_swarm_event(FromSwarm::ConnectionEstablished(ConnectionEstablished {
                peer_id: peer,
                connection_id: id,
                endpoint,
                failed_addresses: &[],
                other_established: others,
            }));
    }

    fn open_connections(&self, peer: &PeerId) -> usize {
        self.connections
            .values()
            .filter(|connection| connection.peer == *peer && connection.open)
            .count()
    }

    fn on_established(&mut self, established: ConnectionEstablished<'_>) {
        let id = established.connection_id;
        let peer = established.peer_id;
        let open = self.opening.remove(&id);
        self.connections.insert(
            id,
            Connection {
                peer,
                endpoint: established.endpoint.clone(),
                open,
            },
        );
        if open {
            self.announce(id, peer, established.endpoint);
        } else if self.known.contains(&peer) {
            // It became known between the handler's making and now.
            self.open(id);
        }
    }

    fn on_closed(&mut self, closed: ConnectionClosed<'_>) {
        let was_open = self
            .connections
            .remove(&closed.connection_id)
            .is_some_and(|connection| connection.open);
        if was_open {
            let remaining_established = self.open_connections(&closed.peer_id);
            self.inner
                .on_swarm_event(FromSwarm::ConnectionClosed(ConnectionClosed {
                    remaining_established,
                    ..closed
                }));
        }
    }
}

impl<B: Plain> NetworkBehaviour for Gate<B> {
    type ConnectionHandler = GateHandler<THandler<B>>;
    type ToSwarm = Passed<B::ToSwarm>;

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.known.contains(&peer) {
            return Ok(GateHandler::closed());
        }
        let handler = self
            .inner
            .handle_established_inbound_connection(id, peer, local, remote)?;
        self.opening.insert(id);
        Ok(GateHandler::open(handler))
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.known.contains(&peer) {
            return Ok(GateHandler::closed());
        }
        let handler = self
            .inner
            .handle_established_outbound_connection(id, peer, address, role, port)?;
        self.opening.insert(id);
        Ok(GateHandler::open(handler))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(established) => self.on_established(established),
            FromSwarm::ConnectionClosed(closed) => self.on_closed(closed),
            FromSwarm::AddressChange(change) => {
                let Some(connection) = self.connections.get_mut(&change.connection_id) else {
                    return;
                };
                connection.endpoint = change.new.clone();
                if connection.open {
                    self.inner.on_swarm_event(event);
                }
            }
            _ => self.inner.on_swarm_event(event),
        }
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, id: ConnectionId, event: THandlerOutEvent<Self>) {
        if self
            .connections
            .get(&id)
            .is_some_and(|connection| connection.open)
        {
            // The behaviour inside looks at all of it now, and names nobody when it lets something not in.
            let before = self.refused.load(Ordering::Relaxed);
            self.inner.on_connection_handler_event(peer, id, event);
            let refused = self.refused.load(Ordering::Relaxed).wrapping_sub(before);
            if refused > 0 {
                self.stray(peer, refused);
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        // Installs first: what the behaviour inside says next is meant for these handlers.
        if let Some((peer_id, id, handler)) = self.installs.pop_front() {
            return Poll::Ready(ToSwarm::NotifyHandler {
                peer_id,
                handler: NotifyHandler::One(id),
                event: Order::Install(Box::new(handler)),
            });
        }
        if let Some(peer) = self.told.pop_front() {
            return Poll::Ready(ToSwarm::GenerateEvent(Passed::Strayed(peer)));
        }
        let inner = self.inner.poll(cx);
        inner.map(|action| action.map_in(Order::Inner).map_out(Passed::Inner))
    }
}

impl<B: Plain> fmt::Debug for Gate<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("known", &self.known.len())
            .finish_non_exhaustive()
    }
}
