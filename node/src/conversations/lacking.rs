//! Words that others may have and we lack: of an entry of a group came the header alone, since who handed it over has deleted
//! the words for itself. The header keeps its place in the log, and every other member is asked for the words.
//!
//! Whoever wrote them is not told that they are here, or were shown, before they are, or before it turns out that it has them no
//! longer itself: its tick would be a lie.

use kith_crypto::{AccountId, DeviceId, Entry, LogKind, SignedHeader};

use super::{claims, deleting::applying, owner, reading};
use crate::{
    records::{Conversation, Lacking, LogRecord, Ranges},
    turn::{Step, Turn},
};

/// So long after the last header came without its words they are asked for, milliseconds.
const ASKED_FOR_MS: u64 = 30 * 24 * 60 * 60_000;

/// An entry of a content log was taken without its words. They are asked for if anybody can have them who may show them to us.
pub(crate) fn note(
    turn: &mut Turn,
    conversation: &Conversation,
    header: &SignedHeader,
    account: &AccountId,
) -> Step {
    let fields = header.header();
    if conversation.group().is_none()
        || fields.log == LogKind::Control
        || applying::is_unwanted(turn, &conversation.id, header, account)?
    {
        return Ok(());
    }
    let place = Lacking::at(&conversation.id, &fields.author);
    let known = turn.load::<Lacking>(&place)?;
    let mut lacking = known.unwrap_or_else(|| Lacking::empty(conversation.id, fields.author));
    if lacking.add(fields.seq, *account != turn.me.account) {
        lacking.until_ms = turn.now_ms.saturating_add(ASKED_FOR_MS);
        turn.save(&lacking)?;
        ask_anew(turn, conversation);
    }
    Ok(())
}

/// More is lacking than before: whoever was asked is asked again as if for the first time.
fn ask_anew(turn: &mut Turn, conversation: &Conversation) {
    for link in turn.live.links.values_mut() {
        link.wanted.remove(&conversation.id);
    }
}

/// The words of entries of a content log are here, or are not to be shown any more; gives whether they were lacking.
pub(crate) fn forget(
    turn: &mut Turn,
    conversation: &Conversation,
    (author, seqs): (&DeviceId, &Ranges),
) -> Step<bool> {
    if conversation.group().is_none() {
        return Ok(false);
    }
    let place = Lacking::at(&conversation.id, author);
    let Some(mut lacking) = turn.load::<Lacking>(&place)? else {
        return Ok(false);
    };
    if !lacking.take_out(seqs) {
        return Ok(false);
    }
    if lacking.seqs.len() == 0 {
        turn.remove(place);
    } else {
        turn.save(&lacking)?;
    }
    Ok(true)
}

/// Somebody handed over the header of an entry without its words. If that is who wrote them, nobody waits for our receipt.
pub(crate) fn handed_over(
    turn: &mut Turn,
    conversation: &Conversation,
    entry: &Entry,
    from: Option<AccountId>,
) -> Step {
    let fields = entry.header.header();
    if entry.body.is_some() || conversation.group().is_none() || fields.log == LogKind::Control {
        return Ok(());
    }
    let known = turn.load::<Lacking>(&Lacking::at(&conversation.id, &fields.author))?;
    let Some(mut lacking) = known else { return Ok(()) };
    if from.is_some() && owner(turn, conversation, &fields.author)? == from && lacking.release(fields.seq) {
        turn.save(&lacking)?;
        reading::catch_up(turn, conversation)?;
    }
    Ok(())
}

/// All that is lacking of a conversation and asked for. What was asked for long enough is given up.
pub(crate) fn of(turn: &mut Turn, conversation: &Conversation) -> Step<Vec<Lacking>> {
    if conversation.group().is_none() {
        return Ok(Vec::new());
    }
    let all = turn.all::<Lacking>(&Lacking::scope(&conversation.id))?;
    let (over, asked): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|lacking| lacking.until_ms <= turn.now_ms);
    for lacking in over {
        turn.remove(Lacking::at(&conversation.id, &lacking.author));
    }
    Ok(asked)
}

/// Cuts a log to what a receipt may say that is held of it: what comes before the first words that are lacking and whose author waits for them.
pub(crate) fn stop(turn: &Turn, conversation: &Conversation, log: &mut LogRecord) -> Step {
    if conversation.group().is_none() {
        return Ok(());
    }
    let known = turn.load::<Lacking>(&Lacking::at(&conversation.id, &log.log.author))?;
    let asked = known.filter(|lacking| lacking.until_ms > turn.now_ms);
    let first = asked.and_then(|lacking| lacking.first_awaited());
    if let Some(before) = first.map(|first| first.saturating_sub(1))
        && before < log.contiguous
    {
        log.contiguous = before;
        log.head = claims::entry_id(turn, &conversation.id, &log.log, before)?;
    }
    Ok(())
}
