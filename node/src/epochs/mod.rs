//! Epochs: who can read what is gossiped, and how the keys get to them.
//!
//! A device sends only under an epoch that was sealed to nobody it holds as removed and to everyone it can reach;
//! among several it takes the one sealed to most devices, then the one that covers most of the control logs, then the
//! greater id: never by time, so that two devices with the same entries choose alike.
//!
//! In a group a member may have another device before each message. So there one device makes an epoch a minute at most,
//! and until it may, the one before serves those whom it was sealed to; all others, and everybody while somebody who was
//! removed could read along, get what is written by sync.

pub(crate) mod gossip;
pub(crate) mod prekeys;
pub(crate) mod sealing;
pub(crate) mod seals;
pub(crate) mod topics;

use std::collections::BTreeSet;

use kith_crypto::{Control, ConversationId, DeviceId, EpochSecret, SendChain, TopicSecret};

use self::sealing::Sealed;

use crate::{
    contacts,
    conversations::{self, append},
    records::{
        Contact, ControlIndex, Conversation, EpochRecord, PeerDevice, PendingSeal, Profile, SenderChain,
        TagIndex,
    },
    turn::{DAY_MS, Step, Turn},
};

/// An epoch is followed by another after this time, milliseconds …
const EPOCH_LIFETIME_MS: u64 = 7 * DAY_MS;
/// … or after this many messages of ours …
const EPOCH_MESSAGES: u32 = 1_000;
/// … or, on a new link of a direct chat, after this time, milliseconds.
const EPOCH_RELINK_MS: u64 = DAY_MS;
/// How often one device makes an epoch in a group, milliseconds.
const EPOCH_PAUSE_MS: u64 = 60_000;
/// How long a device's chains outlive the epoch's use, milliseconds: what was under way can still be opened.
const EPOCH_RETENTION_MS: u64 = 2 * EPOCH_LIFETIME_MS;

/// The live devices of all members, our own included, that an epoch can be sealed to.
fn reachable_devices(turn: &Turn, conversation: &Conversation) -> Step<Vec<DeviceId>> {
    let mut devices = vec![turn.device()];
    for device in live_devices(turn, conversation)? {
        let has_prekey = turn
            .load::<PeerDevice>(&PeerDevice::at(&device))?
            .is_some_and(|peer| !peer.prekey.is_empty());
        if has_prekey && !devices.contains(&device) {
            devices.push(device);
        }
    }
    devices.sort_unstable();
    Ok(devices)
}

/// The devices of all members by their newest lists.
fn live_devices(turn: &Turn, conversation: &Conversation) -> Step<BTreeSet<DeviceId>> {
    let own = turn.load::<Profile>(&Profile::at())?;
    let mut devices: BTreeSet<DeviceId> = own
        .map(|own| own.devices)
        .unwrap_or_default()
        .into_iter()
        .collect();
    for account in conversations::others(turn, conversation) {
        let theirs = turn.load::<Contact>(&Contact::at(&account))?;
        devices.extend(theirs.map(|theirs| theirs.devices).unwrap_or_default());
    }
    Ok(devices)
}

/// The epoch to send under, if there is a valid one; in a group perhaps one that is not sealed to everybody who can be
/// reached.
pub(crate) fn best(turn: &Turn, conversation: &Conversation) -> Step<Option<EpochRecord>> {
    let wanted = reachable_devices(turn, conversation)?;
    let live = live_devices(turn, conversation)?;
    let mut best: Option<EpochRecord> = None;
    for epoch in turn.all::<EpochRecord>(&EpochRecord::scope(&conversation.id))? {
        let may_serve = conversation.group().is_some() || covers(&epoch, &wanted);
        let names_removed = epoch.devices.iter().any(|device| !live.contains(device));
        let rank = |epoch: &EpochRecord| {
            let covers_all = covers(epoch, &wanted);
            (covers_all, epoch.devices.len(), epoch.coverage, epoch.epoch)
        };
        if may_serve && !names_removed && best.as_ref().is_none_or(|known| rank(&epoch) > rank(known)) {
            best = Some(epoch);
        }
    }
    Ok(best)
}

/// Whether an epoch was sealed to all of these.
fn covers(epoch: &EpochRecord, wanted: &[DeviceId]) -> bool {
    wanted.iter().all(|device| epoch.devices.contains(device))
}

/// Before writing: makes an epoch if somebody could listen and there is no valid one, or it is due.
pub(crate) fn rekey_if_needed(turn: &mut Turn, conversation: &mut Conversation) -> Step {
    let due = |turn: &Turn, epoch: &EpochRecord| {
        turn.now_ms.saturating_sub(epoch.since_ms) > EPOCH_LIFETIME_MS
            || epoch.own_chain.next_index() >= EPOCH_MESSAGES
    };
    let wanted = reachable_devices(turn, conversation)?;
    if wanted.len() < 2 {
        return Ok(());
    }
    match best(turn, conversation)? {
        Some(epoch) if !due(turn, &epoch) && covers(&epoch, &wanted) => Ok(()),
        _ if waits_for_next(turn, conversation) => Ok(()),
        _ => sealing::make(turn, conversation),
    }
}

/// Whether we made an epoch in a group so shortly before that the next one waits.
fn waits_for_next(turn: &Turn, conversation: &Conversation) -> bool {
    let made_at_ms = turn.live.epoch_made_at_ms.get(&conversation.id);
    let is_recent = made_at_ms.is_some_and(|at_ms| turn.now_ms.abs_diff(*at_ms) < EPOCH_PAUSE_MS);
    conversation.group().is_some() && is_recent
}

