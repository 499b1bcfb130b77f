//! The one codec: postcard with a version byte in front, a cap above and nothing behind.
//!
//! Postcard is small, has a stable wire format (<https://postcard.jamesmunns.com/wire-format>) and no self-description
//! to attack. Every document of Kith is `version: u8` followed by the postcard encoding of its type. A decoder first
//! looks at the size, then at the version, then reads, then insists that nothing is left and that the bytes are the only
//! ones that say this: postcard itself reads numbers that are spelled longer than they have to be. Whoever verifies a signature
//! or a hash does so over the bytes as they travelled and never over a second encoding.

use rand_core::CryptoRng;
use serde::{Serialize, de::DeserializeOwned};

use crate::error::{CryptoError, Result};

/// The version that this build writes in front of each document.
pub const VERSION: u8 = 1;

/// Encodes `value` behind the version byte; `what` names it in errors. Fails with [`CryptoError::TooLarge`] above
/// `max_bytes`, so that nobody makes what nobody would read.
pub fn encode_document<T: Serialize>(what: &'static str, value: &T, max_bytes: usize) -> Result<Vec<u8>> {
    let bytes = postcard::to_extend(value, vec![VERSION]).map_err(|_| CryptoError::Encoding { what })?;
    check_size(what, bytes.len(), max_bytes)?;
    Ok(bytes)
}

/// Decodes what [`encode_document`] made: at most `max_bytes`, of this version, with nothing behind it.
pub fn decode_document<T: Serialize + DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
    max_bytes: usize,
) -> Result<T> {
    check_size(what, bytes.len(), max_bytes)?;
    decode_exact(what, check_version(what, bytes)?)
}

/// Encodes `value` with no version in front: for values inside a document that has one.
pub fn encode_bare<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>> {
    postcard::to_allocvec(value).map_err(|_| CryptoError::Encoding { what })
}

/// Decodes exactly one bare `T` from `bytes`; anything behind it, or another spelling of it, is an error.
pub fn decode_exact<T: Serialize + DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) if is_spelled(&value, bytes) => Ok(value),
        _ => Err(CryptoError::malformed(what)),
    }
}

/// Decodes a bare `T` that `bytes` begin with; what is behind it is not looked at, but `T` has its one spelling.
pub fn decode_beginning<T: Serialize + DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, rest)) => {
            let read = bytes.get(..bytes.len().saturating_sub(rest.len()));
            match read.filter(|read| is_spelled(&value, read)) {
                Some(_) => Ok(value),
                None => Err(CryptoError::malformed(what)),
            }
        }
        Err(_) => Err(CryptoError::malformed(what)),
    }
}

/// Whether `bytes` are how `value` is encoded. Nothing is copied, since it may be a secret.
fn is_spelled<T: Serialize>(value: &T, bytes: &[u8]) -> bool {
    let awaited = Awaited { rest: Some(bytes) };
    postcard::to_extend(value, awaited).is_ok_and(|end| end.rest.is_some_and(<[u8]>::is_empty))
}

/// Compares what is written to it with what has to come; `None` once it differed.
struct Awaited<'a> {
    rest: Option<&'a [u8]>,
}

impl Extend<u8> for Awaited<'_> {
    fn extend<I: IntoIterator<Item = u8>>(&mut self, written: I) {
        for byte in written {
            self.rest = match self.rest.and_then(<[u8]>::split_first) {
                Some((awaited, rest)) if *awaited == byte => Some(rest),
                _ => None,
            };
        }
    }
}

/// Checks the leading version byte and gives back what follows it.
pub fn check_version<'a>(what: &'static str, bytes: &'a [u8]) -> Result<&'a [u8]> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => Ok(rest),
        Some((&found, _)) if found > VERSION => Err(CryptoError::FutureVersion { what, found }),
        _ => Err(CryptoError::malformed(what)),
    }
}

/// Refuses sizes above `limit` bytes.
pub fn check_size(what: &'static str, found: usize, limit: usize) -> Result<()> {
    if found > limit {
        Err(CryptoError::TooLarge { what, found, limit })
    } else {
        Ok(())
    }
}

/// `N` fresh random bytes.
pub fn random_bytes<const N: usize>(rng: &mut dyn CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_and_nothing_may_follow_it() {
        let mut bytes = encode_document("pair", &(7u32, "seven".to_owned()), 64).unwrap();
        assert_eq!(bytes.first(), Some(&VERSION));
        assert_eq!(
            decode_document("pair", &bytes, 64),
            Ok((7u32, "seven".to_owned()))
        );
        bytes.push(0);
        assert_eq!(
            decode_document::<(u32, String)>("pair", &bytes, 64),
            Err(CryptoError::malformed("pair"))
        );
    }

    #[test]
    fn versions_from_the_future_are_told_apart_from_damage() {
        let future = CryptoError::FutureVersion {
            what: "pair",
            found: 2,
        };
        assert_eq!(decode_document::<u32>("pair", &[2, 0xff], 64), Err(future));
        assert_eq!(
            decode_document::<u32>("pair", &[0, 7], 64),
            Err(CryptoError::malformed("pair"))
        );
        assert_eq!(
            decode_document::<u32>("pair", &[], 64),
            Err(CryptoError::malformed("pair"))
        );
    }

    #[test]
    fn a_number_that_is_spelled_longer_than_it_has_to_be_is_refused() {
        assert_eq!(decode_exact::<(u32, u8)>("pair", &[12, 5]), Ok((12, 5)));
        for longer in [[0x8c, 0, 5].as_slice(), &[0x8c, 0x80, 0, 5]] {
            assert_eq!(
                decode_exact::<(u32, u8)>("pair", longer),
                Err(CryptoError::malformed("pair"))
            );
        }
    }

    #[test]
    fn caps_hold_both_ways() {
        let large = vec![9u8; 100];
        assert!(matches!(
            encode_document("blob", &large, 64),
            Err(CryptoError::TooLarge { limit: 64, .. })
        ));
        assert!(matches!(
            decode_document::<Vec<u8>>("blob", &large, 64),
            Err(CryptoError::TooLarge { .. })
        ));
    }
}
