//! Opening somebody's invite link.

use kith_crypto::{AccountId, CryptoError, Invite};

use super::{blocking, find, know, unknown, view};
use crate::{
    command::Reply,
    effects::Transmit,
    error::CommandError,
    event::Event,
    records::{Contact, PeerDevice, Standing},
    turn::{Fault, Step, Turn},
    view::{ContactView, InviteRefusal},
};

/// Opens an invite link: the contact waits until its issuer has been reached and has honoured the token.
pub(crate) fn add(turn: &mut Turn, link: &str) -> Step<Reply> {
    let invite = Invite::parse(link).map_err(refuse_link)?;
    if invite.account == turn.me.account {
        return Err(CommandError::OwnInvite.into());
    }
    if turn.now_ms >= invite.expires_at_ms {
        return Err(CommandError::InviteRefused {
            refusal: InviteRefusal::Expired,
        }
        .into());
    }
    let known = find(turn, &invite.account)?;
    if blocking::is_blocked(turn, &invite.account)? {
        return Err(CommandError::ContactBlocked.into());
    }
    if known.as_ref().is_some_and(Contact::is_accepted) && !is_unreachable(turn, &invite)? {
        return Err(CommandError::AlreadyContact.into());
    }
    let mut contact = known.unwrap_or_else(|| unknown(invite.account, waiting(&invite)));
    if !contact.is_accepted() {
        contact.standing = waiting(&invite);
        contact.name = invite.name.clone();
        if contact.device_list.is_empty() {
            contact.devices = vec![invite.device];
        } else if !contact.devices.contains(&invite.device) {
            contact.devices.push(invite.device);
        }
    } else if !contact.devices.contains(&invite.device) {
        // They restored their account on a new device and hand us its address: the link proves the rest.
        contact.devices.push(invite.device);
    }
    turn.save(&contact)?;
    let mut peer = turn
        .load(&PeerDevice::at(&invite.device))?
        .unwrap_or_else(|| PeerDevice::new(invite.device, invite.account));
    peer.learn(&invite.addresses);
    turn.save(&peer)?;
    if !contact.is_accepted() && turn.live.links.contains_key(&invite.device) {
        // A link that stands for the sake of a group says nothing of the invite: one that is made anew does.
        super::links::forget(turn, invite.device)?;
    }
    know(turn, &contact.devices);
    super::dialing::soon(turn, &invite.device)?;
    view::emit_contact(turn, &contact.account)?;
    Ok(Reply::Contact(Box::new(view::contact(turn, &contact)?)))
}

fn waiting(invite: &Invite) -> Standing {
    Standing::Waiting {
        token: *invite.token.as_bytes(),
        device: invite.device,
    }
}

/// Whether an invite of an accepted contact names a device that we do not know yet.
fn is_unreachable(turn: &Turn, invite: &Invite) -> Step<bool> {
    Ok(!turn.has(&PeerDevice::at(&invite.device))?)
}

fn refuse_link(error: CryptoError) -> Fault {
    let error = match error {
        CryptoError::FutureVersion { .. } => CommandError::FutureInvite,
        CryptoError::NotAnInvite => CommandError::NotAnInvite,
        _ => CommandError::DamagedInvite,
    };
    error.into()
}

/// Takes back an addition that is waiting or was refused.
pub(crate) fn remove(turn: &mut Turn, account: &AccountId) -> Step<Reply> {
    let contact = find(turn, account)?.ok_or(CommandError::UnknownContact)?;
    if contact.is_accepted() {
        return Err(CommandError::ContactAccepted.into());
    }
    if contact.standing == Standing::Blocked {
        return Err(CommandError::ContactBlocked.into());
    }
    if contact.standing == Standing::Fellow {
        return Err(CommandError::UnknownContact.into());
    }
    if super::is_fellow(turn, account)? {
        // The groups go on.
        turn.save(&Contact {
            standing: Standing::Fellow,
            ..contact
        })?;
        turn.emit(Event::ContactRemoved(*account));
        return Ok(Reply::Done);
    }
    for device in &contact.devices {
        turn.transmit(Transmit::Forget { device: *device });
        turn.live.dialing.remove(device);
    }
    turn.remove(Contact::at(account));
    turn.emit(Event::ContactRemoved(*account));
    Ok(Reply::Done)
}

/// All contacts, by name.
pub(crate) fn list(turn: &Turn) -> Step<Reply> {
    let mut contacts = super::all(turn)?;
    contacts.retain(|contact| contact.standing != Standing::Fellow);
    let mut views: Vec<ContactView> = contacts
        .iter()
        .map(|each| view::contact(turn, each))
        .collect::<Step<_>>()?;
    views.sort_by_key(|contact| (contact.name.to_lowercase(), contact.account));
    Ok(Reply::Contacts(views))
}
