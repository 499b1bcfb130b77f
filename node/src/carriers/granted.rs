//! The owner's part: whose offers we use, what our contacts are told of them, and collecting.

use kith_crypto::{AccountId, ConversationId, DeviceId, LogId, Mail, MailEntry};

use super::{placed, refusing, sending};
use crate::{
    contacts::{self, introduction},
    conversations::{
        self,
        accept::Accepted,
        lacking, receipts,
        standing::{self, Standing},
        view,
    },
    epochs::prekeys,
    frame::{Frame, WireEntry},
    groups::inviting,
    input::Lane,
    live::Behind,
    records::{Carrier, CarrierCard, ContactCarriers, Conversation, Grant, PeerDevice},
    sync,
    turn::{Fault, Step, Turn},
};

/// The most carriers that a contact is told of.
pub(crate) const MOST_CARDS: usize = 4;
/// The most addresses in a carrier's card.
const MOST_ADDRESSES: usize = 8;
/// The longest address in a carrier's card, bytes.
const MAX_ADDRESS_BYTES: usize = 256;
/// Behind a gap at most so much mail of one device is left with a carrier, bytes.
const MOST_BEHIND_BYTES: usize = 8 * 1024 * 1024;
/// The most entries in one mail.
const MOST_ENTRIES: usize = 4_096;

/// A contact says what it carries for us.
pub(crate) fn offered(turn: &mut Turn, device: DeviceId, account: AccountId, grant: Option<Grant>) -> Step {
    let mut carrier = known(turn, account)?;
    let mut grants = carrier.grants.clone();
    grants.retain(|(of, _)| *of != device);
    grants.extend(grant.map(|grant| (device, grant)));
    grants.truncate(MOST_CARDS);
    grants.sort_unstable_by_key(|(of, _)| *of);
    if carrier.grants == grants {
        return Ok(());
    }
    carrier.grants = grants;
    changed(turn, &carrier)?;
    refusing::tell(turn, device, &account)
}

fn known(turn: &Turn, account: AccountId) -> Step<Carrier> {
    let known = turn.load(&Carrier::at(&account))?;
    Ok(known.unwrap_or(Carrier {
        account,
        grants: Vec::new(),
        used: false,
        decided: false,
    }))
}

/// Our person lets a contact carry for us, or no longer.
pub(crate) fn choose(turn: &mut Turn, account: AccountId, used: bool) -> Step {
    let carrier = known(turn, account)?;
    changed(
        turn,
        &Carrier {
            used,
            decided: true,
            ..carrier
        },
    )
}

fn changed(turn: &mut Turn, carrier: &Carrier) -> Step {
    turn.save(carrier)?;
    introduction::send_to_all(turn)?;
    super::commands::emit(turn)
}

/// What a contact is told: where mail for us can be left, and with which token of its own.
pub(crate) fn cards(turn: &mut Turn, reader: &AccountId) -> Step<Vec<CarrierCard>> {
    let mut carriers = turn.all::<Carrier>(&Carrier::scope())?;
    carriers.retain(|carrier| carrier.used && carrier.account != *reader);
    carriers.sort_unstable_by_key(|carrier| carrier.account);
    if carriers.is_empty() {
        return Ok(Vec::new());
    }
    let Some(senders) = refusing::secret_for(turn, reader)? else {
        return Ok(Vec::new());
    };
    let mut cards = Vec::new();
    for carrier in carriers {
        let contact = contacts::find(turn, &carrier.account)?;
        let live = contact.map(|contact| contact.devices).unwrap_or_default();
        for (device, grant) in carrier.grants {
            let token = grant
                .key
                .token(grant.mailbox, senders.name(grant.mailbox, *reader));
            let peer = turn.load::<PeerDevice>(&PeerDevice::at(&device))?;
            let mut addresses = peer.map(|peer| peer.addresses).unwrap_or_default();
            addresses.truncate(MOST_ADDRESSES);
            if live.contains(&device) && !addresses.is_empty() && cards.len() < MOST_CARDS {
                cards.push(CarrierCard {
                    device,
                    addresses,
                    token,
                });
            }
        }
    }
    Ok(cards)
}

