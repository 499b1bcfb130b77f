//! The engine: everything Kith decides, as a function of an input, the store, the time and randomness.
//!
//! It is not async, owns no socket, file or clock, and never waits. The shell in `node` and the simulator feed it the
//! same inputs and perform the same effects.

mod answers;
mod faults;
mod news;
#[cfg(test)]
mod tests;
mod times;

use std::panic::{AssertUnwindSafe, catch_unwind};

use kith_crypto::{DeviceId, Identity};
use rand_core::CryptoRng;

use self::faults::Faults;
use crate::{
    carriers,
    contacts::{dialing, discovery, kept_out},
    conversations::erasure,
    effects::{Effects, Transmit},
    epochs,
    error::CommandError,
    event::Event,
    input::{BatchId, CommandId, Input, NetEvent},
    live::{Live, RECOVERY_PAUSE_MS},
    network,
    own::Origin,
    store::{Damage, Read, StoreError},
    sync,
    turn::{DAY_MS, Fault, Step, Turn},
};

/// After this many broken rules on one link the device is cut off; an honest device breaks none.
const MOST_OFFENCES: u32 = 8;

/// After an input that came to nothing the engine is not woken sooner than this, milliseconds: whatever was due and
/// failed is still due.
const FAILURE_PAUSE_MS: u64 = 1_000;

/// What an engine begins with, the first time and whenever it has to begin anew.
struct Beginning {
    origin: Origin,
    damage: Option<Damage>,
}

/// All decisions of one node.
pub struct Engine {
    me: Identity,
    beginning: Beginning,
    live: Live,
    faults: Faults,
    /// Looking when to wake panics, for a test of what comes then.
    #[cfg(test)]
    wakes_badly: bool,
}

impl Engine {
    /// An engine that acts as `me`. `origin` is used when the store holds no profile yet; `damage` is what opening the
    /// store has found, to be mended if that has not been done, and told.
    pub fn new(me: Identity, origin: Origin, damage: Option<Damage>) -> Self {
        Self {
            me,
            beginning: Beginning { origin, damage },
            live: Live::default(),
            faults: Faults::default(),
            #[cfg(test)]
            wakes_badly: false,
        }
    }

