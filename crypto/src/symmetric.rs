//! XChaCha20-Poly1305 with random 24-byte nonces, for what rests on this device.
//!
//! A nonce of 24 bytes can be drawn at random for as long as a disk lives without two ever meeting (a chance of 2^-64
//! after 2^64 values under one key), so no counter has to survive a crash. Sealed bytes are `nonce (24) ‖ ciphertext
//! and tag (16)`. Small files that people hold (identity, ring) go through [`seal_file`], which puts a version in
//! front and binds the file's kind, so that one file cannot stand in for another.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    codec::{VERSION, check_size, check_version, random_bytes},
    error::{CryptoError, Result},
};

/// Bytes of a nonce.
pub(crate) const NONCE_LEN: usize = 24;

/// Seals `plaintext` under `key` and a fresh nonce, bound to `aad`.
pub(crate) fn seal(
    what: &'static str,
    key: &[u8; 32],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE_LEN] = random_bytes(rng);
    let payload = Payload { msg: plaintext, aad };
    let ciphertext = XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| CryptoError::Encoding { what })?;
    Ok([nonce.as_slice(), &ciphertext].concat())
}

/// Opens what [`seal`] gave under the same key and `aad`.
pub(crate) fn open(
    what: &'static str,
    key: &[u8; 32],
    aad: &[u8],
    bytes: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    let (nonce, msg) = bytes
        .split_first_chunk::<NONCE_LEN>()
        .ok_or(CryptoError::malformed(what))?;
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(*nonce), Payload { msg, aad })
        .map(Zeroizing::new)
        .map_err(|_| CryptoError::DoesNotOpen { what })
}

/// What tells one small file from another.
pub(crate) struct FileKind {
    /// In a person's words, for errors.
    pub what: &'static str,
    /// The domain that its ciphertext is bound to.
    pub label: &'static str,
    /// Its largest size in bytes.
    pub max_bytes: usize,
}

/// `version ‖ nonce ‖ ciphertext`, bound to the kind of file.
pub(crate) fn seal_file(
    kind: &FileKind,
    key: &[u8; 32],
    plaintext: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>> {
    let mut bytes = vec![VERSION];
    bytes.append(&mut seal(kind.what, key, kind.label.as_bytes(), plaintext, rng)?);
    check_size(kind.what, bytes.len(), kind.max_bytes)?;
    Ok(bytes)
}

/// Opens what [`seal_file`] gave.
pub(crate) fn open_file(kind: &FileKind, key: &[u8; 32], bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    check_size(kind.what, bytes.len(), kind.max_bytes)?;
    open(
        kind.what,
        key,
        kind.label.as_bytes(),
        check_version(kind.what, bytes)?,
    )
}
