//! Direct conversations: entries written here, entries accepted from others, their order, and what was read.
//!
//! An entry becomes part of a conversation in exactly one of two ways, [`append`] for our own and [`accept`] for
//! anybody else's, whatever road it came by. Keys, gossip and sync are other rooms.

pub(crate) mod accept;
pub(crate) mod append;
pub(crate) mod aside;
pub(crate) mod claims;
pub(crate) mod commands;
pub(crate) mod deleting;
pub(crate) mod drafts;
pub(crate) mod erasure;
pub(crate) mod ledger;
pub(crate) mod mending;
pub(crate) mod page;
pub(crate) mod reading;
pub(crate) mod receipts;
pub(crate) mod rows;
pub(crate) mod silences;
pub(crate) mod timers;
pub(crate) mod view;

use kith_crypto::{AccountId, ConversationId, DeviceId};

use crate::{
    error::CommandError,
    position::Position,
    records::{Contact, Conversation, PeerDevice},
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
    if let Some(known) = turn.load(&Conversation::at(&id))? {
        return Ok(known);
    }
    let conversation = Conversation {
        id,
        contact,
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
    if *account == turn.me.account {
        return turn.all(&Conversation::scope());
    }
    let id = ConversationId::direct(turn.me.account, *account);
    Ok(turn.load(&Conversation::at(&id))?.into_iter().collect())
}

/// Whether `device` may be served this conversation: it is a live device of one of the two accounts.
pub(crate) fn may_serve(turn: &Turn, conversation: &Conversation, device: &DeviceId) -> Step<bool> {
    let Some(link) = turn.live.links.get(device) else {
        return Ok(false);
    };
    if link.account == turn.me.account {
        return Ok(true);
    }
    let contact = turn.load::<Contact>(&Contact::at(&conversation.contact))?;
    let accepted = contact.is_some_and(|contact| contact.is_accepted() && contact.devices.contains(device));
    Ok(link.account == conversation.contact && accepted)
}

/// The account of the two that `device` belongs or once belonged to.
pub(crate) fn owner(turn: &Turn, conversation: &Conversation, device: &DeviceId) -> Step<Option<AccountId>> {
    if *device == turn.device() {
        return Ok(Some(turn.me.account));
    }
    let peer = turn.load::<PeerDevice>(&PeerDevice::at(device))?;
    let account = peer.map(|peer| peer.account);
    Ok(account.filter(|account| *account == turn.me.account || *account == conversation.contact))
}
