//! Whether the other end of a link is still there.
//!
//! Each side sends something at least every few seconds; whoever hears nothing on either lane for longer takes the link
//! for dead. libp2p's own ping needs half a minute for that and can lose its turn to bulk; here any byte that arrives
//! counts, so a slow link that is full of data is not taken for a dead one.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use libp2p::futures::AsyncRead;
use tokio::time::{Instant, sleep};

/// How long a side may send nothing before it says that it is there.
pub const ALIVE_INTERVAL: Duration = Duration::from_secs(4);
/// How long a side may be silent before it is taken for dead.
pub const SILENCE: Duration = Duration::from_secs(13);

/// When the other end was last heard. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Pulse {
    silence: Duration,
    heard: Arc<Mutex<Instant>>,
    waiting: Arc<AtomicUsize>,
}

impl Pulse {
    /// Heard just now; `silence` is too long to be silent.
    #[must_use]
    pub fn new(silence: Duration) -> Self {
        Self {
            silence,
            heard: Arc::new(Mutex::new(Instant::now())),
            waiting: Arc::default(),
        }
    }

    fn beat(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn quiet_for(&self) -> Duration {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }

    /// Waits for this side while not listening: the silence is ours.
    pub async fn not_listening<F: Future>(&self, work: F) -> F::Output {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let done = work.await;
        self.beat();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        done
    }

    /// Resolves when the other end has been silent for too long.
    pub async fn stops(&self) {
        loop {
            let quiet_for = self.quiet_for();
            if self.waiting.load(Ordering::Relaxed) > 0 {
                sleep(self.silence).await;
            } else if quiet_for >= self.silence {
                return;
            } else {
                sleep(self.silence.saturating_sub(quiet_for)).await;
            }
        }
    }
}

/// A stream whose every arriving byte is a beat.
pub struct Listening<R> {
    stream: R,
    pulse: Pulse,
}

impl<R> Listening<R> {
    /// Listens to a stream.
    pub fn new(stream: R, pulse: Pulse) -> Self {
        Self { stream, pulse }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Listening<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<std::io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if matches!(polled, Poll::Ready(Ok(count)) if count > 0) {
            self.pulse.beat();
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use libp2p::futures::{AsyncReadExt as _, io::Cursor};

    use super::*;

    const SHORT: Duration = Duration::from_millis(40);

    #[tokio::test]
    async fn silence_ends_it_and_every_byte_puts_the_end_off() {
        let pulse = Pulse::new(SHORT);
        let started = Instant::now();
        let mut stream = Listening::new(Cursor::new(vec![1, 2]), pulse.clone());
        let hears = async {
            for _ in 0..2 {
                sleep(SHORT / 2).await;
                stream.read_exact(&mut [0]).await.unwrap();
            }
        };
        tokio::join!(hears, pulse.stops());
        assert!(started.elapsed() >= SHORT * 2);
    }

    #[tokio::test]
    async fn while_this_side_does_not_listen_nobody_is_silent() {
        let pulse = Pulse::new(SHORT);
        let started = Instant::now();
        let busy = pulse.not_listening(sleep(SHORT * 5));
        tokio::join!(busy, pulse.stops());
        assert!(started.elapsed() >= SHORT * 5);
    }
}
