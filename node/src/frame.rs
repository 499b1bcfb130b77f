//! What two linked devices say to each other.
//!
//! A frame is one postcard value, sealed by the link's lane. A frame that does not decode is counted against its
//! sender; new kinds are only ever added at the end, and a peer that is sent one it does not know skips it.

use kith_crypto::{
    AccountId, ConversationId, DeviceId, EntryId, EpochId, Holding, InviteToken, LinkRefusal, LogKind,
    SenderName,
};
use serde::{Deserialize, Serialize};

use crate::records::{CarrierCard, Grant};
use crate::redacted::shows_only;

/// The largest frame, in bytes before sealing.
pub const MAX_FRAME_BYTES: usize = 1024 * 1024;

/// The most addresses that an introduction may carry.
pub const MAX_ADDRESSES: usize = 16;

/// Why a link is refused, as a number in the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Refusal {
    /// We do not know this account and it brought no invite token.
    Stranger = 1,
    /// The invite was used by somebody else.
    InviteUsed = 2,
    /// The invite's time is over.
    InviteExpired = 3,
    /// The invite was taken back.
    InviteRevoked = 4,
    /// The invite is not one of ours.
    InviteUnknown = 5,
    /// The device is not in the newest list that its account signed; that list goes with this reason.
    DeviceRevoked = 6,
    /// Something failed on this side; trying again later is right.
    TryLater = 7,
}

impl Refusal {
    /// The refusal with this number, if this version knows it.
    pub fn from_number(number: u8) -> Option<Self> {
        [
            Self::Stranger,
            Self::InviteUsed,
            Self::InviteExpired,
            Self::InviteRevoked,
            Self::InviteUnknown,
            Self::DeviceRevoked,
            Self::TryLater,
        ]
        .into_iter()
        .find(|refusal| *refusal as u8 == number)
    }
}

impl From<Refusal> for LinkRefusal {
    /// The refusal without a device list.
    fn from(refusal: Refusal) -> Self {
        Self {
            reason: refusal as u8,
            device_list: None,
        }
    }
}

/// What the dialling side sends with its reveal in the handshake.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reveal {
    /// The token of an invite, when that is why we come.
    pub token: Option<[u8; 16]>,
    /// What the one who is dialled gave us to remind it by: it may have come back from its words and know nobody.
    pub remember: Option<[u8; 32]>,
}

shows_only!(Reveal {});

/// An entry as it travels: the bytes that were signed, never a second encoding.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WireEntry {
    /// Signature and header.
    #[serde(with = "serde_bytes")]
    pub header: Vec<u8>,
    /// The encoded body, unless it was erased.
    #[serde(with = "serde_bytes")]
    pub body: Option<Vec<u8>>,
}

shows_only!(WireEntry {});

/// What a device holds of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogFrontier {
    pub author: DeviceId,
    pub kind: LogKind,
    /// Nothing earlier is owed.
    pub base: u64,
    /// Everything from `base` to here is held.
    pub contiguous: u64,
    /// The entry at `contiguous`, so that a fork shows; none when nothing is held.
    pub head: Option<EntryId>,
    /// What is held beyond.
    pub beyond: Vec<(u64, u64)>,
}

/// Says who somebody is to a contact, once a link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Introduction {
    /// The signed card.
    #[serde(with = "serde_bytes")]
    pub card: Vec<u8>,
    /// The signed prekey.
    #[serde(with = "serde_bytes")]
    pub prekey: Vec<u8>,
    /// From which the address records of this account are found.
    pub reach: [u8; 32],
    /// What the other can remind this account by when it has come back from its words; zeros to whoever is no contact.
    pub remind_us: [u8; 32],
    /// What this account was given to remind the other by; zeros if nothing.
    pub remember: [u8; 32],
    /// Where this device can be dialled.
    pub addresses: Vec<String>,
    /// This device's clock, unix milliseconds.
    pub clock_ms: u64,
    /// Every device list of both accounts that this device has seen: they prove whose old devices were, and remind
    /// a restored device of its contacts.
    pub lists: Vec<Vec<u8>>,
    /// Where mail for this account can be left while none of its devices can be reached.
    pub carriers: Vec<CarrierCard>,
}

