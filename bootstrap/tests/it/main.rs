//! A bootstrap node as the nodes that use it see it: real sockets on loopback, real libp2p clients.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy knows tests by their attribute; their helpers are tests too"
)]

mod client;
mod discovery;
mod nodes;
mod program;
mod relaying;
