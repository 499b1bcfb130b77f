//! What goes wrong: drawn from the seed before the story begins, so that a shorter story can be told of the same one.

use super::{
    dice::Dice,
    invariants::Checked,
    network::Weather,
    report::Happening,
    story::Act,
    world::{Plan, World},
};

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// Something that goes wrong.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// The power of a machine goes, for so long.
    Crash { node: usize, down_ms: u64 },
    /// The same, right after its person has sent something.
    CrashBusy { node: usize, down_ms: u64 },
    /// A person closes the app, for so long.
    Quit { node: usize, down_ms: u64 },
    /// One direction lets nothing through, for so long.
    OneWay { from: usize, to: usize, for_ms: u64 },
    /// No direction does.
    Partition { for_ms: u64 },
    /// All links are cut at this moment.
    Reset,
    /// Flushes take long, for so long.
    SlowDisk { node: usize, for_ms: u64 },
    /// The disk is full, for so long.
    FullDisk { node: usize, for_ms: u64 },
    /// A clock is set by so much.
    SetClock { node: usize, by_ms: i64 },
    /// Everyone is away for so long.
    Days { for_ms: u64 },
}

/// The weather of a story.
pub(super) fn weather(dice: &mut Dice) -> Weather {
    Weather {
        latency_ms: dice.pick(&[2, 30, 300], 2),
        gossip_ms: dice.pick(&[2, 100, 3_000], 2),
        lost: dice.pick(&[0, 0, 20, 60, 100], 0),
        repeated: dice.pick(&[0, 20], 0),
        forged: dice.pick(&[0, 0, 30], 0),
    }
}

/// How wrong a clock is, milliseconds.
pub(super) fn clock_error_ms(dice: &mut Dice) -> i64 {
    let size = match dice.below(4) {
        0 => dice.below(10 * MINUTE_MS),
        1 => dice.below(5 * HOUR_MS),
        _ => 0,
    };
    let size = i64::try_from(size).unwrap_or(0);
    if dice.chance(50) { -size } else { size }
}

/// What goes wrong in one story of two, in the order in which it was drawn.
pub(super) fn draw(dice: &mut Dice) -> Vec<Fault> {
    let count = dice.below(9);
    (0..count).map(|_| one(dice)).collect()
}

fn one(dice: &mut Dice) -> Fault {
    let node = usize::from(dice.chance(50));
    let for_ms = dice.between(50, 20_000);
    match dice.below(100) {
        0..12 => Fault::Crash {
            node,
            down_ms: for_ms,
        },
        12..25 => Fault::CrashBusy {
            node,
            down_ms: for_ms,
        },
        25..32 => Fault::Quit {
            node,
            down_ms: for_ms,
        },
        32..45 => Fault::OneWay {
            from: node,
            to: 1 - node,
            for_ms,
        },
        45..60 => Fault::Partition { for_ms },
        60..74 => Fault::Reset,
        74..82 => Fault::SlowDisk { node, for_ms },
        82..92 => Fault::FullDisk { node, for_ms },
        92..97 => Fault::SetClock {
            node,
            by_ms: clock_error_ms(dice),
        },
        _ => Fault::Days {
            for_ms: dice.between(20 * HOUR_MS, 9 * 24 * HOUR_MS),
        },
    }
}

impl World {
    /// Something goes wrong now.
    pub fn fault(&mut self, fault: Fault) -> Checked {
        match fault {
            Fault::Crash { node, down_ms } => {
                if self.crash(node) {
                    self.comes_back(node, down_ms);
                }
            }
            Fault::CrashBusy { node, down_ms } => {
                let count = self.dice.between(1, 3);
                self.act(Act::Send { node, count })?;
                self.act(Act::Read { node, share: 100 })?;
                let after = self.dice.between(0, self.machines[node].flush_ms + 4);
                self.plan(after, node, Plan::Act(Act::Fault(Fault::Crash { node, down_ms })));
            }
            Fault::Quit { node, down_ms } => {
                if self.quit(node)? {
                    self.comes_back(node, down_ms);
                }
            }
            Fault::OneWay { from, to, for_ms } => {
                self.tally.note(Happening::OneWayCut);
                self.say(from, "is no longer heard by the other");
                self.cut(from, to, for_ms);
            }
            Fault::Partition { for_ms } => {
                self.tally.note(Happening::Partitioned);
                self.say(0, "is cut off from the other");
                self.cut(0, 1, for_ms);
                self.cut(1, 0, for_ms);
            }
            Fault::Reset => self.reset_links(),
            Fault::SlowDisk { node, for_ms } => {
                self.tally.note(Happening::DiskSlow);
                self.say(node, "has a slow disk");
                self.machines[node].slow_until_ms = self.now_ms + for_ms;
            }
            Fault::FullDisk { node, for_ms } => {
                self.say(node, "has a full disk");
                self.machines[node].store.set_full(true);
                self.plan_free(for_ms, Plan::Act(Act::Free(node)));
            }
            Fault::SetClock { node, by_ms } => {
                self.tally.note(Happening::ClockSet);
                self.say(node, &format!("has its clock set by {by_ms} ms"));
                let machine = &mut self.machines[node];
                machine.clock_ahead_ms = machine.clock_ahead_ms.saturating_add(by_ms);
            }
            Fault::Days { for_ms } => {
                self.tally.note(Happening::DaysPassed);
                for node in 0..self.machines.len() {
                    self.quit(node)?;
                }
                self.sleep(for_ms);
                for node in 0..self.machines.len() {
                    self.comes_back(node, 10);
                }
            }
        }
        Ok(())
    }

    fn comes_back(&mut self, node: usize, down_ms: u64) {
        if self.dice.chance(20) {
            self.tally.note(Happening::AddressChanged);
            let port = self.dice.between(4_002, 60_000);
            self.machines[node].address = format!("/ip4/10.0.0.{node}/udp/{port}/quic-v1");
        }
        self.plan_free(down_ms, Plan::Act(Act::Start(node)));
    }

    /// Everything that went wrong is over.
    pub fn heal(&mut self) -> Checked {
        for node in 0..self.machines.len() {
            self.machines[node].store.set_full(false);
            self.machines[node].slow_until_ms = 0;
            self.start(node)?;
        }
        self.heal_network()
    }
}
