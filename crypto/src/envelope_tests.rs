//! Envelopes open for whom they are meant, are padded, and nothing else passes for one.

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;

const ADDRESS: EnvelopeAddress = EnvelopeAddress {
    epoch: EpochTag([1; 16]),
    sender: SenderTag([2; 8]),
    index: 7,
};

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([5; 32])
}

fn key() -> MessageKey {
    MessageKey::from_bytes([9; 32])
}

fn payload(header: usize, body: usize) -> EnvelopePayload {
    EnvelopePayload {
        header: vec![3; header],
        body: vec![4; body],
        proof: None,
    }
}

#[test]
fn only_its_author_gives_an_entry_an_address() {
    let [author, other] = [6, 7].map(|seed| DeviceKey::from_bytes([seed; 32]));
    assert_eq!(
        payload(60, 5).check(&ADDRESS, &author.id()),
        Err(CryptoError::BadSignature)
    );
    let sent = payload(60, 5).proven(&ADDRESS, &author);
    let bytes = sent.seal(&key(), ADDRESS, &mut rng()).unwrap();
    let opened = message(&bytes).open(&key()).unwrap();
    assert_eq!(opened.check(&ADDRESS, &author.id()), Ok(()));
    assert_eq!(
        opened.check(&ADDRESS, &other.id()),
        Err(CryptoError::BadSignature)
    );
    for moved in [
        EnvelopeAddress { index: 8, ..ADDRESS },
        EnvelopeAddress {
            epoch: EpochTag([3; 16]),
            ..ADDRESS
        },
        EnvelopeAddress {
            sender: SenderTag([3; 8]),
            ..ADDRESS
        },
    ] {
        assert_eq!(
            opened.check(&moved, &author.id()),
            Err(CryptoError::BadSignature),
            "{moved:?}"
        );
    }
    let replaced = EnvelopePayload {
        header: vec![9; 60],
        ..opened
    };
    assert_eq!(
        replaced.check(&ADDRESS, &author.id()),
        Err(CryptoError::BadSignature)
    );
}

fn message(bytes: &[u8]) -> EnvelopeView<'_> {
    match Envelope::parse(bytes).unwrap() {
        Envelope::Message(view) => view,
        Envelope::Ephemeral(_) => panic!("an ephemeral envelope"),
    }
}

#[test]
fn an_entry_travels_and_shows_only_its_address() {
    let sent = payload(300, 20);
    let bytes = sent.seal(&key(), ADDRESS, &mut rng()).unwrap();
    assert_eq!(bytes.len(), MESSAGE_PREFIX_BYTES + 512 + CIPHER_BYTES);
    let view = message(&bytes);
    assert_eq!(view.address(), ADDRESS);
    assert_eq!(view.open(&key()).unwrap(), sent);
    assert_eq!(
        view.open(&MessageKey::from_bytes([8; 32])),
        Err(CryptoError::DoesNotOpen { what: "envelope" })
    );
}

#[test]
fn every_bit_of_an_envelope_is_protected() {
    let bytes = payload(60, 5).seal(&key(), ADDRESS, &mut rng()).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        if let Ok(Envelope::Message(view)) = Envelope::parse(&changed) {
            assert!(view.open(&key()).is_err(), "bit {bit} is not protected");
        }
    }
}

#[test]
fn messages_of_similar_length_look_the_same() {
    let sizes = |body| {
        payload(200, body)
            .seal(&key(), ADDRESS, &mut rng())
            .unwrap()
            .len()
    };
    assert_eq!(sizes(1), sizes(40));
    assert_eq!(sizes(60), sizes(290));
}

#[test]
fn the_largest_entry_fits_and_more_is_refused_on_both_sides() {
    let largest = payload(8 * 1024, 256 * 1024);
    let bytes = largest.seal(&key(), ADDRESS, &mut rng()).unwrap();
    assert_eq!(message(&bytes).open(&key()).unwrap(), largest);
    let too_large = payload(8 * 1024, 300 * 1024).seal(&key(), ADDRESS, &mut rng());
    assert!(matches!(too_large, Err(CryptoError::TooLarge { .. })));
    let flood = vec![VERSION; MAX_ENVELOPE_BYTES + 1];
    assert!(matches!(
        Envelope::parse(&flood),
        Err(CryptoError::TooLarge { .. })
    ));
}

#[test]
fn a_newer_envelope_is_told_apart_from_damage() {
    let mut bytes = payload(60, 5).seal(&key(), ADDRESS, &mut rng()).unwrap();
    bytes[0] = 2;
    assert_eq!(
        Envelope::parse(&bytes),
        Err(CryptoError::FutureVersion {
            what: "envelope",
            found: 2
        })
    );
    bytes[0] = VERSION;
    bytes[1] = 9;
    assert_eq!(
        Envelope::parse(&bytes),
        Err(CryptoError::Malformed { what: "envelope" })
    );
}

#[test]
fn a_larger_bucket_than_needed_is_refused() {
    let larger = pad_to(WHAT, b"payload", 512).unwrap();
    assert_eq!(unpad_canonical(&larger), Err(CryptoError::malformed(WHAT)));
    assert_eq!(
        unpad_canonical(&pad_to(WHAT, b"payload", 256).unwrap()).unwrap(),
        b"payload"
    );
}

#[test]
fn typing_travels_under_the_ephemeral_key_only() {
    let ephemeral = EphemeralKey::from_bytes([6; 32]);
    let seal = |payload: &[u8]| {
        EphemeralEnvelope::seal(&ephemeral, ADDRESS.epoch, ADDRESS.sender, payload, &mut rng())
    };
    let bytes = seal(b"typing").unwrap();
    let Ok(Envelope::Ephemeral(view)) = Envelope::parse(&bytes) else {
        panic!("not ephemeral")
    };
    assert_eq!((view.epoch(), view.sender()), (ADDRESS.epoch, ADDRESS.sender));
    assert_eq!(view.open(&ephemeral).unwrap(), b"typing");
    assert!(view.open(&EphemeralKey::from_bytes([7; 32])).is_err());
    assert!(matches!(
        seal(&[0; MAX_EPHEMERAL_BYTES + 1]),
        Err(CryptoError::TooLarge { .. })
    ));
    // The kind byte is authenticated: typing cannot be passed off as a message under an equal key.
    let mut changed = bytes.clone();
    changed[1] = MESSAGE_KIND;
    if let Ok(Envelope::Message(view)) = Envelope::parse(&changed) {
        assert!(view.open(&MessageKey::from_bytes([6; 32])).is_err());
    }
}

proptest! {
    #[test]
    fn what_is_sealed_opens(
        header in proptest::collection::vec(any::<u8>(), 0..2_000),
        body in proptest::collection::vec(any::<u8>(), 0..9_000),
    ) {
        let proof = None;
        let sent = EnvelopePayload { header, body, proof };
        let bytes = sent.seal(&key(), ADDRESS, &mut rng()).unwrap();
        prop_assert_eq!(message(&bytes).open(&key()).unwrap(), sent);
    }

    #[test]
    fn parsing_anything_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        if let Ok(Envelope::Message(view)) = Envelope::parse(&bytes) {
            prop_assert!(view.open(&key()).is_err());
        }
    }

    #[test]
    fn a_cut_envelope_is_refused(cut in 0usize..326) {
        let bytes = payload(60, 5).seal(&key(), ADDRESS, &mut rng()).unwrap();
        prop_assert_eq!(bytes.len(), 326);
        prop_assert!(Envelope::parse(&bytes[..cut]).is_err());
    }
}
