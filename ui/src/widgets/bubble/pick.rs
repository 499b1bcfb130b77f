//! A message while messages are being chosen: all of its row is one box to tick, and nothing else in it can be pressed.

use egui::{CursorIcon, Rect, Role, Ui, WidgetInfo, pos2};

use super::menu::{along, reveal};
use super::{Bubble, BubbleDeed};
use crate::t;
use crate::theme::{palette, radius, size};
use crate::widgets::focus_ring_ui;
use crate::widgets::icon::Icon;

impl Bubble<'_> {
    /// Paints the tick at the left edge of `row`, over the message, which stands there already.
    pub fn pick_ui(&self, ui: &Ui, row: Rect, picked: bool) -> Option<BubbleDeed> {
        let place = row.with_min_y(row.top() + self.gap());
        let response = self.stop_ui(ui, place);
        response.widget_info(|| {
            let name = t!("message-by", author = self.author, time = self.full_time);
            WidgetInfo::selected(Role::CheckBox, true, picked, name)
        });
        let colours = palette(ui);
        let (icon, ink) = if picked {
            (Icon::CHOSEN, colours.accent)
        } else {
            (Icon::NOT_CHOSEN, colours.secondary)
        };
        // In the middle of what is seen of a long message.
        let seen = place.intersect(ui.clip_rect());
        let middle = pos2(place.left() + size::ICON / 2.0, seen.center().y).round();
        icon.paint(ui.painter(), middle, size::ICON, ink);
        focus_ring_ui(ui, &response, place, radius::CONTROL);
        let reached = response.gained_focus().then(|| reveal(ui, row)).flatten();
        let response = response.on_hover_cursor(CursorIcon::PointingHand);
        reached
            .or_else(|| along(ui, &response))
            .or_else(|| response.clicked().then_some(BubbleDeed::Pick))
    }
}
