//! The engine's tasks, each on a thread that may be busy for a while; what comes of one goes back to the core as work.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::{runtime::Handle, sync::mpsc};

use super::core::Work;
use crate::tasks::{Task, TaskDone};

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

    /// Has a task done. One that panics never ends, which the engine bears, and is told.
    pub fn start(&self, task: Task) {
        self.run(|| task.run());
    }

    fn run(&self, task: impl FnOnce() -> TaskDone + Send + 'static) {
        let core = self.core.clone();
        // What it does is told by its result.
        drop(self.runtime.spawn_blocking(move || {
            let work = match catch_unwind(AssertUnwindSafe(task)) {
                Ok(done) => Work::TaskDone(done),
                Err(_) => {
                    tracing::error!("a task of the engine failed and was contained");
                    Work::TaskFailed
                }
            };
            if let Some(core) = core.upgrade() {
                // The core is gone only when the node is.
                let _ = core.blocking_send(work);
            }
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_told() {
        let (core, mut work) = mpsc::channel(1);
        let beside = Beside::new(Handle::current(), core.downgrade());
        beside.run(|| panic!("on purpose"));
        assert!(matches!(work.recv().await, Some(Work::TaskFailed)));
    }
}
