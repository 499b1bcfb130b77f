//! Tells a story: people meet, in groups too, write, read, delete, draft, rename themselves and carry for one another while
//! everything goes wrong; then all is mended, and what each holds must be the same, complete and quiet.

use std::collections::BTreeSet;

use kith_crypto::ConversationId;
use kith_node::view::DeliveryState;

use super::{
    acts::Act,
    cast::Chat,
    deleting, ending,
    node::Machine,
    report::{Happening, Tally},
    script::{self, Script},
    witness::{Checked, Violation},
    world::{Plan, World},
};

/// Changes whenever a seed comes to mean another story.
pub const SCENARIO: u32 = 3;

/// A clock that is wrong by this much counts as wrong, milliseconds.
const WRONG_MS: u64 = 60_000;

/// How a story ended.
pub struct Outcome {
    /// What happened in it, counted.
    pub tally: Tally,
    /// The rule that did not hold, if one did not.
    pub violation: Option<Violation>,
    /// What happened, line by line, when that was asked for.
    pub trace: Vec<String>,
}

/// Tells the story of a seed, without some of its scenes.
pub fn tell(seed: u64, left_out: &BTreeSet<usize>, trace: bool) -> Outcome {
    let script = script::draw(seed).without(left_out);
    let names = script.cast.names.iter().enumerate();
    let machines: Vec<Machine> = names
        .map(|(number, name)| Machine::new(seed, number, name))
        .collect();
    let direct = script.cast.pairs.iter().map(|members| Chat {
        members: members.to_vec(),
        id: {
            let [a, b] = members.map(|node| machines[node].identity.account);
            Some(ConversationId::direct(a, b))
        },
    });
    let groups = script.cast.groups.iter().map(|members| Chat {
        members: members.clone(),
        id: None,
    });
    let chats = direct.chain(groups).collect();
    let mut world = World::new(seed, &script, machines, chats, trace);
    let violation = story(&mut world, script).err();
    Outcome {
        violation,
        trace: world.take_trace(),
        tally: world.tally,
    }
}

/// How many scenes the story of a seed has that can be left out.
pub fn scenes(seed: u64) -> usize {
    script::draw(seed).scenes.len()
}

fn story(world: &mut World, script: Script) -> Checked {
    let clocks = script.clocks_ahead_ms.into_iter().zip(script.flushes_ms);
    for (node, (ahead_ms, flush_ms)) in clocks.enumerate() {
        if ahead_ms.unsigned_abs() >= WRONG_MS {
            world.tally.note(Happening::ClockWrong);
        }
        world.set_clock(node, ahead_ms);
        world.machines[node].flush_ms = flush_ms;
    }
    if world.network.weather.lost == 100 {
        world.tally.note(Happening::GossipSilent);
    }
    for (after_ms, act) in script.opening.into_iter().chain(script.scenes) {
        world.plan_free(after_ms, Plan::Act(act));
    }
    let end_ms = world.now_ms + script.span_ms;
    while world.step(end_ms + world.away_ms)? {}
    world.heal()?;
    ending::meet(world)?;
    ending::settle(world, DeliveryState::Delivered)?;
    // What was deleted at last is undone by now, or never will be.
    world.passes(deleting::LONGEST_UNDO_MS)?;
    for (chat, members) in world
        .chats
        .iter()
        .map(|chat| chat.members.clone())
        .enumerate()
        .collect::<Vec<_>>()
    {
        for by in members {
            world.act(Act::Read { chat, by, share: 100 })?;
        }
    }
    ending::settle(world, DeliveryState::Read)?;
    ending::nothing_is_held(world)?;
    ending::is_quiet(world)?;
    ending::is_erased(world)?;
    ending::lasts(world)
}
