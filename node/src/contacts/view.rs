//! What a screen sees of people.

use kith_crypto::AccountId;

use super::find;
use crate::{
    conversations,
    error::CommandError,
    event::Event,
    own,
    records::{Contact, Group, Refused, Standing, Verified},
    turn::{Step, Turn},
    view::{ContactState, ContactView, InviteRefusal, MemberView, PathView, PresenceView},
};

/// A contact as a screen sees it.
pub(crate) fn contact(turn: &Turn, contact: &Contact) -> Step<ContactView> {
    let (state, refusal) = match &contact.standing {
        Standing::Waiting { .. } => (ContactState::Waiting, None),
        Standing::Accepted => (ContactState::Accepted, None),
        Standing::Refused(why) => (ContactState::Refused, Some(refusal(*why))),
        Standing::Blocked => (ContactState::Blocked, None),
        // Only groups show them; should they ever be told of as a contact, it is as one who is none yet.
        Standing::Fellow => (ContactState::Refused, None),
    };
    Ok(ContactView {
        account: contact.account,
        name: contact.name.clone(),
        fingerprint: contact.account.fingerprint(),
        picture: contact.picture.map(|hash| data_encoding::HEXLOWER.encode(&hash)),
        status: contact.status.clone(),
        state,
        refusal,
        alarmed: contact.alarmed,
        verified: turn.has(&Verified::at(&contact.account))?,
        presence: presence(turn, contact),
    })
}

/// The contact with this account as a screen sees it.
pub(crate) fn contact_of(turn: &Turn, account: &AccountId) -> Step<ContactView> {
    let known = find(turn, account)?.ok_or(CommandError::UnknownContact)?;
    contact(turn, &known)
}

/// The members of a group as a screen sees them, by name.
pub(crate) fn members(turn: &Turn, group: &Group) -> Step<Vec<MemberView>> {
    let mut views = Vec::with_capacity(group.members.len());
    for account in &group.members {
        let has_left = group.left.iter().any(|left| left.account == *account);
        views.push(member(turn, account, has_left)?);
    }
    views.sort_by_key(|member| (member.has_left, member.name.to_lowercase(), member.account));
    Ok(views)
}

fn member(turn: &Turn, account: &AccountId, has_left: bool) -> Step<MemberView> {
    let known = find(turn, account)?;
    let is_contact = known.as_ref().is_some_and(Contact::is_accepted);
    let (name, picture) = if *account == turn.me.account {
        let profile = own::profile(turn)?;
        (profile.name, profile.picture)
    } else {
        known.map(|known| (known.name, known.picture)).unwrap_or_default()
    };
    Ok(MemberView {
        account: *account,
        name,
        fingerprint: account.fingerprint(),
        picture: picture.map(|hash| data_encoding::HEXLOWER.encode(&hash)),
        is_contact,
        has_left,
    })
}

fn presence(turn: &Turn, contact: &Contact) -> PresenceView {
    let links = turn
        .live
        .links
        .values()
        .filter(|link| link.account == contact.account && link.is_contact);
    let best = links.map(|link| link.path).min_by_key(|path| match path {
        PathView::Lan => 0,
        PathView::Direct => 1,
        PathView::Relayed => 2,
    });
    match best {
        Some(path) => PresenceView::Online { path },
        None => PresenceView::Offline {
            last_seen_ms: contact.last_seen_ms,
        },
    }
}

/// Why an invite was not honoured, as a screen sees it.
pub(crate) fn refusal(why: Refused) -> InviteRefusal {
    match why {
        Refused::Used => InviteRefusal::Used,
        Refused::Expired => InviteRefusal::Expired,
        Refused::Revoked => InviteRefusal::Revoked,
        Refused::Unknown => InviteRefusal::Unknown,
    }
}

/// Tells listeners about a contact; not about somebody who is known from a group only.
pub(crate) fn emit_contact(turn: &mut Turn, account: &AccountId) -> Step {
    if let Some(known) = find(turn, account)?.filter(|known| known.standing != Standing::Fellow) {
        let view = contact(turn, &known)?;
        turn.emit(Event::Contact(Box::new(view)));
    }
    Ok(())
}

/// Tells listeners about a contact and its conversation, whose header shows it.
pub(crate) fn emit_contact_everywhere(turn: &mut Turn, account: &AccountId) -> Step {
    emit_contact(turn, account)?;
    for conversation in conversations::shared_with(turn, account)? {
        if conversation.contact() == Some(account) {
            conversations::view::emit_conversation(turn, &conversation)?;
        }
    }
    Ok(())
}

/// Tells listeners about the groups that an account belongs to: they show its name and picture.
pub(crate) fn emit_groups(turn: &mut Turn, account: &AccountId) -> Step {
    for conversation in conversations::shared_with(turn, account)? {
        if conversation.group().is_some() {
            conversations::view::emit_conversation(turn, &conversation)?;
        }
    }
    Ok(())
}
