//! What is to happen in a story, drawn from its seed before it begins: so a shorter story can be told of the same seed.

use std::collections::BTreeSet;

use super::{
    acts::Act,
    cast::{self, Cast},
    deleting,
    dice::Dice,
    faults::{self, Fault},
    network::Weather,
};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// How long a story lasts at least, with the nights in it, milliseconds.
const STORY_MS: u64 = 2 * DAY_MS;
/// How many things people do in a story.
const ACTS: u64 = 200;

/// A whole story, before it happens.
pub(super) struct Script {
    /// Who is in it.
    pub cast: Cast,
    /// How bad the network is.
    pub weather: Weather,
    /// When it begins, unix milliseconds.
    pub began_ms: u64,
    /// How long people act, milliseconds; then everything is mended.
    pub span_ms: u64,
    /// By how much each clock is wrong, milliseconds.
    pub clocks_ahead_ms: Vec<i64>,
    /// How long each disk takes for a flush at most, milliseconds.
    pub flushes_ms: Vec<u64>,
    /// How everyone meets: what, and after how many milliseconds.
    pub opening: Vec<(u64, Act)>,
    /// What people do and what goes wrong, each of which may be left out.
    pub scenes: Vec<(u64, Act)>,
}

/// Draws the script of a seed.
pub(super) fn draw(seed: u64) -> Script {
    let dice = &mut Dice::new(seed, 0);
    let cast = cast::draw(dice);
    let people = cast.names.len();
    let weather = faults::weather(dice);
    // Any time of any week, so that days and weeks end in some stories.
    let began_ms = 1_800_000_000_000 + dice.below(14 * DAY_MS);
    let span_ms = dice.between(20_000, 150_000);
    let clocks_ahead_ms = (0..people).map(|_| faults::clock_error_ms(dice)).collect();
    let flushes_ms = (0..people).map(|_| dice.pick(&[0, 5, 200], 1)).collect();
    let opening = opening(&cast, dice);
    let mut scenes = Vec::new();
    for _ in 0..dice.below(5 + 2 * people.min(16) as u64) {
        scenes.push((dice.below(span_ms), Act::Fault(faults::one(&cast, dice))));
    }
    scenes.extend(nights(span_ms, dice));
    for _ in 0..ACTS {
        scenes.push((dice.between(500, span_ms), any(&cast, dice)));
    }
    Script {
        cast,
        weather,
        began_ms,
        span_ms,
        clocks_ahead_ms,
        flushes_ms,
        opening,
        scenes,
    }
}

impl Script {
    /// The same story without some of its scenes, by their numbers.
    #[must_use]
    pub fn without(mut self, left_out: &BTreeSet<usize>) -> Self {
        let scenes = std::mem::take(&mut self.scenes).into_iter().enumerate();
        self.scenes = scenes
            .filter(|(number, _)| !left_out.contains(number))
            .map(|(_, scene)| scene)
            .collect();
        self
    }
}

/// Everyone is away once or several times, until two days have passed.
fn nights(span_ms: u64, dice: &mut Dice) -> Vec<(u64, Act)> {
    let mut left_ms = STORY_MS - span_ms;
    let mut nights = Vec::new();
    for last in (0..dice.between(1, 2)).rev().map(|more| more == 0) {
        let for_ms = if last {
            left_ms
        } else {
            dice.between(HOUR_MS, left_ms / 2)
        };
        left_ms -= for_ms;
        let closed = dice.chance(50);
        nights.push((dice.below(span_ms), Act::Fault(Fault::Away { for_ms, closed })));
    }
    nights
}

/// Everyone starts; in each pair one invites and the other opens the link; some carry for others; groups begin.
fn opening(cast: &Cast, dice: &mut Dice) -> Vec<(u64, Act)> {
    let mut acts = Vec::new();
    for node in 0..cast.names.len() {
        acts.push((dice.below(50), Act::Start(node)));
    }
    for (chat, [host, guest]) in cast.pairs.iter().copied().enumerate() {
        acts.push((100 + chat as u64, Act::Invite { chat, by: host }));
        acts.push((dice.between(150, 2_000), Act::Add { chat, by: guest }));
        if dice.chance(50) {
            acts.push((dice.below(5_000), Act::Discover { chat, by: host }));
            acts.push((dice.below(5_000), Act::Discover { chat, by: guest }));
        }
        for by in [host, guest] {
            if cast.names.len() > 2 && dice.chance(60) {
                let (offered, used) = (dice.between(2_500, 8_000), dice.between(2_500, 12_000));
                acts.push((
                    offered,
                    Act::Carry {
                        chat,
                        by,
                        carry: true,
                    },
                ));
                acts.push((used, Act::UseCarrier { chat, by, used: true }));
            }
        }
    }
    for chat in cast.pairs.len()..cast.chats() {
        acts.push((dice.between(3_000, 15_000), Act::Found { chat }));
    }
    acts
}

fn any(cast: &Cast, dice: &mut Dice) -> Act {
    let chat = usize::try_from(dice.below(cast.chats() as u64)).unwrap_or(0);
    let by = dice.pick(cast.members(chat), 0);
    // What two contacts do with one another is not done in a group.
    let kinds = if chat < cast.pairs.len() { 100 } else { 78 };
    match dice.below(kinds) {
        0..40 => Act::Send {
            chat,
            by,
            count: dice.pick(&[1, 1, 1, 2, 5], 1),
        },
        40..54 => Act::Read {
            chat,
            by,
            share: dice.pick(&[100, 100, 50, 80], 100),
        },
        54..68 => Act::Delete {
            chat,
            by,
            what: deleting::any(dice),
        },
        68..73 => Act::Draft { chat, by },
        73..78 => Act::Profile(by),
        78..81 => Act::Invite { chat, by },
        81..85 => Act::Add { chat, by },
        85..88 => Act::Discover { chat, by },
        88..90 => Act::Carry {
            chat,
            by,
            carry: dice.chance(70),
        },
        90..92 => Act::UseCarrier {
            chat,
            by,
            used: dice.chance(70),
        },
        92..93 => Act::DropHeld { chat, by },
        93..94 => Act::LimitCarrying {
            by,
            max_mb: dice.pick(&[0, 1, 200], 200),
        },
        _ => Act::Look(by),
    }
}
