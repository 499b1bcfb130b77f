//! Where a message is written: some lines of text, the emoji picker, the button that sends.
//!
//! Enter sends, Shift+Enter breaks the line. The field grows with its text up to [`MAX_LINES`] and then scrolls. It owns
//! no text: what is typed belongs to the chat's draft.

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{
    CornerRadius, Frame, Id, Key, KeyboardShortcut, Margin, Modifiers, Popup, PopupCloseBehavior, Pos2, Rect,
    RectAlign, ScrollArea, Stroke, StrokeKind, TextEdit, Ui, Vec2, pos2, vec2,
};

use crate::model::drafts::MAX_TEXT_BYTES;
use crate::theme::{Type, palette, radius, size, space};
use crate::widgets::button::icon_button;
use crate::widgets::icon::Icon;
use crate::widgets::two_way::{self, Aim, Marks, TwoWay};
use crate::widgets::{emoji, put_ui};
use crate::{bidi, t};

/// Lines the field grows to before it scrolls.
pub const MAX_LINES: f32 = 8.0;

/// A composer.
pub struct Composer<'a> {
    /// Holds its focus; one a chat, so that each keeps its own cursor.
    pub id: Id,
    /// What it is, for a screen reader.
    pub name: &'a str,
    /// Whether what is typed could be sent now.
    pub can_send: bool,
}

/// What a person did in a composer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// The text changed.
    pub changed: bool,
    /// The text is to be sent.
    pub send: bool,
}

