//! Contacts find the record, strangers store it, nobody forges it.

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;

const NOW_MS: u64 = 1_790_000_000_000;
const DAY: u32 = 20_717;

fn alice() -> (AccountKey, ReachSecret) {
    (
        AccountKey::from_entropy([1; 32]),
        ReachSecret::from_bytes([2; 32]),
    )
}

fn record(addresses: usize) -> AddressRecord {
    let addresses = vec!["/ip4/192.168.1.20/udp/4001/quic-v1".to_owned(); addresses];
    let device = DeviceId::from_bytes([7; 32]);
    AddressRecord {
        devices: vec![DeviceAddresses { device, addresses }],
        made_at_ms: NOW_MS,
    }
}

fn sealed(day: u32, addresses: usize) -> (RecordKey, Vec<u8>) {
    let (account, reach) = alice();
    seal_record(
        &account,
        &reach,
        day,
        &record(addresses),
        &mut ChaCha20Rng::from_seed([3; 32]),
    )
    .unwrap()
}

#[test]
fn a_contact_finds_and_reads_what_a_stranger_can_only_verify() {
    let (account, reach) = alice();
    let (key, bytes) = sealed(DAY, 3);
    assert_eq!(bytes.len(), RECORD_BYTES);
    assert_eq!(lookup_key(&account.id(), &reach, DAY).unwrap(), key);
    let info = verify_record(key.as_bytes(), &bytes, NOW_MS).unwrap();
    assert_eq!(
        info,
        RecordInfo {
            sequence: NOW_MS,
            expires_at_ms: NOW_MS + RECORD_LIFETIME_MS
        }
    );
    assert_eq!(
        open_record(&account.id(), &reach, DAY, &bytes, NOW_MS).unwrap(),
        record(3)
    );
}

#[test]
fn each_day_and_each_secret_gives_an_unrelated_key() {
    let (account, reach) = alice();
    let today = lookup_key(&account.id(), &reach, DAY).unwrap();
    assert_ne!(today, lookup_key(&account.id(), &reach, DAY + 1).unwrap());
    assert_ne!(
        today,
        lookup_key(&account.id(), &ReachSecret::from_bytes([9; 32]), DAY).unwrap()
    );
}

#[test]
fn a_former_contact_with_the_old_secret_reads_nothing_new() {
    let (account, old) = alice();
    let fresh = ReachSecret::from_bytes([9; 32]);
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let (_, bytes) = seal_record(&account, &fresh, DAY, &record(1), &mut rng).unwrap();
    let opened = open_record(&account.id(), &old, DAY, &bytes, NOW_MS);
    assert!(matches!(opened, Err(CryptoError::NotAllowed { .. })));
}

#[test]
fn a_contact_who_knows_the_secret_cannot_forge_a_record() {
    let (account, reach) = alice();
    let forger = AccountKey::from_entropy([8; 32]);
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let (_, mut bytes) = seal_record(&forger, &reach, DAY, &record(1), &mut rng).unwrap();
    let key = lookup_key(&account.id(), &reach, DAY).unwrap();
    bytes[1..33].copy_from_slice(&blinded_public(&account.id(), &reach, DAY).unwrap());
    assert_eq!(
        verify_record(key.as_bytes(), &bytes, NOW_MS),
        Err(CryptoError::BadSignature)
    );
}

#[test]
fn the_account_and_its_contacts_compute_the_same_blinded_key() {
    for entropy in 0..20 {
        let account = AccountKey::from_entropy([entropy; 32]);
        let reach = ReachSecret::first_for(&account);
        let (_, public) = blinded_key_pair(&account, &reach, DAY).unwrap();
        assert_eq!(
            *public.as_bytes(),
            blinded_public(&account.id(), &reach, DAY).unwrap()
        );
        assert_ne!(public.as_bytes(), account.id().as_bytes());
    }
}

#[test]
fn two_days_never_share_a_signing_nonce() {
    let (account, reach) = alice();
    let (today, _) = blinded_key_pair(&account, &reach, DAY).unwrap();
    let (tomorrow, _) = blinded_key_pair(&account, &reach, DAY + 1).unwrap();
    assert_ne!(today.hash_prefix, tomorrow.hash_prefix);
}

