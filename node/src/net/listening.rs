//! Listening: at the wished addresses, or at free ports where a wished one is taken.

use std::io;

use libp2p::{Multiaddr, Swarm, TransportError, multiaddr::Protocol};

use super::{behaviour::Behaviour, error::NetError};

/// Listens at the wished addresses; gives the port that was taken, if one was.
///
/// # Errors
/// [`NetError::NoListener`] if nothing can be listened on.
pub fn listen(swarm: &mut Swarm<Behaviour>, wished: &[Multiaddr]) -> Result<Option<u16>, NetError> {
    let mut last_error = "no address was wished".to_owned();
    let mut listens = false;
    let mut taken = None;
    for address in wished {
        match listen_on(swarm, address) {
            Ok(None) => listens = true,
            Ok(Some(port)) => {
                listens = true;
                taken = Some(port);
            }
            Err(error) => {
                // Many machines have no IPv6, for instance.
                tracing::debug!(%address, %error, "an address cannot be listened on");
                last_error = error.to_string();
            }
        }
    }
    if listens {
        Ok(taken)
    } else {
        Err(NetError::NoListener(last_error))
    }
}

/// Listens on an address, at a free port if the wished one is taken; gives the wished port in that case.
fn listen_on(
    swarm: &mut Swarm<Behaviour>,
    address: &Multiaddr,
) -> Result<Option<u16>, TransportError<io::Error>> {
    let Err(error) = swarm.listen_on(address.clone()) else {
        return Ok(None);
    };
    match port_of(address) {
        Some(port) if port != 0 && is_in_use(&error) => {
            swarm.listen_on(with_port(address, 0))?;
            Ok(Some(port))
        }
        _ => Err(error),
    }
}

/// The transports wrap the system's error, so its kind may show in the text only.
fn is_in_use(error: &TransportError<io::Error>) -> bool {
    match error {
        TransportError::Other(error) => {
            error.kind() == io::ErrorKind::AddrInUse || format!("{error:?}").contains("AddrInUse")
        }
        TransportError::MultiaddrNotSupported(_) => false,
    }
}

fn port_of(address: &Multiaddr) -> Option<u16> {
    address.iter().find_map(|part| match part {
        Protocol::Tcp(port) | Protocol::Udp(port) => Some(port),
        _ => None,
    })
}

fn with_port(address: &Multiaddr, port: u16) -> Multiaddr {
    address
        .iter()
        .map(|part| match part {
            Protocol::Tcp(_) => Protocol::Tcp(port),
            Protocol::Udp(_) => Protocol::Udp(port),
            other => other,
        })
        .collect()
}
