//! What can be done with a message: its menu, under the right button and behind a button beside the bubble, which the
//! keyboard comes to.

use egui::{
    FocusDirection, Id, InputState, Key, Modifiers, Popup, Rect, Response, Role, Sense, SetOpenCommand,
    Stroke, Ui, Vec2, WidgetInfo, pos2,
};
use kith_node::view::DeliveryState;

use super::{Bubble, BubbleDeed, is_unheld};
use crate::t;
use crate::theme::{palette, size, space};
use crate::widgets::icon::Icon;
use crate::widgets::row::{MenuRow, menu_rows_ui};

/// The place of a message among the stops of the keyboard. All messages are one: the arrows go along them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Tab goes past it.
    No,
    /// Tab comes to it.
    Yes,
    /// The keyboard comes to it now.
    Now,
}

impl Bubble<'_> {
    /// Paints the button beside the bubble `rect` and the menu, if it is open; gives what was chosen. `grounds` are what
    /// the right button opens it on.
    pub(super) fn menu_ui(
        &self,
        ui: &Ui,
        row: Rect,
        rect: Rect,
        grounds: [&Response; 2],
        tapped: bool,
    ) -> Option<BubbleDeed> {
        let more = self.more_ui(ui, row, rect);
        if tapped && ui.input(InputState::has_touch_screen) {
            // A finger does not hover.
            more.request_focus();
        }
        let [ground, text] = grounds.map(Popup::context_menu);
        let reached = more.gained_focus().then(|| reveal(ui, row)).flatten();
        reached
            .or_else(|| along(ui, &more))
            .or_else(|| rows_ui(asked_for(ui, &more), &more, self.state))
            .or_else(|| rows_ui(ground, &more, self.state))
            .or_else(|| rows_ui(text, &more, self.state))
    }

    /// The button beside the bubble `rect` that opens its menu: seen while the pointer is in its `row`, with the keyboard,
    /// and while the menu is open.
    fn more_ui(&self, ui: &Ui, row: Rect, rect: Rect) -> Response {
        let half = size::MORE / 2.0;
        let middle = if self.mine {
            rect.left() - space::XS - half
        } else {
            rect.right() + space::XS + half
        };
        // In the middle of what is seen of a long message.
        let seen = rect.intersect(ui.clip_rect());
        let place = Rect::from_center_size(pos2(middle, seen.center().y).round(), Vec2::splat(size::MORE));
        let button = self.stop_ui(ui, place);
        button.widget_info(|| {
            let name = t!("message-more", author = self.author, time = self.full_time);
            WidgetInfo::labeled(Role::Button, true, name)
        });
        let open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&button));
        if !(open || button.has_focus() || ui.rect_contains_pointer(row)) {
            return button;
        }
        let colours = palette(ui);
        if open || button.hovered() {
            ui.painter().circle_filled(place.center(), half, colours.hover);
        }
        let ink = if button.hovered() {
            colours.text
        } else {
            colours.secondary
        };
        Icon::MORE.paint_in(ui.painter(), place, ink);
        if button.has_focus() {
            let ring = Stroke::new(size::FOCUS_RING, colours.accent);
            ui.painter()
                .circle_stroke(place.center(), half - size::FOCUS_RING / 2.0, ring);
        }
        button
    }

    /// What the keyboard comes to at this message, in `place`.
    pub(super) fn stop_ui(&self, ui: &Ui, place: Rect) -> Response {
        let id = self.menu_id();
        if self.stop == Stop::Now {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        let stop = self.stop == Stop::Yes || ui.memory(|memory| memory.has_focus(id));
        let sense = if stop { Sense::click() } else { Sense::CLICK };
        ui.interact(place, id, sense)
    }

    /// Where the focus of the button beside it lives.
    pub fn menu_id(&self) -> Id {
        self.id.with("menu")
    }
}

/// How far the list has to move until `place`, which the keyboard came to, is in sight.
pub(super) fn reveal(ui: &Ui, place: Rect) -> Option<BubbleDeed> {
    let view = ui.clip_rect();
    let (above, below) = (view.top() - place.top(), place.bottom() - view.bottom());
    let hidden = if above > 0.0 {
        above
    } else if below > 0.0 {
        -below
    } else {
        return None;
    };
    // A message higher than the list cannot be seen whole.
    if place.height() > view.height() {
        return None;
    }
    ui.ctx().request_repaint();
    Some(BubbleDeed::Reveal(hidden))
}

/// Whether the keyboard goes on to another message.
pub(super) fn along(ui: &Ui, more: &Response) -> Option<BubbleDeed> {
    if !more.has_focus() || more.gained_focus() || Popup::is_any_open(ui.ctx()) {
        return None;
    }
    let (up, down) = ui.input(|input| {
        let pressed = |key| input.modifiers.is_none() && input.key_pressed(key);
        (pressed(Key::ArrowUp), pressed(Key::ArrowDown))
    });
    if up || down {
        // egui would go on to what stands nearest in that direction.
        ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        ui.ctx().request_repaint();
    }
    (up != down).then_some(BubbleDeed::Along { older: up })
}

/// The menu of the button: opened by a click, and with the keyboard on it by the keys that open menus.
fn asked_for<'a>(ui: &Ui, more: &Response) -> Popup<'a> {
    let key = more.has_focus()
        && ui
            .input_mut(|input| input.key_pressed(Key::Menu) || input.consume_key(Modifiers::SHIFT, Key::F10));
    let set = if key {
        Some(SetOpenCommand::Bool(true))
    } else {
        more.clicked().then_some(SetOpenCommand::Toggle)
    };
    Popup::menu(more).open_memory(set).gap(space::XS)
}

/// A message's menu; gives what was chosen. Only messages of ours have a `state`, and so delivery details. `more` is the
/// button that opens the same menu.
fn rows_ui(menu: Popup<'_>, more: &Response, state: Option<DeliveryState>) -> Option<BubbleDeed> {
    let menu = menu.accessible_name(t!("message-menu")).width(size::MENU);
    let shown = menu.show(|ui| {
        let mut rows = vec![
            MenuRow::new(BubbleDeed::Copy, Icon::COPY, t!("message-copy")),
            MenuRow::new(BubbleDeed::Pick, Icon::CHOSEN, t!("message-pick")),
        ];
        if state.is_some() {
            rows.push(MenuRow::new(
                BubbleDeed::Details,
                Icon::INFO,
                t!("message-details"),
            ));
        }
        if state.is_some_and(is_unheld) {
            rows.push(MenuRow::new(
                BubbleDeed::TakeBack,
                Icon::TAKE_BACK,
                t!("message-take-back"),
            ));
        }
        rows.push(MenuRow::new(BubbleDeed::Delete, Icon::DELETE, t!("message-delete")).danger());
        menu_rows_ui(ui, more.id, rows)
    });
    shown.and_then(|menu| menu.inner)
}
