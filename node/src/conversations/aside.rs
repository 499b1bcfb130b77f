//! What was written under a device that was replaced, and that nobody else holds: it is written anew, once.
//!
//! An old copy of our folder was put back, or our store was damaged, and this installation goes on as a new device. The
//! contact takes nothing more of the old device's logs, since the new list leaves it out. So what the contact does not
//! hold of them must be said again by the new device; and where the contact holds other entries under the same numbers,
//! theirs is the log that went on, and ours is taken out of it.
//!
//! Words that are part of no log are kept in [`SetAside`] with their row, from the moment they leave the log to the one at
//! which they are written anew. Each of these steps is one batch, so a crash leaves words in a log or set aside, never
//! both and never neither.

use std::collections::BTreeSet;

use kith_crypto::{Body, DeviceId, Holding, LogId, LogKind, SignedHeader, Stamp};

use super::{
    append,
    claims::{self, Claim},
    deleting::pending,
    erasure, is_theirs, owner, resetting, rows, silences, timers,
};
use crate::{
    carriers,
    event::Event,
    own,
    position::Position,
    records::{
        ControlIndex, Conversation, EntryRecord, LogRecord, OrderRow, Ranges, Receipts, Row, SaidAgain,
        SetAside, Unsettled, content_log,
    },
    store::{Bounds, Order},
    sync,
    turn::{Step, Turn},
};

/// How many entries of a log are looked at in one go when it is searched for what was said again.
const SAID_PAGE: usize = 128;

/// A device of ours was replaced: what its contacts do not hold of it will have to be written anew.
pub(crate) fn replaced(turn: &mut Turn, device: DeviceId) -> Step {
    for conversation in turn.all::<Conversation>(&Conversation::scope())? {
        turn.save(&Unsettled {
            conversation: conversation.id,
            device,
        })?;
    }
    Ok(())
}

/// Whether a log of a past device of ours may still give way to another branch of it. Words may until it is settled what
/// the contact holds of them: a contact who has both branches could otherwise show the other one later, and words that are
/// part of the settled log would leave it, with nobody to say them again. Control entries carry no words and are what
/// both sides need alike.
pub(crate) fn may_make_way(turn: &Turn, log: &LogRecord) -> Step<bool> {
    Ok(log.log.kind == LogKind::Control || turn.has(&Unsettled::at(&log.conversation, &log.log.author))?)
}

/// An entry of a past device of ours contradicts what we hold of its log: the log that others know wins, and what of ours
/// is not part of it is taken out.
pub(crate) fn make_way(
    turn: &mut Turn,
    conversation: &mut Conversation,
    log: &mut LogRecord,
    entry: &SignedHeader,
) -> Step {
    let header = entry.header();
    let before = header.seq.saturating_sub(1);
    let known = claims::entry_id(turn, &conversation.id, &log.log, before)?;
    // Either it parts from ours at this number, or somewhere before: then at the latest where a receipt was right.
    let common = if known == header.prev && before <= log.contiguous {
        before
    } else {
        acknowledged(turn, conversation, log)?.min(before)
    };
    take_out(turn, conversation, log, (common, &Ranges::default()))
}

/// How far a device of the contact has shown to hold the same of a log as we do. Control logs are not acknowledged.
fn acknowledged(turn: &Turn, conversation: &Conversation, log: &LogRecord) -> Step<u64> {
    if log.log.kind == LogKind::Control {
        return Ok(0);
    }
    let mut end = 0;
    for receipts in turn.all::<Receipts>(&Receipts::scope(&conversation.id))? {
        if is_theirs(turn, conversation, &receipts.device)? {
            end = end.max(receipts.held.get(&log.log.author).copied().unwrap_or(0));
        }
    }
    Ok(end)
}

/// Takes everything after `last` out of a log, but for what is to be kept beyond it; words are set aside.
fn take_out(
    turn: &mut Turn,
    conversation: &mut Conversation,
    log: &mut LogRecord,
    (last, kept): (u64, &Ranges),
) -> Step {
    let mut remaining = Vec::new();
    let scope = EntryRecord::scope(&conversation.id, &log.log);
    let after = Bounds::numbers(last.saturating_add(1), u64::MAX);
    for record in turn.scan::<EntryRecord>(&scope, &after, Order::Ascending, usize::MAX)? {
        if kept.contains(record.seq) {
            remaining.push(record.seq);
            continue;
        }
        let header = SignedHeader::open_trusted(&record.header)?;
        turn.remove(EntryRecord::at(&conversation.id, &log.log, record.seq));
        match log.log.kind {
            LogKind::Control => {
                turn.remove(ControlIndex::at(&conversation.id, &header.id()));
                resetting::retract(turn, conversation, (&header, record.body.as_deref()))?;
            }
            LogKind::Content => set_aside(turn, conversation, &header, record.body)?,
        }
    }
    log.cut(last, None);
    remaining.into_iter().for_each(|seq| log.insert(seq));
    log.head = claims::entry_id(turn, &conversation.id, &log.log, log.contiguous)?;
    turn.save(log)?;
    if log.log.kind == LogKind::Control {
        resetting::recount(turn, conversation)?;
    }
    turn.emit(Event::Reload);
    rows::refresh_last(turn, conversation)
}

