//! The register of tables: every family of records in the store has one number here, so that no two features can
//! ever write under the same scope.
//!
//! Numbers are part of the disk format: they are never reused and never change.

/// A table: the first part of every [`Scope`](super::Scope).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Table {
    /// The store's own bookkeeping: schema version, commit counter.
    Store = 0,
    /// Small values of the profile as a whole, one record each.
    Settings = 1,
}

impl Table {
    /// The number under which this table is kept on disk.
    pub fn number(self) -> u16 {
        self as u16
    }
}
