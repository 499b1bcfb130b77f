//! The store: everything a profile remembers, behind one small interface.
//!
//! Callers speak of logical keys ([`Key`]: a [`Scope`] and a [`Suffix`]), write [`Batch`]es and read through
//! [`Read`]. What a backend makes of that is its own business: [`MemoryStore`] keeps plain maps that the simulator
//! can crash, the sled backend hashes the keys, encrypts the values and calls a batch durable only after a real
//! `fsync`. Both pass the same tests.
//!
//! A batch is atomic and visible at once; it is durable when a [`Store::flush`] that began after it has returned.
//! Nothing may be sent or acknowledged before that. An [`Overlay`] lets pure code read its own writes before the
//! shell commits them.
//!
//! Not here: what the records mean (the features encode them) and the folder around the store (`profile/`).

mod damage;
mod error;
pub(crate) mod files;
mod key_files;
mod keys;
mod kv;
mod memory;
mod migrate;
mod overlay;
mod ring_file;
mod sled;
#[cfg(test)]
mod suite;

pub use damage::Damage;
pub use error::{DiskTrouble, StoreError};
pub use keys::Table;
pub use kv::{Batch, Bounds, Keep, Key, Order, Read, Record, Scope, Store, Suffix, Write};
pub use memory::MemoryStore;
pub use migrate::SCHEMA;
pub use overlay::Overlay;
#[doc(hidden)]
pub use sled::{Loot, Thief};
pub use sled::{Opened, SledStore};

/// The longest value a store accepts, in bytes. Far above any record of a messenger: a caller that reaches it has
/// a bug or is being fed by one.
pub const MAX_VALUE_BYTES: usize = 16 * 1024 * 1024;

/// The longest ordered suffix, in bytes: a few numbers and an id.
pub const MAX_SUFFIX_BYTES: usize = 128;
