//! The end of a story, once everything was mended: all meet, hold the same, and are quiet.

use kith_node::{
    Command, Reply,
    view::{CarryingView, ContactState, ContactView, DeliveryState, ProfileView},
};

use super::{
    acts::Act,
    witness::{Checked, broken},
    world::World,
};

/// After everything was mended, both hold the same within this time, milliseconds: a redial may have to wait a minute
/// and a quarter, a beacon comes every minute.
const SETTLED_WITHIN_MS: u64 = 5 * 60_000;
/// How long the quiet at the end is listened to, milliseconds.
const QUIET_MS: u64 = 2 * 60_000;
/// The most that goes over the wire a minute between two nodes that have nothing to say: digests of two beacons, their
/// answers, and room for one thing more.
const MOST_QUIET_TRAFFIC: u64 = 12;
/// The most often that a timer wakes a node a minute that has nothing to do.
const MOST_QUIET_TIMERS: u64 = 20;

/// People try again what a crash or a full disk took from them: all become contacts, and all groups begin, whatever
/// happened.
pub(super) fn meet(world: &mut World) -> Checked {
    become_contacts(world)?;
    for chat in 0..world.chats.len() {
        begin_group(world, chat)?;
    }
    Ok(())
}

/// A group that never began, or whose beginning a crash took, begins now.
fn begin_group(world: &mut World, chat: usize) -> Checked {
    if world.chats[chat].is_direct() {
        return Ok(());
    }
    let founder = world.chats[chat].members[0];
    if let Some(conversation) = world.chats[chat].id {
        match world.asks(founder, Command::GetConversation { conversation })? {
            Some(Ok(_)) => return Ok(()),
            _ => world.chats[chat].id = None,
        }
    }
    world.founds(chat)
}

fn become_contacts(world: &mut World) -> Checked {
    for _ in 0..3 {
        world.passes(3_000)?;
        if strangers(world)?.is_empty() {
            return Ok(());
        }
    }
    for (chat, guest) in strangers(world)? {
        let inviter = world.other(chat, guest);
        world.act(Act::Invite { chat, by: inviter })?;
        world.act(Act::Add { chat, by: guest })?;
    }
    let until_ms = world.now_ms + SETTLED_WITHIN_MS;
    while world.now_ms < until_ms {
        if strangers(world)?.is_empty() {
            return Ok(());
        }
        world.passes(2_000)?;
    }
    Err(broken("two who wanted to never became contacts"))
}

/// The numbers of the chats of two contacts.
fn direct(world: &World) -> Vec<usize> {
    let chats = world.chats.iter().enumerate();
    chats
        .filter(|(_, chat)| chat.is_direct())
        .map(|(number, _)| number)
        .collect()
}

/// Chats, and who of them does not have the other as a contact.
fn strangers(world: &mut World) -> Checked<Vec<(usize, usize)>> {
    let mut strangers = Vec::new();
    for chat in direct(world) {
        for by in world.chats[chat].members.clone() {
            let other = world.other(chat, by);
            if contact(world, by, other)?.is_none_or(|contact| contact.state != ContactState::Accepted) {
                strangers.push((chat, by));
            }
        }
    }
    Ok(strangers)
}

/// What one knows of another.
fn contact(world: &mut World, node: usize, other: usize) -> Checked<Option<ContactView>> {
    let account = world.machines[other].identity.account;
    match world.asks(node, Command::ListContacts {})? {
        Some(Ok(Reply::Contacts(contacts))) => {
            let mut found = contacts.into_iter().filter(|contact| contact.account == account);
            match (found.next(), found.next()) {
                (found, None) => Ok(found),
                _ => Err(broken(format!(
                    "{} has one contact twice",
                    world.machines[node].name
                ))),
            }
        }
        // It lies dead and is started again in a while.
        None => Ok(None),
        Some(_) => Err(broken(format!(
            "{} does not know who their contacts are",
            world.machines[node].name
        ))),
    }
}

fn profile(world: &mut World, node: usize) -> Checked<ProfileView> {
    match world.asks(node, Command::GetProfile {})? {
        Some(Ok(Reply::Profile(profile))) => Ok(profile),
        _ => Err(broken(format!(
            "{} does not know who they are",
            world.machines[node].name
        ))),
    }
}

fn carrying(world: &mut World, node: usize) -> Checked<CarryingView> {
    match world.asks(node, Command::GetCarrying {})? {
        Some(Ok(Reply::Carrying(view))) => Ok(view),
        _ => Err(broken(format!(
            "{} does not know what they carry",
            world.machines[node].name
        ))),
    }
}

/// Waits until all hold the same, with every message at least in this state.
pub(super) fn settle(world: &mut World, least: DeliveryState) -> Checked {
    let until_ms = world.now_ms + SETTLED_WITHIN_MS;
    loop {
        world.passes(1_000)?;
        if world.witness.is_settled(least) && ignorance(world)?.is_none() {
            break;
        }
        if world.now_ms >= until_ms {
            let what = match ignorance(world)? {
                Some(what) => what,
                None => world.witness.unsettled(least),
            };
            return Err(broken(format!(
                "not settled five minutes after everything was mended: {what}"
            )));
        }
    }
    for node in 0..world.machines.len() {
        world.look(node)?;
    }
    Ok(())
}

