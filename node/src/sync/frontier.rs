//! Frontiers: exactly what a device holds of each log. Two of them tell exactly what is missing.

use kith_crypto::{DeviceId, EntryId, LogId, SignedHeader};

use super::stream;
use crate::{
    conversations,
    frame::{Frame, LogFrontier},
    input::Lane,
    records::{Conversation, EntryRecord, LogRecord, Ranges},
    turn::{Fault, Step, Turn},
};

/// The most logs that a frontier of a direct conversation may name: two a device, past devices included.
const MOST_LOGS: usize = 512;

/// Tells a device what we hold of a conversation.
pub(crate) fn send(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    let logs = turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))?;
    let logs = logs.into_iter().take(MOST_LOGS).map(|log| LogFrontier {
        author: log.log.author,
        kind: log.log.kind,
        base: log.base,
        contiguous: log.contiguous,
        head: log.head,
        beyond: log.beyond.iter().collect(),
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
/// prove: `conversations::accept` notices that one when it comes.
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
    let forks = forks(turn, &ours, &theirs)?;
    let me = turn.device();
    let mut missing: Vec<_> = forks.into_iter().filter(|(log, ..)| log.author != me).collect();
    for log in &ours {
        let known = theirs.iter().find(|known| known.log == log.log);
        missing.extend(
            lacking(log, known)
                .into_iter()
                .map(|(first, last)| (log.log, first, last)),
        );
    }
    let mut they_have_more = false;
    for log in &theirs {
        let known = ours.iter().find(|known| known.log == log.log);
        they_have_more |= known
            .is_none_or(|known| !known.frozen && known.closed_at.is_none_or(|end| known.end() < end))
            && lacks_any(log, known);
    }
    stream::start(turn, device, conversation, missing)?;
    if they_have_more {
        stream::ask(turn, device, conversation)?;
    }
    Ok(())
}

/// Logs of which we hold another entry than they do where theirs ends: its author signed two under one number. Ours is
/// sent to them as evidence; theirs comes to us by the same rule.
fn forks(turn: &Turn, ours: &[LogRecord], theirs: &[Known]) -> Step<Vec<(LogId, u64, u64)>> {
    let mut forks = Vec::new();
    for known in theirs {
        let Some(log) = ours.iter().find(|log| log.log == known.log && !log.frozen) else {
            continue;
        };
        let (Some(head), seq) = (known.head, known.contiguous) else {
            continue;
        };
        let held = turn.load::<EntryRecord>(&EntryRecord::at(&log.conversation, &log.log, seq))?;
        if let Some(held) = held
            && SignedHeader::open_trusted(&held.header)?.id() != head
        {
            forks.push((log.log, seq, seq));
        }
    }
    Ok(forks)
}

/// A frontier of one log, checked.
struct Known {
    log: LogId,
    base: u64,
    contiguous: u64,
    head: Option<EntryId>,
    beyond: Ranges,
}

impl Known {
    fn end(&self) -> u64 {
        self.beyond
            .iter()
            .last()
            .map_or(self.contiguous, |(_, last)| last)
    }
}

fn parse(wire: LogFrontier) -> Step<Known> {
    let log = LogId {
        author: wire.author,
        kind: wire.kind,
    };
    let beyond =
        Ranges::from_wire(wire.beyond).ok_or(Fault::Peer("a frontier whose ranges are out of order"))?;
    let gap_first = beyond
        .iter()
        .next()
        .is_none_or(|(first, _)| first > wire.contiguous.saturating_add(1));
    if wire.base == 0 || !gap_first {
        return Err(Fault::Peer("a frontier that contradicts itself"));
    }
    Ok(Known {
        log,
        base: wire.base,
        contiguous: wire.contiguous,
        head: wire.head,
        beyond,
    })
}

/// The ranges of `ours` that `known` lacks.
fn lacking(ours: &LogRecord, known: Option<&Known>) -> Vec<(u64, u64)> {
    let held = std::iter::once((ours.base, ours.contiguous)).chain(ours.beyond.iter());
    let held = held.filter(|(first, last)| first <= last);
    let Some(known) = known else { return held.collect() };
    held.flat_map(|range| subtract(range, known)).collect()
}

/// What remains of a range without what `known` holds.
fn subtract((first, last): (u64, u64), known: &Known) -> Vec<(u64, u64)> {
    let mut rest = Vec::new();
    let mut start = first.max(known.base).max(known.contiguous.saturating_add(1));
    for (held_first, held_last) in known.beyond.iter() {
        if held_last < start {
            continue;
        }
        if held_first > last {
            break;
        }
        if held_first > start {
            rest.push((start, held_first.saturating_sub(1)));
        }
        start = held_last.saturating_add(1);
    }
    if start <= last {
        rest.push((start, last));
    }
    rest
}

fn lacks_any(theirs: &Known, ours: Option<&LogRecord>) -> bool {
    let Some(ours) = ours else {
        return theirs.end() >= theirs.base && theirs.end() > 0;
    };
    let mut ranges = std::iter::once((theirs.base.max(1), theirs.contiguous)).chain(theirs.beyond.iter());
    ranges.any(|(first, last)| first <= last && !(ours.contiguous >= last || covered(ours, first, last)))
}

fn covered(ours: &LogRecord, first: u64, last: u64) -> bool {
    let first = first.max(ours.contiguous.saturating_add(1)).max(ours.base);
    first > last
        || ours
            .beyond
            .iter()
            .any(|(start, end)| start <= first && last <= end)
}

#[cfg(test)]
mod tests {
    use kith_crypto::ConversationId;

    use super::*;
    use crate::records::content_log;

    fn known(contiguous: u64, beyond: &[(u64, u64)]) -> Known {
        let log = content_log(DeviceId::from_bytes([2; 32]));
        Known {
            log,
            base: 1,
            contiguous,
            head: None,
            beyond: Ranges::from_wire(beyond.to_vec()).unwrap(),
        }
    }

    fn ours(seqs: impl IntoIterator<Item = u64>) -> LogRecord {
        let log = content_log(DeviceId::from_bytes([2; 32]));
        let mut record = LogRecord::empty(ConversationId::from_bytes([1; 32]), log);
        seqs.into_iter().for_each(|seq| record.insert(seq));
        record
    }

    #[test]
    fn exactly_what_is_missing_is_found() {
        assert_eq!(
            lacking(&ours(1..=9), Some(&known(2, &[(5, 6), (8, 8)]))),
            vec![(3, 4), (7, 7), (9, 9)]
        );
        assert_eq!(lacking(&ours([1, 2, 5, 6]), Some(&known(3, &[]))), vec![(5, 6)]);
        assert_eq!(lacking(&ours(1..=3), None), vec![(1, 3)]);
        assert_eq!(lacking(&ours(1..=3), Some(&known(3, &[]))), vec![]);
        assert_eq!(lacking(&ours([]), None), vec![]);
    }

    #[test]
    fn it_is_seen_when_the_other_has_more() {
        assert!(lacks_any(&known(3, &[]), None));
        assert!(!lacks_any(&known(0, &[]), None));
        assert!(lacks_any(&known(3, &[]), Some(&ours(1..=2))));
        assert!(lacks_any(&known(1, &[(7, 8)]), Some(&ours(1..=5))));
        assert!(!lacks_any(&known(1, &[(3, 4)]), Some(&ours(1..=5))));
        assert!(!lacks_any(&known(1, &[(3, 4)]), Some(&ours([1, 3, 4, 5]))));
    }

    #[test]
    fn a_frontier_that_contradicts_itself_is_refused() {
        let wire = |base, contiguous, beyond: &[(u64, u64)]| LogFrontier {
            author: DeviceId::from_bytes([2; 32]),
            kind: kith_crypto::LogKind::Content,
            base,
            contiguous,
            head: None,
            beyond: beyond.to_vec(),
        };
        assert!(parse(wire(1, 4, &[(6, 7)])).is_ok());
        assert!(parse(wire(1, 4, &[(5, 7)])).is_err());
        assert!(parse(wire(1, 4, &[(9, 10), (6, 7)])).is_err());
        assert!(parse(wire(0, 4, &[])).is_err());
    }
}
