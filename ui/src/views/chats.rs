//! The chat list: every conversation, the most recently active first, and a field to find one by name.

use egui::{Id, Rect, Role, Ui, Vec2, WidgetInfo, pos2, vec2};
use kith_node::Command;
use kith_node::view::ConversationView;

use crate::action::Action;
use crate::i18n::dates;
use crate::route::{Dialog, Route};
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::missing::missing_ui;
use crate::views::{Cx, faces, people};
use crate::widgets::avatar::Avatar;
use crate::widgets::badge::Badge;
use crate::widgets::button::icon_button;
use crate::widgets::empty::Empty;
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::keyed_list::KeyedList;
use crate::widgets::put_ui;
use crate::widgets::row::{Stop, list_row_ui};

/// The field that finds a chat.
const SEARCH: &str = "chats";
/// Skeleton rows while the list is on its way.
const SKELETONS: usize = 7;
/// Where the counters of rows stop counting.
pub const MOST_UNREAD: u32 = 999;

/// The chat list.
#[derive(Default)]
pub struct ChatList {
    search: String,
}

impl ChatList {
    /// Paints the list with its header.
    pub fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        if list_header_ui(ui, &t!("section-chats"), [(Icon::ADD, &t!("chats-new"))]) == Some(0) {
            let dialog = if cx.model.contacts.is_empty() {
                Dialog::Invite
            } else {
                Dialog::Find
            };
            cx.act(Action::Go(cx.route.with_dialog(dialog)));
        }
        if !cx.model.chats.list.loaded() {
            missing_ui(ui, cx, Command::ListConversations {}, SKELETONS);
            return;
        }
        if cx.model.chats.list.is_empty() {
            let restored = cx.model.profile.as_ref().is_some_and(|profile| profile.restored);
            let (title, hint) = if restored {
                (t!("chats-restored-title"), t!("chats-restored-hint"))
            } else {
                (t!("chats-empty-title"), t!("chats-empty-hint"))
            };
            people::first_ui(ui, cx, Icon::CHATS, &title, &hint);
            return;
        }
        search_ui(ui, SEARCH, &t!("chats-search"), &mut self.search);
        self.rows_ui(ui, cx);
    }

    fn rows_ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let model = cx.model;
        let found = model.chats.list.matching(&self.search);
        if found.is_empty() {
            let (title, hint) = (
                t!("chats-none-title"),
                t!("chats-none-hint", query = self.search.trim()),
            );
            Empty::new(Icon::SEARCH, &title, &hint).show(ui);
            return;
        }
        let open = found
            .iter()
            .position(|chat| cx.route.conversation == Some(chat.id));
        let key = |row: usize| found.get(row).map(|chat| chat.id);
        KeyedList::new(search_id(SEARCH), size::CHAT_ROW, found.len())
            .open(open)
            .show(ui, key, |ui, row, stop| {
                if let Some(chat) = found.get(row)
                    && chat_row_ui(ui, cx, stop, chat)
                {
                    cx.act(Action::Go(Route::conversation(chat.id)));
                }
            });
    }
}

/// The bar above a list: its name and what can be done, from the left to the right. Gives the number of what was pressed.
pub fn list_header_ui<const N: usize>(ui: &mut Ui, title: &str, actions: [(Icon, &str); N]) -> Option<usize> {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::HEADER), egui::Sense::hover());
    let inner = rect.shrink2(vec2(space::L, (size::HEADER - size::ICON_BUTTON) / 2.0));
    #[expect(clippy::cast_precision_loss, reason = "a button or two")]
    let buttons = N as f32 * size::ICON_BUTTON;
    let galley = Type::Screen.one_line(ui.painter(), title, palette(ui).text, inner.width() - buttons);
    let name = ui.interact(
        Rect::from_min_size(inner.min, galley.size()),
        ui.scope_id().with(title),
        egui::Sense::hover(),
    );
    name.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    let top = (rect.center().y - galley.size().y / 2.0).round();
    ui.painter()
        .galley(pos2(inner.left(), top), galley, palette(ui).text);
    let mut place = inner
        .with_min_x(inner.right() - buttons)
        .with_max_x(inner.right() - buttons + size::ICON_BUTTON)
        .translate(vec2(space::XS, 0.0));
    let mut pressed = None;
    for (number, (icon, label)) in actions.into_iter().enumerate() {
        if put_ui(ui, place, |ui| icon_button(ui, icon, label).clicked()) {
            pressed = Some(number);
        }
        place = place.translate(vec2(size::ICON_BUTTON, 0.0));
    }
    pressed
}

