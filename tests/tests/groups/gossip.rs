//! What one member says does not keep the others from hearing one another at once.

use kith_crypto::{ConversationId, DeviceId, EntryId};
use kith_node::input::{Input, Lane, NetEvent};
use kith_tests::town::Town;

use super::{group_of, stores};

/// The number of the frame.
const RECEIPT: u8 = 7;
/// The frame in which sync hands over entries.
const ENTRIES: u8 = 3;

/// Somebody claims, by hand, to hold more of another's log than there is.
fn claims_too_much(town: &mut Town<'_>, from: usize, to: usize, group: ConversationId) {
    let author = town.people[to].device;
    let held: Vec<(DeviceId, u64, EntryId)> = vec![(author, 1_000, EntryId::from_bytes([9; 32]))];
    let shown: Vec<(DeviceId, u64)> = Vec::new();
    let mut frame = vec![RECEIPT];
    frame.extend(postcard::to_allocvec(&(group, held, shown)).unwrap());
    let (device, lane, now_ms) = (town.people[from].device, Lane::Control, town.now_ms);
    town.people[to].input(Input::Net(NetEvent::Frame { device, lane, frame }), now_ms);
}

#[test]
fn who_casts_doubt_on_anothers_log_silences_nobody_for_long() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.says_in(0, group, "a first word, for the keys");
    town.passes(5_000);
    let mut at_once = 0;
    for round in 0..20 {
        claims_too_much(&mut town, 2, 0, group);
        let handed_over = |town: &Town<'_>| {
            let heard = town.heard.iter();
            let to_other = heard.filter(|(from, to, frame)| (*from, *to, frame[0]) == (0, 1, ENTRIES));
            to_other.count()
        };
        let before = handed_over(&town);
        town.says_in(0, group, &format!("word {round}"));
        let has = town.words_of(1, group).len() == round + 2;
        at_once += usize::from(has && handed_over(&town) == before);
        town.passes(2_000);
    }
    assert!(at_once >= 14, "{at_once} of 20 were gossiped");
    assert_eq!(town.agree(&[0, 1], group).len(), 21);
}
