//! After a damaged store was rescued: what the entries that are left tell, told again.
//!
//! A rescue keeps every record that can still be read, but records that describe others may now claim too much: a log
//! record counts entries that are gone, and nobody would ever send them again. So the logs are counted anew from their
//! entries, and every message gets its row. What is then missing shows as a gap, and sync fetches it from the contact.

use kith_crypto::{AccountId, Body, Control, DeviceId, Entry, LogId, LogKind, SignedHeader};

use super::{deleting::applying, erasure, later, owner, reading, rows, silences, timers};
use crate::{
    contacts,
    groups::{founding, leaving},
    position::Position,
    records::{Conversation, EntryRecord, LogRecord, PeerDevice, Row},
    store::{Bounds, Order},
    turn::{Step, Turn},
};

/// How many entries are looked at in one step.
const STEP: usize = 1_000;

/// Counts every log of every conversation anew.
pub(crate) fn after_damage(turn: &mut Turn) -> Step {
    let made_anew = contacts::mending::after_damage(turn)?;
    let mut devices = vec![turn.device()];
    devices.extend(
        turn.all::<PeerDevice>(&PeerDevice::scope())?
            .iter()
            .map(|peer| peer.device),
    );
    for mut conversation in turn.all::<Conversation>(&Conversation::scope())? {
        conversation.last = None;
        for device in &devices {
            let Some(account) = owner(turn, &conversation, device)? else {
                continue;
            };
            for kind in [LogKind::Control, LogKind::Content] {
                count(turn, &mut conversation, *device, kind, account)?;
            }
        }
        let newest = rows::before(turn, &conversation, &Position::MAX, 1)?;
        conversation.last = newest.last().map(|row| row.position);
        if made_anew.contains(&conversation.id) {
            // What was read is not known any more; what comes from now on is new.
            conversation.read_up_to = conversation.last.unwrap_or(Position::MIN);
        }
        let read_up_to = conversation.read_up_to;
        conversation.unread = reading::unread_after(turn, &conversation, &read_up_to)?;
        turn.save(&conversation)?;
    }
    Ok(())
}

/// Up to where the entries of a log are here without a gap, whatever its record says.
pub(crate) fn counted_end(turn: &Turn, log: &LogRecord) -> Step<u64> {
    let scope = EntryRecord::scope(&log.conversation, &log.log);
    let mut next = log.base.max(1);
    loop {
        let bounds = Bounds::numbers(next, u64::MAX);
        let step: Vec<EntryRecord> = turn.scan(&scope, &bounds, Order::Ascending, STEP)?;
        for record in &step {
            if record.seq != next {
                return Ok(next.saturating_sub(1));
            }
            next = next.saturating_add(1);
        }
        if step.len() < STEP {
            return Ok(next.saturating_sub(1));
        }
    }
}

fn count(
    turn: &mut Turn,
    conversation: &mut Conversation,
    author: DeviceId,
    kind: LogKind,
    account: AccountId,
) -> Step {
    let log = LogId { author, kind };
    let known = turn.load::<LogRecord>(&LogRecord::at(&conversation.id, &log))?;
    let mut counted = LogRecord::empty(conversation.id, log);
    if let Some(known) = &known {
        counted.frozen = known.frozen;
        counted.closed_at = known.closed_at;
    }
    let mut next = 1;
    loop {
        let scope = EntryRecord::scope(&conversation.id, &log);
        let step: Vec<EntryRecord> =
            turn.scan(&scope, &Bounds::numbers(next, u64::MAX), Order::Ascending, STEP)?;
        for record in &step {
            let header = SignedHeader::open_trusted(&record.header)?;
            counted.insert(record.seq);
            if counted.contiguous == record.seq {
                counted.head = Some(header.id());
            }
            mend(turn, conversation, record, header, account)?;
        }
        match step.last() {
            Some(last) if step.len() == STEP => next = last.seq.saturating_add(1),
            _ => break,
        }
    }
    if known.is_some() || counted.end() > 0 {
        turn.save(&counted)
    } else {
        Ok(())
    }
}

/// What an entry says is done again, and its row is there again, unless its words are gone.
fn mend(
    turn: &mut Turn,
    conversation: &mut Conversation,
    record: &EntryRecord,
    header: SignedHeader,
    account: AccountId,
) -> Step {
    let body = record.body.as_deref().map(Body::decode).transpose();
    let entry = Entry {
        header,
        body: body.unwrap_or_default(),
    };
    let (log, seq) = (record.log, record.seq);
    if entry.header.is_later() {
        later::note(turn, &entry.header)?;
        return match log.kind {
            LogKind::Content => silences::add(turn, &conversation.id, &log, seq),
            LogKind::Control => Ok(()),
        };
    }
    if log.kind == LogKind::Control {
        return match entry.body.as_ref().map(|body| Control::decode(&body.content)) {
            Some(Ok(Control::SetTimer { seconds })) => {
                timers::take(turn, conversation, &entry.header, (account, seconds))
            }
            Some(Ok(Control::Open { .. })) => founding::show(turn, conversation, &entry.header, account),
            Some(Ok(Control::Leave)) => leaving::take(turn, conversation, &entry.header, account),
            _ => Ok(()),
        };
    }
    if let Some(targets) = applying::targets_of(&entry) {
        silences::add(turn, &conversation.id, &log, seq)?;
        return applying::apply(turn, conversation, &account, &targets);
    }
    if record.body.is_none() || applying::is_unwanted(turn, &conversation.id, &entry.header, &account)? {
        erasure::erase(turn, conversation, &[(log, seq)])?;
        return silences::add(turn, &conversation.id, &log, seq);
    }
    let received_at_ms = record.received_at_ms;
    let row = Row::Entry { log, seq };
    let row = rows::restore_entry(turn, conversation, &entry.header, account, row, received_at_ms)?;
    timers::note(turn, &row, entry.header.header(), received_at_ms)
}
