//! What waits to leave on one link: a queue for each lane, both bounded together by what they hold, in bytes.
//!
//! Putting something in never waits, so one slow peer holds up nobody else. The engine sends in windows and waits for
//! acknowledgements, so an honest peer on the slowest line stays far below the bound; one that takes nothing any more while
//! much is meant for it goes over it, and its link is cut.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::mpsc;

use super::lanes::Outgoing;

/// The most that may wait on the lanes of one link together, bytes.
pub const MAX_QUEUED_BYTES: usize = 16 * 1024 * 1024;
/// What an item counts beside its content: many small ones take memory, too.
const ITEM_BYTES: usize = 128;

/// Why something was not put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotQueued {
    /// Too much waits already.
    Overfull,
    /// The link is gone.
    Gone,
}

/// The end of a lane's queue where things are put in.
#[derive(Clone, Debug)]
pub struct Sender {
    queue: mpsc::UnboundedSender<Outgoing>,
    waiting: Arc<AtomicUsize>,
}

/// The end where they are taken out.
#[derive(Debug)]
pub struct Receiver {
    queue: mpsc::UnboundedReceiver<Outgoing>,
    waiting: Arc<AtomicUsize>,
}

/// The queues of a link's two lanes.
#[must_use]
pub fn lanes() -> [(Sender, Receiver); 2] {
    let waiting = Arc::new(AtomicUsize::new(0));
    [(); 2].map(|()| {
        // Bounded by the bytes that are counted, which a channel that counts items cannot.
        let (sender, receiver) = mpsc::unbounded_channel();
        (
            Sender {
                queue: sender,
                waiting: Arc::clone(&waiting),
            },
            Receiver {
                queue: receiver,
                waiting: Arc::clone(&waiting),
            },
        )
    })
}

impl Sender {
    /// Puts something in.
    ///
    /// # Errors
    /// [`NotQueued`]: it was not.
    pub fn put(&self, outgoing: Outgoing) -> Result<(), NotQueued> {
        let size = size(&outgoing);
        let before = self.waiting.fetch_add(size, Ordering::Relaxed);
        let put = if before.saturating_add(size) > MAX_QUEUED_BYTES {
            Err(NotQueued::Overfull)
        } else {
            self.queue.send(outgoing).map_err(|_| NotQueued::Gone)
        };
        if put.is_err() {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
        }
        put
    }
}

impl Receiver {
    /// The next thing; `None` once nobody can put anything in.
    pub async fn take(&mut self) -> Option<Outgoing> {
        let taken = self.queue.recv().await;
        self.taken(taken)
    }

    /// The next thing, if one is there.
    pub fn take_now(&mut self) -> Option<Outgoing> {
        let taken = self.queue.try_recv().ok();
        self.taken(taken)
    }

    fn taken(&self, taken: Option<Outgoing>) -> Option<Outgoing> {
        if let Some(outgoing) = &taken {
            self.waiting.fetch_sub(size(outgoing), Ordering::Relaxed);
        }
        taken
    }
}

fn size(outgoing: &Outgoing) -> usize {
    let content = match outgoing {
        Outgoing::Frame(bytes) | Outgoing::Handshake(bytes) => bytes.len(),
        Outgoing::Switch(_) | Outgoing::Alive => 0,
    };
    content.saturating_add(ITEM_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: usize) -> Outgoing {
        Outgoing::Frame(vec![0; bytes])
    }

    #[tokio::test]
    async fn both_lanes_share_one_bound_and_what_leaves_makes_room() {
        let [(control, mut out), (sync, _kept)] = lanes();
        let half = MAX_QUEUED_BYTES / 2 - ITEM_BYTES;
        control.put(frame(half)).unwrap();
        sync.put(frame(half)).unwrap();
        assert_eq!(control.put(frame(0)), Err(NotQueued::Overfull));
        assert!(out.take().await.is_some());
        control.put(frame(half)).unwrap();
        assert!(out.take_now().is_some());
        assert!(out.take_now().is_none());
        drop(out);
        assert_eq!(control.put(frame(0)), Err(NotQueued::Gone));
    }
}
