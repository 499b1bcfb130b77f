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

/// Whether a line gives a number where a token belongs.
fn is_raw(line: &str, call: &str) -> bool {
    let mut after = line.split(call).skip(1);
    after.any(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
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
    for path in files.iter().filter(|path| !path.starts_with(src.join("theme"))) {
        let source = fs::read_to_string(path).unwrap();
        let painting = source.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in painting.lines().enumerate() {
            let named = RULES.iter().filter(|(word, _)| line.contains(word));
            let sized = SIZED.iter().filter(|(call, _)| is_raw(line, call));
            for (word, instead) in named.chain(sized) {
                broken.push(format!(
                    "{}:{}: {word}: use {instead}",
                    path.display(),
                    number + 1
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
