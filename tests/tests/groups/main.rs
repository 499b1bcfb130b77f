//! Conversations of three to eight people, told with engines in one hand.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "test code: a story that cannot go on has failed; people are known by their place"
)]

mod crashes;
mod crowds;
mod deleting;
mod epochs;
mod forged;
mod gossip;
mod leaving;
mod load;
mod mail;
mod people;
mod talking;

use kith_crypto::ConversationId;
use kith_node::store::MemoryStore;
use kith_tests::town::Town;

const NOW_MS: u64 = 1_793_600_000_000;
const DAY_MS: u64 = 86_400_000;

/// So many stores.
fn stores(count: usize) -> Vec<MemoryStore> {
    (0..count).map(|_| MemoryStore::new()).collect()
}

/// A town in which the first is a contact of all others and has begun a group of all, who are all linked with all.
fn group_of(stores: &[MemoryStore]) -> (Town<'_>, ConversationId) {
    let mut town = Town::new(stores, NOW_MS);
    let guests: Vec<usize> = (1..stores.len()).collect();
    town.gather(0, &guests);
    let group = town.founds(0, "Hiking", &guests);
    town.all_meet();
    town.passes(2_000);
    (town, group)
}
