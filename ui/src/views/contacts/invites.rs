//! The links that were handed out, what became of each, and the way to take one back.

use egui::{Label, ScrollArea, Ui, pos2};
use kith_node::Command;
use kith_node::view::{InviteState, InviteView};

use crate::action::Action;
use crate::i18n::dates;
use crate::model::Model;
use crate::model::requests::RequestKey;
use crate::route::{Breadth, Route, Section};
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::Cx;
use crate::views::missing::missing_ui;
use crate::views::settings::page_top;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;
use crate::widgets::row;

/// Skeleton rows while the list is on its way.
const SKELETONS: usize = 3;

/// What asks for the list.
fn question() -> Command {
    Command::ListInvites {}
}

/// Whether the list is not here and could not be had.
fn is_missing(model: &Model) -> bool {
    !model.invites.loaded() && model.unanswered.why(&question()).is_some()
}

/// Whether there is something to be seen on the list's page: a link, or why none can be shown.
pub fn has_page(cx: &Cx<'_>) -> bool {
    let model = cx.model;
    let is_awaited = cx.route.invites && !model.invites.loaded();
    is_awaited || is_missing(model) || !model.invites.newest_first().is_empty()
}

/// The row above the contacts that leads to the list; nothing while no link was handed out.
pub fn row_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let model = cx.model;
    let all = model.invites.newest_first();
    let waits = if is_missing(model) {
        t!("load-failed-title")
    } else if all.is_empty() {
        return;
    } else {
        let count = all.into_iter().filter(|invite| is_open(cx, invite)).count();
        t!("invite-row-open", count = count)
    };
    let name = t!("invite-handed-out");
    let beside = cx.breadth != Breadth::Narrow && cx.route.contact.is_none();
    let open = cx.route.invites || beside;
    let (rect, response) = row::row_ui(ui, size::ROW + space::S, open, &format!("{name}, {waits}"));
    let colours = palette(ui);
    let mark = pos2(rect.left() + space::M + size::AVATAR_LIST / 2.0, rect.center().y);
    ui.painter()
        .circle_filled(mark, size::ICON_BUTTON / 2.0, colours.accent_soft);
    Icon::LINK.paint(ui.painter(), mark, size::ICON, colours.accent);
    let left = mark.x + size::AVATAR_LIST / 2.0 + space::M;
    let width = rect.right() - space::L - left;
    let title = Type::Body.one_line(ui.painter(), &name, colours.text, width);
    let line = Type::Caption.one_line(ui.painter(), &waits, colours.secondary, width);
    let top = (rect.center().y - (title.size().y + line.size().y) / 2.0).round();
    let below = top + title.size().y;
    ui.painter().galley(pos2(left, top), title, colours.text);
    ui.painter().galley(pos2(left, below), line, colours.secondary);
    if response.clicked() {
        cx.act(Action::Go(Route {
            invites: true,
            ..Route::section(Section::Contacts)
        }));
    }
}

fn is_open(cx: &Cx<'_>, invite: &InviteView) -> bool {
    invite.state == InviteState::Open && invite.expires_at_ms > cx.now_ms
}

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
                // In a narrow window the bar above says what this is.
                if cx.breadth == Breadth::Narrow {
                    ui.add_space(space::S);
                } else {
                    ui.add_space(page_top());
                    ui.label(Type::Screen.rich(t!("invite-handed-out"), palette(ui).text));
                    ui.add_space(space::M);
                }
                let model = cx.model;
                let known = model.invites.newest_first();
                if is_missing(model) || !model.invites.loaded() && known.is_empty() {
                    return missing_ui(ui, cx, question(), SKELETONS);
                }
                for invite in known {
                    invite_ui(ui, cx, invite);
                }
            });
        });
}

fn invite_ui(ui: &mut Ui, cx: &mut Cx<'_>, invite: &InviteView) {
    let colours = palette(ui);
    let open = is_open(cx, invite);
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
