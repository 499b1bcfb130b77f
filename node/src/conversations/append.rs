//! Entries of our own.

use kith_crypto::{Body, Content, Control, Header, LogId, LogKind, SignedHeader, Stamp, Target};

use super::{erasure, receipts, rows, silences, timers};
use crate::{
    clock,
    records::{ControlIndex, Conversation, EntryRecord, LogRecord, OrderRow, Row, content_log, control_log},
    turn::{Step, Turn},
};

/// An entry that was just written.
pub(crate) struct Appended {
    /// Signature and header.
    pub header: SignedHeader,
    /// The encoded body.
    pub body: Vec<u8>,
}

/// Writes encoded content into our content log and its row into the order.
pub(crate) fn content(
    turn: &mut Turn,
    conversation: &mut Conversation,
    content: Vec<u8>,
) -> Step<(Appended, OrderRow)> {
    let at = clock::next_stamp(turn, conversation)?;
    let at = after_own(turn, conversation, at)?;
    let expires_at_ms = timers::expiry_at(turn, &conversation.id, at)?;
    let body = Body::new(content, turn.rng);
    content_at(turn, conversation, &body, (at, expires_at_ms))
}

/// Asks for messages of ours to be deleted: an entry of our content log that is no message itself.
pub(crate) fn deletion(turn: &mut Turn, conversation: &Conversation, targets: Vec<Target>) -> Step<Appended> {
    let at = clock::next_stamp(turn, conversation)?;
    let body = Body::new(Content::Delete { targets }.encode()?, turn.rng);
    deletion_at(turn, conversation, &body, at)
}

fn deletion_at(turn: &mut Turn, conversation: &Conversation, body: &Body, at: Stamp) -> Step<Appended> {
    let at = after_own(turn, conversation, at)?;
    let appended = append(turn, conversation, (LogKind::Content, at, None), body)?;
    let log = content_log(turn.device());
    silences::add(turn, &conversation.id, &log, appended.header.header().seq)?;
    Ok(appended)
}

/// `at`, or the first stamp after what we wrote last: the newest row may have been deleted since, and a log's stamps rise
/// with its numbers.
fn after_own(turn: &Turn, conversation: &Conversation, at: Stamp) -> Step<Stamp> {
    let log = content_log(turn.device());
    Ok(match newest(turn, conversation, &log)? {
        Some(header) => at.max(header.header().at.tick(0)),
        None => at,
    })
}

fn newest(turn: &Turn, conversation: &Conversation, log: &LogId) -> Step<Option<SignedHeader>> {
    let end = turn.load::<LogRecord>(&LogRecord::at(&conversation.id, log))?;
    let newest = match end.map(|log| EntryRecord::at(&conversation.id, &log.log, log.contiguous)) {
        Some(key) => turn.load::<EntryRecord>(&key)?,
        None => None,
    };
    let header = newest.map(|record| SignedHeader::open_trusted(&record.header));
    Ok(header.transpose()?)
}

/// Writes a body once more that a past device of ours had written at `at`: into the same place of the order, unless this
/// device has written later things there already; it disappears when it would have. It is the same body, salt and all, so
/// that its commitment tells whoever may read both that they are one.
/// Gives its row, unless it asks for others to be deleted.
pub(crate) fn again(
    turn: &mut Turn,
    conversation: &mut Conversation,
    body: &Body,
    (at, expires_at_ms): (Stamp, Option<u64>),
) -> Step<Option<OrderRow>> {
    if matches!(Content::decode(&body.content), Ok(Content::Delete { .. })) {
        deletion_at(turn, conversation, body, at)?;
        return Ok(None);
    }
    let at = after_own(turn, conversation, at)?;
    let (_, row) = content_at(turn, conversation, body, (at, expires_at_ms))?;
    Ok(Some(row))
}

fn content_at(
    turn: &mut Turn,
    conversation: &mut Conversation,
    body: &Body,
    (at, expires_at_ms): (Stamp, Option<u64>),
) -> Step<(Appended, OrderRow)> {
    let appended = append(turn, conversation, (LogKind::Content, at, expires_at_ms), body)?;
    let log = content_log(turn.device());
    let seq = appended.header.header().seq;
    let row = rows::insert_entry(
        turn,
        conversation,
        &appended.header,
        turn.me.account,
        Row::Entry { log, seq },
    )?;
    receipts::show_own(turn, conversation, &row)?;
    let now_ms = turn.now_ms;
    timers::note(turn, &row, appended.header.header(), now_ms)?;
    let batch = turn.live.batch;
    turn.live.unflushed.insert((conversation.id, row.position), batch);
    Ok((appended, row))
}

/// Writes a control entry into our control log.
pub(crate) fn control(turn: &mut Turn, conversation: &Conversation, control: &Control) -> Step<Appended> {
    let at = clock::next_stamp(turn, conversation)?;
    let body = Body::new(control.encode()?, turn.rng);
    let appended = append(turn, conversation, (LogKind::Control, at, None), &body)?;
    let header = &appended.header;
    let index = ControlIndex {
        conversation: conversation.id,
        id: header.id(),
        seq: header.header().seq,
    };
    turn.save(&index)?;
    Ok(appended)
}

fn append(
    turn: &mut Turn,
    conversation: &Conversation,
    (kind, at, expires_at_ms): (LogKind, Stamp, Option<u64>),
    body: &Body,
) -> Step<Appended> {
    let author = turn.device();
    let log_id = match kind {
        LogKind::Control => control_log(author),
        LogKind::Content => content_log(author),
    };
    let key = LogRecord::at(&conversation.id, &log_id);
    let mut log = turn
        .load(&key)?
        .unwrap_or_else(|| LogRecord::empty(conversation.id, log_id));
    let header = Header {
        version: Header::VERSION,
        conversation: conversation.id,
        author,
        log: kind,
        seq: log.contiguous.saturating_add(1),
        prev: log.head,
        deps: control_heads(turn, conversation)?,
        at,
        expires_at_ms,
        body: body.commit(),
    };
    let signed = SignedHeader::sign(header, &turn.me.device)?;
    let seq = signed.header().seq;
    let encoded = body.encode()?;
    let entry = EntryRecord {
        conversation: conversation.id,
        log: log_id,
        seq,
        header: signed.bytes().to_vec(),
        body: Some(encoded.clone()),
        received_at_ms: turn.now_ms,
    };
    timers::decide(turn, signed.header(), entry.received_at_ms)?;
    erasure::save_entry(turn, &entry)?;
    log.insert(seq);
    log.head = Some(signed.id());
    turn.save(&log)?;
    Ok(Appended {
        header: signed,
        body: encoded,
    })
}

/// The newest entry of each control log, as far as each is held without a gap.
pub(crate) fn control_heads(turn: &Turn, conversation: &Conversation) -> Step<Vec<kith_crypto::EntryId>> {
    let logs = turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))?;
    let control = logs.into_iter().filter(|log| log.log.kind == LogKind::Control);
    let mut heads: Vec<_> = control.filter_map(|log| log.head).collect();
    heads.sort_unstable();
    heads.truncate(kith_crypto::MAX_DEPS);
    Ok(heads)
}
