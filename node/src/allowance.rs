//! How much a linked device may ask of us that costs us work and brings us nothing new.
//!
//! Entries and receipts that tell something new are what a link is for and are limited by the link alone. What can be said
//! again and again without end (questions, introductions, envelopes that do not open, what we hold already) is spent from an
//! allowance that fills up with time. Who goes on when it is empty breaks a rule with each frame, and so is cut off.

/// The most that can be spent at once: far above what an honest device ever asks in a burst.
pub const MOST: u32 = 4_096;
/// How much of it comes back each second.
pub const PER_SECOND: u32 = 64;
/// Messages that are for nobody here are spent in so many at a time.
pub const STRAYED_TOLD: u32 = 64;

/// What one link may still ask. A new one is full.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allowance {
    spent: u32,
    since_ms: u64,
}

impl Allowance {
    /// Spends `cost` at `now_ms` (unix milliseconds); false if there is not so much left.
    pub fn spend(&mut self, cost: u32, now_ms: u64) -> bool {
        // A clock that was put back brings nothing and takes nothing.
        let passed_ms = now_ms.saturating_sub(self.since_ms);
        let back = passed_ms.saturating_mul(PER_SECOND.into()) / 1_000;
        if back > 0 || now_ms < self.since_ms {
            self.spent = self.spent.saturating_sub(u32::try_from(back).unwrap_or(u32::MAX));
            self.since_ms = now_ms;
        }
        let spent = self.spent.saturating_add(cost);
        if spent > MOST {
            return false;
        }
        self.spent = spent;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_800_000_000_000;

    #[test]
    fn it_is_full_at_first_and_fills_up_with_time() {
        let mut allowance = Allowance::default();
        for _ in 0..MOST {
            assert!(allowance.spend(1, NOW_MS));
        }
        assert!(!allowance.spend(1, NOW_MS));
        assert!(!allowance.spend(1, NOW_MS + 10), "not yet");
        for _ in 0..PER_SECOND {
            assert!(allowance.spend(1, NOW_MS + 1_000));
        }
        assert!(!allowance.spend(1, NOW_MS + 1_000));
        assert!(allowance.spend(MOST, NOW_MS + 3_600_000));
        assert!(!allowance.spend(MOST + 1, NOW_MS + 360_000_000));
    }

    #[test]
    fn a_clock_that_is_put_back_brings_nothing() {
        let mut allowance = Allowance::default();
        assert!(allowance.spend(MOST, NOW_MS));
        assert!(!allowance.spend(1, NOW_MS - 60_000));
        assert!(allowance.spend(PER_SECOND, NOW_MS - 59_000));
        assert!(!allowance.spend(1, NOW_MS - 59_000));
    }
}
