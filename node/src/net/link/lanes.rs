//! The two directions of one lane: sealed frames on a stream, in order.
//!
//! A sealed frame holds what it carries and, last, one byte of kind. Frames of the engine are one kind; the others belong to
//! the change of keys that happens inside a standing link: handshake messages, and the mark after which a direction
//! uses its new key. So a rekey loses and reorders nothing. A lane that has nothing to say says so every few seconds.

use std::time::Duration;

use kith_crypto::{
    DeviceId,
    link::{LANE_OVERHEAD_BYTES, LaneOpener, LaneSealer, LinkError},
};
use libp2p::futures::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use thiserror::Error;
use tokio::{sync::mpsc, time::timeout};

use super::{
    pulse::{ALIVE_INTERVAL, Listening, Pulse},
    queue,
    wire::{self, WireError},
};
use crate::{
    frame::MAX_FRAME_BYTES,
    input::{Lane, NetEvent},
};

/// The number of the Control lane's keys.
pub const CONTROL_KEYS: u32 = 0;
/// The number of the Sync lane's keys.
pub const SYNC_KEYS: u32 = 1;
/// How long a frame may take to leave: a peer that reads nothing for longer is cut.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The most frames between two flushes.
const BURST: usize = 64;
/// The largest sealed frame: one byte of kind, the frame, the tag.
const MAX_SEALED_BYTES: usize = 1 + MAX_FRAME_BYTES + LANE_OVERHEAD_BYTES;

const KIND_FRAME: u8 = 0;
const KIND_HANDSHAKE: u8 = 1;
const KIND_SWITCH: u8 = 2;
const KIND_ALIVE: u8 = 3;

/// Why a lane, and with it its link, ended.
#[derive(Debug, Error)]
pub enum LaneError {
    /// The stream ended or broke, or a frame was too long.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A frame did not open, or a key is used up.
    #[error(transparent)]
    Seal(#[from] LinkError),
    /// The peer reads nothing.
    #[error("the other side takes nothing any more")]
    Stalled,
    /// A frame that opened makes no sense: the peer breaks the protocol.
    #[error("the other side broke the protocol")]
    Violation,
    /// The other parts of this node are gone.
    #[error("this node is shutting down")]
    Gone,
}

/// What a lane is asked to carry.
pub enum Outgoing {
    /// A frame of the engine.
    Frame(Vec<u8>),
    /// A message of the handshake that makes fresh keys.
    Handshake(Vec<u8>),
    /// Everything after this is sealed under another key.
    Switch(LaneSealer),
    /// Nothing, to show that we are there.
    Alive,
}

/// Sends what is queued until the queue or the stream ends.
///
/// # Errors
/// Why it ended.
pub async fn send<S: AsyncWrite + Unpin>(
    mut stream: S,
    mut sealer: LaneSealer,
    mut queue: queue::Receiver,
) -> Result<(), LaneError> {
    loop {
        let outgoing = match timeout(ALIVE_INTERVAL, queue.take()).await {
            Ok(outgoing) => outgoing.ok_or(LaneError::Gone)?,
            Err(_) => Outgoing::Alive,
        };
        send_one(&mut stream, &mut sealer, outgoing).await?;
        // Flush once per burst: frames that are ready together travel together.
        for _ in 0..BURST {
            let Some(outgoing) = queue.take_now() else { break };
            send_one(&mut stream, &mut sealer, outgoing).await?;
        }
        timeout(WRITE_TIMEOUT, stream.flush())
            .await
            .map_err(|_| LaneError::Stalled)?
            .map_err(WireError::from)?;
    }
}

async fn send_one<S: AsyncWrite + Unpin>(
    stream: &mut S,
    sealer: &mut LaneSealer,
    outgoing: Outgoing,
) -> Result<(), LaneError> {
    let (kind, mut plaintext, next) = match outgoing {
        Outgoing::Frame(frame) => (KIND_FRAME, frame, None),
        Outgoing::Handshake(message) => (KIND_HANDSHAKE, message, None),
        Outgoing::Switch(next) => (KIND_SWITCH, Vec::new(), Some(next)),
        Outgoing::Alive => (KIND_ALIVE, Vec::new(), None),
    };
    plaintext.push(kind);
    let sealed = sealer.seal(&plaintext)?;
    timeout(WRITE_TIMEOUT, wire::write(stream, &sealed))
        .await
        .map_err(|_| LaneError::Stalled)??;
    if let Some(next) = next {
        *sealer = next;
    }
    Ok(())
}

/// Where what a lane brings goes.
pub struct Inward {
    /// Whose lane.
    pub device: DeviceId,
    /// Which.
    pub lane: Lane,
    /// The engine. When it is slow the lane waits, and so, through the stream's own flow control, does the peer. All
    /// lanes wait in one fair queue, so a peer that floods gets one frame a turn like everybody else.
    pub events: mpsc::Sender<NetEvent>,
    /// The rekeying, for the Control lane; the Sync lane carries no handshake.
    pub handshake: Option<mpsc::Sender<Vec<u8>>>,
    /// Keys to switch to when the peer says so.
    pub openers: mpsc::Receiver<LaneOpener>,
    /// Hears that the other side is there.
    pub pulse: Pulse,
}

/// Receives until the stream ends or breaks the protocol.
///
/// # Errors
/// Why it ended.
pub async fn receive<S: AsyncRead + Unpin>(
    stream: S,
    mut opener: LaneOpener,
    mut inward: Inward,
) -> Result<(), LaneError> {
    let mut stream = Listening::new(stream, inward.pulse.clone());
    loop {
        let sealed = wire::read(&mut stream, MAX_SEALED_BYTES).await?;
        let mut plaintext = opener.open(&sealed)?;
        match plaintext.pop().ok_or(LaneError::Violation)? {
            KIND_FRAME => {
                let frame = NetEvent::Frame {
                    device: inward.device,
                    lane: inward.lane,
                    frame: plaintext,
                };
                let told = inward.pulse.not_listening(inward.events.send(frame)).await;
                told.map_err(|_| LaneError::Gone)?;
            }
            KIND_HANDSHAKE => {
                let handshake = inward.handshake.as_ref().ok_or(LaneError::Violation)?;
                // More messages than a handshake has: somebody wants to keep us busy.
                handshake.try_send(plaintext).map_err(|_| LaneError::Violation)?;
            }
            KIND_SWITCH if plaintext.is_empty() => {
                opener = inward.openers.recv().await.ok_or(LaneError::Gone)?;
            }
            KIND_ALIVE if plaintext.is_empty() => {}
            _ => return Err(LaneError::Violation),
        }
    }
}
