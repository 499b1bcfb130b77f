//! The test vectors of docs/protocol-sessions.md and docs/protocol-mail.md, computed again and compared line by line.
//!
//! The document's fenced `vectors` blocks hold `name = value` lines, values in hex unless they are text by nature; what
//! is longer than an envelope is given as its BLAKE3 hash. A line that no longer matches, that is missing, or that
//! nothing computes fails here. A changed line means that the wire format changed: that asks for a new version.
//!
//! Where randomness goes in, it is the stream of ChaCha20 (20 rounds, `rand_chacha`) whose 32 seed bytes are all the
//! number that the document names.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should fail where it stands"
)]

mod documented;

use documented::{assert_one_of_each_kind, compare, hex, rng};
use kith_crypto::*;

const PAGES: [&str; 2] = [
    include_str!("../../docs/protocol-sessions.md"),
    include_str!("../../docs/protocol-mail.md"),
];
const NOW_MS: u64 = 1_800_000_000_000;
const DAY: u32 = 20_833;
const WEEK: u32 = 2_976;

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn alice_account() -> AccountKey {
    AccountKey::from_entropy([1; 32])
}

fn alice() -> DeviceKey {
    DeviceKey::from_bytes([2; 32])
}

fn bob_account() -> AccountKey {
    AccountKey::from_entropy([3; 32])
}

fn bob() -> DeviceKey {
    DeviceKey::from_bytes([4; 32])
}

fn conversation() -> ConversationId {
    ConversationId::direct(alice_account().id(), bob_account().id())
}

fn list(account: &AccountKey, device: &DeviceKey) -> Signed<DeviceList> {
    Signed::seal(DeviceList::first(account.id(), device.id(), NOW_MS), account).unwrap()
}

fn epochs() -> Vec<(&'static str, String)> {
    let secret = EpochSecret::from_bytes([5; 32]);
    let topic_secret = TopicSecret::from_bytes([6; 32]);
    let keys = secret.derive(&conversation(), &[alice().id(), bob().id()]);
    let alices = &keys.members[&alice().id()];
    let payload = SealedEpoch {
        conversation: conversation(),
        secret: secret.clone(),
        topic_secret,
    };
    vec![
        ("epoch.id", hex(secret.id().as_bytes())),
        ("epoch.tag", hex(&keys.tag.0)),
        ("epoch.ephemeral", hex(keys.ephemeral.as_bytes())),
        ("epoch.sender.alice", hex(&alices.sender.0)),
        ("epoch.chain.alice", hex(alices.chain.as_bytes())),
        ("epoch.chain.bob", hex(keys.members[&bob().id()].chain.as_bytes())),
        ("epoch.payload", hex(&payload.encode().unwrap())),
        ("epoch.topic", payload.topic_secret.topic(WEEK)),
    ]
}

fn chains() -> Vec<(&'static str, String)> {
    let chain = SendChain::new(ChainKey::from_bytes([7; 32]));
    let (first, _, chain) = chain.advance().unwrap();
    let (second, _, chain) = chain.advance().unwrap();
    let (third, index, _) = chain.advance().unwrap();
    assert_eq!(index, 2);
    vec![
        ("chain.message.0", hex(first.as_bytes())),
        ("chain.message.1", hex(second.as_bytes())),
        ("chain.message.2", hex(third.as_bytes())),
    ]
}

fn envelopes() -> Vec<(&'static str, String)> {
    let address = EnvelopeAddress {
        epoch: EpochTag([8; 16]),
        sender: SenderTag([9; 8]),
        index: 258,
    };
    let payload = EnvelopePayload {
        header: b"header".to_vec(),
        body: b"body".to_vec(),
        proof: None,
    };
    let key = MessageKey::from_bytes([10; 32]);
    let message = payload.seal(&key, address, &mut rng(11)).unwrap();
    let proven = payload.proven(&address, &alice());
    let proven = proven.seal(&key, address, &mut rng(11)).unwrap();
    let key = EphemeralKey::from_bytes([12; 32]);
    let ephemeral =
        EphemeralEnvelope::seal(&key, address.epoch, address.sender, b"typing", &mut rng(11)).unwrap();
    vec![
        ("envelope.message", hex(&message)),
        ("envelope.proven", hex(&proven)),
        ("envelope.ephemeral", hex(&ephemeral)),
    ]
}

