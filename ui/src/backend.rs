//! What the app needs of the world outside its window, as a trait: [`crate::bridge`] is the real one, tests script
//! another. Nothing here blocks: requests go out with an id, answers and news come back through [`Backend::next`].

use std::io;
use std::path::PathBuf;

use kith_node::{Command, CommandError, Event, Reply};

use crate::model::requests::RequestId;
use crate::profiles::{ProfileFailure, ProfileId, ProfileReply, ProfileRequest};

/// Something that came from outside.
#[derive(Debug)]
pub enum Incoming {
    /// The node's answer to a command.
    Reply {
        /// Of which request.
        id: RequestId,
        /// The answer.
        result: Result<Reply, CommandError>,
    },
    /// The answer to a wish about profiles.
    Profile {
        /// Of which request.
        id: RequestId,
        /// The answer.
        result: Result<ProfileReply, ProfileFailure>,
    },
    /// The node tells something.
    Event(Event),
    /// A picture's file was chosen: its bytes.
    Picked(Vec<u8>),
    /// A picture's file could not be read.
    PickFailed(PickFailure),
    /// An address was opened; or nothing on this machine opens it.
    LinkTried(Result<(), String>),
    /// Whether the system asks for less motion.
    LessMotion(bool),
    /// Another launch wants this window in front; it was started with this link, or with nothing.
    Raise(String),
}

/// Why a chosen picture was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PickFailure {
    /// None was chosen: the person thought again, or nothing came up to choose from.
    Nothing,
    /// It is over 8 MiB.
    TooLarge,
    /// The system's words.
    Unreadable(String),
}

/// The world outside the window.
pub trait Backend {
    /// Asks the node. Before a profile is open the answer is [`CommandError::Closed`].
    fn call(&mut self, id: RequestId, command: Command);
    /// Asks for something about profiles.
    fn profile(&mut self, id: RequestId, request: ProfileRequest);
    /// Lets the person choose a picture's file.
    fn pick_picture(&mut self);
    /// Reads a picture's file that was named or dropped.
    fn read_picture(&mut self, path: PathBuf);
    /// Opens an address with the program that the person has for it.
    fn open_link(&mut self, url: String);
    /// What has come since, one at a time.
    fn next(&mut self) -> Option<Incoming>;
    /// Opens another window, for a profile or at the choice of one.
    ///
    /// # Errors
    /// When the program cannot be started: its file is gone, or is no program any more.
    fn open_other(&mut self, profile: Option<ProfileId>) -> io::Result<()>;
    /// Whether this process can be replaced by a new one, as locking does.
    ///
    /// # Errors
    /// When there is no program to start.
    fn can_start_anew(&self) -> io::Result<()>;
    /// Closes the open profile: what was acknowledged is durable, then keys are wiped. Waits for a few seconds at most.
    fn close(&mut self);
    /// What time it is, unix milliseconds.
    fn now_ms(&self) -> u64;
}
