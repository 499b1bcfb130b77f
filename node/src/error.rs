//! What a command can answer when it cannot be done: each failure once, with a code for scripts and a sentence
//! for people that says what happened, what is safe and what to do next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::view::{DeliveryState, InviteRefusal};

/// Why a command was not done. Nothing was changed by a command that answers with one of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "error")]
pub enum CommandError {
    /// The text is empty or white space only.
    #[error("There is nothing to send: the message is empty.")]
    EmptyText,
    /// The text is over its limit.
    #[error(
        "The text is {size_bytes} bytes long; at most {max_bytes} can be kept. Nothing was sent: shorten it or send it in parts."
    )]
    TextTooLong {
        /// As given.
        size_bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// The name or status cannot be used.
    #[error("This name or status cannot be used: {reason} The old one stays.")]
    BadProfileText {
        /// A sentence.
        reason: String,
    },
    /// The name of a group cannot be used.
    #[error("This name cannot be used for a group: {reason} Nothing was changed.")]
    BadGroupName {
        /// A sentence.
        reason: String,
    },
    /// Somebody is named twice in a group.
    #[error("Somebody is named twice. A group has each person once, and you belong to yours anyway.")]
    NamedTwice,
    /// The picture cannot be used.
    #[error("This picture cannot be used: {reason} The old one stays.")]
    BadPicture {
        /// A sentence.
        reason: String,
    },
    /// There is no such conversation.
    #[error("There is no such conversation on this device.")]
    UnknownConversation,
    /// There is no such message.
    #[error("There is no such message on this device.")]
    UnknownMessage,
    /// Only what was sent from here has a ledger.
    #[error("Only messages of your own have a delivery record.")]
    NotOwnMessage,
    /// Somebody else's message.
    #[error(
        "Only your own messages can be taken back or deleted for everyone. You can delete this one on this device."
    )]
    NotYours,
    /// Somebody holds the message already.
    #[error("{}", too_late(holder, *state))]
    TooLateToCancel {
        /// The name of its recipient.
        holder: String,
        /// How far it has come: `held` by a carrier, `delivered` or `read`.
        state: DeliveryState,
    },
    /// The deletion is final, or was undone.
    #[error("This deletion cannot be undone any more: its ten seconds are over, or it was undone already.")]
    UnknownDeletion,
    /// A person, or a script, deletes or changes timers too often.
    #[error(
        "Nothing was changed: too much was deleted, or set to disappear, within a minute (30 times at most). Wait {wait_s} s and try again; up to 100 messages can be deleted at once."
    )]
    TooOften {
        /// Seconds until it works again.
        wait_s: u64,
    },
    /// There is no such contact.
    #[error("There is no such contact on this device.")]
    UnknownContact,
    /// There is no such invite.
    #[error("There is no such invite on this device.")]
    UnknownInvite,
    /// There is no such picture here.
    #[error("This picture is not on this device yet.")]
    UnknownPicture,
    /// What was pasted is no invite link.
    #[error("This is not a Kith invite link. Ask your contact to copy it again; it begins with kith:")]
    NotAnInvite,
    /// The link was cut or changed on the way.
    #[error(
        "This invite link is damaged: a part of it is missing or changed. Ask your contact to copy it again."
    )]
    DamagedInvite,
    /// The link was made by a newer Kith.
    #[error("This invite link was made by a newer Kith. Update Kith, then open it again.")]
    FutureInvite,
    /// The link is our own.
    #[error("This is your own invite link. Send it to the person you want to talk to.")]
    OwnInvite,
    /// The link cannot be used any more.
    #[error("This invite link can no longer be used ({refusal:?}). Ask your contact for a new one.")]
    InviteRefused {
        /// Why.
        refusal: InviteRefusal,
    },
    /// We know this person already.
    #[error("You are already in contact with this person.")]
    AlreadyContact,
    /// Only a waiting or refused contact can be taken back.
    #[error("This contact was accepted by both sides and cannot be taken back this way.")]
    ContactAccepted,
    /// What was scanned is no safety code.
    #[error("This is not a Kith safety code. Scan the one that your contact's app shows beside the number.")]
    NotASafetyCode,
    /// What was entered is no address of a bootstrap node.
    #[error(
        "{address} is no address of a bootstrap node. Nothing was changed. Such an address begins like /ip4/203.0.113.7/tcp/5484/p2p/12D3… or /dns4/…"
    )]
    NotABootstrap {
        /// As given.
        address: String,
    },
    /// The conversation cannot be written to yet.
    #[error("You can write as soon as your contact has been reached for the first time. Your draft is kept.")]
    ContactWaiting,
    /// Our person blocked this contact.
    #[error(
        "You have blocked this person: nothing is sent to them and nothing of theirs is taken. Unblock them first."
    )]
    ContactBlocked,
    /// Our person left the group.
    #[error("You have left this group: nothing can be written here any more. What is here stays to be read.")]
    LeftGroup,
    /// The folder was put back from an old copy.
    #[error(
        "This profile is an old copy: a contact has newer messages of yours, or knows another device in the place of this one. Nothing that you wrote here is lost: it is sent, and writing goes on, under a new device key after Kith has been restarted."
    )]
    OutdatedCopy,
    /// A number is out of its range.
    #[error("{what} must be between {min} and {max}.")]
    OutOfRange {
        /// Which parameter.
        what: String,
        /// Smallest allowed.
        min: u64,
        /// Largest allowed.
        max: u64,
    },
    /// The disk is full.
    #[error(
        "The disk is full, so nothing new can be kept. Everything kept so far is safe. Free some space and try again."
    )]
    DiskFull,
    /// The store failed.
    #[error(
        "The store could not be read or written ({reason}). Nothing that was acknowledged is lost. Restart Kith; if it happens again, check the disk."
    )]
    Storage {
        /// For a bug report.
        reason: String,
    },
    /// A part of the program failed and was contained.
    #[error(
        "Something inside Kith failed and was contained at {place}. What was acknowledged is safe. Please report it."
    )]
    Internal {
        /// For a bug report.
        place: String,
    },
    /// The node is closing or closed.
    #[error("Kith is closing.")]
    Closed,
}

