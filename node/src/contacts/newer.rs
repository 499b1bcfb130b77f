//! Contacts whose Kith is newer than ours: the person is told once that there is something here that only an update reads.
//!
//! What such a contact sends is no broken rule, whatever of it we cannot read. All that we can read goes on; entries
//! are held as they came and read after an update, and cards, prekeys and device lists are told on each link anew.

use kith_crypto::{AccountId, DeviceId, Document, Signed};

use super::find;
use crate::{
    network,
    records::{Contact, PeerDevice},
    turn::{Fault, Step, Turn},
};

/// Something of a version that we do not know came from a device.
pub(crate) fn noticed(turn: &mut Turn, device: &DeviceId) -> Step {
    let account = match turn.live.links.get(device).map(|link| link.account) {
        Some(account) => Some(account),
        None => turn
            .load::<PeerDevice>(&PeerDevice::at(device))?
            .map(|peer| peer.account),
    };
    match account {
        Some(account) => noticed_of(turn, &account),
        None => Ok(()),
    }
}

/// The same, of somebody's account. Strangers have nothing to tell our person.
pub(crate) fn noticed_of(turn: &mut Turn, account: &AccountId) -> Step {
    let Some(contact) = find(turn, account)?.filter(Contact::is_accepted) else {
        return Ok(());
    };
    if turn
        .live
        .newer
        .insert(contact.account, contact.name.clone())
        .is_none()
    {
        tracing::info!("a contact uses a newer Kith: some of what they send needs an update");
        network::emit(turn)?;
    }
    Ok(())
}

/// A signed document of a device of this account; `None` if only a newer Kith can read it. `broken` is the rule that it
/// breaks if it does not verify.
pub(crate) fn open<T: Document>(
    turn: &mut Turn,
    account: &AccountId,
    bytes: &[u8],
    broken: &'static str,
) -> Step<Option<Signed<T>>> {
    match Signed::<T>::open(bytes) {
        Ok(document) => Ok(Some(document)),
        Err(kith_crypto::CryptoError::FutureVersion { .. }) => {
            noticed_of(turn, account)?;
            Ok(None)
        }
        Err(_) => Err(Fault::Peer(broken)),
    }
}
