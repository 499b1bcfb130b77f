//! The typefaces: Inter for Latin, Greek and Cyrillic, Noto Sans Devanagari, Noto Sans Mono, Noto Color Emoji, Material Symbols for
//! icons; whatever they lack comes from the system (eframe's `system_fonts`).
//!
//! All are bundled, so that the app looks the same everywhere and a Hindi name never shows as boxes. Inter is one
//! variable font; its weights are cut here as families of their own. egui asks a font for no features, so that the digits
//! of equal width that Inter has (`tnum`) come from a small font of their own: those ten glyphs of Inter, under the
//! characters `0` to `9`, in front of the rest of Inter wherever times and counters stand.

use std::sync::Arc;

use egui::epaint::text::VariationCoords;
use egui::{Context, FontData, FontDefinitions, FontFamily, FontTweak};

const INTER: &[u8] = include_bytes!("../../assets/fonts/Inter-roman.var.ttf");
const FIGURES: &[u8] = include_bytes!("../../assets/fonts/Inter-tabular-digits.var.ttf");
const DEVANAGARI: &[u8] = include_bytes!("../../assets/fonts/NotoSansDevanagari-Regular.ttf");
const DEVANAGARI_BOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSansDevanagari-Bold.ttf");
const MONO: &[u8] = include_bytes!("../../assets/fonts/NotoSansMono-Regular.ttf");
const EMOJI: &[u8] = include_bytes!("../../assets/fonts/NotoColorEmoji.ttf");

/// How much lower Devanagari is painted, as a part of its size. Where two fonts stand in a line, egui puts the middles of
/// their heights at one height; this brings their baselines together: with the ascents `a` and the heights `h` of the
/// fonts' `hhea` tables, `a(Inter) - a(Noto) - (h(Inter) - h(Noto)) / 2`.
const DEVANAGARI_DROP: f32 = 0.12;

/// Inter at weight 550: names, labels of buttons.
pub fn medium() -> FontFamily {
    FontFamily::Name("medium".into())
}

/// Inter with digits of equal width: times, counters.
pub fn figures() -> FontFamily {
    FontFamily::Name("figures".into())
}

/// The same at weight 550: badges.
pub fn medium_figures() -> FontFamily {
    FontFamily::Name("medium figures".into())
}

/// Inter at weight 650: titles.
pub fn bold() -> FontFamily {
    FontFamily::Name("bold".into())
}

/// Gives egui the fonts. Once, before the first frame.
pub fn install(ctx: &Context) {
    ctx.set_fonts(definitions());
    egui_material_icons::initialize(ctx);
}

fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let cut = |bytes: &'static [u8], weight: f32| {
        let tweak = FontTweak {
            coords: VariationCoords::new([(b"wght", weight)]),
            ..FontTweak::default()
        };
        Arc::new(FontData::from_static(bytes).tweak(tweak))
    };
    let hindi = |bytes: &'static [u8]| {
        let tweak = FontTweak {
            y_offset_factor: DEVANAGARI_DROP,
            ..FontTweak::default()
        };
        Arc::new(FontData::from_static(bytes).tweak(tweak))
    };
    let plain = |bytes: &'static [u8]| Arc::new(FontData::from_static(bytes));
    for (name, bytes, weight) in [
        ("inter", INTER, 400.0),
        ("inter-medium", INTER, 550.0),
        ("inter-bold", INTER, 650.0),
        ("figures", FIGURES, 400.0),
        ("figures-medium", FIGURES, 550.0),
    ] {
        fonts.font_data.insert(name.into(), cut(bytes, weight));
    }
    fonts.font_data.insert("devanagari".into(), hindi(DEVANAGARI));
    fonts
        .font_data
        .insert("devanagari-bold".into(), hindi(DEVANAGARI_BOLD));
    fonts.font_data.insert("mono".into(), plain(MONO));
    fonts.font_data.insert("emoji".into(), plain(EMOJI));
    for (family, faces) in [
        (FontFamily::Proportional, ["inter", "devanagari"].as_slice()),
        (FontFamily::Monospace, &["mono", "devanagari"]),
        (medium(), &["inter-medium", "devanagari-bold"]),
        (bold(), &["inter-bold", "devanagari-bold"]),
        (figures(), &["figures", "inter", "devanagari"]),
        (
            medium_figures(),
            &["figures-medium", "inter-medium", "devanagari-bold"],
        ),
    ] {
        let faces = faces.iter().chain(&["emoji"]).map(|face| (*face).to_owned());
        fonts.families.insert(family, faces.collect());
    }
    fonts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Type;

    #[test]
    fn times_and_counters_do_not_jump_when_their_digits_change() {
        let ctx = Context::default();
        install(&ctx);
        let mut painted = ctx.run_ui(egui::RawInput::default(), |ui| {
            for kind in [Type::Caption, Type::CaptionStrong] {
                let width = |text: &str| kind.width(ui.painter(), text);
                for digit in '0'..='9' {
                    let text = String::from_iter([digit; 8]);
                    let (one, other) = (width(&text), width("88888888"));
                    assert!((one - other).abs() < 0.1, "{kind:?} {digit}: {one} {other}");
                }
                assert!((width("11:11") - width("20:48")).abs() < 0.1, "{kind:?}");
            }
            let body = |text: &str| Type::Body.width(ui.painter(), text);
            assert!(
                body("1111") < body("8888"),
                "in sentences digits keep their own widths"
            );
        });
        painted.textures_delta.clear();
    }
}
