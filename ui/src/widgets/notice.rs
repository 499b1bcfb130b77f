//! A sentence about how something stands: what went wrong, what to look at, that something is being done.

use egui::{Color32, CornerRadius, Frame, Margin, Pos2, Role, Stroke, Ui, WidgetInfo};

use super::icon::Icon;
use crate::theme::{Type, inset, motion, palette, radius, size, space};

/// What kind of sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// To know.
    Info,
    /// To look at.
    Warning,
    /// As it should be.
    Good,
    /// Went wrong.
    Danger,
}

/// A sentence on a quiet ground, with an icon; each line of `text` is a paragraph.
pub fn notice_ui(ui: &mut Ui, tone: Tone, text: &str) -> egui::Response {
    titled_notice_ui(ui, tone, "", text)
}

/// The same below a few words that say what it is about.
pub fn titled_notice_ui(ui: &mut Ui, tone: Tone, title: &str, text: &str) -> egui::Response {
    let colours = palette(ui);
    let (ground, ink, icon) = match tone {
        Tone::Info => (colours.accent_soft, colours.accent, Icon::INFO),
        Tone::Good => (colours.good_soft, colours.good_text, Icon::CHECK),
        Tone::Warning => (colours.warning_soft, colours.warning_text, Icon::WARNING),
        Tone::Danger => (colours.danger_soft, colours.danger, Icon::ERROR),
    };
    let frame = Frame::new()
        .fill(ground)
        .corner_radius(CornerRadius::same(radius::CONTROL))
        .inner_margin(Margin::same(inset::M));
    let shown = frame.show(ui, |ui| {
        ui.take_available_width();
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            icon.show(ui, size::ICON, ink);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = space::S;
                let title = (!title.is_empty()).then(|| Type::BodyStrong.rich(title, colours.text));
                let paragraphs = text.split('\n');
                let paragraphs = paragraphs.map(|said| Type::Secondary.rich(said, colours.text));
                for said in title.into_iter().chain(paragraphs) {
                    ui.add(egui::Label::new(said).wrap().selectable(true));
                }
            });
        });
    });
    let spoken = [title, text].join("\n");
    shown
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Alert, true, spoken.trim_start()));
    shown.response
}

/// A ring that turns around `center`; asks for the next picture, so call it only while something is being done.
pub fn ring_ui(ui: &Ui, center: Pos2, color: Color32) {
    let radius = size::ICON_SMALL / 2.0;
    let still = ui.style().animation_time == 0.0;
    let turn = if still {
        0.0
    } else {
        ui.input(|input| input.time / motion::TURN_S).fract()
    };
    #[expect(clippy::cast_possible_truncation, reason = "an angle for painting")]
    let start = (turn * std::f64::consts::TAU) as f32;
    let point = |step: u8| {
        let angle = start + f32::from(step) / 24.0 * size::RING * std::f32::consts::TAU;
        center + radius * egui::Vec2::angled(angle)
    };
    ui.painter().line(
        (0..=24).map(point).collect(),
        Stroke::new(size::FOCUS_RING, color),
    );
    if !still {
        ui.ctx().request_repaint_after(motion::FRAME);
    }
}
