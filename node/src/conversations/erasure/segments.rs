//! The keys of logs: every stretch of 256 sequence numbers has one. To erase some of a stretch is to give the rest of it
//! another key and to retire the old one. That is done for all that was erased of it within a moment, and for few stretches
//! at a time: somebody who deletes one message after the other would otherwise have them all written anew for each.

use kith_crypto::{ConversationId, LogId, LogKind};

use super::{look_again, retiring, save_aside, save_entry};
use crate::{
    records::{EntryRecord, Record as _, Segment, SetAside, Stale},
    store::{Bounds, Order},
    turn::{Step, Turn},
};

/// After this time the rest of a stretch gets another key, milliseconds.
const PAUSE_MS: u64 = 1_000;
/// So many stretches get one in one turn.
const STEP: usize = 16;

/// The number of the key under which the bodies around `seq` are kept; a fresh one if there is none, or it is lost.
pub(super) fn key_of(turn: &mut Turn, conversation: &ConversationId, log: &LogId, seq: u64) -> Step<u64> {
    let index = Segment::of(seq);
    let known = turn.load::<Segment>(&Segment::at(conversation, log, index))?;
    if let Some(known) = known.filter(|known| turn.may_keep(known.key)) {
        return Ok(known.key);
    }
    let key = retiring::fresh(turn)?;
    turn.save(&Segment {
        conversation: *conversation,
        log: *log,
        index,
        key,
    })?;
    Ok(key)
}

/// Something of a stretch is erased: its key is to go.
pub(super) fn wear(turn: &mut Turn, conversation: &ConversationId, log: &LogId, seq: u64) -> Step {
    look_again(turn, turn.now_ms.saturating_add(PAUSE_MS));
    turn.save(&Stale {
        conversation: *conversation,
        log: *log,
        index: Segment::of(seq),
    })
}

/// Gives stretches of which something was erased another key.
pub(super) fn freshen(turn: &mut Turn) -> Step {
    let stale = turn.scan::<Stale>(&Stale::scope(), &Bounds::all(), Order::Ascending, STEP)?;
    for stretch in &stale {
        turn.remove(stretch.key());
        rekey(turn, stretch)?;
    }
    if stale.len() == STEP {
        look_again(turn, turn.now_ms.saturating_add(PAUSE_MS));
    }
    Ok(())
}

/// What is left of a stretch is kept under a fresh key, and the one it had is retired.
fn rekey(turn: &mut Turn, stretch: &Stale) -> Step {
    let (conversation, log) = (&stretch.conversation, &stretch.log);
    let place = Segment::at(conversation, log, stretch.index);
    let old = turn.load::<Segment>(&place)?;
    // Whatever is saved next finds no key here and makes one.
    turn.remove(place);
    let (first, last) = Segment::span(stretch.index);
    let scope = EntryRecord::scope(conversation, log);
    let bounds = Bounds::numbers(first, last);
    let entries = turn.scan::<EntryRecord>(&scope, &bounds, Order::Ascending, usize::MAX)?;
    for entry in entries.iter().filter(|entry| entry.body.is_some()) {
        save_entry(turn, entry)?;
    }
    for aside in asides(turn, conversation, log)? {
        if Segment::of(aside.seq) == stretch.index {
            save_aside(turn, &aside)?;
        }
    }
    retiring::retire(turn, old.map(|old| old.key).into_iter().collect())
}

/// The words that were set aside from a log.
fn asides(turn: &Turn, conversation: &ConversationId, log: &LogId) -> Step<Vec<SetAside>> {
    if log.kind == LogKind::Control {
        return Ok(Vec::new());
    }
    let mut asides = turn.all::<SetAside>(&SetAside::scope(conversation))?;
    asides.retain(|aside| aside.device == log.author);
    Ok(asides)
}
