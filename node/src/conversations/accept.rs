//! Entries of others, by whatever road they came. What is accepted here was signed by its author, belongs to a member
//! and fits the log it claims to stand in.

use kith_crypto::{AccountId, Control, CryptoError, Entry, LogKind, SignedHeader};

use super::{
    aside, branches, crowds, deleting::applying, erasure, lacking, later, owner, rows, silences, timers, view,
};
use crate::{
    carriers::granted,
    clock,
    groups::{founding, leaving},
    own,
    records::{
        ControlIndex, Conversation, EntryRecord, Evidence, LogRecord, OrderRow, Ranges, Row, SaidAgain,
    },
    turn::{Fault, Step, Turn},
};

/// What became of an entry.
#[derive(Debug)]
pub(crate) enum Accepted {
    /// It is new, or its words are; content has its row.
    Content(Box<OrderRow>),
    /// It is new and of a content log, and has no row: a deletion, or an entry whose words are not here.
    Silent,
    /// It is new and of a control log.
    Control,
    /// It was here already.
    Duplicate,
    /// It is not taken; the reason is for the log.
    Refused(&'static str),
    /// It is not taken: of its author's account there are as many logs here as there may be.
    Full(AccountId),
}

/// Takes an entry whose signature was verified by [`SignedHeader::open_any`] into `conversation`.
pub(crate) fn accept(turn: &mut Turn, conversation: &mut Conversation, entry: &Entry) -> Step<Accepted> {
    let header = entry.header.header();
    if header.conversation != conversation.id {
        return Ok(Accepted::Refused("an entry of another conversation"));
    }
    check(entry)?;
    let Some(account) = owner(turn, conversation, &header.author)? else {
        return Ok(Accepted::Refused("an author who is no member"));
    };
    if account == turn.me.account && entry.header.is_later() {
        // What an installation of ours wrote is said anew and weighed, which takes reading it.
        return Ok(Accepted::Refused("an entry of ours that only a newer Kith reads"));
    }
    let log_id = header.log_id();
    let key = LogRecord::at(&conversation.id, &log_id);
    let mut log = match turn.load(&key)? {
        Some(log) => log,
        None if crowds::is_full(turn, conversation, (&account, &header.author))? => {
            return Ok(Accepted::Full(account));
        }
        None => LogRecord::empty(conversation.id, log_id),
    };
    let is_past = account == turn.me.account && header.author != turn.device();
    if is_past && contradicts(turn, &log, &entry.header)? {
        if turn.has(&SaidAgain::at(&conversation.id, &entry.header.id()))? {
            return Ok(Accepted::Refused("words that were said again since"));
        }
        if !aside::may_make_way(turn, &log)? {
            return Ok(Accepted::Refused("another branch of a log that is settled"));
        }
        aside::make_way(turn, conversation, &mut log, &entry.header)?;
    }
    if log.holds(header.seq) {
        return known(turn, conversation, log, entry, account);
    }
    if is_past && turn.has(&SaidAgain::at(&conversation.id, &entry.header.id()))? {
        return Ok(Accepted::Refused("words that were said again since"));
    }
    if log.frozen || log.closed_at.is_some_and(|end| header.seq > end) {
        return Ok(Accepted::Refused("a log that is closed"));
    }
    // What fills a gap, or goes on from what is held, makes no more of them: refused, none would ever be filled.
    if log.beyond.len() >= Ranges::MOST && log.stands_apart(header.seq) {
        return Ok(Accepted::Refused("too many gaps in a log"));
    }
    if header.author == turn.device() {
        // Our own signature under a number that we have not reached: this store is an old copy of itself. From now on
        // nothing is written under this device, since it would sign a second entry under a used number.
        own::mark_outdated(turn)?;
    }
    if !fits(turn, &log, &entry.header)? {
        freeze(turn, conversation, log, &entry.header)?;
        return Ok(Accepted::Refused("an entry that does not fit its log"));
    }
    insert(turn, conversation, &mut log, entry, account)
}

/// Whether an entry can be taken at all. It is asked before anything is written, since not every caller charges the fault
/// to whom the entry came from.
pub(crate) fn check(entry: &Entry) -> Step {
    if entry.check().is_err() {
        return Err(Fault::Peer("a body that its header does not commit to"));
    }
    if entry.header.is_later() {
        // What it says is for whoever can read it.
        return Ok(());
    }
    let header = entry.header.header();
    if header.log == LogKind::Content {
        if header.expires_at_ms.is_some() && applying::targets_of(entry).is_some() {
            // It has to stay for whoever has not heard of it yet.
            return Err(Fault::Peer("a deletion that is to disappear"));
        }
        return Ok(());
    }
    // A control entry of a newer Kith is kept and passed on; one that contradicts its own format is not.
    match entry.body.as_ref().map(|body| Control::decode(&body.content)) {
        None | Some(Ok(_) | Err(CryptoError::UnknownContent { .. } | CryptoError::FutureVersion { .. })) => {
            Ok(())
        }
        Some(Err(_)) => Err(Fault::Peer("a control entry that does not decode")),
    }
}

/// A number we hold already: the same entry again, or evidence of two under one number.
fn known(
    turn: &mut Turn,
    conversation: &mut Conversation,
    log: LogRecord,
    entry: &Entry,
    account: AccountId,
) -> Step<Accepted> {
    let header = entry.header.header();
    match held(turn, &log, header.seq)? {
        Some(ours) if ours.id() != entry.header.id() => {
            freeze(turn, conversation, log, &entry.header)?;
            Ok(Accepted::Refused("a second entry under one number"))
        }
        Some(_) if header.log == LogKind::Content && entry.body.is_some() => {
            filled(turn, conversation, entry, account)
        }
        _ => Ok(Accepted::Duplicate),
    }
}

/// The words of an entry that we hold. They are news if it came without them, unless they were erased here.
fn filled(
    turn: &mut Turn,
    conversation: &mut Conversation,
    entry: &Entry,
    account: AccountId,
) -> Step<Accepted> {
    let header = entry.header.header();
    let log = header.log_id();
    let key = EntryRecord::at(&conversation.id, &log, header.seq);
    let Some(record) = turn
        .load::<EntryRecord>(&key)?
        .filter(|record| record.body.is_none())
    else {
        return Ok(Accepted::Duplicate);
    };
    let body = wanted_body(turn, conversation, entry, &account)?;
    if body.is_none() {
        return Ok(Accepted::Duplicate);
    }
    let received_at_ms = record.received_at_ms;
    timers::decide(turn, header, received_at_ms)?;
    erasure::save_entry(turn, &EntryRecord { body, ..record })?;
    silences::remove(turn, &conversation.id, &log, header.seq)?;
    lacking::forget(turn, conversation, (&log.author, &Ranges::one(header.seq)))?;
    takes_effect(turn, conversation, entry, account, Some(received_at_ms))
}

/// The encoded body of an entry, unless its words are not to be kept.
fn wanted_body(
    turn: &Turn,
    conversation: &Conversation,
    entry: &Entry,
    account: &AccountId,
) -> Step<Option<Vec<u8>>> {
    let is_message = entry.header.header().log == LogKind::Content && applying::targets_of(entry).is_none();
    if is_message && applying::is_unwanted(turn, &conversation.id, &entry.header, account)? {
        return Ok(None);
    }
    Ok(entry.body.as_ref().map(|body| body.encode()).transpose()?)
}

/// Whether an entry and what we hold cannot both be in one log.
pub(super) fn contradicts(turn: &Turn, log: &LogRecord, header: &SignedHeader) -> Step<bool> {
    let seq = header.header().seq;
    if log.holds(seq) {
        let held = held(turn, log, seq)?;
        return Ok(held.is_some_and(|ours| ours.id() != header.id()));
    }
    Ok(!fits(turn, log, header)?)
}

/// Whether an entry and its neighbours name one another.
fn fits(turn: &Turn, log: &LogRecord, header: &SignedHeader) -> Step<bool> {
    let seq = header.header().seq;
    let before = held(turn, log, seq.saturating_sub(1))?.map(|entry| entry.id());
    let after = held(turn, log, seq.saturating_add(1))?.and_then(|entry| entry.header().prev);
    let follows = before.is_none_or(|id| header.header().prev == Some(id));
    let is_followed = after.is_none_or(|id| id == header.id());
    Ok(follows && is_followed)
}

pub(super) fn held(turn: &Turn, log: &LogRecord, seq: u64) -> Step<Option<SignedHeader>> {
    if seq == 0 {
        return Ok(None);
    }
    let record = turn.load::<EntryRecord>(&EntryRecord::at(&log.conversation, &log.log, seq))?;
    Ok(record
        .map(|record| SignedHeader::open_trusted(&record.header))
        .transpose()?)
}

/// Keeps the evidence, freezes the log and tells the person, once.
fn freeze(
    turn: &mut Turn,
    conversation: &mut Conversation,
    mut log: LogRecord,
    evidence: &SignedHeader,
) -> Step {
    if log.frozen {
        return Ok(());
    }
    if log.log.author == turn.device() {
        // Not a lie of ours but an old copy of our folder, which has been written to since it was put back.
        return own::mark_outdated(turn);
    }
    let author = log.log.author;
    let Some(account) = owner(turn, conversation, &author)? else {
        return Ok(());
    };
    if branches::is_disowned(turn, conversation, (&account, &author))? {
        return Ok(());
    }
    log.frozen = true;
    turn.save(&log)?;
    let notice = rows::insert_notice(turn, conversation, account, Row::Equivocation(author))?;
    turn.save(&Evidence {
        conversation: conversation.id,
        header: evidence.bytes().to_vec(),
        found_at_ms: turn.now_ms,
        notice: Some(notice.position),
    })?;
    view::emit_row(turn, conversation, &notice.position)?;
    view::emit_conversation(turn, conversation)
}

fn insert(
    turn: &mut Turn,
    conversation: &mut Conversation,
    log: &mut LogRecord,
    entry: &Entry,
    account: AccountId,
) -> Step<Accepted> {
    let header = entry.header.header();
    let record = EntryRecord {
        conversation: conversation.id,
        log: log.log,
        seq: header.seq,
        header: entry.header.bytes().to_vec(),
        body: wanted_body(turn, conversation, entry, &account)?,
        received_at_ms: turn.now_ms,
    };
    let words_since_ms = record.body.as_ref().map(|_| record.received_at_ms);
    if let Some(since_ms) = words_since_ms {
        timers::decide(turn, header, since_ms)?;
    }
    erasure::save_entry(turn, &record)?;
    log.insert(header.seq);
    log.head = if log.contiguous == header.seq {
        Some(entry.header.id())
    } else {
        held(turn, log, log.contiguous)?.map(|entry| entry.id())
    };
    turn.save(log)?;
    match &entry.body {
        None => lacking::note(turn, conversation, &entry.header, &account)?,
        Some(_) => {
            lacking::forget(turn, conversation, (&header.author, &Ranges::one(header.seq)))?;
        }
    }
    granted::came(turn, &conversation.id, &log.log, header.seq)?;
    clock::merge(turn, header.at)?;
    takes_effect(turn, conversation, entry, account, words_since_ms)
}

/// An entry is held: it means something now, or once it can be read.
fn takes_effect(
    turn: &mut Turn,
    conversation: &mut Conversation,
    entry: &Entry,
    account: AccountId,
    words_since_ms: Option<u64>,
) -> Step<Accepted> {
    if !entry.header.is_later() {
        return means(turn, conversation, entry, (account, words_since_ms));
    }
    later::note(turn, &entry.header)?;
    let header = entry.header.header();
    match header.log {
        LogKind::Content => {
            silences::add(turn, &conversation.id, &header.log_id(), header.seq)?;
            Ok(Accepted::Silent)
        }
        LogKind::Control => {
            index(turn, conversation, entry)?;
            Ok(Accepted::Control)
        }
    }
}

/// What an entry means that is held and can be read. `words_since_ms` says since when its words are known here, if they are.
pub(super) fn means(
    turn: &mut Turn,
    conversation: &mut Conversation,
    entry: &Entry,
    (account, words_since_ms): (AccountId, Option<u64>),
) -> Step<Accepted> {
    match entry.header.header().log {
        LogKind::Content => content(turn, conversation, entry, account, words_since_ms),
        LogKind::Control => control(turn, conversation, entry, account),
    }
}

/// An entry of a content log is held: it does what it says, has its row, or waits in silence for its words.
/// `words_since_ms` says since when they are known here, if they are.
fn content(
    turn: &mut Turn,
    conversation: &mut Conversation,
    entry: &Entry,
    account: AccountId,
    words_since_ms: Option<u64>,
) -> Step<Accepted> {
    let header = entry.header.header();
    let (log, seq) = (header.log_id(), header.seq);
    if let Some(targets) = applying::targets_of(entry) {
        silences::add(turn, &conversation.id, &log, seq)?;
        applying::apply(turn, conversation, &account, &targets)?;
        return Ok(Accepted::Silent);
    }
    let Some(received_at_ms) = words_since_ms else {
        silences::add(turn, &conversation.id, &log, seq)?;
        return Ok(Accepted::Silent);
    };
    let row = rows::insert_entry(
        turn,
        conversation,
        &entry.header,
        account,
        Row::Entry { log, seq },
    )?;
    timers::note(turn, &row, header, received_at_ms)?;
    Ok(Accepted::Content(Box::new(row)))
}

/// Notes where a control entry is, so that `deps` find it.
fn index(turn: &mut Turn, conversation: &Conversation, entry: &Entry) -> Step {
    turn.save(&ControlIndex {
        conversation: conversation.id,
        id: entry.header.id(),
        seq: entry.header.header().seq,
    })
}

fn control(
    turn: &mut Turn,
    conversation: &mut Conversation,
    entry: &Entry,
    account: AccountId,
) -> Step<Accepted> {
    index(turn, conversation, entry)?;
    match entry.body.as_ref().map(|body| Control::decode(&body.content)) {
        Some(Ok(Control::SetTimer { seconds })) => {
            timers::take(turn, conversation, &entry.header, (account, seconds))?;
            view::emit_conversation(turn, conversation)?;
        }
        Some(Ok(Control::Open { .. })) => {
            founding::show(turn, conversation, &entry.header, account)?;
        }
        Some(Ok(Control::Leave)) => leaving::take(turn, conversation, &entry.header, account)?,
        _ => {}
    }
    Ok(Accepted::Control)
}
