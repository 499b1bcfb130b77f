//! Hebrew, Arabic and their kin beside Latin: which part of a line stands where on the screen.
//!
//! egui lays glyphs out from left to right in the order of the text. It shapes each section with the direction of its
//! script, so the letters of one Arabic word come out joined and in their right order, but words, numbers and brackets
//! around them do not. Here a line is cut into pieces by the Unicode bidirectional algorithm (UAX #9, the crate
//! `unicode-bidi`) and the pieces are put into the order of the screen; whoever lays text out gives egui one section a
//! piece. Lines are broken first, in the order of reading, as UAX #9 demands (L1).
//!
//! Selecting and typing, in which a cursor walks through the letters, is [`crate::widgets::two_way`]'s.

use std::ops::Range;

use unicode_bidi::{BidiClass, BidiInfo, Level, bidi_class};

/// A part of a line, in the order of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes in the line.
    pub range: Range<usize>,
    /// What is shown: the bytes themselves, or a bracket turned around.
    pub mirrored: Option<char>,
    /// Whether it reads from right to left.
    pub rtl: bool,
}

/// Whether anything in the text is written from right to left. Most texts have nothing, and go their own fast way.
pub fn has_rtl(text: &str) -> bool {
    !text.is_ascii()
        && text.chars().any(|letter| {
            matches!(letter,
                '\u{0590}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
                | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        })
}

/// Whether the text as a whole reads from right to left: its first letter with a direction says so (UAX #9, P2).
pub fn starts_rtl(text: &str) -> bool {
    let strong = text.chars().map(bidi_class).find_map(|class| match class {
        BidiClass::L => Some(false),
        BidiClass::R | BidiClass::AL => Some(true),
        _ => None,
    });
    strong.unwrap_or(false)
}

/// The pieces of one line from left to right. `line` is one line after breaking, without its line feed.
pub fn visual(line: &str) -> Vec<Piece> {
    visual_in(line, None)
}

/// The same for a line of a paragraph that reads from right to left, or does not, as a whole; `None` asks the line itself.
pub fn visual_in(line: &str, rtl: Option<bool>) -> Vec<Piece> {
    let level = rtl.map(|rtl| if rtl { Level::rtl() } else { Level::ltr() });
    let info = BidiInfo::new(line, level);
    let mut pieces = Vec::new();
    // A line holds one paragraph, or nothing.
    let Some(paragraph) = info.paragraphs.first() else {
        return pieces;
    };
    let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
    for run in runs {
        let rtl = levels.get(run.start).is_some_and(|level| level.is_rtl());
        if rtl {
            backwards(line, run, &mut pieces);
        } else {
            pieces.push(Piece {
                range: run,
                mirrored: None,
                rtl,
            });
        }
    }
    pieces
}

/// The pieces of a run that reads from right to left: words stay whole, because egui turns the letters itself.
fn backwards(line: &str, run: Range<usize>, pieces: &mut Vec<Piece>) {
    let from = pieces.len();
    let start = run.start;
    for (offset, letter) in line.get(run).unwrap_or_default().char_indices() {
        let range = start + offset..start + offset + letter.len_utf8();
        let joins = is_word(letter);
        let word = pieces
            .get_mut(from..)
            .and_then(|pieces| pieces.last_mut())
            .filter(|word| joins && word.rtl && word.mirrored.is_none() && ends_in_word(line, &word.range));
        match word {
            Some(word) => word.range.end = range.end,
            None => pieces.push(Piece {
                range,
                mirrored: mirrored(letter),
                rtl: true,
            }),
        }
    }
    if let Some(pieces) = pieces.get_mut(from..) {
        pieces.reverse();
    }
}

fn ends_in_word(line: &str, range: &Range<usize>) -> bool {
    line.get(range.clone())
        .and_then(|word| word.chars().next_back())
        .is_some_and(is_word)
}

/// Letters that are shaped together, and the marks and joiners among them.
fn is_word(letter: char) -> bool {
    matches!(
        bidi_class(letter),
        BidiClass::R | BidiClass::AL | BidiClass::NSM | BidiClass::BN
    )
}

/// A bracket as it looks in text that reads from right to left (UAX #9, L4).
fn mirrored(letter: char) -> Option<char> {
    Some(match letter {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '<' => '>',
        '>' => '<',
        '«' => '»',
        '»' => '«',
        '‹' => '›',
        '›' => '‹',
        _ => return None,
    })
}

/// The words of a piece as they are shown.
pub fn shown<'a>(line: &'a str, piece: &Piece, buffer: &'a mut [u8; 4]) -> &'a str {
    match piece.mirrored {
        Some(letter) => letter.encode_utf8(buffer),
        None => line.get(piece.range.clone()).unwrap_or_default(),
    }
}

/// The line in the order of the screen, for places that take nothing but a string.
pub fn reordered(line: &str) -> String {
    let mut buffer = [0; 4];
    visual(line)
        .iter()
        .map(|piece| shown(line, piece, &mut buffer).to_owned())
        .collect()
}

/// Breaks a text into lines of at most `width`, in the order of reading, at spaces. `measure` tells how wide words
/// are. A word wider than a line is broken where the line ends. Gives the bytes of each line, with the spaces at its end,
/// without its line feed: together they are the whole text.
pub fn lines(text: &str, width: f32, measure: &mut dyn FnMut(&str) -> f32) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut offset = 0;
    for paragraph in text.split('\n') {
        break_paragraph(paragraph, offset, width, measure, &mut lines);
        offset += paragraph.len() + 1;
    }
    lines
}

