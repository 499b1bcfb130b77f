//! People of a town whose clocks are wrong.

use kith_node::store::MemoryStore;

use super::{Town, identity};
use crate::pair::Side;

impl<'s> Town<'s> {
    /// Somebody starts the app again, on a machine whose clock is ahead of the time by this.
    pub fn comes_back_by_clock(&mut self, place: usize, ahead_ms: u64) {
        let store: &'s MemoryStore = &self.stores[place];
        let name = format!("person {place}");
        self.leaves_now(place);
        self.people[place] = Side::by_clock(identity(place), &name, store, self.now_ms, ahead_ms);
        self.away.remove(&place);
        self.hears_addresses(place);
        self.settle();
    }

    /// Somebody's clock is set while the app runs.
    pub fn sets_clock(&mut self, place: usize, ahead_ms: u64) {
        self.people[place].clock_ahead_ms = ahead_ms;
        self.people[place].wake_at_ms = self.now_ms;
        self.passes(1);
    }
}
