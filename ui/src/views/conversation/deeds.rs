//! What a person does to a message of the open conversation.

use kith_node::Command;
use kith_node::id::EntryId;
use kith_node::view::{BodyView, ConversationView};

use super::ConversationScreen;
use crate::action::Action;
use crate::model::requests::RequestKey;
use crate::model::timeline::Timeline;
use crate::route::Dialog;
use crate::views::Cx;
use crate::widgets::bubble::BubbleDeed;

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
                if let Some(position) = row.map(|row| row.position) {
                    let conversation = chat.id;
                    let dialog = Dialog::DeleteMessage {
                        conversation,
                        position,
                    };
                    cx.act(Action::Go(cx.route.with_dialog(dialog)));
                }
            }
            BubbleDeed::Reveal(points) => self.list.scroll_by(points),
            BubbleDeed::Compare => {
                let account = chat.contact.account;
                cx.act(Action::Go(cx.route.with_dialog(Dialog::Safety { account })));
            }
        }
    }
}
