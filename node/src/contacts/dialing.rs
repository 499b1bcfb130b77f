//! When which device is dialled. Each failure doubles the pause; a sign of life from the device ends it.
//!
//! Many may be away at once, and nothing gets better by asking each of a thousand every minute: whoever comes back dials
//! us. So few are dialled at a time, those who failed least first, and the more are away the longer the pauses are.

use std::cmp::Reverse;

use kith_crypto::{AccountId, DeviceId};

use crate::{
    effects::Transmit,
    frame::Reveal,
    live::Dialing,
    records::{Contact, PeerDevice, Standing},
    turn::{Step, Turn},
};

/// The first pause after a failure and the longest, milliseconds.
const FIRST_PAUSE_MS: u64 = 500;
const LONGEST_PAUSE_MS: u64 = 60_000;

/// How many are dialled at once: each attempt may hold a socket for each address, and a system gives a program a
/// thousand or so.
const MOST_AT_ONCE: usize = 32;

/// With more devices away than can be dialled at once, each further one makes the pauses of all longer by this,
/// milliseconds: so it takes one attempt in this time to keep asking them all.
const SPACING_MS: u64 = 2_000;

/// How long an attempt may be without any news before it counts as failed, milliseconds.
const PATIENCE_MS: u64 = 30_000;

/// Dials a device at the next opportunity.
pub(crate) fn soon(turn: &mut Turn, device: &DeviceId) {
    let at_ms = turn.now_ms.max(turn.live.shunned_until_ms(device));
    let dialing = turn.live.dialing.entry(*device).or_default();
    if !dialing.in_flight {
        dialing.next_at_ms = at_ms;
    }
}

/// Dials everyone at the next opportunity.
pub(crate) fn everyone_soon(turn: &mut Turn) -> Step {
    for contact in super::all(turn)? {
        let wanted = super::is_wanted(turn, &contact)?;
        for device in contact.devices.into_iter().filter(|_| wanted) {
            if !turn.live.links.contains_key(&device) {
                turn.live.dialing.entry(device).or_default().failures = 0;
                soon(turn, &device);
            }
        }
    }
    Ok(())
}

/// A device was seen, or a way to it was learned that was not known: it is dialled now, and if that fails the pauses
/// begin anew, however long it was away.
pub(crate) fn seen(turn: &mut Turn, device: &DeviceId, is_new_way: bool) {
    let dialing = turn.live.dialing.entry(*device).or_default();
    if is_new_way || !dialing.refused {
        dialing.failures = 0;
    }
    // What is under way may be on its way to where the device was before.
    dialing.again |= dialing.in_flight && is_new_way;
    soon(turn, device);
}

/// An attempt failed; `refused` by the device itself, or because it was not reached.
pub(crate) fn failed(turn: &mut Turn, device: &DeviceId, refused: bool) {
    let mut jitter = [0; 1];
    turn.rng.fill_bytes(&mut jitter);
    let now_ms = turn.now_ms;
    let crowd = turn.live.dialing.len().saturating_sub(MOST_AT_ONCE);
    let crowd_pause_ms = SPACING_MS.saturating_mul(u64::try_from(crowd).unwrap_or(u64::MAX));
    let Some(dialing) = turn.live.dialing.get_mut(device) else {
        return;
    };
    dialing.in_flight = false;
    dialing.refused = refused;
    if std::mem::take(&mut dialing.again) && !refused {
        dialing.next_at_ms = now_ms;
        return;
    }
    dialing.failures = dialing.failures.saturating_add(1);
    let doubled = FIRST_PAUSE_MS.saturating_mul(1 << dialing.failures.min(10));
    // Two who dial each other in step would fail in step: up to a quarter more, by chance.
    let pause = doubled.min(LONGEST_PAUSE_MS).max(crowd_pause_ms);
    let extra = pause / 4 * u64::from(jitter.first().copied().unwrap_or(0)) / 255;
    dialing.next_at_ms = now_ms.saturating_add(pause).saturating_add(extra);
}

