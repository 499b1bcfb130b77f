//! What a member can make others keep and say by telling of other members.

use std::collections::BTreeSet;

use kith_crypto::{
    AccountId, ConversationId, DeviceId, DeviceList, ListedDevice, LogEnd, LogKind, Revoked, Signed,
};
use kith_node::input::{Input, Lane, NetEvent};
use kith_tests::town::{Town, identity};

use super::{NOW_MS, group_of, stores};

/// Account, name, lists, devices, as they travel.
pub(super) type Card = (
    AccountId,
    String,
    Vec<Vec<u8>>,
    Vec<(DeviceId, Vec<u8>, Vec<String>)>,
);

/// The number of the frame.
const MEMBERS: u8 = 15;
/// The most devices that one list names.
const DEVICES: u32 = 32;

/// A device that nobody has.
fn invented(number: u64, place: u32) -> DeviceId {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8..12].copy_from_slice(&place.to_be_bytes());
    DeviceId::from_bytes(bytes)
}

/// A list of somebody in a town, who signs it: their true device, and so many that nobody has.
fn list_of(place: usize, number: u64, invented_devices: u32) -> Vec<u8> {
    let owner = identity(place);
    let mut list = DeviceList::first(owner.account, owner.device.id(), number);
    list.devices
        .extend((0..invented_devices).map(|place| ListedDevice {
            device: invented(number, place),
            may_enrol: false,
        }));
    let signed = Signed::seal(list, owner.account_key.as_ref().unwrap());
    signed.unwrap().encode()
}

fn card_of(place: usize, lists: Vec<Vec<u8>>) -> Card {
    (identity(place).account, String::new(), lists, Vec::new())
}

/// Somebody tells of members, by hand.
pub(super) fn tells(town: &mut Town<'_>, from: usize, to: usize, cards: &[Card]) {
    let mut frame = vec![MEMBERS];
    frame.extend(postcard::to_allocvec(cards).unwrap());
    let (device, lane, now_ms) = (town.people[from].device, Lane::Control, town.now_ms);
    town.people[to].input(Input::Net(NetEvent::Frame { device, lane, frame }), now_ms);
}

#[test]
fn lists_of_a_fellow_that_grow_ever_newer_are_kept_up_to_a_bound() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let before = stores[1].len();
    for frame in 0..20 {
        let newer = |step| list_of(2, 2 * NOW_MS + 4 * frame + step, DEVICES - 1);
        tells(&mut town, 0, 1, &[card_of(2, (0..4).map(newer).collect())]);
    }
    // At most 64 lists, and what is known of each device that they name.
    let kept = stores[1].len() - before;
    assert!((1_000..=64 * 32 + 100).contains(&kept), "{kept} of 2,560");
    town.settle();
    town.says_in(0, group, "unharmed");
    town.passes(1_000);
    assert_eq!(town.agree(&[0, 1], group), ["unharmed"]);
}

#[test]
fn nothing_is_taken_of_a_frame_that_tells_of_a_member_twice() {
    let stores = stores(3);
    let (mut town, _) = group_of(&stores);
    let before = stores[1].len();
    let one = card_of(2, vec![list_of(2, 2 * NOW_MS, 3)]);
    let other = card_of(2, vec![list_of(2, 2 * NOW_MS + 1, 3)]);
    tells(&mut town, 0, 1, &[one.clone(), other]);
    assert_eq!(stores[1].len(), before);
    tells(&mut town, 0, 1, &[one]);
    assert!(stores[1].len() > before, "alone it is taken");
}

#[test]
fn what_one_frame_tells_of_several_members_is_passed_on_at_once() {
    let stores = stores(5);
    let (mut town, _) = group_of(&stores);
    let before = town.heard.len();
    let newer = |place| card_of(place, vec![list_of(place, 2 * NOW_MS, 1)]);
    tells(&mut town, 0, 1, &[newer(3), newer(4)]);
    town.settle();
    let passed_on = town.heard[before..]
        .iter()
        .filter(|(from, to, frame)| (*from, *to, frame[0]) == (1, 2, MEMBERS));
    assert_eq!(passed_on.count(), 1);
}

