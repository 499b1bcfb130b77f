//! One old copy of somebody's folder is put back again and again. From the second time on, the contact holds the copy's
//! device as removed: the refusal of its link tells the copy what it is, and what was written into it arrives after all,
//! once. No other list than the account's own newer one tells a device anything.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_crypto::{AccountKey, DeviceId, DeviceList, LinkRefusal, ListedDevice, Signed};
use kith_node::{
    id::ConversationId,
    input::{Input, NetEvent},
    store::MemoryStore,
    view::DeliveryState,
};
use kith_tests::{
    pair::{Hand, Pair, Side},
    telling::{NOW_MS, alice, bob, identity, is_accused, pass, profile, said, texts},
};

/// The reason of a refusal that tells a device that it was left out.
const LEFT_OUT: u8 = 6;

/// Alice and Bob, who wrote to each other before and after her folder was copied.
struct Story {
    /// The folder as it was copied.
    copy: MemoryStore,
    b: MemoryStore,
    conversation: ConversationId,
    /// What both have to see, in this order.
    expected: Vec<String>,
    now_ms: u64,
}

impl Story {
    /// Three words, the copy, and two words more.
    fn begins() -> Self {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let mut pair = Pair::befriended(alice(&a, 1, NOW_MS), bob(&b, NOW_MS), NOW_MS);
        let conversation = pair.conversation();
        let (mut copy, mut expected, mut now_ms) = (a.copied(), Vec::new(), NOW_MS);
        for number in 1..=5 {
            now_ms += 1_000;
            let text = format!("true {number}");
            pair.alice.sends(conversation, text.clone(), now_ms);
            expected.push(text);
            pair.settle(Hand::All, now_ms);
            pass(&mut pair, &mut now_ms, 4);
            if number == 3 {
                copy = a.copied();
            }
        }
        drop(pair);
        Self {
            copy,
            b,
            conversation,
            expected,
            now_ms: now_ms + 600_000,
        }
    }

    /// Alice writes into a folder without a link.
    fn writes(&mut self, store: &MemoryStore, words: &[&str]) {
        let mut alice = alice(store, 1, self.now_ms);
        for word in words {
            self.now_ms += 10;
            alice.sends(self.conversation, (*word).to_owned(), self.now_ms);
            self.expected.push((*word).to_owned());
        }
    }

    /// The copy meets Bob, who has not heard of another device: what he holds shows it what it is.
    fn is_found_out(&mut self, store: &MemoryStore) {
        let mut pair = Pair::met_before(alice(store, 1, self.now_ms), bob(&self.b, self.now_ms));
        assert_eq!(pair.dials(self.now_ms), None);
        pass(&mut pair, &mut self.now_ms, 16);
        assert!(profile(&mut pair.alice, self.now_ms).outdated, "it has found out");
        self.now_ms += 1_000;
    }

    /// The copy is refused by Bob, and told why.
    fn is_refused(&mut self, store: &MemoryStore) {
        let mut pair = Pair::met_before(alice(store, 1, self.now_ms), bob(&self.b, self.now_ms));
        assert!(!profile(&mut pair.alice, self.now_ms).outdated);
        let refusal = pair
            .dials(self.now_ms)
            .expect("a device that was left out is refused");
        assert_eq!(refusal.reason, LEFT_OUT);
        assert!(profile(&mut pair.alice, self.now_ms).outdated, "it has found out");
        for (text, state) in said(&mut pair.alice, self.conversation, self.now_ms) {
            let is_held = texts(&mut pair.bob, self.conversation, self.now_ms).contains(&text);
            assert!(
                is_held || state < Some(DeliveryState::Delivered),
                "“{text}”: {state:?}"
            );
        }
        self.now_ms += 1_000;
    }

