//! Making an epoch: a secret, and a seal of it for every device that can be reached.
//!
//! A seal takes a fifth of a millisecond, so a few are made at once, and many are a task beside the engine. Until it has
//! ended nothing is announced and nothing is kept: should the program end before, there was no epoch, and whoever next
//! writes has one made.

use kith_crypto::{
    ConversationId, CryptoError, DeviceId, DeviceKey, EpochSecret, Prekey, SealPurpose, SealedEpoch, Signed,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng};

use crate::{
    conversations,
    live::Awaited,
    own,
    records::{Conversation, PeerDevice},
    redacted::shows_only,
    tasks::{Task, TaskDone},
    turn::{Fault, Step, Turn},
};

/// So many seals are made within a turn: under a millisecond of work.
const MOST_AT_ONCE: usize = 4;

/// A task that has not ended after this time has failed, milliseconds.
const PATIENCE_MS: u64 = 30_000;

/// An epoch to be made.
#[derive(Clone)]
pub struct Sealing {
    epoch: SealedEpoch,
    /// All whom it is meant for, ourselves included.
    devices: Vec<DeviceId>,
    /// The signed prekeys of the others.
    prekeys: Vec<(DeviceId, Vec<u8>)>,
    /// Who signs.
    author: DeviceKey,
    /// What the task draws chance from.
    seed: [u8; 32],
}

shows_only!(Sealing { devices });

/// An epoch that has been made, and that nobody knows of yet.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Its keys.
    pub(super) epoch: SealedEpoch,
    /// All whom it is meant for, ourselves included.
    pub(super) devices: Vec<DeviceId>,
    /// The seals; a device whose prekey is not sound has none.
    pub(super) seals: Vec<(DeviceId, Vec<u8>)>,
}

impl Sealing {
    fn prepare(turn: &mut Turn, conversation: &Conversation) -> Step<Self> {
        let devices = super::reachable_devices(turn, conversation)?;
        let topic_secret = super::topic_for(turn, conversation, &devices)?;
        let me = turn.device();
        let mut prekeys = Vec::with_capacity(devices.len());
        for device in devices.iter().filter(|device| **device != me) {
            let peer = turn.load::<PeerDevice>(&PeerDevice::at(device))?;
            prekeys.extend(peer.map(|peer| (*device, peer.prekey)));
        }
        let mut seed = [0; 32];
        turn.rng.fill_bytes(&mut seed);
        Ok(Self {
            epoch: SealedEpoch {
                conversation: conversation.id,
                secret: EpochSecret::generate(turn.rng),
                topic_secret,
            },
            devices,
            prekeys,
            author: turn.me.device.clone(),
            seed,
        })
    }

    /// Makes the seals.
    pub(crate) fn run(self) -> Result<Sealed, CryptoError> {
        let mut rng = ChaCha20Rng::from_seed(self.seed);
        let payload = self.epoch.encode()?;
        let mut seals = Vec::with_capacity(self.prekeys.len());
        for (device, prekey) in &self.prekeys {
            if let Some(seal) = self.seal(prekey, &payload, &mut rng)? {
                seals.push((*device, seal));
            }
        }
        Ok(Sealed {
            epoch: self.epoch,
            devices: self.devices,
            seals,
        })
    }

    /// `None` for a prekey that is not sound.
    fn seal(
        &self,
        prekey: &[u8],
        payload: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<Vec<u8>>, CryptoError> {
        // It was verified when it was kept.
        let Ok(prekey) = Signed::<Prekey>::open_trusted(prekey) else {
            return Ok(None);
        };
        let aad = self.epoch.conversation.as_bytes();
        kith_crypto::seal_to(&prekey, &self.author, SealPurpose::Epoch, aad, payload, rng).map(Some)
    }
}

/// Makes an epoch for whoever can be reached now: at once, or by a task if they are many.
pub(super) fn make(turn: &mut Turn, conversation: &mut Conversation) -> Step {
    if own::profile(turn)?.outdated || is_under_way(turn, &conversation.id) {
        // Under a device that is outdated nothing more is written.
        return Ok(());
    }
    turn.live.epoch_made_at_ms.insert(conversation.id, turn.now_ms);
    let sealing = Sealing::prepare(turn, conversation)?;
    if sealing.prekeys.len() <= MOST_AT_ONCE {
        return super::announce(turn, conversation, &sealing.run()?);
    }
    let awaited = Awaited {
        epoch: sealing.epoch.secret.id(),
        until_ms: turn.now_ms.saturating_add(PATIENCE_MS),
    };
    turn.live.sealing.insert(conversation.id, awaited);
    turn.task(Task::Seal(Box::new(sealing)));
    Ok(())
}

fn is_under_way(turn: &Turn, conversation: &ConversationId) -> bool {
    let awaited = turn.live.sealing.get(conversation);
    awaited.is_some_and(|awaited| awaited.until_ms > turn.now_ms)
}

/// A task has made the seals of an epoch, unless its keys would not do. What nobody waits for any more is let go; if other
/// devices can be reached by now than those it is sealed to, another is made, in a group when it is time.
pub(crate) fn done(turn: &mut Turn, done: TaskDone) -> Step {
    let TaskDone::Sealed(sealed) = done;
    let sealed = sealed.map_err(Fault::Crypto)?;
    let id = sealed.epoch.conversation;
    let awaited = turn.live.sealing.get(&id);
    if awaited.is_none_or(|awaited| awaited.epoch != sealed.epoch.secret.id()) {
        return Ok(());
    }
    turn.live.sealing.remove(&id);
    // It may have been removed meanwhile.
    let Ok(mut conversation) = conversations::find(turn, &id) else {
        return Ok(());
    };
    if own::profile(turn)?.outdated {
        return Ok(());
    }
    if super::reachable_devices(turn, &conversation)? != sealed.devices {
        if conversation.group().is_none() {
            return make(turn, &mut conversation);
        }
        // Members could change their devices as often as this is made. Those who are there are served by it, unless
        // somebody has been removed.
        let live = super::live_devices(turn, &conversation)?;
        if !sealed.devices.iter().all(|device| live.contains(device)) {
            return Ok(());
        }
    }
    super::announce(turn, &mut conversation, &sealed)?;
    super::topics::subscribe(turn)
}

#[cfg(test)]
mod tests;
