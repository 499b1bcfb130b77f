//! A message as it stands in a conversation: a bubble towards its author, its time and ticks behind the last word.
//!
//! A bubble takes the full width it is given and as much height as its words need. Within a run the corner towards
//! the author is tight and only the last bubble shows the time, unless its ticks tell something of their own.

use egui::{
    CornerRadius, CursorIcon, Id, Key, Modifiers, Popup, Pos2, Rect, Response, Role, Sense, SetOpenCommand,
    Stroke, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use kith_node::view::DeliveryState;

use crate::model::rich_text::Link;
use crate::model::timeline::Run;
use crate::t;
use crate::theme::{Palette, Type, palette, radius, size, space};
use crate::widgets::icon::Icon;
use crate::widgets::message_text::MessageText;
use crate::widgets::row::{MenuRow, menu_rows_ui};
use crate::widgets::{focus_ring_ui, tick};

/// What a bubble shows.
pub struct Bubble<'a> {
    /// Names its widgets; the same from frame to frame.
    pub id: Id,
    /// What its author wrote.
    pub text: &'a str,
    /// Ours stand on the right.
    pub mine: bool,
    /// Its place among its author's bubbles.
    pub run: Run,
    /// Whether a long text is shown whole.
    pub unfolded: bool,
    /// The time of day, if it is shown here.
    pub time: Option<&'a str>,
    /// Date and time in full, under the pointer.
    pub full_time: &'a str,
    /// How far it has come, if it is ours.
    pub state: Option<DeliveryState>,
    /// Who wrote it, for a screen reader.
    pub author: &'a str,
}

/// What a person did to a bubble.
#[derive(Clone, Debug, PartialEq)]
pub enum BubbleDeed {
    /// Opened a link in it.
    OpenLink(Link),
    /// Asked for the rest of a long text.
    Unfold,
    /// Asked for its text.
    Copy,
    /// Asked how far it has come.
    Details,
    /// Asked for what can be compared with its author.
    Compare,
    /// Takes it back before anybody holds it.
    TakeBack,
    /// Asked to delete it.
    Delete,
    /// Came to it by the keyboard while a part of it was out of sight: it is in sight once the list has moved down by
    /// so many points.
    Reveal(f32),
}

/// Where everything stands, counted from the bubble's corner.
struct Geometry {
    bubble: Vec2,
    meta_on_last_line: bool,
    fold_line: f32,
}

