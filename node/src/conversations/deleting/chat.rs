//! A whole conversation that is deleted here: all its rows and words; its contact stays.
//!
//! What was held of each log when the person wished for it is noted in one batch ([`Cleared`]), and from then on nobody
//! sees it and nothing brings it back. The rows go in steps after that. What comes later, also what was written before
//! and had not arrived, is new.

use kith_crypto::{ConversationId, LogId, LogKind, SignedHeader};

use super::{
    applying::{self, Trace},
    pending,
};
use crate::{
    conversations::{drafts, lacking, owner, receipts::Progress, rows, unseen, view},
    event::Event,
    position::Position,
    records::{
        Cleared, Clearing, Conversation, Doomed, EntryRecord, HiddenChat, LogRecord, OrderRow,
        PendingDeletion, Ranges, Row, SetAside,
    },
    store::{Bounds, Order},
    turn::{Step, Turn},
};

/// How many rows go in one batch.
const STEP_ROWS: usize = 256;

/// The last row that nobody is to see: it waits to be deleted with its whole conversation, or is on its way out.
pub(crate) fn horizon(turn: &Turn, conversation: &ConversationId) -> Step<Position> {
    let mut horizon = cleared_up_to(turn, conversation)?;
    for pending in pending::of(turn, conversation)? {
        if let Doomed::Chat { up_to, .. } = pending.what {
            horizon = horizon.max(up_to);
        }
    }
    Ok(horizon)
}

/// The last row that is on its way out.
pub(crate) fn cleared_up_to(turn: &Turn, conversation: &ConversationId) -> Step<Position> {
    let clearing = turn.load::<Clearing>(&Clearing::at(conversation))?;
    Ok(clearing.map_or(Position::MIN, |clearing| clearing.up_to))
}

/// What is held of each content log of a conversation.
pub(crate) fn held(turn: &Turn, conversation: &Conversation) -> Step<Vec<(LogId, Ranges)>> {
    let mut logs = turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))?;
    logs.retain(|log| log.log.kind == LogKind::Content);
    Ok(logs.iter().map(|log| (log.log, Ranges::held(log))).collect())
}

/// What of each of our content logs no device of theirs holds.
pub(crate) fn undelivered(turn: &Turn, conversation: &Conversation) -> Step<Vec<(LogId, Ranges)>> {
    let progress = Progress::of(turn, conversation)?;
    let mut undelivered = Vec::new();
    for (log, held) in held(turn, conversation)? {
        if owner(turn, conversation, &log.author)? == Some(turn.me.account) {
            undelivered.push((log, held.after(progress.delivered_up_to(&log.author))));
        }
    }
    Ok(undelivered)
}

/// Adds what of our logs nobody had when a deletion was wished for that another joins.
pub(crate) fn join(undelivered: &mut Vec<(LogId, Ranges)>, before: &[(LogId, Ranges)]) {
    for (log, seqs) in before {
        match undelivered.iter_mut().find(|(known, _)| known == log) {
            Some((_, known)) => known.join(seqs),
            None => undelivered.push((*log, seqs.clone())),
        }
    }
}

/// The messages of ours among these numbers, and those that are in no log.
pub(crate) fn messages(
    turn: &Turn,
    conversation: &Conversation,
    undelivered: &[(LogId, Ranges)],
) -> Step<Vec<OrderRow>> {
    let mut rows = Vec::new();
    for (log, seqs) in undelivered {
        let scope = EntryRecord::scope(&conversation.id, log);
        for (first, last) in seqs.iter() {
            let bounds = Bounds::numbers(first, last);
            for record in turn.scan::<EntryRecord>(&scope, &bounds, Order::Ascending, usize::MAX)? {
                let at = SignedHeader::open_trusted(&record.header)?.header().at;
                let position = Position::new(&conversation.id, at, &log.author, record.seq);
                let row = rows::at(turn, conversation, &position)?;
                rows.extend(row.filter(|row| matches!(row.row, Row::Entry { .. })));
            }
        }
    }
    for aside in turn.all::<SetAside>(&SetAside::scope(&conversation.id))? {
        rows.extend(rows::at(turn, conversation, &aside.position)?);
    }
    Ok(rows)
}

