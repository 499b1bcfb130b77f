//! Which room hears which news of the network, and which frames a device may send us.

use kith_crypto::{AccountId, DeviceId};

use super::{Beginning, times};
use crate::{
    carriers::{granted, holding, refusing, sending},
    contacts::{self, dialing, discovery, introduction, links, pictures, redeeming},
    conversations::{self, receipts, unseen},
    effects::Transmit,
    epochs,
    event::Event,
    frame::Frame,
    groups::{fellows, inviting, leaving},
    input::NetEvent,
    network,
    records::{Conversation, Standing},
    sync,
    turn::{Fault, Step, Turn},
};

/// Takes in what the network says.
pub(super) fn hear(turn: &mut Turn, beginning: &Beginning, event: NetEvent) -> Step {
    match event {
        NetEvent::LinkRequested {
            request,
            device,
            account,
            device_list,
            payload,
        } => links::requested(turn, (request, device), account, &device_list, &payload),
        NetEvent::LinkUp {
            device,
            account,
            device_list,
            path,
            binding,
        } => links::up(turn, device, account, &device_list, path, binding),
        NetEvent::PathChanged { device, path } => links::path_changed(turn, device, path),
        NetEvent::LinkDown { device } => links::down(turn, device),
        NetEvent::LinkRefused { device, refusal } => links::refused(turn, device, &refusal),
        NetEvent::DialFailed { device, reason } => {
            tracing::debug!(?device, reason, "a device could not be reached");
            dialing::failed(turn, &device, false);
            Ok(())
        }
        NetEvent::Newer { device } => contacts::newer::noticed(turn, &device),
        NetEvent::Frame { device, frame, .. } => take(turn, device, &frame),
        NetEvent::Gossip {
            id,
            device,
            topic,
            data,
        } => epochs::gossip::receive(turn, (id, device), &topic, &data),
        NetEvent::Strayed { device, messages } => strayed(turn, device, messages),
        NetEvent::Deposit { deposit, data } => holding::deposit(turn, deposit, &data),
        NetEvent::DepositAnswered { errand, answer } => sending::answered(turn, errand, answer.as_deref()),
        NetEvent::Discovered {
            device,
            addresses,
            lan,
        } => dialing::discovered(turn, device, &addresses, lan),
        NetEvent::OwnAddresses { addresses, listening } => network::own_addresses(turn, addresses, listening),
        NetEvent::RecordFound { key, value } => discovery::found(turn, &key, &value),
        NetEvent::Bootstraps(bootstraps) => network::bootstraps(turn, bootstraps),
        NetEvent::LanDiscovery(runs) => {
            turn.live.lan_discovery = runs;
            network::emit(turn)
        }
        NetEvent::Down => {
            turn.emit(Event::Fault { place: "net".into() });
            times::network_down(turn)
        }
        NetEvent::Up => times::network_up(turn, beginning),
        NetEvent::PortInUse { wished } => {
            turn.live.port_in_use = Some(wished);
            network::emit(turn)
        }
    }
}

/// So many devices without a link are remembered by what they gossip for nobody. Names are had for nothing: whoever takes more
/// of them has each begin anew, as it would anyway.
const MOST_STRAYS: usize = 1_024;

/// Gossip that is for nobody here is spent from the allowance of the link; who has none has another one for that.
fn strayed(turn: &mut Turn, device: DeviceId, messages: u32) -> Step {
    if turn.live.links.contains_key(&device) {
        return turn.spend(&device, messages);
    }
    if turn.live.strays.len() >= MOST_STRAYS && !turn.live.strays.contains_key(&device) {
        turn.live.strays.clear();
    }
    let allowance = turn.live.strays.entry(device).or_default();
    if allowance.spend(messages, turn.now_ms) {
        return Ok(());
    }
    tracing::warn!(?device, "a device without a link gossips for nobody");
    turn.live.shun(device, turn.now_ms);
    turn.transmit(Transmit::Forget { device });
    Ok(())
}

