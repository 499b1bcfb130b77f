//! The order in which things were asked for, kept by tasks that run side by side: each waits for the one before it to have had
//! its turn, and not for what comes of that.

use tokio::sync::oneshot;

/// Hands out turns.
#[derive(Default)]
pub(super) struct Turns {
    last: Option<oneshot::Receiver<()>>,
}

/// One's place in the order. Dropping it lets the next one go on.
pub(super) struct Turn {
    before: Option<oneshot::Receiver<()>>,
    _over: oneshot::Sender<()>,
}

impl Turns {
    /// The turn behind all that were handed out before.
    pub(super) fn next(&mut self) -> Turn {
        let (over, last) = oneshot::channel();
        Turn {
            before: self.last.replace(last),
            _over: over,
        }
    }
}

impl Turn {
    /// Waits until the turn before this one is over.
    pub(super) async fn comes(&mut self) {
        if let Some(before) = self.before.take() {
            // Nothing is ever sent: the other end goes when that turn is over, however it ended.
            let _ = before.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn turns_come_in_their_order_whoever_is_there_first_and_one_that_panics_lets_the_next_go_on() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap();
        let (mut turns, order) = (Turns::default(), Arc::new(Mutex::new(Vec::new())));
        let all: Vec<_> = (0..50).map(|number| (number, turns.next())).collect();
        let come = |(number, mut turn): (u32, Turn)| {
            let order = Arc::clone(&order);
            runtime.spawn(async move {
                turn.comes().await;
                tokio::task::yield_now().await;
                order.lock().unwrap().push(number);
                assert_ne!(number, 7, "on purpose");
            })
        };
        // The last is there first.
        let tasks: Vec<_> = all.into_iter().rev().map(come).collect();
        let fallen = tasks.into_iter().map(|task| runtime.block_on(task).is_err());
        assert_eq!(fallen.filter(|fallen| *fallen).count(), 1);
        assert!(order.lock().unwrap().iter().copied().eq(0..50));
    }
}
