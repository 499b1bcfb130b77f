//! Seals: something encrypted to one device, to be opened whenever it comes back. Epochs and mail travel in them.
//!
//! HPKE (RFC 9180) in Base mode with X-Wing, HKDF-SHA-256 and ChaCha20-Poly1305, to the device's current
//! [`Prekey`]. X-Wing has no authenticated mode, so the sender's device signs, *inside*: nobody on the way learns who
//! sent it. The signature covers the encapsulation, so the recipient cannot seal the same words again in the sender's
//! name.
//!
//! A seal is as secret as its prekey: forward secrecy against a seized device begins when the device erases the
//! prekey's secret. Whether the sender was entitled to send this is for the caller to judge.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, setup_receiver, setup_sender_with_rng};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::codec::{VERSION, check_size, check_version};
use crate::error::{CryptoError, Result};
use crate::id::DeviceId;
use crate::keys::{DeviceKey, Signature64, verify};
use crate::prekey::{Prekey, PrekeySecret};
use crate::signed::Signed;

const WHAT: &str = "seal";
const SEALED_LABEL: &str = "kith sealed v1";

/// Bytes of an X-Wing encapsulation: ML-KEM-768 ciphertext (1088), then X25519 (32).
const ENCAPSULATION_BYTES: usize = 1120;

/// Bytes of a seal on top of its plaintext: version, prekey id, encapsulation, sender, signature, tag.
pub const SEAL_OVERHEAD_BYTES: usize = 1 + 8 + ENCAPSULATION_BYTES + 32 + Signature64::LEN + 16;

/// The most bytes that a seal may have: room for the largest envelope.
pub const MAX_SEALED_BYTES: usize = 384 * 1024;

/// What a seal is for. A seal made for one purpose does not open for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealPurpose {
    /// An epoch's secret, see [`SealedEpoch`](crate::epoch::SealedEpoch).
    Epoch,
    /// Mail that a carrier holds.
    Mail,
}

impl SealPurpose {
    /// The number on the wire; never given twice.
    fn code(self) -> u8 {
        match self {
            Self::Epoch => 1,
            Self::Mail => 2,
        }
    }
}

/// What came out of a seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The device that signed inside. Whether it may send this is not known here.
    pub sender: DeviceId,
    /// What was sealed; erases itself.
    pub plaintext: Zeroizing<Vec<u8>>,
}

/// What a seal is bound to, besides its key.
struct Binding {
    purpose: SealPurpose,
    recipient: DeviceId,
    prekey: u64,
}

impl Binding {
    /// HPKE's `info`: whoever opens for another purpose or as another device derives another key.
    fn info(&self) -> Vec<u8> {
        let mut info = SEALED_LABEL.as_bytes().to_vec();
        info.push(self.purpose.code());
        info.extend_from_slice(self.recipient.as_bytes());
        info.extend_from_slice(&self.prekey.to_be_bytes());
        info
    }

    /// What the sender signs. Only the last part has no fixed or written length.
    fn signed_message(&self, encapsulation: &[u8], aad: &[u8], plaintext: &[u8]) -> Zeroizing<Vec<u8>> {
        let aad_length = (aad.len() as u64).to_be_bytes();
        let info = self.info();
        Zeroizing::new([info.as_slice(), encapsulation, &aad_length, aad, plaintext].concat())
    }
}

/// Seals `plaintext` to the device of `prekey`; `sender` signs inside. `aad` must be the same when opening and is not
/// carried along. Gives the bytes to send.
///
/// # Errors
/// `TooLarge` if the seal would be over [`MAX_SEALED_BYTES`]; `Malformed` or `Encoding`, which no prekey that was
/// verified causes.
pub fn seal_to(
    prekey: &Signed<Prekey>,
    sender: &DeviceKey,
    purpose: SealPurpose,
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>> {
    check_size(
        WHAT,
        plaintext.len().saturating_add(SEAL_OVERHEAD_BYTES),
        MAX_SEALED_BYTES,
    )?;
    let prekey = prekey.value();
    let binding = Binding {
        purpose,
        recipient: prekey.device,
        prekey: prekey.id,
    };
    let mut rng = rng;
    let (encapsulation, mut context) = setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeS::Base,
        &prekey.kem_public()?,
        &binding.info(),
        &mut rng,
    )
    .map_err(|_| CryptoError::Encoding { what: WHAT })?;
    let encapsulation = encapsulation.to_bytes();

    let signature = sender.sign(
        SEALED_LABEL,
        &binding.signed_message(&encapsulation, aad, plaintext),
    );
    let sender = sender.id();
    let inside = Zeroizing::new([sender.as_bytes(), signature.as_bytes().as_slice(), plaintext].concat());
    let ciphertext = context
        .seal(&inside, aad)
        .map_err(|_| CryptoError::Encoding { what: WHAT })?;
    Ok([
        &[VERSION],
        prekey.id.to_be_bytes().as_slice(),
        &encapsulation,
        &ciphertext,
    ]
    .concat())
}

