//! Chance, from a seed: the same seed tells the same story on every machine.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// A source of chance for one purpose, apart from those for other purposes: what the network draws does not change
/// what people do.
pub(super) struct Dice(ChaCha20Rng);

impl Dice {
    /// The dice of `seed` for `purpose`.
    pub fn new(seed: u64, purpose: u8) -> Self {
        Self(source(seed, purpose))
    }

    /// A number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64().checked_rem(end).unwrap_or(0)
    }

    /// A number from `first` to `last`, both included.
    pub fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last.saturating_sub(first) + 1)
    }

    /// True this often in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T], otherwise: T) -> T {
        let index = usize::try_from(self.below(from.len() as u64)).unwrap_or(0);
        from.get(index).copied().unwrap_or(otherwise)
    }

    /// 32 random bytes.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

/// Randomness of `seed` for `purpose`, fit for an engine.
pub(super) fn source(seed: u64, purpose: u8) -> ChaCha20Rng {
    let mut bytes = [purpose; 32];
    bytes
        .iter_mut()
        .zip(seed.to_le_bytes())
        .for_each(|(slot, byte)| *slot = byte);
    ChaCha20Rng::from_seed(bytes)
}
