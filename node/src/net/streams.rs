//! Streams on a chosen connection: the part of libp2p that links are built on.
//!
//! libp2p-stream opens on a random connection of a peer and drops inbound streams when the application lags. A link must
//! know which connection carries it (to say truthfully whether it is relayed) and must not lose the stream it waits for,
//! so this behaviour does the little that is needed itself: open on a given connection, report inbound streams with
//! theirs, and keep the connections of chosen peers open while idle.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId, Stream, StreamProtocol,
    core::{ConnectedPoint, Endpoint, InboundUpgrade, OutboundUpgrade, UpgradeInfo, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
        NetworkBehaviour, NotifyHandler, StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent,
        ToSwarm,
        handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound},
    },
};
use thiserror::Error;
use tokio::sync::oneshot;

/// How many streams may wait to be opened on one connection.
const MAX_WAITING_OPENS: usize = 16;

/// Why a stream was not opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The other side does not speak the protocol.
    #[error("the other side does not speak this protocol; it may need a newer Kith")]
    Unsupported,
    /// The connection broke or timed out.
    #[error("the connection broke")]
    Broken,
}

/// Where the stream will arrive. An error of the channel itself means that the connection is gone.
pub type Opening = oneshot::Receiver<Result<Stream, OpenError>>;

/// A stream that a peer opened towards us.
#[derive(Debug)]
pub struct Inbound {
    /// Who.
    pub peer: PeerId,
    /// On which connection.
    pub connection: ConnectionId,
    /// For which protocol.
    pub protocol: StreamProtocol,
    /// The stream.
    pub stream: Stream,
}

/// What the behaviour reports.
#[derive(Debug)]
pub enum StreamsEvent {
    /// A stream came in.
    Inbound(Inbound),
    /// A connection's other end moved to another address (QUIC lets it): the path may be another one now.
    Moved {
        /// Whose connection.
        peer: PeerId,
        /// Which.
        connection: ConnectionId,
        /// Where it goes now.
        endpoint: ConnectedPoint,
    },
}

/// The behaviour: see the module's essay.
pub struct Streams {
    protocols: Vec<StreamProtocol>,
    connections: HashMap<ConnectionId, PeerId>,
    kept: HashSet<PeerId>,
    actions: VecDeque<ToSwarm<StreamsEvent, Order>>,
}

impl Streams {
    /// Accepts streams of these protocols.
    #[must_use]
    pub fn new(protocols: Vec<StreamProtocol>) -> Self {
        Self {
            protocols,
            connections: HashMap::new(),
            kept: HashSet::new(),
            actions: VecDeque::new(),
        }
    }

    /// Opens a stream on this connection.
    pub fn open(&mut self, peer: PeerId, connection: ConnectionId, protocol: StreamProtocol) -> Opening {
        let (reply, opening) = oneshot::channel();
        self.tell(peer, connection, Order::Open { protocol, reply });
        opening
    }

    /// Keeps the connections of a peer open while idle, or no longer.
    pub fn keep(&mut self, peer: PeerId, keep: bool) {
        let changed = if keep {
            self.kept.insert(peer)
        } else {
            self.kept.remove(&peer)
        };
        if !changed {
            return;
        }
        let connections: Vec<ConnectionId> = self
            .connections
            .iter()
            .filter(|(_, of)| **of == peer)
            .map(|(id, _)| *id)
            .collect();
        for connection in connections {
            self.tell(peer, connection, Order::Keep(keep));
        }
    }

    fn tell(&mut self, peer_id: PeerId, connection: ConnectionId, order: Order) {
        self.actions.push_back(ToSwarm::NotifyHandler {
            peer_id,
            handler: NotifyHandler::One(connection),
            event: order,
        });
    }

    fn handler(&self, peer: &PeerId) -> Handler {
        Handler {
            protocols: self.protocols.clone(),
            keep_alive: self.kept.contains(peer),
            opens: VecDeque::new(),
            arrived: VecDeque::new(),
        }
    }
}

impl NetworkBehaviour for Streams {
    type ConnectionHandler = Handler;
    type ToSwarm = StreamsEvent;

