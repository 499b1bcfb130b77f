//! Prekeys: the public keys to which seals and mail are encrypted while their device is away.
//!
//! A device publishes a fresh one every day, signed with its own key. The [`PrekeySecret`] stays in the encrypted store,
//! wrapped under a day's key, and is erased once a successor has been published for the retention time: from that moment
//! what was sealed to it is safe even from whoever seizes the device. Rotation and retention are the node's; the
//! encryption itself is in [`sealed`](crate::sealed).

use hpke::kem::XWing;
use hpke::{Deserializable, Kem, Serializable};
use serde::{Deserialize, Serialize};

use crate::error::{CryptoError, Result};
use crate::id::DeviceId;
use crate::keys::DeviceKey;
use crate::secret::{random_secret, secret_bytes};
use crate::signed::{Document, Signed};

/// Bytes of an X-Wing public key: ML-KEM-768 (1184), then X25519 (32).
pub const KEM_PUBLIC_KEY_BYTES: usize = 1216;

/// Where the X25519 part of an X-Wing public key begins.
const X25519_OFFSET: usize = 1184;

secret_bytes! {
    /// The secret of a prekey: the 32-byte X-Wing seed, which is the decapsulation key of the X-Wing draft itself.
    PrekeySecret
}

random_secret!(PrekeySecret);

/// What a device publishes so that others can seal to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prekey {
    /// The device that holds the secret, and that signs this.
    pub device: DeviceId,
    /// Which of the device's prekeys this is; the device never gives a number twice.
    pub id: u64,
    /// When it was made, in unix milliseconds by the device's clock.
    pub made_at_ms: u64,
    /// The X-Wing public key, [`KEM_PUBLIC_KEY_BYTES`] long.
    #[serde(with = "serde_bytes")]
    pub public: Vec<u8>,
}

impl PrekeySecret {
    /// The X-Wing public key that belongs to the secret.
    ///
    /// # Errors
    /// `Malformed`, which no 32 bytes cause.
    pub fn public(&self) -> Result<Vec<u8>> {
        Ok(XWing::sk_to_pk(&self.kem_secret()?).to_bytes().to_vec())
    }

    /// Signs the prekey of this secret for the device of `key`.
    ///
    /// # Errors
    /// Those of [`Signed::seal`], none of which these values cause.
    pub fn publish(&self, key: &DeviceKey, id: u64, made_at_ms: u64) -> Result<Signed<Prekey>> {
        Signed::seal(
            Prekey {
                device: key.id(),
                id,
                made_at_ms,
                public: self.public()?,
            },
            key,
        )
    }

    /// The seed *is* the secret key (`from_bytes`); deriving a key pair from it would give another one.
    pub(crate) fn kem_secret(&self) -> Result<<XWing as Kem>::PrivateKey> {
        <XWing as Kem>::PrivateKey::from_bytes(self.as_bytes())
            .map_err(|_| CryptoError::malformed("prekey secret"))
    }
}

impl Prekey {
    /// The public key in the form that HPKE takes.
    pub(crate) fn kem_public(&self) -> Result<<XWing as Kem>::PublicKey> {
        <XWing as Kem>::PublicKey::from_bytes(&self.public).map_err(|_| CryptoError::malformed(Self::NAME))
    }
}

impl Document for Prekey {
    const NAME: &'static str = "prekey";
    const LABEL: &'static str = "kith prekey v1";
    const MAX_BYTES: usize = 1 + 32 + 10 + 10 + 2 + KEM_PUBLIC_KEY_BYTES;

    fn signer(&self) -> [u8; 32] {
        *self.device.as_bytes()
    }

    fn check(&self) -> Result<()> {
        check_public_key(Self::NAME, &self.public)?;
        self.kem_public().map(|_| ())
    }
}

/// Refuses an X-Wing public key either of whose parts is all zeros: the libraries take it, and such a part adds nothing
/// to the secret.
pub(crate) fn check_public_key(what: &'static str, public: &[u8]) -> Result<()> {
    let (ml_kem, x25519) = public
        .split_at_checked(X25519_OFFSET)
        .ok_or(CryptoError::malformed(what))?;
    let is_zero = |part: &[u8]| part.iter().all(|byte| *byte == 0);
    if is_zero(ml_kem) || is_zero(x25519) {
        return Err(CryptoError::NotAllowed {
            what,
            rule: "a part of its public key is all zeros",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn a_published_prekey_travels_and_belongs_to_its_secret() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let device = DeviceKey::generate(&mut rng);
        let secret = PrekeySecret::generate(&mut rng);
        let prekey = secret.publish(&device, u64::MAX, u64::MAX).unwrap();
        let read = Signed::<Prekey>::open(&prekey.encode()).unwrap();
        assert_eq!(read.value().device, device.id());
        assert_eq!(read.value().public.len(), KEM_PUBLIC_KEY_BYTES);
        let restored = PrekeySecret::from_bytes(*secret.as_bytes());
        assert_eq!(restored.public().unwrap(), read.value().public);
    }

    #[test]
    fn hpke_and_the_x_wing_crate_mean_the_same_key_by_a_seed() {
        use x_wing::{DecapsulationKey, Decapsulator, KeyExport};
        let theirs = DecapsulationKey::from([7; 32]);
        let ours = PrekeySecret::from_bytes([7; 32]).public().unwrap();
        assert_eq!(ours, theirs.encapsulation_key().to_bytes().to_vec());
    }

    #[test]
    fn keys_that_protect_nothing_are_refused() {
        let device = DeviceKey::from_bytes([1; 32]);
        let good = PrekeySecret::from_bytes([2; 32]).public().unwrap();
        let publish = |public: Vec<u8>| {
            Signed::seal(
                Prekey {
                    device: device.id(),
                    id: 1,
                    made_at_ms: 1,
                    public,
                },
                &device,
            )
        };
        assert!(publish(good.clone()).is_ok());
        let refused = |public| matches!(publish(public), Err(CryptoError::NotAllowed { .. }));
        assert!(refused(vec![0; KEM_PUBLIC_KEY_BYTES]));
        let mut no_x25519 = good.clone();
        no_x25519[X25519_OFFSET..].fill(0);
        assert!(refused(no_x25519));
        let mut no_ml_kem = good.clone();
        no_ml_kem[..X25519_OFFSET].fill(0);
        assert!(refused(no_ml_kem));
        // FIPS 203 section 7.2: coefficients of 3329 and above are not a key.
        let mut not_reduced = good.clone();
        not_reduced[..1152].fill(0xff);
        assert!(matches!(publish(not_reduced), Err(CryptoError::Malformed { .. })));
        assert!(matches!(
            publish(good[..1215].to_vec()),
            Err(CryptoError::Malformed { .. })
        ));
    }

    #[test]
    fn debug_prints_no_secret() {
        assert_eq!(
            format!("{:?}", PrekeySecret::from_bytes([0xAB; 32])),
            "PrekeySecret(secret)"
        );
    }

    proptest! {
        #[test]
        fn opening_anything_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..1400)) {
            prop_assert!(Signed::<Prekey>::open(&bytes).is_err());
        }
    }
}
