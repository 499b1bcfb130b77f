//! The hybrid logical clock of this device, and how far its wall clock is off everybody else's.
//!
//! Source: Kulkarni et al., "Logical Physical Clocks" (2014). A stamp that runs more than ten minutes ahead of us is
//! never merged: otherwise one wrong clock would drag everyone's along. In the conversation where it stands, though,
//! what is written later is stamped after it: otherwise it would lie below all that follows until its time has come.

pub(crate) mod sure;

use kith_crypto::{DeviceId, LogKind, SignedHeader, Stamp};

use crate::{
    records::{Clock, Conversation, EntryRecord, LogRecord},
    turn::{Step, Turn},
};

/// How far ahead a stamp may be and still be merged, milliseconds.
const MOST_AHEAD_MS: u64 = 10 * 60 * 1000;

/// A clock this far off its contacts' median is said to be wrong, milliseconds.
pub(crate) const CLOCK_TOLERANCE_MS: i64 = 5 * 60 * 1000;

/// The time to stamp by: our own, or the contacts' median when ours is clearly wrong.
pub(crate) fn agreed_now_ms(turn: &Turn) -> u64 {
    match clock_off_by_ms(turn) {
        Some(off) => turn
            .live
            .wall
            .shown_ms
            .saturating_add_signed(off.saturating_neg()),
        None => turn.now_ms,
    }
}

/// What the clock that `author` stamps by shows now: its own, as last told on its link, or what is agreed on if that is
/// earlier, since an author whose clock is wrong stamps by that too.
pub(crate) fn author_now_ms(turn: &Turn, author: &DeviceId) -> u64 {
    let agreed_ms = agreed_now_ms(turn);
    let ahead_ms = turn.live.links.get(author).and_then(|link| link.clock_ahead_ms);
    let theirs = ahead_ms.map(|ahead_ms| turn.live.wall.shown_ms.saturating_add_signed(ahead_ms));
    theirs.map_or(agreed_ms, |theirs| theirs.min(agreed_ms))
}

/// No clock that shows an earlier time than this can be right, unix milliseconds: 1 November 2026, before which there
/// was no Kith.
pub(crate) const FIRST_RELEASE_MS: u64 = 1_793_491_200_000;

/// How far our clock is ahead of the median of linked contacts, if by more than [`CLOCK_TOLERANCE_MS`].
///
/// Our own clock has a voice of its own, so that one wrong contact of two does not make ours look wrong. Where there
/// are two clocks only, both sides must believe the same one, or each would stamp by the other's: see [`is_likelier`].
pub(crate) fn clock_off_by_ms(turn: &Turn) -> Option<i64> {
    let median = median(turn, &contacts_ahead(turn))?;
    (median.unsigned_abs() > CLOCK_TOLERANCE_MS.unsigned_abs()).then_some(median.saturating_neg())
}

/// How far the clocks of linked contacts are ahead of this machine's, the least first, milliseconds.
fn contacts_ahead(turn: &Turn) -> Vec<i64> {
    let links = turn.live.links.values();
    let contacts = links.filter(|link| link.is_contact && link.account != turn.me.account);
    let mut ahead: Vec<i64> = contacts.filter_map(|link| link.clock_ahead_ms).collect();
    ahead.sort_unstable();
    ahead
}

/// How far the time that most clocks show is ahead of this machine's; `None` if no contact's is known.
fn median(turn: &Turn, ahead: &[i64]) -> Option<i64> {
    let upper = ahead.get(ahead.len() / 2).copied()?;
    Some(if ahead.len() == 1 {
        let shown_ms = turn.live.wall.shown_ms;
        let theirs = shown_ms.saturating_add_signed(upper);
        if is_likelier(theirs, shown_ms) { upper } else { 0 }
    } else if ahead.len().is_multiple_of(2) {
        let lower = ahead.get(ahead.len() / 2 - 1).copied()?;
        // The median of theirs and ours.
        0.clamp(lower, upper)
    } else {
        upper
    })
}

/// Whether of two clocks that differ this one is to be believed. Batteries run down and clocks fall back, often to
/// before there was Kith; otherwise the earlier one, since a stamp from the past does least harm to the order.
fn is_likelier(this_ms: u64, other_ms: u64) -> bool {
    match (this_ms >= FIRST_RELEASE_MS, other_ms >= FIRST_RELEASE_MS) {
        (true, false) => true,
        (false, true) => false,
        (true, true) => this_ms < other_ms,
        (false, false) => this_ms > other_ms,
    }
}

/// The next stamp of our own in a conversation: by our clock, and never before what stands in it already. A stamp from
/// the future, our own from a wrong clock included, is followed there alone; everywhere else our clock goes on as if it had
/// not been seen.
pub(crate) fn next_stamp(turn: &mut Turn, conversation: &Conversation) -> Step<Stamp> {
    let clock = turn.load::<Clock>(&Clock::at())?.unwrap_or_default();
    let now_ms = agreed_now_ms(turn);
    let mut latest_given = Stamp::from_raw(clock.latest);
    if latest_given.millis() > now_ms.saturating_add(MOST_AHEAD_MS) {
        // It was given by a clock that has been put right since.
        latest_given = Stamp::from_raw(0);
    }
    let stamp = latest_given.tick(now_ms);
    turn.save(&Clock { latest: stamp.raw() })?;
    Ok(match latest(turn, conversation)? {
        Some(last) if last >= stamp => last.tick(0),
        _ => stamp,
    })
}

/// The latest stamp in a conversation. What was deleted here has no row any more and still stands there for others: so the
/// ends of the logs count, or what we write next would come before it, and before what we wrote ourselves.
fn latest(turn: &Turn, conversation: &Conversation) -> Step<Option<Stamp>> {
    let mut latest = conversation.last.map(|last| last.stamp());
    for log in turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))? {
        if log.log.kind != LogKind::Content {
            continue;
        }
        let end = EntryRecord::at(&conversation.id, &log.log, log.end());
        if let Some(record) = turn.load::<EntryRecord>(&end)? {
            latest = latest.max(Some(SignedHeader::open_trusted(&record.header)?.header().at));
        }
    }
    Ok(latest)
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
