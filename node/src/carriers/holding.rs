//! The carrier's part: mailboxes of contacts, deposits, and handing over.
//!
//! An item is durable before it is answered for, and erased once its recipient says that it is durable there, once its
//! time is over, or when our person drops it.

use kith_crypto::{AccountId, Deposit, DepositAnswer, DeviceId, MailboxId, mail::check_padded};

use super::refusing;
use crate::{
    contacts,
    effects::Transmit,
    frame::Frame,
    input::{DepositId, Lane},
    records::{CarryingSettings, Grant, HeldContent, HeldItem, Mailbox, RefusedSenders},
    turn::{DAY_MS, Step, Turn},
};

/// One sender may fill this part of a mailbox: one in so many.
const SENDER_SHARE: u64 = 4;
/// The most items in a mailbox, however small they are.
const MOST_ITEMS: usize = 4_096;
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
    for device in turn.live.linked(&owner) {
        offer(turn, device, &owner)?;
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
}

/// Tells a linked device of a contact what we carry for it.
pub(crate) fn offer(turn: &mut Turn, device: DeviceId, owner: &AccountId) -> Step {
    let settings = super::settings(turn)?;
    let mailbox = mailbox_of(turn, owner)?;
    let grant = mailbox.filter(|_| settings.max_bytes > 0).map(|mailbox| Grant {
        mailbox: mailbox.mailbox,
        key: mailbox.key,
        quota_bytes: settings.max_bytes,
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
        return Ok(DepositAnswer::Held {
            until_ms: known.until_ms,
        });
    }
    if !has_room(turn, &settings, &deposit)? {
        return Ok(DepositAnswer::Full);
    }
    let until_ms = turn.now_ms.saturating_add(u64::from(settings.days) * DAY_MS);
    turn.save(&HeldItem {
        mailbox: mailbox.mailbox,
        id,
        recipient: deposit.recipient,
        sender: deposit.token.sender,
        bytes: size(&deposit),
        held_at_ms: turn.now_ms,
        until_ms,
    })?;
    turn.save(&HeldContent {
        id,
        sealed: deposit.sealed,
    })?;
    hand_over(turn, deposit.recipient)?;
    super::commands::emit(turn)?;
    Ok(DepositAnswer::Held { until_ms })
}

fn size(deposit: &Deposit) -> u64 {
    deposit.sealed.len() as u64
}

/// Whether a deposit fits into what we carry in all, and into its sender's part of the mailbox.
fn has_room(turn: &Turn, settings: &CarryingSettings, deposit: &Deposit) -> Step<bool> {
    let (mut all, mut of_sender, mut count) = (0u64, 0u64, 0usize);
    for mailbox in mailboxes(turn)? {
        for item in items(turn, &mailbox.mailbox)? {
            all = all.saturating_add(item.bytes);
            if mailbox.mailbox == deposit.token.mailbox {
                count += 1;
                if item.sender == deposit.token.sender {
                    of_sender = of_sender.saturating_add(item.bytes);
                }
            }
        }
    }
    let bytes = size(deposit);
    Ok(count < MOST_ITEMS
        && all.saturating_add(bytes) <= settings.max_bytes
        && of_sender.saturating_add(bytes) <= settings.max_bytes / SENDER_SHARE)
}

/// Hands what we hold for a device to it, a few items ahead of its acknowledgements.
pub(crate) fn hand_over(turn: &mut Turn, device: DeviceId) -> Step {
    let Some(link) = turn.live.links.get(&device) else {
        return Ok(());
    };
    if !link.introduced {
        return Ok(());
    }
    let Some(mailbox) = mailbox_of(turn, &link.account)? else {
        return Ok(());
    };
    let mut waiting = items(turn, &mailbox.mailbox)?;
    waiting.retain(|item| item.recipient == device);
    waiting.sort_unstable_by_key(|item| (item.held_at_ms, item.id));
    for item in waiting {
        let Some(link) = turn.live.links.get_mut(&device) else {
            return Ok(());
        };
        if link.mail.len() >= WINDOW {
            return Ok(());
        }
        if link.mail_kept.contains(&item.id) || !link.mail.insert(item.id) {
            continue;
        }
        match turn.load::<HeldContent>(&HeldContent::at(&item.id))? {
            Some(content) => turn.send(
                device,
                Lane::Sync,
                &Frame::Mail {
                    sealed: content.sealed,
                },
            )?,
            // Damage took the content: there is nothing to hand over.
            None => erase(turn, &item),
        }
    }
    Ok(())
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
        return hand_over(turn, device);
    }
    Ok(())
}

/// Erases what is over.
pub(crate) fn sweep(turn: &mut Turn) -> Step {
    let mut changed = false;
    for mailbox in mailboxes(turn)? {
        for item in items(turn, &mailbox.mailbox)? {
            if item.until_ms <= turn.now_ms {
                erase(turn, &item);
                changed = true;
            }
        }
    }
    if changed {
        super::commands::emit(turn)?;
    }
    Ok(())
}
