//! The carrier's part: mailboxes of contacts, deposits, and handing over.
//!
//! An item is durable before it is answered for, and erased once its recipient says that it is durable there, once its
//! time is over, or when our person drops it.

use kith_crypto::{AccountId, Deposit, DepositAnswer, DeviceId, MailboxId, mail::check_padded};

use super::{refusing, room};
use crate::{
    contacts,
    effects::Transmit,
    frame::Frame,
    input::{DepositId, Lane},
    records::{Grant, HeldContent, HeldItem, Mailbox, RefusedSenders},
    turn::{DAY_MS, Step, Turn},
};

/// How many items are on their way to one device at a time.
const WINDOW: usize = 4;
/// How often what is over is looked for, milliseconds.
pub(crate) const SWEEP_MS: u64 = 60 * 60 * 1_000;

/// All mailboxes that we keep.
pub(crate) fn mailboxes(turn: &Turn) -> Step<Vec<Mailbox>> {
    turn.all(&Mailbox::scope())
}

/// The mailbox of one contact.
pub(crate) fn mailbox_of(turn: &Turn, owner: &AccountId) -> Step<Option<Mailbox>> {
    Ok(mailboxes(turn)?
        .into_iter()
        .find(|mailbox| mailbox.owner == *owner))
}

/// What a mailbox holds.
pub(crate) fn items(turn: &Turn, mailbox: &MailboxId) -> Step<Vec<HeldItem>> {
    turn.all(&HeldItem::scope(mailbox))
}

/// Begins or ends to carry for a contact. What was held is dropped with the mailbox.
pub(crate) fn carry(turn: &mut Turn, owner: AccountId, carry: bool) -> Step {
    match (mailbox_of(turn, &owner)?, carry) {
        (None, true) => {
            let mut name = [0; 16];
            turn.rng.fill_bytes(&mut name);
            let key = super::fresh_key(turn);
            turn.save(&Mailbox {
                mailbox: MailboxId(name),
                owner,
                key,
            })?;
        }
        (Some(mailbox), false) => {
            drop_items(turn, &mailbox.mailbox)?;
            turn.remove(Mailbox::at(&mailbox.mailbox));
            turn.remove(RefusedSenders::at(&mailbox.mailbox));
        }
        _ => {}
    }
    if !carry {
        for device in turn.live.linked(&owner) {
            offer(turn, device, &owner)?;
        }
    }
    offer_all(turn)
}

/// Tells all whose mail we carry what we carry for them, since their shares have changed.
pub(crate) fn offer_all(turn: &mut Turn) -> Step {
    for mailbox in mailboxes(turn)? {
        for device in turn.live.linked(&mailbox.owner) {
            offer(turn, device, &mailbox.owner)?;
        }
    }
    Ok(())
}

/// Erases everything in a mailbox.
pub(crate) fn drop_items(turn: &mut Turn, mailbox: &MailboxId) -> Step {
    for item in items(turn, mailbox)? {
        erase(turn, &item);
    }
    Ok(())
}

fn erase(turn: &mut Turn, item: &HeldItem) {
    turn.remove(HeldContent::at(&item.id));
    turn.remove(HeldItem::at(&item.mailbox, &item.id));
    room::erased(turn, item);
}

/// Tells a linked device of a contact what we carry for it.
pub(crate) fn offer(turn: &mut Turn, device: DeviceId, owner: &AccountId) -> Step {
    let settings = super::settings(turn)?;
    let mailbox = mailbox_of(turn, owner)?;
    let quota_bytes = room::share_bytes(turn, &settings)?;
    let grant = mailbox.filter(|_| settings.max_bytes > 0).map(|mailbox| Grant {
        mailbox: mailbox.mailbox,
        key: mailbox.key,
        quota_bytes,
        days: settings.days,
    });
    turn.send(device, Lane::Control, &Frame::Carry(grant))
}

/// Somebody unknown wants to leave something in a mailbox.
pub(crate) fn deposit(turn: &mut Turn, id: DepositId, bytes: &[u8]) -> Step {
    let answer = take(turn, bytes)?;
    let answer = answer.encode()?;
    turn.transmit(Transmit::AnswerDeposit { deposit: id, answer });
    Ok(())
}

fn take(turn: &mut Turn, bytes: &[u8]) -> Step<DepositAnswer> {
    let Ok(deposit) = Deposit::decode(bytes) else {
        return Ok(DepositAnswer::NotHonoured);
    };
    let Some(mailbox) = turn.load::<Mailbox>(&Mailbox::at(&deposit.token.mailbox))? else {
        return Ok(DepositAnswer::NotHonoured);
    };
    let is_theirs = contacts::find(turn, &mailbox.owner)?
        .is_some_and(|owner| owner.is_accepted() && owner.devices.contains(&deposit.recipient));
    if !mailbox.key.honours(&deposit.token) || !is_theirs || check_padded(&deposit.sealed).is_err() {
        return Ok(DepositAnswer::NotHonoured);
    }
    if refusing::is_refused(turn, &deposit.token)? {
        return Ok(DepositAnswer::NotHonoured);
    }
    let settings = super::settings(turn)?;
    let id = *blake3::hash(&deposit.sealed).as_bytes();
    if let Some(known) = turn.load::<HeldItem>(&HeldItem::at(&mailbox.mailbox, &id))? {
        if known.until_ms > turn.now_ms {
            return Ok(DepositAnswer::Held {
                until_ms: known.until_ms,
            });
        }
        erase(turn, &known);
    }
    let place = (mailbox.mailbox, deposit.token.sender);
    let bytes = deposit.sealed.len() as u64;
    // What is over takes no room until it is erased.
    let fits = room::fits(turn, &settings, place, bytes)?
        || sweep(turn)? && room::fits(turn, &settings, place, bytes)?;
    if !fits {
        return Ok(DepositAnswer::Full);
    }
    let until_ms = turn.now_ms.saturating_add(u64::from(settings.days) * DAY_MS);
    let item = HeldItem {
        mailbox: mailbox.mailbox,
        id,
        recipient: deposit.recipient,
        sender: deposit.token.sender,
        bytes,
        held_at_ms: turn.now_ms,
        until_ms,
    };
    turn.save(&item)?;
    room::added(turn, &item);
    turn.save(&HeldContent {
        id,
        sealed: deposit.sealed,
    })?;
    waits(turn, &deposit.recipient, id);
    hand_over(turn, deposit.recipient)?;
    super::commands::emit(turn)?;
    Ok(DepositAnswer::Held { until_ms })
}

