//! What a screen or a script sees: plain values, complete in themselves, never a handle into the engine.
//!
//! The desktop app paints these and JSON-RPC prints them. Times are unix milliseconds in UTC unless a name says
//! otherwise.

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

/// For whom something is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeleteFor {
    /// On this device.
    Me,
    /// Here, and on the devices of the other person, which are asked to.
    Everyone,
}

/// A deletion that can still be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeletionView {
    /// What `undo_delete` calls it.
    pub id: String,
    /// Where.
    pub conversation: ConversationId,
    /// Which messages; none if the whole conversation is deleted.
    pub positions: Vec<Position>,
    /// When it is final, unix milliseconds.
    pub until_ms: u64,
    /// Of a whole conversation: how many messages of ours no device of theirs holds yet, which would be cancelled.
    pub undelivered: u32,
}

/// What hides something, until it is final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeletingView {
    /// What `undo_delete` calls it.
    pub deletion: String,
    /// When it is final, unix milliseconds.
    pub until_ms: u64,
}

/// After how long messages of a conversation disappear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimerView {
    /// Seconds; 0 is never.
    pub seconds: u32,
    /// What it was set to here, as long as that can be set otherwise.
    pub change: Option<TimerChangeView>,
}

/// A change of a conversation's timer that nobody was told of yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimerChangeView {
    /// Seconds; 0 is never.
    pub seconds: u32,
    /// From when on it counts, unix milliseconds.
    pub from_ms: u64,
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

/// An item that is held for somebody: its size and its time, never its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldItemView {
    /// Its size, bytes.
    pub bytes: u64,
    /// Since when it is held, unix milliseconds.
    pub held_at_ms: u64,
    /// When it is dropped, unix milliseconds.
    pub until_ms: u64,
}

/// What we carry for one contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailboxView {
    /// For whom.
    pub account: AccountId,
    /// All of it, bytes.
    pub bytes: u64,
    /// Each item, the first to be dropped first.
    pub items: Vec<HeldItemView>,
}

/// Somebody who offers to carry for us, or whom we let.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CarrierView {
    /// Who.
    pub account: AccountId,
    /// Whether they offer it.
    pub offered: bool,
    /// Whether we let them: our other contacts are told then.
    pub used: bool,
    /// Whether our person has chosen, either way: who has is not asked again.
    pub decided: bool,
    /// The most they hold for us, bytes.
    pub max_bytes: Option<u64>,
    /// How long they hold an item, days.
    pub days: Option<u32>,
}

/// What is carried, for whom and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CarryingView {
    /// The most that is held for others together, MB; 0 is off.
    pub max_mb: u64,
    /// How long an item is held, days.
    pub days: u32,
    /// What is held for others together, bytes.
    pub held_bytes: u64,
    /// For whom we carry.
    pub mailboxes: Vec<MailboxView>,
    /// Who carries for us, or offers to.
    pub carriers: Vec<CarrierView>,
    /// The contacts for whom somebody carries: what we write to them while they are away can wait there.
    pub reachable_through: Vec<AccountId>,
    /// The contacts who may leave no mail for us.
    pub refused: Vec<AccountId>,
}

/// What two people compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SafetyView {
    /// With whom.
    pub account: AccountId,
    /// Twelve groups of five digits, the same on both sides.
    pub groups: Vec<String>,
    /// What the QR code holds, base64 (RFC 4648 with padding).
    pub code: String,
    /// When the numbers were found to be the same, unix milliseconds; `None` if they were not compared.
    pub verified_at_ms: Option<u64>,
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

/// Whose a conversation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PartiesView {
    /// Two people's.
    Direct {
        /// The other person.
        contact: Box<ContactView>,
    },
    /// That of three to eight people.
    Group {
        /// What it is called.
        name: String,
        /// Everyone for whom it began, ourselves included, by name; those who have left come last.
        members: Vec<MemberView>,
        /// Whether we have left it: nothing can be written there any more.
        left: bool,
    },
}

