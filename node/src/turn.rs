//! One input being handled: what features read, and where they put what they want.
//!
//! A turn sees the store through an overlay, so a feature reads what another wrote a line before. When a turn ends
//! well, its overlay becomes one atomic batch; when it fails, overlay and effects are dropped together and nothing
//! has happened.

use kith_crypto::{CryptoError, DeviceId, Identity};
use rand_core::CryptoRng;

use crate::{
    command::Reply,
    effects::{Effects, Transmit},
    error::CommandError,
    event::Event,
    frame::{Frame, MalformedFrame},
    input::{CommandId, Lane},
    live::Live,
    records::Record,
    store::{Bounds, Keep, Key, Order, Overlay, Read, Scope, StoreError},
    tasks::Task,
};

/// Milliseconds of a day.
pub(crate) const DAY_MS: u64 = 86_400_000;

/// Why a turn came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The caller asked for what cannot be.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record does not decode: a bug or a damaged disk.
    #[error("A stored record does not decode ({0}).")]
    Record(#[from] postcard::Error),
    /// Our own keys or documents do not do what they must: a bug.
    #[error("Cryptography failed: {0}")]
    Crypto(#[from] CryptoError),
    /// The other side of a link broke a rule.
    #[error("The other side broke a rule: {0}")]
    Peer(&'static str),
}

impl From<MalformedFrame> for Fault {
    fn from(_: MalformedFrame) -> Self {
        Fault::Peer("a malformed frame")
    }
}

impl Fault {
    /// What the caller of a command is told.
    pub fn into_command_error(self) -> CommandError {
        match self {
            Fault::Command(error) => error,
            Fault::Store(StoreError::DiskFull { .. }) => CommandError::DiskFull,
            other => CommandError::Storage {
                reason: other.to_string(),
            },
        }
    }
}

/// The result of a feature's step.
pub(crate) type Step<T = ()> = Result<T, Fault>;

/// One input being handled.
pub(crate) struct Turn<'a> {
    store: Overlay<'a>,
    effects: Effects,
    /// Now, unix milliseconds: what this machine's clock shows, unless that is not to be believed (see `clock::sure`).
    pub now_ms: u64,
    /// Randomness.
    pub rng: &'a mut dyn CryptoRng,
    /// In whose name.
    pub me: &'a Identity,
    /// What is true only while the program runs.
    pub live: &'a mut Live,
}

impl<'a> Turn<'a> {
    pub fn new(
        store: &'a dyn Read,
        now_ms: u64,
        rng: &'a mut dyn CryptoRng,
        me: &'a Identity,
        live: &'a mut Live,
    ) -> Self {
        Self {
            store: Overlay::new(store),
            effects: Effects::default(),
            now_ms,
            rng,
            me,
            live,
        }
    }

    /// This installation.
    pub fn device(&self) -> DeviceId {
        self.me.device.id()
    }

    /// The number of the current day.
    pub fn today(&self) -> u32 {
        u32::try_from(self.now_ms / DAY_MS).unwrap_or(u32::MAX)
    }

    /// The day under whose key is kept what may be erased, never before one whose upkeep was done: a clock that was wrong
    /// and has been put right must not ask the store to keep values under keys that are gone.
    pub fn day_to_keep_under(&self) -> u32 {
        self.today().max(self.live.first_day)
    }

    pub fn load<T: Record>(&self, key: &Key) -> Step<Option<T>> {
        match self.store.get(key)? {
            Some(bytes) => Ok(Some(postcard::from_bytes(&bytes)?)),
            None => Ok(None),
        }
    }

    pub fn has(&self, key: &Key) -> Step<bool> {
        Ok(self.store.get(key)?.is_some())
    }

    pub fn save<T: Record>(&mut self, record: &T) -> Step {
        let bytes = postcard::to_allocvec(record)?;
        self.store
            .put(record.key(), bytes, record.keep(self.day_to_keep_under()));
        Ok(())
    }

    /// Saves a record for as long as `keep` says, whatever is usual for its kind.
    pub fn save_for<T: Record>(&mut self, record: &T, keep: Keep) -> Step {
        self.store.put(record.key(), postcard::to_allocvec(record)?, keep);
        Ok(())
    }

    /// Whether something can be kept under this number.
    pub fn may_keep(&self, number: u64) -> bool {
        self.store.may_keep(number)
    }

    /// From this number on the store has never had a key.
    pub fn first_unmade_key(&self) -> u64 {
        self.store.first_unmade_key()
    }

    pub fn remove(&mut self, key: Key) {
        self.store.delete(key);
    }

    pub fn scan<T: Record>(
        &self,
        scope: &Scope,
        bounds: &Bounds,
        order: Order,
        limit: usize,
    ) -> Step<Vec<T>> {
        let found = self.store.scan(scope, bounds, order, limit)?;
        found
            .iter()
            .map(|record| Ok(postcard::from_bytes(&record.value)?))
            .collect()
    }

    /// Everything in a scope that is small by nature.
    pub fn all<T: Record>(&self, scope: &Scope) -> Step<Vec<T>> {
        self.scan(scope, &Bounds::all(), Order::Ascending, usize::MAX)
    }

    pub fn emit(&mut self, event: Event) {
        self.effects.events.push(event);
    }

    pub fn transmit(&mut self, transmit: Transmit) {
        self.effects.transmits.push(transmit);
    }

    pub fn task(&mut self, task: Task) {
        self.effects.tasks.push(task);
    }

    pub fn reply(&mut self, id: CommandId, result: Result<Reply, CommandError>) {
        self.effects.replies.push((id, result));
    }

    /// Erases for good, once this turn is durable, everything wrapped under a day before this one.
    pub fn forget_before(&mut self, day: u32) {
        self.effects.forget_before = Some(day);
    }

    /// Erases for good, once this turn is durable, everything kept under these numbers.
    pub fn forget_keys(&mut self, numbers: Vec<u64>) {
        self.effects.forget_keys.extend(numbers);
    }

    pub fn send(&mut self, device: DeviceId, lane: Lane, frame: &Frame) -> Step {
        let frame = frame.encode()?;
        self.transmit(Transmit::Send { device, lane, frame });
        Ok(())
    }

    /// A linked device asks for work that brings us nothing; of that each may ask only so much.
    pub fn spend(&mut self, device: &DeviceId, cost: u32) -> Step {
        let now_ms = self.now_ms;
        let link = self.live.links.get_mut(device);
        if link.is_none_or(|link| link.allowance.spend(cost, now_ms)) {
            Ok(())
        } else {
            Err(Fault::Peer("more questions than one device may ask"))
        }
    }

    /// The effects, with the overlay as their batch.
    pub fn finish(mut self) -> Effects {
        self.effects.batch = self.store.into_batch();
        self.effects
    }
}
