//! Where frames for a standing link go: the queues of its lanes, shared between the actor that raises links and the
//! callers that send.
//!
//! Nobody waits here: see [`queue`](super::queue) for how much may wait on a link before it is cut.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use kith_crypto::DeviceId;
use tokio_util::sync::CancellationToken;

use super::{
    lanes::Outgoing,
    queue::{NotQueued, Sender},
};
use crate::input::Lane;

/// The ways into one link.
#[derive(Clone)]
pub struct Ways {
    /// Onto the Control lane.
    pub control: Sender,
    /// Onto the Sync lane.
    pub sync: Sender,
    /// Ends the link.
    pub stop: CancellationToken,
}

/// The ways into all links.
#[derive(Clone, Default)]
pub struct Registry(Arc<RwLock<HashMap<DeviceId, Ways>>>);

impl Registry {
    /// A link stands.
    pub fn add(&self, device: DeviceId, ways: Ways) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(device, ways);
    }

    /// A link is gone.
    pub fn remove(&self, device: &DeviceId) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(device);
    }

    /// No link stands any more; those that do end.
    pub fn end_all(&self) {
        let mut links = self.0.write().unwrap_or_else(PoisonError::into_inner);
        links.drain().for_each(|(_, ways)| ways.stop.cancel());
    }

    /// Queues a frame; without a link it is dropped without a word, as the engine is told of every link's end. A link on
    /// which too much waits ends.
    pub fn send(&self, device: &DeviceId, lane: Lane, frame: Vec<u8>) {
        let links = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(ways) = links.get(device) else { return };
        let queue = match lane {
            Lane::Control => &ways.control,
            Lane::Sync => &ways.sync,
        };
        if queue.put(Outgoing::Frame(frame)) == Err(NotQueued::Overfull) {
            tracing::debug!(%device, "a link is cut: its peer takes nothing any more");
            ways.stop.cancel();
        }
    }
}
