//! Padding: how the length of what is encrypted is hidden.
//!
//! Padded bytes are `length (4, big endian) ‖ payload ‖ zeros`. Each payload has one padded form at a given size: other
//! filling is refused, so nothing can ride along unseen.

use zeroize::Zeroizing;

use crate::error::{CryptoError, Result};

/// Bytes that give the length of the payload within the padding.
pub(crate) const LENGTH_BYTES: usize = 4;

/// Sizes up to 4 KiB; above, each is a quarter larger than the one before, rounded up to a whole KiB.
const SMALL_BUCKETS: [usize; 5] = [256, 512, 1024, 2048, 4096];

/// The smallest size of the scheme that holds `bytes`.
pub(crate) fn bucket(bytes: usize) -> usize {
    if let Some(small) = SMALL_BUCKETS.into_iter().find(|size| *size >= bytes) {
        return small;
    }
    let mut size = 4096_usize;
    while size < bytes {
        size = size.saturating_add(size / 4).div_ceil(1024).saturating_mul(1024);
    }
    size
}

/// Pads `payload` to exactly `size` bytes.
pub(crate) fn pad_to(what: &'static str, payload: &[u8], size: usize) -> Result<Zeroizing<Vec<u8>>> {
    let limit = size.saturating_sub(LENGTH_BYTES);
    let too_large = CryptoError::TooLarge {
        what,
        found: payload.len(),
        limit,
    };
    if payload.len() > limit {
        return Err(too_large);
    }
    let length = u32::try_from(payload.len()).map_err(|_| too_large)?;
    let mut padded = Zeroizing::new(Vec::with_capacity(size));
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(payload);
    padded.resize(size, 0);
    Ok(padded)
}

/// The payload within the padding.
pub(crate) fn unpad<'a>(what: &'static str, padded: &'a [u8]) -> Result<&'a [u8]> {
    let malformed = CryptoError::malformed(what);
    let (length, rest) = padded
        .split_first_chunk::<LENGTH_BYTES>()
        .ok_or(malformed.clone())?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| malformed.clone())?;
    let (payload, filling) = rest.split_at_checked(length).ok_or(malformed.clone())?;
    if filling.iter().all(|byte| *byte == 0) {
        Ok(payload)
    } else {
        Err(malformed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buckets_grow_by_a_quarter_in_whole_kibibytes() {
        let sizes = [1, 256, 257, 4096, 4097, 5121, 6200, 7169].map(bucket);
        assert_eq!(sizes, [256, 256, 512, 4096, 5120, 7168, 7168, 9216]);
    }

    #[test]
    fn padding_has_one_form_only() {
        let padded = pad_to("thing", b"payload", 256).unwrap();
        assert_eq!(unpad("thing", &padded).unwrap(), b"payload");
        let mut filled = padded.to_vec();
        filled[255] = 1;
        assert!(unpad("thing", &filled).is_err());
        let mut lying = padded.to_vec();
        lying[..4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(unpad("thing", &lying).is_err());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(pad_to("thing", &[1; 252], 256).is_ok());
        assert_eq!(
            pad_to("thing", &[1; 253], 256),
            Err(CryptoError::TooLarge {
                what: "thing",
                found: 253,
                limit: 252
            })
        );
    }

    proptest! {
        #[test]
        fn unpadding_anything_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = unpad("thing", &bytes);
        }

        #[test]
        fn a_bucket_holds_what_was_asked_and_wastes_at_most_half(bytes in 129usize..400_000) {
            let size = bucket(bytes);
            prop_assert!(size >= bytes);
            prop_assert!(size <= 2 * bytes);
        }
    }
}
