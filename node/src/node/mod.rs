//! A running node: the handle that callers hold, and the shell around the engine.
//!
//! Three loops, one direction: the network's news and callers' commands go to the [`core`] thread, which lets the engine
//! decide, commits, and tells listeners; what it decided goes on to the [`flusher`] thread, which makes it durable and
//! only then hands it to the network. What takes long goes to threads [`beside`] them. No loop ever waits for one that waits for it: the way back from the flusher is an
//! atomic number that the core looks at, and the network never blocks on its news.

mod beside;
mod clock;
mod core;
mod flusher;
pub mod panics;
mod port;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tokio::{
    runtime::Handle,
    sync::{broadcast, mpsc, oneshot, watch},
};

use self::{
    beside::Beside,
    core::{Core, Incoming, Work},
};
pub use self::{clock::WallClock, flusher::Ending};
use crate::{
    command::{Command, Reply},
    damage,
    engine::Engine,
    error::CommandError,
    event::Event,
    input::NetEvent,
    net::{self, EVENT_CAPACITY, NetConfig, NetError, NetHandle},
    own::{self, Origin},
    picture,
    profile::{ProfileError, Unlocked},
    rpc::gate::{Backend, EventSource},
    store::{Damage, SledStore, Store},
};

/// How many inputs may wait for the engine.
const WORK_CAPACITY: usize = 1_024;
/// How many events a listener may fall behind before it is told to load again.
const LISTENER_CAPACITY: usize = 4_096;

/// How long a start waits for the network to say where it listens. It says so within milliseconds unless the machine is
/// very busy or has no interface at all.
const ADDRESSES_PATIENCE: Duration = Duration::from_secs(2);

/// How long closing may take at the very most: a disk that fails is tried for a few seconds, and a database on it may take
/// its time to let go.
const CLOSING_LIMIT: Duration = Duration::from_secs(15);

/// What a node is started with, beside its profile.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// How it stands in the network.
    pub net: NetConfig,
}

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The network could not be set up.
    #[error("The network could not be set up: {0}")]
    Net(#[from] NetError),
    /// The profile's folder could not be written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The system gave no thread or no randomness.
    #[error("The system refused what a node needs ({0}). Close other programs and start Kith again.")]
    System(std::io::Error),
}

/// The way into a running node. Cheap to clone.
#[derive(Clone)]
pub struct Node {
    work: mpsc::Sender<Work>,
    events: broadcast::Sender<Event>,
    net: NetHandle,
    closed: watch::Receiver<Option<Ending>>,
}

impl Node {
    /// Starts the node of an unlocked profile. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`NodeError`] if the network cannot be set up or the system gives no thread.
    pub async fn start(unlocked: Unlocked, config: NodeConfig) -> Result<Self, NodeError> {
        Self::start_with_clock(unlocked, config, WallClock::default()).await
    }

    /// As [`Node::start`], by another clock than the machine's.
    ///
    /// # Errors
    /// As [`Node::start`].
    pub async fn start_with_clock(
        unlocked: Unlocked,
        config: NodeConfig,
        clock: WallClock,
    ) -> Result<Self, NodeError> {
        Self::start_on(unlocked, config, clock, |store| store).await
    }

    /// As [`Node::start_with_clock`], on what `as_seen` makes of the profile's store.
    async fn start_on(
        mut unlocked: Unlocked,
        mut config: NodeConfig,
        clock: WallClock,
        as_seen: impl FnOnce(Arc<SledStore>) -> Arc<dyn Store>,
    ) -> Result<Self, NodeError> {
        let runtime = Handle::current();
        // Told here as long as it is not mended, by however many starts that came to nothing.
        let damage = unmended(&unlocked);
        // After damage nobody knows how far this device had written; going on could use a number twice.
        if own::is_outdated(unlocked.store.as_ref()) || damage.is_some() {
            let mut rng = randomness().map_err(NodeError::System)?;
            unlocked.renew_device(&mut rng)?;
        }
        let (news, mut heard) = mpsc::channel(EVENT_CAPACITY);
        port::wish(&mut config.net.listen, port::of_profile(&unlocked.dir));
        let net = net::start(config.net, unlocked.identity.device.clone(), news)?;
        let first_news = until_reachable(&mut heard).await;
        let (work, inbox) = mpsc::channel(WORK_CAPACITY);
        let (events, _) = broadcast::channel(LISTENER_CAPACITY);
        let (closing, closed) = watch::channel(None);
        let origin = Origin {
            name: unlocked.name.clone(),
            restored: unlocked.restored,
        };
        let engine = Engine::new(unlocked.identity, origin, damage);
        let store = as_seen(unlocked.store);
        let flusher = flusher::start(Arc::clone(&store), net.clone(), runtime.clone(), work.downgrade())
            .map_err(NodeError::System)?;
        let beside = Beside::new(runtime.clone(), work.downgrade());
        let incoming = Incoming {
            work: inbox,
            first_news,
            news: heard,
        };
        let core = Core::new(engine, store, clock, incoming, (beside, flusher), events.clone())
            .map_err(NodeError::System)?;
        // The lock goes with the core: the profile is free for others once nothing writes to it any more.
        core.start(runtime, unlocked.lock, closing)
            .map_err(NodeError::System)?;
        Ok(Self {
            work,
            events,
            net,
            closed,
        })
    }

