//! Members of a group who may be no contacts of one another: what each tells the others of the rest, so that all know
//! whose a device is, how to seal to it and where to find it.
//!
//! Device lists and prekeys are signed by whom they are about, so it does not matter who tells them. Names and addresses
//! are hearsay until their device introduces itself.

use std::collections::BTreeSet;

use kith_crypto::{AccountId, DeviceId, DeviceList, Prekey, Signed, check_name};

use super::{
    MOST_MEMBERS,
    cards::{DEVICES_TOLD, LISTS_TOLD, MOST_CARDS, Room, card},
};
use crate::{
    contacts::{self, dialing, lists, view},
    conversations, epochs,
    frame::{DeviceCard, Frame, MAX_ADDRESSES, MemberCard},
    input::Lane,
    live::Link,
    records::{Contact, Conversation, PeerDevice},
    sync,
    turn::{Fault, Step, Turn},
};

/// The longest address that is taken, bytes.
const MAX_ADDRESS_BYTES: usize = 256;

/// A device of a member has shown to know these conversations. What follows from that looks at all that is shared with all who
/// are linked, so it is done once for all of them.
pub(crate) fn joined(turn: &mut Turn, device: DeviceId, known: &[&Conversation]) -> Step {
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(());
    };
    let groups = known.iter().filter(|conversation| conversation.group().is_some());
    let new = groups.filter(|group| link.joined.insert(group.id)).count();
    if new == 0 {
        return Ok(());
    }
    tell(turn, device)?;
    epochs::topics::subscribe(turn)
}

/// More is known of the devices of an account: those who share a group with it are told.
pub(crate) fn changed(turn: &mut Turn, account: &AccountId) -> Step {
    if !contacts::is_fellow(turn, account)? {
        return Ok(());
    }
    tell_all(turn)
}

/// Tells every linked member what it was not told on this link.
pub(crate) fn tell_all(turn: &mut Turn) -> Step {
    let links = turn.live.links.iter();
    let links = links.filter(|(_, link)| !link.joined.is_empty());
    for device in links.map(|(device, _)| *device).collect::<Vec<_>>() {
        tell(turn, device)?;
    }
    Ok(())
}

/// Tells a device of the other members of the groups that it knows, what it was not told on this link.
fn tell(turn: &mut Turn, device: DeviceId) -> Step {
    let Some(link) = turn.live.links.get(&device) else {
        return Ok(());
    };
    // Of its own account as well: it may have forgotten which its old devices were.
    let mut members = BTreeSet::new();
    for id in &link.joined {
        // The batch that it came in may not have been kept.
        if let Some(conversation) = turn.load::<Conversation>(&Conversation::at(id))? {
            members.extend(conversations::others(turn, &conversation));
        }
    }
    let News { cards, untold } = not_told(turn, link, &members)?;
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(());
    };
    link.untold = untold;
    for (card, sum) in &cards {
        link.told_of.insert(card.account, *sum);
    }
    if cards.is_empty() {
        return Ok(());
    }
    let cards = cards.into_iter().map(|(card, _)| card).collect();
    turn.send(device, Lane::Control, &Frame::Members(cards))
}

/// What a link was not told yet.
#[derive(Default)]
struct News {
    /// As many cards as have room, with their sums.
    cards: Vec<(MemberCard, [u8; 32])>,
    /// With whom to go on next time.
    untold: Option<AccountId>,
}

/// What to tell on a link. Who had no room last time comes first: so it is everybody's turn, however often there is news of
/// others.
fn not_told(turn: &Turn, link: &Link, members: &BTreeSet<AccountId>) -> Step<News> {
    let (mut news, mut room) = (News::default(), Room::default());
    let first = link.untold.unwrap_or(AccountId::from_bytes([0; 32]));
    for account in members.range(first..).chain(members.range(..first)) {
        let Some(card) = card(turn, *account)? else {
            continue;
        };
        let bytes = postcard::to_allocvec(&card)?;
        let sum = *blake3::hash(&bytes).as_bytes();
        if link.told_of.get(account) == Some(&sum) {
            continue;
        }
        if !room.takes(bytes.len()) {
            news.untold = Some(*account);
            break;
        }
        news.cards.push((card, sum));
    }
    Ok(news)
}

