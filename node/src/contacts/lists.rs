//! Device lists: which devices speak for an account now, and which ones did.

use kith_crypto::{AccountId, ConversationId, DeviceList, ListOrder, LogId, Signed, compare_lists};

use super::{know, newer};
use crate::{
    carriers::LONGEST_HELD_MS,
    conversations::{self, rows},
    effects::Transmit,
    records::{Contact, LogRecord, Owned, PeerDevice, Row, SignedList, Standing},
    store::{Bounds, Key, Order, Suffix},
    turn::{Fault, Step, Turn},
};

/// How many past lists of an account are kept and told.
const LISTS_KEPT: usize = 32;

/// How many past lists of one account a contact may tell us of in all: each is kept.
const MOST_LISTS: usize = 256;
/// The same of one who is known from groups only: nobody has chosen them, and there may be many of them. Their lists may be
/// as large as those of friends, and name as many devices.
const MOST_FELLOW_LISTS: usize = 64;

/// Takes a contact's list if it is newer than the one we know: new devices and those that are gone are announced in the conversation, devices
/// that are left out are closed at what we hold of them. One beyond the most that are kept is left alone. Does not save `contact`; gives whether the list was taken, which
/// is to be told to those who share a group with them ([`crate::groups::fellows::changed`]).
pub(crate) fn adopt(turn: &mut Turn, contact: &mut Contact, list: &Signed<DeviceList>) -> Step<bool> {
    if list.value().account != contact.account {
        return Err(Fault::Peer("a device list of another account"));
    }
    let first = contact.device_list.is_empty();
    if !first {
        let known = Signed::<DeviceList>::open_trusted(&contact.device_list)?;
        match compare_lists(&known, list) {
            ListOrder::Newer => {}
            ListOrder::Conflict => {
                contact.alarmed = true;
                return Ok(false);
            }
            ListOrder::Older | ListOrder::Same | ListOrder::OtherAccount => return Ok(false),
        }
    }
    if !has_room(turn, list)? {
        return Ok(false);
    }
    remember(turn, list)?;
    let before = std::mem::take(&mut contact.devices);
    contact.devices = list.value().devices.iter().map(|listed| listed.device).collect();
    contact.device_list = list.encode();
    know(turn, &contact.devices.clone());
    for device in before.iter().filter(|device| !contact.devices.contains(device)) {
        turn.transmit(Transmit::Forget { device: *device });
        turn.live.dialing.remove(device);
        close_logs(turn, &contact.account, device)?;
        for mut conversation in conversations::shared_with(turn, &contact.account)? {
            if conversation.group().is_some() {
                conversations::branches::forgive(turn, &mut conversation, device)?;
            }
        }
    }
    if !first {
        announce(turn, contact, &before)?;
    }
    Ok(true)
}

fn announce(turn: &mut Turn, contact: &Contact, before: &[kith_crypto::DeviceId]) -> Step {
    let id = ConversationId::direct(turn.me.account, contact.account);
    let Ok(mut conversation) = conversations::find(turn, &id) else {
        return Ok(());
    };
    let gone = before.iter().filter(|device| !contact.devices.contains(device));
    let new = contact.devices.iter().filter(|device| !before.contains(device));
    let gone = gone.map(|device| Row::DeviceGone(*device));
    for notice in gone.chain(new.map(|device| Row::NewDevice(*device))) {
        let row = rows::insert_notice(turn, &mut conversation, contact.account, notice)?;
        conversations::view::emit_row(turn, &conversation, &row.position)?;
    }
    Ok(())
}

/// A device that is left out writes nothing more: its logs end where we hold them, and where mail goes on that it left
/// ([`left_mail_after`]).
fn close_logs(turn: &mut Turn, account: &AccountId, device: &kith_crypto::DeviceId) -> Step {
    let id = ConversationId::direct(turn.me.account, *account);
    for mut log in turn.all::<LogRecord>(&LogRecord::scope(&id))? {
        if log.log.author == *device {
            log.closed_at = Some(log.end());
            turn.save(&log)?;
        }
    }
    Ok(())
}

