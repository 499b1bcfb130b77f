//! Values for the tests of this crate: a small cast of people, and rows of which number `n` was written at second `n`.

use kith_node::id::{AccountId, ConversationId, DeviceId, EntryId};
use kith_node::position::Position;
use kith_node::view::{
    BodyView, CarrierView, CarryingView, ContactState, ContactView, ConversationView, DeliveryState,
    DeviceDeliveryView, HeldItemView, LedgerView, MailboxView, MemberView, MessageView, NetworkView,
    PartiesView, PathView, PresenceView, ProfileView, SafetyView,
};

/// The person whose screen it is.
pub const ALICE: AccountId = AccountId::from_bytes([1; 32]);
/// Somebody they talk to.
pub const BOB: AccountId = AccountId::from_bytes([2; 32]);

/// Conversation number `n`.
pub fn conversation(n: u8) -> ConversationId {
    ConversationId::from_bytes([n; 32])
}

/// The place of row `n`.
pub fn at(n: u64) -> Position {
    let mut bytes = [0; Position::LENGTH];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    Position::from_bytes(&bytes).unwrap()
}

/// Row `n` of conversation 1.
pub fn row(n: u64, author: AccountId, text: &str) -> MessageView {
    let mut id = [7; 32];
    id[..8].copy_from_slice(&n.to_be_bytes());
    let mine = author == ALICE;
    MessageView {
        id: EntryId::from_bytes(id),
        conversation: conversation(1),
        position: at(n),
        author,
        mine,
        at_ms: n * 1_000,
        body: BodyView::Text {
            text: text.to_owned(),
        },
        state: mine.then_some(DeliveryState::Saved),
        expires_at_ms: None,
    }
}

/// A contact whose key begins with `n`.
pub fn contact(n: u8, name: &str) -> ContactView {
    let account = AccountId::from_bytes([n; 32]);
    ContactView {
        account,
        name: name.to_owned(),
        fingerprint: account.fingerprint(),
        picture: None,
        status: String::new(),
        state: ContactState::Accepted,
        refusal: None,
        alarmed: false,
        verified: false,
        presence: PresenceView::Online { path: PathView::Lan },
    }
}

/// A conversation with contact `n`, last active at `active_at_ms`.
pub fn chat(n: u8, name: &str, active_at_ms: u64) -> ConversationView {
    ConversationView {
        id: conversation(n),
        parties: PartiesView::Direct {
            contact: Box::new(contact(n, name)),
        },
        last: None,
        active_at_ms,
        unread: 0,
        draft: String::new(),
        timer: kith_node::view::TimerView::default(),
        deleting: None,
        hidden: false,
    }
}

/// A member of a group whose key begins with `n`; from 20 on they are no contacts.
pub fn member(n: u8, name: &str) -> MemberView {
    let account = AccountId::from_bytes([n; 32]);
    MemberView {
        account,
        name: name.to_owned(),
        fingerprint: account.fingerprint(),
        picture: None,
        is_contact: account != ALICE && n < 20,
        has_left: false,
    }
}

/// A group of these members, last active at `active_at_ms`.
pub fn group(n: u8, name: &str, members: &[(u8, &str)], active_at_ms: u64) -> ConversationView {
    let members = members.iter().map(|(n, name)| member(*n, name)).collect();
    ConversationView {
        parties: PartiesView::Group {
            name: name.to_owned(),
            members,
            left: false,
        },
        ..chat(n, "", active_at_ms)
    }
}

/// The other person of a direct conversation.
///
/// # Panics
/// If it is a group.
pub fn contact_of(chat: &mut ConversationView) -> &mut ContactView {
    match &mut chat.parties {
        PartiesView::Direct { contact } => contact,
        PartiesView::Group { .. } => panic!("a group has no other person"),
    }
}

