//! From logical keys and values to what lies on the disk, and back.
//!
//! A physical key is 16 bytes of keyed BLAKE3 over the scope, then the suffix: ordered suffixes as they are, hashed
//! ones as 16 bytes of keyed BLAKE3. A physical value is a frame that can stand alone, so that it is found again
//! even when sled's own structures are lost:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | signature, keyed |
//! | 1 | length of the physical key |
//! | n | physical key |
//! | 8 | number of the change, big endian |
//! | 4 | length of the ciphertext, big endian |
//! | 24 | random nonce |
//! | m | XChaCha20-Poly1305 under the values key; everything before the nonce is associated data |
//!
//! So nobody can move a value to another key or pass an old one off as new. Several frames may share one record of
//! sled (`packs`); each stays as it is here. Nothing here touches the disk.

use chacha20poly1305::aead::{Aead, Payload as AeadPayload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::store::{Key, Scope, StoreError, Suffix};

/// Bytes of a hashed part of a physical key.
pub(super) const HASH_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 4;
/// Signature, length of the key, change, length of the ciphertext, nonce.
const FRAME_BYTES: usize = SIGNATURE_BYTES + 1 + 8 + 4 + NONCE_BYTES;
/// The longest frame: the longest key and the longest piece of a value with some room.
pub(super) const MAX_FRAME_BYTES: usize =
    FRAME_BYTES + HASH_BYTES + crate::store::MAX_SUFFIX_BYTES + super::split::PART_BYTES + 256;

/// The number of a change and the length of the ciphertext, which stand before the nonce.
pub(super) const BEFORE_NONCE_BYTES: usize = 8 + 4;

/// Whether a frame may go on with these [`BEFORE_NONCE_BYTES`], by the length they tell.
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    let length = bytes.last_chunk::<4>().map(|length| u32::from_be_bytes(*length));
    length.is_some_and(|length| (TAG_BYTES..=MAX_FRAME_BYTES).contains(&(length as usize)))
}

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
    /// The first bytes of every frame.
    Signature = 6,
    /// A removed key in the note of removals.
    Removed = 7,
    /// Where the packs of one scope lie.
    Packs = 8,
    /// The entry of a scope in the index of scopes with packs.
    Packed = 9,
}

/// What every physical key of one scope begins with.
pub(super) type ScopeName = [u8; HASH_BYTES];

/// The two keys of the store: one hides names, one hides values.
pub(super) struct Cipher {
    names: Zeroizing<[u8; 32]>,
    values: XChaCha20Poly1305,
    signature: [u8; SIGNATURE_BYTES],
}

/// A frame at the beginning of some bytes, taken apart and not yet checked.
struct Outline<'a> {
    key: &'a [u8],
    change: u64,
    /// Everything before the nonce.
    associated: &'a [u8],
    nonce: [u8; NONCE_BYTES],
    sealed: &'a [u8],
}

impl Outline<'_> {
    fn length(&self) -> usize {
        self.associated.len() + NONCE_BYTES + self.sealed.len()
    }
}

/// A sound frame at the beginning of some bytes.
pub(super) struct Frame<'a> {
    /// The physical key.
    pub(super) key: &'a [u8],
    /// The number of the change that wrote it.
    pub(super) change: u64,
    /// The nonce under which it was sealed.
    pub(super) nonce: [u8; NONCE_BYTES],
    /// What was sealed.
    pub(super) payload: Zeroizing<Vec<u8>>,
    /// Bytes of the whole frame.
    pub(super) length: usize,
}

impl Cipher {
    pub(super) fn new(names: &[u8; 32], values: &[u8; 32]) -> Self {
        let mut cipher = Cipher {
            names: Zeroizing::new(*names),
            values: XChaCha20Poly1305::new(values.into()),
            signature: [0; SIGNATURE_BYTES],
        };
        let [a, b, c, d, ..] = cipher.name(Name::Signature, &[]);
        cipher.signature = [a, b, c, d];
        cipher
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
    pub(super) fn scope_name(&self, scope: &Scope) -> ScopeName {
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

    /// The frame that change number `change` stores at `physical`.
    pub(super) fn seal(
        &self,
        physical: &[u8],
        change: u64,
        payload: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, StoreError> {
        self.seal_with(physical, change, payload, fresh_nonce(rng))
    }

    /// The same under a nonce that [`fresh_nonce`] drew for it.
    pub(super) fn seal_with(
        &self,
        physical: &[u8],
        change: u64,
        payload: &[u8],
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Vec<u8>, StoreError> {
        let refused = |reason: &str| StoreError::Crypto {
            doing: "encrypt a record",
            reason: reason.into(),
        };
        let key_bytes = u8::try_from(physical.len()).map_err(|_| refused("its key is too long"))?;
        let sealed_bytes = u32::try_from(payload.len() + TAG_BYTES).map_err(|_| refused("it is too long"))?;
        let mut frame = Vec::with_capacity(FRAME_BYTES + physical.len() + payload.len() + TAG_BYTES);
        frame.extend_from_slice(&self.signature);
        frame.push(key_bytes);
        frame.extend_from_slice(physical);
        frame.extend_from_slice(&change.to_be_bytes());
        frame.extend_from_slice(&sealed_bytes.to_be_bytes());
        let sealed = self
            .values
            .encrypt(
                &XNonce::from(nonce),
                AeadPayload {
                    msg: payload,
                    aad: &frame,
                },
            )
            .map_err(|_| refused("it is too long"))?;
        frame.extend_from_slice(&nonce);
        frame.extend(sealed);
        Ok(frame)
    }

    /// Decrypts what lies at `physical`; `None` when it is not what was written there.
    pub(super) fn open(&self, physical: &[u8], bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.open_frame(physical, bytes).map(|frame| frame.payload)
    }

    /// The whole frame at `physical`.
    pub(super) fn open_frame<'a>(&self, physical: &[u8], bytes: &'a [u8]) -> Option<Frame<'a>> {
        let frame = self.frame(bytes)?;
        (frame.key == physical && frame.length == bytes.len()).then_some(frame)
    }

    /// The sound frame with which `bytes` begin, if they do.
    pub(super) fn frame<'a>(&self, bytes: &'a [u8]) -> Option<Frame<'a>> {
        let outline = self.outline(bytes)?;
        let payload = AeadPayload {
            msg: outline.sealed,
            aad: outline.associated,
        };
        Some(Frame {
            key: outline.key,
            change: outline.change,
            nonce: outline.nonce,
            payload: self
                .values
                .decrypt(&XNonce::from(outline.nonce), payload)
                .map(Zeroizing::new)
                .ok()?,
            length: outline.length(),
        })
    }

