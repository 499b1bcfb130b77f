//! Deposits that come in: anybody may hand one over on a stream of its own; the engine says what becomes of it.
//!
//! A stranger gets one bounded message, a bounded time and one of a few places; what it says is judged by its token alone.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use kith_crypto::{MAX_DEPOSIT_ANSWER_BYTES, MAX_DEPOSIT_BYTES};
use libp2p::{
    Stream,
    futures::{AsyncReadExt as _, AsyncWriteExt as _},
};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    time::timeout,
};

use super::{
    doorkeeper::Place,
    link::wire::{self, WireError},
    outbox::Outbox,
    tasks::spawn_contained,
};
use crate::input::{DepositId, NetEvent};

/// How many deposits may come in at once.
const MAX_AT_ONCE: usize = 16;
/// How many of them from one place on the network: twice as many as an honest node runs errands.
const MAX_OF_PLACE: usize = 8;
/// How long one may take to arrive, and how long the engine may think about it.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many deposits may wait for the actor.
pub const ARRIVED_CAPACITY: usize = MAX_AT_ONCE;

/// A deposit that has arrived whole.
pub struct Arrived {
    data: Vec<u8>,
    answer: oneshot::Sender<Vec<u8>>,
}

/// All deposits coming in.
pub struct Deposits {
    arrived: mpsc::Sender<Arrived>,
    waiting: HashMap<DepositId, oneshot::Sender<Vec<u8>>>,
    places: Arc<Semaphore>,
    /// How many are coming in from each place.
    of_place: HashMap<Place, Weak<()>>,
    next: u64,
}

impl Deposits {
    /// None yet; those that arrive go to `arrived`.
    #[must_use]
    pub fn new(arrived: mpsc::Sender<Arrived>) -> Self {
        Self {
            arrived,
            waiting: HashMap::new(),
            places: Arc::new(Semaphore::new(MAX_AT_ONCE)),
            of_place: HashMap::new(),
            next: 0,
        }
    }

    /// A stream came in from `place`. Where all seats are taken it is closed, and its sender tries again later.
    pub fn accept(&mut self, place: Place, stream: Stream) {
        self.of_place.retain(|_, coming| coming.strong_count() > 0);
        let coming = self.of_place.get(&place).and_then(Weak::upgrade);
        let coming = coming.unwrap_or_default();
        // One is this very reference.
        if Arc::strong_count(&coming) > MAX_OF_PLACE {
            return;
        }
        let Ok(seat) = Arc::clone(&self.places).try_acquire_owned() else {
            return;
        };
        self.of_place.insert(place, Arc::downgrade(&coming));
        let arrived = self.arrived.clone();
        spawn_contained("deposit", serve(stream, arrived), move |_| async move {
            drop((seat, coming));
        });
    }

    /// One has arrived: the engine is asked.
    pub fn on_arrived(&mut self, outbox: &mut Outbox, arrived: Arrived) {
        // Nobody waits for these any more.
        self.waiting.retain(|_, waiting| !waiting.is_closed());
        self.next = self.next.wrapping_add(1);
        let deposit = DepositId(self.next);
        self.waiting.insert(deposit, arrived.answer);
        outbox.push(NetEvent::Deposit {
            deposit,
            data: arrived.data,
        });
    }

    /// Passes the engine's answer on.
    pub fn answer(&mut self, deposit: DepositId, answer: Vec<u8>) {
        if let Some(waiting) = self.waiting.remove(&deposit) {
            // Too late an answer: its sender has gone.
            let _ = waiting.send(answer);
        }
    }
}

async fn serve(mut stream: Stream, arrived: mpsc::Sender<Arrived>) {
    let served = timeout(PATIENCE, async {
        let data = wire::read(&mut stream, MAX_DEPOSIT_BYTES).await?;
        let (answer, answered) = oneshot::channel();
        if arrived.send(Arrived { data, answer }).await.is_ok()
            && let Ok(answer) = answered.await
        {
            wire::write(&mut stream, &answer).await?;
            stream.close().await?;
            // A stream that is dropped at once may take the answer with it; whatever comes now, it has been read.
            let _ = stream.read(&mut [0; 1]).await;
        }
        Ok::<(), WireError>(())
    });
    if let Ok(Err(error)) = served.await {
        tracing::debug!(%error, "a deposit did not come in");
    }
}

/// The other side of it: hands a deposit over and gives the answer.
///
/// # Errors
/// [`WireError`] if the stream breaks or the answer is too long.
pub async fn hand_over(stream: &mut Stream, data: &[u8]) -> Result<Vec<u8>, WireError> {
    wire::write(stream, data).await?;
    stream.flush().await?;
    wire::read(stream, MAX_DEPOSIT_ANSWER_BYTES).await
}
