//! Streams of missing entries, oldest first, a few batches ahead of the acknowledgements: that is the backpressure.

use std::collections::BTreeSet;

use kith_crypto::{AccountId, Body, CryptoError, DeviceId, Entry, LogId, LogKind, SignedHeader};

use super::{frontier, words};
use crate::{
    contacts,
    conversations::{self, accept::Accepted, lacking, receipts, view},
    epochs::seals,
    frame::{Frame, WireEntry},
    input::Lane,
    live::Sending,
    records::{Conversation, EntryRecord},
    store::{Bounds, Order},
    turn::{Fault, Step, Turn},
};

/// The most entries in one batch.
const BATCH_ENTRIES: usize = 128;
/// A batch ends once it holds this many bytes.
const BATCH_BYTES: usize = 192 * 1024;
/// How many batches may be on their way to one device at once, of all conversations together: what waits on a link stays
/// bounded however much is missing.
const WINDOW: usize = 8;
/// How many of them may be of one conversation, so that a large one leaves room for the others.
const WINDOW_OF_ONE: usize = 4;

/// A stream of which nothing was acknowledged for this long is begun anew, milliseconds: the other side could not keep
/// what came, for a full disk perhaps, and will never acknowledge it.
const STALLED_MS: u64 = 15_000;

/// Begins to send what a device lacks. A stream under way is left to finish, and is then followed by another look; so is this
/// one if more follows.
pub(crate) fn start(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &Conversation,
    mut missing: Vec<(LogId, u64, u64)>,
    more_follows: bool,
) -> Step {
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(());
    };
    if missing.is_empty() {
        return Ok(());
    }
    let now_ms = turn.now_ms;
    if let Some(sending) = link.sending.get_mut(&conversation.id)
        && now_ms.abs_diff(sending.moved_at_ms) < STALLED_MS
    {
        sending.again = true;
        return Ok(());
    }
    // Control first: content is understood by what control says.
    missing.sort_unstable_by_key(|(log, first, _)| (log.kind != LogKind::Control, *first, log.author));
    link.sending.insert(
        conversation.id,
        Sending {
            queue: missing.into(),
            moved_at_ms: now_ms,
            again: more_follows,
            ..Sending::default()
        },
    );
    pump(turn, device, conversation)
}

/// Hands over what a device asked for since it holds it without its words, as far as these are here, after what is on its way. If
/// that was something, it may ask for more.
pub(super) fn give_words(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &Conversation,
    wanted: Vec<(LogId, u64, u64)>,
) -> Step {
    let now_ms = turn.now_ms;
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(());
    };
    let sending = link.sending.entry(conversation.id).or_insert_with(|| Sending {
        moved_at_ms: now_ms,
        ..Sending::default()
    });
    // Who asks before it was answered asks again.
    if sending.words.is_empty() {
        sending.words = wanted.into();
    }
    pump(turn, device, conversation)
}

/// Two frontiers told in answer to one another need not be told again within this time, milliseconds: each side may
/// hold what the other will not take, and the two would tell one another for ever.
pub(super) const ASK_PAUSE_MS: u64 = 1_000;

/// Asks a device for what it has and we lack, by telling what we hold.
pub(crate) fn ask(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    let now_ms = turn.now_ms;
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(());
    };
    let asked_at_ms = link.asked_at_ms.get(&conversation.id).copied();
    if asked_at_ms.is_some_and(|at_ms| now_ms < at_ms.saturating_add(ASK_PAUSE_MS)) {
        return Ok(());
    }
    frontier::send(turn, device, conversation)
}

/// A batch we sent is durable there.
pub(crate) fn acknowledged(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &Conversation,
    batch: u32,
) -> Step {
    let now_ms = turn.now_ms;
    let Some(sending) = sending(turn, device, conversation) else {
        return turn.spend(&device, 1);
    };
    if !sending.in_flight.remove(&batch) {
        return turn.spend(&device, 1);
    }
    let Some(sending) = self::sending(turn, device, conversation) else {
        return Ok(());
    };
    sending.moved_at_ms = now_ms;
    pump(turn, device, conversation)?;
    pump_others(turn, device)
}

/// Lets the other conversations have what room there is on the link now.
fn pump_others(turn: &mut Turn, device: DeviceId) -> Step {
    let Some(link) = turn.live.links.get(&device) else {
        return Ok(());
    };
    let waiting = link
        .sending
        .iter()
        .filter(|(_, sending)| !sending.is_empty() && sending.in_flight.len() < WINDOW_OF_ONE);
    for id in waiting.map(|(id, _)| *id).collect::<Vec<_>>() {
        if is_full(turn, device) {
            break;
        }
        let conversation = conversations::find(turn, &id)?;
        pump(turn, device, &conversation)?;
    }
    Ok(())
}