    /// Alice's installation starts as this device and meets Bob; after so many steps of that, if it is said, her power
    /// goes. In the end both see everything once, and every tick is true.
    fn goes_on(&mut self, store: &MemoryStore, device: u8, crash_after: Option<usize>) {
        let (mut now_ms, mut expected) = (self.now_ms, self.expected.clone());
        let mut pair = self.meets(store, device, now_ms);
        if let Some(steps) = crash_after {
            for _ in 0..steps {
                hands_one(&mut pair, now_ms);
            }
            drop(pair);
            now_ms += 1_000;
            pair = self.meets(store, device, now_ms);
        }
        pass(&mut pair, &mut now_ms, 40);
        for side in [&mut pair.alice, &mut pair.bob] {
            assert_eq!(texts(side, self.conversation, now_ms), expected);
            assert!(!is_accused(side, self.conversation, now_ms));
        }
        for (text, state) in said(&mut pair.alice, self.conversation, now_ms) {
            assert!(state >= Some(DeliveryState::Delivered), "“{text}”: {state:?}");
        }
        let text = format!("from device {device} at {now_ms}");
        pair.alice.sends(self.conversation, text.clone(), now_ms);
        expected.push(text);
        pass(&mut pair, &mut now_ms, 8);
        assert_eq!(texts(&mut pair.bob, self.conversation, now_ms), expected);
        drop(pair);
        (self.now_ms, self.expected) = (now_ms + 1_000, expected);
    }

    /// Alice's installation has started as this device, nothing that she wrote has vanished, and Bob takes its link.
    fn meets<'s>(&'s self, store: &'s MemoryStore, device: u8, now_ms: u64) -> Pair<'s> {
        let mut pair = Pair::met_before(alice(store, device, now_ms), bob(&self.b, now_ms));
        assert!(!profile(&mut pair.alice, now_ms).outdated);
        let seen = texts(&mut pair.alice, self.conversation, now_ms);
        for word in &seen {
            let times = seen.iter().filter(|known| *known == word).count();
            assert_eq!(times, 1, "“{word}” in {seen:?}");
        }
        assert_eq!(pair.dials(now_ms), None);
        pair
    }
}

/// The devices that a list names as live, by their numbers here.
fn live(list: &[u8]) -> Vec<u8> {
    let list = Signed::<DeviceList>::open(list).expect("a list");
    let numbers = (1..=9).filter(|number| list.value().lists(&identity(1, *number).device.id()));
    numbers.collect()
}

fn hands_one(pair: &mut Pair<'_>, now_ms: u64) {
    if let Some(wish) = pair.alice.wishes.pop_front() {
        if let Some(news) = pair.arrives(wish, pair.alice.device) {
            pair.bob.input(Input::Net(news), now_ms);
        }
    } else if let Some(wish) = pair.bob.wishes.pop_front()
        && let Some(news) = pair.arrives(wish, pair.bob.device)
    {
        pair.alice.input(Input::Net(news), now_ms);
    }
}

/// The copy was put back a first time, found out by what Bob holds, and went on as device 3.
fn put_back_once() -> Story {
    let mut story = Story::begins();
    let first = story.copy.copied();
    story.writes(&first, &["first 1", "first 2", "first 3"]);
    story.is_found_out(&first);
    story.goes_on(&first, 3, None);
    story
}

#[test]
fn a_copy_that_is_put_back_twice_finds_out_from_the_refusal_and_says_what_it_had_to_say() {
    let mut story = put_back_once();
    let second = story.copy.copied();
    story.writes(&second, &["second 1", "second 2"]);
    story.is_refused(&second);
    story.goes_on(&second, 5, None);
    let side = alice(&second, 5, story.now_ms);
    assert_eq!(
        live(side.device_list()),
        [3, 5],
        "nobody knows that device 3 is gone"
    );
}

