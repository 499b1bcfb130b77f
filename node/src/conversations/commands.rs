//! What a person does in a conversation.

use kith_crypto::{Content, ConversationId};

use super::{append, drafts, find, page, reading, receipts, rows, view};
use crate::{
    carriers,
    command::{Anchor, Reply},
    contacts, epochs,
    error::CommandError,
    event::Event,
    groups::leaving,
    position::Position,
    records::{Conversation, Profile},
    sync,
    turn::{Step, Turn},
    view::ConversationView,
};

/// The longest text of a message or draft, in bytes of UTF-8.
pub(crate) const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Writes a text, and hands it to gossip where somebody listens.
pub(crate) fn send_message(turn: &mut Turn, id: &ConversationId, text: String) -> Step<Reply> {
    check_length(&text)?;
    if text.trim().is_empty() {
        return Err(CommandError::EmptyText.into());
    }
    let mut conversation = find(turn, id)?;
    if let Some(contact) = conversation.contact() {
        contacts::must_be_accepted(turn, contact)?;
    }
    if turn
        .load::<Profile>(&Profile::at())?
        .is_some_and(|profile| profile.outdated)
    {
        return Err(CommandError::OutdatedCopy.into());
    }
    leaving::must_take_part(turn, &conversation)?;
    epochs::rekey_if_needed(turn, &mut conversation)?;
    let content = Content::Text { text }.encode()?;
    let (appended, row) = append::content(turn, &mut conversation, content)?;
    drafts::set(turn, &conversation.id, String::new())?;
    epochs::gossip::publish(turn, &conversation, &appended)?;
    sync::expect_receipt(turn, &conversation);
    carriers::sending::soon(turn, &conversation);
    let message = view::message(turn, &conversation, &receipts::Progress::none(turn), &row)?;
    turn.emit(Event::Message(Box::new(message.clone())));
    view::emit_conversation(turn, &conversation)?;
    Ok(Reply::Message(Box::new(message)))
}

/// Everything up to a place was shown to the person.
pub(crate) fn mark_read(turn: &mut Turn, id: &ConversationId, up_to: Position) -> Step<Reply> {
    let mut conversation = find(turn, id)?;
    reading::mark_read(turn, &mut conversation, up_to)?;
    view::emit_conversation(turn, &conversation)?;
    one(turn, &conversation)
}

/// Keeps what is being typed.
pub(crate) fn set_draft(turn: &mut Turn, id: &ConversationId, text: String) -> Step<Reply> {
    check_length(&text)?;
    let conversation = find(turn, id)?;
    if drafts::of(turn, id)? != text {
        drafts::set(turn, id, text)?;
        view::emit_conversation(turn, &conversation)?;
    }
    Ok(Reply::Done)
}

/// All conversations, the most recently active first.
pub(crate) fn list(turn: &Turn) -> Step<Reply> {
    let all = turn.all::<Conversation>(&Conversation::scope())?;
    let mut views = all
        .iter()
        .map(|each| view::conversation(turn, each))
        .collect::<Step<Vec<ConversationView>>>()?;
    views.sort_by_key(|view| std::cmp::Reverse(view.active_at_ms));
    Ok(Reply::Conversations(views))
}

/// One conversation.
pub(crate) fn get(turn: &Turn, id: &ConversationId) -> Step<Reply> {
    one(turn, &find(turn, id)?)
}

/// A page of a conversation.
pub(crate) fn messages(
    turn: &Turn,
    id: &ConversationId,
    anchor: Anchor,
    before: u32,
    after: u32,
) -> Step<Reply> {
    Ok(Reply::Page(page::page(
        turn,
        &find(turn, id)?,
        anchor,
        before,
        after,
    )?))
}

/// The batch is durable: our rows in it are saved now.
pub(crate) fn flushed(turn: &mut Turn, rows: &[(ConversationId, Position)]) -> Step {
    for (id, position) in rows {
        let conversation = find(turn, id)?;
        view::emit_row(turn, &conversation, position)?;
        if rows::at(turn, &conversation, position)?.is_some() && conversation.last == Some(*position) {
            view::emit_conversation(turn, &conversation)?;
        }
    }
    Ok(())
}

fn one(turn: &Turn, conversation: &Conversation) -> Step<Reply> {
    Ok(Reply::Conversation(Box::new(view::conversation(
        turn,
        conversation,
    )?)))
}

fn check_length(text: &str) -> Step {
    if text.len() > MAX_TEXT_BYTES {
        return Err(CommandError::TextTooLong {
            size_bytes: text.len(),
            max_bytes: MAX_TEXT_BYTES,
        }
        .into());
    }
    Ok(())
}
