//! The truth about our connections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// How far this machine's clock is ahead of the time that this node goes by, in milliseconds: 0 unless that clock is not
    /// believed. All moments that are told, past and to come, are of the time that it goes by.
    pub time_ahead_ms: i64,
    /// What a person can do something about, in plain words of the error catalogue.
    pub problems: Vec<NetworkProblem>,
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
    /// The clock shows what cannot be believed, and no contact is there to say what time it is: the node goes by a time of its own.
    ClockDoubted {
        /// Milliseconds ahead of that (positive) or behind (negative).
        by_ms: i64,
    },
    /// The disk is full: nothing new can be kept.
    DiskFull,
    /// A contact uses a newer Kith: some of what they send can only be read after an update, and comes then.
    NewerKith {
        /// What the contact is called.
        name: String,
    },
    /// A device of a contact sent what breaks the rules, again and again, and is not listened to for a while.
    KeptOut {
        /// What the contact is called.
        name: String,
        /// Until when, unix milliseconds.
        until_ms: u64,
    },
    /// The disk takes nothing for another reason: it fails, was taken away, or may not be written.
    DiskFailing,
}
