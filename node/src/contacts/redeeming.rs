//! An invite between two who share a group: a link stands for the group's sake, whoever dialled, and the token is shown over
//! that link. So it does not matter which of the two can reach the other.

use kith_crypto::{DeviceId, DeviceList, InviteToken, Signed};

use super::{accept, blocking, find, introduction, invites, is_accepted, links, unknown, view};
use crate::{
    frame::{Frame, Refusal},
    input::Lane,
    records::{Contact, Standing},
    turn::{Step, Turn},
};

/// Shows a linked device the token of the invite that it made, if we have opened one and it has not been honoured.
pub(crate) fn show(turn: &mut Turn, device: DeviceId) -> Step {
    let Some(account) = turn.live.links.get(&device).map(|link| link.account) else {
        return Ok(());
    };
    match find(turn, &account)?.map(|contact| contact.standing) {
        Some(Standing::Waiting {
            token,
            device: invited,
        }) if invited == device => {
            let token = InviteToken::from_bytes(token);
            turn.send(device, Lane::Control, &Frame::Redeem { token })
        }
        _ => Ok(()),
    }
}

/// A linked device shows a token of ours.
pub(crate) fn receive(turn: &mut Turn, device: DeviceId, token: &InviteToken) -> Step {
    let Some(account) = turn.live.links.get(&device).map(|link| link.account) else {
        return Ok(());
    };
    if account == turn.me.account {
        return Ok(());
    }
    let refusal = if blocking::is_blocked(turn, &account)? {
        Some(Refusal::InviteUnknown)
    } else if is_accepted(turn, &account)? {
        // It came with the handshake as well.
        None
    } else {
        match invites::redeem(turn, token.as_bytes(), account)? {
            Ok(()) => {
                let known = find(turn, &account)?;
                honoured(
                    turn,
                    known.unwrap_or_else(|| unknown(account, Standing::Accepted)),
                )?;
                None
            }
            Err(refusal) => Some(refusal),
        }
    };
    let refusal = refusal.map(|refusal| refusal as u8);
    turn.send(device, Lane::Control, &Frame::Redeemed { refusal })
}

/// The device that made an invite has honoured it, or says why not.
pub(crate) fn answered(turn: &mut Turn, device: DeviceId, refusal: Option<u8>) -> Step {
    let Some(account) = turn.live.links.get(&device).map(|link| link.account) else {
        return Ok(());
    };
    let known = find(turn, &account)?;
    let is_awaited = |contact: &Contact| links::invited_by(contact) == Some(device);
    let Some(mut contact) = known.filter(is_awaited) else {
        return turn.spend(&device, 1);
    };
    let Some(refusal) = refusal else {
        return honoured(turn, contact);
    };
    if let Some(why) = links::why(refusal) {
        contact.standing = Standing::Refused(why);
        turn.save(&contact)?;
        view::emit_contact(turn, &account)?;
    }
    Ok(())
}

/// Those with whom links stood for the sake of a group are contacts now.
fn honoured(turn: &mut Turn, mut contact: Contact) -> Step {
    let Ok(list) = Signed::<DeviceList>::open(&contact.device_list) else {
        return Ok(());
    };
    accept(turn, &mut contact, &list)?;
    for device in turn.live.linked(&contact.account) {
        introduction::send(turn, device)?;
        links::meet(turn, device)?;
    }
    view::emit_contact_everywhere(turn, &contact.account)?;
    crate::network::emit(turn)
}