/// A frame of a device: whoever is no contact may introduce itself, and say what concerns common groups.
fn take(turn: &mut Turn, device: DeviceId, bytes: &[u8]) -> Step {
    let Some(account) = turn.live.links.get(&device).map(|link| link.account) else {
        return Ok(());
    };
    let Some(frame) = Frame::decode(bytes)? else {
        contacts::newer::noticed(turn, &device)?;
        return turn.spend(&device, 1);
    };
    turn.spend(&device, frame.cost())?;
    let is_contact = account == turn.me.account || contacts::is_accepted(turn, &account)?;
    if !is_contact && !matches!(frame, Frame::Introduction(_)) {
        if !contacts::is_fellow(turn, &account)? {
            let known = contacts::find(turn, &account)?;
            // Its last words may be on their way when it has left the last group that was ours.
            return match known.map(|known| known.standing) {
                Some(Standing::Fellow) => turn.spend(&device, 1),
                _ => Err(Fault::Peer("a stranger who does not introduce itself")),
            };
        }
        if !frame.is_for_members() {
            // It may take us for a contact; that we do not is nothing it has to know.
            return turn.spend(&device, 1);
        }
    }
    match frame {
        Frame::Introduction(introduction) => introduction::receive(turn, device, &introduction),
        Frame::Digests { all, digests } => sync::receive_digests(turn, device, (all, &digests)),
        Frame::Invitation(invitation) => inviting::receive(turn, device, &invitation),
        Frame::Members(cards) => fellows::receive(turn, device, &cards),
        Frame::Redeem { token } => redeeming::receive(turn, device, &token),
        Frame::Redeemed { refusal } => redeeming::answered(turn, device, refusal),
        Frame::Carry(grant) => granted::offered(turn, device, account, grant),
        Frame::Refused { senders } => refusing::told(turn, &account, senders),
        Frame::Mail { sealed } => granted::collect(turn, device, account, &sealed),
        Frame::MailTaken { id } => holding::taken(turn, device, &id),
        Frame::MailBehind { id } => holding::keep(turn, device, &id),
        Frame::MailWanted { id } => holding::wanted(turn, device, &id),
        Frame::WantPicture { hash } => pictures::give(turn, device, &hash),
        Frame::Picture { png } => match contacts::find(turn, &account)? {
            Some(contact) => pictures::receive(turn, &contact, png),
            None => Ok(()),
        },
        in_conversation => conversation_frame(turn, device, in_conversation),
    }
}

/// Somebody whom we know from groups may still take us for a contact.
fn not_shared(turn: &mut Turn, device: &DeviceId) -> Step {
    match turn.live.links.get(device) {
        Some(link) if !link.is_contact => turn.spend(device, 1),
        _ => Err(Fault::Peer("a conversation that is not shared")),
    }
}

/// As [`not_shared`], of the conversation that was ours while both were contacts.
fn not_served(turn: &mut Turn, conversation: &Conversation, device: &DeviceId) -> Step {
    let account = turn.live.links.get(device).map(|link| link.account);
    match account.filter(|account| conversation.contact() == Some(account)) {
        Some(account) if contacts::is_fellow(turn, &account)? => turn.spend(device, 1),
        _ => Err(Fault::Peer("a conversation it is no member of")),
    }
}

/// Frames about one conversation: only a live device of one of its accounts may send them.
fn conversation_frame(turn: &mut Turn, device: DeviceId, frame: Frame) -> Step {
    let id = match &frame {
        Frame::Frontier { conversation, .. }
        | Frame::Entries { conversation, .. }
        | Frame::EntriesHeld { conversation, .. }
        | Frame::Seal { conversation, .. }
        | Frame::SealOpened { conversation, .. }
        | Frame::Full { conversation, .. }
        | Frame::WantWords { conversation, .. }
        | Frame::Receipt { conversation, .. }
        | Frame::Unseen { conversation, .. } => *conversation,
        _ => return Ok(()),
    };
    let Ok(mut conversation) = conversations::find(turn, &id) else {
        return not_shared(turn, &device);
    };
    if !conversations::may_serve(turn, &conversation, &device)? {
        let account = turn.live.links.get(&device).map(|link| link.account);
        let of_past = |account: &AccountId| conversation.has_left(account);
        if of_past(&turn.me.account) || account.as_ref().is_some_and(of_past) {
            return leaving::answer(turn, device, &conversation, Some(&frame));
        }
        return not_served(turn, &conversation, &device);
    }
    fellows::joined(turn, device, &[&conversation])?;
    match frame {
        Frame::Frontier { logs, .. } => sync::frontier::receive(turn, device, &conversation, logs),
        Frame::Entries { batch, entries, .. } => {
            sync::stream::receive(turn, device, &mut conversation, batch, &entries)
        }
        Frame::EntriesHeld { batch, .. } => sync::stream::acknowledged(turn, device, &conversation, batch),
        Frame::Seal { rekey, sealed, .. } => {
            epochs::seals::receive(turn, device, &mut conversation, &rekey, &sealed)
        }
        Frame::Full { account, .. } => {
            conversations::crowds::refused(turn, &device, &conversation, account);
            Ok(())
        }
        Frame::WantWords { wanted, .. } => sync::words::give(turn, device, &conversation, wanted),
        Frame::SealOpened { epoch, .. } => {
            epochs::seals::opened(turn, &device, &epoch);
            Ok(())
        }
        Frame::Unseen { logs, .. } => {
            let is_news = unseen::receive(turn, device, &conversation, logs)?;
            turn.spend(&device, u32::from(!is_news))
        }
        Frame::Receipt { held, shown, .. } => {
            let is_news = receipts::merge(turn, &conversation, device, &held, &shown)?;
            turn.spend(&device, u32::from(!is_news))
        }
        _ => Ok(()),
    }
}
