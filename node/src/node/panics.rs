//! Panics are contained where they happen; their texts may hold what people wrote, so only the place is logged.

use std::sync::Once;

/// Replaces the standard panic message by one without content, once for the process. Every program calls it first;
/// tests do not, since theirs are to be read.
pub fn keep_content_out_of_the_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "a panic");
        }));
    });
}