/// Opens what [`seal_to`] made for our device `own`. `find` gives the secret of the prekey with a number, if it is
/// still held.
///
/// # Errors
/// `TooLarge`, `FutureVersion` or `Malformed` for the bytes; `NoSuchPrekey` if the secret is gone; `DoesNotOpen` for
/// another device, purpose or `aad`, or any changed bit; `BadSignature` if the sender inside did not sign this.
pub fn open_sealed(
    bytes: &[u8],
    find: &dyn Fn(u64) -> Option<PrekeySecret>,
    own: DeviceId,
    purpose: SealPurpose,
    aad: &[u8],
) -> Result<Opened> {
    check_size(WHAT, bytes.len(), MAX_SEALED_BYTES)?;
    let malformed = CryptoError::malformed(WHAT);
    let (id, rest) = check_version(WHAT, bytes)?
        .split_first_chunk::<8>()
        .ok_or(malformed.clone())?;
    let (encapsulation, ciphertext) = rest
        .split_first_chunk::<ENCAPSULATION_BYTES>()
        .ok_or(malformed.clone())?;
    let id = u64::from_be_bytes(*id);
    let secret = find(id).ok_or(CryptoError::NoSuchPrekey { id })?;
    let binding = Binding {
        purpose,
        recipient: own,
        prekey: id,
    };

    let does_not_open = CryptoError::DoesNotOpen { what: WHAT };
    let encapsulated =
        <XWing as Kem>::EncappedKey::from_bytes(encapsulation).map_err(|_| malformed.clone())?;
    let mut context = setup_receiver::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeR::Base,
        &secret.kem_secret()?,
        &encapsulated,
        &binding.info(),
    )
    .map_err(|_| does_not_open.clone())?;
    let inside = context
        .open(ciphertext, aad)
        .map(Zeroizing::new)
        .map_err(|_| does_not_open)?;

    let (sender, rest) = inside.split_first_chunk::<32>().ok_or(malformed.clone())?;
    let (signature, plaintext) = rest
        .split_first_chunk::<{ Signature64::LEN }>()
        .ok_or(malformed)?;
    let message = binding.signed_message(encapsulation, aad, plaintext);
    verify(
        sender,
        SEALED_LABEL,
        &message,
        &Signature64::from_bytes(*signature),
    )?;
    Ok(Opened {
        sender: DeviceId::from_bytes(*sender),
        plaintext: Zeroizing::new(plaintext.to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    const PREKEY_ID: u64 = 42;

    /// Bob was away; Alice seals to his prekey.
    struct Story {
        alice: DeviceKey,
        bob: DeviceKey,
        secret: PrekeySecret,
        prekey: Signed<Prekey>,
    }

    impl Story {
        fn new() -> Self {
            let (alice, bob) = (DeviceKey::from_bytes([1; 32]), DeviceKey::from_bytes([2; 32]));
            let secret = PrekeySecret::from_bytes([3; 32]);
            let prekey = secret.publish(&bob, PREKEY_ID, 1_790_000_000_000).unwrap();
            Self {
                alice,
                bob,
                secret,
                prekey,
            }
        }

        fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
            let mut rng = ChaCha20Rng::from_seed([4; 32]);
            seal_to(
                &self.prekey,
                &self.alice,
                SealPurpose::Epoch,
                b"aad",
                plaintext,
                &mut rng,
            )
            .unwrap()
        }

        fn open(&self, bytes: &[u8]) -> Result<Opened> {
            self.open_as(bytes, self.bob.id(), SealPurpose::Epoch, b"aad")
        }

        fn open_as(&self, bytes: &[u8], own: DeviceId, purpose: SealPurpose, aad: &[u8]) -> Result<Opened> {
            let find = |id| (id == PREKEY_ID).then(|| self.secret.clone());
            open_sealed(bytes, &find, own, purpose, aad)
        }
    }

    #[test]
    fn bob_comes_back_and_opens_what_alice_sealed() {
        let story = Story::new();
        let bytes = story.seal(b"secret");
        assert_eq!(bytes.len(), SEAL_OVERHEAD_BYTES + 6);
        let opened = story.open(&bytes).unwrap();
        assert_eq!(opened.sender, story.alice.id());
        assert_eq!(opened.plaintext.as_slice(), b"secret");
    }

    #[test]
    fn a_seal_opens_for_its_device_its_purpose_and_its_context_only() {
        let story = Story::new();
        let bytes = story.seal(b"secret");
        let refused = Err(CryptoError::DoesNotOpen { what: "seal" });
        assert_eq!(
            story.open_as(&bytes, story.alice.id(), SealPurpose::Epoch, b"aad"),
            refused
        );
        assert_eq!(
            story.open_as(&bytes, story.bob.id(), SealPurpose::Mail, b"aad"),
            refused
        );
        assert_eq!(
            story.open_as(&bytes, story.bob.id(), SealPurpose::Epoch, b"other"),
            refused
        );
    }

    #[test]
    fn an_erased_prekey_is_named() {
        let story = Story::new();
        let bytes = story.seal(b"secret");
        let opened = open_sealed(&bytes, &|_| None, story.bob.id(), SealPurpose::Epoch, b"aad");
        assert_eq!(opened, Err(CryptoError::NoSuchPrekey { id: PREKEY_ID }));
    }

    #[test]
    fn bob_cannot_seal_alices_words_again_in_her_name() {
        let story = Story::new();
        let bytes = story.seal(b"secret");
        // Bob knows what is inside, sender and signature included, and encrypts it anew to himself.
        let prekey = story.prekey.value();
        let binding = Binding {
            purpose: SealPurpose::Epoch,
            recipient: story.bob.id(),
            prekey: PREKEY_ID,
        };
        let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(&bytes[9..9 + 1120]).unwrap();
        let secret = story.secret.kem_secret().unwrap();
        let inside = setup_receiver::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &secret,
            &encapsulated,
            &binding.info(),
        )
        .unwrap()
        .open(&bytes[9 + 1120..], b"aad")
        .unwrap();
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        let (encapsulation, mut context) = setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeS::Base,
            &prekey.kem_public().unwrap(),
            &binding.info(),
            &mut rng,
        )
        .unwrap();
        let again = context.seal(&inside, b"aad").unwrap();
        let forged = [
            &[VERSION],
            PREKEY_ID.to_be_bytes().as_slice(),
            &encapsulation.to_bytes(),
            &again,
        ]
        .concat();
        assert_eq!(story.open(&forged), Err(CryptoError::BadSignature));
    }

    #[test]
    fn a_bit_changed_anywhere_breaks_the_seal() {
        let story = Story::new();
        let bytes = story.seal(b"secret");
        for at in (0..bytes.len()).step_by(13) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x20;
            assert!(story.open(&changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn newer_and_oversized_seals_are_told_apart() {
        let story = Story::new();
        let mut bytes = story.seal(b"secret");
        bytes[0] = 2;
        assert_eq!(
            story.open(&bytes),
            Err(CryptoError::FutureVersion {
                what: "seal",
                found: 2
            })
        );
        let flood = vec![VERSION; MAX_SEALED_BYTES + 1];
        assert!(matches!(story.open(&flood), Err(CryptoError::TooLarge { .. })));
        let large = vec![0; MAX_SEALED_BYTES];
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let sealed = seal_to(
            &story.prekey,
            &story.alice,
            SealPurpose::Mail,
            b"",
            &large,
            &mut rng,
        );
        assert!(matches!(sealed, Err(CryptoError::TooLarge { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_is_sealed_opens(plaintext in proptest::collection::vec(any::<u8>(), 0..3_000)) {
            let story = Story::new();
            let opened = story.open(&story.seal(&plaintext)).unwrap();
            prop_assert_eq!(opened.plaintext.as_slice(), plaintext.as_slice());
        }

        #[test]
        fn random_and_cut_seals_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1400), cut in 0usize..1247) {
            let story = Story::new();
            prop_assert!(story.open(&bytes).is_err());
            let sealed = story.seal(b"secret");
            prop_assert!(story.open(&sealed[..cut]).is_err());
        }
    }
}
