//! A message as it stands in a conversation: a bubble towards its author, its time and ticks behind the last word.
//!
//! A bubble takes the full width it is given and as much height as its words need. Within a run the corner towards
//! the author is tight and only the last bubble shows the time, unless its ticks tell something of their own. What can
//! be done with it, and how the keyboard comes to it, is `menu`'s.

mod menu;
mod pick;

use egui::{
    Color32, CornerRadius, CursorIcon, Id, Pos2, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use kith_node::view::DeliveryState;

pub use menu::Stop;

use crate::model::rich_text::Link;
use crate::model::timeline::Run;
use crate::t;
use crate::theme::{Palette, Type, palette, radius, size, space};
use crate::widgets::message_text::MessageText;
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
    /// The name above the words, and its colour; in a group.
    pub name: Option<(&'a str, Color32)>,
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
    /// Whether the keyboard comes to it.
    pub stop: Stop,
    /// Whether messages are being chosen: it has no menu then.
    pub picking: bool,
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
    /// Chose it, to do something with several at once, or let go of it.
    Pick,
    /// Goes on from it by the keyboard, to the message before or behind it.
    Along {
        /// To the one before.
        older: bool,
    },
    /// Came to it, or to a link in it, by the keyboard while a part of that was out of sight: it is in sight once the
    /// list has moved down by so many points.
    Reveal(f32),
}

/// Where everything stands, counted from the bubble's corner.
struct Geometry {
    bubble: Vec2,
    /// How high the name is.
    head: f32,
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
        let name = self.name.map(|(name, ink)| {
            let width = widest - 2.0 * space::M;
            (Type::CaptionStrong.one_line(ui.painter(), name, ink, width), ink)
        });
        let head = name.as_ref().map_or(Vec2::ZERO, |(name, _)| name.size());
        let geometry = self.geometry(&words, head, meta_width, widest);
        let gap = self.gap();
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
        if let Some((name, ink)) = name {
            ui.painter()
                .galley(rect.min + vec2(space::M, space::S), name, ink);
        }
        let words_at = rect.min + vec2(space::M, space::S + geometry.head);
        let words_shown = words.show_ui(ui, self.id.with("text"), words_at);
        self.meta_ui(ui, colours, rect, meta_width, &geometry);
        let reached = words_shown.reached.and_then(|link| menu::reveal(ui, link));
        let mut deed = words_shown.opened.map(BubbleDeed::OpenLink).or(reached);
        let text = words_shown.response;
        if words.folded() && self.fold_ui(ui, words_at, words.size().y) {
            deed = Some(BubbleDeed::Unfold);
        }
        background.clone().on_hover_text(self.full_time);
        let tapped = background.clicked() || text.clicked();
        if self.picking {
            return None;
        }
        deed.or_else(|| self.menu_ui(ui, row, rect, [&background, &text], tapped))
    }

    /// How far below the message before it.
    fn gap(&self) -> f32 {
        if self.run.first { space::S } else { space::XS / 2.0 }
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

    fn geometry(&self, words: &MessageText, head: Vec2, meta_width: f32, widest: f32) -> Geometry {
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
        let inner_width = text_width
            .max(head.x)
            .max(match (behind > 0.0, meta_on_last_line) {
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
            head.y + text.y + fold_line + meta_line + 2.0 * space::S,
        );
        Geometry {
            bubble: bubble.ceil(),
            head: head.y,
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
        let centre = rect.bottom() - space::S - line / 2.0 + space::LINE / 2.0;
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