/// What somebody does not know yet of those they talk with.
fn ignorance(world: &mut World) -> Checked<Option<String>> {
    match unknown_profile(world)? {
        Some(what) => Ok(Some(what)),
        None => unknown_group(world),
    }
}

/// Each knows the others under the name and status that they have; or who does not.
fn unknown_profile(world: &mut World) -> Checked<Option<String>> {
    for chat in direct(world) {
        for node in world.chats[chat].members.clone() {
            let other = world.other(chat, node);
            let own = profile(world, other)?;
            if own.outdated {
                let name = world.machines[other].name;
                return Err(broken(format!("{name} takes themselves for an old copy")));
            }
            let known = contact(world, node, other)?;
            if !known.is_some_and(|known| known.name == own.name && known.status == own.status) {
                let name = world.machines[node].name;
                return Ok(Some(format!("{name} does not know {:?} by that name", own.name)));
            }
        }
    }
    Ok(None)
}

/// Everyone knows the groups that they belong to, and the others there under the names that they have; or who does not.
fn unknown_group(world: &mut World) -> Checked<Option<String>> {
    for chat in world.chats.clone() {
        let Some(conversation) = chat.id.filter(|_| !chat.is_direct()) else {
            continue;
        };
        let mut names = Vec::new();
        for node in &chat.members {
            let own = profile(world, *node)?;
            names.push((own.account, own.name));
        }
        names.sort_unstable();
        for node in &chat.members {
            let name = world.machines[*node].name;
            let Some(Ok(Reply::Conversation(view))) =
                world.asks(*node, Command::GetConversation { conversation })?
            else {
                return Ok(Some(format!("{name} does not know a group that they belong to")));
            };
            let members = view.members().iter();
            let mut known: Vec<_> = members
                .map(|member| (member.account, member.name.clone()))
                .collect();
            known.sort_unstable();
            if known != names {
                return Ok(Some(format!("{name} knows the members of a group as {known:?}")));
            }
        }
    }
    Ok(None)
}

/// What everyone has needs no carrier any more: it was collected or is of no use, and is erased.
pub(super) fn nothing_is_held(world: &mut World) -> Checked {
    for node in 0..world.machines.len() {
        let held = carrying(world, node)?.held_bytes;
        if held > 0 {
            let name = world.machines[node].name;
            return Err(broken(format!(
                "{name} still holds {held} bytes of mail for people who are there"
            )));
        }
    }
    Ok(())
}

/// What was deleted, or has had its time, stands on no disk that it had to go from.
pub(super) fn is_erased(world: &World) -> Checked {
    for (node, machine) in world.machines.iter().enumerate() {
        let mut gone = world.witness.gone_from(node, world.told(node).now).into_iter();
        if let Some(text) = gone.find(|text| machine.store.holds_bytes(text.as_bytes())) {
            let name = machine.name;
            return Err(broken(format!(
                "{name} still has {text:?} on disk, which is gone"
            )));
        }
    }
    Ok(())
}

/// How many links there can be, each once for every conversation that it serves.
fn links(world: &World) -> u64 {
    let members = world.chats.iter().map(|chat| chat.members.len() as u64);
    members.map(|members| members * (members - 1) / 2).sum()
}

/// Nodes that have nothing to say say next to nothing.
pub(super) fn is_quiet(world: &mut World) -> Checked {
    world.passes(60_000)?;
    let traffic = world.network.traffic;
    let timers: Vec<u64> = world.machines.iter().map(|machine| machine.timers).collect();
    world.passes(QUIET_MS)?;
    let minutes = QUIET_MS / 60_000;
    let said = (world.network.traffic - traffic) / minutes;
    let most = MOST_QUIET_TRAFFIC * links(world);
    if said > most {
        return Err(broken(format!(
            "{said} frames, envelopes, deposits and dials a minute with nothing to say"
        )));
    }
    for (machine, before) in world.machines.iter().zip(timers) {
        let woke = (machine.timers - before) / minutes;
        if woke > MOST_QUIET_TIMERS {
            return Err(broken(format!(
                "{} wakes {woke} times a minute with nothing to do",
                machine.name
            )));
        }
    }
    Ok(())
}

/// The power of everyone goes at last: everything is still there.
pub(super) fn lasts(world: &mut World) -> Checked {
    for node in 0..world.machines.len() {
        world.crash(node)?;
    }
    for node in 0..world.machines.len() {
        world.start(node)?;
    }
    if world.witness.is_settled(DeliveryState::Read) {
        Ok(())
    } else {
        let what = world.witness.unsettled(DeliveryState::Read);
        Err(broken(format!("after the last power cut: {what}")))
    }
}
