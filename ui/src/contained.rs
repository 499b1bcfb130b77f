//! Panics end where they happen: here is the one place that stops one.

use std::panic::{self, AssertUnwindSafe};

/// What comes of `work`; `None` if it panicked, which the log tells by its place. What may be half changed has to lie behind
/// locks that a panic does not keep shut, or to be thrown away by the caller.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).ok()
}