impl Bubble<'_> {
    /// Paints the bubble and takes its room.
    pub fn show_ui(&self, ui: &mut Ui) -> Option<BubbleDeed> {
        let width = ui.available_width();
        let widest = (width - space::XXL).clamp(size::LIST_MIN / 2.0, size::BUBBLE_MAX);
        let words = MessageText::layout(ui, self.text, widest - 2.0 * space::M, self.unfolded);
        let meta_width = self.meta_width(ui);
        let geometry = self.geometry(&words, meta_width, widest);
        let gap = if self.run.first { space::S } else { space::XS / 2.0 };
        let (row, _) = ui.allocate_exact_size(vec2(width, geometry.bubble.y + gap), Sense::hover());
        let left = if self.mine {
            row.right() - geometry.bubble.x
        } else {
            row.left()
        };
        let rect = Rect::from_min_size(pos2(left, row.top() + gap), geometry.bubble);
        if !ui.is_rect_visible(rect) {
            return None;
        }
        let colours = palette(ui);
        let fill = if self.mine {
            colours.own_bubble
        } else {
            colours.other_bubble
        };
        let background = ui.interact(rect, self.id, Sense::click() - Sense::FOCUSABLE);
        background.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, self.spoken()));
        ui.painter().rect_filled(rect, self.corners(), fill);
        let words_at = rect.min + vec2(space::M, space::S);
        let (text, opened) = words.show_ui(ui, self.id.with("text"), words_at);
        self.meta_ui(ui, colours, rect, meta_width, &geometry);
        let mut deed = opened.map(BubbleDeed::OpenLink);
        if words.folded() && self.fold_ui(ui, words_at, words.size().y) {
            deed = Some(BubbleDeed::Unfold);
        }
        background.clone().on_hover_text(self.full_time);
        let more = self.more_ui(ui, row, rect);
        let tapped = background.clicked() || text.clicked();
        if tapped && ui.input(egui::InputState::has_touch_screen) {
            // A finger does not hover.
            more.request_focus();
        }
        deed.or_else(|| self.reveal(ui, &more, row))
            .or_else(|| menu_ui(asked_for(ui, &more), &more, self.state))
            .or_else(|| menu_ui(Popup::context_menu(&background), &more, self.state))
            .or_else(|| menu_ui(Popup::context_menu(&text), &more, self.state))
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
        let button = ui.interact(place, self.id.with("menu"), Sense::click());
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

    /// Whether the list has to move so that what the keyboard came to is in sight.
    fn reveal(&self, ui: &Ui, more: &Response, row: Rect) -> Option<BubbleDeed> {
        let view = ui.clip_rect();
        let (above, below) = (view.top() - row.top(), row.bottom() - view.bottom());
        let hidden = if above > 0.0 {
            above
        } else if below > 0.0 {
            -below
        } else {
            return None;
        };
        // A message higher than the list cannot be seen whole.
        (more.gained_focus() && row.height() <= view.height()).then_some(BubbleDeed::Reveal(hidden))
    }

    fn corners(&self) -> CornerRadius {
        let tight = |within_run: bool| {
            if within_run {
                radius::BUBBLE_TAIL
            } else {
                radius::BUBBLE
            }
        };
        let (above, below) = (tight(!self.run.first), radius::BUBBLE_TAIL);
        if self.mine {
            CornerRadius {
                nw: radius::BUBBLE,
                ne: above,
                sw: radius::BUBBLE,
                se: below,
            }
        } else {
            CornerRadius {
                nw: above,
                ne: radius::BUBBLE,
                sw: below,
                se: radius::BUBBLE,
            }
        }
    }

    fn meta_width(&self, ui: &Ui) -> f32 {
        let Some(time) = self.time else { return 0.0 };
        let time = Type::Caption.one_line(ui.painter(), time, palette(ui).text, f32::INFINITY);
        let ticks = if self.state.is_some() {
            size::ICON_SMALL + space::XS
        } else {
            0.0
        };
        time.size().x + ticks
    }

    fn geometry(&self, words: &MessageText, meta_width: f32, widest: f32) -> Geometry {
        let fold_line = if words.folded() {
            Type::Body.line_height() + space::XS
        } else {
            0.0
        };
        let inner = widest - 2.0 * space::M;
        let behind = if meta_width > 0.0 {
            meta_width + space::S
        } else {
            0.0
        };
        let last_line = if words.folded() {
            0.0
        } else {
            words.last_line_width()
        };
        let meta_on_last_line = behind == 0.0 || words.folded() || last_line + behind <= inner;
        let text = words.size();
        let text_width = if words.folded() {
            text.x.max(inner / 2.0)
        } else {
            text.x
        };
        let inner_width = text_width.max(match (behind > 0.0, meta_on_last_line) {
            (true, true) => last_line + behind,
            (true, false) => meta_width,
            (false, _) => 0.0,
        });
        let meta_line = if meta_on_last_line {
            0.0
        } else {
            Type::Caption.line_height()
        };
        let bubble = vec2(
            inner_width + 2.0 * space::M,
            text.y + fold_line + meta_line + 2.0 * space::S,
        );
        Geometry {
            bubble: bubble.ceil(),
            meta_on_last_line,
            fold_line,
        }
    }

    fn meta_ui(&self, ui: &Ui, colours: &Palette, rect: Rect, meta_width: f32, geometry: &Geometry) {
        let Some(time) = self.time else { return };
        let colour = if self.mine {
            colours.own_meta
        } else {
            colours.other_meta
        };
        let time = Type::Caption.one_line(ui.painter(), time, colour, f32::INFINITY);
        let line = if geometry.meta_on_last_line && geometry.fold_line == 0.0 {
            Type::Body.line_height()
        } else {
            Type::Caption.line_height()
        };
        let centre = rect.bottom() - space::S - line / 2.0 + 1.0;
        let left = (rect.right() - space::M - meta_width).round();
        ui.painter().galley(
            pos2(left, (centre - time.size().y / 2.0).round()),
            time.clone(),
            colour,
        );
        if let Some(state) = self.state {
            let at = pos2(
                left + time.size().x + space::XS + size::ICON_SMALL / 2.0,
                centre.round(),
            );
            tick::paint(ui.painter(), at, state, colours);
        }
    }

    fn fold_ui(&self, ui: &mut Ui, words_at: Pos2, height: f32) -> bool {
        let label = t!("message-show-more");
        let galley = Type::BodyStrong.one_line(ui.painter(), &label, palette(ui).accent, f32::INFINITY);
        let rect = Rect::from_min_size(words_at + vec2(0.0, height + space::XS), galley.size());
        let response = ui.interact(rect, self.id.with("more"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        focus_ring_ui(ui, &response, rect.expand(space::XS / 2.0), radius::CONTROL);
        ui.painter().galley(rect.min, galley, palette(ui).accent);
        response.on_hover_cursor(CursorIcon::PointingHand).clicked()
    }

    /// The bubble in one sentence, without its words: those stand beside it.
    fn spoken(&self) -> String {
        let said = t!("message-by", author = self.author, time = self.full_time);
        match self.state {
            Some(state) => format!("{said}, {}", tick::label(state)),
            None => said,
        }
    }
}

/// Whether nobody but this device holds a message of ours that has come this far.
pub fn is_unheld(state: DeliveryState) -> bool {
    state < DeliveryState::Held
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
fn menu_ui(menu: Popup<'_>, more: &Response, state: Option<DeliveryState>) -> Option<BubbleDeed> {
    let menu = menu.accessible_name(t!("message-menu")).width(size::MENU);
    let shown = menu.show(|ui| {
        let mut rows = vec![MenuRow::new(BubbleDeed::Copy, Icon::COPY, t!("message-copy"))];
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
