//! Delete messages, for oneself or for everyone; delete a chat. What goes and what stays is said before; for ten seconds
//! after, it can be undone.

use egui::Ui;
use kith_node::Command;
use kith_node::id::ConversationId;
use kith_node::position::Position;
use kith_node::view::{ConversationView, DeleteFor, MessageView};

use super::{cancel_ui, confirm_ui, head_ui, words_ui};
use crate::action::Action;
use crate::model::Model;
use crate::model::requests::RequestKey;
use crate::model::timeline::Phase;
use crate::t;
use crate::theme::space;
use crate::views::Cx;
use crate::widgets::bubble::is_unheld;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;

/// Paints the dialog of messages, of one or several.
pub fn messages_ui(ui: &mut Ui, cx: &mut Cx<'_>, conversation: ConversationId, positions: &[Position]) {
    let count = positions.len();
    head_ui(ui, cx, &t!("delete-message-title", count = count));
    let model = cx.model;
    let rows = positions
        .iter()
        .filter_map(|position| model.chats.row(conversation, *position));
    let rows: Vec<_> = rows.collect();
    let Some(chat) = model.chats.list.get(conversation).filter(|_| !rows.is_empty()) else {
        // It disappeared, or was deleted by its author, while this was open.
        words_ui(ui, &t!("error-unknown-message"));
        return;
    };
    // In a group the state is that of whoever has it least: somebody else may hold it.
    let unheld = |row: &&MessageView| row.state.is_some_and(is_unheld) && chat.contact().is_some();
    let chosen = if rows.iter().all(unheld) {
        words_ui(ui, &t!("delete-message-unheld", count = count));
        let pressed = Button::danger(&t!("delete-message-button"))
            .icon(Icon::DELETE)
            .wide()
            .show(ui)
            .clicked();
        pressed.then_some(DeleteFor::Everyone)
    } else if rows.iter().all(|row| row.state.is_some()) {
        own_ui(ui, chat, count)
    } else {
        let name = chat.name();
        let hint = if chat.contact().is_some() {
            t!("delete-message-me-hint", name = name, count = count)
        } else {
            t!("delete-message-me-hint-group", name = name, count = count)
        };
        words_ui(ui, &hint);
        me_ui(ui)
    };
    cancel_ui(ui, cx);
    if let Some(scope) = chosen {
        delete(cx, conversation, &rows, scope);
    }
}

/// What is asked of messages of ours that somebody holds.
fn own_ui(ui: &mut Ui, chat: &ConversationView, count: usize) -> Option<DeleteFor> {
    let name = chat.name();
    let hint = if chat.contact().is_some() {
        t!("delete-message-everyone-hint", name = name, count = count)
    } else {
        t!("delete-message-everyone-hint-group", name = name, count = count)
    };
    words_ui(ui, &hint);
    let everyone = Button::danger(&t!("delete-message-everyone"))
        .icon(Icon::DELETE)
        .wide()
        .show(ui)
        .clicked();
    ui.add_space(space::S);
    let me = me_ui(ui);
    everyone.then_some(DeleteFor::Everyone).or(me)
}

fn me_ui(ui: &mut Ui) -> Option<DeleteFor> {
    let label = t!("delete-message-me");
    let button = Button::soft_danger(&label).icon(Icon::DELETE).wide();
    button.show(ui).clicked().then_some(DeleteFor::Me)
}

fn delete(cx: &mut Cx<'_>, conversation: ConversationId, rows: &[&MessageView], scope: DeleteFor) {
    let command = Command::DeleteMessages {
        conversation,
        positions: rows.iter().map(|row| row.position).collect(),
        scope,
    };
    let ids: Vec<_> = rows.iter().map(|row| row.id.to_string()).collect();
    let key = RequestKey::of("delete messages", ids.join(" "));
    cx.act(Action::Call { key, command });
    cx.act(Action::Back);
}

/// Paints the dialog of a chat.
pub fn chat_ui(ui: &mut Ui, cx: &mut Cx<'_>, conversation: ConversationId) {
    head_ui(ui, cx, &t!("delete-chat-title"));
    let model = cx.model;
    let Some(chat) = model.chats.list.get(conversation) else {
        words_ui(ui, &t!("error-unknown-conversation"));
        return;
    };
    let name = chat.name();
    let is_group = chat.contact().is_none();
    words_ui(ui, &t!("delete-chat-goes"));
    let stays = if is_group {
        t!("delete-chat-stays-group", name = name)
    } else {
        t!("delete-chat-stays", name = name)
    };
    words_ui(ui, &stays);
    // The ticks of a group are those of whoever has least: they do not say what nobody has.
    match undelivered(model, conversation).filter(|_| !is_group) {
        Some(0) => {}
        Some(count) => words_ui(ui, &t!("delete-chat-undelivered", count = count)),
        None => words_ui(ui, &t!("delete-chat-undelivered-some")),
    }
    let label = t!("delete-chat-button");
    let delete = Button::danger(&label).icon(Icon::DELETE);
    let key = RequestKey::of("delete chat", conversation);
    confirm_ui(ui, cx, delete, key, Command::DeleteChat { conversation });
}

/// How many messages of ours nobody holds yet, if all of the chat is known here.
fn undelivered(model: &Model, conversation: ConversationId) -> Option<usize> {
    let timeline = model.chats.timeline(conversation)?;
    let whole = timeline.phase() == Phase::Ready && !timeline.more_before() && !timeline.more_after();
    let unheld = |row: &&MessageView| row.state.is_some_and(is_unheld);
    whole.then(|| timeline.rows().iter().filter(unheld).count())
}
