//! What somebody typed, cut into spans: plain, `code`, *bold*, _italic_ and links.
//!
//! Marks count only where people mean them: at the outer edge of a word, around something that does not begin or end
//! with a space, within one line. Inside code nothing else is looked for; inside a link neither. Only web addresses
//! and Kith's own invite links become links: no other scheme is ever opened by a click.

use std::ops::Range;

/// How a span is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// As the rest.
    Plain,
    /// Heavier.
    Bold,
    /// Slanted.
    Italic,
    /// In a fixed pitch.
    Code,
    /// Underlined on hover, opened by a click.
    Link,
}

/// A part of a text without its marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Bytes of the text as typed.
    pub range: Range<usize>,
    /// How it is shown.
    pub look: Look,
}

/// A link found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Bytes of the text as typed.
    pub range: Range<usize>,
    /// What to open: the text with a scheme.
    pub url: String,
    /// Whose it is, as shown to the person before they click; `kith` for invite links.
    pub host: String,
}

/// The links of a text, in order.
pub fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    let mut start = 0;
    for (index, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        if !letter.is_whitespace() && !matches!(letter, '<' | '>' | '"' | '`' | '“' | '”' | '«' | '»') {
            continue;
        }
        if let Some(link) = text.get(start..index).and_then(|word| link_in(word, start)) {
            found.push(link);
        }
        start = index + letter.len_utf8();
    }
    found
}

/// The link in a word that stands at `offset`, without the brackets and the full stop around it.
fn link_in(word: &str, offset: usize) -> Option<Link> {
    let lead = word.len()
        - word
            .trim_start_matches(['(', '[', '{', '\'', '‘', '*', '_', ','])
            .len();
    let word = word.get(lead..)?;
    let mut link = word.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', '*', '_', '…', '।']);
    while let Some(shorter) = without_stray_bracket(link) {
        link = shorter.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
    }
    let (url, host) = resolve(link)?;
    let start = offset + lead;
    Some(Link {
        range: start..start + link.len(),
        url,
        host,
    })
}

/// A closing bracket without its opening one belongs to the sentence, not to the link.
fn without_stray_bracket(link: &str) -> Option<&str> {
    let (open, close) = match link.chars().next_back()? {
        ')' => ('(', ')'),
        ']' => ('[', ']'),
        '}' => ('{', '}'),
        _ => return None,
    };
    let count = |wanted: char| link.chars().filter(|letter| *letter == wanted).count();
    (count(close) > count(open))
        .then(|| link.strip_suffix(close))
        .flatten()
}

fn resolve(link: &str) -> Option<(String, String)> {
    if let Some(invite) = strip_scheme(link, "kith:") {
        return (invite.len() >= 8).then(|| (link.to_owned(), "kith".to_owned()));
    }
    let (url, rest) = match (strip_scheme(link, "https://"), strip_scheme(link, "http://")) {
        (Some(rest), _) | (None, Some(rest)) => (link.to_owned(), rest),
        (None, None) if strip_scheme(link, "www.").is_some() => (format!("https://{link}"), link),
        (None, None) => return None,
    };
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    // What stands before an @ is a user name, often there to deceive: the host is what comes after it.
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next().unwrap_or(host).to_lowercase();
    let named = host.contains('.') || host == "localhost";
    let clean = host
        .chars()
        .all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '.'));
    (named && clean && !host.starts_with('.') && !host.ends_with('.')).then_some((url, host))
}

fn strip_scheme<'a>(link: &'a str, scheme: &str) -> Option<&'a str> {
    let head = link.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme)
        .then(|| link.get(scheme.len()..))
        .flatten()
}

/// The text as spans, in order, without the marks. `links` are those of [`links`] for the same text.
pub fn spans(text: &str, links: &[Link]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(letter) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let link = links
            .iter()
            .find(|link| link.range.start == at && !link.range.is_empty());
        let marked = if link.is_none() {
            marked_at(text, at, letter, links)
        } else {
            None
        };
        let Some((span, end)) = link
            .map(|link| {
                (
                    Span {
                        range: link.range.clone(),
                        look: Look::Link,
                    },
                    link.range.end,
                )
            })
            .or(marked)
        else {
            at += letter.len_utf8();
            continue;
        };
        push_plain(&mut spans, plain_from..at);
        spans.push(span);
        plain_from = end;
        at = end;
    }
    push_plain(&mut spans, plain_from..text.len());
    spans
}

fn push_plain(spans: &mut Vec<Span>, range: Range<usize>) {
    if !range.is_empty() {
        spans.push(Span {
            range,
            look: Look::Plain,
        });
    }
}

/// A marked span that opens at `at`, and where the text goes on after its closing mark.
fn marked_at(text: &str, at: usize, mark: char, links: &[Link]) -> Option<(Span, usize)> {
    let look = match mark {
        '`' => Look::Code,
        '*' => Look::Bold,
        '_' => Look::Italic,
        _ => return None,
    };
    let before = text.get(..at)?.chars().next_back();
    if before.is_some_and(|letter| letter.is_alphanumeric() || letter == mark) {
        return None;
    }
    let inner_from = at + mark.len_utf8();
    let line = text.get(inner_from..)?.split('\n').next()?;
    let closes = |offset: usize| {
        let inner = line.get(..offset).unwrap_or_default();
        let after = line
            .get(offset + mark.len_utf8()..)
            .and_then(|rest| rest.chars().next());
        let edges_touch = look == Look::Code
            || !(inner.starts_with(char::is_whitespace) || inner.ends_with(char::is_whitespace));
        let ends_word = !after.is_some_and(|letter| letter.is_alphanumeric() || letter == mark);
        let cuts_link = links
            .iter()
            .any(|link| link.range.contains(&(inner_from + offset)));
        !inner.is_empty() && edges_touch && ends_word && !cuts_link
    };
    let offset = line
        .match_indices(mark)
        .map(|(offset, _)| offset)
        .find(|offset| closes(*offset))?;
    let range = inner_from..inner_from + offset;
    let holds_link = links
        .iter()
        .any(|link| link.range.start < range.end && range.start < link.range.end);
    (!holds_link).then(|| {
        (
            Span {
                range: range.clone(),
                look,
            },
            range.end + mark.len_utf8(),
        )
    })
}

/// How many emoji the text consists of, if it is nothing else and they are few: those are shown large.
pub fn only_emoji(text: &str) -> Option<usize> {
    let mut count = 0;
    let mut flags = 0;
    let mut joined = false;
    for letter in text.trim().chars() {
        match letter {
            '\u{200d}' => joined = true,
            '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{20e3}' => {}
            '\u{1f1e6}'..='\u{1f1ff}' => flags += 1,
            _ if is_emoji(letter) => {
                count += usize::from(!joined);
                joined = false;
            }
            _ => return None,
        }
    }
    let count = count + flags / 2;
    (1..=3).contains(&count).then_some(count)
}

/// Characters that are pictures by themselves.
fn is_emoji(letter: char) -> bool {
    matches!(letter, '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{2b55}' | '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23fa}'
        | '\u{1f300}'..='\u{1f5ff}' | '\u{1f600}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f900}'..='\u{1f9ff}'
        | '\u{1fa70}'..='\u{1faff}')
}

#[cfg(test)]
#[path = "rich_text_tests.rs"]
mod tests;
