//! What a person does to a message of the open conversation.

use egui::Ui;
use kith_node::Command;
use kith_node::id::{ConversationId, EntryId};
use kith_node::position::Position;
use kith_node::view::{BodyView, ConversationView};

use super::ConversationScreen;
use crate::action::Action;
use crate::model::chats::ChatWish;
use crate::model::requests::RequestKey;
use crate::model::selection::Selection;
use crate::model::timeline::Timeline;
use crate::route::Dialog;
use crate::t;
use crate::theme::size;
use crate::views::Cx;
use crate::widgets::bubble::BubbleDeed;
use crate::widgets::toast::Toast;
use crate::widgets::virtual_list::Shown;

/// Chooses a message or lets go of it; says so when there are too many already.
fn pick(cx: &mut Cx<'_>, conversation: ConversationId, position: Position) {
    let selection = cx.model.chats.selection(conversation);
    let is_full = |selection: &&Selection| selection.is_full() && selection.get(position).is_none();
    let count = selection.filter(is_full).map(|selection| selection.rows().len());
    cx.act(match count {
        Some(count) => Action::Toast(Toast::bad(t!("selection-full", count = count))),
        None => Action::Chat(ChatWish::Pick(conversation, position)),
    });
}

impl ConversationScreen {
    pub(super) fn carry_out(
        &mut self,
        cx: &mut Cx<'_>,
        chat: &ConversationView,
        timeline: &Timeline,
        (entry, deed): (EntryId, BubbleDeed),
    ) {
        let row = timeline.rows().iter().find(|row| row.id == entry);
        match deed {
            BubbleDeed::Unfold => {
                self.unfolded.insert(entry);
            }
            BubbleDeed::OpenLink(link) if link.host == "kith" => {
                cx.act(Action::Go(
                    cx.route.with_dialog(Dialog::AddContact { link: link.url }),
                ));
            }
            BubbleDeed::OpenLink(link) => cx.act(Action::OpenUrl(link.url)),
            BubbleDeed::Copy => {
                if let Some(BodyView::Text { text }) = row.map(|row| &row.body) {
                    cx.act(Action::Copy(text.clone()));
                }
            }
            BubbleDeed::Details => {
                if let Some(position) = row.map(|row| row.position) {
                    let conversation = chat.id;
                    let dialog = Dialog::Ledger {
                        conversation,
                        position,
                    };
                    cx.act(Action::Go(cx.route.with_dialog(dialog)));
                }
            }
            BubbleDeed::TakeBack => {
                if let Some(row) = row {
                    let command = Command::CancelMessage {
                        conversation: chat.id,
                        position: row.position,
                    };
                    let key = RequestKey::of("take back", entry);
                    cx.act(Action::Call { key, command });
                }
            }
            BubbleDeed::Delete => {
                if let Some(row) = row {
                    let dialog = Dialog::DeleteMessages {
                        conversation: chat.id,
                        positions: vec![row.position],
                    };
                    cx.act(Action::Go(cx.route.with_dialog(dialog)));
                }
            }
            BubbleDeed::Pick => {
                if let Some(row) = row {
                    pick(cx, chat.id, row.position);
                }
            }
            BubbleDeed::Along { older } => self.go_along(timeline, entry, older),
            BubbleDeed::Reveal(points) => self.list.scroll_by(points),
            BubbleDeed::Compare => {
                if let Some(account) = row.map(|row| row.author) {
                    cx.act(Action::Go(cx.route.with_dialog(Dialog::Safety { account })));
                }
            }
        }
    }

    /// The keyboard goes from a message to the one before or behind it.
    fn go_along(&mut self, timeline: &Timeline, from: EntryId, older: bool) {
        let Some(from) = self.items.place(from) else {
            return;
        };
        let message = |place: usize| self.items.message(timeline, place);
        self.goes_to = if older {
            (0..from).rev().find_map(message)
        } else {
            (from + 1..self.items.count()).find_map(message)
        };
    }

    /// What the list does for the keyboard after it was shown: it moves until the message that the keyboard goes to is in
    /// sight, and Tab comes to the message that has it, else to the newest in sight.
    pub(super) fn bring_into_sight(
        &mut self,
        ui: &Ui,
        timeline: &Timeline,
        shown: &Shown,
        focused: Option<EntryId>,
    ) {
        let range = shown.arrangement.range();
        let newest = || {
            range
                .clone()
                .rev()
                .find_map(|place| self.items.message(timeline, place))
        };
        let stop = focused.or_else(newest);
        if std::mem::replace(&mut self.stop, stop) != stop {
            ui.ctx().request_repaint();
        }
        let Some(wanted) = self.goes_to.filter(|wanted| focused != Some(*wanted)) else {
            self.goes_to = None;
            return;
        };
        match self.items.place(wanted) {
            Some(place) if place < range.start => self.list.scroll_by(size::ROW),
            Some(place) if place >= range.end => self.list.scroll_by(-size::ROW),
            Some(_) if ui.ctx().will_discard() => {}
            _ => self.goes_to = None,
        }
        ui.ctx().request_repaint();
    }
}
