//! What the tests need to look at the files of a profile as a thief would, who has its data key.
//!
//! Not part of what Kith offers: the records are the engine's own, and nothing in Kith calls this.

use kith_crypto::{ConversationId, Identity, LogId, SignedHeader};
use rand_core::CryptoRng;

pub use crate::store::{Loot, Thief};
use crate::{
    conversations::{self, erasure},
    error::CommandError,
    live::Live,
    records::{EntryRecord, EpochRecord, Record as _, SenderChain},
    store::{Bounds, Key, Order, Read, Store},
    turn::{Fault, Step, Turn},
};

/// Where the store keeps an entry.
pub fn entry_at(conversation: &ConversationId, log: &LogId, seq: u64) -> Key {
    EntryRecord::at(conversation, log, seq)
}

/// The header and, unless it was erased, the encoded body of a stored entry.
pub fn entry_in(value: &[u8]) -> Option<(SignedHeader, Option<Vec<u8>>)> {
    let entry: EntryRecord = postcard::from_bytes(value).ok()?;
    let header = SignedHeader::open_trusted(&entry.header).ok()?;
    Some((header, entry.body))
}

/// Where the store keeps a chain from which the keys of messages are derived.
#[derive(Clone, Debug)]
pub struct ChainPlace {
    /// The key of its record.
    pub key: Key,
    is_own: bool,
}

impl ChainPlace {
    /// The index of the first key that somebody can derive who has this version of the chain.
    pub fn next_index(&self, value: &[u8]) -> Option<u32> {
        if self.is_own {
            let record: EpochRecord = postcard::from_bytes(value).ok()?;
            return Some(record.own_chain.next_index());
        }
        let record: SenderChain = postcard::from_bytes(value).ok()?;
        Some(record.chain.next_index())
    }
}

/// All chains of a conversation.
///
/// # Errors
/// If the store cannot be read.
pub fn chains(store: &dyn Read, conversation: &ConversationId) -> Result<Vec<ChainPlace>, CommandError> {
    let all = |scope| store.scan(&scope, &Bounds::all(), Order::Ascending, usize::MAX);
    let read = || -> Step<Vec<ChainPlace>> {
        let mut places = Vec::new();
        for found in all(EpochRecord::scope(conversation))? {
            let epoch: EpochRecord = postcard::from_bytes(&found.value)?;
            places.push(ChainPlace {
                key: epoch.key(),
                is_own: true,
            });
            for found in all(SenderChain::scope(&epoch.tag))? {
                let chain: SenderChain = postcard::from_bytes(&found.value)?;
                places.push(ChainPlace {
                    key: chain.key(),
                    is_own: false,
                });
            }
        }
        Ok(places)
    };
    read().map_err(Fault::into_command_error)
}

/// Does at the store what the start of a Kith would do that reads headers up to this version: what waits for that is read.
///
/// # Errors
/// If the store fails.
pub fn read_later(
    store: &dyn Store,
    (me, now_ms): (&Identity, u64),
    version: u8,
    rng: &mut dyn CryptoRng,
) -> Result<(), CommandError> {
    let mut live = Live::default();
    let mut turn = Turn::new(store as &dyn Read, now_ms, rng, me, &mut live);
    conversations::later::read_again(&mut turn, version).map_err(Fault::into_command_error)?;
    let effects = turn.finish();
    let stored = store.commit(&effects.batch).and_then(|()| store.flush());
    stored.map_err(|error| Fault::from(error).into_command_error())
}

/// Erases the bodies of some entries and waits until that is durable; their keys are dropped by the engine that is at work on
/// the store next. None may be now.
///
/// # Errors
/// If there is no such conversation, or the store fails.
pub fn erase(
    store: &dyn Store,
    (me, now_ms): (&Identity, u64),
    conversation: &ConversationId,
    places: &[(LogId, u64)],
    rng: &mut dyn CryptoRng,
) -> Result<(), CommandError> {
    let mut live = Live::default();
    let mut turn = Turn::new(store as &dyn Read, now_ms, rng, me, &mut live);
    let erased = conversations::find(&turn, conversation)
        .and_then(|conversation| erasure::erase(&mut turn, &conversation, places));
    erased.map_err(Fault::into_command_error)?;
    let effects = turn.finish();
    let stored = store.commit(&effects.batch).and_then(|()| store.flush());
    stored.map_err(|error| Fault::from(error).into_command_error())
}
