//! The scripted node's part in deleting: what is deleted is hidden until it is undone, or for good.

use kith_node::id::ConversationId;
use kith_node::position::Position;
use kith_node::view::{BodyView, DeletingView, DeletionView, MessageView, TimerChangeView};
use kith_node::{Command, Event, Reply};

use super::scene::{NOW_MS, Stage};

/// When what is deleted now is final.
pub const UNTIL_MS: u64 = NOW_MS + 10_000;

/// What the node says to `command`; what it changes is changed on the stage.
pub fn answer(stage: &mut Stage, command: &Command) -> Reply {
    match command {
        Command::DeleteMessages {
            conversation,
            positions,
            ..
        } => hide(stage, *conversation, positions),
        Command::UndoDelete { deletion } => bring_back(stage, deletion),
        Command::CancelMessage {
            conversation,
            position,
        } => {
            stage.model.apply_event(Event::MessageRemoved {
                conversation: *conversation,
                position: *position,
            });
            Reply::Done
        }
        Command::DeleteChat { conversation } => {
            deleting(stage, *conversation, true);
            Reply::Deletion(DeletionView {
                id: "chat".to_owned(),
                conversation: *conversation,
                positions: Vec::new(),
                until_ms: UNTIL_MS,
                undelivered: 1,
            })
        }
        Command::SetTimer {
            conversation,
            seconds,
        } => {
            let mut view = stage.model.chats.list.get(*conversation).unwrap().clone();
            view.timer.change = Some(TimerChangeView {
                seconds: *seconds,
                from_ms: UNTIL_MS,
            });
            Reply::Conversation(Box::new(view))
        }
        _ => Reply::Done,
    }
}

fn hide(stage: &mut Stage, conversation: ConversationId, positions: &[Position]) -> Reply {
    let id = format!("deletion {}", stage.deletions.len());
    let rows = stage.rows.get(&conversation).cloned().unwrap_or_default();
    let doomed: Vec<_> = rows
        .into_iter()
        .filter(|row| positions.contains(&row.position))
        .collect();
    for row in &doomed {
        let body = BodyView::Deleting {
            deletion: id.clone(),
            until_ms: UNTIL_MS,
        };
        tell(stage, MessageView { body, ..row.clone() });
    }
    stage.deletions.insert(id.clone(), doomed);
    Reply::Deletion(DeletionView {
        id,
        conversation,
        positions: positions.to_vec(),
        until_ms: UNTIL_MS,
        undelivered: 0,
    })
}

fn bring_back(stage: &mut Stage, deletion: &str) -> Reply {
    if deletion == "chat" {
        let all: Vec<_> = (1..=7).map(crate::model::testing::conversation).collect();
        for conversation in all {
            deleting(stage, conversation, false);
        }
    }
    for row in stage.deletions.remove(deletion).unwrap_or_default() {
        tell(stage, row);
    }
    Reply::Done
}

fn tell(stage: &mut Stage, row: MessageView) {
    stage.model.apply_event(Event::Message(Box::new(row)));
}

fn deleting(stage: &mut Stage, conversation: ConversationId, is: bool) {
    let mut view = stage.model.chats.list.get(conversation).unwrap().clone();
    view.deleting = is.then(|| DeletingView {
        deletion: "chat".to_owned(),
        until_ms: UNTIL_MS,
    });
    stage.model.apply_event(Event::Conversation(Box::new(view)));
}
