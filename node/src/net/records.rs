//! The DHT's record store: validated, bounded, and fair.
//!
//! What lives here: the address records that Kademlia puts and gets, and the settings both ends of that DHT share.
//! libp2p's own store keeps whatever it is sent, last writer wins. This one keeps a value only if
//! [`kith_crypto::record::verify_record`] accepts it: the key is the hash of the blinded public key that signed
//! the value, so nobody can write under a key that is not theirs, and many values under one key are impossible by
//! construction. Of two values under one key the higher sequence stays, so a replay never rolls an address back.
//!
//! Anybody can make keys, so signatures alone do not stop a flood. Counts and bytes are capped, in all and per
//! [`Source`] (an IPv4 address or an IPv6 /64, which cost more than peer ids do); and when the store is full, room
//! is made at the expense of whoever holds the most.
//!
//! What does not live here: sockets, timers and the swarm. `net` owns one for a client, `kith-bootstrap` one for a
//! server. A record's publisher is dropped on arrival: the store never learns or repeats which device put it.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::{Duration, Instant},
};

use kith_crypto::{CryptoError, record::verify_record};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol,
    kad::{
        self, ProviderRecord, Record, StoreInserts,
        store::{Error as KadError, RecordStore},
    },
    multiaddr::Protocol,
};

/// The DHT that Kith nodes share; another number is another DHT.
pub const DHT_PROTOCOL: StreamProtocol = StreamProtocol::new("/kith/kad/1");

/// How long one DHT query may take.
const QUERY_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest that a verified record can live, from the cap in its format.
const RECORD_LIFE: Duration = Duration::from_secs(48 * 60 * 60);

/// Tells the time in unix milliseconds. Passed in, so that tests own it.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The settings every Kith node and bootstrap node uses for Kademlia.
///
/// Inbound records are handed to the application ([`StoreInserts::FilterBoth`]), which passes them to
/// [`Records::put_from`] with the source that only it knows. Nothing is republished by libp2p: an address record
/// is renewed by its owner, and a copy of an old one is of no use to anybody.
pub fn dht_config() -> kad::Config {
    let mut config = kad::Config::new(DHT_PROTOCOL);
    config
        .set_record_filtering(StoreInserts::FilterBoth)
        .set_record_ttl(Some(RECORD_LIFE))
        .set_replication_interval(None)
        .set_publication_interval(None)
        .set_provider_publication_interval(None)
        .set_caching(kad::Caching::Disabled)
        .set_query_timeout(QUERY_TIMEOUT);
    config
}

/// Whoever a record came from, as far as fairness is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// This node itself.
    Local,
    /// One IPv4 address.
    V4(Ipv4Addr),
    /// One IPv6 /64: what a single customer is given.
    V6([u16; 4]),
    /// A transport that names no address, e.g. a relayed connection: all of these share one allowance.
    Unnamed,
}

impl Source {
    /// The source behind a connection's remote address.
    pub fn of(address: &Multiaddr) -> Self {
        let relayed = address.iter().any(|part| matches!(part, Protocol::P2pCircuit));
        let ip = address.iter().find_map(|part| match part {
            Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
            Protocol::Ip6(ip) => Some(ip.to_canonical()),
            _ => None,
        });
        match ip {
            Some(IpAddr::V4(ip)) if !relayed => Self::V4(ip),
            Some(IpAddr::V6(ip)) if !relayed => Self::V6(prefix(ip)),
            _ => Self::Unnamed,
        }
    }
}

/// The first 64 bits of an IPv6 address.
fn prefix(ip: Ipv6Addr) -> [u16; 4] {
    let [a, b, c, d, ..] = ip.segments();
    [a, b, c, d]
}

/// How much a [`Records`] may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Records in all.
    pub max_records: usize,
    /// Bytes of values in all.
    pub max_bytes: usize,
    /// Records of one source. Many homes can share one IPv4 address.
    pub max_records_per_source: usize,
}