impl CommandError {
    /// The JSON-RPC error code; stable, listed in docs/rpc.md.
    pub fn code(&self) -> i32 {
        match self {
            Self::EmptyText => 1001,
            Self::TextTooLong { .. } => 1002,
            Self::BadProfileText { .. } => 1003,
            Self::BadPicture { .. } => 1004,
            Self::BadGroupName { .. } => 1005,
            Self::NamedTwice => 1006,
            Self::UnknownConversation => 1101,
            Self::UnknownContact => 1102,
            Self::UnknownInvite => 1103,
            Self::UnknownPicture => 1104,
            Self::UnknownMessage => 1105,
            Self::NotOwnMessage => 1106,
            Self::UnknownDeletion => 1107,
            Self::NotYours => 1108,
            Self::TooLateToCancel { .. } => 1109,
            Self::TooOften { .. } => 1302,
            Self::NotAnInvite => 1201,
            Self::DamagedInvite => 1202,
            Self::FutureInvite => 1203,
            Self::OwnInvite => 1204,
            Self::InviteRefused { .. } => 1205,
            Self::AlreadyContact => 1206,
            Self::ContactAccepted => 1207,
            Self::ContactWaiting => 1208,
            Self::OutdatedCopy => 1209,
            Self::NotASafetyCode => 1210,
            Self::ContactBlocked => 1211,
            Self::NotABootstrap { .. } => 1212,
            Self::LeftGroup => 1213,
            Self::OutOfRange { .. } => 1301,
            Self::DiskFull => 1401,
            Self::Storage { .. } => 1402,
            Self::Internal { .. } => 1501,
            Self::Closed => 1502,
        }
    }
}

/// Who holds a message that was to be taken back, and what can be done instead.
fn too_late(holder: &str, state: DeliveryState) -> String {
    let who = match state {
        DeliveryState::Read => format!("{holder} has read it"),
        DeliveryState::Delivered => format!("it is on a device of {holder}"),
        _ => format!("a carrier holds it for {holder}"),
    };
    format!("This message cannot be taken back any more: {who}. Delete it for everyone instead.")
}
