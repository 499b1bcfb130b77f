//! Where frames for a standing link go: the queues of its lanes, shared between the actor that raises links and the
//! callers that send.
//!
//! Callers wait for room in a full queue themselves, so the actor never does. A link whose queue stays full is cut: one
//! peer that reads nothing must not hold up what is meant for others.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use kith_crypto::DeviceId;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::lanes::Outgoing;
use crate::input::Lane;

/// How many frames may wait on the Control lane.
pub const CONTROL_CAPACITY: usize = 256;
/// How many frames may wait on the Sync lane.
pub const SYNC_CAPACITY: usize = 32;
/// How long a caller waits for room before the link is cut.
const SEND_PATIENCE: Duration = Duration::from_secs(5);

/// The ways into one link.
#[derive(Clone)]
pub struct Ways {
    /// Onto the Control lane.
    pub control: mpsc::Sender<Outgoing>,
    /// Onto the Sync lane.
    pub sync: mpsc::Sender<Outgoing>,
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

    /// Queues a frame; without a link it is dropped without a word, as the engine is told of every link's end.
    pub async fn send(&self, device: &DeviceId, lane: Lane, frame: Vec<u8>) {
        let ways = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(device)
            .cloned();
        let Some(ways) = ways else { return };
        let queue = match lane {
            Lane::Control => &ways.control,
            Lane::Sync => &ways.sync,
        };
        let sending = queue.send(Outgoing::Frame(frame));
        tokio::select! {
            () = ways.stop.cancelled() => {}
            sent = timeout(SEND_PATIENCE, sending) => if sent.is_err() {
                tracing::debug!(%device, "a link is cut: its peer takes nothing any more");
                ways.stop.cancel();
            },
        }
    }
}
