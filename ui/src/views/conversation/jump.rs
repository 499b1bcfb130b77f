//! The round buttons over a conversation: to the newest row, and to rows above that nobody was shown yet.

use egui::{CornerRadius, Rect, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, vec2};
use kith_node::position::Position;

use crate::model::timeline::Timeline;
use crate::t;
use crate::theme::{palette, radius, shadow, size, space};
use crate::views::chats::MOST_UNREAD;
use crate::widgets::badge::Badge;
use crate::widgets::focus_ring_ui;
use crate::widgets::icon::Icon;
use crate::widgets::virtual_list::Shown;

/// Where a person wants to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    /// To the newest row.
    Newest,
    /// To the first row that was not shown.
    Unread,
}

/// The buttons that have somewhere to go from here. `unread` rows are counted by the node, `in_sight` are the places of the oldest and the newest row that show.
pub fn jumps_ui(
    ui: &mut Ui,
    timeline: &Timeline,
    unread: u32,
    shown: &Shown,
    in_sight: Option<(Position, Position)>,
) -> Option<Jump> {
    let (oldest, newest) = in_sight?;
    let corner = shown.view.right_bottom() - Vec2::splat(size::CONTROL + space::L);
    let mut place = Rect::from_min_size(corner, Vec2::splat(size::CONTROL));
    let mut jump = None;
    if !shown.arrangement.at_end {
        let count = timeline.unshown_below(newest, unread);
        let label = if count == 0 {
            t!("jump-newest")
        } else {
            t!("jump-newest-count", count = count)
        };
        if round_ui(ui, place, Icon::DOWN, &label, count) {
            jump = Some(Jump::Newest);
        }
        place = place.translate(vec2(0.0, -(size::CONTROL + space::L)));
    }
    if let Some(count) = timeline.unshown_above(oldest) {
        let label = if count == 0 {
            t!("jump-unread")
        } else {
            t!("jump-unread-count", count = count)
        };
        if round_ui(ui, place, Icon::UP, &label, count) {
            jump = Some(Jump::Unread);
        }
    }
    jump
}

/// A round button with a count; true when pressed.
fn round_ui(ui: &mut Ui, rect: Rect, icon: Icon, label: &str, count: usize) -> bool {
    let colours = palette(ui);
    let id = ui.scope_id().with(("jump", icon.text()));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    let round = CornerRadius::same(radius::ROUND);
    ui.painter().add(shadow(colours).as_shape(rect, round));
    let fill = if response.hovered() {
        colours.hover
    } else {
        colours.float
    };
    ui.painter().circle(
        rect.center(),
        rect.width() / 2.0,
        fill,
        Stroke::new(size::HAIRLINE, colours.hairline),
    );
    icon.paint_in(ui.painter(), rect, colours.secondary);
    focus_ring_ui(ui, &response, rect, radius::ROUND);
    if let Ok(count @ 1..) = u32::try_from(count) {
        let badge = Badge::new(ui, count, MOST_UNREAD);
        let right = rect.center().x + badge.width() / 2.0;
        badge.paint(ui, right, rect.top());
    }
    response.on_hover_text(label).clicked()
}
