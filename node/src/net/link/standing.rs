//! Standing links: raising one when its handshake succeeded, replacing one, and what follows its end.

use kith_crypto::{DeviceId, link::Established};
use libp2p::{PeerId, Stream, swarm::ConnectionId};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        device::{device_of, peer_of},
        protocols,
        streams::Opening,
        tasks::spawn_contained,
    },
    Link, Links, Net, Proven, Report, queue,
    registry::Ways,
    session::{self, LinkEnd, Role, Session},
};
use crate::input::NetEvent;

/// What the secret handed to the engine is derived under.
pub(super) const BINDING_LABEL: &str = "kith link binding v1";

impl Links {
    pub(super) fn on_sync_stream(&mut self, device: DeviceId, connection: ConnectionId, stream: Stream) {
        let Some(peer) = self.peers.get_mut(&device) else {
            return;
        };
        if let Some(link) = &mut peer.link
            && link.connection == connection
            && let Some(awaiting) = link.sync.take()
        {
            // A link that has just ended misses nothing.
            let _ = awaiting.send(stream);
        } else if peer.attempt.is_some() || peer.successor.is_some() {
            peer.early_sync = Some((connection, stream));
        }
    }

    pub(super) fn on_established(
        &mut self,
        net: &mut Net<'_>,
        attempt: u64,
        device: DeviceId,
        established: Established,
        stream: Stream,
    ) {
        if !self.is_current(device, attempt) {
            return;
        }
        let Some(peer) = self.peers.get_mut(&device) else {
            return;
        };
        let Some(done) = peer.attempt.take() else { return };
        peer.wanted = None;
        peer.parked = None;
        let proven = Proven {
            role: done.role,
            connection: done.connection,
            established,
            stream,
        };
        match &peer.link {
            Some(old) => {
                old.stop.cancel();
                peer.successor = Some(proven);
            }
            None => self.raise(net, device, proven),
        }
    }

    pub(super) fn on_ended(&mut self, net: &mut Net<'_>, link: u64, device: DeviceId, end: &LinkEnd) {
        let Some(peer) = self.peers.get_mut(&device) else {
            return;
        };
        if peer.link.as_ref().is_none_or(|standing| standing.id != link) {
            return;
        }
        if end.breaks_the_protocol() {
            tracing::warn!(%device, %end, "a link was cut: the other side broke the protocol");
        } else {
            tracing::debug!(%device, %end, "a link ended");
        }
        let connection = peer.link.take().map(|link| link.connection);
        if let (true, Some(connection)) = (end.is_of_the_connection(), connection) {
            // Nothing comes through it any more. The peer's other connections may be just as dead without anybody having
            // noticed, as QUIC's are when a program is killed, and a handshake on one would wait in vain for ten seconds. Unless
            // one carries something new, the next dial gets a fresh one.
            let attempt = peer.attempt.as_ref().map(|attempt| attempt.connection);
            let successor = peer.successor.as_ref().map(|successor| successor.connection);
            let young = [attempt, successor];
            net.close(connection);
            net.close_all_but(device, &young);
        }
        self.registry.remove(&device);
        net.outbox.push(NetEvent::LinkDown { device });
        match peer.successor.take() {
            Some(proven) => self.raise(net, device, proven),
            None => self.tidy(device),
        }
    }

    /// Makes a proven peer's link stand.
    pub(super) fn raise(&mut self, net: &mut Net<'_>, device: DeviceId, proven: Proven) {
        let Some(peer_id) = peer_of(&device) else { return };
        let id = self.number();
        let Some(peer) = self.peers.get_mut(&device) else {
            return;
        };
        let Proven {
            role,
            connection,
            established,
            stream,
        } = proven;
        let early = peer
            .early_sync
            .take()
            .filter(|(of, _)| *of == connection)
            .map(|(_, stream)| stream);
        let (awaiting, sync) = sync_stream(net, role, (peer_id, connection), early);
        let stop = CancellationToken::new();
        peer.link = Some(Link {
            id,
            connection,
            stop: stop.clone(),
            sync: awaiting,
        });
        let [control_queue, sync_queue] = queue::lanes();
        let ways = Ways {
            control: control_queue.0.clone(),
            sync: sync_queue.0.clone(),
            stop: stop.clone(),
        };
        self.registry.add(device, ways);
        net.connections.carries(connection);
        let (announce, announced) = oneshot::channel();
        net.outbox.push_then(
            NetEvent::LinkUp {
                device,
                account: established.peer.account,
                device_list: established.peer.device_list.encode(),
                path: net.connections.path(connection),
                binding: established.keys.exporter(BINDING_LABEL),
            },
            announce,
        );
        let session = Session {
            device,
            role,
            control: stream,
            sync,
            established,
            control_queue,
            sync_queue,
            events: self.events.clone(),
            announced,
            stop,
            identity: self.identity.subscribe(),
            rekey_after: self.rekey_after,
        };
        self.run_session(id, session);
    }

    /// Runs a link in a task of its own and has it report its end.
    fn run_session(&self, link: u64, session: Session) {
        let reports = self.reports.clone();
        let device = session.device;
        spawn_contained("link", session::run(session), move |end| async move {
            let end = end.unwrap_or(LinkEnd::Panicked);
            // The actor is gone only when the node is.
            let _ = reports.send(Report::Ended { link, device, end }).await;
        });
    }

    /// The other end of a connection moved.
    pub fn on_path(&self, net: &mut Net<'_>, peer_id: &PeerId, connection: ConnectionId) {
        let Some(device) = device_of(peer_id) else { return };
        let carries = self
            .peers
            .get(&device)
            .and_then(|peer| peer.link.as_ref())
            .is_some_and(|link| link.connection == connection);
        if carries {
            let path = net.connections.path(connection);
            net.outbox.push(NetEvent::PathChanged { device, path });
        }
    }
}

/// Where a link's Sync stream comes from: the initiator opens it, the responder takes it when it comes or has come.
/// Gives the end to put it in, if it is still to come in, and the end to take it from.
fn sync_stream(
    net: &mut Net<'_>,
    role: Role,
    (peer, connection): (PeerId, ConnectionId),
    early: Option<Stream>,
) -> (Option<oneshot::Sender<Stream>>, oneshot::Receiver<Stream>) {
    let (arrives, sync) = oneshot::channel();
    let awaiting = match (role, early) {
        (Role::Initiator, _) => {
            let streams = &mut net.swarm.behaviour_mut().streams;
            forward(streams.open(peer, connection, protocols::SYNC), arrives);
            None
        }
        (Role::Responder, Some(stream)) => {
            // The receiver is right here.
            let _ = arrives.send(stream);
            None
        }
        (Role::Responder, None) => Some(arrives),
    };
    (awaiting, sync)
}

/// Hands the stream on once it is open; a failure shows as the stream not coming.
fn forward(opening: Opening, to: oneshot::Sender<Stream>) {
    let opened = async move { opening.await.ok().and_then(Result::ok) };
    spawn_contained("sync stream", opened, move |stream| async move {
        if let Some(Some(stream)) = stream {
            let _ = to.send(stream);
        }
    });
}
