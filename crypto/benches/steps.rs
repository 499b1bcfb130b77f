//! The steps that each message costs: signing and checking an entry, one step of a chain, sealing and opening an
//! envelope; all of it for one message of 300 bytes; an epoch for a hundred devices;
//! and the handshake that each link costs.
//!
//! Below criterion's own lines, the medians that have a budget are printed as all figures of Kith are.

#![allow(
    clippy::expect_used,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

// How every bench prints. This crate is below the one where that lives, and cannot depend on it.
#[path = "../../tests/src/figures.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "the other benches use the rest of it, and its tests run there"
)]
mod figures;

use std::{
    hint::black_box,
    path::{Path, PathBuf},
    time::SystemTime,
};

use criterion::{Criterion, criterion_group};
use figures::Figure;
use kith_crypto::{
    AccountKey, Body, ChainKey, Content, ConversationId, DeviceId, DeviceKey, DeviceList, Entry, EntryId,
    Envelope, EnvelopeAddress, EnvelopePayload, EpochSecret, EpochTag, Header, Initiator, LinkContext,
    LinkIdentity, LogKind, MessageKey, Prekey, PrekeySecret, ReceiveChain, Responder, SealPurpose,
    SealedEpoch, SendChain, SenderTag, Signed, SignedHeader, Stamp, TopicSecret, seal_to,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const NOW_MS: u64 = 1_800_000_000_000;
const ADDRESS: EnvelopeAddress = EnvelopeAddress {
    epoch: EpochTag([1; 16]),
    sender: SenderTag([2; 8]),
    index: 7,
};

const TEXT_BYTES: usize = 300;
const DEVICES: usize = 100;
const EPOCH_SEALS: &str = "epoch_100/seals";
const EPOCH_KEYS: &str = "epoch_100/keys";
const SEAL: &str = "message_300/seal";
const OPEN: &str = "message_300/open";
const SEAL_SIGNED: &str = "message_300/seal_signed";
const OPEN_SIGNED: &str = "message_300/open_signed";

/// Medians that have a budget, microseconds.
const BUDGETS_US: [(&str, f64); 6] = [
    (SEAL, 60.0),
    (OPEN, 60.0),
    (SEAL_SIGNED, 200.0),
    (OPEN_SIGNED, 200.0),
    (EPOCH_SEALS, 100_000.0),
    (EPOCH_KEYS, 1_000.0),
];

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([9; 32])
}

fn body() -> Body {
    body_of("See you at the station tomorrow evening, as always.".into())
}

fn body_of(text: String) -> Body {
    let content = Content::Text { text }.encode().expect("a text encodes");
    Body::new(content, &mut rng())
}

fn header(author: DeviceId, body: &Body) -> Header {
    Header {
        version: Header::VERSION,
        conversation: ConversationId::from_bytes([3; 32]),
        author,
        log: LogKind::Content,
        seq: 42,
        prev: Some(EntryId::from_bytes([4; 32])),
        deps: vec![EntryId::from_bytes([5; 32]); 2],
        at: Stamp::from_raw(NOW_MS << 16),
        expires_at_ms: None,
        body: body.commit(),
    }
}

fn entries(criterion: &mut Criterion) {
    let key = DeviceKey::generate(&mut rng());
    let body = body();
    let header = header(key.id(), &body);
    let signed = SignedHeader::sign(header.clone(), &key).expect("an entry is signed");
    criterion.bench_function("entry/sign", |bench| {
        bench.iter(|| SignedHeader::sign(black_box(header.clone()), &key));
    });
    criterion.bench_function("entry/open_and_check", |bench| {
        bench.iter(|| {
            let header = SignedHeader::open(black_box(signed.bytes())).expect("it verifies");
            let body = Some(body.clone());
            Entry { header, body }.check()
        });
    });
    criterion.bench_function("entry/open_trusted", |bench| {
        bench.iter(|| SignedHeader::open_trusted(black_box(signed.bytes())));
    });
}

