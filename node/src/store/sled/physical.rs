//! From logical keys and values to what lies on the disk, and back.
//!
//! A physical key is 16 bytes of keyed BLAKE3 over the scope, then the suffix: ordered suffixes as they are, hashed
//! ones as 16 bytes of keyed BLAKE3. A physical value is a random 24-byte nonce and XChaCha20-Poly1305 under the
//! values key with the physical key as associated data, so that nobody can move a value to another key. Nothing
//! here touches the disk.

use chacha20poly1305::aead::{Aead, Payload as AeadPayload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::store::{Key, Scope, StoreError, Suffix};

/// Bytes of a hashed part of a physical key.
pub(super) const HASH_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;

/// What is hashed into a name; the tag keeps the kinds apart under one key.
#[derive(Clone, Copy)]
pub(super) enum Name {
    Scope = 1,
    Suffix = 2,
    /// Where the parts of one split value lie.
    Parts = 3,
    /// The entry of a split value in the index of split values.
    Split = 4,
    /// The check of the mark file.
    Mark = 5,
}

/// The two keys of the store: one hides names, one hides values.
pub(super) struct Cipher {
    names: Zeroizing<[u8; 32]>,
    values: XChaCha20Poly1305,
}

impl Cipher {
    pub(super) fn new(names: &[u8; 32], values: &[u8; 32]) -> Self {
        Cipher {
            names: Zeroizing::new(*names),
            values: XChaCha20Poly1305::new(values.into()),
        }
    }

    /// A keyed hash of `parts`, whose lengths go in so that they cannot run into one another.
    pub(super) fn name(&self, kind: Name, parts: &[&[u8]]) -> [u8; HASH_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.names);
        hasher.update(&[kind as u8]);
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let mut name = [0; HASH_BYTES];
        hasher.finalize_xof().fill(&mut name);
        name
    }

    /// What every physical key of `scope` begins with.
    pub(super) fn scope_name(&self, scope: &Scope) -> [u8; HASH_BYTES] {
        self.name(Name::Scope, &[scope.as_bytes()])
    }

    /// The second half of the physical key. A hashed suffix is bound to its scope, so that one identity under two
    /// scopes does not show as such.
    pub(super) fn suffix_bytes(&self, key: &Key) -> Vec<u8> {
        match &key.suffix {
            Suffix::Ordered(bytes) => bytes.clone(),
            Suffix::Hashed(identity) => self
                .name(Name::Suffix, &[key.scope.as_bytes(), identity])
                .to_vec(),
        }
    }

    /// The whole physical key.
    pub(super) fn physical(&self, key: &Key) -> Vec<u8> {
        let mut physical = self.scope_name(&key.scope).to_vec();
        physical.extend(self.suffix_bytes(key));
        physical
    }

    /// Encrypts `payload` for the place `physical`.
    pub(super) fn seal(
        &self,
        physical: &[u8],
        payload: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let sealed = self
            .values
            .encrypt(
                &XNonce::from(nonce),
                AeadPayload {
                    msg: payload,
                    aad: physical,
                },
            )
            .map_err(|_| StoreError::Crypto {
                doing: "encrypt a record",
                reason: "too long".into(),
            })?;
        let mut bytes = Vec::with_capacity(NONCE_BYTES + sealed.len());
        bytes.extend_from_slice(&nonce);
        bytes.extend(sealed);
        Ok(bytes)
    }

    /// Decrypts what lies at `physical`; `None` when it is not what was written there.
    pub(super) fn open(&self, physical: &[u8], bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let payload = AeadPayload {
            msg: sealed,
            aad: physical,
        };
        self.values
            .decrypt(&XNonce::from(*nonce), payload)
            .ok()
            .map(Zeroizing::new)
    }
}

/// The plaintext of a physical value.
pub(super) struct Payload {
    /// The day under whose key `body` is wrapped.
    pub(super) until_day: Option<u32>,
    /// The value, wrapped or not, or where its parts are.
    pub(super) body: PayloadBody,
}

