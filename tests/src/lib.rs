//! What the tests of the whole of Kith share.
//!
//! * [`proc`]: the real programs as people start them, spoken to over JSON-RPC and killed without warning.
//! * [`world`]: real nodes in this process, and the people who use them.
//!
//! Tests of one crate live in that crate. What lives here needs more than one: the self-check (`bin/selfcheck.rs`), and
//! the tests in `tests/`.

#![deny(missing_docs)]

pub mod proc;
pub mod world;
