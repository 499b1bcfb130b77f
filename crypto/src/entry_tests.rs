//! Entries travel unchanged, say who wrote them, and cannot be given a second id.

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::*;

fn ana() -> DeviceKey {
    DeviceKey::from_bytes([1; 32])
}

fn body() -> Body {
    Body {
        salt: [9; 32],
        content: b"hi".to_vec(),
    }
}

fn header() -> Header {
    Header {
        version: Header::VERSION,
        conversation: ConversationId::from_bytes([2; 32]),
        author: ana().id(),
        log: LogKind::Content,
        seq: 2,
        prev: Some(EntryId::from_bytes([3; 32])),
        deps: vec![EntryId::from_bytes([4; 32])],
        at: Stamp::new(1_700_000_000_000, 5),
        expires_at_ms: None,
        body: body().commit(),
    }
}

#[test]
fn an_entry_arrives_as_it_was_signed() {
    let sent = SignedHeader::sign(header(), &ana()).unwrap();
    let received = SignedHeader::open(sent.bytes()).unwrap();
    assert_eq!(received, sent);
    assert_eq!(
        received.id(),
        SignedHeader::open_trusted(sent.bytes()).unwrap().id()
    );
    let entry = Entry {
        header: received,
        body: Some(Body::decode(&body().encode().unwrap()).unwrap()),
    };
    assert_eq!(entry.check(), Ok(()));
}

#[test]
fn a_header_without_its_names_is_the_same_again_under_them_and_under_no_others() {
    let sent = SignedHeader::sign(header(), &ana()).unwrap();
    let short = sent.shortened();
    assert_eq!(short.len() + 64, sent.bytes().len());
    let (conversation, author) = (header().conversation, header().author);
    let bytes = SignedHeader::lengthen(&short, &conversation, &author).unwrap();
    assert_eq!(bytes, sent.bytes());
    let elsewhere = ConversationId::from_bytes([8; 32]);
    let somebody = DeviceKey::from_bytes([7; 32]).id();
    for (conversation, author) in [(elsewhere, author), (conversation, somebody)] {
        let bytes = SignedHeader::lengthen(&short, &conversation, &author).unwrap();
        assert_eq!(SignedHeader::open(&bytes), Err(CryptoError::BadSignature));
    }
    for cut in 0..short.len() {
        let opened = SignedHeader::lengthen(&short[..cut], &conversation, &author);
        assert!(opened.and_then(|bytes| SignedHeader::open(&bytes)).is_err());
    }
}

#[test]
fn any_changed_bit_and_any_cut_is_noticed() {
    let bytes = SignedHeader::sign(header(), &ana()).unwrap().bytes().to_vec();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(
            SignedHeader::open(&changed).is_err(),
            "bit {bit} is not protected"
        );
    }
    for len in 0..bytes.len() {
        assert!(SignedHeader::open(&bytes[..len]).is_err(), "cut at {len}");
    }
}

#[test]
fn the_id_does_not_depend_on_the_signature_bytes() {
    let signed = SignedHeader::sign(header(), &ana()).unwrap();
    let mut resigned = signed.bytes().to_vec();
    resigned[0] ^= 1;
    assert_eq!(SignedHeader::open(&resigned), Err(CryptoError::BadSignature));
    assert_eq!(SignedHeader::open_trusted(&resigned).unwrap().id(), signed.id());
}

#[test]
fn headers_that_break_the_rules_are_neither_made_nor_read() {
    let first_with_prev = Header { seq: 1, ..header() };
    let later_without_prev = Header {
        prev: None,
        ..header()
    };
    let zero = Header {
        seq: 0,
        prev: None,
        ..header()
    };
    let crowded = Header {
        deps: vec![EntryId::from_bytes([4; 32]); MAX_DEPS + 1],
        ..header()
    };
    for bad in [first_with_prev, later_without_prev, zero, crowded] {
        assert!(matches!(
            SignedHeader::sign(bad.clone(), &ana()),
            Err(CryptoError::NotAllowed { .. })
        ));
        let payload = encode_bare(HEADER, &bad).unwrap();
        let signature = ana().sign(HEADER_LABEL, &payload);
        let bytes = [signature.as_bytes().as_slice(), &payload].concat();
        assert!(matches!(
            SignedHeader::open(&bytes),
            Err(CryptoError::NotAllowed { .. })
        ));
    }
    let full = Header {
        deps: vec![EntryId::from_bytes([4; 32]); MAX_DEPS],
        ..header()
    };
    assert!(SignedHeader::sign(full, &ana()).is_ok());
}

