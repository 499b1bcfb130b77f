//! A counter in a pill: how much waits to be read.

use std::sync::Arc;

use egui::{Color32, Galley, Rect, Ui, pos2, vec2};

use crate::theme::{Type, palette, size, space};

/// A counter, measured and ready to be painted.
pub struct Badge {
    text: Arc<Galley>,
    width: f32,
}

impl Badge {
    /// Counts to `most`, above which it says only that there are more.
    pub fn new(ui: &Ui, count: u32, most: u32) -> Self {
        let text = if count > most {
            format!("{most}+")
        } else {
            count.to_string()
        };
        let ink = palette(ui).on_accent;
        let text = Type::CaptionStrong.one_line(ui.painter(), &text, ink, f32::INFINITY);
        let width = (text.size().x + 2.0 * (space::S - size::HAIRLINE))
            .max(size::BADGE)
            .ceil();
        Self { text, width }
    }

    /// How wide it is.
    pub fn width(&self) -> f32 {
        self.width
    }

    /// A ring of `ground` around where [`Badge::paint`] will paint it parts it from what it lies on.
    pub fn part(&self, ui: &Ui, right: f32, middle: f32, ground: Color32) {
        let centre = pos2(right - self.width / 2.0, middle.round());
        let around = Rect::from_center_size(centre, vec2(self.width, size::BADGE)).expand(size::FOCUS_RING);
        ui.painter().rect_filled(around, around.height() / 2.0, ground);
    }

    /// Paints it with its right edge and its middle there.
    pub fn paint(self, ui: &Ui, right: f32, middle: f32) {
        let corner = pos2(right - self.width, (middle - size::BADGE / 2.0).round());
        let rect = Rect::from_min_size(corner, vec2(self.width, size::BADGE));
        let colours = palette(ui);
        ui.painter()
            .rect_filled(rect, size::BADGE / 2.0, colours.accent_fill);
        let at = (rect.center() - self.text.size() / 2.0).round();
        ui.painter().galley(at, self.text, colours.on_accent);
    }
}
