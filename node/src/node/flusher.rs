//! The flusher: one thread that makes batches durable and only then lets anything out that depends on them.
//!
//! Whatever has gathered while one flush ran shares the next one. A flush that fails is tried again until it succeeds, with
//! nothing let out meanwhile; the core is told, goes on answering, and can close without it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::mpsc::{self, error::TrySendError},
};

use super::core::Work;
use crate::{
    effects::{Effects, Transmit},
    input::BatchId,
    net::NetHandle,
    store::{DiskTrouble, Store},
};

/// How many decided inputs may wait to become durable.
const OUTGOING_CAPACITY: usize = 4_096;
/// How many share one flush at most, so that the first of them does not wait for ever.
const GROUP: usize = 512;
/// After a flush failed, the next try; what waits for it stays unsent and unacknowledged.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// How long a flush that fails is tried again when the node is to close.
const CLOSING_PATIENCE: Duration = Duration::from_secs(3);
/// How often the core looks whether there is room in a full queue.
const FULL_PAUSE: Duration = Duration::from_millis(2);

/// What waits for a batch to become durable.
struct Outgoing {
    number: BatchId,
    /// True when the batch wrote something.
    wrote: bool,
    transmits: Vec<Transmit>,
    forget_before: Option<u32>,
    forget_keys: Vec<u64>,
}

/// What the flusher and the core tell each other without waiting.
#[derive(Default)]
struct Shared {
    /// Everything up to this batch survives a power cut.
    durable: AtomicU64,
    /// Whether the last flush failed, and why: see [`Shared::stuck`].
    stuck: AtomicU8,
    /// How often what waited was let go because of a panic.
    lost: AtomicU64,
    /// The node is to close.
    closing: AtomicBool,
}

impl Shared {
    /// Notes whether the last flush failed, and gives what was noted before.
    fn note(&self, trouble: Option<DiskTrouble>) -> Option<DiskTrouble> {
        let number = match trouble {
            None => 0,
            Some(DiskTrouble::Full) => 1,
            Some(DiskTrouble::Failing) => 2,
        };
        trouble_of(self.stuck.swap(number, Ordering::AcqRel))
    }

    /// Why the last flush failed, if it did.
    fn stuck(&self) -> Option<DiskTrouble> {
        trouble_of(self.stuck.load(Ordering::Acquire))
    }
}

fn trouble_of(number: u8) -> Option<DiskTrouble> {
    match number {
        0 => None,
        1 => Some(DiskTrouble::Full),
        _ => Some(DiskTrouble::Failing),
    }
}

/// The way to the flusher's thread.
pub(super) struct Flusher {
    outgoing: mpsc::Sender<Outgoing>,
    shared: Arc<Shared>,
    thread: JoinHandle<Ending>,
}

/// How a node ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Ending {
    /// Everything is on the disk.
    Saved,
    /// The disk took nothing any more: what was never shown as saved may be lost.
    Unsaved,
}

/// Starts the thread. `core` is poked whenever something has become durable.
pub(super) fn start(
    store: Arc<dyn Store>,
    net: NetHandle,
    runtime: Handle,
    core: mpsc::WeakSender<Work>,
) -> std::io::Result<Flusher> {
    let (outgoing, waiting) = mpsc::channel(OUTGOING_CAPACITY);
    let shared = Arc::<Shared>::default();
    let work = Flushing {
        store,
        net,
        runtime,
        shared: Arc::clone(&shared),
        core,
    };
    let thread = std::thread::Builder::new()
        .name("kith-flush".into())
        .spawn(move || work.run(waiting))?;
    Ok(Flusher {
        outgoing,
        shared,
        thread,
    })
}

impl Flusher {
    /// Everything up to this batch survives a power cut.
    pub fn durable(&self) -> BatchId {
        BatchId(self.shared.durable.load(Ordering::Acquire))
    }

    /// Why the last flush failed, if it did.
    pub fn stuck(&self) -> Option<DiskTrouble> {
        self.shared.stuck()
    }

