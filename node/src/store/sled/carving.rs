//! Searching the log of a damaged store for records, without asking sled.
//!
//! Each record lies in the log whole, as an authenticated frame with its key and the number of its change; often several
//! of its versions do. The newest sound one goes into a new store, unless the log says that it was removed later. A value
//! in parts is worth something only with all of them, and a power cut may have kept the newest head and not its parts: so
//! its newest version counts of which everything is there, and where no head is left its parts are left behind.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use rand_core::CryptoRng;

use super::contained::Tree;
use super::mark::Removals;
use super::packs;
use super::payload::{Payload, PayloadBody};
use super::physical::{Cipher, Frame, MAX_FRAME_BYTES};
use super::split::{self, Change};
use crate::store::StoreError;

/// Records copied in one go.
const COPY_BATCH: usize = 500;
/// Bytes of the log that are searched at a time.
const WINDOW_BYTES: usize = 4 * 1024 * 1024;

/// What was found in a log.
#[derive(Default)]
pub(super) struct Found {
    /// Records copied.
    pub(super) records: u64,
    /// Bytes of what was copied.
    pub(super) bytes: u64,
    /// The most changes that the log knows of.
    pub(super) changes: u64,
    /// Keys of which there are only broken frames, or whose newest value that was flushed is not whole.
    pub(super) lost: u64,
}

/// A frame in the log: sound, or the key that a broken one names.
type Seen<'a> = Result<Frame<'a>, &'a [u8]>;

/// Where a frame lies.
#[derive(Clone, Copy)]
struct Place {
    change: u64,
    offset: u64,
    length: usize,
}

/// What the log holds, before it is decided what of it counts.
#[derive(Default)]
struct Sought {
    /// The newest frame of every key whose value is in one piece; in the end of all that is copied.
    newest: HashMap<Vec<u8>, Place>,
    /// Every version of the records that say that their value is in so many parts.
    heads: HashMap<Vec<u8>, HashMap<u64, (Place, u32)>>,
    /// Every version of every part, by key and change.
    parts: HashMap<Vec<u8>, HashMap<u64, Place>>,
    removals: Removals,
    changes: u64,
    /// Keys that broken frames name.
    broken: HashSet<Vec<u8>>,
}

/// Copies from `log` into `new` what counts. `flushed` is the number of changes that were on the disk at least.
pub(super) fn carve(
    (log, flushed): (&Path, u64),
    new: &Tree,
    cipher: &Cipher,
    rng: &mut dyn CryptoRng,
) -> io::Result<Result<Found, StoreError>> {
    let mut log = File::open(log)?;
    let mut sought = Sought::default();
    search(&mut log, cipher, &mut |offset, seen| match seen {
        Ok(frame) => sought.note(offset, &frame, cipher),
        Err(key) => drop(sought.broken.insert(key.to_vec())),
    })?;
    let mut found = Found {
        changes: sought.changes,
        ..Found::default()
    };
    let copied = sought
        .decide((&mut found, flushed), cipher, rng)
        .and_then(|indexes| new.apply(indexes));
    if let Err(error) = copied {
        return Ok(Err(error));
    }
    let mut sound = Vec::new();
    for (key, place) in sought.newest {
        let mut frame = vec![0; place.length];
        log.seek(SeekFrom::Start(place.offset))?;
        log.read_exact(&mut frame)?;
        found.records += u64::from(split::is_record(&key, cipher));
        found.bytes += place.length as u64;
        sound.push((key, Some(frame)));
        if sound.len() >= COPY_BATCH
            && let Err(error) = new.apply(sound.drain(..))
        {
            return Ok(Err(error));
        }
    }
    Ok(new.apply(sound).map(|()| found))
}

