//! When which device is dialled. Each failure doubles the pause; a sign of life from the device ends it.
//!
//! Many may be away at once, and nothing gets better by asking each of a thousand every minute: whoever comes back dials
//! us. So few are dialled at a time, those who failed least first, and the more are away the longer the pauses are.
//!
//! A link that breaks is mostly a cable, a router or a sleeping machine, and back within minutes, often with nothing that
//! tells of it. So whoever was linked a moment ago is dialled every few seconds for a while, however many others are away.
//!
//! Who is dialled for the sake of groups only has a budget of its own: nobody has chosen these people, and whoever begins a
//! group names devices and addresses as they like. However many those are, contacts are dialled as if there were none.

use std::cmp::Reverse;

use kith_crypto::{AccountId, DeviceId};

use crate::{
    effects::Transmit,
    frame::Reveal,
    live::Dialing,
    own,
    records::{Contact, PeerDevice, Standing},
    turn::{Step, Turn},
};

/// The first pause after a failure and the longest, milliseconds.
const FIRST_PAUSE_MS: u64 = 500;
const LONGEST_PAUSE_MS: u64 = 60_000;

/// How many are dialled at once: each attempt may hold a socket for each address, and a system gives a program a
/// thousand or so.
const MOST_AT_ONCE: usize = 32;

/// The same of devices that are dialled for groups only: enough for the largest group, whose 18 others with three devices
/// each are rarely all away.
const MOST_FELLOWS_AT_ONCE: usize = 16;

/// How many devices of one such person are dialled, those that their list names first: more than people have. The others
/// dial us.
const MOST_FELLOW_DEVICES: usize = 8;

/// How many devices are dialled in turn for groups only: those of ten large groups. One more takes the place of the one that
/// failed most.
const MOST_FELLOWS: usize = 256;

/// With more devices away than can be dialled at once, each further one makes the pauses of all longer by this,
/// milliseconds: so it takes one attempt in this time to keep asking them all.
const SPACING_MS: u64 = 2_000;

/// How long an attempt may be without any news before it counts as failed, milliseconds.
const PATIENCE_MS: u64 = 30_000;

/// For how long after its link broke a device is dialled every few seconds, milliseconds.
const LOST_LATELY_MS: u64 = 10 * 60_000;
/// The longest pause in that time, and how long an attempt may be without news before another is made beside it: what was
/// sent into a broken network is sent again only after ever longer pauses. Milliseconds.
const QUICK_PAUSE_MS: u64 = 3_000;
const QUICK_PATIENCE_MS: u64 = 4_000;
/// With more of them than this there is no second attempt beside the first: each holds sockets until it ends.
const MOST_BESIDE: usize = 8;
/// Whatever the number of those who are dialled often, together they are no more than once in this time, milliseconds.
const QUICK_SPACING_MS: u64 = 250;

/// Our network has come back: everybody is dialled at once, but not again within this time, milliseconds, and this for each
/// of them.
const REVIVAL_PAUSE_MS: u64 = 30_000;
const REVIVAL_SPACING_MS: u64 = 250;

/// Dials a device at the next opportunity.
pub(crate) fn soon(turn: &mut Turn, device: &DeviceId) -> Step {
    let contact = whose(turn, device)?;
    let for_groups = is_for_groups(contact.as_ref());
    if let Some(contact) = contact.as_ref()
        && for_groups
        && !super::is_wanted(turn, contact)?
    {
        return Ok(());
    }
    let is_one_of_few = |contact: &Contact| {
        contact
            .devices
            .iter()
            .take(MOST_FELLOW_DEVICES)
            .any(|known| known == device)
    };
    if for_groups && !(contact.as_ref().is_some_and(is_one_of_few) && has_place(turn, device)) {
        return Ok(());
    }
    let at_ms = turn.now_ms.max(turn.live.shunned_until_ms(device));
    let dialing = turn.live.dialing.entry(*device).or_default();
    dialing.for_groups = for_groups;
    if !dialing.in_flight {
        dialing.next_at_ms = at_ms;
    }
    Ok(())
}

/// The link with a device broke: it may be back in a moment.
pub(crate) fn lost(turn: &mut Turn, device: &DeviceId) -> Step {
    soon(turn, device)?;
    let now_ms = turn.now_ms;
    if let Some(dialing) = turn.live.dialing.get_mut(device) {
        dialing.lost_at_ms = Some(now_ms);
    }
    Ok(())
}

/// After nobody could be reached somebody was: our network works again, and whoever waits is dialled now.
pub(crate) fn revived(turn: &mut Turn) -> Step {
    if turn.now_ms < turn.live.revive_after_ms {
        return Ok(());
    }
    rest(turn);
    everyone_soon(turn)
}

/// From now on everybody has been dialled: what shows that our network works brings nothing new for a while.
pub(crate) fn rest(turn: &mut Turn) {
    let waiting = u64::try_from(turn.live.dialing.len()).unwrap_or(u64::MAX);
    let pause_ms = REVIVAL_PAUSE_MS.max(REVIVAL_SPACING_MS.saturating_mul(waiting));
    turn.live.revive_after_ms = turn.now_ms.saturating_add(pause_ms);
}

