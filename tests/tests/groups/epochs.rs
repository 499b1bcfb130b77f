//! How much work one member can make for the others by changing its devices.

use std::collections::BTreeSet;

use kith_crypto::{DeviceKey, DeviceList, ListedDevice, PrekeySecret, Signed};
use kith_tests::town::{Town, identity};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{NOW_MS, group_of, load::tells, stores};

/// The number of the frame.
const SEAL: u8 = 5;
/// How many devices somebody has at once.
const DEVICES: u8 = 3;

/// The third tells, through the first, that it has other devices than a moment ago, beside the one that it has.
fn changes_devices(town: &mut Town<'_>, round: u8, keeps: bool) {
    let owner = identity(2);
    let number = 2 * NOW_MS + u64::from(round);
    let mut list = DeviceList::first(owner.account, owner.device.id(), number);
    let first = if keeps { 0 } else { round };
    let mut devices = Vec::new();
    for seed in first..round + DEVICES {
        let key = DeviceKey::from_bytes([100 + seed; 32]);
        let secret = PrekeySecret::generate(&mut ChaCha20Rng::from_seed([seed; 32]));
        let prekey = secret.publish(&key, 1, NOW_MS).unwrap().encode();
        devices.push((key.id(), prekey, Vec::new()));
        list.devices.push(ListedDevice {
            device: key.id(),
            may_enrol: false,
        });
    }
    let list = Signed::seal(list, owner.account_key.as_ref().unwrap()).unwrap();
    let card = (owner.account, String::new(), vec![list.encode()], devices);
    tells(town, 0, 1, &[card]);
    town.settle();
}

/// Somebody changes devices before each of so many words, which come within twenty seconds. Gives how many epochs that took,
/// and how many words were there at once.
fn changes_before_each_word(keeps: bool) -> (usize, usize) {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.says_in(1, group, "a first word, for the keys");
    town.passes(120_000);
    let since = town.heard.len();
    let mut at_once = 0;
    for round in 0..20 {
        changes_devices(&mut town, round, keeps);
        let text = format!("word {round}");
        town.says_in(1, group, &text);
        at_once += usize::from(town.words_of(0, group).contains(&text));
        town.passes(1_000);
    }
    let seals: BTreeSet<&Vec<u8>> = town.heard[since..]
        .iter()
        .filter(|(from, to, frame)| (*from, *to, frame[0]) == (1, 0, SEAL))
        .map(|(_, _, frame)| frame)
        .collect();
    let seals = seals.len();
    town.passes(5_000);
    assert_eq!(town.agree(&[0, 1], group).len(), 21, "nothing is lost");
    (seals, at_once)
}

#[test]
fn ever_more_devices_of_one_member_make_an_epoch_a_minute_and_the_last_one_goes_on() {
    let (epochs, at_once) = changes_before_each_word(true);
    assert!(epochs <= 2, "{epochs} epochs");
    assert!(at_once >= 18, "{at_once} of 20 were there at once");
}

#[test]
fn devices_that_come_and_go_make_an_epoch_a_minute() {
    let (epochs, _) = changes_before_each_word(false);
    assert!(epochs <= 2, "{epochs} epochs");
}
