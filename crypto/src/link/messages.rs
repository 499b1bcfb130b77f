//! The four messages as bytes, and the transcript that they leave behind.
//!
//! Messages 1 and 2 have fixed lengths. Messages 3 and 4 are a version byte and one ChaCha20-Poly1305 ciphertext; their
//! keys serve once, so their nonce is zero.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use x_wing::{CIPHERTEXT_SIZE, ENCAPSULATION_KEY_SIZE};
use zeroize::Zeroizing;

use super::{LinkContext, LinkRefusal};
use crate::account::DeviceList;
use crate::codec::{VERSION, check_size, check_version, decode_exact, encode_bare, random_bytes};
use crate::error::{CryptoError, Result};
use crate::keys::Signature64;
use crate::signed::Document;

const TRANSCRIPT_LABEL: &str = "kith link transcript v1";

const HELLO: &str = "link hello";
const RESPONSE: &str = "link response";
const REVEAL: &str = "link reveal";

/// Random bytes that each side puts into its first message.
const NONCE_BYTES: usize = 32;

/// Bytes of message 1: version, X-Wing public key, nonce.
pub const HELLO_BYTES: usize = 1 + ENCAPSULATION_KEY_SIZE + NONCE_BYTES;

/// Bytes of message 2: version, X-Wing ciphertext, nonce.
pub const RESPONSE_BYTES: usize = 1 + CIPHERTEXT_SIZE + NONCE_BYTES;

/// The most bytes of payload in message 3 or 4.
pub const MAX_LINK_PAYLOAD_BYTES: usize = 4 * 1024;

/// The most bytes that message 3 or 4 may have: the largest device list and payload, signature, lengths, tag.
pub const MAX_REVEAL_BYTES: usize =
    Signature64::LEN + DeviceList::MAX_BYTES + MAX_LINK_PAYLOAD_BYTES + Signature64::LEN + 64;

/// Which of the two sides something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Sent the first message.
    Initiator,
    /// Answered it.
    Responder,
}

impl Role {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Initiator => Self::Responder,
            Self::Responder => Self::Initiator,
        }
    }

    /// The label under which this side signs: a signature of one role never serves in the other.
    pub(super) fn signature_label(self) -> &'static str {
        match self {
            Self::Initiator => "kith link initiator v1",
            Self::Responder => "kith link responder v1",
        }
    }
}

/// Everything that both sides have seen, hashed.
#[derive(Clone)]
pub(super) struct Transcript(blake3::Hasher);

impl Transcript {
    /// Begins with both devices, initiator first; `own_role` says which of them we are.
    pub(super) fn new(context: LinkContext, own_role: Role) -> Self {
        let (initiator, responder) = match own_role {
            Role::Initiator => (context.own, context.peer),
            Role::Responder => (context.peer, context.own),
        };
        let mut hasher = blake3::Hasher::new_derive_key(TRANSCRIPT_LABEL);
        hasher.update(initiator.as_bytes()).update(responder.as_bytes());
        Self(hasher)
    }

    /// Adds a part with its length, so that no two sequences of parts hash alike.
    pub(super) fn absorb(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_be_bytes()).update(part);
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }

    /// What a side signs: all that went before, its device list and its payload.
    pub(super) fn signed_hash(&self, device_list: &[u8], payload: &[u8]) -> [u8; 32] {
        let mut signed = self.clone();
        signed.absorb(device_list);
        signed.absorb(payload);
        signed.hash()
    }
}

/// Message 1.
pub(super) fn encode_hello(public: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
    [&[VERSION], public, &random_bytes::<NONCE_BYTES>(rng)].concat()
}

/// The X-Wing public key in message 1.
pub(super) fn decode_hello(bytes: &[u8]) -> Result<&[u8; ENCAPSULATION_KEY_SIZE]> {
    decode_fixed(HELLO, bytes)
}

/// Message 2.
pub(super) fn encode_response(ciphertext: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
    encode_hello(ciphertext, rng)
}