fn set_aside(
    turn: &mut Turn,
    conversation: &Conversation,
    header: &SignedHeader,
    body: Option<Vec<u8>>,
) -> Step {
    let fields = header.header();
    let position = Position::new(&conversation.id, fields.at, &fields.author, fields.seq);
    let row = OrderRow::at(&conversation.id, &position);
    silences::remove(turn, &conversation.id, &fields.log_id(), fields.seq)?;
    let Some(body) = body else {
        // Its words were erased: nothing is left to say.
        turn.remove(row);
        return Ok(());
    };
    let aside = SetAside {
        conversation: conversation.id,
        device: fields.author,
        seq: fields.seq,
        id: header.id(),
        position,
        body,
    };
    erasure::save_aside(turn, &aside)?;
    // What asks for others to be deleted has no row, and is said again all the same.
    match turn.load::<OrderRow>(&row)? {
        Some(known) => turn.save(&OrderRow {
            row: Row::SetAside,
            ..known
        }),
        None => Ok(()),
    }
}

/// A linked device of the contact told what it holds: once that is exactly what we hold of a replaced device's log, but
/// for what we have beyond it, what is beyond is written anew.
pub(crate) fn settle(
    turn: &mut Turn,
    conversation: &Conversation,
    device: &DeviceId,
    held: &[Holding],
) -> Step {
    let open = turn.all::<Unsettled>(&Unsettled::scope(&conversation.id))?;
    // Not by mail: who has not heard of the new device may yet take something of the old one. And not while something
    // is on its way that it may still take.
    let heard = turn.live.links.get(device).is_some_and(|link| {
        link.agreed.contains(&conversation.id) && !link.sending.contains_key(&conversation.id)
    });
    // An old copy of this device writes nothing more; the device that takes its place says this as well.
    if open.is_empty() || !heard || own::profile(turn)?.outdated {
        return Ok(());
    }
    if !is_fetched(turn, conversation, device, held)? {
        return Ok(());
    }
    // What came further by this very receipt may have changed the conversation's record.
    let mut conversation = super::find(turn, &conversation.id)?;
    for unsettled in open {
        let log = content_log(unsettled.device);
        let claim = held.iter().find(|claim| claim.author == unsettled.device);
        let end = claim.map_or((0, None), |claim| (claim.seq, Some(claim.head)));
        // What they hold beyond a gap they have as well, once it is known to be the same.
        if claims::weigh(turn, &conversation.id, &log, end)? == Claim::Fits
            && sync::frontier::is_proven_whole(turn, device, &conversation, &log)
        {
            let link = turn.live.links.get(device);
            let beyond = link.and_then(|link| link.beyond.get(&(conversation.id, log)));
            let held = (end.0, &beyond.cloned().unwrap_or_default());
            write_anew(turn, &mut conversation, &log, held)?;
            if conversation.group().is_some() && !is_held_by_all(turn, &conversation, &log)? {
                // Another member may hold another branch still.
                continue;
            }
            turn.remove(Unsettled::at(&conversation.id, &unsettled.device));
            resetting::settled(turn, &mut conversation, &unsettled.device)?;
        }
    }
    Ok(())
}

/// Whether somebody of each member has shown to hold all that we hold of a log: nobody has another branch of it to show then.
fn is_held_by_all(turn: &Turn, conversation: &Conversation, log: &LogId) -> Step<bool> {
    let known = turn.load::<LogRecord>(&LogRecord::at(&conversation.id, log))?;
    let end = known.map_or(0, |known| known.contiguous);
    let mut holders = BTreeSet::new();
    for receipts in turn.all::<Receipts>(&Receipts::scope(&conversation.id))? {
        let held = receipts.held.get(&log.author).copied().unwrap_or(0);
        if held >= end {
            holders.extend(owner(turn, conversation, &receipts.device)?);
        }
    }
    let others = conversation.others(&turn.me.account);
    Ok(others.iter().all(|other| holders.contains(other)))
}

