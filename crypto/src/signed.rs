//! Signed documents: a value, the exact bytes that were signed, and the signature.
//!
//! On the wire a signed document is `signature (64 bytes) ‖ version (1) ‖ postcard`. The signature covers the version
//! and the postcard bytes as they travelled; they are kept and passed on unchanged, so that nothing is ever encoded a
//! second time and an honest relay cannot break a signature. Holding a [`Signed`] proves that the signature was
//! verified and that the document obeys its own rules. It does not prove that the signer was entitled to speak: for
//! that, see [`DeviceList`](crate::DeviceList).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, de::DeserializeOwned};

use crate::{
    codec::{check_size, decode_document, encode_document},
    error::{CryptoError, Result},
    keys::{Signature64, Signer, verify},
};

/// A kind of document that somebody signs.
pub trait Document: Serialize + DeserializeOwned {
    /// What the document is, in a person's words, for errors.
    const NAME: &'static str;
    /// The domain under which it is signed: `kith <thing> v1`.
    const LABEL: &'static str;
    /// Largest size of version and postcard bytes together.
    const MAX_BYTES: usize;

    /// The public key that has to have signed it, as the document itself names it.
    fn signer(&self) -> [u8; 32];

    /// The document's own rules, checked before signing and after reading.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// A document whose signature has been verified, with its bytes as they travelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    value: T,
    payload: Vec<u8>,
    signature: Signature64,
}

impl<T: Document> Signed<T> {
    /// Signs `value`. Fails when it breaks its own rules, is too large, or names another signer than `key`.
    pub fn seal(value: T, key: &dyn Signer) -> Result<Self> {
        value.check()?;
        if value.signer() != key.public() {
            return Err(CryptoError::WrongSigner);
        }
        let payload = encode_document(T::NAME, &value, T::MAX_BYTES)?;
        let signature = key.sign(T::LABEL, &payload);
        Ok(Self {
            value,
            payload,
            signature,
        })
    }

    /// Reads and verifies what [`Signed::encode`] gave.
    pub fn open(bytes: &[u8]) -> Result<Self> {
        let document = Self::parse(bytes)?;
        let signer = document.value.signer();
        verify(&signer, T::LABEL, &document.payload, &document.signature)?;
        document.value.check()?;
        Ok(document)
    }

    /// Reads back from this device's own authenticated store what was put there after [`Signed::open`] or [`Signed::seal`]:
    /// everything is checked but the signature.
    pub fn open_trusted(bytes: &[u8]) -> Result<Self> {
        let document = Self::parse(bytes)?;
        document.value.check()?;
        Ok(document)
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        check_size(T::NAME, bytes.len(), Signature64::LEN + T::MAX_BYTES)?;
        let (signature, payload) = bytes.split_first_chunk().ok_or(CryptoError::malformed(T::NAME))?;
        let value: T = decode_document(T::NAME, payload, T::MAX_BYTES)?;
        Ok(Self {
            value,
            payload: payload.to_vec(),
            signature: Signature64::from_bytes(*signature),
        })
    }

    /// The document.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The document, without its proof.
    pub fn into_value(self) -> T {
        self.value
    }

    /// The bytes that were signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Signature and payload, as they travel and rest.
    pub fn encode(&self) -> Vec<u8> {
        [self.signature.as_bytes().as_slice(), &self.payload].concat()
    }
}

impl<T: Document> Serialize for Signed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.encode())
    }
}

impl<'de, T: Document> Deserialize<'de> for Signed<T> {
    /// Verifies as [`Signed::open`] does.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        Self::open(&bytes).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::DeviceKey;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Note {
        by: [u8; 32],
        text: String,
    }

    impl Document for Note {
        const NAME: &'static str = "note";
        const LABEL: &'static str = "kith note v1";
        const MAX_BYTES: usize = 128;

        fn signer(&self) -> [u8; 32] {
            self.by
        }

        fn check(&self) -> Result<()> {
            if self.text.is_empty() {
                return Err(CryptoError::NotAllowed {
                    what: "note",
                    rule: "it is empty",
                });
            }
            Ok(())
        }
    }

    fn note(by: &DeviceKey, text: &str) -> Note {
        Note {
            by: *by.id().as_bytes(),
            text: text.into(),
        }
    }

    #[test]
    fn a_signed_note_travels_and_any_changed_bit_is_noticed() {
        let ana = DeviceKey::from_bytes([1; 32]);
        let signed = Signed::seal(note(&ana, "hi"), &ana).unwrap();
        let bytes = signed.encode();
        assert_eq!(Signed::open(&bytes), Ok(signed));
        for index in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[index / 8] ^= 1 << (index % 8);
            assert!(
                Signed::<Note>::open(&changed).is_err(),
                "bit {index} is not protected"
            );
        }
        for len in 0..bytes.len() {
            assert!(Signed::<Note>::open(&bytes[..len]).is_err(), "cut at {len}");
        }
    }

    #[test]
    fn nobody_signs_in_anothers_name_and_rules_hold_on_both_sides() {
        let (ana, eve) = (DeviceKey::from_bytes([1; 32]), DeviceKey::from_bytes([2; 32]));
        assert_eq!(
            Signed::seal(note(&ana, "hi"), &eve),
            Err(CryptoError::WrongSigner)
        );
        assert!(matches!(
            Signed::seal(note(&ana, ""), &ana),
            Err(CryptoError::NotAllowed { .. })
        ));
        let large = note(&ana, &"x".repeat(200));
        assert!(matches!(
            Signed::seal(large, &ana),
            Err(CryptoError::TooLarge { .. })
        ));
        // A careless peer signs what the rules forbid: the reader still refuses.
        let payload = encode_document("note", &note(&ana, ""), 128).unwrap();
        let signature = ana.sign(Note::LABEL, &payload);
        let bytes = [signature.as_bytes().as_slice(), &payload].concat();
        assert!(matches!(
            Signed::<Note>::open(&bytes),
            Err(CryptoError::NotAllowed { .. })
        ));
        assert!(matches!(
            Signed::<Note>::open_trusted(&bytes),
            Err(CryptoError::NotAllowed { .. })
        ));
    }

    #[test]
    fn what_is_trusted_is_what_was_verified_and_only_its_signature_is_not_looked_at_again() {
        let ana = DeviceKey::from_bytes([1; 32]);
        let signed = Signed::seal(note(&ana, "hi"), &ana).unwrap();
        let mut bytes = signed.encode();
        assert_eq!(Signed::open_trusted(&bytes), Ok(signed));
        bytes[0] ^= 1;
        assert!(Signed::<Note>::open_trusted(&bytes).is_ok());
        assert!(Signed::<Note>::open(&bytes).is_err());
        bytes.pop();
        assert!(Signed::<Note>::open_trusted(&bytes).is_err());
    }

    #[test]
    fn serde_carries_and_verifies() {
        let ana = DeviceKey::from_bytes([1; 32]);
        let signed = Signed::seal(note(&ana, "hi"), &ana).unwrap();
        let mut bytes = postcard::to_allocvec(&signed).unwrap();
        assert_eq!(postcard::from_bytes::<Signed<Note>>(&bytes).unwrap(), signed);
        *bytes.last_mut().unwrap() ^= 1;
        assert!(postcard::from_bytes::<Signed<Note>>(&bytes).is_err());
    }
}
