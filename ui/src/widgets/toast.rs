//! A word in passing, at the bottom of the window: "Copied", or what could not be done when no control is left to
//! say so. At most three at a time; each goes by itself or when pressed. Besides them stands the offer to undo what can be
//! undone, which counts the seconds: it shows for as long as whoever paints it has something to offer.

use std::collections::VecDeque;

use std::time::Duration;

use egui::{Align2, Area, Context, Id, Margin, Order, Popup, Role, Sense, Stroke, Vec2, WidgetInfo};

use super::button::Button;
use super::icon::Icon;
use crate::t;
use crate::theme::{Type, float_frame, inset, motion, palette, size, space};

/// What kind of word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// It is done.
    Good,
    /// It could not be done.
    Bad,
}

/// What can be undone for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    /// The deletions, as the node names them.
    pub deletions: Vec<String>,
    /// When the first of them is final, unix milliseconds.
    pub until_ms: u64,
}

/// A word in passing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What kind.
    pub kind: ToastKind,
    /// A few words or one sentence.
    pub text: String,
    /// What a button beside the words undoes.
    pub undo: Option<Undo>,
}

impl Toast {
    /// It is done.
    pub fn good(text: impl Into<String>) -> Self {
        Self {
            kind: ToastKind::Good,
            text: text.into(),
            undo: None,
        }
    }

    /// It is done, and can be undone.
    pub fn undoable(text: impl Into<String>, undo: Undo) -> Self {
        Self {
            undo: Some(undo),
            ..Self::good(text)
        }
    }

    /// It could not be done.
    pub fn bad(text: impl Into<String>) -> Self {
        Self {
            kind: ToastKind::Bad,
            text: text.into(),
            undo: None,
        }
    }
}

/// Most words at a time; the oldest gives way.
const MAX_TOASTS: usize = 3;
/// Where the offer to undo something stands among them: below.
const OFFER: usize = MAX_TOASTS;

/// Milliseconds in a second.
const SECOND_MS: u64 = 1_000;

/// Between a word and the edge around it.
const INSIDE: Margin = Margin::symmetric(inset::L, inset::M);

/// The words that are on the screen.
#[derive(Default)]
pub struct Toasts {
    shown: VecDeque<(Toast, u64)>,
}

impl Toasts {
    /// Says one more; `now_ms` is unix milliseconds. The same word again only stays longer.
    pub fn push(&mut self, toast: Toast, now_ms: u64) {
        self.shown.retain(|(have, _)| *have != toast);
        if self.shown.len() >= MAX_TOASTS {
            self.shown.pop_front();
        }
        let until = match toast.kind {
            ToastKind::Good => now_ms + motion::TOAST_MS,
            ToastKind::Bad => now_ms + motion::TOAST_BAD_MS,
        };
        self.shown.push_back((toast, until));
    }

    /// Lets go of those whose time is over. Gives the milliseconds until the next one's is.
    pub fn expire(&mut self, now_ms: u64) -> Option<u64> {
        self.shown.retain(|(_, until)| *until > now_ms);
        self.shown.iter().map(|(_, until)| until - now_ms).min()
    }

    /// Paints them and the offer to undo something, `bottom` points above the lower edge of the window. Gives the deletions
    /// that are to be undone.
    pub fn show(&mut self, ctx: &Context, bottom: f32, offer: Option<&Toast>, now_ms: u64) -> Vec<String> {
        let mut lift = bottom + space::L;
        // Above all but a menu: that was opened since, to be chosen from.
        let order = if Popup::is_any_open(ctx) {
            Order::Middle
        } else {
            Order::Tooltip
        };
        let mut undone = Vec::new();
        let offered = offer.and_then(|toast| Some((toast, toast.undo.as_ref()?)));
        if let Some((toast, undo)) = offered {
            let left_ms = undo.until_ms.saturating_sub(now_ms);
            let shown = area(OFFER, lift)
                .order(order)
                .show(ctx, |ui| toast_ui(ui, toast, left_ms));
            lift += shown.response.rect.height() + space::S;
            if shown.inner {
                undone.clone_from(&undo.deletions);
            }
        }
        let mut pressed = None;
        for (index, (toast, until)) in self.shown.iter().enumerate().rev() {
            let left_ms = until.saturating_sub(now_ms);
            let shown = area(index, lift)
                .order(order)
                .show(ctx, |ui| toast_ui(ui, toast, left_ms));
            lift += shown.response.rect.height() + space::S;
            if shown.response.clicked() {
                pressed = Some(index);
            }
        }
        if let Some(index) = pressed {
            self.shown.remove(index);
        }
        undone
    }
}

/// Where one stands, `lift` points above the lower edge.
fn area(index: usize, lift: f32) -> Area {
    Area::new(Id::unique(("toast", index)))
        .sense(Sense::click())
        .anchor(Align2::CENTER_BOTTOM, Vec2::new(0.0, -lift))
}

/// Paints one; true when its button was pressed. `left_ms` is how long it stays.
fn toast_ui(ui: &mut egui::Ui, toast: &Toast, left_ms: u64) -> bool {
    let colours = palette(ui);
    let (icon, ink) = match toast.kind {
        ToastKind::Good => (Icon::CHECK, colours.good_text),
        ToastKind::Bad => (Icon::ERROR, colours.danger),
    };
    // It may stand over a dialog of the same colour.
    let edge = Stroke::new(size::HAIRLINE, colours.field_edge);
    let frame = float_frame(colours).stroke(edge).inner_margin(INSIDE);
    let shown = frame.show(ui, |ui| {
        // A narrow window has less room than a long sentence would take.
        let around = 2.0 * (space::L + f32::from(INSIDE.left));
        ui.set_max_width((ui.ctx().content_rect().width() - around).min(size::DIALOG));
        ui.horizontal(|ui| {
            icon.show(ui, size::ICON, ink);
            let words = egui::Label::new(Type::Secondary.rich(&toast.text, colours.text)).wrap();
            if toast.undo.is_none() {
                ui.add(words);
                return false;
            }
            let label = t!("undo", seconds = left_ms.div_ceil(SECOND_MS));
            // The next number is due when this second is over.
            let next = Duration::from_millis(left_ms.saturating_sub(1) % SECOND_MS + 1);
            ui.ctx().request_repaint_after(next);
            let button = Type::BodyStrong.width(ui.painter(), &label) + 2.0 * space::L;
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width() - button);
                ui.add(words);
            });
            Button::plain(&label).small().show(ui).clicked()
        })
        .inner
    });
    shown
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Status, true, &toast.text));
    shown.inner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toasts_come_and_go() {
        let mut toasts = Toasts::default();
        toasts.push(Toast::good("Copied"), 1_000);
        toasts.push(Toast::good("Copied"), 2_000);
        assert_eq!(toasts.shown.len(), 1);
        assert_eq!(toasts.expire(3_000), Some(2_000 + motion::TOAST_MS - 3_000));
        for n in 0..5 {
            toasts.push(Toast::bad(n.to_string()), 3_000);
        }
        assert_eq!(toasts.shown.len(), MAX_TOASTS);
        assert!(
            toasts.expire(3_000 + motion::TOAST_MS).is_some(),
            "what went wrong takes longer to read"
        );
        assert_eq!(toasts.expire(3_000 + motion::TOAST_BAD_MS), None);
        assert!(toasts.shown.is_empty());
    }
}