fn chains(criterion: &mut Criterion) {
    let send = SendChain::new(ChainKey::from_bytes([6; 32]));
    let receive = ReceiveChain::new(ChainKey::from_bytes([6; 32]));
    criterion.bench_function("chain/send_step", |bench| {
        bench.iter(|| black_box(&send).advance())
    });
    criterion.bench_function("chain/receive_step", |bench| {
        bench.iter(|| black_box(&receive).message_key(0, NOW_MS));
    });
    criterion.bench_function("chain/receive_100_ahead", |bench| {
        bench.iter(|| black_box(&receive).message_key(100, NOW_MS));
    });
}

fn envelopes(criterion: &mut Criterion) {
    let key = DeviceKey::generate(&mut rng());
    let body = body();
    let signed = SignedHeader::sign(header(key.id(), &body), &key).expect("an entry is signed");
    let payload = EnvelopePayload {
        header: signed.shortened(),
        body: body.encode().expect("a body encodes"),
        proof: None,
    };
    let message_key = MessageKey::from_bytes([8; 32]);
    let mut random = rng();
    let sealed = payload
        .seal(&message_key, ADDRESS, &mut random)
        .expect("it seals");
    criterion.bench_function("envelope/seal", |bench| {
        bench.iter(|| black_box(&payload).seal(&message_key, ADDRESS, &mut random));
    });
    criterion.bench_function("envelope/open", |bench| {
        bench.iter(|| match Envelope::parse(black_box(&sealed)) {
            Ok(Envelope::Message(view)) => view.open(&message_key).is_ok(),
            _ => false,
        });
    });
}

/// A message of 300 bytes, from words to the bytes on the wire and back: the body's salt and hash, the step of the chain,
/// the envelope; with and without the author's signature, which is made once a message however many read it.
fn messages(criterion: &mut Criterion) {
    let (key, mut random) = (DeviceKey::generate(&mut rng()), rng());
    let text = "a".repeat(TEXT_BYTES);
    let send = SendChain::new(ChainKey::from_bytes([6; 32]));
    let receive = ReceiveChain::new(ChainKey::from_bytes([6; 32]));
    let body = body_of(text.clone());
    let signed = SignedHeader::sign(header(key.id(), &body), &key).expect("an entry is signed");
    let address = EnvelopeAddress { index: 0, ..ADDRESS };
    let mut seal = |signed: &SignedHeader, body: &Body| {
        let (message_key, ..) = send.advance().expect("a chain goes on");
        let payload = EnvelopePayload {
            header: signed.shortened(),
            body: body.encode().expect("a body encodes"),
            proof: None,
        };
        payload
            .seal(&message_key, address, &mut random)
            .expect("it seals")
    };
    let sealed = seal(&signed, &body);
    criterion.bench_function(SEAL, |bench| {
        bench.iter(|| seal(&signed, &body_of(black_box(&text).clone())));
    });
    criterion.bench_function(SEAL_SIGNED, |bench| {
        bench.iter(|| {
            let body = body_of(black_box(&text).clone());
            let signed = SignedHeader::sign(header(key.id(), &body), &key).expect("an entry is signed");
            seal(&signed, &body)
        });
    });
    let open = |signature: bool| {
        let Ok(Envelope::Message(view)) = Envelope::parse(black_box(&sealed)) else {
            return false;
        };
        let (message_key, _) = receive.message_key(0, NOW_MS).expect("the first key");
        let payload = view.open(&message_key).expect("it opens");
        let header = SignedHeader::lengthen(&payload.header, &signed.header().conversation, &key.id());
        let header = header.expect("long enough");
        let header = if signature {
            SignedHeader::open(&header)
        } else {
            SignedHeader::open_trusted(&header)
        };
        let header = header.expect("a sound header");
        let body = Some(Body::decode(&payload.body).expect("a sound body"));
        Entry { header, body }.check().is_ok()
    };
    assert!(open(true) && open(false), "what is measured works");
    criterion.bench_function(OPEN, |bench| bench.iter(|| open(false)));
    criterion.bench_function(OPEN_SIGNED, |bench| bench.iter(|| open(true)));
}