shows_only!(Introduction { addresses, clock_ms });

/// What a member of a group tells another of a third one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberCard {
    pub account: AccountId,
    /// What they are called, as the teller knows; their own card counts more.
    pub name: String,
    /// Device lists that they signed, the newest last.
    pub lists: Vec<Vec<u8>>,
    /// How to seal to their devices, and where those were reached last.
    pub devices: Vec<DeviceCard>,
}

/// What is known of a device of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeviceCard {
    pub device: DeviceId,
    /// Its newest signed prekey; empty if none is known.
    #[serde(with = "serde_bytes")]
    pub prekey: Vec<u8>,
    pub addresses: Vec<String>,
}

/// A group, and all that it takes to join it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invitation {
    pub conversation: ConversationId,
    /// The entry with which its founder began it.
    pub open: WireEntry,
    /// The entry after it, which names it.
    pub name: WireEntry,
    /// Its members.
    pub members: Vec<MemberCard>,
}

/// Numbers of content logs, by author.
pub(crate) type OfLogs = Vec<(DeviceId, Vec<(u64, u64)>)>;

/// Whether two devices hold the same of one conversation, told to nobody who does not hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digest {
    /// Names the conversation under the link's binding.
    pub tag: [u8; 16],
    /// Sums up the frontier under the link's binding.
    pub sum: [u8; 16],
}

/// One thing said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Frame {
    /// Who we are.
    Introduction(Box<Introduction>),
    /// What we hold, in brief.
    Digests {
        /// True if there is one of every conversation that the sender shares with the receiver as far as it knows: what
        /// is missing it does not know.
        all: bool,
        digests: Vec<Digest>,
    },
    /// What we hold of one conversation.
    Frontier {
        conversation: ConversationId,
        logs: Vec<LogFrontier>,
    },
    /// Entries that were missing; answered by `EntriesHeld`, which is the backpressure.
    Entries {
        conversation: ConversationId,
        batch: u32,
        entries: Vec<WireEntry>,
    },
    /// A batch of entries is durable here.
    EntriesHeld {
        conversation: ConversationId,
        batch: u32,
    },
    /// An epoch's secret sealed to the receiving device, with the `Rekey` entry that announces it.
    Seal {
        conversation: ConversationId,
        rekey: WireEntry,
        #[serde(with = "serde_bytes")]
        sealed: Vec<u8>,
    },
    /// The epoch's keys are durable here.
    SealOpened {
        conversation: ConversationId,
        epoch: EpochId,
    },
    /// What is durable here of each content log, and what was shown of it: author device to sequence number.
    Receipt {
        conversation: ConversationId,
        held: Vec<Holding>,
        shown: Vec<(DeviceId, u64)>,
    },
    /// The picture with this hash, please.
    WantPicture { hash: [u8; 32] },
    /// A picture that was asked for.
    Picture { png: Vec<u8> },
    /// What the sender carries for the receiver; `None` for nothing.
    Carry(Option<Grant>),
    /// An item that was carried for the receiving device.
    Mail {
        #[serde(with = "serde_bytes")]
        sealed: Vec<u8>,
    },
    /// The item with this BLAKE3 is durable here, or of no use: it can be erased.
    MailTaken { id: [u8; 32] },
    /// Who may leave nothing more in the mailbox that the receiver keeps for the sender.
    Refused { senders: Vec<SenderName> },
    /// A group that the receiver belongs to and does not know.
    Invitation(Box<Invitation>),
    /// Other members of groups that the sender and the receiver belong to.
    Members(Vec<MemberCard>),
    /// The sender takes no logs of further devices of an account in a conversation.
    Full {
        conversation: ConversationId,
        account: AccountId,
    },
    /// The token of an invite that the receiving device made, from somebody with whom it shares a group.
    Redeem { token: InviteToken },
    /// That invite is honoured, or for which reason it is not (see [`Refusal`]).
    Redeemed { refusal: Option<u8> },
    /// Entries of a group that the sender holds without their words, by author: the receiver may have these.
    WantWords {
        conversation: ConversationId,
        wanted: OfLogs,
    },
    /// The item with this BLAKE3 cannot be taken before something else has come: it is to be kept.
    MailBehind { id: [u8; 32] },
    /// That has come: the item can be taken, and is to be handed over again.
    MailWanted { id: [u8; 32] },
    /// What the sender's person deleted without having seen it, by author: exceptions to what it says was shown.
    Unseen {
        conversation: ConversationId,
        logs: OfLogs,
    },
}