/// Where a value is.
pub(super) enum PayloadBody {
    /// Here.
    Whole(Zeroizing<Vec<u8>>),
    /// In `parts` records of their own, which together hash to `hash`.
    Split { parts: u32, hash: [u8; 32] },
}

const WRAPPED: u8 = 1;
const SPLIT: u8 = 2;

impl Payload {
    /// Layout: flags (1), the day (4, if wrapped), then the body or the number of parts (4) and their hash (32).
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(vec![0]);
        let mut flags = 0;
        if let Some(day) = self.until_day {
            flags |= WRAPPED;
            bytes.extend_from_slice(&day.to_be_bytes());
        }
        match &self.body {
            PayloadBody::Whole(body) => bytes.extend_from_slice(body),
            PayloadBody::Split { parts, hash } => {
                flags |= SPLIT;
                bytes.extend_from_slice(&parts.to_be_bytes());
                bytes.extend_from_slice(hash);
            }
        }
        if let Some(first) = bytes.first_mut() {
            *first = flags;
        }
        bytes
    }

    /// The inverse of [`Payload::encode`]; `None` for anything it never wrote.
    pub(super) fn decode(bytes: &[u8]) -> Option<Payload> {
        let (flags, mut rest) = bytes.split_first()?;
        if flags & !(WRAPPED | SPLIT) != 0 {
            return None;
        }
        let mut until_day = None;
        if flags & WRAPPED != 0 {
            let (day, after) = rest.split_first_chunk()?;
            until_day = Some(u32::from_be_bytes(*day));
            rest = after;
        }
        let body = if flags & SPLIT != 0 {
            let (parts, hash) = rest.split_first_chunk()?;
            PayloadBody::Split {
                parts: u32::from_be_bytes(*parts),
                hash: hash.try_into().ok()?,
            }
        } else {
            PayloadBody::Whole(Zeroizing::new(rest.to_vec()))
        };
        Some(Payload { until_day, body })
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::store::Table;

    fn cipher() -> Cipher {
        Cipher::new(&[1; 32], &[2; 32])
    }

    #[test]
    fn a_value_moved_to_another_key_does_not_open() {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let sealed = cipher().seal(b"here", b"value", &mut rng).unwrap();
        assert_eq!(cipher().open(b"here", &sealed).unwrap().as_slice(), b"value");
        assert!(cipher().open(b"there", &sealed).is_none());
        assert!(cipher().open(b"here", &sealed[..20]).is_none());
        assert!(Cipher::new(&[1; 32], &[9; 32]).open(b"here", &sealed).is_none());
    }

    #[test]
    fn the_same_identity_in_two_scopes_has_two_names() {
        let key = |part: &[u8]| Key::new(Scope::new(Table::Settings).with(part), Suffix::hashed(b"bob"));
        assert_ne!(
            cipher().suffix_bytes(&key(b"a")),
            cipher().suffix_bytes(&key(b"b"))
        );
    }

    #[test]
    fn payloads_survive_encoding_and_nonsense_is_refused() {
        let whole = Payload {
            until_day: Some(7),
            body: PayloadBody::Whole(Zeroizing::new(b"x".to_vec())),
        };
        let decoded = Payload::decode(&whole.encode()).unwrap();
        assert_eq!(decoded.until_day, Some(7));
        assert!(matches!(decoded.body, PayloadBody::Whole(body) if body.as_slice() == b"x"));
        let split = Payload {
            until_day: None,
            body: PayloadBody::Split {
                parts: 9,
                hash: [4; 32],
            },
        };
        let bytes = split.encode();
        assert!(matches!(
            Payload::decode(&bytes).unwrap().body,
            PayloadBody::Split { parts: 9, hash } if hash == [4; 32]
        ));
        assert!(Payload::decode(&bytes[..30]).is_none());
        assert!(Payload::decode(&[]).is_none());
        assert!(Payload::decode(&[8, 1, 2]).is_none());
    }
}
