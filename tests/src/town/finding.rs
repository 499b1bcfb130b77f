//! How people of a town find one another: by the DHT, and after a restore from words.

use kith_crypto::{DeviceKey, Identity};
use kith_node::{input::NetEvent, store::MemoryStore, view::BootstrapView};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{Town, identity};
use crate::pair::Side;

impl<'s> Town<'s> {
    /// Somebody reaches a bootstrap node, and so the DHT: what they publish is found by who looks for it.
    pub fn reaches_bootstrap(&mut self, place: usize) {
        for connected in [false, true] {
            let bootstrap = BootstrapView {
                address: "/ip4/192.0.2.1/tcp/1".into(),
                connected,
                problem: None,
            };
            self.hears(place, NetEvent::Bootstraps(vec![bootstrap]));
        }
        // Their own record follows once their addresses have settled.
        self.passes(2_000);
    }

    pub(super) fn answers_look_up(&mut self, place: usize, key: [u8; 32]) {
        if let Some(value) = self.records.get(&key).cloned() {
            self.hears(place, NetEvent::RecordFound { key, value });
        }
    }

    /// Somebody starts the app on a new computer, where the account was restored from its words. Again with the same
    /// `number` and `store` it is a restart of that one.
    pub fn restores(&mut self, place: usize, number: u8, store: &'s MemoryStore) {
        let mut rng = ChaCha20Rng::from_seed([200 + number; 32]);
        let identity = Identity {
            device: DeviceKey::generate(&mut rng),
            ..identity(place)
        };
        self.leaves_now(place);
        // A list that was signed later outdoes the one of the lost device.
        self.passes(1_000);
        self.people[place] = Side::from_words(identity, "back again", store, self.now_ms);
        self.away.remove(&place);
        self.hears_addresses(place);
        self.settle();
    }

    /// Many days go by in a few steps, in which nobody does anything.
    pub fn sleeps_for_days(&mut self, days: u64) {
        for _ in 0..days.div_ceil(10) {
            self.now_ms += 10 * super::DAY_MS;
            self.passes(1);
        }
    }

    /// Somebody sees a device on the local network; gives whether they dial it.
    pub fn sees_nearby(&mut self, place: usize, other: usize) -> bool {
        let device = self.people[other].device;
        let before = self.dialled.len();
        let event = NetEvent::Discovered {
            device,
            addresses: vec![format!("/ip4/10.0.0.{other}/tcp/1")],
            lan: true,
        };
        self.hears(place, event);
        self.settle();
        let dialled = self.dialled.iter().skip(before);
        dialled
            .clone()
            .any(|(who, whom, _)| (*who, *whom) == (place, device))
    }
}
