//! The test vectors of docs/protocol-link-streams.md: what lies on a stream, and the names that nodes must share,
//! computed again and compared line by line.

use kith_crypto::{
    AccountKey, DeviceKey, DeviceList, Signed,
    link::{Initiator, LinkContext, LinkIdentity, LinkKeys, Responder},
};
use libp2p::futures::io::Cursor;

use super::{
    super::{gossip, protocols, records::DHT_PROTOCOL},
    lanes::{self, CONTROL_KEYS, LaneError, Outgoing, SYNC_KEYS},
    queue, standing, wire,
};
use crate::{
    documented::{compare, hex, rng},
    frame::Refusal,
};

const PAGE: &str = include_str!("../../../../docs/protocol-link-streams.md");
const NOW_MS: u64 = 1_800_000_000_000;
/// Longer than anything on the page.
const CAP_BYTES: usize = 1_000;

/// The keys of a link that Alice dialled to Bob, on Alice's side; her randomness is one stream, his the next.
fn link(stream: u8) -> LinkKeys {
    let of = |number: u8| {
        let account = AccountKey::from_entropy([number; 32]);
        let device = DeviceKey::from_bytes([number + 1; 32]);
        let list = DeviceList::first(account.id(), device.id(), NOW_MS);
        (Signed::seal(list, &account).unwrap(), device)
    };
    let ((alice_list, alice), (bob_list, bob)) = (of(1), of(3));
    let shown = |device_key, device_list| LinkIdentity {
        device_key,
        device_list,
    };
    let context = LinkContext::new(alice.id(), bob.id()).unwrap();
    let (initiator, hello) = Initiator::start(context, &mut rng(stream));
    let context = LinkContext::new(bob.id(), alice.id()).unwrap();
    let (responder, response) = Responder::receive_hello(context, &hello, &mut rng(stream + 1)).unwrap();
    let (waiting, reveal) = initiator
        .receive_response(&response, &shown(&alice, &alice_list), b"token")
        .unwrap();
    let (deciding, _) = responder.receive_reveal(&reveal).unwrap();
    let (_, confirmation) = deciding.accept(&shown(&bob, &bob_list), b"welcome").unwrap();
    waiting.receive_confirmation(&confirmation).unwrap().keys
}

/// What leaves on a lane, one message after the other.
async fn sent(keys: &mut LinkKeys, lane: u32, outgoing: Vec<Outgoing>) -> Vec<Vec<u8>> {
    let (sealer, _) = keys.lane(lane).unwrap();
    let [(sender, receiver), _] = queue::lanes();
    let count = outgoing.len();
    for outgoing in outgoing {
        sender.put(outgoing).unwrap();
    }
    drop(sender);
    let mut stream = Cursor::new(Vec::new());
    let end = lanes::send(&mut stream, sealer, receiver).await;
    assert!(matches!(end, Err(LaneError::Gone)), "all of it has left: {end:?}");
    let mut reader = Cursor::new(stream.into_inner());
    let mut messages = Vec::new();
    for _ in 0..count {
        let message = wire::read(&mut reader, CAP_BYTES).await.unwrap();
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        messages.push([&length, message.as_slice()].concat());
    }
    messages
}

async fn of_lanes() -> Vec<(&'static str, String)> {
    let (mut keys, mut fresh) = (link(13), link(15));
    let (next, _) = fresh.lane(CONTROL_KEYS).unwrap();
    let control = vec![
        Outgoing::Frame(b"first".to_vec()),
        Outgoing::Handshake(b"message".to_vec()),
        Outgoing::Alive,
        Outgoing::Switch(next),
        Outgoing::Frame(b"second".to_vec()),
    ];
    let control = sent(&mut keys, CONTROL_KEYS, control).await;
    let sync = sent(&mut keys, SYNC_KEYS, vec![Outgoing::Frame(b"first".to_vec())]).await;
    let names = [
        "control.frame",
        "control.handshake",
        "control.alive",
        "control.switch",
        "control.switched",
        "sync.frame",
    ];
    let messages = control.iter().chain(&sync).map(|message| hex(message));
    names.into_iter().zip(messages).collect()
}

fn of_names() -> Vec<(&'static str, String)> {
    let message = libp2p::gossipsub::Message {
        source: None,
        data: b"envelope".to_vec(),
        sequence_number: None,
        topic: libp2p::gossipsub::TopicHash::from_raw("topic"),
    };
    vec![
        ("stream.link", protocols::LINK.to_string()),
        ("stream.sync", protocols::SYNC.to_string()),
        ("stream.mail", protocols::MAIL.to_string()),
        ("stream.dht", DHT_PROTOCOL.to_string()),
        ("stream.gossip", protocols::GOSSIP.to_owned()),
        ("identify.protocol", protocols::IDENTIFY.to_owned()),
        ("link.binding", hex(&link(13).exporter(standing::BINDING_LABEL))),
        ("gossip.message_id", hex(&gossip::message_id(&message).0)),
    ]
}

/// Each reason has a number and a name, and no number beyond them is known.
fn of_refusals() -> Vec<(&'static str, String)> {
    let name = |refusal| match refusal {
        Refusal::Stranger => "refusal.stranger",
        Refusal::InviteUsed => "refusal.invite_used",
        Refusal::InviteExpired => "refusal.invite_expired",
        Refusal::InviteRevoked => "refusal.invite_revoked",
        Refusal::InviteUnknown => "refusal.invite_unknown",
        Refusal::DeviceRevoked => "refusal.device_revoked",
        Refusal::TryLater => "refusal.try_later",
    };
    let numbers = 0..=u8::MAX;
    let known = numbers.filter_map(|number| Some((number, Refusal::from_number(number)?)));
    known
        .map(|(number, refusal)| (name(refusal), hex(&[number])))
        .collect()
}

#[tokio::test]
async fn the_page_and_the_code_say_the_same() {
    compare(&[PAGE], [of_lanes().await, of_names(), of_refusals()].concat());
}