/// Whether as much is on its way to a device as may be.
fn is_full(turn: &Turn, device: DeviceId) -> bool {
    let in_flight = turn.live.links.get(&device).map(|link| {
        let each = link.sending.values().map(|sending| sending.in_flight.len());
        each.sum::<usize>()
    });
    in_flight.is_none_or(|in_flight| in_flight >= WINDOW)
}

fn sending<'t>(turn: &'t mut Turn, device: DeviceId, conversation: &Conversation) -> Option<&'t mut Sending> {
    turn.live
        .links
        .get_mut(&device)?
        .sending
        .get_mut(&conversation.id)
}

/// Sends as many batches as the window has room for.
fn pump(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    loop {
        let Some(state) = sending(turn, device, conversation) else {
            return Ok(());
        };
        if state.in_flight.len() >= WINDOW_OF_ONE {
            return Ok(());
        }
        if state.is_empty() {
            return if state.in_flight.is_empty() {
                end(turn, device, conversation)
            } else {
                Ok(())
            };
        }
        if is_full(turn, device) {
            return Ok(());
        }
        let entries = next_batch(turn, device, conversation)?;
        let Some(state) = sending(turn, device, conversation) else {
            return Ok(());
        };
        if entries.is_empty() {
            continue;
        }
        let batch = state.next_batch;
        state.next_batch = batch.wrapping_add(1);
        state.in_flight.insert(batch);
        turn.send(
            device,
            Lane::Sync,
            &Frame::Entries {
                conversation: conversation.id,
                batch,
                entries,
            },
        )?;
    }
}

fn end(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(());
    };
    let again = link
        .sending
        .remove(&conversation.id)
        .is_some_and(|sending| sending.again);
    if again {
        super::compare(turn, device, std::slice::from_ref(conversation))
    } else {
        Ok(())
    }
}

