//! Conversations, of two people or of more: entries written here, entries accepted from others, their order, and what was read.
//!
//! An entry becomes part of a conversation in exactly one of two ways, [`append`] for our own and [`accept`] for
//! anybody else's, whatever road it came by. Keys, gossip and sync are other rooms.

pub(crate) mod accept;
pub(crate) mod append;
pub(crate) mod aside;
pub(crate) mod branches;
pub(crate) mod claims;
pub(crate) mod commands;
pub(crate) mod crowds;
pub(crate) mod deleting;
pub(crate) mod drafts;
pub(crate) mod erasure;
pub(crate) mod lacking;
pub(crate) mod later;
pub(crate) mod ledger;
pub(crate) mod mending;
pub(crate) mod page;
pub(crate) mod reading;
pub(crate) mod receipts;
mod resetting;
pub(crate) mod rows;
pub(crate) mod silences;
pub(crate) mod standing;
pub(crate) mod timers;
pub(crate) mod unseen;
pub(crate) mod view;

use kith_crypto::{AccountId, ConversationId, DeviceId};

use crate::{
    error::CommandError,
    position::Position,
    records::{Contact, Conversation, Fellowship, Parties, PeerDevice},
    turn::{Step, Turn},
};

/// The conversation with this id.
pub(crate) fn find(turn: &Turn, id: &ConversationId) -> Step<Conversation> {
    Ok(turn
        .load(&Conversation::at(id))?
        .ok_or(CommandError::UnknownConversation)?)
}

/// The direct conversation with an account, made if there was none.
pub(crate) fn direct_with(turn: &mut Turn, contact: AccountId) -> Step<Conversation> {
    let id = ConversationId::direct(turn.me.account, contact);
    if let Some(known) = turn.load::<Conversation>(&Conversation::at(&id))? {
        // What is meant for one person is never written into anything else.
        return if known.contact() == Some(&contact) {
            Ok(known)
        } else {
            Err(CommandError::UnknownConversation.into())
        };
    }
    begin(turn, id, Parties::Direct { contact })
}

/// A conversation begins here.
pub(crate) fn begin(turn: &mut Turn, id: ConversationId, parties: Parties) -> Step<Conversation> {
    let conversation = Conversation {
        id,
        parties,
        active_at_ms: turn.now_ms,
        last: None,
        unread: 0,
        read_up_to: Position::MIN,
        topics: Vec::new(),
    };
    turn.save(&conversation)?;
    Ok(conversation)
}

/// The conversations that a device of `account` shares with us.
pub(crate) fn shared_with(turn: &Turn, account: &AccountId) -> Step<Vec<Conversation>> {
    let me = turn.me.account;
    if *account == me {
        let mut all = turn.all::<Conversation>(&Conversation::scope())?;
        all.retain(|conversation| !conversation.has_left(&me));
        return Ok(all);
    }
    let id = ConversationId::direct(turn.me.account, *account);
    let mut shared: Vec<Conversation> = turn.load(&Conversation::at(&id))?.into_iter().collect();
    for fellowship in turn.all::<Fellowship>(&Fellowship::scope(account))? {
        shared.extend(turn.load::<Conversation>(&Conversation::at(&fellowship.conversation))?);
    }
    shared.retain(|conversation| conversation.takes_part(account, &me));
    Ok(shared)
}

/// Everyone whose conversation it is but ourselves.
pub(crate) fn others(turn: &Turn, conversation: &Conversation) -> Vec<AccountId> {
    conversation.others(&turn.me.account)
}

/// Whether `device` may be served this conversation: it is a live device of one of its members, and of an accepted contact
/// if there are only two.
pub(crate) fn may_serve(turn: &Turn, conversation: &Conversation, device: &DeviceId) -> Step<bool> {
    let Some(link) = turn.live.links.get(device) else {
        return Ok(false);
    };
    if link.account == turn.me.account {
        return Ok(true);
    }
    let account = link.account;
    let known = turn.load::<Contact>(&Contact::at(&account))?;
    let is_live = |contact: &Contact| {
        let may = contact.is_accepted() || conversation.group().is_some();
        may && contact.devices.contains(device)
    };
    Ok(conversation.takes_part(&account, &turn.me.account) && known.as_ref().is_some_and(is_live))
}

/// The member's account that `device` belongs or once belonged to.
pub(crate) fn owner(turn: &Turn, conversation: &Conversation, device: &DeviceId) -> Step<Option<AccountId>> {
    if *device == turn.device() {
        return Ok(Some(turn.me.account));
    }
    let peer = turn.load::<PeerDevice>(&PeerDevice::at(device))?;
    let account = peer.filter(PeerDevice::is_proven).map(|peer| peer.account);
    Ok(account.filter(|account| conversation.has_member(account, &turn.me.account)))
}

/// Whether `device` belongs or once belonged to a member other than ourselves.
pub(crate) fn is_theirs(turn: &Turn, conversation: &Conversation, device: &DeviceId) -> Step<bool> {
    Ok(owner(turn, conversation, device)?.is_some_and(|account| account != turn.me.account))
}