/// Somebody who belongs to a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberView {
    /// Who.
    pub account: AccountId,
    /// Their chosen name, or what the member who told us of them calls them.
    pub name: String,
    /// Four characters of their key, shown beside the name where names collide.
    pub fingerprint: String,
    /// BLAKE3 of their picture, if they have one and it is here; fetch it with `get_picture`.
    pub picture: Option<String>,
    /// Whether they are a contact of ours, so that there is a direct conversation with them.
    pub is_contact: bool,
    /// Whether they take part no longer.
    pub has_left: bool,
}

impl ConversationView {
    /// The other person, if there is only one.
    pub fn contact(&self) -> Option<&ContactView> {
        match &self.parties {
            PartiesView::Direct { contact } => Some(contact),
            PartiesView::Group { .. } => None,
        }
    }

    /// What the conversation is called: the other person's name, or the group's.
    pub fn name(&self) -> &str {
        match &self.parties {
            PartiesView::Direct { contact } => &contact.name,
            PartiesView::Group { name, .. } => name,
        }
    }

    /// The members of a group, those who have left at the end; of two people nobody.
    pub fn members(&self) -> &[MemberView] {
        match &self.parties {
            PartiesView::Direct { .. } => &[],
            PartiesView::Group { members, .. } => members,
        }
    }

    /// Whether something can be written here now.
    pub fn can_write(&self) -> bool {
        match &self.parties {
            PartiesView::Direct { contact } => contact.state == ContactState::Accepted,
            PartiesView::Group { left, .. } => !left,
        }
    }
}

/// A conversation as the chat list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConversationView {
    /// Which one.
    pub id: ConversationId,
    /// Whose: `kind` and what belongs to it.
    #[serde(flatten)]
    pub parties: PartiesView,
    /// The newest row, if there is any.
    pub last: Option<MessageView>,
    /// When something last happened here, unix milliseconds; the list is sorted by it, newest first.
    pub active_at_ms: u64,
    /// How many rows of others have not been shown to this person.
    pub unread: u32,
    /// What was typed and not yet sent.
    pub draft: String,
    /// After how long what is written here disappears.
    pub timer: TimerView,
    /// Set while all that it held is about to be deleted: not to be listed then.
    pub deleting: Option<DeletingView>,
    /// All that it held was deleted and nothing has been written since: not to be listed.
    pub hidden: bool,
}

/// How a contact is reached right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathView {
    /// On this machine or the local network.
    Lan,
    /// Straight over the internet.
    Direct,
    /// Through a relay, which sees who talks but no word of it.
    Relayed,
}

/// Whether a contact is there, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PresenceView {
    /// A link to one of their devices is up.
    Online {
        /// The best path there is.
        path: PathView,
    },
    /// No link. `last_seen_ms` is when one was last up.
    Offline {
        /// Unix milliseconds, `None` if never.
        last_seen_ms: Option<u64>,
    },
}

/// What stands between us and a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// We opened their invite link and have not reached them yet.
    Waiting,
    /// Both sides accepted.
    Accepted,
    /// Their side refused the link's token (used, expired or revoked): a new link is needed.
    Refused,
    /// Our person blocked them: nothing is sent to them and nothing of theirs is taken.
    Blocked,
}

/// A person we know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContactView {
    /// Who.
    pub account: AccountId,
    /// Their chosen name, or the name their invite carried.
    pub name: String,
    /// Four characters of their key, shown beside the name where names collide.
    pub fingerprint: String,
    /// BLAKE3 of their picture, if they have one and it is here; fetch it with `get_picture`.
    pub picture: Option<String>,
    /// Their status text.
    pub status: String,
    /// What stands between us.
    pub state: ContactState,
    /// Why a contact is `refused`, in words of the invite's issuer's node.
    pub refusal: Option<InviteRefusal>,
    /// True once two device lists under one number were shown for their account: their account key is in two hands,
    /// and somebody may be posing as them. The second list was refused.
    pub alarmed: bool,
    /// True once our person found the safety numbers to be the same, until they take it back.
    pub verified: bool,
    /// Whether they are there now.
    pub presence: PresenceView,
}

