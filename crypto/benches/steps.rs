//! The steps that each message costs: signing and checking an entry, one step of a chain, sealing and opening an
//! envelope; and the handshake that each link costs.

// A bench that meets the unexpected should fail where it stands.
#![allow(clippy::expect_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kith_crypto::{
    AccountKey, Body, ChainKey, Content, ConversationId, DeviceId, DeviceKey, DeviceList, Entry, EntryId,
    Envelope, EnvelopeAddress, EnvelopePayload, EpochTag, Header, Initiator, LinkContext, LinkIdentity,
    LogKind, MessageKey, ReceiveChain, Responder, SendChain, SenderTag, Signed, SignedHeader, Stamp,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const NOW_MS: u64 = 1_800_000_000_000;
const ADDRESS: EnvelopeAddress = EnvelopeAddress {
    epoch: EpochTag([1; 16]),
    sender: SenderTag([2; 8]),
    index: 7,
};

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([9; 32])
}

fn body() -> Body {
    let text = "See you at the station tomorrow evening, as always.".into();
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
        header: signed.bytes().to_vec(),
        body: body.encode().expect("a body encodes"),
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

criterion_group!(benches, entries, chains, envelopes, links);
criterion_main!(benches);