/// An epoch for a hundred devices: a seal for each, made beside the engine, and the keys of all, derived within a turn.
fn epochs(criterion: &mut Criterion) {
    let (author, mut random) = (DeviceKey::generate(&mut rng()), rng());
    let conversation = ConversationId::from_bytes([3; 32]);
    let epoch = SealedEpoch {
        conversation,
        secret: EpochSecret::generate(&mut random),
        topic_secret: TopicSecret::generate(&mut random),
    };
    let payload = epoch.encode().expect("a payload encodes");
    let made = (0..DEVICES).map(|_| {
        let device = DeviceKey::generate(&mut random);
        let secret = PrekeySecret::generate(&mut random);
        let prekey = secret.publish(&device, 1, NOW_MS).expect("a prekey");
        (device.id(), prekey.encode())
    });
    let (devices, prekeys): (Vec<DeviceId>, Vec<Vec<u8>>) = made.unzip();
    criterion.bench_function(EPOCH_SEALS, |bench| {
        bench.iter(|| {
            for prekey in &prekeys {
                let prekey = Signed::<Prekey>::open(prekey).expect("a sound prekey");
                let (purpose, aad) = (SealPurpose::Epoch, conversation.as_bytes());
                let sealed = seal_to(&prekey, &author, purpose, aad, &payload, &mut random);
                black_box(sealed.expect("it seals"));
            }
        });
    });
    criterion.bench_function(EPOCH_KEYS, |bench| {
        bench.iter(|| black_box(&epoch.secret).derive(&conversation, &devices));
    });
}

struct End {
    device: DeviceKey,
    list: Signed<DeviceList>,
}

impl End {
    fn new(seed: u8) -> Self {
        let account = AccountKey::from_entropy([seed; 32]);
        let device = DeviceKey::from_bytes([seed; 32]);
        let list = DeviceList::first(account.id(), device.id(), NOW_MS);
        Self {
            list: Signed::seal(list, &account).expect("a list is signed"),
            device,
        }
    }

    fn identity(&self) -> LinkIdentity<'_> {
        LinkIdentity {
            device_key: &self.device,
            device_list: &self.list,
        }
    }

    fn context(&self, other: &End) -> LinkContext {
        LinkContext::new(self.device.id(), other.device.id()).expect("two devices")
    }
}

/// Both ends of one handshake: all four messages.
fn handshake(alice: &End, bob: &End, rng: &mut ChaCha20Rng) {
    let (initiator, hello) = Initiator::start(alice.context(bob), rng);
    let (responder, response) =
        Responder::receive_hello(bob.context(alice), &hello, rng).expect("a sound hello");
    let (waiting, reveal) = initiator
        .receive_response(&response, &alice.identity(), b"")
        .expect("a sound response");
    let (deciding, _) = responder.receive_reveal(&reveal).expect("a sound reveal");
    let (_, confirmation) = deciding.accept(&bob.identity(), b"").expect("accepted");
    waiting.receive_confirmation(&confirmation).expect("confirmed");
}

fn links(criterion: &mut Criterion) {
    let (alice, bob, mut random) = (End::new(1), End::new(2), rng());
    criterion.bench_function("link/handshake_both_ends", |bench| {
        bench.iter(|| handshake(&alice, &bob, &mut random));
    });
}

/// Where criterion keeps what it measured.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion")
}

/// The median of a bench in microseconds, as criterion wrote it down; `None` if the bench was left out since `begun`.
fn median_us(name: &str, begun: SystemTime) -> Option<f64> {
    let file = folder().join(name.replace('/', "_")).join("new/estimates.json");
    let written = std::fs::metadata(&file).and_then(|about| about.modified()).ok()?;
    let estimates: serde_json::Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    let median_ns = estimates.get("median")?.get("point_estimate")?.as_f64()?;
    (written >= begun).then_some(median_ns / 1_000.0)
}

criterion_group! {
    name = benches;
    config = Criterion::default().output_directory(&folder());
    targets = entries, chains, envelopes, messages, epochs, links
}

fn main() {
    let begun = SystemTime::now();
    benches();
    for (name, budget_us) in BUDGETS_US {
        if let Some(median) = median_us(name, begun) {
            let name = name.replace('/', ".");
            Figure::new(name, median, "us").budget(budget_us).print();
        }
    }
}
