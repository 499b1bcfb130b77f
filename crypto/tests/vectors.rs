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

use std::{collections::BTreeMap, fs, path::Path};

use data_encoding::HEXLOWER;
use documented::{assert_one_of_each_kind, compare, hex, rng, written};
use kith_crypto::*;

const PROTOCOL: &str = include_str!("../../docs/protocol.md");
const OTHER_PAGES: [&str; 4] = [
    include_str!("../../docs/protocol-sessions.md"),
    include_str!("../../docs/protocol-link-streams.md"),
    include_str!("../../docs/protocol-sync.md"),
    include_str!("../../docs/protocol-mail.md"),
];
/// A label of the store that keeps nothing beyond its process.
const NEVER_WRITTEN: &str = "kith memory store suffix v1";
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

/// An example of each content.
fn contents() -> [Vec<u8>; 2] {
    let target = Target {
        author: device().id(),
        seq: 300,
        id: EntryId::from_bytes([8; 32]),
    };
    let text = Content::Text { text: "hi".into() };
    let delete = Content::Delete {
        targets: vec![target],
    };
    let encoded = [text, delete].map(|content| content.encode().unwrap());
    assert_one_of_each_kind::<Content>(&encoded.each_ref().map(|bytes| &bytes[1..]));
    encoded
}

/// An example of each control entry.
fn controls() -> [Vec<u8>; 6] {
    let encoded = [
        Control::Open {
            nonce: [19; 32],
            accounts: vec![account().id(), other_account().id()],
        },
        Control::Rekey {
            epoch: EpochId::from_bytes([7; 32]),
            devices: vec![device().id()],
            covers: vec![EntryId::from_bytes([8; 32])],
        },
        Control::DeviceAdded {
            account: account().id(),
            device: device().id(),
        },
        Control::SetTimer { seconds: 86_400 },
        Control::Name {
            name: "Hiking".into(),
        },
        Control::Leave,
    ];
    let encoded = encoded.map(|control| control.encode().unwrap());
    assert_one_of_each_kind::<Control>(&encoded.each_ref().map(|bytes| &bytes[1..]));
    encoded
}

fn entries() -> Vec<(&'static str, String)> {
    let [text, delete] = contents();
    let [open, rekey, added, timer, name, leave] = controls();
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
    let signed = SignedHeader::sign(header.clone(), &device()).unwrap();
    assert_eq!(SignedHeader::open(signed.bytes()).as_ref(), Ok(&signed));
    let later = Header { version: 9, ..header };
    let later = [postcard::to_allocvec(&later).unwrap(), vec![1, 2, 3]].concat();
    let signature = device().sign("kith entry header v1", &later);
    let later = [signature.as_bytes().as_slice(), &later].concat();
    assert!(SignedHeader::open_any(&later).unwrap().is_later());
    vec![
        ("content.text", hex(&text)),
        ("content.delete", hex(&delete)),
        ("control.open", hex(&open)),
        ("control.rekey", hex(&rekey)),
        ("control.device_added", hex(&added)),
        ("control.set_timer", hex(&timer)),
        ("control.name", hex(&name)),
        ("control.leave", hex(&leave)),
        ("body", hex(&body.encode().unwrap())),
        ("body.commitment", hex(&body.commit().0)),
        ("header", hex(signed.bytes())),
        ("header.later", hex(&later)),
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

/// What stands in backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The labels of the pages' tables, each with the vectors that depend on it.
fn labels_of_pages(pages: &[&str]) -> BTreeMap<String, Vec<String>> {
    let rows = pages.iter().flat_map(|page| page.lines());
    let rows = rows.filter(|line| line.starts_with("| `kith "));
    rows.flat_map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let [labels, _, vectors] = cells[..] else {
            panic!("label, use and vectors are three cells: {row}");
        };
        let vectors = quoted(vectors);
        quoted(labels)
            .into_iter()
            .map(move |label| (label, vectors.clone()))
    })
    .collect()
}

/// Every label in the sources below a folder, but for those of tests.
fn labels_of_sources(folder: &Path) -> Vec<String> {
    let mut labels = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            labels.append(&mut labels_of_sources(&path));
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]\nmod ").next().unwrap();
        let texts = source.split('"').skip(1);
        labels.extend(texts.filter(|text| is_label(text)).map(str::to_owned));
    }
    labels
}

fn is_label(text: &str) -> bool {
    let version = text.rsplit_once(" v").map(|(_, version)| version);
    text.starts_with("kith ") && version.is_some_and(|version| version.parse::<u32>().is_ok())
}

#[test]
fn every_label_is_on_a_page_and_in_a_vector() {
    let pages = [&[PROTOCOL][..], &OTHER_PAGES].concat();
    let vectors = written(&pages);
    let on_pages = labels_of_pages(&pages);
    for (label, proofs) in &on_pages {
        assert!(!proofs.is_empty(), "{label} has no vector");
        for proof in proofs {
            assert!(vectors.contains_key(proof), "{label}: there is no vector {proof}");
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut used = [root.join("crypto/src"), root.join("node/src")]
        .map(|folder| labels_of_sources(&folder))
        .concat();
    used.retain(|label| label != NEVER_WRITTEN);
    used.sort_unstable();
    used.dedup();
    assert_eq!(used, on_pages.into_keys().collect::<Vec<_>>(), "code and pages");
}
