//! The scripted node behind the window: one contact, one conversation of any length, every command answered at once.

use std::collections::VecDeque;

use kith_node::command::Anchor;
use kith_node::id::{AccountId, ConversationId, DeviceId, EntryId};
use kith_node::view::{
    BodyView, ContactState, ContactView, ConversationView, DeliveryState, MessageView, NetworkView, Page,
    PartiesView, PathView, PresenceView, ProfileView,
};
use kith_node::{Command, Position, Reply};
use kith_ui::backend::{Backend, Incoming};
use kith_ui::model::requests::RequestId;
use kith_ui::profiles::{ProfileCard, ProfileId, ProfileReply, ProfileRequest};

const ME: AccountId = AccountId::from_bytes([1; 32]);
const CONTACT: AccountId = AccountId::from_bytes([2; 32]);
const CHAT: ConversationId = ConversationId::from_bytes([3; 32]);
/// Between two messages, milliseconds.
const STEP_MS: u64 = 90_000;
const NOW_MS: u64 = 1_790_000_000_000;

/// The world outside the window.
pub struct Outside {
    rows: u64,
    incoming: VecDeque<Incoming>,
}

impl Outside {
    /// A world in which one conversation has so many rows.
    pub fn new(rows: u64) -> Self {
        let incoming = VecDeque::new();
        Self { rows, incoming }
    }

    fn row(&self, number: u64) -> MessageView {
        let mut id = [7; 32];
        id.iter_mut()
            .zip(number.to_be_bytes())
            .for_each(|(to, from)| *to = from);
        let mine = number.is_multiple_of(3);
        let long = "and a sentence that is long enough to be broken into several lines of a bubble ";
        let text = match number % 5 {
            0 => format!("line {number} {}", long.repeat(4)),
            1 => format!("शाम {number} को मिलते हैं 🙏"),
            _ => format!("line {number}"),
        };
        MessageView {
            id: EntryId::from_bytes(id),
            conversation: CHAT,
            position: position(number),
            author: if mine { ME } else { CONTACT },
            mine,
            at_ms: NOW_MS - (self.rows - number) * STEP_MS,
            body: BodyView::Text { text },
            state: mine.then_some(DeliveryState::Read),
            expires_at_ms: None,
        }
    }

    fn page(&self, anchor: Anchor, before: u32, after: u32) -> Page {
        let place = match anchor {
            Anchor::Newest | Anchor::FirstUnread => self.rows,
            Anchor::Oldest => 0,
            Anchor::At { position } => number(position),
        };
        let first = place.saturating_sub(u64::from(before));
        let end = place.saturating_add(u64::from(after)).min(self.rows);
        Page {
            messages: (first..end).map(|number| self.row(number)).collect(),
            more_before: first > 0,
            more_after: end < self.rows,
            first_unread: None,
        }
    }

    fn chat(&self) -> ConversationView {
        ConversationView {
            id: CHAT,
            parties: PartiesView::Direct {
                contact: Box::new(contact()),
            },
            last: self.rows.checked_sub(1).map(|last| self.row(last)),
            active_at_ms: NOW_MS,
            unread: 0,
            draft: String::new(),
            timer: kith_node::view::TimerView::default(),
            deleting: None,
            hidden: false,
        }
    }
}

fn contact() -> ContactView {
    ContactView {
        account: CONTACT,
        name: "Bob Okafor".to_owned(),
        fingerprint: CONTACT.fingerprint(),
        picture: None,
        status: String::new(),
        state: ContactState::Accepted,
        refusal: None,
        presence: PresenceView::Online { path: PathView::Lan },
        alarmed: false,
        verified: false,
    }
}

/// The place of row `number`.
fn position(number: u64) -> Position {
    let mut bytes = [0; Position::LENGTH];
    bytes
        .iter_mut()
        .zip(number.to_be_bytes())
        .for_each(|(to, from)| *to = from);
    Position::from_bytes(&bytes).expect("as long as a position")
}

/// The inverse of [`position`], also for the place just after a row.
fn number(position: Position) -> u64 {
    let (number, rest) = position
        .as_bytes()
        .split_first_chunk()
        .expect("longer than a number");
    u64::from_be_bytes(*number) + u64::from(rest.iter().any(|byte| *byte != 0))
}

impl Backend for Outside {
    fn call(&mut self, id: RequestId, command: Command) {
        let reply = match command {
            Command::GetProfile {} => Reply::Profile(ProfileView {
                account: ME,
                device: DeviceId::from_bytes([9; 32]),
                name: "Alice Liddell".to_owned(),
                picture: None,
                status: String::new(),
                restored: false,
                damage: None,
                outdated: false,
            }),
            Command::ListConversations {} => Reply::Conversations(vec![self.chat()]),
            Command::ListContacts {} => Reply::Contacts(vec![contact()]),
            Command::ListInvites {} => Reply::Invites(Vec::new()),
            Command::GetNetwork {} => Reply::Network(NetworkView {
                listening: Vec::new(),
                bootstraps: Vec::new(),
                lan_discovery: true,
                contacts_online: 1,
                clock_off_by_ms: None,
                time_ahead_ms: 0,
                problems: Vec::new(),
            }),
            Command::MarkRead { .. } => Reply::Conversation(Box::new(self.chat())),
            Command::GetMessages {
                anchor,
                before,
                after,
                ..
            } => Reply::Page(self.page(anchor, before, after)),
            _ => Reply::Done,
        };
        let result = Ok(reply);
        self.incoming.push_back(Incoming::Reply { id, result });
    }

    fn profile(&mut self, id: RequestId, request: ProfileRequest) {
        let profile = ProfileId("alice".to_owned());
        let result = Ok(match request {
            ProfileRequest::List => ProfileReply::Listed(vec![ProfileCard {
                id: profile,
                name: "Alice Liddell".to_owned(),
            }]),
            ProfileRequest::Unlock { .. } => ProfileReply::Opened { id: profile },
            _ => ProfileReply::Done,
        });
        self.incoming.push_back(Incoming::Profile { id, result });
    }

    fn pick_picture(&mut self) {}

    fn read_picture(&mut self, _path: std::path::PathBuf) {}

    fn open_link(&mut self, _url: String) {}

    fn next(&mut self) -> Option<Incoming> {
        self.incoming.pop_front()
    }

    fn open_other(&mut self, _profile: Option<ProfileId>) -> std::io::Result<()> {
        Ok(())
    }

    fn can_start_anew(&self) -> std::io::Result<()> {
        Ok(())
    }

    fn close(&mut self) {}

    fn now_ms(&self) -> u64 {
        NOW_MS
    }
}
