//! The test vectors of docs/protocol.md, computed again and compared line by line.
//!
//! The document's fenced `vectors` blocks hold `name = value` lines, values in hex unless they are text by nature. A
//! line that no longer matches, that is missing, or that nothing computes fails here, so the document cannot drift
//! from the code, nor the wire format from the document. A changed line means that the format changed: that asks for
//! a new version, and never for a new vector alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should fail where it stands"
)]

mod documented;

use data_encoding::HEXLOWER;
use documented::{compare, hex, rng, written};
use kith_crypto::*;

const PROTOCOL: &str = include_str!("../../docs/protocol.md");
const NOW_MS: u64 = 1_800_000_000_000;
const PASSPHRASE: &str = "correct horse";

fn account() -> AccountKey {
    AccountKey::from_entropy([1; 32])
}

fn device() -> DeviceKey {
    DeviceKey::from_bytes([2; 32])
}

fn other_account() -> AccountKey {
    AccountKey::from_entropy([3; 32])
}

fn other_device() -> DeviceKey {
    DeviceKey::from_bytes([4; 32])
}

fn conversation() -> ConversationId {
    ConversationId::direct(account().id(), other_account().id())
}

fn group() -> ConversationId {
    let mut members = [account().id(), other_account().id()];
    members.sort_unstable();
    ConversationId::group(device().id(), &[19; 32], &members)
}

fn identities() -> Vec<(&'static str, String)> {
    let words = RecoveryWords::of(&account()).unwrap();
    vec![
        (
            "id.text",
            AccountId::from_bytes(core::array::from_fn(|i| i as u8)).to_string(),
        ),
        ("account.id", hex(account().id().as_bytes())),
        ("account.fingerprint", account().id().fingerprint()),
        ("account.words", words.words().collect::<Vec<_>>().join(" ")),
        ("device.id", hex(device().id().as_bytes())),
        (
            "device.signature",
            hex(device().sign("kith test v1", b"hello").as_bytes()),
        ),
        ("conversation.direct", hex(conversation().as_bytes())),
        ("conversation.group", hex(group().as_bytes())),
        (
            "safety.digits",
            SafetyNumber::of(account().id(), other_account().id()).digits(),
        ),
        (
            "safety.qr",
            hex(&SafetyNumber::of(account().id(), other_account().id()).qr_bytes()),
        ),
    ]
}

fn documents() -> Vec<(&'static str, String)> {
    let end = LogEnd {
        conversation: conversation(),
        log: LogKind::Content,
        seq: 12,
    };
    let list = DeviceList {
        account: account().id(),
        number: NOW_MS,
        devices: vec![ListedDevice {
            device: device().id(),
            may_enrol: true,
        }],
        revoked: vec![Revoked {
            device: other_device().id(),
            ends: vec![end],
        }],
    };
    let card = Card {
        account: account().id(),
        device: device().id(),
        number: NOW_MS,
        handle: Some("ana".into()),
        name: "Ana".into(),
        picture: Some([5; 32]),
        status: "hello".into(),
    };
    let invite = Invite {
        account: account().id(),
        device: device().id(),
        token: InviteToken::from_bytes([6; 16]),
        addresses: vec!["/ip4/192.168.1.7/udp/4001/quic-v1".into()],
        expires_at_ms: NOW_MS,
        name: "Ana".into(),
    };
    let list = Signed::seal(list, &account()).unwrap();
    let card = Signed::seal(card, &device()).unwrap();
    assert_eq!(Signed::open(&list.encode()).as_ref(), Ok(&list));
    assert_eq!(Signed::open(&card.encode()).as_ref(), Ok(&card));
    assert_eq!(Invite::parse(&invite.to_link().unwrap()).as_ref(), Ok(&invite));
    vec![
        ("device_list", hex(&list.encode())),
        ("card", hex(&card.encode())),
        ("invite.link", invite.to_link().unwrap()),
    ]
}

