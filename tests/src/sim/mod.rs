//! The simulator: the same engine that users run, with a memory store, a virtual clock, seeded chance and a hostile
//! network. One seed is one story, the same on every machine.
//!
//! * [`tell`] tells the story of a seed; `story` says what the people do, `faults` what goes wrong.
//! * `node` is one machine, `network` what lies between them, `world` the time in which both run.
//! * `invariants` is the witness: what must be true at every step. docs/simulation.md lists its rules.
//!
//! Nothing here reads a clock, draws chance from the machine or runs on more than one thread.

// Machines are named by numbers that are made here and always valid.
#![allow(clippy::indexing_slicing)]

mod batch;
mod dice;
mod faults;
mod invariants;
mod network;
mod node;
mod report;
mod story;
mod wire;
mod world;

pub use batch::{Batch, ENOUGH_SEEDS, replay, tell_many};
pub use invariants::Violation;
pub use report::{Happening, Tally};
pub use story::{Outcome, SCENARIO, tell};
