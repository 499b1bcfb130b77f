//! The link's handshake over a stream: four messages, each bounded in size, all of them in bounded time.
//!
//! The state machines are `kith_crypto`'s and know no stream; here each step is carried. The same code serves the first
//! handshake, on a stream of its own, and the hourly one, inside the Control lane.

use std::{future::Future, time::Duration};

use kith_crypto::{
    DeviceId, DeviceKey, DeviceList, Signed,
    link::{
        Established, Initiator, LinkContext, LinkError, LinkIdentity, LinkRefusal, MAX_LINK_MESSAGE_BYTES,
        PeerIdentity, Responder,
    },
};
use libp2p::{
    Stream,
    futures::{AsyncReadExt as _, AsyncWriteExt as _},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use thiserror::Error;

use super::{
    super::streams::OpenError,
    wire::{self, WireError},
};

/// How long the four messages may take, the responder's decision included.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The same on a connection that stood already when it was chosen: it may be dead without anybody having noticed, and a
/// fresh one is made sooner than that is certain.
pub const STANDING_TIMEOUT: Duration = Duration::from_secs(4);
/// How long the engine may think about a stranger.
pub const DECISION_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a refusal may take to be collected.
const PARTING_TIMEOUT: Duration = Duration::from_secs(1);

/// In whose name links are made.
pub struct OwnIdentity {
    key: DeviceKey,
    list: Signed<DeviceList>,
}

impl OwnIdentity {
    /// This device, under its account's signed list.
    #[must_use]
    pub fn new(key: DeviceKey, list: Signed<DeviceList>) -> Self {
        Self { key, list }
    }

    fn shown(&self) -> LinkIdentity<'_> {
        LinkIdentity {
            device_key: &self.key,
            device_list: &self.list,
        }
    }

    fn towards(&self, peer: DeviceId) -> Result<LinkContext, LinkError> {
        LinkContext::new(self.key.id(), peer)
    }
}

/// Why a handshake did not end in a link.
#[derive(Debug, Error)]
pub enum HandshakeError {
    /// No stream could be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The stream broke or carried something else.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A message did not hold, or the other side refused.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// It took too long.
    #[error("the other side did not answer in time")]
    TimedOut,
    /// The engine refused or did not decide.
    #[error("this side did not accept the link")]
    NotAccepted,
    /// The lane that carries the messages is gone.
    #[error("the link ended")]
    Gone,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
    /// The handshake's task failed.
    #[error("the handshake failed inside this program")]
    Panicked,
}

/// What carries handshake messages.
pub trait Carrier: Send {
    /// Carries a message to the other side.
    fn send(&mut self, message: Vec<u8>) -> impl Future<Output = Result<(), HandshakeError>> + Send;
    /// The next message of the other side.
    fn receive(&mut self) -> impl Future<Output = Result<Vec<u8>, HandshakeError>> + Send;
}

impl Carrier for Stream {
    async fn send(&mut self, message: Vec<u8>) -> Result<(), HandshakeError> {
        wire::write(self, &message).await?;
        self.flush().await.map_err(WireError::from)?;
        Ok(())
    }

    async fn receive(&mut self) -> Result<Vec<u8>, HandshakeError> {
        Ok(wire::read(self, MAX_LINK_MESSAGE_BYTES).await?)
    }
}

/// A fresh random source from the system.
///
/// # Errors
/// [`HandshakeError::NoRandomness`] if it gives none.
fn random() -> Result<ChaCha20Rng, HandshakeError> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|_| HandshakeError::NoRandomness)?;
    Ok(ChaCha20Rng::from_seed(*seed))
}

/// The dialling side.
///
/// # Errors
/// [`LinkError::Refused`] inside [`HandshakeError::Link`] if the other side refused; anything else that broke.
pub async fn initiate<C: Carrier>(
    carrier: &mut C,
    peer: DeviceId,
    identity: &OwnIdentity,
    payload: &[u8],
) -> Result<Established, HandshakeError> {
    let (initiator, hello) = Initiator::start(identity.towards(peer)?, &mut random()?);
    carrier.send(hello).await?;
    let response = carrier.receive().await?;
    let (waiting, reveal) = initiator.receive_response(&response, &identity.shown(), payload)?;
    carrier.send(reveal).await?;
    let confirmation = carrier.receive().await?;
    Ok(waiting.receive_confirmation(&confirmation)?)
}

/// The side that was dialled. `decide` is asked once the other side has proven who it is: `None` accepts.
///
/// # Errors
/// [`HandshakeError::NotAccepted`] if we refused; anything else that broke.
pub async fn respond<C, D, F>(
    carrier: &mut C,
    peer: DeviceId,
    identity: &OwnIdentity,
    decide: D,
) -> Result<Established, HandshakeError>
where
    C: Carrier,
    D: FnOnce(PeerIdentity) -> F + Send,
    F: Future<Output = Option<Refusal>> + Send,
{
    let hello = carrier.receive().await?;
    let (responder, response) = Responder::receive_hello(identity.towards(peer)?, &hello, &mut random()?)?;
    carrier.send(response).await?;
    let reveal = carrier.receive().await?;
    let (deciding, caller) = responder.receive_reveal(&reveal)?;
    match decide(caller).await {
        None => {
            let (established, confirmation) = deciding.accept(&identity.shown(), &[])?;
            carrier.send(confirmation).await?;
            Ok(established)
        }
        Some(Refusal::Reason(refusal)) => {
            carrier.send(deciding.refuse(refusal)?).await?;
            Err(HandshakeError::NotAccepted)
        }
        Some(Refusal::Silent) => Err(HandshakeError::NotAccepted),
    }
}

/// How a link is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// With a reason for the other side.
    Reason(LinkRefusal),
    /// Without a word: nobody decided.
    Silent,
}

/// Lets the other side read our last message before the stream goes: a dropped stream may take unread bytes with it.
pub async fn part(mut stream: Stream) {
    let parting = async {
        stream.close().await?;
        stream.read(&mut [0; 1]).await
    };
    // Whatever comes of it, the stream ends here.
    let _ = tokio::time::timeout(PARTING_TIMEOUT, parting).await;
}
