//! What a bootstrap node can be told: a TOML file, and flags that win over it. Checked once, here; the rest of the
//! program trusts it.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    time::Duration,
};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use serde::Deserialize;

use crate::error::FileError;

/// The port that is used if none is named: KITH on a telephone's keys.
pub const DEFAULT_PORT: u16 = 5484;

/// The data folder that is used if none is named.
const DEFAULT_DATA: &str = "kith-bootstrap-data";

const MIB: u64 = 1024 * 1024;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not what it should be.
    #[error("{} is not a valid configuration: {reason}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// What and where, as the TOML parser says it.
        reason: String,
    },
    /// A peer's address does not say who is there.
    #[error("The peer address {address} must end in /p2p/ and the peer's id, as kith-bootstrap prints it.")]
    PeerWithoutId {
        /// As given.
        address: Multiaddr,
    },
    /// A number is out of its range.
    #[error("{name} must be between {min} and {max}, but it is {found}.")]
    OutOfRange {
        /// Which setting.
        name: &'static str,
        /// Smallest allowed.
        min: u64,
        /// Largest allowed.
        max: u64,
        /// As given.
        found: u64,
    },
}

/// Everything a bootstrap node can be told. Every field has a default.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder that keeps the identity.
    pub data: PathBuf,
    /// The port for TCP and QUIC on all interfaces, if `listen` names nothing. 0 lets the system choose.
    pub port: u16,
    /// Where to listen instead, e.g. `/ip4/203.0.113.9/tcp/5484`. All of them must come up.
    pub listen: Vec<Multiaddr>,
    /// The addresses to hand out instead of those listened on: a DNS name, or the outside of a NAT.
    pub external: Vec<Multiaddr>,
    /// Other bootstrap nodes, with `/p2p/…`: together they form one DHT.
    pub peers: Vec<Multiaddr>,
    /// Serves Prometheus metrics on this port of 127.0.0.1; not at all if left out. 0 lets the system choose.
    pub metrics_port: Option<u16>,
    /// What strangers may use up.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from(DEFAULT_DATA),
            port: DEFAULT_PORT,
            listen: Vec::new(),
            external: Vec::new(),
            peers: Vec::new(),
            metrics_port: None,
            limits: Limits::default(),
        }
    }
}

/// What strangers may use up. The defaults fit a machine with 1 GB of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections in all.
    pub connections: u32,
    /// Connections of one peer id.
    pub connections_per_peer: u32,
    /// Inbound connections of one IPv4 address or IPv6 /64.
    pub connections_per_address: u32,
    /// Nodes that may be reachable through this one at a time.
    pub reservations: u32,
    /// Relayed connections at a time.
    pub circuits: u32,
    /// Relayed connections of one peer at a time.
    pub circuits_per_peer: u32,
    /// How long one relayed connection may last, in minutes; then its ends make a new one.
    pub circuit_minutes: u32,
    /// How much one relayed connection may carry, in MiB.
    pub circuit_mib: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_peer: 8,
            connections_per_address: 512,
            reservations: 4_096,
            circuits: 2_048,
            circuits_per_peer: 32,
            circuit_minutes: 6 * 60,
            circuit_mib: 256,
        }
    }
}

impl Limits {
    /// How long one relayed connection may last.
    pub fn circuit_duration(&self) -> Duration {
        Duration::from_secs(u64::from(self.circuit_minutes) * 60)
    }

    /// How much one relayed connection may carry, in bytes.
    pub fn circuit_bytes(&self) -> u64 {
        u64::from(self.circuit_mib) * MIB
    }

    fn check(&self) -> Result<(), ConfigError> {
        const DAY_MINUTES: u32 = 24 * 60;
        let ranges = [
            ("limits.connections", self.connections, 1_000_000),
            ("limits.connections_per_peer", self.connections_per_peer, 1_000),
            (
                "limits.connections_per_address",
                self.connections_per_address,
                1_000_000,
            ),
            ("limits.reservations", self.reservations, 1_000_000),
            ("limits.circuits", self.circuits, 1_000_000),
            ("limits.circuits_per_peer", self.circuits_per_peer, 1_000_000),
            ("limits.circuit_minutes", self.circuit_minutes, DAY_MINUTES),
            ("limits.circuit_mib", self.circuit_mib, 1_000_000),
        ];
        for (name, found, max) in ranges {
            if found == 0 || found > max {
                return Err(ConfigError::OutOfRange {
                    name,
                    min: 1,
                    max: max.into(),
                    found: found.into(),
                });
            }
        }
        Ok(())
    }
}

