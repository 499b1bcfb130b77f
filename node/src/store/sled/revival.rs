//! A database that met a full disk, opened anew while everybody goes on holding the store.
//!
//! sled does not survive a write that the disk refuses, and such a write can come however early the free space is looked
//! at: another program may take the last byte in between. What was committed since the last flush is therefore kept in
//! memory as well, sealed as it went to sled. Once there is room, sled is closed and opened again, what the disk lacks is
//! applied once more in its order, and the flush that failed is tried again. Nobody above notices more than a pause: until
//! then batches are refused as on any full disk.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use super::contained::{CLOSE_BROKEN_WITHIN, Tree, Upkeep, damaged};
use super::split::Change;
use super::{Held, SledStore, Writer, mark, suspect};
use crate::store::StoreError;

/// Batches in the order of their commits, each with the number of changes after it.
pub(super) type Unflushed = VecDeque<(u64, Vec<Change>)>;

/// Whether sled takes writes.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// Yes.
    Sound,
    /// The disk refused one: it has to be opened anew.
    Broken,
    /// It was to be opened anew and could not be. Only a new start helps, which rescues the store if need be.
    BeyondHelp(StoreError),
}

impl SledStore {
    /// sled failed: gives what the caller is told. Damage is left to the next start.
    pub(super) fn broke(&self, writer: &mut Writer, error: StoreError) -> StoreError {
        // In want of room sled's own threads stumble over what they could not write; that is no damage on the disk.
        let for_want_of_room = !matches!(error, StoreError::Damaged { .. }) || self.space.is_short();
        if !for_want_of_room {
            suspect(&self.paths, &error);
            return error;
        }
        tracing::error!(%error, "the disk refused a write; the store is opened anew once there is room");
        writer.condition = Condition::Broken;
        self.broken.store(true, Ordering::Release);
        self.space.before_revival().err().unwrap_or(error)
    }

    /// sled failed while it took a batch. For want of room nothing of it reaches the disk, and the store is opened anew; after
    /// any other failure a part of the batch may, and records that were to move into a pack may be in neither place. The log
    /// still has them all: nothing is read or written any more, and the next start rescues the store.
    pub(super) fn half_applied(&self, writer: &mut Writer, held: &mut Held, error: StoreError) -> StoreError {
        if matches!(error, StoreError::DiskFull { .. }) || self.space.is_short() {
            return self.broke(writer, error);
        }
        tracing::error!(%error, "a batch was taken in part; Kith has to be started again");
        if let Err(error) = self.paths.mark_suspect() {
            tracing::error!(%error, "the damage could not be remembered");
        }
        let halted = halted(&error);
        writer.condition = Condition::BeyondHelp(halted.clone());
        self.broken.store(true, Ordering::Release);
        held.tree.close(CLOSE_BROKEN_WITHIN);
        halted
    }

    /// Opens the database anew if it has to be, and brings it to where it was. Until that succeeds the disk counts as full.
    pub(super) fn revive_if_broken(&self, writer: &mut Writer) -> Result<(), StoreError> {
        match &writer.condition {
            Condition::Sound => return Ok(()),
            Condition::BeyondHelp(error) => return Err(error.clone()),
            Condition::Broken => {}
        }
        self.space.before_revival()?;
        let mut held = self.held_mut();
        held.tree.close(CLOSE_BROKEN_WITHIN);
        match self.reopened(writer) {
            Ok(tree) => {
                held.tree = tree;
                writer.condition = Condition::Sound;
                self.broken.store(false, Ordering::Release);
                tracing::info!(batches = writer.unflushed.len(), "the store was opened anew");
                Ok(())
            }
            // There was room and is none any more.
            Err(error) if error.is_temporary() => Err(error),
            Err(error) => {
                tracing::error!(%error, "the store could not be opened anew; Kith has to be started again");
                suspect(&self.paths, &error);
                let halted = halted(&error);
                writer.condition = Condition::BeyondHelp(halted.clone());
                Err(halted)
            }
        }
    }

    /// The database as the disk has it, with what the disk lacks.
    fn reopened(&self, writer: &Writer) -> Result<Tree, StoreError> {
        let tree = Tree::open(&self.paths.db, Upkeep::Background)?;
        let durable = self
            .mark
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .changes();
        if mark::counted(&tree, &self.cipher)? < durable {
            return Err(damaged("its end is missing"));
        }
        // All at once: the disk may have had some of them already, and one after the other would pass through states that
        // never were. The notes of removals go in again, one for each batch, since the last alone would stay.
        let batches = || writer.unflushed.iter().map(|(_, changes)| changes);
        tree.apply(batches().flatten().cloned())?;
        for changes in batches() {
            tree.apply(
                changes
                    .iter()
                    .filter(|change| mark::is_count(change, &self.cipher))
                    .cloned(),
            )?;
        }
        Ok(tree)
    }
}

/// What whoever uses a store is told that waits to be opened anew, or waits in vain.
pub(super) fn halted(error: &StoreError) -> StoreError {
    match error {
        StoreError::DiskFull { .. } | StoreError::Halted { .. } => error.clone(),
        other => StoreError::Halted {
            reason: other.to_string(),
        },
    }
}

/// A broken database has nothing left to bring to the disk: closing it must not keep the program from ending. Nor is the log
/// settled where there is no room to do so.
impl Drop for SledStore {
    fn drop(&mut self) {
        let broken = self.broken.load(Ordering::Acquire);
        self.settled.wanted = !broken && !self.space.is_short();
        if broken {
            self.held_mut().tree.close(CLOSE_BROKEN_WITHIN);
        }
    }
}
