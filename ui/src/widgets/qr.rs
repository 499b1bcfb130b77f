//! A QR code, dark on white in either theme: that is what scanners read.

use egui::{Color32, Rect, Role, Sense, Ui, Vec2, WidgetInfo};
use qrcode::{EcLevel, QrCode};

use crate::theme::{LIGHT, radius};

/// Light modules around a QR code (ISO/IEC 18004 asks for four).
const QUIET_ZONE: usize = 4;

/// A text and its code, kept from frame to frame.
pub struct Code {
    text: String,
    code: QrCode,
}

impl Code {
    /// The code of `text`: the one that `kept` holds, or a new one put there; `None` if the text is too long for one.
    pub fn of<'a>(kept: &'a mut Option<Self>, text: &str) -> Option<&'a Self> {
        if kept.as_ref().is_none_or(|kept| kept.text != text) {
            let code = QrCode::with_error_correction_level(text, EcLevel::L).ok();
            *kept = code.map(|code| Self {
                text: text.to_owned(),
                code,
            });
        }
        kept.as_ref()
    }

    /// Paints it at most `side` points wide, on whole pixels; `name` is for screen readers.
    pub fn show_ui(&self, ui: &mut Ui, side: f32, name: &str) {
        let modules = self.code.width();
        let across = modules + 2 * QUIET_ZONE;
        let pixels = ui.pixels_per_point();
        #[expect(clippy::cast_precision_loss, reason = "at most 185 modules")]
        let module = ((side * pixels / across as f32).floor().max(1.0)) / pixels;
        #[expect(clippy::cast_precision_loss, reason = "at most 185 modules")]
        let at = |count: usize| count as f32 * module;
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(at(across)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
        ui.painter().rect_filled(rect, radius::CARD, LIGHT.window);
        let mut mesh = egui::Mesh::default();
        for (index, colour) in self.code.to_colors().into_iter().enumerate() {
            if colour == qrcode::Color::Dark {
                let corner =
                    rect.min + Vec2::new(at(index % modules + QUIET_ZONE), at(index / modules + QUIET_ZONE));
                mesh.add_colored_rect(Rect::from_min_size(corner, Vec2::splat(module)), ink());
            }
        }
        ui.painter().add(mesh);
    }
}

fn ink() -> Color32 {
    LIGHT.text
}
