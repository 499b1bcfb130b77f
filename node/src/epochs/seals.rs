//! Seals: an epoch's secret on its way to one device, until that device says it has it.
//!
//! A seal goes out when it is made and when its device links. Should it be lost on that way, whatever its device cannot
//! open makes it compare, and a comparison sends again what still waits.

use kith_crypto::{Control, DeviceId, Entry, SealPurpose, SealedEpoch, open_sealed};

use super::prekeys;
use crate::{
    contacts,
    conversations::{self, accept::Accepted},
    frame::{Frame, WireEntry},
    input::Lane,
    records::{Conversation, EntryRecord, EpochRecord, PendingSeal, control_log},
    sync,
    turn::{DAY_MS, Fault, Step, Turn},
};

/// How long a seal waits for its device, milliseconds.
const SEAL_LIFETIME_MS: u64 = 7 * DAY_MS;

/// A seal that was sent and not confirmed is not sent again on the same link within this time, milliseconds.
pub(crate) const RESEND_PAUSE_MS: u64 = 1_000;

/// Sends a seal and its `Rekey` entry, if its device is linked and holds nothing else under our numbers.
pub(crate) fn send(turn: &mut Turn, seal: &PendingSeal) -> Step {
    let link = turn.live.links.get(&seal.device);
    if link.is_none_or(|link| !link.agreed.contains(&seal.conversation)) {
        return Ok(());
    }
    let log = control_log(turn.device());
    let Some(entry) = turn.load::<EntryRecord>(&EntryRecord::at(&seal.conversation, &log, seal.rekey_seq))?
    else {
        return Ok(());
    };
    let rekey = WireEntry {
        header: entry.header,
        body: entry.body,
    };
    let frame = Frame::Seal {
        conversation: seal.conversation,
        rekey,
        sealed: seal.sealed.clone(),
    };
    let now_ms = turn.now_ms;
    if let Some(link) = turn.live.links.get_mut(&seal.device) {
        link.sealed_at_ms = now_ms;
    }
    turn.send(seal.device, Lane::Control, &frame)
}

/// On a comparison: what waits for this device once more, or a little later if it was sent a moment ago. What it has, it
/// confirms.
pub(crate) fn send_again(turn: &mut Turn, device: &DeviceId) -> Step {
    let Some(sent_at_ms) = turn.live.links.get(device).map(|link| link.sealed_at_ms) else {
        return Ok(());
    };
    if turn.now_ms.abs_diff(sent_at_ms) >= RESEND_PAUSE_MS {
        return send_pending(turn, device);
    }
    for seal in turn.all::<PendingSeal>(&PendingSeal::scope(device))? {
        let conversation = conversations::find(turn, &seal.conversation)?;
        sync::expect_seal(turn, &conversation);
    }
    Ok(())
}

/// On a new link: everything that waits for this device.
pub(crate) fn send_pending(turn: &mut Turn, device: &DeviceId) -> Step {
    drop_expired(turn, device)?;
    for seal in turn.all::<PendingSeal>(&PendingSeal::scope(device))? {
        send(turn, &seal)?;
    }
    Ok(())
}

/// Our device was replaced: what it had sealed was announced in its log, and is not sent by another.
pub(crate) fn drop_all(turn: &mut Turn, device: &DeviceId) -> Step {
    for seal in turn.all::<PendingSeal>(&PendingSeal::scope(device))? {
        turn.remove(PendingSeal::at(&seal.device, &seal.epoch));
    }
    Ok(())
}

/// Forgets seals that waited too long; their device is given a newer epoch when it comes.
pub(crate) fn drop_expired(turn: &mut Turn, device: &DeviceId) -> Step {
    for mut seal in turn.all::<PendingSeal>(&PendingSeal::scope(device))? {
        if turn.now_ms.saturating_sub(seal.since_ms) > SEAL_LIFETIME_MS {
            turn.remove(PendingSeal::at(&seal.device, &seal.epoch));
        } else if seal.since_ms > turn.now_ms {
            // It was made while the clock was ahead.
            seal.since_ms = turn.now_ms;
            turn.save(&seal)?;
        }
    }
    Ok(())
}

/// Whether an entry announces an epoch that was sealed to us and that we do not hold.
pub(crate) fn is_missing(turn: &Turn, conversation: &Conversation, entry: &Entry) -> Step<bool> {
    match entry.body.as_ref().map(|body| Control::decode(&body.content)) {
        Some(Ok(Control::Rekey { epoch, devices, .. })) => {
            Ok(devices.contains(&turn.device()) && !turn.has(&EpochRecord::at(&conversation.id, &epoch))?)
        }
        _ => Ok(false),
    }
}

/// A device has an epoch's keys: its seal is erased.
pub(crate) fn opened(turn: &mut Turn, device: &DeviceId, epoch: &kith_crypto::EpochId) {
    turn.remove(PendingSeal::at(device, epoch));
}

/// Takes a seal that was sent to us.
pub(crate) fn receive(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &mut Conversation,
    rekey: &WireEntry,
    sealed: &[u8],
) -> Step {
    if rekey.body.is_none() {
        return Err(Fault::Peer("a seal without its rekey"));
    }
    let Some(entry) = sync::stream::decode(rekey)? else {
        return contacts::newer::noticed(turn, &device);
    };
    match conversations::accept::accept(turn, conversation, &entry)? {
        Accepted::Refused(reason) => return Err(Fault::Peer(reason)),
        Accepted::Full(_) => return turn.spend(&device, 1),
        _ => {}
    }
    sync::note_gap(turn, conversation, &entry.header)?;
    let control = entry.body.as_ref().map(|body| Control::decode(&body.content));
    let Some(Ok(Control::Rekey {
        epoch,
        devices,
        covers,
    })) = control
    else {
        return Err(Fault::Peer("a seal whose entry is no rekey"));
    };
    if turn.has(&EpochRecord::at(&conversation.id, &epoch))? {
        return turn.send(
            device,
            Lane::Control,
            &Frame::SealOpened {
                conversation: conversation.id,
                epoch,
            },
        );
    }
    let Some(payload) = open(turn, conversation, sealed)? else {
        return Ok(());
    };
    if payload.conversation != conversation.id || payload.secret.id() != epoch {
        return Err(Fault::Peer("a seal that is not its rekey's"));
    }
    let coverage = super::coverage(turn, &conversation.id, &covers)?;
    super::hold(
        turn,
        conversation,
        &payload.secret,
        &devices,
        coverage,
        &payload.topic_secret,
    )?;
    super::topics::subscribe(turn)?;
    turn.send(
        device,
        Lane::Control,
        &Frame::SealOpened {
            conversation: conversation.id,
            epoch,
        },
    )
}

/// Opens a seal; `None` if its prekey is gone, which happens to seals that waited long and is nobody's fault.
fn open(turn: &Turn, conversation: &Conversation, bytes: &[u8]) -> Step<Option<SealedEpoch>> {
    let prekeys = prekeys::secrets(turn)?;
    let find = |id: u64| {
        prekeys
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, secret)| secret.clone())
    };
    let own = turn.device();
    let Ok(opened) = open_sealed(bytes, &find, own, SealPurpose::Epoch, conversation.id.as_bytes()) else {
        return Ok(None);
    };
    let owner = conversations::owner(turn, conversation, &opened.sender)?;
    if owner.is_none() {
        return Err(Fault::Peer("a seal made by no member"));
    }
    SealedEpoch::decode(&opened.plaintext)
        .map(Some)
        .map_err(|_| Fault::Peer("a sealed epoch that does not decode"))
}
