//! The address record: how contacts find a person's devices through a DHT that must not learn whom they look for.
//!
//! Contacts share a [`ReachSecret`]. From it, the account's public key and the day, everybody who knows them derives a
//! *blinded* Ed25519 key, as Tor's onion services do (rend-spec-v3, appendix A.2): the account signs with it, a DHT node
//! verifies with it, and neither can tell the account from it, nor one day's record from the next. The record stands
//! under a hash of the blinded key, is encrypted to the holders of the reach secret, and always has the same size.
//!
//! A DHT node calls [`verify_record`] and keeps, per key, the valid record with the highest sequence. The publisher
//! needs the account's key, so only devices that hold it publish; they name the others too. A record found proves what
//! it says; a record not found proves nothing.

use curve25519_dalek::{EdwardsPoint, Scalar};
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha512;
use zeroize::{Zeroize, Zeroizing};

use crate::account::MAX_DEVICES;
use crate::codec::{VERSION, check_size, check_version, decode_exact, encode_bare};
use crate::error::{CryptoError, Result};
use crate::id::{AccountId, DeviceId};
use crate::keys::{AccountKey, Signature64, labelled, verify};
use crate::padding::{pad_to, unpad};
use crate::secret::{random_secret, secret_bytes};
use crate::symmetric;

const WHAT: &str = "address record";

const FIRST_REACH_LABEL: &str = "kith first reach secret v1";
const LATER_REACH_LABEL: &str = "kith later reach secret v1";
const BLIND_LABEL: &str = "kith record blinding v1";
const NONCE_LABEL: &str = "kith record signing nonce v1";
const KEY_LABEL: &str = "kith record key v1";
const ENCRYPTION_LABEL: &str = "kith record encryption v1";
const SIGNATURE_LABEL: &str = "kith record v1";

/// The most bytes that a record of any version may have.
pub const MAX_RECORD_BYTES: usize = 2 * 1024;

/// How long after it was made a record expires, in milliseconds: 36 hours, so that clocks may differ by 12.
pub const RECORD_LIFETIME_MS: u64 = 36 * 60 * 60 * 1000;

/// How far ahead of a DHT node's clock a record may expire, in milliseconds: 48 hours.
pub const MAX_RECORD_AHEAD_MS: u64 = 48 * 60 * 60 * 1000;

/// The most addresses of one device in a record.
pub const MAX_RECORD_ADDRESSES: usize = 8;

/// The most bytes of one address, a multiaddr as text.
pub const MAX_ADDRESS_BYTES: usize = 256;

/// Size of the padded plaintext: every record has it.
const PADDED_BYTES: usize = 1792;

/// Version, blinded public key, sequence, expiry.
const PREFIX_BYTES: usize = 1 + 32 + 8 + 8;

/// Bytes of every record of this version.
pub const RECORD_BYTES: usize = PREFIX_BYTES + symmetric::NONCE_LEN + PADDED_BYTES + 16 + Signature64::LEN;

secret_bytes! {
    /// What lets contacts find and read a person's address records; changed when somebody is blocked.
    ReachSecret
}

random_secret!(ReachSecret);

impl ReachSecret {
    /// The secret an account begins with, derived from its recovery words, so that a restored account can publish where
    /// its contacts look.
    pub fn first_for(account: &AccountKey) -> Self {
        Self::from_bytes(blake3::derive_key(
            FIRST_REACH_LABEL,
            account.entropy().as_slice(),
        ))
    }

    /// The secret an account takes when it changes it for the time with this number, counted from 1, derived from the
    /// words too: a restored account that does not know how often it did can try the first few. Number 0 is
    /// [`ReachSecret::first_for`]. Who knows one of them can compute no other.
    pub fn numbered_for(account: &AccountKey, number: u32) -> Self {
        if number == 0 {
            return Self::first_for(account);
        }
        let mut hasher = blake3::Hasher::new_derive_key(LATER_REACH_LABEL);
        hasher.update(account.entropy().as_slice());
        hasher.update(&number.to_be_bytes());
        Self::from_bytes(*hasher.finalize().as_bytes())
    }
}

/// Where a record stands in the DHT: a hash of its blinded public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey([u8; 32]);

impl RecordKey {
    /// The 32 bytes of the key.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of(blinded_public: &[u8; 32]) -> Self {
        Self(blake3::derive_key(KEY_LABEL, blinded_public))
    }
}

/// Where one device can be dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceAddresses {
    /// The device.
    pub device: DeviceId,
    /// Multiaddrs as text, the best first; at most [`MAX_RECORD_ADDRESSES`] of [`MAX_ADDRESS_BYTES`].
    pub addresses: Vec<String>,
}

/// What a record tells those who can read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRecord {
    /// The account's devices and their addresses.
    pub devices: Vec<DeviceAddresses>,
    /// When it was made, in unix milliseconds: the later one counts.
    pub made_at_ms: u64,
}

