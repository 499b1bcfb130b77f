//! Frames as an independent reader sees them: the same postcard layout written down a second time, so that a change of
//! the wire format that nobody meant shows here.

use kith_crypto::{
    AccountId, ConversationId, DepositToken, DeviceId, EntryId, EpochId, LogKind, MailboxId, MailboxKey,
    SenderName,
};
use serde::Deserialize;

/// An entry on its way.
#[derive(Deserialize)]
#[expect(dead_code, reason = "part of the layout")]
pub(super) struct Entry {
    header: Vec<u8>,
    body: Option<Vec<u8>>,
}

/// What a device says it holds of one log.
#[derive(Deserialize)]
pub(super) struct Log {
    pub author: DeviceId,
    pub kind: LogKind,
    pub base: u64,
    pub contiguous: u64,
    pub head: Option<EntryId>,
    pub beyond: Vec<(u64, u64)>,
}

/// Who somebody says they are.
#[derive(Deserialize)]
#[expect(dead_code, reason = "part of the layout")]
pub(super) struct Introduction {
    card: Vec<u8>,
    prekey: Vec<u8>,
    reach: [u8; 32],
    remind_us: [u8; 32],
    remember: [u8; 32],
    addresses: Vec<String>,
    clock_ms: u64,
    lists: Vec<Vec<u8>>,
    carriers: Vec<(DeviceId, Vec<String>, DepositToken)>,
}

/// What somebody carries for somebody: mailbox, key, bytes, days.
type Grant = (MailboxId, MailboxKey, u64, u32);

/// One thing said between two nodes.
#[derive(Deserialize)]
#[expect(dead_code, reason = "part of the layout")]
pub(super) enum Frame {
    Introduction(Introduction),
    Digests(bool, Vec<([u8; 16], [u8; 16])>),
    Frontier {
        conversation: ConversationId,
        logs: Vec<Log>,
    },
    Entries {
        conversation: ConversationId,
        batch: u32,
        entries: Vec<Entry>,
    },
    EntriesHeld {
        conversation: ConversationId,
        batch: u32,
    },
    Seal {
        conversation: ConversationId,
        rekey: Entry,
        sealed: Vec<u8>,
    },
    SealOpened {
        conversation: ConversationId,
        epoch: EpochId,
    },
    Receipt {
        conversation: ConversationId,
        held: Vec<(DeviceId, u64, EntryId)>,
        shown: Vec<(DeviceId, u64)>,
    },
    WantPicture {
        hash: [u8; 32],
    },
    Picture {
        png: Vec<u8>,
    },
    Carry(Option<Grant>),
    Mail {
        sealed: Vec<u8>,
    },
    MailTaken {
        id: [u8; 32],
    },
    Refused {
        senders: Vec<SenderName>,
    },
    Invitation(Invitation),
    Members(Vec<Member>),
    Full {
        conversation: ConversationId,
        account: AccountId,
    },
    Redeem {
        token: [u8; 16],
    },
    Redeemed {
        refusal: Option<u8>,
    },
    WantWords {
        conversation: ConversationId,
        wanted: Vec<(DeviceId, Vec<(u64, u64)>)>,
    },
    MailBehind {
        id: [u8; 32],
    },
    MailWanted {
        id: [u8; 32],
    },
    Unseen {
        conversation: ConversationId,
        logs: Vec<(DeviceId, Vec<(u64, u64)>)>,
    },
}

/// A group, by its first entries and its members.
#[derive(Deserialize)]
#[expect(dead_code, reason = "part of the layout")]
pub(super) struct Invitation {
    conversation: ConversationId,
    open: Entry,
    name: Entry,
    members: Vec<Member>,
}

/// What is told of somebody: account, name, lists, devices with prekey and addresses.
type Member = (
    AccountId,
    String,
    Vec<Vec<u8>>,
    Vec<(DeviceId, Vec<u8>, Vec<String>)>,
);

impl Frame {
    /// What a frame's bytes say; `None` if they are none of these.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        match postcard::take_from_bytes(bytes) {
            Ok((frame, [])) => Some(frame),
            _ => None,
        }
    }

    /// A word for the trace.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Introduction(_) => "introduction",
            Self::Digests(..) => "digests",
            Self::Frontier { .. } => "frontier",
            Self::Entries { .. } => "entries",
            Self::EntriesHeld { .. } => "entries held",
            Self::Seal { .. } => "seal",
            Self::SealOpened { .. } => "seal opened",
            Self::Receipt { .. } => "receipt",
            Self::WantPicture { .. } => "want picture",
            Self::Picture { .. } => "picture",
            Self::Carry(_) => "carry",
            Self::Mail { .. } => "mail",
            Self::MailTaken { .. } => "mail taken",
            Self::Refused { .. } => "refused",
            Self::Invitation(_) => "invitation",
            Self::Members(_) => "members",
            Self::Full { .. } => "full",
            Self::Redeem { .. } => "redeem",
            Self::Redeemed { .. } => "redeemed",
            Self::WantWords { .. } => "want words",
            Self::MailBehind { .. } => "mail behind",
            Self::MailWanted { .. } => "mail wanted",
            Self::Unseen { .. } => "unseen",
        }
    }
}
