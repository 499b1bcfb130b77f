//! Which room answers which command.

use crate::{
    carriers::commands as carrying,
    command::{Command, Reply},
    contacts::{adding, blocking, dialing, invites, pictures, safety},
    conversations::{commands, deleting, ledger, timers},
    damage,
    effects::Transmit,
    groups::{creating, leaving},
    network, own,
    turn::{Step, Turn},
};

/// Does what a command asks, and says what came of it.
pub(super) fn answer(turn: &mut Turn, command: Command) -> Step<Reply> {
    match command {
        Command::GetProfile {} => own::get(turn),
        Command::SetProfile { name, status } => own::set(turn, name, status),
        Command::SetPicture { image } => own::set_picture(turn, image),
        Command::GetPicture { picture } => pictures::get(turn, &picture),
        Command::CreateInvite { valid_for_s } => invites::create(turn, valid_for_s),
        Command::ListInvites {} => invites::list(turn),
        Command::RevokeInvite { id } => invites::revoke(turn, &id),
        Command::AddContact { link } => adding::add(turn, &link),
        Command::ListContacts {} => adding::list(turn),
        Command::RemoveContact { account } => adding::remove(turn, &account),
        Command::BlockContact { account } => blocking::block(turn, &account),
        Command::UnblockContact { account } => blocking::unblock(turn, &account),
        Command::CreateGroup { name, members } => creating::create(turn, &name, &members),
        Command::LeaveGroup { conversation } => leaving::leave(turn, &conversation),
        Command::ListConversations {} => commands::list(turn),
        Command::GetConversation { conversation } => commands::get(turn, &conversation),
        Command::GetMessages {
            conversation,
            anchor,
            before,
            after,
        } => commands::messages(turn, &conversation, anchor, before, after),
        Command::SendMessage { conversation, text } => commands::send_message(turn, &conversation, text),
        Command::MarkRead { conversation, up_to } => commands::mark_read(turn, &conversation, up_to),
        Command::GetLedger {
            conversation,
            position,
        } => ledger::get(turn, &conversation, &position),
        Command::DeleteMessages {
            conversation,
            positions,
            scope,
        } => deleting::commands::delete(turn, &conversation, &positions, scope),
        Command::UndoDelete { deletion } => deleting::commands::undo(turn, &deletion),
        Command::CancelMessage {
            conversation,
            position,
        } => deleting::commands::cancel(turn, &conversation, &position),
        Command::DeleteChat { conversation } => deleting::commands::delete_chat(turn, &conversation),
        Command::SetTimer {
            conversation,
            seconds,
        } => timers::set(turn, &conversation, seconds),
        Command::GetSafetyNumber { account } => safety::get(turn, &account),
        Command::SetVerified { account, verified } => safety::set(turn, &account, verified),
        Command::CheckSafetyCode { account, code } => safety::check(turn, &account, &code),
        Command::SetDraft { conversation, text } => commands::set_draft(turn, &conversation, text),
        Command::GetCarrying {} => carrying::get(turn),
        Command::SetCarrying { account, carry } => carrying::carry(turn, account, carry),
        Command::UseCarrier { account, used } => carrying::choose(turn, account, used),
        Command::AllowMail { account, allowed } => carrying::allow(turn, account, allowed),
        Command::SetCarryingLimits { max_mb, days } => carrying::limit(turn, max_mb, days),
        Command::DropHeld { account } => carrying::drop_held(turn, account),
        Command::GetNetwork {} => Ok(Reply::Network(network::view(turn))),
        Command::RetryNetwork {} => retry(turn),
        Command::SetBootstraps { addresses } => network::set_bootstraps(turn, addresses),
        Command::DismissDamage {} => damage::dismiss(turn),
    }
}

/// Tries again now what waits for a retry.
fn retry(turn: &mut Turn) -> Step<Reply> {
    dialing::everyone_soon(turn)?;
    turn.transmit(Transmit::RetryBootstraps);
    dialing::tick(turn)?;
    Ok(Reply::Done)
}
