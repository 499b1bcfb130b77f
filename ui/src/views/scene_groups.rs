//! A group on the stage: five people, one of whom is no contact of Alice's, and the scripted node's part in groups.

use kith_node::Reply;
use kith_node::id::{AccountId, DeviceId};
use kith_node::view::{
    BodyView, ContactState, ContactView, DeliveryState, DeviceDeliveryView, LedgerView, MessageView,
    PartiesView,
};

use super::scene::{NOW_MS, Stage};
use crate::model::testing::{ALICE, BOB, at, conversation, group, member, row};
use crate::route::{Dialog, Route};

/// The number of the group's conversation.
pub const GROUP: u8 = 8;
/// What it is called.
pub const NAME: &str = "Ridge walk ⛰";
/// Who belongs to it, by name; the last one is no contact.
const MEMBERS: [(u8, &str); 5] = [
    (1, "Alice Liddell"),
    (2, "Bob Okafor"),
    (3, "मीरा शर्मा"),
    (4, "Søren Kierkegaard-Bartholomew von und zu Hohenstein"),
    (CHIDI, "Chidi"),
];
const MEERA: u8 = 3;
const SOREN: u8 = 4;
/// Whom Alice knows from the group only.
pub const CHIDI: u8 = 20;

/// Somebody by the number that their key is made of.
pub fn person(n: u8) -> AccountId {
    AccountId::from_bytes([n; 32])
}

impl Stage {
    /// A busy afternoon, with a group above all chats.
    pub fn grouped() -> Self {
        let mut stage = Self::busy();
        let rows = talk();
        let mut chat = group(GROUP, NAME, &MEMBERS, NOW_MS);
        chat.last = rows.last().cloned();
        chat.timer.seconds = 604_800;
        stage.model.chats.list.apply(chat);
        stage.rows.insert(conversation(GROUP), rows);
        stage
    }
}

fn talk() -> Vec<MessageView> {
    let soren = person(SOREN);
    let lines = [
        (BOB, 4_000, "Saturday it is. Who brings the rope?"),
        (BOB, 3_990, "I have only a short one"),
        (person(MEERA), 3_900, "मेरे पास 30 मीटर है 🙂"),
        (ALICE, 3_800, "Perfect, then I bring the stove"),
        (
            soren,
            2_000,
            "I will be late by an hour because the first train from the coast does not go on Saturdays; please leave a sign at the second fork",
        ),
        (soren, 1_990, "👋"),
        (person(CHIDI), 1_500, "Ok"),
        (
            person(MEERA),
            1_400,
            "See https://example.org/weather before you pack",
        ),
        (ALICE, 900, "Done. I leave a red ribbon at the fork"),
        (ALICE, 60, "The hut has answered: *five beds*"),
        (person(CHIDI), 30, "Great!"),
    ];
    let mut founded = told(1, BOB, BodyView::Founded);
    founded.at_ms = NOW_MS - 90_000_000;
    let mut rows = vec![founded];
    for (number, (author, ago_s, text)) in (1_000..).zip(lines) {
        let mut said = row(number, author, text);
        said.conversation = conversation(GROUP);
        said.at_ms = NOW_MS - ago_s * 1_000;
        said.state = (author == ALICE).then_some(match ago_s {
            0..100 => DeliveryState::Saved,
            100..1_000 => DeliveryState::Delivered,
            _ => DeliveryState::Read,
        });
        rows.push(said);
    }
    rows
}

/// A row of the group that is no text.
pub fn told(number: u64, author: AccountId, body: BodyView) -> MessageView {
    MessageView {
        conversation: conversation(GROUP),
        at_ms: NOW_MS,
        body,
        state: None,
        ..row(number, author, "")
    }
}

