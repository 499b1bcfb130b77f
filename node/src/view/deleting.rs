//! What is deleted and can still be undone, and after how long messages disappear.

use kith_crypto::ConversationId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::position::Position;

/// For whom something is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeleteFor {
    /// On this device.
    Me,
    /// Here, and on the devices of the other person, which are asked to.
    Everyone,
}

/// A deletion that can still be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeletionView {
    /// What `undo_delete` calls it.
    pub id: String,
    /// Where.
    pub conversation: ConversationId,
    /// Which messages; none if the whole conversation is deleted.
    pub positions: Vec<Position>,
    /// When it is final, unix milliseconds.
    pub until_ms: u64,
    /// Of a whole conversation: how many messages of ours no device of theirs holds yet, which would be cancelled.
    pub undelivered: u32,
}

/// What hides something, until it is final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeletingView {
    /// What `undo_delete` calls it.
    pub deletion: String,
    /// When it is final, unix milliseconds.
    pub until_ms: u64,
}

/// After how long messages of a conversation disappear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimerView {
    /// Seconds; 0 is never.
    pub seconds: u32,
    /// What it was set to here, as long as that can be set otherwise.
    pub change: Option<TimerChangeView>,
}

/// A change of a conversation's timer that nobody was told of yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimerChangeView {
    /// Seconds; 0 is never.
    pub seconds: u32,
    /// From when on it counts, unix milliseconds.
    pub from_ms: u64,
}
