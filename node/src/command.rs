//! What a person or a script can ask of a node, and what it answers.
//!
//! In JSON-RPC the method is the variant's name in snake case and the params are its fields.

use kith_crypto::{AccountId, ConversationId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::position::Position;
use crate::view::{
    CarryingView, ContactView, ConversationView, DeleteFor, DeletionView, InviteView, LedgerView,
    MessageView, NetworkView, Page, ProfileView, SafetyView,
};

/// The most messages that one [`Command::DeleteMessages`] names.
pub const MOST_DELETED: usize = kith_crypto::MAX_DELETE_TARGETS;

/// Where a page of a conversation begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Anchor {
    /// At the newest row.
    Newest,
    /// At the oldest row.
    Oldest,
    /// Around the first unread row; at the newest if everything was read.
    FirstUnread,
    /// Around this place: `before` rows older than it, and `after` rows from it on.
    At {
        /// The place.
        position: Position,
    },
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "method", content = "params")]
pub enum Command {
    /// Who am I? Answers [`Reply::Profile`].
    GetProfile {},
    /// Sets the name and status text others see. Answers [`Reply::Profile`].
    SetProfile {
        /// 1 to 64 characters.
        name: String,
        /// At most 140 characters.
        status: String,
    },
    /// Sets or removes the picture others see. Answers [`Reply::Profile`].
    SetPicture {
        /// A PNG, JPEG or WebP image, base64 (RFC 4648 with padding), at most 8 MiB decoded; `None` removes it.
        image: Option<String>,
    },
    /// A picture by its hash. Answers [`Reply::Picture`].
    GetPicture {
        /// As a view names it.
        picture: String,
    },
    /// Makes an invite link for one person. Answers [`Reply::Invite`].
    CreateInvite {
        /// How long it can be used, in seconds: 60 to 30 days; 7 days if left out.
        #[serde(default)]
        valid_for_s: Option<u64>,
    },
    /// All invites that are open, and those that ended in the last 30 days. Answers [`Reply::Invites`].
    ListInvites {},
    /// Takes an invite back. Answers [`Reply::Invite`].
    RevokeInvite {
        /// As [`InviteView::id`] names it.
        id: String,
    },
    /// Opens an invite link of somebody else. Answers [`Reply::Contact`] at once, with the contact `waiting` until
    /// its issuer has been reached.
    AddContact {
        /// The `kith:` link.
        link: String,
    },
    /// Everyone we know. Answers [`Reply::Contacts`].
    ListContacts {},
    /// Takes back an addition that is still waiting or was refused. Answers [`Reply::Done`].
    RemoveContact {
        /// Who.
        account: AccountId,
    },
    /// From now on a contact is a stranger: its links end and are refused, nothing is sent to it, and nothing of its
    /// devices or by mail is taken. The conversation stays to be read. Answers [`Reply::Contact`], `blocked`.
    BlockContact {
        /// Who.
        account: AccountId,
    },
    /// Takes a block back: both are in contact again as soon as they are linked. Answers [`Reply::Contact`].
    UnblockContact {
        /// Who.
        account: AccountId,
    },
    /// Begins a conversation of ourselves and some contacts, for good: nobody joins it later. Those who are linked are
    /// invited at once, the others as soon as they are. Answers [`Reply::Conversation`].
    CreateGroup {
        /// What it is called: 1 to 64 characters.
        name: String,
        /// 2 to 7 accepted contacts.
        members: Vec<AccountId>,
    },
    /// Takes part in a group no longer: nothing is sent or taken there, what is here stays to be read, and the other members
    /// are told. There is no way back. Answers [`Reply::Conversation`].
    LeaveGroup {
        /// Which.
        conversation: ConversationId,
    },
    /// All conversations, the most recently active first. Answers [`Reply::Conversations`].
    ListConversations {},
    /// One conversation. Answers [`Reply::Conversation`].
    GetConversation {
        /// Which.
        conversation: ConversationId,
    },
    /// A page of a conversation. Answers [`Reply::Page`].
    GetMessages {
        /// Which.
        conversation: ConversationId,
        /// Where to begin.
        anchor: Anchor,
        /// How many rows before the anchor, at most 500.
        before: u32,
        /// How many rows from the anchor on, at most 500.
        after: u32,
    },
    /// Sends a text. Answers [`Reply::Message`] in state `pending`; later states come as events.
    SendMessage {
        /// Where.
        conversation: ConversationId,
        /// 1 byte to 64 KiB of UTF-8 that is not all white space.
        text: String,
    },
    /// Everything up to here was shown to the person. Answers [`Reply::Conversation`].
    MarkRead {
        /// Where.
        conversation: ConversationId,
        /// The newest row that was shown.
        up_to: Position,
    },
    /// How far one message of ours has come, on each device of its recipient, and since when we know. Answers
    /// [`Reply::Ledger`].
    GetLedger {
        /// Where.
        conversation: ConversationId,
        /// The message's place, as [`MessageView::position`] names it.
        position: Position,
    },
    /// Deletes messages. They are out of sight at once, and gone when the ten seconds in which [`Command::UndoDelete`] brings
    /// them back are over. What is to be deleted already joins this deletion, for everyone if either wished so. A message of
    /// ours that nobody holds yet is gone everywhere either way. Answers [`Reply::Deletion`].
    DeleteMessages {
        /// Where.
        conversation: ConversationId,
        /// Which: 1 to 100 places, as [`MessageView::position`] names them.
        positions: Vec<Position>,
        /// For whom; for everyone only what is our own.
        scope: DeleteFor,
    },
    /// Brings back what a deletion hides that is not final yet. Answers [`Reply::Done`].
    UndoDelete {
        /// Which, as [`DeletionView::id`] and the views of what it hides name it.
        deletion: String,
    },
    /// Takes a message of ours back that nobody holds yet, not even a carrier: at once, and without a trace. Answers
    /// [`Reply::Done`].
    CancelMessage {
        /// Where.
        conversation: ConversationId,
        /// The message's place.
        position: Position,
    },
    /// Deletes all that a conversation holds, here; the contact stays. Out of sight at once, gone after ten seconds. What of
    /// ours nobody holds by then is gone everywhere. Answers [`Reply::Deletion`].
    DeleteChat {
        /// Which.
        conversation: ConversationId,
    },
    /// Sets after how long messages disappear that either side writes from now on. It is said after ten seconds; set
    /// otherwise until then, it replaces the change, or takes it back. Answers [`Reply::Conversation`].
    SetTimer {
        /// Where.
        conversation: ConversationId,
        /// 5 to 31,536,000 (a year); 0 is never.
        seconds: u32,
    },
    /// What to compare with a contact, to know that nobody stands in between. Answers [`Reply::Safety`].
    GetSafetyNumber {
        /// With whom.
        account: AccountId,
    },
    /// The numbers were compared and are the same, or that is taken back. Answers [`Reply::Safety`].
    SetVerified {
        /// With whom.
        account: AccountId,
        /// Whether they are the same.
        verified: bool,
    },
    /// Whether a scanned code is the one that this contact and we should see. Answers [`Reply::Matches`].
    CheckSafetyCode {
        /// With whom.
        account: AccountId,
        /// What was scanned, base64 (RFC 4648 with padding).
        code: String,
    },
    /// Keeps what is being typed. Answers [`Reply::Done`].
    SetDraft {
        /// Where.
        conversation: ConversationId,
        /// What; empty forgets it. At most 64 KiB.
        text: String,
    },
    /// What is carried, for whom and by whom. Answers [`Reply::Carrying`].
    GetCarrying {},
    /// Begins or ends to hold sealed mail for a contact while it is away. Ending drops what is held. Answers
    /// [`Reply::Carrying`].
    SetCarrying {
        /// For whom.
        account: AccountId,
        /// Whether.
        carry: bool,
    },
    /// Lets a contact hold sealed mail for us, or no longer. Answers [`Reply::Carrying`].
    UseCarrier {
        /// Whom.
        account: AccountId,
        /// Whether.
        used: bool,
    },
    /// Lets a contact leave mail for us with those who carry for us, or no longer: our carriers honour what it was given
    /// no more. Everyone may until told otherwise. Answers [`Reply::Carrying`].
    AllowMail {
        /// Whom.
        account: AccountId,
        /// Whether.
        allowed: bool,
    },
    /// How much is held for others in all, and how long. Answers [`Reply::Carrying`].
    SetCarryingLimits {
        /// MB (1,000,000 bytes), at most 100,000; 0 holds nothing and drops what is held.
        max_mb: u64,
        /// 1 to 7 days, for what is deposited from now on.
        days: u32,
    },
    /// Drops what is held for a contact. Answers [`Reply::Carrying`].
    DropHeld {
        /// For whom.
        account: AccountId,
    },
    /// The truth about our connections. Answers [`Reply::Network`].
    GetNetwork {},
    /// Tries again now what waits for a retry: bootstrap nodes, contacts. Answers [`Reply::Done`].
    RetryNetwork {},
    /// Which bootstrap nodes to use besides those that the node was started with, until it ends: those that were named here
    /// before and are not named now are let go. Answers [`Reply::Done`].
    SetBootstraps {
        /// Their multiaddrs, as kith-bootstrap prints them; at most 16.
        addresses: Vec<String>,
    },
    /// The notice about a damaged store was read. Answers [`Reply::Done`].
    DismissDamage {},
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Reply {
    /// It is done.
    Done,
    /// The person whose node this is.
    Profile(ProfileView),
    /// PNG bytes, base64 (RFC 4648 with padding).
    Picture(String),
    /// An invite.
    Invite(InviteView),
    /// Invites, newest first.
    Invites(Vec<InviteView>),
    /// A contact.
    Contact(Box<ContactView>),
    /// Contacts, by name.
    Contacts(Vec<ContactView>),
    /// A conversation.
    Conversation(Box<ConversationView>),
    /// Conversations, the most recently active first.
    Conversations(Vec<ConversationView>),
    /// A page of a conversation.
    Page(Page),
    /// A message.
    Message(Box<MessageView>),
    /// What is deleted, and until when that can be undone.
    Deletion(DeletionView),
    /// How far a message has come.
    Ledger(LedgerView),
    /// What to compare with a contact.
    Safety(SafetyView),
    /// Whether it is the same.
    Matches(bool),
    /// What is carried.
    Carrying(CarryingView),
    /// Connections.
    Network(NetworkView),
}
