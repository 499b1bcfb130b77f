//! The standard story: two people meet, write, read, draft and rename themselves while everything goes wrong; then all
//! is mended, and what each holds must be the same, complete and quiet.

use kith_node::{
    Command, Reply,
    view::{ContactState, ContactView, DeliveryState, InviteView, ProfileView},
};

use super::{
    dice::Dice,
    faults::{self, Fault},
    invariants::{Checked, Violation, broken, conversation},
    node::Machine,
    report::{Happening, Tally},
    world::{Plan, World},
};

/// Changes whenever a seed comes to mean another story.
pub const SCENARIO: u32 = 1;

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

/// Something that is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// A machine is started.
    Start(usize),
    /// A person makes an invite.
    Invite(usize),
    /// A person opens the newest invite of the other.
    Add(usize),
    /// A person sends this many messages.
    Send { node: usize, count: u64 },
    /// A person has read so much of their rows, in a hundred.
    Read { node: usize, share: u64 },
    /// A person types.
    Draft(usize),
    /// A person changes their profile.
    Profile(usize),
    /// A person looks at everything.
    Look(usize),
    /// A machine finds the other on the local network.
    Discover(usize),
    /// A disk has room again.
    Free(usize),
    /// Something goes wrong.
    Fault(Fault),
}

/// What the people of a story have in their heads.
#[derive(Default)]
pub(super) struct People {
    /// The newest invite of each.
    invites: Vec<Option<String>>,
    written: u64,
}

/// How a story ended.
pub struct Outcome {
    /// What happened in it, counted.
    pub tally: Tally,
    /// The rule that did not hold, if one did not.
    pub violation: Option<Violation>,
    /// What happened, line by line, when that was asked for.
    pub trace: Vec<String>,
}

/// Tells the story of a seed.
pub fn tell(seed: u64, trace: bool) -> Outcome {
    let mut dice = Dice::new(seed, 0);
    let machines = vec![Machine::new(seed, 0, "Asha"), Machine::new(seed, 1, "Ben")];
    let Some(id) = conversation(&machines) else {
        return Outcome {
            tally: Tally::default(),
            violation: None,
            trace: Vec::new(),
        };
    };
    let weather = faults::weather(&mut dice);
    // Any time of any week, so that days and weeks end in some stories.
    let began_ms = 1_800_000_000_000 + dice.below(14 * 24 * 3_600_000);
    let mut world = World::new(seed, began_ms, machines, id, weather, trace);
    world.people.invites = vec![None; world.machines.len()];
    let violation = story(&mut world, &mut dice).err();
    Outcome {
        violation,
        trace: world.take_trace(),
        tally: world.tally,
    }
}

fn story(world: &mut World, dice: &mut Dice) -> Checked {
    plan(world, dice);
    let end_ms = world.now_ms + dice.between(20_000, 150_000);
    let faults = faults::draw(dice);
    let acts = dice.between(10, 30);
    let span = end_ms - world.now_ms;
    for fault in faults {
        world.plan_free(dice.below(span), Plan::Act(Act::Fault(fault)));
    }
    for _ in 0..acts {
        let act = any(dice);
        world.plan_free(dice.between(500, span), Plan::Act(act));
    }
    while world.step(end_ms + world.away_ms)? {}
    world.heal()?;
    meet(world)?;
    settle(world, DeliveryState::Delivered)?;
    for node in 0..world.machines.len() {
        world.act(Act::Read { node, share: 100 })?;
    }
    settle(world, DeliveryState::Read)?;
    is_quiet(world)?;
    lasts(world)
}

