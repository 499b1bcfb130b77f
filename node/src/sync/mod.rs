//! Sync: the truth beneath gossip. Two linked devices compare what they hold of a shared conversation, first by a
//! keyed digest, then by frontiers, and whoever has what the other lacks streams it, oldest first, a few batches ahead
//! of the other's acknowledgements.
//!
//! Any gap is a reason to compare: a number that was jumped over, an envelope that does not open, a receipt that does
//! not come, a new link, and a slow beacon for what shows in no other way.

pub(crate) mod frontier;
mod known;
pub(crate) mod stream;
pub(crate) mod words;

use std::collections::BTreeMap;

use kith_crypto::{ConversationId, DeviceId, SignedHeader};

use crate::{
    conversations::{
        self, crowds,
        receipts::{self, linked_members},
    },
    epochs,
    frame::{Digest, Frame},
    groups::{fellows, inviting},
    input::Lane,
    live::Repair,
    records::{Conversation, LogRecord, Receipts, content_log},
    turn::{Fault, Step, Turn},
};

/// A receipt for a gossiped message is due within this time, milliseconds; then the link compares.
const RECEIPT_DUE_MS: u64 = 400;
/// A gap that gossip may still fill is left alone this long, milliseconds.
const GAP_PATIENCE_MS: u64 = 100;
/// The longest pause between two comparisons that found nothing, milliseconds.
const LONGEST_PAUSE_MS: u64 = 30_000;
/// How often all links compare everything, milliseconds.
pub(crate) const BEACON_MS: u64 = 60_000;
/// The most digests in one frame: more conversations than two devices can sensibly share.
const MOST_DIGESTS: usize = 4_096;

/// Compares all shared conversations with one device.
pub(crate) fn compare_all(turn: &mut Turn, device: DeviceId) -> Step {
    let Some(link) = turn.live.links.get(&device) else {
        return Ok(());
    };
    let shared = conversations::shared_with(turn, &link.account)?;
    tell_digests(turn, device, (&shared, true))
}

/// Compares one conversation with all linked devices of its members, also with those that have not shown to know it.
pub(crate) fn compare_with_members(turn: &mut Turn, conversation: &Conversation) -> Step {
    let me = turn.me.account;
    let links = turn.live.links.iter();
    let links = links.filter(|(_, link)| conversation.has_member(&link.account, &me));
    for device in links.map(|(device, _)| *device).collect::<Vec<_>>() {
        compare(turn, device, std::slice::from_ref(conversation))?;
    }
    Ok(())
}

fn compare(turn: &mut Turn, device: DeviceId, conversations: &[Conversation]) -> Step {
    tell_digests(turn, device, (conversations, false))
}

fn tell_digests(turn: &mut Turn, device: DeviceId, (conversations, all): (&[Conversation], bool)) -> Step {
    let Some(binding) = turn.live.links.get(&device).map(|link| link.binding) else {
        return Ok(());
    };
    let mut digests = Vec::with_capacity(conversations.len());
    for conversation in conversations {
        if conversations::may_serve(turn, conversation, &device)? {
            digests.push(digest(turn, &binding, conversation)?);
        }
    }
    if digests.is_empty() && !all {
        return Ok(());
    }
    turn.send(device, Lane::Control, &Frame::Digests { all, digests })
}

fn digest(turn: &Turn, binding: &[u8; 32], conversation: &Conversation) -> Step<Digest> {
    let logs = turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))?;
    sum_up(binding, &conversation.id, logs)
}

/// Sums the logs of a conversation up under a link's binding, so that it tells nothing to anybody who does not hold it.
pub(crate) fn sum_up(
    binding: &[u8; 32],
    conversation: &ConversationId,
    mut logs: Vec<LogRecord>,
) -> Step<Digest> {
    let mut sum = blake3::Hasher::new_keyed(binding);
    sum.update(b"kith frontier digest v1")
        .update(conversation.as_bytes());
    logs.retain(|log| log.end() > 0);
    logs.sort_unstable_by_key(|log| log.log);
    for log in logs {
        let held = (log.log, log.contiguous, log.head, log.beyond);
        sum.update(&postcard::to_allocvec(&held)?);
    }
    Ok(Digest {
        tag: tag(binding, conversation),
        sum: first_16(&sum.finalize()),
    })
}

fn tag(binding: &[u8; 32], conversation: &ConversationId) -> [u8; 16] {
    let mut tag = blake3::Hasher::new_keyed(binding);
    tag.update(b"kith conversation tag v1")
        .update(conversation.as_bytes());
    first_16(&tag.finalize())
}

