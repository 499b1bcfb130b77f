//! The links that were handed out, what became of each, and the way to take one back.

use egui::{Label, ScrollArea, Ui};
use kith_node::Command;
use kith_node::view::{InviteState, InviteView};

use crate::action::Action;
use crate::i18n::dates;
use crate::model::requests::RequestKey;
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::Cx;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;

/// Paints the list, newest first.
pub fn list_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ScrollArea::vertical()
        .id_salt("invites")
        .auto_shrink(false)
        .show(ui, |ui| {
            let room = ui.max_rect();
            let width = (room.width() - 2.0 * space::L).min(size::CARD);
            let left = room.left() + ((room.width() - width) / 2.0).floor();
            let inner = room.with_min_x(left).with_max_x(left + width);
            ui.scope_builder(egui::UiBuilder::new().max_rect(inner), |ui| {
                ui.spacing_mut().item_spacing.y = space::XS;
                ui.add_space(space::XL);
                ui.label(Type::Screen.rich(t!("invite-handed-out"), palette(ui).text));
                ui.add_space(space::M);
                let model = cx.model;
                for invite in model.invites.newest_first() {
                    invite_ui(ui, cx, invite);
                }
            });
        });
}

fn invite_ui(ui: &mut Ui, cx: &mut Cx<'_>, invite: &InviteView) {
    let colours = palette(ui);
    let open = invite.state == InviteState::Open && invite.expires_at_ms > cx.now_ms;
    ui.add(Label::new(Type::Mono.rich(&invite.link, colours.text)).truncate());
    ui.label(Type::Caption.rich(became(cx, invite), colours.secondary));
    if open {
        ui.label(Type::Caption.rich(
            t!("invite-expires", time = dates::full(invite.expires_at_ms)),
            colours.secondary,
        ));
        ui.add_space(space::XS);
        ui.horizontal(|ui| {
            if Button::soft(&t!("invite-copy"))
                .small()
                .icon(Icon::COPY)
                .show(ui)
                .clicked()
            {
                cx.act(Action::Copy(invite.link.clone()));
            }
            let key = RequestKey::of("revoke invite", &invite.id);
            let state = cx.model.requests.state(&key);
            let label = t!("invite-revoke");
            let revoke = Button::plain(&label)
                .small()
                .icon(Icon::BLOCK)
                .request(&state, cx.now_ms);
            if revoke.show(ui).clicked() {
                cx.act(Action::Call {
                    key,
                    command: Command::RevokeInvite {
                        id: invite.id.clone(),
                    },
                });
            }
        });
    }
    ui.add_space(space::L);
}

fn became(cx: &Cx<'_>, invite: &InviteView) -> String {
    match &invite.state {
        InviteState::Open if invite.expires_at_ms > cx.now_ms => t!("invite-open"),
        InviteState::Open | InviteState::Expired => t!("invite-expired"),
        InviteState::Revoked => t!("invite-revoked"),
        InviteState::Used { by } => match cx.model.contacts.get(*by) {
            Some(contact) => t!("invite-used", name = contact.name.as_str()),
            None => t!("invite-used-somebody"),
        },
    }
}
