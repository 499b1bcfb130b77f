//! Which addresses a bootstrap node hands out: to people on the terminal, and to nodes that reserve a relay slot.

use std::{collections::BTreeSet, net::IpAddr};

use libp2p::{Multiaddr, multiaddr::Protocol};

/// How far an address reaches; the farthest is handed out first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// A name, or an address of the whole internet.
    World,
    /// Private, unique local or link-local.
    Site,
    /// This machine alone.
    Machine,
}

/// What is handed out: the addresses the operator named, or, if none were, those that are listened on. Loopback is
/// left out as long as there is anything that reaches farther.
pub fn announced(external: &[Multiaddr], listening: &BTreeSet<Multiaddr>) -> Vec<Multiaddr> {
    if !external.is_empty() {
        return external.to_vec();
    }
    let mut ranked: Vec<_> = listening
        .iter()
        .map(|address| (reach(address), address.clone()))
        .collect();
    ranked.sort();
    let farther = ranked.iter().any(|(reach, _)| *reach != Reach::Machine);
    ranked
        .into_iter()
        .filter(|(reach, _)| !farther || *reach != Reach::Machine)
        .map(|(_, address)| address)
        .collect()
}

/// Whether only this machine can reach the address.
pub fn is_loopback(address: &Multiaddr) -> bool {
    reach(address) == Reach::Machine
}

fn reach(address: &Multiaddr) -> Reach {
    let ip = address.iter().find_map(|part| match part {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
        _ => None,
    });
    match ip {
        None => Reach::World,
        Some(ip) if ip.is_loopback() => Reach::Machine,
        Some(IpAddr::V4(ip)) if ip.is_private() || ip.is_link_local() => Reach::Site,
        Some(IpAddr::V6(ip)) if ip.is_unique_local() || ip.is_unicast_link_local() => Reach::Site,
        Some(_) => Reach::World,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(addresses: &[&str]) -> BTreeSet<Multiaddr> {
        addresses.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn texts(addresses: &[Multiaddr]) -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_farthest_reaching_comes_first_and_loopback_only_when_alone() {
        let mixed = set(&[
            "/ip4/127.0.0.1/tcp/1",
            "/ip4/10.0.0.7/tcp/1",
            "/ip4/203.0.113.9/tcp/1",
            "/ip6/::1/tcp/1",
        ]);
        assert_eq!(
            texts(&announced(&[], &mixed)),
            ["/ip4/203.0.113.9/tcp/1", "/ip4/10.0.0.7/tcp/1"]
        );
        let alone = set(&["/ip4/127.0.0.1/tcp/1"]);
        assert_eq!(texts(&announced(&[], &alone)), ["/ip4/127.0.0.1/tcp/1"]);
    }

    #[test]
    fn what_the_operator_named_replaces_what_was_found() {
        let named: Multiaddr = "/dns4/kith.example/tcp/5484".parse().unwrap();
        let found = set(&["/ip4/10.0.0.7/tcp/1"]);
        assert_eq!(announced(std::slice::from_ref(&named), &found), [named]);
    }
}
