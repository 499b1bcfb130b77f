//! The network of a node: one actor that owns the libp2p swarm.
//!
//! It takes what the engine wants ([`Transmit`]) and says what happened ([`NetEvent`]), both over bounded channels. It
//! knows devices and no accounts' contacts, conversations or messages: which devices to gossip with, whom to dial and
//! whose link to accept, the engine decides.
//!
//! The rooms: [`actor`] is the loop, and [`keeper`] begins another one where it fails. [`link`] makes links between devices. [`gossip`] is gossipsub, behind its [`gate`] and its
//! [`admission`]; [`doorkeeper`] bounds what strangers hold.
//! [`bootstraps`], [`dht`] and [`addresses`] are about finding and being found. [`streams`], [`gate`] and [`behaviour`]
//! are what the swarm is made of.

pub mod config;
mod errands;
mod error;
pub mod protocols;
pub mod records;

mod actor;
mod addresses;
mod admission;
mod behaviour;
mod bootstraps;
mod deposits;
mod device;
mod dht;
mod doorkeeper;
mod gate;
mod gate_handler;
mod gossip;
mod keeper;
mod link;
mod listening;
mod outbox;
mod paths;
pub mod streams;
mod subnets;
mod tasks;
#[cfg(test)]
mod tests;

use std::time::Duration;

use actor::Request;
pub use config::{EVENT_CAPACITY, NetConfig};
pub use device::{device_of, keypair, peer_of};
pub use error::NetError;
use keeper::Beginning;
use kith_crypto::DeviceKey;
use link::registry::Registry;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{effects::Transmit, input::NetEvent};

/// How many wishes of the engine may wait.
const REQUEST_CAPACITY: usize = 1_024;
/// How many reports of links may wait.
const REPORT_CAPACITY: usize = 256;
/// How long a shutdown may take before it is no longer waited for.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// The way into a running network. Cheap to clone; when the last one is dropped, the network shuts down.
#[derive(Clone)]
pub struct NetHandle {
    requests: mpsc::Sender<Request>,
    links: Registry,
}

/// Starts the network of a device. News go to `events` (of [`EVENT_CAPACITY`], say); when its receiver is dropped, the
/// network shuts down. Must be called inside a tokio runtime.
///
/// # Errors
/// [`NetError`] if a transport cannot be set up or no address can be listened on. A wished port that is taken is no
/// error: see [`NetEvent::PortInUse`].
pub fn start(
    config: NetConfig,
    device_key: DeviceKey,
    events: mpsc::Sender<NetEvent>,
) -> Result<NetHandle, NetError> {
    Handle::try_current().map_err(|error| NetError::Transport(error.to_string()))?;
    let registry = Registry::default();
    let (requests, requested) = mpsc::channel(REQUEST_CAPACITY);
    let beginning = Beginning {
        config,
        device_key,
        registry: registry.clone(),
        events,
    };
    let actor = beginning.actor()?;
    tasks::spawn_contained("net", keeper::keep(beginning, actor, requested), |_| async {});
    Ok(NetHandle {
        requests,
        links: registry,
    })
}

impl NetHandle {
    /// Performs a wish of the engine. Waits while the network's actor is busy; frames wait in their link's own queue, and a
    /// link whose peer takes nothing is cut, so nobody holds up the others.
    ///
    /// # Errors
    /// [`NetError::Stopped`] if the network has been shut down.
    pub async fn transmit(&self, transmit: Transmit) -> Result<(), NetError> {
        match transmit {
            Transmit::Send { device, lane, frame } => {
                self.links.send(&device, lane, frame);
                Ok(())
            }
            other => self
                .requests
                .send(Request::Transmit(other))
                .await
                .map_err(|_| NetError::Stopped),
        }
    }

    /// Closes links and connections, and waits for it.
    pub async fn shutdown(&self) {
        let (done, closed) = oneshot::channel();
        if self.requests.send(Request::Shutdown(done)).await.is_ok() {
            // Past this the sockets close with the process.
            let _ = timeout(SHUTDOWN_TIMEOUT, closed).await;
        }
    }
}

#[cfg(test)]
impl NetHandle {
    /// Makes the network's actor panic.
    pub async fn panics(&self) {
        self.requests.send(Request::Panic).await.unwrap();
    }
}

impl std::fmt::Debug for NetHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NetHandle").finish_non_exhaustive()
    }
}
