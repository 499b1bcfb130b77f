//! What somebody typed, cut into spans: plain, `code`, *bold*, _italic_ and links.
//!
//! Marks count only where people mean them: at the outer edge of a word, around something that does not begin or end
//! with a space, within one line. Inside code nothing else is looked for; inside a link neither. Only web addresses
//! and Kith's own invite links become links: no other scheme is ever opened by a click.
//!
//! Whoever sends a text chooses it, up to 64 KiB of it: each letter is looked at a fixed number of times, whatever the
//! letters are. Nothing here may scan the rest of a text for each mark in it.

use std::collections::VecDeque;
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
    let mut brackets = Brackets::of(link);
    while let Some(shorter) = brackets.without_stray(link) {
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

/// How many brackets of each kind a link has: opening and closing ones.
struct Brackets([(char, char, usize, usize); 3]);

impl Brackets {
    fn of(link: &str) -> Self {
        let mut kinds = [('(', ')', 0, 0), ('[', ']', 0, 0), ('{', '}', 0, 0)];
        for letter in link.chars() {
            step();
            for (open, close, opened, closed) in &mut kinds {
                *opened += usize::from(letter == *open);
                *closed += usize::from(letter == *close);
            }
        }
        Self(kinds)
    }

    /// A closing bracket without its opening one belongs to the sentence, not to the link.
    fn without_stray<'a>(&mut self, link: &'a str) -> Option<&'a str> {
        step();
        let last = link.chars().next_back()?;
        let (_, close, opened, closed) = self.0.iter_mut().find(|(_, close, ..)| *close == last)?;
        if closed <= opened {
            return None;
        }
        *closed -= 1;
        link.strip_suffix(*close)
    }
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
    let mut marks = Marks::of(text, links);
    let mut links = links.iter().peekable();
    let mut before = None;
    let (mut plain_from, mut at) = (0, 0);
    while let Some(letter) = text.get(at..).and_then(|rest| rest.chars().next()) {
        step();
        let found = match links.next_if(|link| link.range.start <= at) {
            Some(link) => Some((link.range.clone(), Look::Link, link.range.end)),
            None => {
                let link = links.peek().map_or(text.len(), |link| link.range.start);
                marks
                    .pair_at(text, at, letter, before)
                    .filter(|(inner, ..)| inner.end <= link)
            }
        };
        let Some((range, look, end)) = found else {
            at += letter.len_utf8();
            before = Some(letter);
            continue;
        };
        push_plain(&mut spans, plain_from..at);
        spans.push(Span { range, look });
        (plain_from, at) = (end, end);
        before = text.get(..end).and_then(|said| said.chars().next_back());
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

/// The marks of a text that can close a span, and the ends of its lines. Both are met in order and never gone back to.
struct Marks {
    code: VecDeque<usize>,
    bold: VecDeque<usize>,
    italic: VecDeque<usize>,
    line_ends: VecDeque<usize>,
}

impl Marks {
    fn of(text: &str, links: &[Link]) -> Self {
        let mut marks = Self {
            code: VecDeque::new(),
            bold: VecDeque::new(),
            italic: VecDeque::new(),
            line_ends: VecDeque::new(),
        };
        let mut links = links.iter().peekable();
        let mut letters = text.char_indices().peekable();
        let mut before = None;
        while let Some((at, letter)) = letters.next() {
            step();
            let after = letters.peek().map(|(_, letter)| *letter);
            while links.next_if(|link| link.range.end <= at).is_some() {
                step();
            }
            let in_link = links.peek().is_some_and(|link| link.range.start <= at);
            let ends_word = !after.is_some_and(|after| after.is_alphanumeric() || after == letter);
            let touches = !before.is_some_and(char::is_whitespace);
            match letter {
                '\n' => marks.line_ends.push_back(at),
                '`' if ends_word && !in_link => marks.code.push_back(at),
                '*' if ends_word && !in_link && touches => marks.bold.push_back(at),
                '_' if ends_word && !in_link && touches => marks.italic.push_back(at),
                _ => {}
            }
            before = Some(letter);
        }
        marks
    }

    /// What stands between a mark at `at` and the one that closes it, and where the text goes on after that.
    fn pair_at(
        &mut self,
        text: &str,
        at: usize,
        mark: char,
        before: Option<char>,
    ) -> Option<(Range<usize>, Look, usize)> {
        let (look, closing) = match mark {
            '`' => (Look::Code, &mut self.code),
            '*' => (Look::Bold, &mut self.bold),
            '_' => (Look::Italic, &mut self.italic),
            _ => return None,
        };
        if before.is_some_and(|letter| letter.is_alphanumeric() || letter == mark) {
            return None;
        }
        let from = at + mark.len_utf8();
        let first = text.get(from..)?.chars().next()?;
        if look != Look::Code && first.is_whitespace() {
            return None;
        }
        // Between two marks that touch is nothing to be shown.
        pass(closing, from + 1);
        pass(&mut self.line_ends, from);
        let to = *closing.front()?;
        let line_end = self.line_ends.front().copied().unwrap_or(text.len());
        (to < line_end).then_some((from..to, look, to + mark.len_utf8()))
    }
}

/// Leaves out the places before `from`.
fn pass(places: &mut VecDeque<usize>, from: usize) {
    while places.front().is_some_and(|place| *place < from) {
        step();
        places.pop_front();
    }
}

/// One step of work, for the tests that count how many a text takes.
fn step() {
    #[cfg(test)]
    tests::STEPS.with(|steps| steps.set(steps.get() + 1));
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
