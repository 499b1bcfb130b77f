//! Why a bootstrap node did not start: each way once, in a sentence for the person at the terminal.

use std::{io, path::PathBuf};

use libp2p::Multiaddr;

/// Why a bootstrap node could not start. Nothing stays behind in the background after one of these.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration contradicts itself or names something impossible.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// The identity file cannot be used.
    #[error(transparent)]
    Identity(#[from] crate::identity::IdentityError),
    /// Another program listens on the address.
    #[error(
        "{address} is in use by another program. Stop that program, or choose another --port or --listen."
    )]
    AddressInUse {
        /// What was asked for.
        address: Multiaddr,
    },
    /// The address cannot be listened on.
    #[error(
        "Cannot listen on {address}: {reason}. It must be an address of this machine, such as /ip4/0.0.0.0/tcp/5484 \
         or /ip4/0.0.0.0/udp/5484/quic-v1."
    )]
    Listen {
        /// What was asked for.
        address: Multiaddr,
        /// What the system said.
        reason: String,
    },
    /// No listener came up in time.
    #[error("No listener came up within {seconds} seconds. Look at the log (--log debug) for the reason.")]
    ListenTimeout {
        /// How long was waited.
        seconds: u64,
    },
    /// The transports could not be built.
    #[error("The network transports could not be set up: {reason}.")]
    Transport {
        /// What libp2p said.
        reason: String,
    },
    /// The metrics port cannot be opened.
    #[error("Cannot serve metrics on 127.0.0.1:{port}: {source}. Choose another --metrics-port.")]
    Metrics {
        /// What was asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
}

/// A file of ours could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("Cannot {action} {}: {source}.", path.display())]
pub struct FileError {
    /// What was tried: "read", "write".
    pub action: &'static str,
    /// Which file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}
