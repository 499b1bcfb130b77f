//! The whole of Kith without a screen.
//!
//! `Engine` is pure: an input, the store as it stands, the time and randomness in; effects out. The shell in
//! `node` owns what the engine may not touch: sockets, files, clocks. The desktop app embeds a `Node`; the
//! headless `kith-node` offers the same [`Command`], [`Event`] and view types as JSON-RPC.

#![deny(missing_docs)]

pub mod allowance;
#[cfg(test)]
mod bench;
mod carriers;
mod clock;
pub mod command;
mod contacts;
mod conversations;
mod damage;
#[cfg(test)]
#[path = "../../crypto/tests/documented/mod.rs"]
mod documented;
pub mod effects;
pub mod engine;
mod epochs;
pub mod error;
pub mod event;
#[doc(hidden)]
pub mod forensics;
pub mod frame;
mod groups;
pub mod input;
mod live;
pub mod net;
mod network;
pub mod node;
mod own;
mod picture;
pub mod position;
pub mod profile;
mod records;
mod redacted;
pub mod rpc;
pub mod store;
mod sync;
pub mod tasks;
mod turn;
pub mod view;

pub use command::{Anchor, Command, Reply};
pub use engine::Engine;
pub use error::CommandError;
pub use event::Event;
pub use node::{EventStream, Node, NodeConfig, NodeError};
pub use own::Origin;
pub use position::Position;

/// The ids that views, commands and events speak of, so that nothing above the node needs the crypto crate.
pub mod id {
    pub use kith_crypto::{AccountId, ConversationId, DeviceId, EntryId};
}
