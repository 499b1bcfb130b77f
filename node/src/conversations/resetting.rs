//! The timer of a conversation after a device of ours was replaced.
//!
//! What an old copy of our folder set stands in a control log of which others may know another branch, or nothing: such
//! entries leave the log as words do, and words are said again. Here the settings of those entries are taken back, and once it
//! is settled what others hold, the device that takes the place of the old one says the setting that counts. It says so also of
//! one that stayed in the log, since nobody can tell who took it before the log was closed. So everybody ends with the same timer,
//! the one that was set last.

use std::collections::BTreeMap;

use kith_crypto::{Body, Control, DeviceId, LogKind, SignedHeader};

use super::{deleting::applying, timers};
use crate::{
    position::Position,
    records::{Conversation, EntryRecord, LogRecord, RetractedTimer, TimerSetting},
    turn::{Step, Turn},
};

/// A control entry of a replaced device is taken out of its log; if it set the timer, that is kept until it is said again.
pub(super) fn retract(
    turn: &mut Turn,
    conversation: &Conversation,
    (header, body): (&SignedHeader, Option<&[u8]>),
) -> Step {
    let Some(setting) = setting_of(header, body) else {
        return Ok(());
    };
    let fields = header.header();
    let position = Position::new(&conversation.id, fields.at, &fields.author, fields.seq);
    applying::remove_row(turn, conversation, &position);
    let known = turn.load::<RetractedTimer>(&RetractedTimer::at(&conversation.id))?;
    if known.is_none_or(|known| known.setting.at < setting.at) {
        turn.save(&RetractedTimer {
            conversation: conversation.id,
            setting,
        })?;
    }
    Ok(())
}

/// What a control entry sets the timer to, if it does.
fn setting_of(header: &SignedHeader, body: Option<&[u8]>) -> Option<TimerSetting> {
    let body = Body::decode(body?).ok()?;
    let Ok(Control::SetTimer { seconds }) = Control::decode(&body.content) else {
        return None;
    };
    let fields = header.header();
    Some(TimerSetting {
        at: fields.at.raw(),
        author: fields.author,
        seq: fields.seq,
        seconds,
    })
}

/// Entries left a control log: the settings that are held are found anew, also those that had been replaced.
pub(super) fn recount(turn: &mut Turn, conversation: &Conversation) -> Step {
    // Of each device the last one replaces those before.
    let mut last = BTreeMap::new();
    for log in turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))? {
        if log.log.kind != LogKind::Control {
            continue;
        }
        for entry in turn.all::<EntryRecord>(&EntryRecord::scope(&conversation.id, &log.log))? {
            let header = SignedHeader::open_trusted(&entry.header)?;
            if let Some(setting) = setting_of(&header, entry.body.as_deref()) {
                last.insert(log.log.author, setting);
            }
        }
    }
    timers::hold(turn, &conversation.id, &last.into_values().collect::<Vec<_>>())
}

/// It is settled what others hold of a replaced device's logs: what it set last is said by this one, if nobody set the timer since.
pub(super) fn settled(turn: &mut Turn, conversation: &mut Conversation, device: &DeviceId) -> Step {
    let place = RetractedTimer::at(&conversation.id);
    let retracted = turn.load::<RetractedTimer>(&place)?.map(|known| known.setting);
    turn.remove(place);
    let held = timers::newest(turn, &conversation.id)?;
    let ours = held.filter(|held| held.author == *device);
    let lost = retracted.filter(|lost| held.is_none_or(|held| held.at < lost.at));
    match lost.or(ours) {
        Some(last) if conversation.takes_part(&turn.me.account, &turn.me.account) => {
            timers::write(turn, conversation, last.seconds)
        }
        _ => Ok(()),
    }
}
