//! The identity file: who this installation is, sealed under the data key.
//!
//! It holds the device's key and, on devices that may enrol others, the account's entropy. It is written once, and
//! again only when the device is allowed or forbidden to enrol.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    codec::decode_exact,
    error::{CryptoError, Result},
    id::AccountId,
    keys::{AccountKey, DeviceKey},
    symmetric::{FileKind, open_file, seal_file},
    vault::DataKey,
};

/// HKDF label of the identity file's key, and the domain of its ciphertext.
pub const IDENTITY_LABEL: &str = "kith identity file v1";
/// Largest identity file in bytes.
pub const MAX_IDENTITY_BYTES: usize = 256;

const KIND: FileKind = FileKind {
    what: "identity file",
    label: IDENTITY_LABEL,
    max_bytes: MAX_IDENTITY_BYTES,
};

/// Who this installation is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The person.
    pub account: AccountId,
    /// This installation's key.
    pub device: DeviceKey,
    /// The person's key, on devices that may enrol.
    pub account_key: Option<AccountKey>,
}

/// The file's content as it is encoded.
#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
struct Plain {
    #[zeroize(skip)]
    account: AccountId,
    device: [u8; 32],
    account_entropy: Option<[u8; 32]>,
}

/// Seals and opens identity files.
#[derive(Debug)]
pub struct IdentityFile;

impl IdentityFile {
    /// The file's bytes: `version ‖ nonce ‖ ciphertext`.
    pub fn seal(key: &DataKey, identity: &Identity, rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
        check(identity)?;
        let plain = Plain {
            account: identity.account,
            device: *identity.device.to_bytes(),
            account_entropy: identity.account_key.as_ref().map(|key| *key.entropy()),
        };
        let mut room = Zeroizing::new([0; MAX_IDENTITY_BYTES]);
        let used = postcard::to_slice(&plain, room.as_mut_slice())
            .map_err(|_| CryptoError::Encoding { what: KIND.what })?;
        seal_file(&KIND, &*key.derive(IDENTITY_LABEL)?, used, rng)
    }

    /// Reads what [`IdentityFile::seal`] gave under the same data key.
    pub fn open(key: &DataKey, bytes: &[u8]) -> Result<Identity> {
        let plaintext = open_file(&KIND, &*key.derive(IDENTITY_LABEL)?, bytes)?;
        let plain: Plain = decode_exact(KIND.what, &plaintext)?;
        let identity = Identity {
            account: plain.account,
            device: DeviceKey::from_bytes(plain.device),
            account_key: plain.account_entropy.map(AccountKey::from_entropy),
        };
        check(&identity)?;
        Ok(identity)
    }
}

/// An account key belongs to the account that it stands beside.
fn check(identity: &Identity) -> Result<()> {
    match &identity.account_key {
        Some(key) if key.id() != identity.account => Err(CryptoError::malformed(KIND.what)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    #[test]
    fn an_identity_comes_back_with_and_without_the_account_key() {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let key = DataKey::generate(&mut rng);
        let account_key = AccountKey::generate(&mut rng);
        let device = DeviceKey::generate(&mut rng);
        for account_key in [Some(account_key.clone()), None] {
            let may_enrol = account_key.is_some();
            let account = AccountKey::generate(&mut rng).id();
            let account = account_key.as_ref().map_or(account, AccountKey::id);
            let identity = Identity {
                account,
                device: device.clone(),
                account_key,
            };
            let bytes = IdentityFile::seal(&key, &identity, &mut rng).unwrap();
            let read = IdentityFile::open(&key, &bytes).unwrap();
            assert_eq!((read.account, read.device.id()), (account, device.id()));
            assert_eq!(read.account_key.is_some(), may_enrol);
            assert!(bytes.len() <= MAX_IDENTITY_BYTES);
        }
    }

    #[test]
    fn another_key_another_file_and_damage_do_not_open() {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let (key, other) = (DataKey::generate(&mut rng), DataKey::generate(&mut rng));
        let account_key = AccountKey::generate(&mut rng);
        let device = DeviceKey::generate(&mut rng);
        let identity = Identity {
            account: account_key.id(),
            device,
            account_key: Some(account_key),
        };
        let bytes = IdentityFile::seal(&key, &identity, &mut rng).unwrap();
        let closed = CryptoError::DoesNotOpen { what: KIND.what };
        assert_eq!(IdentityFile::open(&other, &bytes).unwrap_err(), closed);
        for bit in 8..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                IdentityFile::open(&key, &damaged).unwrap_err(),
                closed,
                "bit {bit}"
            );
        }
        for len in 0..bytes.len() {
            assert!(IdentityFile::open(&key, &bytes[..len]).is_err());
        }
        let stranger = Identity {
            account: AccountId::from_bytes([1; 32]),
            ..identity
        };
        assert!(IdentityFile::seal(&key, &stranger, &mut rng).is_err());
    }
}
