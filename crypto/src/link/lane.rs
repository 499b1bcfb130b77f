//! Lanes: the streams of a link. Each has its own key per direction, and a counter for a nonce.
//!
//! A lane is a sequence: what was sealed first must be opened first, and a frame that is lost, repeated, moved or
//! changed does not open. That a lane *ends* is not protected by its key: whoever frames messages on it says in a
//! message that it is the last one.

use core::fmt;
use std::collections::BTreeSet;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use zeroize::Zeroize;

use super::LinkError;
use super::messages::Role;
use crate::error::CryptoError;
use crate::kdf::Kdf;
use crate::secret::secret_bytes;

const LINK_LABEL: &[u8] = b"kith link keys v1";
const LANE_LABEL: &[u8] = b"kith link lane v1";
const EXPORT_LABEL: &[u8] = b"kith link exporter v1";

/// Bytes by which a sealed message is longer than its plaintext: the Poly1305 tag.
pub const LANE_OVERHEAD_BYTES: usize = 16;

secret_bytes! {
    /// What message 1 and 2 agreed on, before the identities are proven.
    SessionSecret
}

secret_bytes! {
    /// What the keys of all lanes are derived from.
    LinkSecret
}

/// The keys of a standing link.
pub struct LinkKeys {
    secret: LinkSecret,
    own_role: Role,
    taken: BTreeSet<u32>,
}

impl LinkKeys {
    /// Binds the session to the hash of the whole transcript, message 4 included.
    pub(super) fn new(session: &SessionSecret, transcript_hash: &[u8; 32], own_role: Role) -> Self {
        let secret = Kdf::extract(transcript_hash, session.as_bytes()).expand(&[LINK_LABEL]);
        Self {
            secret: LinkSecret::from_bytes(secret),
            own_role,
            taken: BTreeSet::new(),
        }
    }

    /// Both directions of the lane with this number. Each number can be taken once in the life of a link: two sealers
    /// for one lane would use the same nonces twice. Both sides must mean the same stream by a number, so the node
    /// lets the initiator number its streams evenly and the responder oddly, or fixes them.
    ///
    /// # Errors
    /// [`LinkError::LaneTaken`] for a number that was taken before.
    pub fn lane(&mut self, lane: u32) -> Result<(LaneSealer, LaneOpener), LinkError> {
        if !self.taken.insert(lane) {
            return Err(LinkError::LaneTaken { lane });
        }
        let sealer = LaneSealer {
            cipher: self.cipher(lane, self.own_role),
            next: 0,
        };
        let opener = LaneOpener {
            cipher: self.cipher(lane, self.own_role.other()),
            next: 0,
        };
        Ok((sealer, opener))
    }

    /// 32 bytes for `label` that both ends derive alike and nobody else can: binds what travels elsewhere to this very
    /// link, as the exporters of TLS do (RFC 8446 section 7.5). Tells nothing about the keys of the lanes.
    pub fn exporter(&self, label: &str) -> [u8; 32] {
        Kdf::from_uniform(self.secret.as_bytes()).expand(&[EXPORT_LABEL, label.as_bytes()])
    }

    /// The cipher for what `sender` sends on `lane`.
    fn cipher(&self, lane: u32, sender: Role) -> ChaCha20Poly1305 {
        let direction: u8 = match sender {
            Role::Initiator => 0,
            Role::Responder => 1,
        };
        let kdf = Kdf::from_uniform(self.secret.as_bytes());
        let mut key = kdf.expand(&[LANE_LABEL, &lane.to_be_bytes(), &[direction]]);
        let cipher = ChaCha20Poly1305::new(&key.into());
        key.zeroize();
        cipher
    }
}

/// The sending direction of a lane.
pub struct LaneSealer {
    cipher: ChaCha20Poly1305,
    next: u64,
}

