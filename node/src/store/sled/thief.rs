//! What somebody reads who has the data key and every byte of a profile folder, old ones included.
//!
//! The promise that something was erased is about this person, not about what the store gives back. So this looks at the raw
//! files as they lie there, at every offset, and knows nothing of what sled takes for current. It serves the proof in the
//! tests, and nothing in Kith calls it.

use std::io;
use std::path::{Path, PathBuf};

use kith_crypto::{DataKey, DayRing, NumberedKeys};
use zeroize::Zeroizing;

use super::payload::{Payload, PayloadBody, Wrapping};
use super::physical::{self, Cipher};
use crate::store::{Key, StoreError};

/// One version of a record that lies somewhere in the files.
#[derive(Clone, PartialEq, Eq)]
pub enum Loot {
    /// It can be read.
    Open(Vec<u8>),
    /// It was kept until a key was erased, and that key is nowhere.
    Closed,
    /// It is longer than one piece; this part says how many there are, and no piece is looked for here.
    Split,
}

impl std::fmt::Debug for Loot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Loot::Open(value) => write!(f, "Open({} bytes)", value.len()),
            Loot::Closed => f.write_str("Closed"),
            Loot::Split => f.write_str("Split"),
        }
    }
}

/// Somebody with the data key and the files.
pub struct Thief {
    cipher: Cipher,
    files: Vec<(PathBuf, Vec<u8>)>,
    /// In which file, and where, something may lie: every offset at which a possible length stands.
    offsets: Vec<(usize, usize)>,
    rings: Vec<DayRing>,
    keys: Vec<NumberedKeys>,
}

impl Thief {
    /// Reads every file in `folder` and below it, and takes whatever keys are in any of them.
    pub fn new(folder: &Path, key: &DataKey) -> Result<Self, StoreError> {
        let store_keys = key.store_keys().map_err(|error| StoreError::Crypto {
            doing: "derive the store's keys",
            reason: error.to_string(),
        })?;
        let mut files = Vec::new();
        read_all(folder, &mut files).map_err(|error| StoreError::io("read the files", error))?;
        let offsets = files.iter().enumerate().flat_map(|(file, (_, bytes))| {
            let windows = bytes.windows(physical::BEFORE_NONCE_BYTES).enumerate();
            let possible = windows.filter(|(_, window)| physical::may_begin(window));
            possible.map(move |(offset, _)| (file, offset))
        });
        let offsets = offsets.collect();
        let bytes = || files.iter().map(|(_, bytes)| bytes);
        Ok(Thief {
            cipher: Cipher::new(store_keys.names(), store_keys.values()),
            rings: bytes()
                .filter_map(|bytes| DayRing::open(key, bytes).ok())
                .collect(),
            keys: bytes()
                .filter_map(|bytes| NumberedKeys::open(key, bytes).ok())
                .collect(),
            files,
            offsets,
        })
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> usize {
        self.files.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// Every version of the record under `key` that lies at any offset of any file.
    pub fn versions(&self, key: &Key) -> Vec<Loot> {
        let physical = self.cipher.physical(key);
        let mut found = Vec::new();
        for &(file, offset) in &self.offsets {
            let rest = self.files.get(file).and_then(|(_, bytes)| bytes.get(offset..));
            let opened = rest.and_then(|rest| self.cipher.open_from_change(&physical, rest));
            if let Some((nonce, payload)) = opened {
                found.extend(self.loot(&physical, &nonce, &payload));
            }
        }
        found
    }

    fn loot(&self, physical: &[u8], nonce: &[u8; 24], payload: &[u8]) -> Option<Loot> {
        let payload = Payload::decode(payload)?;
        let PayloadBody::Whole(body) = &payload.body else {
            return Some(Loot::Split);
        };
        let numbered = |numbers: &[u64]| {
            let mut keys = self.keys.iter();
            keys.find_map(|keys| keys.unwrap(numbers, nonce, physical, body).ok())
        };
        let opened = match payload.wrapping {
            Wrapping::Plain => Some(Zeroizing::new(body.to_vec())),
            Wrapping::Day(_) => self
                .rings
                .iter()
                .find_map(|ring| ring.unwrap(physical, body).ok()),
            Wrapping::Numbered(number) => numbered(&[number]),
            Wrapping::Twice(one, other) => numbered(&[one, other]),
        };
        Some(opened.map_or(Loot::Closed, |value| Loot::Open(value.to_vec())))
    }
}

impl std::fmt::Debug for Thief {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Thief")
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

fn read_all(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) -> io::Result<()> {
    for item in std::fs::read_dir(folder)? {
        let path = item?.path();
        if path.is_dir() {
            read_all(&path, files)?;
        } else {
            let bytes = std::fs::read(&path)?;
            files.push((path, bytes));
        }
    }
    Ok(())
}
