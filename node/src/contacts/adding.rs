//! Opening somebody's invite link.

use kith_crypto::{AccountId, CryptoError, Invite};

use super::{blocking, find, know, unknown, view};
use crate::{
    clock,
    command::Reply,
    effects::Transmit,
    error::CommandError,
    event::Event,
    records::{Contact, PeerDevice, Standing},
    turn::{Fault, Step, Turn},
    view::{ContactView, InviteRefusal},
};

/// Opens an invite link: the contact waits until its issuer has been reached and has honoured the token. A contact who is
/// away is dialled where the link says: both may have moved, so that neither finds the other otherwise.
pub(crate) fn add(turn: &mut Turn, link: &str) -> Step<Reply> {
    let invite = Invite::parse(link).map_err(refuse_link)?;
    if invite.account == turn.me.account {
        return Err(CommandError::OwnInvite.into());
    }
    if is_over(turn, &invite) {
        return Err(CommandError::InviteRefused {
            refusal: InviteRefusal::Expired,
        }
        .into());
    }
    let known = find(turn, &invite.account)?;
    if blocking::is_blocked(turn, &invite.account)? {
        return Err(CommandError::ContactBlocked.into());
    }
    if known.as_ref().is_some_and(Contact::is_accepted) && turn.live.links.contains_key(&invite.device) {
        return Err(CommandError::AlreadyContact.into());
    }
    let mut contact = known.unwrap_or_else(|| unknown(invite.account, waiting(&invite)));
    if !contact.is_accepted() {
        contact.standing = waiting(&invite);
        // Of whom a group told, their own card did as well, and later than an invite.
        if contact.card_number == 0 {
            contact.name = invite.name.clone();
        }
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
    let is_new_way = learn_way(turn, &invite)?;
    if contact.is_accepted() {
        // They may have lost what they knew of us: then the invite says that we are welcome.
        turn.live.tokens.insert(invite.device, invite.token);
    }
    know(turn, &contact.devices);
    if !contact.is_accepted() && turn.live.links.contains_key(&invite.device) {
        // It stands for the sake of a group.
        super::redeeming::show(turn, invite.device)?;
    } else {
        super::dialing::seen(turn, &invite.device, is_new_way)?;
    }
    view::emit_contact(turn, &contact.account)?;
    Ok(Reply::Contact(Box::new(view::contact(turn, &contact)?)))
}

/// Whether the time of an invite is over. Where either clock may be wrong its issuer decides, by the clock that it was made
/// by: ours, which no contact has ever confirmed, or theirs, if it is over since before there was Kith.
fn is_over(turn: &Turn, invite: &Invite) -> bool {
    turn.live.wall.is_confirmed()
        && invite.expires_at_ms >= clock::FIRST_RELEASE_MS
        && turn.now_ms >= invite.expires_at_ms
}

fn waiting(invite: &Invite) -> Standing {
    Standing::Waiting {
        token: *invite.token.as_bytes(),
        device: invite.device,
    }
}

/// Notes where an invite says that its issuer can be dialled, beside ways that are known: anybody can write a link that
/// names somebody. True if it says anything new.
fn learn_way(turn: &mut Turn, invite: &Invite) -> Step<bool> {
    let known = turn.load(&PeerDevice::at(&invite.device))?;
    let mut peer = known.unwrap_or_else(|| PeerDevice::new(invite.device, invite.account));
    let most = PeerDevice::MOST_ADDRESSES / 2;
    let told: Vec<String> = invite.addresses.iter().take(most).cloned().collect();
    let is_new_way = peer.learn(&told);
    turn.save(&peer)?;
    Ok(is_new_way)
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
