//! What stands above an open conversation: who it is with, and what has to be known before anything is written to them.

use egui::{Color32, CursorIcon, Frame, Margin, Rect, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};
use kith_node::view::ConversationView;

use crate::action::Action;
use crate::route::{Breadth, Route};
use crate::t;
use crate::theme::{Type, inset, palette, size, space};
use crate::views::{Cx, faces, people, timer};
use crate::widgets::avatar::Avatar;
use crate::widgets::button::icon_button;
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Tone, notice_ui};
use crate::widgets::put_ui;

/// Paints the header: the way back in a narrow window, who it is and whether they are there, the details.
pub(super) fn header_ui(ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView) {
    let colours = palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::HEADER), Sense::hover());
    foot_line_ui(ui, rect);
    let mut left = rect.left() + space::M;
    let button = |left| button_in(rect, left);
    if cx.breadth == Breadth::Narrow {
        let back = button(left - space::S);
        let pressed = put_ui(ui, back, |ui| icon_button(ui, Icon::BACK, &t!("back")).clicked());
        if pressed {
            cx.act(Action::Back);
        }
        left = back.right() + space::XS;
    }
    let details = button(rect.right() - space::M - size::ICON_BUTTON);
    let toggled = put_ui(ui, details, |ui| {
        icon_button(ui, Icon::INFO, &t!("conversation-details")).clicked()
    });
    let name = faces::name(&cx.model.contacts, chat);
    let presence = faces::presence_ui(ui, &cx.model.contacts, chat, cx.now_ms);
    let disc = Rect::from_min_size(
        pos2(left, rect.center().y - size::AVATAR_MEDIUM / 2.0),
        Vec2::splat(size::AVATAR_MEDIUM),
    );
    let picture = cx.model.pictures.get(faces::picture(chat));
    let online = faces::is_online(chat);
    Avatar::new(faces::seed(chat), &name)
        .picture(picture.as_ref())
        .online(online)
        .paint(ui, disc, colours.window);
    let words = Rect::from_x_y_ranges(
        disc.right() + space::M..=details.left() - space::S,
        rect.y_range(),
    );
    let who = Who {
        name: &name,
        presence: &presence,
        online,
        verified: chat.contact().is_some_and(|contact| contact.verified),
        timer: timer::mark(chat),
    };
    // The picture and the name lead to the same page as the button beside them, for those who point.
    let pressed = heading_ui(ui, disc.union(words), words, &who);
    if toggled || pressed {
        cx.act(Action::Go(Route {
            details: !cx.route.details,
            ..cx.route.clone()
        }));
    }
}

/// The place of a button in the bar `rect`.
pub(super) fn button_in(rect: Rect, left: f32) -> Rect {
    let middle = pos2(left + size::ICON_BUTTON / 2.0, rect.center().y);
    Rect::from_center_size(middle, Vec2::splat(size::ICON_BUTTON))
}

/// Who stands in the header.
struct Who<'a> {
    name: &'a str,
    presence: &'a str,
    online: bool,
    verified: bool,
    /// After how long messages disappear, in words.
    timer: Option<String>,
}

impl Who<'_> {
    /// All of it in one sentence, for a screen reader.
    fn spoken(&self) -> String {
        let name = if self.verified {
            t!("verified-name", name = self.name)
        } else {
            self.name.to_owned()
        };
        let said = format!("{name}, {}", self.presence);
        match &self.timer {
            Some(timer) => format!("{said}, {timer}"),
            None => said,
        }
    }
}

/// Name and presence, one above the other in the middle of `room`; behind the name the mark of a verified contact,
/// before the presence that of messages that disappear. True when `place` was pressed.
fn heading_ui(ui: &Ui, place: Rect, room: Rect, who: &Who<'_>) -> bool {
    let colours = palette(ui);
    let Who {
        name,
        presence,
        online,
        verified,
        ref timer,
    } = *who;
    // No stop for the keyboard: the button beside it is one.
    let heading = ui.interact(place, ui.scope_id().with("heading"), Sense::CLICK);
    heading.widget_info(|| WidgetInfo::labeled(Role::Heading, true, who.spoken()));
    let mark = if verified {
        size::ICON_SMALL + space::XS
    } else {
        0.0
    };
    let title = Type::BodyStrong.one_line(ui.painter(), name, colours.text, room.width() - mark);
    let ink = if online {
        colours.good_text
    } else {
        colours.secondary
    };
    let clock = if timer.is_some() {
        size::ICON_SMALL + space::XS
    } else {
        0.0
    };
    let line = Type::Caption.one_line(ui.painter(), presence, ink, room.width() - clock);
    let top = (room.center().y - (title.size().y + line.size().y) / 2.0).round();
    let below = top + title.size().y;
    if verified {
        let middle = pos2(
            room.left() + title.size().x + space::XS + size::ICON_SMALL / 2.0,
            top + title.size().y / 2.0,
        );
        Icon::VERIFIED.paint(ui.painter(), middle.round(), size::ICON_SMALL, colours.good_text);
    }
    ui.painter().galley(pos2(room.left(), top), title, colours.text);
    if timer.is_some() {
        let middle = pos2(room.left() + size::ICON_SMALL / 2.0, below + line.size().y / 2.0);
        Icon::TIMER.paint(ui.painter(), middle.round(), size::ICON_SMALL, colours.secondary);
    }
    ui.painter().galley(pos2(room.left() + clock, below), line, ink);
    let heading = heading.on_hover_cursor(CursorIcon::PointingHand);
    let pressed = heading.clicked();
    let tips = [verified.then(|| t!("verified-tip", name = name)), timer.clone()];
    let tips: Vec<_> = tips.into_iter().flatten().collect();
    if !tips.is_empty() {
        heading.on_hover_text(tips.join("\n"));
    }
    pressed
}

/// A bar below the header, on a ground of its own: it ends in a line, under which the messages are scrolled.
pub(super) fn banner_ui(ui: &mut Ui, ground: Color32, add: impl FnOnce(&mut Ui)) {
    let bar = Frame::new()
        .inner_margin(Margin::symmetric(inset::L, inset::S))
        .fill(ground);
    let shown = bar.show(ui, |ui| {
        ui.take_available_width();
        add(ui);
    });
    foot_line_ui(ui, shown.response.rect);
}

/// The line in which something ends that stands above the messages: within `rect`, so that no message is painted over it.
pub(super) fn foot_line_ui(ui: &Ui, rect: Rect) {
    let line = Stroke::new(size::HAIRLINE, palette(ui).hairline);
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - size::HAIRLINE / 2.0, line);
}

/// Says below the header, for as long as it is so, that somebody may be posing as the contact.
pub(super) fn alarm_ui(ui: &mut Ui, chat: &ConversationView) {
    if let Some(said) = chat.contact().and_then(people::alarm) {
        banner_ui(ui, palette(ui).window, |ui| {
            notice_ui(ui, Tone::Danger, &said);
        });
    }
}
