//! Links: streams between two devices that have proven to each other, above whatever carries them, who they are.
//!
//! This file holds the table of who is linked, being linked, or waiting to be, and decides which of two links stays.
//! The handshake, the lanes and a standing link run in tasks of their own ([`handshake`], [`lanes`], [`session`]) and
//! report here. The rules:
//!
//! - At most one handshake and one link per device.
//! - When two devices dial each other at once, the link dialled by the lower device id stays. The lower side parks the
//!   other's stream unread (and takes it up if its own attempt fails); the higher side drops its own attempt.
//! - A device that dials while we believe to be linked with it has lost that link: once it has proven who it is, and the
//!   engine accepts, the new link replaces the old one.

mod attempts;
pub mod handshake;
pub mod lanes;
pub mod pulse;
pub mod queue;
pub mod registry;
pub mod session;
mod standing;
#[cfg(test)]
mod vectors;
pub mod wire;

use std::{collections::HashMap, sync::Arc, time::Duration};

use handshake::{HandshakeError, OwnIdentity};
use kith_crypto::{
    DeviceId,
    link::{Established, LinkRefusal, PeerIdentity},
};
use libp2p::{
    PeerId, Stream, Swarm,
    swarm::{
        ConnectionId,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use registry::Registry;
use session::{LinkEnd, Role};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{
    addresses::dialable,
    behaviour::Behaviour,
    device::{device_of, peer_of},
    error::explain_dial,
    outbox::Outbox,
    paths::Connections,
    protocols,
};
use crate::input::{LinkRequestId, NetEvent};

/// How many devices may be in a handshake that they began, before a stranger is not heard.
const MAX_INCOMING_HANDSHAKES: usize = 64;

/// What the tasks of links report.
pub enum Report {
    /// A device has proven who it is and waits for the engine.
    Requested {
        attempt: u64,
        device: DeviceId,
        caller: PeerIdentity,
        answer: oneshot::Sender<Option<LinkRefusal>>,
    },
    /// A handshake succeeded.
    Established {
        attempt: u64,
        device: DeviceId,
        established: Established,
        stream: Stream,
    },
    /// A handshake failed.
    Failed {
        attempt: u64,
        device: DeviceId,
        error: HandshakeError,
    },
    /// A link ended.
    Ended {
        link: u64,
        device: DeviceId,
        end: LinkEnd,
    },
}

/// The parts of the actor that links work on.
pub struct Net<'a> {
    /// Dials and opens streams.
    pub swarm: &'a mut Swarm<Behaviour>,
    /// Knows the connections.
    pub connections: &'a mut Connections,
    /// Takes news.
    pub outbox: &'a mut Outbox,
}

impl Net<'_> {
    /// Closes a connection; from now on nothing new begins on it.
    fn close(&mut self, connection: ConnectionId) {
        self.connections.closes(connection);
        self.swarm.close_connection(connection);
    }

    /// Closes all connections of a device but these.
    fn close_all_but(&mut self, device: DeviceId, kept: &[Option<ConnectionId>]) {
        let Some(peer) = peer_of(&device) else { return };
        for connection in self.connections.of(&peer) {
            if !kept.contains(&Some(connection)) {
                self.close(connection);
            }
        }
    }
}

/// All links of this node.
pub struct Links {
    own: DeviceId,
    identity: watch::Sender<Option<Arc<OwnIdentity>>>,
    peers: HashMap<DeviceId, Peer>,
    requests: HashMap<LinkRequestId, oneshot::Sender<Option<LinkRefusal>>>,
    reports: mpsc::Sender<Report>,
    registry: Registry,
    events: mpsc::Sender<NetEvent>,
    rekey_after: Duration,
    next: u64,
}

