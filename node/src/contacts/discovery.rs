//! Address records in the DHT: ours, published for contacts only, and theirs, looked up while they are away.

use std::cmp::Reverse;

use kith_crypto::record::MAX_RECORD_ADDRESSES;
use kith_crypto::{AddressRecord, DeviceAddresses, lookup_key, open_record, seal_record};

use super::{introduction::reach_of, reach};
use crate::{
    effects::Transmit,
    records::{Contact, PeerDevice},
    turn::{Step, Turn},
};

/// How often our record is published while nothing changes, milliseconds.
const PUBLISH_MS: u64 = 30 * 60 * 1000;
/// How long after a change of our addresses the record is published, milliseconds: changes come in bursts.
const SETTLE_MS: u64 = 1_000;
/// The records of contacts who are away are looked up after this pause, doubled each time up to the longest one,
/// milliseconds. Somebody who went away may be back at another address in a moment, or gone for the night.
const FIRST_LOOK_UP_PAUSE_MS: u64 = 1_000;
const LONGEST_LOOK_UP_PAUSE_MS: u64 = 60_000;
/// How many contacts one round looks up of those who were seen last, and how many of the others, one after the other in
/// turn: a lookup costs every bootstrap node something.
const MOST_SEEN_LAST: usize = 8;
const MOST_IN_TURN: usize = 8;

/// Our addresses changed.
pub(crate) fn addresses_changed(turn: &mut Turn) {
    turn.live.publish_at_ms = turn.live.publish_at_ms.min(turn.now_ms.saturating_add(SETTLE_MS));
}

/// Looks up and publishes at the next opportunity: a bootstrap node has been reached.
pub(crate) fn connected(turn: &mut Turn) {
    look_up_soon(turn);
    turn.live.look_up_at_ms = turn.now_ms;
    addresses_changed(turn);
}

/// A contact went away: its record may tell where it went.
pub(crate) fn look_up_soon(turn: &mut Turn) {
    turn.live.look_up_pause_ms = FIRST_LOOK_UP_PAUSE_MS;
    turn.live.look_up_at_ms = turn
        .live
        .look_up_at_ms
        .min(turn.now_ms.saturating_add(FIRST_LOOK_UP_PAUSE_MS));
}

/// Publishes and looks up what is due.
pub(crate) fn tick(turn: &mut Turn) -> Step {
    if !turn.live.bootstraps.iter().any(|bootstrap| bootstrap.connected) {
        return Ok(());
    }
    if turn.now_ms >= turn.live.publish_at_ms {
        turn.live.publish_at_ms = turn.now_ms.saturating_add(PUBLISH_MS);
        publish(turn)?;
    }
    if turn.now_ms >= turn.live.look_up_at_ms {
        let pause_ms = turn.live.look_up_pause_ms.max(FIRST_LOOK_UP_PAUSE_MS);
        turn.live.look_up_at_ms = turn.now_ms.saturating_add(pause_ms);
        turn.live.look_up_pause_ms = pause_ms.saturating_mul(2).min(LONGEST_LOOK_UP_PAUSE_MS);
        for contact in next_round(turn)? {
            look_up(turn, &contact);
        }
    }
    Ok(())
}

/// Which of the contacts who are away are looked up now.
fn next_round(turn: &mut Turn) -> Step<Vec<Contact>> {
    let mut away = super::all(turn)?;
    away.retain(|contact| contact.is_wanted() && turn.live.linked(&contact.account).is_empty());
    away.sort_unstable_by_key(|contact| Reverse(contact.last_seen_ms));
    let mut others = away.split_off(away.len().min(MOST_SEEN_LAST));
    let after = turn.live.looked_up_to;
    others.sort_unstable_by_key(|contact| {
        (
            after.is_some_and(|after| contact.account <= after),
            contact.account,
        )
    });
    others.truncate(MOST_IN_TURN);
    turn.live.looked_up_to = others.last().map(|contact| contact.account);
    away.extend(others);
    Ok(away)
}