/// Dials whoever is due, as far as there is room.
pub(crate) fn tick(turn: &mut Turn) -> Step {
    let now_ms = turn.now_ms;
    let due = turn
        .live
        .dialing
        .iter()
        .filter(|(_, dialing)| dialing.next_at_ms <= now_ms);
    let mut due: Vec<(Reverse<u32>, Reverse<u64>, DeviceId)> = due
        .map(|(device, dialing)| (Reverse(dialing.failures), Reverse(dialing.next_at_ms), *device))
        .collect();
    due.sort_unstable();
    while under_way(turn) < MOST_AT_ONCE
        && let Some((_, _, device)) = due.pop()
    {
        if turn.live.links.contains_key(&device) {
            turn.live.dialing.remove(&device);
        } else {
            dial(turn, device)?;
        }
    }
    Ok(())
}

/// How many attempts may still have news.
fn under_way(turn: &Turn) -> usize {
    let dialing = turn.live.dialing.values();
    dialing
        .filter(|dialing| dialing.is_under_way(turn.now_ms))
        .count()
}

fn dial(turn: &mut Turn, device: DeviceId) -> Step {
    let peer = turn.load::<PeerDevice>(&PeerDevice::at(&device))?;
    let contact = match &peer {
        Some(peer) => super::find(turn, &peer.account)?,
        None => None,
    };
    let addresses = peer.map(|peer| peer.addresses).unwrap_or_default();
    let reveal = Reveal {
        token: contact.as_ref().and_then(token),
    };
    let payload = postcard::to_allocvec(&reveal)?;
    let now_ms = turn.now_ms;
    let dialing = turn.live.dialing.entry(device).or_default();
    *dialing = Dialing {
        failures: dialing.failures,
        in_flight: true,
        next_at_ms: now_ms.saturating_add(PATIENCE_MS),
        ..*dialing
    };
    turn.transmit(Transmit::Dial {
        device,
        addresses,
        payload,
    });
    Ok(())
}

fn token(contact: &Contact) -> Option<[u8; 16]> {
    match &contact.standing {
        Standing::Waiting { token } => Some(*token),
        Standing::Accepted | Standing::Refused(_) | Standing::Blocked | Standing::Fellow => None,
    }
}

/// A device was found: on the local network, or it told its addresses. `None` for a device that nobody has named.
pub(crate) fn discovered(turn: &mut Turn, device: DeviceId, addresses: &[String], lan: bool) -> Step {
    let Some(mut peer) = turn.load::<PeerDevice>(&PeerDevice::at(&device))? else {
        // After a restore nobody is known, but whoever is on the local network may remember us.
        if lan && super::links::is_restored(turn)? && device != turn.device() {
            let payload = postcard::to_allocvec(&Reveal::default())?;
            turn.transmit(Transmit::Dial {
                device,
                addresses: addresses.to_vec(),
                payload,
            });
        }
        return Ok(());
    };
    let is_new_way = peer.learn(addresses);
    if is_new_way {
        turn.save(&peer)?;
    }
    let is_wanted = wanted_device(turn, &peer.account, &device)?;
    if is_wanted && !turn.live.links.contains_key(&device) {
        seen(turn, &device, is_new_way);
    }
    Ok(())
}

fn wanted_device(turn: &Turn, account: &AccountId, device: &DeviceId) -> Step<bool> {
    match super::find(turn, account)? {
        Some(contact) => Ok(contact.devices.contains(device) && super::is_wanted(turn, &contact)?),
        None => Ok(false),
    }
}

/// When [`tick`] has something to do next, unix milliseconds. While there is no room, whoever is due waits for an attempt to
/// end.
pub(crate) fn next_at_ms(turn: &Turn) -> u64 {
    let is_full = under_way(turn) >= MOST_AT_ONCE;
    turn.live
        .dialing
        .values()
        .filter(|dialing| !is_full || dialing.is_under_way(turn.now_ms))
        .map(|dialing| dialing.next_at_ms)
        .min()
        .unwrap_or(u64::MAX)
}