/// No line holds more letters. Marks that take no width of their own would never fill one, however many there are.
const MAX_LINE_LETTERS: usize = 1_024;

fn break_paragraph(
    paragraph: &str,
    offset: usize,
    width: f32,
    measure: &mut dyn FnMut(&str) -> f32,
    lines: &mut Vec<Range<usize>>,
) {
    let (mut from, mut used, mut at) = (0, 0.0, 0);
    let mut push = |from: usize, to: usize| lines.push(offset + from..offset + to);
    for word in paragraph.split_inclusive(char::is_whitespace) {
        let seen = measure(word.trim_end());
        if at > from && used + seen > width {
            push(from, at);
            (from, used) = (at, 0.0);
        }
        let end = at + word.len();
        if seen > width {
            let mut letters = 0;
            for (letter, _) in word.trim_end().char_indices().skip(1) {
                letters += 1;
                let part = paragraph.get(from..at + letter).unwrap_or_default();
                let next = paragraph
                    .get(at + letter..end)
                    .and_then(|rest| rest.chars().next());
                let longer = format!("{part}{}", next.unwrap_or_default());
                if (letters >= MAX_LINE_LETTERS || measure(&longer) > width) && !part.is_empty() {
                    push(from, at + letter);
                    (from, letters) = (at + letter, 0);
                }
            }
            used = measure(paragraph.get(from..end).unwrap_or_default());
        } else {
            used += measure(word);
        }
        at = end;
    }
    push(from, paragraph.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        let mut buffer = [0; 4];
        visual(line)
            .iter()
            .map(|piece| shown(line, piece, &mut buffer).to_owned())
            .collect()
    }

    #[test]
    fn latin_goes_its_fast_way() {
        assert!(!has_rtl("plain, naïve, हिन्दी 🎉"));
        assert!(has_rtl("say שלום") && has_rtl("مرحبا"));
        assert_eq!(texts("plain words"), ["plain words"]);
    }

    #[test]
    fn words_change_places_and_stay_whole() {
        assert_eq!(texts("שלום עולם"), ["עולם", " ", "שלום"]);
        assert_eq!(reordered("مرحبا يا صديقي"), "صديقي يا مرحبا");
        assert!(starts_rtl("«שלום»") && !starts_rtl("1. hello"));
    }

    #[test]
    fn latin_and_numbers_within_hebrew_read_on_from_left_to_right() {
        assert_eq!(texts("מחיר 25 ש"), ["ש", " ", "25", " ", "מחיר"]);
        assert_eq!(
            texts("אני ב-Kith עכשיו"),
            ["עכשיו", " ", "Kith", "-", "ב", " ", "אני"]
        );
    }

    #[test]
    fn hebrew_within_latin_turns_alone_and_brackets_turn_with_it() {
        assert_eq!(texts("say שלום עולם now"), ["say ", "עולם", " ", "שלום", " now"]);
        assert_eq!(texts("(שלום)"), ["(", "שלום", ")"]);
        assert_eq!(reordered("שלום (טוב)"), "(טוב) שלום");
    }

    #[test]
    fn marks_stay_on_their_letters() {
        assert_eq!(texts("שָׁלוֹם").len(), 1);
        assert_eq!(texts("مَرْحَبًا").len(), 1);
    }

    #[test]
    fn lines_break_in_the_order_of_reading() {
        let text = "אחת שתיים שלוש\nארבע";
        #[expect(clippy::cast_precision_loss, reason = "short words")]
        let mut measure = |word: &str| word.chars().count() as f32;
        let broken: Vec<_> = lines(text, 9.0, &mut measure)
            .into_iter()
            .map(|range| text[range].trim_end())
            .collect();
        assert_eq!(broken, ["אחת שתיים", "שלוש", "ארבע"]);
        assert_eq!(lines("", 9.0, &mut measure), vec![0..0]);
        let long = "longer-than-a-line x";
        let broken: Vec<_> = lines(long, 5.0, &mut measure)
            .into_iter()
            .map(|range| &long[range])
            .collect();
        assert_eq!(broken, ["longe", "r-tha", "n-a-l", "ine x"]);
        let spaces = lines("אחת  \n ב", 2.0, &mut measure);
        let whole: usize = spaces.iter().map(std::ops::Range::len).sum();
        assert_eq!(whole + 1, "אחת  \n ב".len(), "no letter is left out");
    }
}
