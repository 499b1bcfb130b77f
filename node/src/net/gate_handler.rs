//! One connection's part of the [`Gate`](super::gate::Gate): the handler of the behaviour inside, or none yet.

use std::{
    fmt,
    task::{Context, Poll},
};

use libp2p::{
    core::upgrade::DeniedUpgrade,
    futures::future::Either as Upgraded,
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, SubstreamProtocol,
        derive_prelude::Either,
        handler::{
            AddressChange, ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound,
            FullyNegotiatedOutbound, ListenUpgradeError, SendWrapper,
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
pub struct GateHandler<H>(Option<H>);

impl<H> GateHandler<H> {
    /// Offers nothing until a handler is installed.
    pub fn closed() -> Self {
        Self(None)
    }

    /// Is the handler inside.
    pub fn open(handler: H) -> Self {
        Self(Some(handler))
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
        match &self.0 {
            Some(inner) => inner
                .listen_protocol()
                .map_upgrade(|upgrade| Either::Left(SendWrapper(upgrade)))
                .map_info(Either::Left),
            None => SubstreamProtocol::new(Either::Right(SendWrapper(DeniedUpgrade)), Either::Right(())),
        }
    }

    fn connection_keep_alive(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(ConnectionHandler::connection_keep_alive)
    }

    fn on_behaviour_event(&mut self, order: Order<H>) {
        match (order, &mut self.0) {
            (Order::Install(handler), slot @ None) => *slot = Some(*handler),
            // A connection gets its handler once; a second one would orphan the streams of the first.
            (Order::Install(_), Some(_)) => {}
            (Order::Inner(event), Some(inner)) => inner.on_behaviour_event(event),
            (Order::Inner(_), None) => {}
        }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        self.0.as_mut().map_or(Poll::Pending, |inner| inner.poll(cx))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::ToBehaviour>> {
        self.0
            .as_mut()
            .map_or(Poll::Ready(None), |inner| inner.poll_close(cx))
    }

    fn on_connection_event(&mut self, event: OuterEvent<'_, H>) {
        if let (Some(inner), Some(event)) = (self.0.as_mut(), inward::<H>(event)) {
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
