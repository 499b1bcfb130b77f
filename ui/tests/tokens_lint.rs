//! No file outside `theme/` names a colour, a duration or a raw size: looks are changed in one place.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

/// What only `theme/` may write, and what to use in its place.
const RULES: [(&str, &str); 7] = [
    ("Color32::from_", "a colour of theme::palette"),
    ("Color32::WHITE", "a colour of theme::palette"),
    ("Color32::BLACK", "a colour of theme::palette"),
    ("Duration::from_secs", "a duration of theme::motion"),
    ("add_space(1", "a distance of theme::space"),
    ("add_space(2", "a distance of theme::space"),
    ("FontId::proportional", "a theme::Type"),
];

/// What takes a size: a token, never a number.
const SIZED: [(&str, &str); 5] = [
    ("Margin::same(", "theme::inset"),
    ("Margin::symmetric(", "theme::inset"),
    ("inner_margin(", "theme::inset"),
    ("outer_margin(", "theme::inset"),
    ("CornerRadius::same(", "theme::radius"),
];

/// Numbers that are added, are parts of something, are places, or are chosen between, and what to use in their place.
const COUNTED: [(&str, &str, &str); 6] = [
    ("+ ", "", "theme::space or theme::size"),
    ("- ", "", "theme::space or theme::size"),
    ("* 0.", "", "theme::size"),
    ("expand(", "", "theme::space or theme::size"),
    ("shrink(", "", "theme::space or theme::size"),
    ("{ ", " }", "theme::inset or theme::radius"),
];

/// What names a number in a place of its own all the same: a count of something, or no part of the looks.
const NAMED: [&str; 6] = ["FAR", "ROWS", "LINES", "VIEWS", "SLACK", "SEAM"];

/// Drawn on a grid of its own.
const DRAWING: &str = "logo.rs";

/// The number at the start of `rest`, if it has a point or two digits, and what follows it.
fn number(rest: &str) -> Option<(&str, &str)> {
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
    let is_length = number.contains('.') || number.len() > 1;
    (number.starts_with(|first: char| first.is_ascii_digit()) && is_length).then_some((number, after))
}

/// What stands in a line where a token belongs, of [`COUNTED`].
fn counted(line: &str) -> Option<(&'static str, &'static str)> {
    let is_raw = |(before, behind, _): &&(&str, &str, &str)| {
        let mut after = line.split(before).skip(1);
        after.any(|rest| {
            if before.ends_with('.') {
                return rest.starts_with(|first: char| first.is_ascii_digit());
            }
            number(rest).is_some_and(|(number, after)| {
                // Halves round; a factor stands before what it multiplies.
                let is_length = number.parse::<f32>().is_ok_and(|number| number >= 1.0);
                is_length && after.starts_with(behind) && !after.trim_start().starts_with(['*', '/'])
            })
        })
    };
    let found = COUNTED.iter().find(is_raw);
    found.map(|(before, _, instead)| (*before, *instead))
}

/// Whether a line names a size of its own, or gives a vector one.
fn is_own_size(line: &str) -> bool {
    let named = line
        .split_once("const ")
        .and_then(|(_, rest)| rest.split_once(": f32 = "));
    if let Some((name, value)) = named {
        return number(value).is_some() && !NAMED.iter().any(|counts| name.ends_with(counts));
    }
    let vectors = line
        .split("ec2(")
        .chain(line.split("Vec2::new("))
        .filter(|part| *part != line);
    let arguments = vectors.filter_map(|rest| rest.split(')').next());
    let mut lengths = arguments.flat_map(|all| all.split(", "));
    lengths.any(|length| number(length).is_some_and(|(number, after)| after.is_empty() && number != "0.0"))
}

/// Whether a line gives a number where a token belongs.
fn is_raw(line: &str, call: &str) -> bool {
    let mut after = line.split(call).skip(1);
    after.any(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// Whether a file is for tests alone: nothing in it is ever seen.
fn is_for_tests(path: &Path) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    name.ends_with("tests") || name.starts_with("scene")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn looks_are_named_only_in_the_theme() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 20, "the sources were not found");
    let mut broken = Vec::new();
    let painted = |path: &&PathBuf| !path.starts_with(src.join("theme")) && !is_for_tests(path);
    for path in files.iter().filter(painted) {
        let source = fs::read_to_string(path).unwrap();
        let painting = source.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in painting.lines().enumerate() {
            let named = RULES.iter().filter(|(word, _)| line.contains(word));
            let sized = SIZED.iter().filter(|(call, _)| is_raw(line, call));
            let code = line.split("//").next().unwrap_or_default();
            let paints = path.starts_with(src.join("views")) || path.starts_with(src.join("widgets"));
            let is_looked_at = paints && !path.ends_with(DRAWING);
            let counted = counted(code).filter(|_| is_looked_at);
            let own = is_own_size(code) && is_looked_at;
            let own = own.then_some(("a size of its own", "theme::size"));
            for (word, instead) in named.chain(sized).copied().chain(counted).chain(own) {
                broken.push(format!(
                    "{}:{}: {word}: use {instead}: {}",
                    path.display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_number_where_a_token_belongs_is_seen() {
    for raw in [
        "let side = if narrow { 24 } else { 32 };",
        "let top = (title.size().y + line.size().y + 2.0) / 2.0;",
        "(lines + space::L + 2.0).max(size::CONTROL)",
        "let upper = rect.center().y - 1.0;",
        "let font = FontId::new((rect.width() * 0.38).round(), family);",
        "rect.expand(1.0),",
    ] {
        assert!(counted(raw).is_some(), "{raw}");
    }
    for raw in [
        "const KNOB_GAP: f32 = 3.0;",
        "let inner = rect.shrink2(Vec2::new(0.0, 2.0));",
        "let at = rect.translate(vec2(1.0, 0.0));",
    ] {
        assert!(is_own_size(raw), "{raw}");
    }
    for fine in [
        "let width = room.width() - 2.0 * space::L;",
        "let rows = (room / size::CHAT_ROW - 0.5).floor() + 0.5;",
        "if unread { count } else { 0 }",
        "let next = index + 1;",
        "pub const MAX_LINES: f32 = 8.0;",
        "let below = top + title.size().y + space::LINE;",
        "ui.spacing_mut().item_spacing = vec2(0.0, space::S);",
    ] {
        assert!(counted(fine).is_none() && !is_own_size(fine), "{fine}");
    }
}
