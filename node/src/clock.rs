//! The hybrid logical clock of this device, and how far its wall clock is off everybody else's.
//!
//! Source: Kulkarni et al., "Logical Physical Clocks" (2014). A stamp that runs more than ten minutes ahead of us is
//! never merged: otherwise one wrong clock would drag everyone's along.

use kith_crypto::Stamp;

use crate::{
    records::Clock,
    turn::{Step, Turn},
};

/// How far ahead a stamp may be and still be merged, milliseconds.
const MOST_AHEAD_MS: u64 = 10 * 60 * 1000;

/// A clock this far off its contacts' median is said to be wrong, milliseconds.
pub(crate) const CLOCK_TOLERANCE_MS: i64 = 5 * 60 * 1000;

/// The time to stamp by: our own, or the contacts' median when ours is clearly wrong.
pub(crate) fn agreed_now_ms(turn: &Turn) -> u64 {
    match clock_off_by_ms(turn) {
        Some(off) => turn.now_ms.saturating_add_signed(off.saturating_neg()),
        None => turn.now_ms,
    }
}

/// How far our clock is ahead of the median of linked contacts, if by more than [`CLOCK_TOLERANCE_MS`].
pub(crate) fn clock_off_by_ms(turn: &Turn) -> Option<i64> {
    let links = turn
        .live
        .links
        .values()
        .filter(|link| link.introduced && link.account != turn.me.account);
    let mut ahead: Vec<i64> = links.map(|link| link.clock_ahead_ms).collect();
    ahead.sort_unstable();
    let median = ahead.get(ahead.len() / 2).copied()?;
    (median.unsigned_abs() > CLOCK_TOLERANCE_MS.unsigned_abs()).then_some(median.saturating_neg())
}

/// The next stamp of our own.
pub(crate) fn next_stamp(turn: &mut Turn) -> Step<Stamp> {
    let clock = turn.load::<Clock>(&Clock::at())?.unwrap_or_default();
    let stamp = Stamp::from_raw(clock.latest).tick(agreed_now_ms(turn));
    turn.save(&Clock { latest: stamp.raw() })?;
    Ok(stamp)
}

/// Takes note of a stamp we have seen, so that ours come after it.
pub(crate) fn merge(turn: &mut Turn, seen: Stamp) -> Step {
    if seen.millis() > agreed_now_ms(turn).saturating_add(MOST_AHEAD_MS) {
        return Ok(());
    }
    let clock = turn.load::<Clock>(&Clock::at())?.unwrap_or_default();
    if seen.raw() > clock.latest {
        turn.save(&Clock { latest: seen.raw() })?;
    }
    Ok(())
}
