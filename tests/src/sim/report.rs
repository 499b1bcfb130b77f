//! What happened in a story, counted: a fault that never happens tests nothing.

use std::collections::BTreeMap;

/// Declares the things that are counted, with their names.
macro_rules! happenings {
    ($($variant:ident = $name:literal,)*) => {
        /// Something that happened in a story.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each is documented by the name beside it")]
        pub enum Happening { $($variant,)* }

        impl Happening {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// In words.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

happenings! {
    Invited = "a person makes an invite",
    Added = "a person opens an invite",
    Founded = "a person begins a group",
    Sent = "a person sends a message",
    MarkedRead = "a person reads",
    Drafted = "a person types a draft",
    DeletedForMe = "a person deletes a message for themselves",
    DeletedForEveryone = "a person deletes a message for everyone",
    ChatDeleted = "a person deletes a whole chat",
    Undone = "a person undoes a deletion",
    UndoneTooLate = "a deletion is final before it is undone",
    TakenBack = "a person takes a message back",
    TakenBackUnheard = "a message is taken back before anything left its author's machine",
    TakenBackTooLate = "a message is somewhere before it is taken back",
    TimerSet = "a person sets after how long messages disappear",
    Disappeared = "a message disappears after its time",
    ProfileChanged = "a person changes their profile",
    CarryingOffered = "a person offers to carry for another",
    CarryingEnded = "a person no longer carries for another",
    CarrierChosen = "a person lets another carry for them",
    CarrierLeft = "a person no longer lets another carry for them",
    CarryingLimited = "a person limits what they carry",
    HeldDropped = "a person drops what they hold",
    Deposited = "mail reaches a carrier",
    DepositHeld = "a carrier holds mail",
    DepositRefused = "a carrier refuses mail",
    DepositLost = "no answer of a carrier comes",
    LinkMade = "a link stands",
    DialGlare = "both dial at once",
    LinkReset = "a link is cut",
    Partitioned = "two are cut off from one another",
    Isolated = "one is cut off from everyone",
    OneWayCut = "only one direction is cut",
    GossipDelivered = "an envelope arrives",
    GossipLost = "an envelope is lost",
    GossipDuplicated = "an envelope arrives twice",
    GossipLate = "an envelope is overtaken",
    GossipForged = "a changed envelope arrives",
    GossipSilent = "gossip delivers nothing in this story",
    Crashed = "a node crashes",
    CrashedUnflushed = "a crash takes batches that were not flushed",
    CrashedKeeping = "a crash keeps a part of what was not flushed",
    CrashedUnsent = "a crash comes between flush and send",
    Quit = "a node is closed",
    Restarted = "a node starts again",
    AddressChanged = "a node comes back at another address",
    DiskSlow = "a flush takes long",
    DiskFull = "a batch is refused because the disk is full",
    ClockWrong = "a clock is wrong by minutes or hours",
    ClockSet = "a clock is set while its node runs",
    DaysPassed = "everyone is away for hours or days",
    Suspended = "everyone's machine is asleep for hours",
}

/// How often each thing happened.
#[derive(Clone, Debug, Default)]
pub struct Tally(BTreeMap<Happening, u64>);

impl Tally {
    /// It happened.
    pub fn note(&mut self, happening: Happening) {
        *self.0.entry(happening).or_default() += 1;
    }

    /// Adds what happened elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (happening, count) in &other.0 {
            *self.0.entry(*happening).or_default() += count;
        }
    }

    /// How often it happened.
    pub fn of(&self, happening: Happening) -> u64 {
        self.0.get(&happening).copied().unwrap_or(0)
    }

    /// What never happened.
    pub fn missing(&self) -> Vec<Happening> {
        let all = Happening::ALL.iter().copied();
        all.filter(|happening| self.of(*happening) == 0).collect()
    }
}
