//! How machines stop: the power goes, or the app is closed.

use super::{report::Happening, witness::Checked, world::World};

impl World {
    /// The power goes: what was not flushed is lost, except perhaps its first batches.
    /// Gives whether it was up.
    pub fn crash(&mut self, node: usize) -> Checked<bool> {
        let machine = &mut self.machines[node];
        if !machine.is_up() {
            return Ok(false);
        }
        self.tally.note(Happening::Crashed);
        let at_risk = machine.store.unflushed_batches();
        if at_risk > 0 {
            self.tally.note(Happening::CrashedUnflushed);
        }
        if machine.has_unsent() {
            self.tally.note(Happening::CrashedUnsent);
        }
        let keep = if at_risk > 1 && self.dice.chance(50) {
            self.tally.note(Happening::CrashedKeeping);
            usize::try_from(self.dice.between(1, at_risk as u64 - 1)).unwrap_or(0)
        } else {
            0
        };
        machine.store.crash_keeping(keep);
        machine.stop();
        self.witness.crashed(node, keep > 0);
        self.witness.left(node, &self.machines[node].store)?;
        self.say(
            node,
            &format!("crashes with {at_risk} batches not flushed, {keep} of them kept"),
        );
        self.went_down(node);
        Ok(true)
    }

    /// The app is closed: everything decided becomes durable and goes out first.
    /// Gives whether it was up.
    pub fn quit(&mut self, node: usize) -> Checked<bool> {
        if !self.machines[node].is_up() {
            return Ok(false);
        }
        self.tally.note(Happening::Quit);
        self.let_out(node)?;
        self.flush(node)?;
        self.let_out(node)?;
        self.machines[node].stop();
        self.witness.crashed(node, false);
        self.say(node, "is closed");
        self.went_down(node);
        Ok(true)
    }
}
