//! Everything the screens know, folded from events and answers. Pure: no node, no clock, no painting.
//!
//! `app` calls [`Model::apply_event`] and [`Model::apply_reply`] in its `logic()`; views read. A part that needs
//! something from the node says so by the commands it returns.

pub mod requests;

use kith_node::view::{NetworkView, ProfileView};
use kith_node::{Command, Event, Reply};

use crate::pictures::Pictures;
use requests::Requests;

/// What the screens know.
#[derive(Default)]
pub struct Model {
    /// Whose node this is; `None` until it has answered.
    pub profile: Option<ProfileView>,
    /// The truth about our connections; `None` until the node has answered.
    pub network: Option<NetworkView>,
    /// Requests on their way and those that failed.
    pub requests: Requests,
    /// People's pictures.
    pub pictures: Pictures,
    /// A fault that was contained and not yet dismissed: a place in the code.
    pub fault: Option<String>,
}

impl Model {
    /// What to ask when a profile was opened, and again after [`Event::Reload`].
    pub fn first_questions() -> Vec<Command> {
        vec![
            Command::GetProfile {},
            Command::ListConversations {},
            Command::ListContacts {},
            Command::ListInvites {},
            Command::GetNetwork {},
        ]
    }

    /// Takes in one piece of news. Gives what should be asked because of it.
    pub fn apply_event(&mut self, event: Event) -> Vec<Command> {
        match event {
            Event::Profile(profile) => self.profile = Some(profile),
            Event::Network(network) => self.network = Some(network),
            Event::Fault { place } => self.fault = Some(place),
            Event::Reload => return Self::first_questions(),
            Event::Contact(_)
            | Event::ContactRemoved(_)
            | Event::Conversation(_)
            | Event::Message(_)
            | Event::Read { .. }
            | Event::Invite(_) => {}
        }
        Vec::new()
    }

    /// Takes in the answer to `command`. Gives what should be asked because of it.
    pub fn apply_reply(&mut self, _command: &Command, reply: Reply) -> Vec<Command> {
        match reply {
            Reply::Profile(profile) => self.profile = Some(profile),
            Reply::Network(network) => self.network = Some(network),
            _ => {}
        }
        Vec::new()
    }
}
