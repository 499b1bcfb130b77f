//! The link: a mutually authenticated, hybrid post-quantum session between two devices, secure on its own.
//!
//! libp2p below names the peer's device and encrypts already; the link does not lean on either. Four messages:
//!
//! | | direction | what |
//! |---|---|---|
//! | 1 | initiator to responder | an ephemeral X-Wing public key |
//! | 2 | responder to initiator | an X-Wing ciphertext |
//! | 3 | initiator to responder, encrypted | device list, payload, signature over the transcript |
//! | 4 | responder to initiator, encrypted | device list, payload, signature; or a refusal |
//!
//! The pattern is SIGMA-I: the initiator shows its account first, so a stranger learns nothing about whom it called
//! before that one decides. A refusal may show a device that its account has left out the list that says so. Each side
//! signs the transcript of both device ids and all that went before, with a label for its role. The keys of the
//! [lanes](LinkKeys::lane) hang on all four messages.
//!
//! Everything here is a value that consumes itself at each step: no I/O, no clock, and no way to use a state twice.
//! The caller dials, carries the four messages, renews the link every hour, and decides between
//! [`ResponderDeciding::accept`] and [`ResponderDeciding::refuse`].

mod handshake;
mod lane;
mod messages;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::account::DeviceList;
use crate::error::CryptoError;
use crate::id::{AccountId, DeviceId};
use crate::keys::DeviceKey;
use crate::signed::Signed;

pub use handshake::{Initiator, InitiatorWaiting, Responder, ResponderDeciding};
pub use lane::{LANE_OVERHEAD_BYTES, LaneOpener, LaneSealer, LinkKeys};
pub use messages::{
    HELLO_BYTES, MAX_LINK_PAYLOAD_BYTES, MAX_REVEAL_BYTES as MAX_LINK_MESSAGE_BYTES, RESPONSE_BYTES,
};

/// Why a link did not come about, or ended.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LinkError {
    /// A message or document did not hold: malformed, from a newer version, wrongly signed, or not decryptable.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// A device was asked to link to itself.
    #[error("A device cannot link to itself.")]
    Myself,
    /// The device is not in the list that its account signed.
    #[error("The device is not, or no longer, one of its account's devices.")]
    NotListed {
        /// The device that the transport names.
        device: DeviceId,
    },
    /// The other side decided against the link.
    #[error("The other side refused the link (reason {}).", .0.reason)]
    Refused(LinkRefusal),
    /// The same lane was asked for a second time; its nonces would repeat.
    #[error("Lane {lane} of this link is already in use.")]
    LaneTaken {
        /// The lane's number.
        lane: u32,
    },
    /// A lane used up its counter.
    #[error("This lane has carried all that its key may protect; a new link is needed.")]
    LaneExhausted,
}

/// What a responder says instead of showing itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRefusal {
    /// The reason, as the node numbers them.
    pub reason: u8,
    /// To a device that its account has left out: that account's newest signed list that the responder knows, as it
    /// travels. The initiator does not take it on trust: nothing here has verified it.
    #[serde(with = "serde_bytes")]
    pub device_list: Option<Vec<u8>>,
}

/// The two ends of a link: our device, and the device that the transport below authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkContext {
    own: DeviceId,
    peer: DeviceId,
}

impl LinkContext {
    /// Names the ends.
    ///
    /// # Errors
    /// [`LinkError::Myself`] if both are the same device.
    pub fn new(own: DeviceId, peer: DeviceId) -> Result<Self, LinkError> {
        if own == peer {
            Err(LinkError::Myself)
        } else {
            Ok(Self { own, peer })
        }
    }

    /// Our device.
    pub fn own(&self) -> DeviceId {
        self.own
    }

    /// The other device.
    pub fn peer(&self) -> DeviceId {
        self.peer
    }
}

/// What our side shows of itself: the key that signs, and the account's list that names its device.
#[derive(Clone, Copy, Debug)]
pub struct LinkIdentity<'a> {
    /// The key of our device, the `own` of the [`LinkContext`].
    pub device_key: &'a DeviceKey,
    /// Our account's current device list.
    pub device_list: &'a Signed<DeviceList>,
}

/// What the other side proved of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerIdentity {
    /// The account, the signer of `device_list`.
    pub account: AccountId,
    /// The device, listed there, that signed the transcript.
    pub device: DeviceId,
    /// The account's list as the peer knows it; the caller compares it with the one it holds.
    pub device_list: Signed<DeviceList>,
    /// What the peer sent along, at most [`MAX_LINK_PAYLOAD_BYTES`]: an invite's token, for instance.
    pub payload: Vec<u8>,
}

/// A link that stands: who is at the other end, and the keys.
#[derive(Debug)]
pub struct Established {
    /// The other side.
    pub peer: PeerIdentity,
    /// The keys of this link.
    pub keys: LinkKeys,
}
