//! What time it is for everything that is kept, erased or judged by it.
//!
//! A machine's clock may be years wrong: a battery that is empty, a date that was typed wrong. What was done by such a time
//! cannot be taken back: messages that were set to disappear are erased, keys are never changed any more. So the engine goes
//! by a time of its own. That is what the machine's clock shows, unless contacts' clocks say that it is wrong by half a day
//! or more; or it went on by more than two weeks since it was last known to be right, and nobody is there to say whether it
//! is. Then time goes on from where it was known, until a contact is met or the clock has run for a day without anybody's
//! contradiction. Smaller errors are left: they are told (see `clock`), and everything that is dated bears with them.

use super::{FIRST_RELEASE_MS, contacts_ahead, is_likelier, median};
use crate::{
    network,
    records::KnownTime,
    turn::{DAY_MS, Step, Turn},
};

/// A clock that went on by more since it was last known to be right is not believed alone, milliseconds.
const LEAP_MS: u64 = 14 * DAY_MS;
/// A clock that is wrong by less is gone by all the same, milliseconds.
const GROSS_MS: u64 = DAY_MS / 2;
/// A clock that has run for this long without contradiction is believed, milliseconds.
const TRIAL_MS: u64 = DAY_MS;
/// Smaller changes of how wrong a clock is are told nobody, milliseconds.
const TOLD_STEP_MS: u64 = 1_000;
/// Longer steps are no running: the machine slept, or its clock was set. Milliseconds.
const LONGEST_STEP_MS: u64 = 2 * 60 * 60_000;
/// How often what is known of the time is written down, milliseconds.
const NOTE_EVERY_MS: u64 = 6 * 60 * 60_000;

/// What is believed of this machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wall {
    /// What it shows, unix milliseconds.
    pub shown_ms: u64,
    /// How far it is ahead of the time that we go by, milliseconds.
    ahead_ms: i64,
    /// The newest time that was believed, unix milliseconds.
    known_ms: Option<u64>,
    /// Whether a contact's clock ever agreed on the time with us.
    is_confirmed: bool,
    /// Whether contacts say that what it shows is wrong.
    is_refuted: bool,
    /// For how long it has run in doubt, milliseconds.
    trial_ms: u64,
    /// What it showed when it was looked at last.
    looked_ms: u64,
    /// What was written down last.
    noted: Option<KnownTime>,
    /// What listeners were told of `ahead_ms`.
    told_ahead_ms: i64,
}

impl Wall {
    /// The time that we go by when this machine's clock shows `wall_ms`.
    pub fn corrected(&self, wall_ms: u64) -> u64 {
        wall_ms.saturating_add_signed(self.ahead_ms.saturating_neg())
    }

    /// What this machine's clock shows at a time that we go by; `u64::MAX` is never.
    pub fn shown_at(&self, at_ms: u64) -> u64 {
        if at_ms == u64::MAX {
            return at_ms;
        }
        at_ms.saturating_add_signed(self.ahead_ms)
    }

    /// How far this machine's clock is ahead of the time that we go by, milliseconds.
    pub fn ahead_ms(&self) -> i64 {
        self.ahead_ms
    }

    /// Whether a contact's clock ever agreed on the time with us.
    pub fn is_confirmed(&self) -> bool {
        self.is_confirmed
    }

    /// An input comes when the clock shows this. Gives by how much it was set back, milliseconds, if it was; `None` if it
    /// went on by so much that nobody knows how others' clocks stand to it.
    pub fn goes_on(&mut self, wall_ms: u64, least_back_ms: u64) -> Option<u64> {
        let before_ms = std::mem::replace(&mut self.shown_ms, wall_ms);
        if before_ms == 0 {
            return Some(0);
        }
        let back_ms = before_ms.saturating_sub(wall_ms);
        if back_ms >= least_back_ms {
            // The time goes on all the same.
            self.ahead_ms = self.ahead_ms.saturating_sub_unsigned(back_ms);
            return Some(back_ms);
        }
        (wall_ms <= before_ms.saturating_add(LONGEST_STEP_MS)).then_some(0)
    }
}

enum Belief {
    /// Contacts say so.
    Confirmed(u64),
    /// Nobody says otherwise.
    Plausible(u64),
    /// What the clock shows is not to be believed.
    Doubtful(u64),
}

/// At the start: goes on from what was known of the time.
pub(crate) fn start(turn: &mut Turn) -> Step {
    let noted = turn.load::<KnownTime>(&KnownTime::at())?;
    let wall = &mut turn.live.wall;
    if let Some(noted) = noted.filter(|_| wall.known_ms.is_none()) {
        wall.ahead_ms = noted.ahead_ms;
        wall.known_ms = Some(noted.at_ms);
        wall.is_confirmed = noted.is_confirmed;
        wall.is_refuted = noted.ahead_ms != 0 && noted.is_confirmed;
    }
    wall.noted = noted;
    look(turn)
}

