//! The two state machines of the handshake. Each step consumes its state and gives the next one.

use core::fmt;

use rand_core::CryptoRng;
use x_wing::{
    Ciphertext, DecapsulationKeyRejectNonContrib, Decapsulator, Encapsulate, EncapsulationKey, KeyExport,
    TryDecapsulate,
};
use zeroize::Zeroize;

use super::lane::{LinkKeys, SessionSecret};
use super::messages::{
    Confirmation, MAX_LINK_PAYLOAD_BYTES, Reveal, Role, Transcript, decode_hello, decode_response, decrypt,
    encode_hello, encode_response, encrypt,
};
use super::{Established, LinkContext, LinkError, LinkIdentity, LinkRefusal, PeerIdentity};
use crate::account::DeviceList;
use crate::codec::{check_size, random_bytes};
use crate::error::CryptoError;
use crate::kdf::Kdf;
use crate::keys::{Signature64, verify};
use crate::prekey::check_public_key;
use crate::secret::secret_bytes;
use crate::signed::{Document, Signed};

const REVEAL_LABEL: &[u8] = b"kith link reveal v1";
const CONFIRM_LABEL: &[u8] = b"kith link confirm v1";
const SESSION_LABEL: &[u8] = b"kith link session v1";

secret_bytes! {
    /// Encrypts message 3, once.
    RevealKey
}

secret_bytes! {
    /// Encrypts message 4, once.
    ConfirmKey
}

/// What both sides hold after message 2.
struct HandshakeKeys {
    reveal: RevealKey,
    confirm: ConfirmKey,
    session: SessionSecret,
}

impl HandshakeKeys {
    /// From the X-Wing secret, with the transcript of both devices, message 1 and message 2 as salt.
    fn derive(transcript: &Transcript, shared: &[u8]) -> Self {
        let kdf = Kdf::extract(&transcript.hash(), shared);
        Self {
            reveal: RevealKey::from_bytes(kdf.expand(&[REVEAL_LABEL])),
            confirm: ConfirmKey::from_bytes(kdf.expand(&[CONFIRM_LABEL])),
            session: SessionSecret::from_bytes(kdf.expand(&[SESSION_LABEL])),
        }
    }
}

/// The side that dialled, waiting for message 2.
pub struct Initiator {
    context: LinkContext,
    secret: DecapsulationKeyRejectNonContrib,
    transcript: Transcript,
}

impl Initiator {
    /// Begins a handshake: gives the state and message 1.
    pub fn start(context: LinkContext, rng: &mut dyn CryptoRng) -> (Self, Vec<u8>) {
        let mut seed: [u8; 32] = random_bytes(rng);
        let secret = DecapsulationKeyRejectNonContrib::from(seed);
        seed.zeroize();
        let hello = encode_hello(&secret.encapsulation_key().to_bytes(), rng);
        let mut transcript = Transcript::new(context, Role::Initiator);
        transcript.absorb(&hello);
        (
            Self {
                context,
                secret,
                transcript,
            },
            hello,
        )
    }

    /// Takes message 2 and gives message 3, which shows `identity` and `payload` to the responder alone.
    ///
    /// # Errors
    /// `FutureVersion` or `Malformed` for message 2; `TooLarge` for a payload over [`MAX_LINK_PAYLOAD_BYTES`];
    /// [`LinkError::NotListed`] or `WrongSigner` if `identity` is not that of our device.
    pub fn receive_response(
        mut self,
        response: &[u8],
        identity: &LinkIdentity<'_>,
        payload: &[u8],
    ) -> Result<(InitiatorWaiting, Vec<u8>), LinkError> {
        let ciphertext = Ciphertext::from(*decode_response(response)?);
        let shared = self.secret.try_decapsulate(&ciphertext);
        let mut shared = shared.map_err(|_| CryptoError::malformed("link response"))?;
        self.transcript.absorb(response);
        let keys = HandshakeKeys::derive(&self.transcript, &shared);
        shared.as_mut_slice().zeroize();

        let reveal = reveal(self.context, Role::Initiator, &self.transcript, identity, payload)?;
        let message = encrypt(keys.reveal.as_bytes(), &reveal)?;
        self.transcript.absorb(&message);
        let (confirm, session) = (keys.confirm, keys.session);
        Ok((
            InitiatorWaiting {
                context: self.context,
                confirm,
                session,
                transcript: self.transcript,
            },
            message,
        ))
    }
}

