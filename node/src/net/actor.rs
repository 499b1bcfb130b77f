//! The one task that owns the swarm: what the engine wants goes in, what the network says comes out.
//!
//! It waits for nothing but its own `select!`: news queue in the [`Outbox`], frames travel in the tasks of the links, and
//! every channel into it is drained as long as it lives.

use std::time::Duration;

use kith_crypto::{DeviceId, DeviceKey, DeviceList, Signed};
use libp2p::{
    Multiaddr, PeerId, Swarm,
    core::ConnectedPoint,
    futures::StreamExt as _,
    identify, mdns, ping,
    swarm::{ConnectionId, DialError, SwarmEvent},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep_until, timeout},
};

use super::{
    addresses::{OwnAddresses, for_engine},
    admission::Admission,
    behaviour::{Behaviour, BehaviourEvent},
    bootstraps::Bootstraps,
    config::NetConfig,
    deposits::{ARRIVED_CAPACITY, Arrived, Deposits},
    device::{device_of, peer_of},
    dht::Dht,
    errands::{Errand, Errands},
    error::{NetError, explain_dial},
    gossip::Gossip,
    link::{Links, Net, Report, handshake::OwnIdentity},
    listening,
    outbox::Outbox,
    paths::Connections,
    protocols,
    streams::{Inbound, StreamsEvent},
};
use crate::{effects::Transmit, input::NetEvent};

/// How long connections may take to close in good order.
const PARTING_TIMEOUT: Duration = Duration::from_millis(500);

/// How many streams a peer may begin on one connection before a link stands on it: an honest one begins two for a link, and
/// one for a deposit.
pub const MAX_BEGUN: u32 = 32;

/// What the handle asks of the actor.
pub enum Request {
    /// Something the engine wants.
    Transmit(Transmit),
    /// Close everything, then say so.
    Shutdown(oneshot::Sender<()>),
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
    requests: mpsc::Receiver<Request>,
    reports: mpsc::Receiver<Report>,
    arrived: mpsc::Receiver<Arrived>,
    ended: mpsc::Receiver<NetEvent>,
    events: mpsc::Sender<NetEvent>,
}

