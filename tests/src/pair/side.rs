//! One engine, and what it decided and nobody has carried out yet.

use std::collections::VecDeque;

use kith_crypto::{AccountId, AccountKey, ConversationId, DeviceId, DeviceKey, Identity};
use kith_node::{
    Command, CommandError, Engine, Event, Origin, Reply,
    effects::{Effects, Transmit},
    input::{BatchId, CommandId, Input, NetEvent},
    store::{Damage, Overlay, Read, Store, StoreError, Write},
    tasks::Task,
    view::{DamageView, PathView},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// Somebody made up: the same for the same number.
pub fn identity(number: u64) -> Identity {
    let [low, high @ ..] = number.to_le_bytes();
    let mut seed = [low; 32];
    seed.iter_mut().zip(high).for_each(|(seed, high)| *seed ^= high);
    let mut rng = ChaCha20Rng::from_seed(seed);
    let account = AccountKey::generate(&mut rng);
    Identity {
        account: account.id(),
        device: DeviceKey::generate(&mut rng),
        account_key: Some(account),
    }
}

/// One engine, its store, and what it decided and nobody has carried out yet.
pub struct Side<'s> {
    engine: Engine,
    store: &'s dyn Store,
    pending: Overlay<'s>,
    writes_pending: usize,
    group: usize,
    decided: BatchId,
    told: Option<Vec<Event>>,
    rng: ChaCha20Rng,
    device_list: Vec<u8>,
    commands: u64,
    /// Whose engine it is.
    pub account: AccountId,
    /// On which device.
    pub device: DeviceId,
    /// When its timer is due, unix milliseconds.
    pub wake_at_ms: u64,
    /// How far its clock is ahead of the time, milliseconds.
    pub clock_ahead_ms: u64,
    /// What it wants done beside it, oldest first; [`Side::works`] does it.
    pub tasks: VecDeque<Task>,
    /// What it wants of the network, oldest first.
    pub wishes: VecDeque<Transmit>,
}

impl<'s> Side<'s> {
    /// An engine that has just started. Inputs share a commit and a flush until they have written `group` records; with 1
    /// each has its own, as a busy disk would not allow the shell.
    ///
    /// What waits lies in an overlay, and each scan looks through all of it: larger groups cost more than they save.
    ///
    /// # Panics
    /// If the engine does not name itself.
    pub fn new(identity: Identity, name: &str, store: &'s dyn Store, group: usize, now_ms: u64) -> Self {
        Self::with_damage(identity, name, store, (group, now_ms), None)
    }

    /// As [`Side::new`], on a store that was damaged and rescued.
    ///
    /// # Panics
    /// As [`Side::new`].
    pub fn with_damage(
        identity: Identity,
        name: &str,
        store: &'s dyn Store,
        (group, now_ms): (usize, u64),
        damage: Option<DamageView>,
    ) -> Self {
        let name = name.into();
        let restored = false;
        Self::begun(
            identity,
            Origin { name, restored },
            store,
            (group, now_ms),
            damage,
        )
    }

    /// As [`Side::new`], on a device where the account was restored from its words.
    ///
    /// # Panics
    /// As [`Side::new`].
    pub fn from_words(identity: Identity, name: &str, store: &'s dyn Store, now_ms: u64) -> Self {
        let name = name.into();
        let restored = true;
        Self::begun(identity, Origin { name, restored }, store, (1, now_ms), None)
    }

    /// As [`Side::new`], on a machine whose clock is ahead of the time by this, milliseconds.
    ///
    /// # Panics
    /// As [`Side::new`].
    pub fn by_clock(
        identity: Identity,
        name: &str,
        store: &'s dyn Store,
        now_ms: u64,
        clock_ahead_ms: u64,
    ) -> Self {
        let side = Self::new(identity, name, store, 1, now_ms + clock_ahead_ms);
        Self {
            clock_ahead_ms,
            wake_at_ms: side.wake_at_ms.saturating_sub(clock_ahead_ms),
            ..side
        }
    }

    fn begun(
        identity: Identity,
        origin: Origin,
        store: &'s dyn Store,
        (group, now_ms): (usize, u64),
        damage: Option<DamageView>,
    ) -> Self {
        let (account, device) = (identity.account, identity.device.id());
        let damage = damage.map(|told| Damage {
            // After each damage it is another device.
            id: u64::from_le_bytes(device.as_bytes().first_chunk().copied().unwrap_or_default()),
            kept_at: told.kept_at.map(Into::into),
            records_recovered: told.records_recovered,
            records_lost_at_least: told.records_lost_at_least,
        });
        let mut side = Self {
            engine: Engine::new(identity, origin, damage),
            store,
            pending: Overlay::new(store as &dyn Read),
            writes_pending: 0,
            group,
            decided: BatchId(0),
            told: None,
            rng: ChaCha20Rng::from_seed(*device.as_bytes()),
            device_list: Vec::new(),
            commands: 0,
            account,
            device,
            wake_at_ms: u64::MAX,
            clock_ahead_ms: 0,
            tasks: VecDeque::new(),
            wishes: VecDeque::new(),
        };
        side.input(Input::Started, now_ms);
        let list = side.wishes.iter().find_map(|wish| match wish {
            Transmit::Identify { device_list, .. } => Some(device_list.clone()),
            _ => None,
        });
        side.device_list = list.expect("an engine names itself when it starts");
        side
    }

