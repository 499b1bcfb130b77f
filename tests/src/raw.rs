//! A raw libp2p client with a device key and no manners: streams of any protocol, opened by hand, and bytes on them.
//!
//! Where [`mallory`](crate::mallory) makes sound links and says false things on them, this one stays below the link: it
//! knows connections, streams and the encoding of gossip, and can come from any address of this machine.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a story that cannot go on has failed, and says where"
)]

use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use kith_crypto::DeviceKey;
use kith_node::{
    id::DeviceId,
    net::{
        keypair, peer_of,
        streams::{OpenError, Streams, StreamsEvent},
    },
};
use libp2p::{
    Multiaddr, PeerId, Stream, StreamProtocol, Swarm, SwarmBuilder,
    futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _},
    noise,
    swarm::{ConnectionId, SwarmEvent},
    tcp, yamux,
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};

/// The longest that anything may take before a story has failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// What gossip is spoken as.
pub const GOSSIP: StreamProtocol = StreamProtocol::new("/kith/gossip/1.1.0");

/// See the module's essay.
pub struct Raw {
    swarm: Swarm<Streams>,
    victim: PeerId,
    connection: ConnectionId,
    came: Vec<Stream>,
}

impl Raw {
    /// Connects to a device at an address; `None` if it is not let in.
    ///
    /// # Panics
    /// If the address or the id is none.
    pub async fn connects(key: &DeviceKey, victim: DeviceId, address: &Multiaddr) -> Option<Self> {
        let victim = peer_of(&victim).expect("a device");
        let mut swarm = SwarmBuilder::with_existing_identity(keypair(key).expect("a key"))
            .with_tokio()
            .with_tcp(
                tcp::Config::default().nodelay(true),
                noise::Config::new,
                yamux::Config::default,
            )
            .expect("a transport")
            .with_behaviour(|_| Streams::new(vec![GOSSIP]))
            .expect("a behaviour")
            .build();
        swarm.behaviour_mut().keep(victim, true);
        swarm.dial(address.clone()).expect("an address");
        let connecting = async {
            loop {
                match swarm.select_next_some().await {
                    SwarmEvent::ConnectionEstablished { connection_id, .. } => return Some(connection_id),
                    SwarmEvent::OutgoingConnectionError { .. } => return None,
                    _ => {}
                }
            }
        };
        let connection = timeout(PATIENCE, connecting).await.ok()??;
        Some(Self {
            swarm,
            victim,
            connection,
            came: Vec::new(),
        })
    }

    /// Opens a stream.
    ///
    /// # Errors
    /// [`OpenError`] if the other side does not speak the protocol, or has closed the connection.
    pub async fn opens(&mut self, protocol: StreamProtocol) -> Result<Stream, OpenError> {
        let opening = self
            .swarm
            .behaviour_mut()
            .open(self.victim, self.connection, protocol);
        let opened = self.meanwhile(opening).await;
        opened.unwrap_or(Err(OpenError::Broken))
    }

    /// Drives the connection while something else happens.
    ///
    /// # Panics
    /// If it takes longer than a story's patience.
    pub async fn meanwhile<F: Future>(&mut self, work: F) -> F::Output {
        let driven = async {
            tokio::pin!(work);
            loop {
                tokio::select! {
                    done = &mut work => return done,
                    event = self.swarm.select_next_some() => {
                        if let SwarmEvent::Behaviour(StreamsEvent::Inbound(inbound)) = event {
                            self.came.push(inbound.stream);
                        }
                    }
                }
            }
        };
        timeout(PATIENCE * 4, driven)
            .await
            .expect("the work is done in time")
    }

    /// Writes bytes; false once the other side takes nothing any more.
    pub async fn writes(&mut self, stream: &mut Stream, bytes: &[u8]) -> bool {
        let writing = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        self.meanwhile(writing).await.is_ok()
    }

    /// Whether the other side ends a stream.
    pub async fn is_ended(&mut self, mut stream: Stream) -> bool {
        let reading = async move {
            let mut rest = Vec::new();
            timeout(PATIENCE, stream.read_to_end(&mut rest)).await.is_ok()
        };
        self.meanwhile(reading).await
    }

