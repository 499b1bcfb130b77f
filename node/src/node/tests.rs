//! A whole node of which a part panics, or whose disk fails: it is told, nobody waits for ever, and it goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kith_crypto::VaultParams;

use super::*;
use crate::{
    Anchor,
    id::ConversationId,
    profile::{self, NewProfile},
    store::{Batch, Bounds, Key, Order, Read, Record, Scope, StoreError},
    view::{BodyView, ContactState, NetworkProblem, PresenceView},
};

/// A test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(90);

/// A store that fails as it is told.
struct Brittle {
    store: Arc<SledStore>,
    panics_in_commit: AtomicBool,
    panics_in_flush: AtomicBool,
    /// The disk is there no more, and not full.
    is_unplugged: AtomicBool,
}

impl Read for Brittle {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(key)
    }

    fn scan(
        &self,
        scope: &Scope,
        bounds: &Bounds,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.store.scan(scope, bounds, order, limit)
    }

    fn suffix_bytes(&self, key: &Key) -> Vec<u8> {
        self.store.suffix_bytes(key)
    }

    fn may_keep(&self, number: u64) -> bool {
        self.store.may_keep(number)
    }

    fn first_unmade_key(&self) -> u64 {
        self.store.first_unmade_key()
    }
}

impl Store for Brittle {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        assert!(!self.panics_in_commit.swap(false, Ordering::AcqRel), "on purpose");
        self.store.commit(batch)
    }

    fn flush(&self) -> Result<(), StoreError> {
        assert!(!self.panics_in_flush.swap(false, Ordering::AcqRel), "on purpose");
        if self.is_unplugged.load(Ordering::Acquire) {
            let source = std::io::Error::other("input/output error");
            return Err(StoreError::io("flush the store", source));
        }
        self.store.flush()
    }

    fn forget_before(&self, day: u32) -> Result<(), StoreError> {
        self.store.forget_before(day)
    }

    fn forget_keys(&self, numbers: &[u64]) -> Result<(), StoreError> {
        self.store.forget_keys(numbers)
    }
}

struct Person {
    node: Node,
    store: Arc<Brittle>,
    _folder: tempfile::TempDir,
}

impl Person {
    async fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let new = NewProfile {
            name: name.into(),
            passphrase: "correct horse".to_owned().into(),
            words: None,
        };
        let dir = folder.path().join(name);
        let params = VaultParams::for_tests();
        let (unlocked, _) = profile::create(&dir, &new, params, 1, &mut randomness().unwrap()).unwrap();
        let store = Arc::new(Brittle {
            store: Arc::clone(&unlocked.store),
            panics_in_commit: AtomicBool::new(false),
            panics_in_flush: AtomicBool::new(false),
            is_unplugged: AtomicBool::new(false),
        });
        let seen = Arc::clone(&store);
        let config = NodeConfig {
            net: NetConfig::loopback(),
        };
        let node = Node::start_on(unlocked, config, WallClock::default(), |_| seen)
            .await
            .unwrap();
        Self {
            node,
            store,
            _folder: folder,
        }
    }

    /// Looks again at each event until something is so.
    async fn until<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let mut events = self.node.subscribe();
        let waiting = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                assert!(events.next().await.is_some(), "the node has closed");
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect(what)
    }

    /// Whether the only contact is accepted, and whether it is there.
    async fn contact(&self) -> Option<bool> {
        match self.node.call(Command::ListContacts {}).await.unwrap() {
            Reply::Contacts(contacts) => contacts.first().and_then(|contact| {
                let is_online = matches!(contact.presence, PresenceView::Online { .. });
                (contact.state == ContactState::Accepted).then_some(is_online)
            }),
            other => panic!("no contacts: {other:?}"),
        }
    }

    async fn sees_online(&self, online: bool) {
        self.until("presence", async || {
            (self.contact().await == Some(online)).then_some(())
        })
        .await;
    }

    async fn chat(&self) -> ConversationId {
        match self.node.call(Command::ListConversations {}).await.unwrap() {
            Reply::Conversations(all) => all.first().unwrap().id,
            other => panic!("no conversations: {other:?}"),
        }
    }

    async fn sends(&self, text: &str) -> Result<(), CommandError> {
        let (conversation, text) = (self.chat().await, text.to_owned());
        let sent = Command::SendMessage { conversation, text };
        self.node.call(sent).await.map(drop)
    }

    async fn sees(&self, text: &str) {
        let conversation = self.chat().await;
        self.until(text, async || {
            let page = Command::GetMessages {
                conversation,
                anchor: Anchor::Newest,
                before: 100,
                after: 0,
            };
            let Reply::Page(page) = self.node.call(page).await.unwrap() else {
                panic!("no page");
            };
            let is_it = |body: &BodyView| matches!(body, BodyView::Text { text: said } if said == text);
            page.messages.iter().any(|row| is_it(&row.body)).then_some(())
        })
        .await;
    }

    async fn problems(&self) -> Vec<NetworkProblem> {
        match self.node.call(Command::GetNetwork {}).await.unwrap() {
            Reply::Network(network) => network.problems,
            other => panic!("no network: {other:?}"),
        }
    }
}

