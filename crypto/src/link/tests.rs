//! Alice calls Bob: the handshake as a story, and what happens when Eve or a newer version takes part.

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::account::ListedDevice;
use crate::codec::VERSION;
use crate::keys::{AccountKey, Signature64};
use crate::signed::Document;

/// One person with one device.
struct Person {
    device: DeviceKey,
    list: Signed<DeviceList>,
}

impl Person {
    fn new(seed: u8) -> Self {
        let account = AccountKey::from_entropy([seed; 32]);
        let device = DeviceKey::from_bytes([seed; 32]);
        let list = DeviceList::first(account.id(), device.id(), 1_790_000_000_000);
        Self {
            list: Signed::seal(list, &account).unwrap(),
            device,
        }
    }

    fn identity(&self) -> LinkIdentity<'_> {
        LinkIdentity {
            device_key: &self.device,
            device_list: &self.list,
        }
    }

    fn calls(&self, other: &Self) -> LinkContext {
        LinkContext::new(self.device.id(), other.device.id()).unwrap()
    }
}

fn people() -> (Person, Person, ChaCha20Rng) {
    (Person::new(1), Person::new(2), ChaCha20Rng::from_seed([3; 32]))
}

fn not_opening() -> LinkError {
    CryptoError::DoesNotOpen { what: "link reveal" }.into()
}

#[test]
fn alice_calls_bob_and_both_know_whom_they_talk_to() {
    let (alice, bob, mut rng) = people();
    let (initiator, hello) = Initiator::start(alice.calls(&bob), &mut rng);
    let (responder, response) = Responder::receive_hello(bob.calls(&alice), &hello, &mut rng).unwrap();
    let (waiting, reveal) = initiator
        .receive_response(&response, &alice.identity(), b"token")
        .unwrap();
    let (deciding, caller) = responder.receive_reveal(&reveal).unwrap();
    assert_eq!(caller.account, alice.list.value().account);
    assert_eq!(
        (caller.device, caller.payload.as_slice()),
        (alice.device.id(), b"token".as_slice())
    );
    let (bobs, confirmation) = deciding.accept(&bob.identity(), b"welcome").unwrap();
    let mut alices = waiting.receive_confirmation(&confirmation).unwrap();
    assert_eq!(bobs.peer, caller);
    assert_eq!(alices.peer.device_list, bob.list);
    assert_eq!(
        (alices.peer.device, alices.peer.payload.as_slice()),
        (bob.device.id(), b"welcome".as_slice())
    );

    assert_eq!((hello.len(), response.len()), (HELLO_BYTES, RESPONSE_BYTES));
    let (mut seals, _) = alices.keys.lane(0).unwrap();
    let mut bobs_keys = bobs.keys;
    let (_, mut opens) = bobs_keys.lane(0).unwrap();
    assert_eq!(opens.open(&seals.seal(b"hello").unwrap()).unwrap(), b"hello");
    assert_eq!(alices.keys.exporter("binding"), bobs_keys.exporter("binding"));
    assert_ne!(alices.keys.exporter("binding"), alices.keys.exporter("other"));
}

#[test]
fn bob_refuses_a_stranger_and_stays_unknown() {
    let (alice, bob, mut rng) = people();
    let (initiator, hello) = Initiator::start(alice.calls(&bob), &mut rng);
    let (responder, response) = Responder::receive_hello(bob.calls(&alice), &hello, &mut rng).unwrap();
    let (waiting, reveal) = initiator
        .receive_response(&response, &alice.identity(), b"")
        .unwrap();
    let (deciding, _) = responder.receive_reveal(&reveal).unwrap();
    let refusal = LinkRefusal {
        reason: 7,
        device_list: None,
    };
    let message = deciding.refuse(refusal.clone()).unwrap();
    assert!(message.len() < 32);
    assert_eq!(
        waiting.receive_confirmation(&message).unwrap_err(),
        LinkError::Refused(refusal)
    );
}

#[test]
fn bob_shows_a_device_that_was_left_out_the_list_that_says_so() {
    let (alice, bob, mut rng) = people();
    let mut refused_with = |device_list: Vec<u8>| {
        let (initiator, hello) = Initiator::start(alice.calls(&bob), &mut rng);
        let (responder, response) = Responder::receive_hello(bob.calls(&alice), &hello, &mut rng).unwrap();
        let (waiting, reveal) = initiator
            .receive_response(&response, &alice.identity(), b"")
            .unwrap();
        let (deciding, _) = responder.receive_reveal(&reveal).unwrap();
        let message = deciding.refuse(LinkRefusal {
            reason: 6,
            device_list: Some(device_list),
        })?;
        match waiting.receive_confirmation(&message) {
            Err(LinkError::Refused(refusal)) => Ok(refusal.device_list.unwrap()),
            other => panic!("not refused: {other:?}"),
        }
    };
    let largest = Signature64::LEN + DeviceList::MAX_BYTES;
    for list in [alice.list.encode(), vec![0xff; largest]] {
        assert_eq!(refused_with(list.clone()), Ok(list));
    }
    let too_large = refused_with(vec![0xff; largest + 1]);
    assert!(matches!(
        too_large,
        Err(LinkError::Crypto(CryptoError::TooLarge { .. }))
    ));
}

