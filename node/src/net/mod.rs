//! The network: who can be reached and how, and frames and gossip to and from them.

pub mod records;
