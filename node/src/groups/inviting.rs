//! How members come to know a group: whoever is linked and does not know it is sent what it takes to join.
//!
//! An invitation counts as its founder's, whoever hands it over: it is taken only if the founder is an accepted contact of
//! ours, or ourselves, when our folder was put back from before we founded it.

use kith_crypto::{AccountId, ConversationId, DeviceId};

use super::{
    MOST_GROUPS, MOST_OF_ONE, cards, fellows,
    founding::{self, Founding},
    leaving,
};
use crate::{
    contacts::{self, blocking},
    conversations::{self, accept::Accepted, view},
    frame::{Frame, Invitation, WireEntry},
    input::Lane,
    live::Pause,
    records::{Contact, Conversation, Fellowship, PeerDevice},
    sync,
    turn::{Fault, Step, Turn},
};

/// Invites a linked device of a member that does not know a group.
pub(crate) fn send(turn: &mut Turn, device: DeviceId, conversation: &Conversation) -> Step {
    let Some(group) = conversation.group() else {
        return Ok(());
    };
    if !may_send(turn, device, &conversation.id) {
        return Ok(());
    }
    let Some((open, name)) = founding::entries(turn, &conversation.id, group.founding)? else {
        return Ok(());
    };
    let mut members = cards::cards(turn, group.members.iter().copied())?;
    cards::name_device(turn, &mut members, (&group.founder, &group.founding))?;
    let invitation = Invitation {
        conversation: conversation.id,
        open,
        name,
        members,
    };
    turn.send(device, Lane::Sync, &Frame::Invitation(Box::new(invitation)))
}

/// Whether a device may be told once more that a group is, or that we have left it, which is noted.
pub(super) fn may_send(turn: &mut Turn, device: DeviceId, group: &ConversationId) -> bool {
    let now_ms = turn.now_ms;
    let Some(link) = turn.live.links.get_mut(&device) else {
        return false;
    };
    let invited = link.invited.entry(*group);
    invited.or_insert_with(|| Pause::none(now_ms)).is_over(now_ms)
}

/// A linked device invites us.
pub(crate) fn receive(turn: &mut Turn, device: DeviceId, invitation: &Invitation) -> Step {
    let Some(account) = turn.live.links.get(&device).map(|link| link.account) else {
        return Ok(());
    };
    let founding = founding::read(&invitation.open, &invitation.name)?;
    let is_member = |account: &AccountId| founding.members.contains(account);
    if founding.conversation != invitation.conversation
        || !is_member(&turn.me.account)
        || !is_member(&account)
    {
        return Err(Fault::Peer("an invitation to a group of others"));
    }
    if let Some(known) = turn.load::<Conversation>(&Conversation::at(&founding.conversation))? {
        return again(turn, device, &known, invitation);
    }
    let Some(founder) = founder(turn, &founding, invitation)? else {
        // Who invites us may know no list either that names the device.
        tracing::debug!("an invitation to a group of which nobody knows who founded it was left alone");
        return turn.spend(&device, 1);
    };
    if blocking::is_blocked(turn, &founder)? {
        return leaving::decline(turn, device, founding.conversation, founding.group(founder));
    }
    if !may_invite(turn, &founder)? {
        tracing::debug!("an invitation by somebody who is no contact was left alone");
        return Ok(());
    }
    join(turn, device, (founder, &founding), invitation)
}

/// An invitation to what we know already may tell of members what we do not.
fn again(turn: &mut Turn, device: DeviceId, known: &Conversation, invitation: &Invitation) -> Step {
    if known.group().is_none() {
        return Err(Fault::Peer("an invitation to another conversation"));
    }
    if !conversations::may_serve(turn, known, &device)? {
        return leaving::answer(turn, device, known, None);
    }
    fellows::joined(turn, device, &[known])?;
    fellows::learn(turn, device, &invitation.members)?;
    sync::compare_with_members(turn, known)
}

/// Whose device began the group.
fn founder(turn: &Turn, founding: &Founding, invitation: &Invitation) -> Step<Option<AccountId>> {
    if founding.device == turn.device() {
        return Ok(Some(turn.me.account));
    }
    let known = turn.load::<PeerDevice>(&PeerDevice::at(&founding.device))?;
    let account = match known {
        Some(known) => Some(known.account),
        None => fellows::owner_by_cards(&invitation.members, &founding.device)?,
    };
    Ok(account.filter(|account| founding.members.contains(account)))
}

fn may_invite(turn: &Turn, founder: &AccountId) -> Step<bool> {
    if *founder == turn.me.account {
        return Ok(true);
    }
    Ok(contacts::is_accepted(turn, founder)?
        && !blocking::is_blocked(turn, founder)?
        && founded_by(turn, founder)? < MOST_OF_ONE
        && taken(turn)? < MOST_GROUPS)
}

