//! An open conversation: who it is with, what was said, where the next message is written.
//!
//! The screen holds only what belongs to looking: where the list stands, which long texts are unfolded, the text in
//! the composer until the model has it. What it wishes for goes out as [`ChatWish`]es.

mod deeds;
mod header;
mod jump;
mod offer;
mod selecting;

use std::collections::HashSet;

use egui::{Context, Id, Sense, Stroke, Ui, Vec2, vec2};
use kith_node::id::{ConversationId, EntryId};
use kith_node::position::Position;
use kith_node::view::{ContactState, ConversationView};

use self::jump::Jump;
use crate::action::Action;
use crate::i18n::errors;
use crate::model::chats::ChatWish;
use crate::model::drafts::MAX_TEXT_BYTES;
use crate::model::timeline::{Eye, Item, Landing, Phase, Timeline};
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::message_rows::{Items, MessageRows, RowKey};
use crate::views::{Cx, faces, people};
use crate::widgets::composer::Composer;
use crate::widgets::empty::Empty;
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Tone, notice_ui};
use crate::widgets::virtual_list::{Beyond, Place, Shown, VirtualList};
use crate::widgets::{put_ui, skeleton};

/// The screen of the open conversation.
pub struct ConversationScreen {
    open: Option<ConversationId>,
    list: VirtualList<RowKey>,
    landed: u64,
    /// The list has landed since the chat was entered: what shows before that was not meant to be seen.
    arrived: bool,
    items: Items,
    unfolded: HashSet<EntryId>,
    /// The message that Tab comes to, and the one that the keyboard goes to.
    stop: Option<EntryId>,
    goes_to: Option<EntryId>,
    typed: String,
    kept: String,
    watched: Option<ConversationId>,
    /// Where the model knows the person to be.
    eye: Option<Eye>,
    problem_height: f32,
    /// How high the composer stands, with what is said above it.
    foot: f32,
    /// The composer of the chat that was just opened has not had the keyboard yet.
    wants_focus: bool,
}

impl Default for ConversationScreen {
    fn default() -> Self {
        Self {
            open: None,
            list: VirtualList::at_end("conversation"),
            landed: 0,
            arrived: false,
            items: Items::default(),
            unfolded: HashSet::new(),
            stop: None,
            goes_to: None,
            typed: String::new(),
            kept: String::new(),
            watched: None,
            eye: None,
            problem_height: 0.0,
            foot: 0.0,
            wants_focus: false,
        }
    }
}

impl ConversationScreen {
    /// Enters and leaves chats as the route says. Once a frame, whether or not a chat is on the screen.
    pub fn follow(&mut self, ctx: &Context, cx: &mut Cx<'_>) {
        let wanted = cx.route.conversation.filter(|id| {
            let chat = cx.model.chats.list.get(*id);
            chat.is_some_and(|chat| chat.deleting.is_none())
        });
        if wanted == self.open {
            return;
        }
        if let Some(left) = self.open {
            cx.act(Action::Chat(ChatWish::Leave(left)));
        }
        self.open = wanted;
        self.list = VirtualList::at_end(("conversation", wanted));
        (self.landed, self.arrived) = (0, false);
        self.items.clear();
        self.unfolded.clear();
        (self.watched, self.eye) = (None, None);
        (self.stop, self.goes_to) = (None, None);
        let Some(id) = wanted else { return };
        self.landed = cx
            .model
            .chats
            .timeline(id)
            .map_or(0, |timeline| timeline.landing().0);
        cx.model.chats.list.draft(id).clone_into(&mut self.typed);
        self.kept.clone_from(&self.typed);
        cx.act(Action::Chat(ChatWish::Enter(id)));
        ctx.memory_mut(|memory| memory.request_focus(composer_id(id)));
        self.wants_focus = true;
    }

