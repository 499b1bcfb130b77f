//! The author's part: what a device that is away has not acknowledged goes to a carrier of its owner.
//!
//! Nothing here has to survive a restart but what a carrier holds ([`Mailed`](crate::records::Mailed)): what to send is what our log has beyond
//! it. A deposit is tried with one carrier after the other; when none takes it, again later. What one carrier holds goes on
//! without a gap from what its recipient has acknowledged, whatever others hold, so each is of use alone.

use std::collections::BTreeSet;

use kith_crypto::{
    AccountId, Deposit, DepositAnswer, DeviceId, MAX_MAIL_BYTES, Mail, MailEntry, Prekey, Signed,
};

use super::{LONGEST_HELD_MS, placed, telling};
use crate::{
    contacts,
    conversations::{self, receipts, unseen, view},
    effects::Transmit,
    frame::Frame,
    groups::founding,
    input::ErrandId,
    live::{Errand, MailDue, Recipient},
    own,
    records::{
        CarrierCard, Contact, ContactCarriers, Conversation, EntryRecord, PeerDevice, Receipts, content_log,
    },
    store::{Bounds, Order},
    turn::{Step, Turn},
};

/// How long a device that is not linked may take to come back before its mail is carried, milliseconds.
const PATIENCE_MS: u64 = 3_000;
/// The first pause after no carrier took a deposit, doubled each time up to the longest, milliseconds.
const FIRST_PAUSE_MS: u64 = 30_000;
const LONGEST_PAUSE_MS: u64 = 30 * 60_000;
/// An errand that nobody reports of is given up after this time, milliseconds.
const ERRAND_MS: u64 = 60_000;
/// A carrier that says that it holds something for a shorter time is of no help: its clock is wrong, or it lies, and it would
/// be brought the same again and again. Milliseconds.
const SHORTEST_HELD_MS: u64 = 60 * 60_000;
/// Entries of one mail together take no more than this: the rest is room for receipts and lengths.
const ENTRIES_BYTES: usize = MAX_MAIL_BYTES - 32 * 1024;
/// The most entries in one mail.
const MOST_ENTRIES: usize = 1_024;

/// Something in a conversation may have to be carried.
pub(crate) fn soon(turn: &mut Turn, conversation: &Conversation) {
    for account in conversations::others(turn, conversation) {
        soon_to(turn, (conversation.id, account));
    }
}

/// Something in a conversation may have to be carried to somebody.
pub(crate) fn soon_to(turn: &mut Turn, recipient: Recipient) {
    let at_ms = turn.now_ms.saturating_add(PATIENCE_MS);
    let due = turn.live.mail_due.entry(recipient).or_insert(MailDue {
        at_ms,
        failures: 0,
        asked: BTreeSet::new(),
    });
    due.at_ms = due.at_ms.min(at_ms);
}

/// What is on its way to a carrier is not what is to be said any more: whether it arrives or not, it is said anew.
pub(crate) fn withdraw(turn: &mut Turn, conversation: &Conversation) {
    let id = conversation.id;
    turn.live
        .errands
        .retain(|_, errand| errand.conversation != id || errand.up_to.is_none());
}

/// What is for somebody is looked at, sooner or later: what waits for carriers that did not answer is not hastened.
pub(crate) fn look(turn: &mut Turn, recipient: Recipient) {
    if !turn.live.mail_due.contains_key(&recipient) {
        soon_to(turn, recipient);
    }
}

/// Something for an account may have to be carried.
pub(crate) fn soon_for(turn: &mut Turn, account: &AccountId) -> Step {
    for conversation in conversations::shared_with(turn, account)? {
        soon_to(turn, (conversation.id, *account));
    }
    Ok(())
}

/// At the start, and now and then: what was never handed over, or is held no longer.
pub(crate) fn everything_soon(turn: &mut Turn) -> Step {
    for conversation in turn.all::<Conversation>(&Conversation::scope())? {
        for account in conversations::others(turn, &conversation) {
            if turn.has(&ContactCarriers::at(&account))? {
                soon_to(turn, (conversation.id, account));
            }
        }
    }
    Ok(())
}