impl Limits {
    /// For a node that only keeps its own records.
    pub const CLIENT: Self = Self {
        max_records: 64,
        max_bytes: 256 * 1024,
        max_records_per_source: 64,
    };

    /// For a DHT server: at most 96 MiB.
    pub const SERVER: Self = Self {
        max_records: 65_536,
        max_bytes: 96 * 1024 * 1024,
        max_records_per_source: 4_096,
    };
}

/// What a put did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// The key was new.
    New,
    /// An older value was replaced.
    Newer,
    /// The same value was there already.
    Same,
}

/// Why a record was not kept.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is malformed, oversized, expired, from the future, or not signed by the key it stands under.
    #[error("The record is not valid: {0}")]
    Invalid(#[from] CryptoError),
    /// A value with the same or a higher sequence is here.
    #[error("A newer record is stored under this key.")]
    Older,
    /// The source holds as many records as one source may.
    #[error("This source already holds as many records as one source may.")]
    SourceFull,
    /// The store is full, and the source holds no less than anybody else.
    #[error("The store is full.")]
    Full,
}

type KeyBytes = [u8; 32];

#[derive(Debug)]
struct Held {
    record: Record,
    sequence: u64,
    expires_at_ms: u64,
    source: Source,
}

/// A bounded store of verified records. See the module's essay.
pub struct Records {
    limits: Limits,
    clock: Clock,
    held: HashMap<KeyBytes, Held>,
    /// Every record by its end, so that sweeping touches only what has ended.
    by_expiry: BTreeSet<(u64, KeyBytes)>,
    /// The same per source, so that a full store can see who holds the most.
    by_source: HashMap<Source, BTreeSet<(u64, KeyBytes)>>,
    bytes: usize,
}

impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records")
            .field("records", &self.held.len())
            .field("bytes", &self.bytes)
            .finish()
    }
}

impl Records {
    /// An empty store.
    pub fn new(limits: Limits, clock: Clock) -> Self {
        Self {
            limits,
            clock,
            held: HashMap::new(),
            by_expiry: BTreeSet::new(),
            by_source: HashMap::new(),
            bytes: 0,
        }
    }

    /// From now on the time is told by this clock.
    pub fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// How many records are held, ended ones that were not swept yet included.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Bytes of all values held.
    pub fn size_bytes(&self) -> usize {
        self.bytes
    }

    /// Drops every record whose time is over, and says how many.
    pub fn sweep(&mut self) -> usize {
        let now_ms = (self.clock)();
        let mut swept = 0;
        while let Some(&(expires_at_ms, key)) = self.by_expiry.first() {
            if expires_at_ms > now_ms {
                break;
            }
            self.drop_key(&key);
            swept += 1;
        }
        swept
    }

    /// Keeps a record that came from `source`, if it is valid, newer than what is here, and there is room.
    pub fn put_from(&mut self, source: Source, record: Record) -> Result<Stored, RecordError> {
        let now_ms = (self.clock)();
        let info = verify_record(record.key.as_ref(), &record.value, now_ms)?;
        let key = KeyBytes::try_from(record.key.as_ref())
            .map_err(|_| CryptoError::Malformed { what: "record key" })?;
        let outcome = match self.held.get(&key) {
            None => Stored::New,
            Some(held) if held.record.value == record.value => return Ok(Stored::Same),
            Some(held) if held.sequence >= info.sequence => return Err(RecordError::Older),
            Some(_) => Stored::Newer,
        };
        self.sweep();
        self.make_room(source, key, record.value.len())?;
        self.drop_key(&key);
        let left = Duration::from_millis(info.expires_at_ms.saturating_sub(now_ms));
        let kept = Record {
            publisher: None,
            expires: Instant::now().checked_add(left),
            ..record
        };
        self.bytes += kept.value.len();
        self.by_expiry.insert((info.expires_at_ms, key));
        self.by_source
            .entry(source)
            .or_default()
            .insert((info.expires_at_ms, key));
        let held = Held {
            record: kept,
            sequence: info.sequence,
            expires_at_ms: info.expires_at_ms,
            source,
        };
        self.held.insert(key, held);
        Ok(outcome)
    }

