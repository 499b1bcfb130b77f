//! The two long-lived signing keys: one of a person, one of an installation.
//!
//! Both are Ed25519. Every signature is made over `label ‖ 0x00 ‖ message`, where the label names what is signed, so
//! that a signature made for one purpose means nothing for another. Labels begin with "kith", while libp2p, which
//! shares the device key, signs under "noise-libp2p-static-key:" and "libp2p-tls-handshake:": the two never meet.
//! Verification is the strict one, which refuses weak keys and has one answer for every implementation.

use core::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeTuple};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    codec::random_bytes,
    error::{CryptoError, Result},
    id::{AccountId, DeviceId},
};

/// Domain of the Ed25519 seed that an account's entropy gives.
pub const ACCOUNT_KEY_LABEL: &str = "kith account key v1";
/// Derives what a contact is given to remind an account by.
pub const REMEMBRANCE_LABEL: &str = "kith remembrance v1";

/// An Ed25519 signature: 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature64([u8; 64]);

impl Signature64 {
    /// Bytes of a signature.
    pub const LEN: usize = 64;

    /// Wraps 64 bytes; whether they are a signature shows when they are verified.
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The 64 bytes.
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for Signature64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature64(…)")
    }
}

impl Serialize for Signature64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (halves, _) = self.0.as_chunks::<32>();
        let mut tuple = serializer.serialize_tuple(2)?;
        for half in halves {
            tuple.serialize_element(half)?;
        }
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Signature64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let halves = <[[u8; 32]; 2]>::deserialize(deserializer)?;
        halves
            .concat()
            .try_into()
            .map(Self)
            .map_err(|_| de::Error::custom("a signature has 64 bytes"))
    }
}

/// Whoever can sign documents: an account or a device.
pub trait Signer {
    /// The public key that verifies what this key signs.
    fn public(&self) -> [u8; 32];

    /// Signs `message` for the one purpose that `label` names.
    fn sign(&self, label: &str, message: &[u8]) -> Signature64;
}

/// Verifies strictly that `public` signed `message` under `label`. Any failure is [`CryptoError::BadSignature`]: bad
/// key, weak key, malformed or foreign signature look alike from outside.
pub fn verify(public: &[u8; 32], label: &str, message: &[u8], signature: &Signature64) -> Result<()> {
    let key = VerifyingKey::from_bytes(public).map_err(|_| CryptoError::BadSignature)?;
    key.verify_strict(
        &labelled(label, message),
        &Signature::from_bytes(signature.as_bytes()),
    )
    .map_err(|_| CryptoError::BadSignature)
}

/// Labels hold no zero byte, so that the first one ends the label.
pub(crate) fn labelled(label: &str, message: &[u8]) -> Vec<u8> {
    let mut input = Vec::with_capacity(label.len() + 1 + message.len());
    input.extend_from_slice(label.as_bytes());
    input.push(0);
    input.extend_from_slice(message);
    input
}

/// A person's key. It is grown from 32 bytes of entropy, which the 24 recovery words spell.
#[derive(Clone, ZeroizeOnDrop)]
pub struct AccountKey {
    entropy: [u8; 32],
    // Wipes itself on drop.
    #[zeroize(skip)]
    signing: SigningKey,
}

impl AccountKey {
    /// A new person.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self::from_entropy(random_bytes(rng))
    }

    /// The person whose recovery words spell `entropy`.
    pub fn from_entropy(mut entropy: [u8; 32]) -> Self {
        let seed = Zeroizing::new(blake3::derive_key(ACCOUNT_KEY_LABEL, &entropy));
        let key = Self {
            entropy,
            signing: SigningKey::from_bytes(&seed),
        };
        entropy.zeroize();
        key
    }

    /// What the recovery words spell.
    pub fn entropy(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.entropy)
    }

    /// What this person gives a contact, who shows it again when the person has come back from their words and knows
    /// nobody: only those to whom it was given have it, and it serves no other account.
    pub fn remembrance(&self, contact: &AccountId) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(REMEMBRANCE_LABEL);
        hasher.update(&self.entropy).update(contact.as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// The person's public name.
    pub fn id(&self) -> AccountId {
        AccountId::from_bytes(self.public())
    }

    /// Signs `message` for the one purpose that `label` names.
    pub fn sign(&self, label: &str, message: &[u8]) -> Signature64 {
        Signer::sign(self, label, message)
    }

    /// The Ed25519 key itself, for the day-blinded keys of address records.
    pub(crate) fn signing_key(&self) -> &SigningKey {
        &self.signing
    }
}