/// When what is for somebody is looked at again.
enum Next {
    /// When the answer to what is under way has come; which carriers were asked stays known until then.
    Answered,
    /// At this time, unix milliseconds.
    At(u64),
    /// When there is something new.
    News,
}

/// Hands over what is due.
pub(crate) fn tick(turn: &mut Turn) -> Step {
    let now_ms = turn.now_ms;
    let lost = turn
        .live
        .errands
        .extract_if(.., |_, errand| errand.until_ms <= now_ms);
    let lost: Vec<Errand> = lost.map(|(_, errand)| errand).collect();
    for errand in lost {
        failed(turn, &errand)?;
    }
    let due = turn.live.mail_due.iter().filter(|(_, due)| due.at_ms <= now_ms);
    for recipient in due.map(|(recipient, _)| *recipient).collect::<Vec<_>>() {
        let conversation = conversations::find(turn, &recipient.0)?;
        let at_ms = match send(turn, &conversation, recipient)? {
            Next::Answered => u64::MAX,
            Next::At(at_ms) => at_ms,
            Next::News => {
                turn.live.mail_due.remove(&recipient);
                continue;
            }
        };
        if let Some(due) = turn.live.mail_due.get_mut(&recipient) {
            due.at_ms = at_ms;
        }
    }
    Ok(())
}

/// Hands one deposit for somebody to a carrier, unless one is under way.
fn send(turn: &mut Turn, conversation: &Conversation, recipient: Recipient) -> Step<Next> {
    let (_, account) = recipient;
    if !conversation.takes_part(&account, &turn.me.account) {
        return Ok(Next::News);
    }
    let cards = cards(turn, conversation, &account)?;
    let mut errands = turn.live.errands.values();
    if errands.any(|errand| (errand.conversation, errand.account) == recipient) {
        return Ok(Next::Answered);
    }
    let Some(contact) = turn.load::<Contact>(&Contact::at(&account))? else {
        return Ok(Next::News);
    };
    let mut next = Next::News;
    for device in contact.devices {
        if turn.live.links.contains_key(&device) {
            continue;
        }
        let Some(card) = placed::card_for(turn, &cards, recipient, device)? else {
            return Ok(Next::News);
        };
        let Some(parcel) = parcel_for(turn, conversation, device, card.device)? else {
            continue;
        };
        let may_go_at_ms = telling::may_go_at_ms(turn, recipient);
        if parcel.up_to.is_none() && may_go_at_ms > turn.now_ms {
            next = Next::At(may_go_at_ms);
            continue;
        }
        if let Some(sealed) = seal(turn, &device, &parcel.mail)? {
            let data = Deposit {
                token: card.token.clone(),
                recipient: device,
                sealed,
            };
            run(turn, card, (account, parcel), &data)?;
            return Ok(Next::Answered);
        }
    }
    Ok(next)
}

/// The carriers of a member, if it is one to whom anything is sent.
pub(crate) fn cards(turn: &Turn, conversation: &Conversation, account: &AccountId) -> Step<Vec<CarrierCard>> {
    if conversation.group().is_none() && !contacts::is_accepted(turn, account)? {
        return Ok(Vec::new());
    }
    let known = turn.load::<ContactCarriers>(&ContactCarriers::at(account))?;
    Ok(known.map(|known| known.cards).unwrap_or_default())
}

fn run(
    turn: &mut Turn,
    card: &CarrierCard,
    (account, parcel): (AccountId, Parcel),
    deposit: &Deposit,
) -> Step {
    turn.live.last_errand = turn.live.last_errand.wrapping_add(1);
    let errand = ErrandId(turn.live.last_errand);
    let until_ms = turn.now_ms.saturating_add(ERRAND_MS);
    turn.live.errands.insert(
        errand,
        Errand {
            conversation: parcel.mail.conversation,
            account,
            device: deposit.recipient,
            carrier: card.device,
            up_to: parcel.up_to,
            told: parcel.told,
            until_ms,
        },
    );
    turn.transmit(Transmit::Deposit {
        errand,
        device: card.device,
        addresses: card.addresses.clone(),
        data: deposit.encode()?,
    });
    Ok(())
}