impl AddressRecord {
    fn check(&self) -> Result<()> {
        let not_allowed = |rule| Err(CryptoError::NotAllowed { what: WHAT, rule });
        if self.devices.len() > MAX_DEVICES {
            return not_allowed("it names too many devices");
        }
        for device in &self.devices {
            if device.addresses.len() > MAX_RECORD_ADDRESSES {
                return not_allowed("it names too many addresses");
            }
            if device
                .addresses
                .iter()
                .any(|address| address.len() > MAX_ADDRESS_BYTES)
            {
                return not_allowed("an address is too long");
            }
        }
        Ok(())
    }
}

/// What a DHT node learns from a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordInfo {
    /// Of two valid records under one key, the one with the higher sequence stays.
    pub sequence: u64,
    /// When the record is to be dropped, in unix milliseconds.
    pub expires_at_ms: u64,
}

/// Encrypts and signs the record of `day` (days since 1970, see [`DayRing::day_of`](crate::ring::DayRing::day_of)). Gives where to put it, and its bytes.
///
/// # Errors
/// `TooLarge` if the addresses do not fit (name fewer), or `NotAllowed` by the bounds of [`DeviceAddresses`].
pub fn seal_record(
    account: &AccountKey,
    reach: &ReachSecret,
    day: u32,
    record: &AddressRecord,
    rng: &mut dyn CryptoRng,
) -> Result<(RecordKey, Vec<u8>)> {
    record.check()?;
    let padded = pad_to(WHAT, &encode_bare(WHAT, record)?, PADDED_BYTES)?;
    let (blinded, public) = blinded_key_pair(account, reach, day)?;
    let mut bytes = Vec::with_capacity(RECORD_BYTES);
    bytes.push(VERSION);
    bytes.extend_from_slice(public.as_bytes());
    bytes.extend_from_slice(&record.made_at_ms.to_be_bytes());
    bytes.extend_from_slice(&record.made_at_ms.saturating_add(RECORD_LIFETIME_MS).to_be_bytes());
    let key = encryption_key(&account.id(), reach, day);
    let ciphertext = symmetric::seal(WHAT, &key, &bytes, &padded, rng)?;
    bytes.extend_from_slice(&ciphertext);
    let signature = raw_sign::<Sha512>(&blinded, &labelled(SIGNATURE_LABEL, &bytes), &public);
    bytes.extend_from_slice(&signature.to_bytes());
    Ok((RecordKey::of(public.as_bytes()), bytes))
}

/// What a DHT node checks before it stores `bytes` under `key`: needs no secret and tells nothing about the account.
///
/// # Errors
/// `TooLarge` over [`MAX_RECORD_BYTES`], `FutureVersion`, `Malformed`; `NotAllowed` under another key or when it expires
/// more than [`MAX_RECORD_AHEAD_MS`] after `now_ms` (unix milliseconds); `Expired`; `BadSignature`.
pub fn verify_record(key: &[u8], bytes: &[u8], now_ms: u64) -> Result<RecordInfo> {
    let parsed = ParsedRecord::parse(bytes)?;
    // Cheap checks first: a flood is mostly refused without a signature being verified.
    if RecordKey::of(parsed.public).as_bytes().as_slice() != key {
        return Err(CryptoError::NotAllowed {
            what: WHAT,
            rule: "it stands under another key",
        });
    }
    let RecordInfo {
        sequence,
        expires_at_ms,
    } = parsed.info;
    if expires_at_ms <= now_ms {
        return Err(CryptoError::Expired { what: WHAT });
    }
    if expires_at_ms - now_ms > MAX_RECORD_AHEAD_MS || sequence >= expires_at_ms {
        return Err(CryptoError::NotAllowed {
            what: WHAT,
            rule: "it would stay for too long",
        });
    }
    verify(parsed.public, SIGNATURE_LABEL, parsed.signed, &parsed.signature)?;
    Ok(parsed.info)
}

/// Where the record of `account` stands on `day`, for those who know its reach secret.
///
/// # Errors
/// `NotAllowed` if `account` is not a usable public key.
pub fn lookup_key(account: &AccountId, reach: &ReachSecret, day: u32) -> Result<RecordKey> {
    Ok(RecordKey::of(&blinded_public(account, reach, day)?))
}

/// Verifies and decrypts the record of `account` for `day`; `now_ms` is unix milliseconds.
///
/// # Errors
/// Those of [`verify_record`] and [`lookup_key`]; `DoesNotOpen` if it was made with another reach secret; `Malformed` or
/// `NotAllowed` if the account put something else into it.
pub fn open_record(
    account: &AccountId,
    reach: &ReachSecret,
    day: u32,
    bytes: &[u8],
    now_ms: u64,
) -> Result<AddressRecord> {
    let info = verify_record(lookup_key(account, reach, day)?.as_bytes(), bytes, now_ms)?;
    let parsed = ParsedRecord::parse(bytes)?;
    let key = encryption_key(account, reach, day);
    let padded = symmetric::open(WHAT, &key, parsed.prefix, parsed.ciphertext)?;
    let record: AddressRecord = decode_exact(WHAT, unpad(WHAT, &padded)?)?;
    record.check()?;
    if record.made_at_ms != info.sequence {
        return Err(CryptoError::malformed(WHAT));
    }
    Ok(record)
}

