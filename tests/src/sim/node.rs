//! One machine: an engine, its store, its clock, and the shell's work around it, all in virtual time.
//!
//! The order is the one that `kith_node::node` keeps: commit, tell, flush, then transmit, with one flush at a time and
//! whatever gathers meanwhile sharing the next one. A crash can fall between any two of these.

use std::collections::{BTreeMap, BTreeSet};

use kith_crypto::{AccountId, AccountKey, DeviceId, DeviceKey, Identity};
use kith_node::{
    Command, CommandError, Engine, Event, Origin, Reply,
    effects::{Effects, Transmit},
    input::{CommandId, Input},
    store::{MemoryStore, Store, StoreError},
};
use rand_chacha::ChaCha20Rng;

use super::{
    dice,
    report::Happening,
    witness::{Checked, Known, Told, broken},
    world::{Plan, World},
};

/// The shell never sleeps longer than this without looking at the clock, milliseconds.
const LONGEST_SLEEP_MS: u64 = 30_000;
/// The longest flush of a slow disk, milliseconds.
const SLOW_FLUSH_MS: u64 = 4_000;

/// The longest that a task beside the engine takes, milliseconds.
const LONGEST_TASK_MS: u64 = 200;

/// Chance of machines is drawn for this purpose and those after it.
const MACHINES: u8 = 100;

/// Decided, and waiting to become durable.
struct Outgoing {
    number: u64,
    wrote: bool,
    transmits: Vec<Transmit>,
    forget_before: Option<u32>,
    forget_keys: Vec<u64>,
}

/// What the network's side of a machine knows; gone when the machine stops.
#[derive(Default)]
pub(super) struct NetSide {
    /// In whose name links are made: the account and its signed list.
    pub name: Option<(AccountId, Vec<u8>)>,
    /// Devices that gossip is allowed with.
    pub known: BTreeSet<DeviceId>,
    /// Topics taken part in.
    pub topics: BTreeSet<String>,
    /// Addresses that the local network told.
    pub learned: BTreeMap<DeviceId, String>,
}

/// One machine.
pub(super) struct Machine {
    pub name: &'static str,
    pub identity: Identity,
    pub device: DeviceId,
    pub store: MemoryStore,
    pub net: NetSide,
    /// Where it is reached now.
    pub address: String,
    /// Counts starts: what was planned for an earlier one is void.
    pub life: u32,
    /// How far its clock is ahead of the truth, milliseconds.
    pub clock_ahead_ms: i64,
    /// By how much it was set in all, milliseconds.
    pub clock_set_ms: u64,
    /// The longest that a flush takes, milliseconds.
    pub flush_ms: u64,
    engine: Option<Engine>,
    rng: ChaCha20Rng,
    wake_at_ms: u64,
    asleep_since_ms: u64,
    waiting: Vec<Outgoing>,
    going: Vec<Outgoing>,
    next_command: u64,
    /// The number of the newest batch it decided.
    pub newest_batch: u64,
    /// Until when its flushes take seconds, in true time.
    pub slow_until_ms: u64,
    /// How often the timer woke it.
    pub timers: u64,
    /// How much has left it towards others.
    pub left: u64,
}

impl Machine {
    /// A machine of a new person, not started.
    pub fn new(seed: u64, number: usize, name: &'static str) -> Self {
        let mut rng = dice::source(
            seed,
            MACHINES.saturating_add(u8::try_from(number).unwrap_or(u8::MAX)),
        );
        let key = AccountKey::generate(&mut rng);
        let device = DeviceKey::generate(&mut rng);
        Self {
            name,
            device: device.id(),
            identity: Identity {
                account: key.id(),
                device,
                account_key: Some(key),
            },
            store: MemoryStore::new(),
            net: NetSide::default(),
            address: format!("/ip4/10.0.0.{number}/udp/4001/quic-v1"),
            life: 0,
            clock_ahead_ms: 0,
            clock_set_ms: 0,
            flush_ms: 1,
            engine: None,
            rng,
            wake_at_ms: u64::MAX,
            asleep_since_ms: 0,
            waiting: Vec::new(),
            going: Vec::new(),
            next_command: 0,
            newest_batch: 0,
            slow_until_ms: 0,
            timers: 0,
            left: 0,
        }
    }