#[test]
fn a_device_does_not_call_itself() {
    let alice = Person::new(1);
    assert_eq!(
        LinkContext::new(alice.device.id(), alice.device.id()),
        Err(LinkError::Myself)
    );
}

#[test]
fn eve_cannot_pass_the_handshake_on_to_somebody_else() {
    let (alice, bob, mut rng) = people();
    let eve = Person::new(9);
    // Eve is dialled by Alice and passes everything to Bob: the transcripts name different responders.
    let (initiator, hello) = Initiator::start(alice.calls(&eve), &mut rng);
    let (responder, response) = Responder::receive_hello(bob.calls(&alice), &hello, &mut rng).unwrap();
    let (_, reveal) = initiator
        .receive_response(&response, &alice.identity(), b"")
        .unwrap();
    assert_eq!(responder.receive_reveal(&reveal).unwrap_err(), not_opening());
}

#[test]
fn eve_cannot_claim_a_device_that_is_not_hers() {
    let (alice, bob, mut rng) = people();
    let eve = Person::new(9);
    // Eve shows Alice's list, but the transport says that she is Eve.
    let (initiator, hello) = Initiator::start(eve.calls(&bob), &mut rng);
    let (_, response) = Responder::receive_hello(bob.calls(&eve), &hello, &mut rng).unwrap();
    let borrowed = LinkIdentity {
        device_key: &eve.device,
        device_list: &alice.list,
    };
    let error = initiator.receive_response(&response, &borrowed, b"").unwrap_err();
    assert_eq!(
        error,
        LinkError::NotListed {
            device: eve.device.id()
        }
    );
    // Nor can she sign as Alice's device without its key.
    let (initiator, hello) = Initiator::start(alice.calls(&bob), &mut rng);
    let (_, response) = Responder::receive_hello(bob.calls(&alice), &hello, &mut rng).unwrap();
    let error = initiator.receive_response(&response, &borrowed, b"").unwrap_err();
    assert_eq!(error, LinkError::Crypto(CryptoError::WrongSigner));
}

#[test]
fn a_list_without_the_device_or_a_foreign_signature_is_refused_by_the_other_side() {
    use super::handshake::testing::reveal_unchecked;
    let (alice, bob, mut rng) = people();
    let eve = Person::new(9);
    let attempts = [
        // Eve's own key, under Alice's list.
        (
            &eve.device,
            &alice.list,
            &eve,
            LinkError::NotListed {
                device: eve.device.id(),
            },
        ),
        // Eve's key where the transport says Alice.
        (
            &eve.device,
            &alice.list,
            &alice,
            LinkError::Crypto(CryptoError::BadSignature),
        ),
    ];
    for (device_key, device_list, caller, expected) in attempts {
        let (initiator, hello) = Initiator::start(caller.calls(&bob), &mut rng);
        let (responder, response) = Responder::receive_hello(bob.calls(caller), &hello, &mut rng).unwrap();
        let forged = LinkIdentity {
            device_key,
            device_list,
        };
        let reveal = reveal_unchecked(initiator, &response, &forged);
        assert_eq!(responder.receive_reveal(&reveal).unwrap_err(), expected);
    }
}

#[test]
fn a_second_listed_device_may_call_as_well() {
    let (_, bob, mut rng) = people();
    let account = AccountKey::from_entropy([1; 32]);
    let laptop = DeviceKey::from_bytes([11; 32]);
    let mut list = Person::new(1).list.into_value();
    list.devices.push(ListedDevice {
        device: laptop.id(),
        may_enrol: false,
    });
    list.number += 1;
    let alice = Person {
        device: laptop,
        list: Signed::seal(list, &account).unwrap(),
    };
    let (initiator, hello) = Initiator::start(alice.calls(&bob), &mut rng);
    let (responder, response) = Responder::receive_hello(bob.calls(&alice), &hello, &mut rng).unwrap();
    let (_, reveal) = initiator
        .receive_response(&response, &alice.identity(), b"")
        .unwrap();
    assert_eq!(responder.receive_reveal(&reveal).unwrap().1.account, account.id());
}