    /// One input; its writes wait for their group.
    pub fn input(&mut self, input: Input, now_ms: u64) -> Effects {
        let own_now_ms = now_ms + self.clock_ahead_ms;
        let mut effects = self
            .engine
            .handle(input, &self.pending, own_now_ms, &mut self.rng);
        for write in effects.batch.writes() {
            match write {
                Write::Put { key, value, keep } => self.pending.put(key.clone(), value.clone(), *keep),
                Write::Delete { key } => self.pending.delete(key.clone()),
            }
        }
        self.decided = effects.number;
        let wake_at_ms = effects.wake_at_ms.unwrap_or(u64::MAX);
        self.wake_at_ms = wake_at_ms.saturating_sub(self.clock_ahead_ms);
        self.wishes.extend(effects.transmits.drain(..));
        self.tasks.extend(effects.tasks.drain(..));
        if let Some(told) = &mut self.told {
            told.extend(effects.events.iter().cloned());
        }
        self.writes_pending += effects.batch.writes().len();
        let forgets = effects.forget_before.is_some() || !effects.forget_keys.is_empty();
        if self.writes_pending >= self.group || forgets {
            self.commit();
        }
        if let Some(day) = effects.forget_before {
            self.store.forget_before(day).expect("the store forgets");
        }
        let forgotten = self.store.forget_keys(&effects.forget_keys);
        forgotten.expect("the store forgets");
        effects
    }

    /// Does what it wants done beside it.
    pub fn works(&mut self, now_ms: u64) {
        while let Some(task) = self.tasks.pop_front() {
            self.input(Input::TaskDone(task.run()), now_ms);
        }
    }

    /// One input whose batch the disk does not take: nothing of it happens.
    pub fn in_vain(&mut self, input: Input, now_ms: u64) {
        let now_ms = now_ms + self.clock_ahead_ms;
        let effects = self.engine.handle(input, &self.pending, now_ms, &mut self.rng);
        let full = StoreError::DiskFull {
            free_bytes: 0,
            needed_bytes: 1,
        };
        let told = self.engine.not_committed(&effects, &full, now_ms);
        let wake_at_ms = told.wake_at_ms.unwrap_or(u64::MAX);
        self.wake_at_ms = wake_at_ms.saturating_sub(self.clock_ahead_ms);
    }

    /// Commits and flushes what waits.
    ///
    /// # Panics
    /// If the store fails.
    pub fn commit(&mut self) {
        self.writes_pending = 0;
        let pending = std::mem::replace(&mut self.pending, Overlay::new(self.store as &dyn Read));
        self.store
            .commit(&pending.into_batch())
            .expect("the store commits");
        self.store.flush().expect("the store flushes");
    }

    /// Tells the engine that everything committed is durable, as the shell does after each flush.
    pub fn flushed(&mut self, now_ms: u64) {
        self.input(Input::Flushed(self.decided), now_ms);
    }

    /// A command that must succeed.
    ///
    /// # Panics
    /// If it does not.
    pub fn does(&mut self, command: Command, now_ms: u64) -> Reply {
        self.tries(command, now_ms).expect("a command succeeds")
    }

    /// A command, and what it answers.
    ///
    /// # Panics
    /// If it is not answered.
    pub fn tries(&mut self, command: Command, now_ms: u64) -> Result<Reply, CommandError> {
        self.commands += 1;
        let id = CommandId(self.commands);
        let effects = self.input(Input::Command { id, command }, now_ms);
        let answer: Option<Result<Reply, CommandError>> = effects
            .replies
            .into_iter()
            .find_map(|(asked, answer)| (asked == id).then_some(answer));
        answer.expect("a command is answered")
    }

    /// What its listeners were told since this was asked last; the first time nothing, since nobody listened.
    pub fn told(&mut self) -> Vec<Event> {
        self.told.replace(Vec::new()).unwrap_or_default()
    }

    /// Writes a text.
    pub fn sends(&mut self, conversation: ConversationId, text: String, now_ms: u64) {
        self.does(Command::SendMessage { conversation, text }, now_ms);
    }

    /// Its signed device list.
    pub fn device_list(&self) -> &[u8] {
        &self.device_list
    }

    /// A link with another stands.
    pub(crate) fn link_up(&mut self, other: &Side<'_>, now_ms: u64) {
        let link = NetEvent::LinkUp {
            device: other.device,
            account: other.account,
            device_list: other.device_list.clone(),
            path: PathView::Lan,
            binding: [7; 32],
        };
        self.input(Input::Net(link), now_ms);
    }
}