/// How many groups we belong to.
pub(super) fn taken(turn: &Turn) -> Step<usize> {
    let all = turn.all::<Conversation>(&Conversation::scope())?;
    let me = turn.me.account;
    let groups = all
        .iter()
        .filter(|known| known.group().is_some() && !known.has_left(&me));
    Ok(groups.count())
}

/// How many groups that we belong to somebody has begun. Those that others began with them do not count: else these could use
/// up what is theirs.
fn founded_by(turn: &Turn, founder: &AccountId) -> Step<usize> {
    let mut count = 0;
    for fellowship in turn.all::<Fellowship>(&Fellowship::scope(founder))? {
        let known = turn.load::<Conversation>(&Conversation::at(&fellowship.conversation))?;
        let known = known.filter(|known| !known.has_left(&turn.me.account));
        let group = known.as_ref().and_then(Conversation::group);
        count += usize::from(group.is_some_and(|group| group.founder == *founder));
    }
    Ok(count)
}

fn join(
    turn: &mut Turn,
    device: DeviceId,
    (founder, founding): (AccountId, &Founding),
    invitation: &Invitation,
) -> Step {
    let group = founding.group(founder);
    let mut conversation = founding::begin(turn, founding.conversation, group)?;
    fellows::learn(turn, device, &invitation.members)?;
    settle_in(turn, &mut conversation, founding)?;
    fellows::joined(turn, device, &[&conversation])?;
    sync::compare_with_members(turn, &conversation)
}

fn settle_in(turn: &mut Turn, conversation: &mut Conversation, founding: &Founding) -> Step {
    for entry in [&founding.open, &founding.naming] {
        match conversations::accept::accept(turn, conversation, entry)? {
            Accepted::Control | Accepted::Duplicate => {}
            _ => return Err(Fault::Peer("a group whose beginning cannot be taken")),
        }
    }
    for account in conversations::others(turn, conversation) {
        if let Some(contact) = turn.load::<Contact>(&Contact::at(&account))? {
            fellows::reach(turn, &contact)?;
        }
    }
    view::emit_conversation(turn, conversation)
}

/// Mail came for a conversation that we do not know: it may begin with the entries of a group to which its author and we
/// belong. Gives the group if we belong to it now; who else does, the next link with one of them tells.
pub(crate) fn by_mail(
    turn: &mut Turn,
    author: &DeviceId,
    entries: &[WireEntry],
) -> Step<Option<Conversation>> {
    let [open, naming, ..] = entries else {
        return Ok(None);
    };
    let Ok(founding) = founding::read(open, naming) else {
        return Ok(None);
    };
    let account_of = |turn: &Turn, device: &DeviceId| -> Step<Option<AccountId>> {
        let peer = turn.load::<PeerDevice>(&PeerDevice::at(device))?;
        Ok(peer
            .map(|peer| peer.account)
            .filter(|account| founding.members.contains(account)))
    };
    let known = turn.has(&Conversation::at(&founding.conversation))?;
    let is_ours = founding.members.contains(&turn.me.account);
    let (Some(founder), Some(_), true, false) = (
        account_of(turn, &founding.device)?,
        account_of(turn, author)?,
        is_ours,
        known,
    ) else {
        return Ok(None);
    };
    if !may_invite(turn, &founder)? {
        return Ok(None);
    }
    let mut conversation = founding::begin(turn, founding.conversation, founding.group(founder))?;
    settle_in(turn, &mut conversation, &founding)?;
    sync::compare_with_members(turn, &conversation)?;
    Ok(Some(conversation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bench::Bench,
        records::{Group, Standing},
    };

    /// Somebody whom we know begins a group of himself, another and us.
    fn begins(turn: &mut Turn, founder: AccountId, other: AccountId) {
        let id = ConversationId::random(turn.rng);
        let group = Group {
            name: "Hiking".into(),
            founder,
            founding: DeviceId::from_bytes([9; 32]),
            members: vec![turn.me.account, founder, other],
            left: Vec::new(),
        };
        founding::begin(turn, id, group).unwrap();
    }

    #[test]
    fn what_others_begin_is_not_held_against_a_founder() {
        let mut bench = Bench::new(1_800_000_000_000);
        let mut turn = bench.turn();
        let (honest, busy) = (AccountId::from_bytes([1; 32]), AccountId::from_bytes([2; 32]));
        for account in [honest, busy] {
            turn.save(&contacts::unknown(account, Standing::Accepted))
                .unwrap();
        }
        for _ in 0..MOST_OF_ONE {
            begins(&mut turn, busy, honest);
        }
        assert!(!may_invite(&turn, &busy).unwrap());
        assert!(may_invite(&turn, &honest).unwrap());
        for _ in 1..MOST_OF_ONE {
            begins(&mut turn, honest, busy);
        }
        assert!(may_invite(&turn, &honest).unwrap());
        begins(&mut turn, honest, busy);
        assert!(!may_invite(&turn, &honest).unwrap());
    }
}
