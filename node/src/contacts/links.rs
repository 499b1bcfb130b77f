//! Links coming and going: who may have one, and what is said first.

use kith_crypto::{AccountId, DeviceId, DeviceList, LinkRefusal, Signed};

use super::{
    accept, blocking, find, introduction, invites, is_fellow, know, lists, redeeming, unknown, view,
};
use crate::{
    carriers,
    effects::Transmit,
    epochs,
    frame::{Refusal, Reveal},
    groups,
    input::LinkRequestId,
    live::Link,
    network, own,
    records::{Contact, Refused, Standing},
    sync,
    turn::{Fault, Step, Turn},
    view::PathView,
};

/// A device has revealed its account and asks for a link.
pub(crate) fn requested(
    turn: &mut Turn,
    (request, device): (LinkRequestId, DeviceId),
    account: AccountId,
    device_list: &[u8],
    payload: &[u8],
) -> Step {
    let decided = if turn.now_ms < turn.live.shunned_until_ms(&device) {
        Ok(Some(Refusal::TryLater.into()))
    } else {
        decide(turn, (device, account), device_list, payload)
    };
    let refusal = match decided {
        Ok(refusal) => refusal,
        Err(Fault::Peer(_)) => Some(Refusal::Stranger.into()),
        Err(fault) => return Err(fault),
    };
    turn.transmit(Transmit::AnswerLink { request, refusal });
    Ok(())
}

fn decide(
    turn: &mut Turn,
    (device, account): (DeviceId, AccountId),
    device_list: &[u8],
    payload: &[u8],
) -> Step<Option<LinkRefusal>> {
    let list = Signed::<DeviceList>::open(device_list)
        .map_err(|_| Fault::Peer("a device list that does not verify"))?;
    let reveal: Reveal =
        postcard::from_bytes(payload).map_err(|_| Fault::Peer("a reveal that does not decode"))?;
    if account == turn.me.account {
        return Ok(None);
    }
    let is_fellow = is_fellow(turn, &account)?;
    let is_blocked = blocking::is_blocked(turn, &account)?;
    if is_blocked && (!is_fellow || reveal.token.is_some()) {
        // What anybody is told whom we do not know: whether it was blocked is nobody's business.
        let refusal = match reveal.token {
            Some(_) => Refusal::InviteUnknown,
            None => Refusal::Stranger,
        };
        return Ok(Some(refusal.into()));
    }
    let known = find(turn, &account)?;
    let accepted = known.clone().filter(Contact::is_accepted);
    if let Some(contact) = accepted.filter(|_| !is_blocked) {
        return decide_known(turn, device, contact, &list);
    }
    let honoured = match &reveal.token {
        Some(token) => Some(invites::redeem(turn, token, account)?),
        None => None,
    };
    let reminds = match reveal.remember {
        Some(shown) => introduction::is_reminded(turn, &account, shown)?,
        None => false,
    };
    match honoured {
        Some(Err(refusal)) if !reminds => return Ok(Some(refusal.into())),
        None if !reminds => {}
        _ => {
            welcome(turn, account, &list)?;
            return Ok(None);
        }
    }
    let invited = known.as_ref().and_then(invited_by);
    if let Some(contact) = known.filter(|_| is_fellow) {
        // It comes for the sake of a group. The token of its invite, should we have opened one, is shown over the link.
        return decide_known(turn, device, contact, &list);
    }
    if invited.is_some() {
        // Somebody whose invite we opened.
        return Ok(None);
    }
    Ok(Some(Refusal::Stranger.into()))
}

/// The device whose invite we opened, while it has not honoured it.
pub(super) fn invited_by(contact: &Contact) -> Option<DeviceId> {
    match contact.standing {
        Standing::Waiting { device, .. } => Some(device),
        _ => None,
    }
}

/// Whether a device of somebody whom we let in is one of theirs today.
fn decide_known(
    turn: &mut Turn,
    device: DeviceId,
    mut contact: Contact,
    list: &Signed<DeviceList>,
) -> Step<Option<LinkRefusal>> {
    adopt_known(turn, &mut contact, list)?;
    // The handshake has proven that this is the device it says, so that it is shown no more than its own account's
    // list: an old copy of a folder that was put back learns from it what it is.
    Ok((!contact.devices.contains(&device)).then(|| LinkRefusal {
        device_list: Some(contact.device_list),
        ..Refusal::DeviceRevoked.into()
    }))
}

