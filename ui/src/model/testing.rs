//! Values for the tests of this crate: a small cast of people, and rows of which number `n` was written at second `n`.

use kith_node::id::{AccountId, ConversationId, DeviceId, EntryId};
use kith_node::position::Position;
use kith_node::view::{
    BodyView, ContactState, ContactView, ConversationView, DeliveryState, MessageView, NetworkView, PathView,
    PresenceView, ProfileView,
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
        contact: contact(n, name),
        last: None,
        active_at_ms,
        unread: 0,
        draft: String::new(),
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