    /// Paints the open conversation, or what stands there when none is open.
    pub fn content_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.follow(ui.ctx(), cx);
        let model = cx.model;
        let Some(chat) = self.open.and_then(|id| model.chats.list.get(id)) else {
            let first = model.chats.list.loaded() && model.chats.list.is_empty();
            let title = if first {
                t!("conversation-first-title")
            } else {
                t!("conversation-none-title")
            };
            Empty::new(Icon::CHATS, &title, &t!("conversation-none-hint")).show(ui);
            self.foot = 0.0;
            return;
        };
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        match model.chats.selection(chat.id) {
            Some(selection) => selecting::bar_ui(ui, cx, chat, selection),
            None => header::header_ui(ui, cx, chat),
        }
        header::alarm_ui(ui, chat);
        offer::offer_ui(ui, cx, chat);
        let room = ui.available_rect_before_wrap();
        self.foot = self.foot_height(ui, cx, chat, room.width());
        let middle = room.with_max_y((room.bottom() - self.foot).max(room.top()));
        put_ui(ui, middle, |ui| self.messages_ui(ui, cx, chat));
        let foot = room.with_min_y(middle.bottom());
        put_ui(ui, foot, |ui| self.foot_ui(ui, cx, chat));
    }

    /// How high that is which stands below the messages; 0 while no conversation is open.
    pub fn foot(&self) -> f32 {
        self.foot
    }

    fn messages_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView) {
        let room = ui.available_rect_before_wrap();
        let model = cx.model;
        match model.chats.timeline(chat.id) {
            Some(timeline) if timeline.phase() == Phase::Failed => {
                let (title, hint) = (t!("conversation-failed-title"), t!("conversation-failed-hint"));
                let retry = t!("retry");
                let empty = Empty::new(Icon::ERROR, &title, &hint).action(&retry);
                if empty.show(ui).action {
                    cx.act(Action::Chat(ChatWish::Enter(chat.id)));
                }
            }
            Some(timeline) if timeline.phase() == Phase::Ready && timeline.shows_nothing() => {
                let (icon, title, hint) = nothing_yet(chat);
                Empty::new(icon, &title, &hint).show(ui);
            }
            Some(timeline) if timeline.phase() == Phase::Ready => self.list_ui(ui, cx, chat, timeline),
            _ => skeleton::bubbles_ui(ui, room),
        }
    }

    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView, timeline: &Timeline) {
        let model = cx.model;
        self.items.follow(timeline);
        self.land(timeline);
        let mut rows = MessageRows {
            items: &self.items,
            timeline,
            chat,
            unfolded: &self.unfolded,
            pictures: &model.pictures,
            now_ms: cx.now_ms,
            stop: self.stop,
            goes_to: self.goes_to,
            focused: None,
            selection: model.chats.selection(chat.id),
            deeds: Vec::new(),
        };
        let beyond = Beyond {
            before: timeline.more_before(),
            after: timeline.more_after(),
        };
        let shown = self.list.show(ui, &mut rows, beyond);
        let (deeds, focused) = (rows.deeds, rows.focused);
        self.bring_into_sight(ui, timeline, &shown, focused);
        for (entry, deed) in deeds {
            self.carry_out(cx, chat, timeline, (entry, deed));
        }
        self.report(ui, cx, timeline, &shown);
        match jump::jumps_ui(ui, timeline, chat.unread, &shown, self.in_sight(timeline, &shown)) {
            Some(Jump::Newest) => {
                self.list.follow_end();
                cx.act(Action::Chat(ChatWish::Newest(chat.id)));
            }
            Some(Jump::Unread) => cx.act(Action::Chat(ChatWish::Unread(chat.id))),
            None => {}
        }
    }

    /// The places of the oldest and the newest row in sight.
    fn in_sight(&self, timeline: &Timeline, shown: &Shown) -> Option<(Position, Position)> {
        let place = |place: usize| match self.items.get(place) {
            Some(Item::Row { index, .. }) => timeline.row(*index).map(|row| row.position),
            _ => None,
        };
        let range = shown.arrangement.range();
        Some((range.clone().find_map(place)?, range.rev().find_map(place)?))
    }

    fn land(&mut self, timeline: &Timeline) {
        let (landings, landing) = timeline.landing();
        if landings == self.landed {
            return;
        }
        (self.landed, self.arrived) = (landings, true);
        self.eye = None;
        match landing {
            Landing::Newest => self.list.follow_end(),
            Landing::Unread => self.list.jump_to(RowKey::Unread, Place::Top(space::XXL)),
        }
    }

    /// Tells what the list showed: pages it wants, rows that were read, whether its end is being watched.
    fn report(&mut self, ui: &Ui, cx: &mut Cx<'_>, timeline: &Timeline, shown: &Shown) {
        let id = timeline.conversation();
        let arrangement = &shown.arrangement;
        if !timeline.is_asking() {
            if arrangement.wants_before && timeline.more_before() {
                cx.act(Action::Chat(ChatWish::Older(id)));
            } else if arrangement.wants_after && timeline.more_after() {
                cx.act(Action::Chat(ChatWish::Newer(id)));
            }
        }
        let focused = ui.input(|input| input.focused);
        let painted = self.in_sight(timeline, shown).filter(|_| focused && self.arrived);
        if let Some((first, last)) = painted.filter(|(first, last)| timeline.unshown(*first, *last)) {
            cx.act(Action::Chat(ChatWish::Shown(id, first, last)));
        }
        let oldest = self.in_sight(timeline, shown).map(|(oldest, _)| oldest);
        let eye = if arrangement.at_end {
            Some(Eye::Newest)
        } else {
            oldest.map(Eye::At)
        };
        if let Some(eye) = eye.filter(|eye| self.arrived && self.eye != Some(*eye)) {
            self.eye = Some(eye);
            cx.act(Action::Chat(ChatWish::Look(id, eye)));
        }
        let watched = (focused && arrangement.at_end).then_some(id);
        if watched != self.watched {
            self.watched = watched;
            cx.act(Action::Chat(ChatWish::Watch(watched)));
        }
    }

    fn foot_height(&mut self, ui: &Ui, cx: &Cx<'_>, chat: &ConversationView, width: f32) -> f32 {
        let model_draft = cx.model.chats.list.draft(chat.id);
        if model_draft != self.kept {
            model_draft.clone_into(&mut self.typed);
            self.kept.clone_from(&self.typed);
        }
        let problem = foot_problem(cx, chat, &self.typed);
        self.problem_height = problem.map_or(0.0, |(_, text)| {
            let inner = width - 2.0 * space::M - 2.0 * space::M - size::ICON - space::S;
            let galley = Type::Secondary.wrapped(ui.painter(), text, palette(ui).text, inner);
            galley.size().y.max(size::ICON) + 2.0 * space::M + space::S
        });
        let composer = if faces::has_left(chat) {
            0.0
        } else {
            Composer::height(ui, &self.typed, width - 2.0 * space::M)
        };
        composer + self.problem_height + 2.0 * space::S
    }

    fn foot_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView) {
        let room = ui.available_rect_before_wrap();
        let hairline = Stroke::new(size::HAIRLINE, palette(ui).hairline);
        ui.painter().hline(room.x_range(), room.top(), hairline);
        let inner = room.shrink2(vec2(space::M, space::S));
        if let Some((tone, text)) = foot_problem(cx, chat, &self.typed) {
            let notice = inner.with_max_y(inner.top() + self.problem_height - space::S);
            let shown = put_ui(ui, notice, |ui| notice_ui(ui, tone, &text));
            if tone == Tone::Danger && shown.interact(Sense::click()).clicked() {
                cx.act(Action::Chat(ChatWish::DismissProblem(chat.id)));
            }
        }
        let composer = inner.with_min_y(inner.top() + self.problem_height);
        if !faces::has_left(chat) {
            put_ui(ui, composer, |ui| self.composer_ui(ui, cx, chat));
        }
    }

    fn composer_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView) {
        if self.wants_focus && cx.route.dialog.is_none() {
            // A dialog that led here keeps the keyboard from everything below it for one more frame.
            self.wants_focus = !ui.memory(|memory| memory.is_above_modal_layer(ui.layer_id()));
            ui.memory_mut(|memory| memory.request_focus(composer_id(chat.id)));
            if self.wants_focus {
                ui.ctx().request_repaint();
            }
        }
        let name = t!("composer-name", name = chat.name());
        let composer = Composer {
            id: composer_id(chat.id),
            name: &name,
            can_send: chat.can_write(),
        };
        let typed = composer.show_ui(ui, &mut self.typed);
        if typed.send {
            let text = std::mem::take(&mut self.typed);
            self.kept.clear();
            self.list.follow_end();
            cx.act(Action::Chat(ChatWish::Send(chat.id, text.trim_end().to_owned())));
        } else if typed.changed {
            self.kept.clone_from(&self.typed);
            cx.act(Action::Chat(ChatWish::Draft(chat.id, self.typed.clone())));
        }
    }
}

