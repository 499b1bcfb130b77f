//! How a node wishes to stand in the network. Plain values: who fills them in (flags, settings, tests) is not known here.

use std::time::Duration;

use libp2p::Multiaddr;

/// How long one set of link keys serves before both ends agree on fresh ones (design section 5.1).
pub const REKEY_AFTER: Duration = Duration::from_secs(60 * 60);

/// How many events may wait between the network and the engine. Each may be as large as the largest frame.
pub const EVENT_CAPACITY: usize = 32;

/// A node's wishes for its network.
#[derive(Clone, Debug)]
pub struct NetConfig {
    /// Where to listen. A port that is taken is replaced by a free one, and the engine is told.
    pub listen: Vec<Multiaddr>,
    /// Bootstrap nodes, with or without `/p2p/…`. A few are enough; none is fine on one local network.
    pub bootstraps: Vec<Multiaddr>,
    /// Whether to look for devices on the local network by multicast DNS.
    pub mdns: bool,
    /// Whether to gossip. Off, sync alone must still deliver everything: a test shows that it does.
    pub gossip: bool,
    /// Listen on this machine's own interface only and leave the local network alone. For tests.
    pub loopback_only: bool,
    /// How long one set of link keys serves; [`REKEY_AFTER`] but in tests.
    pub rekey_after: Duration,
}

impl Default for NetConfig {
    fn default() -> Self {
        Self::on_port(0)
    }
}

impl NetConfig {
    /// Listens on all interfaces, TCP and QUIC, IPv4 and IPv6, at one wished port (0 lets the system choose).
    #[must_use]
    pub fn on_port(port: u16) -> Self {
        Self {
            listen: listen_addresses(["/ip4/0.0.0.0", "/ip6/::"], port),
            bootstraps: Vec::new(),
            mdns: true,
            gossip: true,
            loopback_only: false,
            rekey_after: REKEY_AFTER,
        }
    }

    /// Listens on the loopback interface at free ports, with no multicast DNS: what tests use.
    #[must_use]
    pub fn loopback() -> Self {
        Self {
            listen: listen_addresses(["/ip4/127.0.0.1"], 0),
            mdns: false,
            loopback_only: true,
            ..Self::on_port(0)
        }
    }
}

/// TCP and QUIC at one port on each interface. QUIC first: it needs fewer round trips.
fn listen_addresses<const N: usize>(interfaces: [&str; N], port: u16) -> Vec<Multiaddr> {
    interfaces
        .iter()
        .flat_map(|interface| {
            [
                format!("{interface}/udp/{port}/quic-v1"),
                format!("{interface}/tcp/{port}"),
            ]
        })
        .filter_map(|address| address.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_listens_on_both_families_and_both_transports() {
        let config = NetConfig::on_port(4001);
        let listen: Vec<String> = config.listen.iter().map(ToString::to_string).collect();
        assert_eq!(
            listen,
            [
                "/ip4/0.0.0.0/udp/4001/quic-v1",
                "/ip4/0.0.0.0/tcp/4001",
                "/ip6/::/udp/4001/quic-v1",
                "/ip6/::/tcp/4001"
            ]
        );
    }

    #[test]
    fn the_loopback_config_touches_no_other_interface() {
        let config = NetConfig::loopback();
        assert!(!config.mdns);
        assert!(
            config
                .listen
                .iter()
                .all(|address| address.to_string().starts_with("/ip4/127.0.0.1/"))
        );
    }
}
