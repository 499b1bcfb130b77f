//! How many devices of one account may write in a conversation.
//!
//! Every device has logs, receipts and frontiers name each of them, and whoever can sign a device list can have as many
//! devices as they like, one after the other. So each account has an equal share of what one frontier can name: whoever
//! uses up their own takes nothing from the others, and what we hold is always told whole.
//!
//! Two members may hold other devices of such an account. Neither takes the rest, and says so ([`crate::frame::Frame::Full`]):
//! nothing more of it is handed over on that link.

use std::collections::BTreeSet;

use kith_crypto::{AccountId, DeviceId};

use super::owner;
use crate::{
    records::{Conversation, LogRecord, Parties, content_log, control_log},
    turn::{Step, Turn},
};

/// The most devices, past ones included, whose logs a conversation has: a frontier names two of each, a receipt one.
pub(crate) const MOST_AUTHORS: usize = 256;

/// How many of them one account may have.
fn share(conversation: &Conversation) -> usize {
    let members = match &conversation.parties {
        Parties::Direct { .. } => 2,
        Parties::Group(group) => group.members.len().max(1),
    };
    MOST_AUTHORS / members
}

/// Whether no logs of one more device of an account are taken. Our own devices are known to us.
pub(crate) fn is_full(
    turn: &mut Turn,
    conversation: &Conversation,
    (account, device): (&AccountId, &DeviceId),
) -> Step<bool> {
    if *account == turn.me.account {
        return Ok(false);
    }
    let key = (conversation.id, *account);
    if !turn.live.full.contains(&key) {
        let known = authors(turn, conversation, account)?;
        if known.contains(device) || known.len() < share(conversation) {
            return Ok(false);
        }
        // It does not become less, and counting takes time.
        turn.live.full.insert(key);
        return Ok(true);
    }
    let has_one = turn.has(&LogRecord::at(&conversation.id, &control_log(*device)))?
        || turn.has(&LogRecord::at(&conversation.id, &content_log(*device)))?;
    Ok(!has_one)
}

/// The devices of an account whose logs we hold.
fn authors(turn: &Turn, conversation: &Conversation, account: &AccountId) -> Step<BTreeSet<DeviceId>> {
    let mut authors = BTreeSet::new();
    for log in turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))? {
        if owner(turn, conversation, &log.log.author)? == Some(*account) {
            authors.insert(log.log.author);
        }
    }
    Ok(authors)
}

/// Whether we know that a log which we do not hold is one too many of its account.
pub(crate) fn is_one_too_many(turn: &Turn, conversation: &Conversation, author: &DeviceId) -> Step<bool> {
    let account = owner(turn, conversation, author)?;
    Ok(account.is_some_and(|account| turn.live.full.contains(&(conversation.id, account))))
}

/// A device takes no more logs of an account: what it does not name of them is not handed to it on this link.
pub(crate) fn refused(turn: &mut Turn, device: &DeviceId, conversation: &Conversation, account: AccountId) {
    if conversation.has_member(&account, &turn.me.account)
        && let Some(link) = turn.live.links.get_mut(device)
    {
        link.full.insert((conversation.id, account));
    }
}

/// Whether a device takes no logs of a device of an account that it does not name.
pub(crate) fn is_refused(
    turn: &Turn,
    device: &DeviceId,
    conversation: &Conversation,
    author: &DeviceId,
) -> Step<bool> {
    let Some(link) = turn.live.links.get(device).filter(|link| !link.full.is_empty()) else {
        return Ok(false);
    };
    let account = owner(turn, conversation, author)?;
    Ok(account.is_some_and(|account| link.full.contains(&(conversation.id, account))))
}

/// Puts what is about the devices of one account before the rest, where there is not room for all.
pub(crate) fn put_first<T>(
    turn: &Turn,
    conversation: &Conversation,
    (all, author): (&mut Vec<T>, impl Fn(&T) -> DeviceId),
    account: Option<AccountId>,
) -> Step {
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for each in all.drain(..) {
        let is_theirs = account.is_some() && owner(turn, conversation, &author(&each))? == account;
        if is_theirs {
            first.push(each)
        } else {
            rest.push(each)
        }
    }
    all.extend(first.into_iter().chain(rest));
    Ok(())
}
