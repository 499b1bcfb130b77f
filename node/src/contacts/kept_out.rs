//! Contacts of whom a device is kept out for a while, because it broke too many rules. The person is told: otherwise somebody would
//! just seem to be away.

use std::collections::BTreeMap;

use super::find;
use crate::{
    network,
    records::{Contact, PeerDevice},
    turn::{Step, Turn},
};

/// When to look next, unix milliseconds.
pub(crate) fn next_at_ms(turn: &Turn) -> u64 {
    turn.live.look_at_shunned_ms
}

/// Tells who is kept out now, if that has changed.
pub(crate) fn tick(turn: &mut Turn) -> Step {
    if turn.now_ms < turn.live.look_at_shunned_ms {
        return Ok(());
    }
    let shunned = turn.live.shunned.iter();
    let shunned: Vec<_> = shunned
        .map(|(device, shunned)| (*device, shunned.until_ms))
        .filter(|(_, until_ms)| turn.now_ms < *until_ms)
        .collect();
    let first_ends = shunned.iter().map(|(_, until_ms)| *until_ms).min();
    turn.live.look_at_shunned_ms = first_ends.unwrap_or(u64::MAX);
    let mut kept_out = BTreeMap::new();
    for (device, until_ms) in shunned {
        let Some(peer) = turn.load::<PeerDevice>(&PeerDevice::at(&device))? else {
            continue;
        };
        if let Some(contact) = find(turn, &peer.account)?.filter(Contact::is_accepted) {
            let (_, longest_ms) = kept_out.entry(contact.account).or_insert((contact.name, 0));
            *longest_ms = until_ms.max(*longest_ms);
        }
    }
    if kept_out != turn.live.kept_out {
        turn.live.kept_out = kept_out;
        network::emit(turn)?;
    }
    Ok(())
}
