//! The keys people have in their fingers for chats: Ctrl+N begins one, Alt+Up and Alt+Down go to the next, Ctrl+Tab to
//! the last one. Those that work everywhere (find, settings, back) are the app's.

use egui::{Context, Key, Modifiers};

use crate::action::Action;
use crate::route::{Dialog, Route};
use crate::views::Cx;

/// Looks for the keys of this frame. Before anything is painted, so that no field takes them.
pub fn listen(ctx: &Context, cx: &mut Cx<'_>) {
    let pressed = |modifiers, key| ctx.input_mut(|input| input.consume_key(modifiers, key));
    let chats = &cx.model.chats;
    let go = if pressed(Modifiers::COMMAND, Key::N) {
        let dialog = if cx.model.contacts.is_empty() {
            Dialog::Invite
        } else {
            Dialog::Find
        };
        Some(cx.route.with_dialog(dialog))
    } else if pressed(Modifiers::ALT, Key::ArrowDown) {
        chats
            .list
            .neighbour(cx.route.conversation, true)
            .map(Route::conversation)
    } else if pressed(Modifiers::ALT, Key::ArrowUp) {
        chats
            .list
            .neighbour(cx.route.conversation, false)
            .map(Route::conversation)
    } else if pressed(Modifiers::CTRL, Key::Tab) {
        chats.last_open().map(Route::conversation)
    } else {
        None
    };
    if let Some(route) = go {
        cx.act(Action::Go(route));
    }
}