/// The beginning: both start, one invites, the other opens the link.
fn plan(world: &mut World, dice: &mut Dice) {
    for node in 0..world.machines.len() {
        let error = faults::clock_error_ms(dice);
        if error.unsigned_abs() >= 60_000 {
            world.tally.note(Happening::ClockWrong);
        }
        world.machines[node].clock_ahead_ms = error;
        world.machines[node].flush_ms = dice.pick(&[0, 5, 200], 1);
        world.plan_free(dice.below(50), Plan::Act(Act::Start(node)));
    }
    if world.network.weather.lost == 100 {
        world.tally.note(Happening::GossipSilent);
    }
    world.plan_free(100, Plan::Act(Act::Invite(0)));
    world.plan_free(dice.between(110, 2_000), Plan::Act(Act::Add(1)));
    if dice.chance(50) {
        world.plan_free(dice.below(5_000), Plan::Act(Act::Discover(0)));
        world.plan_free(dice.below(5_000), Plan::Act(Act::Discover(1)));
    }
}

fn any(dice: &mut Dice) -> Act {
    let node = usize::from(dice.chance(50));
    match dice.below(100) {
        0..50 => Act::Send {
            node,
            count: dice.pick(&[1, 1, 1, 2, 5], 1),
        },
        50..68 => Act::Read {
            node,
            share: dice.pick(&[100, 100, 50, 80], 100),
        },
        68..76 => Act::Draft(node),
        76..82 => Act::Profile(node),
        82..85 => Act::Invite(node),
        85..89 => Act::Add(node),
        89..92 => Act::Discover(node),
        _ => Act::Look(node),
    }
}

/// A person tries again what a crash or a full disk took from them: both become contacts, whatever happened.
fn meet(world: &mut World) -> Checked {
    for _ in 0..3 {
        world.passes(3_000)?;
        if is_accepted(world, 0)? && is_accepted(world, 1)? {
            return Ok(());
        }
    }
    for (inviter, guest) in [(0, 1), (1, 0)] {
        if !is_accepted(world, guest)? {
            world.act(Act::Invite(inviter))?;
            world.act(Act::Add(guest))?;
        }
    }
    let until_ms = world.now_ms + SETTLED_WITHIN_MS;
    while world.now_ms < until_ms {
        if is_accepted(world, 0)? && is_accepted(world, 1)? {
            return Ok(());
        }
        world.passes(2_000)?;
    }
    Err(broken("the two never became contacts"))
}

fn contact(world: &mut World, node: usize) -> Checked<Option<ContactView>> {
    match world.asks(node, Command::ListContacts {})? {
        Some(Ok(Reply::Contacts(contacts))) if contacts.len() <= 1 => Ok(contacts.into_iter().next()),
        // It lies dead and is started again in a while.
        None => Ok(None),
        Some(_) => Err(broken(format!("node {node} does not know who its contacts are"))),
    }
}

fn is_accepted(world: &mut World, node: usize) -> Checked<bool> {
    Ok(contact(world, node)?.is_some_and(|contact| contact.state == ContactState::Accepted))
}

fn profile(world: &mut World, node: usize) -> Checked<ProfileView> {
    match world.asks(node, Command::GetProfile {})? {
        Some(Ok(Reply::Profile(profile))) => Ok(profile),
        _ => Err(broken(format!("node {node} does not know who it is"))),
    }
}

/// Waits until both hold the same, with every message at least in this state.
fn settle(world: &mut World, least: DeliveryState) -> Checked {
    let until_ms = world.now_ms + SETTLED_WITHIN_MS;
    loop {
        world.passes(1_000)?;
        if world.witness.is_settled(least) && knows_profiles(world)? {
            break;
        }
        if world.now_ms >= until_ms {
            let what = world.witness.unsettled(least);
            return Err(broken(format!(
                "not settled five minutes after everything was mended: {what}"
            )));
        }
    }
    for node in 0..world.machines.len() {
        world.look(node, false)?;
    }
    Ok(())
}