    /// Makes room for one value of `source` under `key`, which may replace one.
    fn make_room(&mut self, source: Source, key: KeyBytes, size_bytes: usize) -> Result<(), RecordError> {
        let replaced = self.held.get(&key);
        let (freed_count, freed_bytes) = replaced.map_or((0, 0), |held| (1, held.record.value.len()));
        let own_freed = usize::from(replaced.is_some_and(|held| held.source == source));
        let own = self.count_of(source) - own_freed;
        if own >= self.limits.max_records_per_source {
            return Err(RecordError::SourceFull);
        }
        while self.held.len() - freed_count >= self.limits.max_records
            || self.bytes - freed_bytes + size_bytes > self.limits.max_bytes
        {
            let victim = self
                .largest_holder_above(own + 1, &key)
                .ok_or(RecordError::Full)?;
            self.drop_key(&victim);
        }
        Ok(())
    }

    /// The record that ends first (`kept` aside) of the source that holds the most, if that is more than `count`.
    fn largest_holder_above(&self, count: usize, kept: &KeyBytes) -> Option<KeyBytes> {
        let largest = self.by_source.values().max_by_key(|keys| keys.len())?;
        if largest.len() <= count {
            return None;
        }
        largest.iter().map(|(_, key)| *key).find(|key| key != kept)
    }

    fn count_of(&self, source: Source) -> usize {
        self.by_source.get(&source).map_or(0, BTreeSet::len)
    }

    fn drop_key(&mut self, key: &KeyBytes) {
        let Some(held) = self.held.remove(key) else { return };
        self.bytes -= held.record.value.len();
        self.by_expiry.remove(&(held.expires_at_ms, *key));
        if let Some(keys) = self.by_source.get_mut(&held.source) {
            keys.remove(&(held.expires_at_ms, *key));
            if keys.is_empty() {
                self.by_source.remove(&held.source);
            }
        }
    }

    fn find(&self, key: &kad::RecordKey) -> Option<&Held> {
        let key = KeyBytes::try_from(key.as_ref()).ok()?;
        self.held
            .get(&key)
            .filter(|held| held.expires_at_ms > (self.clock)())
    }
}

/// What libp2p asks of a store. Provider records are no part of Kith: none is kept.
impl RecordStore for Records {
    type RecordsIter<'a> = Box<dyn Iterator<Item = Cow<'a, Record>> + 'a>;
    type ProvidedIter<'a> = std::iter::Empty<Cow<'a, ProviderRecord>>;

    fn get(&self, key: &kad::RecordKey) -> Option<Cow<'_, Record>> {
        self.find(key).map(|held| Cow::Borrowed(&held.record))
    }

    /// Puts a record of our own; those of others come through [`Records::put_from`].
    fn put(&mut self, record: Record) -> Result<(), KadError> {
        match self.put_from(Source::Local, record) {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::debug!(%error, "a record of our own was not kept");
                Err(match error {
                    RecordError::Invalid(_) => KadError::ValueTooLarge,
                    RecordError::Older | RecordError::SourceFull | RecordError::Full => KadError::MaxRecords,
                })
            }
        }
    }

    fn remove(&mut self, key: &kad::RecordKey) {
        if let Ok(key) = KeyBytes::try_from(key.as_ref()) {
            self.drop_key(&key);
        }
    }

    fn records(&self) -> Self::RecordsIter<'_> {
        Box::new(self.held.values().map(|held| Cow::Borrowed(&held.record)))
    }

    fn add_provider(&mut self, _: ProviderRecord) -> Result<(), KadError> {
        Err(KadError::MaxProvidedKeys)
    }

    fn providers(&self, _: &kad::RecordKey) -> Vec<ProviderRecord> {
        Vec::new()
    }

    fn provided(&self) -> Self::ProvidedIter<'_> {
        std::iter::empty()
    }

    fn remove_provider(&mut self, _: &kad::RecordKey, _: &PeerId) {}
}

#[cfg(test)]
mod tests;
