//! Carriers: contacts who agreed to hold sealed mail for one another while its recipient is away.
//!
//! Parts that meet only in records and frames. [`holding`] is the carrier: it takes deposits from whoever shows a
//! token that the mailbox's owner gave out, keeps them for some days, and hands them over when a device of the owner is
//! linked; [`room`] shares what may be held. [`granted`] is the owner: whose offers it uses, the tokens it gives to its contacts, and the mail it collects;
//! [`refusing`] takes tokens back.
//! [`sending`] is the author: what a device that is away has not acknowledged goes to one of its owner's carriers, until a
//! device has it; [`placed`] knows what lies where; [`telling`] says when a receipt goes there alone. A carrier learns when, how much and for which device; it helps with what it holds and harms nothing else
//! when it lies, since receipts alone say that something was delivered.

pub(crate) mod commands;
pub(crate) mod granted;
pub(crate) mod holding;
pub(crate) mod placed;
pub(crate) mod refusing;
pub(crate) mod room;
pub(crate) mod sending;
pub(crate) mod telling;

use kith_crypto::{DeviceId, MailboxKey, SenderSecret};

use crate::{
    contacts, conversations,
    records::CarryingSettings,
    turn::{DAY_MS, Step, Turn},
};

/// What is held for others in all unless told otherwise, bytes.
const USUAL_BYTES: u64 = 200_000_000;
/// How long an item is held unless told otherwise, and at the most, days: as long as the prekeys that it was sealed to are
/// kept.
const USUAL_DAYS: u32 = 7;
/// The longest that a carrier holds an item, milliseconds.
pub(crate) const LONGEST_HELD_MS: u64 = USUAL_DAYS as u64 * DAY_MS;

/// What is carried for others in all.
pub(crate) fn settings(turn: &mut Turn) -> Step<CarryingSettings> {
    if let Some(known) = turn.load(&CarryingSettings::at())? {
        return Ok(known);
    }
    let settings = CarryingSettings {
        max_bytes: USUAL_BYTES,
        days: USUAL_DAYS,
        senders: SenderSecret::generate(turn.rng),
    };
    turn.save(&settings)?;
    Ok(settings)
}

/// A device introduced itself: it hears what we carry for it, and gets what we hold.
pub(crate) fn meet(turn: &mut Turn, device: DeviceId) -> Step {
    let Some(account) = turn.live.links.get(&device).map(|link| link.account) else {
        return Ok(());
    };
    let introduced = turn.live.links.get(&device).is_some_and(|link| link.introduced);
    if introduced && account != turn.me.account {
        if contacts::is_accepted(turn, &account)? {
            holding::offer(turn, device, &account)?;
            refusing::tell(turn, device, &account)?;
            holding::hand_over(turn, device)?;
        }
        for conversation in conversations::shared_with(turn, &account)? {
            telling::rested(turn, (conversation.id, account));
        }
    }
    Ok(())
}

/// At the start.
pub(crate) fn start(turn: &mut Turn) -> Step {
    turn.live.sweep_at_ms = turn.now_ms;
    placed::start(turn)?;
    sending::everything_soon(turn)
}

/// Does what is due.
pub(crate) fn tick(turn: &mut Turn) -> Step {
    if turn.now_ms >= turn.live.sweep_at_ms {
        turn.live.sweep_at_ms = turn.now_ms.saturating_add(holding::SWEEP_MS);
        holding::sweep(turn)?;
        sending::everything_soon(turn)?;
    }
    commands::tick(turn)?;
    placed::tick(turn)?;
    sending::tick(turn)
}

/// When [`tick`] has something to do next, unix milliseconds.
pub(crate) fn next_at_ms(turn: &Turn) -> u64 {
    [
        turn.live.sweep_at_ms,
        commands::next_at_ms(turn),
        placed::next_at_ms(turn),
        sending::next_at_ms(turn),
    ]
    .into_iter()
    .fold(u64::MAX, u64::min)
}

fn fresh_key(turn: &mut Turn) -> MailboxKey {
    MailboxKey::generate(turn.rng)
}
