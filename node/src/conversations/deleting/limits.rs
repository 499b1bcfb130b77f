//! How often a person, or a script, may delete and change timers.

use crate::{
    error::CommandError,
    turn::{Step, Turn},
};

/// How long a deletion or a change of a timer can be undone, milliseconds.
pub(crate) const UNDO_MS: u64 = 10_000;
/// The most deletions that wait at once.
pub(crate) const MOST_PENDING: usize = 32;
/// How many commands that delete or change a timer are done in [`WINDOW_MS`].
const MOST_COMMANDS: usize = 30;
/// The time in which they are counted, milliseconds.
const WINDOW_MS: u64 = 60_000;

/// Counts one command that deletes or changes a timer, or refuses it.
pub(crate) fn spend(turn: &mut Turn) -> Step {
    let now_ms = turn.now_ms;
    let spent = &mut turn.live.deletions;
    // A time from the future was noted before the clock was set back.
    spent.retain(|at_ms| *at_ms <= now_ms && now_ms - at_ms < WINDOW_MS);
    if spent.len() < MOST_COMMANDS {
        spent.push_back(now_ms);
        return Ok(());
    }
    let first_ms = spent.front().copied().unwrap_or(now_ms);
    Err(too_often(first_ms.saturating_add(WINDOW_MS), now_ms).into())
}

/// Nothing more can be deleted before then.
pub(crate) fn too_often(until_ms: u64, now_ms: u64) -> CommandError {
    CommandError::TooOften {
        wait_s: until_ms.saturating_sub(now_ms).div_ceil(1_000).max(1),
    }
}
