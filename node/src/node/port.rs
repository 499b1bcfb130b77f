//! The port of a profile: chosen once by chance and kept, so that addresses that contacts remember stay true across
//! restarts, and a router's forwarding rule has something to hold on to.

use std::path::Path;

use libp2p::{Multiaddr, multiaddr::Protocol};

/// Ports that are neither reserved for services nor handed out to clients by common systems.
const FIRST: u16 = 20_000;
const LAST: u16 = 32_000;

/// The profile's port, chosen at its first start. A folder that cannot be written gets another one each time.
pub(super) fn of_profile(dir: &Path) -> u16 {
    let file = dir.join("port");
    let kept = std::fs::read_to_string(&file)
        .ok()
        .and_then(|text| text.trim().parse::<u16>().ok());
    if let Some(port) = kept.filter(|port| *port >= 1_024) {
        return port;
    }
    let mut random = [0; 2];
    // Without randomness every profile would wish the same port, and the network falls back to a free one.
    let _ = getrandom::fill(&mut random);
    let port = FIRST + u16::from_le_bytes(random) % (LAST - FIRST);
    if let Err(error) = std::fs::write(&file, format!("{port}\n")) {
        tracing::warn!(%error, "the port could not be kept");
    }
    port
}

/// Puts `port` wherever an address leaves it to the system.
pub(super) fn wish(addresses: &mut [Multiaddr], port: u16) {
    for address in addresses {
        let wished = address.iter().map(|part| match part {
            Protocol::Tcp(0) => Protocol::Tcp(port),
            Protocol::Udp(0) => Protocol::Udp(port),
            other => other,
        });
        *address = wished.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_keeps_its_port() {
        let dir = tempfile::tempdir().unwrap();
        let port = of_profile(dir.path());
        assert!((FIRST..LAST).contains(&port));
        assert_eq!(of_profile(dir.path()), port);
    }

    #[test]
    fn only_open_ports_are_filled_in() {
        let parse = |text: &str| text.parse::<Multiaddr>().unwrap();
        let mut addresses = [
            parse("/ip4/127.0.0.1/tcp/0"),
            parse("/ip4/127.0.0.1/udp/7/quic-v1"),
        ];
        wish(&mut addresses, 25_000);
        assert_eq!(
            addresses,
            [
                parse("/ip4/127.0.0.1/tcp/25000"),
                parse("/ip4/127.0.0.1/udp/7/quic-v1")
            ]
        );
    }
}
