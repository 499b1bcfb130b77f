//! The register of tables: every family of records in the store has one number here, so that no two features can
//! ever write under the same scope.
//!
//! Numbers are part of the disk format: they are never reused and never change.

/// A table: the first part of every [`Scope`](super::Scope).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Table {
    /// The store's own bookkeeping: schema version, commit counter.
    Store = 0,
    /// Small values of the profile as a whole, one record each.
    Settings = 1,
    /// People we know.
    Contact = 2,
    /// Devices that a signed list has named, and how to reach them.
    PeerDevice = 3,
    /// Device lists as they were signed.
    SignedList = 4,
    /// Invites we made.
    Invite = 5,
    /// Small pictures by their hash.
    Picture = 6,
    /// Conversations.
    Conversation = 7,
    /// Entries, a scope for each log.
    Entry = 8,
    /// What is held of each log.
    Log = 9,
    /// From a control entry's id to its place.
    ControlIndex = 10,
    /// Proof of two entries under one number.
    Evidence = 11,
    /// The rows of a conversation in order.
    Order = 12,
    /// What each device has acknowledged.
    Receipts = 13,
    /// Epochs and our own chains in them.
    Epoch = 14,
    /// Other devices' chains.
    SenderChain = 15,
    /// From an envelope's tag to its epoch.
    EpochTag = 16,
    /// Secrets of our prekeys.
    OwnPrekey = 17,
    /// Seals whose devices have not confirmed them.
    PendingSeal = 18,
    /// When acknowledgements came.
    Milestone = 19,
    /// With whom safety numbers were compared.
    Verified = 20,
    /// Mailboxes that we keep for others.
    Mailbox = 21,
    /// What is in them.
    HeldItem = 22,
    /// The content of that.
    HeldContent = 23,
    /// Who carries for us.
    Carrier = 24,
    /// Who carries for our contacts.
    ContactCarriers = 25,
    /// Devices that were replaced, until it is known what their contact holds of their logs.
    Unsettled = 27,
    /// What was written under them and is not part of their logs any more.
    SetAside = 28,
    /// What devices were told of what we hold and were shown.
    Told = 29,
    /// Who may leave mail for us.
    SenderRule = 30,
    /// Whose mail the owners of mailboxes that we keep do not want.
    RefusedSenders = 31,
    /// Entries whose words were deleted.
    Tombstone = 32,
    /// Deletions that can be undone.
    PendingDeletion = 34,
    /// Changes of that which are not said yet.
    PendingTimer = 36,
    /// Messages that disappear, by their time.
    Expiring = 37,
    /// What was deleted with a whole conversation.
    Cleared = 38,
    /// Rows of such conversations that are on their way out.
    Clearing = 39,
    /// Conversations that are in no list.
    HiddenChat = 40,
    /// The keys of stretches of logs.
    Segment = 41,
    /// The next number of a key.
    KeyCounter = 42,
    /// Numbers of keys that are to be forgotten.
    Retired = 43,
    /// The keys of hours in which something expires.
    FadingHour = 44,
    /// What expires in an hour.
    Fading = 45,
    /// Stretches of logs that need another key.
    Stale = 46,
    /// What is being typed.
    Draft = 47,
    /// When messages disappear whose author's clock shows otherwise than ours.
    Deadline = 48,
    /// After how long messages disappear.
    ChatTimer = 49,
    /// What was written under replaced devices and then said again.
    SaidAgain = 50,
    /// Entries that are no messages.
    Silent = 51,
    /// Words that others may have and we lack.
    Lacking = 52,
    /// Entries of a later version, until this build reads them.
    LaterEntry = 53,
    /// Timers that were set under replaced devices and are to be said again.
    RetractedTimer = 54,
    /// What was deleted without having been seen.
    Unseen = 55,
    /// Whom our person blocked.
    Blocked = 60,
    /// From people to the groups that they and we belong to.
    Fellowship = 61,
    /// What of our logs is with which carriers.
    Mailed = 62,
}

impl Table {
    /// The tables whose records are written once, one after the other, and seldom again: a backend may keep many of
    /// them in one place.
    pub(super) const SEQUENTIAL: [Table; 3] = [Table::Entry, Table::Order, Table::Milestone];

    /// The number under which this table is kept on disk.
    pub fn number(self) -> u16 {
        self as u16
    }
}
