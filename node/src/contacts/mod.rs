//! People: how they become contacts, who they say they are, which devices are theirs, and how those are reached.

pub(crate) mod adding;
pub(crate) mod blocking;
pub(crate) mod dialing;
pub(crate) mod discovery;
pub(crate) mod introduction;
pub(crate) mod invites;
pub(crate) mod kept_out;
pub(crate) mod links;
pub(crate) mod lists;
pub(crate) mod mending;
pub(crate) mod newer;
pub(crate) mod pictures;
pub(crate) mod reach;
pub(crate) mod redeeming;
pub(crate) mod safety;
pub(crate) mod view;

use kith_crypto::{AccountId, DeviceId, DeviceList, Signed};

use crate::{
    conversations::{self, rows},
    effects::Transmit,
    error::CommandError,
    groups,
    records::{Contact, Fellowship, Row, Standing},
    store::{Bounds, Order},
    turn::{Step, Turn},
};

/// Everyone we know, those included who are known from a group only.
pub(crate) fn all(turn: &Turn) -> Step<Vec<Contact>> {
    turn.all(&Contact::scope())
}

/// The contact with this account.
pub(crate) fn find(turn: &Turn, account: &AccountId) -> Step<Option<Contact>> {
    turn.load(&Contact::at(account))
}

/// Whether both sides have accepted.
pub(crate) fn is_accepted(turn: &Turn, account: &AccountId) -> Step<bool> {
    Ok(find(turn, account)?.is_some_and(|contact| contact.is_accepted()))
}

/// Whether an account belongs to a group that we belong to, or have left without its knowing: its devices are let in for the
/// sake of that group, whatever else stands between us.
pub(crate) fn is_fellow(turn: &Turn, account: &AccountId) -> Step<bool> {
    let first = turn.scan::<Fellowship>(&Fellowship::scope(account), &Bounds::all(), Order::Ascending, 1)?;
    Ok(!first.is_empty())
}

/// Whether we try to reach somebody: as a contact, or as a member of a group.
pub(crate) fn is_wanted(turn: &Turn, contact: &Contact) -> Step<bool> {
    if contact.is_wanted() {
        return Ok(true);
    }
    let shared = conversations::shared_with(turn, &contact.account)?;
    Ok(shared.iter().any(|conversation| conversation.group().is_some()))
}

/// Refuses what is done with accepted contacts only.
pub(crate) fn must_be_accepted(turn: &Turn, account: &AccountId) -> Step {
    let contact = find(turn, account)?.ok_or(CommandError::UnknownContact)?;
    match contact.standing {
        Standing::Accepted => Ok(()),
        Standing::Fellow => Err(CommandError::UnknownContact.into()),
        Standing::Blocked => Err(CommandError::ContactBlocked.into()),
        Standing::Waiting { .. } | Standing::Refused(_) => Err(CommandError::ContactWaiting.into()),
    }
}

/// A contact of whom only the account is known.
pub(crate) fn unknown(account: AccountId, standing: Standing) -> Contact {
    Contact {
        account,
        name: String::new(),
        status: String::new(),
        picture: None,
        card_number: 0,
        standing,
        device_list: Vec::new(),
        devices: Vec::new(),
        reach: [0; 32],
        remembrance: [0; 32],
        last_seen_ms: None,
        alarmed: false,
    }
}

/// Both sides have accepted now: the conversation begins.
pub(crate) fn accept(turn: &mut Turn, contact: &mut Contact, list: &Signed<DeviceList>) -> Step {
    contact.standing = Standing::Accepted;
    let has_new_list = lists::adopt(turn, contact, list)?;
    turn.save(contact)?;
    if has_new_list {
        groups::fellows::changed(turn, &contact.account)?;
    }
    for link in turn.live.links.values_mut() {
        link.is_contact |= link.account == contact.account;
    }
    let mut conversation = conversations::direct_with(turn, contact.account)?;
    if conversation.last.is_none() {
        rows::insert_notice(turn, &mut conversation, contact.account, Row::ContactAdded)?;
    }
    view::emit_contact(turn, &contact.account)?;
    conversations::view::emit_conversation(turn, &conversation)
}

/// Allows links and gossip with the devices of a contact.
pub(crate) fn know(turn: &mut Turn, devices: &[DeviceId]) {
    for device in devices {
        turn.transmit(Transmit::Know { device: *device });
    }
}
