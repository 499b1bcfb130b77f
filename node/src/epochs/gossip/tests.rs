//! What a member can do to others' chains.

use kith_crypto::{
    AccountId, AccountKey, Content, DeviceKey, EpochSecret, Header, Identity, LogKind, SendChain, SenderTag,
    Stamp, TopicSecret,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::*;
use crate::{
    live::Live,
    own::{self, Origin},
    records::{EntryRecord, Group, Owned, Parties, PeerDevice, content_log},
    store::MemoryStore,
};

const NOW_MS: u64 = 1_800_000_000_000;

/// A word of somebody, signed and not yet published.
fn word(conversation: &ConversationId, author: &DeviceKey) -> (SignedHeader, Vec<u8>) {
    let content = Content::Text { text: "words".into() }.encode().unwrap();
    let body = Body::new(content, &mut ChaCha20Rng::from_seed([8; 32]));
    let header = Header {
        version: Header::VERSION,
        conversation: *conversation,
        author: author.id(),
        log: LogKind::Content,
        seq: 1,
        prev: None,
        deps: Vec::new(),
        at: Stamp::new(NOW_MS, 0),
        expires_at_ms: None,
        body: body.commit(),
    };
    let signed = SignedHeader::sign(header, author).unwrap();
    (signed, body.encode().unwrap())
}

/// A group that somebody began on a device, for us and one other.
fn group_of(turn: &mut Turn, id: ConversationId, (account, device): (AccountId, &DeviceKey)) -> Conversation {
    let mut peer = PeerDevice::new(device.id(), account);
    peer.belongs(account, Owned::Listed);
    turn.save(&peer).unwrap();
    let group = Group {
        name: "Hiking".into(),
        founder: account,
        founding: device.id(),
        members: vec![turn.me.account, account, AccountId::from_bytes([3; 32])],
        left: Vec::new(),
    };
    conversations::begin(turn, id, Parties::Group(group)).unwrap()
}

#[test]
fn nobody_uses_up_the_keys_of_another_member_with_what_that_one_wrote() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let key = AccountKey::generate(&mut rng);
    let me = Identity {
        account: key.id(),
        device: DeviceKey::generate(&mut rng),
        account_key: Some(key),
    };
    let [author, hostile] = [2, 3].map(|seed| DeviceKey::from_bytes([seed; 32]));
    let account = AccountId::from_bytes([2; 32]);
    let (store, mut live, mut random) = (MemoryStore::new(), Live::default(), rng.clone());
    let mut turn = Turn::new(&store, NOW_MS, &mut random, &me, &mut live);
    let (name, restored) = ("Alice".into(), false);
    own::start(&mut turn, &Origin { name, restored }, false).unwrap();
    let id = ConversationId::random(&mut rng);
    let mut conversation = group_of(&mut turn, id, (account, &author));
    let (secret, topic) = (EpochSecret::generate(&mut rng), TopicSecret::generate(&mut rng));
    let devices = [me.device.id(), author.id(), hostile.id()];
    super::super::hold(&mut turn, &mut conversation, &secret, &devices, 0, &topic).unwrap();
    // Every member derives the chains of all.
    let keys = secret.derive(&id, &devices);
    let of_author = &keys.members[&author.id()];
    let (header, body) = word(&id, &author);
    let mut says = |index: u32, prover: Option<&DeviceKey>| {
        let mut chain = SendChain::new(of_author.chain.clone());
        for _ in 0..index {
            chain = chain.advance().unwrap().2;
        }
        let (key, index, _) = chain.advance().unwrap();
        let (epoch, sender): (_, SenderTag) = (keys.tag, of_author.sender);
        let address = EnvelopeAddress { epoch, sender, index };
        let payload = EnvelopePayload {
            header: header.shortened(),
            body: body.clone(),
            proof: None,
        };
        let payload = match prover {
            Some(prover) => payload.proven(&address, prover),
            None => payload,
        };
        let data = payload.seal(&key, address, &mut rng).unwrap();
        receive(&mut turn, (GossipId(1), hostile.id()), "", &data).unwrap();
        let chain = turn.load::<SenderChain>(&SenderChain::at(&keys.tag, &of_author.sender));
        let entry = EntryRecord::at(&id, &content_log(author.id()), 1);
        (
            chain.unwrap().unwrap().chain.next_index(),
            turn.has(&entry).unwrap(),
        )
    };
    for prover in [None, Some(&hostile)] {
        assert_eq!(says(1_500, prover), (0, false), "nothing moves");
    }
    assert_eq!(
        says(0, Some(&author)),
        (1, true),
        "what its author publishes is taken"
    );
}
