//! The truth about our connections, as a screen sees it.

use crate::{
    clock, contacts,
    event::Event,
    turn::{Step, Turn},
    view::{BootstrapView, NetworkProblem, NetworkView},
};

/// What there is to say about connections now.
pub(crate) fn view(turn: &Turn) -> NetworkView {
    let clock_off_by_ms = clock::clock_off_by_ms(turn);
    let live = &turn.live;
    let mut problems = Vec::new();
    let alone = live.links.is_empty() && !live.bootstraps.iter().any(|bootstrap| bootstrap.connected);
    // Whoever is connected has a network, if only the one within this machine.
    if alone && !live.listening.is_empty() && live.listening.iter().all(|address| is_loopback(address)) {
        problems.push(NetworkProblem::NoNetwork);
    }
    problems.extend(
        live.port_in_use
            .map(|wished| NetworkProblem::PortInUse { wished }),
    );
    if !live.bootstraps.is_empty() && !live.bootstraps.iter().any(|bootstrap| bootstrap.connected) {
        problems.push(NetworkProblem::NoBootstrap);
    }
    problems.extend(clock_off_by_ms.map(|by_ms| NetworkProblem::ClockOff { by_ms }));
    if live.disk_full {
        problems.push(NetworkProblem::DiskFull);
    }
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
        problems,
    }
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

/// Bootstrap nodes came or went.
pub(crate) fn bootstraps(turn: &mut Turn, bootstraps: Vec<BootstrapView>) -> Step {
    let connected = |views: &[BootstrapView]| views.iter().filter(|view| view.connected).count();
    let more = connected(&bootstraps) > connected(&turn.live.bootstraps);
    turn.live.bootstraps = bootstraps;
    if more {
        contacts::discovery::connected(turn);
    }
    emit(turn)
}
