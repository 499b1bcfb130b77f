//! Envelopes: what is gossiped. A forwarder sees an epoch tag, a sender tag, an index and noise of a coarse size.
//!
//! An envelope carries one entry: the signed header's bytes, without the names that the tags say already
//! ([`SignedHeader::shortened`](crate::SignedHeader::shortened)), and the body's bytes as they are stored. It is
//! encrypted under a [`MessageKey`] that serves once; everything before the nonce is its associated data. The
//! signature that proves the author is inside, in the header: opening an envelope shows only that *somebody* in the
//! epoch made it, so the caller verifies the entry before it stores the advanced chain. Every member can derive the keys of
//! every other, and could wrap an entry that it was handed once more, under an index that its author has not come to. So
//! among more than two people the author signs the address as well ([`EnvelopePayload::check`]): no other member can move its
//! chain. Between two nobody could want to.
//!
//! The prefix has a fixed layout rather than a postcard one, because it is the associated data of the cipher and a
//! reader must find its end before it trusts anything in it. Integers are big endian.
//!
//! [`EphemeralEnvelope`]s (typing, presence) travel on the same topics under the epoch's [`EphemeralKey`]; they are
//! never stored and never repaired.

use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::chain::MessageKey;
use crate::codec::{VERSION, check_size, check_version, decode_exact, encode_bare};
use crate::epoch::{EphemeralKey, EpochTag, SenderTag};
use crate::error::{CryptoError, Result};
use crate::id::DeviceId;
use crate::keys::{DeviceKey, Signature64, verify};
use crate::padding::{LENGTH_BYTES, bucket, pad_to, unpad};
use crate::symmetric;

const WHAT: &str = "envelope";

/// Domain of an author's word for the address of its envelope.
pub const ENVELOPE_LABEL: &str = "kith envelope v1";

/// Kind byte of an envelope that carries an entry.
const MESSAGE_KIND: u8 = 0;
/// Kind byte of an envelope that is never stored.
const EPHEMERAL_KIND: u8 = 1;

/// The most bytes an envelope may have on the wire: room for the largest header and body.
pub const MAX_ENVELOPE_BYTES: usize = 320 * 1024;

/// The most bytes of payload in an ephemeral envelope.
pub const MAX_EPHEMERAL_BYTES: usize = 1_000;

/// Bytes before the nonce of a message envelope: version, kind, epoch tag, sender tag, index.
pub const MESSAGE_PREFIX_BYTES: usize = 1 + 1 + 16 + 8 + 4;

/// Bytes before the nonce of an ephemeral envelope: the same without the index.
pub const EPHEMERAL_PREFIX_BYTES: usize = MESSAGE_PREFIX_BYTES - 4;

/// Bytes that the cipher adds: the nonce in front and the Poly1305 tag behind.
const CIPHER_BYTES: usize = symmetric::NONCE_LEN + 16;

/// Which key an envelope is sealed with, as its prefix says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnvelopeAddress {
    /// The epoch.
    pub epoch: EpochTag,
    /// The sending device within the epoch.
    pub sender: SenderTag,
    /// The index in that device's chain.
    pub index: u32,
}

impl EnvelopeAddress {
    /// As it stands in the prefix.
    fn bytes(&self) -> Vec<u8> {
        [self.epoch.0.as_slice(), &self.sender.0, &self.index.to_be_bytes()].concat()
    }

    /// What an author signs to publish an entry under this address.
    fn with(&self, header: &[u8]) -> Vec<u8> {
        [self.bytes().as_slice(), header].concat()
    }
}

/// What an envelope carries: an entry's header and body.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopePayload {
    /// The signed header's bytes, [shortened](crate::SignedHeader::shortened).
    #[serde(with = "serde_bytes")]
    pub header: Vec<u8>,
    /// The body's bytes; empty when the entry has none any more.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// The author's signature over the address and the header, where it is wanted.
    pub proof: Option<Signature64>,
}

impl fmt::Debug for EnvelopePayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (header, body) = (self.header.len(), self.body.len());
        write!(f, "EnvelopePayload({header} bytes, a body of {body})")
    }
}

