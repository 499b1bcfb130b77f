//! After a damaged store was rescued: people whose own record is gone, known again by what else names them.
//!
//! Who is a contact is written down several times over: in the contact's record, in the conversation with it, in the
//! signed device lists of its account, and on each of its devices. As long as one of the first three is left, the contact
//! is one still, unless a group that it belongs to explains why its devices are known; name, picture and ways to it come with its next introduction. A contact that was accepted is never
//! removed, so nothing that was given up comes back this way; who was blocked is written down apart and stays so.

use std::collections::BTreeSet;

use kith_crypto::{AccountId, ConversationId, DeviceId, DeviceList, Signed};

use super::{blocking, find, lists, unknown};
use crate::{
    conversations, groups,
    records::{Contact, Conversation, PeerDevice, Standing},
    turn::{Step, Turn},
};

/// Makes whole what people's records have lost. Gives the conversations that had to be made anew.
pub(crate) fn after_damage(turn: &mut Turn) -> Step<Vec<ConversationId>> {
    let me = turn.me.account;
    let devices = turn.all::<PeerDevice>(&PeerDevice::scope())?;
    let mut made_anew = groups::mending::after_damage(turn)?;
    let talked_with = turn.all::<Conversation>(&Conversation::scope())?;
    let mut accounts: BTreeSet<AccountId> = devices.iter().map(|peer| peer.account).collect();
    for conversation in &talked_with {
        accounts.extend(conversation.others(&me));
    }
    accounts.extend(super::all(turn)?.iter().map(|contact| contact.account));
    for account in accounts.into_iter().filter(|account| *account != me) {
        let newest = know_lists(turn, &account)?;
        let talked = talked_with
            .iter()
            .any(|conversation| conversation.contact() == Some(&account));
        let is_fellow = (talked_with.iter())
            .any(|conversation| conversation.group().is_some() && conversation.takes_part(&account, &me));
        match find(turn, &account)? {
            // The list that the contact's own record holds may be the only copy left.
            Some(contact) if !contact.device_list.is_empty() => {
                lists::remember(turn, &Signed::open(&contact.device_list)?)?;
            }
            Some(_) => {}
            None if talked || is_fellow || newest.is_some() => {
                let of_account = devices.iter().filter(|peer| peer.account == account);
                let mut contact = recovered(account, newest, of_account.map(|peer| peer.device).collect());
                if is_fellow && !talked {
                    contact.standing = Standing::Fellow;
                }
                if blocking::is_blocked(turn, &account)? {
                    contact.standing = Standing::Blocked;
                }
                tracing::info!("a contact whose record was lost is known again by what else names it");
                turn.save(&contact)?;
            }
            None => {}
        }
        if !talked && find(turn, &account)?.is_some_and(|contact| contact.is_accepted()) {
            made_anew.push(conversations::direct_with(turn, account)?.id);
        }
    }
    know_lists(turn, &me)?;
    Ok(made_anew)
}

/// Notes whose every listed device is or was, and gives the newest list that is left.
fn know_lists(turn: &mut Turn, account: &AccountId) -> Step<Option<Signed<DeviceList>>> {
    let mut newest = None;
    for bytes in lists::history(turn, account)? {
        let list = Signed::<DeviceList>::open(&bytes)?;
        lists::remember(turn, &list)?;
        newest = Some(list);
    }
    Ok(newest)
}

/// A contact of whom the next introduction tells the rest. Without a list, all devices that were ever known are tried.
fn recovered(account: AccountId, list: Option<Signed<DeviceList>>, known: Vec<DeviceId>) -> Contact {
    let mut contact = unknown(account, Standing::Accepted);
    match list {
        Some(list) => {
            contact.devices = list.value().devices.iter().map(|listed| listed.device).collect();
            contact.device_list = list.encode();
        }
        None => contact.devices = known,
    }
    contact
}
