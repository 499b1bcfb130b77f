//! Honest examples for each target: without them a fuzzer would never get past the first check.

use kith_crypto::{
    AddressRecord, Body, Card, Content, Control, ConversationId, DayRing, Deposit, DepositAnswer,
    DeviceAddresses, DeviceKey, DeviceList, EntryId, EpochId, Header, Holding, Identity, IdentityFile,
    Initiator, Invite, InviteToken, LinkContext, LogKind, Mail, MailEntry, MailboxId, MailboxKey,
    PrekeySecret, RecoveryWords, Responder, SafetyNumber, SenderName, Signed, SignedHeader, Stamp, Target,
    VaultFile, VaultParams, seal_record,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{
    documents::{NOW_MS, account, data_key, device, reach},
    engine,
};

/// A target's name and bytes for it.
type Seed = (&'static str, Vec<u8>);

/// All of them.
///
/// # Panics
/// If something honest does not encode.
pub fn seeds() -> Vec<Seed> {
    let mut seeds = documents();
    seeds.extend(entries());
    seeds.extend(profiles());
    seeds.extend(links());
    seeds.extend(sessions());
    seeds.extend(calls());
    let honest = &engine::stage().honest;
    seeds.push(("engine", engine::written(honest)));
    for step in honest {
        seeds.push(("engine", engine::written(std::slice::from_ref(step))));
    }
    seeds
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([4; 32])
}

fn documents() -> Vec<Seed> {
    let list = DeviceList::first(account().id(), device().id(), NOW_MS);
    let card = Card {
        account: account().id(),
        device: device().id(),
        number: 3,
        name: "Asha".into(),
        status: "here".into(),
        handle: None,
        picture: Some([7; 32]),
    };
    let secret = PrekeySecret::generate(&mut rng());
    let prekey = secret
        .publish(&device(), 1, NOW_MS)
        .expect("a prekey is published");
    let mailbox = MailboxId([1; 16]);
    let deposit = Deposit {
        token: MailboxKey::generate(&mut rng()).token(mailbox, SenderName([2; 16])),
        recipient: device().id(),
        sealed: vec![3; 64],
    };
    let held = DepositAnswer::Held { until_ms: NOW_MS };
    let documents = [
        Signed::seal(list, &account()).expect("a list is signed").encode(),
        Signed::seal(card, &device()).expect("a card is signed").encode(),
        prekey.encode(),
        deposit.encode().expect("a deposit encodes"),
        held.encode().expect("an answer encodes"),
        DepositAnswer::Full.encode().expect("an answer encodes"),
        SafetyNumber::of(account().id(), account().id()).qr_bytes(),
    ];
    documents.map(|bytes| ("documents", bytes)).into()
}

fn entry() -> (Body, SignedHeader) {
    let text = Content::Text { text: "hi".into() }
        .encode()
        .expect("a text encodes");
    let body = Body::new(text, &mut rng());
    let header = Header {
        version: Header::VERSION,
        conversation: ConversationId::random(&mut rng()),
        author: device().id(),
        log: LogKind::Content,
        seq: 1,
        prev: None,
        deps: vec![],
        at: Stamp::new(NOW_MS, 0),
        expires_at_ms: Some(NOW_MS),
        body: body.commit(),
    };
    (
        body,
        SignedHeader::sign(header, &device()).expect("a header is signed"),
    )
}

fn entries() -> Vec<Seed> {
    let (body, header) = entry();
    let rekey = Control::Rekey {
        epoch: EpochId::from_bytes([4; 32]),
        devices: vec![device().id()],
        covers: vec![],
    };
    let delete = Content::Delete {
        targets: vec![Target {
            author: device().id(),
            seq: 1,
            id: header.id(),
        }],
    };
    let timer = Control::SetTimer { seconds: 60 };
    let entries = [
        delete.encode().expect("a deletion encodes"),
        timer.encode().expect("a timer encodes"),
        header.bytes().to_vec(),
        body.encode().expect("a body encodes"),
        body.content.clone(),
        rekey.encode().expect("a rekey encodes"),
    ];
    entries.map(|bytes| ("entries", bytes)).into()
}

fn profiles() -> Vec<Seed> {
    let key = data_key();
    let identity = Identity {
        account: account().id(),
        device: device(),
        account_key: Some(account()),
    };
    let mut ring = DayRing::new();
    ring.ensure_day(20_000, &mut rng()).expect("a day has a key");
    let (vault, _) =
        VaultFile::create("passphrase", VaultParams::for_tests(), &mut rng()).expect("a vault is made");
    let day = DayRing::day_of(NOW_MS);
    let record = AddressRecord {
        devices: vec![DeviceAddresses {
            device: device().id(),
            addresses: vec!["/ip4/127.0.0.1/tcp/1".into()],
        }],
        made_at_ms: NOW_MS,
    };
    let (place, record) =
        seal_record(&account(), &reach(), day, &record, &mut rng()).expect("a record is sealed");
    vec![
        ("files", vault),
        (
            "files",
            IdentityFile::seal(&key, &identity, &mut rng()).expect("an identity is sealed"),
        ),
        ("files", ring.seal(&key, &mut rng()).expect("a ring is sealed")),
        ("records", [place.as_bytes().as_slice(), &record].concat()),
        ("records", record),
    ]
}

fn links() -> Vec<Seed> {
    let invite = Invite {
        account: account().id(),
        device: device().id(),
        token: InviteToken::from_bytes([5; 16]),
        addresses: vec!["/ip4/127.0.0.1/tcp/1".into()],
        expires_at_ms: NOW_MS,
        name: "Asha".into(),
    };
    let words = RecoveryWords::of(&account()).expect("an account has words");
    let words = words.words().collect::<Vec<_>>().join(" ");
    vec![
        (
            "links",
            invite.to_link().expect("an invite is a link").into_bytes(),
        ),
        ("links", words.into_bytes()),
        ("links", account().id().to_string().into_bytes()),
    ]
}

fn sessions() -> Vec<Seed> {
    let (body, header) = entry();
    let header = header.bytes().to_vec();
    let body = body.encode().expect("a body encodes");
    let mail = Mail {
        conversation: ConversationId::random(&mut rng()),
        entries: vec![MailEntry {
            header: header.clone(),
            body: Some(body.clone()),
        }],
        held: vec![Holding {
            author: device().id(),
            seq: 9,
            head: EntryId::from_bytes([9; 32]),
        }],
        shown: vec![(device().id(), 9)],
    };
    let secret = PrekeySecret::generate(&mut rng());
    let prekey = secret
        .publish(&device(), 1, NOW_MS)
        .expect("a prekey is published");
    let sealed = mail.seal(&prekey, &device(), &mut rng()).expect("mail is sealed");
    let payload = [&[header.len().min(255) as u8], header.as_slice(), &body].concat();
    let peer = DeviceKey::from_bytes([3; 32]).id();
    let (_, hello) = Initiator::start(
        LinkContext::new(peer, device().id()).expect("two devices"),
        &mut rng(),
    );
    let context = LinkContext::new(device().id(), peer).expect("two devices");
    let (_, response) = Responder::receive_hello(context, &hello, &mut rng()).expect("a hello is answered");
    vec![
        ("mail", sealed),
        ("envelopes", payload),
        ("handshake", hello),
        ("handshake", response),
    ]
}

fn calls() -> Vec<Seed> {
    let calls = [
        r#"{"jsonrpc":"2.0","id":1,"method":"get_profile","params":{}}"#,
        r#"[{"jsonrpc":"2.0","id":"a","method":"send_message","params":{"conversation":"x","text":"hi"}},{"jsonrpc":"2.0","method":"list_contacts"}]"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"unlock","params":{"passphrase":"secret"}}"#,
    ];
    calls.map(|call| ("rpc", call.as_bytes().to_vec())).into()
}
