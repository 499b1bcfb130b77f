//! The people we know, and the invites by which we come to know them.

use kith_crypto::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A person we know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContactView {
    /// Who.
    pub account: AccountId,
    /// Their chosen name, or the name their invite carried.
    pub name: String,
    /// Four characters of their key, shown beside the name where names collide.
    pub fingerprint: String,
    /// BLAKE3 of their picture, if they have one and it is here; fetch it with `get_picture`.
    pub picture: Option<String>,
    /// Their status text.
    pub status: String,
    /// What stands between us.
    pub state: ContactState,
    /// Why a contact is `refused`, in words of the invite's issuer's node.
    pub refusal: Option<InviteRefusal>,
    /// True once two device lists under one number were shown for their account: their account key is in two hands,
    /// and somebody may be posing as them. The second list was refused.
    pub alarmed: bool,
    /// True once our person found the safety numbers to be the same, until they take it back.
    pub verified: bool,
    /// Whether they are there now.
    pub presence: PresenceView,
}

/// What stands between us and a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// We opened their invite link and have not reached them yet.
    Waiting,
    /// Both sides accepted.
    Accepted,
    /// Their side refused the link's token (used, expired or revoked): a new link is needed.
    Refused,
    /// Our person blocked them: nothing is sent to them and nothing of theirs is taken.
    Blocked,
}

/// Whether a contact is there, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PresenceView {
    /// A link to one of their devices is up.
    Online {
        /// The best path there is.
        path: PathView,
    },
    /// No link. `last_seen_ms` is when one was last up.
    Offline {
        /// Unix milliseconds, `None` if never.
        last_seen_ms: Option<u64>,
    },
}

/// How a contact is reached right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathView {
    /// On this machine, or in a subnet of one of its interfaces.
    Lan,
    /// Straight, through whatever lies between: the internet, a VPN, another network of the house.
    Direct,
    /// Through a relay, which sees who talks but no word of it.
    Relayed,
}

/// What two people compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SafetyView {
    /// With whom.
    pub account: AccountId,
    /// Twelve groups of five digits, the same on both sides.
    pub groups: Vec<String>,
    /// What the QR code holds, base64 (RFC 4648 with padding).
    pub code: String,
    /// When the numbers were found to be the same, unix milliseconds; `None` if they were not compared.
    pub verified_at_ms: Option<u64>,
}

/// An invite of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InviteView {
    /// A short name of the invite, good for `revoke_invite`.
    pub id: String,
    /// The link to hand to one person.
    pub link: String,
    /// When it was made.
    pub created_at_ms: u64,
    /// When it ends.
    pub expires_at_ms: u64,
    /// What became of it.
    pub state: InviteState,
}

/// What became of an invite of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum InviteState {
    /// Can be used.
    Open,
    /// Was used.
    Used {
        /// By whom.
        by: AccountId,
    },
    /// Its time is over.
    Expired,
    /// We took it back.
    Revoked,
}

/// Why the issuer of an invite did not honour it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InviteRefusal {
    /// Somebody used it already.
    Used,
    /// Its time is over.
    Expired,
    /// Its issuer took it back.
    Revoked,
    /// Its issuer does not know it.
    Unknown,
}
