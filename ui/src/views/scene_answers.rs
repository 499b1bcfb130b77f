//! The scripted node's answers about safety numbers, delivery details, blocks and who keeps letters for whom.

use kith_node::id::AccountId;
use kith_node::view::{CarrierView, CarryingView, ContactState, ContactView, MailboxView};
use kith_node::{Command, Event, Reply};

use super::scene::{NOW_MS, Stage};
use super::scene_groups;
use crate::model::testing::{ledger, safety};

/// What the node says to `command`; what it changes is changed on the stage.
pub fn answer(stage: &mut Stage, command: &Command) -> Reply {
    match command {
        Command::GetSafetyNumber { account } => Reply::Safety(safety(*account, verified_at(stage, *account))),
        Command::SetVerified { account, verified } => {
            if let Some(contact) = stage.model.contacts.get(*account).cloned() {
                let contact = Box::new(ContactView {
                    verified: *verified,
                    ..contact
                });
                stage.model.apply_event(Event::Contact(contact));
            }
            Reply::Safety(safety(*account, verified_at(stage, *account)))
        }
        Command::CheckSafetyCode { account, code } => Reply::Matches(*code == safety(*account, None).code),
        Command::GetLedger {
            conversation,
            position,
        } => {
            let rows = stage.rows.get(conversation);
            let row = rows.and_then(|rows| rows.iter().find(|row| row.position == *position));
            row.map_or(Reply::Done, |row| {
                Reply::Ledger(scene_groups::ledger(row).unwrap_or_else(|| ledger(row, NOW_MS)))
            })
        }
        Command::MarkRead { conversation, up_to } => {
            let mut view = stage.model.chats.list.get(*conversation).unwrap().clone();
            let rows = stage.rows.get(conversation).into_iter().flatten();
            let unread = rows.filter(|row| !row.mine && row.position > *up_to).count();
            view.unread = u32::try_from(unread).unwrap();
            Reply::Conversation(Box::new(view))
        }
        Command::CreateGroup { name, members } => scene_groups::begun(stage, name, members),
        Command::LeaveGroup { .. } => scene_groups::left(stage),
        Command::BlockContact { account } => stands(stage, *account, ContactState::Blocked),
        Command::UnblockContact { account } => stands(stage, *account, ContactState::Accepted),
        Command::SetCarrying { .. }
        | Command::UseCarrier { .. }
        | Command::SetCarryingLimits { .. }
        | Command::DropHeld { .. } => {
            let mut view = stage.model.carrying.view.clone().expect("it is known");
            carry(&mut view, command);
            Reply::Carrying(view)
        }
        Command::DeleteMessages { .. }
        | Command::UndoDelete { .. }
        | Command::CancelMessage { .. }
        | Command::DeleteChat { .. }
        | Command::SetTimer { .. } => super::scene_deleting::answer(stage, command),
        _ => Reply::Done,
    }
}

fn stands(stage: &Stage, account: AccountId, state: ContactState) -> Reply {
    let contact = stage.model.contacts.get(account).expect("it is known");
    Reply::Contact(Box::new(ContactView {
        state,
        ..contact.clone()
    }))
}

fn verified_at(stage: &Stage, account: AccountId) -> Option<u64> {
    let contact = stage.model.contacts.get(account);
    contact.filter(|contact| contact.verified).map(|_| NOW_MS)
}

fn carry(view: &mut CarryingView, command: &Command) {
    match command {
        Command::SetCarrying { account, carry } => {
            view.mailboxes.retain(|mailbox| mailbox.account != *account);
            let mailbox = MailboxView {
                account: *account,
                bytes: 0,
                items: Vec::new(),
            };
            view.mailboxes.extend(carry.then_some(mailbox));
        }
        Command::UseCarrier { account, used } => {
            let known = view.carriers.iter().find(|carrier| carrier.account == *account);
            let chosen = CarrierView {
                account: *account,
                offered: known.is_some_and(|carrier| carrier.offered),
                used: *used,
                decided: true,
                max_bytes: known.and_then(|carrier| carrier.max_bytes),
                days: known.and_then(|carrier| carrier.days),
            };
            view.carriers.retain(|carrier| carrier.account != *account);
            view.carriers.push(chosen);
        }
        Command::SetCarryingLimits { max_mb, days } => {
            (view.max_mb, view.days) = (*max_mb, *days);
        }
        Command::DropHeld { account } => {
            for mailbox in view
                .mailboxes
                .iter_mut()
                .filter(|mailbox| mailbox.account == *account)
            {
                mailbox.items.clear();
                mailbox.bytes = 0;
            }
        }
        _ => {}
    }
    view.held_bytes = view.mailboxes.iter().map(|mailbox| mailbox.bytes).sum();
}