/// All that was held goes: what of ours no device of theirs had at the wish is cancelled, however far it has come since;
/// the rest is out of sight from now on.
pub(crate) fn clear(
    turn: &mut Turn,
    conversation: &mut Conversation,
    up_to: &Position,
    held: &[(LogId, Ranges)],
    undelivered: &[(LogId, Ranges)],
) -> Step {
    for other in pending::of(turn, &conversation.id)? {
        // Or what was to be deleted for everyone would be gone before that is said.
        pending::finish(turn, &other)?;
        *conversation = crate::conversations::find(turn, &conversation.id)?;
    }
    let progress = Progress::of(turn, conversation)?;
    let mut said = Vec::new();
    for row in messages(turn, conversation, undelivered)? {
        if matches!(row.row, Row::Entry { .. }) || row.position <= *up_to {
            let own = pending::own_target(turn, &progress, &row)?;
            said.extend(own.map(|(target, _)| target));
            applying::bury(turn, conversation, &row, Trace::None)?;
        }
    }
    for (log, seqs) in held {
        let key = Cleared::at(&conversation.id, log);
        let mut cleared = turn.load::<Cleared>(&key)?.unwrap_or(Cleared {
            conversation: conversation.id,
            log: *log,
            seqs: Ranges::default(),
        });
        cleared.seqs.join(seqs);
        turn.save(&cleared)?;
        lacking::forget(turn, conversation, (&log.author, seqs))?;
        unseen::deleted(turn, conversation, (&log.author, seqs))?;
    }
    turn.save(&Clearing {
        conversation: conversation.id,
        from: Position::MIN,
        up_to: cleared_up_to(turn, &conversation.id)?.max(*up_to),
    })?;
    conversation.read_up_to = conversation.read_up_to.max(*up_to);
    drafts::set(turn, &conversation.id, String::new())?;
    applying::settle(turn, conversation)?;
    if conversation.last.is_none() {
        turn.save(&HiddenChat {
            conversation: conversation.id,
        })?;
    }
    turn.emit(Event::Reload);
    pending::say(turn, conversation, said)
}

/// Whether rows are on their way out.
pub(crate) fn is_under_way(turn: &Turn) -> Step<bool> {
    Ok(!turn.all::<Clearing>(&Clearing::scope())?.is_empty())
}

/// Some more rows go.
pub(crate) fn step(turn: &mut Turn) -> Step {
    for clearing in turn.all::<Clearing>(&Clearing::scope())? {
        let known = turn.load::<Conversation>(&Conversation::at(&clearing.conversation))?;
        let Some(mut conversation) = known else {
            turn.remove(Clearing::at(&clearing.conversation));
            continue;
        };
        let mut rows = rows::from(turn, &conversation, &clearing.from, STEP_ROWS)?;
        let is_last = rows.len() < STEP_ROWS;
        rows.retain(|row| row.position <= clearing.up_to);
        for row in &rows {
            take_out(turn, &conversation, row)?;
        }
        match rows.last() {
            Some(last) if !is_last && last.position < clearing.up_to => turn.save(&Clearing {
                from: last.position.next(),
                ..clearing
            })?,
            _ => end(turn, &mut conversation, &clearing.up_to)?,
        }
    }
    Ok(())
}

/// All is gone that was held. What came since to a place before the end was hidden until now: it is seen from now on, and
/// what others wrote of it is unread.
fn end(turn: &mut Turn, conversation: &mut Conversation, up_to: &Position) -> Step {
    turn.remove(Clearing::at(&conversation.id));
    let mut late = rows::from(turn, conversation, &Position::MIN, STEP_ROWS)?;
    late.retain(|row| row.position <= *up_to && matches!(row.row, Row::Entry { .. }));
    if late.is_empty() {
        return Ok(());
    }
    let unread = late.iter().find(|row| row.author != turn.me.account);
    if let Some(unread) = unread {
        conversation.read_up_to = conversation.read_up_to.min(unread.position.previous());
    }
    turn.remove(HiddenChat::at(&conversation.id));
    applying::settle(turn, conversation)?;
    turn.emit(Event::Reload);
    view::emit_conversation(turn, conversation)
}

/// The header stays: whoever lacks the entry may still ask for it.
fn take_out(turn: &mut Turn, conversation: &Conversation, row: &OrderRow) -> Step {
    if let Row::Entry { log, seq } | Row::Deleted { log, seq } = &row.row {
        let cleared = turn.load::<Cleared>(&Cleared::at(&conversation.id, log))?;
        if cleared.is_none_or(|cleared| !cleared.seqs.contains(*seq)) {
            // It came since.
            return Ok(());
        }
    }
    applying::erase_words(turn, conversation, row)?;
    turn.remove(OrderRow::at(&conversation.id, &row.position));
    Ok(())
}

/// The pending deletion of a whole conversation.
pub(crate) fn waiting(turn: &Turn, conversation: &ConversationId) -> Step<Option<PendingDeletion>> {
    let mut all = pending::of(turn, conversation)?;
    all.retain(|pending| matches!(pending.what, Doomed::Chat { .. }));
    Ok(all.pop())
}
