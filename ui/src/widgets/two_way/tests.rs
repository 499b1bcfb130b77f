//! Where letters stand, and what a press, a selection and a caret make of it.

use egui::Context;
use egui::text::CCursor;

use super::*;

/// Lays a text out and looks at it. Without fonts for Hebrew every letter is a box: places are what counts.
fn with(text: &str, width: f32, look: impl Fn(&Painter, &TwoWay)) {
    let ctx = Context::default();
    crate::fonts::install(&ctx);
    ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    let mut painted = ctx.run_ui(egui::RawInput::default(), |ui| {
        let laid_out = TwoWay::plain(ui.painter(), text, width, Color32::PLACEHOLDER);
        look(ui.painter(), &laid_out);
    });
    painted.textures_delta.clear();
}

fn caret(ruler: &Galley, letter: usize) -> f32 {
    ruler.pos_from_cursor(CCursor::new(letter)).center().x
}

#[test]
fn hebrew_stands_at_the_right_and_its_caret_goes_left() {
    with("שלום עולם", 400.0, |painter, text| {
        let ruler = text.ruler(painter, Marks::Carets, None);
        let carets: Vec<_> = (0..=9).map(|letter| caret(&ruler, letter)).collect();
        assert!((carets[0] - 400.0).abs() < 1.0, "{carets:?}");
        assert!(carets.is_sorted_by(|one, other| one >= other), "{carets:?}");
        assert_eq!(ruler.end().index.0, 9, "one mark a letter");
        assert_eq!(ruler.text(), "שלום עולם");
    });
}

#[test]
fn latin_within_hebrew_goes_right_again() {
    with("אני Kith כאן", 400.0, |painter, text| {
        let ruler = text.ruler(painter, Marks::Carets, None);
        let at = |letter| caret(&ruler, letter);
        assert!(at(4) < at(5) && at(5) < at(7), "K, i, h");
        assert!(at(1) > at(7), "what comes before stands right of it");
        assert!(at(9) < at(4), "what comes after stands left of it");
    });
}

#[test]
fn a_press_finds_the_letter_that_stands_there() {
    for sentence in [
        "שלום עולם",
        "אני Kith כאן",
        "say שלום עולם now",
        "שלום\nhello שלום",
    ] {
        with(sentence, 400.0, |painter, text| {
            for letter in (0..sentence.chars().count()).filter(|at| sentence.chars().nth(*at) != Some('\n')) {
                let rect = text.rects(painter, &(letter..letter + 1))[0];
                let rtl = text
                    .lines
                    .iter()
                    .flat_map(|line| text.letters(painter, line).into_iter().zip(line.first..));
                let rtl = rtl.filter(|(_, at)| *at == letter).any(|(place, _)| place.rtl);
                let quarter = rect.width() / 4.0;
                let (before, behind) = if rtl {
                    (rect.right() - quarter, rect.left() + quarter)
                } else {
                    (rect.left() + quarter, rect.right() - quarter)
                };
                for (x, wanted) in [(before, letter), (behind, letter + 1)] {
                    let at = vec2(x, rect.center().y);
                    for marks in [Marks::Carets, Marks::Numbers] {
                        let ruler = text.ruler(painter, marks, Some(Aim::Point(at)));
                        assert_eq!(ruler.cursor_from_pos(at).index.0, wanted, "{sentence} {letter}");
                    }
                }
            }
        });
    }
}

#[test]
fn up_and_down_stay_in_the_column() {
    with(
        "say שלום עולם now\nhello שלום ok",
        400.0,
        |painter, text| {
            let plain = text.ruler(painter, Marks::Carets, None);
            for letter in (0..=17).chain(18..=31) {
                let x = caret(&plain, letter);
                let bent = text.ruler(painter, Marks::Carets, Some(Aim::Column(x)));
                assert!((caret(&bent, letter) - x).abs() < 0.1, "bending moves no caret");
                let at = CCursor::new(letter);
                let (there, _) = if letter < 18 {
                    bent.cursor_down_one_row(&at, None)
                } else {
                    bent.cursor_up_one_row(&at, None)
                };
                let other = if letter < 18 { 18..=31 } else { 0..=17 };
                let nearest = other.clone().map(|to| (caret(&plain, to) - x).abs());
                let nearest = nearest.min_by(f32::total_cmp).unwrap();
                let gone = (caret(&plain, there.index.0) - x).abs();
                assert!(other.contains(&there.index.0), "{letter} {there:?}");
                assert!(gone <= nearest + 0.1, "{letter}: {gone} away, {nearest} would do");
            }
        },
    );
}

#[test]
fn what_is_selected_is_marked_where_it_stands() {
    with("say שלום עולם now", 400.0, |painter, text| {
        let whole: f32 = text.rects(painter, &(0..17)).iter().map(Rect::width).sum();
        assert!((whole - text.galley().rows[0].size.x).abs() < 1.0);
        // The end of "say" and the first Hebrew word: two places, since the word stands at the far side of the other.
        assert_eq!(text.rects(painter, &(2..8)).len(), 2);
        assert_eq!(text.rects(painter, &(4..13)).len(), 1);
    });
}

#[test]
fn lines_are_broken_and_every_letter_stays() {
    let text = "שלום עולם ומה שלומך היום אחרי הצהריים";
    with(text, 90.0, |painter, laid_out| {
        assert!(laid_out.lines.len() > 2);
        let ruler = laid_out.ruler(painter, Marks::Carets, None);
        assert_eq!(ruler.end().index.0, text.chars().count());
        assert_eq!(ruler.rows.len(), laid_out.lines.len());
    });
}
