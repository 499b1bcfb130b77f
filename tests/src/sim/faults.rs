//! What goes wrong: drawn from the seed before the story begins, so that a shorter story can be told of the same one.

use super::{
    acts::Act,
    cast::Cast,
    dice::Dice,
    network::Weather,
    report::Happening,
    witness::Checked,
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
    CrashBusy { chat: usize, node: usize, down_ms: u64 },
    /// A person closes the app, for so long.
    Quit { node: usize, down_ms: u64 },
    /// Nothing gets through somewhere, for so long.
    Cut { cut: Cut, for_ms: u64 },
    /// All links are cut at this moment.
    Reset,
    /// Flushes take long, for so long.
    SlowDisk { node: usize, for_ms: u64 },
    /// The disk is full, for so long.
    FullDisk { node: usize, for_ms: u64 },
    /// A clock is set by so much.
    SetClock { node: usize, by_ms: i64 },
    /// Everyone is away for so long: they have closed Kith, or their machines are asleep.
    Away { for_ms: u64, closed: bool },
}

/// Where nothing gets through.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cut {
    /// In one direction.
    OneWay { from: usize, to: usize },
    /// Between two.
    Between([usize; 2]),
    /// To and from one.
    Off(usize),
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

/// One thing that goes wrong.
pub(super) fn one(cast: &Cast, dice: &mut Dice) -> Fault {
    let chat = usize::try_from(dice.below(cast.pairs.len() as u64)).unwrap_or(0);
    let [a, b] = cast.pairs[chat];
    let (node, other) = if dice.chance(50) { (a, b) } else { (b, a) };
    let for_ms = dice.between(50, 20_000);
    match dice.below(100) {
        0..12 => Fault::Crash {
            node,
            down_ms: for_ms,
        },
        12..25 => Fault::CrashBusy {
            chat,
            node,
            down_ms: for_ms,
        },
        25..36 => Fault::Quit {
            node,
            down_ms: dice.pick(&[1, 5], 1) * for_ms,
        },
        36..46 => Fault::Cut {
            cut: Cut::OneWay {
                from: node,
                to: other,
            },
            for_ms,
        },
        46..56 => Fault::Cut {
            cut: Cut::Between([a, b]),
            for_ms: dice.pick(&[1, 5], 1) * for_ms,
        },
        56..62 => Fault::Cut {
            cut: Cut::Off(node),
            for_ms,
        },
        62..75 => Fault::Reset,
        75..83 => Fault::SlowDisk { node, for_ms },
        83..92 => Fault::FullDisk { node, for_ms },
        92..97 => Fault::SetClock {
            node,
            by_ms: clock_error_ms(dice),
        },
        _ => Fault::Away {
            for_ms: dice.between(20 * HOUR_MS, 9 * 24 * HOUR_MS),
            closed: true,
        },
    }
}

impl World {
    /// Something goes wrong now.
    pub fn fault(&mut self, fault: Fault) -> Checked {
        match fault {
            Fault::Crash { node, down_ms } => {
                if self.crash(node)? {
                    self.comes_back(node, down_ms);
                }
            }
            Fault::CrashBusy { chat, node, down_ms } => {
                let (by, count) = (node, self.dice.between(1, 3));
                self.act(Act::Send { chat, by, count })?;
                self.act(Act::Read { chat, by, share: 100 })?;
                let after = self.dice.between(0, self.machines[node].flush_ms + 4);
                self.plan(after, node, Plan::Act(Act::Fault(Fault::Crash { node, down_ms })));
            }
            Fault::Quit { node, down_ms } => {
                if self.quit(node)? {
                    self.comes_back(node, down_ms);
                }
            }
            Fault::Cut { cut, for_ms } => self.cut_somewhere(cut, for_ms),
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
                machine.clock_set_ms += by_ms.unsigned_abs();
                let ahead_ms = machine.clock_ahead_ms.saturating_add(by_ms);
                self.set_clock(node, ahead_ms);
            }
            Fault::Away { for_ms, closed } => return self.everyone_is_away(for_ms, closed),
        }
        Ok(())
    }

    fn everyone_is_away(&mut self, for_ms: u64, closed: bool) -> Checked {
        if !closed {
            self.tally.note(Happening::Suspended);
            self.sleep(for_ms);
            // No link outlives that.
            self.reset_links();
            return Ok(());
        }
        self.tally.note(Happening::DaysPassed);
        for node in 0..self.machines.len() {
            self.quit(node)?;
        }
        self.sleep(for_ms);
        for node in 0..self.machines.len() {
            self.comes_back(node, 10);
        }
        Ok(())
    }

    fn cut_somewhere(&mut self, cut: Cut, for_ms: u64) {
        match cut {
            Cut::OneWay { from, to } => {
                self.tally.note(Happening::OneWayCut);
                let deaf = self.machines[to].name;
                self.say(from, &format!("is no longer heard by {deaf}"));
                self.cut(from, to, for_ms);
            }
            Cut::Between([a, b]) => {
                self.tally.note(Happening::Partitioned);
                let other = self.machines[b].name;
                self.say(a, &format!("and {other} are cut off from one another"));
                self.part(a, b, for_ms);
            }
            Cut::Off(node) => {
                self.tally.note(Happening::Isolated);
                self.say(node, "is cut off from everyone");
                for other in (0..self.machines.len()).filter(|other| *other != node) {
                    self.part(node, other, for_ms);
                }
            }
        }
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