/// Hands what we hold for a device to it, a few items ahead of its acknowledgements.
pub(crate) fn hand_over(turn: &mut Turn, device: DeviceId) -> Step {
    let Some(link) = turn.live.links.get(&device).filter(|link| link.introduced) else {
        return Ok(());
    };
    let Some(mailbox) = mailbox_of(turn, &link.account)? else {
        return Ok(());
    };
    look(turn, device, &mailbox.mailbox)?;
    while let Some(id) = next_to_hand_over(turn, &device) {
        let Some(item) = turn.load::<HeldItem>(&HeldItem::at(&mailbox.mailbox, &id))? else {
            // It went meanwhile.
            forget(turn, &device, &id);
            continue;
        };
        match turn.load::<HeldContent>(&HeldContent::at(&id))? {
            Some(content) => turn.send(
                device,
                Lane::Sync,
                &Frame::Mail {
                    sealed: content.sealed,
                },
            )?,
            // Damage took the content: there is nothing to hand over.
            None => {
                erase(turn, &item);
                forget(turn, &device, &id);
            }
        }
    }
    Ok(())
}

/// Once on a link all that is held is looked through for what is for the device, the oldest first; what comes later is
/// known when it comes.
fn look(turn: &mut Turn, device: DeviceId, mailbox: &MailboxId) -> Step {
    let link = turn.live.links.get(&device);
    if link.is_none_or(|link| link.mail_waiting.is_some()) {
        return Ok(());
    }
    let mut waiting = items(turn, mailbox)?;
    waiting.retain(|item| item.recipient == device);
    waiting.sort_unstable_by_key(|item| (item.held_at_ms, item.id));
    if let Some(link) = turn.live.links.get_mut(&device) {
        link.mail_waiting = Some(waiting.iter().map(|item| item.id).collect());
    }
    Ok(())
}

/// The next item that is on its way to a device now, if one more may be.
fn next_to_hand_over(turn: &mut Turn, device: &DeviceId) -> Option<[u8; 32]> {
    let link = turn.live.links.get_mut(device)?;
    while link.mail.len() < WINDOW {
        let id = link.mail_waiting.as_mut()?.pop_front()?;
        if !link.mail_kept.contains(&id) && link.mail.insert(id) {
            return Some(id);
        }
    }
    None
}

/// An item is to be handed over to a device, after those that wait already.
fn waits(turn: &mut Turn, device: &DeviceId, id: [u8; 32]) {
    let link = turn.live.links.get_mut(device);
    if let Some(waiting) = link.and_then(|link| link.mail_waiting.as_mut()) {
        waiting.push_back(id);
    }
}

fn forget(turn: &mut Turn, device: &DeviceId, id: &[u8; 32]) {
    if let Some(link) = turn.live.links.get_mut(device) {
        link.mail.remove(id);
    }
}

/// A device has an item: it is erased here.
pub(crate) fn taken(turn: &mut Turn, device: DeviceId, id: &[u8; 32]) -> Step {
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(());
    };
    let was_sent = link.mail.remove(id);
    let account = link.account;
    if let Some(mailbox) = mailbox_of(turn, &account)?
        && let Some(item) = turn.load::<HeldItem>(&HeldItem::at(&mailbox.mailbox, id))?
        && item.recipient == device
    {
        erase(turn, &item);
        super::commands::emit(turn)?;
    } else if !was_sent {
        return turn.spend(&device, 1);
    }
    hand_over(turn, device)
}

/// A device cannot take an item yet: it is kept, stands in nobody's way, and is handed over again when it is wanted, or on
/// the next link.
pub(crate) fn keep(turn: &mut Turn, device: DeviceId, id: &[u8; 32]) -> Step {
    if let Some(link) = turn.live.links.get_mut(&device)
        && link.mail.remove(id)
    {
        link.mail_kept.insert(*id);
        return hand_over(turn, device);
    }
    turn.spend(&device, 1)
}

/// A device can take an item that it could not take before.
pub(crate) fn wanted(turn: &mut Turn, device: DeviceId, id: &[u8; 32]) -> Step {
    let Some(link) = turn.live.links.get_mut(&device) else {
        return Ok(());
    };
    if link.mail_kept.remove(id) {
        waits(turn, &device, *id);
        return hand_over(turn, device);
    }
    Ok(())
}

/// Erases what is over; gives whether anything was.
pub(crate) fn sweep(turn: &mut Turn) -> Step<bool> {
    if !room::may_be_over(turn)? {
        return Ok(false);
    }
    let mut changed = false;
    for mailbox in mailboxes(turn)? {
        for item in items(turn, &mailbox.mailbox)? {
            if item.until_ms <= turn.now_ms {
                erase(turn, &item);
                changed = true;
            }
        }
    }
    // From now on the next to be over is known again.
    turn.live.held = None;
    if changed {
        super::commands::emit(turn)?;
    }
    Ok(changed)
}
