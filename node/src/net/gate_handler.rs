//! One connection's part of the [`Gate`](super::gate::Gate): the handler of the behaviour inside, or none yet.
//!
//! Two devices become known to each other one after the other. If the first tried at once, the second's closed gate
//! would refuse, and gossipsub gives a connection up for good when its protocol is refused once. So a handler is offered
//! to the other side as soon as it is there, but set to work only when the other side offers the protocol too: identify
//! tells, and tells again when a gate opens.

use std::{
    collections::HashSet,
    fmt,
    task::{Context, Poll},
};

use libp2p::{
    StreamProtocol,
    core::upgrade::DeniedUpgrade,
    futures::future::Either as Upgraded,
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, SubstreamProtocol,
        derive_prelude::Either,
        handler::{
            AddressChange, ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound,
            FullyNegotiatedOutbound, ListenUpgradeError, ProtocolsChange, SendWrapper, UpgradeInfoSend as _,
        },
    },
};

/// What the gate tells a connection's handler.
pub enum Order<H: ConnectionHandler> {
    /// The peer became known: here is the handler to use from now on.
    Install(Box<H>),
    /// For the handler inside.
    Inner(H::FromBehaviour),
}

impl<H: ConnectionHandler> fmt::Debug for Order<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Install(_) => f.write_str("Install"),
            Self::Inner(event) => f.debug_tuple("Inner").field(event).finish(),
        }
    }
}

/// See the module's essay.
pub struct GateHandler<H> {
    inner: Option<H>,
    /// What the other side offers, as it last said.
    offered: HashSet<StreamProtocol>,
    /// Whether the handler inside is at work.
    works: bool,
}

impl<H> GateHandler<H> {
    /// Offers nothing until a handler is installed.
    pub fn closed() -> Self {
        Self {
            inner: None,
            offered: HashSet::new(),
            works: false,
        }
    }

    /// Offers the handler inside.
    pub fn open(handler: H) -> Self {
        Self {
            inner: Some(handler),
            ..Self::closed()
        }
    }
}

impl<H: ConnectionHandler> GateHandler<H> {
    /// Sets the handler inside to work once both sides offer its protocol.
    fn look(&mut self) {
        let Some(inner) = &self.inner else { return };
        let both = inner
            .listen_protocol()
            .upgrade()
            .protocol_info()
            .any(|ours| self.offered.iter().any(|theirs| theirs.as_ref() == ours.as_ref()));
        self.works = self.works || both;
    }

    fn hear(&mut self, change: &ProtocolsChange<'_>) {
        match change {
            ProtocolsChange::Added(added) => self.offered.extend(added.clone().cloned()),
            ProtocolsChange::Removed(removed) => {
                for protocol in removed.clone() {
                    self.offered.remove(protocol);
                }
            }
        }
        self.look();
    }
}

/// What the handler accepts: the protocols inside, or none.
type Accepts<H> = Either<SendWrapper<<H as ConnectionHandler>::InboundProtocol>, SendWrapper<DeniedUpgrade>>;

/// A connection's event as the swarm gives it to the gate.
type OuterEvent<'a, H> =
    ConnectionEvent<'a, Accepts<H>, <H as ConnectionHandler>::OutboundProtocol, Either<(), ()>, ()>;

/// The same event as the handler inside takes it.
type InnerEvent<'a, H> = ConnectionEvent<
    'a,
    <H as ConnectionHandler>::InboundProtocol,
    <H as ConnectionHandler>::OutboundProtocol,
    (),
    (),
>;

impl<H> ConnectionHandler for GateHandler<H>
where
    H: ConnectionHandler<InboundOpenInfo = (), OutboundOpenInfo = ()>,
{
    type FromBehaviour = Order<H>;
    type ToBehaviour = H::ToBehaviour;
    type InboundProtocol = Accepts<H>;
    type OutboundProtocol = H::OutboundProtocol;
    type InboundOpenInfo = Either<(), ()>;
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol, Self::InboundOpenInfo> {
        match &self.inner {
            Some(inner) => inner
                .listen_protocol()
                .map_upgrade(|upgrade| Either::Left(SendWrapper(upgrade)))
                .map_info(Either::Left),
            None => SubstreamProtocol::new(Either::Right(SendWrapper(DeniedUpgrade)), Either::Right(())),
        }
    }

    fn connection_keep_alive(&self) -> bool {
        self.inner
            .as_ref()
            .is_some_and(ConnectionHandler::connection_keep_alive)
    }

    fn on_behaviour_event(&mut self, order: Order<H>) {
        match (order, &mut self.inner) {
            (Order::Install(handler), slot @ None) => {
                *slot = Some(*handler);
                self.look();
            }
            // A connection gets its handler once; a second one would orphan the streams of the first.
            (Order::Install(_), Some(_)) | (Order::Inner(_), None) => {}
            (Order::Inner(event), Some(inner)) => inner.on_behaviour_event(event),
        }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        match &mut self.inner {
            Some(inner) if self.works => inner.poll(cx),
            _ => Poll::Pending,
        }
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::ToBehaviour>> {
        self.inner
            .as_mut()
            .map_or(Poll::Ready(None), |inner| inner.poll_close(cx))
    }

    fn on_connection_event(&mut self, event: OuterEvent<'_, H>) {
        match &event {
            ConnectionEvent::RemoteProtocolsChange(change) => self.hear(change),
            // Who opens a stream speaks the protocol.
            ConnectionEvent::FullyNegotiatedInbound(_) => self.works = true,
            _ => {}
        }
        if let (Some(inner), Some(event)) = (self.inner.as_mut(), inward::<H>(event)) {
            inner.on_connection_event(event);
        }
    }
}

/// Translates an event for the handler inside; `None` for what happened to a stream of the closed gate.
fn inward<H>(event: OuterEvent<'_, H>) -> Option<InnerEvent<'_, H>>
where
    H: ConnectionHandler<InboundOpenInfo = (), OutboundOpenInfo = ()>,
{
    match event {
        ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, .. }) => match protocol {
            Upgraded::Left(protocol) => {
                Some(ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                    protocol,
                    info: (),
                }))
            }
            Upgraded::Right(never) => match never {},
        },
        ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info: () }) => Some(
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info: () }),
        ),
        ConnectionEvent::DialUpgradeError(DialUpgradeError { info: (), error }) => {
            Some(ConnectionEvent::DialUpgradeError(DialUpgradeError {
                info: (),
                error,
            }))
        }
        ConnectionEvent::ListenUpgradeError(ListenUpgradeError {
            error: Either::Left(error),
            ..
        }) => Some(ConnectionEvent::ListenUpgradeError(ListenUpgradeError {
            info: (),
            error,
        })),
        ConnectionEvent::AddressChange(AddressChange { new_address }) => {
            Some(ConnectionEvent::AddressChange(AddressChange { new_address }))
        }
        ConnectionEvent::LocalProtocolsChange(change) => Some(ConnectionEvent::LocalProtocolsChange(change)),
        ConnectionEvent::RemoteProtocolsChange(change) => {
            Some(ConnectionEvent::RemoteProtocolsChange(change))
        }
        _ => None,
    }
}
