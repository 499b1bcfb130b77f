//! A standing link: two lanes on two streams of one connection, and fresh keys every hour.
//!
//! One task per link. Whichever part ends first ends the whole: there is no half a link.

use std::{sync::Arc, time::Duration};

use kith_crypto::{
    AccountId, DeviceId,
    link::{Established, LaneOpener, LaneSealer, LinkError, LinkKeys},
};
use libp2p::{Stream, futures::AsyncReadExt as _};
use thiserror::Error;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    handshake::{self, Carrier, HandshakeError, OwnIdentity, Refusal},
    lanes::{self, CONTROL_KEYS, Inward, LaneError, Outgoing, SYNC_KEYS},
    pulse::{Pulse, SILENCE},
    queue,
    wire::WireError,
};
use crate::input::{Lane, NetEvent};

/// How long the Sync lane's stream may take to come after the link stands.
const SYNC_STREAM_TIMEOUT: Duration = Duration::from_secs(10);
/// How long fresh keys may take to be agreed on, however busy the Control lane is.
const REKEY_TIMEOUT: Duration = Duration::from_secs(60);
/// A responder does not let itself be rekeyed more often than this.
const MIN_REKEY_INTERVAL: Duration = Duration::from_secs(60);
/// How many handshake messages may wait: a handshake has two in each direction.
const HANDSHAKE_CAPACITY: usize = 4;
/// How many fresh keys may wait to be switched to.
const KEYS_CAPACITY: usize = 2;

/// Which end of a link we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// We dialled.
    Initiator,
    /// We were dialled.
    Responder,
}

