//! The test vectors of docs/protocol-sync.md: frames and what else devices have to spell alike, computed again, compared
//! line by line, and read back.
//!
//! A changed line means that the wire format changed. Kinds are added to version 1, and never changed in it: a change
//! asks for another version of the streams.

use kith_crypto::{AccountId, DepositToken, LogId, MailboxId, MailboxKey, SenderSecret, Stamp};

use super::*;
use crate::{
    documented::{assert_one_of_each_kind, compare, hex, written},
    position::Position,
    records::{InviteRecord, LogRecord, Ranges},
    sync,
};

const PAGE: &str = include_str!("../../../docs/protocol-sync.md");
const NOW_MS: u64 = 1_800_000_000_000;
/// The names of the vectors of all kinds of frames, in their order.
const NAMES: [&str; FRAME_KINDS as usize] = [
    "frame.introduction",
    "frame.digests",
    "frame.frontier",
    "frame.entries",
    "frame.entries_held",
    "frame.seal",
    "frame.seal_opened",
    "frame.receipt",
    "frame.want_picture",
    "frame.picture",
    "frame.carry",
    "frame.mail",
    "frame.mail_taken",
    "frame.refused",
    "frame.invitation",
    "frame.members",
    "frame.full",
    "frame.redeem",
    "frame.redeemed",
    "frame.want_words",
    "frame.mail_behind",
    "frame.mail_wanted",
    "frame.unseen",
];

fn conversation() -> ConversationId {
    ConversationId::from_bytes([1; 32])
}

fn device() -> DeviceId {
    DeviceId::from_bytes([2; 32])
}

fn account() -> AccountId {
    AccountId::from_bytes([3; 32])
}

fn address() -> String {
    "/ip4/192.0.2.1/tcp/4001".into()
}

fn entry(number: u8) -> WireEntry {
    WireEntry {
        header: vec![number; 2],
        body: Some(vec![number; 3]),
    }
}

fn grant() -> Grant {
    Grant {
        mailbox: MailboxId([11; 16]),
        key: MailboxKey::from_bytes([12; 32]),
        quota_bytes: 300,
        days: 14,
    }
}

fn token() -> DepositToken {
    let sender = SenderSecret::from_bytes([13; 32]).name(grant().mailbox, account());
    grant().key.token(grant().mailbox, sender)
}

fn member() -> MemberCard {
    MemberCard {
        account: account(),
        name: "Ana".into(),
        lists: vec![vec![14; 2]],
        devices: vec![DeviceCard {
            device: device(),
            prekey: vec![15; 2],
            addresses: vec![address()],
        }],
    }
}

fn introduction() -> Introduction {
    Introduction {
        card: vec![4; 2],
        prekey: vec![5; 3],
        reach: [6; 32],
        remind_us: [7; 32],
        remember: [8; 32],
        addresses: vec![address()],
        clock_ms: NOW_MS,
        lists: vec![vec![9; 2]],
        carriers: vec![CarrierCard {
            device: device(),
            addresses: vec![address()],
            token: token(),
        }],
    }
}

/// What is said of conversations and logs.
fn about_logs() -> [Frame; 8] {
    let conversation = conversation();
    let batch = 300;
    let head = EntryId::from_bytes([10; 32]);
    [
        Frame::Digests {
            all: true,
            digests: vec![Digest {
                tag: [4; 16],
                sum: [5; 16],
            }],
        },
        Frame::Frontier {
            conversation,
            logs: vec![LogFrontier {
                author: device(),
                kind: LogKind::Content,
                base: 1,
                contiguous: 300,
                head: Some(head),
                beyond: vec![(302, 304)],
            }],
        },
        Frame::Entries {
            conversation,
            batch,
            entries: vec![
                entry(4),
                WireEntry {
                    body: None,
                    ..entry(5)
                },
            ],
        },
        Frame::EntriesHeld { conversation, batch },
        Frame::Seal {
            conversation,
            rekey: entry(4),
            sealed: vec![6; 3],
        },
        Frame::SealOpened {
            conversation,
            epoch: EpochId::from_bytes([4; 32]),
        },
        Frame::Receipt {
            conversation,
            held: vec![Holding {
                author: device(),
                seq: 300,
                head,
            }],
            shown: vec![(device(), 299)],
        },
        Frame::Full {
            conversation,
            account: account(),
        },
    ]
}

