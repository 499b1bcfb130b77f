//! The core: one thread in which the engine decides, its batch is committed, and listeners are told.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use rand_chacha::ChaCha20Rng;
use tokio::{
    runtime::Handle,
    sync::{broadcast, mpsc, oneshot, watch},
    time::timeout,
};

use super::{
    WallClock,
    beside::Beside,
    flusher::{Ending, Flusher},
};
use crate::{
    command::{Command, Reply},
    effects::Effects,
    engine::Engine,
    error::CommandError,
    event::Event,
    input::{BatchId, CommandId, Input, NetEvent},
    profile::ProfileLock,
    store::{DiskTrouble, Store},
    tasks::TaskDone,
};

/// The longest the core sleeps without looking at the clock: it may have been set, or the machine may have slept.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// What the core is given to do.
pub(super) enum Work {
    /// A caller's command.
    Command {
        command: Command,
        answer: oneshot::Sender<Result<Reply, CommandError>>,
    },
    /// News from the network.
    Net(NetEvent),
    /// A task has ended.
    TaskDone(TaskDone),
    /// A task has panicked, which was contained.
    TaskFailed,
    /// Something has become durable; the flusher's number tells what.
    Flushed,
    /// End.
    Stop,
}

/// Where work comes from.
pub(super) struct Incoming {
    /// From callers and from the flusher.
    pub work: mpsc::Receiver<Work>,
    /// What the network said before there was an engine, then what it says: in its order, and with no task between that
    /// would have to be woken for each word.
    pub first_news: Vec<NetEvent>,
    pub news: mpsc::Receiver<NetEvent>,
}

/// The engine and what it works with.
pub(super) struct Core {
    engine: Engine,
    store: Arc<dyn Store>,
    rng: ChaCha20Rng,
    clock: WallClock,
    incoming: Incoming,
    beside: Beside,
    flusher: Flusher,
    events: broadcast::Sender<Event>,
    waiting: BTreeMap<CommandId, oneshot::Sender<Result<Reply, CommandError>>>,
    next_command: u64,
    flushed: BatchId,
    stuck: Option<DiskTrouble>,
    lost: u64,
    wake_at_ms: u64,
}

impl Core {
    pub fn new(
        engine: Engine,
        store: Arc<dyn Store>,
        clock: WallClock,
        incoming: Incoming,
        (beside, flusher): (Beside, Flusher),
        events: broadcast::Sender<Event>,
    ) -> std::io::Result<Self> {
        Ok(Self {
            engine,
            store,
            rng: super::randomness()?,
            clock,
            incoming,
            beside,
            flusher,
            events,
            waiting: BTreeMap::new(),
            next_command: 0,
            flushed: BatchId(0),
            stuck: None,
            lost: 0,
            wake_at_ms: u64::MAX,
        })
    }

    /// Starts the thread. When it ends, `lock` is released and `closed` tells how.
    pub fn start(
        mut self,
        runtime: Handle,
        lock: ProfileLock,
        closed: watch::Sender<Option<Ending>>,
    ) -> std::io::Result<()> {
        let thread = std::thread::Builder::new().name("kith-engine".into());
        thread.spawn(move || {
            if catch_unwind(AssertUnwindSafe(|| self.run(&runtime))).is_err() {
                tracing::error!("the core failed and was contained; the node closes");
                self.fell("core", true);
            }
            let Self { flusher, store, .. } = self;
            let ending = flusher.finish();
            drop(store);
            drop(lock);
            closed.send_replace(Some(ending));
        })?;
        Ok(())
    }

