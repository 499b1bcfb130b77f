//! The rows of an open conversation: what the virtual list asks for, painted from a [`Timeline`].

use std::collections::{HashMap, HashSet};

use egui::{Id, Rect, Ui, UiBuilder, Vec2, pos2, vec2};
use kith_node::id::EntryId;
use kith_node::view::{BodyView, ConversationView, MemberView, MessageView};

use crate::i18n::dates;
use crate::model::selection::Selection;
use crate::model::timeline::{Item, Run, Timeline};
use crate::pictures::Pictures;
use crate::t;
use crate::theme::{palette, size, space};
use crate::views::{faces, people};
use crate::widgets::avatar::Avatar;
use crate::widgets::bubble::{Bubble, BubbleDeed, Stop};
use crate::widgets::quiet_line;
use crate::widgets::virtual_list::{Keys, Rows};

/// What a row is known by while others come and go around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKey {
    /// The line of a day.
    Day(i64),
    /// The "new messages" line.
    Unread,
    /// An entry.
    Entry(EntryId),
}

/// The items of a timeline, derived once per change.
#[derive(Default)]
pub struct Items {
    all: Vec<Item>,
    places: HashMap<RowKey, usize>,
    version: Option<u64>,
}

impl Items {
    /// Derives the items again if the timeline has changed.
    pub fn follow(&mut self, timeline: &Timeline) {
        if self.version == Some(timeline.version()) {
            return;
        }
        self.version = Some(timeline.version());
        self.all = timeline.items(&dates::day_of);
        self.places = self
            .all
            .iter()
            .enumerate()
            .map(|(place, item)| (key_of(item), place))
            .collect();
    }

    /// Forgets everything, because another conversation is opened.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The item at a place.
    pub fn get(&self, place: usize) -> Option<&Item> {
        self.all.get(place)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The place of an entry.
    pub fn place(&self, entry: EntryId) -> Option<usize> {
        self.places.get(&RowKey::Entry(entry)).copied()
    }

    /// The message at a place, if one stands there.
    pub fn message(&self, timeline: &Timeline, place: usize) -> Option<EntryId> {
        let Some(Item::Row { index, id, .. }) = self.get(place) else {
            return None;
        };
        let is_text = |row: &&MessageView| matches!(row.body, BodyView::Text { .. });
        timeline.row(*index).filter(is_text).map(|_| *id)
    }
}

fn key_of(item: &Item) -> RowKey {
    match item {
        Item::Day { day, .. } => RowKey::Day(*day),
        Item::Unread => RowKey::Unread,
        Item::Row { id, .. } => RowKey::Entry(*id),
    }
}

/// The rows, while they are painted.
pub struct MessageRows<'a> {
    /// What to paint.
    pub items: &'a Items,
    /// Where the entries are.
    pub timeline: &'a Timeline,
    /// The conversation.
    pub chat: &'a ConversationView,
    /// Entries whose long text is shown whole.
    pub unfolded: &'a HashSet<EntryId>,
    /// Pictures of those who talk in a group.
    pub pictures: &'a Pictures,
    /// What time it is.
    pub now_ms: u64,
    /// The message that Tab comes to.
    pub stop: Option<EntryId>,
    /// The message that the keyboard comes to as soon as it is in sight.
    pub goes_to: Option<EntryId>,
    /// The message that has the keyboard.
    pub focused: Option<EntryId>,
    /// The messages that were chosen, while messages are being chosen.
    pub selection: Option<&'a Selection>,
    /// What was done to them.
    pub deeds: Vec<(EntryId, BubbleDeed)>,
}

impl Keys<RowKey> for MessageRows<'_> {
    fn len(&self) -> usize {
        self.items.all.len()
    }

    fn key(&self, index: usize) -> RowKey {
        self.items.get(index).map_or(RowKey::Unread, key_of)
    }

    fn find(&self, key: &RowKey) -> Option<usize> {
        self.items.places.get(key).copied()
    }

    fn stays(&self, index: usize) -> bool {
        matches!(self.items.get(index), Some(Item::Row { .. }))
    }
}

impl Rows<RowKey> for MessageRows<'_> {
    fn row_ui(&mut self, ui: &mut Ui, index: usize) {
        let Some(item) = self.items.get(index).copied() else {
            return;
        };
        let last = index + 1 == self.items.all.len();
        let inner = ui.max_rect().shrink2(vec2(space::L, 0.0));
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| match item {
            Item::Day { day, .. } => quiet_line::notice_ui(ui, &dates::day_label(day, self.now_ms), false),
            Item::Unread => quiet_line::notice_ui(ui, &t!("unread-line"), true),
            Item::Row { index, run, .. } => {
                let timeline = self.timeline;
                if let Some(row) = timeline.row(index) {
                    self.message_ui(ui, row, run, timeline.next_shown(index));
                }
            }
        });
        if last {
            ui.add_space(space::S);
        }
    }
}

