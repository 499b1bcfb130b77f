//! Epochs for more devices than one turn has time for.

use kith_crypto::{AccountId, AccountKey, Identity, PrekeySecret, VaultParams};

use super::*;
use crate::{
    Command, Engine, Node, NodeConfig, Origin, contacts,
    effects::Effects,
    input::{CommandId, Input},
    net::NetConfig,
    node::Ending,
    profile::{self, NewProfile},
    records::{Contact, EpochRecord, Parties, PendingSeal, Record, Standing},
    store::{Batch, Bounds, MemoryStore, Order, Read, Scope, Store, StoreError},
};

const NOW_MS: u64 = 1_800_000_000_000;
const MANY: u8 = 40;

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn identity(seed: u8) -> Identity {
    let account = AccountKey::generate(&mut rng(seed));
    Identity {
        account: account.id(),
        device: DeviceKey::generate(&mut rng(seed)),
        account_key: Some(account),
    }
}

/// A contact of somebody, with so many devices, and all that is remembered of both.
fn crowd(own: AccountId, devices: u8) -> (Batch, Contact) {
    let mut contact = contacts::unknown(identity(200).account, Standing::Accepted);
    let mut batch = Batch::new();
    for seed in 0..devices {
        let key = DeviceKey::generate(&mut rng(seed.saturating_add(100)));
        let secret = PrekeySecret::generate(&mut rng(seed));
        let mut peer = PeerDevice::new(key.id(), contact.account);
        peer.prekey = secret.publish(&key, 1, NOW_MS).unwrap().encode();
        put(&mut batch, &peer);
        contact.devices.push(key.id());
    }
    put(&mut batch, &contact);
    let conversation = Conversation {
        id: ConversationId::direct(own, contact.account),
        parties: Parties::Direct {
            contact: contact.account,
        },
        active_at_ms: NOW_MS,
        last: None,
        unread: 0,
        read_up_to: crate::Position::MIN,
        topics: Vec::new(),
    };
    put(&mut batch, &conversation);
    (batch, contact)
}

/// How many records a scope holds.
fn count(store: &dyn Read, scope: Scope) -> usize {
    let found = store.scan(&scope, &Bounds::all(), Order::Ascending, usize::MAX);
    found.unwrap().len()
}

/// Alice's engine, and the contact she writes to.
struct Desk {
    engine: Engine,
    store: MemoryStore,
    rng: ChaCha20Rng,
    contact: Contact,
    now_ms: u64,
}

impl Desk {
    /// Alice, whose contact has so many devices.
    fn new(devices: u8) -> Self {
        let (batch, contact) = crowd(identity(1).account, devices);
        let mut desk = Self {
            engine: engine(),
            store: MemoryStore::new(),
            rng: rng(1),
            contact,
            now_ms: NOW_MS,
        };
        desk.gives(Input::Started);
        desk.store.commit(&batch).unwrap();
        desk
    }

    fn conversation(&self) -> ConversationId {
        ConversationId::direct(identity(1).account, self.contact.account)
    }

    fn decides(&mut self, input: Input) -> Effects {
        self.engine.handle(input, &self.store, self.now_ms, &mut self.rng)
    }

    /// An input whose batch is committed; gives the tasks it led to.
    fn gives(&mut self, input: Input) -> Vec<Task> {
        let effects = self.decides(input);
        self.store.commit(&effects.batch).unwrap();
        effects.tasks
    }

    fn writing(&self) -> Input {
        let (conversation, text) = (self.conversation(), "words".to_owned());
        Input::Command {
            id: CommandId(1),
            command: Command::SendMessage { conversation, text },
        }
    }

    fn writes(&mut self) -> Vec<Task> {
        self.gives(self.writing())
    }

    /// How many epochs there are, and how many seals wait for the contact's devices.
    fn made(&self) -> (usize, usize) {
        let count = |scope| count(&self.store, scope);
        let epochs = count(EpochRecord::scope(&self.conversation()));
        let devices = self.contact.devices.iter();
        (
            epochs,
            devices.map(|device| count(PendingSeal::scope(device))).sum(),
        )
    }
}

fn engine() -> Engine {
    let origin = Origin {
        name: "Alice".into(),
        restored: false,
    };
    Engine::new(identity(1), origin, None)
}

