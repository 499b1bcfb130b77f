//! Whether two people keep letters for one another: asked once, quietly, below the header of their conversation.

use egui::{Label, Ui};
use kith_node::Command;
use kith_node::id::AccountId;
use kith_node::view::ConversationView;

use super::header::banner_ui;
use crate::action::Action;
use crate::model::carrying::Offer;
use crate::model::requests::RequestKey;
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::Cx;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;

/// Paints the question, if there is one to ask.
pub(super) fn offer_ui(ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView) {
    let model = cx.model;
    let timeline = model.chats.timeline(chat.id);
    let Some(offer) = model.carrying.offer(chat, timeline, cx.now_ms) else {
        return;
    };
    let said = match offer {
        Offer::Both => t!("offer-both"),
        Offer::Answer => t!("offer-answer", name = chat.name()),
    };
    let colours = palette(ui);
    banner_ui(ui, colours.list, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            Icon::CARRIED.show(ui, size::ICON, colours.accent);
            ui.add(Label::new(Type::Secondary.rich(said, colours.text)).wrap());
        });
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            ui.add_space(size::ICON - space::XS);
            if let Some(contact) = chat.contact() {
                answer_ui(ui, cx, contact.account);
            }
        });
    });
}

fn answer_ui(ui: &mut Ui, cx: &mut Cx<'_>, account: AccountId) {
    let use_key = RequestKey::of("use carrier", account);
    let state = cx.model.requests.state(&use_key);
    let yes = t!("offer-yes");
    let agreed = Button::plain(&yes)
        .small()
        .request(&state, cx.now_ms)
        .show(ui)
        .clicked();
    let refused = Button::plain(&t!("offer-no")).small().show(ui).clicked();
    if agreed {
        cx.act(Action::Call {
            key: RequestKey::of("carry", account),
            command: Command::SetCarrying { account, carry: true },
        });
    }
    if agreed || refused {
        cx.act(Action::Call {
            key: use_key,
            command: Command::UseCarrier {
                account,
                used: agreed,
            },
        });
    }
}