    /// Whose it is, as everyone knows them.
    pub fn known(&self) -> Known {
        Known {
            name: self.name,
            device: self.device,
            account: self.identity.account,
        }
    }

    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        self.engine.is_some()
    }

    /// When its timer is due, in true time.
    pub fn timer_at_ms(&self) -> Option<u64> {
        self.engine.as_ref()?;
        let wake = self
            .wake_at_ms
            .saturating_add_signed(self.clock_ahead_ms.saturating_neg());
        // At least a millisecond passes between two inputs of one timer.
        Some(
            wake.max(self.asleep_since_ms.saturating_add(1))
                .min(self.asleep_since_ms.saturating_add(LONGEST_SLEEP_MS)),
        )
    }

    /// Whether anything that was decided has not gone out yet.
    pub fn has_work(&self) -> bool {
        !self.waiting.is_empty() || !self.going.is_empty()
    }

    /// Whether something is durable that was to go out then.
    pub fn has_unsent(&self) -> bool {
        let mut going = self.going.iter();
        going.any(|outgoing| !outgoing.transmits.is_empty())
    }

    /// It stops, whatever it was about to do.
    pub fn stop(&mut self) {
        self.engine = None;
        self.waiting.clear();
        self.going.clear();
        self.net = NetSide::default();
        self.life += 1;
    }
}

impl World {
    /// Starts a machine.
    pub fn start(&mut self, node: usize) -> Checked {
        if self.machines[node].is_up() {
            return Ok(());
        }
        let machine = &mut self.machines[node];
        let origin = Origin {
            name: machine.name.into(),
            restored: false,
        };
        machine.engine = Some(Engine::new(machine.identity.clone(), origin, None));
        let address = machine.address.clone();
        self.say(node, "starts");
        if self.machines[node].life > 0 {
            self.tally.note(Happening::Restarted);
        }
        self.give(node, Input::Started)?;
        self.look(node)?;
        let after = self.dice.between(1, 50);
        self.plan(after, node, Plan::OwnAddresses { node, address });
        Ok(())
    }

    /// Gives a machine one input and does what its engine wants; gives the answers to commands.
    pub fn give(
        &mut self,
        node: usize,
        input: Input,
    ) -> Checked<Vec<(CommandId, Result<Reply, CommandError>)>> {
        let now_ms = self.now_ms;
        let machine = &mut self.machines[node];
        let Some(engine) = &mut machine.engine else {
            return Ok(Vec::new());
        };
        let own_now_ms = now_ms.saturating_add_signed(machine.clock_ahead_ms);
        let mut effects = engine.handle(input, &machine.store, own_now_ms, &mut machine.rng);
        if !effects.batch.is_empty()
            && let Err(error) = machine.store.commit(&effects.batch)
        {
            self.tally.note(Happening::DiskFull);
            effects = engine.not_committed(&effects, &error, own_now_ms);
        }
        self.witness.wrote(node, effects.number.0, &effects.batch);
        machine.wake_at_ms = effects.wake_at_ms.unwrap_or(u64::MAX);
        machine.asleep_since_ms = now_ms;
        self.pass_on(node, effects)
    }

