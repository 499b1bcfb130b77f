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
/// The same while nothing at all is connected and something was a moment ago: then it is our network that is away, and it may be
/// back any time. While others are connected it is the node that is away, and all who use it wait for it.
const ALONE_BACKOFF: Duration = Duration::from_secs(5);
/// For how long that is.
const ALONE_SPELL: Duration = Duration::from_secs(10 * 60);
/// A sign that the network is back ends the wait at most once in this time, so that one that comes and goes makes no storm.
const SIGN_PAUSE: Duration = Duration::from_secs(10);
/// How long until a refused relay reservation is asked for again.
const RELAY_BACKOFF: Duration = Duration::from_secs(30);

/// All bootstrap nodes of this node.
#[derive(Debug)]
pub struct Bootstraps {
    /// Those of the start come first, then those that were set.
    nodes: Vec<Node>,
    /// How many there were at the start.
    fixed: usize,
    /// Since when nothing has been connected, if nothing is.
    alone_since: Option<Instant>,
    /// When a sign of the network's return last ended the waits.
    signed_at: Option<Instant>,
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
            alone_since: Some(Instant::now()),
            signed_at: None,
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
        let until = now + self.longest_wait(now);
        for node in &mut self.nodes {
            if matches!(node.state, State::Waiting(at) if at <= now) {
                node.dial(swarm, (now, until));
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

    /// How many peers of any kind are connected now. The first after none is a sign that the network is back.
    pub fn on_peers(&mut self, count: usize, now: Instant) {
        match (count, self.alone_since) {
            (0, None) => self.alone_since = Some(now),
            (1.., Some(_)) => {
                self.alone_since = None;
                self.network_is_back(now);
            }
            _ => {}
        }
    }

    /// There is a sign that the network is back, such as a new address of this machine: nodes that wait are dialled now.
    pub fn network_is_back(&mut self, now: Instant) {
        if self.signed_at.is_some_and(|at| now - at < SIGN_PAUSE) {
            return;
        }
        self.signed_at = Some(now);
        for node in &mut self.nodes {
            if let State::Waiting(at) = &mut node.state {
                *at = now.min(*at);
            }
        }
    }

    /// The longest wait before dialling again, as it is now.
    fn longest_wait(&self, now: Instant) -> Duration {
        match self.alone_since {
            Some(since) if now - since < ALONE_SPELL => ALONE_BACKOFF,
            _ => LAST_BACKOFF,
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
    pub fn on_dial_failed(&mut self, id: ConnectionId, error: &DialError, now: Instant) {
        let until = now + self.longest_wait(now);
        for node in &mut self.nodes {
            if matches!(node.state, State::Dialling(dial) if dial == id) {
                node.failed(dial_problem(error), (now, until));
            }
        }
    }

    /// The last connection of a peer is gone.
    pub fn on_disconnected(&mut self, peer: &PeerId, now: Instant) {
        let until = now + self.longest_wait(now);
        for node in &mut self.nodes {
            if node.peer == Some(*peer) && matches!(node.state, State::Connected) {
                node.relay = Relay::None;
                node.failed(DialProblem::Lost, (now, until));
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

    fn dial(&mut self, swarm: &mut Swarm<Behaviour>, wait: (Instant, Instant)) {
        let address = match self.peer {
            Some(peer) => self.bare.clone().with(Protocol::P2p(peer)),
            None => self.bare.clone(),
        };
        let opts = DialOpts::from(address);
        self.state = State::Dialling(opts.connection_id());
        if let Err(error) = swarm.dial(opts) {
            self.failed(dial_problem(&error), wait);
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

    /// From now on it waits before it is dialled again, until the second of these at most.
    fn failed(&mut self, problem: DialProblem, (now, latest): (Instant, Instant)) {
        self.problem = Some(problem);
        self.state = State::Waiting(latest.min(now + self.backoff));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Bootstraps {
        Bootstraps::new(&["/ip4/192.0.2.1/tcp/1".parse().unwrap()])
    }

    /// Fails a dial; gives how long it waits before the next.
    fn fails(bootstraps: &mut Bootstraps, now: Instant) -> Duration {
        let id = ConnectionId::new_unchecked(1);
        bootstraps.nodes[0].state = State::Dialling(id);
        bootstraps.on_dial_failed(id, &DialError::Aborted, now);
        bootstraps.wake_at().unwrap() - now
    }

    #[test]
    fn alone_it_is_dialled_every_few_seconds_and_later_seldom() {
        let mut bootstraps = one();
        let mut now = Instant::now();
        bootstraps.on_peers(1, now);
        bootstraps.on_peers(0, now);
        for _ in 0..20 {
            assert!(fails(&mut bootstraps, now) <= ALONE_BACKOFF);
            now += ALONE_BACKOFF;
        }
        now += ALONE_SPELL;
        assert_eq!(fails(&mut bootstraps, now), LAST_BACKOFF);
    }

    #[test]
    fn a_node_that_is_away_while_others_are_there_is_not_stormed() {
        let mut bootstraps = one();
        let now = Instant::now();
        bootstraps.on_peers(3, now);
        let waits: Vec<u64> = (0..8).map(|_| fails(&mut bootstraps, now).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_sign_of_the_network_ends_the_wait_but_not_again_and_again() {
        let mut bootstraps = one();
        let now = Instant::now() + ALONE_SPELL;
        for _ in 0..8 {
            fails(&mut bootstraps, now);
        }
        bootstraps.on_peers(1, now);
        assert_eq!(bootstraps.wake_at(), Some(now), "somebody else is there again");
        assert_eq!(fails(&mut bootstraps, now), LAST_BACKOFF);
        bootstraps.network_is_back(now);
        assert_eq!(bootstraps.wake_at(), Some(now + LAST_BACKOFF), "a moment ago");
        let now = now + SIGN_PAUSE;
        bootstraps.network_is_back(now);
        assert_eq!(bootstraps.wake_at(), Some(now), "a new address of this machine");
    }
}
