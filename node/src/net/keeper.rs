//! Keeps the network's actor going. If it panics, all it held is gone with it: sockets, connections, links. The engine is told at
//! once, and again when there is a new actor to speak to, which it then tells everything anew.
//!
//! What the engine wished in between is let go. In particular an answer to something that the old actor had asked must not
//! reach the new one, which counts its questions from the beginning: so nothing is passed on before the engine has said in whose
//! name links are made, the first thing it says when it begins anew.

use std::{future::Future, panic::AssertUnwindSafe, time::Duration};

use kith_crypto::DeviceKey;
use libp2p::futures::FutureExt as _;
use tokio::{
    pin, select,
    sync::mpsc,
    time::{Instant, sleep},
};

use super::{
    REPORT_CAPACITY,
    actor::{Actor, Channels, Request},
    admission::Admission,
    behaviour,
    config::NetConfig,
    device,
    error::NetError,
    link::{Links, registry::Registry},
};
use crate::{effects::Transmit, input::NetEvent};

/// The pause before a network that failed is begun anew; twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// One that ran for so long fails for the first time again.
const STEADY_AFTER: Duration = Duration::from_secs(600);

/// What every actor is begun with.
pub struct Beginning {
    /// What the node wishes for its network.
    pub config: NetConfig,
    /// Whose network it is.
    pub device_key: DeviceKey,
    /// The ways into its links.
    pub registry: Registry,
    /// To the engine.
    pub events: mpsc::Sender<NetEvent>,
}

impl Beginning {
    /// An actor that listens.
    ///
    /// # Errors
    /// [`NetError`] if a transport cannot be set up or no address can be listened on.
    pub fn actor(&self) -> Result<Actor, NetError> {
        let keypair = device::keypair(&self.device_key)?;
        let admission = Admission::default();
        let swarm = behaviour::swarm(&self.config, &keypair, admission.clone())?;
        let (report, reports) = mpsc::channel(REPORT_CAPACITY);
        let links = Links::new(
            self.device_key.id(),
            report,
            self.events.clone(),
            self.registry.clone(),
            self.config.rekey_after,
        );
        let channels = Channels {
            admission,
            reports,
            events: self.events.clone(),
        };
        Actor::new(&self.config, self.device_key.clone(), swarm, links, channels)
    }
}

/// Has `actor` work, and others after it if it panics, until it is shut down or nobody holds its handle any more.
pub async fn keep(beginning: Beginning, mut actor: Actor, mut requests: mpsc::Receiver<Request>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let began_at = Instant::now();
        // Nothing the actor owned is seen again after a panic, so nothing half changed can be.
        let run = AssertUnwindSafe(actor.run(&mut requests));
        if run.catch_unwind().await.is_ok() {
            return;
        }
        tracing::error!("the network failed and was contained; it is begun anew");
        beginning.registry.end_all();
        if began_at.elapsed() >= STEADY_AFTER {
            pause = FIRST_PAUSE;
        }
        match begin_anew(&beginning, &mut pause, &mut requests).await {
            Some(begun) => actor = begun,
            None => return,
        }
    }
}

/// Tells the engine that there is no network, and after a pause that there is one again. `None` when it is not wanted any more.
async fn begin_anew(
    beginning: &Beginning,
    pause: &mut Duration,
    requests: &mut mpsc::Receiver<Request>,
) -> Option<Actor> {
    let events = &beginning.events;
    meanwhile(requests, events.send(NetEvent::Down)).await?.ok()?;
    loop {
        meanwhile(requests, sleep(*pause)).await?;
        *pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        meanwhile(requests, events.send(NetEvent::Up)).await?.ok()?;
        let identify = identity(requests).await?;
        match beginning.actor() {
            Ok(mut actor) => {
                actor.on_transmit(identify);
                return Some(actor);
            }
            Err(error) => tracing::warn!(%error, "the network could not be begun anew; trying again"),
        }
    }
}

/// Waits for something, and lets go what is wished meanwhile: who wishes must not have to wait for it. `None` once the network
/// is to shut down.
async fn meanwhile<T>(requests: &mut mpsc::Receiver<Request>, awaited: impl Future<Output = T>) -> Option<T> {
    pin!(awaited);
    loop {
        select! {
            // First: what is wished after it has come is not let go.
            biased;
            came = &mut awaited => return Some(came),
            request = requests.recv() => {
                wish(request)?;
            }
        }
    }
}

/// Waits until the engine says in whose name links are made.
async fn identity(requests: &mut mpsc::Receiver<Request>) -> Option<Transmit> {
    loop {
        match wish(requests.recv().await)? {
            Some(identify @ Transmit::Identify { .. }) => return Some(identify),
            _ => continue,
        }
    }
}

/// What a request wishes, if anything; `None` if it is that the network ends.
fn wish(request: Option<Request>) -> Option<Option<Transmit>> {
    match request? {
        Request::Transmit(transmit) => Some(Some(transmit)),
        Request::Shutdown(done) => {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
            None
        }
        #[cfg(test)]
        Request::Panic => Some(None),
    }
}
