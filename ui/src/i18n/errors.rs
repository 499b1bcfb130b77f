//! What the node could not do, in the person's language: what happened, what is safe, what to do next.

use std::io::{self, ErrorKind};

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
        CommandError::Storage { reason } => t!("error-storage", reason = cause(reason)),
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

/// Why the system refused something. `reason` is what a library says of it, in English; what the system's own number in it
/// stands for is said in the person's language. Words without such a number are for a bug report, and stay.
pub fn cause(reason: &str) -> String {
    let Some(number) = system_number(reason) else {
        return reason.to_owned();
    };
    match io::Error::from_raw_os_error(number).kind() {
        ErrorKind::PermissionDenied => t!("cause-denied"),
        ErrorKind::NotFound => t!("cause-not-found"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => t!("cause-no-room"),
        ErrorKind::ReadOnlyFilesystem => t!("cause-read-only"),
        _ => t!("cause-other", number = number),
    }
}

/// The number in "Permission denied (os error 13)", as the standard library writes what the system refused.
fn system_number(reason: &str) -> Option<i32> {
    let (_, rest) = reason.rsplit_once("(os error ")?;
    rest.split_once(')')?.0.parse().ok()
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
    use crate::i18n::{self, Language};

    #[test]
    fn what_the_system_refused_is_said_in_both_languages() {
        let denied = io::Error::from(ErrorKind::PermissionDenied);
        assert_eq!(cause(&denied.to_string()), denied.to_string(), "it has no number");
        let said = |language| {
            i18n::set_language(language);
            [13, 2, 28, 30, 5].map(|number| {
                let error = io::Error::from_raw_os_error(number);
                cause(&format!(
                    "the store could not be opened ({error}); it is unchanged"
                ))
            })
        };
        let (hindi, english) = (said(Language::Hindi), said(Language::English));
        let different: std::collections::HashSet<_> = hindi.iter().chain(&english).collect();
        assert_eq!(different.len(), 10, "{different:?}");
        assert_eq!(english[0], "permission was denied");
        assert!(english[4].ends_with('5') && hindi[4].ends_with('5'));
        for words in hindi {
            assert!(
                !words.contains(|letter: char| letter.is_ascii_alphabetic()),
                "{words}"
            );
        }
    }

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
