//! The flusher: one thread that makes batches durable and only then lets anything out that depends on them.
//!
//! Whatever has gathered while one flush ran shares the next one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use tokio::{runtime::Handle, sync::mpsc};

use super::core::Work;
use crate::{
    effects::{Effects, Transmit},
    input::BatchId,
    net::NetHandle,
    store::Store,
};

/// How many decided inputs may wait to become durable.
const OUTGOING_CAPACITY: usize = 4_096;
/// How many share one flush at most, so that the first of them does not wait for ever.
const GROUP: usize = 512;
/// After a flush failed, the next try; what waits for it stays unsent and unacknowledged.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// What waits for a batch to become durable.
struct Outgoing {
    number: BatchId,
    /// True when the batch wrote something.
    wrote: bool,
    transmits: Vec<Transmit>,
    forget_before: Option<u32>,
}

/// The way to the flusher's thread.
pub(super) struct Flusher {
    outgoing: mpsc::Sender<Outgoing>,
    durable: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

/// Starts the thread. `core` is poked whenever something has become durable.
pub(super) fn start(
    store: Arc<dyn Store>,
    net: NetHandle,
    runtime: Handle,
    core: mpsc::WeakSender<Work>,
) -> std::io::Result<Flusher> {
    let (outgoing, waiting) = mpsc::channel(OUTGOING_CAPACITY);
    let durable = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&durable);
    let thread = std::thread::Builder::new()
        .name("kith-flush".into())
        .spawn(move || run(waiting, store.as_ref(), &net, &runtime, &shared, &core))?;
    Ok(Flusher {
        outgoing,
        durable,
        thread,
    })
}

impl Flusher {
    /// Everything up to this batch survives a power cut.
    pub fn durable(&self) -> BatchId {
        BatchId(self.durable.load(Ordering::Acquire))
    }

    /// Makes a batch durable, then transmits. Waits while too much is under way: that slows the core down to the disk's
    /// pace, and through it everyone who feeds the core.
    pub fn pass_on(&self, effects: Effects) {
        let outgoing = Outgoing {
            number: effects.number,
            wrote: !effects.batch.is_empty(),
            transmits: effects.transmits,
            forget_before: effects.forget_before,
        };
        if outgoing.wrote || !outgoing.transmits.is_empty() || outgoing.forget_before.is_some() {
            // The thread ends only after the core has dropped this sender.
            let _ = self.outgoing.blocking_send(outgoing);
        }
    }

    /// Waits until everything passed on is durable and out.
    pub fn finish(self) {
        drop(self.outgoing);
        if self.thread.join().is_err() {
            tracing::error!("the flusher panicked");
        }
    }
}

fn run(
    mut waiting: mpsc::Receiver<Outgoing>,
    store: &dyn Store,
    net: &NetHandle,
    runtime: &Handle,
    durable: &AtomicU64,
    core: &mpsc::WeakSender<Work>,
) {
    while let Some(first) = waiting.blocking_recv() {
        let mut group = vec![first];
        while let Ok(next) = waiting.try_recv() {
            group.push(next);
            if group.len() >= GROUP {
                break;
            }
        }
        if group.iter().any(|outgoing| outgoing.wrote) {
            flush(store);
        }
        if let Some(last) = group.last() {
            durable.store(last.number.0, Ordering::Release);
        }
        if let Some(core) = core.upgrade() {
            // A full inbox means the core is awake and looks at the number by itself.
            let _ = core.try_send(Work::Flushed);
        }
        for outgoing in group {
            let_out(outgoing, store, net, runtime);
        }
    }
}

/// Flushes until it succeeds: nothing that depends on it may get out before.
fn flush(store: &dyn Store) {
    while let Err(error) = store.flush() {
        tracing::error!(%error, "the store could not be flushed; trying again");
        std::thread::sleep(RETRY_PAUSE);
    }
}

fn let_out(outgoing: Outgoing, store: &dyn Store, net: &NetHandle, runtime: &Handle) {
    if let Some(day) = outgoing.forget_before
        && let Err(error) = store.forget_before(day)
    {
        tracing::error!(%error, "old keys could not be erased; trying again at the next start");
    }
    for transmit in outgoing.transmits {
        if runtime.block_on(net.transmit(transmit)).is_err() {
            return;
        }
    }
}