fn link() -> Vec<(&'static str, String)> {
    let (alice_list, bob_list) = (list(&alice_account(), &alice()), list(&bob_account(), &bob()));
    let alice_identity = LinkIdentity {
        device_key: &alice(),
        device_list: &alice_list,
    };
    let bob_identity = LinkIdentity {
        device_key: &bob(),
        device_list: &bob_list,
    };
    let alice_context = LinkContext::new(alice().id(), bob().id()).unwrap();
    let bob_context = LinkContext::new(bob().id(), alice().id()).unwrap();

    let (initiator, hello) = Initiator::start(alice_context, &mut rng(13));
    let (responder, response) = Responder::receive_hello(bob_context, &hello, &mut rng(14)).unwrap();
    let (waiting, reveal) = initiator
        .receive_response(&response, &alice_identity, b"token")
        .unwrap();
    let (deciding, _) = responder.receive_reveal(&reveal).unwrap();
    let (mut bobs, confirmation) = deciding.accept(&bob_identity, b"welcome").unwrap();
    let mut alices = waiting.receive_confirmation(&confirmation).unwrap();
    let (mut alice_seals, _) = alices.keys.lane(1).unwrap();
    let (mut bob_seals, _) = bobs.keys.lane(1).unwrap();
    vec![
        ("link.hello.blake3", hash(&hello)),
        ("link.response.blake3", hash(&response)),
        ("link.reveal.blake3", hash(&reveal)),
        ("link.confirmation.blake3", hash(&confirmation)),
        ("link.exporter", hex(&alices.keys.exporter("binding"))),
        (
            "link.lane1.initiator.0",
            hex(&alice_seals.seal(b"first").unwrap()),
        ),
        (
            "link.lane1.initiator.1",
            hex(&alice_seals.seal(b"second").unwrap()),
        ),
        ("link.lane1.responder.0", hex(&bob_seals.seal(b"first").unwrap())),
        (
            "link.refusal",
            hex(&refused(LinkRefusal {
                reason: 1,
                device_list: None,
            })),
        ),
        (
            "link.refusal.left_out.blake3",
            hash(&refused(LinkRefusal {
                reason: 6,
                device_list: Some(alice_list.encode()),
            })),
        ),
    ]
}

/// Message 4 with which Bob refuses Alice the link of [`link`].
fn refused(refusal: LinkRefusal) -> Vec<u8> {
    let identity = LinkIdentity {
        device_key: &alice(),
        device_list: &list(&alice_account(), &alice()),
    };
    let alice_context = LinkContext::new(alice().id(), bob().id()).unwrap();
    let bob_context = LinkContext::new(bob().id(), alice().id()).unwrap();
    let (initiator, hello) = Initiator::start(alice_context, &mut rng(13));
    let (responder, response) = Responder::receive_hello(bob_context, &hello, &mut rng(14)).unwrap();
    let (_, reveal) = initiator
        .receive_response(&response, &identity, b"token")
        .unwrap();
    let (deciding, _) = responder.receive_reveal(&reveal).unwrap();
    deciding.refuse(refusal).unwrap()
}

