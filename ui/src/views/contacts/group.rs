//! Who belongs to a group, beside its conversation.

use egui::{Label, Ui};
use kith_node::view::{ConversationView, MemberView};

use crate::t;
use crate::theme::{Type, inset, palette, size, space};
use crate::views::Cx;
use crate::widgets::avatar::Avatar;

/// Paints its name and its members.
pub fn group_ui(ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView) {
    let colours = palette(ui);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        egui::Frame::new()
            .inner_margin(egui::Margin::symmetric(inset::L, 0))
            .show(ui, |ui| {
                ui.add(Label::new(Type::Title.rich(chat.name(), colours.text)).wrap());
                let hint = t!("group-hint");
                ui.add(Label::new(Type::Secondary.rich(hint, colours.secondary)).wrap());
                ui.add_space(space::M);
                for member in chat.members().iter().filter(|member| !member.has_left) {
                    member_ui(ui, cx, member);
                }
            });
    });
}

fn member_ui(ui: &mut Ui, cx: &Cx<'_>, member: &MemberView) {
    let colours = palette(ui);
    let name = if member.name.is_empty() {
        member.fingerprint.as_str()
    } else {
        member.name.as_str()
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(size::AVATAR_MEDIUM), egui::Sense::hover());
        let picture = cx.model.pictures.get(member.picture.as_deref());
        Avatar::new(member.account.as_bytes(), name)
            .picture(picture.as_ref())
            .paint(ui, rect, colours.window);
        ui.add(Label::new(Type::Body.rich(name, colours.text)).truncate());
    });
}
