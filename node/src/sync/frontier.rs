//! Frontiers: exactly what a device holds of each log. Two of them tell exactly what is missing.

use kith_crypto::{DeviceId, LogId};

use super::{
    known::{Known, lacking, lacks_any, parse},
    stream,
};
use crate::{
    conversations::{
        self, branches,
        claims::{self, Claim},
        crowds,
    },
    epochs::seals,
    frame::{Frame, LogFrontier},
    input::Lane,
    records::{Conversation, LogRecord, Ranges},
    turn::{Fault, Step, Turn},
};

/// The most logs that a frontier may name: two a device, past devices included.
const MOST_LOGS: usize = 2 * crowds::MOST_AUTHORS;

/// Tells a device what we hold of a conversation.
pub(crate) fn send(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    let logs = turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))?;
    send_logs(turn, device, conversation, logs)
}

fn send_logs(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &Conversation,
    mut logs: Vec<LogRecord>,
) -> Step {
    if logs.len() > MOST_LOGS {
        // Nobody has so many but we, who have replaced our device that often.
        let theirs = turn.live.links.get(&device).map(|link| link.account);
        crowds::put_first(
            turn,
            conversation,
            (&mut logs, |log: &LogRecord| log.log.author),
            theirs,
        )?;
    }
    let logs = logs.into_iter().take(MOST_LOGS).map(|log| LogFrontier {
        author: log.log.author,
        kind: log.log.kind,
        base: log.base,
        contiguous: log.contiguous,
        head: log.head,
        // Those of the first gaps; of what is after them more is told once they are filled.
        beyond: log.beyond.iter().take(Ranges::MOST).collect(),
    });
    let frame = Frame::Frontier {
        conversation: conversation.id,
        logs: logs.collect(),
    };
    let now_ms = turn.now_ms;
    if let Some(link) = turn.live.links.get_mut(&device) {
        link.asked_at_ms.insert(conversation.id, now_ms);
    }
    turn.send(device, Lane::Control, &frame)
}

/// A device told what it holds: send what it lacks; if it has what we lack, tell it what we hold.
///
/// A frontier is a claim. Whether this store is an old copy of itself, only an entry of our own that we do not hold can
/// prove: `conversations::accept` notices that one when it comes. Until then, and where what we wrote since stands under
/// the same numbers, nothing of that log goes out to who claims it.
pub(crate) fn receive(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &Conversation,
    theirs: Vec<LogFrontier>,
) -> Step {
    if theirs.len() > MOST_LOGS {
        return Err(Fault::Peer("a frontier of too many logs"));
    }
    if !conversations::may_serve(turn, conversation, &device)? {
        return Ok(());
    }
    let theirs = theirs.into_iter().map(parse).collect::<Step<Vec<_>>>()?;
    let ours = turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))?;
    note_beyond(turn, &device, conversation, &theirs)?;
    let parted = parted(turn, &device, conversation, &theirs)?;
    let doubted: Vec<_> = parted.iter().filter(|log| log.author == turn.device()).collect();
    agree(turn, device, conversation, doubted.is_empty())?;
    let mut missing = forks(turn, conversation, &ours, &theirs)?;
    for log in ours.iter().filter(|log| !parted.contains(&log.log)) {
        let known = theirs.iter().find(|known| known.log == log.log);
        if !is_of_no_use(turn, &device, conversation, (log, known))? {
            let lacking = lacking(log, known).into_iter();
            missing.extend(lacking.map(|(first, last)| (log.log, first, last)));
        }
    }
    let they_have_more = has_more(turn, conversation, &ours, &theirs)?;
    let more_follows = is_getting_on(turn, &device, conversation, (&ours, &theirs, &parted));
    stream::start(turn, device, conversation, missing, more_follows)?;
    if parted.is_empty() {
        return if they_have_more {
            stream::ask(turn, device, conversation)
        } else {
            Ok(())
        };
    }
    ask_for_other_ends(turn, device, conversation, (ours, &theirs, &parted))
}

/// Notes of which logs a device told a part only. True if it has got on with one since the last time, or this is the first: then
/// it is asked again when it has what it lacks of that part. Who takes nothing of what it lacks is not, or both would never stop.
fn is_getting_on(
    turn: &mut Turn,
    device: &DeviceId,
    conversation: &Conversation,
    (ours, theirs, parted): (&[LogRecord], &[Known], &[LogId]),
) -> bool {
    let Some(link) = turn.live.links.get_mut(device) else {
        return false;
    };
    let mut gets_on = false;
    for known in theirs {
        let key = (conversation.id, known.log);
        if known.told_to.is_none() {
            link.told_in_part.remove(&key);
        } else if ours.iter().any(|log| log.log == known.log) {
            let before = link.told_in_part.entry(key).or_default();
            // Nothing of a log is sent before it is known to be the same there.
            if !parted.contains(&known.log) {
                gets_on |= before.is_none_or(|before| before < known.contiguous);
                *before = Some(known.contiguous);
            }
        }
    }
    gets_on
}