async fn friends() -> (Person, Person) {
    let (alice, bob) = (Person::new("alice").await, Person::new("bob").await);
    let invite = Command::CreateInvite { valid_for_s: None };
    let link = match alice.node.call(invite).await.unwrap() {
        Reply::Invite(invite) => invite.link,
        other => panic!("no invite: {other:?}"),
    };
    bob.node.call(Command::AddContact { link }).await.unwrap();
    alice.sees_online(true).await;
    bob.sees_online(true).await;
    (alice, bob)
}

/// Waits until listeners are told of a fault at this place.
async fn tells_of(events: &mut EventStream, wanted: &str) {
    let told = async {
        loop {
            match events.next().await {
                Some(Event::Fault { place }) if place == wanted => return,
                Some(_) => {}
                None => panic!("the node has closed"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, told)
        .await
        .expect("the fault is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_panics_is_told_leaves_nobody_online_and_is_begun_anew() {
    let (alice, bob) = friends().await;
    let mut events = alice.node.subscribe();
    alice.node.net.panics().await;
    tells_of(&mut events, "net").await;
    // Her view of him, told to listeners, before they are linked again.
    let offline = async {
        while let Some(event) = events.next().await {
            if let Event::Contact(contact) = event
                && !matches!(contact.presence, PresenceView::Online { .. })
            {
                return;
            }
        }
        panic!("the node has closed");
    };
    tokio::time::timeout(PATIENCE, offline)
        .await
        .expect("he is offline");
    alice.sees_online(true).await;
    bob.sees_online(true).await;
    alice.sends("still here").await.unwrap();
    bob.sees("still here").await;
    bob.sends("so I see").await.unwrap();
    alice.sees("so I see").await;
    for person in [&alice, &bob] {
        assert_eq!(person.node.shutdown().await, Ending::Saved);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_panics_while_the_node_closes_holds_it_up_by_nothing() {
    let alice = Person::new("alice").await;
    alice.node.net.panics().await;
    assert_eq!(alice.node.shutdown().await, Ending::Saved);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_that_panics_is_told_and_what_waited_for_it_arrives() {
    let (alice, bob) = friends().await;
    let mut events = alice.node.subscribe();
    alice.store.panics_in_flush.store(true, Ordering::Release);
    alice.sends("through all of it").await.unwrap();
    tells_of(&mut events, "flush").await;
    bob.sees("through all of it").await;
    assert_eq!(alice.node.shutdown().await, Ending::Saved);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_panics_answers_its_caller_and_the_node_goes_on() {
    let (alice, bob) = friends().await;
    let mut events = alice.node.subscribe();
    alice.store.panics_in_commit.store(true, Ordering::Release);
    // Whatever came first has met it.
    let mut refused = 0;
    while alice.store.panics_in_commit.load(Ordering::Acquire) {
        match alice.sends("in vain").await {
            Err(CommandError::Internal { place }) => {
                assert_eq!(place, "core");
                refused += 1;
            }
            sent => sent.unwrap(),
        }
    }
    assert!(refused <= 1);
    tells_of(&mut events, "core").await;
    alice.sends("after that").await.unwrap();
    bob.sees("after that").await;
    assert_eq!(alice.node.shutdown().await, Ending::Saved);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_is_not_called_full() {
    let (alice, bob) = friends().await;
    alice.store.is_unplugged.store(true, Ordering::Release);
    alice.sends("while it is gone").await.unwrap();
    alice
        .until("the problem", async || {
            let problems = alice.problems().await;
            assert!(!problems.contains(&NetworkProblem::DiskFull));
            problems.contains(&NetworkProblem::DiskFailing).then_some(())
        })
        .await;
    alice.store.is_unplugged.store(false, Ordering::Release);
    bob.sees("while it is gone").await;
    alice
        .until("that it is over", async || {
            (!alice.problems().await.contains(&NetworkProblem::DiskFailing)).then_some(())
        })
        .await;
    assert_eq!(alice.node.shutdown().await, Ending::Saved);
}
