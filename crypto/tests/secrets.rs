//! What is secret stays out of logs: the Debug of every secret type shows none of its bytes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should fail where it stands"
)]

use core::fmt::Debug;

use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER};
use kith_crypto::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// Fails when any two neighbouring bytes of `secret` show, in any of the usual spellings.
fn assert_hidden(shown: &impl Debug, secret: &[u8]) {
    for text in [format!("{shown:?}"), format!("{shown:#?}")] {
        let plain: String = text.to_lowercase().split_whitespace().collect();
        for pair in secret.windows(2) {
            assert!(
                !plain.contains(&format!("{},{}", pair[0], pair[1])),
                "{text} shows bytes"
            );
        }
        for part in secret.windows(4) {
            assert!(!plain.contains(&HEXLOWER.encode(part)), "{text} shows hex");
            let five = BASE32_NOPAD.encode(part).to_lowercase();
            assert!(!plain.contains(&five[..5]), "{text} shows base32");
            assert!(!text.contains(&BASE64.encode(part)[..5]), "{text} shows base64");
        }
    }
}

#[test]
fn the_check_itself_notices_a_leak() {
    #[derive(Debug)]
    struct Leaky(#[allow(dead_code, reason = "only Debug reads it")] [u8; 32]);
    let leak = || assert_hidden(&Leaky([0xa7; 32]), &[0xa7; 32]);
    assert!(std::panic::catch_unwind(leak).is_err());
    let hex = HEXLOWER.encode(&[0xa7; 32]);
    assert!(std::panic::catch_unwind(move || assert_hidden(&hex, &[0xa7; 32])).is_err());
}

#[test]
fn no_secret_prints_itself() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let entropy: [u8; 32] = core::array::from_fn(|i| 0x80 + 3 * i as u8);
    let account = AccountKey::from_entropy(entropy);
    let device = DeviceKey::from_bytes(entropy);
    assert_hidden(&account, &entropy);
    assert_hidden(&device, &entropy);
    assert_hidden(&InviteToken::from_bytes([0xa7; 16]), &[0xa7; 16]);

    let mailbox = MailboxKey::from_bytes(entropy);
    let sender = SenderSecret::from_bytes([9; 32]).name(MailboxId([1; 16]), account.id());
    let token = mailbox.token(MailboxId([1; 16]), sender);
    assert_hidden(&token, &token.proof);
    assert_hidden(&mailbox, &entropy);
    let words = b"meet me at noon".to_vec();
    let entry = MailEntry {
        header: entropy.to_vec(),
        body: Some(words.clone()),
    };
    assert_hidden(&entry, &words);
    assert_hidden(&entry, &entropy);
    let payload = EnvelopePayload {
        header: entropy.to_vec(),
        body: words.clone(),
        proof: None,
    };
    assert_hidden(&payload, &words);
    assert_hidden(&payload, &entropy);

    let identity = Identity {
        account: account.id(),
        device,
        account_key: Some(account.clone()),
    };
    assert_hidden(&identity, &entropy);

    let keys = DataKey::generate(&mut rng).store_keys().unwrap();
    assert_hidden(&keys, keys.values());
    assert_hidden(&keys, keys.names());

    // Types that hand nothing out print one fixed text whatever they hold.
    let data_keys = [DataKey::generate(&mut rng), DataKey::generate(&mut rng)];
    assert_eq!(format!("{data_keys:?}"), "[DataKey(secret), DataKey(secret)]");
    let mut ring = DayRing::new();
    ring.ensure_day(20_000, &mut rng).unwrap();
    assert_eq!(format!("{ring:?}"), "DayRing(1 days, secret)");
    let mut keys = NumberedKeys::default();
    keys.ensure(0, &mut rng).unwrap();
    assert_eq!(format!("{keys:?}"), "NumberedKeys(64 keys, generation 0, secret)");

    let words = RecoveryWords::of(&account).unwrap();
    let shown = format!("{words:?}");
    assert!(words.words().all(|word| !shown.contains(word)), "{shown}");
}

#[test]
fn no_error_repeats_what_was_typed() {
    let typed = "messenger ".repeat(24);
    let error = RecoveryWords::parse(&typed).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("messenger"));
    let vault = VaultFile::create(
        "hunter2",
        VaultParams::for_tests(),
        &mut ChaCha20Rng::from_seed([1; 32]),
    )
    .unwrap();
    let error = VaultFile::open(&vault.0, "hunter3").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter"));
}