/// Whether we hold what a device says it holds of the logs of our account: some of the words that wait may have been said
/// again already, by another installation that took this one's place, and are there to be read.
fn is_fetched(turn: &Turn, conversation: &Conversation, device: &DeviceId, held: &[Holding]) -> Step<bool> {
    for claim in held {
        if owner(turn, conversation, &claim.author)? != Some(turn.me.account) {
            continue;
        }
        let log = content_log(claim.author);
        let end = (claim.seq, Some(claim.head));
        if claims::weigh(turn, &conversation.id, &log, end)? != Claim::Fits
            || !sync::frontier::is_proven_whole(turn, device, conversation, &log)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn write_anew(
    turn: &mut Turn,
    conversation: &mut Conversation,
    log: &LogId,
    (held, beyond): (u64, &Ranges),
) -> Step {
    // In a group nobody closed the log: what one member lacks of it any other, ourselves too, hands it.
    if conversation.group().is_none()
        && let Some(mut known) = turn.load::<LogRecord>(&LogRecord::at(&conversation.id, log))?
    {
        let end = acknowledged(turn, conversation, &known)?.max(held);
        if end < known.end() {
            take_out(turn, conversation, &mut known, (end, beyond))?;
        }
    }
    let mut waiting = turn.all::<SetAside>(&SetAside::scope(&conversation.id))?;
    waiting.retain(|aside| aside.device == log.author);
    if waiting.is_empty() {
        return Ok(());
    }
    let said = said_elsewhere(turn, conversation, log, &waiting)?;
    for aside in waiting {
        let row = OrderRow::at(&conversation.id, &aside.position);
        erasure::erase_aside(turn, &aside)?;
        if claims::entry_id(turn, &conversation.id, log, aside.seq)? == Some(aside.id) {
            // It came back with the contact's copy of the log, and its row with it.
            continue;
        }
        turn.remove(row);
        turn.save(&SaidAgain {
            conversation: conversation.id,
            id: aside.id,
        })?;
        let body = Body::decode(&aside.body)?;
        if !said.contains(&body.commit().0) {
            let expires_at_ms = timers::expiry_of_aside(turn, &aside)?;
            let again = (aside.position.stamp(), expires_at_ms);
            if let Some(row) = append::again(turn, conversation, &body, again)? {
                pending::follow(turn, &aside.position, &row)?;
            }
        }
    }
    rows::refresh_last(turn, conversation)?;
    turn.emit(Event::Reload);
    sync::expect_receipt(turn, conversation);
    carriers::sending::soon(turn, conversation);
    Ok(())
}

/// The commitments of what other devices of ours have said since the first of the words that wait was written. Words are
/// said again in the body they had, so that these tell which of them were.
fn said_elsewhere(
    turn: &Turn,
    conversation: &Conversation,
    log: &LogId,
    waiting: &[SetAside],
) -> Step<BTreeSet<[u8; 32]>> {
    let Some(since) = waiting.iter().map(|aside| aside.position.stamp()).min() else {
        return Ok(BTreeSet::new());
    };
    said_by_others(turn, conversation, &log.author, since)
}

/// The commitments of what other devices of the account of one have said since a time.
fn said_by_others(
    turn: &Turn,
    conversation: &Conversation,
    device: &DeviceId,
    since: Stamp,
) -> Step<BTreeSet<[u8; 32]>> {
    let account = owner(turn, conversation, device)?;
    let mut said = BTreeSet::new();
    for known in turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))? {
        let author = known.log.author;
        let is_other = known.log.kind == LogKind::Content && author != *device;
        if is_other && account.is_some() && owner(turn, conversation, &author)? == account {
            said_since(turn, &known, since, &mut said)?;
        }
    }
    Ok(said)
}

/// Whether another device of its author's account has said an entry anew.
pub(super) fn is_said_anew(turn: &Turn, conversation: &Conversation, entry: &SignedHeader) -> Step<bool> {
    let header = entry.header();
    let said = said_by_others(turn, conversation, &header.author, header.at)?;
    Ok(said.contains(&header.body.0))
}

/// Notes the commitments of a log from its end back to a time: stamps grow along a log.
fn said_since(turn: &Turn, log: &LogRecord, since: Stamp, said: &mut BTreeSet<[u8; 32]>) -> Step {
    let scope = EntryRecord::scope(&log.conversation, &log.log);
    let mut last = log.end();
    while last > 0 {
        let page = Bounds::numbers(1, last);
        let found = turn.scan::<EntryRecord>(&scope, &page, Order::Descending, SAID_PAGE)?;
        last = found.last().map_or(0, |record| record.seq.saturating_sub(1));
        for record in found {
            let header = SignedHeader::open_trusted(&record.header)?;
            if header.header().at < since {
                return Ok(());
            }
            said.insert(header.header().body.0);
        }
    }
    Ok(())
}