/// Whether nothing of a log is taken by a device: it holds another branch for good, or has as many logs of its account as there
/// may be.
fn is_of_no_use(
    turn: &Turn,
    device: &DeviceId,
    conversation: &Conversation,
    (log, known): (&LogRecord, Option<&Known>),
) -> Step<bool> {
    match known {
        Some(known) => is_settled_fork(turn, conversation, (log, known)),
        None => crowds::is_refused(turn, device, conversation, &log.log.author),
    }
}

/// Whether a frontier names anything that we lack and take.
fn has_more(turn: &Turn, conversation: &Conversation, ours: &[LogRecord], theirs: &[Known]) -> Step<bool> {
    for log in theirs {
        let known = ours.iter().find(|known| known.log == log.log);
        let is_open = match known {
            Some(known) => !known.frozen && known.closed_at.is_none_or(|end| known.end() < end),
            None => !crowds::is_one_too_many(turn, conversation, &log.log.author)?,
        };
        if is_open && lacks_any(log, known) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notes whether what a device holds of our device's logs fits what we hold. If it does, it gets what waited for that.
pub(crate) fn agree(turn: &mut Turn, device: DeviceId, conversation: &Conversation, fits: bool) -> Step {
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(());
    };
    if !fits {
        link.agreed.remove(&conversation.id);
        return Ok(());
    }
    if link.agreed.insert(conversation.id) {
        seals::send_pending(turn, &device)
    } else {
        Ok(())
    }
}

/// A receipt claims what our log does not hold: if that is so and no lie, the device has entries to show for it.
pub(crate) fn doubt(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    agree(turn, device, conversation, false)?;
    stream::ask(turn, device, conversation)
}

/// Logs of our own account of which they hold another branch than we do, or perhaps do: nothing of such a log is sent,
/// since it would be evidence against ourselves.
fn parted(turn: &Turn, device: &DeviceId, conversation: &Conversation, theirs: &[Known]) -> Step<Vec<LogId>> {
    let mut parted = Vec::new();
    for known in theirs {
        if !is_our_account(turn, conversation, &known.log.author)? {
            continue;
        }
        let claim = claims::weigh(turn, &conversation.id, &known.log, (known.contiguous, known.head))?;
        // What we write in now we hold whole: whoever has more of it has it from elsewhere.
        let is_current = known.log.author == turn.device();
        let beyond = is_current && own_end(turn, conversation, &known.log)? < known.end();
        // A claim names the entry before its first gap, and none beyond. Once they were found to hold nothing else of what
        // we write in now, they have from us what they have.
        let agreed = is_current
            && (turn.live.links.get(device)).is_some_and(|link| link.agreed.contains(&conversation.id));
        let doubted = !agreed && !is_proven(turn, device, conversation, &known.log);
        if claim == Claim::Contradicts || beyond || doubted {
            parted.push(known.log);
        }
    }
    Ok(parted)
}

/// Keeps what a device holds beyond gaps in logs of our account.
fn note_beyond(turn: &mut Turn, device: &DeviceId, conversation: &Conversation, theirs: &[Known]) -> Step {
    for known in theirs {
        if is_our_account(turn, conversation, &known.log.author)?
            && let Some(link) = turn.live.links.get_mut(device)
        {
            let key = (conversation.id, known.log);
            if known.beyond.len() == 0 {
                link.beyond.remove(&key);
            } else {
                link.beyond.insert(key, known.beyond.clone());
            }
        }
    }
    Ok(())
}

/// A device holds exactly what we hold, gaps and all.
pub(crate) fn holds_the_same(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    for log in turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))? {
        if log.beyond.len() > 0
            && is_our_account(turn, conversation, &log.log.author)?
            && let Some(link) = turn.live.links.get_mut(&device)
        {
            let key = (conversation.id, log.log);
            link.told_in_part.remove(&key);
            link.proven.insert(key, log.end());
            link.beyond.insert(key, log.beyond);
        }
    }
    agree(turn, device, conversation, true)
}

/// A device sent an entry of our account that is the one we hold, so that whatever it has before it is ours as well. True
/// if that could not be told before.
pub(crate) fn prove(
    turn: &mut Turn,
    device: &DeviceId,
    conversation: &Conversation,
    (log, seq): (LogId, u64),
) -> bool {
    let key = (conversation.id, log);
    let Some(link) = turn.live.links.get_mut(device) else {
        return false;
    };
    let proven = link.proven.entry(key).or_default();
    let moved = *proven < seq;
    *proven = (*proven).max(seq);
    moved && link.beyond.contains_key(&key)
}

