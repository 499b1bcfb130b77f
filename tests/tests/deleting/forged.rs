//! Deletions of what is not one's own come to nothing, and to nobody's harm.

use kith_crypto::{Content, LogKind, SignedHeader, Stamp, Target};
use kith_node::{id::EntryId, input::Input, store::MemoryStore};
use kith_tests::{
    mallory::{HandLog, WireEntry, streamed},
    telling::NOW_MS,
    town::{Town, identity},
};

/// What Mallory, at place 1, says in its conversation with Alice, at place 0.
struct Forger {
    log: HandLog,
}

impl Forger {
    fn begins(town: &Town<'_>) -> Self {
        let log = HandLog::begins(town.conversation(0, 1), LogKind::Content);
        Self { log }
    }

    fn says(&mut self, town: &mut Town<'_>, content: &Content) -> (EntryId, WireEntry) {
        let content = content.encode().expect("content");
        let at = Stamp::new(town.now_ms, 0);
        town.now_ms += 10;
        let (id, wire) = self.log.writes(content, at, &identity(1).device);
        shows(town, &wire);
        town.people[0].wishes.clear();
        (id, wire)
    }

    fn deletes(&mut self, town: &mut Town<'_>, targets: Vec<Target>) -> EntryId {
        self.says(town, &Content::Delete { targets }).0
    }
}

/// Mallory streams an entry to Alice.
fn shows(town: &mut Town<'_>, entry: &WireEntry) {
    let (conversation, from) = (town.conversation(0, 1), town.people[1].device);
    let news = streamed(from, conversation, vec![entry.clone()]);
    let now_ms = town.now_ms;
    town.people[0].input(Input::Net(news), now_ms);
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
    let mut mallory = Forger::begins(&town);
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
    let mut mallory = Forger::begins(&town);
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
    shows(&mut town, &wire);
    assert_eq!(town.times(0, 1, "second"), 0);
    assert!(!stores[0].holds_bytes(b"second"));
    // It is passed on still: its words are there.
    let header = SignedHeader::open(&wire.header).expect("a header");
    assert!(stores[0].holds_bytes(header.id().as_bytes()));
}
