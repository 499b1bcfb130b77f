//! What a screen sees of people.

use kith_crypto::AccountId;

use super::find;
use crate::{
    conversations,
    error::CommandError,
    event::Event,
    records::{Contact, Refused, Standing, Verified},
    turn::{Step, Turn},
    view::{ContactState, ContactView, InviteRefusal, PathView, PresenceView},
};

/// A contact as a screen sees it.
pub(crate) fn contact(turn: &Turn, contact: &Contact) -> Step<ContactView> {
    let (state, refusal) = match &contact.standing {
        Standing::Waiting { .. } => (ContactState::Waiting, None),
        Standing::Accepted => (ContactState::Accepted, None),
        Standing::Refused(why) => (ContactState::Refused, Some(refusal(*why))),
        Standing::Blocked => (ContactState::Blocked, None),
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

fn presence(turn: &Turn, contact: &Contact) -> PresenceView {
    let links = turn
        .live
        .links
        .values()
        .filter(|link| link.account == contact.account);
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

/// Tells listeners about a contact.
pub(crate) fn emit_contact(turn: &mut Turn, account: &AccountId) -> Step {
    if let Some(known) = find(turn, account)? {
        let view = contact(turn, &known)?;
        turn.emit(Event::Contact(Box::new(view)));
    }
    Ok(())
}

/// Tells listeners about a contact and its conversation, whose header shows it.
pub(crate) fn emit_contact_everywhere(turn: &mut Turn, account: &AccountId) -> Step {
    emit_contact(turn, account)?;
    for conversation in conversations::shared_with(turn, account)? {
        if conversation.contact == *account {
            conversations::view::emit_conversation(turn, &conversation)?;
        }
    }
    Ok(())
}
