//! What is read, pressed or pointed at is told from what it lies on, in both themes (WCAG 2.2, 1.4.3 and 1.4.11).

use super::*;

fn luminance(colour: Color32) -> f64 {
    let channel = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(colour.r()) + 0.7152 * channel(colour.g()) + 0.0722 * channel(colour.b())
}

/// How far apart two colours are, from 1 to 21.
fn contrast(one: Color32, other: Color32) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

/// How many pixels of `place` are told apart between two pictures.
pub(crate) fn told_apart(one: &image::RgbaImage, other: &image::RgbaImage, place: egui::Rect) -> usize {
    let colour = |picture: &image::RgbaImage, x: u32, y: u32| {
        let [red, green, blue, _] = picture.get_pixel(x, y).0;
        Color32::from_rgb(red, green, blue)
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixels of a picture"
    )]
    let pixels = |from: f32, to: f32, end: u32| (from.max(0.0) as u32)..(to.max(0.0) as u32).min(end);
    let rows = pixels(place.top(), place.bottom(), one.height());
    rows.flat_map(|y| pixels(place.left(), place.right(), one.width()).map(move |x| (x, y)))
        .filter(|(x, y)| contrast(colour(one, *x, *y), colour(other, *x, *y)) >= 3.0)
        .count()
}

fn pairs(p: &Palette) -> Vec<(&'static str, Color32, Color32)> {
    let mut pairs = Vec::new();
    let surfaces = [
        ("window", p.window),
        ("list", p.list),
        ("float", p.float),
        ("hover", p.hover),
        ("selected", p.selected),
        ("field", p.field),
        ("backdrop", p.backdrop),
    ];
    for (name, surface) in surfaces {
        pairs.extend([
            (name, p.text, surface),
            (name, p.secondary, surface),
            (name, p.accent, surface),
        ]);
    }
    for (name, surface) in [("window", p.window), ("list", p.list), ("float", p.float)] {
        pairs.extend([
            (name, p.danger, surface),
            (name, p.good_text, surface),
            (name, p.warning_text, surface),
        ]);
    }
    pairs.extend([
        ("own bubble", p.text, p.own_bubble),
        ("own bubble meta", p.own_meta, p.own_bubble),
        ("own bubble link", p.link, p.own_bubble),
        ("other bubble", p.text, p.other_bubble),
        ("other bubble meta", p.other_meta, p.other_bubble),
        ("other bubble link", p.link, p.other_bubble),
        ("main button", p.on_accent, p.accent_fill),
        ("main button hovered", p.on_accent, p.accent_fill_hover),
        ("soft button", p.accent, p.accent_soft),
        ("danger button", p.on_accent, p.danger_fill),
        ("quiet danger button", p.danger, p.danger_soft),
        ("quiet danger button hovered", p.danger, p.hover),
        ("soft button hovered", p.accent, p.selected),
        ("info note text", p.text, p.accent_soft),
        ("draft on a hovered row", p.danger, p.hover),
        ("draft on the open row", p.danger, p.selected),
        ("who is there, in a hovered row", p.good_text, p.hover),
        ("danger note", p.danger, p.danger_soft),
        ("danger note text", p.text, p.danger_soft),
        ("good note", p.good_text, p.good_soft),
        ("good note text", p.text, p.good_soft),
        ("warning note", p.warning_text, p.warning_soft),
        ("warning note text", p.text, p.warning_soft),
        ("selected text", p.text, p.text_selection),
        ("selected link", p.link, p.text_selection),
        ("button that cannot be pressed", p.secondary, p.hover),
    ]);
    pairs.extend(p.names.map(|name| ("name on a message", name, p.other_bubble)));
    pairs
}

#[test]
fn every_text_reads_on_its_surface() {
    for (theme, palette) in [("light", &LIGHT), ("dark", &DARK)] {
        for (name, text, surface) in pairs(palette) {
            let ratio = contrast(text, surface);
            assert!(
                ratio >= 4.5,
                "{theme}: {name}: {text:?} on {surface:?} is only {ratio:.2}:1"
            );
        }
    }
    for hue in HUES {
        let ratio = contrast(LIGHT.on_accent, hue);
        assert!(ratio >= 4.5, "initials on {hue:?} are only {ratio:.2}:1");
    }
}

#[test]
fn what_cannot_be_pressed_is_still_seen() {
    for (theme, p) in [("light", &LIGHT), ("dark", &DARK)] {
        for surface in [p.window, p.list, p.float, p.field] {
            let ratio = contrast(p.unusable, surface);
            assert!(
                ratio >= 3.0,
                "{theme}: an icon on {surface:?} is only {ratio:.2}:1"
            );
        }
    }
}

#[test]
fn the_ring_around_what_has_the_keyboard_is_seen() {
    for (theme, p) in [("light", &LIGHT), ("dark", &DARK)] {
        let surfaces = [
            p.window,
            p.list,
            p.float,
            p.hover,
            p.selected,
            p.own_bubble,
            p.other_bubble,
        ];
        for surface in surfaces {
            let ratio = contrast(p.accent, surface);
            assert!(
                ratio >= 3.0,
                "{theme}: a ring on {surface:?} is only {ratio:.2}:1"
            );
        }
    }
}

#[test]
fn what_is_under_the_pointer_is_told_from_what_it_lies_on() {
    for (theme, p) in [("light", &LIGHT), ("dark", &DARK)] {
        for surface in [p.window, p.list, p.float, p.field] {
            let ratio = contrast(p.hover, surface);
            assert!(
                ratio >= 1.05,
                "{theme}: {surface:?} under the pointer is only {ratio:.2}:1"
            );
        }
    }
}

#[test]
fn contrast_is_what_the_standard_says() {
    assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
    assert!((contrast(rgb(0x767676), Color32::WHITE) - 4.54).abs() < 0.01);
}

#[test]
fn hues_differ_between_people_and_never_between_machines() {
    assert_eq!(hue_of(&[1; 32]), hue_of(&[1; 32]));
    let seen = (0..=255_u8)
        .map(|n| hue_of(&[n, 3, 7]))
        .collect::<std::collections::HashSet<_>>();
    assert_eq!(seen.len(), HUES.len());
}