    /// Does one command.
    ///
    /// # Errors
    /// [`CommandError`]: why it was not done; nothing has changed then.
    pub async fn call(&self, command: Command) -> Result<Reply, CommandError> {
        self.hand_over(command).await?.await
    }

    /// Hands over one command; what comes back waits for its answer. Commands are done in the order in which they were handed over.
    ///
    /// # Errors
    /// As [`Self::call`], for what is refused before the node has it.
    pub async fn hand_over(
        &self,
        command: Command,
    ) -> Result<impl Future<Output = Result<Reply, CommandError>> + use<>, CommandError> {
        let command = picture::prepared(command).await?;
        let (answer, answered) = oneshot::channel();
        self.work
            .send(Work::Command { command, answer })
            .await
            .map_err(|_| CommandError::Closed)?;
        Ok(async move { answered.await.map_err(|_| CommandError::Closed)? })
    }

    /// Begins to listen: everything that happens from now on.
    pub fn subscribe(&self) -> EventStream {
        EventStream {
            events: self.events.subscribe(),
        }
    }

    /// Closes links and store, in a few seconds at the most. Everything acknowledged is durable; the profile is free when
    /// this returns. [`Ending::Unsaved`] tells that the disk did not take what had not been acknowledged yet.
    pub async fn shutdown(&self) -> Ending {
        let mut closed = self.closed.clone();
        let closing = async {
            // A core that is gone already has told how it ended.
            let _ = self.work.send(Work::Stop).await;
            let ending = closed.wait_for(Option::is_some).await;
            ending.ok().and_then(|ending| *ending)
        };
        let ending = tokio::time::timeout(CLOSING_LIMIT, closing).await.ok().flatten();
        if ending.is_none() {
            tracing::error!("the node did not close in time; what was shown as saved is safe");
        }
        self.net.shutdown().await;
        ending.unwrap_or(Ending::Unsaved)
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Node").finish_non_exhaustive()
    }
}

/// What was found damaged and still has to be mended. What has been mended is not told at opening any more.
fn unmended(unlocked: &Unlocked) -> Option<Damage> {
    let found = unlocked.damage.clone()?;
    if !damage::is_mended(unlocked.store.as_ref(), &found) {
        return Some(found);
    }
    if let Err(error) = unlocked.store.damage_is_mended() {
        tracing::warn!(%error, "the next start looks again at what was damaged and is mended");
    }
    None
}

/// A generator seeded by the system.
fn randomness() -> std::io::Result<ChaCha20Rng> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(ChaCha20Rng::from_seed(seed))
}

/// Waits until the network knows where it can be reached, and gives what it said on the way: an invite link that is
/// made right after the start names addresses.
async fn until_reachable(heard: &mut mpsc::Receiver<NetEvent>) -> Vec<NetEvent> {
    let mut said = Vec::new();
    let reachable = async {
        while let Some(event) = heard.recv().await {
            let told = matches!(&event, NetEvent::OwnAddresses { addresses, .. } if !addresses.is_empty());
            said.push(event);
            if told {
                return;
            }
        }
    };
    // A machine without any interface has no address to tell; that is for the engine to say.
    let _ = tokio::time::timeout(ADDRESSES_PATIENCE, reachable).await;
    said
}

/// A node's events as they come.
#[derive(Debug)]
pub struct EventStream {
    events: broadcast::Receiver<Event>,
}

impl EventStream {
    /// The next event; [`Event::Reload`] in place of what was missed; `None` once the node has closed.
    pub async fn next(&mut self) -> Option<Event> {
        match self.events.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Event::Reload),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Backend for Node {
    type Events = EventStream;

    async fn call(&self, command: Command) -> Result<Reply, CommandError> {
        Node::call(self, command).await
    }

    fn subscribe(&self) -> EventStream {
        Node::subscribe(self)
    }
}

impl EventSource for EventStream {
    async fn next(&mut self) -> Option<Event> {
        EventStream::next(self).await
    }
}