fn first_16(hash: &blake3::Hash) -> [u8; 16] {
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

/// The other side told what it holds, in brief: where that differs from ours, tell in full. If it told all, it is invited
/// to the groups that it does not know.
pub(crate) fn receive_digests(turn: &mut Turn, device: DeviceId, (all, theirs): (bool, &[Digest])) -> Step {
    if theirs.len() > MOST_DIGESTS {
        return Err(Fault::Peer("too many digests"));
    }
    let Some(link) = turn.live.links.get(&device) else {
        return Ok(());
    };
    let binding = link.binding;
    let theirs: BTreeMap<[u8; 16], [u8; 16]> = theirs.iter().map(|digest| (digest.tag, digest.sum)).collect();
    let mut shared = Vec::new();
    for conversation in conversations::shared_with(turn, &link.account)? {
        if conversations::may_serve(turn, &conversation, &device)? {
            shared.push(conversation);
        }
    }
    let is_known = |conversation: &&Conversation| theirs.contains_key(&tag(&binding, &conversation.id));
    let known: Vec<&Conversation> = shared.iter().filter(is_known).collect();
    fellows::joined(turn, device, &known)?;
    for conversation in shared {
        let ours = digest(turn, &binding, &conversation)?;
        let Some(sum) = theirs.get(&ours.tag) else {
            if all {
                inviting::send(turn, device, &conversation)?;
            }
            continue;
        };
        if *sum == ours.sum {
            frontier::holds_the_same(turn, device, &conversation)?;
        } else {
            frontier::send(turn, device, &conversation)?;
        }
        // A receipt may have been lost with an earlier link, or been due while there was none.
        receipts::send_to(turn, device, &conversation)?;
        words::ask(turn, device, &conversation)?;
    }
    fellows::tell_rest(turn, device)?;
    // What it could not open may be why it compares.
    epochs::seals::send_again(turn, &device)
}

/// We published something: a receipt is due, and comes by itself where gossip worked.
pub(crate) fn expect_receipt(turn: &mut Turn, conversation: &Conversation) {
    schedule(turn, conversation, RECEIPT_DUE_MS);
}

/// An envelope on a topic of ours did not open.
pub(crate) fn suspect_gap(turn: &mut Turn, id: &ConversationId) -> Step {
    let conversation = conversations::find(turn, id)?;
    suspect(turn, &conversation, GAP_PATIENCE_MS);
    Ok(())
}

/// A seal is on its way, to us or from us: if it does not arrive, a comparison makes it go out again.
pub(crate) fn expect_seal(turn: &mut Turn, conversation: &Conversation) {
    suspect(turn, conversation, epochs::seals::RESEND_PAUSE_MS);
}

/// An entry of a control log was published: no receipt tells whether it came, a comparison does.
pub(crate) fn expect_control(turn: &mut Turn, conversation: &Conversation) {
    suspect(turn, conversation, RECEIPT_DUE_MS);
}

/// Entries of our own came that tell whether what the other side says of our logs is true. A gap among them is filled at
/// once.
pub(crate) fn fetched_of_ours(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    suspect(turn, conversation, GAP_PATIENCE_MS);
    if has_gap(turn, conversation)? {
        frontier::send(turn, device, conversation)?;
    }
    Ok(())
}

fn suspect(turn: &mut Turn, conversation: &Conversation, in_ms: u64) {
    let at_ms = turn.now_ms.saturating_add(in_ms);
    for device in linked_members(turn, conversation) {
        if let Some(link) = turn.live.links.get_mut(&device) {
            // One that is planned is not drawn nearer: whoever floods a topic with noise gets no more than that.
            let repair = link.repairs.entry(conversation.id).or_insert(Repair {
                at_ms,
                interval_ms: in_ms,
                suspected: true,
            });
            repair.suspected = true;
        }
    }
}

/// An entry came: if one before it is missing, compare unless it comes by itself.
pub(crate) fn note_gap(turn: &mut Turn, conversation: &Conversation, header: &SignedHeader) -> Step {
    let log = turn.load::<LogRecord>(&LogRecord::at(&conversation.id, &header.header().log_id()))?;
    if log.is_some_and(|log| log.beyond.len() > 0) {
        schedule(turn, conversation, GAP_PATIENCE_MS);
    }
    Ok(())
}

/// A member of a group acknowledged what somebody else wrote and we lack: compare with it unless that comes by itself.
/// Between two people only who wrote something can hand it over, and knows from receipts that it must.
pub(crate) fn note_behind(turn: &mut Turn, device: &DeviceId, conversation: &Conversation) -> Step {
    if is_behind(turn, conversation, device)? {
        schedule_with(turn, conversation, device, GAP_PATIENCE_MS);
    }
    Ok(())
}

/// Whether a member of a group has acknowledged more of somebody else's log than we hold.
fn is_behind(turn: &Turn, conversation: &Conversation, device: &DeviceId) -> Step<bool> {
    if conversation.group().is_none() {
        return Ok(false);
    }
    let receipts = turn.load::<Receipts>(&Receipts::at(&conversation.id, device))?;
    for (author, end) in receipts.map(|receipts| receipts.held).unwrap_or_default() {
        if !conversations::is_theirs(turn, conversation, &author)? {
            continue;
        }
        let log = turn.load::<LogRecord>(&LogRecord::at(&conversation.id, &content_log(author)))?;
        let lacks = match log {
            Some(log) => log.contiguous < end && !log.frozen,
            None => !crowds::is_one_too_many(turn, conversation, &author)?,
        };
        if lacks {
            return Ok(true);
        }
    }
    Ok(false)
}

fn schedule(turn: &mut Turn, conversation: &Conversation, in_ms: u64) {
    for device in linked_members(turn, conversation) {
        schedule_with(turn, conversation, &device, in_ms);
    }
}

fn schedule_with(turn: &mut Turn, conversation: &Conversation, device: &DeviceId, in_ms: u64) {
    let at_ms = turn.now_ms.saturating_add(in_ms);
    if let Some(link) = turn.live.links.get_mut(device) {
        let repair = link.repairs.entry(conversation.id).or_insert(Repair {
            at_ms,
            interval_ms: in_ms,
            suspected: false,
        });
        repair.at_ms = repair.at_ms.min(at_ms);
    }
}

/// Does the comparisons that are due.
pub(crate) fn tick(turn: &mut Turn) -> Step {
    if turn.now_ms >= turn.live.beacon_at_ms {
        turn.live.beacon_at_ms = turn.now_ms.saturating_add(BEACON_MS);
        for device in turn.live.links.keys().copied().collect::<Vec<_>>() {
            compare_all(turn, device)?;
        }
    }
    for device in turn.live.links.keys().copied().collect::<Vec<_>>() {
        for (id, suspected) in take_due(turn, &device) {
            let Some(conversation) = turn.load::<Conversation>(&Conversation::at(&id))? else {
                // The batch that it began in could not be kept.
                forget_repair(turn, &device, &id);
                continue;
            };
            let owed = is_owed_a_receipt(turn, &conversation, &device)?;
            if owed || suspected {
                // Perhaps it could not open what we published.
                epochs::seals::send_again(turn, &device)?;
            }
            let lacks = has_gap(turn, &conversation)? || is_behind(turn, &conversation, &device)?;
            if suspected || owed || lacks {
                compare(turn, device, &[conversation])?;
            } else {
                forget_repair(turn, &device, &id);
            }
        }
    }
    Ok(())
}

fn forget_repair(turn: &mut Turn, device: &DeviceId, id: &ConversationId) {
    if let Some(link) = turn.live.links.get_mut(device) {
        link.repairs.remove(id);
    }
}

/// The conversations to compare now with a device, and whether an envelope of theirs did not open; each is put off further
/// the next time.
fn take_due(turn: &mut Turn, device: &DeviceId) -> Vec<(ConversationId, bool)> {
    let now_ms = turn.now_ms;
    let Some(link) = turn.live.links.get_mut(device) else {
        return Vec::new();
    };
    let mut due = Vec::new();
    for (id, repair) in &mut link.repairs {
        if repair.at_ms <= now_ms {
            repair.interval_ms = repair.interval_ms.saturating_mul(2).min(LONGEST_PAUSE_MS);
            repair.at_ms = now_ms.saturating_add(repair.interval_ms);
            due.push((*id, std::mem::take(&mut repair.suspected)));
        }
    }
    due
}

fn has_gap(turn: &Turn, conversation: &Conversation) -> Step<bool> {
    let logs = turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))?;
    Ok(logs.iter().any(|log| log.beyond.len() > 0 && !log.frozen))
}

fn is_owed_a_receipt(turn: &Turn, conversation: &Conversation, device: &DeviceId) -> Step<bool> {
    let own_end = conversations::receipts::own_log(turn, &conversation.id)?.contiguous;
    let receipts = turn.load::<Receipts>(&Receipts::at(&conversation.id, device))?;
    let held = receipts
        .and_then(|receipts| receipts.held.get(&turn.device()).copied())
        .unwrap_or(0);
    Ok(held < own_end)
}

/// When [`tick`] has something to do next, unix milliseconds.
pub(crate) fn next_at_ms(turn: &Turn) -> u64 {
    let repairs = turn
        .live
        .links
        .values()
        .flat_map(|link| link.repairs.values())
        .map(|repair| repair.at_ms)
        .min();
    let beacon = if turn.live.links.is_empty() {
        u64::MAX
    } else {
        turn.live.beacon_at_ms
    };
    repairs.unwrap_or(u64::MAX).min(beacon)
}
