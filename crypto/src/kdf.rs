//! HKDF-SHA-256 (RFC 5869) as the session modules use it: extract once, expand one block at a time.
//!
//! Every key here is at most 32 bytes, so each expansion is exactly the first block, `T(1) = HMAC(PRK, info | 0x01)`.
//! Writing that one block out makes the derivation infallible; the general `expand` of the `hkdf` crate can refuse a
//! length, and a caller that must not panic would have to carry an error that cannot happen. A test holds the two
//! equal. Private to this crate: [`epoch`](crate::epoch), [`chain`](crate::chain), [`link`](crate::link).

use hkdf::hmac::Hmac;
use hkdf::{Hkdf, HmacImpl};
use sha2::Sha256;
use zeroize::Zeroize;

/// A pseudorandom key, ready to be expanded under any number of labels.
#[derive(Clone)]
pub(crate) struct Kdf(Hmac<Sha256>);

impl Kdf {
    /// HKDF-Extract: `secret` is the input key material.
    pub(crate) fn extract(salt: &[u8], secret: &[u8]) -> Self {
        let (mut prk, _) = Hkdf::<Sha256>::extract(Some(salt), secret);
        let kdf = Self::mac(&prk);
        prk.as_mut_slice().zeroize();
        kdf
    }

    /// Takes a key that is already uniform (section 3.3 of the RFC) as the pseudorandom key.
    pub(crate) fn from_uniform(key: &[u8; 32]) -> Self {
        Self::mac(key)
    }

    /// HKDF-Expand to 32 bytes, with the concatenated `info` parts; a prefix of them is the shorter expansion.
    ///
    /// Callers put a fixed label first and only fixed-length parts after it, so that no two calls can collide.
    pub(crate) fn expand(&self, info: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in info {
            HmacImpl::update(&mut mac, part);
        }
        HmacImpl::update(&mut mac, &[1]);
        HmacImpl::finalize(mac).into()
    }

    fn mac(key: &[u8]) -> Self {
        Self(<Hmac<Sha256> as HmacImpl>::new_from_slice(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_block_is_what_the_hkdf_crate_expands() {
        let reference = Hkdf::<Sha256>::new(Some(b"salt"), b"secret");
        let mut long = [0u8; 32];
        reference.expand(b"label and parts", &mut long).unwrap();
        let mut short = [0u8; 8];
        reference.expand(b"label and parts", &mut short).unwrap();

        let ours = Kdf::extract(b"salt", b"secret").expand(&[b"label ", b"and parts"]);
        assert_eq!(ours, long);
        assert_eq!(ours[..8], short);

        let mut expected = [0u8; 32];
        Hkdf::<Sha256>::from_prk(&[7; 32])
            .unwrap()
            .expand(b"label", &mut expected)
            .unwrap();
        assert_eq!(Kdf::from_uniform(&[7; 32]).expand(&[b"label"]), expected);
    }
}
