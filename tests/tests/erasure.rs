//! The proof of erasing: somebody has the data key and every byte of the profile folder, as it is in the end, and can read no
//! deleted or expired message and derive no key of a message that was exchanged before.
//!
//! The same eyes look before and after. Before, they see all of it; after, they still see what nobody erased.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::path::Path;

use kith_crypto::{
    Body, Content, ConversationId, DataKey, Header, Identity, LogId, LogKind, Stamp, VaultFile, VaultParams,
};
use kith_node::{
    Command,
    forensics::{self, ChainPlace, Loot, Thief},
    input::Input,
    profile::{self, NewProfile, Unlocked},
    store::{Key, MemoryStore, Read, SledStore},
    view::{BodyView, DeleteFor},
};
use kith_tests::{
    deletions::FINAL_MS,
    mallory,
    pair::{Hand, Pair, Side},
    telling::{self, NOW_MS, bob, identity},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const PASSPHRASE: &str = "correct horse battery staple";
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// So many messages each of the two writes.
const MESSAGES: u64 = 60;
/// Of Alice's messages this one is erased …
const DELETED: u64 = 7;
/// … this one too, as a person does it …
const WISHED: u64 = 20;
/// … and of Bob's the one after all others expires.
const EXPIRING: u64 = MESSAGES + 1;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([5; 32])
}

fn log_of(person: &Identity) -> LogId {
    LogId {
        author: person.device.id(),
        kind: LogKind::Content,
    }
}

/// Bob signs a message that expires, and it reaches Alice.
fn expiring_message(pair: &mut Pair<'_>, store: &SledStore, now_ms: u64) {
    let (conversation, bob) = (pair.conversation(), identity(2, 2));
    let before = store.get(&forensics::entry_at(&conversation, &log_of(&bob), EXPIRING - 1));
    let (before, _) = forensics::entry_in(&before.unwrap().unwrap()).unwrap();
    let text = Content::Text {
        text: "this expires".into(),
    };
    let body = Body::new(text.encode().unwrap(), &mut rng());
    let header = Header {
        version: Header::VERSION,
        conversation,
        author: bob.device.id(),
        log: LogKind::Content,
        seq: EXPIRING,
        prev: Some(before.id()),
        deps: Vec::new(),
        at: Stamp::new(now_ms, 0),
        expires_at_ms: Some(now_ms + HOUR_MS),
        body: body.commit(),
    };
    let (_, entry) = mallory::sign(header, &body, &bob.device);
    let news = mallory::streamed(bob.device.id(), conversation, vec![entry]);
    pair.alice.input(Input::Net(news), now_ms);
}

/// The two talk for a while. Gives their conversation.
fn talk(alice: &Unlocked) -> ConversationId {
    let others = MemoryStore::new();
    let side = Side::new(alice.identity.clone(), "Alice", alice.store.as_ref(), 1, NOW_MS);
    let mut pair = Pair::befriended(side, bob(&others, NOW_MS), NOW_MS);
    let conversation = pair.conversation();
    for number in 1..=MESSAGES {
        let now_ms = NOW_MS + number * 1_000;
        pair.alice
            .sends(conversation, format!("alice says {number}"), now_ms);
        pair.bob.sends(conversation, format!("bob says {number}"), now_ms);
        pair.settle(Hand::All, now_ms);
    }
    expiring_message(&mut pair, &alice.store, NOW_MS + (MESSAGES + 1) * 1_000);
    conversation
}

/// Where the messages of the story lie.
struct Places {
    deleted: Key,
    wished: Key,
    beside: Key,
    expiring: Key,
    of_bob: Key,
    chains: Vec<ChainPlace>,
}