impl EnvelopePayload {
    /// The payload with its author's word that it is published under `address`.
    pub fn proven(self, address: &EnvelopeAddress, author: &DeviceKey) -> Self {
        let proof = author.sign(ENVELOPE_LABEL, &address.with(&self.header));
        Self {
            proof: Some(proof),
            ..self
        }
    }

    /// Whether `author` published the entry under this address.
    ///
    /// # Errors
    /// `BadSignature` if nobody says so, or somebody else, or of another address.
    pub fn check(&self, address: &EnvelopeAddress, author: &DeviceId) -> Result<()> {
        let proof = self.proof.as_ref().ok_or(CryptoError::BadSignature)?;
        verify(
            author.as_bytes(),
            ENVELOPE_LABEL,
            &address.with(&self.header),
            proof,
        )
    }

    /// Seals the payload under `key` with a random nonce and gives the envelope's bytes.
    ///
    /// `key` and `address.index` come from one step of the sender's chain and are used for this envelope only.
    ///
    /// # Errors
    /// `TooLarge` when the envelope would be over [`MAX_ENVELOPE_BYTES`].
    pub fn seal(
        &self,
        key: &MessageKey,
        address: EnvelopeAddress,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>> {
        let encoded = Zeroizing::new(encode_bare(WHAT, self)?);
        let prefix = [[VERSION, MESSAGE_KIND].as_slice(), &address.bytes()].concat();
        append_sealed(prefix, key.as_bytes(), &encoded, rng)
    }
}

/// An envelope as it came from the network: its prefix read, nothing decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope<'a> {
    /// Carries an entry.
    Message(EnvelopeView<'a>),
    /// Carries something that is never stored.
    Ephemeral(EphemeralView<'a>),
}

impl<'a> Envelope<'a> {
    /// Reads the prefix. Cheap: fit for everything that a stranger may send.
    ///
    /// # Errors
    /// `TooLarge` over [`MAX_ENVELOPE_BYTES`], `FutureVersion`, or `Malformed`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        check_size(WHAT, bytes.len(), MAX_ENVELOPE_BYTES)?;
        let malformed = CryptoError::malformed(WHAT);
        let (&kind, rest) = check_version(WHAT, bytes)?
            .split_first()
            .ok_or(malformed.clone())?;
        let (&epoch, rest) = rest.split_first_chunk::<16>().ok_or(malformed.clone())?;
        let (&sender, rest) = rest.split_first_chunk::<8>().ok_or(malformed.clone())?;
        match kind {
            MESSAGE_KIND => {
                let (&index, rest) = rest.split_first_chunk::<4>().ok_or(malformed)?;
                let index = u32::from_be_bytes(index);
                let address = EnvelopeAddress {
                    epoch: EpochTag(epoch),
                    sender: SenderTag(sender),
                    index,
                };
                let sealed = SealedPart::parse(bytes, rest, MESSAGE_PREFIX_BYTES)?;
                Ok(Self::Message(EnvelopeView { address, sealed }))
            }
            EPHEMERAL_KIND => {
                let sealed = SealedPart::parse(bytes, rest, EPHEMERAL_PREFIX_BYTES)?;
                Ok(Self::Ephemeral(EphemeralView {
                    epoch: EpochTag(epoch),
                    sender: SenderTag(sender),
                    sealed,
                }))
            }
            _ => Err(malformed),
        }
    }
}

/// A message envelope whose prefix was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnvelopeView<'a> {
    address: EnvelopeAddress,
    sealed: SealedPart<'a>,
}

impl EnvelopeView<'_> {
    /// Which key the envelope asks for. Unproven until it opens.
    pub fn address(&self) -> EnvelopeAddress {
        self.address
    }

    /// Decrypts the envelope.
    ///
    /// # Errors
    /// `DoesNotOpen` under any other key or for any changed bit; `Malformed` when a member of the epoch sealed
    /// something that is not a payload.
    pub fn open(&self, key: &MessageKey) -> Result<EnvelopePayload> {
        let padded = self.sealed.open(key.as_bytes())?;
        decode_exact(WHAT, unpad_canonical(&padded)?)
    }
}

