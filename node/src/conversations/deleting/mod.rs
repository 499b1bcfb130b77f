//! Messages that are deleted: for us or for everyone, with ten seconds to think again.
//!
//! A wish to delete becomes a [`PendingDeletion`](crate::records::PendingDeletion) at once, which hides what it is
//! about, and is carried out in one batch when its time is over ([`pending`]); so a crash leaves it hidden and waiting,
//! or done, and nothing between. What is deleted for everyone is an entry that asks the others to do the same
//! ([`applying`]). A whole conversation goes in steps, out of sight from the first one on ([`chat`]).

pub(crate) mod applying;
pub(crate) mod chat;
pub(crate) mod commands;
pub(crate) mod limits;
pub(crate) mod pending;