/// Another bootstrap node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Who.
    pub id: PeerId,
    /// Where, without `/p2p/…`.
    pub address: Multiaddr,
}

impl Config {
    /// A node that only this machine can reach, on ports the system chooses: for tests and demonstrations.
    pub fn loopback(data: PathBuf) -> Self {
        let tcp = Multiaddr::from(Ipv4Addr::LOCALHOST).with(Protocol::Tcp(0));
        let quic = Multiaddr::from(Ipv4Addr::LOCALHOST)
            .with(Protocol::Udp(0))
            .with(Protocol::QuicV1);
        Self {
            data,
            listen: vec![tcp, quic],
            ..Self::default()
        }
    }

    /// Reads a TOML file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| FileError {
            action: "read",
            path: path.to_path_buf(),
            source,
        })?;
        toml::from_str(&text).map_err(|error| ConfigError::Syntax {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })
    }

    /// Checks what types alone cannot say.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.limits.check()?;
        self.peers().map(|_| ())
    }

    /// The other bootstrap nodes, taken apart.
    pub fn peers(&self) -> Result<Vec<Peer>, ConfigError> {
        self.peers.iter().map(peer).collect()
    }

    /// Where to listen, and whether each must come up: of the default set one is enough, since a machine may have
    /// no IPv6 at all.
    pub(crate) fn listeners(&self) -> Vec<(Multiaddr, Need)> {
        if !self.listen.is_empty() {
            return self
                .listen
                .iter()
                .map(|address| (address.clone(), Need::Required))
                .collect();
        }
        let v4 = Multiaddr::from(Ipv4Addr::UNSPECIFIED);
        let v6 = Multiaddr::from(Ipv6Addr::UNSPECIFIED);
        let with_ports = |ip: Multiaddr, need| {
            let quic = ip.clone().with(Protocol::Udp(self.port)).with(Protocol::QuicV1);
            [(ip.with(Protocol::Tcp(self.port)), need), (quic, need)]
        };
        with_ports(v4, Need::Required)
            .into_iter()
            .chain(with_ports(v6, Need::Optional))
            .collect()
    }
}

/// Whether a listener must come up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
}

fn peer(address: &Multiaddr) -> Result<Peer, ConfigError> {
    let mut rest = address.clone();
    match rest.pop() {
        Some(Protocol::P2p(id)) => Ok(Peer { id, address: rest }),
        _ => Err(ConfigError::PeerWithoutId {
            address: address.clone(),
        }),
    }
}

/// The command line. What is named here wins over the file; lists replace lists.
#[derive(Clone, Debug, Default, clap::Parser)]
#[command(
    name = "kith-bootstrap",
    version,
    about = "Discovery and relay for Kith: stores no message and can read none."
)]
pub struct Flags {
    /// Reads settings from this TOML file first.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder that keeps the identity [default: kith-bootstrap-data].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The port for TCP and QUIC on all interfaces; 0 lets the system choose [default: 5484].
    #[arg(long, value_name = "PORT", conflicts_with = "listen")]
    pub port: Option<u16>,
    /// Listens at this multiaddr only; may be repeated.
    #[arg(long, value_name = "MULTIADDR")]
    pub listen: Vec<Multiaddr>,
    /// Hands out this multiaddr instead of those listened on; may be repeated.
    #[arg(long, value_name = "MULTIADDR")]
    pub external: Vec<Multiaddr>,
    /// Another bootstrap node, as it prints itself; may be repeated.
    #[arg(long, value_name = "MULTIADDR")]
    pub peer: Vec<Multiaddr>,
    /// Serves Prometheus metrics at http://127.0.0.1:PORT/metrics; 0 lets the system choose.
    #[arg(long, value_name = "PORT")]
    pub metrics_port: Option<u16>,
    /// What to log on stderr: error, warn, info, debug, trace, or a filter such as libp2p_relay=debug,info.
    #[arg(long, value_name = "FILTER", default_value = "info,libp2p_kad=error")]
    pub log: String,
}

