//! Kith.

pub mod store;
