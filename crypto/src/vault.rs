//! The vault: a passphrase keeps one random data key, and the data key keeps everything else.
//!
//! The vault file holds Argon2id's parameters and the data key, wrapped under the stretched passphrase; changing the
//! passphrase rewraps 32 bytes and touches nothing else. From the data key come, each under its own label, the keys of
//! the store, of the identity file and of the [day ring](crate::ring). The parameters travel in the file so that they
//! can grow, and are checked against sane bounds before any work: a damaged file must not eat the machine's memory.
//! A wrong passphrase and a damaged wrapped key are one error after the same work, because nobody can tell them apart.

use core::fmt;
use std::borrow::Cow;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use bip39::Mnemonic;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    codec::{check_size, decode_document, encode_document, random_bytes},
    error::{CryptoError, Result},
    symmetric::NONCE_LEN,
};

/// Domain that the wrapped data key is bound to.
pub const VAULT_LABEL: &str = "kith vault v1";
/// HKDF label of the key under which the store's values are encrypted.
pub const STORE_VALUES_LABEL: &str = "kith store values v1";
/// HKDF label of the key under which the store's names are hashed.
pub const STORE_NAMES_LABEL: &str = "kith store names v1";
/// Largest vault file in bytes.
pub const MAX_VAULT_BYTES: usize = 256;

const VAULT: &str = "vault";
/// A wrapped key: 32 bytes and the tag.
const WRAPPED_LEN: usize = 48;

/// How hard Argon2id works (RFC 9106).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultParams {
    /// Memory in KiB: 8 KiB to 1 GiB.
    pub memory_kib: u32,
    /// Passes over it: 1 to 16.
    pub passes: u32,
    /// Lanes: 1 to 16, each with at least 8 KiB.
    pub lanes: u32,
}

impl Default for VaultParams {
    /// 64 MiB, 3 passes, 1 lane: 129 ms on the machine it was measured on; RFC 9106's second choice, with its four
    /// lanes made one because they would run one after the other here.
    fn default() -> Self {
        Self {
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 1,
        }
    }
}

impl VaultParams {
    /// Next to no work, for tests only.
    pub const fn for_tests() -> Self {
        Self {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
        }
    }

    fn argon2(&self) -> Result<Argon2<'static>> {
        let sane = (8..=1024 * 1024).contains(&self.memory_kib)
            && (1..=16).contains(&self.passes)
            && (1..=16).contains(&self.lanes);
        if !sane {
            return Err(CryptoError::malformed(VAULT));
        }
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|_| CryptoError::malformed(VAULT))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }

    /// The key that wraps the data key.
    fn stretch(&self, passphrase: &str, salt: &[u8; 16]) -> Result<Zeroizing<[u8; 32]>> {
        let argon2 = self.argon2()?;
        // One keyboard writes é as one character, another as two: NFKD makes them one passphrase.
        let mut text = Cow::Borrowed(passphrase);
        Mnemonic::normalize_utf8_cow(&mut text);
        let mut key = Zeroizing::new([0; 32]);
        let worked = working_memory(argon2.params().block_count()).and_then(|mut memory| {
            argon2
                .hash_password_into_with_memory(
                    text.as_bytes(),
                    salt,
                    key.as_mut_slice(),
                    memory.as_mut_slice(),
                )
                .map_err(|_| CryptoError::WrongPassphraseOrDamaged)
        });
        if let Cow::Owned(mut copy) = text {
            copy.zeroize();
        }
        worked.map(|()| key)
    }
}

/// Argon2's memory, wiped when dropped: the wrapping key can be computed from what is left in it. Its own allocation
/// would be freed as it is, so the memory is brought along.
fn working_memory(blocks: usize) -> Result<Zeroizing<Vec<Block>>> {
    let mut memory = Zeroizing::new(Vec::new());
    memory
        .try_reserve_exact(blocks)
        .map_err(|_| CryptoError::OutOfMemory)?;
    memory.resize(blocks, Block::new());
    Ok(memory)
}

/// The vault file, as it rests.
#[derive(Serialize, Deserialize)]
pub struct VaultFile {
    params: VaultParams,
    salt: [u8; 16],
    nonce: [u8; NONCE_LEN],
    /// 48 bytes; in this shape because serde knows no arrays of 48. It comes last: what stands before it is bound.
    wrapped: [[u8; 16]; 3],
}

