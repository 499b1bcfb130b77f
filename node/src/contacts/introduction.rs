//! The first thing said on a link: who we are, how to seal to us, where to find us, what time it is here.

use kith_crypto::{AccountId, Card, DeviceId, DeviceList, Prekey, ReachSecret, Signed};

use super::{blocking, find, links, lists, newer, pictures, reach, view};
use crate::{
    carriers, clock, conversations, epochs,
    frame::{Frame, Introduction, MAX_ADDRESSES},
    input::Lane,
    own,
    records::{Contact, Owned, PeerDevice, Standing},
    turn::{Fault, Step, Turn},
};

/// The longest address that is remembered, in bytes.
const MAX_ADDRESS_BYTES: usize = 256;

/// Introduces us to a linked device.
pub(crate) fn send(turn: &mut Turn, device: DeviceId) -> Step {
    let Some(link) = turn.live.links.get(&device) else {
        return Ok(());
    };
    let (account, is_contact) = (link.account, link.is_contact);
    let reach = match is_contact {
        true => reach::current(turn)?,
        // Who knows us from groups only has those to find us.
        false => None,
    };
    let mut known_lists = lists::history(turn, &turn.me.account)?;
    if account != turn.me.account && is_contact {
        known_lists.extend(lists::history(turn, &account)?);
    }
    let remind_us = match is_contact {
        true => own::remembrance(turn, &account),
        false => None,
    };
    let remembrance = find(turn, &account)?.map_or([0; 32], |contact| contact.remembrance);
    let introduction = Introduction {
        card: own::card(turn)?.encode(),
        prekey: epochs::prekeys::current(turn)?.encode(),
        reach: reach.map_or([0; 32], |reach| *reach.as_bytes()),
        remind_us: remind_us.unwrap_or_default(),
        remember: remembrance,
        addresses: turn
            .live
            .own_addresses
            .iter()
            .take(MAX_ADDRESSES)
            .cloned()
            .collect(),
        // The clock as it is: what others make of it is theirs to decide.
        clock_ms: turn.live.wall.shown_ms,
        lists: known_lists,
        carriers: carriers::granted::cards(turn, &account)?,
    };
    turn.send(
        device,
        Lane::Control,
        &Frame::Introduction(Box::new(introduction)),
    )
}

/// Introduces us again to everyone, since something in it changed.
pub(crate) fn send_to_all(turn: &mut Turn) -> Step {
    for device in turn.live.links.keys().copied().collect::<Vec<_>>() {
        send(turn, device)?;
    }
    Ok(())
}

/// A linked device introduces itself.
pub(crate) fn receive(turn: &mut Turn, device: DeviceId, introduction: &Introduction) -> Step {
    let Some(account) = turn.live.links.get(&device).map(|link| link.account) else {
        return Ok(());
    };
    lists::learn(turn, &account, &introduction.lists)?;
    let known = find(turn, &account)?;
    let is_fellow = known
        .as_ref()
        .is_some_and(|known| known.standing == Standing::Fellow);
    if account != turn.me.account && (known.is_none() || is_fellow) {
        let theirs = introduction
            .lists
            .iter()
            .filter_map(|bytes| Signed::<DeviceList>::open(bytes).ok());
        let newest = theirs
            .filter(|list| list.value().account == account)
            .max_by_key(|list| list.value().number);
        match newest {
            Some(list) if may_remind(turn, &account, introduction.remember, is_fellow)? => {
                links::welcome(turn, account, &list)?;
            }
            _ if is_fellow => {}
            _ => return Err(Fault::Peer("a stranger who does not remember us")),
        }
    }
    let first = learn_device(turn, device, introduction)?;
    if let Some(mut contact) = find(turn, &account)? {
        learn_card(turn, &mut contact, device, introduction)?;
        carriers::granted::told(turn, account, &introduction.carriers)?;
        view::emit_contact_everywhere(turn, &account)?;
    }
    if first {
        for mut conversation in conversations::shared_with(turn, &account)? {
            epochs::rekey_on_link(turn, &mut conversation, &device)?;
        }
        links::meet(turn, device)?;
    }
    crate::network::emit(turn)
}

/// Whether we were restored from words, and somebody shows what only a contact of ours was ever given.
pub(crate) fn is_reminded(turn: &Turn, account: &AccountId, shown: [u8; 32]) -> Step<bool> {
    Ok(was_given(turn, account, shown) && own::is_restored(turn)?)
}

/// Whether somebody reminds us now. Whoever is known from a group may do so at any time: we may have met the group first when we
/// came back.
fn may_remind(turn: &Turn, account: &AccountId, shown: [u8; 32], is_fellow: bool) -> Step<bool> {
    let may = match is_fellow {
        true => was_given(turn, account, shown),
        false => is_reminded(turn, account, shown)?,
    };
    Ok(may && !blocking::is_blocked(turn, account)?)
}

