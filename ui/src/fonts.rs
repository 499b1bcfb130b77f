//! The typefaces: Inter for Latin, Greek and Cyrillic, Noto Sans Devanagari, Noto Sans Mono, Noto Color Emoji, Material Symbols for
//! icons; whatever they lack comes from the system (eframe's `system_fonts`).
//!
//! All are bundled, so that the app looks the same everywhere and a Hindi name never shows as boxes. Inter is one
//! variable font; its weights are cut here as families of their own.

use std::sync::Arc;

use egui::epaint::text::VariationCoords;
use egui::{Context, FontData, FontDefinitions, FontFamily, FontTweak};

const INTER: &[u8] = include_bytes!("../../assets/fonts/Inter-roman.var.ttf");
const DEVANAGARI: &[u8] = include_bytes!("../../assets/fonts/NotoSansDevanagari-Regular.ttf");
const DEVANAGARI_BOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSansDevanagari-Bold.ttf");
const MONO: &[u8] = include_bytes!("../../assets/fonts/NotoSansMono-Regular.ttf");
const EMOJI: &[u8] = include_bytes!("../../assets/fonts/NotoColorEmoji.ttf");

/// Inter at weight 550: names, labels of buttons.
pub fn medium() -> FontFamily {
    FontFamily::Name("medium".into())
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
    let inter = |weight: f32| {
        let tweak = FontTweak {
            coords: VariationCoords::new([(b"wght", weight)]),
            ..FontTweak::default()
        };
        Arc::new(FontData::from_static(INTER).tweak(tweak))
    };
    let plain = |bytes: &'static [u8]| Arc::new(FontData::from_static(bytes));
    fonts.font_data.insert("inter".into(), inter(400.0));
    fonts.font_data.insert("inter-medium".into(), inter(550.0));
    fonts.font_data.insert("inter-bold".into(), inter(650.0));
    fonts.font_data.insert("devanagari".into(), plain(DEVANAGARI));
    fonts
        .font_data
        .insert("devanagari-bold".into(), plain(DEVANAGARI_BOLD));
    fonts.font_data.insert("mono".into(), plain(MONO));
    fonts.font_data.insert("emoji".into(), plain(EMOJI));
    let family = |first: &str, second: &str| vec![first.to_owned(), second.to_owned(), "emoji".to_owned()];
    fonts
        .families
        .insert(FontFamily::Proportional, family("inter", "devanagari"));
    fonts
        .families
        .insert(FontFamily::Monospace, family("mono", "devanagari"));
    fonts
        .families
        .insert(medium(), family("inter-medium", "devanagari-bold"));
    fonts
        .families
        .insert(bold(), family("inter-bold", "devanagari-bold"));
    fonts
}