/// Looks at the clock anew: from now on this turn, too, goes by what is believed.
pub(crate) fn look(turn: &mut Turn) -> Step {
    let belief = believed(turn);
    let wall = &mut turn.live.wall;
    if wall.shown_ms == 0 {
        return Ok(());
    }
    let ran_ms = wall.shown_ms.saturating_sub(wall.looked_ms);
    wall.looked_ms = wall.shown_ms;
    wall.trial_ms = match belief {
        Belief::Doubtful(_) if ran_ms <= LONGEST_STEP_MS => wall.trial_ms.saturating_add(ran_ms),
        Belief::Doubtful(_) => wall.trial_ms,
        Belief::Confirmed(_) | Belief::Plausible(_) => 0,
    };
    let (Belief::Confirmed(at_ms) | Belief::Plausible(at_ms) | Belief::Doubtful(at_ms)) = belief;
    let ahead = i128::from(wall.shown_ms) - i128::from(at_ms);
    wall.ahead_ms = i64::try_from(ahead).unwrap_or(if ahead > 0 { i64::MAX } else { i64::MIN });
    wall.known_ms = Some(at_ms);
    match belief {
        Belief::Confirmed(_) => {
            wall.is_confirmed = true;
            wall.is_refuted = wall.ahead_ms != 0;
        }
        Belief::Plausible(_) => wall.is_refuted &= wall.ahead_ms != 0,
        Belief::Doubtful(_) => {}
    }
    turn.now_ms = at_ms;
    turn.live.notice_clock(at_ms);
    tell(turn)?;
    note(turn)
}

/// Tells listeners by how much the time that we go by differs from what this machine's clock shows, if that is news to them.
fn tell(turn: &mut Turn) -> Step {
    let wall = &mut turn.live.wall;
    let before_ms = std::mem::replace(&mut wall.told_ahead_ms, wall.ahead_ms);
    if (before_ms == 0) == (wall.ahead_ms == 0) && before_ms.abs_diff(wall.ahead_ms) < TOLD_STEP_MS {
        // What is told bit by bit is told once it is enough.
        wall.told_ahead_ms = before_ms;
        return Ok(());
    }
    network::emit(turn)
}

/// Writes down what is known of the time, if that says anything new.
fn note(turn: &mut Turn) -> Step {
    let wall = &turn.live.wall;
    let known = KnownTime {
        at_ms: turn.now_ms,
        ahead_ms: wall.ahead_ms,
        is_confirmed: wall.is_confirmed,
    };
    let is_news = wall.noted.is_none_or(|noted| {
        noted.at_ms.abs_diff(known.at_ms) >= NOTE_EVERY_MS
            || noted.ahead_ms.abs_diff(known.ahead_ms) >= NOTE_EVERY_MS
            || noted.is_confirmed != known.is_confirmed
    });
    if is_news {
        turn.save(&known)?;
        turn.live.wall.noted = Some(known);
    }
    Ok(())
}

fn believed(turn: &Turn) -> Belief {
    let wall = &turn.live.wall;
    let shown_ms = wall.shown_ms;
    let ahead = contacts_ahead(turn);
    let Some(median) = median(turn, &ahead) else {
        return alone(wall);
    };
    if ahead.len() > 1 {
        let is_gross = median.unsigned_abs() > GROSS_MS;
        return Belief::Confirmed(if is_gross {
            shown_ms.saturating_add_signed(median)
        } else {
            shown_ms
        });
    }
    // One clock against another: ours is given up only if there is a reason to doubt it.
    let Some(their_ms) = ahead.first().map(|ahead| shown_ms.saturating_add_signed(*ahead)) else {
        return alone(wall);
    };
    if their_ms.abs_diff(shown_ms) <= GROSS_MS {
        return Belief::Confirmed(shown_ms);
    }
    let is_doubted = wall
        .known_ms
        .is_some_and(|known_ms| !is_plausible(shown_ms, known_ms));
    if (is_doubted || shown_ms < FIRST_RELEASE_MS) && is_likelier(their_ms, shown_ms) {
        return Belief::Confirmed(their_ms);
    }
    alone(wall)
}

/// What is believed while nobody says what time it is.
fn alone(wall: &Wall) -> Belief {
    let shown_ms = wall.shown_ms;
    let Some(known_ms) = wall.known_ms else {
        return Belief::Plausible(shown_ms);
    };
    if is_plausible(shown_ms, known_ms) {
        return Belief::Plausible(shown_ms);
    }
    if !wall.is_refuted && wall.trial_ms >= TRIAL_MS {
        return Belief::Plausible(shown_ms);
    }
    let going_ms = wall.corrected(shown_ms);
    Belief::Doubtful(if is_plausible(going_ms, known_ms) {
        going_ms
    } else {
        known_ms
    })
}

/// Whether a time may be right, when `known_ms` was believed last. A clock may have been put right, back by any time; but
/// not to before there was Kith.
fn is_plausible(at_ms: u64, known_ms: u64) -> bool {
    at_ms <= known_ms.saturating_add(LEAP_MS)
        && (at_ms >= FIRST_RELEASE_MS || at_ms.saturating_add(DAY_MS) >= known_ms)
}
