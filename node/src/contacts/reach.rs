//! The secrets under which contacts find our address records, and those under which we publish.
//!
//! Each block changes the secret, so that who is blocked looks in vain. The first few secrets come from the account's key,
//! one after the other, each of which tells nothing of the next: an account that was restored from its words knows them
//! all, and publishes under each, since it cannot know which its contacts were told last. Who was blocked before the
//! restore may be one of those who find it; blocks do not come back with the words, so until it is blocked again such a
//! person is nobody else to it than any contact.

use kith_crypto::ReachSecret;

use crate::{
    own,
    records::Reach,
    turn::{Step, Turn},
};

/// How many secrets come from the account's key. After as many blocks they are random, and a restored account is not found
/// by them.
const DERIVED: u32 = 8;

/// The secret that contacts are told; `None` without the account's key.
pub(crate) fn current(turn: &Turn) -> Step<Option<ReachSecret>> {
    let Some(account_key) = &turn.me.account_key else {
        return Ok(None);
    };
    let changed = turn.load::<Reach>(&Reach::at())?;
    Ok(Some(changed.map_or_else(
        || ReachSecret::first_for(account_key),
        |reach| ReachSecret::from_bytes(reach.secret),
    )))
}

/// All secrets that our records are published under: the current one and, after a restore, those that contacts may know
/// from before. That ends with the first block, since whoever is blocked may know any of them.
pub(crate) fn published(turn: &Turn) -> Step<Vec<ReachSecret>> {
    let Some(account_key) = &turn.me.account_key else {
        return Ok(Vec::new());
    };
    if own::is_restored(turn)? && !turn.has(&Reach::at())? {
        let derived = (0..DERIVED).map(|number| ReachSecret::numbered_for(account_key, number));
        return Ok(derived.collect());
    }
    Ok(current(turn)?.into_iter().collect())
}

/// Takes another secret, one that nobody was ever told.
pub(crate) fn change(turn: &mut Turn) -> Step {
    let secret = match next_derived(turn)? {
        Some(secret) => secret,
        None => ReachSecret::generate(turn.rng),
    };
    turn.save(&Reach {
        secret: *secret.as_bytes(),
    })
}

/// The secret after the current one, if it comes from the key. Where another installation went before, nobody knows here
/// which of them it told.
fn next_derived(turn: &Turn) -> Step<Option<ReachSecret>> {
    let Some(account_key) = turn.me.account_key.as_ref() else {
        return Ok(None);
    };
    let (true, Some(current)) = (own::is_first_installation(turn)?, current(turn)?) else {
        return Ok(None);
    };
    let number = (0..DERIVED).find(|number| ReachSecret::numbered_for(account_key, *number) == current);
    let next = number.map(|number| number.saturating_add(1));
    Ok(next
        .filter(|next| *next < DERIVED)
        .map(|next| ReachSecret::numbered_for(account_key, next)))
}