#[test]
fn a_copy_that_is_put_back_three_times_does_so_each_time() {
    let mut story = put_back_once();
    for (number, device) in [("second", 5), ("third", 7)] {
        let store = story.copy.copied();
        let words: Vec<String> = (1..=4).map(|word| format!("{number} {word}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        story.writes(&store, &words);
        story.is_refused(&store);
        story.goes_on(&store, device, None);
        let side = alice(&store, device, story.now_ms);
        assert_eq!(live(side.device_list()).last(), Some(&device));
        assert!(!live(side.device_list()).contains(&1));
    }
}

#[test]
fn a_copy_into_which_nothing_was_written_finds_out_as_well() {
    let mut story = put_back_once();
    let second = story.copy.copied();
    story.is_refused(&second);
    story.goes_on(&second, 5, None);
}

#[test]
fn a_crash_at_any_step_after_a_refusal_says_nothing_twice() {
    for steps in 0..60 {
        let mut story = put_back_once();
        let second = story.copy.copied();
        story.writes(&second, &["second 1", "second 2", "second 3", "second 4"]);
        story.is_refused(&second);
        story.goes_on(&second, 5, Some(steps));
    }
}

#[test]
fn what_the_copy_held_and_nobody_had_is_not_said_again_by_each_device_that_it_becomes() {
    let mut story = Story::begins();
    // A rescued disk, say: this folder is up to date, has words that nobody has, and becomes another device.
    let first = story.copy.copied();
    story.is_found_out(&first);
    story.goes_on(&first, 3, None);
    let text = "nobody has this";
    story.now_ms += 60_000;
    let mut side = alice(&first, 3, story.now_ms);
    side.sends(story.conversation, text.into(), story.now_ms);
    story.expected.push(text.into());
    drop(side);
    let copy = first.copied();
    story.goes_on(&first, 5, None);
    // Its copy has the same words, and Bob has them by now from device 5.
    let mut pair = Pair::met_before(alice(&copy, 3, story.now_ms), bob(&story.b, story.now_ms));
    assert_eq!(
        pair.dials(story.now_ms).map(|refusal| refusal.reason),
        Some(LEFT_OUT)
    );
    assert!(profile(&mut pair.alice, story.now_ms).outdated);
    drop(pair);
    story.now_ms += 1_000;
    for crash_after in [Some(3), Some(9), None] {
        story.goes_on(&copy, 7, crash_after);
    }
}

/// Alice, and what Bob might answer when she dials.
fn is_outdated_by(list: Option<Vec<u8>>, reason: u8, side: &mut Side<'_>, from: DeviceId) -> bool {
    let refusal = LinkRefusal {
        reason,
        device_list: list,
    };
    let refused = NetEvent::LinkRefused {
        device: from,
        refusal,
    };
    side.input(Input::Net(refused), NOW_MS);
    profile(side, NOW_MS).outdated
}

#[test]
fn no_list_but_a_newer_one_of_the_own_account_without_the_device_proves_anything() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let pair = Pair::befriended(alice(&a, 1, NOW_MS), bob(&b, NOW_MS), NOW_MS);
    let (mut side, bob) = (pair.alice, pair.bob.device);
    let key = identity(1, 1).account_key.expect("her key");
    let signed = |key: &AccountKey, number: u64, devices: &[u8]| {
        let listed = devices.iter().map(|device| ListedDevice {
            device: identity(1, *device).device.id(),
            may_enrol: true,
        });
        let list = DeviceList {
            devices: listed.collect(),
            ..DeviceList::first(key.id(), identity(1, 3).device.id(), number)
        };
        Signed::seal(list, key).expect("a list").encode()
    };
    let mallory = identity(9, 9).account_key.expect("a key");
    let proof = signed(&key, NOW_MS + 1, &[3]);
    let mut forged = proof.clone();
    forged[0] ^= 1;
    let mut in_her_name = signed(&mallory, NOW_MS + 1, &[3]);
    in_her_name[65..97].copy_from_slice(key.id().as_bytes());
    let nothing = [
        ("no list", None),
        ("no bytes", Some(Vec::new())),
        ("an old list", Some(signed(&key, NOW_MS - 1, &[3]))),
        ("her own list", Some(side.device_list().to_vec())),
        ("another under its number", Some(signed(&key, NOW_MS, &[3]))),
        (
            "one that still names her",
            Some(signed(&key, NOW_MS + 1, &[3, 1])),
        ),
        ("somebody else's", Some(signed(&mallory, u64::MAX, &[3]))),
        ("one in her name", Some(in_her_name)),
        ("one with a bit turned", Some(forged)),
        ("one with an end", Some([proof.as_slice(), &[0]].concat())),
        ("a huge one", Some(vec![0xff; 64 + 128 * 1024])),
    ];
    for (what, list) in nothing {
        assert!(!is_outdated_by(list, LEFT_OUT, &mut side, bob), "{what}");
    }
    for reason in (0..=u8::MAX).filter(|reason| *reason != LEFT_OUT) {
        assert!(!is_outdated_by(Some(proof.clone()), reason, &mut side, bob));
    }
    assert!(is_outdated_by(Some(proof), LEFT_OUT, &mut side, bob));
    // What it became goes on above what it was shown, and leaves the others alone.
    drop(side);
    let side = alice(&a, 5, 1_000);
    let list = Signed::<DeviceList>::open(side.device_list()).expect("a list");
    assert_eq!(
        (list.value().number, live(side.device_list())),
        (NOW_MS + 2, vec![3, 5])
    );
}
