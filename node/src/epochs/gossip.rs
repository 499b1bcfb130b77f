//! The fast path: envelopes on a topic. Whatever cannot be opened is never an error to anybody, only a reason to sync.

use kith_crypto::{
    Body, ConversationId, CryptoError, DeviceId, Entry, Envelope, EnvelopeAddress, EnvelopePayload,
    SignedHeader,
};

use crate::{
    contacts,
    conversations::{self, accept::Accepted, append::Appended, receipts, view},
    effects::Transmit,
    input::GossipId,
    records::{Conversation, EpochRecord, SenderChain, TagIndex},
    sync,
    turn::{Fault, Step, Turn},
};

/// How long members of a group wait for one device to show that it holds nothing else under our numbers, milliseconds. It is
/// asked as soon as it links, and answers with what it has.
const PROOF_PATIENCE_MS: u64 = 10_000;
/// For how many devices it is remembered since when they are waited for.
const MOST_AWAITED: usize = 4_096;

/// Seals an entry of ours under our chain and publishes it, if another device of the conversation is linked. The chain
/// is advanced in the same batch that stores the entry, so no crash can use a key twice.
pub(crate) fn publish(turn: &mut Turn, conversation: &Conversation, entry: &Appended) -> Step {
    if is_for_sync_alone(turn, conversation) {
        return Ok(());
    }
    let Some(mut epoch) = super::best(turn, conversation)? else {
        return Ok(());
    };
    let Some(topic) = super::topics::current(turn, conversation) else {
        return Ok(());
    };
    let (key, index, advanced) = epoch.own_chain.advance()?;
    let address = EnvelopeAddress {
        epoch: epoch.tag,
        sender: epoch.own_tag,
        index,
    };
    let payload = EnvelopePayload {
        header: entry.header.shortened(),
        body: entry.body.clone(),
        proof: None,
    };
    let payload = match conversation.group() {
        Some(_) => payload.proven(&address, &turn.me.device),
        None => payload,
    };
    let data = payload.seal(&key, address, turn.rng)?;
    epoch.own_chain = advanced;
    turn.save::<EpochRecord>(&epoch)?;
    if !turn.live.topics.contains_key(&topic) {
        super::topics::subscribe(turn)?;
    }
    turn.transmit(Transmit::Publish { topic, data });
    Ok(())
}

/// Whether sync alone hands over what we write now: nobody is linked, or a device has not shown yet that it holds nothing
/// else under our numbers. In a group the others wait for such a device only once and not for long: whether this folder is
/// an old copy it can show at once, and a member could make that doubtful for ever.
fn is_for_sync_alone(turn: &mut Turn, conversation: &Conversation) -> bool {
    let members = receipts::linked_members(turn, conversation);
    let agreed = |device: &DeviceId| {
        let link = turn.live.links.get(device);
        link.is_some_and(|link| link.agreed.contains(&conversation.id))
    };
    let (agreed, doubtful): (Vec<_>, Vec<_>) = members.into_iter().partition(agreed);
    if agreed.is_empty() || conversation.group().is_none() {
        return agreed.is_empty() || !doubtful.is_empty();
    }
    let now_ms = turn.now_ms;
    let awaited = &mut turn.live.awaited_proofs;
    if awaited.len() > MOST_AWAITED {
        awaited.clear();
    }
    let mut waits = false;
    for device in doubtful {
        let since_ms = *awaited.entry((conversation.id, device)).or_insert(now_ms);
        waits |= now_ms.abs_diff(since_ms) < PROOF_PATIENCE_MS;
    }
    waits
}

/// What an envelope turned out to be.
enum Opened {
    /// An entry of the device whose chain it came under, with that chain advanced.
    Entry(Box<(Conversation, Entry, SenderChain)>),
    /// It cannot be opened here: perhaps its keys have not arrived, perhaps it is noise.
    No,
}

