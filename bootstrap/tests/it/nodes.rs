//! Kith nodes that meet through a bootstrap node: circuits, address records, and what goes wrong with an address.

use std::time::Duration;

use kith_bootstrap::{Bootstrap, Config, Running};
use kith_crypto::{
    AccountId, AccountKey, DeviceId, DeviceKey, DeviceList, Signed,
    record::{AddressRecord, DeviceAddresses, ReachSecret, lookup_key, open_record, seal_record},
};
use kith_node::{
    effects::Transmit,
    input::{Lane, NetEvent},
    net::{EVENT_CAPACITY, NetConfig, NetHandle, start},
    view::{BootstrapView, DialProblem, PathView},
};
use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tempfile::TempDir;
use tokio::{sync::mpsc, time::timeout};

/// Nothing on a loopback takes this long; a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(40);

struct Person {
    account: AccountKey,
    device: DeviceId,
    net: NetHandle,
    events: mpsc::Receiver<NetEvent>,
}

impl Person {
    async fn new(seed: u8, bootstraps: &[Multiaddr]) -> Self {
        let account = AccountKey::from_entropy([seed; 32]);
        let key = DeviceKey::from_bytes([seed; 32]);
        let device = key.id();
        let list = Signed::seal(
            DeviceList::first(account.id(), device, 1_790_000_000_000),
            &account,
        )
        .unwrap();
        let (sender, events) = mpsc::channel(EVENT_CAPACITY);
        let config = NetConfig {
            bootstraps: bootstraps.to_vec(),
            ..NetConfig::loopback()
        };
        let net = start(config, key, sender).unwrap();
        let (account_id, device_list) = (account.id(), list.encode());
        let person = Self {
            account,
            device,
            net,
            events,
        };
        person
            .wants(Transmit::Identify {
                account: account_id,
                device_list,
            })
            .await;
        person
    }

    async fn wants(&self, transmit: Transmit) {
        self.net.transmit(transmit).await.unwrap();
    }

    /// Waits for the event that `pick` picks; whoever wants a link gets it.
    async fn until<T>(&mut self, mut pick: impl FnMut(NetEvent) -> Option<T>) -> T {
        loop {
            let event = timeout(PATIENCE, self.events.recv()).await;
            let event = event
                .expect("an event within the test's patience")
                .expect("a running network");
            if let NetEvent::LinkRequested { request, .. } = event {
                self.wants(Transmit::AnswerLink {
                    request,
                    refusal: None,
                })
                .await;
            } else if let Some(picked) = pick(event) {
                return picked;
            }
        }
    }

    async fn linked(&mut self, other: DeviceId) -> PathView {
        self.until(|event| match event {
            NetEvent::LinkUp { device, path, .. } if device == other => Some(path),
            _ => None,
        })
        .await
    }

    async fn hears(&mut self) -> Vec<u8> {
        self.until(|event| match event {
            NetEvent::Frame { frame, .. } => Some(frame),
            _ => None,
        })
        .await
    }

    /// Waits until the first bootstrap node is as `pick` wants it.
    async fn sees_bootstrap<T>(&mut self, mut pick: impl FnMut(&BootstrapView) -> Option<T>) -> T {
        self.until(|event| match event {
            NetEvent::Bootstraps(nodes) => nodes.first().and_then(&mut pick),
            _ => None,
        })
        .await
    }

    /// Waits for a place at the relay and gives its address.
    async fn relayed_address(&mut self) -> String {
        self.until(|event| match event {
            NetEvent::OwnAddresses { addresses, listening } => {
                assert!(!listening.iter().any(|address| address.contains("p2p-circuit")));
                addresses
                    .into_iter()
                    .find(|address| address.contains("p2p-circuit"))
            }
            _ => None,
        })
        .await
    }
}

async fn bootstrap() -> (Running, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let running = Bootstrap::start(Config::loopback(folder.path().to_owned()))
        .await
        .unwrap();
    (running, folder)
}

/// The bootstrap node's TCP address.
fn tcp(running: &Running) -> Multiaddr {
    let is_tcp = |address: &Multiaddr| address.iter().any(|part| matches!(part, Protocol::Tcp(_)));
    running.addresses().into_iter().find(is_tcp).unwrap()
}

#[tokio::test]
async fn two_nodes_link_through_a_relay_and_say_so() {
    let (running, _folder) = bootstrap().await;
    let bootstraps = [tcp(&running)];
    let mut bob = Person::new(2, &bootstraps).await;
    let mut alice = Person::new(1, &bootstraps).await;
    let address = bob.relayed_address().await;
    alice
        .wants(Transmit::Dial {
            device: bob.device,
            addresses: vec![address],
            payload: Vec::new(),
        })
        .await;
    let (a, b) = (alice.device, bob.device);
    let paths = tokio::join!(alice.linked(b), bob.linked(a));
    assert_eq!(paths, (PathView::Relayed, PathView::Relayed));
    for lane in [Lane::Control, Lane::Sync] {
        // More than a circuit may carry with the relay's usual 128 KiB.
        let frame = vec![7; 300_000];
        alice
            .wants(Transmit::Send {
                device: b,
                lane,
                frame: frame.clone(),
            })
            .await;
        assert_eq!(bob.hears().await, frame);
    }
    running.shutdown().await;
}

