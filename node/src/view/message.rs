//! A row of a conversation: what it says, how far it has come, and to whom.

use kith_crypto::{AccountId, ConversationId, DeviceId, EntryId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::position::Position;

/// How far a message of ours has come. Each state is a fact that was witnessed; a tick is never ahead of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Accepted; not yet durable on this machine.
    Pending,
    /// Durable on this machine.
    Saved,
    /// A carrier acknowledged that it holds it, sealed, for a recipient device that is away; in a group for every member
    /// that has it not.
    Held,
    /// A recipient device acknowledged it as durable there; in a group one of every member.
    Delivered,
    /// The recipient's person was shown it; in a group everybody was.
    Read,
}

/// What a row of a conversation shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum BodyView {
    /// What somebody wrote.
    Text {
        /// UTF-8 as typed, at most 64 KiB.
        text: String,
    },
    /// The contact writes from a device that was not known before.
    NewDevice {
        /// The new device.
        device: DeviceId,
    },
    /// The contact writes from a device no longer: it was replaced, lost or revoked. Nothing new is taken from it.
    DeviceGone {
        /// The device that is gone.
        device: DeviceId,
    },
    /// The two became contacts.
    ContactAdded,
    /// Made by a newer Kith; it is kept and will show after an update.
    Unsupported,
    /// One of this person's devices signed two different entries under one number: its log is frozen.
    Equivocation {
        /// The device whose log is frozen.
        device: DeviceId,
    },
    /// A message that was deleted for everyone.
    Deleted,
    /// A row that is about to be deleted: not to be shown any more, but for a way to undo that.
    Deleting {
        /// What `undo_delete` calls it.
        deletion: String,
        /// When it is final, unix milliseconds.
        until_ms: u64,
    },
    /// Its author set after how long messages disappear.
    Timer {
        /// Seconds; 0 is never.
        seconds: u32,
    },
    /// Its author began the group.
    Founded,
    /// Its author left the group.
    Left,
}

/// One row of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageView {
    /// Which entry.
    pub id: EntryId,
    /// Where it lives.
    pub conversation: ConversationId,
    /// Its place in the order.
    pub position: Position,
    /// Whose it is.
    pub author: AccountId,
    /// True for entries of this account.
    pub mine: bool,
    /// When its author wrote it, unix milliseconds; never later than now as shown.
    pub at_ms: u64,
    /// What it says.
    pub body: BodyView,
    /// How far it has come; `None` for entries of others and for notices.
    pub state: Option<DeliveryState>,
    /// When it disappears from this device, unix milliseconds.
    pub expires_at_ms: Option<u64>,
}

/// One device's part in the ledger of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceDeliveryView {
    /// Whose device: a recipient.
    pub account: AccountId,
    /// Which of their devices.
    pub device: DeviceId,
    /// Whether it is one of theirs today; a device that is gone is named if it had the message.
    pub is_current: bool,
    /// How far the message has come there; `saved` means that it has not been handed over.
    pub state: DeliveryState,
    /// When we learnt that it is durable there, unix milliseconds.
    pub delivered_at_ms: Option<u64>,
    /// When we learnt that it was shown there, unix milliseconds.
    pub read_at_ms: Option<u64>,
    /// Until when a carrier holds it for this device, unix milliseconds; it may have been collected meanwhile.
    pub held_until_ms: Option<u64>,
}

/// How far a message of ours has come, device by device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerView {
    /// Which message.
    pub id: EntryId,
    /// How far it has come to everyone: what its tick shows.
    pub state: DeliveryState,
    /// When it was written, unix milliseconds.
    pub written_at_ms: u64,
    /// The recipients' devices.
    pub devices: Vec<DeviceDeliveryView>,
}

/// A page of a conversation, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    /// The rows, in order.
    pub messages: Vec<MessageView>,
    /// Whether older rows exist before the first one.
    pub more_before: bool,
    /// Whether newer rows exist after the last one.
    pub more_after: bool,
    /// The first row that was unread when the page was made, if any exists in the conversation.
    pub first_unread: Option<Position>,
}
