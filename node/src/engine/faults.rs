//! Panics that were contained: how often they are told, and how long it takes until all is begun anew.
//!
//! What panics once may do so each time it is looked at. A person is told once a minute, the log each time; and beginning anew
//! ends every link, so it is done the more rarely the more often it was in vain.

use crate::event::Event;

/// Between two times that a person is told, milliseconds.
const TELL_PAUSE_MS: u64 = 60_000;
/// The time until everything is begun anew after the first panic, milliseconds; twice as long each time after.
const FIRST_PAUSE_MS: u64 = super::RECOVERY_PAUSE_MS;
/// How often that time is doubled at most.
const MOST_DOUBLINGS: u32 = 7;
/// After so long without one, the next panic is the first again, milliseconds.
const FORGIVEN_AFTER_MS: u64 = 60 * 60_000;

/// What is known of panics since the start.
#[derive(Debug, Default)]
pub(super) struct Faults {
    told_at_ms: Option<u64>,
    last_at_ms: u64,
    in_a_row: u32,
}

impl Faults {
    /// What listeners are told of a panic at `place`; nothing if they were told of one a moment ago.
    pub fn tell(&mut self, place: &str, now_ms: u64) -> Option<Event> {
        let told_lately = |at_ms: u64| now_ms.abs_diff(at_ms) < TELL_PAUSE_MS;
        if self.told_at_ms.is_some_and(told_lately) {
            return None;
        }
        self.told_at_ms = Some(now_ms);
        Some(Event::Fault { place: place.into() })
    }

    /// How long to wait before all is begun anew because of a panic now.
    pub fn pause_ms(&mut self, now_ms: u64) -> u64 {
        if now_ms.abs_diff(self.last_at_ms) >= FORGIVEN_AFTER_MS {
            self.in_a_row = 0;
        }
        self.last_at_ms = now_ms;
        let pause_ms = FIRST_PAUSE_MS << self.in_a_row.min(MOST_DOUBLINGS);
        self.in_a_row = self.in_a_row.saturating_add(1);
        pause_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_each_time_is_told_now_and_then_and_begun_anew_more_and_more_rarely() {
        let mut faults = Faults::default();
        let mut now_ms = 1_800_000_000_000;
        assert!(faults.tell("here", now_ms).is_some());
        assert!(faults.tell("there", now_ms + TELL_PAUSE_MS - 1).is_none());
        assert!(faults.tell("there", now_ms + TELL_PAUSE_MS).is_some());
        let mut pauses = Vec::new();
        for _ in 0..9 {
            now_ms += 1_000;
            pauses.push(faults.pause_ms(now_ms) / FIRST_PAUSE_MS);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 128]);
        assert_eq!(faults.pause_ms(now_ms + FORGIVEN_AFTER_MS), FIRST_PAUSE_MS);
    }
}
