//! How long the model rests before it asks once more for what could not be done: longer each time, so that a disk that
//! stays full is not asked some dozens of times a second.

/// The first rest, in milliseconds.
const FIRST_MS: u64 = 2_000;
/// The longest rest, in milliseconds.
const LONGEST_MS: u64 = 60_000;

/// The rest after a request that failed, which its success ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pause {
    until_ms: u64,
    next_ms: u64,
}

impl Pause {
    /// The request failed once more: it rests from now on.
    pub fn failed(&mut self, now_ms: u64) {
        let rest_ms = self.next_ms.clamp(FIRST_MS, LONGEST_MS);
        self.until_ms = now_ms.saturating_add(rest_ms);
        self.next_ms = rest_ms.saturating_mul(2);
    }

    /// When it may be asked again, in unix milliseconds; 0 if it has not failed.
    pub fn until_ms(&self) -> u64 {
        self.until_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rest_is_longer_up_to_a_minute() {
        let mut pause = Pause::default();
        assert_eq!(pause.until_ms(), 0);
        let rests: Vec<_> = (0..7)
            .map(|_| {
                pause.failed(1_000);
                pause.until_ms() - 1_000
            })
            .collect();
        assert_eq!(rests, [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    }
}
