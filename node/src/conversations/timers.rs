//! Messages that disappear: how long a conversation's messages stay, who said so, and the moment at which each goes.
//!
//! A message's header says when its body is to be erased, by its author's clock; every holder does so then, and no later
//! than that long after it came here: a stamp from the future keeps nothing longer. What has had its time is kept by no
//! road. A clock that is ahead of the author's takes nothing away early: what it shows is compared with the author's once,
//! when the message comes, and the moment that results is kept.

use kith_crypto::{
    AccountId, Control, ConversationId, Header, LogId, LogKind, MAX_TIMER_S, MIN_TIMER_S, SignedHeader, Stamp,
};

use super::{
    append, claims,
    deleting::{applying, limits, pending},
    find, rows, silences, view,
};
use crate::{
    clock,
    command::Reply,
    contacts, epochs,
    error::CommandError,
    event::Event,
    groups::leaving,
    own,
    position::Position,
    records::{
        ChatTimer, ControlIndex, Conversation, Deadline, EntryRecord, Expiring, OrderRow, PendingTimer, Row,
        SetAside, TimerSetting, control_log,
    },
    store::{Bounds, Order},
    sync,
    turn::{Step, Turn},
    view::{TimerChangeView, TimerView},
};

/// How many messages disappear in one batch.
const STEP: usize = 256;
/// More messages than this that disappear at once are told of together.
const MOST_EVENTS: usize = 64;

/// Sets after how long messages disappear. It is said after ten seconds, so that it can be set otherwise until then.
pub(crate) fn set(turn: &mut Turn, id: &ConversationId, seconds: u32) -> Step<Reply> {
    if seconds != 0 && !(MIN_TIMER_S..=MAX_TIMER_S).contains(&seconds) {
        return Err(CommandError::OutOfRange {
            what: "seconds (but for 0, which switches it off)".into(),
            min: MIN_TIMER_S.into(),
            max: MAX_TIMER_S.into(),
        }
        .into());
    }
    let conversation = find(turn, id)?;
    if let Some(contact) = conversation.contact()
        && !contacts::is_accepted(turn, contact)?
    {
        return Err(CommandError::ContactWaiting.into());
    }
    leaving::must_take_part(turn, &conversation)?;
    if own::profile(turn)?.outdated {
        return Err(CommandError::OutdatedCopy.into());
    }
    limits::spend(turn)?;
    if seconds == in_force(turn, id)? {
        turn.remove(PendingTimer::at(id));
    } else {
        let due_at_ms = turn.now_ms.saturating_add(limits::UNDO_MS);
        turn.save(&PendingTimer {
            conversation: *id,
            seconds,
            due_at_ms,
        })?;
        pending::wake(turn, due_at_ms);
    }
    view::emit_conversation(turn, &conversation)?;
    Ok(Reply::Conversation(Box::new(view::conversation(
        turn,
        &conversation,
    )?)))
}

fn in_force(turn: &Turn, conversation: &ConversationId) -> Step<u32> {
    Ok(newest(turn, conversation)?.map_or(0, |setting| setting.seconds))
}

/// The setting that counts.
pub(super) fn newest(turn: &Turn, conversation: &ConversationId) -> Step<Option<TimerSetting>> {
    let settings = unreplaced(turn, conversation, &settings(turn, conversation)?)?;
    Ok(settings
        .into_iter()
        .max_by_key(|setting| (setting.at, setting.author)))
}

/// These are all settings that are known.
pub(super) fn hold(turn: &mut Turn, conversation: &ConversationId, known: &[TimerSetting]) -> Step {
    let settings = unreplaced(turn, conversation, known)?;
    turn.save(&ChatTimer {
        conversation: *conversation,
        settings,
    })
}

fn settings(turn: &Turn, conversation: &ConversationId) -> Step<Vec<TimerSetting>> {
    let timer = turn.load::<ChatTimer>(&ChatTimer::at(conversation))?;
    Ok(timer.map(|timer| timer.settings).unwrap_or_default())
}

/// Those of several settings that none of the others replaces.
fn unreplaced(
    turn: &Turn,
    conversation: &ConversationId,
    settings: &[TimerSetting],
) -> Step<Vec<TimerSetting>> {
    let mut newest = Vec::new();
    for setting in settings {
        let mut is_replaced = false;
        for other in settings {
            is_replaced |= other != setting && replaces(turn, conversation, other, setting)?;
        }
        if !is_replaced {
            newest.push(*setting);
        }
    }
    Ok(newest)
}

