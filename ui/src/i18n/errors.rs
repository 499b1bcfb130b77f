//! What the node could not do, in the person's language: what happened, what is safe, what to do next.

use kith_node::CommandError;
use kith_node::view::{DeliveryState, InviteRefusal};

use crate::t;

/// The sentences for an error.
pub fn sentence(error: &CommandError) -> String {
    match error {
        CommandError::EmptyText => t!("error-empty-text"),
        CommandError::TextTooLong { .. } => t!("error-text-too-long"),
        CommandError::BadProfileText { .. } => t!("error-profile-text"),
        CommandError::BadPicture { .. } => t!("error-picture"),
        CommandError::BadGroupName { .. } => t!("error-group-name"),
        CommandError::NamedTwice => t!("error-named-twice"),
        CommandError::UnknownConversation => t!("error-unknown-conversation"),
        CommandError::UnknownContact => t!("error-unknown-contact"),
        CommandError::UnknownInvite => t!("error-unknown-invite"),
        CommandError::UnknownPicture => t!("error-unknown-picture"),
        CommandError::AlreadyContact => t!("error-already-contact"),
        CommandError::ContactAccepted => t!("error-contact-accepted"),
        CommandError::ContactWaiting => t!("error-contact-waiting"),
        CommandError::NotABootstrap { address } => t!("error-not-a-bootstrap", address = address.as_str()),
        CommandError::ContactBlocked => t!("error-contact-blocked"),
        CommandError::LeftGroup => t!("error-left-group"),
        CommandError::OutOfRange { what, min, max } => {
            t!("error-out-of-range", what = what.as_str(), min = *min, max = *max)
        }
        CommandError::DiskFull => t!("error-disk-full"),
        CommandError::Storage { reason } => t!("error-storage", reason = reason.as_str()),
        CommandError::Internal { place } => t!("error-internal", place = place.as_str()),
        CommandError::UnknownMessage => t!("error-unknown-message"),
        CommandError::NotYours => t!("error-not-yours"),
        CommandError::UnknownDeletion => t!("error-unknown-deletion"),
        CommandError::TooOften { wait_s } => t!("error-too-often", seconds = *wait_s),
        CommandError::TooLateToCancel { holder, state } => too_late(holder, *state),
        CommandError::NotOwnMessage => t!("error-not-own-message"),
        CommandError::NotASafetyCode => t!("error-not-a-safety-code"),
        CommandError::OutdatedCopy => t!("error-outdated-copy"),
        CommandError::Closed => t!("error-closed"),
        CommandError::NotAnInvite
        | CommandError::DamagedInvite
        | CommandError::FutureInvite
        | CommandError::OwnInvite
        | CommandError::InviteRefused { .. } => invite(error),
    }
}

fn too_late(holder: &str, state: DeliveryState) -> String {
    match state {
        DeliveryState::Read => t!("error-cancel-read", name = holder),
        DeliveryState::Delivered => t!("error-cancel-delivered", name = holder),
        _ => t!("error-cancel-held", name = holder),
    }
}

fn invite(error: &CommandError) -> String {
    match error {
        CommandError::DamagedInvite => t!("error-damaged-invite"),
        CommandError::FutureInvite => t!("error-future-invite"),
        CommandError::OwnInvite => t!("error-own-invite"),
        CommandError::InviteRefused {
            refusal: InviteRefusal::Used,
        } => t!("error-invite-used"),
        CommandError::InviteRefused {
            refusal: InviteRefusal::Expired,
        } => t!("error-invite-expired"),
        CommandError::InviteRefused {
            refusal: InviteRefusal::Revoked,
        } => t!("error-invite-revoked"),
        CommandError::InviteRefused {
            refusal: InviteRefusal::Unknown,
        } => t!("error-invite-unknown"),
        _ => t!("error-not-an-invite"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_an_invite_can_be_refused_has_its_own_words() {
        let refusals = [
            InviteRefusal::Used,
            InviteRefusal::Expired,
            InviteRefusal::Revoked,
            InviteRefusal::Unknown,
        ];
        let mut errors: Vec<_> = refusals
            .into_iter()
            .map(|refusal| CommandError::InviteRefused { refusal })
            .collect();
        errors.extend([
            CommandError::NotAnInvite,
            CommandError::DamagedInvite,
            CommandError::FutureInvite,
            CommandError::OwnInvite,
            CommandError::AlreadyContact,
        ]);
        let said: std::collections::HashSet<_> = errors.iter().map(sentence).collect();
        assert_eq!(said.len(), errors.len());
    }
}
