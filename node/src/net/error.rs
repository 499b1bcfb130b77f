//! What can keep the network from starting, and plain words for what keeps a dial from succeeding.

use std::io;

use libp2p::{TransportError, core::ConnectedPoint, swarm::DialError};
use thiserror::Error;

use crate::view::DialProblem;

/// Why the network could not be started or used.
#[derive(Debug, Error)]
pub enum NetError {
    /// The device key is not usable as a network identity.
    #[error(
        "This device's key cannot be used as a network identity. Nothing was sent; restore the profile from a backup."
    )]
    BadDeviceKey,
    /// Noise, QUIC or another transport refused to be set up.
    #[error("The network transports could not be set up: {0}. Stored messages are safe; restart the app.")]
    Transport(String),
    /// gossipsub refused its configuration.
    #[error("Gossip could not be set up: {0}. Stored messages are safe; this is a fault of the program.")]
    Gossip(String),
    /// No address could be listened on.
    #[error(
        "No network port could be opened: {0}. Stored messages are safe; check the firewall and the wished port."
    )]
    NoListener(String),
    /// The system gave no random bytes.
    #[error("The system gave no random bytes. Nothing was sent; restart the machine.")]
    NoRandomness,
    /// The network has been shut down.
    #[error("The network of this node has been shut down.")]
    Stopped,
}

/// Why a dial failed; of several reasons the most telling one.
#[must_use]
pub fn dial_problem(error: &DialError) -> DialProblem {
    match error {
        DialError::LocalPeerId { .. } => DialProblem::OwnAddress,
        DialError::NoAddresses => DialProblem::NoAddress,
        DialError::DialPeerConditionFalse(_) | DialError::Aborted => DialProblem::GivenUp,
        DialError::WrongPeerId { .. } => DialProblem::WrongIdentity,
        DialError::Denied { .. } => DialProblem::TooManyConnections,
        DialError::Transport(attempts) => attempts
            .iter()
            .map(|(_, error)| transport_problem(error))
            .max_by_key(|problem| weight(*problem))
            .unwrap_or(DialProblem::NoAnswer),
    }
}

/// Plain words for a failed dial, for the log.
#[must_use]
pub fn explain_dial(error: &DialError) -> &'static str {
    match dial_problem(error) {
        DialProblem::OwnAddress => "this address leads back to this device",
        DialProblem::NoAddress => "no address is known",
        DialProblem::GivenUp => "the attempt was given up",
        DialProblem::WrongIdentity => "somebody else answers at this address (wrong identity)",
        DialProblem::TooManyConnections => "too many connections are open",
        DialProblem::NoAnswer => "no address answered",
        DialProblem::Unsupported => "this kind of address is not supported",
        DialProblem::Broken => "the connection broke before it stood",
        DialProblem::Unreachable => "the network cannot be reached",
        DialProblem::TimedOut => "no answer (timed out)",
        DialProblem::Refused => "refused: nobody listens there",
        DialProblem::Unresolved => "the name could not be looked up",
        DialProblem::Lost => "the connection was lost",
    }
}

/// The address of a connection's other end, as it counts for the path.
#[must_use]
pub fn remote_address(endpoint: &ConnectedPoint) -> &libp2p::Multiaddr {
    match endpoint {
        ConnectedPoint::Dialer { address, .. } => address,
        ConnectedPoint::Listener { send_back_addr, .. } => send_back_addr,
    }
}

/// How much the reason why one address failed tells a person.
fn weight(problem: DialProblem) -> u8 {
    match problem {
        DialProblem::Refused => 5,
        DialProblem::Unresolved => 4,
        DialProblem::TimedOut => 3,
        DialProblem::Unreachable => 2,
        DialProblem::Broken => 1,
        _ => 0,
    }
}

/// libp2p wraps the system's error several layers deep, so kinds are looked for along the chain of sources and, where a
/// layer keeps only text, in the text.
fn transport_problem(error: &TransportError<io::Error>) -> DialProblem {
    let TransportError::Other(error) = error else {
        return DialProblem::Unsupported;
    };
    if let Some(reason) = reason_of_kind(error.kind()) {
        return reason;
    }
    let mut source: Option<&(dyn std::error::Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(inner) = source {
        if let Some(reason) = inner
            .downcast_ref::<io::Error>()
            .and_then(|io| reason_of_kind(io.kind()))
        {
            return reason;
        }
        source = inner.source();
    }
    reason_of_text(&format!("{error:?}").to_lowercase())
}

fn reason_of_kind(kind: io::ErrorKind) -> Option<DialProblem> {
    match kind {
        io::ErrorKind::ConnectionRefused => Some(DialProblem::Refused),
        io::ErrorKind::TimedOut => Some(DialProblem::TimedOut),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            Some(DialProblem::Unreachable)
        }
        _ => None,
    }
}

fn reason_of_text(text: &str) -> DialProblem {
    let has = |word: &str| text.contains(word);
    if has("refused") {
        DialProblem::Refused
    } else if has("resolve") || has("dns") {
        DialProblem::Unresolved
    } else if has("timed out") || has("timedout") || has("timeout") {
        DialProblem::TimedOut
    } else if has("unreachable") {
        DialProblem::Unreachable
    } else {
        DialProblem::Broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kinds: &[io::ErrorKind]) -> DialError {
        let address: libp2p::Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
        DialError::Transport(
            kinds
                .iter()
                .map(|kind| (address.clone(), TransportError::Other(io::Error::from(*kind))))
                .collect(),
        )
    }

    #[test]
    fn the_most_telling_reason_is_shown() {
        let error = failed(&[
            io::ErrorKind::TimedOut,
            io::ErrorKind::ConnectionRefused,
            io::ErrorKind::Other,
        ]);
        assert_eq!(explain_dial(&error), "refused: nobody listens there");
        assert_eq!(
            explain_dial(&failed(&[io::ErrorKind::TimedOut])),
            "no answer (timed out)"
        );
        assert_eq!(explain_dial(&failed(&[])), "no address answered");
    }

    #[test]
    fn a_wrapped_error_still_names_its_cause() {
        let inner = io::Error::from(io::ErrorKind::ConnectionRefused);
        let address: libp2p::Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
        let error = DialError::Transport(vec![(address, TransportError::Other(io::Error::other(inner)))]);
        assert_eq!(explain_dial(&error), "refused: nobody listens there");
    }
}