/// Whether who set the timer had seen an earlier setting, so that its stamp is of no interest: by a stamp from the end of
/// time a timer could be held for ever.
fn replaces(
    turn: &Turn,
    conversation: &ConversationId,
    setting: &TimerSetting,
    earlier: &TimerSetting,
) -> Step<bool> {
    if setting.author == earlier.author {
        return Ok(setting.seq > earlier.seq);
    }
    let log = control_log(setting.author);
    let Some(record) = turn.load::<EntryRecord>(&EntryRecord::at(conversation, &log, setting.seq))? else {
        return Ok(false);
    };
    let log = control_log(earlier.author);
    for seen in &SignedHeader::open_trusted(&record.header)?.header().deps {
        let Some(index) = turn.load::<ControlIndex>(&ControlIndex::at(conversation, seen))? else {
            continue;
        };
        if index.seq >= earlier.seq && claims::entry_id(turn, conversation, &log, index.seq)? == Some(*seen) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a screen shows of a conversation's timer.
pub(crate) fn view_of(turn: &Turn, conversation: &ConversationId) -> Step<TimerView> {
    let change = turn.load::<PendingTimer>(&PendingTimer::at(conversation))?;
    Ok(TimerView {
        seconds: in_force(turn, conversation)?,
        change: change.map(|change| TimerChangeView {
            seconds: change.seconds,
            from_ms: change.due_at_ms,
        }),
    })
}

/// A change of the timer becomes final: everyone is told.
pub(crate) fn say(turn: &mut Turn, change: &PendingTimer) -> Step {
    turn.remove(PendingTimer::at(&change.conversation));
    let Some(mut conversation) = turn.load::<Conversation>(&Conversation::at(&change.conversation))? else {
        return Ok(());
    };
    if in_force(turn, &conversation.id)? != change.seconds {
        write(turn, &mut conversation, change.seconds)?;
    }
    view::emit_conversation(turn, &conversation)
}

/// Tells everyone of a setting.
pub(super) fn write(turn: &mut Turn, conversation: &mut Conversation, seconds: u32) -> Step {
    epochs::rekey_if_needed(turn, conversation)?;
    let appended = append::control(turn, conversation, &Control::SetTimer { seconds })?;
    let me = turn.me.account;
    take(turn, conversation, &appended.header, (me, seconds))?;
    epochs::gossip::publish(turn, conversation, &appended)?;
    sync::expect_control(turn, conversation);
    Ok(())
}

/// Somebody set the timer: what they had seen is replaced, and of several that had not seen one another the newest counts,
/// whatever order they come in. Each has its row.
pub(crate) fn take(
    turn: &mut Turn,
    conversation: &mut Conversation,
    header: &SignedHeader,
    (account, seconds): (AccountId, u32),
) -> Step {
    let fields = header.header();
    let mut known = settings(turn, &conversation.id)?;
    let setting = TimerSetting {
        at: fields.at.raw(),
        author: fields.author,
        seq: fields.seq,
        seconds,
    };
    if !known.contains(&setting) {
        known.push(setting);
    }
    hold(turn, &conversation.id, &known)?;
    let row = rows::insert_control(turn, conversation, header, account, Row::Timer { seconds })?;
    view::emit_row(turn, conversation, &row)
}

/// When a message that is written at `at` disappears, if the timer is on.
pub(crate) fn expiry_at(turn: &Turn, conversation: &ConversationId, at: Stamp) -> Step<Option<u64>> {
    let seconds = u64::from(in_force(turn, conversation)?);
    Ok((seconds > 0).then(|| at.millis().saturating_add(seconds.saturating_mul(1_000))))
}

/// When a message that came here at `received_at_ms` disappears, if its author's clock and ours show the same.
fn deadline_ms(header: &Header, received_at_ms: u64) -> Option<u64> {
    let expires_at_ms = header.expires_at_ms?;
    let lasts_ms = expires_at_ms.saturating_sub(header.at.millis());
    Some(expires_at_ms.min(received_at_ms.saturating_add(lasts_ms)))
}

/// When a message that came here at `received_at_ms` disappears here, by our clock: as was decided when it came, or as its
/// author's clock and ours stand now.
fn decided_ms(turn: &Turn, header: &Header, received_at_ms: u64) -> Step<Option<u64>> {
    let Some(expires_at_ms) = header.expires_at_ms else {
        return Ok(None);
    };
    if let Some(known) = turn.load::<Deadline>(&Deadline::at(&header.conversation, &position_of(header)))? {
        return Ok(Some(known.at_ms));
    }
    let author_now_ms = clock::author_now_ms(turn, &header.author);
    let here_ms = expires_at_ms
        .saturating_add(turn.now_ms)
        .saturating_sub(author_now_ms);
    let lasts_ms = expires_at_ms.saturating_sub(header.at.millis());
    Ok(Some(here_ms.min(received_at_ms.saturating_add(lasts_ms))))
}

fn position_of(header: &Header) -> Position {
    Position::new(&header.conversation, header.at, &header.author, header.seq)
}

/// When a message whose words are kept disappears here.
fn noted_ms(turn: &Turn, header: &Header, received_at_ms: u64) -> Step<Option<u64>> {
    let Some(at_ms) = deadline_ms(header, received_at_ms) else {
        return Ok(None);
    };
    let known = turn.load::<Deadline>(&Deadline::at(&header.conversation, &position_of(header)))?;
    Ok(Some(known.map_or(at_ms, |known| known.at_ms)))
}

/// When a message that is held disappears here.
pub(crate) fn deadline_of(turn: &Turn, record: &EntryRecord) -> Step<Option<u64>> {
    let header = SignedHeader::open_trusted(&record.header)?;
    noted_ms(turn, header.header(), record.received_at_ms)
}

/// Whether a message has had its time before it came.
pub(crate) fn is_over(turn: &Turn, header: &Header) -> Step<bool> {
    Ok(decided_ms(turn, header, turn.now_ms)?.is_some_and(|at_ms| at_ms <= turn.now_ms))
}

/// The words of a message are about to be kept: when it disappears here is settled now, as its author's clock and ours
/// stand.
pub(crate) fn decide(turn: &mut Turn, header: &Header, received_at_ms: u64) -> Step {
    if header.log == LogKind::Control {
        return Ok(());
    }
    let decided_ms = decided_ms(turn, header, received_at_ms)?;
    match decided_ms.filter(|_| decided_ms != deadline_ms(header, received_at_ms)) {
        Some(at_ms) => turn.save(&Deadline {
            conversation: header.conversation,
            position: position_of(header),
            at_ms,
        }),
        None => Ok(()),
    }
}

/// A message has its row now: it goes when its time is over.
pub(crate) fn note(turn: &mut Turn, row: &OrderRow, header: &Header, received_at_ms: u64) -> Step {
    let Some(at_ms) = noted_ms(turn, header, received_at_ms)? else {
        return Ok(());
    };
    turn.save(&Expiring {
        at_ms,
        conversation: row.conversation,
        log: header.log_id(),
        seq: header.seq,
        position: row.position,
    })?;
    pending::wake(turn, at_ms);
    Ok(())
}

/// A message goes otherwise: its time is of no interest any more.
pub(crate) fn forget(turn: &mut Turn, conversation: &Conversation, log: &LogId, seq: u64) -> Step {
    let Some(record) = turn.load::<EntryRecord>(&EntryRecord::at(&conversation.id, log, seq))? else {
        return Ok(());
    };
    let header = SignedHeader::open_trusted(&record.header)?;
    let fields = header.header();
    if let Some(at_ms) = noted_ms(turn, fields, record.received_at_ms)? {
        let position = position_of(fields);
        turn.remove(Expiring::place(at_ms, &position));
        turn.remove(Deadline::at(&conversation.id, &position));
    }
    Ok(())
}

/// The messages whose time is over go.
pub(crate) fn expire(turn: &mut Turn) -> Step {
    let after = turn.now_ms.saturating_add(1).to_be_bytes().to_vec();
    let over = turn.scan::<Expiring>(&Expiring::scope(), &Bounds::before(after), Order::Ascending, STEP)?;
    let mut changed = std::collections::BTreeSet::new();
    for expiring in &over {
        turn.remove(Expiring::place(expiring.at_ms, &expiring.position));
        let known = turn.load::<Conversation>(&Conversation::at(&expiring.conversation))?;
        if let Some(conversation) = known {
            go(turn, &conversation, expiring, over.len() <= MOST_EVENTS)?;
            changed.insert(conversation.id);
        }
        turn.remove(Deadline::at(&expiring.conversation, &expiring.position));
    }
    if over.len() > MOST_EVENTS {
        turn.emit(Event::Reload);
    }
    for id in changed {
        let mut conversation = find(turn, &id)?;
        applying::settle(turn, &mut conversation)?;
        view::emit_conversation(turn, &conversation)?;
    }
    Ok(())
}

fn go(turn: &mut Turn, conversation: &Conversation, expiring: &Expiring, told: bool) -> Step {
    let Some(row) = rows::at(turn, conversation, &expiring.position)? else {
        return Ok(());
    };
    match &row.row {
        Row::Entry { log, seq } => silences::add(turn, &conversation.id, log, *seq)?,
        Row::SetAside => {}
        _ => return Ok(()),
    }
    applying::erase_words(turn, conversation, &row)?;
    if told {
        applying::remove_row(turn, conversation, &row.position);
    } else {
        turn.remove(OrderRow::at(&conversation.id, &row.position));
    }
    Ok(())
}

/// When words that were set aside disappear, by the clock that we stamp by: as it was when they were written.
pub(crate) fn expiry_of_aside(turn: &Turn, aside: &SetAside) -> Step<Option<u64>> {
    let all = turn.all::<Expiring>(&Expiring::scope())?;
    let known = all
        .iter()
        .find(|known| known.conversation == aside.conversation && known.position == aside.position);
    let stamping_ms = clock::agreed_now_ms(turn);
    Ok(known.map(|known| {
        let at_ms = known.at_ms.saturating_add(stamping_ms);
        at_ms.saturating_sub(turn.now_ms)
    }))
}