impl Sought {
    fn note(&mut self, offset: u64, frame: &Frame<'_>, cipher: &Cipher) {
        if let Some(changes) = self.removals.note(frame, cipher) {
            self.changes = self.changes.max(changes);
            return;
        }
        // The packs are made anew, and so are both indexes.
        if packs::is_index(frame.key, cipher) || split::is_index(frame.key, cipher) {
            return;
        }
        let change = frame.change;
        let place = Place {
            change,
            offset,
            length: frame.length,
        };
        let key = frame.key.to_vec();
        if !split::is_record(frame.key, cipher) {
            self.parts.entry(key).or_default().insert(change, place);
            return;
        }
        if let Some(PayloadBody::Split { parts, .. }) =
            Payload::decode(&frame.payload).map(|payload| payload.body)
        {
            self.heads.entry(key).or_default().insert(change, (place, parts));
        } else if self
            .newest
            .get(frame.key)
            .is_none_or(|known| known.change < change)
        {
            self.newest.insert(key, place);
        }
    }

    /// Leaves in `newest` what is to be copied, and gives the index entries of the values in parts.
    fn decide(
        &mut self,
        (found, flushed): (&mut Found, u64),
        cipher: &Cipher,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Change>, StoreError> {
        let removals = &self.removals;
        let is_removed = |key: &[u8], change| removals.removed_after(key, change, cipher);
        found.lost = self
            .broken
            .iter()
            .filter(|key| {
                !self.newest.contains_key(key.as_slice()) && !self.heads.contains_key(key.as_slice())
            })
            .filter(|key| split::is_record(key, cipher) && !packs::is_index(key, cipher))
            .count() as u64;
        self.newest.retain(|key, place| !is_removed(key, place.change));
        let mut indexes = Vec::new();
        for (key, versions) in &self.heads {
            let whole = self.newest.get(key).map(|place| place.change);
            let mut versions: Vec<&(Place, u32)> = versions
                .values()
                .filter(|(place, _)| whole < Some(place.change) && !is_removed(key, place.change))
                .collect();
            versions.sort_unstable_by_key(|(place, _)| Reverse(place.change));
            let newest = versions.first().map(|(place, _)| place.change);
            let complete = versions.into_iter().find_map(|(head, parts)| {
                Some((*head, *parts, self.parts_of(key, head.change, *parts, cipher)?))
            });
            let kept = complete.as_ref().map(|(head, ..)| head.change).max(whole);
            found.lost += u64::from(newest > kept && newest <= Some(flushed));
            if let Some((head, parts, places)) = complete {
                indexes.push(split::index(key, (head.change, parts), cipher, rng)?);
                self.newest.extend(places);
                self.newest.insert(key.clone(), head);
            }
        }
        Ok(indexes)
    }

    /// Where the parts of a value lie that one change wrote; `None` when one is missing.
    fn parts_of(
        &self,
        physical: &[u8],
        change: u64,
        parts: u32,
        cipher: &Cipher,
    ) -> Option<Vec<(Vec<u8>, Place)>> {
        split::part_keys(physical, parts, cipher)
            .map(|key| {
                let place = *self.parts.get(&key)?.get(&change)?;
                Some((key, place))
            })
            .collect()
    }
}

/// Calls `visit` for every frame in `log`, with its offset. Reads the log a window at a time; windows overlap
/// by the length of a frame.
pub(super) fn search(
    log: &mut File,
    cipher: &Cipher,
    visit: &mut dyn FnMut(u64, Seen<'_>),
) -> std::io::Result<()> {
    let mut window = Vec::new();
    let mut window_offset: u64 = 0;
    loop {
        let read = log.by_ref().take(WINDOW_BYTES as u64).read_to_end(&mut window)?;
        let last = read == 0;
        // A frame that begins after this may go on in the next window.
        let certain = if last {
            window.len()
        } else {
            window.len().saturating_sub(MAX_FRAME_BYTES)
        };
        let mut at = 0;
        while at < certain {
            let Some(rest) = window.get(at..) else { break };
            match cipher.find_frame(rest) {
                Some(skip) if at + skip < certain => at += skip,
                _ => break,
            }
            let Some(rest) = window.get(at..) else { break };
            let offset = window_offset + at as u64;
            if let Some(frame) = cipher.frame(rest) {
                at += frame.length;
                visit(offset, Ok(frame));
            } else {
                at += 1;
                if let Some(key) = cipher.frame_key(rest) {
                    visit(offset, Err(key));
                }
            }
        }
        if last {
            return Ok(());
        }
        let done = at.max(certain).min(window.len());
        window.drain(..done);
        window_offset += done as u64;
    }
}
