//! While messages are being chosen, a bar stands in place of the header: how many there are, and what can be done with all of them.

use egui::{Event, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use kith_node::view::{BodyView, ConversationView, MessageView};

use super::composer_id;
use super::header::{button_in, foot_line_ui};
use crate::action::Action;
use crate::i18n::dates;
use crate::model::chats::ChatWish;
use crate::model::selection::Selection;
use crate::route::Dialog;
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::{Cx, faces};
use crate::widgets::button::icon_button;
use crate::widgets::icon::Icon;
use crate::widgets::put_ui;

/// Paints the bar.
pub(super) fn bar_ui(ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView, selection: &Selection) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::HEADER), Sense::hover());
    foot_line_ui(ui, rect);
    let mut pressed = |left, icon, label: &str| {
        put_ui(ui, button_in(rect, left), |ui| {
            icon_button(ui, icon, label).clicked()
        })
    };
    let left = rect.left() + space::S;
    let delete = rect.right() - space::M - size::ICON_BUTTON;
    let copy = delete - space::XS - size::ICON_BUTTON;
    let ends = pressed(left, Icon::CLOSE, &t!("cancel"));
    let copies = pressed(copy, Icon::COPY, &t!("selection-copy"));
    let deletes = pressed(delete, Icon::DELETE, &t!("selection-delete"));
    let count = t!("selection-count", count = selection.rows().len());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &count));
    let words = left + size::ICON_BUTTON + space::S;
    let colours = palette(ui);
    let galley = Type::BodyStrong.one_line(ui.painter(), &count, colours.text, copy - space::S - words);
    let at = pos2(words, rect.center().y - galley.size().y / 2.0).round();
    ui.painter().galley(at, galley, colours.text);
    if ends {
        cx.act(Action::Chat(ChatWish::PickNone));
    } else if copies || is_copied(ui, chat) {
        cx.act(Action::Copy(copied(cx, chat, selection)));
        cx.act(Action::Chat(ChatWish::PickNone));
    } else if deletes {
        let dialog = Dialog::DeleteMessages {
            conversation: chat.id,
            positions: selection.rows().map(|row| row.position).collect(),
        };
        cx.act(Action::Go(cx.route.with_dialog(dialog)));
    }
}

/// Whether the keys that copy were pressed for the messages, and not for what is being written.
fn is_copied(ui: &Ui, chat: &ConversationView) -> bool {
    let writes = ui.memory(|memory| memory.has_focus(composer_id(chat.id)));
    !writes && ui.input(|input| input.events.contains(&Event::Copy))
}

/// What is copied: of one message its text, of several also who wrote each of them, and when.
fn copied(cx: &Cx<'_>, chat: &ConversationView, selection: &Selection) -> String {
    let own = cx.model.profile.as_ref().map(|profile| profile.name.as_str());
    let said = |row: &MessageView| {
        let BodyView::Text { text } = &row.body else {
            return String::new();
        };
        if selection.rows().len() == 1 {
            return text.clone();
        }
        let author = match own.filter(|_| row.mine) {
            Some(own) => own.to_owned(),
            None => faces::author(chat, row),
        };
        let by = t!("message-by", author = author, time = dates::full(row.at_ms));
        format!("{by}\n{text}")
    };
    let all: Vec<_> = selection.rows().map(said).collect();
    all.join("\n\n")
}
