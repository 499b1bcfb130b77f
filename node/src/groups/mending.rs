//! After a damaged store was rescued: groups whose own record is gone, known again by the entries with which they began.
//!
//! Where those are gone as well, the other members invite us again.

use std::collections::BTreeSet;

use kith_crypto::{AccountId, ConversationId, DeviceId};

use super::founding;
use crate::{
    records::{Conversation, Fellowship, PeerDevice},
    turn::{Step, Turn},
};

/// Makes whole what groups' records have lost. Gives those that had to be made anew.
pub(crate) fn after_damage(turn: &mut Turn) -> Step<Vec<ConversationId>> {
    let peers = turn.all::<PeerDevice>(&PeerDevice::scope())?;
    let mut devices: Vec<(DeviceId, AccountId)> =
        peers.iter().map(|peer| (peer.device, peer.account)).collect();
    devices.push((turn.device(), turn.me.account));
    let accounts: BTreeSet<AccountId> = devices.iter().map(|(_, account)| *account).collect();
    let mut lost = BTreeSet::new();
    for account in &accounts {
        for fellowship in turn.all::<Fellowship>(&Fellowship::scope(account))? {
            if !turn.has(&Conversation::at(&fellowship.conversation))? {
                lost.insert(fellowship.conversation);
            }
        }
    }
    let mut made_anew = Vec::new();
    for id in lost {
        if recover(turn, &id, &devices)? {
            made_anew.push(id);
        }
    }
    for conversation in turn.all::<Conversation>(&Conversation::scope())? {
        if conversation.group().is_some() {
            for account in conversation.others(&turn.me.account) {
                turn.save(&Fellowship {
                    account,
                    conversation: conversation.id,
                })?;
            }
        }
    }
    Ok(made_anew)
}

fn recover(turn: &mut Turn, id: &ConversationId, devices: &[(DeviceId, AccountId)]) -> Step<bool> {
    for (device, founder) in devices {
        let Some((open, naming)) = founding::entries(turn, id, *device)? else {
            continue;
        };
        // The first two entries of the others' logs say something else.
        let Ok(founding) = founding::read(&open, &naming) else {
            continue;
        };
        let group = founding.group(*founder);
        tracing::info!("a group whose record was lost is known again by its first entries");
        founding::begin(turn, *id, group)?;
        return Ok(true);
    }
    Ok(false)
}