fn seals() -> Vec<(&'static str, String)> {
    let secret = PrekeySecret::from_bytes([15; 32]);
    let prekey = secret.publish(&bob(), 16, NOW_MS).unwrap();
    let sealed = seal_to(
        &prekey,
        &alice(),
        SealPurpose::Epoch,
        b"aad",
        b"secret",
        &mut rng(17),
    )
    .unwrap();
    let find = |id| (id == 16).then(|| secret.clone());
    let opened = open_sealed(&sealed, &find, bob().id(), SealPurpose::Epoch, b"aad").unwrap();
    assert_eq!(
        (opened.sender, opened.plaintext.as_slice()),
        (alice().id(), b"secret".as_slice())
    );
    vec![
        ("prekey.public.blake3", hash(&secret.public().unwrap())),
        ("prekey.signed.blake3", hash(&prekey.encode())),
        ("seal.epoch.blake3", hash(&sealed)),
    ]
}

fn records() -> Vec<(&'static str, String)> {
    let account = alice_account();
    let reach = ReachSecret::first_for(&account);
    let addresses = vec!["/ip4/192.0.2.1/udp/4001/quic-v1".to_owned()];
    let devices = vec![DeviceAddresses {
        device: alice().id(),
        addresses,
    }];
    let record = AddressRecord {
        devices,
        made_at_ms: NOW_MS,
    };
    let (key, bytes) = seal_record(&account, &reach, DAY, &record, &mut rng(18)).unwrap();
    assert_eq!(
        open_record(&account.id(), &reach, DAY, &bytes, NOW_MS).unwrap(),
        record
    );
    vec![
        ("remembrance", hex(&account.remembrance(&bob_account().id()))),
        ("record.reach.first", hex(reach.as_bytes())),
        (
            "record.reach.second",
            hex(ReachSecret::numbered_for(&account, 1).as_bytes()),
        ),
        ("record.key", hex(key.as_bytes())),
        ("record.prefix", hex(&bytes[..49])),
        ("record.blake3", hash(&bytes)),
    ]
}

fn mail() -> Vec<(&'static str, String)> {
    let (mailbox, key) = (MailboxId([6; 16]), MailboxKey::from_bytes([7; 32]));
    let sender = SenderSecret::from_bytes([8; 32]).name(mailbox, alice_account().id());
    let token = key.token(mailbox, sender);
    let mail = Mail {
        conversation: conversation(),
        entries: vec![MailEntry {
            header: vec![9; 3],
            body: Some(vec![10; 2]),
        }],
        held: vec![Holding {
            author: bob().id(),
            seq: 5,
            head: EntryId::from_bytes([11; 32]),
        }],
        shown: vec![(bob().id(), 4)],
    };
    let prekey = PrekeySecret::from_bytes([12; 32]);
    let published = prekey.publish(&bob(), 13, NOW_MS).unwrap();
    let sealed = mail.seal(&published, &alice(), &mut rng(14)).unwrap();
    let find = |id| (id == 13).then(|| prekey.clone());
    assert_eq!(
        Mail::open(&sealed, &find, bob().id()).unwrap(),
        (alice().id(), mail)
    );
    let deposit = Deposit {
        token: token.clone(),
        recipient: bob().id(),
        sealed: vec![15; 4],
    };
    let answers = [
        DepositAnswer::Held { until_ms: NOW_MS },
        DepositAnswer::Full,
        DepositAnswer::NotHonoured,
    ];
    let answers = answers.map(|answer| answer.encode().unwrap());
    assert_one_of_each_kind::<DepositAnswer>(&answers.each_ref().map(|bytes| &bytes[1..]));
    let [held, full, refused] = answers.map(|answer| hex(&answer));
    vec![
        ("mail.sender", hex(&token.sender.0)),
        ("mail.proof", hex(&token.proof)),
        ("mail.deposit", hex(&deposit.encode().unwrap())),
        ("mail.answer.held", held),
        ("mail.answer.full", full),
        ("mail.answer.not_honoured", refused),
        ("mail.sealed.length", sealed.len().to_string()),
        ("mail.sealed.blake3", hash(&sealed)),
    ]
}

#[test]
fn the_vectors_in_the_document_are_what_the_code_computes() {
    let computed = [
        epochs(),
        chains(),
        envelopes(),
        link(),
        seals(),
        records(),
        mail(),
    ];
    compare(&PAGES, computed.concat());
}
