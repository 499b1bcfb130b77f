//! What can keep the network from starting, and plain words for what keeps a dial from succeeding.

use std::io;

use libp2p::{TransportError, core::ConnectedPoint, swarm::DialError};
use thiserror::Error;

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

/// Plain words for a failed dial, short enough for a status line.
#[must_use]
pub fn explain_dial(error: &DialError) -> String {
    match error {
        DialError::LocalPeerId { .. } => "this address leads back to this device".to_owned(),
        DialError::NoAddresses => "no address is known".to_owned(),
        DialError::DialPeerConditionFalse(_) | DialError::Aborted => "the attempt was given up".to_owned(),
        DialError::WrongPeerId { .. } => "somebody else answers at this address (wrong identity)".to_owned(),
        DialError::Denied { .. } => "too many connections are open".to_owned(),
        DialError::Transport(attempts) => attempts
            .iter()
            .map(|(_, error)| explain_transport(error))
            .max_by_key(|reason| reason.weight())
            .map_or_else(
                || "no address answered".to_owned(),
                |reason| reason.words().to_owned(),
            ),
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

/// Why one address failed. The most telling reason of several is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Unsupported,
    Other,
    Unreachable,
    TimedOut,
    Refused,
    Unresolved,
}

impl Reason {
    /// How much a reason tells a person.
    fn weight(self) -> u8 {
        match self {
            Self::Unsupported => 0,
            Self::Other => 1,
            Self::Unreachable => 2,
            Self::TimedOut => 3,
            Self::Unresolved => 4,
            Self::Refused => 5,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Unsupported => "this kind of address is not supported",
            Self::Other => "the connection broke before it stood",
            Self::Unreachable => "the network cannot be reached",
            Self::TimedOut => "no answer (timed out)",
            Self::Refused => "refused: nobody listens there",
            Self::Unresolved => "the name could not be looked up",
        }
    }
}

/// libp2p wraps the system's error several layers deep, so kinds are looked for along the chain of sources and, where a
/// layer keeps only text, in the text.
fn explain_transport(error: &TransportError<io::Error>) -> Reason {
    let TransportError::Other(error) = error else {
        return Reason::Unsupported;
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

fn reason_of_kind(kind: io::ErrorKind) -> Option<Reason> {
    match kind {
        io::ErrorKind::ConnectionRefused => Some(Reason::Refused),
        io::ErrorKind::TimedOut => Some(Reason::TimedOut),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            Some(Reason::Unreachable)
        }
        _ => None,
    }
}

fn reason_of_text(text: &str) -> Reason {
    let has = |word: &str| text.contains(word);
    if has("refused") {
        Reason::Refused
    } else if has("resolve") || has("dns") {
        Reason::Unresolved
    } else if has("timed out") || has("timedout") || has("timeout") {
        Reason::TimedOut
    } else if has("unreachable") {
        Reason::Unreachable
    } else {
        Reason::Other
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
