//! `kith-bootstrap`: where Kith nodes that know each other find each other again.
//!
//! A bootstrap node is a Kademlia server that keeps signed address records (whose content it cannot read) and a
//! circuit relay v2 (whose traffic it cannot read) for nodes that no one can reach directly. It stores no message,
//! learns no name, and is needed by nobody who is on the same local network. Anybody can run one.
//!
//! [`Bootstrap::start`] is the whole program; `main` adds flags, signals and printing, so that tests run the very
//! same node in their own process. The rooms:
//!
//! * [`config`]: flags and the TOML file, checked once.
//! * [`identity`]: the key that is kept, so that the address handed out stays good.
//! * [`sources`]: who is behind a connection, and how many connections each may hold.
//! * [`addresses`]: which addresses are handed out, best first.
//! * [`server`]: the swarm and its loop.
//! * [`metrics`]: Prometheus, on a loopback port.
//!
//! The record store itself is `kith_node::net::records`: clients and servers judge records by the same code.

#![deny(missing_docs)]

pub mod addresses;
pub mod config;
mod error;
pub mod identity;
pub mod metrics;
mod running;
pub mod server;
pub mod sources;

pub use config::{Config, Limits};
pub use error::StartError;
pub use running::{Bootstrap, Running};