    /// The topics that the other side says it takes part in, once it says so on a stream of its own.
    ///
    /// # Panics
    /// If it does not.
    pub async fn hears_topics(&mut self) -> BTreeSet<String> {
        let mut topics = BTreeSet::new();
        while topics.is_empty() {
            while self.came.is_empty() {
                self.meanwhile(tokio::task::yield_now()).await;
            }
            let mut stream = self.came.remove(0);
            let reading = async move {
                let frame = read_frame(&mut stream).await;
                (frame, stream)
            };
            let (frame, stream) = self.meanwhile(reading).await;
            topics.extend(frame.map(|frame| subscriptions(&frame)).unwrap_or_default());
            self.came.push(stream);
        }
        topics
    }
}

impl std::fmt::Debug for Raw {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Raw").finish_non_exhaustive()
    }
}

/// A gossip frame that publishes a message (protobuf `RPC.publish` of gossipsub, anonymous).
#[must_use]
pub fn published(topic: &str, data: &[u8]) -> Vec<u8> {
    let message = [field(2, data), field(4, topic.as_bytes())].concat();
    framed(&field(2, &message))
}

/// A gossip frame that subscribes to topics.
#[must_use]
pub fn subscribed(topics: &[String]) -> Vec<u8> {
    let wishes: Vec<u8> = topics
        .iter()
        .flat_map(|topic| field(1, &[vec![8, 1], field(2, topic.as_bytes())].concat()))
        .collect();
    framed(&wishes)
}

fn framed(body: &[u8]) -> Vec<u8> {
    [varint(body.len()), body.to_vec()].concat()
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [vec![(number << 3) | 2], varint(bytes.len()), bytes.to_vec()].concat()
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits");
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Takes a number off the front.
fn take_varint(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

async fn read_frame(stream: &mut Stream) -> Option<Vec<u8>> {
    let mut prefix = Vec::new();
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.ok()?;
        prefix.push(byte[0]);
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    let mut body = vec![0; take_varint(&mut prefix.as_slice())?];
    stream.read_exact(&mut body).await.ok()?;
    Some(body)
}

/// The topics that a gossip frame subscribes to.
fn subscriptions(mut frame: &[u8]) -> Vec<String> {
    let mut topics = Vec::new();
    while let Some((number, content)) = take_field(&mut frame) {
        let mut content = content;
        while number == 1
            && let Some((number, text)) = take_field(&mut content)
        {
            if number == 2 {
                topics.extend(String::from_utf8(text.to_vec()));
            }
        }
    }
    topics
}

/// Takes a field off the front: its number, and its bytes if it has any.
fn take_field<'b>(bytes: &mut &'b [u8]) -> Option<(usize, &'b [u8])> {
    let tag = take_varint(bytes)?;
    let value = take_varint(bytes)?;
    if tag & 7 != 2 {
        return Some((tag >> 3, &[]));
    }
    let (content, rest) = bytes.split_at_checked(value)?;
    *bytes = rest;
    Some((tag >> 3, content))
}

/// Connections from one address of this machine to a port, on which nothing is said; those that are still open after each
/// has been tried.
///
/// # Panics
/// If they cannot be begun.
pub async fn half_open(from: Ipv4Addr, port: u16, count: usize) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for _ in 0..count {
        // Turned away while it is being made: that is the other side's good right.
        if let Ok(stream) = connected_from(from, port).await {
            open.push(stream);
        }
    }
    open
}

async fn connected_from(from: Ipv4Addr, port: u16) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
    socket
        .connect(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
        .await
}

/// A detour to a TCP port of this machine: who dials the address that it gives comes from `from`.
///
/// # Panics
/// If nothing can be listened on.
pub async fn detour(from: Ipv4Addr, port: u16) -> Multiaddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let near = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut here, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Ok(mut there) = connected_from(from, port).await {
                    // It ends when either side does.
                    let _ = copy_bidirectional(&mut here, &mut there).await;
                }
            });
        }
    });
    format!("/ip4/127.0.0.1/tcp/{}", near.port())
        .parse()
        .expect("an address")
}

/// The TCP port among addresses.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn tcp_port(addresses: &[String]) -> u16 {
    let port = addresses.iter().find_map(|address| {
        let (_, port) = address.split_once("/tcp/")?;
        port.split('/').next()?.parse().ok()
    });
    port.expect("a TCP address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_subscribed_is_read() {
        let topics = vec!["a".to_owned(), "b".repeat(64)];
        let frame = subscribed(&topics);
        let mut bytes = frame.as_slice();
        let length = take_varint(&mut bytes).unwrap();
        assert_eq!(length, bytes.len());
        assert_eq!(subscriptions(bytes), topics);
        assert_eq!(subscriptions(&published("c", b"x")[1..]), Vec::<String>::new());
    }
}