impl Places {
    fn all(&self) -> [(&Key, &'static str); 5] {
        [
            (&self.deleted, "alice says 7"),
            (&self.wished, "alice says 20"),
            (&self.beside, "alice says 8"),
            (&self.expiring, "this expires"),
            (&self.of_bob, "bob says 7"),
        ]
    }
}

/// How often a text can be read among the versions of its record, and how many versions are closed.
fn readable(thief: &Thief, (key, text): (&Key, &str)) -> (usize, usize) {
    let versions = thief.versions(key);
    let says = |loot: &Loot| match loot {
        Loot::Open(value) => {
            let (_, body) = forensics::entry_in(value).expect("an entry");
            body.is_some_and(|body| {
                let body = Body::decode(&body).expect("a body");
                body.content
                    .windows(text.len())
                    .any(|part| part == text.as_bytes())
            })
        }
        _ => false,
    };
    let closed = versions.iter().filter(|loot| **loot == Loot::Closed).count();
    (versions.iter().filter(|loot| says(loot)).count(), closed)
}

/// The lowest index from which each chain can be continued with what lies in the files.
fn lowest_indices(thief: &Thief, chains: &[ChainPlace]) -> Vec<u32> {
    let lowest = |place: &ChainPlace| {
        let versions = thief.versions(&place.key).into_iter();
        let index = |loot| match loot {
            Loot::Open(value) => place.next_index(&value),
            _ => None,
        };
        versions.filter_map(index).min().expect("the chain as it is now")
    };
    chains.iter().map(lowest).collect()
}

/// Where each chain stands.
fn indices(store: &SledStore, chains: &[ChainPlace]) -> Vec<u32> {
    let index = |place: &ChainPlace| place.next_index(&store.get(&place.key).unwrap().unwrap());
    chains.iter().map(|place| index(place).unwrap()).collect()
}

/// Alice's new profile.
fn created(dir: &Path) -> Unlocked {
    let new = NewProfile {
        name: "Alice".into(),
        passphrase: PASSPHRASE.to_owned().into(),
        words: None,
    };
    let (alice, _) = profile::create(dir, &new, VaultParams::for_tests(), NOW_MS, &mut rng()).unwrap();
    alice
}

fn places_of(alice: &Unlocked, conversation: &ConversationId) -> Places {
    let (ours, theirs) = (log_of(&alice.identity), log_of(&identity(2, 2)));
    let at = |log, seq| forensics::entry_at(conversation, &log, seq);
    Places {
        deleted: at(ours, DELETED),
        wished: at(ours, WISHED),
        beside: at(ours, DELETED + 1),
        expiring: at(theirs, EXPIRING),
        of_bob: at(theirs, DELETED),
        chains: forensics::chains(alice.store.as_ref(), conversation).unwrap(),
    }
}

/// Alice deletes a message for herself, and does not undo it.
fn wishes_away(alice: &mut Side<'_>, conversation: ConversationId) {
    let now_ms = NOW_MS + 100_000;
    let text = format!("alice says {WISHED}");
    let rows = telling::rows(alice, conversation, now_ms);
    let row = rows
        .iter()
        .find(|row| row.body == BodyView::Text { text: text.clone() });
    let delete = Command::DeleteMessages {
        conversation,
        positions: vec![row.expect("the message is there").position],
        scope: DeleteFor::Me,
    };
    alice.does(delete, now_ms);
    alice.input(Input::Timer, now_ms + FINAL_MS);
}

/// A person deletes a message, another is erased beside it, and two days later the app is opened again.
fn erases(dir: &Path, conversation: &ConversationId) -> Unlocked {
    let alice = profile::unlock(dir, PASSPHRASE, &mut rng()).unwrap();
    let (me, store) = (&alice.identity, alice.store.as_ref());
    wishes_away(
        &mut Side::new(me.clone(), "Alice", store, 1, NOW_MS + 100_000),
        *conversation,
    );
    let deleted = [(log_of(me), DELETED)];
    forensics::erase(store, (me, NOW_MS + 120_000), conversation, &deleted, &mut rng()).unwrap();
    Side::new(me.clone(), "Alice", store, 1, NOW_MS + 2 * DAY_MS);
    alice
}

#[test]
fn who_has_the_data_key_and_every_byte_reads_nothing_that_was_erased() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("alice");
    let alice = created(&dir);
    let conversation = talk(&alice);
    let places = places_of(&alice, &conversation);
    let used = indices(&alice.store, &places.chains);
    assert!(
        used.iter().any(|used| u64::from(*used) >= MESSAGES),
        "they talked under these chains"
    );
    drop(alice);

    let vault = std::fs::read(dir.join("vault")).unwrap();
    let key: DataKey = VaultFile::open(&vault, PASSPHRASE).unwrap();
    let before = Thief::new(&dir, &key).unwrap();
    for place in places.all() {
        assert!(readable(&before, place).0 > 0, "before, “{}” is read", place.1);
    }
    let lowest = lowest_indices(&before, &places.chains);
    let is_lower = lowest.iter().zip(&used).any(|(lowest, used)| lowest < used);
    assert!(is_lower, "before, keys that were used are derived");

    let alice = erases(&dir, &conversation);
    assert_eq!(
        indices(&alice.store, &places.chains),
        used,
        "nothing was said meanwhile"
    );
    drop(alice);

    let after = Thief::new(&dir, &key).unwrap();
    for (place, stays) in places.all().into_iter().zip([false, false, true, false, true]) {
        let (open, closed) = readable(&after, place);
        println!("“{}”: {open} versions can be read, {closed} cannot", place.1);
        assert_eq!(open > 0, stays, "“{}”", place.1);
        assert!(
            stays || closed > 0,
            "its old bytes still lie there, and say nothing"
        );
    }
    assert_eq!(
        lowest_indices(&after, &places.chains),
        used,
        "no key that was used is derived"
    );
    println!("{} bytes were looked at", after.bytes());
}