/// A frame of each kind, in their order.
fn frames() -> [Frame; FRAME_KINDS as usize] {
    let others = [
        Frame::Introduction(Box::new(introduction())),
        Frame::WantPicture { hash: [4; 32] },
        Frame::Picture { png: vec![4; 3] },
        Frame::Carry(Some(grant())),
        Frame::Mail { sealed: vec![4; 3] },
        Frame::MailTaken { id: [4; 32] },
        Frame::Refused {
            senders: vec![token().sender],
        },
        Frame::Invitation(Box::new(Invitation {
            conversation: conversation(),
            open: entry(4),
            name: entry(5),
            members: vec![member()],
        })),
        Frame::Members(vec![member()]),
        Frame::Redeem {
            token: InviteToken::from_bytes([4; 16]),
        },
        Frame::Redeemed {
            refusal: Some(Refusal::InviteRevoked as u8),
        },
        Frame::WantWords {
            conversation: conversation(),
            wanted: vec![(device(), vec![(300, 302), (304, 304)])],
        },
        Frame::MailBehind { id: [4; 32] },
        Frame::MailWanted { id: [4; 32] },
        Frame::Unseen {
            conversation: conversation(),
            logs: vec![(device(), vec![(300, 302), (304, 304)])],
        },
    ];
    let mut all: Vec<Frame> = about_logs().into_iter().chain(others).collect();
    all.sort_by_key(|frame| frame.encode().unwrap().first().copied());
    all.try_into().expect("one frame of each kind")
}

fn of_frames() -> Vec<(&'static str, String)> {
    let encoded = frames().map(|frame| frame.encode().unwrap());
    assert_one_of_each_kind::<Frame>(&encoded.each_ref().map(Vec::as_slice));
    let encoded = encoded.iter().map(|bytes| hex(bytes));
    let nothing = hex(&Frame::Carry(None).encode().unwrap());
    let honoured = hex(&Frame::Redeemed { refusal: None }.encode().unwrap());
    NAMES
        .into_iter()
        .zip(encoded)
        .chain([
            ("frame.carry.nothing", nothing),
            ("frame.redeemed.honoured", honoured),
        ])
        .collect()
}

fn of_reveals() -> Vec<(&'static str, String)> {
    let full = Reveal {
        token: Some([4; 16]),
        remember: Some([5; 32]),
    };
    let spelled = |reveal: &Reveal| hex(&postcard::to_allocvec(reveal).unwrap());
    vec![
        ("reveal.full", spelled(&full)),
        ("reveal.empty", spelled(&Reveal::default())),
    ]
}

/// Sums of logs that are handed over in another order than they are summed up in, and of one that holds nothing.
fn of_digests() -> Vec<(&'static str, String)> {
    let log = |author, kind| LogRecord::empty(conversation(), LogId { author, kind });
    let content = LogRecord {
        contiguous: 300,
        beyond: Ranges::from_wire(vec![(302, 304)]).unwrap(),
        head: Some(EntryId::from_bytes([10; 32])),
        ..log(device(), LogKind::Content)
    };
    let control = LogRecord {
        contiguous: 2,
        head: Some(EntryId::from_bytes([11; 32])),
        ..log(device(), LogKind::Control)
    };
    let empty = log(DeviceId::from_bytes([1; 32]), LogKind::Content);
    let digest = sync::sum_up(&[4; 32], &conversation(), vec![content, empty, control]);
    let digest = digest.ok().unwrap();
    vec![("digest.tag", hex(&digest.tag)), ("digest.sum", hex(&digest.sum))]
}

fn of_names() -> Vec<(&'static str, String)> {
    let position = Position::new(&conversation(), Stamp::new(NOW_MS, 1), &device(), 300);
    let invite = InviteRecord {
        token: [4; 16],
        link: String::new(),
        created_at_ms: NOW_MS,
        expires_at_ms: NOW_MS,
        ending: None,
    };
    vec![
        ("order.position", position.to_string()),
        ("notice.id", hex(position.notice().as_bytes())),
        ("invite.name", invite.id()),
    ]
}

#[test]
fn the_page_and_the_code_say_the_same() {
    let computed = [of_frames(), of_reveals(), of_digests(), of_names()];
    compare(&[PAGE], computed.concat());
}

/// The other direction: what stands on the page is read as what it was made of, and written again as it stood.
#[test]
fn frames_from_the_page_are_read_and_written_again() {
    let vectors = written(&[PAGE]);
    for (name, frame) in NAMES.into_iter().zip(frames()) {
        let bytes = data_encoding::HEXLOWER.decode(vectors[name].as_bytes()).unwrap();
        let read = Frame::decode(&bytes).unwrap().unwrap();
        assert_eq!(read, frame, "{name}");
        assert_eq!(read.encode().unwrap(), bytes, "{name}");
    }
}