/// A contact told where mail for it can be left.
pub(crate) fn told(turn: &mut Turn, account: AccountId, cards: &[CarrierCard]) -> Step {
    let sane = cards.len() <= MOST_CARDS
        && cards.iter().all(|card| {
            card.addresses.len() <= MOST_ADDRESSES
                && card
                    .addresses
                    .iter()
                    .all(|address| address.len() <= MAX_ADDRESS_BYTES)
        });
    if !sane {
        return Err(Fault::Peer("carriers beyond the limits"));
    }
    let known = turn.load::<ContactCarriers>(&ContactCarriers::at(&account))?;
    let same = known.map(|known| known.cards).unwrap_or_default() == cards;
    if same {
        return Ok(());
    }
    turn.save(&ContactCarriers {
        account,
        cards: cards.to_vec(),
    })?;
    let carries = |carrier: &DeviceId| cards.iter().any(|card| card.device == *carrier);
    placed::forget(turn, &account, None, carries)?;
    sending::soon_for(turn, &account)
}

/// A carrier hands over an item. It is acknowledged once it is durable here; one that cannot be opened, or that holds
/// nothing we may take, is acknowledged too: keeping it would help nobody. What stands behind a gap the carrier is to keep.
pub(crate) fn collect(turn: &mut Turn, device: DeviceId, account: AccountId, sealed: &[u8]) -> Step {
    if turn.load::<Carrier>(&Carrier::at(&account))?.is_none() {
        return Err(Fault::Peer("mail of somebody who never offered to carry"));
    }
    let id = *blake3::hash(sealed).as_bytes();
    let mut is_news = false;
    let frame = match open(turn, sealed)? {
        Some((author, mail)) => {
            let waits_for = deliver(turn, author, &mail, &mut is_news)?;
            let behind = waits_for.map(|(conversation, log, seq)| Behind {
                author,
                bytes: sealed.len(),
                conversation,
                log,
                seq,
            });
            if behind.is_some_and(|behind| may_be_kept(turn, device, id, behind)) {
                Frame::MailBehind { id }
            } else {
                Frame::MailTaken { id }
            }
        }
        None => Frame::MailTaken { id },
    };
    // Not more: an honest carrier may have a full mailbox of letters that are of no use.
    turn.spend(&device, u32::from(!is_news))?;
    turn.send(device, Lane::Control, &frame)
}

/// Who wrote an item, and what it says, if that can be opened and keeps to the limits.
fn open(turn: &Turn, sealed: &[u8]) -> Step<Option<(DeviceId, Mail)>> {
    let secrets = prekeys::secrets(turn)?;
    let find = |id: u64| {
        let found = secrets.iter().find(|(known, _)| *known == id);
        found.map(|(_, secret)| secret.clone())
    };
    match Mail::open(sealed, &find, turn.device()) {
        Ok((author, mail)) => Ok(is_within_limits(&mail).then_some((author, mail))),
        Err(error) => {
            tracing::debug!(%error, "mail could not be opened");
            Ok(None)
        }
    }
}

/// Whether a carrier is to keep an item, which comes again on each link: of one author only so much.
fn may_be_kept(turn: &mut Turn, carrier: DeviceId, id: [u8; 32], behind: Behind) -> bool {
    let Some(link) = turn.live.links.get_mut(&carrier) else {
        return false;
    };
    let others = link.mail_behind.iter();
    let others = others.filter(|(other, known)| **other != id && known.author == behind.author);
    let bytes: usize = others.map(|(_, known)| known.bytes).sum();
    let has_room = bytes.saturating_add(behind.bytes) <= MOST_BEHIND_BYTES;
    if has_room {
        link.mail_behind.insert(id, behind);
    }
    has_room
}

