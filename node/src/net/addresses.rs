//! Where we can be reached, and which of somebody's addresses are worth dialling.

use std::{collections::BTreeSet, net::IpAddr};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use super::paths::{ip_of, is_local, is_relayed};
use crate::input::NetEvent;

/// How many of a device's addresses are dialled: an invite or a record has no more, an attacker's might.
const MAX_DIALLED: usize = 16;
/// How many observed addresses are kept.
const MAX_OBSERVED: usize = 4;
/// The longest address that is passed on, in characters.
const MAX_ADDRESS_CHARS: usize = 512;

/// The addresses among `addresses` that can be dialled for `peer`: those that parse and do not end at somebody else.
#[must_use]
pub fn dialable(addresses: &[String], peer: &PeerId) -> Vec<Multiaddr> {
    let parsed = addresses
        .iter()
        .filter_map(|address| address.parse::<Multiaddr>().ok());
    let mut kept: Vec<Multiaddr> = Vec::new();
    for address in parsed {
        let (bare, end) = split_peer(address);
        let reachable = end.is_none_or(|end| end == *peer) && !bare.is_empty();
        if reachable && !kept.contains(&bare) && kept.len() < MAX_DIALLED {
            kept.push(bare);
        }
    }
    kept
}

/// Splits a closing `/p2p/…` off.
#[must_use]
pub fn split_peer(mut address: Multiaddr) -> (Multiaddr, Option<PeerId>) {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => {
            address.pop();
            (address, Some(peer))
        }
        _ => (address, None),
    }
}

/// A peer's addresses as the engine takes them: without `/p2p/…`, each once, a bounded number.
#[must_use]
pub fn for_engine(addresses: impl IntoIterator<Item = Multiaddr>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for address in addresses {
        let text = split_peer(address).0.to_string();
        if !text.is_empty()
            && text.len() <= MAX_ADDRESS_CHARS
            && !kept.contains(&text)
            && kept.len() < MAX_DIALLED
        {
            kept.push(text);
        }
    }
    kept
}

/// Our own addresses, as they come and go.
#[derive(Debug, Default)]
pub struct OwnAddresses {
    listening: BTreeSet<Multiaddr>,
    confirmed: BTreeSet<Multiaddr>,
    observed: Vec<Multiaddr>,
    told: Option<(Vec<String>, Vec<String>)>,
}

impl OwnAddresses {
    /// We listen there: on a socket, or at a relay.
    pub fn listens(&mut self, address: Multiaddr) {
        self.listening.insert(split_peer(address).0);
    }

    /// No longer.
    pub fn stopped(&mut self, address: &Multiaddr) {
        self.listening.remove(&split_peer(address.clone()).0);
    }

    /// Somebody confirmed that we can be reached there.
    pub fn confirmed(&mut self, address: Multiaddr) {
        self.confirmed.insert(split_peer(address).0);
    }

    /// No longer.
    pub fn expired(&mut self, address: &Multiaddr) {
        self.confirmed.remove(&split_peer(address.clone()).0);
    }

    /// A bootstrap node sees us there. Over QUIC that is the port we listen on, through whatever NAT lies between, so it
    /// may work; over TCP it is the port of one connection and works for nobody else.
    pub fn observed(&mut self, address: Multiaddr) {
        let quic = address.iter().any(|part| matches!(part, Protocol::QuicV1));
        let public = ip_of(&address).is_some_and(|ip| !is_local(ip));
        let address = split_peer(address).0;
        if quic && public && !is_relayed(&address) && !self.observed.contains(&address) {
            self.observed.insert(0, address);
            self.observed.truncate(MAX_OBSERVED);
        }
    }

    /// News for the engine, if anything changed since the last.
    pub fn news(&mut self) -> Option<NetEvent> {
        let now = (
            self.best_first(),
            self.sockets().map(ToString::to_string).collect::<Vec<String>>(),
        );
        if self.told.as_ref() == Some(&now) {
            return None;
        }
        self.told = Some(now.clone());
        Some(NetEvent::OwnAddresses {
            addresses: now.0,
            listening: now.1,
        })
    }

    fn sockets(&self) -> impl Iterator<Item = &Multiaddr> {
        self.listening.iter().filter(|address| !is_relayed(address))
    }

