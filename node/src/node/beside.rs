//! The engine's tasks, each on a thread that may be busy for a while; what comes of one goes back to the core as work.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::{runtime::Handle, sync::mpsc};

use super::core::Work;
use crate::tasks::Task;

/// The way to those threads.
pub(super) struct Beside {
    runtime: Handle,
    core: mpsc::WeakSender<Work>,
}

impl Beside {
    /// Threads of `runtime`; results go to `core` while there is one.
    pub fn new(runtime: Handle, core: mpsc::WeakSender<Work>) -> Self {
        Self { runtime, core }
    }

    /// Has a task done. One that panics never ends, which the engine bears.
    pub fn start(&self, task: Task) {
        let core = self.core.clone();
        // What it does is told by its result.
        drop(self.runtime.spawn_blocking(move || {
            let Ok(done) = catch_unwind(AssertUnwindSafe(|| task.run())) else {
                tracing::error!("a task of the engine failed and was contained");
                return;
            };
            if let Some(core) = core.upgrade() {
                // The core is gone only when the node is.
                let _ = core.blocking_send(Work::TaskDone(done));
            }
        }));
    }
}