/// Whether what a device holds of a log beyond a gap is what we hold there; also if it holds nothing there.
pub(crate) fn is_proven(turn: &Turn, device: &DeviceId, conversation: &Conversation, log: &LogId) -> bool {
    let key = (conversation.id, *log);
    let Some(link) = turn.live.links.get(device) else {
        return false;
    };
    let beyond = link.beyond.get(&key).and_then(Ranges::end);
    beyond <= link.proven.get(&key).copied()
}

/// Whether a device has told, and proven, all that it holds of a log.
pub(crate) fn is_proven_whole(
    turn: &Turn,
    device: &DeviceId,
    conversation: &Conversation,
    log: &LogId,
) -> bool {
    let link = turn.live.links.get(device);
    let is_part = link.is_some_and(|link| link.told_in_part.contains_key(&(conversation.id, *log)));
    !is_part && is_proven(turn, device, conversation, log)
}

fn own_end(turn: &Turn, conversation: &Conversation, log: &LogId) -> Step<u64> {
    let log = turn.load::<LogRecord>(&LogRecord::at(&conversation.id, log))?;
    Ok(log.map_or(0, |log| log.contiguous))
}

fn is_our_account(turn: &Turn, conversation: &Conversation, author: &DeviceId) -> Step<bool> {
    Ok(conversations::owner(turn, conversation, author)? == Some(turn.me.account))
}

/// Asks for the entries of other branches, by telling of such logs only as much as the other side can compare: it answers
/// with the entry where what it holds ends, and with the last one of each range beyond. It does so also when it takes
/// nothing more of the log, since that is how it answers anybody who lacks something.
fn ask_for_other_ends(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &Conversation,
    (mut ours, theirs, parted): (Vec<LogRecord>, &[Known], &[LogId]),
) -> Step {
    let now_ms = turn.now_ms;
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(());
    };
    let asked_at_ms = link.parted_at_ms.get(&conversation.id);
    if asked_at_ms.is_some_and(|at_ms| now_ms < at_ms.saturating_add(stream::ASK_PAUSE_MS)) {
        // The answer may be on its way; but a stream of something else may have come before it and taken its place.
        super::suspect(turn, conversation, stream::ASK_PAUSE_MS);
        return Ok(());
    }
    link.parted_at_ms.insert(conversation.id, now_ms);
    for log in ours.iter_mut().filter(|log| parted.contains(&log.log)) {
        let Some(known) = theirs.iter().find(|known| known.log == log.log) else {
            continue;
        };
        let held_to = log.contiguous;
        let before_end = known.contiguous.min(log.contiguous).saturating_sub(1);
        let head = claims::entry_id(turn, &conversation.id, &log.log, before_end)?;
        log.cut(before_end, head);
        log.beyond = known.beyond.without_ends();
        if let Some(told_to) = known.told_to {
            // Of the part that it did not tell nothing is asked yet.
            log.beyond.add(told_to.saturating_add(1), held_to);
        }
    }
    send_logs(turn, device, conversation, ours)
}

/// Whether another branch stands there than here of a log that its author's account does not stand by any more: neither
/// takes what the other has of it.
fn is_settled_fork(
    turn: &Turn,
    conversation: &Conversation,
    (log, known): (&LogRecord, &Known),
) -> Step<bool> {
    if !branches::differs(turn, log, (known.contiguous, known.head))? {
        return Ok(false);
    }
    let author = &log.log.author;
    match conversations::owner(turn, conversation, author)? {
        Some(account) => branches::is_disowned(turn, conversation, (&account, author)),
        None => Ok(false),
    }
}

/// Logs of somebody else of which we hold another entry than they do where theirs ends: its author signed two under one
/// number. Ours is sent to them as evidence; theirs comes to us by the same rule.
fn forks(
    turn: &Turn,
    conversation: &Conversation,
    ours: &[LogRecord],
    theirs: &[Known],
) -> Step<Vec<(LogId, u64, u64)>> {
    let mut forks = Vec::new();
    for known in theirs {
        let Some(log) = ours.iter().find(|log| log.log == known.log && !log.frozen) else {
            continue;
        };
        let differs = branches::differs(turn, log, (known.contiguous, known.head))?;
        let is_told = differs && !is_settled_fork(turn, conversation, (log, known))?;
        if is_told && !is_our_account(turn, conversation, &log.log.author)? {
            forks.push((log.log, known.contiguous, known.contiguous));
        }
    }
    Ok(forks)
}