    /// Public before observed before local before relayed; this machine's own interface only when there is nothing else.
    fn best_first(&self) -> Vec<String> {
        let all = self.listening.iter().chain(&self.confirmed).chain(&self.observed);
        let mut ranked: Vec<(u8, &Multiaddr)> = all
            .filter_map(|address| Some((self.rank(address)?, address)))
            .collect();
        ranked.sort();
        ranked.dedup();
        // Where every socket is on loopback, so is whoever is to find us, relay or not.
        let only_loopback = ranked
            .iter()
            .all(|(rank, _)| matches!(*rank, RANK_LOOPBACK | RANK_RELAYED));
        let worthy = ranked
            .into_iter()
            .filter(|(rank, _)| only_loopback || *rank != RANK_LOOPBACK);
        for_engine(worthy.map(|(_, address)| address.clone()))
    }

    /// Where an address stands among the others, `None` for one that nobody else can use.
    fn rank(&self, address: &Multiaddr) -> Option<u8> {
        if is_relayed(address) {
            return Some(RANK_RELAYED);
        }
        match ip_of(address) {
            Some(ip) if ip.is_loopback() => Some(RANK_LOOPBACK),
            // Means something only together with the interface it was seen on.
            Some(IpAddr::V6(ip)) if ip.is_unicast_link_local() => None,
            Some(ip) if is_local(ip) => Some(RANK_LOCAL),
            _ if self.listening.contains(address) || self.confirmed.contains(address) => Some(RANK_PUBLIC),
            _ => Some(RANK_OBSERVED),
        }
    }
}

const RANK_PUBLIC: u8 = 0;
const RANK_OBSERVED: u8 = 1;
const RANK_LOCAL: u8 = 2;
const RANK_RELAYED: u8 = 3;
const RANK_LOOPBACK: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_addresses_of_that_peer_are_dialled() {
        let (bob, eve) = (PeerId::random(), PeerId::random());
        let addresses = [
            format!("/ip4/192.0.2.1/tcp/1/p2p/{bob}"),
            "/ip4/192.0.2.1/tcp/1".to_owned(),
            format!("/ip4/192.0.2.2/tcp/1/p2p/{eve}"),
            format!("/ip4/192.0.2.3/tcp/1/p2p/{eve}/p2p-circuit"),
            format!("/p2p/{bob}"),
            "nonsense".to_owned(),
        ];
        let dialled = dialable(&addresses, &bob);
        let expected = [
            address("/ip4/192.0.2.1/tcp/1"),
            address(&format!("/ip4/192.0.2.3/tcp/1/p2p/{eve}/p2p-circuit")),
        ];
        assert_eq!(dialled, expected);
    }

    #[test]
    fn own_addresses_come_best_first_and_only_when_they_change() {
        let relay = PeerId::random();
        let mut own = OwnAddresses::default();
        own.listens(address("/ip4/127.0.0.1/tcp/1"));
        let Some(NetEvent::OwnAddresses { addresses, .. }) = own.news() else {
            panic!("news")
        };
        assert_eq!(addresses, ["/ip4/127.0.0.1/tcp/1"], "better than nothing");

        let near = format!("/ip4/127.0.0.1/tcp/9/p2p/{relay}/p2p-circuit");
        own.listens(address(&near));
        let Some(NetEvent::OwnAddresses { addresses, .. }) = own.news() else {
            panic!("news")
        };
        assert!(
            addresses.contains(&"/ip4/127.0.0.1/tcp/1".to_owned()),
            "a relay is no better than the machine itself"
        );
        own.stopped(&address(&near));

        own.listens(address("/ip4/192.168.0.2/tcp/1"));
        own.listens(address("/ip6/fe80::1/tcp/1"));
        own.listens(address(&format!(
            "/ip4/203.0.113.1/tcp/9/p2p/{relay}/p2p-circuit"
        )));
        own.observed(address("/ip4/203.0.113.7/udp/1/quic-v1"));
        own.observed(address("/ip4/203.0.113.7/tcp/50000"));
        let Some(NetEvent::OwnAddresses { addresses, listening }) = own.news() else {
            panic!("news")
        };
        let circuit = format!("/ip4/203.0.113.1/tcp/9/p2p/{relay}/p2p-circuit");
        assert_eq!(
            addresses,
            [
                "/ip4/203.0.113.7/udp/1/quic-v1",
                "/ip4/192.168.0.2/tcp/1",
                &circuit
            ]
        );
        assert_eq!(listening.len(), 3);
        assert!(own.news().is_none());
    }
}