/// The side that dialled, waiting for message 4.
pub struct InitiatorWaiting {
    context: LinkContext,
    confirm: ConfirmKey,
    session: SessionSecret,
    transcript: Transcript,
}

impl InitiatorWaiting {
    /// Takes message 4: the link stands, or was refused.
    ///
    /// # Errors
    /// [`LinkError::Refused`] with what the responder gave as its reason; `DoesNotOpen`, `BadSignature` or [`LinkError::NotListed`] if
    /// the responder is not who the transport says.
    pub fn receive_confirmation(mut self, confirmation: &[u8]) -> Result<Established, LinkError> {
        let revealed = match decrypt(self.confirm.as_bytes(), confirmation)? {
            Confirmation::Accepted(revealed) => revealed,
            Confirmation::Refused(refusal) => return Err(LinkError::Refused(refusal)),
        };
        let peer = verify_reveal(self.context, Role::Responder, &self.transcript, revealed)?;
        self.transcript.absorb(confirmation);
        let keys = LinkKeys::new(&self.session, &self.transcript.hash(), Role::Initiator);
        Ok(Established { peer, keys })
    }
}

/// The side that was dialled, waiting for message 3.
pub struct Responder {
    context: LinkContext,
    keys: HandshakeKeys,
    transcript: Transcript,
}

impl Responder {
    /// Takes message 1: gives the state and message 2, which tells nothing about us.
    ///
    /// # Errors
    /// `FutureVersion`, `Malformed`, or `NotAllowed` for a public key that protects nothing.
    pub fn receive_hello(
        context: LinkContext,
        hello: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Vec<u8>), LinkError> {
        let public = decode_hello(hello)?;
        check_public_key("link hello", public)?;
        let public = EncapsulationKey::try_from(public.as_slice())
            .map_err(|_| CryptoError::malformed("link hello"))?;
        let (ciphertext, mut shared) = public.encapsulate_with_rng(rng);
        let response = encode_response(&ciphertext, rng);

        let mut transcript = Transcript::new(context, Role::Responder);
        transcript.absorb(hello);
        transcript.absorb(&response);
        let keys = HandshakeKeys::derive(&transcript, &shared);
        shared.as_mut_slice().zeroize();
        Ok((
            Self {
                context,
                keys,
                transcript,
            },
            response,
        ))
    }

    /// Takes message 3: gives who is calling, for the caller to decide.
    ///
    /// # Errors
    /// `DoesNotOpen`, `BadSignature` or [`LinkError::NotListed`] if the initiator is not who the transport says.
    pub fn receive_reveal(mut self, message: &[u8]) -> Result<(ResponderDeciding, PeerIdentity), LinkError> {
        let revealed: Reveal = decrypt(self.keys.reveal.as_bytes(), message)?;
        let peer = verify_reveal(self.context, Role::Initiator, &self.transcript, revealed)?;
        self.transcript.absorb(message);
        let deciding = ResponderDeciding {
            context: self.context,
            confirm: self.keys.confirm,
            session: self.keys.session,
            transcript: self.transcript,
            peer: peer.clone(),
        };
        Ok((deciding, peer))
    }
}

/// The side that was dialled, knowing by whom.
pub struct ResponderDeciding {
    context: LinkContext,
    confirm: ConfirmKey,
    session: SessionSecret,
    transcript: Transcript,
    peer: PeerIdentity,
}

impl ResponderDeciding {
    /// Shows `identity` and `payload` to the initiator: gives the link and message 4.
    ///
    /// # Errors
    /// `TooLarge` for a payload over [`MAX_LINK_PAYLOAD_BYTES`]; [`LinkError::NotListed`] or `WrongSigner` if `identity`
    /// is not that of our device.
    pub fn accept(
        mut self,
        identity: &LinkIdentity<'_>,
        payload: &[u8],
    ) -> Result<(Established, Vec<u8>), LinkError> {
        let reveal = reveal(self.context, Role::Responder, &self.transcript, identity, payload)?;
        let message = encrypt(self.confirm.as_bytes(), &Confirmation::Accepted(reveal))?;
        self.transcript.absorb(&message);
        let keys = LinkKeys::new(&self.session, &self.transcript.hash(), Role::Responder);
        Ok((
            Established {
                peer: self.peer,
                keys,
            },
            message,
        ))
    }

