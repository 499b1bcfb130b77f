//! Safety numbers: what two people compare, and that they did.

use data_encoding::BASE64;
use kith_crypto::{AccountId, SafetyNumber};

use super::{find, view};
use crate::{
    command::Reply,
    error::CommandError,
    records::Verified,
    turn::{Step, Turn},
    view::SafetyView,
};

/// What to compare with a contact.
pub(crate) fn get(turn: &Turn, account: &AccountId) -> Step<Reply> {
    let number = number(turn, account)?;
    let verified = turn.load::<Verified>(&Verified::at(account))?;
    Ok(Reply::Safety(SafetyView {
        account: *account,
        groups: number.groups().to_vec(),
        code: BASE64.encode(&number.qr_bytes()),
        verified_at_ms: verified.map(|verified| verified.at_ms),
    }))
}

/// Notes that the numbers were the same, or takes it back.
pub(crate) fn set(turn: &mut Turn, account: &AccountId, verified: bool) -> Step<Reply> {
    number(turn, account)?;
    let known = turn.has(&Verified::at(account))?;
    if verified && !known {
        let at_ms = turn.now_ms;
        turn.save(&Verified {
            account: *account,
            at_ms,
        })?;
    } else if !verified {
        turn.remove(Verified::at(account));
    }
    if verified != known {
        view::emit_contact_everywhere(turn, account)?;
    }
    get(turn, account)
}

/// Whether a scanned code is the one that we should see.
pub(crate) fn check(turn: &Turn, account: &AccountId, code: &str) -> Step<Reply> {
    let number = number(turn, account)?;
    let scanned = BASE64
        .decode(code.as_bytes())
        .map_err(|_| CommandError::NotASafetyCode)?;
    let matches = number
        .matches_qr(&scanned)
        .map_err(|_| CommandError::NotASafetyCode)?;
    Ok(Reply::Matches(matches))
}

fn number(turn: &Turn, account: &AccountId) -> Step<SafetyNumber> {
    find(turn, account)?.ok_or(CommandError::UnknownContact)?;
    Ok(SafetyNumber::of(turn.me.account, *account))
}