/// Takes the list that somebody whom we know shows, and saves what we know of them. A list that contradicts the one we know is told
/// at once: the device that shows it is mostly refused, so nothing later would tell.
fn adopt_known(turn: &mut Turn, contact: &mut Contact, list: &Signed<DeviceList>) -> Step {
    let was_alarmed = contact.alarmed;
    let has_new_list = lists::adopt(turn, contact, list)?;
    turn.save(contact)?;
    if has_new_list {
        groups::fellows::changed(turn, &contact.account)?;
    }
    if contact.alarmed && !was_alarmed {
        view::emit_contact_everywhere(turn, &contact.account)?;
    }
    Ok(())
}

/// A link on which nothing was said yet.
fn fresh((account, is_contact): (AccountId, bool), path: PathView, binding: [u8; 32]) -> Link {
    Link {
        account,
        is_contact,
        joined: Default::default(),
        invited: Default::default(),
        wanted: Default::default(),
        told_of: Default::default(),
        untold: None,
        path,
        binding,
        introduced: false,
        clock_ahead_ms: None,
        sending: Default::default(),
        asked_at_ms: Default::default(),
        parted_at_ms: Default::default(),
        repairs: Default::default(),
        sealed_at_ms: 0,
        agreed: Default::default(),
        beyond: Default::default(),
        proven: Default::default(),
        told_in_part: Default::default(),
        full: Default::default(),
        mail: Default::default(),
        mail_kept: Default::default(),
        mail_waiting: None,
        told_unseen: Default::default(),
        mail_behind: Default::default(),
        allowance: Default::default(),
        offences: 0,
    }
}

/// A link stands.
pub(crate) fn up(
    turn: &mut Turn,
    device: DeviceId,
    account: AccountId,
    device_list: &[u8],
    path: PathView,
    binding: [u8; 32],
) -> Step {
    let list = Signed::<DeviceList>::open(device_list)?;
    let was_alone = network::is_alone(turn);
    turn.live.dialing.remove(&device);
    turn.live.tokens.remove(&device);
    let is_own = account == turn.me.account;
    turn.live
        .links
        .insert(device, fresh((account, is_own), path, binding));
    if account != turn.me.account {
        let Some(mut contact) = find(turn, &account)? else {
            // A restored device dials whoever is near, and tells them nothing until they have proven to remember us. Whoever
            // dials it has proven that before there is a link.
            return if own::is_restored(turn)? {
                Ok(())
            } else {
                forget(turn, device)
            };
        };
        if !take_in(turn, device, &mut contact, &list)? {
            return Ok(());
        }
        if !contact.devices.contains(&device) {
            return forget(turn, device);
        }
        if turn.live.shunned.contains_key(&device) {
            // It was forgotten when it was cut off.
            know(turn, &[device]);
        }
    }
    introduction::send(turn, device)?;
    redeeming::show(turn, device)?;
    meet(turn, device)?;
    if was_alone {
        super::dialing::revived(turn)?;
    }
    view::emit_contact_everywhere(turn, &account)?;
    network::emit(turn)
}

/// Who it is that a link stands with now: a contact, somebody whose invite we opened and who honoured it, or a member of a
/// group. False if it does not stand any more.
fn take_in(
    turn: &mut Turn,
    device: DeviceId,
    contact: &mut Contact,
    list: &Signed<DeviceList>,
) -> Step<bool> {
    let is_fellow = is_fellow(turn, &contact.account)?;
    let is_blocked = blocking::is_blocked(turn, &contact.account)?;
    match contact.standing {
        Standing::Accepted if !is_blocked => adopt_known(turn, contact, list)?,
        Standing::Waiting { .. } if is_fellow => {
            // It may have been dialled before the invite was opened, or have dialled us: whether the invite is honoured is
            // said over the link (see `redeeming`).
            adopt_known(turn, contact, list)?;
            return Ok(true);
        }
        Standing::Waiting { .. } if !is_blocked => accept(turn, contact, list)?,
        Standing::Refused(_) if !is_fellow => accept(turn, contact, list)?,
        _ if is_fellow => {
            adopt_known(turn, contact, list)?;
            return Ok(true);
        }
        _ => {
            // It was on its way while it was decided.
            forget(turn, device)?;
            return Ok(false);
        }
    }
    if let Some(link) = turn.live.links.get_mut(&device) {
        link.is_contact = true;
    }
    contact.last_seen_ms = Some(turn.now_ms);
    turn.save(contact)?;
    Ok(true)
}

