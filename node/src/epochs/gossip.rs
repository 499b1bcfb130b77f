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

/// Seals an entry of ours under our chain and publishes it, if another device of the conversation is linked. The chain
/// is advanced in the same batch that stores the entry, so no crash can use a key twice.
pub(crate) fn publish(turn: &mut Turn, conversation: &Conversation, entry: &Appended) -> Step {
    let members = receipts::linked_members(turn, conversation);
    let agreed = |device| {
        let link = turn.live.links.get(device);
        link.is_some_and(|link| link.agreed.contains(&conversation.id))
    };
    // Until a device has shown that it holds nothing else under our numbers, sync alone hands it what we write.
    if members.is_empty() || !members.iter().all(agreed) {
        return Ok(());
    }
    let Some(mut epoch) = super::best(turn, conversation)? else {
        return Ok(());
    };
    let Some(topic) = super::topics::current(turn, conversation) else {
        return Ok(());
    };
    let (key, index, advanced) = epoch.own_chain.advance()?;
    let payload = EnvelopePayload {
        header: entry.header.shortened(),
        body: entry.body.clone(),
    };
    let address = EnvelopeAddress {
        epoch: epoch.tag,
        sender: epoch.own_tag,
        index,
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
    let EnvelopeAddress {
        epoch,
        sender,
        index: number,
    } = view.address();
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
    // A member who knows another's chain key must not speak in that one's name: the signature decides, and only then
    // does the chain advance.
    let Ok(entry) = decode(&payload, &index.conversation, &chain.device) else {
        return Ok(Opened::No);
    };
    chain.chain = advanced;
    let conversation = conversations::find(turn, &index.conversation)?;
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
        Accepted::Refused(_) => Ok(false),
    }
}