#[test]
fn records_expire_and_may_not_be_made_for_the_far_future() {
    let (key, bytes) = sealed(DAY, 1);
    let at = |now_ms| verify_record(key.as_bytes(), &bytes, now_ms);
    let expiry = NOW_MS + RECORD_LIFETIME_MS;
    assert!(at(expiry - 1).is_ok());
    assert_eq!(
        at(expiry),
        Err(CryptoError::Expired {
            what: "address record"
        })
    );
    assert!(at(expiry - MAX_RECORD_AHEAD_MS).is_ok());
    assert!(matches!(
        at(expiry - MAX_RECORD_AHEAD_MS - 1),
        Err(CryptoError::NotAllowed { .. })
    ));
    assert!(matches!(at(0), Err(CryptoError::NotAllowed { .. })));
}

#[test]
fn a_record_stands_under_its_own_key_only() {
    let (_, bytes) = sealed(DAY, 1);
    let (other, _) = sealed(DAY + 1, 1);
    for key in [other.as_bytes().as_slice(), b"", &[0; 64]] {
        assert!(matches!(
            verify_record(key, &bytes, NOW_MS),
            Err(CryptoError::NotAllowed { .. })
        ));
    }
}

#[test]
fn a_bit_changed_anywhere_is_noticed_without_any_secret() {
    let (key, bytes) = sealed(DAY, 1);
    for at in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[at] ^= 4;
        assert!(
            verify_record(key.as_bytes(), &changed, NOW_MS).is_err(),
            "byte {at}"
        );
    }
}

#[test]
fn every_record_has_the_same_size_and_too_many_addresses_are_refused() {
    assert_eq!(sealed(DAY, 0).1.len(), sealed(DAY, 8).1.len());
    let (account, reach) = alice();
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let mut seal = |record: &AddressRecord| seal_record(&account, &reach, DAY, record, &mut rng);
    assert!(matches!(seal(&record(9)), Err(CryptoError::NotAllowed { .. })));
    let mut long = record(1);
    long.devices[0].addresses[0] = "x".repeat(MAX_ADDRESS_BYTES + 1);
    assert!(matches!(seal(&long), Err(CryptoError::NotAllowed { .. })));
    let mut wide = record(8);
    wide.devices = vec![wide.devices[0].clone(); 7];
    assert!(matches!(seal(&wide), Err(CryptoError::TooLarge { .. })));
}

#[test]
fn an_account_that_is_no_usable_key_is_refused() {
    let reach = ReachSecret::from_bytes([2; 32]);
    // The identity, and a generator of the group's small part.
    let mut identity = [0; 32];
    identity[0] = 1;
    let torsion = curve25519_dalek::constants::EIGHT_TORSION[1];
    let account = AccountKey::from_entropy([1; 32]).id();
    let mixed = VerifyingKey::from_bytes(account.as_bytes()).unwrap().to_edwards() + torsion;
    for bytes in [
        identity,
        torsion.compress().to_bytes(),
        mixed.compress().to_bytes(),
        [0xff; 32],
    ] {
        let found = lookup_key(&AccountId::from_bytes(bytes), &reach, DAY);
        assert!(matches!(found, Err(CryptoError::NotAllowed { .. })));
    }
}

#[test]
fn newer_and_oversized_records_are_told_apart() {
    let (key, mut bytes) = sealed(DAY, 1);
    bytes[0] = 2;
    let newer = CryptoError::FutureVersion {
        what: "address record",
        found: 2,
    };
    assert_eq!(verify_record(key.as_bytes(), &bytes, NOW_MS), Err(newer));
    let flood = vec![VERSION; MAX_RECORD_BYTES + 1];
    let refused = verify_record(key.as_bytes(), &flood, NOW_MS);
    assert!(matches!(refused, Err(CryptoError::TooLarge { .. })));
}

#[test]
fn a_restored_account_finds_its_first_reach_secret_again() {
    let account = AccountKey::from_entropy([5; 32]);
    let restored = AccountKey::from_entropy(*account.entropy());
    assert_eq!(
        ReachSecret::first_for(&account),
        ReachSecret::first_for(&restored)
    );
    assert_eq!(
        format!("{:?}", ReachSecret::first_for(&account)),
        "ReachSecret(secret)"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn verifying_anything_never_panics(
        bytes in proptest::collection::vec(any::<u8>(), 0..2100),
        cut in 0usize..RECORD_BYTES,
    ) {
        let (key, sealed) = sealed(DAY, 1);
        prop_assert!(verify_record(key.as_bytes(), &bytes, NOW_MS).is_err());
        prop_assert!(verify_record(key.as_bytes(), &sealed[..cut], NOW_MS).is_err());
    }
}