/// Each knows the other under the name and status that the other has.
fn knows_profiles(world: &mut World) -> Checked<bool> {
    for (node, other) in [(0, 1), (1, 0)] {
        let own = profile(world, other)?;
        if own.outdated {
            return Err(broken(format!("node {other} takes itself for an old copy")));
        }
        let known = contact(world, node)?;
        if !known.is_some_and(|known| known.name == own.name && known.status == own.status) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Two nodes that have nothing to say say next to nothing.
fn is_quiet(world: &mut World) -> Checked {
    world.passes(60_000)?;
    let traffic = world.network.traffic;
    let timers: Vec<u64> = world.machines.iter().map(|machine| machine.timers).collect();
    world.passes(QUIET_MS)?;
    let minutes = QUIET_MS / 60_000;
    let said = (world.network.traffic - traffic) / minutes;
    if said > MOST_QUIET_TRAFFIC {
        return Err(broken(format!(
            "{said} frames, envelopes and dials a minute with nothing to say"
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

/// The power of both goes at last: everything is still there.
fn lasts(world: &mut World) -> Checked {
    for node in 0..world.machines.len() {
        world.crash(node);
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

impl World {
    /// Does one thing of a story.
    pub fn act(&mut self, act: Act) -> Checked {
        match act {
            Act::Start(node) => self.start(node),
            Act::Invite(node) => self.invites(node),
            Act::Add(node) => self.adds(node),
            Act::Send { node, count } => (0..count).try_for_each(|_| self.sends(node)),
            Act::Read { node, share } => self.reads(node, share),
            Act::Draft(node) => self.drafts(node),
            Act::Profile(node) => self.renames(node),
            Act::Look(node) => self.look(node, false),
            Act::Discover(node) => self.discover(node, 1 - node),
            Act::Free(node) => {
                self.machines[node].store.set_full(false);
                Ok(())
            }
            Act::Fault(fault) => self.fault(fault),
        }
    }

    fn invites(&mut self, node: usize) -> Checked {
        let reply = self.asks(node, Command::CreateInvite { valid_for_s: None })?;
        if let Some(Ok(Reply::Invite(InviteView { link, .. }))) = reply {
            self.tally.note(Happening::Invited);
            if let Some(slot) = self.people.invites.get_mut(node) {
                *slot = Some(link);
            }
        }
        Ok(())
    }

    fn adds(&mut self, node: usize) -> Checked {
        let Some(link) = self.people.invites.get(1 - node).cloned().flatten() else {
            return Ok(());
        };
        if let Some(Ok(_)) = self.asks(node, Command::AddContact { link })? {
            self.tally.note(Happening::Added);
        }
        Ok(())
    }

    fn sends(&mut self, node: usize) -> Checked {
        self.people.written += 1;
        let text = format!("{} {}", self.machines[node].name, self.people.written);
        let conversation = self.conversation;
        let reply = self.asks(node, Command::SendMessage { conversation, text })?;
        if let Some(Ok(_)) = reply {
            self.tally.note(Happening::Sent);
            let batch = self.machines[node].newest_batch;
            self.witness.drafted(node, batch, "");
        }
        Ok(())
    }

    fn reads(&mut self, node: usize, share: u64) -> Checked {
        let Some(up_to) = self.witness.place(node, share) else {
            return Ok(());
        };
        let conversation = self.conversation;
        let reply = self.asks(node, Command::MarkRead { conversation, up_to })?;
        if let Some(Ok(_)) = reply {
            self.tally.note(Happening::MarkedRead);
            self.witness.read(node, &up_to);
        }
        Ok(())
    }

    fn drafts(&mut self, node: usize) -> Checked {
        self.people.written += 1;
        let text = format!("a thought {}", self.people.written);
        let conversation = self.conversation;
        let command = Command::SetDraft {
            conversation,
            text: text.clone(),
        };
        if let Some(Ok(_)) = self.asks(node, command)? {
            self.tally.note(Happening::Drafted);
            let batch = self.machines[node].newest_batch;
            self.witness.drafted(node, batch, &text);
        }
        Ok(())
    }

    fn renames(&mut self, node: usize) -> Checked {
        self.people.written += 1;
        let name = format!("{} the {}.", self.machines[node].name, self.people.written);
        let status = format!("status {}", self.people.written);
        if let Some(Ok(_)) = self.asks(node, Command::SetProfile { name, status })? {
            self.tally.note(Happening::ProfileChanged);
        }
        Ok(())
    }
}