#[tokio::test]
async fn an_address_record_put_by_one_is_found_by_another() {
    let (running, _folder) = bootstrap().await;
    let bootstraps = [tcp(&running)];
    let mut bob = Person::new(2, &bootstraps).await;
    let mut alice = Person::new(1, &bootstraps).await;
    let connected = |node: &BootstrapView| node.connected.then_some(());
    let now_ms = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis()
        .try_into()
        .unwrap();
    let day = kith_crypto::DayRing::day_of(now_ms);
    let reach = ReachSecret::first_for(&bob.account);
    let account: AccountId = bob.account.id();
    let record = AddressRecord {
        devices: vec![DeviceAddresses {
            device: bob.device,
            addresses: vec!["/ip4/192.0.2.1/tcp/1".to_owned()],
        }],
        made_at_ms: now_ms,
    };
    let mut rng = ChaCha20Rng::from_seed([5; 32]);
    let (key, value) = seal_record(&bob.account, &reach, day, &record, &mut rng).unwrap();
    // Published before anybody could take it: it goes out when the bootstrap node comes.
    bob.wants(Transmit::PublishRecord {
        key: *key.as_bytes(),
        value,
        now_ms,
    })
    .await;
    bob.sees_bootstrap(connected).await;
    alice.sees_bootstrap(connected).await;

    let wanted = *lookup_key(&account, &reach, day).unwrap().as_bytes();
    let found = loop {
        let key = wanted;
        alice.wants(Transmit::LookUpRecord { key, now_ms }).await;
        let found = alice.until(|event| match event {
            NetEvent::RecordFound { key, value } if key == wanted => Some(value),
            _ => None,
        });
        // A lookup may run before the put has arrived; silence proves nothing.
        if let Ok(value) = timeout(Duration::from_secs(1), found).await {
            break value;
        }
    };
    assert_eq!(
        open_record(&account, &reach, day, &found, now_ms).unwrap(),
        record
    );
    running.shutdown().await;
}

#[tokio::test]
async fn an_address_without_an_identity_is_learnt_and_a_wrong_one_is_named() {
    let (running, _folder) = bootstrap().await;
    let mut bare = tcp(&running);
    bare.pop();
    let mut alice = Person::new(1, std::slice::from_ref(&bare)).await;
    alice.sees_bootstrap(|node| node.connected.then_some(())).await;

    let wrong = bare.with(Protocol::P2p(PeerId::random()));
    let mut bob = Person::new(2, &[wrong]).await;
    let problem = bob.sees_bootstrap(|node| node.problem).await;
    assert_eq!(problem, DialProblem::WrongIdentity);
    running.shutdown().await;
}

#[tokio::test]
async fn a_bootstrap_node_that_goes_is_told_and_looked_for_again() {
    let (running, folder) = bootstrap().await;
    let address = tcp(&running);
    let mut alice = Person::new(1, std::slice::from_ref(&address)).await;
    alice.sees_bootstrap(|node| node.connected.then_some(())).await;
    running.shutdown().await;
    let lost = alice.sees_bootstrap(|node| node.problem).await;
    assert_eq!(lost, DialProblem::Lost);
    let refused = alice
        .sees_bootstrap(|node| node.problem.filter(|problem| *problem != lost))
        .await;
    assert_eq!(refused, DialProblem::Refused);

    // It comes back where it was, as the same.
    let mut bare = address.clone();
    bare.pop();
    let config = Config {
        listen: vec![bare],
        ..Config::loopback(folder.path().to_owned())
    };
    let running = Bootstrap::start(config).await.unwrap();
    alice.wants(Transmit::RetryBootstraps).await;
    alice.sees_bootstrap(|node| node.connected.then_some(())).await;
    running.shutdown().await;
}

#[tokio::test]
async fn a_bootstrap_node_that_is_named_later_is_used_at_once_and_can_be_let_go() {
    let (running, _folder) = bootstrap().await;
    let mut alice = Person::new(1, &[]).await;
    let addresses = vec![tcp(&running).to_string()];
    alice.wants(Transmit::SetBootstraps { addresses }).await;
    alice.sees_bootstrap(|node| node.connected.then_some(())).await;
    let addresses = Vec::new();
    alice.wants(Transmit::SetBootstraps { addresses }).await;
    alice
        .until(|event| match event {
            NetEvent::Bootstraps(nodes) => nodes.is_empty().then_some(()),
            _ => None,
        })
        .await;
    running.shutdown().await;
}
