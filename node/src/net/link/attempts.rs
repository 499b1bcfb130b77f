//! Handshakes: begun on either side, in tasks of their own, at most one per device.

use std::time::Duration;

use kith_crypto::{
    CryptoError, DeviceId,
    link::{Established, LinkError, LinkRefusal, PeerIdentity},
};
use libp2p::{PeerId, Stream, swarm::ConnectionId};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    super::{device::peer_of, protocols, streams::OpenError, tasks::spawn_contained},
    Attempt, Links, Net, Report,
    handshake::{self, HandshakeError, Refusal},
    session::Role,
};
use crate::input::{LinkRequestId, NetEvent};

impl Links {
    pub(super) fn initiate(
        &mut self,
        net: &mut Net<'_>,
        device: DeviceId,
        peer_id: PeerId,
        connection: ConnectionId,
    ) {
        let Some(identity) = self.identity.borrow().clone() else {
            return;
        };
        let opening = net
            .swarm
            .behaviour_mut()
            .streams
            .open(peer_id, connection, protocols::LINK);
        let (id, cancel) = self.begin(device, Role::Initiator, connection);
        let wanted = self.peers.get(&device).and_then(|peer| peer.wanted.as_ref());
        let payload = wanted.map(|wanted| wanted.payload.clone()).unwrap_or_default();
        let patience = if wanted.is_some_and(|wanted| wanted.dial.is_none()) {
            handshake::STANDING_TIMEOUT
        } else {
            handshake::HANDSHAKE_TIMEOUT
        };
        let attempt = async move {
            let mut stream = opening.await.map_err(|_| HandshakeError::Gone)??;
            let established = handshake::initiate(&mut stream, device, &identity, &payload).await?;
            Ok((established, stream))
        };
        self.run(device, (id, cancel), patience, attempt);
    }

    pub(super) fn respond(&mut self, device: DeviceId, connection: ConnectionId, mut stream: Stream) {
        let Some(identity) = self.identity.borrow().clone() else {
            return;
        };
        let (id, cancel) = self.begin(device, Role::Responder, connection);
        let reports = self.reports.clone();
        let attempt = async move {
            let decide = |caller| decide(reports, id, device, caller);
            match handshake::respond(&mut stream, device, &identity, decide).await {
                Ok(established) => Ok((established, stream)),
                Err(error) => {
                    if matches!(error, HandshakeError::NotAccepted) {
                        handshake::part(stream).await;
                    }
                    Err(error)
                }
            }
        };
        self.run(device, (id, cancel), handshake::HANDSHAKE_TIMEOUT, attempt);
    }

    /// Registers an attempt as the device's only one.
    pub(super) fn begin(
        &mut self,
        device: DeviceId,
        role: Role,
        connection: ConnectionId,
    ) -> (u64, CancellationToken) {
        let id = self.number();
        let cancel = CancellationToken::new();
        let peer = self.peers.entry(device).or_default();
        peer.early_sync = None;
        peer.attempt = Some(Attempt {
            id,
            role,
            connection,
            cancel: cancel.clone(),
        });
        (id, cancel)
    }

    /// Runs an attempt in a task of its own, in bounded time, and has it report unless it is cancelled.
    pub(super) fn run<F>(
        &self,
        device: DeviceId,
        (attempt, cancel): (u64, CancellationToken),
        patience: Duration,
        handshake: F,
    ) where
        F: Future<Output = Result<(Established, Stream), HandshakeError>> + Send + 'static,
    {
        let reports = self.reports.clone();
        let bounded = async move {
            tokio::select! {
                () = cancel.cancelled() => None,
                done = tokio::time::timeout(patience, handshake) => {
                    Some(done.unwrap_or(Err(HandshakeError::TimedOut)))
                }
            }
        };
        spawn_contained("link handshake", bounded, move |done| async move {
            let report = match done.unwrap_or(Some(Err(HandshakeError::Panicked))) {
                None => return,
                Some(Ok((established, stream))) => Report::Established {
                    attempt,
                    device,
                    established,
                    stream,
                },
                Some(Err(error)) => Report::Failed {
                    attempt,
                    device,
                    error,
                },
            };
            // The actor is gone only when the node is.
            let _ = reports.send(report).await;
        });
    }