fn put<T: Record>(batch: &mut Batch, record: &T) {
    let bytes = postcard::to_allocvec(record).unwrap();
    batch.put(record.key(), bytes, record.keep(0));
}

fn only(tasks: Vec<Task>) -> Task {
    let [task] = tasks.try_into().unwrap();
    task
}

#[test]
fn an_epoch_for_a_few_devices_is_made_at_once() {
    let mut desk = Desk::new(4);
    assert!(desk.writes().is_empty());
    assert_eq!(desk.made(), (1, 4));
}

#[test]
fn an_epoch_for_many_devices_is_made_beside_the_engine_and_once() {
    let mut desk = Desk::new(MANY);
    let task = only(desk.writes());
    assert!(desk.writes().is_empty(), "one is under way");
    assert_eq!(desk.made(), (0, 0), "nothing is announced before it is made");
    desk.gives(Input::TaskDone(task.run()));
    assert_eq!(desk.made(), (1, MANY.into()));
    assert!(desk.writes().is_empty(), "it serves");
}

#[test]
fn a_restart_before_the_task_ends_leaves_no_trace_and_the_next_word_has_another_made() {
    let mut desk = Desk::new(MANY);
    let lost = only(desk.writes());
    desk.engine = engine();
    desk.gives(Input::Started);
    assert_eq!(desk.made(), (0, 0));
    let task = only(desk.writes());
    desk.gives(Input::TaskDone(lost.run()));
    assert_eq!(desk.made(), (0, 0), "nobody waits for that one");
    desk.gives(Input::TaskDone(task.run()));
    assert_eq!(desk.made(), (1, MANY.into()));
}

#[test]
fn a_task_that_never_ends_is_followed_by_another() {
    let mut desk = Desk::new(MANY);
    let late = only(desk.writes());
    desk.now_ms += PATIENCE_MS;
    let task = only(desk.writes());
    desk.gives(Input::TaskDone(late.run()));
    assert_eq!(desk.made(), (0, 0), "too late");
    desk.gives(Input::TaskDone(task.run()));
    assert_eq!(desk.made(), (1, MANY.into()));
}

#[test]
fn who_left_while_the_seals_were_made_is_given_none_of_them() {
    let mut desk = Desk::new(MANY);
    let task = only(desk.writes());
    desk.contact.devices.pop();
    let mut batch = Batch::new();
    put(&mut batch, &desk.contact);
    desk.store.commit(&batch).unwrap();
    let again = only(desk.gives(Input::TaskDone(task.run())));
    assert_eq!(desk.made(), (0, 0));
    desk.gives(Input::TaskDone(again.run()));
    assert_eq!(desk.made(), (1, usize::from(MANY) - 1));
}

#[test]
fn a_task_goes_with_the_batch_that_could_not_be_committed() {
    let mut desk = Desk::new(MANY);
    let effects = desk.decides(desk.writing());
    assert_eq!(effects.tasks.len(), 1);
    let error = StoreError::DiskFull {
        free_bytes: 0,
        needed_bytes: 1,
    };
    let told = desk.engine.not_committed(&effects, &error, desk.now_ms);
    assert!(told.tasks.is_empty());
    assert_eq!(desk.writes().len(), 1, "the next word wants it again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_node_does_the_task_and_has_the_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let new = NewProfile {
        name: "Alice".into(),
        passphrase: "correct horse".to_owned().into(),
        words: None,
    };
    let dir = folder.path().join("alice");
    let params = VaultParams::for_tests();
    let (unlocked, _) = profile::create(&dir, &new, params, NOW_MS, &mut rng(1)).unwrap();
    let (batch, contact) = crowd(unlocked.identity.account, MANY);
    let conversation = ConversationId::direct(unlocked.identity.account, contact.account);
    unlocked.store.commit(&batch).unwrap();
    let store = std::sync::Arc::clone(&unlocked.store);
    let net = NetConfig::loopback();
    let node = Node::start(unlocked, NodeConfig { net }).await.unwrap();
    let text = "words".to_owned();
    node.call(Command::SendMessage { conversation, text })
        .await
        .unwrap();
    let made = async {
        // Each question is a turn; the result of the task is another between two of them.
        while count(store.as_ref(), EpochRecord::scope(&conversation)) == 0 {
            node.call(Command::GetNetwork {}).await.unwrap();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), made)
        .await
        .unwrap();
    assert_eq!(node.shutdown().await, Ending::Saved);
}
