//! Address records in the DHT: put under their key, looked up, verified.
//!
//! A DHT answers with whatever its nodes like. What is passed on has been verified as the nodes themselves should have,
//! and of several values the newest counts.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use kith_crypto::record::verify_record;
use libp2p::kad::{self, GetRecordOk, QueryId, QueryResult, Quorum, Record, RecordKey};

use super::records::{Clock, Records};
use crate::input::NetEvent;

/// How many lookups may run at once.
const MAX_LOOKUPS: usize = 256;
/// How many of our own records are put again when a bootstrap node comes (back): those of two days under all secrets that a
/// restored account publishes under.
const MAX_OWN_RECORDS: usize = 32;

type Kademlia = kad::Behaviour<Records>;

/// The time that records are judged by: what the engine goes by, which may not be what this machine's clock shows. It is told
/// with each wish, and goes on by itself since.
#[derive(Debug)]
struct Time {
    begun: Instant,
    /// The time at which `begun` was, unix milliseconds; [`Self::UNTOLD`] while the machine's clock has to do.
    begun_ms: AtomicI64,
}

impl Time {
    const UNTOLD: i64 = i64::MIN;

    fn untold() -> Self {
        Self {
            begun: Instant::now(),
            begun_ms: AtomicI64::new(Self::UNTOLD),
        }
    }

    fn since_begun_ms(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn is(&self, now_ms: u64) {
        let now_ms = i64::try_from(now_ms).unwrap_or(i64::MAX);
        let begun_ms = now_ms.saturating_sub(self.since_begun_ms());
        self.begun_ms.store(begun_ms, Ordering::Relaxed);
    }

    fn now_ms(&self) -> u64 {
        match self.begun_ms.load(Ordering::Relaxed) {
            Self::UNTOLD => now_ms(),
            begun_ms => u64::try_from(begun_ms.saturating_add(self.since_begun_ms())).unwrap_or(0),
        }
    }
}

/// What we put and what we look for.
#[derive(Debug)]
pub struct Dht {
    time: Arc<Time>,
    lookups: HashMap<QueryId, Lookup>,
    own: Vec<([u8; 32], Vec<u8>)>,
}

#[derive(Debug)]
struct Lookup {
    key: [u8; 32],
    newest: Option<u64>,
}

impl Dht {
    /// Nothing is put or looked for yet.
    pub fn new() -> Self {
        Self {
            time: Arc::new(Time::untold()),
            lookups: HashMap::new(),
            own: Vec::new(),
        }
    }

    /// The time that records are judged by.
    pub fn clock(&self) -> Clock {
        let time = Arc::clone(&self.time);
        Arc::new(move || time.now_ms())
    }

    /// The engine goes by this time, unix milliseconds.
    pub fn time_is(&self, now_ms: u64) {
        self.time.is(now_ms);
    }

    /// Puts a record, now and whenever a bootstrap node comes.
    pub fn publish(&mut self, kademlia: &mut Kademlia, key: [u8; 32], value: Vec<u8>) {
        self.own.retain(|(own, _)| *own != key);
        if self.own.len() >= MAX_OWN_RECORDS {
            self.own.remove(0);
        }
        self.own.push((key, value.clone()));
        put(kademlia, key, value);
    }

    /// A bootstrap node came: it may have been the first, or have forgotten us.
    pub fn publish_again(&mut self, kademlia: &mut Kademlia) {
        for (key, value) in &self.own {
            put(kademlia, *key, value.clone());
        }
    }

    /// Looks a record up.
    pub fn look_up(&mut self, kademlia: &mut Kademlia, key: [u8; 32]) {
        let running = self.lookups.values().any(|lookup| lookup.key == key);
        if running || self.lookups.len() >= MAX_LOOKUPS {
            return;
        }
        let query = kademlia.get_record(RecordKey::new(&key));
        self.lookups.insert(query, Lookup { key, newest: None });
    }

    /// Takes Kademlia's event; gives a verified record that is newer than any before it in this lookup.
    pub fn on_event(&mut self, event: kad::Event) -> Option<NetEvent> {
        let kad::Event::OutboundQueryProgressed { id, result, step, .. } = event else {
            return None;
        };
        let news = match result {
            QueryResult::GetRecord(Ok(GetRecordOk::FoundRecord(found))) => self.found(id, found.record),
            QueryResult::PutRecord(Err(error)) => {
                tracing::debug!(%error, "an address record was not put");
                None
            }
            _ => None,
        };
        if step.last {
            self.lookups.remove(&id);
        }
        news
    }

    fn found(&mut self, id: QueryId, record: Record) -> Option<NetEvent> {
        let lookup = self.lookups.get_mut(&id)?;
        let info = match verify_record(&lookup.key, &record.value, self.time.now_ms()) {
            Ok(info) => info,
            Err(error) => {
                tracing::debug!(%error, "a DHT node answered with a record that does not hold");
                return None;
            }
        };
        if lookup.newest.is_some_and(|newest| newest >= info.sequence) {
            return None;
        }
        lookup.newest = Some(info.sequence);
        Some(NetEvent::RecordFound {
            key: lookup.key,
            value: record.value,
        })
    }
}

fn put(kademlia: &mut Kademlia, key: [u8; 32], value: Vec<u8>) {
    let record = Record {
        key: RecordKey::new(&key),
        value,
        publisher: None,
        expires: None,
    };
    // One node that keeps it is enough to call it put; the others are tried all the same.
    if let Err(error) = kademlia.put_record(record, Quorum::One) {
        tracing::debug!(%error, "an address record was not put");
    }
}

/// What this machine's clock shows, unix milliseconds.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use kith_crypto::{AccountKey, AddressRecord, ReachSecret, seal_record};
    use libp2p::{PeerId, kad::store::RecordStore};
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;
    use crate::net::records::{Limits, dht_config};

    const DAY_MS: u64 = 86_400_000;

    #[test]
    fn records_are_judged_by_the_time_that_the_engine_goes_by() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let account = AccountKey::generate(&mut rng);
        let reach = ReachSecret::first_for(&account);
        // This machine's clock is years behind, or ahead.
        for now_ms in [now_ms() + 2_000 * DAY_MS, now_ms() - 2_000 * DAY_MS] {
            let day = u32::try_from(now_ms / DAY_MS).unwrap();
            let record = AddressRecord {
                devices: Vec::new(),
                made_at_ms: now_ms,
            };
            let (key, value) = seal_record(&account, &reach, day, &record, &mut rng).unwrap();
            let key = *key.as_bytes();
            let mut dht = Dht::new();
            let own = PeerId::random();
            let records = Records::new(Limits::CLIENT, dht.clock());
            let mut kademlia = kad::Behaviour::with_config(own, records, dht_config());
            dht.publish(&mut kademlia, key, value.clone());
            let place = RecordKey::new(&key);
            assert!(kademlia.store_mut().get(&place).is_none(), "by the wrong clock");
            dht.time_is(now_ms);
            dht.publish(&mut kademlia, key, value.clone());
            assert!(kademlia.store_mut().get(&place).is_some());
            dht.look_up(&mut kademlia, key);
            let query = *dht.lookups.keys().next().unwrap();
            let record = Record::new(place, value);
            assert!(dht.found(query, record).is_some());
        }
    }
}