/// A device compares, as it does each minute: it is told what there was no room for.
pub(crate) fn tell_rest(turn: &mut Turn, device: DeviceId) -> Step {
    let link = turn.live.links.get(&device);
    if link.is_some_and(|link| link.untold.is_some()) {
        tell(turn, device)?;
    }
    Ok(())
}

/// A member's device tells of others.
pub(crate) fn receive(turn: &mut Turn, device: DeviceId, cards: &[MemberCard]) -> Step {
    if learn(turn, device, cards)? {
        // What they wrote may have been refused because nobody knew whose it was.
        sync::compare_all(turn, device)?;
    }
    Ok(())
}

/// Takes what a linked device says of others; gives whether there is a new device among it. Of those who share no group with
/// it and us nothing is taken. Others are told once, however many cards say something new: what that costs grows with our
/// links.
pub(crate) fn learn(turn: &mut Turn, device: DeviceId, cards: &[MemberCard]) -> Step<bool> {
    let Some(teller) = turn.live.links.get(&device).map(|link| link.account) else {
        return Ok(false);
    };
    if cards.len() > MOST_CARDS {
        return Err(Fault::Peer("too many members"));
    }
    let (mut has_news, mut told_of) = (false, BTreeSet::new());
    for card in cards {
        check(card)?;
        if !told_of.insert(card.account) {
            return Err(Fault::Peer("a member twice"));
        }
        if card.account == turn.me.account {
            let lists = lists_of(card, &lists::kept(turn, &card.account)?)?;
            remember(turn, &lists)?;
        } else if card.account != teller && are_fellows(turn, &teller, &card.account)? {
            has_news |= take(turn, card)?;
        }
    }
    if has_news {
        tell_all(turn)?;
    }
    Ok(has_news)
}

fn check(card: &MemberCard) -> Step {
    let is_sane = |device: &DeviceCard| {
        let addresses = &device.addresses;
        addresses.len() <= MAX_ADDRESSES && addresses.iter().all(|address| address.len() <= MAX_ADDRESS_BYTES)
    };
    let sane = card.lists.len() <= LISTS_TOLD
        && card.devices.len() <= DEVICES_TOLD
        && card.devices.iter().all(is_sane)
        && (card.name.is_empty() || check_name(&card.name).is_ok());
    if sane {
        Ok(())
    } else {
        Err(Fault::Peer("a member beyond the limits"))
    }
}

fn are_fellows(turn: &Turn, one: &AccountId, other: &AccountId) -> Step<bool> {
    let me = turn.me.account;
    let shared = conversations::shared_with(turn, other)?;
    Ok(shared
        .iter()
        .any(|conversation| conversation.group().is_some() && conversation.takes_part(one, &me)))
}

fn take(turn: &mut Turn, card: &MemberCard) -> Step<bool> {
    let Some(mut contact) = contacts::find(turn, &card.account)? else {
        return Ok(false);
    };
    let was_alarmed = contact.alarmed;
    let mut has_news = false;
    let lists = lists_of(card, &lists::kept(turn, &card.account)?)?;
    remember(turn, &lists)?;
    for list in to_adopt(&contact, lists) {
        has_news |= lists::adopt(turn, &mut contact, &list)?;
    }
    let is_named = contact.card_number == 0 && !card.name.is_empty() && contact.name.is_empty();
    if is_named {
        contact.name = card.name.clone();
    }
    turn.save(&contact)?;
    if contact.alarmed && !was_alarmed {
        view::emit_contact_everywhere(turn, &contact.account)?;
    }
    for device in card
        .devices
        .iter()
        .filter(|card| contact.devices.contains(&card.device))
    {
        has_news |= take_device(turn, &contact, device)?;
    }
    if has_news {
        reach(turn, &contact)?;
    }
    if is_named {
        view::emit_groups(turn, &contact.account)?;
    }
    Ok(has_news)
}

