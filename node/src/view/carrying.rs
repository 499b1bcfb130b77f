//! Who keeps mail for whom.

use kith_crypto::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is carried, for whom and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CarryingView {
    /// The most that is held for others together, MB; 0 is off.
    pub max_mb: u64,
    /// How long an item is held, days.
    pub days: u32,
    /// What is held for others together, bytes.
    pub held_bytes: u64,
    /// For whom we carry.
    pub mailboxes: Vec<MailboxView>,
    /// Who carries for us, or offers to.
    pub carriers: Vec<CarrierView>,
    /// The contacts for whom somebody carries: what we write to them while they are away can wait there.
    pub reachable_through: Vec<AccountId>,
    /// The contacts who may leave no mail for us.
    pub refused: Vec<AccountId>,
}

/// Somebody who offers to carry for us, or whom we let.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CarrierView {
    /// Who.
    pub account: AccountId,
    /// Whether they offer it.
    pub offered: bool,
    /// Whether we let them: our other contacts are told then.
    pub used: bool,
    /// Whether our person has chosen, either way: who has is not asked again.
    pub decided: bool,
    /// The most they hold for us, bytes.
    pub max_bytes: Option<u64>,
    /// How long they hold an item, days.
    pub days: Option<u32>,
}

/// What we carry for one contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailboxView {
    /// For whom.
    pub account: AccountId,
    /// All of it, bytes.
    pub bytes: u64,
    /// Each item, the first to be dropped first.
    pub items: Vec<HeldItemView>,
}

/// An item that is held for somebody: its size and its time, never its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldItemView {
    /// Its size, bytes.
    pub bytes: u64,
    /// Since when it is held, unix milliseconds.
    pub held_at_ms: u64,
    /// When it is dropped, unix milliseconds.
    pub until_ms: u64,
}
