//! A word in passing, at the bottom of the window: "Copied", or what could not be done when no control is left to
//! say so. At most three at a time; each goes by itself or when pressed.

use std::collections::VecDeque;

use egui::{Align2, Area, Context, Id, Margin, Order, Role, Sense, Stroke, Vec2, WidgetInfo};

use super::icon::Icon;
use crate::theme::{Type, float_frame, motion, palette, size, space};

/// What kind of word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// It is done.
    Good,
    /// It could not be done.
    Bad,
}

/// A word in passing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What kind.
    pub kind: ToastKind,
    /// A few words or one sentence.
    pub text: String,
}

impl Toast {
    /// It is done.
    pub fn good(text: impl Into<String>) -> Self {
        Self {
            kind: ToastKind::Good,
            text: text.into(),
        }
    }

    /// It could not be done.
    pub fn bad(text: impl Into<String>) -> Self {
        Self {
            kind: ToastKind::Bad,
            text: text.into(),
        }
    }
}

/// Most words at a time; the oldest gives way.
const MAX_TOASTS: usize = 3;

/// Between a word and the edge around it.
const INSIDE: Margin = Margin::symmetric(16, 12);

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
        self.shown.push_back((toast, now_ms + motion::TOAST_MS));
    }

    /// Lets go of those whose time is over. Gives the milliseconds until the next one's is.
    pub fn expire(&mut self, now_ms: u64) -> Option<u64> {
        self.shown.retain(|(_, until)| *until > now_ms);
        self.shown.iter().map(|(_, until)| until - now_ms).min()
    }

    /// Paints them, `bottom` points above the lower edge of the window.
    pub fn show(&mut self, ctx: &Context, bottom: f32) {
        let mut lift = bottom + space::L;
        let mut pressed = None;
        for (index, (toast, _)) in self.shown.iter().enumerate().rev() {
            let area = Area::new(Id::unique(("toast", index)))
                .order(Order::Tooltip)
                .sense(Sense::click())
                .anchor(Align2::CENTER_BOTTOM, Vec2::new(0.0, -lift));
            let response = area.show(ctx, |ui| toast_ui(ui, toast)).response;
            lift += response.rect.height() + space::S;
            if response.clicked() {
                pressed = Some(index);
            }
        }
        if let Some(index) = pressed {
            self.shown.remove(index);
        }
    }
}

fn toast_ui(ui: &mut egui::Ui, toast: &Toast) {
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
            ui.add(egui::Label::new(Type::Secondary.rich(&toast.text, colours.text)).wrap());
        });
    });
    shown
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Status, true, &toast.text));
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
        assert_eq!(toasts.expire(3_000 + motion::TOAST_MS), None);
        assert!(toasts.shown.is_empty());
    }
}