fn search_field<'a>(id: &str, label: &'a str) -> Field<'a> {
    Field::search(("search", id), label)
}

/// Where the focus of such a field lives.
pub fn search_id(id: &str) -> Id {
    search_field(id, "").id()
}

/// The field above a list that finds rows by name.
pub fn search_ui(ui: &mut Ui, id: &str, label: &str, text: &mut String) {
    let height = size::CONTROL + space::S;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), egui::Sense::hover());
    let inner = rect
        .shrink2(vec2(space::M, 0.0))
        .with_max_y(rect.bottom() - space::S);
    put_ui(ui, inner, |ui| search_field(id, label).show(ui, text));
}

fn chat_row_ui(ui: &mut Ui, cx: &Cx<'_>, stop: Stop, chat: &ConversationView) -> bool {
    let open = cx.route.conversation == Some(chat.id);
    let draft = if open {
        ""
    } else {
        cx.model.chats.list.draft(chat.id)
    };
    let name = faces::name(&cx.model.contacts, chat);
    let time = chat
        .last
        .as_ref()
        .map(|last| dates::list_time(last.at_ms, cx.now_ms))
        .unwrap_or_default();
    let (rect, response) = list_row_ui(
        ui,
        stop,
        size::CHAT_ROW,
        open,
        &spoken(ui, cx, chat, &name, &time, draft),
    );
    if !ui.is_rect_visible(rect) {
        return response.clicked();
    }
    let colours = palette(ui);
    let ground = if open { colours.selected } else { colours.list };
    let picture = cx.model.pictures.get(faces::picture(chat));
    let disc = pos2(rect.left() + space::M, rect.center().y - size::AVATAR_LIST / 2.0);
    Avatar::new(faces::seed(chat), &name)
        .picture(picture.as_ref())
        .online(faces::is_online(chat))
        .paint(
            ui,
            Rect::from_min_size(disc, Vec2::splat(size::AVATAR_LIST)),
            ground,
        );
    let left = disc.x + size::AVATAR_LIST + space::M;
    let right = rect.right() - space::L;
    let upper = rect.center().y - Type::BodyStrong.line_height() / 2.0 - space::LINE / 2.0;
    let lower = rect.center().y + Type::Secondary.line_height() / 2.0 + space::LINE;
    let unread = chat.unread > 0;
    let ink = if unread { colours.accent } else { colours.secondary };
    let time = Type::Caption.one_line(ui.painter(), &time, ink, size::LIST_MIN / 2.0);
    let name_width = right - left - time.size().x - space::S;
    let name = Type::BodyStrong.one_line(ui.painter(), &name, colours.text, name_width);
    let at = |x: f32, middle: f32, height: f32| pos2(x, middle - height / 2.0).round();
    ui.painter()
        .galley(at(left, upper, name.size().y), name, colours.text);
    ui.painter()
        .galley(at(right - time.size().x, upper, time.size().y), time, ink);
    let badge = if unread {
        let badge = Badge::new(ui, chat.unread, MOST_UNREAD);
        let width = badge.width();
        badge.paint(ui, right, lower);
        width + space::S
    } else {
        0.0
    };
    let words = people::last_words_line(ui, chat, draft, right - left - badge);
    ui.painter()
        .galley(at(left, lower, words.size().y), words, colours.secondary);
    response.clicked()
}

fn spoken(ui: &Ui, cx: &Cx<'_>, chat: &ConversationView, name: &str, time: &str, draft: &str) -> String {
    let presence = faces::presence_ui(ui, &cx.model.contacts, chat, cx.now_ms);
    let last = people::last_words(chat, draft);
    if chat.unread == 0 {
        return t!(
            "chat-row",
            name = name,
            presence = presence,
            time = time,
            last = last
        );
    }
    let unread = t!("unread-count", count = chat.unread);
    t!(
        "chat-row-unread",
        name = name,
        presence = presence,
        time = time,
        last = last,
        unread = unread
    )
}
