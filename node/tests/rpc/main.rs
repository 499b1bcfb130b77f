//! The real `kith-node` binary, spoken to as a script would.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy knows tests by their attribute; their helpers are tests too"
)]

mod client;
mod documented;
mod person;
mod program;
mod talking;
