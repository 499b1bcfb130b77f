//! People whom our person wants nothing of: from the block on they are strangers.
//!
//! Their links end and are refused in a stranger's words, the gate of gossip closes, nothing of theirs is taken by any
//! road and nothing goes to them, receipts and presence included. Our address records move to where they do not look,
//! our carriers honour their tokens no longer, and what was carried for them is dropped. What was said stays to be read.
//!
//! A group that they and we belong to goes on: for its sake their devices are let in as those of anybody else whom we know
//! from groups only.

use kith_crypto::{AccountId, ConversationId, DeviceId};

use super::{dialing, discovery, find, introduction, is_fellow, know, links, reach as secrets, view};
use crate::{
    carriers::{self, holding, refusing, sending},
    command::Reply,
    effects::Transmit,
    epochs,
    error::CommandError,
    network,
    records::{Blocked, Carrier, Contact, Conversation, Refused, Standing},
    turn::{Fault, Step, Turn},
};

/// Whether our person blocked an account.
pub(crate) fn is_blocked(turn: &Turn, account: &AccountId) -> Step<bool> {
    turn.has(&Blocked::at(account))
}

/// Blocks a contact.
pub(crate) fn block(turn: &mut Turn, account: &AccountId) -> Step<Reply> {
    let mut contact = find(turn, account)?
        .filter(|known| known.standing != Standing::Fellow)
        .ok_or(CommandError::UnknownContact)?;
    if contact.standing != Standing::Blocked {
        let was_accepted = contact.is_accepted();
        turn.save(&Blocked {
            account: *account,
            at_ms: turn.now_ms,
            mail_was_refused: refusing::accounts(turn)?.contains(account),
        })?;
        part(turn, &mut contact)?;
        if was_accepted {
            end_carrying(turn, account)?;
            move_records(turn)?;
            introduction::send_to_all(turn)?;
            carriers::commands::emit(turn)?;
        }
        if is_fellow(turn, account)? {
            reach(turn, &contact.devices)?;
        }
        epochs::topics::subscribe(turn)?;
        tell(turn, account)?;
    }
    Ok(Reply::Contact(Box::new(view::contact(turn, &contact)?)))
}

/// Ends what stands between us and makes the contact a stranger.
fn part(turn: &mut Turn, contact: &mut Contact) -> Step {
    if contact.is_accepted() && !turn.live.linked(&contact.account).is_empty() {
        contact.last_seen_ms = Some(turn.now_ms);
    }
    links::leave(turn, &contact.account);
    for device in &contact.devices {
        turn.live.dialing.remove(device);
        turn.transmit(Transmit::Forget { device: *device });
    }
    let conversation = ConversationId::direct(turn.me.account, contact.account);
    let recipient = (conversation, contact.account);
    turn.live.mail_due.remove(&recipient);
    turn.live.receipt_pauses.remove(&recipient);
    contact.standing = Standing::Blocked;
    turn.save(contact)
}

/// Neither side carries for the other any more, and our carriers take nothing of theirs for us.
fn end_carrying(turn: &mut Turn, account: &AccountId) -> Step {
    holding::carry(turn, *account, false)?;
    turn.remove(Carrier::at(account));
    match refusing::allow(turn, *account, false) {
        // No more names can be taken back at our carriers; what comes under this one is not taken here.
        Err(Fault::Command(CommandError::OutOfRange { .. })) => Ok(()),
        done => done,
    }
}

/// Whoever knew where our address records lie finds nothing there; all others are told the new place.
fn move_records(turn: &mut Turn) -> Step {
    discovery::withdraw(turn)?;
    secrets::change(turn)?;
    discovery::addresses_changed(turn);
    Ok(())
}

/// Takes a block back.
pub(crate) fn unblock(turn: &mut Turn, account: &AccountId) -> Step<Reply> {
    let mut contact = find(turn, account)?.ok_or(CommandError::UnknownContact)?;
    if contact.standing == Standing::Blocked {
        let blocked = turn.load::<Blocked>(&Blocked::at(account))?;
        turn.remove(Blocked::at(account));
        let direct = ConversationId::direct(turn.me.account, *account);
        let was_accepted = turn.has(&Conversation::at(&direct))?;
        contact.standing = if was_accepted {
            Standing::Accepted
        } else {
            // It was blocked before it had been reached: its invite is gone.
            Standing::Refused(Refused::Unknown)
        };
        turn.save(&contact)?;
        if was_accepted {
            if blocked.is_none_or(|blocked| !blocked.mail_was_refused) {
                refusing::allow(turn, *account, true)?;
            }
            links::leave(turn, account);
            reach(turn, &contact.devices)?;
            sending::soon_for(turn, account)?;
        }
        tell(turn, account)?;
    }
    Ok(Reply::Contact(Box::new(view::contact(turn, &contact)?)))
}

fn reach(turn: &mut Turn, devices: &[DeviceId]) -> Step {
    know(turn, devices);
    for device in devices {
        dialing::soon(turn, device)?;
    }
    dialing::tick(turn)
}

fn tell(turn: &mut Turn, account: &AccountId) -> Step {
    view::emit_contact_everywhere(turn, account)?;
    network::emit(turn)
}