impl MessageRows<'_> {
    fn message_ui(&mut self, ui: &mut Ui, row: &MessageView, run: Run, next: Option<&MessageView>) {
        let BodyView::Text { text } = &row.body else {
            let notice = people::notice(row, &faces::author(self.chat, row)).unwrap_or_default();
            // Only contacts have numbers to compare.
            let contact = faces::speaker(self.chat, row).is_none_or(|member| member.is_contact);
            if !(people::is_about_devices(row) && contact) {
                quiet_line::notice_ui(ui, &notice, false);
            } else if quiet_line::notice_with_ui(ui, &notice, &t!("safety-compare-offer")) {
                self.deeds.push((row.id, BubbleDeed::Compare));
            }
            return;
        };
        // Within a run only the last bubble shows its time, unless its ticks say something of their own.
        let own_tick = next.is_none_or(|next| next.state != row.state);
        let time = (run.last || own_tick).then(|| dates::time_of_day(row.at_ms));
        let speaker = faces::speaker(self.chat, row);
        let author = if row.mine {
            t!("message-you")
        } else {
            faces::author(self.chat, row)
        };
        let name = speaker.filter(|_| run.first).map(|member| {
            let ink = palette(ui).name_of(member.account.as_bytes());
            (author.as_str(), ink)
        });
        let bubble = Bubble {
            id: Id::unique(("message", row.id)),
            text,
            mine: row.mine,
            run,
            name,
            unfolded: self.unfolded.contains(&row.id),
            time: time.as_deref(),
            full_time: &dates::full(row.at_ms),
            state: row.state,
            author: &author,
            stop: match Some(row.id) {
                id if id == self.goes_to => Stop::Now,
                id if id == self.stop => Stop::Yes,
                _ => Stop::No,
            },
            picking: self.selection.is_some(),
        };
        let deed = match self.selection {
            None => self.bubble_ui(ui, speaker, run, &bubble),
            Some(selection) => {
                let picked = selection.get(row.position).is_some();
                Self::picking_ui(ui, picked, &bubble, |ui| {
                    self.bubble_ui(ui, speaker, run, &bubble)
                })
            }
        };
        if let Some(deed) = deed {
            self.deeds.push((row.id, deed));
        }
        if ui.memory(|memory| memory.has_focus(bubble.menu_id())) {
            self.focused = Some(row.id);
        }
    }

    fn bubble_ui(
        &self,
        ui: &mut Ui,
        speaker: Option<&MemberView>,
        run: Run,
        bubble: &Bubble<'_>,
    ) -> Option<BubbleDeed> {
        match speaker {
            Some(member) => self.beside_face_ui(ui, member, run.last, bubble),
            None => bubble.show_ui(ui),
        }
    }

    /// A message while messages are being chosen: it stands behind its tick.
    fn picking_ui(
        ui: &mut Ui,
        picked: bool,
        bubble: &Bubble<'_>,
        bubble_ui: impl FnOnce(&mut Ui) -> Option<BubbleDeed>,
    ) -> Option<BubbleDeed> {
        let room = ui.available_rect_before_wrap();
        let beside = room.with_min_x(room.left() + size::ICON + space::M);
        let shown = ui.scope_builder(UiBuilder::new().max_rect(beside), bubble_ui);
        let whole = Rect::from_x_y_ranges(room.x_range(), shown.response.rect.y_range());
        bubble.pick_ui(ui, whole, picked)
    }

    /// A message of a group: the picture of whoever wrote it stands beside the last of a run, at its foot.
    fn beside_face_ui(
        &self,
        ui: &mut Ui,
        member: &MemberView,
        last: bool,
        bubble: &Bubble<'_>,
    ) -> Option<BubbleDeed> {
        let room = ui.available_rect_before_wrap();
        let beside = room.with_min_x(room.left() + size::AVATAR_SMALL + space::S);
        let shown = ui.scope_builder(UiBuilder::new().max_rect(beside), |ui| bubble.show_ui(ui));
        if last {
            let foot = pos2(room.left(), shown.response.rect.bottom() - size::AVATAR_SMALL);
            let disc = Rect::from_min_size(foot.round(), Vec2::splat(size::AVATAR_SMALL));
            let picture = self.pictures.get(member.picture.as_deref());
            let name = faces::member_name(self.chat.members(), member);
            Avatar::new(member.account.as_bytes(), &name)
                .picture(picture.as_ref())
                .paint(ui, disc, palette(ui).window);
        }
        shown.inner
    }
}
