//! Numbers of keys: given out one after the other, and retired.
//!
//! A number is retired in the batch that takes the last value from under it, and its key is dropped once that batch is
//! durable. In between stands a note, so that a crash, or a disk that has no room for the key files, only delays it.

use super::look_again;
use crate::{
    records::{KeyCounter, Record as _, Retired},
    store::{Bounds, Order},
    turn::{Step, Turn},
};

/// One note names at most so many numbers.
const MOST_NUMBERS: usize = 512;
/// So many notes are looked at in one turn.
const STEP: usize = 64;
/// After this time it is looked at whether keys were dropped, and asked again if not, milliseconds.
const RETRY_MS: u64 = 10_000;

/// A number that was never given out before.
pub(super) fn fresh(turn: &mut Turn) -> Step<u64> {
    let known = turn.load::<KeyCounter>(&KeyCounter::at())?.unwrap_or_default();
    let number = match turn.may_keep(known.next) {
        true => known.next,
        false => known.next.max(turn.first_unmade_key()),
    };
    turn.save(&KeyCounter {
        next: number.saturating_add(1),
    })?;
    Ok(number)
}

/// The store was rescued: the count may be an old one, and no number may be given out twice.
pub(super) fn after_damage(turn: &mut Turn) -> Step {
    let known = turn.load::<KeyCounter>(&KeyCounter::at())?.unwrap_or_default();
    turn.save(&KeyCounter {
        next: known.next.max(turn.first_unmade_key()),
    })
}

/// Nothing is kept under these numbers any more: their keys are dropped as soon as this is durable.
pub(super) fn retire(turn: &mut Turn, numbers: Vec<u64>) -> Step {
    for some in numbers.chunks(MOST_NUMBERS) {
        turn.save(&Retired {
            numbers: some.to_vec(),
        })?;
        look_again(turn, turn.now_ms.saturating_add(RETRY_MS));
    }
    turn.forget_keys(numbers);
    Ok(())
}

/// Asks once more for keys that should be gone and are not, and removes the notes of those that are.
pub(super) fn tidy(turn: &mut Turn) -> Step {
    for note in turn.scan::<Retired>(&Retired::scope(), &Bounds::all(), Order::Ascending, STEP)? {
        let mut remaining = note.numbers.clone();
        remaining.retain(|number| turn.may_keep(*number));
        if remaining.is_empty() {
            turn.remove(note.key());
        } else {
            turn.forget_keys(remaining);
        }
        look_again(turn, turn.now_ms.saturating_add(RETRY_MS));
    }
    Ok(())
}