/// Why the issuer of an invite did not honour it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InviteRefusal {
    /// Somebody used it already.
    Used,
    /// Its time is over.
    Expired,
    /// Its issuer took it back.
    Revoked,
    /// Its issuer does not know it.
    Unknown,
}

/// What became of an invite of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum InviteState {
    /// Can be used.
    Open,
    /// Was used.
    Used {
        /// By whom.
        by: AccountId,
    },
    /// Its time is over.
    Expired,
    /// We took it back.
    Revoked,
}

/// An invite of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InviteView {
    /// A short name of the invite, good for `revoke_invite`.
    pub id: String,
    /// The link to hand to one person.
    pub link: String,
    /// When it was made.
    pub created_at_ms: u64,
    /// When it ends.
    pub expires_at_ms: u64,
    /// What became of it.
    pub state: InviteState,
}

/// The person whose node this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileView {
    /// The account.
    pub account: AccountId,
    /// This installation.
    pub device: DeviceId,
    /// The name others see.
    pub name: String,
    /// BLAKE3 of the picture, if there is one.
    pub picture: Option<String>,
    /// The status text others see.
    pub status: String,
    /// True once the account was restored from words here: contacts come back as they are met.
    pub restored: bool,
    /// True when this profile folder is an old copy: writing goes on under a new device key after a restart.
    pub outdated: bool,
    /// What a damaged store cost, when it did; shown once and kept until dismissed.
    pub damage: Option<DamageView>,
}

/// What a damaged store cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DamageView {
    /// Where the damaged folder was kept; `None` if it was gone.
    pub kept_at: Option<String>,
    /// How many records could be read.
    pub records_recovered: u64,
    /// How many records were lost at least.
    pub records_lost_at_least: u64,
}

/// A bootstrap node as we see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BootstrapView {
    /// Its multiaddr.
    pub address: String,
    /// Whether a connection to it stands.
    pub connected: bool,
    /// Why not, when not.
    pub problem: Option<DialProblem>,
}

/// Why nobody could be reached at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DialProblem {
    /// It leads back to this device.
    OwnAddress,
    /// There is no address to try.
    NoAddress,
    /// The attempt was given up before it ended.
    GivenUp,
    /// Somebody with another identity answers.
    WrongIdentity,
    /// Too many connections are open.
    TooManyConnections,
    /// Nobody answered at any of its addresses.
    NoAnswer,
    /// This kind of address is not supported.
    Unsupported,
    /// The connection broke before it stood.
    Broken,
    /// The network cannot be reached.
    Unreachable,
    /// No answer came in time.
    TimedOut,
    /// Nobody listens there.
    Refused,
    /// The name could not be looked up.
    Unresolved,
    /// The connection stood, and was lost.
    Lost,
}

/// The truth about our connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkView {
    /// The multiaddrs this node listens on.
    pub listening: Vec<String>,
    /// Bootstrap nodes and whether they answer.
    pub bootstraps: Vec<BootstrapView>,
    /// Whether the search on the local network works.
    pub lan_discovery: bool,
    /// How many contacts are linked now.
    pub contacts_online: u32,
    /// How far this machine's clock is off its contacts' median, in milliseconds, when over five minutes.
    pub clock_off_by_ms: Option<i64>,
    /// What a person can do something about, in plain words of the error catalogue.
    pub problems: Vec<NetworkProblem>,
}

/// Something about the network a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum NetworkProblem {
    /// There is no network interface but this machine's own.
    NoNetwork,
    /// The wished port is taken; another was used.
    PortInUse {
        /// The port that was asked for.
        wished: u16,
    },
    /// None of the bootstrap nodes answers.
    NoBootstrap,
    /// The clock differs from everybody else's.
    ClockOff {
        /// Milliseconds ahead (positive) or behind (negative).
        by_ms: i64,
    },
    /// The disk is full: nothing new can be kept.
    DiskFull,
    /// A contact uses a newer Kith: some of what they send can only be read after an update, and comes then.
    NewerKith {
        /// What the contact is called.
        name: String,
    },
    /// The disk takes nothing for another reason: it fails, was taken away, or may not be written.
    DiskFailing,
}
