//! Deletions of what is not one's own come to nothing, and to nobody's harm.

use kith_crypto::{AccountKey, Body, Content, DeviceKey, Header, LogKind, SignedHeader, Stamp, Target};
use kith_node::{
    id::EntryId,
    input::{Input, Lane, NetEvent},
    store::MemoryStore,
};
use kith_tests::{
    mallory::{Frame, WireEntry, sign},
    telling::NOW_MS,
    town::Town,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// The key of the device at a place of the town.
fn device(place: u8) -> DeviceKey {
    let mut rng = ChaCha20Rng::from_seed([place + 1; 32]);
    AccountKey::generate(&mut rng);
    DeviceKey::generate(&mut rng)
}

/// What Mallory, at place 1, says in its conversation with Alice, at place 0.
struct Forger {
    head: Option<EntryId>,
    seq: u64,
}

impl Forger {
    fn says(&mut self, town: &mut Town<'_>, content: &Content) -> (EntryId, WireEntry) {
        let body = Body::new(
            content.encode().expect("content"),
            &mut ChaCha20Rng::from_seed([self.seq as u8; 32]),
        );
        self.seq += 1;
        let header = Header {
            version: Header::VERSION,
            conversation: town.conversation(0, 1),
            author: town.people[1].device,
            log: LogKind::Content,
            seq: self.seq,
            prev: self.head,
            deps: Vec::new(),
            at: Stamp::new(town.now_ms, 0),
            expires_at_ms: None,
            body: body.commit(),
        };
        town.now_ms += 10;
        let (id, wire) = sign(header, &body, &device(1));
        self.head = Some(id);
        let frame = Frame::Entries {
            conversation: town.conversation(0, 1),
            batch: 1,
            entries: vec![wire.clone()],
        };
        let news = NetEvent::Frame {
            device: town.people[1].device,
            lane: Lane::Sync,
            frame: postcard::to_allocvec(&frame).expect("a frame"),
        };
        let now_ms = town.now_ms;
        town.people[0].input(Input::Net(news), now_ms);
        town.people[0].wishes.clear();
        (id, wire)
    }

    fn deletes(&mut self, town: &mut Town<'_>, targets: Vec<Target>) -> EntryId {
        self.says(town, &Content::Delete { targets }).0
    }
}

fn text(text: &str) -> Content {
    Content::Text { text: text.into() }
}

fn town(stores: &[MemoryStore; 3]) -> Town<'_> {
    let mut town = Town::new(stores, NOW_MS);
    town.befriends(0, 1);
    town.befriends(0, 2);
    town.passes(1_000);
    town
}

#[test]
fn somebody_elses_words_stay_whoever_asks() {
    let stores = [MemoryStore::new(), MemoryStore::new(), MemoryStore::new()];
    let mut town = town(&stores);
    town.sends(0, 1, "hers to Mallory");
    town.sends(0, 2, "hers to Carol");
    town.sends(2, 0, "of Carol");
    let mut mallory = Forger { head: None, seq: 0 };
    let theirs = [
        (0, 1, "hers to Mallory"),
        (0, 2, "hers to Carol"),
        (2, 0, "of Carol"),
    ];
    for (from, to, words) in theirs {
        let page = town.page(0, if from == 0 { to } else { from });
        let row = page.iter().find(|row| kith_tests::world::says(row, words));
        let target = Target {
            author: town.people[from].device,
            seq: 1,
            id: row.expect("it is there").id,
        };
        mallory.deletes(&mut town, vec![target]);
    }
    assert_eq!(town.times(0, 1, "hers to Mallory"), 1);
    assert_eq!(town.times(0, 2, "hers to Carol"), 1);
    assert_eq!(town.times(0, 2, "of Carol"), 1);
    assert_eq!(town.page(0, 1).len(), 2, "a deletion has no row");
    // Not later either, when what was named before it was written comes.
    town.sends(0, 1, "later");
    assert_eq!(town.times(0, 1, "later"), 1);
}

#[test]
fn a_deletion_names_exactly_one_entry_and_deletes_no_deletion() {
    let stores = [MemoryStore::new(), MemoryStore::new(), MemoryStore::new()];
    let mut town = town(&stores);
    let mut mallory = Forger { head: None, seq: 0 };
    let author = town.people[1].device;
    let (first, _) = mallory.says(&mut town, &text("first"));
    let (second, wire) = mallory.says(&mut town, &text("second"));
    let target = |seq, id| Target { author, seq, id };
    // Another entry's number, and a number that nothing stands under.
    mallory.deletes(&mut town, vec![target(1, second), target(99, first)]);
    assert_eq!(town.times(0, 1, "first") + town.times(0, 1, "second"), 2);
    let deletion = mallory.deletes(&mut town, vec![target(2, second)]);
    assert_eq!(town.times(0, 1, "second"), 0);
    // The deletion cannot be taken back by another, and words that come once more are not taken.
    mallory.deletes(&mut town, vec![target(4, deletion)]);
    let frame = Frame::Entries {
        conversation: town.conversation(0, 1),
        batch: 9,
        entries: vec![wire.clone()],
    };
    let news = NetEvent::Frame {
        device: author,
        lane: Lane::Sync,
        frame: postcard::to_allocvec(&frame).expect("a frame"),
    };
    let now_ms = town.now_ms;
    town.people[0].input(Input::Net(news), now_ms);
    assert_eq!(town.times(0, 1, "second"), 0);
    assert!(!stores[0].holds_bytes(b"second"));
    // It is passed on still: its words are there.
    let header = SignedHeader::open(&wire.header).expect("a header");
    assert!(stores[0].holds_bytes(header.id().as_bytes()));
}
