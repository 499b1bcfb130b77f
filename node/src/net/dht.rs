//! Address records in the DHT: put under their key, looked up, verified.
//!
//! A DHT answers with whatever its nodes like. What is passed on has been verified as the nodes themselves should have,
//! and of several values the newest counts.

use std::{
    collections::HashMap,
    time::{SystemTime, UNIX_EPOCH},
};

use kith_crypto::record::verify_record;
use libp2p::kad::{self, GetRecordOk, QueryId, QueryResult, Quorum, Record, RecordKey};

use super::records::Records;
use crate::input::NetEvent;

/// How many lookups may run at once.
const MAX_LOOKUPS: usize = 256;
/// How many of our own records are put again when a bootstrap node comes (back): those of two days under all secrets that a
/// restored account publishes under.
const MAX_OWN_RECORDS: usize = 32;

type Kademlia = kad::Behaviour<Records>;

/// What we put and what we look for.
#[derive(Debug, Default)]
pub struct Dht {
    lookups: HashMap<QueryId, Lookup>,
    own: Vec<([u8; 32], Vec<u8>)>,
}

#[derive(Debug)]
struct Lookup {
    key: [u8; 32],
    newest: Option<u64>,
}

impl Dht {
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
        let info = match verify_record(&lookup.key, &record.value, now_ms()) {
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

/// Now, in unix milliseconds.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
