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
            for (word, instead) in RULES {
                if line.contains(word) {
                    broken.push(format!(
                        "{}:{}: {word}: use {instead}",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
