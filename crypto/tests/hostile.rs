//! Decoders fed what nobody should send: they refuse, and never panic. And what is honest always comes back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should fail where it stands"
)]

use kith_crypto::*;
use proptest::{collection::vec, option, prelude::*};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

fn device() -> DeviceKey {
    DeviceKey::from_bytes([2; 32])
}

fn account() -> AccountKey {
    AccountKey::from_entropy([1; 32])
}

/// Runs every decoder of documents, entries and files over `bytes`; how many took them.
fn decode_all(bytes: &[u8], key: &DataKey) -> usize {
    let text = String::from_utf8_lossy(bytes);
    [
        Signed::<DeviceList>::open(bytes).is_ok(),
        Signed::<Card>::open(bytes).is_ok(),
        SignedHeader::open(bytes).is_ok(),
        SignedHeader::open_trusted(bytes).is_ok(),
        Body::decode(bytes).is_ok(),
        Content::decode(bytes).is_ok(),
        Control::decode(bytes).is_ok(),
        IdentityFile::open(key, bytes).is_ok(),
        DayRing::open(key, bytes).is_ok(),
        DayRing::new().unwrap(b"", bytes).is_ok(),
        Invite::parse(&text).is_ok(),
        Invite::parse(&format!("kith:{text}")).is_ok(),
        RecoveryWords::parse(&text).is_ok(),
        text.parse::<AccountId>().is_ok(),
        SafetyNumber::of(account().id(), account().id())
            .matches_qr(bytes)
            .is_ok(),
    ]
    .into_iter()
    .filter(|taken| *taken)
    .count()
}

fn honest() -> Vec<Vec<u8>> {
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let list = DeviceList::first(account().id(), device().id(), 7);
    let body = Body::new(Content::Text { text: "hi".into() }.encode().unwrap(), &mut rng);
    let header = Header {
        version: Header::VERSION,
        conversation: ConversationId::random(&mut rng),
        author: device().id(),
        log: LogKind::Content,
        seq: 1,
        prev: None,
        deps: vec![],
        at: Stamp::new(7, 0),
        expires_at_ms: None,
        body: body.commit(),
    };
    let rekey = Control::Rekey {
        epoch: EpochId::from_bytes([4; 32]),
        devices: vec![device().id()],
        covers: vec![],
    };
    vec![
        Signed::seal(list, &account()).unwrap().encode(),
        SignedHeader::sign(header, &device()).unwrap().bytes().to_vec(),
        body.encode().unwrap(),
        body.content.clone(),
        rekey.encode().unwrap(),
    ]
}

proptest! {
    #[test]
    fn noise_is_refused_without_a_panic(bytes in vec(any::<u8>(), 0..400)) {
        decode_all(&bytes, &DataKey::generate(&mut ChaCha20Rng::from_seed([9; 32])));
    }

    /// Noise behind a right version byte gets further into the decoders than noise alone.
    #[test]
    fn noise_that_knows_the_version_is_refused_without_a_panic(tail in vec(any::<u8>(), 0..200), skip in 0usize..80) {
        let bytes = [vec![0; skip], vec![1], tail].concat();
        decode_all(&bytes, &DataKey::generate(&mut ChaCha20Rng::from_seed([9; 32])));
    }

    #[test]
    fn mangled_honest_bytes_do_not_panic(which in 0usize..5, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = honest()[which].clone();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        decode_all(&bytes, &DataKey::generate(&mut ChaCha20Rng::from_seed([9; 32])));
    }

    /// A length that promises gigabytes must not be believed.
    #[test]
    fn promised_lengths_allocate_nothing(prefix in vec(any::<u8>(), 0..40)) {
        let bytes = [vec![1], prefix, vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]].concat();
        decode_all(&bytes, &DataKey::generate(&mut ChaCha20Rng::from_seed([9; 32])));
    }

    #[test]
    fn ids_round_trip(bytes in any::<[u8; 32]>()) {
        let id = DeviceId::from_bytes(bytes);
        prop_assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn entropy_round_trips_through_words(entropy in any::<[u8; 32]>()) {
        let account = AccountKey::from_entropy(entropy);
        let words = RecoveryWords::of(&account).unwrap().words().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(RecoveryWords::parse(&words).unwrap().account_key().unwrap().id(), account.id());
    }

    #[test]
    fn headers_round_trip(
        seq in 1u64.., raw in any::<u64>(), expires_at_ms in option::of(any::<u64>()),
        deps in vec(any::<[u8; 32]>(), 0..=MAX_DEPS), content in vec(any::<u8>(), 0..200), salt in any::<[u8; 32]>(),
    ) {
        let body = Body { salt, content };
        let header = Header {
            version: Header::VERSION,
            conversation: ConversationId::from_bytes(salt),
            author: device().id(),
            log: LogKind::Control,
            seq,
            prev: (seq > 1).then(|| EntryId::from_bytes(salt)),
            deps: deps.into_iter().map(EntryId::from_bytes).collect(),
            at: Stamp::from_raw(raw),
            expires_at_ms,
            body: body.commit(),
        };
        let signed = SignedHeader::sign(header.clone(), &device()).unwrap();
        let read = SignedHeader::open(signed.bytes()).unwrap();
        prop_assert_eq!(read.header(), &header);
        let body = Body::decode(&body.encode().unwrap()).unwrap();
        prop_assert_eq!(Entry { header: read, body: Some(body) }.check(), Ok(()));
    }

    #[test]
    fn invites_round_trip(token in any::<[u8; 16]>(), expires_at_ms in any::<u64>(), name in "[a-zA-Zअ-ह]{1,64}", addresses in vec("/[a-z0-9./]{0,80}", 0..8)) {
        let invite = Invite {
            account: account().id(), device: device().id(), token: InviteToken::from_bytes(token), addresses, expires_at_ms, name,
        };
        prop_assert_eq!(Invite::parse(&invite.to_link().unwrap()), Ok(invite));
    }

    #[test]
    fn the_ring_gives_back_what_it_wrapped(day in any::<u32>(), aad in vec(any::<u8>(), 0..50), plaintext in vec(any::<u8>(), 0..300)) {
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        let mut ring = DayRing::new();
        ring.ensure_day(day, &mut rng).unwrap();
        let wrapped = ring.wrap(day, &aad, &plaintext, &mut rng).unwrap();
        prop_assert_eq!(&*ring.unwrap(&aad, &wrapped).unwrap(), &plaintext);
    }
}

#[test]
fn honest_bytes_are_taken() {
    let key = DataKey::generate(&mut ChaCha20Rng::from_seed([9; 32]));
    for bytes in honest() {
        assert!(decode_all(&bytes, &key) > 0);
    }
}
