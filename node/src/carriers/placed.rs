//! What the author knows to lie with carriers: up to where each of them said that it holds our log for a device, and which
//! of them is asked next for that. [`super::sending`] asks, the ledger shows.

use kith_crypto::{AccountId, ConversationId, DeviceId};

use super::sending;
use crate::{
    conversations::{self, view},
    live::{Errand, Recipient},
    records::{CarrierCard, ContactCarriers, Conversation, Mailed, Receipts, Record, Told, WithCarrier},
    turn::{Step, Turn},
};

/// The carrier that is asked next for a device: of those that were not asked in vain, one that gave nothing up that the
/// device has not acknowledged, or the one that did longest ago.
pub(crate) fn card_for<'c>(
    turn: &Turn,
    cards: &'c [CarrierCard],
    recipient: Recipient,
    device: DeviceId,
) -> Step<Option<&'c CarrierCard>> {
    let Some(due) = turn.live.mail_due.get(&recipient) else {
        return Ok(None);
    };
    let mailed = mailed(turn, &recipient.0, &device)?;
    let acknowledged = acknowledged(turn, &recipient.0, &device)?;
    let gave_up_at_ms = |card: &&CarrierCard| {
        let mut with = mailed.with.iter();
        let given_up = with.find(|with| {
            with.carrier == card.device && with.until_ms <= turn.now_ms && with.up_to > acknowledged
        });
        given_up.map_or(0, |with| with.until_ms)
    };
    let unasked = cards.iter().filter(|card| !due.asked.contains(&card.device));
    Ok(unasked.min_by_key(gave_up_at_ms).or(cards.first()))
}

/// Up to where a device has acknowledged our log.
pub(crate) fn acknowledged(turn: &Turn, conversation: &ConversationId, device: &DeviceId) -> Step<u64> {
    let known = turn.load::<Receipts>(&Receipts::at(conversation, device))?;
    let held = known.and_then(|known| known.held.get(&turn.device()).copied());
    Ok(held.unwrap_or(0))
}

/// What carriers hold of our log for a device.
pub(crate) fn mailed(turn: &Turn, conversation: &ConversationId, device: &DeviceId) -> Step<Mailed> {
    let known = turn.load(&Mailed::at(conversation, device))?;
    Ok(known.unwrap_or_else(|| Mailed::nowhere(*conversation, *device)))
}

/// Our device was replaced: what is with carriers is of a log that goes on no more, and says nothing of the new one;
/// what it told, the new one tells again.
pub(crate) fn forget_all(turn: &mut Turn) -> Step {
    for conversation in turn.all::<Conversation>(&Conversation::scope())? {
        for mailed in turn.all::<Mailed>(&Mailed::scope(&conversation.id))? {
            turn.remove(mailed.key());
        }
        for told in turn.all::<Told>(&Told::scope(&conversation.id))? {
            turn.remove(told.key());
        }
    }
    Ok(())
}

/// For which devices carriers hold our log now, and up to where.
pub(crate) fn held(turn: &Turn, conversation: &Conversation) -> Step<Vec<(DeviceId, u64)>> {
    let mailed = turn.all::<Mailed>(&Mailed::scope(&conversation.id))?;
    let held = mailed.iter();
    Ok(held
        .map(|mailed| (mailed.device, mailed.up_to(turn.now_ms)))
        .collect())
}

/// At the start: when something of ours is held no longer is known from then on.
pub(crate) fn start(turn: &mut Turn) -> Step {
    turn.live.held_told_ms = turn.now_ms;
    turn.live.held_ends_at_ms = turn.now_ms;
    tick(turn)
}

/// Tells of what is held no longer since its time is over, and has it brought to another carrier.
pub(crate) fn tick(turn: &mut Turn) -> Step {
    let now_ms = turn.now_ms;
    if now_ms < turn.live.held_ends_at_ms {
        return Ok(());
    }
    let mut next_ms = u64::MAX;
    for conversation in turn.all::<Conversation>(&Conversation::scope())? {
        for mailed in turn.all::<Mailed>(&Mailed::scope(&conversation.id))? {
            let before = mailed.up_to(turn.live.held_told_ms);
            next_ms = mailed.first_end_ms(now_ms).min(next_ms);
            ended(turn, &conversation, &mailed, before)?;
        }
    }
    turn.live.held_told_ms = now_ms;
    turn.live.held_ends_at_ms = next_ms;
    Ok(())
}

/// When [`tick`] has something to tell next, unix milliseconds.
pub(crate) fn next_at_ms(turn: &Turn) -> u64 {
    turn.live.held_ends_at_ms
}

/// What carriers held of our log for a device up to `before` they may hold no longer.
fn ended(turn: &mut Turn, conversation: &Conversation, mailed: &Mailed, before: u64) -> Step {
    let acknowledged = acknowledged(turn, &conversation.id, &mailed.device)?;
    let known = mailed.up_to(turn.now_ms).max(acknowledged);
    if known >= before {
        return Ok(());
    }
    if let Some(account) = conversations::owner(turn, conversation, &mailed.device)? {
        sending::soon_to(turn, (conversation.id, account));
    }
    view::tell(turn, conversation, (known.saturating_add(1), before))
}

/// Some carriers say that they carry for an account no longer, or are not named by it any more: what they held for its devices,
/// or for one of them, does not count.
pub(crate) fn forget(
    turn: &mut Turn,
    account: &AccountId,
    device: Option<&DeviceId>,
    carries: impl Fn(&DeviceId) -> bool,
) -> Step {
    for conversation in conversations::shared_with(turn, account)? {
        for mut mailed in turn.all::<Mailed>(&Mailed::scope(&conversation.id))? {
            let is_theirs = conversations::owner(turn, &conversation, &mailed.device)? == Some(*account);
            if !is_theirs || device.is_some_and(|device| *device != mailed.device) {
                continue;
            }
            let (before, known) = (mailed.up_to(turn.now_ms), mailed.with.len());
            mailed.with.retain(|with| carries(&with.carrier));
            if mailed.with.len() < known {
                turn.save(&mailed)?;
                ended(turn, &conversation, &mailed, before)?;
            }
        }
    }
    Ok(())
}

/// A carrier holds our log for a device up to here; gives up to where any did before.
pub(crate) fn note(turn: &mut Turn, errand: &Errand, up_to: u64, until_ms: u64) -> Step<u64> {
    let now_ms = turn.now_ms;
    let mut mailed = mailed(turn, &errand.conversation, &errand.device)?;
    let before = mailed.up_to(now_ms);
    let there = mailed.with(&errand.carrier, now_ms);
    let until_ms = there.map_or(until_ms, |with| with.until_ms.min(until_ms));
    let carriers = turn.load::<ContactCarriers>(&ContactCarriers::at(&errand.account))?;
    let cards = carriers.map(|known| known.cards).unwrap_or_default();
    // Of those that carry for them no longer nobody asks when they gave up what they had.
    mailed.with.retain(|with| {
        with.carrier != errand.carrier
            && (with.until_ms > now_ms || cards.iter().any(|card| card.device == with.carrier))
    });
    mailed.with.push(WithCarrier {
        carrier: errand.carrier,
        up_to,
        until_ms,
    });
    turn.save(&mailed)?;
    turn.live.held_ends_at_ms = turn.live.held_ends_at_ms.min(until_ms);
    Ok(before)
}