impl Composer<'_> {
    /// Paints it over the width there is. `text` is the draft.
    pub fn show_ui(&self, ui: &mut Ui, text: &mut String) -> Typed {
        let mut typed = self.keys(ui);
        let width = ui.available_width();
        let field_height = Self::height(ui, text, width);
        let (rect, _) = ui.allocate_exact_size(vec2(width, field_height), egui::Sense::hover());
        let foot = |left: f32| {
            let above = (size::CONTROL - size::ICON_BUTTON) / 2.0;
            let corner = pos2(left, rect.bottom() - above - size::ICON_BUTTON);
            Rect::from_min_size(corner, Vec2::splat(size::ICON_BUTTON))
        };
        typed.changed |= self.emoji_ui(ui, foot(rect.left()), text);
        let field = Rect::from_min_max(
            pos2(rect.left() + size::ICON_BUTTON + space::S, rect.top()),
            pos2(rect.right() - size::ICON_BUTTON - space::S, rect.bottom()),
        );
        typed.changed |= self.field_ui(ui, field, text);
        let sendable = self.can_send && sendable(text);
        typed.send |= send_ui(ui, foot(rect.right() - size::ICON_BUTTON), sendable);
        typed.send &= sendable;
        typed
    }

    fn keys(&self, ui: &Ui) -> Typed {
        let focused = ui.memory(|memory| memory.has_focus(self.id));
        let send = focused
            && ui.input_mut(|input| {
                input.modifiers.is_none() && input.consume_key(Modifiers::NONE, Key::Enter)
            });
        Typed { changed: false, send }
    }

    /// How high it is when it holds `text` and is `width` points wide.
    pub fn height(ui: &Ui, text: &str, width: f32) -> f32 {
        let field = (width - 2.0 * size::ICON_BUTTON - 2.0 * space::S).max(size::CONTROL);
        let lines = Self::text_height(ui, text, field - 2.0 * space::L);
        (lines + 2.0 * (space::S + size::HAIRLINE)).max(size::CONTROL)
    }

    fn text_height(ui: &Ui, text: &str, width: f32) -> f32 {
        let colour = palette(ui).text;
        let size = if bidi::has_rtl(text) {
            TwoWay::plain(ui.painter(), text, width, colour).galley().size()
        } else {
            Type::Body.wrapped(ui.painter(), text, colour, width).size()
        };
        size.y
            .clamp(Type::Body.line_height(), Type::Body.line_height() * MAX_LINES)
    }

    fn field_ui(&self, ui: &mut Ui, rect: Rect, text: &mut String) -> bool {
        let colours = palette(ui);
        let focused = ui.memory(|memory| memory.has_focus(self.id));
        let edge = if focused {
            colours.accent
        } else {
            colours.field_edge
        };
        let round = CornerRadius::same(radius::ROUND);
        let stroke = Stroke::new(size::HAIRLINE, edge);
        ui.painter()
            .rect(rect, round, colours.field, stroke, StrokeKind::Inside);
        let inner = rect.shrink2(vec2(space::L, space::S + size::HAIRLINE));
        put_ui(ui, inner, |ui| {
            ScrollArea::vertical()
                .id_salt(self.id.with("scroll"))
                .max_height(inner.height())
                .show(ui, |ui| self.edit_ui(ui, inner.width(), text))
                .inner
        })
    }

    /// The text itself. With words from right to left in it, egui edits on a ruler and what is seen is painted here.
    fn edit_ui(&self, ui: &mut Ui, width: f32, text: &mut String) -> bool {
        let colours = palette(ui);
        let (ink, selection) = (colours.text, ui.visuals().selection.bg_fill);
        let place = self.id.with("text place");
        let aim = self.aim(ui, ui.data(|data| data.get_temp(place)));
        let climbs = self.climbs(ui);
        let mut room = width;
        let mut layouter = |ui: &Ui, typed: &dyn egui::TextBuffer, width: f32| {
            room = width;
            if bidi::has_rtl(typed.as_str()) {
                let two_way = TwoWay::plain(ui.painter(), typed.as_str(), width, ink);
                let ruler = |aim| two_way.ruler(ui.painter(), Marks::Carets, aim);
                match climbs {
                    Some(caret) => {
                        let here = || ruler(None).pos_from_cursor(caret.primary).center().x;
                        ruler(Some(Aim::Column(caret.h_pos.unwrap_or_else(here))))
                    }
                    None => ruler(aim.map(Aim::Point)),
                }
            } else {
                Type::Body.wrapped(ui.painter(), typed.as_str(), ink, width)
            }
        };
        if bidi::has_rtl(text) {
            ui.set_style(two_way::unseen(ui));
            self.turn_arrows(ui, text);
        }
        let output = TextEdit::multiline(text)
            .id(self.id)
            .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter))
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .desired_rows(1)
            .desired_width(width)
            .layouter(&mut layouter)
            .hint_text(Type::Body.rich(t!("composer-hint"), colours.secondary))
            .show(ui);
        let response = &output.response.response;
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_label(self.name));
        ui.data_mut(|data| data.insert_temp(place, output.galley_pos));
        if bidi::has_rtl(text) {
            let selected = output.state.cursor.char_range().filter(|_| response.has_focus());
            let selected = selected.map(|range| {
                let range = range.as_sorted_char_range();
                range.start.0..range.end.0
            });
            TwoWay::plain(ui.painter(), text, room, ink).paint(
                &ui.painter_at(output.text_clip_rect),
                output.galley_pos,
                selected.as_slice(),
                selection,
            );
        }
        response.changed()
    }

    /// Where the pointer is in the text, while it does something there. The text stands where it stood last.
    fn aim(&self, ui: &Ui, place: Option<Pos2>) -> Option<Vec2> {
        let place = place?;
        ui.input(|input| {
            let pointer = &input.pointer;
            let acts = pointer.any_down() || pointer.any_released();
            Some(pointer.interact_pos().filter(|_| acts)? - place)
        })
    }

    /// Where the caret stands, if this frame takes it to the line above or below.
    fn climbs(&self, ui: &Ui) -> Option<CCursorRange> {
        let keys = [Key::ArrowUp, Key::ArrowDown];
        let pressed = ui.input(|input| keys.into_iter().any(|key| input.key_pressed(key)));
        let state = TextEditState::load(ui.ctx(), self.id).filter(|_| pressed)?;
        state.cursor.char_range()
    }

    /// In a paragraph that reads from right to left, the left arrow goes on and the right arrow goes back.
    fn turn_arrows(&self, ui: &Ui, text: &str) {
        let state = TextEditState::load(ui.ctx(), self.id).unwrap_or_default();
        let caret = state.cursor.char_range().map_or(0, |range| range.primary.index.0);
        let before = text.chars().take(caret).collect::<String>();
        let begins = before.rfind('\n').map_or(0, |at| at + 1);
        let paragraph = text.get(begins..).and_then(|rest| rest.split('\n').next());
        if !ui.memory(|memory| memory.has_focus(self.id)) || !bidi::starts_rtl(paragraph.unwrap_or_default())
        {
            return;
        }
        ui.input_mut(|input| {
            for event in &mut input.events {
                if let egui::Event::Key { key, .. } = event {
                    *key = match *key {
                        Key::ArrowLeft => Key::ArrowRight,
                        Key::ArrowRight => Key::ArrowLeft,
                        other => other,
                    };
                }
            }
        });
    }

    fn emoji_ui(&self, ui: &mut Ui, rect: Rect, text: &mut String) -> bool {
        let button = put_ui(ui, rect, |ui| icon_button(ui, Icon::EMOJI, &t!("composer-emoji")));
        let popup = Popup::menu(&button)
            .align(RectAlign::TOP_START)
            .gap(space::S)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .accessible_name(t!("composer-emoji"));
        let picked = popup.show(emoji::picker_ui).and_then(|shown| shown.inner);
        if let Some(emoji) = picked {
            insert_at_cursor(ui, self.id, text, emoji);
        }
        picked.is_some()
    }
}

