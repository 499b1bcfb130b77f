//! Where in the app a person is.
//!
//! A route is a plain value: [`crate::action::Action::Go`] asks for another, `app` keeps the way back.

use kith_node::id::{AccountId, ConversationId};
use kith_node::position::Position;

/// A section of the rail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Section {
    /// Conversations.
    #[default]
    Chats,
    /// People and invites.
    Contacts,
    /// Everything that can be set.
    Settings,
}

impl Section {
    /// All of them, in the order of the rail.
    pub const ALL: [Self; 3] = [Self::Chats, Self::Contacts, Self::Settings];
}

/// A page of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SettingsPage {
    /// Own name, status, picture.
    Profile,
    /// Theme, text size, language.
    Appearance,
    /// Passphrase, recovery words, deleting the profile.
    Security,
    /// Who keeps mail for whom.
    Carrying,
    /// Addresses and bootstrap nodes.
    Network,
    /// Version and licences.
    About,
}

/// What floats over everything, one at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Dialog {
    /// Hand out an invite.
    Invite,
    /// Open somebody's invite; the text is what was pasted or opened so far.
    AddContact {
        /// A `kith:` link, or empty.
        link: String,
    },
    /// Find a chat or a person.
    Find,
    /// Begin a group.
    NewGroup,
    /// Show the recovery words again.
    Words,
    /// Delete this profile for good.
    DeleteProfile,
    /// Compare safety numbers.
    Safety {
        /// With whom.
        account: AccountId,
    },
    /// How far a message of ours has come.
    Ledger {
        /// Where.
        conversation: ConversationId,
        /// Its place there.
        position: Position,
    },
    /// Choose for whom messages are deleted.
    DeleteMessages {
        /// Where.
        conversation: ConversationId,
        /// Their places there, at least one.
        positions: Vec<Position>,
    },
    /// Delete all that a chat holds.
    DeleteChat {
        /// Which.
        conversation: ConversationId,
    },
    /// Take part in a group no longer.
    LeaveGroup {
        /// Which.
        conversation: ConversationId,
    },
    /// Want nothing of somebody any more.
    Block {
        /// Whom.
        account: AccountId,
    },
    /// Choose who keeps mail for us, or for whom we keep it.
    Carrier {
        /// For us.
        ours: bool,
    },
}

/// A place in the app, once a profile is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The section of the rail.
    pub section: Section,
    /// The open conversation, within [`Section::Chats`].
    pub conversation: Option<ConversationId>,
    /// Whether the details beside the conversation are open.
    pub details: bool,
    /// The open contact, within [`Section::Contacts`].
    pub contact: Option<AccountId>,
    /// Whether the invites that were handed out are open, within [`Section::Contacts`].
    pub invites: bool,
    /// The open page, within [`Section::Settings`].
    pub settings: Option<SettingsPage>,
    /// What floats above.
    pub dialog: Option<Dialog>,
}

impl Route {
    /// The list of a section, nothing opened.
    pub fn section(section: Section) -> Self {
        Self {
            section,
            ..Self::default()
        }
    }

    /// A conversation.
    pub fn conversation(id: ConversationId) -> Self {
        Self {
            conversation: Some(id),
            ..Self::default()
        }
    }

    /// The same place with a dialog above it.
    pub fn with_dialog(&self, dialog: Dialog) -> Self {
        Self {
            dialog: Some(dialog),
            ..self.clone()
        }
    }

    /// Where to go once a conversation is gone: to the list, if it is open.
    pub fn without(&self, gone: ConversationId) -> Self {
        if self.conversation == Some(gone) {
            Self::section(self.section)
        } else {
            self.clone()
        }
    }

    /// Whether something beside the list is open: in a narrow window it takes the list's place.
    pub fn has_content(&self) -> bool {
        match self.section {
            Section::Chats => self.conversation.is_some(),
            Section::Contacts => self.contact.is_some() || self.invites,
            Section::Settings => self.settings.is_some(),
        }
    }

    /// One step back, as Esc and the back arrow go: dialog, details, content; `None` at a section's list.
    pub fn back(&self) -> Option<Self> {
        if self.dialog.is_some() {
            Some(Self {
                dialog: None,
                ..self.clone()
            })
        } else if self.details {
            Some(Self {
                details: false,
                ..self.clone()
            })
        } else if self.has_content() {
            Some(Self::section(self.section))
        } else {
            None
        }
    }
}

/// How much room the window has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// One column, the rail at the bottom.
    Narrow,
    /// Rail and list beside the content.
    Medium,
    /// Room for details too.
    Wide,
}

impl Breadth {
    /// By the window's width in points.
    pub fn of(width: f32) -> Self {
        use crate::theme::size;
        if width >= size::WIDE_FROM {
            Self::Wide
        } else if width >= size::MEDIUM_FROM {
            Self::Medium
        } else {
            Self::Narrow
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_peels_one_layer_at_a_time() {
        let chat = Route {
            details: true,
            ..Route::conversation(ConversationId::from_bytes([1; 32]))
        };
        let with_dialog = chat.with_dialog(Dialog::Find);
        let one = with_dialog.back().unwrap();
        assert_eq!(one, chat);
        let two = one.back().unwrap();
        assert!(two.conversation.is_some() && !two.details);
        let three = two.back().unwrap();
        assert_eq!(three, Route::section(Section::Chats));
        assert_eq!(three.back(), None);
    }

    #[test]
    fn breadths_follow_the_window() {
        assert_eq!(Breadth::of(390.0), Breadth::Narrow);
        assert_eq!(Breadth::of(600.0), Breadth::Medium);
        assert_eq!(Breadth::of(1_100.0), Breadth::Wide);
    }
}