/// Takes the next entries off the queue.
fn next_batch(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step<Vec<WireEntry>> {
    let mut entries = Vec::new();
    let mut bytes = 0;
    while entries.len() < BATCH_ENTRIES && bytes < BATCH_BYTES {
        let Some(state) = sending(turn, device, conversation) else {
            break;
        };
        let is_words = state.queue.is_empty();
        let Some((log, first, last)) = state.next_part() else {
            break;
        };
        let is_told = told_words(turn, &device, conversation, (&log, is_words))?;
        let room = BATCH_ENTRIES - entries.len();
        let scope = EntryRecord::scope(&conversation.id, &log);
        let found =
            turn.scan::<EntryRecord>(&scope, &Bounds::numbers(first, last), Order::Ascending, room)?;
        let mut next = last.saturating_add(1);
        let full = found.len() == room;
        for record in found {
            next = record.seq.saturating_add(1);
            if !is_told(&record) {
                continue;
            }
            bytes += record.header.len() + record.body.as_ref().map_or(0, Vec::len);
            entries.push(WireEntry {
                header: record.header,
                body: record.body,
            });
            if bytes >= BATCH_BYTES {
                break;
            }
        }
        let unfinished = (full || bytes >= BATCH_BYTES) && next <= last;
        if unfinished && let Some(state) = sending(turn, device, conversation) {
            state.put_back(is_words, (log, next, last));
        }
    }
    Ok(entries)
}

/// Which entries of a log are handed over. Of words that were asked for those that are here; and of what we wrote ourselves the
/// rest as well, so that nobody waits for what is nowhere to be had, but nothing to who may hold something else under our numbers.
fn told_words(
    turn: &mut Turn,
    device: &DeviceId,
    conversation: &Conversation,
    (log, is_words): (&LogId, bool),
) -> Step<impl Fn(&EntryRecord) -> bool + use<>> {
    let is_ours = is_words && conversations::owner(turn, conversation, &log.author)? == Some(turn.me.account);
    let link = turn.live.links.get(device);
    let is_doubted = is_ours && !link.is_some_and(|link| link.agreed.contains(&conversation.id));
    Ok(move |record: &EntryRecord| !is_words || (!is_doubted && (is_ours || record.body.is_some())))
}

/// A batch of entries came. It is acknowledged once it is durable here, together with our receipt.
pub(crate) fn receive(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &mut Conversation,
    batch: u32,
    entries: &[WireEntry],
) -> Step {
    if entries.len() > BATCH_ENTRIES {
        return Err(Fault::Peer("a batch of too many entries"));
    }
    if !conversations::may_serve(turn, conversation, &device)? {
        return Err(Fault::Peer("entries of a conversation it is no member of"));
    }
    let taken = take_all(turn, device, conversation, entries)?;
    if !taken.is_news {
        turn.spend(&device, 1)?;
    }
    turn.send(
        device,
        Lane::Control,
        &Frame::EntriesHeld {
            conversation: conversation.id,
            batch,
        },
    )?;
    for account in taken.full {
        let conversation = conversation.id;
        let frame = Frame::Full {
            conversation,
            account,
        };
        turn.send(device, Lane::Control, &frame)?;
    }
    if taken.changed {
        view::emit_conversation(turn, conversation)?;
    }
    if taken.lacks_seal {
        super::expect_seal(turn, conversation);
    }
    if taken.lacks_words {
        words::ask_others(turn, &device, conversation)?;
    }
    if taken.of_ours {
        super::fetched_of_ours(turn, device, conversation)?;
    }
    receipts::send(turn, conversation)
}

/// What became of a batch.
#[derive(Default)]
struct Taken {
    /// Something is to be seen that was not.
    changed: bool,
    /// An epoch was announced that we have no keys of.
    lacks_seal: bool,
    /// There were headers without their words.
    lacks_words: bool,
    /// There was something of our own account that tells what else they hold.
    of_ours: bool,
    /// Something was taken.
    is_news: bool,
    /// The accounts of which no more logs are taken.
    full: BTreeSet<AccountId>,
}

fn take_all(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &mut Conversation,
    entries: &[WireEntry],
) -> Step<Taken> {
    let mut taken = Taken::default();
    let from = turn.live.links.get(&device).map(|link| link.account);
    for wire in entries {
        let Some(entry) = decode_any(wire)? else {
            contacts::newer::noticed(turn, &device)?;
            continue;
        };
        if entry.header.is_later() {
            contacts::newer::noticed(turn, &device)?;
        }
        let author = entry.header.header().author;
        let accepted = conversations::accept::accept(turn, conversation, &entry)?;
        lacking::handed_over(turn, conversation, &entry, from)?;
        if !matches!(accepted, Accepted::Refused(_) | Accepted::Full(_))
            && conversations::owner(turn, conversation, &author)? == Some(turn.me.account)
        {
            let header = entry.header.header();
            let is_proof = frontier::prove(turn, &device, conversation, (header.log_id(), header.seq));
            let is_new = !matches!(accepted, Accepted::Duplicate);
            taken.of_ours |= is_proof || (is_new && author != turn.device());
        }
        taken.is_news |= !matches!(
            accepted,
            Accepted::Duplicate | Accepted::Refused(_) | Accepted::Full(_)
        );
        match accepted {
            Accepted::Content(row) => {
                view::emit_row(turn, conversation, &row.position)?;
                words::came(turn, &device, conversation);
                taken.changed = true;
            }
            Accepted::Silent => {
                taken.changed = true;
                taken.lacks_words |= entry.body.is_none();
            }
            Accepted::Control => taken.lacks_seal |= seals::is_missing(turn, conversation, &entry)?,
            Accepted::Duplicate => {}
            Accepted::Refused(reason) => tracing::debug!(reason, "an entry was refused"),
            Accepted::Full(account) => drop(taken.full.insert(account)),
        }
    }
    Ok(taken)
}

/// The entry; `None` if only a newer Kith can read it.
pub(crate) fn decode(wire: &WireEntry) -> Step<Option<Entry>> {
    let entry = decode_any(wire)?;
    Ok(entry.filter(|entry| !entry.header.is_later()))
}

/// The entry, also if only a newer Kith can read what its header says beyond its place; `None` if that is so of its body. It is
/// not held then, so it comes again after an update.
fn decode_any(wire: &WireEntry) -> Step<Option<Entry>> {
    let header = match SignedHeader::open(&wire.header) {
        Err(CryptoError::FutureVersion { .. }) => match SignedHeader::open_any(&wire.header) {
            Ok(later) => later,
            // Even one that keeps nothing of what we know breaks no rule of ours.
            Err(_) => return Ok(None),
        },
        opened => opened.map_err(|_| Fault::Peer("a header that does not verify"))?,
    };
    let body = match wire.body.as_deref().map(Body::decode) {
        Some(Err(CryptoError::FutureVersion { .. })) => return Ok(None),
        Some(body) => Some(body.map_err(|_| Fault::Peer("a body that does not decode"))?),
        None => None,
    };
    Ok(Some(Entry { header, body }))
}