/// An entry has come: what waited for it can be taken.
pub(crate) fn came(turn: &mut Turn, conversation: &ConversationId, log: &LogId, seq: u64) -> Step {
    let mut wanted = Vec::new();
    for (device, link) in &mut turn.live.links {
        let waited = link.mail_behind.extract_if(.., |_, behind| {
            (behind.conversation, behind.log, behind.seq) == (*conversation, *log, seq)
        });
        wanted.extend(waited.map(|(id, _)| (*device, id)));
    }
    for (device, id) in wanted {
        turn.send(device, Lane::Control, &Frame::MailWanted { id })?;
    }
    Ok(())
}

fn wire(entry: &MailEntry) -> WireEntry {
    WireEntry {
        header: entry.header.clone(),
        body: entry.body.clone(),
    }
}

fn is_within_limits(mail: &Mail) -> bool {
    mail.entries.len() <= MOST_ENTRIES && receipts::is_within_limits(&mail.held, &mail.shown)
}

/// An entry, by its place.
type WaitsFor = (ConversationId, LogId, u64);

/// What came by mail goes the way of what comes by sync. The carrier is not to blame for what it cannot read: what breaks
/// a rule is passed over, or a fault would be the carrier's, and its item would come again and again.
///
/// Gives which entry the first of them waits for that stands behind a gap.
fn deliver(turn: &mut Turn, author: DeviceId, mail: &Mail, is_news: &mut bool) -> Step<Option<WaitsFor>> {
    let entries: Vec<WireEntry> = mail.entries.iter().map(wire).collect();
    let known = match turn.load::<Conversation>(&Conversation::at(&mail.conversation))? {
        Some(known) => Some(known),
        None => inviting::by_mail(turn, &author, &entries)?,
    };
    let Some(mut conversation) = known.filter(|known| known.id == mail.conversation) else {
        return Ok(None);
    };
    let account = conversations::owner(turn, &conversation, &author)?;
    if conversation.has_left(&turn.me.account) || account.is_none() {
        return Ok(None);
    }
    if let Some(contact) = conversation.contact()
        && !contacts::is_accepted(turn, contact)?
    {
        return Ok(None);
    }
    let (mut changed, mut waits_for) = (false, None);
    for wire in &entries {
        let Ok(Some(entry)) = sync::stream::decode(wire) else {
            continue;
        };
        // What an old copy of its author's folder wrote may have been mailed before the copy was found out: that is no
        // lie to be proven, and its author says it again. Behind a gap nobody could tell which of two branches it is of:
        // that waits until the gap is filled.
        if conversations::accept::check(&entry).is_err() {
            continue;
        }
        match standing::of(turn, &conversation, &entry)? {
            Standing::GoesOn => standing::reopen(turn, &conversation, &entry)?,
            Standing::Behind => {
                let header = entry.header.header();
                let before = header.seq.saturating_sub(1);
                waits_for = waits_for.or(Some((conversation.id, header.log_id(), before)));
                continue;
            }
            Standing::Apart => continue,
        }
        let accepted = conversations::accept::accept(turn, &mut conversation, &entry)?;
        lacking::handed_over(turn, &conversation, &entry, account)?;
        match accepted {
            Accepted::Content(row) => {
                view::emit_row(turn, &conversation, &row.position)?;
                changed = true;
            }
            Accepted::Silent => changed = true,
            Accepted::Control | Accepted::Duplicate | Accepted::Refused(_) | Accepted::Full(_) => {}
        }
    }
    if changed {
        view::emit_conversation(turn, &conversation)?;
        receipts::send(turn, &conversation)?;
        sending::soon(turn, &conversation);
    }
    let ticks = receipts::merge(turn, &conversation, author, &mail.held, &mail.shown)?;
    *is_news = changed || ticks;
    Ok(waits_for)
}