/// A network with nothing but the local one.
pub fn network() -> NetworkView {
    NetworkView {
        listening: vec!["/ip4/192.168.1.20/udp/4001/quic-v1".to_owned()],
        bootstraps: Vec::new(),
        lan_discovery: true,
        contacts_online: 0,
        clock_off_by_ms: None,
        time_ahead_ms: 0,
        problems: Vec::new(),
    }
}

/// The person whose screen it is.
pub fn profile() -> ProfileView {
    ProfileView {
        account: ALICE,
        device: DeviceId::from_bytes([9; 32]),
        name: "Alice Liddell".to_owned(),
        picture: None,
        status: "Down the rabbit hole".to_owned(),
        restored: false,
        damage: None,
        outdated: false,
    }
}

/// The safety number with a contact: groups 10000, 11111 and so on.
pub fn safety(account: AccountId, verified_at_ms: Option<u64>) -> SafetyView {
    SafetyView {
        account,
        groups: (0..12).map(|n| (10_000 + n * 1_111).to_string()).collect(),
        code: "S2l0aCBzYWZldHkgY29kZSwgb2Ygd2hpY2ggdGhpcyBpcyBub3Qgb25lLCBidXQgYXMgbG9uZyBhcyBvbmUgaXM="
            .to_owned(),
        verified_at_ms,
    }
}

/// The ledger of a message: read on one device, held for another, waiting for a third.
pub fn ledger(message: &MessageView, now_ms: u64) -> LedgerView {
    let device = |n: u8, state| DeviceDeliveryView {
        account: BOB,
        device: DeviceId::from_bytes([n; 32]),
        is_current: true,
        state,
        delivered_at_ms: None,
        read_at_ms: None,
        held_until_ms: None,
    };
    LedgerView {
        id: message.id,
        state: DeliveryState::Read,
        written_at_ms: message.at_ms,
        devices: vec![
            DeviceDeliveryView {
                delivered_at_ms: Some(message.at_ms + 1_000),
                read_at_ms: Some(message.at_ms + 60_000),
                ..device(21, DeliveryState::Read)
            },
            DeviceDeliveryView {
                held_until_ms: Some(now_ms + 5 * 86_400_000 + 1_000),
                ..device(22, DeliveryState::Held)
            },
            device(23, DeliveryState::Saved),
        ],
    }
}

/// Nobody carries for anybody.
pub fn carrying() -> CarryingView {
    CarryingView {
        max_mb: 200,
        days: 7,
        held_bytes: 0,
        mailboxes: Vec::new(),
        carriers: Vec::new(),
        reachable_through: Vec::new(),
        refused: Vec::new(),
    }
}

/// Contacts 3 and 5 carry for us, 4 was asked, 2 was not wanted; we hold letters for 3 and nothing for 6.
pub fn busy_carrying(now_ms: u64) -> CarryingView {
    let account = |n: u8| AccountId::from_bytes([n; 32]);
    let carrier = |n: u8, offered: bool| CarrierView {
        account: account(n),
        offered,
        used: true,
        decided: true,
        max_bytes: offered.then_some(200_000_000),
        days: offered.then_some(7),
    };
    let items: Vec<_> = (1..=6)
        .map(|n| HeldItemView {
            bytes: 1_000 * n * n * n,
            held_at_ms: now_ms - n * 3_600_000,
            until_ms: now_ms + n * 86_400_000,
        })
        .collect();
    let bytes = items.iter().map(|item| item.bytes).sum();
    let mailbox = |n: u8, bytes, items| MailboxView {
        account: account(n),
        bytes,
        items,
    };
    let refused = CarrierView {
        used: false,
        ..carrier(2, false)
    };
    CarryingView {
        held_bytes: bytes,
        mailboxes: vec![mailbox(3, bytes, items), mailbox(6, 0, Vec::new())],
        carriers: vec![refused, carrier(3, true), carrier(4, false), carrier(5, true)],
        reachable_through: vec![account(2)],
        ..carrying()
    }
}
