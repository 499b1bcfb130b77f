//! What a node tells without being asked.
//!
//! Every event carries the new value whole, so that applying one twice, or skipping to a newer one, is harmless.

use kith_crypto::{AccountId, ConversationId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    position::Position,
    view::{CarryingView, ContactView, ConversationView, InviteView, MessageView, NetworkView, ProfileView},
};

/// One piece of news. In JSON-RPC a notification with method `event` carries it as its params.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "event", content = "value")]
pub enum Event {
    /// The own profile changed.
    Profile(ProfileView),
    /// A contact is new or changed (its presence included).
    Contact(Box<ContactView>),
    /// A contact is gone.
    ContactRemoved(AccountId),
    /// A conversation is new or changed: last row, unread count, draft.
    Conversation(Box<ConversationView>),
    /// A row is new, or changed its state or body.
    Message(Box<MessageView>),
    /// A row is gone: deleted, or its time was over.
    MessageRemoved {
        /// Where it was.
        conversation: ConversationId,
        /// Its place.
        position: Position,
    },
    /// Everything in a conversation from others was shown up to here, perhaps on another device of ours.
    Read {
        /// Where.
        conversation: ConversationId,
        /// How many rows are still unread.
        unread: u32,
    },
    /// An invite of ours was made, used, taken back, or ended.
    Invite(InviteView),
    /// What is carried changed.
    Carrying(Box<CarryingView>),
    /// Connections changed.
    Network(NetworkView),
    /// More happened than this listener could follow: load again what is on the screen.
    Reload,
    /// Something inside went wrong and was contained: nothing that was saved is lost, and what does not work from then on does
    /// after a restart. The text names a place in the code, never content.
    Fault {
        /// For a bug report.
        place: String,
    },
}
