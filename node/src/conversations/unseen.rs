//! Messages that were deleted before anybody saw them: a receipt says up to where a log was shown, and these are the
//! exceptions. They are told before the receipt that would say too much ([`Frame::Unseen`]); mail, which has no room for them, says no
//! more than a device can understand that was not told of them yet.

use kith_crypto::{ConversationId, DeviceId};

use super::{crowds::MOST_AUTHORS, owner};
use crate::{
    event::Event,
    frame::{Frame, OfLogs},
    input::Lane,
    records::{Conversation, OrderRow, Ranges, Receipts, Row, Told, Unseen},
    turn::{Fault, Step, Turn},
};

/// These of a content log are deleted: those that our person was not shown are noted.
pub(crate) fn deleted(
    turn: &mut Turn,
    conversation: &Conversation,
    (author, seqs): (&DeviceId, &Ranges),
) -> Step {
    if owner(turn, conversation, author)? == Some(turn.me.account) {
        return Ok(());
    }
    let own = turn.load::<Receipts>(&Receipts::at(&conversation.id, &turn.device()))?;
    let shown = own.and_then(|own| own.shown.get(author).copied());
    let unseen = seqs.after(shown.unwrap_or(0));
    note(turn, conversation, (turn.device(), *author), &unseen)?;
    Ok(())
}

/// A row of a message goes: if it is behind what was read, nobody saw it.
pub(crate) fn deleted_row(turn: &mut Turn, conversation: &Conversation, row: &OrderRow) -> Step {
    match &row.row {
        Row::Entry { log, seq } if row.position > conversation.read_up_to => {
            deleted(turn, conversation, (&log.author, &Ranges::one(*seq)))
        }
        _ => Ok(()),
    }
}

/// Adds to what is known to be unseen; gives whether that is more than before.
fn note(
    turn: &mut Turn,
    conversation: &Conversation,
    (reader, author): (DeviceId, DeviceId),
    seqs: &Ranges,
) -> Step<bool> {
    if seqs.len() == 0 {
        return Ok(false);
    }
    let known = turn.load::<Unseen>(&Unseen::at(&conversation.id, &reader, &author))?;
    let mut unseen = known.unwrap_or_else(|| Unseen::empty(conversation.id, reader, author));
    let is_new = unseen.add(seqs);
    if is_new {
        turn.save(&unseen)?;
    }
    Ok(is_new)
}

/// What of a conversation is known to be unseen.
pub(crate) fn of(turn: &Turn, conversation: &ConversationId) -> Step<Vec<Unseen>> {
    turn.all(&Unseen::scope(conversation))
}

fn own(turn: &Turn, conversation: &ConversationId) -> Step<Vec<Unseen>> {
    let mut all = of(turn, conversation)?;
    all.retain(|unseen| unseen.reader == turn.device());
    Ok(all)
}

/// Tells a linked device what our person deleted unseen of the logs of its account, unless it was told on this link.
pub(crate) fn tell(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    let Some(account) = turn.live.links.get(&device).map(|link| link.account) else {
        return Ok(());
    };
    let mut theirs = Vec::new();
    for unseen in own(turn, &conversation.id)? {
        if owner(turn, conversation, &unseen.author)? == Some(account) {
            theirs.push((unseen.author, unseen.seqs.iter().collect::<Vec<_>>()));
        }
    }
    theirs.truncate(MOST_AUTHORS);
    let Some(link) = turn.live.links.get_mut(&device).filter(|_| !theirs.is_empty()) else {
        return Ok(());
    };
    if link.told_unseen.get(&conversation.id) == Some(&theirs) {
        return Ok(());
    }
    link.told_unseen.insert(conversation.id, theirs.clone());
    let frame = Frame::Unseen {
        conversation: conversation.id,
        logs: theirs,
    };
    turn.send(device, Lane::Control, &frame)
}

/// A device tells what its person deleted unseen; gives whether that is news.
pub(crate) fn receive(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &Conversation,
    logs: OfLogs,
) -> Step<bool> {
    if logs.len() > MOST_AUTHORS {
        return Err(Fault::Peer("unseen messages of too many authors"));
    }
    let mut is_news = false;
    for (author, ranges) in logs {
        let seqs = Ranges::from_wire(ranges).filter(|seqs| seqs.len() <= Unseen::MOST);
        let seqs = seqs.ok_or(Fault::Peer("ranges that overlap, or too many of them"))?;
        if owner(turn, conversation, &author)? == Some(turn.me.account) {
            is_news |= note(turn, conversation, (device, author), &seqs)?;
        }
    }
    if is_news {
        // What was told before was too much.
        turn.emit(Event::Reload);
    }
    Ok(is_news)
}

/// Cuts what mail says to a device of what was shown: up to before the first message that was deleted unseen and of which it was
/// not told over a link.
pub(crate) fn cut(
    turn: &Turn,
    conversation: &Conversation,
    device: &DeviceId,
    shown: &mut Vec<(DeviceId, u64)>,
) -> Step {
    let exceptions = own(turn, &conversation.id)?;
    if exceptions.is_empty() {
        return Ok(());
    }
    let told = turn.load::<Told>(&Told::at(&conversation.id, device))?;
    let told = told.map(|told| told.receipts.shown).unwrap_or_default();
    for (author, seq) in shown.iter_mut() {
        let of_author = exceptions.iter().find(|unseen| unseen.author == *author);
        let known = told.get(author).copied().unwrap_or(0);
        let first = of_author.and_then(|unseen| unseen.seqs.after(known).iter().next());
        if let Some((first, _)) = first {
            *seq = (*seq).min(first.saturating_sub(1));
        }
    }
    shown.retain(|(_, seq)| *seq > 0);
    Ok(())
}
