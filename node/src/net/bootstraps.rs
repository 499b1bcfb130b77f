//! Bootstrap nodes: dialled, kept, dialled again, and told about truthfully.
//!
//! A bootstrap node is a door into the DHT and a relay. It learns which addresses we have and nothing else: no link, no
//! gossip.

use std::time::Duration;

use libp2p::{
    Multiaddr, PeerId, Swarm,
    core::transport::ListenerId,
    multiaddr::Protocol,
    swarm::{ConnectionId, DialError, dial_opts::DialOpts},
};
use tokio::time::Instant;

use super::{addresses::split_peer, behaviour::Behaviour, error::dial_problem};
use crate::{
    input::NetEvent,
    view::{BootstrapView, DialProblem},
};

/// The first wait before dialling again.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
/// The longest wait before dialling again.
const LAST_BACKOFF: Duration = Duration::from_secs(60);
/// How long until a refused relay reservation is asked for again.
const RELAY_BACKOFF: Duration = Duration::from_secs(30);

/// All bootstrap nodes of this node.
#[derive(Debug)]
pub struct Bootstraps {
    /// Those of the start come first, then those that were set.
    nodes: Vec<Node>,
    /// How many there were at the start.
    fixed: usize,
    told: Vec<BootstrapView>,
}

#[derive(Debug)]
struct Node {
    /// As it was given.
    given: Multiaddr,
    /// Without `/p2p/…`.
    bare: Multiaddr,
    /// Who must answer, or who did.
    peer: Option<PeerId>,
    state: State,
    backoff: Duration,
    problem: Option<DialProblem>,
    relay: Relay,
}

#[derive(Debug)]
enum State {
    Waiting(Instant),
    Dialling(ConnectionId),
    Connected,
}

/// A reservation at the node as a relay.
#[derive(Debug)]
enum Relay {
    None,
    Asked(ListenerId),
    Refused(Instant),
}

impl Bootstraps {
    /// Knows the nodes; dials none yet.
    #[must_use]
    pub fn new(addresses: &[Multiaddr]) -> Self {
        let nodes: Vec<_> = addresses.iter().map(Node::new).collect();
        Self {
            fixed: nodes.len(),
            nodes,
            told: Vec::new(),
        }
    }

    /// Uses these besides those of the start: what is new is dialled next, what is not named any more is let go.
    pub fn set(&mut self, swarm: &mut Swarm<Behaviour>, addresses: &[String]) {
        let mut before = self.nodes.split_off(self.fixed.min(self.nodes.len()));
        for given in addresses.iter().filter_map(|address| address.parse().ok()) {
            if self.nodes.iter().any(|node| node.given == given) {
                continue;
            }
            let known = before.iter().position(|node| node.given == given);
            let node = known.map(|known| before.swap_remove(known));
            self.nodes.push(node.unwrap_or_else(|| Node::new(&given)));
        }
        for gone in before {
            let still = gone.peer.is_some_and(|peer| self.contains(&peer));
            gone.let_go(swarm, still);
        }
    }

    /// When [`Self::work`] next has something to do.
    #[must_use]
    pub fn wake_at(&self) -> Option<Instant> {
        self.nodes.iter().filter_map(Node::wake_at).min()
    }

    /// Dials what is due and asks for reservations that are due.
    pub fn work(&mut self, swarm: &mut Swarm<Behaviour>) {
        let now = Instant::now();
        for node in &mut self.nodes {
            if matches!(node.state, State::Waiting(at) if at <= now) {
                node.dial(swarm);
            }
            if matches!(node.relay, Relay::Refused(at) if at <= now) && matches!(node.state, State::Connected)
            {
                node.reserve(swarm);
            }
        }
    }

    /// Dials all that are not connected, now.
    pub fn retry(&mut self) {
        for node in &mut self.nodes {
            if let State::Waiting(at) = &mut node.state {
                *at = Instant::now();
                node.backoff = FIRST_BACKOFF;
            }
        }
    }

    /// Whether a peer is one of the nodes.
    #[must_use]
    pub fn contains(&self, peer: &PeerId) -> bool {
        self.nodes.iter().any(|node| node.peer == Some(*peer))
    }

    /// A connection stands. True if it is a bootstrap node's first.
    pub fn on_connection(&mut self, swarm: &mut Swarm<Behaviour>, id: ConnectionId, peer: PeerId) -> bool {
        let mut first = false;
        for node in &mut self.nodes {
            let dialled = matches!(node.state, State::Dialling(dial) if dial == id);
            if (dialled || node.peer == Some(peer)) && !matches!(node.state, State::Connected) {
                node.connected(swarm, peer);
                first = true;
            }
        }
        first
    }

