//! Each type that holds something secret is filled with it and shown.

use std::fmt::Debug;

use kith_crypto::{
    AccountKey, ConversationId, DeviceKey, EpochSecret, InviteToken, LogId, LogKind, SendChain,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use crate::{
    contacts,
    effects::Transmit,
    frame::{Frame, Introduction, Reveal, WireEntry},
    input::{Input, Lane, LinkRequestId, NetEvent},
    position::Position,
    records::{
        Contact, Conversation, Draft, EntryRecord, EpochRecord, InviteRecord, Parties, SetAside, Standing,
    },
    view::PathView,
};

/// The byte that all secrets here are made of.
const SECRET: u8 = 0xa7;
const WORDS: &str = "meet me at noon";

fn assert_hidden(shown: &impl Debug) {
    for text in [format!("{shown:?}"), format!("{shown:#?}")] {
        let plain: String = text.to_lowercase().split_whitespace().collect();
        for spelling in [
            "167,167",
            "a7a7",
            "u6tr",
            "p6p6",
            "meetmeatnoon",
            "109,101,101,116",
        ] {
            assert!(!plain.contains(spelling), "{text}");
        }
    }
}

#[test]
fn the_check_itself_notices_a_leak() {
    let leak = |shown: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(shown)).is_err();
    assert!(leak(&|| assert_hidden(&[SECRET; 16])));
    assert!(leak(&|| assert_hidden(&WORDS)));
    assert!(leak(&|| assert_hidden(&WORDS.as_bytes())));
}

#[test]
fn what_is_known_of_people_and_invites_shows_no_secret() {
    let account = AccountKey::from_entropy([1; 32]).id();
    let device = DeviceKey::from_bytes([2; 32]).id();
    let waiting = Standing::Waiting {
        token: [SECRET; 16],
        device,
    };
    let contact = Contact {
        reach: [SECRET; 32],
        remembrance: [SECRET; 32],
        ..contacts::unknown(account, waiting.clone())
    };
    assert_hidden(&waiting);
    assert_hidden(&contact);
    assert_hidden(&InviteRecord {
        token: [SECRET; 16],
        link: WORDS.into(),
        created_at_ms: 1,
        expires_at_ms: 2,
        ending: None,
    });
}

#[test]
fn keys_and_words_of_conversations_do_not_show() {
    let (conversation, device) = (
        ConversationId::from_bytes([3; 32]),
        DeviceKey::from_bytes([2; 32]).id(),
    );
    let contact = AccountKey::from_entropy([1; 32]).id();
    let secret = EpochSecret::generate(&mut ChaCha20Rng::from_seed([4; 32]));
    let keys = secret.derive(&conversation, &[device]);
    let own = keys.members.get(&device).unwrap();
    assert_hidden(&EpochRecord {
        conversation,
        epoch: secret.id(),
        tag: keys.tag,
        devices: vec![device],
        coverage: 1,
        since_ms: 1,
        topic: [SECRET; 32],
        own_tag: own.sender,
        own_chain: SendChain::new(own.chain.clone()),
    });
    assert_hidden(&Conversation {
        id: conversation,
        parties: Parties::Direct { contact },
        active_at_ms: 1,
        last: None,
        unread: 0,
        read_up_to: Position::MIN,
        topics: vec![[SECRET; 32]],
    });
    assert_hidden(&Draft {
        conversation,
        text: WORDS.into(),
    });
    let log = LogId {
        author: device,
        kind: LogKind::Content,
    };
    assert_hidden(&EntryRecord {
        conversation,
        log,
        seq: 1,
        header: vec![SECRET; 100],
        body: Some(WORDS.into()),
        received_at_ms: 1,
    });
    assert_hidden(&SetAside {
        conversation,
        device,
        seq: 1,
        id: kith_crypto::EntryId::from_bytes([5; 32]),
        position: Position::MIN,
        body: WORDS.into(),
    });
}

#[test]
fn what_travels_shows_no_secret() {
    let reveal = Reveal {
        token: Some([SECRET; 16]),
        remember: Some([SECRET; 32]),
    };
    let introduction = Introduction {
        card: WORDS.into(),
        prekey: Vec::new(),
        reach: [SECRET; 32],
        remind_us: [SECRET; 32],
        remember: [SECRET; 32],
        addresses: Vec::new(),
        clock_ms: 1,
        lists: Vec::new(),
        carriers: Vec::new(),
    };
    let entry = WireEntry {
        header: vec![SECRET; 100],
        body: Some(WORDS.into()),
    };
    assert_hidden(&reveal);
    assert_hidden(&entry);
    assert_hidden(&Frame::Introduction(Box::new(introduction)));
    assert_hidden(&Frame::Redeem {
        token: InviteToken::from_bytes([SECRET; 16]),
    });
}

#[test]
fn events_and_wishes_of_the_network_show_no_secret() {
    let account = AccountKey::from_entropy([1; 32]).id();
    let device = DeviceKey::from_bytes([2; 32]).id();
    let payload = vec![SECRET; 50];
    let news = [
        NetEvent::LinkUp {
            device,
            account,
            device_list: Vec::new(),
            path: PathView::Lan,
            binding: [SECRET; 32],
        },
        NetEvent::LinkRequested {
            request: LinkRequestId(1),
            device,
            account,
            device_list: Vec::new(),
            payload: payload.clone(),
        },
        NetEvent::Frame {
            device,
            lane: Lane::Control,
            frame: WORDS.into(),
        },
    ];
    for event in news {
        assert_hidden(&Input::Net(event));
    }
    assert_hidden(&Transmit::Dial {
        device,
        addresses: Vec::new(),
        payload,
    });
    assert_hidden(&Transmit::Send {
        device,
        lane: Lane::Sync,
        frame: WORDS.into(),
    });
}
