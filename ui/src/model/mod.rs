//! Everything the screens know, folded from events and answers. Pure: no node, no clock, no painting.
//!
//! `app` calls [`Model::apply_event`] and [`Model::apply_reply`] in its `logic()`; views read. A part that needs
//! something from the node says so by the commands it returns.

pub mod carrying;
pub mod chats;
pub mod contacts;
pub mod conversations;
pub mod deletions;
pub mod drafts;
pub mod ledger;
pub mod pause;
pub mod requests;
pub mod rich_text;
pub mod safety;
pub mod selection;
#[cfg(test)]
pub(crate) mod testing;
pub mod timeline;
pub mod unanswered;

use kith_node::view::{NetworkView, ProfileView};
use kith_node::{Command, CommandError, Event, Reply};

use crate::i18n::Language;
use crate::pictures::Pictures;
use crate::profiles::ProfileId;
use crate::settings::Settings;
use crate::theme::Appearance;
use carrying::Carrying;
use chats::Chats;
use contacts::{Contacts, Invites};
use ledger::Ledger;
use requests::Requests;
use safety::Safety;
use unanswered::Unanswered;

/// What the screens know.
#[derive(Default)]
pub struct Model {
    /// Whose node this is; `None` until it has answered.
    pub profile: Option<ProfileView>,
    /// The folder of the open profile. It chooses the hue of one's own picture, because the unlock screen knows nothing
    /// else of a profile, and a hue chosen by the account's key would tell something of the key to whoever reads the disk.
    pub own_folder: Option<ProfileId>,
    /// The truth about our connections; `None` until the node has answered.
    pub network: Option<NetworkView>,
    /// The chat list, the windows that are scrolled, drafts.
    pub chats: Chats,
    /// Bootstrap nodes that the person entered, besides those that were given at the start.
    pub bootstraps: Vec<String>,
    /// No picture was chosen when one was looked for: its file can be named instead.
    pub names_picture: bool,
    /// Everyone we know.
    pub contacts: Contacts,
    /// The invites we handed out.
    pub invites: Invites,
    /// Who keeps mail for whom.
    pub carrying: Carrying,
    /// The safety number that is being looked at.
    pub safety: Safety,
    /// The delivery details that are being looked at.
    pub ledger: Ledger,
    /// How the app looks, as the person chose.
    pub appearance: Appearance,
    /// Whether the system asks for less motion.
    pub system_wants_less_motion: bool,
    /// The language the person chose; `None` follows the system.
    pub language: Option<Language>,
    /// What could not be had when the profile was opened.
    pub unanswered: Unanswered,
    /// Requests on their way and those that failed.
    pub requests: Requests,
    /// People's pictures.
    pub pictures: Pictures,
    /// A fault that was contained and not yet dismissed: a place in the code.
    pub fault: Option<String>,
}

impl Model {
    /// Nothing is known yet but what the person chose.
    pub fn chosen(settings: &Settings) -> Self {
        Self {
            appearance: settings.appearance,
            language: settings.language,
            bootstraps: settings.bootstraps.clone(),
            ..Self::default()
        }
    }

    /// What chooses the hue of one's own picture: the same before and after unlocking.
    pub fn own_hue(&self) -> &[u8] {
        self.own_folder.as_ref().map_or(&[], |folder| folder.0.as_bytes())
    }

    /// All unread rows together, for the badge on the rail.
    pub fn unread_total(&self) -> u32 {
        self.chats.list.unread()
    }

    /// What to ask when a profile was opened, and again after [`Event::Reload`].
    pub fn first_questions() -> Vec<Command> {
        vec![
            Command::GetProfile {},
            Command::ListConversations {},
            Command::ListContacts {},
            Command::ListInvites {},
            Command::GetNetwork {},
            Command::GetCarrying {},
        ]
    }

    /// Takes in one piece of news. Gives what should be asked because of it.
    pub fn apply_event(&mut self, event: Event) -> Vec<Command> {
        self.chats.apply_event(&event);
        self.ledger.apply_event(&event);
        match event {
            Event::Profile(profile) => self.profile = Some(profile),
            Event::Network(network) => self.network = Some(network),
            Event::Fault { place } => self.fault = Some(place),
            Event::Reload => {
                let mut commands = Self::first_questions();
                commands.extend(self.chats.reload());
                return commands;
            }
            Event::Contact(contact) => self.contacts.apply(*contact),
            Event::ContactRemoved(account) => self.contacts.remove(account),
            Event::Invite(invite) => self.invites.apply(invite),
            Event::Carrying(view) => self.carrying.view = Some(*view),
            Event::Conversation(_)
            | Event::Message(_)
            | Event::MessageRemoved { .. }
            | Event::Read { .. } => {}
        }
        Vec::new()
    }

    /// Takes in the answer to `command`. Gives what should be asked because of it.
    pub fn apply_reply(&mut self, command: &Command, reply: Reply) -> Vec<Command> {
        self.unanswered.answered(command);
        self.chats.apply_reply(command, &reply);
        self.safety.apply_reply(command, &reply);
        self.ledger.apply_reply(command, &reply);
        match reply {
            Reply::Profile(profile) => self.profile = Some(profile),
            Reply::Network(network) => self.network = Some(network),
            Reply::Carrying(view) => self.carrying.view = Some(view),
            Reply::Contact(contact) => self.contacts.apply(*contact),
            Reply::Contacts(all) => self.contacts.replace(all),
            Reply::Invite(invite) => self.invites.apply(invite),
            Reply::Invites(all) => self.invites.replace(all),
            Reply::Done => {
                if let Command::RemoveContact { account } = command {
                    self.contacts.remove(*account);
                    self.chats.list.remove_contact(*account);
                }
            }
            Reply::Picture(_)
            | Reply::Conversation(_)
            | Reply::Conversations(_)
            | Reply::Page(_)
            | Reply::Message(_)
            | Reply::Deletion(_)
            | Reply::Ledger(_)
            | Reply::Safety(_)
            | Reply::Matches(_) => {}
        }
        Vec::new()
    }

    /// The time that the node goes by when this machine's clock shows `shown_ms`, unix milliseconds both: all that the node tells is
    /// of that time. By a clock that is not believed, what can be undone would be over at once, or never.
    pub fn now_ms(&self, shown_ms: u64) -> u64 {
        let ahead_ms = self.network.as_ref().map_or(0, |network| network.time_ahead_ms);
        shown_ms.saturating_add_signed(ahead_ms.saturating_neg())
    }

    /// Takes in that `command` could not be done. True if a screen tells the person where it happened; otherwise
    /// the caller tells them in passing.
    pub fn apply_failure(&mut self, command: &Command, error: &CommandError, now_ms: u64) -> bool {
        if Self::first_questions().contains(command) {
            self.unanswered.failed(command, error);
        }
        self.chats.apply_failure(command, error, now_ms)
    }
}