impl VaultFile {
    /// A new vault around a new data key. Gives the file's bytes and the key. Takes as long as `params` say.
    pub fn create(
        passphrase: &str,
        params: VaultParams,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Vec<u8>, DataKey)> {
        let key = DataKey(random_bytes(rng));
        let bytes = Self::wrap(passphrase, params, &key, rng)?;
        Ok((bytes, key))
    }

    /// Opens a vault. Takes as long as its parameters say, whether the passphrase is right or not.
    pub fn open(bytes: &[u8], passphrase: &str) -> Result<DataKey> {
        let vault: Self = decode_document(VAULT, bytes, MAX_VAULT_BYTES)?;
        let wrapping = vault.params.stretch(passphrase, &vault.salt)?;
        let bound = bound_part(bytes)?;
        let payload = Payload {
            msg: vault.wrapped.as_flattened(),
            aad: &bound,
        };
        let plaintext = XChaCha20Poly1305::new((&*wrapping).into())
            .decrypt(&XNonce::from(vault.nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::WrongPassphraseOrDamaged)?;
        let key = plaintext
            .as_slice()
            .try_into()
            .map_err(|_| CryptoError::WrongPassphraseOrDamaged)?;
        Ok(DataKey(key))
    }

    /// The same data key under another passphrase, with a fresh salt and the same parameters. Gives the new file.
    pub fn change_passphrase(bytes: &[u8], old: &str, new: &str, rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
        let key = Self::open(bytes, old)?;
        let vault: Self = decode_document(VAULT, bytes, MAX_VAULT_BYTES)?;
        Self::wrap(new, vault.params, &key, rng)
    }

    fn wrap(
        passphrase: &str,
        params: VaultParams,
        key: &DataKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>> {
        let (salt, nonce) = (random_bytes(rng), random_bytes(rng));
        let wrapping = params.stretch(passphrase, &salt)?;
        let mut vault = Self {
            params,
            salt,
            nonce,
            wrapped: [[0; 16]; 3],
        };
        let bound = bound_part(&encode_document(VAULT, &vault, MAX_VAULT_BYTES)?)?;
        let sealed = XChaCha20Poly1305::new((&*wrapping).into())
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: &key.0,
                    aad: &bound,
                },
            )
            .map_err(|_| CryptoError::Encoding { what: VAULT })?;
        let (chunks, _) = sealed.as_chunks::<16>();
        vault.wrapped = chunks
            .try_into()
            .map_err(|_| CryptoError::Encoding { what: VAULT })?;
        encode_document(VAULT, &vault, MAX_VAULT_BYTES)
    }
}

impl fmt::Debug for VaultFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultFile")
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}

/// The label and everything before the wrapped key: version, parameters, salt, nonce.
fn bound_part(file: &[u8]) -> Result<Vec<u8>> {
    check_size(VAULT, file.len(), MAX_VAULT_BYTES)?;
    let (head, _) = file
        .split_last_chunk::<WRAPPED_LEN>()
        .ok_or(CryptoError::malformed(VAULT))?;
    Ok([VAULT_LABEL.as_bytes(), head].concat())
}

/// The key under all the others of one profile.
#[derive(Clone, ZeroizeOnDrop)]
pub struct DataKey([u8; 32]);

impl DataKey {
    /// A fresh key that no vault holds, for tests and memory stores.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(random_bytes(rng))
    }

    /// The two keys of the store.
    pub fn store_keys(&self) -> Result<StoreKeys> {
        Ok(StoreKeys {
            values: *self.derive(STORE_VALUES_LABEL)?,
            names: *self.derive(STORE_NAMES_LABEL)?,
        })
    }

    /// HKDF-SHA-256 (RFC 5869) with no salt: the data key is uniformly random already.
    pub(crate) fn derive(&self, label: &str) -> Result<Zeroizing<[u8; 32]>> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &self.0)
            .expand(label.as_bytes(), key.as_mut_slice())
            .map_err(|_| CryptoError::Encoding { what: "key" })?;
        Ok(key)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(secret)")
    }
}

/// The store's keys: one that encrypts values (XChaCha20-Poly1305), one that hashes names (keyed BLAKE3).
#[derive(Clone, ZeroizeOnDrop)]
pub struct StoreKeys {
    values: [u8; 32],
    names: [u8; 32],
}