impl Flags {
    /// The file with the flags laid over it, checked.
    pub fn into_config(self) -> Result<Config, ConfigError> {
        let mut config = match &self.config {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        };
        if let Some(data) = self.data {
            config.data = data;
        }
        if let Some(port) = self.port {
            config.port = port;
            config.listen.clear();
        }
        for (flag, setting) in [
            (self.listen, &mut config.listen),
            (self.external, &mut config.external),
            (self.peer, &mut config.peers),
        ] {
            if !flag.is_empty() {
                *setting = flag;
            }
        }
        config.metrics_port = self.metrics_port.or(config.metrics_port);
        config.check()?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    const PEER: &str =
        "/dns4/b.kith.example/tcp/5484/p2p/12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf";

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kith-bootstrap.toml");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn flags(args: &[&str]) -> Flags {
        Flags::parse_from(std::iter::once("kith-bootstrap").chain(args.iter().copied()))
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let text = format!(
            "port = 1\nmetrics_port = 9464\nexternal = [\"/ip4/203.0.113.9/tcp/1\"]\npeers = [\"{PEER}\"]\n\
             [limits]\ncircuit_mib = 16\n"
        );
        let (_folder, path) = file(&text);
        let config = flags(&[
            "--config",
            path.to_str().unwrap(),
            "--port",
            "2",
            "--external",
            "/dns4/kith.example/tcp/2",
        ])
        .into_config()
        .unwrap();
        assert_eq!(config.port, 2);
        assert_eq!(config.metrics_port, Some(9464));
        assert_eq!(
            config.external,
            ["/dns4/kith.example/tcp/2".parse::<Multiaddr>().unwrap()]
        );
        assert_eq!(config.peers, [PEER.parse::<Multiaddr>().unwrap()]);
        assert_eq!(config.limits.circuit_bytes(), 16 * MIB);
        assert_eq!(config.limits.circuits, Limits::default().circuits);
        assert_eq!(config.data, Path::new(DEFAULT_DATA));
    }

    #[test]
    fn mistakes_in_the_file_are_named_with_their_place() {
        for (text, named) in [
            ("prot = 1", "prot"),
            ("port = 70000", "70000"),
            ("listen = [\"nonsense\"]", "listen"),
            ("[limits]\ncircuit_kib = 1", "circuit_kib"),
        ] {
            let (_folder, path) = file(text);
            let error = Config::read(&path).unwrap_err().to_string();
            assert!(
                error.contains(named) && error.contains("kith-bootstrap.toml"),
                "{error}"
            );
        }
        let missing = Config::read(Path::new("/nowhere/at/all.toml"))
            .unwrap_err()
            .to_string();
        assert!(missing.contains("/nowhere/at/all.toml"), "{missing}");
    }

    #[test]
    fn a_peer_without_an_id_and_a_limit_of_nothing_are_refused() {
        let error = flags(&["--peer", "/ip4/203.0.113.9/tcp/1"])
            .into_config()
            .unwrap_err();
        assert!(matches!(error, ConfigError::PeerWithoutId { .. }), "{error}");
        let mut config = Config::default();
        config.limits.circuits = 0;
        let error = config.check().unwrap_err();
        assert!(error.to_string().contains("limits.circuits"), "{error}");
        config.limits = Limits {
            circuit_minutes: u32::MAX,
            ..Limits::default()
        };
        assert!(matches!(config.check(), Err(ConfigError::OutOfRange { .. })));
    }

    #[test]
    fn the_documented_example_is_valid() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("kith-bootstrap.example.toml");
        let config = Config::read(&example).unwrap();
        config.check().unwrap();
        assert_eq!(
            config.limits,
            Limits::default(),
            "the example states the defaults"
        );
        assert_eq!(config.port, DEFAULT_PORT);
    }
}