/// All whom somebody dials from `since` on are not there; gives whom that was.
fn fails_to_dial(town: &mut Town<'_>, who: usize, since: usize) -> Vec<DeviceId> {
    let dialled = town.dialled[since..].iter().filter(|(from, ..)| *from == who);
    let dialled: Vec<DeviceId> = dialled.map(|(_, device, _)| *device).collect();
    for device in &dialled {
        let reason = "nobody answers".to_owned();
        let failed = NetEvent::DialFailed {
            device: *device,
            reason,
        };
        town.people[who].input(Input::Net(failed), town.now_ms);
    }
    dialled
}

#[test]
fn contacts_are_dialled_as_ever_however_many_devices_a_group_brings() {
    let stores = stores(8);
    let (mut town, _) = group_of(&stores);
    let fellows = 2..8;
    for place in fellows.clone() {
        let number = 2 * NOW_MS + u64::try_from(place).unwrap();
        let list = list_of(place, number, DEVICES - 1);
        tells(&mut town, 0, 1, &[card_of(place, vec![list])]);
    }
    for place in fellows.chain([0]) {
        town.leaves(place);
    }
    let (contact, mut since) = (town.people[0].device, town.dialled.len());
    let (mut of_contact, mut of_fellows) = (0, BTreeSet::new());
    for _ in 0..600 {
        town.passes(1_000);
        let dialled = fails_to_dial(&mut town, 1, since);
        since = town.dialled.len();
        of_contact += dialled.iter().filter(|device| **device == contact).count();
        of_fellows.extend(dialled.into_iter().filter(|device| *device != contact));
    }
    assert!(of_contact >= 10, "{of_contact} times in ten minutes");
    assert_eq!(of_fellows.len(), 6 * 8, "of each fellow eight devices");
}

/// As long a list as there is, whose owner has left out devices with many logs.
fn long_list_of(place: usize, number: u64) -> Vec<u8> {
    let owner = identity(place);
    let mut list = DeviceList::first(owner.account, owner.device.id(), number);
    let end = LogEnd {
        conversation: ConversationId::from_bytes([9; 32]),
        log: LogKind::Content,
        seq: u64::MAX,
    };
    list.revoked = (0..2)
        .map(|device| Revoked {
            device: invented(number, device),
            ends: vec![end; 1_450],
        })
        .collect();
    let signed = Signed::seal(list, owner.account_key.as_ref().unwrap());
    signed.unwrap().encode()
}

/// Whom one told another of from `since` on, and in how many frames.
fn told(town: &Town<'_>, (from, to): (usize, usize), since: usize) -> (BTreeSet<AccountId>, usize) {
    let heard = town.heard[since..].iter();
    let frames: Vec<Vec<Card>> = heard
        .filter(|(one, other, frame)| (*one, *other, frame[0]) == (from, to, MEMBERS))
        .map(|(_, _, frame)| postcard::from_bytes(&frame[1..]).unwrap())
        .collect();
    let accounts = frames.iter().flatten().map(|card| card.0).collect();
    (accounts, frames.len())
}

#[test]
fn members_with_long_lists_hide_no_others() {
    let stores = stores(8);
    let (mut town, _) = group_of(&stores);
    let mut fellows: Vec<usize> = (2..8).collect();
    fellows.sort_unstable_by_key(|place| town.people[*place].account);
    // Those who come first in any order fill more than a frame.
    for place in &fellows[..3] {
        for number in 0..4 {
            let list = long_list_of(*place, 2 * NOW_MS + number);
            tells(&mut town, 0, 1, &[card_of(*place, vec![list])]);
        }
    }
    town.settle();
    let last = fellows[5];
    town.unlink(1, last);
    let since = town.heard.len();
    town.link(1, last);
    town.passes(150_000);
    let (accounts, frames) = told(&town, (1, last), since);
    let others = (0..8).filter(|place| ![1, last].contains(place));
    for place in others {
        assert!(
            accounts.contains(&town.people[place].account),
            "{place} is told of"
        );
    }
    assert!(frames > 1, "one frame has no room for all");
}

#[test]
fn who_knows_several_groups_is_told_of_all_their_members_at_once() {
    let stores = stores(4);
    let mut town = Town::new(&stores, NOW_MS);
    town.gather(0, &[1, 2, 3]);
    town.founds(0, "Hiking", &[1, 2]);
    town.founds(0, "Cooking", &[1, 3]);
    town.passes(2_000);
    town.unlink(0, 1);
    let since = town.heard.len();
    town.link(0, 1);
    town.passes(2_000);
    let (accounts, frames) = told(&town, (0, 1), since);
    assert_eq!((accounts.len(), frames), (3, 1), "itself, and one of each group");
}