impl StoreKeys {
    /// Encrypts values.
    pub const fn values(&self) -> &[u8; 32] {
        &self.values
    }

    /// Hashes names.
    pub const fn names(&self) -> &[u8; 32] {
        &self.names
    }
}

impl fmt::Debug for StoreKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKeys(secret)")
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([7; 32])
    }

    fn vault() -> (Vec<u8>, DataKey) {
        VaultFile::create("correct horse", VaultParams::for_tests(), &mut rng()).unwrap()
    }

    #[test]
    fn the_right_passphrase_opens_and_however_it_is_typed() {
        let (bytes, key) = vault();
        assert_eq!(VaultFile::open(&bytes, "correct horse").unwrap().0, key.0);
        let (bytes, key) = VaultFile::create("caf\u{e9}", VaultParams::for_tests(), &mut rng()).unwrap();
        assert_eq!(VaultFile::open(&bytes, "cafe\u{301}").unwrap().0, key.0);
    }

    #[test]
    fn a_wrong_passphrase_and_a_damaged_key_look_the_same() {
        let (bytes, _) = vault();
        let wrong = VaultFile::open(&bytes, "correct house").unwrap_err();
        assert_eq!(wrong, CryptoError::WrongPassphraseOrDamaged);
        for place in bytes.len() - WRAPPED_LEN..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert_eq!(
                VaultFile::open(&damaged, "correct horse").unwrap_err(),
                wrong,
                "byte {place}"
            );
        }
    }

    #[test]
    fn no_changed_bit_and_no_cut_opens() {
        let (bytes, _) = vault();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(VaultFile::open(&damaged, "correct horse").is_err(), "bit {bit}");
        }
        for len in 0..bytes.len() {
            let cut = VaultFile::open(&bytes[..len], "correct horse").unwrap_err();
            assert_eq!(cut, CryptoError::malformed(VAULT), "cut at {len}");
        }
    }

    #[test]
    fn parameters_that_would_eat_the_machine_are_refused_before_any_work() {
        for (memory_kib, passes, lanes) in [
            (7, 1, 1),
            (1024 * 1024 + 1, 1, 1),
            (u32::MAX, 1, 1),
            (8, 0, 1),
            (8, 17, 1),
            (8, 1, 0),
            (8, 1, 2),
            (512, 1, 17),
        ] {
            let params = VaultParams {
                memory_kib,
                passes,
                lanes,
            };
            let vault = VaultFile {
                params,
                salt: [0; 16],
                nonce: [0; 24],
                wrapped: [[0; 16]; 3],
            };
            let bytes = encode_document(VAULT, &vault, MAX_VAULT_BYTES).unwrap();
            assert_eq!(
                VaultFile::open(&bytes, "x").unwrap_err(),
                CryptoError::malformed(VAULT),
                "{params:?}"
            );
            assert!(VaultFile::create("x", params, &mut rng()).is_err());
        }
    }

    #[test]
    fn a_changed_passphrase_keeps_the_key() {
        let (bytes, key) = vault();
        let mut rng = ChaCha20Rng::from_seed([8; 32]);
        let changed = VaultFile::change_passphrase(&bytes, "correct horse", "battery", &mut rng).unwrap();
        assert_eq!(VaultFile::open(&changed, "battery").unwrap().0, key.0);
        assert!(VaultFile::open(&changed, "correct horse").is_err());
        let refused = VaultFile::change_passphrase(&bytes, "battery", "x", &mut rng).unwrap_err();
        assert_eq!(refused, CryptoError::WrongPassphraseOrDamaged);
    }

    #[test]
    fn the_parameters_that_people_get_work_and_stay_in_the_file() {
        let (bytes, key) = VaultFile::create("x", VaultParams::default(), &mut rng()).unwrap();
        assert_eq!(VaultFile::open(&bytes, "x").unwrap().0, key.0);
        let file: VaultFile = decode_document(VAULT, &bytes, MAX_VAULT_BYTES).unwrap();
        assert_eq!(
            file.params,
            VaultParams {
                memory_kib: 65_536,
                passes: 3,
                lanes: 1
            }
        );
    }

    #[test]
    fn every_use_has_its_own_key() {
        let keys = vault().1.store_keys().unwrap();
        assert_ne!(keys.values(), keys.names());
        assert_eq!(vault().1.store_keys().unwrap().values(), keys.values());
    }
}
