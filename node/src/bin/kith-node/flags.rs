//! The command line of `kith-node`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use libp2p::Multiaddr;

/// Everything that can be said on the command line. Secrets cannot: other users see the arguments of a process.
#[derive(Debug, Parser)]
#[command(
    name = "kith-node",
    version,
    about = "Kith without a screen: private messages from device to device, over JSON-RPC."
)]
#[command(
    after_help = "Exit codes: 0 done; 1 something unexpected; 2 wrong flags; 3 wrong passphrase or damaged vault; \
    4 the profile is open in another process; 5 no usable profile in the folder; 6 a passphrase, name or the recovery \
    words cannot be read or used; 7 the disk is full or the folder is read-only; 8 the socket cannot be made; 9 the \
    node cannot start."
)]
pub struct Flags {
    /// The profile's folder.
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    #[command(flatten)]
    pub network: Network,
    /// What to log on standard error: error, warn, info, debug, trace, or a filter such as kith_node=debug,warn.
    #[arg(long, value_name = "FILTER", default_value = "warn", global = true)]
    pub log: String,
    #[command(subcommand)]
    pub command: Command,
}

/// How the node stands in the network.
#[derive(Args, Clone, Debug)]
pub struct Network {
    /// A bootstrap node, as kith-bootstrap prints itself; may be repeated.
    #[arg(long, value_name = "MULTIADDR", global = true)]
    pub bootstrap: Vec<Multiaddr>,
    /// The port for TCP and QUIC on all interfaces; 0 lets the system choose.
    #[arg(long, value_name = "PORT", default_value_t = 0, global = true)]
    pub port: u16,
    /// Listens at this multiaddr only; may be repeated.
    #[arg(long, value_name = "MULTIADDR", global = true)]
    pub listen: Vec<Multiaddr>,
    /// Does not look for contacts on the local network.
    #[arg(long, global = true)]
    pub no_lan_discovery: bool,
    /// Stays on this machine: loopback only, free ports, no search on the local network.
    #[arg(long, global = true, conflicts_with_all = ["port", "listen"])]
    pub loopback: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a profile with a new account, and prints its 24 recovery words once, on one line.
    Create(NewProfile),
    /// Makes a profile of an account that exists, from its 24 recovery words.
    Restore {
        #[command(flatten)]
        profile: NewProfile,
        /// Reads the words from this file instead of asking for them.
        #[arg(long, value_name = "FILE", conflicts_with = "words_fd")]
        words_file: Option<PathBuf>,
        /// Reads the words from this open descriptor instead.
        #[arg(long, value_name = "N")]
        words_fd: Option<u32>,
    },
    /// Runs the node and speaks JSON-RPC 2.0, one JSON value a line, on standard input and output until the input ends.
    Rpc {
        /// Speaks on a Unix socket instead, with as many clients as come, until SIGTERM or SIGINT.
        #[arg(long, value_name = "PATH")]
        socket: Option<PathBuf>,
        /// Asks for the passphrase first. Without any source of it, the node starts locked and waits for `unlock`.
        #[arg(long, conflicts_with_all = ["passphrase_file", "passphrase_fd"])]
        ask: bool,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Prints the JSON Schema of everything `rpc` speaks.
    RpcSchema,
    /// Gives the profile another passphrase.
    ChangePassphrase {
        #[command(flatten)]
        passphrase: Passphrase,
        /// Reads the new passphrase from the first line of this file instead of asking for it.
        #[arg(long, value_name = "FILE", conflicts_with = "new_passphrase_fd")]
        new_passphrase_file: Option<PathBuf>,
        /// Reads the new passphrase from the first line of this open descriptor instead.
        #[arg(long, value_name = "N")]
        new_passphrase_fd: Option<u32>,
    },
}

/// What a new profile needs.
#[derive(Args, Debug)]
pub struct NewProfile {
    /// The name that others see.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// Where the passphrase comes from; without either, it is asked for.
#[derive(Args, Debug)]
pub struct Passphrase {
    /// Reads the passphrase from the first line of this file.
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_fd")]
    pub passphrase_file: Option<PathBuf>,
    /// Reads the passphrase from the first line of this open descriptor.
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<u32>,
}
