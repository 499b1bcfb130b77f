//! How a group begins: the first two entries of its founder's control log, which say who belongs to it and what it is called.

use kith_crypto::{AccountId, Control, ConversationId, DeviceId, Entry, LogKind, SignedHeader};

use super::{FEWEST_MEMBERS, MOST_MEMBERS};
use crate::{
    contacts,
    conversations::{self, rows, view},
    frame::WireEntry,
    records::{Contact, Conversation, EntryRecord, Fellowship, Group, Parties, Row, Standing, control_log},
    sync,
    turn::{Fault, Step, Turn},
};

/// The numbers of the two entries in their log.
const OPEN: u64 = 1;
const NAME: u64 = 2;

/// What the two entries say, with their signatures verified.
#[derive(Debug)]
pub(crate) struct Founding {
    pub conversation: ConversationId,
    /// The device that wrote them.
    pub device: DeviceId,
    /// Everyone who belongs to the group, in order.
    pub members: Vec<AccountId>,
    pub name: String,
    pub open: Entry,
    pub naming: Entry,
}

impl Founding {
    /// The group, once it is known whose device began it.
    pub fn group(&self, founder: AccountId) -> Group {
        Group {
            name: self.name.clone(),
            founder,
            founding: self.device,
            members: self.members.clone(),
            left: Vec::new(),
        }
    }
}

/// Reads the two entries.
pub(crate) fn read(open: &WireEntry, naming: &WireEntry) -> Step<Founding> {
    let decode = |wire| -> Step<Entry> {
        sync::stream::decode(wire)?.ok_or(Fault::Peer("a group that only a newer Kith knows"))
    };
    let (open, naming) = (decode(open)?, decode(naming)?);
    let (first, second) = (open.header.header(), naming.header.header());
    let are_one = first.conversation == second.conversation
        && first.author == second.author
        && (first.log, second.log) == (LogKind::Control, LogKind::Control)
        && (first.seq, second.seq) == (OPEN, NAME)
        && second.prev == Some(open.header.id());
    let (Some(Control::Open { nonce, accounts }), Some(Control::Name { name }), true) =
        (said(&open), said(&naming), are_one)
    else {
        return Err(Fault::Peer("a group that does not begin as groups do"));
    };
    let is_sorted = accounts.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
    if !is_sorted || !(FEWEST_MEMBERS..=MOST_MEMBERS).contains(&accounts.len()) {
        return Err(Fault::Peer("a group whose members are not what they may be"));
    }
    // Else its founder could begin it in the place of another conversation, or with other members for each of us.
    if first.conversation != ConversationId::group(first.author, &nonce, &accounts) {
        return Err(Fault::Peer("a group under an id that is not its own"));
    }
    Ok(Founding {
        conversation: first.conversation,
        device: first.author,
        members: accounts,
        name,
        open,
        naming,
    })
}

fn said(entry: &Entry) -> Option<Control> {
    entry.check().ok()?;
    let body = entry.body.as_ref()?;
    Control::decode(&body.content).ok()
}

/// The two entries as they travelled, if we hold them.
pub(crate) fn entries(
    turn: &Turn,
    conversation: &ConversationId,
    device: DeviceId,
) -> Step<Option<(WireEntry, WireEntry)>> {
    let log = control_log(device);
    let entry = |seq| -> Step<Option<WireEntry>> {
        let record = turn.load::<EntryRecord>(&EntryRecord::at(conversation, &log, seq))?;
        Ok(record.map(|record| WireEntry {
            header: record.header,
            body: record.body,
        }))
    };
    Ok(entry(OPEN)?.zip(entry(NAME)?))
}

/// A group begins here: its members are known from now on, and their devices are let in.
pub(crate) fn begin(turn: &mut Turn, id: ConversationId, group: Group) -> Step<Conversation> {
    let conversation = conversations::begin(turn, id, Parties::Group(group))?;
    for account in conversations::others(turn, &conversation) {
        turn.save(&Fellowship {
            account,
            conversation: id,
        })?;
        if !turn.has(&Contact::at(&account))? {
            turn.save(&contacts::unknown(account, Standing::Fellow))?;
        }
    }
    Ok(conversation)
}

/// The entry that opens a group is here: it has its row.
pub(crate) fn show(
    turn: &mut Turn,
    conversation: &mut Conversation,
    header: &SignedHeader,
    account: AccountId,
) -> Step {
    let fields = header.header();
    let is_founding = |group: &Group| group.founding == fields.author && fields.seq == OPEN;
    if !conversation.group().is_some_and(is_founding) {
        return Ok(());
    }
    let position = rows::insert_control(turn, conversation, header, account, Row::Founded)?;
    view::emit_row(turn, conversation, &position)
}
