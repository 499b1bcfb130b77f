//! The simulator: the same engine that users run, with a memory store, a virtual clock, seeded chance and a hostile
//! network. One seed is one story, the same on every machine.
//!
//! * `script` draws what is to happen in the story of a seed: `cast` says who is in it, `acts` what people do, `deleting`
//!   what they delete, `faults` what goes wrong. [`tell`] tells it, `ending` is how every story has to end.
//! * `node` is one machine, `stopping` how it ends, `network` what lies between them, `world` the time in which all run.
//! * `witness` knows what must be true at every step. docs/simulation.md lists its rules.
//! * [`tell_many`] tells the stories of many seeds, [`shrink()`] finds a short one in a story that failed.
//!
//! Nothing here reads a clock, draws chance from the machine or runs on more than one thread.

#![allow(
    clippy::indexing_slicing,
    reason = "machines are named by numbers that are made here and always valid"
)]

mod acts;
mod batch;
mod cast;
mod deleting;
mod dice;
mod ending;
mod faults;
mod network;
mod node;
mod report;
mod script;
mod shrink;
mod stopping;
mod story;
mod wire;
mod witness;
mod world;

pub use batch::{Batch, ENOUGH_SEEDS, tell_many};
pub use report::{Happening, Tally};
pub use shrink::{replay, shrink};
pub use story::{Outcome, SCENARIO, scenes, tell};
pub use witness::Violation;