/// Mail for one device.
struct Parcel {
    mail: Mail,
    /// The end of our log that it reaches; `None` if it is a receipt alone.
    up_to: Option<u64>,
    /// What its receipt says of the logs of its recipient.
    told: Receipts,
}

/// What a device lacks as far as we know: entries of ours, or to hear what became of its own.
fn parcel_for(
    turn: &Turn,
    conversation: &Conversation,
    device: DeviceId,
    carrier: DeviceId,
) -> Step<Option<Parcel>> {
    if own::profile(turn)?.outdated {
        // What was written here is said again by the device that takes this one's place.
        return Ok(None);
    }
    let (mut entries, up_to) = entries_for(turn, conversation, &device, &carrier)?;
    if up_to.is_some() {
        let beginning = beginning_for(turn, conversation, &device)?;
        entries.splice(0..0, beginning);
    }
    let owner = conversations::owner(turn, conversation, &device)?;
    let Frame::Receipt { held, mut shown, .. } = receipts::own(turn, conversation, owner)? else {
        return Ok(None);
    };
    unseen::cut(turn, conversation, &device, &mut shown)?;
    let told = telling::of_theirs(turn, conversation, device, (&held, &shown))?;
    if up_to.is_none() && !telling::is_news(turn, &told)? {
        return Ok(None);
    }
    let mail = Mail {
        conversation: conversation.id,
        entries,
        held,
        shown,
    };
    Ok(Some(Parcel { mail, up_to, told }))
}

/// The entries with which a group began, for a device that has not shown to know it.
fn beginning_for(turn: &Turn, conversation: &Conversation, device: &DeviceId) -> Step<Vec<MailEntry>> {
    let Some(group) = conversation.group() else {
        return Ok(Vec::new());
    };
    if turn.has(&Receipts::at(&conversation.id, device))? {
        return Ok(Vec::new());
    }
    let entries = founding::entries(turn, &conversation.id, group.founding)?;
    let entries = entries.map(|(open, naming)| [open, naming]).into_iter().flatten();
    let mail = entries.map(|wire| MailEntry {
        header: wire.header,
        body: wire.body,
    });
    Ok(mail.collect())
}

/// If there is anything of our log that neither a device has, as far as we know, nor any carrier for it: what this carrier
/// lacks of the log, and where that ends. It goes on from what the carrier holds itself, or else from what the device has
/// acknowledged: who collects it may come to no other carrier.
fn entries_for(
    turn: &Turn,
    conversation: &Conversation,
    device: &DeviceId,
    carrier: &DeviceId,
) -> Step<(Vec<MailEntry>, Option<u64>)> {
    let me = turn.device();
    let end = receipts::own_log(turn, &conversation.id)?.contiguous;
    let acknowledged = placed::acknowledged(turn, &conversation.id, device)?;
    let mailed = placed::mailed(turn, &conversation.id, device)?;
    let mut entries = Vec::new();
    if end <= acknowledged.max(mailed.up_to(turn.now_ms)) {
        return Ok((entries, None));
    }
    let there = mailed.with(carrier, turn.now_ms).map_or(0, |with| with.up_to);
    let from = acknowledged.max(there).saturating_add(1);
    let scope = EntryRecord::scope(&conversation.id, &content_log(me));
    let bounds = Bounds::numbers(from, end);
    let (mut bytes, mut up_to) = (0, None);
    for record in turn.scan::<EntryRecord>(&scope, &bounds, Order::Ascending, MOST_ENTRIES)? {
        bytes += record.header.len() + record.body.as_ref().map_or(0, Vec::len) + 8;
        if bytes > ENTRIES_BYTES && !entries.is_empty() {
            break;
        }
        up_to = Some(record.seq);
        entries.push(MailEntry {
            header: record.header,
            body: record.body,
        });
    }
    Ok((entries, up_to))
}