    fn handle_established_inbound_connection(
        &mut self,
        _connection: ConnectionId,
        peer: PeerId,
        _local: &Multiaddr,
        _remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler(&peer))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _connection: ConnectionId,
        peer: PeerId,
        _address: &Multiaddr,
        _role: Endpoint,
        _port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler(&peer))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(established) => {
                self.connections
                    .insert(established.connection_id, established.peer_id);
                // The peer may have become kept between the handler's making and now.
                if self.kept.contains(&established.peer_id) {
                    self.tell(established.peer_id, established.connection_id, Order::Keep(true));
                }
            }
            FromSwarm::ConnectionClosed(closed) => {
                self.connections.remove(&closed.connection_id);
            }
            FromSwarm::AddressChange(change) => {
                self.actions
                    .push_back(ToSwarm::GenerateEvent(StreamsEvent::Moved {
                        peer: change.peer_id,
                        connection: change.connection_id,
                        endpoint: change.new.clone(),
                    }));
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        (protocol, stream): (StreamProtocol, Stream),
    ) {
        let inbound = Inbound {
            peer,
            connection,
            protocol,
            stream,
        };
        self.actions
            .push_back(ToSwarm::GenerateEvent(StreamsEvent::Inbound(inbound)));
    }

    fn poll(&mut self, _cx: &mut Context<'_>) -> Poll<ToSwarm<StreamsEvent, THandlerInEvent<Self>>> {
        self.actions.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// What the behaviour tells a connection's handler.
#[derive(Debug)]
pub enum Order {
    /// Open a stream.
    Open {
        /// For which protocol.
        protocol: StreamProtocol,
        /// Where it goes.
        reply: oneshot::Sender<Result<Stream, OpenError>>,
    },
    /// Keep the connection open while idle, or no longer.
    Keep(bool),
}

type Reply = oneshot::Sender<Result<Stream, OpenError>>;

/// One connection's part.
pub struct Handler {
    protocols: Vec<StreamProtocol>,
    keep_alive: bool,
    opens: VecDeque<(StreamProtocol, Reply)>,
    arrived: VecDeque<(StreamProtocol, Stream)>,
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Order;
    type ToBehaviour = (StreamProtocol, Stream);
    type InboundProtocol = Offer;
    type OutboundProtocol = Offer;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Reply;

    fn listen_protocol(&self) -> SubstreamProtocol<Offer, ()> {
        SubstreamProtocol::new(Offer(self.protocols.clone()), ())
    }

    fn connection_keep_alive(&self) -> bool {
        self.keep_alive
    }

    fn on_behaviour_event(&mut self, order: Order) {
        match order {
            Order::Keep(keep) => self.keep_alive = keep,
            Order::Open { reply, .. } if self.opens.len() >= MAX_WAITING_OPENS => {
                // The receiver may have given up; then nobody misses the answer.
                let _ = reply.send(Err(OpenError::Broken));
            }
            Order::Open { protocol, reply } => self.opens.push_back((protocol, reply)),
        }
    }

    fn poll(
        &mut self,
        _cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Offer, Reply, (StreamProtocol, Stream)>> {
        if let Some(arrived) = self.arrived.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(arrived));
        }
        if let Some((protocol, reply)) = self.opens.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                protocol: SubstreamProtocol::new(Offer(vec![protocol]), reply),
            });
        }
        Poll::Pending
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Offer, Offer, (), Reply>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, info: () }) => {
                self.arrived.push_back(protocol);
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol,
                info: reply,
            }) => {
                // A receiver that is gone wants the stream no more; dropping it resets it.
                let _ = reply.send(Ok(protocol.1));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, info: reply }) => {
                let error = match error {
                    StreamUpgradeError::NegotiationFailed => OpenError::Unsupported,
                    _ => OpenError::Broken,
                };
                let _ = reply.send(Err(error));
            }
            _ => {}
        }
    }
}

/// The protocols offered or wished for on a new stream.
#[derive(Clone, Debug)]
pub struct Offer(Vec<StreamProtocol>);

impl UpgradeInfo for Offer {
    type Info = StreamProtocol;
    type InfoIter = std::vec::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.clone().into_iter()
    }
}

impl InboundUpgrade<Stream> for Offer {
    type Output = (StreamProtocol, Stream);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Self::Error>>;

    fn upgrade_inbound(self, stream: Stream, protocol: StreamProtocol) -> Self::Future {
        ready(Ok((protocol, stream)))
    }
}

impl OutboundUpgrade<Stream> for Offer {
    type Output = (StreamProtocol, Stream);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Self::Error>>;

    fn upgrade_outbound(self, stream: Stream, protocol: StreamProtocol) -> Self::Future {
        ready(Ok((protocol, stream)))
    }
}
