//! Receipts by mail: what a device was told of what we hold and were shown, and when a receipt goes to a carrier with
//! nothing else to say.
//!
//! A device was told what went over a link that lasted, and what a carrier holds for it ([`Told`]). Only what became of
//! its own account's logs is news to it. Entries cause receipts and receipts cause nothing, so two who have carriers
//! come to rest.

use std::collections::BTreeMap;

use kith_crypto::{AccountId, DeviceId, Holding};

use super::sending;
use crate::{
    conversations,
    frame::Frame,
    live::{ReceiptPause, Recipient},
    records::{Contact, Conversation, Receipts, Told},
    turn::{Step, Turn},
};

/// Who gets a message often reads it right then: a receipt alone waits this long, so that one mail tells both.
/// Milliseconds.
const READING_MS: u64 = 10_000;
/// The pause after a receipt went alone, doubled each time up to the longest, milliseconds.
const FIRST_PAUSE_MS: u64 = 60_000;
const LONGEST_PAUSE_MS: u64 = 30 * 60_000;
/// What went over a link so shortly before it ended may not have arrived: a link that fell silent is given up sooner.
/// Milliseconds.
const DOUBTFUL_MS: u64 = 30_000;

/// Our acknowledgement of a conversation was sent to those who are linked; for those who are not it may go by mail.
pub(crate) fn acknowledged(turn: &mut Turn, conversation: &Conversation, receipt: &Frame) -> Step {
    for account in conversations::others(turn, conversation) {
        acknowledged_to(turn, conversation, account, receipt)?;
    }
    Ok(())
}

fn acknowledged_to(
    turn: &mut Turn,
    conversation: &Conversation,
    account: AccountId,
    receipt: &Frame,
) -> Step {
    if sending::cards(turn, conversation, &account)?.is_empty() {
        return Ok(());
    }
    let Some(contact) = turn.load::<Contact>(&Contact::at(&account))? else {
        return Ok(());
    };
    let recipient = (conversation.id, account);
    let mut away = false;
    for device in contact.devices {
        if turn.live.links.contains_key(&device) {
            over_link(turn, conversation, device, receipt)?;
        } else {
            away = true;
        }
    }
    if away {
        let now_ms = turn.now_ms;
        let pause = pause(turn, recipient);
        if pause.at_ms <= now_ms {
            pause.at_ms = now_ms.saturating_add(READING_MS);
        }
        sending::look(turn, recipient);
    }
    Ok(())
}

/// Our acknowledgement goes to a device over its link.
pub(crate) fn over_link(
    turn: &mut Turn,
    conversation: &Conversation,
    device: DeviceId,
    receipt: &Frame,
) -> Step {
    let Frame::Receipt { held, shown, .. } = receipt else {
        return Ok(());
    };
    let owner = conversations::owner(turn, conversation, &device)?;
    let Some(account) = owner.filter(|account| *account != turn.me.account) else {
        return Ok(());
    };
    if sending::cards(turn, conversation, &account)?.is_empty() {
        return Ok(());
    }
    let receipts = of_theirs(turn, conversation, device, (held, shown))?;
    remember(turn, receipts, u64::MAX)
}

/// A link ended: what went over it last may not have arrived.
pub(crate) fn doubt(turn: &mut Turn, account: &AccountId, device: &DeviceId) -> Step {
    for conversation in conversations::shared_with(turn, account)? {
        let at = Told::at(&conversation.id, device);
        let told = turn.load::<Told>(&at)?;
        let doubtful =
            |told: &Told| told.until_ms == u64::MAX && told.at_ms.saturating_add(DOUBTFUL_MS) > turn.now_ms;
        if told.as_ref().is_some_and(doubtful) {
            turn.remove(at);
        }
    }
    Ok(())
}

/// A carrier holds a receipt for a device.
pub(crate) fn held(turn: &mut Turn, told: Receipts, until_ms: u64) -> Step {
    remember(turn, told, until_ms)
}

/// What of a receipt a device has an interest in: what became of its own account's logs.
pub(crate) fn of_theirs(
    turn: &Turn,
    conversation: &Conversation,
    device: DeviceId,
    (held, shown): (&[Holding], &[(DeviceId, u64)]),
) -> Step<Receipts> {
    let theirs = conversations::owner(turn, conversation, &device)?;
    let mut receipts = Receipts::empty(conversation.id, device);
    for claim in held {
        if theirs.is_some() && conversations::owner(turn, conversation, &claim.author)? == theirs {
            receipts.held.insert(claim.author, claim.seq);
        }
    }
    for (author, seq) in shown {
        if theirs.is_some() && conversations::owner(turn, conversation, author)? == theirs {
            receipts.shown.insert(*author, *seq);
        }
    }
    Ok(receipts)
}

/// Whether a device was not told all of this yet.
pub(crate) fn is_news(turn: &Turn, receipts: &Receipts) -> Step<bool> {
    let told = turn.load::<Told>(&Told::at(&receipts.conversation, &receipts.device))?;
    Ok(told
        .filter(|told| told.until_ms > turn.now_ms)
        .is_none_or(|told| exceeds(receipts, &told.receipts)))
}

fn exceeds(receipts: &Receipts, told: &Receipts) -> bool {
    let exceeds = |now: &BTreeMap<DeviceId, u64>, before: &BTreeMap<DeviceId, u64>| {
        now.iter()
            .any(|(author, seq)| *seq > before.get(author).copied().unwrap_or(0))
    };
    exceeds(&receipts.held, &told.held) || exceeds(&receipts.shown, &told.shown)
}

fn remember(turn: &mut Turn, receipts: Receipts, until_ms: u64) -> Step {
    let known = turn.load::<Told>(&Told::at(&receipts.conversation, &receipts.device))?;
    if known.is_some_and(|known| known.until_ms >= until_ms && !exceeds(&receipts, &known.receipts)) {
        return Ok(());
    }
    turn.save(&Told {
        receipts,
        at_ms: turn.now_ms,
        until_ms,
    })
}

/// Before this no receipt goes alone to somebody, unix milliseconds.
pub(crate) fn may_go_at_ms(turn: &Turn, recipient: Recipient) -> u64 {
    let pause = turn.live.receipt_pauses.get(&recipient);
    pause.map_or(0, |pause| pause.at_ms)
}

/// A receipt went alone: the next waits.
pub(crate) fn went_alone(turn: &mut Turn, recipient: Recipient) {
    let now_ms = turn.now_ms;
    let pause = pause(turn, recipient);
    pause.at_ms = now_ms.saturating_add(pause.pause_ms);
    pause.pause_ms = pause.pause_ms.saturating_mul(2).min(LONGEST_PAUSE_MS);
}

/// There was something else to say, or somebody there to say it to: pauses are short again.
pub(crate) fn rested(turn: &mut Turn, recipient: Recipient) {
    turn.live.receipt_pauses.remove(&recipient);
}

fn pause<'t>(turn: &'t mut Turn, recipient: Recipient) -> &'t mut ReceiptPause {
    let pauses = &mut turn.live.receipt_pauses;
    pauses.entry(recipient).or_insert(ReceiptPause {
        at_ms: 0,
        pause_ms: FIRST_PAUSE_MS,
    })
}