/// Envelopes that are never stored: typing, presence. Every member of the epoch holds their key.
///
/// They prove membership and nothing more: a member can forge another's. Random nonces make repetitions possible, so
/// the payload carries its own time and the receiver drops old ones.
#[derive(Clone, Copy, Debug)]
pub struct EphemeralEnvelope;

impl EphemeralEnvelope {
    /// Seals `payload` under the epoch's ephemeral key with a random nonce and gives the envelope's bytes.
    ///
    /// # Errors
    /// `TooLarge` when the payload is over [`MAX_EPHEMERAL_BYTES`].
    pub fn seal(
        key: &EphemeralKey,
        epoch: EpochTag,
        sender: SenderTag,
        payload: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>> {
        check_size(WHAT, payload.len(), MAX_EPHEMERAL_BYTES)?;
        let mut prefix = Vec::with_capacity(EPHEMERAL_PREFIX_BYTES);
        prefix.extend_from_slice(&[VERSION, EPHEMERAL_KIND]);
        prefix.extend_from_slice(&epoch.0);
        prefix.extend_from_slice(&sender.0);
        append_sealed(prefix, key.as_bytes(), payload, rng)
    }
}

/// An ephemeral envelope whose prefix was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EphemeralView<'a> {
    epoch: EpochTag,
    sender: SenderTag,
    sealed: SealedPart<'a>,
}

impl EphemeralView<'_> {
    /// The epoch whose ephemeral key opens it.
    pub fn epoch(&self) -> EpochTag {
        self.epoch
    }

    /// The device that it claims to come from: any member of the epoch may claim it.
    pub fn sender(&self) -> SenderTag {
        self.sender
    }

    /// Decrypts the envelope and gives the payload that was sealed.
    ///
    /// # Errors
    /// `DoesNotOpen`, `TooLarge` or `Malformed`, as for messages.
    pub fn open(&self, key: &EphemeralKey) -> Result<Vec<u8>> {
        let padded = self.sealed.open(key.as_bytes())?;
        let payload = unpad_canonical(&padded)?;
        check_size(WHAT, payload.len(), MAX_EPHEMERAL_BYTES)?;
        Ok(payload.to_vec())
    }
}

/// The encrypted part of an envelope with what authenticates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SealedPart<'a> {
    prefix: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> SealedPart<'a> {
    /// `sealed` is what follows the first `prefix_bytes` of `bytes`.
    fn parse(bytes: &'a [u8], sealed: &'a [u8], prefix_bytes: usize) -> Result<Self> {
        let malformed = CryptoError::malformed(WHAT);
        let prefix = bytes.get(..prefix_bytes).ok_or(malformed.clone())?;
        // Only the sizes that padding gives: others are refused before any key is looked for.
        let padded = sealed.len().checked_sub(CIPHER_BYTES).ok_or(malformed.clone())?;
        if padded == bucket(padded) {
            Ok(Self { prefix, sealed })
        } else {
            Err(malformed)
        }
    }

    fn open(&self, key: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>> {
        symmetric::open(WHAT, key, self.prefix, self.sealed)
    }
}

/// Pads and encrypts `payload` with `prefix` as associated data, and appends it to the prefix.
fn append_sealed(
    prefix: Vec<u8>,
    key: &[u8; 32],
    payload: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>> {
    let size = bucket(LENGTH_BYTES.saturating_add(payload.len()));
    // Before the work, and before anything is allocated for it.
    let total = prefix.len().saturating_add(size).saturating_add(CIPHER_BYTES);
    check_size(WHAT, total, MAX_ENVELOPE_BYTES)?;
    let padded = pad_to(WHAT, payload, size)?;
    let sealed = symmetric::seal(WHAT, key, &prefix, &padded, rng)?;
    Ok([prefix, sealed].concat())
}

/// The payload within the padding, which must be of the bucket that the payload asks for.
fn unpad_canonical(padded: &[u8]) -> Result<&[u8]> {
    let payload = unpad(WHAT, padded)?;
    let is_canonical = padded.len() == bucket(LENGTH_BYTES + payload.len());
    if is_canonical {
        Ok(payload)
    } else {
        Err(CryptoError::malformed(WHAT))
    }
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
