//! What stands where something of the node's is not here yet: grey bars while it is on its way, and what is wrong, with a
//! way to ask again, once it could not be had.

use egui::Ui;
use kith_node::Command;

use crate::action::Action;
use crate::i18n::errors;
use crate::model::requests::RequestKey;
use crate::t;
use crate::theme::size;
use crate::views::Cx;
use crate::widgets::empty::Empty;
use crate::widgets::icon::Icon;
use crate::widgets::skeleton;

/// Paints it over the room there is; `rows` grey rows stand for what `question` asks for.
pub fn missing_ui(ui: &mut Ui, cx: &mut Cx<'_>, question: Command, rows: usize) {
    let model = cx.model;
    let key = RequestKey::of("ask again", format_args!("{question:?}"));
    let failed = model.unanswered.why(&question);
    let Some(error) = failed.filter(|_| !model.requests.state(&key).is_running()) else {
        (0..rows).for_each(|row| skeleton::row_ui(ui, size::CHAT_ROW, row));
        return;
    };
    let (title, hint, retry) = (t!("load-failed-title"), errors::sentence(error), t!("retry"));
    let empty = Empty::new(Icon::ERROR, &title, &hint).action(&retry);
    if empty.show(ui).action {
        cx.act(Action::Call {
            key,
            command: question,
        });
    }
}