/// What stands or is being made between us and one device.
#[derive(Default)]
struct Peer {
    /// A dial of the engine that has not ended yet, with its payload.
    wanted: Option<Wanted>,
    attempt: Option<Attempt>,
    /// The other side's stream, while ours goes first.
    parked: Option<(ConnectionId, Stream)>,
    link: Option<Link>,
    /// Becomes the link once the old one has ended.
    successor: Option<Proven>,
    /// A Sync stream that came before our side of the link stood.
    early_sync: Option<(ConnectionId, Stream)>,
}

struct Wanted {
    addresses: Vec<String>,
    payload: Vec<u8>,
    dial: Option<ConnectionId>,
}

struct Attempt {
    id: u64,
    role: Role,
    connection: ConnectionId,
    cancel: CancellationToken,
}

struct Link {
    id: u64,
    connection: ConnectionId,
    stop: CancellationToken,
    sync: Option<oneshot::Sender<Stream>>,
}

struct Proven {
    role: Role,
    connection: ConnectionId,
    established: Established,
    stream: Stream,
}

impl Links {
    /// No links yet.
    #[must_use]
    pub fn new(
        own: DeviceId,
        reports: mpsc::Sender<Report>,
        events: mpsc::Sender<NetEvent>,
        registry: Registry,
        rekey_after: Duration,
    ) -> Self {
        Self {
            own,
            identity: watch::Sender::new(None),
            peers: HashMap::new(),
            requests: HashMap::new(),
            reports,
            registry,
            events,
            rekey_after,
            next: 0,
        }
    }

    /// From now on links are made in this name.
    pub fn identify(&mut self, identity: OwnIdentity) {
        self.identity.send_replace(Some(Arc::new(identity)));
    }

