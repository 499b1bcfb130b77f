//! An engine that fails in itself.

use kith_crypto::{AccountKey, DeviceKey};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::store::{MemoryStore, Store as _};

const NOW_MS: u64 = 1_800_000_000_000;

#[test]
fn an_engine_that_cannot_tell_when_to_wake_says_so_and_is_woken_soon() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let account = AccountKey::generate(&mut rng);
    let me = Identity {
        account: account.id(),
        device: DeviceKey::generate(&mut rng),
        account_key: Some(account),
    };
    let origin = Origin {
        name: "Alice".into(),
        restored: false,
    };
    let (mut engine, store) = (Engine::new(me, origin, None), MemoryStore::new());
    engine.wakes_badly = true;
    let effects = engine.handle(Input::Started, &store, NOW_MS, &mut rng);
    assert!(!effects.batch.is_empty(), "what was decided stands");
    store.commit(&effects.batch).unwrap();
    assert!(effects.events.contains(&Event::Fault {
        place: "engine".into()
    }));
    assert_eq!(effects.wake_at_ms, Some(NOW_MS + RECOVERY_PAUSE_MS));
    let again = engine.handle(Input::Timer, &store, NOW_MS + 1_000, &mut rng);
    assert!(again.events.is_empty(), "not each time");
}
