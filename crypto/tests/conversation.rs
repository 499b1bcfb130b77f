//! Alice and Bob meet, agree on an epoch and talk: every module of the crate in the order in which the node uses them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should fail where it stands"
)]

use kith_crypto::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const NOW_MS: u64 = 1_800_000_000_000;
const PREKEY_ID: u64 = 1;

/// One person, one device, and what it keeps.
struct Person {
    account: AccountKey,
    device: DeviceKey,
    list: Signed<DeviceList>,
    prekey_secret: PrekeySecret,
    rng: ChaCha20Rng,
}

impl Person {
    fn new(seed: u8) -> Self {
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        let account = AccountKey::generate(&mut rng);
        let device = DeviceKey::generate(&mut rng);
        let list = DeviceList::first(account.id(), device.id(), NOW_MS);
        let list = Signed::seal(list, &account).unwrap();
        let prekey_secret = PrekeySecret::generate(&mut rng);
        Self {
            account,
            device,
            list,
            prekey_secret,
            rng,
        }
    }

    fn id(&self) -> DeviceId {
        self.device.id()
    }

    fn identity(&self) -> LinkIdentity<'_> {
        LinkIdentity {
            device_key: &self.device,
            device_list: &self.list,
        }
    }

    fn prekey(&self) -> Signed<Prekey> {
        self.prekey_secret
            .publish(&self.device, PREKEY_ID, NOW_MS)
            .unwrap()
    }

    /// Opens an epoch that was sealed to this device, and derives its keys.
    fn receives_epoch(&self, seal: &[u8], from: &Self, members: &[DeviceId]) -> EpochKeys {
        let find = |id| (id == PREKEY_ID).then(|| self.prekey_secret.clone());
        let opened = open_sealed(seal, &find, self.id(), SealPurpose::Epoch, b"").unwrap();
        assert_eq!(opened.sender, from.id());
        let payload = SealedEpoch::decode(&opened.plaintext).unwrap();
        payload.secret.derive(&payload.conversation, members)
    }
}

/// A handshake with both sides in one place; gives both ends.
fn linked(caller: &mut Person, callee: &mut Person) -> (Established, Established) {
    let calls = LinkContext::new(caller.id(), callee.id()).unwrap();
    let is_called = LinkContext::new(callee.id(), caller.id()).unwrap();
    let (initiator, hello) = Initiator::start(calls, &mut caller.rng);
    let (responder, response) = Responder::receive_hello(is_called, &hello, &mut callee.rng).unwrap();
    let (waiting, reveal) = initiator
        .receive_response(&response, &caller.identity(), b"token")
        .unwrap();
    let (deciding, peer) = responder.receive_reveal(&reveal).unwrap();
    assert_eq!(peer.payload, b"token");
    let (callees, confirmation) = deciding.accept(&callee.identity(), b"").unwrap();
    (waiting.receive_confirmation(&confirmation).unwrap(), callees)
}

/// What a sender keeps of a conversation.
struct Outgoing {
    conversation: ConversationId,
    epoch: EpochTag,
    sender: SenderTag,
    chain: SendChain,
    last: Option<SignedHeader>,
}

impl Outgoing {
    fn writes(&mut self, author: &mut Person, text: &str) -> Vec<u8> {
        let content = Content::Text {
            text: text.to_owned(),
        }
        .encode()
        .unwrap();
        let body = Body::new(content, &mut author.rng);
        let header = Header {
            version: Header::VERSION,
            conversation: self.conversation,
            author: author.id(),
            log: LogKind::Content,
            seq: self.last.as_ref().map_or(1, |last| last.header().seq + 1),
            prev: self.last.as_ref().map(SignedHeader::id),
            deps: Vec::new(),
            at: Stamp::new(NOW_MS, 0),
            expires_at_ms: None,
            body: body.commit(),
        };
        let header = SignedHeader::sign(header, &author.device).unwrap();
        let (key, index, advanced) = self.chain.advance().unwrap();
        let address = EnvelopeAddress {
            epoch: self.epoch,
            sender: self.sender,
            index,
        };
        let payload = EnvelopePayload {
            header: header.shortened(),
            body: body.encode().unwrap(),
            proof: None,
        };
        let envelope = payload.seal(&key, address, &mut author.rng).unwrap();
        self.chain = advanced;
        self.last = Some(header);
        envelope
    }
}

/// What a receiver keeps of one sender in a conversation.
struct Incoming {
    conversation: ConversationId,
    author: DeviceId,
    epoch: EpochTag,
    sender: SenderTag,
    chain: ReceiveChain,
}

impl Incoming {
    /// Opens an envelope, verifies what is inside, and only then moves the chain.
    fn reads(&mut self, envelope: &[u8]) -> Result<String> {
        let Envelope::Message(view) = Envelope::parse(envelope)? else {
            panic!("not a message")
        };
        let address = view.address();
        assert_eq!((address.epoch, address.sender), (self.epoch, self.sender));
        let (key, advanced) = self.chain.message_key(address.index, NOW_MS)?;
        let payload = view.open(&key)?;
        let header = SignedHeader::lengthen(&payload.header, &self.conversation, &self.author)?;
        let entry = Entry {
            header: SignedHeader::open(&header)?,
            body: Some(Body::decode(&payload.body)?),
        };
        entry.check()?;
        self.chain = advanced;
        let body = entry.body.expect("a body came along");
        let Content::Text { text } = Content::decode(&body.content)? else {
            panic!("nobody deletes here");
        };
        Ok(text)
    }
}