/// Whether a text is something that can be sent: not only white space, and not too long.
pub fn sendable(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_TEXT_BYTES
}

fn send_ui(ui: &mut Ui, rect: Rect, sendable: bool) -> bool {
    let colours = palette(ui);
    if sendable {
        ui.painter()
            .circle_filled(rect.center(), rect.width() / 2.0, colours.accent_fill);
    }
    let ink = if sendable {
        colours.on_accent
    } else {
        colours.unusable
    };
    let sense = if sendable {
        egui::Sense::click()
    } else {
        egui::Sense::hover()
    };
    let response = ui.interact(rect, ui.scope_id().with("send"), sense);
    let label = t!("composer-send");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, sendable, &label));
    if sendable && response.hovered() {
        ui.painter()
            .circle_filled(rect.center(), rect.width() / 2.0, colours.accent_fill_hover);
    }
    crate::widgets::focus_ring_ui(ui, &response, rect, crate::theme::radius::BUBBLE);
    Icon::SEND.paint_in(ui.painter(), rect.translate(vec2(size::HAIRLINE, 0.0)), ink);
    response.on_hover_text(label).clicked()
}

/// Puts `emoji` where the cursor stands (over what is selected), the cursor behind it, and the focus back.
fn insert_at_cursor(ui: &Ui, id: Id, text: &mut String, emoji: &str) {
    let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let letters = text.chars().count();
    let (from, to) = state.cursor.char_range().map_or((letters, letters), |range| {
        let range = range.as_sorted_char_range();
        (range.start.0.min(letters), range.end.0.min(letters))
    });
    let byte = |letter: usize| text.char_indices().nth(letter).map_or(text.len(), |(at, _)| at);
    let (start, end) = (byte(from), byte(to));
    text.replace_range(start..end, emoji);
    let behind = CCursor::new(from + emoji.chars().count());
    state.cursor.set_char_range(Some(CCursorRange::one(behind)));
    state.store(ui.ctx(), id);
    ui.memory_mut(|memory| memory.request_focus(id));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_giants_cannot_be_sent() {
        assert!(sendable("hi"));
        assert!(!sendable(" \n\t"));
        assert!(!sendable(&"x".repeat(MAX_TEXT_BYTES + 1)));
        assert!(sendable(&"x".repeat(MAX_TEXT_BYTES)));
    }
}
