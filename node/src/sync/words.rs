//! Words that are not here: members who hand over a header alone may have deleted its words for themselves, so everybody else
//! who is linked is asked for them, oldest first, as many at once as one answer may take.

use std::collections::BTreeMap;

use kith_crypto::DeviceId;

use super::stream;
use crate::{
    conversations::{lacking, receipts::linked_members},
    frame::Frame,
    input::Lane,
    live::Asked,
    records::{Conversation, Lacking, content_log},
    turn::{Fault, Step, Turn},
};

/// So many entries are asked for at once, and so many ranges of them.
const MOST_ASKED: u64 = 4_096;
const MOST_RANGES: usize = 256;
/// To look for so many of them costs as much as a frame that brings nothing new.
const LOOKED_AT_FOR_ONE: u64 = 128;

/// Ranges of content logs, by author.
type Wanted = BTreeMap<DeviceId, Vec<(u64, u64)>>;

/// Asks a linked device for the words that are lacking. One that did not have them is not asked again soon.
pub(crate) fn ask(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    let lacking = lacking::of(turn, conversation)?;
    let now_ms = turn.now_ms;
    let Some(link) = turn.live.links.get_mut(&device).filter(|_| !lacking.is_empty()) else {
        return Ok(());
    };
    let asked = link.wanted.entry(conversation.id);
    let asked = asked.or_insert_with(|| Asked::never(now_ms));
    if !asked.pause.is_over(now_ms) {
        return Ok(());
    }
    let (wanted, last) = choose(&lacking, asked.last);
    asked.last = last;
    let frame = Frame::WantWords {
        conversation: conversation.id,
        wanted: wanted.into_iter().collect(),
    };
    turn.send(device, Lane::Control, &frame)
}

/// Asks everybody who is linked but the one device that has just shown that it does not have them.
pub(crate) fn ask_others(turn: &mut Turn, device: &DeviceId, conversation: &Conversation) -> Step {
    for other in linked_members(turn, conversation) {
        if other != *device {
            ask(turn, other, conversation)?;
        }
    }
    Ok(())
}

/// What to ask for now, and the last of it: what follows `after`, or all from the beginning.
fn choose(lacking: &[Lacking], after: Option<(DeviceId, u64)>) -> (Wanted, Option<(DeviceId, u64)>) {
    let mut all: Vec<(DeviceId, u64, u64)> = Vec::new();
    for log in lacking {
        all.extend(log.seqs.iter().map(|(first, last)| (log.author, first, last)));
    }
    all.sort_unstable();
    let later = all.iter().filter_map(|&(author, first, last)| match after {
        Some((asked, _)) if author < asked => None,
        Some((asked, seq)) if author == asked => {
            (last > seq).then(|| (author, first.max(seq.saturating_add(1)), last))
        }
        _ => Some((author, first, last)),
    });
    let mut chosen: Vec<_> = later.take(MOST_RANGES).collect();
    if chosen.is_empty() {
        chosen = all.into_iter().take(MOST_RANGES).collect();
    }
    let (mut wanted, mut room, mut end) = (Wanted::new(), MOST_ASKED, None);
    for (author, first, last) in chosen {
        if room == 0 {
            break;
        }
        let last = last.min(first.saturating_add(room - 1));
        room -= last - first + 1;
        wanted.entry(author).or_default().push((first, last));
        end = Some((author, last));
    }
    (wanted, end)
}

/// Words came: there may be more where they come from.
pub(super) fn came(turn: &mut Turn, device: &DeviceId, conversation: &Conversation) {
    let now_ms = turn.now_ms;
    if let Some(link) = turn.live.links.get_mut(device)
        && let Some(asked) = link.wanted.get_mut(&conversation.id)
    {
        asked.pause = Asked::never(now_ms).pause;
    }
}

/// A linked device asks for words: it is handed those that are here.
pub(crate) fn give(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &Conversation,
    wanted: Vec<(DeviceId, Vec<(u64, u64)>)>,
) -> Step {
    let mut ranges = Vec::new();
    for (author, seqs) in wanted {
        let log = content_log(author);
        ranges.extend(seqs.into_iter().map(|(first, last)| (log, first, last)));
    }
    let mut looked_at: u64 = 0;
    for (_, first, last) in &ranges {
        let count = last.checked_sub(*first).ok_or(Fault::Peer("words of no range"))?;
        looked_at = looked_at.saturating_add(count).saturating_add(1);
    }
    if ranges.len() > MOST_RANGES || looked_at > MOST_ASKED {
        return Err(Fault::Peer("too many words wanted"));
    }
    let cost = looked_at.div_ceil(LOOKED_AT_FOR_ONE).max(1);
    turn.spend(&device, u32::try_from(cost).unwrap_or(u32::MAX))?;
    stream::give_words(turn, device, conversation, ranges)
}

#[cfg(test)]
mod tests {
    use kith_crypto::{AccountId, ConversationId};

    use super::*;
    use crate::{bench::Bench, conversations};

    fn lacking(author: u8, seqs: impl IntoIterator<Item = u64>) -> Lacking {
        let author = DeviceId::from_bytes([author; 32]);
        let mut lacking = Lacking::empty(ConversationId::from_bytes([1; 32]), author);
        assert!(seqs.into_iter().all(|seq| lacking.add(seq, true)));
        lacking
    }

    #[test]
    fn what_is_too_much_for_one_answer_is_asked_for_part_by_part() {
        let lacking = [lacking(3, 1..=5_000), lacking(2, [7, 8, 10])];
        let (mut asked, mut after) = (Vec::new(), None);
        for _ in 0..2 {
            let (wanted, last) = choose(&lacking, after);
            let ranges = wanted.into_values().flatten();
            asked.push(ranges.map(|(first, last)| last - first + 1).sum::<u64>());
            after = last;
        }
        assert_eq!(asked, [MOST_ASKED, 5_003 - MOST_ASKED]);
        assert_eq!(after, Some((DeviceId::from_bytes([3; 32]), 5_000)));
        let again = choose(&lacking, after);
        assert_eq!(again, choose(&lacking, None), "and then from the beginning");
    }

    #[test]
    fn who_asks_for_more_than_one_answer_may_have_breaks_a_rule() {
        let mut bench = Bench::new(1_800_000_000_000);
        let mut turn = bench.turn();
        let chat = conversations::direct_with(&mut turn, AccountId::from_bytes([2; 32])).unwrap();
        let device = DeviceId::from_bytes([3; 32]);
        let mut asks = |seqs: Vec<(u64, u64)>| give(&mut turn, device, &chat, vec![(device, seqs)]).is_ok();
        assert!(asks(vec![(1, MOST_ASKED)]));
        assert!(asks((1..=256).map(|n| (n * 2, n * 2)).collect()));
        assert!(!asks(vec![(1, MOST_ASKED + 1)]));
        assert!(!asks((1..=257).map(|n| (n * 2, n * 2)).collect()));
        assert!(!asks(vec![(5, 4)]));
        assert!(!asks(vec![(0, u64::MAX), (0, u64::MAX)]));
    }

    #[test]
    fn no_more_ranges_are_asked_for_than_one_answer_may_have() {
        let lacking = [lacking(2, (1..=400).map(|n| n * 2))];
        let (wanted, last) = choose(&lacking, None);
        assert_eq!(wanted.values().map(Vec::len).sum::<usize>(), MOST_RANGES);
        assert_eq!(last, Some((DeviceId::from_bytes([2; 32]), 512)));
    }
}