/// What follows once both sides know one another: seals that waited, a comparison, topics.
pub(crate) fn meet(turn: &mut Turn, device: DeviceId) -> Step {
    epochs::seals::send_pending(turn, &device)?;
    sync::compare_all(turn, device)?;
    carriers::meet(turn, device)?;
    epochs::topics::subscribe(turn)
}

/// Ends all links with an account.
pub(crate) fn leave(turn: &mut Turn, account: &AccountId) {
    for device in turn.live.linked(account) {
        turn.live.links.remove(&device);
        turn.transmit(Transmit::Forget { device });
    }
}

/// Ends the link with a device, and all attempts to make one.
pub(crate) fn forget(turn: &mut Turn, device: DeviceId) -> Step {
    turn.live.links.remove(&device);
    turn.transmit(Transmit::Forget { device });
    Ok(())
}

/// A link is gone.
pub(crate) fn down(turn: &mut Turn, device: DeviceId) -> Step {
    let Some(link) = turn.live.links.remove(&device) else {
        return Ok(());
    };
    if let Some(mut contact) = find(turn, &link.account)? {
        if contact.is_accepted() {
            contact.last_seen_ms = Some(turn.now_ms);
            turn.save(&contact)?;
        }
        if contact.devices.contains(&device) {
            super::dialing::lost(turn, &device)?;
            super::discovery::look_up_soon(turn);
            carriers::telling::doubt(turn, &link.account, &device)?;
            carriers::sending::soon_for(turn, &link.account)?;
        }
    }
    epochs::topics::subscribe(turn)?;
    view::emit_contact_everywhere(turn, &link.account)?;
    network::emit(turn)
}

/// The path of a link changed.
pub(crate) fn path_changed(turn: &mut Turn, device: DeviceId, path: PathView) -> Step {
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(());
    };
    link.path = path;
    let account = link.account;
    view::emit_contact_everywhere(turn, &account)
}

/// Why an invite was not honoured, by the number of the reason; `None` if it says nothing of an invite.
pub(super) fn why(reason: u8) -> Option<Refused> {
    match Refusal::from_number(reason)? {
        Refusal::InviteUsed => Some(Refused::Used),
        Refusal::InviteExpired => Some(Refused::Expired),
        Refusal::InviteRevoked => Some(Refused::Revoked),
        Refusal::InviteUnknown => Some(Refused::Unknown),
        Refusal::Stranger | Refusal::DeviceRevoked | Refusal::TryLater => None,
    }
}

/// Their side refused a link.
pub(crate) fn refused(turn: &mut Turn, device: DeviceId, refusal: &LinkRefusal) -> Step {
    super::dialing::failed(turn, &device, true);
    turn.live.tokens.remove(&device);
    if Refusal::from_number(refusal.reason) == Some(Refusal::DeviceRevoked) {
        return match &refusal.device_list {
            Some(list) => own::shown_list(turn, list),
            None => Ok(()),
        };
    }
    let Some(why) = why(refusal.reason) else {
        return Ok(());
    };
    for mut contact in super::all(turn)? {
        // Of the others' refusals none says anything of the invite.
        if invited_by(&contact) == Some(device) {
            contact.standing = Standing::Refused(why);
            turn.save(&contact)?;
            if !is_fellow(turn, &contact.account)? {
                turn.live.dialing.remove(&device);
                turn.transmit(Transmit::Forget { device });
            }
            view::emit_contact(turn, &contact.account)?;
        }
    }
    Ok(())
}

/// Somebody brought an invite of ours, or proved to remember us after a restore: they are a contact, again perhaps.
pub(crate) fn welcome(turn: &mut Turn, account: AccountId, list: &Signed<DeviceList>) -> Step {
    let mut contact = find(turn, &account)?.unwrap_or_else(|| unknown(account, Standing::Accepted));
    accept(turn, &mut contact, list)?;
    know(turn, &contact.devices);
    // Links that stood for the sake of a group, or without anything said, are those of a contact now.
    for device in turn.live.linked(&account) {
        introduction::send(turn, device)?;
    }
    Ok(())
}
