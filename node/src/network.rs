//! The truth about our connections, as a screen sees it.

use libp2p::{Multiaddr, multiaddr::Protocol};

use crate::{
    clock,
    command::Reply,
    contacts,
    effects::Transmit,
    error::CommandError,
    event::Event,
    store::DiskTrouble,
    turn::{Step, Turn},
    view::{BootstrapView, NetworkProblem, NetworkView},
};

/// More than anybody needs: one that answers is enough.
const MOST_BOOTSTRAPS: usize = 16;

/// What there is to say about connections now.
pub(crate) fn view(turn: &Turn) -> NetworkView {
    let clock_off_by_ms = clock::clock_off_by_ms(turn);
    let live = &turn.live;
    let mut problems = Vec::new();
    // Whoever is connected has a network, if only the one within this machine.
    if is_alone(turn)
        && !live.listening.is_empty()
        && live.listening.iter().all(|address| is_loopback(address))
    {
        problems.push(NetworkProblem::NoNetwork);
    }
    problems.extend(
        live.port_in_use
            .map(|wished| NetworkProblem::PortInUse { wished }),
    );
    if !live.bootstraps.is_empty() && !live.bootstraps.iter().any(|bootstrap| bootstrap.connected) {
        problems.push(NetworkProblem::NoBootstrap);
    }
    let time_ahead_ms = live.wall.ahead_ms();
    problems.extend(match clock_off_by_ms {
        Some(by_ms) => Some(NetworkProblem::ClockOff { by_ms }),
        // Nobody is there to say what time it is, or they say what we go by already.
        None if time_ahead_ms != 0 => Some(NetworkProblem::ClockDoubted { by_ms: time_ahead_ms }),
        None => None,
    });
    problems.extend(
        live.newer
            .values()
            .map(|name| NetworkProblem::NewerKith { name: name.clone() }),
    );
    problems.extend(
        live.kept_out
            .values()
            .map(|(name, until_ms)| NetworkProblem::KeptOut {
                name: name.clone(),
                until_ms: *until_ms,
            }),
    );
    problems.extend(live.disk.map(|trouble| match trouble {
        DiskTrouble::Full => NetworkProblem::DiskFull,
        DiskTrouble::Failing => NetworkProblem::DiskFailing,
    }));
    let contacts = live.links.values().filter(|link| link.is_contact);
    let mut online: Vec<_> = contacts.map(|link| link.account).collect();
    online.sort_unstable();
    online.dedup();
    NetworkView {
        listening: live.listening.clone(),
        bootstraps: live.bootstraps.clone(),
        lan_discovery: live.lan_discovery,
        contacts_online: u32::try_from(online.len()).unwrap_or(u32::MAX),
        clock_off_by_ms,
        time_ahead_ms,
        problems,
    }
}

/// Whether nobody is connected, neither a device nor a bootstrap node.
pub(crate) fn is_alone(turn: &Turn) -> bool {
    turn.live.links.is_empty() && connected(&turn.live.bootstraps) == 0
}

fn connected(bootstraps: &[BootstrapView]) -> usize {
    bootstraps.iter().filter(|view| view.connected).count()
}

fn is_loopback(address: &str) -> bool {
    address.starts_with("/ip4/127.") || address.starts_with("/ip6/::1/")
}

/// Tells listeners about connections.
pub(crate) fn emit(turn: &mut Turn) -> Step {
    let view = view(turn);
    turn.emit(Event::Network(view));
    Ok(())
}

/// Where we can be reached changed.
pub(crate) fn own_addresses(turn: &mut Turn, addresses: Vec<String>, listening: Vec<String>) -> Step {
    let changed = turn.live.own_addresses != addresses;
    turn.live.own_addresses = addresses;
    turn.live.listening = listening;
    if changed {
        // A network that came back, or another one: whoever could not be reached may be reachable now.
        contacts::discovery::addresses_changed(turn);
        contacts::discovery::look_up_soon(turn);
        contacts::dialing::everyone_soon(turn)?;
        contacts::introduction::send_to_all(turn)?;
    }
    emit(turn)
}

/// There is no network any more, until there is another one: of what it told nothing holds.
pub(crate) fn down(turn: &mut Turn) -> Step {
    turn.live.own_addresses.clear();
    turn.live.listening.clear();
    turn.live.lan_discovery = false;
    for bootstrap in &mut turn.live.bootstraps {
        bootstrap.connected = false;
    }
    emit(turn)
}

/// Bootstrap nodes came or went.
pub(crate) fn bootstraps(turn: &mut Turn, bootstraps: Vec<BootstrapView>) -> Step {
    let before = connected(&turn.live.bootstraps);
    let more = connected(&bootstraps) > before;
    turn.live.bootstraps = bootstraps;
    if more {
        contacts::discovery::connected(turn);
    }
    if more && before == 0 {
        contacts::dialing::revived(turn)?;
    }
    emit(turn)
}

/// Which bootstrap nodes to use besides those of the start.
pub(crate) fn set_bootstraps(turn: &mut Turn, addresses: Vec<String>) -> Step<Reply> {
    if addresses.len() > MOST_BOOTSTRAPS {
        return Err(CommandError::OutOfRange {
            what: "addresses".into(),
            min: 0,
            max: MOST_BOOTSTRAPS as u64,
        }
        .into());
    }
    if let Some(address) = addresses.iter().find(|address| !can_be_dialled(address)) {
        let address = address.clone();
        return Err(CommandError::NotABootstrap { address }.into());
    }
    turn.live.named_bootstraps.clone_from(&addresses);
    turn.transmit(Transmit::SetBootstraps { addresses });
    Ok(Reply::Done)
}

/// Whether an address says where a bootstrap node is: a host, and a port of a transport that we speak.
fn can_be_dialled(address: &str) -> bool {
    let Ok(address) = address.parse::<Multiaddr>() else {
        return false;
    };
    let mut parts = address.iter();
    let is_host = |part: Option<Protocol<'_>>| {
        use Protocol::{Dns, Dns4, Dns6, Ip4, Ip6};
        matches!(part, Some(Ip4(_) | Ip6(_) | Dns(_) | Dns4(_) | Dns6(_)))
    };
    let host = is_host(parts.next());
    let transport = match parts.next() {
        Some(Protocol::Tcp(_)) => true,
        Some(Protocol::Udp(_)) => matches!(parts.next(), Some(Protocol::QuicV1)),
        _ => false,
    };
    let rest = matches!(
        (parts.next(), parts.next()),
        (None | Some(Protocol::P2p(_)), None)
    );
    host && transport && rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_bootstrap_node_names_a_host_and_a_port() {
        let peer = "12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo";
        for address in [
            "/ip4/203.0.113.9/tcp/5484",
            "/dns4/kith.example.org/udp/5484/quic-v1",
        ] {
            assert!(can_be_dialled(address), "{address}");
            assert!(can_be_dialled(&format!("{address}/p2p/{peer}")), "{address}");
        }
        let relayed = format!("/ip4/203.0.113.9/tcp/5484/p2p/{peer}/p2p-circuit");
        for address in [
            "",
            "kith.example.org",
            "203.0.113.9:5484",
            "/ip4/203.0.113.9",
            "/ip4/203.0.113.9/udp/5484",
            "/tcp/5484",
            relayed.as_str(),
        ] {
            assert!(!can_be_dialled(address), "{address}");
        }
    }
}
