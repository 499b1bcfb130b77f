//! The names of the protocols that Kith nodes speak. One place, so that no two sides can drift. (The DHT's is
//! [`DHT_PROTOCOL`](super::records::DHT_PROTOCOL).)

use libp2p::StreamProtocol;

/// A link's handshake and its Control lane.
pub const LINK: StreamProtocol = StreamProtocol::new("/kith/link/1");
/// A link's Sync lane.
pub const SYNC: StreamProtocol = StreamProtocol::new("/kith/sync/1");
/// A deposit for somebody's mailbox.
pub const MAIL: StreamProtocol = StreamProtocol::new("/kith/mail/1");
/// What identify says we speak.
pub const IDENTIFY: &str = "/kith/1";
/// What gossipsub's own versions stand behind.
pub const GOSSIP: &str = "/kith/gossip";
