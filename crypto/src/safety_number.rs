//! Safety numbers: what two people compare to know that nobody stands between them.
//!
//! The number is 60 digits in 12 groups of 5, derived from both account keys and the same for both people. Each group
//! is five bytes (40 bits) of BLAKE3 output modulo 100,000, as in Signal's numeric fingerprints; together they hold
//! 199 bits, so that an attacker who may choose both false keys freely still faces about 2^99 work. The QR form
//! carries both keys whole and compares exactly.

use crate::{
    codec::{VERSION, check_version},
    error::{CryptoError, Result},
    id::AccountId,
};

/// Domain of the digits.
pub const SAFETY_NUMBER_LABEL: &str = "kith safety number v1";
/// Groups of five digits.
pub const SAFETY_GROUPS: usize = 12;

const QR: &str = "safety code";
const BYTES_PER_GROUP: usize = 5;

/// What two accounts compare; the same in whichever order they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafetyNumber {
    low: AccountId,
    high: AccountId,
}

impl SafetyNumber {
    /// The number of two accounts.
    pub fn of(one: AccountId, other: AccountId) -> Self {
        if one <= other {
            Self {
                low: one,
                high: other,
            }
        } else {
            Self {
                low: other,
                high: one,
            }
        }
    }

    /// The twelve groups of five digits, in reading order.
    pub fn groups(&self) -> [String; SAFETY_GROUPS] {
        let mut hasher = blake3::Hasher::new_derive_key(SAFETY_NUMBER_LABEL);
        hasher.update(self.low.as_bytes()).update(self.high.as_bytes());
        let mut stream = hasher.finalize_xof();
        core::array::from_fn(|_| {
            let mut bytes = [0; BYTES_PER_GROUP];
            stream.fill(&mut bytes);
            let number = bytes.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
            format!("{:05}", number % 100_000)
        })
    }

    /// All 60 digits without spaces.
    pub fn digits(&self) -> String {
        self.groups().concat()
    }

    /// What the QR code holds: `version (1) ‖ lower account ‖ higher account`, 65 bytes.
    pub fn qr_bytes(&self) -> Vec<u8> {
        [[VERSION].as_slice(), self.low.as_bytes(), self.high.as_bytes()].concat()
    }

    /// Whether a scanned code is this number's. Fails when it is no safety code at all.
    pub fn matches_qr(&self, scanned: &[u8]) -> Result<bool> {
        if check_version(QR, scanned)?.len() != 64 {
            return Err(CryptoError::malformed(QR));
        }
        Ok(scanned == self.qr_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(byte: u8) -> AccountId {
        AccountId::from_bytes([byte; 32])
    }

    #[test]
    fn both_people_read_the_same_digits() {
        let (ana, ben) = (
            SafetyNumber::of(account(1), account(2)),
            SafetyNumber::of(account(2), account(1)),
        );
        assert_eq!(ana.digits(), ben.digits());
        assert_eq!(ana.digits().len(), 60);
        assert!(ana.digits().bytes().all(|byte| byte.is_ascii_digit()));
        assert!(ana.groups().iter().all(|group| group.len() == 5));
        assert_eq!(ana.matches_qr(&ben.qr_bytes()), Ok(true));
    }

    #[test]
    fn somebody_in_between_shows() {
        let (ana, eve) = (
            SafetyNumber::of(account(1), account(2)),
            SafetyNumber::of(account(1), account(3)),
        );
        assert_ne!(ana.digits(), eve.digits());
        assert_eq!(ana.matches_qr(&eve.qr_bytes()), Ok(false));
        assert_eq!(
            ana.matches_qr(b"hello"),
            Err(CryptoError::FutureVersion {
                what: QR,
                found: b'h'
            })
        );
        assert_eq!(ana.matches_qr(&[VERSION; 12]), Err(CryptoError::malformed(QR)));
        assert_eq!(ana.matches_qr(&[]), Err(CryptoError::malformed(QR)));
    }
}
