//! A member who takes part no longer.
//!
//! Whoever leaves says so in their control log (`Leave`), so that every member hears of it from any other: from then on
//! nobody waits for them, seals to them or serves them. They write and take nothing more there, and what they have stays to be
//! read. Of what they do not hear any more nothing is left to be said but this one entry, again and again, to whoever has
//! not heard of it ([`answer`]).
//!
//! Who blocked the founder of a group leaves it as soon as they are invited: else the others would wait for ever.

use kith_crypto::{AccountId, Control, ConversationId, DeviceId, SignedHeader};

use super::{MOST_GROUPS, inviting};
use crate::{
    command::Reply,
    contacts::{self, links},
    conversations::{self, append, deleting::pending, drafts, receipts, rows, view},
    epochs,
    error::CommandError,
    event::Event,
    frame::{Frame, WireEntry},
    input::Lane,
    own,
    records::{
        Conversation, EntryRecord, Fellowship, Group, HiddenChat, Left, Parties, PendingTimer, Row,
        control_log,
    },
    sync,
    turn::{DAY_MS, Fault, Step, Turn},
};

/// The number of the batch that holds the entry: no stream has so many.
const BATCH: u32 = u32::MAX;

/// How long somebody who did not hear of it is let in for its sake, milliseconds.
const TELLING_MS: u64 = 7 * DAY_MS;

/// We leave a group.
pub(crate) fn leave(turn: &mut Turn, id: &ConversationId) -> Step<Reply> {
    let mut conversation = conversations::find(turn, id)?;
    if conversation.group().is_none() {
        return Err(CommandError::UnknownConversation.into());
    }
    let me = turn.me.account;
    if !conversation.has_left(&me) {
        if own::profile(turn)?.outdated {
            return Err(CommandError::OutdatedCopy.into());
        }
        // What is said after it nobody hears.
        pending::finish_all(turn, id)?;
        conversation = conversations::find(turn, id)?;
        let devices = receipts::linked_members(turn, &conversation);
        let said = append::control(turn, &conversation, &Control::Leave)?;
        take(turn, &mut conversation, &said.header, me)?;
        for device in devices {
            tell(turn, device, &conversation, &me)?;
        }
    }
    Ok(Reply::Conversation(Box::new(view::conversation(
        turn,
        &conversation,
    )?)))
}

/// Refuses what is done by those who take part.
pub(crate) fn must_take_part(turn: &Turn, conversation: &Conversation) -> Step {
    if conversation.has_left(&turn.me.account) {
        return Err(CommandError::LeftGroup.into());
    }
    Ok(())
}

/// Somebody who is blocked began a group: we are no part of it, and say so to who invites us.
pub(crate) fn decline(turn: &mut Turn, device: DeviceId, id: ConversationId, group: Group) -> Step {
    if left(turn)? >= MOST_GROUPS {
        return Ok(());
    }
    let mut conversation = conversations::begin(turn, id, Parties::Group(group))?;
    let said = append::control(turn, &conversation, &Control::Leave)?;
    let me = turn.me.account;
    note(turn, &mut conversation, &said.header, me)?;
    turn.save(&HiddenChat { conversation: id })?;
    tell(turn, device, &conversation, &me)
}

fn left(turn: &Turn) -> Step<usize> {
    let all = turn.all::<Conversation>(&Conversation::scope())?;
    let me = turn.me.account;
    Ok(all
        .iter()
        .filter(|conversation| conversation.has_left(&me))
        .count())
}

/// Notes who has left, once; false if that is of no interest here.
fn note(
    turn: &mut Turn,
    conversation: &mut Conversation,
    header: &SignedHeader,
    account: AccountId,
) -> Step<bool> {
    if conversation.has_left(&account) {
        return Ok(false);
    }
    let Parties::Group(group) = &mut conversation.parties else {
        return Ok(false);
    };
    let fields = header.header();
    group.left.push(Left {
        account,
        device: fields.author,
        seq: fields.seq,
    });
    turn.save(conversation)?;
    Ok(true)
}

/// Somebody has left, perhaps we ourselves.
pub(crate) fn take(
    turn: &mut Turn,
    conversation: &mut Conversation,
    header: &SignedHeader,
    account: AccountId,
) -> Step {
    if !note(turn, conversation, header, account)? {
        return Ok(());
    }
    let position = rows::insert_control(turn, conversation, header, account, Row::Left)?;
    view::emit_row(turn, conversation, &position)?;
    if account == turn.me.account {
        end(turn, conversation)?;
    } else {
        turn.remove(Fellowship::at(&account, &conversation.id));
        part(turn, &conversation.id, |of| of == account);
        stop_dialling(turn, &account)?;
        // Whoever has not heard of it yet does soon.
        sync::expect_control(turn, conversation);
    }
    epochs::topics::subscribe(turn)?;
    // Nobody waits for them any more: ticks may have moved.
    turn.emit(Event::Reload);
    view::emit_conversation(turn, conversation)
}