impl LaneSealer {
    /// Seals the next message of the lane.
    ///
    /// # Errors
    /// [`LinkError::LaneExhausted`] after 2^64 - 1 messages; `Encoding` for a message over 256 GiB.
    pub fn seal(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, LinkError> {
        let following = self.next.checked_add(1).ok_or(LinkError::LaneExhausted)?;
        let sealed = self.cipher.encrypt(&nonce(self.next), plaintext);
        let sealed = sealed.map_err(|_| CryptoError::Encoding { what: "link message" })?;
        self.next = following;
        Ok(sealed)
    }
}

/// The receiving direction of a lane.
pub struct LaneOpener {
    cipher: ChaCha20Poly1305,
    next: u64,
}

impl LaneOpener {
    /// Opens the next message of the lane.
    ///
    /// # Errors
    /// `DoesNotOpen` for anything but the next message as it was sealed: the caller closes the stream, nothing later
    /// on it can be trusted. [`LinkError::LaneExhausted`] after 2^64 - 1 messages.
    pub fn open(&mut self, sealed: &[u8]) -> Result<Vec<u8>, LinkError> {
        let following = self.next.checked_add(1).ok_or(LinkError::LaneExhausted)?;
        let opened = self.cipher.decrypt(&nonce(self.next), sealed);
        let opened = opened.map_err(|_| CryptoError::DoesNotOpen { what: "link message" })?;
        self.next = following;
        Ok(opened)
    }
}

/// Four zero bytes, then the counter, big endian (as in RFC 8446 section 5.3, with no mask: the key serves one
/// direction of one lane).
fn nonce(counter: u64) -> Nonce {
    let mut nonce = [0; 12];
    for (to, from) in nonce.iter_mut().skip(4).zip(counter.to_be_bytes()) {
        *to = from;
    }
    nonce.into()
}

impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkKeys")
            .field("lanes", &self.taken.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for LaneSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LaneSealer")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for LaneOpener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LaneOpener")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ends() -> (LinkKeys, LinkKeys) {
        let session = SessionSecret::from_bytes([0xCD; 32]);
        let end = |role| LinkKeys::new(&session, &[2; 32], role);
        (end(Role::Initiator), end(Role::Responder))
    }

    #[test]
    fn a_lane_carries_messages_both_ways_in_order() {
        let (mut alice, mut bob) = both_ends();
        let (mut alice_seals, mut alice_opens) = alice.lane(3).unwrap();
        let (mut bob_seals, mut bob_opens) = bob.lane(3).unwrap();
        for text in [b"one".as_slice(), b"two", b""] {
            let sealed = alice_seals.seal(text).unwrap();
            assert_eq!(sealed.len(), text.len() + LANE_OVERHEAD_BYTES);
            assert_eq!(bob_opens.open(&sealed).unwrap(), text);
        }
        let sealed = bob_seals.seal(b"back").unwrap();
        assert_eq!(alice_opens.open(&sealed).unwrap(), b"back");
    }

    #[test]
    fn what_is_repeated_reordered_reflected_or_on_another_lane_does_not_open() {
        let (mut alice, mut bob) = both_ends();
        let (mut alice_seals, mut alice_opens) = alice.lane(1).unwrap();
        let (_, mut bob_opens) = bob.lane(1).unwrap();
        let (_, mut bob_other) = bob.lane(2).unwrap();
        let first = alice_seals.seal(b"first").unwrap();
        let second = alice_seals.seal(b"second").unwrap();
        let refused = Err(LinkError::Crypto(CryptoError::DoesNotOpen {
            what: "link message",
        }));
        assert_eq!(bob_opens.open(&second), refused);
        assert_eq!(bob_other.open(&first), refused);
        assert_eq!(alice_opens.open(&first), refused);
        assert_eq!(bob_opens.open(&first).unwrap(), b"first");
        assert_eq!(bob_opens.open(&first), refused);
        assert_eq!(bob_opens.open(&second).unwrap(), b"second");
    }

    #[test]
    fn a_lane_is_handed_out_once() {
        let (mut alice, _) = both_ends();
        assert!(alice.lane(7).is_ok());
        assert_eq!(alice.lane(7).unwrap_err(), LinkError::LaneTaken { lane: 7 });
        assert!(alice.lane(8).is_ok());
    }

    #[test]
    fn an_exhausted_counter_refuses_rather_than_repeats() {
        let (mut alice, _) = both_ends();
        let (mut sealer, mut opener) = alice.lane(0).unwrap();
        sealer.next = u64::MAX;
        opener.next = u64::MAX;
        assert_eq!(sealer.seal(b"x"), Err(LinkError::LaneExhausted));
        assert_eq!(opener.open(b"x"), Err(LinkError::LaneExhausted));
    }

    #[test]
    fn debug_prints_no_key() {
        let (mut alice, _) = both_ends();
        let (sealer, opener) = alice.lane(0).unwrap();
        assert_eq!(format!("{alice:?}"), "LinkKeys { lanes: 1, .. }");
        assert_eq!(
            format!("{sealer:?} {opener:?}"),
            "LaneSealer { next: 0, .. } LaneOpener { next: 0, .. }"
        );
        assert_eq!(
            format!("{:?}", SessionSecret::from_bytes([0xCD; 32])),
            "SessionSecret(secret)"
        );
    }
}