/// After which number what a carrier has of a log of a device that is left out counts; `None` if nothing of it does. What its
/// account held of the log when it left the device out it can say anew. What is above that it cannot: it was restored
/// from words, or damage took it. No carrier holds for longer what was left with it before, so afterwards nobody who has the
/// device has a voice by mail.
pub(crate) fn left_mail_after(
    turn: &Turn,
    account: &AccountId,
    conversation: &ConversationId,
    log: &LogId,
) -> Step<Option<u64>> {
    let (mut left_out_at_ms, mut held) = (None, 0);
    for known in turn.all::<SignedList>(&SignedList::scope(account))? {
        let list = Signed::<DeviceList>::open(&known.bytes)?;
        let list = list.value();
        if let Some(revoked) = list.revoked(&log.author) {
            held = revoked.accepted_end(conversation, log.kind).max(held);
        }
        left_out_at_ms = match left_out_at_ms {
            _ if list.lists(&log.author) => None,
            // A list is numbered by the clock.
            None => Some(list.number),
            before => before,
        };
    }
    let until_ms = left_out_at_ms.map(|at_ms: u64| at_ms.saturating_add(LONGEST_HELD_MS));
    Ok(until_ms.filter(|until_ms| turn.now_ms <= *until_ms).map(|_| held))
}

/// Keeps a signed list as proof of whose the devices in it are.
pub(crate) fn remember(turn: &mut Turn, list: &Signed<DeviceList>) -> Step {
    let value = list.value();
    turn.save(&SignedList {
        account: value.account,
        number: value.number,
        bytes: list.encode(),
    })?;
    for listed in &value.devices {
        let known = turn.load(&PeerDevice::at(&listed.device))?;
        let mut peer = known.unwrap_or_else(|| PeerDevice::new(listed.device, value.account));
        if listed.device != turn.device() && peer.belongs(value.account, Owned::Listed) {
            turn.save(&peer)?;
        }
    }
    Ok(())
}

/// All lists of an account that are kept, as they were signed, newest last. Each was verified when it came.
pub(crate) fn kept(turn: &Turn, account: &AccountId) -> Step<Vec<Vec<u8>>> {
    let lists = turn.all::<SignedList>(&SignedList::scope(account))?;
    Ok(lists.into_iter().map(|list| list.bytes).collect())
}

/// Past and present lists of an account that are told, as they were signed, newest last.
pub(crate) fn history(turn: &Turn, account: &AccountId) -> Step<Vec<Vec<u8>>> {
    let mut lists = kept(turn, account)?;
    lists.drain(..lists.len().saturating_sub(LISTS_KEPT));
    Ok(lists)
}

/// The newest list of an account that we have seen.
pub(crate) fn newest(turn: &Turn, account: &AccountId) -> Step<Option<Signed<DeviceList>>> {
    let scope = SignedList::scope(account);
    let newest = turn.scan::<SignedList>(&scope, &Bounds::all(), Order::Descending, 1)?;
    let opened = newest.first().map(|list| Signed::open_trusted(&list.bytes));
    Ok(opened.transpose()?)
}

/// Whether a list is kept already, or may be.
pub(crate) fn has_room(turn: &Turn, list: &Signed<DeviceList>) -> Step<bool> {
    let (account, number) = (list.value().account, list.value().number);
    let scope = SignedList::scope(&account);
    if turn.has(&Key::new(scope.clone(), Suffix::number(number)))? {
        return Ok(true);
    }
    let most = if is_known_from_groups_only(turn, &account)? {
        MOST_FELLOW_LISTS
    } else {
        MOST_LISTS
    };
    let kept = turn.scan::<SignedList>(&scope, &Bounds::all(), Order::Ascending, most)?;
    Ok(kept.len() < most)
}

fn is_known_from_groups_only(turn: &Turn, account: &AccountId) -> Step<bool> {
    let known = super::find(turn, account)?;
    Ok(known.is_some_and(|contact| contact.standing == Standing::Fellow))
}

/// Lists that a contact told us of, ours or theirs: older ones prove whose old devices were.
pub(crate) fn learn(turn: &mut Turn, contact: &AccountId, lists: &[Vec<u8>]) -> Step {
    if lists.len() > 2 * LISTS_KEPT {
        return Err(Fault::Peer("too many device lists"));
    }
    let mut kept = kept(turn, contact)?;
    kept.extend(self::kept(turn, &turn.me.account)?);
    // What is kept was verified when it came.
    for bytes in lists.iter().filter(|bytes| !kept.contains(*bytes)) {
        let opened = newer::open::<DeviceList>(turn, contact, bytes, "a device list that does not verify")?;
        let Some(list) = opened else { continue };
        let account = list.value().account;
        if account != turn.me.account && account != *contact {
            return Err(Fault::Peer("a device list of somebody else"));
        }
        if !has_room(turn, &list)? {
            if is_known_from_groups_only(turn, &account)? {
                continue;
            }
            return Err(Fault::Peer("more device lists than an account ever has"));
        }
        remember(turn, &list)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
