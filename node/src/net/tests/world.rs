//! People with one device each, whose networks run on the loopback interface.

use std::time::Duration;

use kith_crypto::{AccountId, AccountKey, DeviceId, DeviceKey, DeviceList, LinkRefusal, Signed};
use libp2p::Multiaddr;
use tokio::{sync::mpsc, time::timeout};

use super::super::{EVENT_CAPACITY, NetConfig, NetHandle, start};
use crate::{
    effects::Transmit,
    input::{Lane, NetEvent},
};

/// Nothing on a loopback takes this long; a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(40);

/// A device's keys and its account's list.
pub struct Keys {
    pub device: DeviceKey,
    pub account: AccountId,
    pub list: Vec<u8>,
}

impl Keys {
    pub fn new(seed: u8) -> Self {
        let account = AccountKey::from_entropy([seed; 32]);
        let device = DeviceKey::from_bytes([seed; 32]);
        let list = DeviceList::first(account.id(), device.id(), 1_790_000_000_000);
        Self {
            account: account.id(),
            list: Signed::seal(list, &account).unwrap().encode(),
            device,
        }
    }
}

/// One person's network.
pub struct Person {
    pub device: DeviceId,
    pub account: AccountId,
    pub net: NetHandle,
    pub events: mpsc::Receiver<NetEvent>,
    pub addresses: Vec<String>,
    /// What a link is answered with.
    pub refuses: Option<LinkRefusal>,
    /// Every event that was seen while waiting for another.
    pub seen: Vec<NetEvent>,
}

impl Person {
    pub async fn new(seed: u8) -> Self {
        Self::with(seed, NetConfig::loopback()).await
    }

    pub async fn with(seed: u8, config: NetConfig) -> Self {
        let keys = Keys::new(seed);
        let (sender, events) = mpsc::channel(EVENT_CAPACITY);
        let sockets = config.listen.len();
        // RUST_LOG=debug shows what the network does.
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_test_writer()
            .try_init();
        let device = keys.device.id();
        let net = start(config, keys.device, sender).unwrap();
        let mut person = Self {
            device,
            account: keys.account,
            net,
            events,
            addresses: Vec::new(),
            refuses: None,
            seen: Vec::new(),
        };
        person
            .wants(Transmit::Identify {
                account: keys.account,
                device_list: keys.list,
            })
            .await;
        while person.addresses.len() < sockets {
            person
                .until(|event| matches!(event, NetEvent::OwnAddresses { .. }).then_some(()))
                .await;
        }
        person
    }

    pub async fn wants(&self, transmit: Transmit) {
        self.net.transmit(transmit).await.unwrap();
    }

    pub async fn dials(&self, other: &Self) {
        self.dials_with(other, b"").await;
    }

    pub async fn dials_with(&self, other: &Self, payload: &[u8]) {
        let addresses = other.addresses.clone();
        self.wants(Transmit::Dial {
            device: other.device,
            addresses,
            payload: payload.to_vec(),
        })
        .await;
    }

    pub async fn knows(&self, other: &Self) {
        self.wants(Transmit::Know { device: other.device }).await;
    }

    pub async fn sends(&self, other: &Self, lane: Lane, frame: &[u8]) {
        self.wants(Transmit::Send {
            device: other.device,
            lane,
            frame: frame.to_vec(),
        })
        .await;
    }

    /// The next event; link wishes are answered and addresses noted on the way.
    pub async fn next(&mut self) -> NetEvent {
        let event = timeout(PATIENCE, self.events.recv()).await;
        let event = event
            .expect("an event within the test's patience")
            .expect("a running network");
        match &event {
            NetEvent::OwnAddresses { addresses, .. } => self.addresses.clone_from(addresses),
            NetEvent::LinkRequested { request, .. } => {
                self.wants(Transmit::AnswerLink {
                    request: *request,
                    refusal: self.refuses.clone(),
                })
                .await;
            }
            _ => {}
        }
        event
    }

    /// Waits for the event that `pick` picks.
    pub async fn until<T>(&mut self, mut pick: impl FnMut(&NetEvent) -> Option<T>) -> T {
        loop {
            let event = self.next().await;
            let picked = pick(&event);
            self.seen.push(event);
            if let Some(picked) = picked {
                return picked;
            }
        }
    }

    pub async fn linked(&mut self, other: DeviceId) -> [u8; 32] {
        self.until(|event| match event {
            NetEvent::LinkUp { device, binding, .. } if *device == other => Some(*binding),
            _ => None,
        })
        .await
    }

    pub async fn unlinked(&mut self, other: DeviceId) {
        self.until(|event| matches!(event, NetEvent::LinkDown { device } if *device == other).then_some(()))
            .await;
    }

    pub async fn hears(&mut self, other: DeviceId, on: Lane) -> Vec<u8> {
        self.until(|event| match event {
            NetEvent::Frame { device, lane, frame } if *device == other && *lane == on => Some(frame.clone()),
            _ => None,
        })
        .await
    }

    pub fn tcp(&self) -> Multiaddr {
        let tcp = self
            .addresses
            .iter()
            .find(|address| address.contains("/tcp/"))
            .unwrap();
        tcp.parse().unwrap()
    }
}

/// Two people with a link between them.
pub async fn linked_pair(first: u8, second: u8) -> (Person, Person) {
    let (mut alice, mut bob) = (Person::new(first).await, Person::new(second).await);
    link(&mut alice, &mut bob).await;
    (alice, bob)
}

/// Alice dials Bob.
pub async fn link(alice: &mut Person, bob: &mut Person) {
    alice.dials(bob).await;
    let (a, b) = (alice.device, bob.device);
    let (alices, bobs) = tokio::join!(alice.linked(b), bob.linked(a));
    assert_eq!(alices, bobs, "both ends derive the same binding");
}
