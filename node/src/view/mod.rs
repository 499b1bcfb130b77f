//! What a screen or a script sees: plain values, complete in themselves, never a handle into the engine.
//!
//! The desktop app paints these and JSON-RPC prints them. Times are unix milliseconds in UTC unless a name says
//! otherwise.

mod carrying;
mod conversation;
mod deleting;
mod message;
mod network;
mod people;
mod profile;

pub use carrying::{CarrierView, CarryingView, HeldItemView, MailboxView};
pub use conversation::{ConversationView, MemberView, PartiesView};
pub use deleting::{DeleteFor, DeletingView, DeletionView, TimerChangeView, TimerView};
pub use message::{BodyView, DeliveryState, DeviceDeliveryView, LedgerView, MessageView, Page};
pub use network::{BootstrapView, DialProblem, NetworkProblem, NetworkView};
pub use people::{
    ContactState, ContactView, InviteRefusal, InviteState, InviteView, PathView, PresenceView, SafetyView,
};
pub use profile::{DamageView, ProfileView};