/// Nothing more is said here by us.
fn end(turn: &mut Turn, conversation: &Conversation) -> Step {
    let id = conversation.id;
    part(turn, &id, |_| true);
    turn.live.sealing.remove(&id);
    turn.live.mail_due.retain(|recipient, _| recipient.0 != id);
    turn.live.receipt_pauses.retain(|recipient, _| recipient.0 != id);
    turn.remove(PendingTimer::at(&id));
    drafts::set(turn, &id, String::new())?;
    for account in conversation.named(&turn.me.account) {
        stop_dialling(turn, &account)?;
    }
    Ok(())
}

/// On links with these nothing is under way in a conversation any more.
fn part(turn: &mut Turn, id: &ConversationId, with: impl Fn(AccountId) -> bool) {
    for link in turn.live.links.values_mut().filter(|link| with(link.account)) {
        link.joined.remove(id);
        link.agreed.remove(id);
        link.sending.remove(id);
        link.repairs.remove(id);
        link.invited.remove(id);
    }
}

/// Whom nothing but this group was known from is dialled no more.
fn stop_dialling(turn: &mut Turn, account: &AccountId) -> Step {
    if let Some(contact) = contacts::find(turn, account)?
        && !contacts::is_wanted(turn, &contact)?
    {
        for device in &contact.devices {
            turn.live.dialing.remove(device);
        }
    }
    Ok(())
}

/// Tells a linked device that an account has left: it answers that it holds the entry.
fn tell(turn: &mut Turn, device: DeviceId, conversation: &Conversation, account: &AccountId) -> Step {
    let left = conversation.group().and_then(|group| {
        let mut left = group.left.iter();
        left.find(|left| left.account == *account)
    });
    let Some(left) = left.filter(|_| inviting::may_send(turn, device, &conversation.id)) else {
        return Ok(());
    };
    let at = EntryRecord::at(&conversation.id, &control_log(left.device), left.seq);
    let Some(record) = turn.load::<EntryRecord>(&at)? else {
        return Ok(());
    };
    let entry = WireEntry {
        header: record.header,
        body: record.body,
    };
    let frame = Frame::Entries {
        conversation: conversation.id,
        batch: BATCH,
        entries: vec![entry],
    };
    turn.send(device, Lane::Sync, &frame)
}

/// Somebody speaks of a group that they or we have left. Who has not heard that we have is told; who has is let in for it no
/// longer. Who does not know that they have left themselves runs an old copy of their folder, and is shown what it wrote.
pub(crate) fn answer(
    turn: &mut Turn,
    device: DeviceId,
    conversation: &Conversation,
    frame: Option<&Frame>,
) -> Step {
    let Some(link) = turn.live.links.get(&device) else {
        return Ok(());
    };
    let (account, is_contact) = (link.account, link.is_contact);
    if !conversation.has_member(&account, &turn.me.account) {
        return Err(Fault::Peer("a conversation it is no member of"));
    }
    turn.spend(&device, 1)?;
    let me = turn.me.account;
    let is_told = matches!(frame, Some(Frame::EntriesHeld { batch: BATCH, .. }));
    if !conversation.has_left(&me) {
        return match is_told {
            true => Ok(()),
            false => tell(turn, device, conversation, &account),
        };
    }
    if !is_told {
        return tell(turn, device, conversation, &me);
    }
    turn.remove(Fellowship::at(&account, &conversation.id));
    if is_contact || contacts::is_fellow(turn, &account)? {
        return Ok(());
    }
    links::forget(turn, device)
}

/// Daily: whoever did not come to hear of it is not waited for any more.
pub(crate) fn upkeep(turn: &mut Turn) -> Step {
    let me = turn.me.account;
    for conversation in turn.all::<Conversation>(&Conversation::scope())? {
        let is_over = turn.now_ms.saturating_sub(conversation.active_at_ms) > TELLING_MS;
        if is_over && conversation.has_left(&me) {
            for account in conversation.named(&me) {
                turn.remove(Fellowship::at(&account, &conversation.id));
            }
        }
    }
    Ok(())
}
