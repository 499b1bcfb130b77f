//! What is said after something was deleted, and how it is undone.

use kith_node::{Command, Reply};

use crate::action::Action;
use crate::model::requests::RequestKey;
use crate::t;
use crate::widgets::toast::{Toast, Undo};

/// What is said in passing once `command` was answered, if it deleted something or took it back.
pub fn said(command: &Command, reply: &Reply) -> Option<Toast> {
    if let (Command::CancelMessage { .. }, Reply::Done) = (command, reply) {
        return Some(Toast::good(t!("deleted-taken-back")));
    }
    let Reply::Deletion(deletion) = reply else {
        return None;
    };
    let text = match command {
        Command::DeleteChat { .. } => t!("deleted-chat", count = deletion.undelivered),
        _ => t!("deleted-messages", count = deletion.positions.len()),
    };
    let undo = Undo {
        deletion: deletion.id.clone(),
        until_ms: deletion.until_ms,
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