fn whose(turn: &Turn, device: &DeviceId) -> Step<Option<Contact>> {
    match turn.load::<PeerDevice>(&PeerDevice::at(device))? {
        Some(peer) => super::find(turn, &peer.account),
        None => Ok(None),
    }
}

fn is_for_groups(contact: Option<&Contact>) -> bool {
    contact.is_some_and(|contact| !contact.is_wanted())
}

/// Whether there is a place for a device that is dialled for groups only; makes one if another has failed.
fn has_place(turn: &mut Turn, device: &DeviceId) -> bool {
    let dialing = &turn.live.dialing;
    let fellows = || dialing.iter().filter(|(_, dialing)| dialing.for_groups);
    if dialing.contains_key(device) || fellows().count() < MOST_FELLOWS {
        return true;
    }
    let idle = fellows().filter(|(_, dialing)| !dialing.in_flight && dialing.failures > 0);
    let failed_most = idle.max_by_key(|(_, dialing)| dialing.failures);
    let Some(failed_most) = failed_most.map(|(device, _)| *device) else {
        return false;
    };
    turn.live.dialing.remove(&failed_most);
    true
}

/// Dials everyone at the next opportunity.
pub(crate) fn everyone_soon(turn: &mut Turn) -> Step {
    for contact in super::all(turn)? {
        let wanted = super::is_wanted(turn, &contact)?;
        for device in contact.devices.into_iter().filter(|_| wanted) {
            if !turn.live.links.contains_key(&device) {
                soon(turn, &device)?;
                if let Some(dialing) = turn.live.dialing.get_mut(&device) {
                    dialing.failures = 0;
                }
            }
        }
    }
    Ok(())
}

/// A device was seen, or a way to it was learned that was not known: it is dialled now, and if that fails the pauses
/// begin anew, however long it was away.
pub(crate) fn seen(turn: &mut Turn, device: &DeviceId, is_new_way: bool) -> Step {
    soon(turn, device)?;
    if let Some(dialing) = turn.live.dialing.get_mut(device) {
        if is_new_way || !dialing.refused {
            dialing.failures = 0;
        }
        // What is under way may be on its way to where the device was before.
        dialing.again |= dialing.in_flight && is_new_way;
    }
    Ok(())
}

/// An attempt failed; `refused` by the device itself, or because it was not reached.
pub(crate) fn failed(turn: &mut Turn, device: &DeviceId, refused: bool) {
    let mut jitter = [0; 1];
    turn.rng.fill_bytes(&mut jitter);
    let now_ms = turn.now_ms;
    let Some(for_groups) = turn.live.dialing.get(device).map(|dialing| dialing.for_groups) else {
        return;
    };
    let crowd_pause_ms = crowd_pause_ms(turn, for_groups);
    let quick_pause_ms = quick_pause_ms(turn);
    let Some(dialing) = turn.live.dialing.get_mut(device) else {
        return;
    };
    dialing.in_flight = false;
    dialing.refused = refused;
    if refused {
        dialing.lost_at_ms = None;
    }
    if std::mem::take(&mut dialing.again) && !refused {
        dialing.next_at_ms = now_ms;
        return;
    }
    dialing.failures = dialing.failures.saturating_add(1);
    let doubled = FIRST_PAUSE_MS.saturating_mul(1 << dialing.failures.min(10));
    // Two who dial each other in step would fail in step: up to a quarter more, by chance.
    let pause = if is_quick(dialing, now_ms) {
        doubled.min(quick_pause_ms)
    } else {
        doubled.min(LONGEST_PAUSE_MS).max(crowd_pause_ms)
    };
    let extra = pause / 4 * u64::from(jitter.first().copied().unwrap_or(0)) / 255;
    dialing.next_at_ms = now_ms.saturating_add(pause).saturating_add(extra);
}

/// How long the pauses are at least for the sake of all who are away.
fn crowd_pause_ms(turn: &Turn, for_groups: bool) -> u64 {
    let others = turn.live.dialing.values();
    let alike = others.filter(|other| other.for_groups == for_groups).count();
    let crowd = alike.saturating_sub(MOST_AT_ONCE);
    SPACING_MS.saturating_mul(u64::try_from(crowd).unwrap_or(u64::MAX))
}

/// How long the pauses are at most for those who were linked a moment ago.
fn quick_pause_ms(turn: &Turn) -> u64 {
    let quick = u64::try_from(quick(turn)).unwrap_or(u64::MAX);
    QUICK_PAUSE_MS.max(QUICK_SPACING_MS.saturating_mul(quick))
}

/// How many were linked a moment ago and are dialled.
fn quick(turn: &Turn) -> usize {
    let others = turn.live.dialing.values();
    others.filter(|other| is_quick(other, turn.now_ms)).count()
}

