//! A conversation: whose it is, and what the chat list shows of it.

use kith_crypto::{AccountId, ConversationId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ContactState, ContactView, DeletingView, MessageView, TimerView};

/// A conversation as the chat list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConversationView {
    /// Which one.
    pub id: ConversationId,
    /// Whose: `kind` and what belongs to it.
    #[serde(flatten)]
    pub parties: PartiesView,
    /// The newest row, if there is any.
    pub last: Option<MessageView>,
    /// When something last happened here, unix milliseconds; the list is sorted by it, newest first.
    pub active_at_ms: u64,
    /// How many rows of others have not been shown to this person.
    pub unread: u32,
    /// What was typed and not yet sent.
    pub draft: String,
    /// After how long what is written here disappears.
    pub timer: TimerView,
    /// Set while all that it held is about to be deleted: not to be listed then.
    pub deleting: Option<DeletingView>,
    /// All that it held was deleted and nothing has been written since: not to be listed.
    pub hidden: bool,
}

impl ConversationView {
    /// The other person, if there is only one.
    pub fn contact(&self) -> Option<&ContactView> {
        match &self.parties {
            PartiesView::Direct { contact } => Some(contact),
            PartiesView::Group { .. } => None,
        }
    }

    /// What the conversation is called: the other person's name, or the group's.
    pub fn name(&self) -> &str {
        match &self.parties {
            PartiesView::Direct { contact } => &contact.name,
            PartiesView::Group { name, .. } => name,
        }
    }

    /// The members of a group, those who have left at the end; of two people nobody.
    pub fn members(&self) -> &[MemberView] {
        match &self.parties {
            PartiesView::Direct { .. } => &[],
            PartiesView::Group { members, .. } => members,
        }
    }

    /// Whether something can be written here now.
    pub fn can_write(&self) -> bool {
        match &self.parties {
            PartiesView::Direct { contact } => contact.state == ContactState::Accepted,
            PartiesView::Group { left, .. } => !left,
        }
    }
}

/// Whose a conversation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PartiesView {
    /// Two people's.
    Direct {
        /// The other person.
        contact: Box<ContactView>,
    },
    /// That of three to eight people.
    Group {
        /// What it is called.
        name: String,
        /// Everyone for whom it began, ourselves included, by name; those who have left come last.
        members: Vec<MemberView>,
        /// Whether we have left it: nothing can be written there any more.
        left: bool,
    },
}

/// Somebody who belongs to a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberView {
    /// Who.
    pub account: AccountId,
    /// Their chosen name, or what the member who told us of them calls them.
    pub name: String,
    /// Four characters of their key, shown beside the name where names collide.
    pub fingerprint: String,
    /// BLAKE3 of their picture, if they have one and it is here; fetch it with `get_picture`.
    pub picture: Option<String>,
    /// Whether they are a contact of ours, so that there is a direct conversation with them.
    pub is_contact: bool,
    /// Whether they take part no longer.
    pub has_left: bool,
}