/// Where the focus of a chat's composer lives.
pub fn composer_id(conversation: ConversationId) -> Id {
    Id::unique(("composer", conversation))
}

/// What stands where nothing was written yet. Nobody is asked to say hello to somebody who cannot be written to, or told
/// that a chat is private while it may not be.
fn nothing_yet(chat: &ConversationView) -> (Icon, String, String) {
    let name = chat.name();
    let Some(contact) = chat.contact() else {
        return (
            Icon::CHATS,
            t!("conversation-empty-title", name = name),
            t!("group-empty-hint"),
        );
    };
    match contact.state {
        ContactState::Waiting => (
            Icon::CLOCK,
            t!("conversation-waiting-title", name = name),
            t!("conversation-waiting-hint"),
        ),
        ContactState::Refused => (
            Icon::ERROR,
            t!("conversation-refused-title", name = name),
            people::refusal(contact).unwrap_or_default(),
        ),
        ContactState::Blocked => (
            Icon::BLOCK,
            t!("conversation-blocked-title", name = name),
            people::refusal(contact).unwrap_or_default(),
        ),
        ContactState::Accepted if contact.alarmed => (
            Icon::ERROR,
            t!("conversation-alarmed-title"),
            t!("conversation-alarmed-hint"),
        ),
        ContactState::Accepted => (
            Icon::CHATS,
            t!("conversation-empty-title", name = name),
            t!("conversation-empty-hint"),
        ),
    }
}

/// What stands above the composer: why the last text was not sent, or why none can be sent yet; in its place, why none can be
/// sent any more.
fn foot_problem(cx: &Cx<'_>, chat: &ConversationView, typed: &str) -> Option<(Tone, String)> {
    let name = chat.name();
    if let Some(problem) = cx.model.chats.problem(chat.id) {
        return Some((Tone::Danger, errors::sentence(problem)));
    }
    if faces::has_left(chat) {
        return Some((Tone::Info, t!("group-left")));
    }
    let state = chat
        .contact()
        .map_or(ContactState::Accepted, |contact| contact.state);
    match state {
        ContactState::Waiting => Some((Tone::Info, t!("composer-waiting", name = name))),
        ContactState::Refused => Some((Tone::Warning, t!("composer-refused", name = name))),
        ContactState::Blocked => Some((Tone::Info, t!("contact-blocked", name = name))),
        ContactState::Accepted if typed.len() > MAX_TEXT_BYTES => {
            Some((Tone::Warning, t!("composer-too-long")))
        }
        ContactState::Accepted => None,
    }
}
