//! People type marks and links in all the ways people do.

use std::cell::Cell;

use super::*;

thread_local! {
    /// How many steps of work this thread has done.
    pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
}

fn hosts(text: &str) -> Vec<(String, String)> {
    links(text)
        .into_iter()
        .map(|link| (text[link.range].to_owned(), link.host))
        .collect()
}

fn one(text: &str) -> (String, String) {
    let found = hosts(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found[0].clone()
}

fn shown(text: &str) -> Vec<(String, Look)> {
    spans(text, &links(text))
        .into_iter()
        .map(|span| (text[span.range].to_owned(), span.look))
        .collect()
}

#[test]
fn links_are_found_without_the_sentence_around_them() {
    assert_eq!(
        one("See https://example.org/a."),
        ("https://example.org/a".into(), "example.org".into())
    );
    assert_eq!(one("(www.example.org)").0, "www.example.org");
    assert_eq!(
        one("(https://en.wikipedia.org/wiki/Kith_(disambiguation))").0,
        "https://en.wikipedia.org/wiki/Kith_(disambiguation)"
    );
    assert_eq!(one("HTTP://Example.ORG:8080/x?y=1#z!").1, "example.org");
    assert_eq!(
        one("देखो https://hi.wikipedia.org/wiki/हिन्दी।").1,
        "hi.wikipedia.org"
    );
    assert_eq!(hosts("https://a.org\nhttps://b.org").len(), 2);
}

#[test]
fn the_host_is_the_real_one() {
    assert_eq!(one("https://bank.example@evil.example/login").1, "evil.example");
    assert_eq!(one("https://evil.example\\@bank.example").1, "evil.example");
}

#[test]
fn what_only_looks_like_a_link_stays_text() {
    for text in [
        "https://",
        "http://nohost",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "a.b",
        "kith:",
        "www.",
    ] {
        assert!(links(text).is_empty(), "{text}");
    }
}

#[test]
fn invite_links_are_links_of_kith() {
    assert_eq!(one("add me: kith:abcdefgh2345").1, "kith");
    assert_eq!(links("www.example.org")[0].url, "https://www.example.org");
}

#[test]
fn marks_are_taken_as_people_mean_them() {
    let plain = |text: &str| (text.to_owned(), Look::Plain);
    assert_eq!(
        shown("a *b c* and _d_ `e*f*`"),
        [
            plain("a "),
            ("b c".into(), Look::Bold),
            plain(" and "),
            ("d".into(), Look::Italic),
            plain(" "),
            ("e*f*".into(), Look::Code)
        ]
    );
    for text in [
        "2*3*4",
        "snake_case_name",
        "* a list",
        "*",
        "**",
        "a * b * c",
        "*open\nclose*",
        "5 * 6",
    ] {
        assert_eq!(shown(text), [plain(text)], "{text}");
    }
}

#[test]
fn a_link_keeps_its_underscores() {
    assert_eq!(
        shown("https://example.org/a_b_c _x_"),
        [
            ("https://example.org/a_b_c".into(), Look::Link),
            (" ".into(), Look::Plain),
            ("x".into(), Look::Italic)
        ]
    );
}

#[test]
fn the_spans_of_any_text_are_in_order_and_on_letters() {
    for text in [
        "",
        "`",
        "é*ü*ß",
        "😀_😀_",
        "*a* *b*",
        "*`x`*",
        "_*x*_",
        "https://é.org/*x*",
        "``",
        "`` ``",
    ] {
        let mut end = 0;
        for span in spans(text, &links(text)) {
            assert!(
                span.range.start >= end && text.get(span.range.clone()).is_some(),
                "{text}"
            );
            end = span.range.end;
        }
    }
}

#[test]
fn few_emoji_alone_are_counted() {
    assert_eq!(only_emoji("👍"), Some(1));
    assert_eq!(only_emoji("👩‍👩‍👧 ❤️"), None, "a space between them is text enough");
    assert_eq!(only_emoji("👩‍👩‍👧❤️"), Some(2));
    assert_eq!(only_emoji("🇮🇳👍🏽"), Some(2));
    assert_eq!(only_emoji("👍 ok"), None);
    assert_eq!(only_emoji("👍👍👍👍"), None);
    assert_eq!(only_emoji(""), None);
}

/// The longest text that a message may have.
const MAX_BYTES: usize = 64 * 1024;

/// What somebody who wants to stop a window would send: each a piece to be repeated.
const HOSTILE: [&str; 22] = [
    "*a ",
    "_a ",
    "`a ",
    "*",
    "_",
    "`",
    "* ",
    "*a*b ",
    " *`_a",
    "*_*_ ",
    "`*a_ ",
    "*a\n",
    ")",
    "((",
    "www.a.b ",
    "www.a.b\n*",
    "*www.a.b* ",
    "*a www.a.b ",
    "https://a.b/",
    "kith:aaaaaaaa ",
    "*क ",
    "😀_",
];

fn steps_of(text: &str) -> usize {
    STEPS.with(|steps| steps.set(0));
    let links = links(text);
    let spans = spans(text, &links);
    let looks = spans.iter().filter(|span| span.look == Look::Link).count();
    assert_eq!(looks, links.len(), "each link is a span");
    STEPS.with(Cell::get)
}

#[test]
fn whatever_is_sent_takes_a_few_steps_a_letter() {
    for piece in HOSTILE {
        for head in ["", "https://a.b/(("] {
            let text = format!("{head}{}", piece.repeat(MAX_BYTES / piece.len()));
            let (steps, letters) = (steps_of(&text), text.chars().count());
            assert!(
                steps <= 8 * letters + 8,
                "{head}{piece}…: {steps} steps for {letters} letters"
            );
        }
    }
}

#[test]
fn brackets_that_are_left_over_are_no_part_of_a_link_however_many() {
    let text = format!("https://a.b/(x){}", ")".repeat(MAX_BYTES / 2));
    assert_eq!(one(&text).0, "https://a.b/(x)");
}

/// The rules as they are said, mark by mark and as slowly as that is.
fn marked_slowly(text: &str) -> Vec<(String, Look)> {
    let links = links(text);
    let inside = |place: usize| links.iter().any(|link| link.range.contains(&place));
    let (mut shown, mut plain, mut at) = (Vec::new(), String::new(), 0);
    while let Some(letter) = text[at..].chars().next() {
        let link = links.iter().find(|link| link.range.start == at);
        let before = text[..at].chars().next_back();
        let look = match letter {
            '`' => Some(Look::Code),
            '*' => Some(Look::Bold),
            '_' => Some(Look::Italic),
            _ => None,
        };
        let opens = !before.is_some_and(|before| before.is_alphanumeric() || before == letter);
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let closing = look.filter(|_| opens).and_then(|look| {
            (at + 2..line_end).find(|end| {
                let Some(rest) = text.get(*end..).filter(|rest| rest.starts_with(letter)) else {
                    return false;
                };
                let inner = &text[at + 1..*end];
                let after = rest.chars().nth(1);
                let ends = !after.is_some_and(|after| after.is_alphanumeric() || after == letter);
                let touch = inner.trim() == inner || look == Look::Code;
                ends && touch && !inside(*end)
            })
        });
        let marked = closing.filter(|end| !(at + 1..*end).any(inside));
        let (range, look, end) = match (link, marked) {
            (Some(link), _) => (link.range.clone(), Look::Link, link.range.end),
            (None, Some(end)) => (at + 1..end, look.unwrap(), end + 1),
            (None, None) => {
                plain.push(letter);
                at += letter.len_utf8();
                continue;
            }
        };
        if !plain.is_empty() {
            shown.push((std::mem::take(&mut plain), Look::Plain));
        }
        shown.push((text[range].to_owned(), look));
        at = end;
    }
    if !plain.is_empty() {
        shown.push((plain, Look::Plain));
    }
    shown
}

#[test]
fn marks_found_in_one_pass_are_those_of_the_rules() {
    let pieces = [
        "*", "_", "`", " ", "\n", "a", "ü", "1", "www.a.b", "(", ")", "😀", "क",
    ];
    let mut state = 7u32;
    for _ in 0..4_000 {
        let mut text = String::new();
        for _ in 0..14 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.push_str(pieces[(state >> 16) as usize % pieces.len()]);
        }
        assert_eq!(shown(&text), marked_slowly(&text), "{text:?}");
    }
}