    pub(super) fn on_requested(
        &mut self,
        net: &mut Net<'_>,
        attempt: u64,
        device: DeviceId,
        caller: PeerIdentity,
        answer: oneshot::Sender<Option<LinkRefusal>>,
    ) {
        if !self.is_current(device, attempt) {
            return;
        }
        // Nobody waits for these any more.
        self.requests.retain(|_, waiting| !waiting.is_closed());
        let request = LinkRequestId(self.number());
        self.requests.insert(request, answer);
        net.outbox.push(NetEvent::LinkRequested {
            request,
            device,
            account: caller.account,
            device_list: caller.device_list.encode(),
            payload: caller.payload,
        });
    }

    /// Passes the engine's decision on.
    pub fn answer(&mut self, request: LinkRequestId, refusal: Option<LinkRefusal>) {
        if let Some(waiting) = self.requests.remove(&request) {
            // Too late an answer: the stranger has been sent away.
            let _ = waiting.send(refusal);
        }
    }

    pub(super) fn on_failed(
        &mut self,
        net: &mut Net<'_>,
        attempt: u64,
        device: DeviceId,
        error: &HandshakeError,
    ) {
        if !self.is_current(device, attempt) {
            return;
        }
        tracing::debug!(%device, %error, "a handshake did not end in a link");
        if let HandshakeError::Link(LinkError::Crypto(CryptoError::FutureVersion { .. })) = error {
            net.outbox.push(NetEvent::Newer { device });
        }
        let Some(peer) = self.peers.get_mut(&device) else {
            return;
        };
        let Some(failed) = peer.attempt.take() else { return };
        if let HandshakeError::Link(LinkError::Refused(refusal)) = error {
            peer.wanted = None;
            peer.parked = None;
            net.outbox.push(NetEvent::LinkRefused {
                device,
                refusal: refusal.clone(),
            });
            self.tidy(device);
            return;
        }
        if matches!(error, HandshakeError::TimedOut) {
            // The connection may be dead without anybody having noticed: the next dial gets a fresh one.
            net.close(failed.connection);
        }
        let unheard = matches!(
            error,
            HandshakeError::Gone | HandshakeError::Open(OpenError::Broken) | HandshakeError::TimedOut
        );
        let undialled = peer.wanted.as_ref().is_some_and(|wanted| wanted.dial.is_none());
        if let Some((connection, stream)) = peer.parked.take() {
            self.respond(device, connection, stream);
        } else if unheard
            && undialled
            && let Some(peer_id) = peer_of(&device)
        {
            // A connection that stood was ending or dead as we chose it: that says nothing about the device.
            net.connections.closes(failed.connection);
            self.connect(net, device, peer_id);
        } else {
            self.give_up(net, device, error.to_string());
        }
    }

    /// A dial that the engine wished for ends here.
    pub(super) fn give_up(&mut self, net: &mut Net<'_>, device: DeviceId, reason: String) {
        let wanted = self.peers.get_mut(&device).and_then(|peer| peer.wanted.take());
        // An incoming attempt that fails while a link stands concerns nobody.
        if wanted.is_some() {
            net.outbox.push(NetEvent::DialFailed { device, reason });
        }
        self.tidy(device);
    }

    pub(super) fn is_current(&self, device: DeviceId, attempt: u64) -> bool {
        self.peers
            .get(&device)
            .and_then(|peer| peer.attempt.as_ref())
            .is_some_and(|current| current.id == attempt)
    }
}

/// Asks the engine whether to accept a caller.
async fn decide(
    reports: mpsc::Sender<Report>,
    attempt: u64,
    device: DeviceId,
    caller: PeerIdentity,
) -> Option<Refusal> {
    let (answer, answered) = oneshot::channel();
    let asked = reports
        .send(Report::Requested {
            attempt,
            device,
            caller,
            answer,
        })
        .await;
    if asked.is_err() {
        return Some(Refusal::Silent);
    }
    match tokio::time::timeout(handshake::DECISION_TIMEOUT, answered).await {
        Ok(Ok(None)) => None,
        Ok(Ok(Some(refusal))) => Some(Refusal::Reason(refusal)),
        _ => Some(Refusal::Silent),
    }
}
