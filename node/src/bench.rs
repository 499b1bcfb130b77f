//! One node without a network, for tests of what a turn does.

use kith_crypto::{AccountKey, DeviceKey, Identity};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use crate::{live::Live, store::MemoryStore, turn::Turn};

/// Somebody with a store in memory, whose randomness is the same each time.
pub(crate) struct Bench {
    pub(crate) store: MemoryStore,
    pub(crate) me: Identity,
    pub(crate) live: Live,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) now_ms: u64,
}

impl Bench {
    pub(crate) fn new(now_ms: u64) -> Self {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        Self {
            me: Identity {
                account: AccountKey::generate(&mut rng).id(),
                device: DeviceKey::generate(&mut rng),
                account_key: None,
            },
            store: MemoryStore::new(),
            live: Live::default(),
            rng,
            now_ms,
        }
    }

    /// A turn at that time; what it saves is gone with it unless somebody commits it.
    pub(crate) fn turn(&mut self) -> Turn<'_> {
        let Self {
            store,
            me,
            live,
            rng,
            now_ms,
        } = self;
        Turn::new(store, *now_ms, rng, me, live)
    }
}
