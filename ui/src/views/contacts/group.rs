//! A group in full, beside its conversation: what it is called, who belongs to it, after how long messages disappear, the
//! ways to deleting what was said and to leaving.

use egui::{Label, Ui};
use kith_node::view::ConversationView;

use super::{delete_chat_ui, page_ui};
use crate::action::Action;
use crate::route::{Dialog, Route, Section};
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::dialogs::leave_key;
use crate::views::face_row::FaceRow;
use crate::views::{Cx, faces, timer};
use crate::widgets::avatar::Avatar;
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Tone, notice_ui};
use crate::widgets::one_stop::OneStop;

/// Paints the page.
pub fn group_ui(ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView) {
    page_ui(ui, ("group", chat.id), |ui| {
        let colours = palette(ui);
        ui.add_space(space::XS);
        let picture = cx.model.pictures.get(faces::picture(chat));
        Avatar::new(faces::seed(chat), chat.name())
            .picture(picture.as_ref())
            .show(ui, size::AVATAR_LARGE);
        ui.add_space(space::M);
        ui.add(Label::new(Type::Title.rich(chat.name(), colours.text)).wrap());
        let line = faces::presence_ui(ui, &cx.model.contacts, chat, cx.now_ms);
        ui.label(Type::Secondary.rich(line, colours.secondary));
        ui.add_space(space::XL);
        if faces::has_left(chat) {
            notice_ui(ui, Tone::Info, &t!("group-left"));
            ui.add_space(space::L);
        }
        members_ui(ui, cx, chat);
        ui.add_space(space::XL);
        if chat.deleting.is_none() && !faces::has_left(chat) {
            timer::choice_ui(ui, cx, chat);
        }
        if chat.deleting.is_none() && !chat.hidden {
            delete_chat_ui(ui, cx, chat.id);
        }
        if !faces::has_left(chat) {
            leave_ui(ui, cx, chat);
        }
        ui.add_space(space::XL);
    });
}

/// Leads to leaving it.
fn leave_ui(ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView) {
    let conversation = chat.id;
    let state = cx.model.requests.state(&leave_key(conversation));
    let label = t!("group-leave");
    let leave = Button::plain_danger(&label).icon(Icon::LEAVE).wide().leading();
    if leave.request(&state, cx.now_ms).show(ui).clicked() {
        cx.act(Action::Go(
            cx.route.with_dialog(Dialog::LeaveGroup { conversation }),
        ));
    }
}

/// Everyone who belongs to it; those we know lead to their page. They are one stop for the keyboard.
fn members_ui(ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView) {
    let model = cx.model;
    let members: Vec<_> = chat.members().iter().filter(|member| !member.has_left).collect();
    let known = |place: &usize| {
        let member = members.get(*place);
        member.is_some_and(|member| model.contacts.get(member.account).is_some())
    };
    let lead: Vec<usize> = (0..members.len()).filter(known).collect();
    let id = |place: &usize| ui.scope_id().with(("member", chat.id, *place));
    let stops = OneStop::new(ui, lead.iter().map(id).collect(), 0);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.label(Type::BodyStrong.rich(t!("group-members-title"), palette(ui).text));
        ui.add_space(space::XS);
        for (place, member) in members.iter().enumerate() {
            let number = lead.iter().position(|known| *known == place);
            let stop = number.and_then(|number| stops.stop(number));
            if FaceRow::member(ui, cx, chat, member).show_on_page(ui, stop) {
                cx.act(Action::Go(Route {
                    contact: Some(member.account),
                    ..Route::section(Section::Contacts)
                }));
            }
        }
        ui.add_space(space::S);
        ui.add(Label::new(Type::Caption.rich(t!("group-hint"), palette(ui).secondary)).wrap());
    });
}