/// Why a link ended.
#[derive(Debug, Error)]
pub enum LinkEnd {
    /// A lane ended.
    #[error(transparent)]
    Lane(#[from] LaneError),
    /// A key could not be taken.
    #[error(transparent)]
    Keys(#[from] LinkError),
    /// Nothing came for too long.
    #[error("the other side fell silent")]
    Silent,
    /// The Sync lane's stream did not come.
    #[error("the second stream of the link did not come")]
    NoSyncStream,
    /// Fresh keys could not be agreed on.
    #[error("fresh keys could not be agreed on: {0}")]
    Rekey(#[from] HandshakeError),
    /// Fresh keys were asked for too often.
    #[error("the other side asked for fresh keys too often")]
    RekeyFlood,
    /// Another account answered the rekeying.
    #[error("the other side changed its account")]
    OtherAccount,
    /// We ended it.
    #[error("ended by this side")]
    Stopped,
    /// Its task failed.
    #[error("the link failed inside this program")]
    Panicked,
}

impl LinkEnd {
    /// Whether it was the connection that failed, and not what was said on it.
    pub fn is_of_the_connection(&self) -> bool {
        matches!(
            self,
            Self::Silent | Self::Lane(LaneError::Wire(WireError::Broken(_)) | LaneError::Stalled)
        )
    }

    /// Whether the other side did what no sound program does.
    pub fn breaks_the_protocol(&self) -> bool {
        matches!(
            self,
            Self::Lane(
                LaneError::Wire(WireError::TooLong { .. }) | LaneError::Seal(_) | LaneError::Violation
            ) | Self::Keys(_)
                | Self::RekeyFlood
                | Self::OtherAccount
        )
    }
}

/// Everything a link's task needs.
pub struct Session {
    /// The other end.
    pub device: DeviceId,
    /// Which end we are.
    pub role: Role,
    /// The handshake's stream, from now on the Control lane.
    pub control: Stream,
    /// The Sync lane's stream, when it comes.
    pub sync: oneshot::Receiver<Stream>,
    /// Who is at the other end, and the keys.
    pub established: Established,
    /// What to send on the Control lane; the other half is in everybody's hands.
    pub control_queue: (queue::Sender, queue::Receiver),
    /// What to send on the Sync lane.
    pub sync_queue: (queue::Sender, queue::Receiver),
    /// Where frames go.
    pub events: mpsc::Sender<NetEvent>,
    /// Fires once the engine has heard `LinkUp`: no frame may come before.
    pub announced: oneshot::Receiver<()>,
    /// Ends the link.
    pub stop: CancellationToken,
    /// In whose name fresh keys are made.
    pub identity: watch::Receiver<Option<Arc<OwnIdentity>>>,
    /// How long one set of keys serves.
    pub rekey_after: Duration,
}

/// Runs a link until it ends.
pub async fn run(session: Session) -> LinkEnd {
    let stop = session.stop.clone();
    tokio::select! {
        biased;
        () = stop.cancelled() => LinkEnd::Stopped,
        end = carry(session) => match end {
            Ok(()) => LinkEnd::Lane(LaneError::Gone),
            Err(end) => end,
        },
    }
}

async fn carry(session: Session) -> Result<(), LinkEnd> {
    session.announced.await.map_err(|_| LaneError::Gone)?;
    let mut keys = session.established.keys;
    let (control_sealer, control_opener) = keys.lane(CONTROL_KEYS)?;
    let (sync_sealer, sync_opener) = keys.lane(SYNC_KEYS)?;
    let (control_openers, control_switch) = mpsc::channel(KEYS_CAPACITY);
    let (sync_openers, sync_switch) = mpsc::channel(KEYS_CAPACITY);
    let (messages, handshake) = mpsc::channel(HANDSHAKE_CAPACITY);
    let rekeying = Rekeying {
        device: session.device,
        account: session.established.peer.account,
        carrier: LaneCarrier {
            outgoing: session.control_queue.0.clone(),
            incoming: handshake,
        },
        switches: [
            Switch {
                queue: session.control_queue.0,
                openers: control_openers,
                keys: CONTROL_KEYS,
            },
            Switch {
                queue: session.sync_queue.0,
                openers: sync_openers,
                keys: SYNC_KEYS,
            },
        ],
        identity: session.identity,
        after: session.rekey_after,
    };
    let pulse = Pulse::new(SILENCE);
    let inward = |lane, handshake, openers| Inward {
        device: session.device,
        lane,
        events: session.events.clone(),
        handshake,
        openers,
        pulse: pulse.clone(),
    };
    let control = both_ways(
        session.control,
        (control_sealer, control_opener),
        session.control_queue.1,
        inward(Lane::Control, Some(messages), control_switch),
    );
    let inward_sync = inward(Lane::Sync, None, sync_switch);
    let sync = async {
        let stream = timeout(SYNC_STREAM_TIMEOUT, session.sync).await;
        let stream = stream.ok().and_then(Result::ok).ok_or(LinkEnd::NoSyncStream)?;
        both_ways(
            stream,
            (sync_sealer, sync_opener),
            session.sync_queue.1,
            inward_sync,
        )
        .await
    };
    tokio::try_join!(control, sync, rekeying.run(session.role), silence(&pulse)).map(|_| ())
}

async fn both_ways(
    stream: Stream,
    (sealer, opener): (LaneSealer, LaneOpener),
    queue: queue::Receiver,
    inward: Inward,
) -> Result<(), LinkEnd> {
    let (reader, writer) = stream.split();
    tokio::try_join!(
        lanes::send(writer, sealer, queue),
        lanes::receive(reader, opener, inward)
    )?;
    Ok(())
}

/// Ends the link when the other side falls silent.
async fn silence(pulse: &Pulse) -> Result<(), LinkEnd> {
    pulse.stops().await;
    Err(LinkEnd::Silent)
}

/// One lane's part of a change of keys.
struct Switch {
    queue: queue::Sender,
    openers: mpsc::Sender<LaneOpener>,
    keys: u32,
}

impl Switch {
    /// Puts the new opener where the reader finds it when the peer switches, and tells the writer to switch.
    async fn apply(&self, keys: &mut LinkKeys) -> Result<(), LinkEnd> {
        let (sealer, opener) = keys.lane(self.keys)?;
        self.openers.send(opener).await.map_err(|_| LaneError::Gone)?;
        self.queue
            .put(Outgoing::Switch(sealer))
            .map_err(|_| LaneError::Gone)?;
        Ok(())
    }
}

/// Handshake messages inside the Control lane.
struct LaneCarrier {
    outgoing: queue::Sender,
    incoming: mpsc::Receiver<Vec<u8>>,
}

impl Carrier for LaneCarrier {
    async fn send(&mut self, message: Vec<u8>) -> Result<(), HandshakeError> {
        self.outgoing
            .put(Outgoing::Handshake(message))
            .map_err(|_| HandshakeError::Gone)
    }

    async fn receive(&mut self) -> Result<Vec<u8>, HandshakeError> {
        self.incoming.recv().await.ok_or(HandshakeError::Gone)
    }
}

/// Agrees on fresh keys from time to time: the initiator begins, the responder answers.
struct Rekeying {
    device: DeviceId,
    account: AccountId,
    carrier: LaneCarrier,
    switches: [Switch; 2],
    identity: watch::Receiver<Option<Arc<OwnIdentity>>>,
    after: Duration,
}

impl Rekeying {
    async fn run(mut self, role: Role) -> Result<(), LinkEnd> {
        loop {
            match role {
                Role::Initiator => self.begin().await?,
                Role::Responder => self.answer().await?,
            }
            tracing::debug!(device = %self.device, "a link has fresh keys");
        }
    }

    fn own(&self) -> Result<Arc<OwnIdentity>, LinkEnd> {
        self.identity
            .borrow()
            .clone()
            .ok_or(LinkEnd::Lane(LaneError::Gone))
    }

    async fn begin(&mut self) -> Result<(), LinkEnd> {
        sleep(self.after).await;
        let own = self.own()?;
        let handshake = handshake::initiate(&mut self.carrier, self.device, &own, &[]);
        let fresh = timeout(REKEY_TIMEOUT, handshake)
            .await
            .map_err(|_| HandshakeError::TimedOut)??;
        self.switch(fresh).await
    }

    async fn answer(&mut self) -> Result<(), LinkEnd> {
        let quiet_until = Instant::now() + MIN_REKEY_INTERVAL.min(self.after / 2);
        let hello = self.carrier.receive().await?;
        if Instant::now() < quiet_until {
            return Err(LinkEnd::RekeyFlood);
        }
        let own = self.own()?;
        let account = self.account;
        let mut carrier = Resumed {
            first: Some(hello),
            carrier: &mut self.carrier,
        };
        let handshake = handshake::respond(&mut carrier, self.device, &own, |caller| async move {
            (caller.account != account).then_some(Refusal::Silent)
        });
        let fresh = timeout(REKEY_TIMEOUT, handshake)
            .await
            .map_err(|_| HandshakeError::TimedOut)??;
        self.switch(fresh).await
    }

    async fn switch(&self, mut fresh: Established) -> Result<(), LinkEnd> {
        if fresh.peer.account != self.account {
            return Err(LinkEnd::OtherAccount);
        }
        for switch in &self.switches {
            switch.apply(&mut fresh.keys).await?;
        }
        Ok(())
    }
}

/// A carrier whose first message was already taken, to see when it came.
struct Resumed<'a> {
    first: Option<Vec<u8>>,
    carrier: &'a mut LaneCarrier,
}

impl Carrier for Resumed<'_> {
    async fn send(&mut self, message: Vec<u8>) -> Result<(), HandshakeError> {
        self.carrier.send(message).await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, HandshakeError> {
        match self.first.take() {
            Some(message) => Ok(message),
            None => self.carrier.receive().await,
        }
    }
}
