//! Records of the profile as a whole.

use kith_crypto::DeviceId;
use serde::{Deserialize, Serialize};

use super::Record;
use crate::store::{Key, Scope, Suffix, Table};

/// Who we are to others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Profile {
    /// The name others see.
    pub name: String,
    /// The status text others see.
    pub status: String,
    /// BLAKE3 of our picture.
    pub picture: Option<[u8; 32]>,
    /// The number of our newest card.
    pub card_number: u64,
    /// Our signed device list, as it travels.
    #[serde(with = "serde_bytes")]
    pub device_list: Vec<u8>,
    /// The devices it lists. The first is the one that this installation was when it started last.
    pub devices: Vec<DeviceId>,
    /// True once the account was restored from words here: whoever proves to remember it is a contact again.
    pub restored: bool,
    /// True once another holder of our data has shown us entries of our own that we do not have, or a list of our account
    /// that leaves this device out: an old copy of the folder was put back, and writing on would sign two entries under
    /// one number, or what nobody takes.
    pub outdated: bool,
}

impl Profile {
    pub fn at() -> Key {
        Key::new(Scope::new(Table::Settings), Suffix::number(1))
    }
}

impl Record for Profile {
    fn key(&self) -> Key {
        Self::at()
    }
}

/// The hybrid logical clock: the highest stamp given or merged.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// A raw [`kith_crypto::Stamp`].
    pub latest: u64,
}

impl Clock {
    pub fn at() -> Key {
        Key::new(Scope::new(Table::Settings), Suffix::number(2))
    }
}

impl Record for Clock {
    fn key(&self) -> Key {
        Self::at()
    }
}

/// What is known of the time, so that a clock that is set wrong while the program does not run is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownTime {
    /// The newest time that was believed, unix milliseconds.
    pub at_ms: u64,
    /// How far this machine's clock was ahead of that, milliseconds.
    pub ahead_ms: i64,
    /// Whether a contact's clock ever agreed.
    pub is_confirmed: bool,
}

impl KnownTime {
    pub fn at() -> Key {
        Key::new(Scope::new(Table::Settings), Suffix::number(6))
    }
}

impl Record for KnownTime {
    fn key(&self) -> Key {
        Self::at()
    }
}

/// The day by the calendar on which upkeep was done last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CalendarDay {
    pub day: u32,
}

impl CalendarDay {
    pub fn at() -> Key {
        Key::new(Scope::new(Table::Settings), Suffix::number(8))
    }
}

impl Record for CalendarDay {
    fn key(&self) -> Key {
        Self::at()
    }
}

/// The newest day whose upkeep was done: keys of days before it are gone. After a clock was wrong that may be one that has
/// not come yet: each day of the calendar takes the next.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct UpkeepDay {
    pub day: u32,
}

impl UpkeepDay {
    pub fn at() -> Key {
        Key::new(Scope::new(Table::Settings), Suffix::number(3))
    }
}

impl Record for UpkeepDay {
    fn key(&self) -> Key {
        Self::at()
    }
}

/// The damage to the store that was mended last, and what is still to be told of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Mended {
    /// Which damage it was.
    pub id: u64,
    /// `None` once its notice was dismissed.
    pub notice: Option<DamageNotice>,
}

/// What a person is told of damage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DamageNotice {
    pub kept_at: Option<String>,
    pub records_recovered: u64,
    pub records_lost_at_least: u64,
}

impl Mended {
    pub fn at() -> Key {
        Key::new(Scope::new(Table::Settings), Suffix::number(7))
    }
}

impl Record for Mended {
    fn key(&self) -> Key {
        Self::at()
    }
}

/// A picture, ours or a contact's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Picture {
    /// BLAKE3 of the bytes.
    pub hash: [u8; 32],
    /// A small PNG.
    #[serde(with = "serde_bytes")]
    pub png: Vec<u8>,
}

impl Picture {
    pub fn at(hash: &[u8; 32]) -> Key {
        Key::new(Scope::new(Table::Picture), Suffix::hashed(hash))
    }
}

impl Record for Picture {
    fn key(&self) -> Key {
        Self::at(&self.hash)
    }
}

/// The secret under which contacts find us, once it was changed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Reach {
    pub secret: [u8; 32],
}

impl Reach {
    pub fn at() -> Key {
        Key::new(Scope::new(Table::Settings), Suffix::number(5))
    }
}

impl Record for Reach {
    fn key(&self) -> Key {
        Self::at()
    }
}
