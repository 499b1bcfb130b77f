//! What the engine keeps: one type a record, one place that knows under which key it lies.
//!
//! Values are postcard. A record's type only ever grows at its end through a migration (`store::migrate`), never by
//! reordering. Features read and write records through [`crate::turn::Turn`]; none of them builds a key.

mod aside;
mod completing;
mod contact;
mod conversation;
mod deletion;
mod epoch;
mod erasure;
mod group;
mod invite;
mod lacking;
mod later;
mod ledger;
mod log;
mod mail;
mod profile;
mod unseen;

pub(crate) use aside::{SaidAgain, SetAside, Unsettled};
pub(crate) use completing::complete;
pub(crate) use contact::{Blocked, Contact, Owned, PeerDevice, Refused, SignedList, Standing};
pub(crate) use conversation::{Conversation, Draft, OrderRow, Parties, Receipts, Row, take_drafts_out};
pub(crate) use deletion::{
    ChatTimer, Cleared, Clearing, Deadline, Doomed, Expiring, HiddenChat, PendingDeletion, PendingTimer,
    RetractedTimer, Silent, TimerSetting, Tombstone,
};
pub(crate) use epoch::{EpochRecord, OwnPrekey, PendingSeal, SenderChain, TagIndex};
pub(crate) use erasure::{Fading, FadingHour, KeyCounter, Retired, Segment, Stale};
pub(crate) use group::{Fellowship, Group, Left};
pub(crate) use invite::{Ending, InviteRecord};
pub(crate) use lacking::Lacking;
pub(crate) use later::LaterEntry;
pub(crate) use ledger::{Milestone, Stage, Verified};
pub(crate) use log::{ControlIndex, EntryRecord, Evidence, LogRecord, Ranges, content_log, control_log};
pub(crate) use mail::{
    Carrier, CarrierCard, CarryingSettings, ContactCarriers, Grant, HeldContent, HeldItem, Mailbox, Mailed,
    RefusedSenders, SenderRule, Told, WithCarrier, decide_carriers,
};
pub(crate) use profile::{
    CalendarDay, Clock, DamageNotice, KnownTime, Mended, Picture, Profile, Reach, UpkeepDay,
};
pub(crate) use unseen::Unseen;

use serde::{Serialize, de::DeserializeOwned};

use crate::store::{Keep, Key};

/// Something the store keeps whole under one key.
pub(crate) trait Record: Serialize + DeserializeOwned {
    /// Where this value lies.
    fn key(&self) -> Key;

    /// How long it must stay readable; `today` is the number of the current day.
    fn keep(&self, _today: u32) -> Keep {
        Keep::Always
    }
}