/// Of a card's lists those that say what counts today: the newest, and what may contradict the one that we know.
fn to_adopt(contact: &Contact, mut lists: Vec<Signed<DeviceList>>) -> Vec<Signed<DeviceList>> {
    let known =
        Signed::<DeviceList>::open_trusted(&contact.device_list).map_or(0, |list| list.value().number);
    let newest = lists.last().map_or(0, |list| list.value().number);
    lists.retain(|list| [known, newest].contains(&list.value().number));
    lists
}

/// Keeps the lists of a card: they prove whose devices are and were.
fn remember(turn: &mut Turn, lists: &[Signed<DeviceList>]) -> Step {
    for list in lists {
        if lists::has_room(turn, list)? {
            lists::remember(turn, list)?;
        }
    }
    Ok(())
}

/// The lists of a card, oldest first. Those that are kept were verified when they came.
fn lists_of(card: &MemberCard, kept: &[Vec<u8>]) -> Step<Vec<Signed<DeviceList>>> {
    let mut lists = Vec::with_capacity(card.lists.len());
    for bytes in &card.lists {
        let list = match kept.contains(bytes) {
            true => Signed::<DeviceList>::open_trusted(bytes),
            false => Signed::<DeviceList>::open(bytes),
        };
        let list = list.map_err(|_| Fault::Peer("a device list that does not verify"))?;
        if list.value().account != card.account {
            return Err(Fault::Peer("a device list of somebody else"));
        }
        lists.push(list);
    }
    lists.sort_by_key(|list| list.value().number);
    Ok(lists)
}

/// Takes a newer prekey, and addresses behind those that we know; gives whether there was no prekey before.
fn take_device(turn: &mut Turn, contact: &Contact, card: &DeviceCard) -> Step<bool> {
    let known = turn.load::<PeerDevice>(&PeerDevice::at(&card.device))?;
    let mut peer = known.unwrap_or_else(|| PeerDevice::new(card.device, contact.account));
    if peer.account != contact.account {
        return Ok(false);
    }
    let had_prekey = !peer.prekey.is_empty();
    if !card.prekey.is_empty() && is_newer(&peer, card)? {
        peer.prekey = card.prekey.clone();
    }
    let confirmed = peer.addresses.clone();
    peer.learn(&card.addresses);
    peer.learn(&confirmed);
    turn.save(&peer)?;
    Ok(!had_prekey && !peer.prekey.is_empty())
}

fn is_newer(peer: &PeerDevice, card: &DeviceCard) -> Step<bool> {
    if !card.prekey.is_empty() && card.prekey == peer.prekey {
        return Ok(false);
    }
    let told =
        Signed::<Prekey>::open(&card.prekey).map_err(|_| Fault::Peer("a prekey that does not verify"))?;
    if told.value().device != card.device {
        return Err(Fault::Peer("a prekey of another device"));
    }
    let known = Signed::<Prekey>::open_trusted(&peer.prekey);
    Ok(known.is_ok_and(|known| known.value().id < told.value().id) || peer.prekey.is_empty())
}

/// The account that signed for a device, by what an invitation says.
pub(crate) fn owner_by_cards(cards: &[MemberCard], device: &DeviceId) -> Step<Option<AccountId>> {
    if cards.len() > MOST_MEMBERS {
        return Err(Fault::Peer("more members than a group has"));
    }
    for card in cards {
        check(card)?;
        if lists_of(card, &[])?.iter().any(|list| list.value().lists(device)) {
            return Ok(Some(card.account));
        }
    }
    Ok(None)
}

/// Devices of a member are let in, and dialled.
pub(crate) fn reach(turn: &mut Turn, contact: &Contact) -> Step {
    contacts::know(turn, &contact.devices);
    for device in &contact.devices {
        if !turn.live.links.contains_key(device) {
            dialing::soon(turn, device)?;
        }
    }
    dialing::tick(turn)
}
