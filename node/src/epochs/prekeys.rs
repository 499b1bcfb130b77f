//! Our prekeys: a new one each day, old ones kept as long as a seal made to them may still arrive.

use kith_crypto::{Prekey, PrekeySecret, Signed};

use crate::{
    records::OwnPrekey,
    store::{Bounds, Order},
    turn::{DAY_MS, Step, Turn},
};

/// A prekey is followed by another after this time, milliseconds.
const PREKEY_LIFETIME_MS: u64 = DAY_MS;
/// A prekey's secret is kept this long after the next one was made, milliseconds: seals live seven days, and clocks differ. Who
/// knows only the older one may seal to it until then, also when this device has been off for weeks.
const PREKEY_RETENTION_MS: u64 = 8 * DAY_MS;

/// The prekey to give out now, made if the newest one is a day old.
pub(crate) fn current(turn: &mut Turn) -> Step<Signed<Prekey>> {
    let newest = turn.scan::<OwnPrekey>(&OwnPrekey::scope(), &Bounds::all(), Order::Descending, 1)?;
    let fresh = newest
        .into_iter()
        .find(|own| turn.now_ms.abs_diff(own.made_at_ms) < PREKEY_LIFETIME_MS);
    let own = match fresh {
        Some(own) => own,
        None => make(turn)?,
    };
    let secret = PrekeySecret::from_bytes(own.seed);
    Ok(secret.publish(&turn.me.device, own.id, own.made_at_ms)?)
}

fn make(turn: &mut Turn) -> Step<OwnPrekey> {
    let newest = turn.scan::<OwnPrekey>(&OwnPrekey::scope(), &Bounds::all(), Order::Descending, 1)?;
    let id = newest.first().map_or(1, |own| own.id.saturating_add(1));
    let mut seed = [0; 32];
    turn.rng.fill_bytes(&mut seed);
    let own = OwnPrekey {
        id,
        made_at_ms: turn.now_ms,
        seed,
    };
    turn.save(&own)?;
    Ok(own)
}

/// All secrets that may still be needed, by id.
pub(crate) fn secrets(turn: &Turn) -> Step<Vec<(u64, PrekeySecret)>> {
    let all = turn.all::<OwnPrekey>(&OwnPrekey::scope())?;
    Ok(all
        .iter()
        .map(|own| (own.id, PrekeySecret::from_bytes(own.seed)))
        .collect())
}

/// Daily: rewrites what is kept under today's key, drops what is over.
pub(crate) fn upkeep(turn: &mut Turn) -> Step {
    let mut oldest_first =
        turn.scan::<OwnPrekey>(&OwnPrekey::scope(), &Bounds::all(), Order::Ascending, usize::MAX)?;
    for own in &mut oldest_first {
        // One that was made while the clock was ahead is as old as it is from today on.
        own.made_at_ms = own.made_at_ms.min(turn.now_ms);
    }
    let followed_at_ms = oldest_first.iter().skip(1).map(|next| Some(next.made_at_ms));
    for (own, followed_at_ms) in oldest_first.iter().zip(followed_at_ms.chain([None])) {
        let is_over =
            followed_at_ms.is_some_and(|at_ms| turn.now_ms.saturating_sub(at_ms) > PREKEY_RETENTION_MS);
        if is_over {
            turn.remove(crate::records::Record::key(own));
        } else {
            turn.save(own)?;
        }
    }
    current(turn).map(|_| ())
}
