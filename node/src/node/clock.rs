//! The one place that reads the machine's clock for the engine.

use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's clock, or one that is wrong by a stated time: what a test sets wrong without touching the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WallClock {
    ahead_by_ms: i64,
}

impl WallClock {
    /// A clock that is ahead of the machine's by so many milliseconds, or behind it if negative.
    #[must_use]
    pub const fn ahead_by_ms(ahead_by_ms: i64) -> Self {
        Self { ahead_by_ms }
    }

    /// Now, unix milliseconds; the machine's part is 0 where its clock stands before 1970.
    pub(super) fn now_ms(self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        now_ms.saturating_add_signed(self.ahead_by_ms)
    }
}