fn seal(turn: &mut Turn, device: &DeviceId, mail: &Mail) -> Step<Option<Vec<u8>>> {
    let Some(peer) = turn.load::<PeerDevice>(&PeerDevice::at(device))? else {
        return Ok(None);
    };
    let Ok(prekey) = Signed::<Prekey>::open_trusted(&peer.prekey) else {
        return Ok(None);
    };
    Ok(Some(mail.seal(&prekey, &turn.me.device, turn.rng)?))
}

/// An errand came back, with the carrier's answer if it gave one.
pub(crate) fn answered(turn: &mut Turn, errand: ErrandId, answer: Option<&[u8]>) -> Step {
    let Some(errand) = turn.live.errands.remove(&errand) else {
        return Ok(());
    };
    let answer = answer.and_then(|bytes| DepositAnswer::decode(bytes).ok());
    let held_until_ms = match answer {
        Some(DepositAnswer::Held { until_ms }) => until_within(turn.now_ms, until_ms),
        _ => None,
    };
    let Some(until_ms) = held_until_ms else {
        tracing::debug!(?answer, "a deposit was not taken");
        if answer == Some(DepositAnswer::NotHonoured) {
            let carries = |carrier: &DeviceId| *carrier != errand.carrier;
            placed::forget(turn, &errand.account, Some(&errand.device), carries)?;
        }
        return failed(turn, &errand);
    };
    let conversation = conversations::find(turn, &errand.conversation)?;
    telling::held(turn, errand.told.clone(), until_ms)?;
    let recipient = (conversation.id, errand.account);
    soon_to(turn, recipient);
    if let Some(due) = turn.live.mail_due.get_mut(&recipient) {
        due.failures = 0;
    }
    let Some(up_to) = errand.up_to else {
        telling::went_alone(turn, recipient);
        return Ok(());
    };
    telling::rested(turn, recipient);
    let before = placed::note(turn, &errand, up_to, until_ms)?;
    if before >= up_to {
        return Ok(());
    }
    view::tell(turn, &conversation, (before.saturating_add(1), up_to))
}

/// Until when a carrier holds something by its own word, which is believed within bounds; `None` if that helps nobody.
fn until_within(now_ms: u64, until_ms: u64) -> Option<u64> {
    let helps = until_ms >= now_ms.saturating_add(SHORTEST_HELD_MS);
    helps.then(|| until_ms.min(now_ms.saturating_add(LONGEST_HELD_MS)))
}

/// The next carrier at once, and a pause once all were asked.
fn failed(turn: &mut Turn, errand: &Errand) -> Step {
    let now_ms = turn.now_ms;
    let conversation = conversations::find(turn, &errand.conversation)?;
    let carriers = cards(turn, &conversation, &errand.account)?;
    let recipient = (errand.conversation, errand.account);
    let due = turn.live.mail_due.entry(recipient).or_insert(MailDue {
        at_ms: now_ms,
        failures: 0,
        asked: BTreeSet::new(),
    });
    due.asked.insert(errand.carrier);
    due.at_ms = now_ms;
    if carriers.iter().all(|card| due.asked.contains(&card.device)) {
        due.asked.clear();
        let pause_ms = FIRST_PAUSE_MS.saturating_mul(1 << due.failures.min(10));
        due.failures = due.failures.saturating_add(1);
        due.at_ms = now_ms.saturating_add(pause_ms.min(LONGEST_PAUSE_MS));
    }
    Ok(())
}

/// When [`tick`] has something to do next, unix milliseconds.
pub(crate) fn next_at_ms(turn: &Turn) -> u64 {
    let due = turn.live.mail_due.values().map(|due| due.at_ms);
    let errands = turn.live.errands.values().map(|errand| errand.until_ms);
    due.chain(errands).min().unwrap_or(u64::MAX)
}
