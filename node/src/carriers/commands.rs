//! What our person asks of carrying, and sees of it: sizes and times, never content.

use kith_crypto::AccountId;

use super::{granted, holding, refusing, settings};
use crate::{
    command::Reply,
    contacts,
    error::CommandError,
    event::Event,
    records::{Carrier, CarryingSettings, ContactCarriers},
    turn::{Step, Turn},
    view::{CarrierView, CarryingView, HeldItemView, MailboxView},
};

/// Listeners are told what is carried at most so often, milliseconds: it names every item.
const TOLD_EVERY_MS: u64 = 1_000;
/// Bytes of a megabyte as shown.
const MB: u64 = 1_000_000;
/// The most that can be carried for others, in MB and in days. Longer than its prekey lives nothing can be opened.
const MAX_MB: u64 = 100_000;
const MAX_DAYS: u64 = 7;

/// What is carried, for whom and by whom.
pub(crate) fn get(turn: &mut Turn) -> Step<Reply> {
    Ok(Reply::Carrying(view(turn)?))
}

/// Carries for a contact, or no longer.
pub(crate) fn carry(turn: &mut Turn, account: AccountId, carry: bool) -> Step<Reply> {
    contacts::must_be_accepted(turn, &account)?;
    holding::carry(turn, account, carry)?;
    emit(turn)?;
    get(turn)
}

/// Lets a contact carry for us, or no longer.
pub(crate) fn choose(turn: &mut Turn, account: AccountId, used: bool) -> Step<Reply> {
    contacts::must_be_accepted(turn, &account)?;
    granted::choose(turn, account, used)?;
    get(turn)
}

/// Lets a contact leave mail for us with our carriers, or no longer.
pub(crate) fn allow(turn: &mut Turn, account: AccountId, allowed: bool) -> Step<Reply> {
    contacts::must_be_accepted(turn, &account)?;
    refusing::allow(turn, account, allowed)?;
    get(turn)
}

/// Sets how much is carried for others in all, and how long.
pub(crate) fn limit(turn: &mut Turn, max_mb: u64, days: u32) -> Step<Reply> {
    in_range("max_mb", max_mb, 0, MAX_MB)?;
    in_range("days", days.into(), 1, MAX_DAYS)?;
    let known = settings(turn)?;
    turn.save(&CarryingSettings {
        max_bytes: max_mb * MB,
        days,
        ..known
    })?;
    if max_mb == 0 {
        for mailbox in holding::mailboxes(turn)? {
            holding::drop_items(turn, &mailbox.mailbox)?;
        }
    }
    holding::offer_all(turn)?;
    emit(turn)?;
    get(turn)
}

/// Erases what is held for a contact.
pub(crate) fn drop_held(turn: &mut Turn, account: AccountId) -> Step<Reply> {
    let mailbox = holding::mailbox_of(turn, &account)?.ok_or(CommandError::UnknownContact)?;
    holding::drop_items(turn, &mailbox.mailbox)?;
    emit(turn)?;
    get(turn)
}

fn in_range(what: &str, value: u64, min: u64, max: u64) -> Step {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    let what = what.into();
    Err(CommandError::OutOfRange { what, min, max }.into())
}

/// Tells listeners what is carried: now, or soon if that was told just now. Somebody may bring or collect thousands of items.
pub(crate) fn emit(turn: &mut Turn) -> Step {
    turn.live.carrying_changed = true;
    tick(turn)
}

/// Tells listeners what is carried if they do not know it yet.
pub(crate) fn tick(turn: &mut Turn) -> Step {
    if !turn.live.carrying_changed || turn.now_ms < next_at_ms(turn) {
        return Ok(());
    }
    turn.live.carrying_changed = false;
    turn.live.carrying_told_at_ms = turn.now_ms;
    let view = view(turn)?;
    turn.emit(Event::Carrying(Box::new(view)));
    Ok(())
}

/// When [`tick`] has something to tell next, unix milliseconds.
pub(crate) fn next_at_ms(turn: &Turn) -> u64 {
    if turn.live.carrying_changed {
        turn.live.carrying_told_at_ms.saturating_add(TOLD_EVERY_MS)
    } else {
        u64::MAX
    }
}

fn view(turn: &mut Turn) -> Step<CarryingView> {
    let settings = settings(turn)?;
    let mut mailboxes = Vec::new();
    for mailbox in holding::mailboxes(turn)? {
        let mut items: Vec<HeldItemView> = holding::items(turn, &mailbox.mailbox)?
            .iter()
            .map(|item| HeldItemView {
                bytes: item.bytes,
                held_at_ms: item.held_at_ms,
                until_ms: item.until_ms,
            })
            .collect();
        items.sort_unstable_by_key(|item| item.until_ms);
        mailboxes.push(MailboxView {
            account: mailbox.owner,
            bytes: items.iter().map(|item| item.bytes).sum(),
            items,
        });
    }
    mailboxes.sort_unstable_by_key(|mailbox| mailbox.account);
    let mut carriers: Vec<CarrierView> = turn
        .all::<Carrier>(&Carrier::scope())?
        .iter()
        .map(|carrier| CarrierView {
            account: carrier.account,
            used: carrier.used,
            decided: carrier.decided,
            offered: !carrier.grants.is_empty(),
            max_bytes: carrier.grants.iter().map(|(_, grant)| grant.quota_bytes).max(),
            days: carrier.grants.iter().map(|(_, grant)| grant.days).max(),
        })
        .collect();
    carriers.sort_unstable_by_key(|carrier| carrier.account);
    Ok(CarryingView {
        max_mb: settings.max_bytes / MB,
        days: settings.days,
        held_bytes: mailboxes.iter().map(|mailbox| mailbox.bytes).sum(),
        mailboxes,
        carriers,
        reachable_through: reachable_through(turn)?,
        refused: refusing::accounts(turn)?,
    })
}

/// Contacts who named somebody that carries for them.
fn reachable_through(turn: &Turn) -> Step<Vec<AccountId>> {
    let mut accounts = Vec::new();
    for contact in contacts::all(turn)? {
        let known = turn.load::<ContactCarriers>(&ContactCarriers::at(&contact.account))?;
        if contact.is_accepted() && known.is_some_and(|known| !known.cards.is_empty()) {
            accounts.push(contact.account);
        }
    }
    accounts.sort_unstable();
    Ok(accounts)
}