/// A record's parts. Nothing is verified yet.
struct ParsedRecord<'a> {
    public: &'a [u8; 32],
    info: RecordInfo,
    prefix: &'a [u8],
    ciphertext: &'a [u8],
    signed: &'a [u8],
    signature: Signature64,
}

impl<'a> ParsedRecord<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self> {
        check_size(WHAT, bytes.len(), MAX_RECORD_BYTES)?;
        let rest = check_version(WHAT, bytes)?;
        let malformed = || CryptoError::malformed(WHAT);
        if bytes.len() != RECORD_BYTES {
            return Err(malformed());
        }
        let (public, rest) = rest.split_first_chunk::<32>().ok_or_else(malformed)?;
        let (sequence, rest) = rest.split_first_chunk::<8>().ok_or_else(malformed)?;
        let (expires_at_ms, rest) = rest.split_first_chunk::<8>().ok_or_else(malformed)?;
        let (ciphertext, signature) = rest
            .split_last_chunk::<{ Signature64::LEN }>()
            .ok_or_else(malformed)?;
        Ok(Self {
            public,
            info: RecordInfo {
                sequence: u64::from_be_bytes(*sequence),
                expires_at_ms: u64::from_be_bytes(*expires_at_ms),
            },
            prefix: bytes.get(..PREFIX_BYTES).ok_or_else(malformed)?,
            ciphertext,
            signed: bytes
                .get(..RECORD_BYTES - Signature64::LEN)
                .ok_or_else(malformed)?,
            signature: Signature64::from_bytes(*signature),
        })
    }
}

/// A hasher over everything that a day's record depends on.
fn day_hasher(label: &str, account: &AccountId, reach: &ReachSecret, day: u32) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new_derive_key(label);
    hasher
        .update(account.as_bytes())
        .update(reach.as_bytes())
        .update(&day.to_be_bytes());
    hasher
}

/// The factor `h` of the day: 64 bytes reduced modulo the group's order, so that it is uniform. It is not clamped, as
/// the account's public key is checked to lie in the prime-order group.
fn blinding_factor(account: &AccountId, reach: &ReachSecret, day: u32) -> Scalar {
    let mut wide = Zeroizing::new([0; 64]);
    day_hasher(BLIND_LABEL, account, reach, day)
        .finalize_xof()
        .fill(wide.as_mut_slice());
    Scalar::from_bytes_mod_order_wide(&wide)
}

fn encryption_key(account: &AccountId, reach: &ReachSecret, day: u32) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(
        *day_hasher(ENCRYPTION_LABEL, account, reach, day)
            .finalize()
            .as_bytes(),
    )
}

/// `h * A`: what contacts compute.
fn blinded_public(account: &AccountId, reach: &ReachSecret, day: u32) -> Result<[u8; 32]> {
    let unusable = CryptoError::NotAllowed {
        what: "account",
        rule: "its id is not a usable public key",
    };
    let public = VerifyingKey::from_bytes(account.as_bytes()).map_err(|_| unusable.clone())?;
    let point: EdwardsPoint = public.to_edwards();
    // With a small component, the account could give one record two names; a small point would have one name for all.
    if public.is_weak() || !point.is_torsion_free() {
        return Err(unusable);
    }
    Ok((blinding_factor(account, reach, day) * point)
        .compress()
        .to_bytes())
}

/// `h * a` and its public key: what the account computes.
fn blinded_key_pair(
    account: &AccountKey,
    reach: &ReachSecret,
    day: u32,
) -> Result<(ExpandedSecretKey, VerifyingKey)> {
    let seed = Zeroizing::new(account.signing_key().to_bytes());
    let own = ExpandedSecretKey::from(&*seed);
    let mut factor = blinding_factor(&account.id(), reach, day);
    let scalar = factor * own.scalar;
    factor.zeroize();
    let public = VerifyingKey::from(EdwardsPoint::mul_base(&scalar));
    // Each blinded key has its own nonce prefix. Were it shared, one message signed under two days' keys would reuse a
    // nonce, and contacts, who know both factors, could solve the two signatures for the account's key.
    let mut hasher = blake3::Hasher::new_derive_key(NONCE_LABEL);
    hasher.update(&own.hash_prefix).update(public.as_bytes());
    let blinded = ExpandedSecretKey {
        scalar,
        hash_prefix: *hasher.finalize().as_bytes(),
    };
    Ok((blinded, public))
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