    fn run(&mut self, runtime: &Handle) {
        self.handle(Input::Started);
        for event in std::mem::take(&mut self.incoming.first_news) {
            self.handle(Input::Net(event));
        }
        loop {
            let sleep =
                Duration::from_millis(self.wake_at_ms.saturating_sub(self.clock.now_ms())).min(LONGEST_SLEEP);
            let work = runtime.block_on(async { timeout(sleep, self.next()).await });
            match work {
                Ok(None | Some(Work::Stop)) => return,
                Ok(Some(Work::Command { command, answer })) => {
                    self.next_command = self.next_command.wrapping_add(1);
                    let id = CommandId(self.next_command);
                    self.waiting.insert(id, answer);
                    self.handle(Input::Command { id, command });
                }
                Ok(Some(Work::Net(event))) => self.handle(Input::Net(event)),
                Ok(Some(Work::TaskDone(done))) => self.handle(Input::TaskDone(done)),
                Ok(Some(Work::TaskFailed)) => self.fell("task", false),
                Ok(Some(Work::Flushed)) => {}
                // Something is due, or the clock was set: the engine notices by itself.
                Err(_) => self.handle(Input::Timer),
            }
            self.notice_flushed();
            if self.clock.now_ms() >= self.wake_at_ms {
                self.handle(Input::Timer);
            }
        }
    }

    /// What is to be done next; `None` once nobody can ask for anything any more.
    async fn next(&mut self) -> Option<Work> {
        tokio::select! {
            work = self.incoming.work.recv() => work,
            // A network that is gone says nothing more.
            Some(event) = self.incoming.news.recv() => Some(Work::Net(event)),
        }
    }

    fn notice_flushed(&mut self) {
        let durable = self.flusher.durable();
        if durable > self.flushed {
            self.flushed = durable;
            self.handle(Input::Flushed(durable));
        }
        let stuck = self.flusher.stuck();
        if stuck != self.stuck
            && let Some(trouble) = stuck
        {
            self.handle(Input::NotFlushed(trouble));
        }
        self.stuck = stuck;
        let lost = self.flusher.lost();
        if lost != self.lost {
            self.lost = lost;
            self.fell("flush", true);
        }
    }

    /// One input; a panic anywhere in it is contained. The engine contains its own.
    fn handle(&mut self, input: Input) {
        if catch_unwind(AssertUnwindSafe(|| self.perform(input))).is_err() {
            tracing::error!("an input failed and was contained");
            self.fell("core", true);
        }
    }

    /// A panic was contained: it is told, nobody goes on waiting for an answer, and if what was decided may be lost with it all
    /// is begun anew.
    fn fell(&mut self, place: &str, lost: bool) {
        let (event, wake_at_ms) = self.engine.failed_beside(place, lost, self.clock.now_ms());
        self.wake_at_ms = self.wake_at_ms.min(wake_at_ms);
        let internal = || CommandError::Internal { place: place.into() };
        let waiting = std::mem::take(&mut self.waiting);
        let mut effects = Effects {
            replies: waiting.keys().map(|id| (*id, Err(internal()))).collect(),
            events: event.into_iter().collect(),
            ..Effects::default()
        };
        if lost {
            // What was committed may not have been told.
            effects.events.push(Event::Reload);
        }
        self.waiting = waiting;
        self.tell(&mut effects);
    }

    /// Decide, commit, tell, pass on.
    fn perform(&mut self, input: Input) {
        let now_ms = self.clock.now_ms();
        let mut effects = self
            .engine
            .handle(input, self.store.as_ref(), now_ms, &mut self.rng);
        if !effects.batch.is_empty()
            && let Err(error) = self.store.commit(&effects.batch)
        {
            tracing::error!(%error, "a batch could not be committed");
            effects = self.engine.not_committed(&effects, &error, now_ms);
        }
        self.wake_at_ms = effects.wake_at_ms.unwrap_or(u64::MAX);
        self.tell(&mut effects);
        for task in effects.tasks.drain(..) {
            self.beside.start(task);
        }
        if !self.flusher.pass_on(effects) {
            self.wake_at_ms = self.engine.not_passed_on(now_ms).min(self.wake_at_ms);
        }
    }

    fn tell(&mut self, effects: &mut Effects) {
        for (id, result) in effects.replies.drain(..) {
            if let Some(answer) = self.waiting.remove(&id) {
                // A caller that has gone away no longer wants its answer.
                let _ = answer.send(result);
            }
        }
        for event in effects.events.drain(..) {
            // Nobody listening is no fault.
            let _ = self.events.send(event);
        }
    }
}
