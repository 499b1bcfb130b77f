//! What is said after something was deleted, and how it is undone.

use kith_node::{Command, Reply};

use crate::action::Action;
use crate::model::Model;
use crate::model::requests::RequestKey;
use crate::t;
use crate::widgets::toast::{Toast, Undo};

/// What is said in passing once `command` was answered, if it took a message back.
pub fn said(command: &Command, reply: &Reply) -> Option<Toast> {
    if let (Command::CancelMessage { .. }, Reply::Done) = (command, reply) {
        return Some(Toast::good(t!("deleted-taken-back")));
    }
    None
}

/// What is said as long as something that was deleted can be brought back: one offer for all of it.
pub fn offered(model: &Model, now_ms: u64) -> Option<Toast> {
    let pending = model.chats.pending_deletions(now_ms)?;
    let messages = || t!("deleted-messages", count = pending.messages);
    let chats = || match pending.chats {
        1 => t!("deleted-chat", count = pending.undelivered),
        count => t!("deleted-chats", count = count),
    };
    let text = match (pending.messages, pending.chats) {
        (_, 0) => messages(),
        (0, _) => chats(),
        _ => format!("{} · {}", chats(), messages()),
    };
    let undo = Undo {
        deletions: pending.deletions,
        until_ms: pending.until_ms,
    };
    Some(Toast::undoable(text, undo))
}

/// Brings back what `deletion` hides.
pub fn undo(deletion: String) -> Action {
    Action::Call {
        key: RequestKey::of("undo delete", &deletion),
        command: Command::UndoDelete { deletion },
    }
}