    fn pass_on(
        &mut self,
        node: usize,
        effects: Effects,
    ) -> Checked<Vec<(CommandId, Result<Reply, CommandError>)>> {
        let Effects {
            batch,
            replies,
            events,
            transmits,
            tasks,
            forget_before,
            forget_keys,
            number,
            ..
        } = effects;
        if !batch.is_empty() {
            self.machines[node].newest_batch = number.0;
        }
        let told = Told {
            batch: number.0,
            ..self.told(node)
        };
        let mut is_stale = false;
        for event in &events {
            self.witness.hears_of_group(node, event)?;
        }
        for event in events {
            self.witness.told(node, told, &event)?;
            if let Event::MessageRemoved {
                conversation,
                position,
            } = &event
                && self.witness.disappeared(node, conversation, position)
            {
                self.tally.note(Happening::Disappeared);
            }
            is_stale |= matches!(event, Event::Reload);
        }
        for task in tasks {
            let after = self.dice.between(1, LONGEST_TASK_MS);
            let done = Box::new(task.run());
            self.plan(after, node, Plan::TaskDone { node, done });
        }
        let outgoing = Outgoing {
            number: number.0,
            wrote: !batch.is_empty(),
            transmits,
            forget_before,
            forget_keys,
        };
        let forgets = outgoing.forget_before.is_some() || !outgoing.forget_keys.is_empty();
        if outgoing.wrote || !outgoing.transmits.is_empty() || forgets {
            self.machines[node].waiting.push(outgoing);
            self.plan_flush(node);
        }
        if is_stale {
            self.look(node)?;
        }
        Ok(replies)
    }

    fn plan_flush(&mut self, node: usize) {
        let machine = &self.machines[node];
        if machine.going.is_empty() && machine.waiting.len() == 1 {
            self.plan_next_flush(node);
        }
    }

    fn plan_next_flush(&mut self, node: usize) {
        let machine = &self.machines[node];
        let most = if self.now_ms < machine.slow_until_ms {
            SLOW_FLUSH_MS
        } else {
            machine.flush_ms
        };
        let after = self.dice.between(0, most);
        self.plan(after, node, Plan::Flush { node });
    }

    /// The flusher: what has gathered becomes durable.
    pub fn flush(&mut self, node: usize) -> Checked {
        let machine = &mut self.machines[node];
        machine.going = std::mem::take(&mut machine.waiting);
        if machine.going.iter().any(|outgoing| outgoing.wrote) {
            let flushed = machine.store.flush();
            flushed.map_err(|error| broken(format!("the memory store does not flush: {error}")))?;
        }
        let Some(last) = machine.going.last() else {
            return Ok(());
        };
        let number = last.number;
        self.witness.flushed(node, number);
        let (told, sent) = (self.dice.between(0, 3), self.dice.between(0, 3));
        self.plan(told, node, Plan::Durable { node, number });
        self.plan(sent, node, Plan::LetOut { node });
        Ok(())
    }

    /// After the flush: what waited for it goes out.
    pub fn let_out(&mut self, node: usize) -> Checked {
        let going = std::mem::take(&mut self.machines[node].going);
        for outgoing in going {
            if let Some(day) = outgoing.forget_before {
                let forgotten = self.machines[node].store.forget_before(day);
                forgotten.map_err(|error| broken(format!("the memory store does not forget: {error}")))?;
            }
            // On a full disk the key files cannot be written; the engine has noted it and asks again.
            match self.machines[node].store.forget_keys(&outgoing.forget_keys) {
                Ok(()) | Err(StoreError::DiskFull { .. }) => {}
                Err(error) => return Err(broken(format!("the memory store does not forget: {error}"))),
            }
            for transmit in outgoing.transmits {
                self.transmit(node, transmit)?;
            }
        }
        if !self.machines[node].waiting.is_empty() {
            self.plan_next_flush(node);
        }
        Ok(())
    }

    /// A person asks their node for something; `None` while it is down.
    pub fn asks(&mut self, node: usize, command: Command) -> Checked<Option<Result<Reply, CommandError>>> {
        if !self.machines[node].is_up() {
            return Ok(None);
        }
        self.machines[node].next_command += 1;
        let id = CommandId(self.machines[node].next_command);
        let mut replies = self.give(node, Input::Command { id, command })?;
        match (replies.pop(), replies.is_empty()) {
            (Some((answered, result)), true) if answered == id => {
                self.witness.may_answer(node, &result)?;
                Ok(Some(result))
            }
            _ => Err(broken(format!(
                "{}: a command has not one answer",
                self.machines[node].name
            ))),
        }
    }

    /// The timer of a machine is due.
    pub fn timer(&mut self, node: usize) -> Checked {
        self.machines[node].timers += 1;
        self.give(node, Input::Timer).map(drop)
    }
}
