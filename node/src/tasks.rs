//! What takes over a millisecond and is therefore done beside the engine: plain values that the shell runs on a thread of
//! their own and the simulator after a while of its time. The result comes back as an input.
//!
//! Nothing of a task is kept on the disk. If the program ends first, nothing has happened; whoever waits for one must bear
//! that it never ends.

use kith_crypto::CryptoError;

use crate::epochs::sealing::{Sealed, Sealing};

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Task {
    /// Seal a new epoch to many devices.
    Seal(Box<Sealing>),
}

/// What came of one.
#[derive(Clone, Debug)]
pub enum TaskDone {
    /// Of [`Task::Seal`].
    Sealed(Result<Box<Sealed>, CryptoError>),
}

impl Task {
    /// Does it.
    pub fn run(self) -> TaskDone {
        match self {
            Self::Seal(sealing) => TaskDone::Sealed(sealing.run().map(Box::new)),
        }
    }
}
