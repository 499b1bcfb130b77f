//! Somebody who writes under one device after the other.

use kith_crypto::{
    Body, Content, ConversationId, DeviceKey, DeviceList, Header, ListedDevice, LogKind, Signed,
    SignedHeader, Stamp,
};
use kith_node::{
    input::{Input, Lane, NetEvent},
    view::DeliveryState,
};
use kith_tests::town::{Town, identity};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{NOW_MS, group_of, load::tells, stores};

/// The number of the frame.
const ENTRIES: u8 = 3;
/// How many devices one list names beside the true one.
const IN_ONE_LIST: usize = 31;
/// The most entries in one frame.
const BATCH: usize = 128;
/// How many devices each of three members may write with.
const SHARE: usize = 256 / 3;

/// So many devices of somebody, and the lists that name them, a few at a time.
fn devices_of(place: usize, count: usize) -> (Vec<DeviceKey>, Vec<Vec<u8>>) {
    let owner = identity(place);
    let mut rng = ChaCha20Rng::from_seed([66; 32]);
    let keys: Vec<DeviceKey> = (0..count).map(|_| DeviceKey::generate(&mut rng)).collect();
    let lists = (2 * NOW_MS..)
        .zip(keys.chunks(IN_ONE_LIST))
        .map(|(number, keys)| {
            let mut list = DeviceList::first(owner.account, owner.device.id(), number);
            list.devices.extend(keys.iter().map(|key| ListedDevice {
                device: key.id(),
                may_enrol: false,
            }));
            Signed::seal(list, owner.account_key.as_ref().unwrap())
                .unwrap()
                .encode()
        });
    let lists = lists.collect();
    (keys, lists)
}

/// A word of a device in a group.
fn word(group: ConversationId, key: &DeviceKey) -> (Vec<u8>, Option<Vec<u8>>) {
    let text = "one of many".to_owned();
    let content = Content::Text { text }.encode().unwrap();
    let body = Body::new(content, &mut ChaCha20Rng::from_seed([67; 32]));
    let header = Header {
        version: Header::VERSION,
        conversation: group,
        author: key.id(),
        log: LogKind::Content,
        seq: 1,
        prev: None,
        deps: Vec::new(),
        at: Stamp::new(NOW_MS, 0),
        expires_at_ms: None,
        body: body.commit(),
    };
    let signed = SignedHeader::sign(header, key).unwrap();
    (signed.bytes().to_vec(), Some(body.encode().unwrap()))
}

/// Somebody hands over a word of each device, by hand.
fn hands_over(town: &mut Town<'_>, (from, to): (usize, usize), group: ConversationId, keys: &[DeviceKey]) {
    for (batch, keys) in (1_000_u32..).zip(keys.chunks(BATCH)) {
        let entries: Vec<_> = keys.iter().map(|key| word(group, key)).collect();
        let mut frame = vec![ENTRIES];
        frame.extend(postcard::to_allocvec(&(group, batch, entries)).unwrap());
        let (device, lane, now_ms) = (town.people[from].device, Lane::Sync, town.now_ms);
        town.people[to].input(Input::Net(NetEvent::Frame { device, lane, frame }), now_ms);
        town.settle();
    }
}

/// Everybody but the third is told whose these devices are.
fn are_told(town: &mut Town<'_>, lists: &[Vec<u8>]) {
    let account = town.people[2].account;
    for lists in lists.chunks(4) {
        for (from, to) in [(0, 1), (1, 0)] {
            let card = (account, String::new(), lists.to_vec(), Vec::new());
            tells(town, from, to, &[card]);
        }
    }
    town.settle();
}

#[test]
fn whoever_writes_under_ever_more_devices_crowds_out_nobody() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let (keys, lists) = devices_of(2, 300);
    are_told(&mut town, &lists);
    hands_over(&mut town, (2, 1), group, &keys);
    let words = town.words_of(1, group);
    // The true device has a log, too.
    assert!(
        words.len() <= SHARE && words.len() >= SHARE - 1,
        "{}",
        words.len()
    );
    town.says_in(0, group, "unharmed");
    town.passes(2_000);
    let other = town.people[1].device;
    let ledger = town.ledger_in(0, group, "unharmed");
    let there = ledger.devices.iter().find(|device| device.device == other);
    assert_eq!(there.map(|there| there.state), Some(DeliveryState::Delivered));
}

#[test]
fn what_two_took_of_too_many_is_not_handed_to_and_fro() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let (keys, lists) = devices_of(2, 240);
    are_told(&mut town, &lists);
    town.unlink(0, 1);
    hands_over(&mut town, (2, 0), group, &keys[..120]);
    hands_over(&mut town, (2, 1), group, &keys[120..]);
    town.leaves(2);
    town.link(0, 1);
    town.passes(120_000);
    let handed_over = |town: &Town<'_>| {
        let heard = town.heard.iter();
        let entries = heard.filter(|(_, to, frame)| *to != 2 && frame[0] == ENTRIES);
        entries.count()
    };
    let before = handed_over(&town);
    town.passes(600_000);
    assert_eq!(handed_over(&town), before);
    town.says_in(0, group, "unharmed");
    town.passes(2_000);
    let words = town.words_of(1, group);
    assert!(words.iter().any(|word| word == "unharmed"));
}