    /// A dial failed.
    pub fn on_dial_failed(&mut self, id: ConnectionId, error: &DialError) {
        for node in &mut self.nodes {
            if matches!(node.state, State::Dialling(dial) if dial == id) {
                node.failed(dial_problem(error));
            }
        }
    }

    /// The last connection of a peer is gone.
    pub fn on_disconnected(&mut self, peer: &PeerId) {
        for node in &mut self.nodes {
            if node.peer == Some(*peer) && matches!(node.state, State::Connected) {
                node.relay = Relay::None;
                node.failed(DialProblem::Lost);
            }
        }
    }

    /// A reservation ended or was refused.
    pub fn on_listener_closed(&mut self, listener: ListenerId) {
        for node in &mut self.nodes {
            if matches!(node.relay, Relay::Asked(asked) if asked == listener) {
                node.relay = Relay::Refused(Instant::now() + RELAY_BACKOFF);
            }
        }
    }

    /// News for the engine, if anything changed since the last.
    pub fn news(&mut self) -> Option<NetEvent> {
        let now: Vec<BootstrapView> = self.nodes.iter().map(Node::view).collect();
        if now == self.told {
            return None;
        }
        self.told.clone_from(&now);
        Some(NetEvent::Bootstraps(now))
    }
}

impl Node {
    fn new(given: &Multiaddr) -> Self {
        let (bare, peer) = split_peer(given.clone());
        Self {
            given: given.clone(),
            bare,
            peer,
            state: State::Waiting(Instant::now()),
            backoff: FIRST_BACKOFF,
            problem: None,
            relay: Relay::None,
        }
    }

    /// It is used no longer. Its connection ends when nothing else needs it.
    fn let_go(self, swarm: &mut Swarm<Behaviour>, known_otherwise: bool) {
        if let Relay::Asked(listener) = self.relay {
            swarm.remove_listener(listener);
        }
        let Some(peer) = self.peer.filter(|_| !known_otherwise) else {
            return;
        };
        let behaviour = swarm.behaviour_mut();
        behaviour.streams.keep(peer, false);
        behaviour.kademlia.remove_peer(&peer);
    }

    fn wake_at(&self) -> Option<Instant> {
        match (&self.state, &self.relay) {
            (State::Waiting(at), _) | (State::Connected, Relay::Refused(at)) => Some(*at),
            _ => None,
        }
    }

    fn dial(&mut self, swarm: &mut Swarm<Behaviour>) {
        let address = match self.peer {
            Some(peer) => self.bare.clone().with(Protocol::P2p(peer)),
            None => self.bare.clone(),
        };
        let opts = DialOpts::from(address);
        self.state = State::Dialling(opts.connection_id());
        if let Err(error) = swarm.dial(opts) {
            self.failed(dial_problem(&error));
        }
    }

    fn connected(&mut self, swarm: &mut Swarm<Behaviour>, peer: PeerId) {
        self.peer = Some(peer);
        self.state = State::Connected;
        self.backoff = FIRST_BACKOFF;
        self.problem = None;
        let behaviour = swarm.behaviour_mut();
        behaviour.streams.keep(peer, true);
        behaviour.kademlia.add_address(&peer, self.bare.clone());
        if let Err(error) = behaviour.kademlia.bootstrap() {
            tracing::debug!(%error, "the DHT was not entered");
        }
        self.reserve(swarm);
    }

    /// Asks for a place at the relay: others reach us through it when nothing better works.
    fn reserve(&mut self, swarm: &mut Swarm<Behaviour>) {
        let Some(peer) = self.peer else { return };
        let circuit = self
            .bare
            .clone()
            .with(Protocol::P2p(peer))
            .with(Protocol::P2pCircuit);
        self.relay = match swarm.listen_on(circuit) {
            Ok(listener) => Relay::Asked(listener),
            Err(error) => {
                tracing::debug!(%error, "no relay reservation");
                Relay::Refused(Instant::now() + RELAY_BACKOFF)
            }
        };
    }

    fn failed(&mut self, problem: DialProblem) {
        self.problem = Some(problem);
        self.state = State::Waiting(Instant::now() + self.backoff);
        self.backoff = (self.backoff * 2).min(LAST_BACKOFF);
    }

    fn view(&self) -> BootstrapView {
        BootstrapView {
            address: self.given.to_string(),
            connected: matches!(self.state, State::Connected),
            problem: self.problem,
        }
    }
}