    /// Ends the handshake without showing who we are: gives message 4 with a reason for the initiator.
    ///
    /// # Errors
    /// `TooLarge` for a device list that is larger than any.
    pub fn refuse(self, refusal: LinkRefusal) -> Result<Vec<u8>, LinkError> {
        let list_bytes = refusal.device_list.as_ref().map_or(0, Vec::len);
        check_size(
            DeviceList::NAME,
            list_bytes,
            Signature64::LEN + DeviceList::MAX_BYTES,
        )?;
        Ok(encrypt(self.confirm.as_bytes(), &Confirmation::Refused(refusal))?)
    }
}

/// What `role`, which is us, shows of itself.
fn reveal(
    context: LinkContext,
    role: Role,
    transcript: &Transcript,
    identity: &LinkIdentity<'_>,
    payload: &[u8],
) -> Result<Reveal, LinkError> {
    check_size("link payload", payload.len(), MAX_LINK_PAYLOAD_BYTES)?;
    if identity.device_key.id() != context.own {
        return Err(CryptoError::WrongSigner.into());
    }
    check_listed(identity.device_list, context.own)?;
    let device_list = identity.device_list.encode();
    let hash = transcript.signed_hash(&device_list, payload);
    let signature = identity.device_key.sign(role.signature_label(), &hash);
    Ok(Reveal {
        device_list,
        payload: payload.to_vec(),
        signature,
    })
}

/// Checks what `role`, which is the peer, showed of itself: the device that the transport names signed this very
/// transcript, and its account lists it.
fn verify_reveal(
    context: LinkContext,
    role: Role,
    transcript: &Transcript,
    revealed: Reveal,
) -> Result<PeerIdentity, LinkError> {
    check_size("link payload", revealed.payload.len(), MAX_LINK_PAYLOAD_BYTES)?;
    let hash = transcript.signed_hash(&revealed.device_list, &revealed.payload);
    verify(
        context.peer.as_bytes(),
        role.signature_label(),
        &hash,
        &revealed.signature,
    )?;
    let device_list = Signed::<DeviceList>::open(&revealed.device_list)?;
    check_listed(&device_list, context.peer)?;
    let account = device_list.value().account;
    Ok(PeerIdentity {
        account,
        device: context.peer,
        device_list,
        payload: revealed.payload,
    })
}

fn check_listed(list: &Signed<DeviceList>, device: crate::id::DeviceId) -> Result<(), LinkError> {
    if list.value().lists(&device) {
        Ok(())
    } else {
        Err(LinkError::NotListed { device })
    }
}

/// States show which they are and for whom, never a key.
macro_rules! debug_without_secrets {
    ($($state:ident),*) => {$(
        impl fmt::Debug for $state {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($state)).field("context", &self.context).finish_non_exhaustive()
            }
        }
    )*};
}

debug_without_secrets!(Initiator, InitiatorWaiting, Responder, ResponderDeciding);

/// What only a cheating peer does, for the tests.
#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// Message 3 from an initiator that skips the checks of its own identity.
    pub(in super::super) fn reveal_unchecked(
        mut initiator: Initiator,
        response: &[u8],
        identity: &LinkIdentity<'_>,
    ) -> Vec<u8> {
        let ciphertext = Ciphertext::from(*decode_response(response).unwrap());
        let shared = initiator.secret.try_decapsulate(&ciphertext).unwrap();
        initiator.transcript.absorb(response);
        let keys = HandshakeKeys::derive(&initiator.transcript, &shared);
        let device_list = identity.device_list.encode();
        let hash = initiator.transcript.signed_hash(&device_list, b"");
        let signature = identity.device_key.sign(Role::Initiator.signature_label(), &hash);
        encrypt(
            keys.reveal.as_bytes(),
            &Reveal {
                device_list,
                payload: Vec::new(),
                signature,
            },
        )
        .unwrap()
    }
}