    /// Opens what lies at `physical` from the number of its change on, whatever has become of the bytes before; gives its nonce
    /// as well.
    pub(super) fn open_from_change(
        &self,
        physical: &[u8],
        bytes: &[u8],
    ) -> Option<([u8; NONCE_BYTES], Zeroizing<Vec<u8>>)> {
        let (change, rest) = bytes.split_first_chunk::<8>()?;
        let (sealed_bytes, rest) = rest.split_first_chunk::<4>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let (msg, _) = rest.split_at_checked(u32::from_be_bytes(*sealed_bytes) as usize)?;
        if msg.len() < TAG_BYTES {
            return None;
        }
        let mut aad = self.signature.to_vec();
        aad.push(u8::try_from(physical.len()).ok()?);
        aad.extend_from_slice(physical);
        aad.extend_from_slice(change);
        aad.extend_from_slice(sealed_bytes);
        let payload = AeadPayload { msg, aad: &aad };
        let opened = self.values.decrypt(&XNonce::from(*nonce), payload).ok()?;
        Some((*nonce, Zeroizing::new(opened)))
    }

    /// Takes the frame at the beginning of `bytes` off: its key, its bytes and what follows. It may not be sound.
    pub(super) fn split_frame<'a>(&self, bytes: &'a [u8]) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
        let outline = self.outline(bytes)?;
        let (frame, rest) = bytes.split_at_checked(outline.length())?;
        Some((outline.key, frame, rest))
    }

    fn outline<'a>(&self, bytes: &'a [u8]) -> Option<Outline<'a>> {
        let rest = bytes.strip_prefix(&self.signature)?;
        let (key_bytes, rest) = rest.split_first()?;
        let (key, rest) = rest.split_at_checked(usize::from(*key_bytes))?;
        let (change, rest) = rest.split_first_chunk::<8>()?;
        let (sealed_bytes, rest) = rest.split_first_chunk::<4>()?;
        let (associated, _) = bytes.split_at_checked(bytes.len() - rest.len())?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let (sealed, _) = rest.split_at_checked(u32::from_be_bytes(*sealed_bytes) as usize)?;
        Some(Outline {
            key,
            change: u64::from_be_bytes(*change),
            associated,
            nonce: *nonce,
            sealed,
        })
    }

    /// The key that the frame at the beginning of `bytes` names, sound or not.
    pub(super) fn frame_key<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let (key_bytes, rest) = bytes.strip_prefix(&self.signature)?.split_first()?;
        rest.split_at_checked(usize::from(*key_bytes)).map(|(key, _)| key)
    }

    /// Where in `bytes` the next frame may begin.
    pub(super) fn find_frame(&self, bytes: &[u8]) -> Option<usize> {
        bytes
            .windows(SIGNATURE_BYTES)
            .position(|window| window == self.signature)
    }
}

/// A nonce for one frame.
pub(super) fn fresh_nonce(rng: &mut dyn CryptoRng) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    nonce
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
        let sealed = cipher().seal(b"here", 7, b"value", &mut rng).unwrap();
        assert_eq!(cipher().open(b"here", &sealed).unwrap().as_slice(), b"value");
        assert!(cipher().open(b"there", &sealed).is_none());
        assert!(cipher().open(b"here", &sealed[..20]).is_none());
        assert!(Cipher::new(&[1; 32], &[9; 32]).open(b"here", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(
                cipher().open(b"here", &changed).is_none(),
                "byte {at} is not protected"
            );
        }
    }

    #[test]
    fn a_frame_is_found_in_the_middle_of_anything() {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let sealed = cipher().seal(b"here", 7, b"value", &mut rng).unwrap();
        let log = [b"noise".as_slice(), &sealed, b"more noise"].concat();
        let at = cipher().find_frame(&log).unwrap();
        let frame = cipher().frame(&log[at..]).unwrap();
        assert_eq!(
            (frame.key, frame.change, frame.length),
            (b"here".as_slice(), 7, sealed.len())
        );
        assert_eq!(frame.payload.as_slice(), b"value");
    }

    #[test]
    fn the_same_identity_in_two_scopes_has_two_names() {
        let key = |part: &[u8]| Key::new(Scope::new(Table::Settings).with(part), Suffix::hashed(b"bob"));
        assert_ne!(
            cipher().suffix_bytes(&key(b"a")),
            cipher().suffix_bytes(&key(b"b"))
        );
    }
}