#[test]
fn a_bit_changed_anywhere_in_any_message_breaks_the_link() {
    let (alice, bob, _) = people();
    for message in 0..4 {
        for place in 0..16 {
            assert!(
                changed_link(&alice, &bob, message, place).is_err(),
                "message {message}, place {place}"
            );
        }
    }
    assert!(changed_link(&alice, &bob, 4, 0).is_ok());
}

/// A whole handshake in which a bit of message number `message` is changed, at `place` sixteenths of its length.
fn changed_link(
    alice: &Person,
    bob: &Person,
    message: usize,
    place: usize,
) -> Result<Established, LinkError> {
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let on_its_way = |number: usize, mut bytes: Vec<u8>| {
        if number == message {
            let at = bytes.len() * place / 16;
            bytes[at] ^= 0x10;
        }
        bytes
    };
    let (initiator, hello) = Initiator::start(alice.calls(bob), &mut rng);
    let hello = on_its_way(0, hello);
    let (responder, response) = Responder::receive_hello(bob.calls(alice), &hello, &mut rng)?;
    let response = on_its_way(1, response);
    let (waiting, reveal) = initiator.receive_response(&response, &alice.identity(), b"token")?;
    let (deciding, _) = responder.receive_reveal(&on_its_way(2, reveal))?;
    let (_, confirmation) = deciding.accept(&bob.identity(), b"")?;
    waiting.receive_confirmation(&on_its_way(3, confirmation))
}

#[test]
fn a_newer_version_is_named_in_each_message() {
    let (alice, bob, mut rng) = people();
    let newer = |bytes: &[u8]| [&[VERSION + 1], &bytes[1..]].concat();
    let found = |error: LinkError| {
        matches!(
            error,
            LinkError::Crypto(CryptoError::FutureVersion { found: 2, .. })
        )
    };
    let (initiator, hello) = Initiator::start(alice.calls(&bob), &mut rng);
    assert!(found(
        Responder::receive_hello(bob.calls(&alice), &newer(&hello), &mut rng).unwrap_err()
    ));
    let (responder, response) = Responder::receive_hello(bob.calls(&alice), &hello, &mut rng).unwrap();
    let (again, _) = Initiator::start(alice.calls(&bob), &mut rng);
    assert!(found(
        again
            .receive_response(&newer(&response), &alice.identity(), b"")
            .unwrap_err()
    ));
    let (_, reveal) = initiator
        .receive_response(&response, &alice.identity(), b"")
        .unwrap();
    assert!(found(responder.receive_reveal(&newer(&reveal)).unwrap_err()));
}

#[test]
fn a_public_key_that_protects_nothing_is_refused() {
    let (alice, bob, mut rng) = people();
    let mut hello = vec![0; HELLO_BYTES];
    hello[0] = VERSION;
    let error = Responder::receive_hello(bob.calls(&alice), &hello, &mut rng).unwrap_err();
    assert!(matches!(error, LinkError::Crypto(CryptoError::NotAllowed { .. })));
}

#[test]
fn payloads_are_bounded_on_the_way_out() {
    let (alice, bob, mut rng) = people();
    let (initiator, hello) = Initiator::start(alice.calls(&bob), &mut rng);
    let (_, response) = Responder::receive_hello(bob.calls(&alice), &hello, &mut rng).unwrap();
    let large = vec![0; MAX_LINK_PAYLOAD_BYTES + 1];
    let error = initiator
        .receive_response(&response, &alice.identity(), &large)
        .unwrap_err();
    assert!(matches!(error, LinkError::Crypto(CryptoError::TooLarge { .. })));
}

#[test]
fn states_print_no_secret_and_may_cross_threads() {
    fn assert_send<T: Send>(value: &T) -> &T {
        value
    }
    let (alice, bob, mut rng) = people();
    let (initiator, _) = Initiator::start(alice.calls(&bob), &mut rng);
    let printed = format!("{:?}", assert_send(&initiator));
    let context = format!("{:?}", alice.calls(&bob));
    assert_eq!(printed, format!("Initiator {{ context: {context}, .. }}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_and_cut_messages_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1300), cut in 0usize..1153) {
        let (alice, bob, mut rng) = people();
        let (initiator, hello) = Initiator::start(alice.calls(&bob), &mut rng);
        prop_assert!(Responder::receive_hello(bob.calls(&alice), &bytes, &mut rng).is_err());
        let (responder, response) = Responder::receive_hello(bob.calls(&alice), &hello, &mut rng).unwrap();
        prop_assert!(responder.receive_reveal(&bytes).is_err());
        prop_assert!(initiator.receive_response(&response[..cut], &alice.identity(), b"").is_err());
    }
}