/// Alice and Bob, an epoch that Alice made and sealed to Bob, and both ends of Alice's chain.
fn talking() -> (Person, Outgoing, Incoming) {
    let (mut alice, mut bob) = (Person::new(1), Person::new(2));
    let (mut alices, mut bobs) = linked(&mut alice, &mut bob);
    assert_eq!(alices.peer.account, bob.account.id());
    assert_eq!(bobs.peer.account, alice.account.id());

    // Bob's prekey comes over the link; Alice makes an epoch and sends its seal back.
    let (mut alice_seals, mut alice_opens) = alices.keys.lane(0).unwrap();
    let (mut bob_seals, mut bob_opens) = bobs.keys.lane(0).unwrap();
    let prekey = alice_opens
        .open(&bob_seals.seal(&bob.prekey().encode()).unwrap())
        .unwrap();
    let prekey = Signed::<Prekey>::open(&prekey).unwrap();
    let conversation = ConversationId::direct(alice.account.id(), bob.account.id());
    let secret = EpochSecret::generate(&mut alice.rng);
    let topic_secret = TopicSecret::generate(&mut alice.rng);
    let payload = SealedEpoch {
        conversation,
        secret,
        topic_secret,
    }
    .encode()
    .unwrap();
    let seal = seal_to(
        &prekey,
        &alice.device,
        SealPurpose::Epoch,
        b"",
        &payload,
        &mut alice.rng,
    )
    .unwrap();
    let seal = bob_opens.open(&alice_seals.seal(&seal).unwrap()).unwrap();

    let members = [alice.id(), bob.id()];
    let bobs_keys = bob.receives_epoch(&seal, &alice, &members);
    let alices_keys = SealedEpoch::decode(&payload)
        .unwrap()
        .secret
        .derive(&conversation, &members);
    assert_eq!(alices_keys, bobs_keys);

    let (epoch, alice_keys) = (bobs_keys.tag, bobs_keys.members[&alice.id()].clone());
    let sender = alice_keys.sender;
    assert_eq!(bobs_keys.sender(sender), Some(alice.id()));
    let outgoing = Outgoing {
        conversation,
        epoch,
        sender,
        chain: SendChain::new(alice_keys.chain.clone()),
        last: None,
    };
    let chain = ReceiveChain::new(alice_keys.chain);
    let incoming = Incoming {
        conversation,
        author: alice.id(),
        epoch,
        sender,
        chain,
    };
    (alice, outgoing, incoming)
}

#[test]
fn bob_reads_what_alice_writes_in_any_order_and_each_once() {
    let (mut alice, mut outgoing, mut bob) = talking();
    let envelopes: Vec<_> = ["one", "two", "three"]
        .into_iter()
        .map(|text| outgoing.writes(&mut alice, text))
        .collect();
    assert_eq!(bob.reads(&envelopes[2]).unwrap(), "three");
    assert_eq!(bob.reads(&envelopes[0]).unwrap(), "one");
    assert_eq!(
        bob.reads(&envelopes[0]),
        Err(CryptoError::ChainKeyUsed { index: 0 })
    );
    assert_eq!(bob.reads(&envelopes[1]).unwrap(), "two");
    assert_eq!(bob.chain.skipped_count(), 0);
}

#[test]
fn a_damaged_envelope_moves_nothing_and_the_true_one_still_opens() {
    let (mut alice, mut outgoing, mut bob) = talking();
    let envelope = outgoing.writes(&mut alice, "hello");
    let mut damaged = envelope.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let before = bob.chain.clone();
    assert_eq!(
        bob.reads(&damaged),
        Err(CryptoError::DoesNotOpen { what: "envelope" })
    );
    assert_eq!(bob.chain, before);
    assert_eq!(bob.reads(&envelope).unwrap(), "hello");
}

#[test]
fn a_member_cannot_write_in_anothers_name() {
    let (_, mut outgoing, mut bob) = talking();
    // Carol holds the epoch, so she can derive Alice's chain; she cannot sign as Alice.
    let mut carol = Person::new(3);
    let envelope = outgoing.writes(&mut carol, "it is me, Alice");
    let before = bob.chain.clone();
    assert_eq!(bob.reads(&envelope), Err(CryptoError::BadSignature));
    assert_eq!(bob.chain, before);
}

#[test]
fn what_was_written_elsewhere_cannot_be_brought_here() {
    let (mut alice, mut outgoing, mut bob) = talking();
    outgoing.conversation = ConversationId::from_bytes([9; 32]);
    let envelope = outgoing.writes(&mut alice, "meant for somebody else");
    let before = bob.chain.clone();
    assert_eq!(bob.reads(&envelope), Err(CryptoError::BadSignature));
    assert_eq!(bob.chain, before);
}