#[test]
fn nobody_writes_in_anothers_log_and_the_future_is_told_apart() {
    let eve = DeviceKey::from_bytes([8; 32]);
    assert_eq!(SignedHeader::sign(header(), &eve), Err(CryptoError::WrongSigner));
    let mut bytes = SignedHeader::sign(header(), &ana()).unwrap().bytes().to_vec();
    bytes[Signature64::LEN] = 2;
    let future = CryptoError::FutureVersion {
        what: HEADER,
        found: 2,
    };
    assert_eq!(SignedHeader::open(&bytes), Err(future));
}

/// What a later version makes of a header: our fields, then its own.
fn later(header: Header, key: &DeviceKey) -> Vec<u8> {
    let later = Header { version: 9, ..header };
    let payload = [encode_bare(HEADER, &later).unwrap(), vec![1, 2, 3]].concat();
    let signature = key.sign(HEADER_LABEL, &payload);
    [signature.as_bytes().as_slice(), &payload].concat()
}

#[test]
fn of_a_later_header_the_known_part_is_read_and_proven() {
    let bytes = later(header(), &ana());
    assert!(matches!(
        SignedHeader::open(&bytes),
        Err(CryptoError::FutureVersion { found: 9, .. })
    ));
    let opened = SignedHeader::open_any(&bytes).unwrap();
    assert!(opened.is_later());
    assert_eq!((opened.header().seq, opened.bytes()), (header().seq, &bytes[..]));
    assert_eq!(SignedHeader::open_trusted(&bytes).as_ref(), Ok(&opened));
    // Its own part counts as much: another one is another entry, with another signature.
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    assert!(SignedHeader::open_any(&other).is_err());
    assert!(SignedHeader::open_any(&bytes[..bytes.len() - 1]).is_err());
    assert!(SignedHeader::open_any(&later(header(), &DeviceKey::from_bytes([8; 32]))).is_err());
    let no_place = Header { seq: 0, ..header() };
    assert!(SignedHeader::open_any(&later(no_place, &ana())).is_err());
    let ours = SignedHeader::sign(header(), &ana()).unwrap();
    assert!(!SignedHeader::open_any(ours.bytes()).unwrap().is_later());
}

#[test]
fn a_body_fits_one_header_only() {
    let header = SignedHeader::sign(header(), &ana()).unwrap();
    let other_words = Body {
        content: b"ha".to_vec(),
        ..body()
    };
    let other_salt = Body {
        salt: [8; 32],
        ..body()
    };
    for wrong in [other_words, other_salt] {
        let entry = Entry {
            header: header.clone(),
            body: Some(wrong),
        };
        assert_eq!(entry.check(), Err(CryptoError::BodyMismatch));
    }
    assert_eq!(Entry { header, body: None }.check(), Ok(()));
}

#[test]
fn bodies_have_a_cap_and_stay_out_of_logs() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let large = Body::new(vec![0; MAX_BODY_BYTES], &mut rng);
    assert!(matches!(large.encode(), Err(CryptoError::TooLarge { .. })));
    assert_eq!(format!("{:?}", body()), "Body(2 bytes)");
}

#[test]
fn the_clock_never_goes_back_and_follows_time_when_it_can() {
    let start = Stamp::new(1_000, 0);
    assert_eq!(start.tick(2_000), Stamp::new(2_000, 0));
    assert_eq!(start.tick(1_000), Stamp::new(1_000, 1));
    assert_eq!(start.tick(10), Stamp::new(1_000, 1));
    assert_eq!(
        Stamp::new(1_000, u16::MAX).tick(0),
        Stamp::new(1_001, 0),
        "a full counter borrows a millisecond"
    );
    assert_eq!(Stamp::from_raw(u64::MAX).tick(5), Stamp::from_raw(u64::MAX));
    assert_eq!(Stamp::new(u64::MAX, 7).counter(), 7);
}
