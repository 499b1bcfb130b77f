//! People type marks and links in all the ways people do.

use super::*;

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
