//! The person whose node this is.

use kith_crypto::{AccountId, DeviceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The person whose node this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileView {
    /// The account.
    pub account: AccountId,
    /// This installation.
    pub device: DeviceId,
    /// The name others see.
    pub name: String,
    /// BLAKE3 of the picture, if there is one.
    pub picture: Option<String>,
    /// The status text others see.
    pub status: String,
    /// True once the account was restored from words here: contacts come back as they are met.
    pub restored: bool,
    /// True when this profile folder is an old copy: writing goes on under a new device key after a restart.
    pub outdated: bool,
    /// What a damaged store cost, when it did; shown once and kept until dismissed.
    pub damage: Option<DamageView>,
}

/// What a damaged store cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DamageView {
    /// Where the damaged folder was kept; `None` if it was gone.
    pub kept_at: Option<String>,
    /// How many records could be read.
    pub records_recovered: u64,
    /// How many records were lost at least.
    pub records_lost_at_least: u64,
}