/// Takes an envelope that a device has gossiped. One that tells us nothing is no offence, but of such a device may send
/// only so many.
pub(crate) fn receive(turn: &mut Turn, (id, device): (GossipId, DeviceId), topic: &str, data: &[u8]) -> Step {
    let opened = open(turn, data)?;
    let forward = match opened {
        Opened::Entry(opened) => {
            let (mut conversation, entry, chain) = *opened;
            take(turn, &mut conversation, &entry, &chain)?
        }
        Opened::No => {
            if let Some(conversation) = turn.live.topics.get(topic).copied() {
                sync::suspect_gap(turn, &conversation)?;
            }
            false
        }
    };
    if !forward {
        turn.spend(&device, 1)?;
    }
    turn.transmit(Transmit::Judge { id, forward });
    Ok(())
}

fn open(turn: &Turn, data: &[u8]) -> Step<Opened> {
    let Ok(Envelope::Message(view)) = Envelope::parse(data) else {
        return Ok(Opened::No);
    };
    let address = view.address();
    let EnvelopeAddress {
        epoch,
        sender,
        index: number,
    } = address;
    let Some(index) = turn.load::<TagIndex>(&TagIndex::at(&epoch))? else {
        return Ok(Opened::No);
    };
    let Some(mut chain) = turn.load::<SenderChain>(&SenderChain::at(&epoch, &sender))? else {
        return Ok(Opened::No);
    };
    let Ok((key, advanced)) = chain.chain.message_key(number, turn.now_ms) else {
        return Ok(Opened::No);
    };
    let Ok(payload) = view.open(&key) else {
        return Ok(Opened::No);
    };
    let conversation = conversations::find(turn, &index.conversation)?;
    if conversation.has_left(&turn.me.account) {
        return Ok(Opened::No);
    }
    // A member who knows another's chain key must not speak in that one's name, nor use up keys of its chain for what it
    // wrote elsewhere: the signatures decide, and only then does the chain advance.
    if conversation.group().is_some() && payload.check(&address, &chain.device).is_err() {
        return Ok(Opened::No);
    }
    let Ok(entry) = decode(&payload, &index.conversation, &chain.device) else {
        return Ok(Opened::No);
    };
    chain.chain = advanced;
    // What a contact sent may be on its way while it is blocked.
    if let Some(contact) = conversation.contact()
        && !contacts::is_accepted(turn, contact)?
    {
        return Ok(Opened::No);
    }
    Ok(Opened::Entry(Box::new((conversation, entry, chain))))
}

fn decode(
    payload: &EnvelopePayload,
    conversation: &ConversationId,
    author: &DeviceId,
) -> Result<Entry, CryptoError> {
    let header = SignedHeader::lengthen(&payload.header, conversation, author)?;
    let entry = Entry {
        header: SignedHeader::open(&header)?,
        body: Some(Body::decode(&payload.body)?),
    };
    entry.check()?;
    Ok(entry)
}

/// Takes an opened entry; gives whether it is worth forwarding.
fn take(turn: &mut Turn, conversation: &mut Conversation, entry: &Entry, chain: &SenderChain) -> Step<bool> {
    let accepted = match conversations::accept::accept(turn, conversation, entry) {
        Err(Fault::Peer(_)) => return Ok(false),
        accepted => accepted?,
    };
    turn.save(chain)?;
    match accepted {
        Accepted::Content(row) => {
            view::emit_row(turn, conversation, &row.position)?;
            view::emit_conversation(turn, conversation)?;
            receipts::send(turn, conversation)?;
            sync::note_gap(turn, conversation, &entry.header)?;
            Ok(true)
        }
        Accepted::Silent => {
            view::emit_conversation(turn, conversation)?;
            receipts::send(turn, conversation)?;
            sync::note_gap(turn, conversation, &entry.header)?;
            Ok(true)
        }
        Accepted::Control | Accepted::Duplicate => Ok(true),
        Accepted::Refused(_) | Accepted::Full(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests;