fn entries() -> Vec<(&'static str, String)> {
    let text = Content::Text { text: "hi".into() }.encode().unwrap();
    let target = Target {
        author: device().id(),
        seq: 300,
        id: EntryId::from_bytes([8; 32]),
    };
    let delete = Content::Delete {
        targets: vec![target],
    };
    let timer = Control::SetTimer { seconds: 86_400 };
    let name = Control::Name {
        name: "Hiking".into(),
    };
    let open = Control::Open {
        nonce: [19; 32],
        accounts: vec![account().id(), other_account().id()],
    };
    let rekey = Control::Rekey {
        epoch: EpochId::from_bytes([7; 32]),
        devices: vec![device().id()],
        covers: vec![EntryId::from_bytes([8; 32])],
    };
    let added = Control::DeviceAdded {
        account: account().id(),
        device: device().id(),
    };
    let body = Body {
        salt: [9; 32],
        content: text.clone(),
    };
    let header = Header {
        version: Header::VERSION,
        conversation: conversation(),
        author: device().id(),
        log: LogKind::Content,
        seq: 2,
        prev: Some(EntryId::from_bytes([10; 32])),
        deps: vec![EntryId::from_bytes([8; 32])],
        at: Stamp::new(NOW_MS, 1),
        expires_at_ms: Some(NOW_MS + 60_000),
        body: body.commit(),
    };
    let signed = SignedHeader::sign(header, &device()).unwrap();
    assert_eq!(SignedHeader::open(signed.bytes()).as_ref(), Ok(&signed));
    vec![
        ("content.text", hex(&text)),
        ("content.delete", hex(&delete.encode().unwrap())),
        ("control.open", hex(&open.encode().unwrap())),
        ("control.rekey", hex(&rekey.encode().unwrap())),
        ("control.device_added", hex(&added.encode().unwrap())),
        ("control.set_timer", hex(&timer.encode().unwrap())),
        ("control.name", hex(&name.encode().unwrap())),
        ("body", hex(&body.encode().unwrap())),
        ("body.commitment", hex(&body.commit().0)),
        ("header", hex(signed.bytes())),
        ("entry.id", hex(signed.id().as_bytes())),
    ]
}

fn files() -> Vec<(&'static str, String)> {
    let (vault, key) = VaultFile::create(PASSPHRASE, VaultParams::for_tests(), &mut rng(11)).unwrap();
    let keys = key.store_keys().unwrap();
    let identity = Identity {
        account: account().id(),
        device: device(),
        account_key: Some(account()),
    };
    let identity = IdentityFile::seal(&key, &identity, &mut rng(12)).unwrap();
    let mut ring = DayRing::new();
    ring.ensure_day(DayRing::day_of(NOW_MS), &mut rng(13)).unwrap();
    let wrapped = ring
        .wrap(DayRing::day_of(NOW_MS), b"place", b"words", &mut rng(14))
        .unwrap();
    vec![
        ("vault", hex(&vault)),
        ("vault.store_values", hex(keys.values())),
        ("vault.store_names", hex(keys.names())),
        ("identity", hex(&identity)),
        ("ring", hex(&ring.seal(&key, &mut rng(15)).unwrap())),
        ("ring.wrapped", hex(&wrapped)),
    ]
}

fn numbered_keys() -> Vec<(&'static str, String)> {
    let (_, key) = VaultFile::create(PASSPHRASE, VaultParams::for_tests(), &mut rng(11)).unwrap();
    let mut keys = NumberedKeys::default();
    keys.ensure(0, &mut rng(16)).unwrap();
    for number in 2..64 {
        assert!(keys.forget(number));
    }
    keys.outdo(8);
    let wrap = |numbers: &[u64]| keys.wrap(numbers, &[17; 24], b"place", b"words").unwrap();
    vec![
        ("numbered", hex(&keys.seal(&key, &mut rng(18)).unwrap())),
        ("numbered.wrapped", hex(&wrap(&[1]))),
        ("numbered.twice", hex(&wrap(&[1, 0]))),
    ]
}

#[test]
fn the_document_and_the_code_say_the_same() {
    let computed = [identities(), documents(), entries(), files(), numbered_keys()];
    compare(&[PROTOCOL], computed.concat());
}

/// The other direction: files made by whoever wrote the document open today, so old profiles stay readable.
#[test]
fn files_from_the_document_still_open() {
    let vectors = written(&[PROTOCOL]);
    let read = |name: &str| HEXLOWER.decode(vectors[name].as_bytes()).unwrap();
    let key = VaultFile::open(&read("vault"), PASSPHRASE).unwrap();
    assert_eq!(
        hex(key.store_keys().unwrap().values()),
        vectors["vault.store_values"]
    );
    let identity = IdentityFile::open(&key, &read("identity")).unwrap();
    assert_eq!(identity.device.id(), device().id());
    assert_eq!(identity.account_key.unwrap().id(), account().id());
    let ring = DayRing::open(&key, &read("ring")).unwrap();
    assert_eq!(
        ring.unwrap(b"place", &read("ring.wrapped")).unwrap().as_slice(),
        b"words"
    );
    let keys = NumberedKeys::open(&key, &read("numbered")).unwrap();
    for (name, numbers) in [("numbered.wrapped", &[1][..]), ("numbered.twice", &[1, 0])] {
        let words = keys.unwrap(numbers, &[17; 24], b"place", &read(name));
        assert_eq!(words.unwrap().as_slice(), b"words");
    }
    let words = RecoveryWords::parse(&vectors["account.words"]).unwrap();
    assert_eq!(words.account_key().unwrap().id(), account().id());
}
