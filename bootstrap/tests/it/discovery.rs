//! Address records in the DHT: what is signed is found, what is not is not kept.

use std::time::{SystemTime, UNIX_EPOCH};

use kith_bootstrap::{Bootstrap, Config, Running};
use kith_crypto::{
    AccountKey, AddressRecord, DAY_MS, DeviceAddresses, DeviceKey, MAX_RECORD_BYTES, ReachSecret,
    open_record, seal_record,
};
use libp2p::{
    kad::{self, GetRecordOk, QueryResult, Quorum, Record},
    swarm::SwarmEvent,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::client::{BehaviourEvent, Client, PATIENCE, bootstrap, metric, scrape};

const HOUR_MS: u64 = 60 * 60 * 1000;

/// A person who publishes where their devices are.
struct Person {
    account: AccountKey,
    reach: ReachSecret,
    device: DeviceKey,
    rng: ChaCha20Rng,
    day: u32,
}

impl Person {
    fn new(seed: u8) -> Self {
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        let account = AccountKey::generate(&mut rng);
        let reach = ReachSecret::first_for(&account);
        let device = DeviceKey::generate(&mut rng);
        Self {
            account,
            reach,
            device,
            rng,
            day: u32::try_from(now_ms() / DAY_MS).unwrap(),
        }
    }

    /// A record that says "I am at this port", made at this time.
    fn record(&mut self, port: u16, made_at_ms: u64) -> Record {
        let addresses = vec![format!("/ip4/203.0.113.9/tcp/{port}")];
        let devices = vec![DeviceAddresses {
            device: self.device.id(),
            addresses,
        }];
        let record = AddressRecord { devices, made_at_ms };
        let (key, bytes) = seal_record(&self.account, &self.reach, self.day, &record, &mut self.rng).unwrap();
        Record::new(key.as_bytes().to_vec(), bytes)
    }

    /// The port that a found record names.
    fn reads(&self, found: &Record) -> String {
        let record = open_record(&self.account.id(), &self.reach, self.day, &found.value, now_ms()).unwrap();
        record.devices[0].addresses[0].clone()
    }
}

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

impl Client {
    /// Sends a record to the node, which answers before it has judged it.
    async fn puts(&mut self, node: &Running, record: Record) {
        let id = node.peer_id();
        let query = self
            .with(move |swarm| {
                swarm
                    .behaviour_mut()
                    .kad
                    .put_record_to(record, std::iter::once(id), Quorum::One)
            })
            .await;
        self.sees("the end of the put", |event| match event {
            SwarmEvent::Behaviour(BehaviourEvent::Kad(kad::Event::OutboundQueryProgressed {
                id,
                result: QueryResult::PutRecord(_),
                ..
            })) => (id == query).then_some(()),
            _ => None,
        })
        .await;
    }

    /// What the DHT has under a key.
    async fn finds(&mut self, key: &kad::RecordKey) -> Option<Record> {
        let key = key.clone();
        let query = self
            .with(move |swarm| swarm.behaviour_mut().kad.get_record(key))
            .await;
        let mut found = None;
        self.sees("the end of the lookup", |event| match event {
            SwarmEvent::Behaviour(BehaviourEvent::Kad(kad::Event::OutboundQueryProgressed {
                id,
                result: QueryResult::GetRecord(result),
                step,
                ..
            })) if id == query => {
                if let Ok(GetRecordOk::FoundRecord(record)) = result {
                    found = Some(record.record);
                }
                step.last.then_some(())
            }
            _ => None,
        })
        .await;
        found
    }
}

#[tokio::test]
async fn bob_finds_where_alice_is_and_her_newest_word_counts() {
    let (node, _folder) = bootstrap().await;
    let [mut alice, mut bob] = [Client::start(), Client::start()];
    alice.joins(&node).await;
    bob.joins(&node).await;
    let mut person = Person::new(1);
    let now = now_ms();
    let newer = person.record(2, now);
    let older = person.record(1, now - HOUR_MS);

    alice.puts(&node, older.clone()).await;
    let found = bob.finds(&older.key).await.expect("the first record");
    assert_eq!(person.reads(&found), "/ip4/203.0.113.9/tcp/1");
    alice.puts(&node, newer.clone()).await;
    // Somebody who kept the old one tries to bring it back.
    bob.puts(&node, older.clone()).await;
    let found = bob.finds(&newer.key).await.expect("the newer record");
    assert_eq!(person.reads(&found), "/ip4/203.0.113.9/tcp/2");
    assert_eq!(found.publisher, None, "who put it is nobody's business");

    let scraped = scrape(&node).await;
    assert_eq!(metric(&scraped, "kith_bootstrap_records"), 1.0);
    assert_eq!(
        metric(&scraped, "kith_bootstrap_puts_total{outcome=\"Stored\"}"),
        2.0
    );
    assert_eq!(
        metric(&scraped, "kith_bootstrap_puts_total{outcome=\"Older\"}"),
        1.0
    );
    node.shutdown().await;
}

#[tokio::test]
async fn forged_foreign_oversized_and_expired_records_are_not_kept() {
    let (node, _folder) = bootstrap().await;
    let [mut mallory, mut bob] = [Client::start(), Client::start()];
    mallory.joins(&node).await;
    bob.joins(&node).await;
    let mut person = Person::new(2);
    let good = person.record(1, now_ms());

    let mut forged = good.clone();
    *forged.value.last_mut().unwrap() ^= 1;
    let mut oversized = good.clone();
    oversized.value.resize(MAX_RECORD_BYTES + 1, 0);
    let foreign = Record {
        key: Person::new(3).record(1, now_ms()).key,
        ..good.clone()
    };
    let expired = person.record(1, now_ms() - 3 * DAY_MS);
    let from_the_future = person.record(1, now_ms() + 3 * DAY_MS);
    let unsigned = Record::new(b"any key".to_vec(), b"any value".to_vec());
    for bad in [forged, oversized, foreign, expired, from_the_future, unsigned] {
        mallory.puts(&node, bad.clone()).await;
        assert_eq!(bob.finds(&bad.key).await, None);
    }
    let scraped = scrape(&node).await;
    assert_eq!(metric(&scraped, "kith_bootstrap_records"), 0.0);
    assert_eq!(
        metric(&scraped, "kith_bootstrap_puts_total{outcome=\"Invalid\"}"),
        6.0
    );
    // The same node takes the same person's honest record.
    mallory.puts(&node, good.clone()).await;
    assert!(bob.finds(&good.key).await.is_some());
    node.shutdown().await;
}

#[tokio::test]
async fn two_bootstrap_nodes_form_one_dht() {
    let (first, _folder) = bootstrap().await;
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        peers: first.addresses(),
        ..Config::loopback(folder.path().to_path_buf())
    };
    let second = Bootstrap::start(config).await.unwrap();
    let [mut alice, mut bob] = [Client::start(), Client::start()];
    alice.joins(&first).await;
    bob.joins(&second).await;
    let person = Person::new(5).record(1, now_ms());
    alice.puts(&first, person.clone()).await;
    // Bob knows only the second node, which names the first one as soon as the two have met.
    let found = async { while bob.finds(&person.key).await.is_none() {} };
    tokio::time::timeout(PATIENCE, found)
        .await
        .expect("the record of the other node");
    first.shutdown().await;
    second.shutdown().await;
}

#[tokio::test]
async fn the_metrics_name_nobody() {
    let (node, _folder) = bootstrap().await;
    let mut alice = Client::start();
    alice.joins(&node).await;
    let record = Person::new(4).record(1, now_ms());
    alice.puts(&node, record.clone()).await;
    assert!(alice.finds(&record.key).await.is_some());
    let scraped = scrape(&node).await;
    assert!(!scraped.contains(&alice.id.to_string()), "{scraped}");
    assert!(
        !scraped.contains("127.0.0.1") && !scraped.contains("12D3Koo"),
        "{scraped}"
    );
    node.shutdown().await;
}