/// Whether a device of a contact was linked a moment ago.
fn is_quick(dialing: &Dialing, now_ms: u64) -> bool {
    let until_ms = dialing
        .lost_at_ms
        .map(|at_ms| at_ms.saturating_add(LOST_LATELY_MS));
    !dialing.for_groups && until_ms.is_some_and(|until_ms| now_ms < until_ms)
}

/// Dials whoever is due, as far as there is room.
pub(crate) fn tick(turn: &mut Turn) -> Step {
    for for_groups in [false, true] {
        let mut due = due(turn, for_groups);
        while !is_full(turn, for_groups)
            && let Some((.., device)) = due.pop()
        {
            if turn.live.links.contains_key(&device) {
                turn.live.dialing.remove(&device);
            } else {
                dial(turn, device)?;
            }
        }
    }
    Ok(())
}

/// Who is due: last those who were linked a moment ago, and of these and all others those who failed least.
fn due(turn: &Turn, for_groups: bool) -> Vec<(bool, Reverse<u32>, Reverse<u64>, DeviceId)> {
    let dialing = turn.live.dialing.iter();
    let due =
        dialing.filter(|(_, dialing)| dialing.for_groups == for_groups && dialing.next_at_ms <= turn.now_ms);
    let mut due: Vec<_> = due
        .map(|(device, dialing)| {
            let is_quick = is_quick(dialing, turn.now_ms);
            (
                is_quick,
                Reverse(dialing.failures),
                Reverse(dialing.next_at_ms),
                *device,
            )
        })
        .collect();
    due.sort_unstable();
    due
}

/// Whether as many attempts may still have news as may at once.
fn is_full(turn: &Turn, for_groups: bool) -> bool {
    let most = if for_groups {
        MOST_FELLOWS_AT_ONCE
    } else {
        MOST_AT_ONCE
    };
    let dialing = turn.live.dialing.values();
    let under_way =
        dialing.filter(|dialing| dialing.for_groups == for_groups && dialing.is_under_way(turn.now_ms));
    under_way.count() >= most
}

fn dial(turn: &mut Turn, device: DeviceId) -> Step {
    let peer = turn.load::<PeerDevice>(&PeerDevice::at(&device))?;
    let contact = match &peer {
        Some(peer) => super::find(turn, &peer.account)?,
        None => None,
    };
    let addresses = peer.map(|peer| peer.addresses).unwrap_or_default();
    let reveal = Reveal {
        token: contact.as_ref().and_then(|contact| token(turn, contact, &device)),
        remember: contact.as_ref().and_then(remembrance),
    };
    let payload = postcard::to_allocvec(&reveal)?;
    let now_ms = turn.now_ms;
    let for_groups = is_for_groups(contact.as_ref());
    let are_few = quick(turn) <= MOST_BESIDE;
    let dialing = turn.live.dialing.entry(device).or_default();
    let patience_ms = if are_few && is_quick(dialing, now_ms) {
        QUICK_PATIENCE_MS
    } else {
        PATIENCE_MS
    };
    *dialing = Dialing {
        for_groups,
        failures: dialing.failures,
        in_flight: true,
        next_at_ms: now_ms.saturating_add(patience_ms),
        ..*dialing
    };
    turn.transmit(Transmit::Dial {
        device,
        addresses,
        payload,
    });
    Ok(())
}

/// What a device is shown for the sake of an invite that it made. Others of its account know nothing of that.
fn token(turn: &Turn, contact: &Contact, dialled: &DeviceId) -> Option<[u8; 16]> {
    match &contact.standing {
        Standing::Waiting { token, device } => (device == dialled).then_some(*token),
        Standing::Accepted => turn.live.tokens.get(dialled).map(|token| *token.as_bytes()),
        Standing::Refused(_) | Standing::Blocked | Standing::Fellow => None,
    }
}

/// What a contact may have to be reminded by, if it gave us anything.
fn remembrance(contact: &Contact) -> Option<[u8; 32]> {
    let given = contact.is_accepted().then_some(contact.remembrance);
    given.filter(|given| *given != [0; 32])
}

/// A device was found: on the local network, or it told its addresses. `None` for a device that nobody has named.
pub(crate) fn discovered(turn: &mut Turn, device: DeviceId, addresses: &[String], lan: bool) -> Step {
    let Some(mut peer) = turn.load::<PeerDevice>(&PeerDevice::at(&device))? else {
        // After a restore nobody is known, but whoever is on the local network may remember us.
        if lan && own::seeks_contacts(turn)? && device != turn.device() {
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
        seen(turn, &device, is_new_way)?;
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
    let (contacts_full, fellows_full) = (is_full(turn, false), is_full(turn, true));
    let waits = |dialing: &Dialing| {
        if dialing.for_groups {
            fellows_full
        } else {
            contacts_full
        }
    };
    turn.live
        .dialing
        .values()
        .filter(|dialing| !waits(dialing) || dialing.is_under_way(turn.now_ms))
        .map(|dialing| dialing.next_at_ms)
        .min()
        .unwrap_or(u64::MAX)
}