    /// How often what waited was let go, or may have been, because a panic was contained.
    pub fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Acquire)
    }

    /// Makes a batch durable, then transmits. Waits while too much is under way: that slows the core down to the disk's
    /// pace, and through it everyone who feeds the core. False if the disk is stuck, or nobody is there, and the wishes had to be
    /// let go: the core must not wait for it, or nobody would be told and nobody could close.
    pub fn pass_on(&self, effects: Effects) -> bool {
        let mut outgoing = Outgoing {
            number: effects.number,
            wrote: !effects.batch.is_empty(),
            transmits: effects.transmits,
            forget_before: effects.forget_before,
            forget_keys: effects.forget_keys,
        };
        let forgets = outgoing.forget_before.is_some() || !outgoing.forget_keys.is_empty();
        if !outgoing.wrote && outgoing.transmits.is_empty() && !forgets {
            return true;
        }
        loop {
            match self.outgoing.try_send(outgoing) {
                Ok(()) => return true,
                // The thread ends only after the core has dropped this sender, or once the node is to close.
                Err(TrySendError::Closed(_)) => return false,
                Err(TrySendError::Full(_)) if self.stuck().is_some() => return false,
                Err(TrySendError::Full(back)) => outgoing = back,
            }
            std::thread::sleep(FULL_PAUSE);
        }
    }

    /// Waits until everything passed on is durable and out, or the disk has shown for a few seconds that it will not be.
    pub fn finish(self) -> Ending {
        self.shared.closing.store(true, Ordering::Release);
        drop(self.outgoing);
        self.thread.join().unwrap_or_else(|_| {
            tracing::error!("the flusher panicked");
            Ending::Unsaved
        })
    }
}

/// What the thread works with.
struct Flushing {
    store: Arc<dyn Store>,
    net: NetHandle,
    runtime: Handle,
    shared: Arc<Shared>,
    core: mpsc::WeakSender<Work>,
}

impl Flushing {
    fn run(self, mut waiting: mpsc::Receiver<Outgoing>) -> Ending {
        while let Some(first) = waiting.blocking_recv() {
            let mut group = vec![first];
            while let Ok(next) = waiting.try_recv() {
                group.push(next);
                if group.len() >= GROUP {
                    break;
                }
            }
            // What was to go out may be lost with a panic, and nothing else: what was committed is flushed with the next group.
            let Ok(is_done) = catch_unwind(AssertUnwindSafe(|| self.work_off(group))) else {
                tracing::error!("a flush failed and was contained; what waited for it is let go");
                self.shared.lost.fetch_add(1, Ordering::AcqRel);
                self.poke();
                continue;
            };
            if !is_done {
                return Ending::Unsaved;
            }
        }
        Ending::Saved
    }

    /// Makes a group durable, then lets it out. False once the node is to close and the disk does not take it.
    fn work_off(&self, mut group: Vec<Outgoing>) -> bool {
        if group.iter().any(|outgoing| outgoing.wrote) && !self.flush() {
            return false;
        }
        if let Some(last) = group.last() {
            self.shared.durable.store(last.number.0, Ordering::Release);
        }
        let retired = group
            .iter_mut()
            .flat_map(|outgoing| std::mem::take(&mut outgoing.forget_keys));
        let retired: Vec<u64> = retired.collect();
        // Somebody far away waits for what goes out; our own screen has shown it.
        for outgoing in group {
            self.let_out(outgoing);
        }
        self.poke();
        self.forget_keys(&retired);
        true
    }

    /// Has the core look at what is shared.
    fn poke(&self) {
        if let Some(core) = self.core.upgrade() {
            // A full inbox means the core is awake and looks by itself.
            let _ = core.try_send(Work::Flushed);
        }
    }

    /// Flushes until it succeeds: nothing that depends on it may get out before. False once the node is to close and it
    /// does not.
    fn flush(&self) -> bool {
        let mut closing_since = None;
        while let Err(error) = self.store.flush() {
            // What is neither is told as a disk that fails: nothing gets out all the same.
            let trouble = Some(error.disk_trouble().unwrap_or(DiskTrouble::Failing));
            if self.shared.note(trouble) != trouble {
                tracing::error!(%error, "the store could not be flushed; trying again");
                self.poke();
            }
            if self.shared.closing.load(Ordering::Acquire) {
                let since = closing_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= CLOSING_PATIENCE {
                    tracing::error!(
                        %error,
                        "closing without the last changes: the disk does not take them. Nothing that was shown as saved is lost"
                    );
                    return false;
                }
            }
            std::thread::sleep(RETRY_PAUSE);
        }
        if self.shared.note(None).is_some() {
            tracing::info!("the store could be flushed again");
        }
        true
    }

    /// Drops what a whole group has retired, at once: each time the key files are written anew.
    fn forget_keys(&self, numbers: &[u64]) {
        if let Err(error) = self.store.forget_keys(numbers) {
            // The engine has noted them and asks again.
            tracing::error!(%error, "keys of erased messages could not be dropped yet");
        }
    }

    fn let_out(&self, outgoing: Outgoing) {
        if let Some(day) = outgoing.forget_before
            && let Err(error) = self.store.forget_before(day)
        {
            tracing::error!(%error, "old keys could not be erased; trying again at the next start");
        }
        for transmit in outgoing.transmits {
            if self.runtime.block_on(self.net.transmit(transmit)).is_err() {
                return;
            }
        }
    }
}
