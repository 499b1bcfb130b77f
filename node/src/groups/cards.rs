//! What is told of one member: the card, and how many of them go into a frame.

use kith_crypto::{AccountId, DeviceId, DeviceList, Signed};

use crate::{
    contacts::{self, lists},
    frame::{DeviceCard, MemberCard},
    own,
    records::{PeerDevice, SignedList},
    turn::{Step, Turn},
};

/// How many device lists of one member are told: those of before prove whose its old devices were.
pub(super) const LISTS_TOLD: usize = 4;
/// The most devices of one member that are told of.
pub(super) const DEVICES_TOLD: usize = 32;
/// What the lists of one card take, bytes: the newest, and those of before as far as there is room. So a card of as many devices
/// as there may be fits into a frame.
const LISTS_BYTES: usize = 320 * 1024;
/// Cards that are sent together take no more than this, bytes: the rest comes with the next comparison.
const CARDS_BYTES: usize = 512 * 1024;
/// The most cards in one frame.
pub(super) const MOST_CARDS: usize = 256;

/// What we know of the members of a group, as far as there is room. Small cards come first, so that few who have much to tell
/// hide nobody.
pub(crate) fn cards(turn: &Turn, accounts: impl Iterator<Item = AccountId>) -> Step<Vec<MemberCard>> {
    let mut known = Vec::new();
    for account in accounts {
        if let Some(card) = card(turn, account)? {
            known.push((postcard::to_allocvec(&card)?.len(), card));
        }
    }
    known.sort_by_key(|(bytes, _)| *bytes);
    let mut room = Room::default();
    known.retain(|(bytes, _)| room.takes(*bytes));
    Ok(known.into_iter().map(|(_, card)| card).collect())
}

/// What a frame of cards has taken.
#[derive(Default)]
pub(super) struct Room {
    cards: usize,
    bytes: usize,
}

impl Room {
    /// Whether a card has room as well, which is taken then.
    pub fn takes(&mut self, bytes: usize) -> bool {
        let has_room = self.cards < MOST_CARDS && self.bytes + bytes <= CARDS_BYTES;
        if has_room {
            self.cards += 1;
            self.bytes += bytes;
        }
        has_room
    }
}

/// What we know of a member; of ourselves our lists, since our devices introduce themselves.
pub(super) fn card(turn: &Turn, account: AccountId) -> Step<Option<MemberCard>> {
    let lists = newest_of(lists::history(turn, &account)?);
    if account == turn.me.account {
        return Ok(Some(MemberCard {
            account,
            name: own::profile(turn)?.name,
            lists,
            devices: Vec::new(),
        }));
    }
    let Some(contact) = contacts::find(turn, &account)? else {
        return Ok(None);
    };
    let mut devices = Vec::new();
    for device in contact.devices.iter().take(DEVICES_TOLD) {
        if let Some(peer) = turn.load::<PeerDevice>(&PeerDevice::at(device))? {
            devices.push(DeviceCard {
                device: *device,
                prekey: peer.prekey,
                addresses: peer.addresses,
            });
        }
    }
    Ok(Some(MemberCard {
        account,
        name: contact.name,
        lists,
        devices,
    }))
}

/// The newest of an account's lists, as many as a card has room for.
fn newest_of(mut lists: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut bytes = 0;
    let told = lists.iter().rev().take(LISTS_TOLD).take_while(|list| {
        bytes += list.len();
        bytes <= LISTS_BYTES
    });
    let told = told.count();
    lists.drain(..lists.len().saturating_sub(told));
    lists
}

/// Puts a list that names a device of an account among the lists on its card: who never knew the device can tell whose it is by
/// that one only, however often it was replaced since.
pub(crate) fn name_device(
    turn: &Turn,
    cards: &mut [MemberCard],
    (account, device): (&AccountId, &DeviceId),
) -> Step {
    let names = |bytes: &[u8]| {
        let list = Signed::<DeviceList>::open(bytes);
        list.is_ok_and(|list| list.value().lists(device))
    };
    let Some(card) = cards.iter_mut().find(|card| card.account == *account) else {
        return Ok(());
    };
    if card.lists.iter().any(|list| names(list)) {
        return Ok(());
    }
    let known = turn.all::<SignedList>(&SignedList::scope(account))?;
    let Some(naming) = known.into_iter().rev().find(|list| names(&list.bytes)) else {
        return Ok(());
    };
    let bytes: usize = card.lists.iter().map(Vec::len).sum();
    if card.lists.len() >= LISTS_TOLD || bytes + naming.bytes.len() > LISTS_BYTES {
        // The newest is the last.
        card.lists.drain(..card.lists.len().min(1));
    }
    card.lists.insert(0, naming.bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use kith_crypto::{AccountKey, DeviceKey};
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::{super::fellows::owner_by_cards, *};
    use crate::{bench::Bench, records::Standing};

    #[test]
    fn the_device_that_founded_a_group_is_named_however_often_it_was_replaced() {
        let mut rng = ChaCha20Rng::from_seed([2; 32]);
        let founder = AccountKey::generate(&mut rng);
        let mut bench = Bench::new(1_800_000_000_000);
        let mut turn = bench.turn();
        let devices: Vec<DeviceId> = (0..9).map(|_| DeviceKey::generate(&mut rng).id()).collect();
        let mut contact = contacts::unknown(founder.id(), Standing::Accepted);
        for (number, device) in (1..).zip(&devices) {
            let list = Signed::seal(DeviceList::first(founder.id(), *device, number), &founder).unwrap();
            lists::adopt(&mut turn, &mut contact, &list).unwrap();
        }
        turn.save(&contact).unwrap();
        let mut cards = cards(&turn, [founder.id()].into_iter()).unwrap();
        let founding = devices[0];
        assert_eq!(owner_by_cards(&cards, &founding).unwrap(), None);
        name_device(&turn, &mut cards, (&founder.id(), &founding)).unwrap();
        assert_eq!(owner_by_cards(&cards, &founding).unwrap(), Some(founder.id()));
        let newest = devices[8];
        assert_eq!(owner_by_cards(&cards, &newest).unwrap(), Some(founder.id()));
    }
}
