//! Starting and stopping a bootstrap node, for `main` and for tests alike.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, TransportError,
    core::transport::ListenerId,
    metrics::{Metrics as Libp2pMetrics, Registry},
    multiaddr::Protocol,
    swarm::SwarmEvent,
};
use tokio::{
    sync::{oneshot, watch},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use crate::{
    Config, StartError,
    config::Need,
    identity,
    metrics::{Endpoint, Metrics},
    server::{self, Server},
};

/// Listeners come up in milliseconds; waiting longer would only hide that one does not.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);

/// A bootstrap node that is not running yet.
#[derive(Debug)]
pub struct Bootstrap;

impl Bootstrap {
    /// Starts a node in the current tokio runtime. When it returns, every listener is up and
    /// [`Running::addresses`] can be handed out.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        config.check()?;
        let peers = config.peers()?;
        let key = identity::load_or_create(&config.data)?;
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        let libp2p_metrics = Libp2pMetrics::new(&mut registry);
        let swarm = server::swarm(key, &config.limits, &mut registry)?;
        let peer_id = *swarm.local_peer_id();
        let endpoint = match config.metrics_port {
            Some(port) => Some(Endpoint::bind(port).await?),
            None => None,
        };
        let (addresses_sender, addresses) = watch::channel(Vec::new());
        let mut server = Server {
            swarm,
            peers,
            external: config.external.clone(),
            listening: BTreeSet::new(),
            addresses: addresses_sender,
            reserved: HashSet::new(),
            metrics,
            libp2p_metrics,
        };
        let listeners = listen(&mut server, &config)?;
        timeout(LISTEN_TIMEOUT, come_up(&mut server, listeners))
            .await
            .map_err(|_| StartError::ListenTimeout {
                seconds: LISTEN_TIMEOUT.as_secs(),
            })??;
        let metrics_address = endpoint.as_ref().map(|endpoint| endpoint.address);
        let mut scrapes = JoinSet::new();
        if let Some(endpoint) = endpoint {
            scrapes.spawn(endpoint.serve(Arc::new(registry)));
        }
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(stopped));
        Ok(Running {
            peer_id,
            addresses,
            metrics_address,
            stop,
            task,
            _scrapes: scrapes,
        })
    }
}

/// Opens every listener; what is not yet known to be up is returned.
fn listen(server: &mut Server, config: &Config) -> Result<HashMap<ListenerId, Multiaddr>, StartError> {
    let mut listeners = HashMap::new();
    for (address, need) in config.listeners() {
        match (server.swarm.listen_on(address.clone()), need) {
            (Ok(listener), Need::Required) => {
                listeners.insert(listener, address);
            }
            (Ok(_), Need::Optional) => {}
            (Err(error), Need::Optional) => tracing::debug!(%address, %error, "not listening here"),
            (Err(error), Need::Required) => return Err(refused(address, error)),
        }
    }
    Ok(listeners)
}

fn refused(address: Multiaddr, error: TransportError<io::Error>) -> StartError {
    let reason = match error {
        TransportError::MultiaddrNotSupported(_) => "this kind of address is not supported".into(),
        TransportError::Other(error) => error.to_string(),
    };
    not_up(address, reason)
}

/// libp2p keeps the system's error where its kind cannot be had, so the address itself is asked.
fn not_up(address: Multiaddr, reason: String) -> StartError {
    if is_taken(&address) {
        StartError::AddressInUse { address }
    } else {
        StartError::Listen { address, reason }
    }
}

/// Whether another socket holds the address, as far as a second try can tell.
fn is_taken(address: &Multiaddr) -> bool {
    let mut ip = None;
    for part in address {
        match (part, ip) {
            (Protocol::Ip4(v4), _) => ip = Some(IpAddr::V4(v4)),
            (Protocol::Ip6(v6), _) => ip = Some(IpAddr::V6(v6)),
            (Protocol::Tcp(port), Some(ip)) => return failed_in_use(std::net::TcpListener::bind((ip, port))),
            (Protocol::Udp(port), Some(ip)) => return failed_in_use(std::net::UdpSocket::bind((ip, port))),
            _ => {}
        }
    }
    false
}

fn failed_in_use<T>(result: io::Result<T>) -> bool {
    result.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}

/// Drives the swarm until every listener has named an address.
async fn come_up(server: &mut Server, mut waiting: HashMap<ListenerId, Multiaddr>) -> Result<(), StartError> {
    while !waiting.is_empty() {
        let event = server.swarm.select_next_some().await;
        match &event {
            SwarmEvent::NewListenAddr { listener_id, .. } => {
                waiting.remove(listener_id);
            }
            SwarmEvent::ListenerClosed {
                listener_id, reason, ..
            } => {
                if let Some(address) = waiting.remove(listener_id) {
                    return Err(closed(address, reason));
                }
            }
            _ => {}
        }
        server.on_event(event);
    }
    Ok(())
}

fn closed(address: Multiaddr, reason: &Result<(), io::Error>) -> StartError {
    match reason {
        Err(error) => not_up(address, error.to_string()),
        Ok(()) => not_up(address, "it closed at once".into()),
    }
}

/// A bootstrap node at work. Dropping it stops it too, but nobody then waits for the goodbyes.
#[derive(Debug)]
pub struct Running {
    peer_id: PeerId,
    addresses: watch::Receiver<Vec<Multiaddr>>,
    metrics_address: Option<SocketAddr>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _scrapes: JoinSet<()>,
}

/// The node's loop ended without being asked to.
#[derive(Debug, thiserror::Error)]
#[error(
    "The bootstrap node's loop ended unexpectedly. Its identity is safe; start it again, and please report what the log says."
)]
pub struct LoopEnded;

impl Running {
    /// Who this node is.
    pub fn peer_id(&self) -> PeerId {
        self.peer_id
    }

    /// What to hand out, best first, each with `/p2p/…`.
    pub fn addresses(&self) -> Vec<Multiaddr> {
        self.addresses.borrow().clone()
    }

    /// The same, changing with the machine's interfaces.
    pub fn watch_addresses(&self) -> watch::Receiver<Vec<Multiaddr>> {
        self.addresses.clone()
    }

    /// Where metrics are served, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Returns only if the node's loop ends by itself, which is a bug.
    pub async fn ended(&mut self) -> LoopEnded {
        if let Err(error) = (&mut self.task).await {
            tracing::error!(panicked = error.is_panic(), "the loop ended");
        }
        LoopEnded
    }

    /// Closes every connection in good order and ends.
    pub async fn shutdown(self) {
        // Both can only fail when the loop is gone already.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}
