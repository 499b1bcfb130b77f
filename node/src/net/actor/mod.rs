//! The one task that owns the swarm: what the engine wants goes in, what the network says comes out.
//!
//! It waits for nothing but its own `select!`: news queue in the [`Outbox`], frames travel in the tasks of the links, and
//! every channel into it is drained as long as it lives.

mod happenings;
mod wishes;

use std::time::Duration;

use kith_crypto::DeviceKey;
use libp2p::{PeerId, Swarm, futures::StreamExt as _, swarm::SwarmEvent};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep_until, timeout},
};

use super::{
    addresses::OwnAddresses,
    admission::Admission,
    behaviour::{Behaviour, BehaviourEvent},
    bootstraps::Bootstraps,
    config::NetConfig,
    deposits::{ARRIVED_CAPACITY, Arrived, Deposits},
    dht::Dht,
    errands::Errands,
    error::NetError,
    gossip::Gossip,
    link::{Links, Net, Report},
    listening,
    outbox::Outbox,
    paths::Connections,
};
use crate::{effects::Transmit, input::NetEvent};

/// How long connections may take to close in good order.
const PARTING_TIMEOUT: Duration = Duration::from_millis(500);

/// What the handle asks of the actor.
pub enum Request {
    /// Something the engine wants.
    Transmit(Transmit),
    /// Close everything, then say so.
    Shutdown(oneshot::Sender<()>),
    /// Fail, for a test of what comes then.
    #[cfg(test)]
    Panic,
}

/// See the module's essay.
pub struct Actor {
    swarm: Swarm<Behaviour>,
    key: DeviceKey,
    gossips: bool,
    connections: Connections,
    links: Links,
    bootstraps: Bootstraps,
    gossip: Gossip,
    deposits: Deposits,
    errands: Errands,
    dht: Dht,
    addresses: OwnAddresses,
    outbox: Outbox,
    reports: mpsc::Receiver<Report>,
    arrived: mpsc::Receiver<Arrived>,
    ended: mpsc::Receiver<NetEvent>,
    events: mpsc::Sender<NetEvent>,
}

/// The ends of the actor's channels, and what it shares with gossipsub.
pub struct Channels {
    /// What gossipsub lets in.
    pub admission: Admission,
    /// From the tasks of links.
    pub reports: mpsc::Receiver<Report>,
    /// To the engine.
    pub events: mpsc::Sender<NetEvent>,
}

/// What the next turn of the loop is about.
enum Turn {
    Swarm(Box<SwarmEvent<BehaviourEvent>>),
    Report(Box<Report>),
    Deposit(Arrived),
    Errand(NetEvent),
    Request(Option<Request>),
    Told(bool),
    Bootstraps,
}

impl Actor {
    /// An actor whose swarm listens as wished, or at free ports where the wished one is taken.
    ///
    /// # Errors
    /// [`NetError::NoListener`] if nothing can be listened on.
    pub fn new(
        config: &NetConfig,
        key: DeviceKey,
        (swarm, lan): (Swarm<Behaviour>, bool),
        links: Links,
        channels: Channels,
    ) -> Result<Self, NetError> {
        let (arrives, arrived) = mpsc::channel(ARRIVED_CAPACITY);
        let (ends, ended) = mpsc::channel(ARRIVED_CAPACITY);
        let mut actor = Self {
            swarm,
            key,
            gossips: config.gossip,
            connections: Connections::default(),
            links,
            bootstraps: Bootstraps::new(&config.bootstraps),
            gossip: Gossip::new(channels.admission),
            deposits: Deposits::new(arrives),
            errands: Errands::new(ends),
            dht: Dht::new(),
            addresses: OwnAddresses::default(),
            outbox: Outbox::default(),
            reports: channels.reports,
            arrived,
            ended,
            events: channels.events,
        };
        let clock = actor.dht.clock();
        let kademlia = &mut actor.swarm.behaviour_mut().kademlia;
        kademlia.store_mut().set_clock(clock);
        actor.outbox.push(NetEvent::LanDiscovery(lan));
        if let Some(wished) = listening::listen(&mut actor.swarm, &config.listen)? {
            actor.outbox.push(NetEvent::PortInUse { wished });
        }
        Ok(actor)
    }

    /// Does what `requests` ask, and what the network needs, until it is shut down or nobody holds its handle any more.
    pub async fn run(mut self, requests: &mut mpsc::Receiver<Request>) {
        loop {
            if let Some(news) = self.bootstraps.news() {
                self.outbox.push(news);
            }
            match self.turn(requests).await {
                Turn::Swarm(event) => self.on_swarm(*event),
                Turn::Report(report) => {
                    let (links, mut net) = self.parts();
                    links.on_report(&mut net, *report);
                }
                Turn::Deposit(arrived) => self.deposits.on_arrived(&mut self.outbox, arrived),
                Turn::Errand(ended) => {
                    self.outbox.push(ended);
                }
                Turn::Request(Some(Request::Transmit(transmit))) => self.on_transmit(transmit),
                Turn::Request(Some(Request::Shutdown(done))) => {
                    self.part().await;
                    // Whoever asked may have stopped waiting.
                    let _ = done.send(());
                    return;
                }
                #[cfg(test)]
                Turn::Request(Some(Request::Panic)) => panic!("on purpose"),
                Turn::Bootstraps => self.bootstraps.work(&mut self.swarm),
                Turn::Told(true) => {}
                Turn::Request(None) | Turn::Told(false) => return self.part().await,
            }
        }
    }

    async fn turn(&mut self, requests: &mut mpsc::Receiver<Request>) -> Turn {
        let wake_at = self.bootstraps.wake_at();
        let bootstraps = async {
            match wake_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            permit = self.events.reserve(), if !self.outbox.is_empty() => {
                let Ok(permit) = permit else { return Turn::Told(false) };
                if let Some((event, told)) = self.outbox.pop() {
                    permit.send(event);
                    if let Some(told) = told {
                        // A link that has ended meanwhile does not need to know.
                        let _ = told.send(());
                    }
                }
                Turn::Told(true)
            }
            Some(report) = self.reports.recv() => Turn::Report(Box::new(report)),
            Some(arrived) = self.arrived.recv() => Turn::Deposit(arrived),
            Some(ended) = self.ended.recv() => Turn::Errand(ended),
            request = requests.recv() => Turn::Request(request),
            event = self.swarm.select_next_some() => Turn::Swarm(Box::new(event)),
            () = bootstraps => Turn::Bootstraps,
        }
    }

    fn parts(&mut self) -> (&mut Links, Net<'_>) {
        let net = Net {
            swarm: &mut self.swarm,
            connections: &mut self.connections,
            outbox: &mut self.outbox,
        };
        (&mut self.links, net)
    }

    /// Ends the links, closes the connections, and gives them a moment to say goodbye.
    async fn part(mut self) {
        self.links.stop();
        let peers: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            // It may have gone by itself.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let closing = async {
            while self.swarm.network_info().num_peers() > 0 {
                self.swarm.select_next_some().await;
            }
        };
        // Whoever has not heard of it by then notices by the silence.
        let _ = timeout(PARTING_TIMEOUT, closing).await;
    }
}
