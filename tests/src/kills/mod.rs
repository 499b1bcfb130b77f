//! The real programs under load, killed without warning at random moments: nothing that they had acknowledged is lost.
//!
//! What a node printed before it died counts as acknowledged. After each death its folder is opened while the other
//! side cannot help, and compared with that: a message that was shown as saved is in its author's folder, one that was
//! shown as delivered is in its recipient's. After the nodes have met again both hold the same, each message once and in
//! one order, all of it is delivered, and nothing counts as read that nobody read.
//!
//! A kill comes while both write, while one catches up with what was written in its absence, while a program starts
//! (unlocks, opens its store, does what a new day asks for) or closes. Every ten rounds two new people take over, whose
//! profiles were last used nine days ago: keys are replaced and forgotten at their first start.
//!
//! * `promised` takes down what was told, `side` is a person with a node, `round` is what happens to both.
//! * [`run`] plays the rounds: `bin/kills.rs` as many as wanted, `tests/crash.rs` twenty.

mod promised;
mod round;
mod side;

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use kith_node::{id::ConversationId, node::WallClock, view::DeliveryState};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

use self::{
    round::{Scene, Two, Victim},
    side::{Side, agree},
};
use crate::{
    proc::{Profile, Programs},
    world::{PASSPHRASE, World},
};

/// After so many rounds new people take over.
const ROUNDS_OF_TWO: u64 = 10;
/// How long ago their profiles were last used.
const AWAY: Duration = Duration::from_hours(9 * 24);

/// What was done, and what went wrong.
#[derive(Debug, Default)]
pub struct Totals {
    /// Rounds that were played, those that failed included.
    pub rounds: u64,
    /// Programs that were killed, by what went on at that moment.
    kills: BTreeMap<Scene, u64>,
    /// Messages that were shown as saved, as delivered and as read.
    promised: [usize; 3],
    /// How often both were compared with each other.
    compared: u64,
    /// A line for each round that failed.
    pub failures: Vec<String>,
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} rounds, {} failed",
            self.rounds,
            self.failures.len()
        )?;
        for (scene, kills) in &self.kills {
            writeln!(formatter, "{kills:>9}  killed {scene}")?;
        }
        let [saved, delivered, read] = self.promised;
        writeln!(formatter, "{saved:>9}  messages shown as saved")?;
        writeln!(formatter, "{delivered:>9}  of them shown as delivered")?;
        writeln!(formatter, "{read:>9}  of them shown as read")?;
        write!(formatter, "{:>9}  times both sides were compared", self.compared)
    }
}

/// Plays so many rounds; `say` is given a line now and then, and the last words of the nodes when something fails. A
/// failure ends the story of two people and nothing else.
///
/// # Errors
/// When the rounds cannot be played at all: there are no programs, or no room for profiles.
pub async fn run(rounds: u64, seed: u64, say: &mut dyn FnMut(&str)) -> Result<Totals> {
    let programs = Programs::beside_this()?;
    let mut chance = ChaCha20Rng::seed_from_u64(seed);
    let mut totals = Totals::default();
    while totals.rounds < rounds {
        let folder = tempfile::tempdir().context("A temporary folder cannot be made.")?;
        let mut chance = ChaCha20Rng::seed_from_u64(chance.next_u64());
        let first = totals.rounds + 1;
        let last = rounds.min(totals.rounds + ROUNDS_OF_TWO);
        let (mut alice, mut bob, conversation) = meet(folder.path(), &mut chance).await?;
        let mut two = Two {
            alice: &mut alice,
            bob: &mut bob,
            conversation,
            programs: &programs,
        };
        let began = Instant::now();
        match story(&mut two, last, &mut totals, &mut chance).await {
            Ok(held) => say(&format!(
                "rounds {first} to {last}: {held} messages agreed on, {:.1} s",
                began.elapsed().as_secs_f64()
            )),
            Err(error) => {
                let line = format!("round {} of seed {seed}: {error:#}", totals.rounds);
                say(&line);
                last_words(&mut two, say).await;
                totals.failures.push(line);
            }
        }
        for side in [&alice, &bob] {
            let promised = &side.promised;
            let counts = [
                promised.saved.len(),
                promised.delivered.len(),
                promised.read.len(),
            ];
            for (total, count) in totals.promised.iter_mut().zip(counts) {
                *total += count;
            }
        }
    }
    Ok(totals)
}

/// Plays rounds with the same two people until `last` have been played. Gives how many messages both hold in the end.
async fn story(two: &mut Two<'_>, last: u64, totals: &mut Totals, chance: &mut ChaCha20Rng) -> Result<usize> {
    let mut first = true;
    loop {
        totals.rounds += 1;
        // The first start is the one that has most to do.
        let scene = if std::mem::take(&mut first) {
            Scene::Start
        } else {
            Scene::any(chance)
        };
        let victim = Victim::any(chance);
        let doing = || format!("{victim:?} killed {scene}");
        let kills = two.round(scene, victim, chance).await.with_context(doing)?;
        *totals.kills.entry(scene).or_default() += kills;
        two.start()?;
        let is_last = totals.rounds == last;
        // Sometimes the next kill comes while they still find each other.
        if is_last || !chance.next_u64().is_multiple_of(3) {
            let held = agree(two.alice, two.bob, two.conversation)
                .await
                .with_context(|| format!("after {}", doing()))?;
            totals.compared += 1;
            if is_last {
                return Ok(held);
            }
        }
    }
}

/// Two people who met nine days ago, talked, and closed their nodes.
async fn meet(folder: &Path, chance: &mut ChaCha20Rng) -> Result<(Side, Side, ConversationId)> {
    let world = World::within(folder);
    let ago = i64::try_from(AWAY.as_millis())?;
    let then = WallClock::ahead_by_ms(-ago);
    let mut alice = world.person_by("Alice", then).await;
    let mut bob = world.person_by("Bob", then).await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "Alice at first").await;
    bob.sees("Alice at first").await;
    bob.sends(&alice, "Bob at first").await;
    alice.sees_state("Alice at first", DeliveryState::Delivered).await;
    bob.sees_state("Bob at first", DeliveryState::Delivered).await;
    let conversation = alice.chat_with(&bob);
    let mut sides = Vec::new();
    for person in [&mut alice, &mut bob] {
        let shown = person.messages().await;
        person.sleeps().await;
        let profile = Profile::existing(folder, &person.name, person.folder(), PASSPHRASE)?;
        let mut side = Side::new(profile, chance.next_u64());
        for row in shown.iter().filter(|row| row.mine) {
            side.promised.note_row(row)?;
        }
        sides.push(side);
    }
    // The folders of the world go with it; those of the two have to stay.
    world.keep();
    let (bob, alice) = (sides.pop(), sides.pop());
    Ok((
        alice.context("Alice is gone.")?,
        bob.context("Bob is gone.")?,
        conversation,
    ))
}

/// What the nodes that still run know of each other, and what they said at last.
async fn last_words(two: &mut Two<'_>, say: &mut dyn FnMut(&str)) {
    for side in [&mut *two.alice, &mut *two.bob] {
        let Some(node) = &mut side.node else { continue };
        for method in ["get_network", "list_contacts"] {
            let told = node.call_raw(method, serde_json::json!({})).await;
            say(&format!("{}: {method}: {told:?}", node.name()));
        }
        say(&format!("{}'s node said at last:\n{}", node.name(), node.log()));
    }
}
