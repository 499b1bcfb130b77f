//! Invites of our own: one token for one person, honoured once.

use kith_crypto::{AccountId, Invite, InviteToken};

use crate::{
    command::Reply,
    error::CommandError,
    event::Event,
    frame::{MAX_ADDRESSES, Refusal},
    records::{Ending, InviteRecord, Profile},
    turn::{DAY_MS, Step, Turn},
    view::{InviteState, InviteView},
};

/// The shortest and longest time an invite can be used, and the usual one, seconds.
const SHORTEST_S: u64 = 60;
const LONGEST_S: u64 = 30 * DAY_MS / 1000;
const USUAL_S: u64 = 7 * DAY_MS / 1000;

/// How long an invite that ended stays in the list, milliseconds.
const ENDED_SHOWN_MS: u64 = 30 * DAY_MS;

/// Makes an invite link.
pub(crate) fn create(turn: &mut Turn, valid_for_s: Option<u64>) -> Step<Reply> {
    let valid_for_s = valid_for_s.unwrap_or(USUAL_S);
    if !(SHORTEST_S..=LONGEST_S).contains(&valid_for_s) {
        let what = "valid_for_s".into();
        return Err(CommandError::OutOfRange {
            what,
            min: SHORTEST_S,
            max: LONGEST_S,
        }
        .into());
    }
    let profile = turn.load::<Profile>(&Profile::at())?;
    let token = InviteToken::generate(turn.rng);
    let expires_at_ms = turn.now_ms.saturating_add(valid_for_s.saturating_mul(1000));
    let mut invite = Invite {
        account: turn.me.account,
        device: turn.device(),
        token,
        addresses: turn
            .live
            .own_addresses
            .iter()
            .take(MAX_ADDRESSES)
            .cloned()
            .collect(),
        expires_at_ms,
        name: profile.map(|profile| profile.name).unwrap_or_default(),
    };
    // A machine with many interfaces may have more addresses than a link has room for: the best come first.
    let link = loop {
        match invite.to_link() {
            Ok(link) => break link,
            Err(error) if invite.addresses.pop().is_none() => return Err(error.into()),
            Err(_) => {}
        }
    };
    let record = InviteRecord {
        token: *token.as_bytes(),
        link,
        created_at_ms: turn.now_ms,
        expires_at_ms,
        ending: None,
    };
    turn.save(&record)?;
    let view = view(turn, &record);
    turn.emit(Event::Invite(view.clone()));
    Ok(Reply::Invite(view))
}

/// Every invite that is open or ended not long ago, newest first.
pub(crate) fn list(turn: &mut Turn) -> Step<Reply> {
    let mut records = turn.all::<InviteRecord>(&InviteRecord::scope())?;
    records.retain(|record| turn.now_ms < record.expires_at_ms.saturating_add(ENDED_SHOWN_MS));
    records.sort_by_key(|record| std::cmp::Reverse(record.created_at_ms));
    Ok(Reply::Invites(
        records.iter().map(|record| view(turn, record)).collect(),
    ))
}

/// Takes an invite back.
pub(crate) fn revoke(turn: &mut Turn, id: &str) -> Step<Reply> {
    let records = turn.all::<InviteRecord>(&InviteRecord::scope())?;
    let found = records.into_iter().find(|record| record.id() == id);
    let mut record = found.ok_or(CommandError::UnknownInvite)?;
    if record.ending.is_none() {
        record.ending = Some(Ending::Revoked);
        turn.save(&record)?;
    }
    let view = view(turn, &record);
    turn.emit(Event::Invite(view.clone()));
    Ok(Reply::Invite(view))
}

/// Somebody brings a token: honours it, or says why not. The same account may bring it again, since its first
/// attempt may have been cut off.
pub(crate) fn redeem(turn: &mut Turn, token: &[u8; 16], by: AccountId) -> Step<Result<(), Refusal>> {
    let Some(mut record) = turn.load::<InviteRecord>(&InviteRecord::at(token))? else {
        return Ok(Err(Refusal::InviteUnknown));
    };
    match record.ending {
        Some(Ending::Used(account)) if account == by => return Ok(Ok(())),
        Some(Ending::Used(_)) => return Ok(Err(Refusal::InviteUsed)),
        Some(Ending::Revoked) => return Ok(Err(Refusal::InviteRevoked)),
        None if turn.now_ms >= record.expires_at_ms => return Ok(Err(Refusal::InviteExpired)),
        None => {}
    }
    record.ending = Some(Ending::Used(by));
    turn.save(&record)?;
    let view = view(turn, &record);
    turn.emit(Event::Invite(view));
    Ok(Ok(()))
}

/// Daily: forgets what ended long ago.
pub(crate) fn upkeep(turn: &mut Turn) -> Step {
    for record in turn.all::<InviteRecord>(&InviteRecord::scope())? {
        if turn.now_ms >= record.expires_at_ms.saturating_add(ENDED_SHOWN_MS) {
            turn.remove(InviteRecord::at(&record.token));
        }
    }
    Ok(())
}

fn view(turn: &Turn, record: &InviteRecord) -> InviteView {
    let state = match record.ending {
        Some(Ending::Used(by)) => InviteState::Used { by },
        Some(Ending::Revoked) => InviteState::Revoked,
        None if turn.now_ms >= record.expires_at_ms => InviteState::Expired,
        None => InviteState::Open,
    };
    InviteView {
        id: record.id(),
        link: record.link.clone(),
        created_at_ms: record.created_at_ms,
        expires_at_ms: record.expires_at_ms,
        state,
    }
}
