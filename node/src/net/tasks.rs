//! The one way the network spawns a task: a panic in it is contained and logged without content, and whoever waits for
//! the task hears of it.

use std::{future::Future, panic::AssertUnwindSafe};

use libp2p::futures::FutureExt as _;

/// Runs `work`, then `after` with its result, or with `None` if it panicked.
pub fn spawn_contained<W, A, F>(name: &'static str, work: W, after: A)
where
    W: Future<Output: Send> + Send + 'static,
    A: FnOnce(Option<W::Output>) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        // Nothing the task owned is seen again after a panic, so nothing half changed can be.
        let done = AssertUnwindSafe(work).catch_unwind().await;
        if done.is_err() {
            tracing::error!(task = name, "a network task failed and was contained");
        }
        after(done.ok()).await;
    });
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_contained_and_heard_of() {
        let (tell, told) = oneshot::channel();
        spawn_contained(
            "test",
            async { panic!("on purpose") },
            |done: Option<()>| async move {
                tell.send(done.is_none()).unwrap();
            },
        );
        assert!(told.await.unwrap());
    }
}