fn publish(turn: &mut Turn) -> Step {
    let Some(account_key) = &turn.me.account_key else {
        return Ok(());
    };
    let addresses: Vec<String> = turn
        .live
        .own_addresses
        .iter()
        .take(MAX_RECORD_ADDRESSES)
        .cloned()
        .collect();
    if addresses.is_empty() {
        return Ok(());
    }
    let record = AddressRecord {
        devices: vec![DeviceAddresses {
            device: turn.device(),
            addresses,
        }],
        made_at_ms: turn.now_ms,
    };
    let now_ms = turn.now_ms;
    for reach in reach::published(turn)? {
        let (key, value) = seal_record(account_key, &reach, turn.today(), &record, turn.rng)?;
        turn.transmit(Transmit::PublishRecord {
            key: *key.as_bytes(),
            value,
            now_ms,
        });
    }
    Ok(())
}

/// Before the reach secret changes: whoever knows one until now finds nothing in the place of the records that are
/// still kept under it.
pub(crate) fn withdraw(turn: &mut Turn) -> Step {
    let Some(account_key) = &turn.me.account_key else {
        return Ok(());
    };
    let nothing = AddressRecord {
        devices: Vec::new(),
        // Newer than one that was made in this very millisecond.
        made_at_ms: turn.now_ms.saturating_add(1),
    };
    let (today, now_ms) = (turn.today(), turn.now_ms);
    for reach in reach::published(turn)? {
        for day in [today, today.saturating_sub(1)] {
            let (key, value) = seal_record(account_key, &reach, day, &nothing, turn.rng)?;
            turn.transmit(Transmit::PublishRecord {
                key: *key.as_bytes(),
                value,
                now_ms,
            });
        }
    }
    Ok(())
}

/// Around midnight a contact may still publish under yesterday, or already under tomorrow.
fn look_up(turn: &mut Turn, contact: &Contact) {
    let Some(reach) = reach_of(contact) else { return };
    let (today, now_ms) = (turn.today(), turn.now_ms);
    let lately = today.saturating_sub(1)..=today.saturating_add(1);
    turn.live.looked_up.retain(|_, (_, day)| lately.contains(day));
    for day in lately {
        if let Ok(key) = lookup_key(&contact.account, &reach, day) {
            let key = *key.as_bytes();
            turn.live.looked_up.insert(key, (contact.account, day));
            turn.transmit(Transmit::LookUpRecord { key, now_ms });
        }
    }
}

/// A record was found: if it is a contact's, its devices are dialled. A device that we do not know yet will show its
/// account's list when it links.
pub(crate) fn found(turn: &mut Turn, key: &[u8; 32], value: &[u8]) -> Step {
    let Some((account, day)) = turn.live.looked_up.get(key).copied() else {
        return Ok(());
    };
    // They may have been removed or blocked meanwhile.
    let Some(mut contact) = super::find(turn, &account)?.filter(Contact::is_wanted) else {
        return Ok(());
    };
    let Some(reach) = reach_of(&contact) else {
        return Ok(());
    };
    match open_record(&account, &reach, day, value, turn.now_ms) {
        Ok(record) => take(turn, &mut contact, &record),
        Err(_) => Ok(()),
    }
}

fn take(turn: &mut Turn, contact: &mut Contact, record: &AddressRecord) -> Step {
    let made_ms = turn
        .live
        .records_made_ms
        .insert(contact.account, record.made_at_ms);
    // Of one that is there all the time an old record is found again and again. A newer one was made by a device that is
    // connected.
    let is_alive = made_ms.is_some_and(|made_ms| made_ms < record.made_at_ms);
    for DeviceAddresses { device, addresses } in &record.devices {
        let known = turn.load(&PeerDevice::at(device))?;
        let mut peer = known.unwrap_or_else(|| PeerDevice::new(*device, contact.account));
        if peer.account != contact.account || addresses.len() > MAX_RECORD_ADDRESSES {
            continue;
        }
        let news = peer.learn(addresses);
        turn.save(&peer)?;
        turn.transmit(Transmit::Know { device: *device });
        if news || is_alive || !turn.live.dialing.contains_key(device) {
            super::dialing::seen(turn, device, news)?;
        }
    }
    Ok(())
}

/// When [`tick`] has something to do next, unix milliseconds.
pub(crate) fn next_at_ms(turn: &Turn) -> u64 {
    if turn.live.bootstraps.iter().any(|bootstrap| bootstrap.connected) {
        turn.live.publish_at_ms.min(turn.live.look_up_at_ms)
    } else {
        u64::MAX
    }
}