/// How many kinds of [`Frame`] this build knows.
const FRAME_KINDS: u32 = 23;

/// A frame that does not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The frame is malformed.")]
pub(crate) struct MalformedFrame;

impl Frame {
    /// What it takes of its sender's allowance: about how much work it asks for that can be asked for without end. What
    /// brings news is free; of `Entries` and the rest it is told only when they are handled.
    pub fn cost(&self) -> u32 {
        match self {
            Self::Introduction(_)
            | Self::Picture { .. }
            | Self::Invitation(_)
            | Self::Members(_)
            | Self::Redeem { .. } => 16,
            Self::WantPicture { .. } | Self::Carry(_) | Self::Refused { .. } => 4,
            Self::Digests { .. }
            | Self::Frontier { .. }
            | Self::Seal { .. }
            | Self::SealOpened { .. }
            | Self::Full { .. }
            | Self::Redeemed { .. }
            | Self::MailWanted { .. } => 1,
            Self::Entries { .. }
            | Self::EntriesHeld { .. }
            | Self::WantWords { .. }
            | Self::Receipt { .. }
            | Self::Unseen { .. }
            | Self::Mail { .. }
            | Self::MailTaken { .. }
            | Self::MailBehind { .. } => 0,
        }
    }

    /// Whether somebody whom we know from groups only may say it.
    pub fn is_for_members(&self) -> bool {
        !matches!(
            self,
            Self::Carry(_)
                | Self::Mail { .. }
                | Self::MailTaken { .. }
                | Self::MailBehind { .. }
                | Self::MailWanted { .. }
                | Self::Refused { .. }
        )
    }

    pub fn encode(&self) -> Result<Vec<u8>, MalformedFrame> {
        postcard::to_allocvec(self).map_err(|_| MalformedFrame)
    }

    /// The frame; `None` for a kind that only a newer Kith knows.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, MalformedFrame> {
        // postcard begins with the number of the variant.
        match postcard::take_from_bytes::<u32>(bytes) {
            Ok((kind, _)) if kind >= FRAME_KINDS => return Ok(None),
            _ => {}
        }
        match postcard::take_from_bytes(bytes) {
            Ok((frame, [])) => Ok(Some(frame)),
            _ => Err(MalformedFrame),
        }
    }
}

#[cfg(test)]
mod vectors;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known_and_the_next_one_is_the_future() {
        let newest = Frame::Unseen {
            conversation: ConversationId::from_bytes([1; 32]),
            logs: Vec::new(),
        };
        let encoded = newest.encode().unwrap();
        assert_eq!(
            u32::from(encoded[0]) + 1,
            FRAME_KINDS,
            "a new kind raises the number"
        );
        assert_eq!(Frame::decode(&encoded), Ok(Some(newest)));
        assert_eq!(Frame::decode(&[23, 1, 2, 3]), Ok(None));
        assert_eq!(Frame::decode(&[9]), Err(MalformedFrame));
        assert_eq!(Frame::decode(&[]), Err(MalformedFrame));
    }
}