/// Whether somebody shows what only a contact of ours was ever given.
fn was_given(turn: &Turn, account: &AccountId, shown: [u8; 32]) -> bool {
    own::remembrance(turn, account)
        // In constant time.
        .is_some_and(|given| blake3::Hash::from_bytes(given) == shown)
}

/// Notes a device's prekey, addresses and clock; gives whether it is the first introduction on this link.
fn learn_device(turn: &mut Turn, device: DeviceId, introduction: &Introduction) -> Step<bool> {
    let Some(account) = turn.live.links.get(&device).map(|link| link.account) else {
        return Ok(false);
    };
    let known = turn.load(&PeerDevice::at(&device))?;
    let mut peer = known.unwrap_or_else(|| PeerDevice::new(device, account));
    let prekey = new_prekey(turn, &peer, introduction)?;
    let sane = introduction.addresses.len() <= MAX_ADDRESSES
        && introduction
            .addresses
            .iter()
            .all(|address| address.len() <= MAX_ADDRESS_BYTES);
    if !sane {
        return Err(Fault::Peer("addresses beyond the limits"));
    }
    let shown_ms = turn.live.wall.shown_ms;
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(false);
    };
    let first = !link.introduced;
    link.introduced = true;
    let ahead = i128::from(introduction.clock_ms) - i128::from(shown_ms);
    link.clock_ahead_ms = Some(i64::try_from(ahead).unwrap_or(if ahead > 0 { i64::MAX } else { i64::MIN }));
    peer.belongs(account, Owned::Linked);
    peer.learn(&introduction.addresses);
    if let Some(prekey) = prekey {
        peer.prekey = prekey;
    }
    turn.save(&peer)?;
    clock::sure::look(turn)?;
    Ok(first)
}

/// The prekey that a device introduces itself with, if it is another than the one that was verified and kept.
fn new_prekey(turn: &mut Turn, peer: &PeerDevice, introduction: &Introduction) -> Step<Option<Vec<u8>>> {
    let told = &introduction.prekey;
    if !told.is_empty() && *told == peer.prekey {
        return Ok(None);
    }
    let opened = newer::open::<Prekey>(turn, &peer.account, told, "a prekey that does not verify")?;
    match opened {
        Some(prekey) if prekey.value().device != peer.device => {
            Err(Fault::Peer("a prekey of another device"))
        }
        opened => Ok(opened.map(|_| told.clone())),
    }
}

fn learn_card(turn: &mut Turn, contact: &mut Contact, device: DeviceId, introduction: &Introduction) -> Step {
    let account = contact.account;
    let card = newer::open::<Card>(turn, &account, &introduction.card, "a card that does not verify")?;
    let card = card.as_ref().map(Signed::value);
    if card.is_some_and(|card| card.account != account || !contact.devices.contains(&card.device)) {
        return Err(Fault::Peer("a card that is not its account's"));
    }
    let news = card.filter(|card| card.number > contact.card_number);
    if let Some(card) = news {
        contact.card_number = card.number;
        contact.name = card.name.clone();
        contact.status = card.status.clone();
        contact.picture = card.picture;
    }
    if contact.is_accepted() && introduction.reach != [0; 32] {
        contact.reach = introduction.reach;
    }
    // Who holds us for a member of a group only gives nothing; what was given stays good.
    if contact.is_accepted() && introduction.remind_us != [0; 32] {
        contact.remembrance = introduction.remind_us;
    }
    turn.save(contact)?;
    if news.is_some() {
        view::emit_groups(turn, &contact.account)?;
    }
    pictures::want(turn, device, contact)
}

/// The reach secret of a contact, once it told us.
pub(crate) fn reach_of(contact: &Contact) -> Option<ReachSecret> {
    (contact.reach != [0; 32]).then(|| ReachSecret::from_bytes(contact.reach))
}

#[cfg(test)]
mod tests {
    use kith_crypto::{AccountKey, DeviceKey, Identity};
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;
    use crate::{live::Live, store::MemoryStore};

    #[test]
    fn only_who_was_given_it_reminds_a_restored_account() {
        let [me, bob, fellow] = [1, 2, 3].map(|seed| AccountKey::from_entropy([seed; 32]));
        let given = me.remembrance(&bob.id());
        let (store, mut live) = (MemoryStore::new(), Live::default());
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        let restored = Identity {
            account: me.id(),
            device: DeviceKey::from_bytes([4; 32]),
            account_key: Some(me),
        };
        let turn = Turn::new(&store, 1_800_000_000_000, &mut rng, &restored, &mut live);
        assert!(was_given(&turn, &bob.id(), given));
        assert!(!was_given(&turn, &fellow.id(), given), "it was given to Bob");
        assert!(!was_given(&turn, &fellow.id(), [0; 32]), "nothing was given");
        let anothers = fellow.remembrance(&bob.id());
        assert!(!was_given(&turn, &bob.id(), anothers), "it is another's");
    }
}