/// On a new link of a direct chat: the lower of two devices makes the first epoch, or a fresh one after a day, so that the
/// first message needs no preparation. In a group every link would bring another: there whoever writes makes what it needs.
pub(crate) fn rekey_on_link(turn: &mut Turn, conversation: &mut Conversation, device: &DeviceId) -> Step {
    if conversation.group().is_some() {
        return Ok(());
    }
    if turn.device() > *device || reachable_devices(turn, conversation)?.len() < 2 {
        return Ok(());
    }
    match best(turn, conversation)? {
        Some(epoch) if turn.now_ms.saturating_sub(epoch.since_ms) <= EPOCH_RELINK_MS => Ok(()),
        _ => sealing::make(turn, conversation),
    }
}

/// Announces an epoch that was made in the control log, keeps its keys, and sends its seals.
fn announce(turn: &mut Turn, conversation: &mut Conversation, sealed: &Sealed) -> Step {
    let (epoch, secret) = (sealed.epoch.secret.id(), &sealed.epoch.secret);
    let covers = append::control_heads(turn, conversation)?;
    let control = Control::Rekey {
        epoch,
        devices: sealed.devices.clone(),
        covers: covers.clone(),
    };
    let coverage = coverage(turn, &conversation.id, &covers)?;
    let entry = append::control(turn, conversation, &control)?;
    let topic = &sealed.epoch.topic_secret;
    hold(turn, conversation, secret, &sealed.devices, coverage, topic)?;
    for (device, seal) in &sealed.seals {
        let seal = PendingSeal {
            conversation: conversation.id,
            device: *device,
            epoch,
            rekey_seq: entry.header.header().seq,
            since_ms: turn.now_ms,
            sealed: seal.clone(),
        };
        turn.save(&seal)?;
        seals::send(turn, &seal)?;
    }
    Ok(())
}

/// The topic goes on with the conversation, and is a fresh one once somebody who knew it is gone.
fn topic_for(turn: &mut Turn, conversation: &Conversation, devices: &[DeviceId]) -> Step<TopicSecret> {
    let epochs = turn.all::<EpochRecord>(&EpochRecord::scope(&conversation.id))?;
    let Some(current) = conversation.topics.first() else {
        return Ok(TopicSecret::generate(turn.rng));
    };
    let users = epochs
        .iter()
        .filter(|epoch| epoch.topic == *current)
        .flat_map(|epoch| &epoch.devices);
    let somebody_left = users.into_iter().any(|device| !devices.contains(device));
    Ok(if somebody_left {
        TopicSecret::generate(turn.rng)
    } else {
        TopicSecret::from_bytes(*current)
    })
}

/// Derives and keeps an epoch's keys; the secret itself is not kept.
pub(crate) fn hold(
    turn: &mut Turn,
    conversation: &mut Conversation,
    secret: &EpochSecret,
    devices: &[DeviceId],
    coverage: u64,
    topic: &TopicSecret,
) -> Step {
    let me = turn.device();
    let keys = secret.derive(&conversation.id, devices);
    let Some(own) = keys.members.get(&me) else {
        return Ok(());
    };
    let epoch = secret.id();
    turn.save(&EpochRecord {
        conversation: conversation.id,
        epoch,
        tag: keys.tag,
        devices: devices.to_vec(),
        coverage,
        since_ms: turn.now_ms,
        topic: *topic.as_bytes(),
        own_tag: own.sender,
        own_chain: SendChain::new(own.chain.clone()),
    })?;
    turn.save(&TagIndex {
        tag: keys.tag,
        conversation: conversation.id,
        epoch,
    })?;
    for (device, member) in keys.members.iter().filter(|(device, _)| **device != me) {
        let chain = kith_crypto::ReceiveChain::new(member.chain.clone());
        turn.save(&SenderChain {
            tag: keys.tag,
            sender: member.sender,
            device: *device,
            chain,
        })?;
    }
    topics::refresh(turn, conversation)
}

/// How much of the control logs a `Rekey` had seen: the sum of the numbers of the heads it names.
pub(crate) fn coverage(
    turn: &Turn,
    conversation: &ConversationId,
    covers: &[kith_crypto::EntryId],
) -> Step<u64> {
    let mut sum = 0u64;
    for id in covers {
        let head = turn.load::<ControlIndex>(&ControlIndex::at(conversation, id))?;
        sum = sum.saturating_add(head.map_or(0, |head| head.seq));
    }
    Ok(sum)
}

/// Daily: puts what lives on under today's key and drops what is over, so that older days' keys can be erased.
pub(crate) fn upkeep(turn: &mut Turn) -> Step {
    for mut conversation in turn.all::<Conversation>(&Conversation::scope())? {
        for mut epoch in turn.all::<EpochRecord>(&EpochRecord::scope(&conversation.id))? {
            let chains = turn.all::<SenderChain>(&SenderChain::scope(&epoch.tag))?;
            // One that came while the clock was ahead is as old as it is from today on.
            epoch.since_ms = epoch.since_ms.min(turn.now_ms);
            let over = turn.now_ms.saturating_sub(epoch.since_ms) > EPOCH_RETENTION_MS;
            for mut chain in chains {
                chain.chain.purge_expired(turn.now_ms);
                if over {
                    turn.remove(SenderChain::at(&chain.tag, &chain.sender))
                } else {
                    turn.save(&chain)?
                }
            }
            if over {
                turn.remove(TagIndex::at(&epoch.tag));
                turn.remove(EpochRecord::at(&epoch.conversation, &epoch.epoch));
            } else {
                turn.save(&epoch)?;
            }
        }
        topics::refresh(turn, &mut conversation)?;
    }
    for contact in contacts::all(turn)? {
        for device in contact.devices {
            seals::drop_expired(turn, &device)?;
        }
    }
    prekeys::upkeep(turn)
}