/// How far a message of Alice's has come in the group: one has read it, another has it on one device of two, a third is
/// away, and of the fourth nothing is known.
pub fn ledger(message: &MessageView) -> Option<LedgerView> {
    let device = |n: u8, account, state| DeviceDeliveryView {
        account,
        device: DeviceId::from_bytes([n; 32]),
        is_current: true,
        state,
        delivered_at_ms: (state >= DeliveryState::Delivered).then_some(message.at_ms + 1_000),
        read_at_ms: (state == DeliveryState::Read).then_some(message.at_ms + 60_000),
        held_until_ms: (state == DeliveryState::Held).then_some(NOW_MS + 3 * 86_400_000),
    };
    (message.conversation == conversation(GROUP)).then(|| LedgerView {
        id: message.id,
        state: DeliveryState::Saved,
        written_at_ms: message.at_ms,
        devices: vec![
            device(21, BOB, DeliveryState::Read),
            device(22, person(MEERA), DeliveryState::Delivered),
            device(23, person(MEERA), DeliveryState::Saved),
            device(24, person(SOREN), DeliveryState::Held),
        ],
    })
}

/// Alice takes part no longer.
pub fn left(stage: &Stage) -> Reply {
    let mut chat = stage.model.chats.list.get(conversation(GROUP)).cloned();
    if let Some(PartiesView::Group { members, left, .. }) = chat.as_mut().map(|chat| &mut chat.parties) {
        *left = true;
        let me = members.iter_mut().filter(|member| member.account == ALICE);
        me.for_each(|me| me.has_left = true);
    }
    Reply::Conversation(Box::new(chat.expect("the group")))
}

/// A group has begun.
pub fn begun(stage: &Stage, name: &str, members: &[AccountId]) -> Reply {
    let contact = |account: &AccountId| stage.model.contacts.get(*account).expect("a contact");
    let named = |contact: &ContactView| {
        assert_eq!(contact.state, ContactState::Accepted);
        let mut named = member(2, &contact.name);
        named.account = contact.account;
        named
    };
    let mut chat = group(GROUP + 1, name, &[(1, "Alice Liddell")], NOW_MS);
    if let PartiesView::Group { members: all, .. } = &mut chat.parties {
        all.extend(members.iter().map(contact).map(named));
    }
    Reply::Conversation(Box::new(chat))
}

/// Every view of a group, by a name.
pub fn scenes() -> Vec<(&'static str, Stage)> {
    let chat = Route::conversation(conversation(GROUP));
    let details = Route {
        details: true,
        ..chat.clone()
    };
    let place = |number| (conversation(GROUP), at(number));
    let ledger = |(conversation, position)| Dialog::Ledger {
        conversation,
        position,
    };
    let delete = |(conversation, position)| Dialog::DeleteMessages {
        conversation,
        positions: vec![position],
    };
    let conversation = conversation(GROUP);
    let routes = [
        ("group list", Route::default()),
        ("group", chat.clone()),
        ("group details", details),
        ("group ledger", chat.with_dialog(ledger(place(1_008)))),
        ("group delete own", chat.with_dialog(delete(place(1_008)))),
        ("group delete theirs", chat.with_dialog(delete(place(1_006)))),
        (
            "group delete chat",
            chat.with_dialog(Dialog::DeleteChat { conversation }),
        ),
        (
            "group leave",
            chat.with_dialog(Dialog::LeaveGroup { conversation }),
        ),
        ("group find", chat.with_dialog(Dialog::Find)),
        ("new group", chat.with_dialog(Dialog::NewGroup)),
    ];
    let mut all: Vec<_> = routes
        .into_iter()
        .map(|(name, route)| {
            let stage = Stage {
                route,
                ..Stage::grouped()
            };
            (name, stage)
        })
        .collect();
    let nobody = Stage {
        route: Route::default().with_dialog(Dialog::NewGroup),
        ..Stage::empty()
    };
    all.push(("new group of nobody", nobody));
    all.extend([("group left", false), ("group left details", true)].map(after_leaving));
    all
}

/// What is left of the group for Alice who has left it, with its page beside it or without.
fn after_leaving((name, details): (&'static str, bool)) -> (&'static str, Stage) {
    let mut stage = Stage {
        route: Route {
            details,
            ..Route::conversation(conversation(GROUP))
        },
        ..Stage::grouped()
    };
    if let Reply::Conversation(chat) = left(&stage) {
        stage.model.chats.list.apply(*chat);
    }
    let row = told(2_000, ALICE, BodyView::Left);
    stage.rows.entry(conversation(GROUP)).or_default().push(row);
    (name, stage)
}
