//! Decoders that need no keys but public ones. What they take, they give back byte for byte: two encodings of one thing
//! would be two names for it.

use kith_crypto::{
    AccountKey, Body, Card, Content, Control, DataKey, DayRing, Deposit, DepositAnswer, DeviceKey,
    DeviceList, IdentityFile, Invite, Prekey, ReachSecret, RecoveryWords, SafetyNumber, SealedEpoch, Signed,
    SignedHeader, VaultFile, open_record, verify_record,
};
use kith_node::rpc::protocol;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// When all of this takes place, unix milliseconds.
pub(super) const NOW_MS: u64 = 1_790_000_000_000;

/// The account that the honest examples are of.
pub(super) fn account() -> AccountKey {
    AccountKey::from_entropy([1; 32])
}

/// Its device.
pub(super) fn device() -> DeviceKey {
    DeviceKey::from_bytes([2; 32])
}

/// Whom it lets find itself.
pub(super) fn reach() -> ReachSecret {
    ReachSecret::first_for(&account())
}

/// The key of a profile.
pub(super) fn data_key() -> DataKey {
    DataKey::generate(&mut ChaCha20Rng::from_seed([9; 32]))
}

/// Device lists, cards and prekeys, as contacts pass them on; deposits and their answers; sealed epochs.
pub(super) fn documents(data: &[u8]) {
    if let Ok(list) = Signed::<DeviceList>::open(data) {
        assert_eq!(list.encode(), data);
    }
    if let Ok(card) = Signed::<Card>::open(data) {
        assert_eq!(card.encode(), data);
    }
    if let Ok(prekey) = Signed::<Prekey>::open(data) {
        assert_eq!(prekey.encode(), data);
    }
    if let Ok(deposit) = Deposit::decode(data) {
        assert_eq!(deposit.encode().expect("what was decoded encodes"), data);
    }
    if let Ok(answer) = DepositAnswer::decode(data) {
        assert_eq!(answer.encode().expect("what was decoded encodes"), data);
    }
    if let Ok(epoch) = SealedEpoch::decode(data) {
        assert_eq!(epoch.encode().expect("what was decoded encodes").as_slice(), data);
    }
    let number = SafetyNumber::of(account().id(), account().id());
    if number.matches_qr(data) == Ok(true) {
        assert_eq!(number.qr_bytes(), data);
    }
}

/// Headers, bodies and what they say.
pub(super) fn entries(data: &[u8]) {
    let trusted = SignedHeader::open_trusted(data);
    if let Ok(header) = SignedHeader::open(data) {
        assert_eq!(header.bytes(), data);
        assert_eq!(trusted.expect("what is verified is readable").id(), header.id());
    }
    if let Ok(body) = Body::decode(data) {
        assert_eq!(body.encode().expect("what was decoded encodes"), data);
    }
    if let Ok(content) = Content::decode(data) {
        assert_eq!(content.encode().expect("what was decoded encodes"), data);
    }
    if let Ok(control) = Control::decode(data) {
        assert_eq!(control.encode().expect("what was decoded encodes"), data);
    }
}

/// The files of a profile. Whoever can write to the folder can put anything there.
pub(super) fn files(data: &[u8]) {
    let key = data_key();
    // The first bytes are the file's parameters: those that want a gigabyte and a minute are somebody's choice, not
    // a fault, and would only keep the fuzzer waiting.
    if data.len() < 4 || data[1] < 32 {
        drop(VaultFile::open(data, "passphrase"));
    }
    drop(IdentityFile::open(&key, data));
    drop(DayRing::open(&key, data));
    if let Ok(plain) = DayRing::new().unwrap(b"", data) {
        panic!("an empty ring opened {} bytes", plain.len());
    }
}

/// What people paste, type and scan.
pub(super) fn links(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(invite) = Invite::parse(&text) {
        let link = invite.to_link().expect("what was parsed can be written");
        assert_eq!(Invite::parse(&link).as_ref(), Ok(&invite));
    }
    if let Ok(words) = RecoveryWords::parse(&text)
        && let Ok(account) = words.account_key()
    {
        let again = RecoveryWords::of(&account).expect("an account has words");
        assert!(again.words().eq(words.words()));
    }
    if let Ok(id) = text.parse::<kith_crypto::AccountId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}

/// Address records, as a DHT node and a contact meet them.
pub(super) fn records(data: &[u8]) {
    let day = DayRing::day_of(NOW_MS);
    let (account, reach) = (account().id(), reach());
    if let Some((key, record)) = data.split_first_chunk::<32>()
        && let Ok(info) = verify_record(key, record, NOW_MS)
    {
        assert!(info.expires_at_ms > NOW_MS);
    }
    drop(open_record(&account, &reach, day, data, NOW_MS));
}

/// Lines of JSON-RPC.
pub(super) fn rpc(data: &[u8]) {
    drop(protocol::parse(data));
}