    /// Handles one input. `store` is what has been committed, `wall_ms` what the machine's clock shows, unix milliseconds.
    ///
    /// The effects must be performed in the order that [`Effects`] states, and their batch committed before the next
    /// input is handled; if it cannot be, call [`Engine::not_committed`] and perform nothing of them.
    pub fn handle(
        &mut self,
        input: Input,
        store: &dyn Read,
        wall_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Effects {
        self.live.batch = BatchId(self.live.batch.0.saturating_add(1));
        let number = self.live.batch;
        let asker = match &input {
            Input::Command { id, .. } => Some(*id),
            _ => None,
        };
        let sender = match &input {
            Input::Net(
                NetEvent::Frame { device, .. }
                | NetEvent::Gossip { device, .. }
                | NetEvent::Strayed { device, .. },
            ) => Some(*device),
            _ => None,
        };
        let unjudged = match &input {
            Input::Net(NetEvent::Gossip { id, .. }) => Some(*id),
            _ => None,
        };
        let now_ms = self.live.notice_wall(wall_ms);
        let handled = catch_unwind(AssertUnwindSafe(|| self.turn(input, store, now_ms, rng)));
        let came_to_nothing = !matches!(handled, Ok(Ok(_)));
        let mut effects = match handled {
            Ok(Ok(effects)) => effects,
            Ok(Err(fault)) => self.failed(fault, asker, sender, now_ms),
            Err(_) => self.panicked(asker, now_ms),
        };
        if came_to_nothing {
            self.live.forget_unflushed(number);
        }
        effects.number = number;
        if came_to_nothing && let Some(id) = unjudged {
            // Whatever became of it here, the network waits for a verdict.
            effects.transmits.push(Transmit::Judge { id, forward: false });
        }
        if self.live.disk.is_some() && !effects.batch.is_empty() {
            self.live.proves_disk.get_or_insert(number);
        }
        // Another time may be believed now.
        let now_ms = self.live.wall.corrected(wall_ms);
        let earliest_ms = if came_to_nothing {
            now_ms.saturating_add(FAILURE_PAUSE_MS)
        } else {
            now_ms
        };
        let wake_at_ms = catch_unwind(AssertUnwindSafe(|| self.wake_at_ms(store, now_ms, rng)));
        let wake_at_ms = wake_at_ms.unwrap_or_else(|_| {
            effects.events.extend(self.faults.tell("engine", now_ms));
            now_ms.saturating_add(RECOVERY_PAUSE_MS)
        });
        effects.wake_at_ms = Some(self.live.wall.shown_at(wake_at_ms.max(earliest_ms)));
        effects
    }

    fn turn(
        &mut self,
        input: Input,
        store: &dyn Read,
        now_ms: u64,
        rng: &mut dyn CryptoRng,
    ) -> Step<Effects> {
        let Self {
            me, beginning, live, ..
        } = self;
        let mut turn = Turn::new(store, now_ms, rng, me, live);
        match input {
            Input::Started => times::start(&mut turn, beginning)?,
            Input::Command { id, command } => {
                times::begin_if_lost(&mut turn, beginning)?;
                let reply = answers::answer(&mut turn, command)?;
                turn.reply(id, Ok(reply));
            }
            Input::Net(event) => news::hear(&mut turn, beginning, event)?,
            Input::Timer => {
                let begins_anew = times::recover(&mut turn, beginning)?;
                times::tick(&mut turn)?;
                if begins_anew {
                    times::recovered(&mut turn);
                }
            }
            Input::TaskDone(done) => epochs::sealing::done(&mut turn, done)?,
            Input::Flushed(up_to) => times::flushed(&mut turn, up_to)?,
            Input::NotFlushed(trouble) => {
                turn.live.disk = Some(trouble);
                turn.live.proves_disk = Some(BatchId(0));
                network::emit(&mut turn)?;
            }
        }
        Ok(turn.finish())
    }

    /// A turn came to nothing: its writes and wishes are gone; whoever caused it is told.
    fn failed(
        &mut self,
        fault: Fault,
        asker: Option<CommandId>,
        sender: Option<DeviceId>,
        now_ms: u64,
    ) -> Effects {
        let mut effects = Effects::default();
        // What was counted may not have come to be.
        self.live.full.clear();
        self.live.held = None;
        if asker.is_none() && sender.is_none() {
            self.live.look_for_deletions(now_ms);
        }
        if let Fault::Store(error) = &fault {
            self.live.disk = error.disk_trouble().or(self.live.disk);
            self.recover_later(asker.is_some(), now_ms);
        }
        match (asker, sender, fault) {
            (Some(id), _, fault) => effects.replies.push((id, Err(fault.into_command_error()))),
            (None, Some(device), Fault::Peer(rule)) => {
                tracing::warn!(device = ?device, rule, "a device broke a rule");
                if self.offended(device) {
                    self.live.shun(device, now_ms);
                    effects.transmits.push(Transmit::Forget { device });
                }
            }
            (None, _, fault) => tracing::warn!(%fault, "an input came to nothing"),
        }
        effects
    }

    /// An input came to nothing for the store's sake. A caller is told and may try again; what the network said is not
    /// said again by itself, and what it was to be told was not told.
    fn recover_later(&mut self, was_asked: bool, now_ms: u64) {
        if !was_asked {
            let at_ms = now_ms.saturating_add(RECOVERY_PAUSE_MS);
            self.live.recover_at_ms.get_or_insert(at_ms);
        }
    }

    /// Counts a broken rule; true once the device is to be cut off.
    fn offended(&mut self, device: DeviceId) -> bool {
        let Some(link) = self.live.links.get_mut(&device) else {
            return false;
        };
        link.offences = link.offences.saturating_add(1);
        link.offences >= MOST_OFFENCES
    }

    /// A panic was contained: the turn is gone as if it had failed, and the place is told, never the content. What it had
    /// changed in memory may wait for effects that never come, such as the first words on a link: so all is begun anew, the
    /// later the more often that was done in vain.
    fn panicked(&mut self, asker: Option<CommandId>, now_ms: u64) -> Effects {
        self.live.forget_progress(now_ms);
        let at_ms = now_ms.saturating_add(self.faults.pause_ms(now_ms));
        self.live.recover_at_ms.get_or_insert(at_ms);
        let place = "engine";
        let mut effects = Effects {
            events: self.faults.tell(place, now_ms).into_iter().collect(),
            ..Effects::default()
        };
        let internal = CommandError::Internal { place: place.into() };
        effects.replies.extend(asker.map(|id| (id, Err(internal))));
        effects
    }

    /// Something beside the engine failed and was contained, at this place. `lost` says that what it had decided may not have
    /// been done. Gives what listeners are told, and when to wake.
    pub fn failed_beside(&mut self, place: &str, lost: bool, wall_ms: u64) -> (Option<Event>, u64) {
        let now_ms = self.live.wall.corrected(wall_ms);
        let mut wake_at_ms = u64::MAX;
        if lost {
            self.live.forget_progress(now_ms);
            let at_ms = now_ms.saturating_add(self.faults.pause_ms(now_ms));
            wake_at_ms = *self.live.recover_at_ms.get_or_insert(at_ms);
            wake_at_ms = self.live.wall.shown_at(wake_at_ms);
        }
        (self.faults.tell(place, now_ms), wake_at_ms)
    }

    /// The last batch could not be committed: nothing of that turn has happened. Gives what its callers are told.
    pub fn not_committed(&mut self, effects: &Effects, error: &StoreError, wall_ms: u64) -> Effects {
        let now_ms = self.live.wall.corrected(wall_ms);
        self.live.forget_unflushed(effects.number);
        self.live.forget_progress(now_ms);
        self.live.disk = error.disk_trouble().or(self.live.disk);
        // What was committed before may yet become durable: that says nothing about what comes.
        self.live.proves_disk = None;
        self.recover_later(!effects.replies.is_empty(), now_ms);
        let told = match error {
            StoreError::DiskFull { .. } => CommandError::DiskFull,
            other => CommandError::Storage {
                reason: other.to_string(),
            },
        };
        let replies = effects
            .replies
            .iter()
            .map(|(id, _)| (*id, Err(told.clone())))
            .collect();
        Effects {
            replies,
            events: vec![Event::Reload],
            number: effects.number,
            wake_at_ms: effects
                .wake_at_ms
                .map(|at_ms| at_ms.min(self.live.wall.shown_at(self.live.deletions_at_ms)))
                .map(|at_ms| at_ms.max(wall_ms.saturating_add(FAILURE_PAUSE_MS))),
            ..Effects::default()
        }
    }

    /// What the last input wished of the network was let go: everything is begun anew when the disk works again. Gives when
    /// to wake for that.
    pub fn not_passed_on(&mut self, wall_ms: u64) -> u64 {
        let now_ms = self.live.wall.corrected(wall_ms);
        self.recover_later(false, now_ms);
        self.live.wall.shown_at(self.live.recover_at_ms.unwrap_or(now_ms))
    }

    fn wake_at_ms(&mut self, store: &dyn Read, now_ms: u64, rng: &mut dyn CryptoRng) -> u64 {
        #[cfg(test)]
        assert!(!self.wakes_badly, "on purpose");
        let turn = Turn::new(store, now_ms, rng, &self.me, &mut self.live);
        [
            sync::next_at_ms(&turn),
            dialing::next_at_ms(&turn),
            kept_out::next_at_ms(&turn),
            discovery::next_at_ms(&turn),
            carriers::next_at_ms(&turn),
            turn.live.deletions_at_ms,
            erasure::next_at_ms(&turn),
            epochs::topics::next_change_ms(now_ms),
            turn.live.recover_at_ms.unwrap_or(u64::MAX),
            (now_ms / DAY_MS + 1) * DAY_MS,
        ]
        .into_iter()
        .min()
        .unwrap_or(u64::MAX)
    }
}