/// The ends of the actor's channels, and what it shares with gossipsub.
pub struct Channels {
    /// What gossipsub lets in.
    pub admission: Admission,
    /// From the handle.
    pub requests: mpsc::Receiver<Request>,
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
            dht: Dht::default(),
            addresses: OwnAddresses::default(),
            outbox: Outbox::default(),
            requests: channels.requests,
            reports: channels.reports,
            arrived,
            ended,
            events: channels.events,
        };
        actor.outbox.push(NetEvent::LanDiscovery(lan));
        if let Some(wished) = listening::listen(&mut actor.swarm, &config.listen)? {
            actor.outbox.push(NetEvent::PortInUse { wished });
        }
        Ok(actor)
    }

    /// Works until it is shut down or nobody holds its handle any more.
    pub async fn run(mut self) {
        loop {
            if let Some(news) = self.bootstraps.news() {
                self.outbox.push(news);
            }
            match self.turn().await {
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
                Turn::Bootstraps => self.bootstraps.work(&mut self.swarm),
                Turn::Told(true) => {}
                Turn::Request(None) | Turn::Told(false) => return self.part().await,
            }
        }
    }

    async fn turn(&mut self) -> Turn {
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
            request = self.requests.recv() => Turn::Request(request),
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

    fn on_transmit(&mut self, transmit: Transmit) {
        match transmit {
            Transmit::Identify { device_list, .. } => self.identify(&device_list),
            Transmit::Know { device } => self.know(&device),
            Transmit::Forget { device } => self.forget(device),
            Transmit::Dial {
                device,
                addresses,
                payload,
            } => {
                let (links, mut net) = self.parts();
                links.dial(&mut net, device, &addresses, payload);
            }
            Transmit::AnswerLink { request, refusal } => self.links.answer(request, refusal),
            // The handle carries frames past the actor.
            Transmit::Send { .. } => {}
            Transmit::PublishRecord { key, value } => {
                self.dht
                    .publish(&mut self.swarm.behaviour_mut().kademlia, key, value);
            }
            Transmit::LookUpRecord { key } => {
                self.dht.look_up(&mut self.swarm.behaviour_mut().kademlia, key);
            }
            Transmit::Deposit {
                errand,
                device,
                addresses,
                data,
            } => self.errands.run(Errand {
                errand,
                device,
                addresses,
                data,
            }),
            Transmit::AnswerDeposit { deposit, answer } => self.deposits.answer(deposit, answer),
            Transmit::RetryBootstraps => self.bootstraps.retry(),
            gossip => self.on_gossip_wish(gossip),
        }
    }

    fn on_gossip_wish(&mut self, wish: Transmit) {
        if !self.gossips {
            return;
        }
        let gate = &mut self.swarm.behaviour_mut().gossip;
        match wish {
            Transmit::Subscribe { topic } => self.gossip.subscribe(gate, &topic),
            Transmit::Unsubscribe { topic } => self.gossip.unsubscribe(gate, &topic),
            Transmit::Publish { topic, data } => Gossip::publish(gate, &topic, data),
            Transmit::Judge { id, forward } => self.gossip.judge(gate, id, forward),
            _ => {}
        }
    }

    fn identify(&mut self, device_list: &[u8]) {
        match Signed::<DeviceList>::open(device_list) {
            Ok(list) => self.links.identify(OwnIdentity::new(self.key.clone(), list)),
            Err(error) => tracing::error!(%error, "the own device list does not hold; no links are made"),
        }
    }

    fn know(&mut self, device: &DeviceId) {
        let Some(peer) = peer_of(device) else { return };
        let gossips = self.gossips;
        let behaviour = self.swarm.behaviour_mut();
        behaviour.streams.keep(peer, true);
        behaviour.doorkeeper.know(peer);
        if gossips {
            behaviour.gossip.know(peer);
        }
    }

    fn forget(&mut self, device: DeviceId) {
        let Some(peer) = peer_of(&device) else { return };
        self.links.forget(device);
        let behaviour = self.swarm.behaviour_mut();
        behaviour.streams.keep(peer, self.bootstraps.contains(&peer));
        behaviour.gossip.forget(&peer);
        behaviour.doorkeeper.forget(&peer);
        self.connections.all_close(&peer);
        // gossipsub keeps a handler as long as its connection stands. A peer without connections is no error.
        let _ = self.swarm.disconnect_peer_id(peer);
    }

    fn on_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => {
                self.on_connected(connection_id, peer_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                ..
            } => {
                self.on_disconnected(connection_id, &peer_id);
            }
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                peer_id,
                error,
            } => {
                self.on_dial_failed(connection_id, peer_id, &error);
            }
            SwarmEvent::NewListenAddr { address, .. } => self.addresses.listens(address),
            SwarmEvent::ExpiredListenAddr { address, .. } => self.addresses.stopped(&address),
            SwarmEvent::ListenerClosed {
                listener_id,
                addresses,
                ..
            } => {
                addresses
                    .iter()
                    .for_each(|address| self.addresses.stopped(address));
                self.bootstraps.on_listener_closed(listener_id);
            }
            SwarmEvent::ExternalAddrConfirmed { address } => self.addresses.confirmed(address),
            SwarmEvent::ExternalAddrExpired { address } => self.addresses.expired(&address),
            _ => {}
        }
        if let Some(news) = self.addresses.news() {
            self.outbox.push(news);
        }
    }

    fn on_connected(&mut self, id: ConnectionId, peer: PeerId, endpoint: &ConnectedPoint) {
        self.connections.add(id, peer, endpoint);
        if self.bootstraps.on_connection(&mut self.swarm, id, peer) {
            self.dht.publish_again(&mut self.swarm.behaviour_mut().kademlia);
        }
        let (links, mut net) = self.parts();
        links.on_connection(&mut net, peer, id);
    }

    fn on_disconnected(&mut self, id: ConnectionId, peer: &PeerId) {
        if self.connections.remove(id) == 0 {
            self.bootstraps.on_disconnected(peer);
        }
    }

    fn on_dial_failed(&mut self, id: ConnectionId, peer: Option<PeerId>, error: &DialError) {
        self.bootstraps.on_dial_failed(id, error);
        if let Some(peer) = peer {
            let (links, mut net) = self.parts();
            links.on_dial_failed(&mut net, peer, id, explain_dial(error).to_owned());
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Streams(StreamsEvent::Inbound(inbound)) => {
                self.on_inbound(inbound);
            }
            BehaviourEvent::Streams(StreamsEvent::Moved {
                peer,
                connection,
                endpoint,
            }) => {
                self.connections.moved(connection, &endpoint);
                let (links, mut net) = self.parts();
                links.on_path(&mut net, &peer, connection);
            }
            BehaviourEvent::Gossip(event) => {
                let gate = &mut self.swarm.behaviour_mut().gossip;
                if let Some(news) = self.gossip.on_event(gate, event) {
                    self.tell_gossip(news);
                }
            }
            BehaviourEvent::Kademlia(event) => {
                if let Some(news) = self.dht.on_event(event) {
                    self.outbox.push(news);
                }
            }
            BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. }) => {
                self.on_identified(&peer_id, info);
            }
            BehaviourEvent::Mdns(mdns::Event::Discovered(found)) => self.on_lan(found),
            // A failed probe, but not a peer that cannot be probed: the connection is dead.
            BehaviourEvent::Ping(ping::Event {
                connection,
                result: Err(failure),
                ..
            }) if !matches!(failure, ping::Failure::Unsupported) => {
                self.connections.closes(connection);
                self.swarm.close_connection(connection);
            }
            _ => {}
        }
    }

    /// A peer opened a stream. Each asks for work, so a connection on which more and more are begun that come to nothing is
    /// closed.
    fn on_inbound(&mut self, inbound: Inbound) {
        let begun = self.connections.begins(inbound.connection);
        if begun > MAX_BEGUN {
            tracing::debug!(peer = %inbound.peer, "a connection is closed: nothing that is begun on it ends well");
            self.connections.closes(inbound.connection);
            self.swarm.close_connection(inbound.connection);
        } else if inbound.protocol == protocols::MAIL {
            let place = self.connections.place(inbound.connection);
            self.deposits.accept(place, inbound.stream);
        } else {
            let known = self.swarm.behaviour().doorkeeper.knows(&inbound.peer);
            self.links.on_stream(inbound, known);
        }
    }

    /// Hands gossip over, or lets it go when the engine is far behind.
    fn tell_gossip(&mut self, news: NetEvent) {
        let NetEvent::Gossip { id, .. } = &news else {
            return;
        };
        let id = *id;
        if !self.outbox.push(news) {
            self.gossip
                .judge(&mut self.swarm.behaviour_mut().gossip, id, false);
        }
    }

    fn on_identified(&mut self, peer: &PeerId, info: identify::Info) {
        if self.bootstraps.contains(peer) {
            self.addresses.observed(info.observed_addr);
            return;
        }
        let Some(device) = device_of(peer) else { return };
        let addresses = for_engine(info.listen_addrs);
        self.outbox.push(NetEvent::Discovered {
            device,
            addresses,
            lan: false,
        });
    }

    fn on_lan(&mut self, found: Vec<(PeerId, Multiaddr)>) {
        let mut devices: Vec<(DeviceId, Vec<Multiaddr>)> = Vec::new();
        for (peer, address) in found {
            let Some(device) = device_of(&peer) else { continue };
            match devices.iter_mut().find(|(known, _)| *known == device) {
                Some((_, addresses)) => addresses.push(address),
                None => devices.push((device, vec![address])),
            }
        }
        for (device, addresses) in devices {
            let addresses = for_engine(addresses);
            self.outbox.push(NetEvent::Discovered {
                device,
                addresses,
                lan: true,
            });
        }
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
