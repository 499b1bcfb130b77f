//! Bodies that expire by themselves: those of one hour share a second key, across conversations.
//!
//! Such a body is gone with either of its keys. So it can be erased before its time like any other, and when its hour is
//! over nothing beside it has to be written again.

use super::{look_again, retiring};
use crate::{
    event::Event,
    records::{EntryRecord, Fading, FadingHour, Segment},
    store::{Bounds, Order},
    turn::{Step, Turn},
};

/// Milliseconds of an hour.
const HOUR_MS: u64 = 3_600_000;
/// So many bodies expire in one turn, about.
const STEP: usize = 256;
/// So many hours are looked at in one turn.
const STEP_HOURS: usize = 8;

/// Notes that a body expires at `due_ms`; gives the number of the key of that hour.
pub(super) fn note(turn: &mut Turn, entry: &EntryRecord, due_ms: u64) -> Step<u64> {
    let hour = due_ms / HOUR_MS;
    let segment = Segment::of(entry.seq);
    let place = Fading::at(hour, &entry.conversation, &entry.log, segment);
    let mut fading = turn.load::<Fading>(&place)?.unwrap_or_else(|| Fading {
        hour,
        conversation: entry.conversation,
        log: entry.log,
        segment,
        due: Vec::new(),
    });
    if !fading.due.contains(&(due_ms, entry.seq)) {
        fading.due.push((due_ms, entry.seq));
        turn.save(&fading)?;
    }
    look_again(turn, due_ms);
    let known = turn.load::<FadingHour>(&FadingHour::at(hour))?;
    if let Some(known) = known.filter(|known| turn.may_keep(known.key)) {
        return Ok(known.key);
    }
    let key = retiring::fresh(turn)?;
    turn.save(&FadingHour { hour, key })?;
    Ok(key)
}

/// Takes the bodies whose time is over off their entries, and retires the keys of the hours that are over.
pub(super) fn expire(turn: &mut Turn) -> Step {
    let this_hour = turn.now_ms / HOUR_MS;
    let begun = Bounds::up_to(this_hour.to_be_bytes());
    let (mut room, mut told) = (STEP, false);
    for hour in turn.scan::<FadingHour>(&FadingHour::scope(), &begun, Order::Ascending, STEP_HOURS)? {
        for fading in turn.all::<Fading>(&Fading::scope(hour.hour))? {
            if room > 0 {
                let expired = expire_of(turn, fading, &mut told)?;
                room = room.saturating_sub(expired);
            }
        }
        let is_empty = turn
            .scan::<Fading>(&Fading::scope(hour.hour), &Bounds::all(), Order::Ascending, 1)?
            .is_empty();
        if is_empty && hour.hour < this_hour {
            turn.remove(FadingHour::at(hour.hour));
            retiring::retire(turn, vec![hour.key])?;
        }
    }
    if told {
        turn.emit(Event::Reload);
    }
    look_at_next(turn)
}

/// What of one stretch has expired; gives how many there were. `told` becomes true when a body was still there.
fn expire_of(turn: &mut Turn, mut fading: Fading, told: &mut bool) -> Step<usize> {
    let place = Fading::at(fading.hour, &fading.conversation, &fading.log, fading.segment);
    let now_ms = turn.now_ms;
    let (over, later): (Vec<_>, Vec<_>) = fading.due.drain(..).partition(|(due_ms, _)| *due_ms <= now_ms);
    for (_, seq) in &over {
        let known = turn.load::<EntryRecord>(&EntryRecord::at(&fading.conversation, &fading.log, *seq))?;
        if let Some(entry) = known.filter(|entry| entry.body.is_some()) {
            turn.save(&EntryRecord { body: None, ..entry })?;
            *told = true;
        }
    }
    match later.is_empty() {
        true => turn.remove(place),
        false if over.is_empty() => {}
        false => turn.save(&Fading { due: later, ..fading })?,
    }
    Ok(over.len())
}

/// Wakes when the next body expires, or the hour of those that have is over.
fn look_at_next(turn: &mut Turn) -> Step {
    let all = Bounds::all();
    for hour in turn.scan::<FadingHour>(&FadingHour::scope(), &all, Order::Ascending, STEP_HOURS)? {
        let fading = turn.all::<Fading>(&Fading::scope(hour.hour))?;
        let due = fading
            .iter()
            .flat_map(|fading| &fading.due)
            .map(|(due_ms, _)| *due_ms);
        let end_ms = hour.hour.saturating_add(1).saturating_mul(HOUR_MS);
        let next_ms = due.min().unwrap_or(end_ms);
        look_again(turn, next_ms);
    }
    Ok(())
}