impl Signer for AccountKey {
    fn public(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }

    fn sign(&self, label: &str, message: &[u8]) -> Signature64 {
        Signature64(self.signing.sign(&labelled(label, message)).to_bytes())
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountKey(secret)")
    }
}

/// One installation's key; also its libp2p identity.
#[derive(Clone)]
pub struct DeviceKey {
    // Wipes itself on drop.
    signing: SigningKey,
}

impl DeviceKey {
    /// A new installation.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self::from_bytes(random_bytes(rng))
    }

    /// The key whose Ed25519 seed (RFC 8032's secret key) is `seed`.
    pub fn from_bytes(mut seed: [u8; 32]) -> Self {
        let key = Self {
            signing: SigningKey::from_bytes(&seed),
        };
        seed.zeroize();
        key
    }

    /// The Ed25519 seed, for the identity file and for libp2p.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.signing.to_bytes())
    }

    /// The installation's public name.
    pub fn id(&self) -> DeviceId {
        DeviceId::from_bytes(self.public())
    }

    /// Signs `message` for the one purpose that `label` names.
    pub fn sign(&self, label: &str, message: &[u8]) -> Signature64 {
        Signer::sign(self, label, message)
    }
}

impl Signer for DeviceKey {
    fn public(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }

    fn sign(&self, label: &str, message: &[u8]) -> Signature64 {
        Signature64(self.signing.sign(&labelled(label, message)).to_bytes())
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(secret)")
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    #[test]
    fn a_signature_holds_for_its_key_its_label_and_its_message_only() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let (ana, ben) = (DeviceKey::generate(&mut rng), DeviceKey::generate(&mut rng));
        let signature = ana.sign("kith test v1", b"hello");
        let check =
            |key: &DeviceKey, label, message: &[u8]| verify(key.id().as_bytes(), label, message, &signature);
        assert_eq!(check(&ana, "kith test v1", b"hello"), Ok(()));
        assert_eq!(
            check(&ben, "kith test v1", b"hello"),
            Err(CryptoError::BadSignature)
        );
        assert_eq!(
            check(&ana, "kith test v2", b"hello"),
            Err(CryptoError::BadSignature)
        );
        assert_eq!(
            check(&ana, "kith test v1", b"hello!"),
            Err(CryptoError::BadSignature)
        );
        // Moving bytes between label and message changes what was signed.
        assert_eq!(
            check(&ana, "kith test v1\0h", b"ello"),
            Err(CryptoError::BadSignature)
        );
    }

    #[test]
    fn a_weak_public_key_signs_nothing() {
        // The identity point verifies (R = s·B) for any message under the lax rules.
        let mut weak = [0; 32];
        weak[0] = 1;
        let signature = Signature64::from_bytes([0; 64]);
        assert_eq!(
            verify(&weak, "kith test v1", b"", &signature),
            Err(CryptoError::BadSignature)
        );
    }

    #[test]
    fn entropy_gives_the_same_person_again() {
        let key = AccountKey::from_entropy([7; 32]);
        assert_eq!(AccountKey::from_entropy(*key.entropy()).id(), key.id());
        assert_ne!(AccountKey::from_entropy([8; 32]).id(), key.id());
        // The entropy is not the Ed25519 seed: a device key of the same bytes is somebody else.
        assert_ne!(
            DeviceKey::from_bytes([7; 32]).id().as_bytes(),
            key.id().as_bytes()
        );
    }

    #[test]
    fn signatures_survive_both_codecs() {
        let signature = DeviceKey::from_bytes([7; 32]).sign("kith test v1", b"x");
        let bytes = postcard::to_allocvec(&signature).unwrap();
        assert_eq!(bytes, signature.as_bytes());
        assert_eq!(postcard::from_bytes::<Signature64>(&bytes).unwrap(), signature);
        let json = serde_json::to_string(&signature).unwrap();
        assert_eq!(serde_json::from_str::<Signature64>(&json).unwrap(), signature);
    }
}
