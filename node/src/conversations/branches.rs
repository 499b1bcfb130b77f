//! Two entries under one number of somebody else's log, in a group: its author lies to some of us, or an old copy of their
//! folder was put back and written to before it was found out.
//!
//! Between two people a copy shows nothing to who knows better, so the second cannot be taken for the first. In a group two
//! others compare what they were each given. It is told as a lie only as long as the author's account stands by the device:
//! a copy that was found out goes on as another, and the list of its account leaves it out. From then on both branches are
//! just that; who holds one of them keeps it, and what was said in the other is written anew by its author.

use kith_crypto::{AccountId, DeviceId, EntryId, SignedHeader};

use super::{claims, rows, view};
use crate::{
    contacts,
    event::Event,
    records::{Conversation, Evidence, LogRecord, OrderRow, Record, content_log, control_log},
    turn::{Step, Turn},
};

/// Whether a device that wrote in a group is one that its account has left out since.
pub(crate) fn is_disowned(
    turn: &Turn,
    conversation: &Conversation,
    (account, device): (&AccountId, &DeviceId),
) -> Step<bool> {
    if conversation.group().is_none() || *account == turn.me.account {
        return Ok(false);
    }
    let known = contacts::find(turn, account)?;
    Ok(known.is_some_and(|known| !known.device_list.is_empty() && !known.devices.contains(device)))
}

/// Whether another entry stands here than a device says it holds at the end of a log.
pub(crate) fn differs(turn: &Turn, log: &LogRecord, (seq, head): (u64, Option<EntryId>)) -> Step<bool> {
    let ours = claims::entry_id(turn, &log.conversation, &log.log, seq)?;
    Ok(head.is_some() && ours.is_some() && ours != head)
}

/// An account left out a device: what was found to be two in its logs was a copy. Its logs are as others', and who was told
/// of a lie is told no more.
pub(crate) fn forgive(turn: &mut Turn, conversation: &mut Conversation, device: &DeviceId) -> Step {
    let mut was_frozen = false;
    for log in [control_log(*device), content_log(*device)] {
        let known = turn.load::<LogRecord>(&LogRecord::at(&conversation.id, &log))?;
        if let Some(mut log) = known.filter(|log| log.frozen) {
            log.frozen = false;
            turn.save(&log)?;
            was_frozen = true;
        }
    }
    if !was_frozen {
        return Ok(());
    }
    for evidence in turn.all::<Evidence>(&Evidence::scope(&conversation.id))? {
        let header = SignedHeader::open_trusted(&evidence.header)?;
        if header.header().author != *device {
            continue;
        }
        if let Some(position) = evidence.notice {
            turn.remove(OrderRow::at(&conversation.id, &position));
            turn.emit(Event::MessageRemoved {
                conversation: conversation.id,
                position,
            });
        }
        turn.remove(evidence.key());
    }
    rows::refresh_last(turn, conversation)?;
    view::emit_conversation(turn, conversation)
}