    /// Makes a link, unless one stands or a handshake is under way. Who is dialled already is dialled once more beside that:
    /// an attempt that began while the network was broken asks again only after ever longer pauses.
    pub fn dial(&mut self, net: &mut Net<'_>, device: DeviceId, addresses: &[String], payload: Vec<u8>) {
        let fail = |net: &mut Net<'_>, reason: &str| {
            net.outbox.push(NetEvent::DialFailed {
                device,
                reason: reason.to_owned(),
            });
        };
        if device == self.own {
            return fail(net, "this is this device itself");
        }
        let Some(peer_id) = peer_of(&device) else {
            return fail(net, "this device id is not a valid key");
        };
        if self.identity.borrow().is_none() {
            return fail(net, "this node does not know yet in whose name it speaks");
        }
        let peer = self.peers.entry(device).or_default();
        let is_dialled = peer.wanted.as_ref().is_none_or(|wanted| wanted.dial.is_some());
        if peer.link.is_some() || !is_dialled || (peer.wanted.is_some() && peer.attempt.is_some()) {
            return;
        }
        peer.wanted = Some(Wanted {
            addresses: addresses.to_vec(),
            payload,
            dial: None,
        });
        if peer.attempt.is_none() {
            self.connect(net, device, peer_id);
        }
    }

    /// Begins a handshake on a connection that stands, or dials for one.
    fn connect(&mut self, net: &mut Net<'_>, device: DeviceId, peer_id: PeerId) {
        if let Some(connection) = net.connections.best(&peer_id) {
            self.initiate(net, device, peer_id, connection);
            return;
        }
        let wanted = self.peers.get_mut(&device).and_then(|peer| peer.wanted.as_mut());
        let Some(wanted) = wanted else { return };
        let opts = DialOpts::peer_id(peer_id)
            .condition(PeerCondition::Always)
            .addresses(dialable(&wanted.addresses, &peer_id))
            .extend_addresses_through_behaviour()
            .build();
        wanted.dial = Some(opts.connection_id());
        if let Err(error) = net.swarm.dial(opts) {
            self.give_up(net, device, explain_dial(&error).to_owned());
        }
    }

    /// A connection stands: use it for whoever was dialled.
    pub fn on_connection(&mut self, net: &mut Net<'_>, peer_id: PeerId, connection: ConnectionId) {
        let Some(device) = device_of(&peer_id) else { return };
        let waits = self
            .peers
            .get(&device)
            .is_some_and(|peer| peer.wanted.is_some() && peer.attempt.is_none() && peer.link.is_none());
        if waits {
            self.initiate(net, device, peer_id, connection);
        }
    }

    /// A dial ended without a connection.
    pub fn on_dial_failed(&mut self, net: &mut Net<'_>, peer_id: PeerId, dial: ConnectionId, reason: String) {
        let Some(device) = device_of(&peer_id) else { return };
        let ours = self.peers.get(&device).is_some_and(|peer| {
            peer.attempt.is_none()
                && peer
                    .wanted
                    .as_ref()
                    .is_some_and(|wanted| wanted.dial == Some(dial))
        });
        if ours {
            self.give_up(net, device, reason);
        }
    }

    /// A stream came in, for one of our two protocols.
    /// `known` tells whether its device is a contact's.
    pub fn on_stream(&mut self, inbound: super::streams::Inbound, known: bool) {
        let Some(device) = device_of(&inbound.peer) else {
            return;
        };
        if inbound.protocol == protocols::SYNC {
            self.on_sync_stream(device, inbound.connection, inbound.stream);
        } else {
            self.on_link_stream((device, known), inbound.connection, inbound.stream);
        }
    }

    fn on_link_stream(
        &mut self,
        (device, known): (DeviceId, bool),
        connection: ConnectionId,
        stream: Stream,
    ) {
        let incoming = self
            .peers
            .values()
            .filter(|peer| {
                peer.attempt
                    .as_ref()
                    .is_some_and(|attempt| attempt.role == Role::Responder)
            })
            .count();
        // However many strangers stall, a contact's device gets its turn: there are only so many of those.
        let crowded = incoming >= MAX_INCOMING_HANDSHAKES && !known;
        if self.identity.borrow().is_none() || device == self.own || crowded {
            return;
        }
        let peer = self.peers.entry(device).or_default();
        if let Some(attempt) = &peer.attempt {
            if attempt.role == Role::Initiator && self.own < device {
                peer.parked = Some((connection, stream));
                return;
            }
            // Either ours yields to the lower device's, or the peer has given up its own older one.
            attempt.cancel.cancel();
        }
        self.respond(device, connection, stream);
    }

    /// Takes a task's report.
    pub fn on_report(&mut self, net: &mut Net<'_>, report: Report) {
        match report {
            Report::Requested {
                attempt,
                device,
                caller,
                answer,
            } => {
                self.on_requested(net, attempt, device, caller, answer);
            }
            Report::Established {
                attempt,
                device,
                established,
                stream,
            } => {
                self.on_established(net, attempt, device, established, stream);
            }
            Report::Failed {
                attempt,
                device,
                error,
            } => self.on_failed(net, attempt, device, &error),
            Report::Ended { link, device, end } => self.on_ended(net, link, device, &end),
        }
    }

    /// Ends what stands or is being made with a device.
    pub fn forget(&mut self, device: DeviceId) {
        let Some(peer) = self.peers.get_mut(&device) else {
            return;
        };
        peer.wanted = None;
        peer.parked = None;
        peer.successor = None;
        if let Some(attempt) = peer.attempt.take() {
            attempt.cancel.cancel();
        }
        if let Some(link) = &peer.link {
            link.stop.cancel();
        }
        self.tidy(device);
    }

    /// Ends everything.
    pub fn stop(&mut self) {
        let devices: Vec<DeviceId> = self.peers.keys().copied().collect();
        for device in devices {
            self.forget(device);
        }
    }

    /// Forgets a device with which there is nothing.
    fn tidy(&mut self, device: DeviceId) {
        let idle = self.peers.get(&device).is_some_and(|peer| {
            peer.wanted.is_none() && peer.attempt.is_none() && peer.link.is_none() && peer.successor.is_none()
        });
        if idle {
            self.peers.remove(&device);
        }
    }

    fn number(&mut self) -> u64 {
        self.next = self.next.wrapping_add(1);
        self.next
    }
}
