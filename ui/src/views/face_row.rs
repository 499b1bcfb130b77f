//! A row with a face in it, the same in every list of people: a picture, a name, and below it a line about them.

use egui::{Color32, Order, Rect, Role, Sense, TextureHandle, Ui, Vec2, WidgetInfo, pos2, vec2};
use kith_node::view::{ContactView, ConversationView, MemberView};

use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::{Cx, faces, people};
use crate::widgets::avatar::Avatar;
use crate::widgets::icon::Icon;
use crate::widgets::row::{Stop, ground_ui};

/// Who stands in a row.
#[must_use = "call show"]
pub struct FaceRow<'a> {
    key: &'a [u8],
    name: String,
    line: String,
    picture: Option<TextureHandle>,
    online: bool,
    open: bool,
    chosen: Option<bool>,
}

impl<'a> FaceRow<'a> {
    /// Somebody we know, and whether they are there.
    pub fn contact(ui: &Ui, cx: &Cx<'_>, contact: &'a ContactView) -> Self {
        Self {
            key: contact.account.as_bytes(),
            name: cx.model.contacts.shown_name(contact),
            line: people::presence_ui(ui, contact, cx.now_ms),
            picture: cx.model.pictures.get(contact.picture.as_deref()),
            online: people::is_online(contact),
            open: false,
            chosen: None,
        }
    }

    /// A group, and how many belong to it.
    pub fn group(ui: &Ui, cx: &Cx<'_>, chat: &'a ConversationView) -> Self {
        Self {
            key: faces::seed(chat),
            name: faces::name(&cx.model.contacts, chat),
            line: faces::presence_ui(ui, &cx.model.contacts, chat, cx.now_ms),
            picture: cx.model.pictures.get(faces::picture(chat)),
            online: false,
            open: false,
            chosen: None,
        }
    }

    /// Somebody who belongs to a group, and what they are to us.
    pub fn member(ui: &Ui, cx: &Cx<'a>, chat: &'a ConversationView, member: &'a MemberView) -> Self {
        let profile = cx.model.profile.as_ref();
        let is_own = profile.is_some_and(|profile| profile.account == member.account);
        let contact = cx.model.contacts.get(member.account);
        let line = match contact {
            _ if is_own => t!("message-you"),
            Some(contact) => people::presence_ui(ui, contact, cx.now_ms),
            None => t!("group-member-unknown"),
        };
        Self {
            key: if is_own {
                cx.model.own_hue()
            } else {
                member.account.as_bytes()
            },
            name: faces::member_name(chat.members(), member),
            line,
            picture: cx.model.pictures.get(member.picture.as_deref()),
            online: contact.is_some_and(people::is_online),
            open: false,
            chosen: None,
        }
    }

    /// Whether their page is open.
    pub fn open(mut self, open: bool) -> Self {
        self.open = open;
        self
    }

    /// Whether they were chosen, where several can be.
    pub fn chosen(mut self, chosen: bool) -> Self {
        self.chosen = Some(chosen);
        self
    }

    /// A row of a list; true when pressed.
    pub fn show(&self, ui: &mut Ui, stop: Stop) -> bool {
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), size::CHAT_ROW));
        let colours = palette(ui);
        // The rows of a dialog float.
        let beneath = if ui.layer_id().order == Order::Background {
            colours.list
        } else {
            colours.float
        };
        self.press_ui(ui, stop, rect, (size::AVATAR_LIST, beneath))
    }

    /// A row of a page, whose picture stands at the edge of the column: the ground reaches beyond it. True when pressed;
    /// without a `stop` it cannot be.
    pub fn show_on_page(&self, ui: &mut Ui, stop: Option<Stop>) -> bool {
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), size::ROW));
        let picture = (size::AVATAR_MEDIUM, palette(ui).window);
        let wide = rect.expand2(vec2(space::M, 0.0));
        if let Some(stop) = stop {
            return self.press_ui(ui, stop, wide, picture);
        }
        let still = ui.interact(rect, ui.scope_id().with(("face", self.key)), Sense::hover());
        still.widget_info(|| WidgetInfo::labeled(Role::Label, true, self.spoken()));
        self.paint_ui(ui, wide, picture);
        false
    }

    /// `picture` is how large their picture is, and what lies beneath the row.
    fn press_ui(&self, ui: &Ui, stop: Stop, rect: Rect, (picture, beneath): (f32, Color32)) -> bool {
        let selected = self.open || self.chosen == Some(true);
        let response = ground_ui(ui, stop, rect, selected, &self.spoken());
        let beneath = if selected { palette(ui).selected } else { beneath };
        self.paint_ui(ui, rect, (picture, beneath));
        response.clicked()
    }

    fn spoken(&self) -> String {
        format!("{}, {}", self.name, self.line)
    }

    fn paint_ui(&self, ui: &Ui, rect: Rect, (picture, beneath): (f32, Color32)) {
        if !ui.is_rect_visible(rect) {
            return;
        }
        let colours = palette(ui);
        let disc = pos2(rect.left() + space::M, rect.center().y - picture / 2.0);
        Avatar::new(self.key, &self.name)
            .picture(self.picture.as_ref())
            .online(self.online)
            .paint(ui, Rect::from_min_size(disc, Vec2::splat(picture)), beneath);
        let left = disc.x + picture + space::M;
        let mut right = rect.right() - space::L;
        if let Some(chosen) = self.chosen {
            right -= size::ICON;
            let middle = pos2(right + size::ICON / 2.0, rect.center().y);
            let (icon, ink) = if chosen {
                (Icon::CHOSEN, colours.accent)
            } else {
                (Icon::NOT_CHOSEN, colours.secondary)
            };
            icon.paint(ui.painter(), middle, size::ICON, ink);
            right -= space::M;
        }
        let title = Type::BodyStrong.one_line(ui.painter(), &self.name, colours.text, right - left);
        let line = Type::Secondary.one_line(ui.painter(), &self.line, colours.secondary, right - left);
        let top = (rect.center().y - (title.size().y + line.size().y + space::LINE) / 2.0).round();
        let below = top + title.size().y + space::LINE;
        ui.painter().galley(pos2(left, top), title, colours.text);
        ui.painter().galley(pos2(left, below), line, colours.secondary);
    }
}