/// The X-Wing ciphertext in message 2.
pub(super) fn decode_response(bytes: &[u8]) -> Result<&[u8; CIPHERTEXT_SIZE]> {
    decode_fixed(RESPONSE, bytes)
}

/// Version, `N` bytes, nonce. The nonce matters to the transcript only.
fn decode_fixed<'a, const N: usize>(what: &'static str, bytes: &'a [u8]) -> Result<&'a [u8; N]> {
    check_size(what, bytes.len(), 1 + N + NONCE_BYTES)?;
    match check_version(what, bytes)?.split_first_chunk::<N>() {
        Some((fixed, nonce)) if nonce.len() == NONCE_BYTES => Ok(fixed),
        _ => Err(CryptoError::malformed(what)),
    }
}

/// What a side shows of itself in message 3 or 4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reveal {
    pub(super) device_list: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) signature: Signature64,
}

/// What is inside message 4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Confirmation {
    /// The responder shows itself: the link stands.
    Accepted(Reveal),
    /// The responder stays unknown and gives a reason.
    Refused(LinkRefusal),
}

/// Message 3 or 4: `value` encrypted under a key that serves this once.
pub(super) fn encrypt<T: Serialize>(key: &[u8; 32], value: &T) -> Result<Vec<u8>> {
    let plaintext = Zeroizing::new(encode_bare(REVEAL, value)?);
    let payload = Payload {
        msg: &plaintext,
        aad: &[VERSION],
    };
    let mut ciphertext = ChaCha20Poly1305::new(key.into())
        .encrypt(&Nonce::default(), payload)
        .map_err(|_| CryptoError::Encoding { what: REVEAL })?;
    ciphertext.insert(0, VERSION);
    check_size(REVEAL, ciphertext.len(), MAX_REVEAL_BYTES)?;
    Ok(ciphertext)
}

/// What [`encrypt`] encrypted.
pub(super) fn decrypt<T: Serialize + for<'de> Deserialize<'de>>(key: &[u8; 32], bytes: &[u8]) -> Result<T> {
    check_size(REVEAL, bytes.len(), MAX_REVEAL_BYTES)?;
    let payload = Payload {
        msg: check_version(REVEAL, bytes)?,
        aad: &[VERSION],
    };
    let plaintext = ChaCha20Poly1305::new(key.into())
        .decrypt(&Nonce::default(), payload)
        .map(Zeroizing::new)
        .map_err(|_| CryptoError::DoesNotOpen { what: REVEAL })?;
    decode_exact(REVEAL, &plaintext)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::DeviceId;

    proptest! {
        /// What a peer encrypts is as hostile as what it sends in the clear.
        #[test]
        fn decoding_what_a_cheat_encrypted_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode_exact::<Reveal>(REVEAL, &bytes);
            let _ = decode_exact::<Confirmation>(REVEAL, &bytes);
        }

        #[test]
        fn what_is_encrypted_decrypts_under_its_key_only(
            device_list in proptest::collection::vec(any::<u8>(), 0..300),
            payload in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let reveal = Reveal { device_list, payload, signature: Signature64::from_bytes([7; 64]) };
            let bytes = encrypt(&[1; 32], &reveal).unwrap();
            prop_assert_eq!(&decrypt::<Reveal>(&[1; 32], &bytes).unwrap(), &reveal);
            prop_assert!(decrypt::<Reveal>(&[2; 32], &bytes).is_err());
        }
    }

    #[test]
    fn transcripts_differ_when_parts_are_cut_elsewhere() {
        let context = LinkContext {
            own: DeviceId::from_bytes([1; 32]),
            peer: DeviceId::from_bytes([2; 32]),
        };
        let hash = |parts: [&[u8]; 2]| {
            let mut transcript = Transcript::new(context, Role::Initiator);
            parts.into_iter().for_each(|part| transcript.absorb(part));
            transcript.hash()
        };
        assert_ne!(hash([b"ab", b"c"]), hash([b"a", b"bc"]));
        let other_role = Transcript::new(context, Role::Responder).hash();
        assert_ne!(Transcript::new(context, Role::Initiator).hash(), other_role);
    }
}
