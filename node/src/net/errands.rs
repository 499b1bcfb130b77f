//! Errands: handing a deposit to a carrier over a connection of its own, under a key made for it alone.
//!
//! The carrier sees a peer id that was never seen before and never will be again. It does see the address that the
//! connection comes from, unless that goes through a relay.

use std::{sync::Arc, time::Duration};

use kith_crypto::DeviceId;
use libp2p::{
    PeerId, Swarm,
    futures::StreamExt as _,
    identity::Keypair,
    relay,
    swarm::{ConnectionId, NetworkBehaviour, SwarmEvent, dial_opts::DialOpts},
};
use tokio::{
    sync::{Semaphore, mpsc},
    time::timeout,
};

use super::{
    addresses::dialable, behaviour::transport, deposits, device::peer_of, error::NetError, protocols,
    streams::Streams, tasks::spawn_contained,
};
use crate::input::{ErrandId, NetEvent};

/// How long an errand may take from the dial to the answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many errands run at once; more wait.
const MAX_AT_ONCE: usize = 4;

/// What an errand speaks: circuits on the way, and one stream.
#[derive(NetworkBehaviour)]
struct Behaviour {
    relay: relay::client::Behaviour,
    streams: Streams,
}

/// A deposit to be handed over.
pub struct Errand {
    /// Under which name to report.
    pub errand: ErrandId,
    /// The carrier's device.
    pub device: DeviceId,
    /// Where it can be dialled.
    pub addresses: Vec<String>,
    /// What to hand over.
    pub data: Vec<u8>,
}

/// Runs errands and reports their ends.
pub struct Errands {
    ended: mpsc::Sender<NetEvent>,
    places: Arc<Semaphore>,
}

impl Errands {
    /// None yet; ends go to `ended`.
    #[must_use]
    pub fn new(ended: mpsc::Sender<NetEvent>) -> Self {
        Self {
            ended,
            places: Arc::new(Semaphore::new(MAX_AT_ONCE)),
        }
    }

    /// Begins an errand, in a task of its own.
    pub fn run(&self, errand: Errand) {
        let name = errand.errand;
        let places = Arc::clone(&self.places);
        let ended = self.ended.clone();
        let work = async move {
            let _place = places.acquire_owned().await.ok()?;
            timeout(PATIENCE, go(errand)).await.ok()?
        };
        spawn_contained("errand", work, move |answer| async move {
            let answered = NetEvent::DepositAnswered {
                errand: name,
                answer: answer.flatten(),
            };
            // The actor is gone only when the node is.
            let _ = ended.send(answered).await;
        });
    }
}

async fn go(errand: Errand) -> Option<Vec<u8>> {
    let peer = peer_of(&errand.device)?;
    let mut swarm = swarm()
        .inspect_err(|error| tracing::warn!(%error, "no way to a carrier"))
        .ok()?;
    let dial = DialOpts::peer_id(peer)
        .addresses(dialable(&errand.addresses, &peer))
        .build();
    swarm.dial(dial).ok()?;
    let connection = connected(&mut swarm, peer).await?;
    let opening = swarm
        .behaviour_mut()
        .streams
        .open(peer, connection, protocols::MAIL);
    let handing_over = async {
        let mut stream = opening.await.ok()?.ok()?;
        deposits::hand_over(&mut stream, &errand.data).await.ok()
    };
    tokio::select! {
        answer = handing_over => answer,
        () = async { while swarm.next().await.is_some() {} } => None,
    }
}

async fn connected(swarm: &mut Swarm<Behaviour>, to: PeerId) -> Option<ConnectionId> {
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                ..
            } if peer_id == to => return Some(connection_id),
            SwarmEvent::OutgoingConnectionError {
                peer_id: Some(peer),
                error,
                ..
            } if peer == to => {
                tracing::debug!(%error, "a carrier could not be reached");
                return None;
            }
            _ => {}
        }
    }
}

fn swarm() -> Result<Swarm<Behaviour>, NetError> {
    let keypair = Keypair::generate_ed25519();
    let own = keypair.public().to_peer_id();
    let (circuits, relay) = relay::client::new(own);
    let behaviour = Behaviour {
        relay,
        streams: Streams::new(Vec::new()),
    };
    let config = libp2p::swarm::Config::with_tokio_executor().with_idle_connection_timeout(PATIENCE);
    Ok(Swarm::new(transport(&keypair, circuits)?, behaviour, own, config))
}
