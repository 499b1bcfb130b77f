//! The end of a window that nobody closed: the display server destroyed it, or went away itself.
//!
//! The windowing crates answer that with a panic, since they hold a window to exist as long as they do. What was
//! acknowledged is durable by then, and unwinding drops the app, which keeps what is half typed and closes the profile
//! ([`crate::app::App::closing`]). What is left to do here is to tell such an end from a fault of ours.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

/// Crates that stand between us and the display server.
const WINDOWING: [&str; 4] = ["/winit-", "/glutin-", "/glutin-winit-", "/x11rb-"];

static LOST: AtomicBool = AtomicBool::new(false);

/// Runs the window. `None` says that it was destroyed from outside; the app is closed properly then too.
///
/// # Errors
/// A panic that is a fault of ours goes on, as it would without this.
pub fn run<R>(window: impl FnOnce() -> R) -> Option<R> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or("", |location| location.file());
        if is_windowing(place) {
            LOST.store(true, Ordering::Relaxed);
        } else {
            hook(panic);
        }
    }));
    match panic::catch_unwind(AssertUnwindSafe(window)) {
        Ok(done) => Some(done),
        Err(_) if LOST.load(Ordering::Relaxed) => {
            tracing::warn!(
                "the window was destroyed from outside; the profile was closed and nothing is lost"
            );
            None
        }
        Err(fault) => {
            tracing::error!(
                "the window failed; the profile was closed and nothing that was saved is lost. Start Kith again"
            );
            panic::resume_unwind(fault)
        }
    }
}

fn is_windowing(place: &str) -> bool {
    let place = place.replace('\\', "/");
    WINDOWING.iter().any(|name| place.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_window_is_told_from_a_fault_of_ours() {
        let registry = "/anywhere/sources";
        assert!(is_windowing(&format!(
            "{registry}/winit-0.30.13/src/platform_impl/linux/x11/window.rs"
        )));
        assert!(!is_windowing("ui/src/app.rs"));
        assert!(!is_windowing(&format!("{registry}/egui-0.37.0/src/context.rs")));
        assert_eq!(run(|| 7), Some(7));
    }
}
