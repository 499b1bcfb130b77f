//! What is being typed. It holds the words of messages to come, so it must not outlive them: each day it moves under that day's
//! key, and yesterday's versions are unreadable.

use kith_crypto::ConversationId;

use crate::{
    records::Draft,
    turn::{Step, Turn},
};

/// What is being typed in a conversation; empty if nothing is.
pub(crate) fn of(turn: &Turn, conversation: &ConversationId) -> Step<String> {
    let known = turn.load::<Draft>(&Draft::at(conversation))?;
    Ok(known.map(|draft| draft.text).unwrap_or_default())
}

/// Keeps it.
pub(crate) fn set(turn: &mut Turn, conversation: &ConversationId, text: String) -> Step {
    if text.is_empty() {
        turn.remove(Draft::at(conversation));
        return Ok(());
    }
    turn.save(&Draft {
        conversation: *conversation,
        text,
    })
}

/// Once a day: all move under today's key.
pub(crate) fn upkeep(turn: &mut Turn) -> Step {
    for draft in turn.all::<Draft>(&Draft::scope())? {
        turn.save(&draft)?;
    }
    Ok(())
}
