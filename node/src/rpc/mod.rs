//! JSON-RPC 2.0, one JSON value a line: how scripts, bots and other programs use a node.
//!
//! The methods are the variants of [`crate::Command`], the results what [`crate::Reply`] carries, and the
//! notifications the variants of [`crate::Event`]: the very types that the desktop app uses, so that nothing can be done
//! in one and not in the other. docs/rpc.md shows each method with an example, and a test runs them all.
//!
//! * [`lines`]: lines of bounded length out of a stream of bytes.
//! * [`protocol`]: JSON-RPC's requests, responses and error codes; pure.
//! * [`gate`]: a profile that may still be locked, and then answers only `unlock`.
//! * [`server`]: one connection, or a Unix socket full of them.
//! * [`schema`]: the JSON Schema of all of it, made from the types.
//!
//! What does not live here: any decision about a command. It is handed to the node as it came.

pub mod gate;
pub mod lines;
pub mod protocol;
pub mod schema;
pub mod server;
#[cfg(unix)]
pub mod socket;

pub use gate::{Backend, Gate, UnlockFailure};
pub use server::serve;
